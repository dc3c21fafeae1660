"""Claims without a marker: a response that is wholly one short answer, or what its last sentence states.

A sentence states a value behind a verb or an equals sign ("the total is 42"), or in bold. "I started with 42." and "See
equation 42." state none, nor does a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from assay.claim.clause import ASSERTED, Stance, denies, last_clause, of_sentence, turn
from assay.claim.fences import fences
from assay.claim.markers import clean
from assay.claim.sentences import ends
from assay.claim.stance import SUPPOSES, around, changes_mind, conceded, contrast
from assay.reading import lexicon
from assay.reading.beside import is_free
from assay.reading.lexicon import either
from assay.reading.sentence import changes

V = TypeVar("V")
Read = Callable[[str], V | None]
"""The value of a verifier's kind that a text is, or `None`."""

SHORT = 200
"""Characters of the longest response that can be one short answer without a marker."""
MAX_LINES = 3
MAX_DOUBT = 4
"""Words of the longest sentence that may doubt a yes or a no before it ("Yes. I guess."): longer ones explain it,
unless the writer speaks of himself."""
_WRITER = re.compile(r"\bI\b")
LAST_LINE, TAIL = 600, 1300
MAX_FENCED = 4000
_MAX_JOINTS = 10
_RESULT = rf"(?<!\bby\s)(?<!\bafter\s)(?<!\bbefore\s)\b{either(lexicon.RESULTS)}\b"
_GIVES = rf"\b{either(lexicon.GIVES)}\s(?-i:[A-Z])[\w'’-]+(?=\s[$€£]?\d)"
VERBS = re.compile(
    rf"{_GIVES}|\b{either(lexicon.STATES)}\b|\b[a-z]{{3,20}}s to(?=\s[-+$\\\d])"
    rf"|{_RESULT}|[:：](?!\d)|是|为|為|有|[는은は]\s?(?=\d)",
    re.IGNORECASE,
)
JOINTS = re.compile(rf"(?<![<>=!≠])=(?!=)|≈|→|\\approx\b|{VERBS.pattern}", re.IGNORECASE)
"""What a value stands behind in a sentence that states it: a verb, or a sign of equality."""
_ROUGHLY = ("≈", "\\approx")
"""What stands between a value and another that is near."""
_NAME = r"[$(\\]*[a-z]\w?\s?="
_WHICH = re.compile(
    rf";\s(?:the\s)?{either(lexicon.ANOTHER)}\b|,\s(?:which|who|where)\b(?!\s{_RESULT})|,?\s(?:while|whereas)\b|,?\sand\s(?:it|this|(?:his|her|its|their)\s[a-z]+)\s(?:is|occurs|happens)\b"
    rf"|(?:,|(?<=[\d$)]))\s(?:[a-z]+ed\s)?(?:at|when)\s(?={_NAME})(?![^;]*(?:{VERBS.pattern}))",
    re.IGNORECASE,
)
"""Where a clause begins that says which, where, or what something else is."""
_NAMES = rf"{_NAME}[^=,;]{{1,40}}?(?:,|\sand)\s(?:and\s)?{_NAME}"
_LISTED = r"[-$(\\{]*\d[^:,]{0,30}(?:,|\sand)\s[^:]{1,100}\Z"
_NAMED = re.compile(rf"(?P<count>:)\s(?={_NAMES}|{_LISTED})|\s(?={_NAMES})", re.IGNORECASE)
"""What stands before several values with or without names, which a count may announce: "3 zeros: 0, 1, and 2"."""
_PRINTED = re.compile(
    r"(?:\A|\n)\W{0,9}+(?:the\s)?(?:output|result|(?:this\s)?prints)\W{0,9}?"
    r"\n```(?:text|output|plaintext)?\n([^\n`]{1,200})\n```\Z",
    re.IGNORECASE,
)
"""A line in a fence at the end of a response, as a program prints it."""
_IF_YOU = re.compile(
    r"\bif (?:you|we)\s(?!had|were|assume|suppose|imagine|try|guess)[^.;]*?(?=,\s|\s(?:you|we)\b)", re.IGNORECASE
)
"""A clause that says how a result comes about: "If you add them up"."""
_IN_ADJUNCT = re.compile(rf"\W*{either(lexicon.CASES)}\s[^,]*\Z", re.IGNORECASE)
_NONE = re.compile(r"\W*(?:no|none|nothing|nobody|neither|nor)\b(?!,)", re.IGNORECASE)
"""A subject that there is not: "No such poem was"."""
_COMPARED = re.compile(r"\b(?:to|than|with|from)\s[$(\\]*[a-z]\w?\s?$", re.IGNORECASE)
"""The left side of an equation that something is only compared with: "parallel to y"."""
_PART_OF_IT = re.compile(
    rf"\b{either(lexicon.MODIFIERS)}\s(?:of\s)?(?:it|that|this|the (?:answer|result|total))\W*\Z", re.IGNORECASE
)
"""A subject that is not the answer but calculated from it: "half of it"."""
_EXPLAINS = (
    r"[*_#\s]*+(?:Explanation|Reason|Reasoning|Rationale|Justification|Because|Note|Steps|Why|Work|Check|Checking"
    r"|Verification|Verifying)\b"
)
_AFTERWORD = re.compile(rf"{_EXPLAINS}[*_]*[:\n]", re.IGNORECASE)
"""A last paragraph that explains or checks."""
_EXPLAINED = re.compile(rf"\s*+(?P<answer>[^\n]{{1,100}})\n{_EXPLAINS}", re.IGNORECASE)
"""A line above a heading or a label of reasons."""
_NUMBERS = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_COUNTED = re.compile(
    r"\b(?P<count>\d{1,3})\s[a-z][^:\n\d]{0,80}:\s(?P<list>(?:-?\d{1,9}(?:\.\d{1,9})?(?:,\s|,?\sand\s)+){1,50}-?\d{1,9}(?:\.\d{1,9})?)\W*\Z"
)
"""A count with the list of what it counts."""
_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*")
_PARTS = re.compile(r":\s|,\sbut\s|[,;]\s(?=(?:so|thus|hence|therefore|which)\b)")
"""Where a sentence goes on to its result, or to what its result is made of."""
_DISPLAYED = re.compile(r"\$\$[^$]{1,600}\$\$|\\\[(?:[^\\]|\\[^\]]){1,600}\\\]")
"""A formula that is displayed, on one line or several."""
_REMARK = re.compile(r"(?:which|where|who|as)\s")
"""How a line begins that says more of the formula above it."""
_COURTESY = re.compile(
    r"\s(?:I hope|Hope|Let me know|Feel free|Please let|If you (?:have|need|want)|Thank|Happy to|Would you)\b"
    r"[^\n\d]{0,200}\Z"
)
"""A last sentence that speaks to the reader and states nothing."""


_HOW = re.compile(
    r",?\s(?:when|after|once|by)\s(?:(?:I|we|you|one)\s(?!had|have|were|was|are|am|would|could)[a-z]+|[a-z]+ing"
    r"|[\w.]{1,12}\s(?:is|are)\s[a-z]+ed)\s[^;,]{1,60}\Z"
)
"""A last clause that says how a result comes about: "when I add 5 and 7", "by multiplying 3 and 4"."""
_IN_ITS_TIME = re.compile(r"\b(?:when|while|until|before|after)\s(?P<clause>[^,;]*)\Z", re.IGNORECASE)
"""The beginning of a clause that only says when: "I had 12 when I"."""
_OTHER = re.compile(rf"\s\((?:the|an?)\s{either(lexicon.ANOTHER)}\s[^()\n]{{1,200}}\)")
"""What brackets say of another value: "x = 3 (the other root is rejected)"."""
_IN_BRACKETS = re.compile(r"(?<=[.!])\s\([^()\n]{0,200}\)\s{0,9}\Z")
"""A last sentence in brackets, which says more of what stands before it."""
_PAUSE = re.compile(r"[,.;:!]\s|\s[–—-]\s|—")
_LETS = re.compile(r"\W*(?:let|suppose|assume|imagine)\s(?!me\b|us\b)[^.;]*\Z", re.IGNORECASE)
"""A sentence that only supposes."""
_NOT_SO = re.compile(r"\bnot (?:the case|true)\b", re.IGNORECASE)
"""What denies the statement that the question is about, and with it answers."""
_ABILITY = re.compile(r"\b(?:could|can|would)(?:n['’]t| not| never)?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim(Generic[V]):
    """What a response says its answer is."""

    text: str
    """The answer as it stands in the response."""
    marker: str
    """`box`, `tag`, `brackets`, `json`, `phrase`, `correction`, `whole` or `statement`."""
    stance: Stance
    span: tuple[int, int]
    """Where marker and answer stand in the part of the response that answers."""
    value: V | None
    """What it was read as; `None` where a box, a tag or a JSON value holds no value of the verifier's kind."""
    others: tuple[str, ...] = ()
    """What is offered beside it with `or`: the claim is one only where all have its value."""

    @property
    def is_prose(self) -> bool:
        return self.marker not in ("box", "tag", "brackets", "json", "fence", "program")

    @property
    def is_asserted(self) -> bool:
        return self.stance in ASSERTED


def _never(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Reader(Generic[V]):
    """How a verifier reads a claim."""

    value: Read[V]
    """The value that a text is, or `None` where it is none of the verifier's kind."""
    states: Read[V] | None = None
    """The same for prose without a marker, where that differs."""
    a_line: bool = True
    """Whether a line "A: ..." is a marker; in multiple choice it is an option."""
    of_statement: bool = False
    """Whether the question is about a statement, so that "This is false because ..." explains the answer."""
    any_text: bool = False
    """Whether any text is a value, so that only what looks like a name is another answer beside a claim."""
    names: Callable[[str], bool] = _never
    """Whether a text that looks like a remark names a value of the kind all the same ("unique", of that word)."""
    exact: bool = False
    """Whether a value is what stands before `≈`, and what stands behind it only rounds it."""
    listed: Callable[[str], bool] = _never
    """Whether a whole response is a list that is read at once, of which the last line states nothing by itself."""
    sentence: Read[V] | None = None
    """The value of a last sentence in which no joint stands ("Each pays $75")."""
    merge: Callable[[V, V], V] | None = None
    """What a correction of a part makes of a value ("No wait, Ann is a knave."); without it, it names a whole one."""
    block: bool = False
    """Whether an answer may be several lines (`blocks`)."""
    joints: re.Pattern[str] | None = JOINTS
    """Behind what a sentence may state the value ("the total is 42"); `None` where only a whole sentence is one."""


def unmarked(body: str, reader: Reader[V]) -> Claim[V] | None:
    """The claim of a text without a marker, or `None`; what stands around it is still to be judged."""
    body = _closed(body, reader)
    whole = _unwrapped(body.strip())
    if (counted := _COUNTED.search(whole[-LAST_LINE:])) and not _agrees(counted["count"], counted["list"]):
        return None
    if len(whole) <= LAST_LINE and reader.listed(whole):
        return _whole(body, whole, reader)
    if whole.endswith("```") and (printed := _PRINTED.search(whole[-LAST_LINE:])):
        return unmarked(printed[1], reader)
    if (above := _explained(body, reader)) is not None:
        return above
    is_short = len(whole) <= SHORT and whole.count("\n") < MAX_LINES
    if is_short and not (reader.joints and VERBS.search(whole)):
        return _whole(body, whole, reader) or _stated(body, reader)
    return _stated(body, reader) or (_whole(body, whole, reader) if is_short else None)


def _closed(body: str, reader: Reader[V]) -> str:
    """A text without what is said at its end to the reader or in brackets, a displayed formula on one line."""
    body = _COURTESY.sub("", body)
    body = body if reader.of_statement else _IN_BRACKETS.sub("", _OTHER.sub("", body))
    above, _, last = body.rstrip().rpartition("\n\n")
    body = above if above.strip() and _AFTERWORD.match(last) else body
    if "$$" not in body and "\\[" not in body:
        return body
    return body[:-TAIL] + _DISPLAYED.sub(lambda formula: formula[0].replace("\n", " "), body[-TAIL:])


def _whole(body: str, whole: str, reader: Reader[V]) -> Claim[V] | None:
    """A response that is wholly one short answer."""
    read = reader.states or reader.value
    text, changed = changes_mind(contrast(clean(whole) + "?" * whole.endswith("?")))
    instead = conceded(text)
    text = instead if instead and read(instead) is not None else changed or text
    if (value := read(text)) is None:
        return None
    return Claim(text, "whole", _of_whole(text, value, reader), (0, len(body)), value)


def _explained(body: str, reader: Reader[V]) -> Claim[V] | None:
    """A first line that is an answer, above what explains it."""
    above = _EXPLAINED.match(body)
    value = (reader.states or reader.value)(clean(above["answer"])) if above else None
    if above is None or value is None:
        return None
    return Claim(above["answer"], "whole", of_sentence(above["answer"]), above.span("answer"), value)


def _stated(body: str, reader: Reader[V]) -> Claim[V] | None:
    """What the last sentence states, or the last line where it is an answer by itself."""
    read = reader.states or reader.value
    body = body.rstrip()
    while (clause := body.rpartition("\n")[2]) != body and _REMARK.match(clause):
        body = body[: -len(clause)].rstrip()
    line = body.rpartition("\n")[2][-LAST_LINE:].strip()
    last = _last_sentence(line)
    is_one, sentence = last == line, _unwrapped(last)
    span = (len(body) - len(sentence), len(body))
    if sentence.endswith(("?", "？")):
        return None
    sentence = sentence.rstrip(" .!")
    if how := _HOW.search(sentence.rstrip("*")):
        sentence = sentence[: how.start()]
    alone = (
        len(sentence.split()) <= 1 + 2 * ("," in sentence) or reader.names(clean(sentence))
        if not is_one
        else len(line) <= SHORT and "\n" in body.strip()
    )
    if (alone or reader.joints is None) and (value := read(clean(sentence))) is not None:
        return Claim(sentence, "whole" if is_one else "statement", of_sentence(sentence), span, value)
    if (
        reader.joints is not None
        and (made := _behind_a_joint(sentence, span, read, reader.joints, exact=reader.exact)) is not None
    ):
        return made if made.text else None
    if (made := _in_bold(sentence, span, read)) is not None:
        return made
    parts = _PARTS.split(sentence) if reader.sentence is not None else []
    sentence = _WHICH.split(sentence)[0]
    for part in (sentence, *parts[:0:-1], *parts[: ":" in sentence]):
        if reader.sentence is not None and (value := reader.sentence(clean(part[:1].upper() + part[1:]))) is not None:
            return Claim(part, "statement", of_sentence(sentence), span, value)
    return None


def _last_sentence(line: str) -> str:
    line = line.rstrip()
    places = [place for place in ends(line) if place < len(line)]
    return line[places[-1] :].strip() if places else line


def _agrees(count: str, entries: str) -> bool:
    """Whether a count is that of the numbers behind it, or their sum."""
    numbers = [float(number) for number in _NUMBERS.findall(entries)]
    return len(numbers) == int(count) or sum(numbers) == int(count)


def _of_whole(text: str, value: V, reader: Reader[V]) -> Stance:
    """The stance of a short response. Behind a bare yes or no stands its reason, in which "could not" and its kin are
    the question's own words ("No, he could not have used one")."""
    text = _NOT_SO.sub("false", text) if reader.of_statement else text
    if reader.of_statement and (pause := _PAUSE.search(text)) is not None:
        head = text[: pause.start()]
        if reader.value(head) == value:
            reason = _ABILITY.sub("did", text[pause.end() :])
            explains = pause[0][0] in ".!" and len(reason.split()) > MAX_DOUBT and not _WRITER.search(reason)
            return of_sentence(head if explains else head + pause[0] + reason)
    return Stance.CONDITIONAL if _LETS.match(text) else of_sentence(text)


def _behind_a_joint(
    sentence: str, span: tuple[int, int], read: Read[V], joints: re.Pattern[str], *, exact: bool
) -> Claim[V] | None:
    """What stands behind the last verb or sign that a value follows; an empty claim where the result is not read."""
    sentence = _WHICH.split(sentence)[0]
    named = _NAMED.search(sentence)
    if named is not None and (named["count"] or not VERBS.search(sentence[named.end() :])):
        text, before = clean(sentence[named.end() :]), sentence[: named.start()]
        is_stated = named["count"] or (VERBS.search(before) and not denies(before))
        if is_stated and (value := read(text)) is not None:
            return Claim(text, "statement", of_sentence(sentence), span, value)
        sentence = before
    found = [*joints.finditer(sentence)][: -_MAX_JOINTS - 1 : -1]
    ordered = sorted(found, key=lambda joint: sentence.count("$", 0, joint.start()) % 2)  # last those in a formula
    for joint in sorted(ordered, key=lambda joint: exact and joint[0] in _ROUGHLY):
        said = sentence[turn(sentence[: joint.start()]) :]
        before, text = (
            sentence[len(sentence) - len(said) : joint.start()],
            contrast(clean(sentence[joint.end() :].replace("**", ""))),
        )
        if joint[0] == "=" and (_IN_ADJUNCT.match(before) or _COMPARED.search(before)):
            continue
        if (time := _IN_ITS_TIME.search(before)) and joint[0] != "=" and not joints.search(time["clause"]):
            continue
        if SUPPOSES.search(_IF_YOU.sub("", before)) or _PART_OF_IT.search(before) or _NONE.match(last_clause(before)):
            return None
        if text and (value := read(text)) is not None:
            stance = around(before, "")
            return Claim(text, "statement", of_sentence(said) if stance in ASSERTED else stance, span, value)
    return None


def _in_bold(sentence: str, span: tuple[int, int], read: Read[V]) -> Claim[V] | None:
    """The one value in bold of a sentence that neither denies nor supposes it, nor says more of it than a noun."""
    found = [*_BOLD.finditer(sentence)]
    if len(found) != 1:
        return None
    text, before, behind = clean(found[0][1]), sentence[: found[0].start()], sentence[found[0].end() :]
    if denies(last_clause(before)) or SUPPOSES.search(before) or not is_free(behind) or changes(before):
        return None
    stance = around(before, behind)
    value = read(text) if stance in ASSERTED else None
    return None if value is None else Claim(text, "statement", of_sentence(sentence), span, value)


def _unwrapped(text: str) -> str:
    """A text that is wholly a fence, a code span or bold, without it."""
    if text.startswith("```") and text.endswith("```") and len(text) < MAX_FENCED:
        blocks = fences(text)
        if len(blocks) == 1:
            return blocks[0].text.strip()
    bare = text.rstrip(".")
    for mark in ("**", "`", "__"):
        inner = bare.removeprefix(mark).removesuffix(mark)
        if len(bare) - len(inner) == 2 * len(mark) and inner and mark not in inner:
            return inner.strip()
    return text
