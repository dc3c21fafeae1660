"""A yes or a no: yes/no, true/false, entailed/refuted and their kin, whichever pair the response speaks.

Only words of a closed list may stand before the word ("it is true", "definitely not"), and a negated word is its
opposite. What stands behind it explains it, unless it says the opposite too ("yes and no") or doubts.
"""

from __future__ import annotations

import re
from typing import Any

from assay.claim.claims import claim, described
from assay.claim.clause import NO_DOUBT, Stance
from assay.claim.sentences import sentences
from assay.claim.stance import of_rest
from assay.claim.unmarked import Reader
from assay.errors import BadReference
from assay.judging.verifier import AnswerParams, Lane, verifier
from assay.reading import lexicon
from assay.reading.lexicon import either
from assay.reading.numerals import plain
from assay.types import Example, Verdict

_TRUE, _FALSE, _LEADS = (
    frozenset(lexicon.YES),
    frozenset(lexicon.NO),
    {*lexicon.STATEMENT_WORDS, *lexicon.CERTAINLY, "necessarily"},
)
_LETTERS = frozenset("ytnf")
"""Letters that are a word only where they stand alone."""
_NEGATIONS = frozenset(("not", "isnt", "arent", "wasnt", "doesnt", "never", "cannot", "cant"))
_SUBJECTS = frozenset(lexicon.AFTER_NO)
_SEEMS = either(lexicon.OPINIONS, ("looks", "seems", "appears"))
_BOTH = re.compile(
    rf"\balternatively\b|\b(?:though|although)\b(?![^.]{{0,40}}\b{_SEEMS}\b)"
    r"[^.]{0,20}\b(?:yes|no|true|false)\b|"
    r"[?？]|\b(?:or|maybe|perhaps|possibly|both|neither|unsure|depends|unclear)\b|(?:\b(?:and|but|yet)\b|[/,])\s*(?:also\s)?(?:yes|no|true|false)\b(?=\W*$|[,.;])|[?？]\s*$|,?\s(?:if|unless)\b|\belse\b|/",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"\s+(?:is|was|would be) (?:what|one|only|a|an|the)\b", re.IGNORECASE)
"""What makes the word the subject of a sentence about it: "Yes is one possibility"."""
_BEHIND = frozenset(("for", "with", "on", "from", "to", "here", "according", "indeed"))
"""What may follow "true" and its kin in their clause."""
_REASON = re.compile(r"(?<=[.;])(?<!\.\.)\s|\b(?:because|since|as|rather than|not|for|given)\b")
_ALONE = re.compile(r"\n\W{0,20}(yes|no|true|false)\W{0,20}\Z", re.IGNORECASE)
"""A yes or a no on a line of its own."""
_CROSSED = re.compile(r"\b(no|false)\W{0,6}\(wrong\)", re.IGNORECASE)
"""A no with a cross, which `own_words` reads as "(wrong)"."""
_ASKED = re.compile(r"\A(?![^?]*\b(?:no|not|false|wrong|incorrect)\b)[^.!?\n]{4,300}\?\s+(?=\S)", re.IGNORECASE)
"""A question that a response repeats before it answers."""
_STATEMENT = re.compile(r"\A\s(?:statement|claim|sentence|assertion)(?=\W*(?:\Z|[.,;]))", re.IGNORECASE)
_OPPOSITE = re.compile(
    r"[,;]\s*(?:but\s|and\s)?(?:(true|false)\b|(yes|no)\b(?=\W*$|[,.;]|\s(?:in|for|if|when)\b))", re.IGNORECASE
)
"""Another yes or no in the same clause: "True for even n, false for odd n"."""
_LEADS_TO = re.compile(
    r"(?is).*[,;]\s(?:so|thus|hence|therefore|which means)\s(?:that\s)?"
    rf"|(?![^:]*\b(?:not|no|false|wrong|whether|if|{either(lexicon.OPINIONS)})\b)[a-z]+(?:\s[\w'’-]+){{1,9}}:\s"
    r"|\s*it (?:can|may) be (?:verified|shown|proved|proven|seen|checked|confirmed) that\s"
    r"|\s*(?:the|this) (?:statement|claim|assertion|sentence|hypothesis) that\s[^.\n]{1,200}?\s"
    r"(?=is (?:not )?(?:true|false|correct|incorrect|right|wrong)\W*\Z)"
    r"|\s*(?:although|though|while|since|given|based on|because|as|by|according to|from)\b[^,.\n]{1,200},\s"
)
_ECHO = re.compile(
    r"\W*(?:it|that|this|they) (?:is|are|does|do|was|were|can|will)\b(?P<no>n['’]t| not| never)?\W*$", re.IGNORECASE
)
"""The short sentence behind a yes or a no: "Yes, it is"."""
_QUOTED = re.compile(r"[\"“](?:[^\s\"“”]+\s){2}[^\"“”]{0,300}[\"”]")
"""What is quoted, and no verdict: several words."""
_THE_CASE = re.compile(r"\b(?<=is )the case\b|\b(?<=not )the case\b", re.IGNORECASE)
_LABEL = re.compile(
    rf"\A\W*(?:the|my)\s(?:{either(lexicon.OWN)}\s)?(?:label|verdict|classification)\sis\b", re.IGNORECASE
)
"""What names the word that follows it a verdict."""
_ABOUT_IT = re.compile(r"\W*(?:\w+ly\s|also\s)?[a-z]+ed\sby\b", re.IGNORECASE)
"""What is said of an answer in words that may be one: "supported by the passage"."""
_I_SAY = re.compile(rf"\A\W*i(?:['’]d|\swould)?\s{either(lexicon.THINKS)}\s(?:that\s)?", re.IGNORECASE)
_CONCLUDES = re.compile(rf"\W*{either(lexicon.CONNECTIVES)}\b", re.IGNORECASE)
_CONCLUDED = re.compile(rf"(?:[.!?]\s|\n)\s{{0,3}}\W?\s?{either(lexicon.CONNECTIVES)}\b", re.IGNORECASE)
"""Where a sentence that concludes may begin."""
_OTHER_END = re.compile(r"\d|[.!?]\s")
"""What ends the clause of a "not" before a yes or a no comes: a number that is denied, or a sentence."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
MAX_CHARS = 2000


@verifier(
    "boolean",
    version=11,
    reference="true or false",
    params=AnswerParams,
    lane=Lane.INLINE,
    reads=lambda example, _: _reference(example.reference),
    keys=lambda example, answer: _answer_key(answer),
    reads_claim=described(lambda _, __: _reader()),
)
def boolean(example: Example, response: str, params: AnswerParams) -> Verdict:
    """Right when the response says the reference, in whichever pair of words."""
    wanted = _reference(example.reference)
    found = claim(example, response, _reader())
    if found.value is None:
        return Verdict.no_answer(f"{found.text[:80]!r} says neither yes nor no")
    if not found.is_asserted:
        return Verdict.of(False, read=found.text, why=f"the answer is {found.stance}")
    others = [_read(other) for other in found.others]
    if found.value == "both" or any(other != found.value for other in others):
        return Verdict.of(False, read=found.text, why="it says more than one thing")
    return Verdict.of((found.value == "yes") == wanted, read=found.text, why=f"the reference is {str(wanted).lower()}")


def _reader() -> Reader[str]:
    return Reader(_read, names=lambda text: _ABOUT_IT.match(text) is None, of_statement=True, joints=None)


def _read(text: str) -> str | None:
    """`yes`, `no`, or `both` where a text says more than one thing; `None` where it says neither.

    What leads to it is passed over: "Since 9 = 3 * 3, the statement is true", "9 is a square, so it is false".
    """
    text = _ASKED.sub("", _CROSSED.sub(r"\1", text))
    if _CONCLUDED.search(text):
        *before, end = sentences(text)
        if before and _CONCLUDES.match(end) and (concluded := _read(end)):
            return concluded
    said = _read_clause(text)
    if said is not None and (last := _ALONE.search(text)) and (last[1].lower() in _TRUE) != (said == "yes"):
        return "both"
    reason = _LEADS_TO.match(text[:MAX_CHARS]) if said is None else None
    return said if reason is None else _read_clause(text[reason.end() :])


def _read_clause(text: str) -> str | None:
    text = _THE_CASE.sub("true", _LABEL.sub("", text[:MAX_CHARS]))
    text = plain(NO_DOUBT.sub(" ", _QUOTED.sub(" ", _I_SAY.sub("", text))))
    negated, end = False, 0
    words = [*_WORD.finditer(text)]
    for place, match in enumerate(words):
        if negated and _OTHER_END.search(text, end, match.start()):
            return None  # "not 1947. The claim is false"
        end = match.end()
        word = match[0].casefold().replace("'", "").replace("’", "")
        rest = text[match.end() :]
        if word in _NEGATIONS:
            negated = not negated
        elif word in _TRUE or word in _FALSE:
            if word in _LETTERS and len(words) > 1:
                return None
            return _said(word, negated, rest, [w[0].casefold() for w in words[place + 1 :]])
        elif word not in _LEADS:
            return None
    if negated:
        return "no"  # "definitely not"
    return "yes" if any(match[0].lower() in lexicon.AFFIRMS for match in words[:2]) else None


def _said(word: str, negated: bool, rest: str, behind: list[str]) -> str | None:
    if called := _STATEMENT.match(rest):
        rest, behind = rest[called.end() :], behind[1:]
    pause = rest.lstrip(" *\"'`")[:1] in tuple(",.;:!—–-。，") or rest.startswith("\n")
    if word == "no" and behind[:1] != ["way"] and behind and not pause and behind[0] not in _SUBJECTS:
        return None
    if word not in ("no", "yes") and behind and not pause and behind[0] not in _SUBJECTS | _BEHIND:
        return None  # "true love", "correct option"
    yes = (word in _TRUE) != negated
    if _SUBJECT.match(rest):
        return None
    if of_rest(rest) is not Stance.ASSERTED:
        return "both"
    other = _OPPOSITE.search(rest)
    if other and ((other[1] or other[2]).lower() in _TRUE) != yes:
        return "both"
    if _BOTH.search(_REASON.split(rest, maxsplit=1)[0]):
        return "both"
    echo = _ECHO.match(rest) if word in ("yes", "no") else None
    if echo is not None and bool(echo["no"]) == yes:
        return "both"  # "Yes, it is not."
    return "yes" if yes else "no"


def _answer_key(answer: Any) -> str | None:
    said = ("yes" if answer else "no") if isinstance(answer, bool) else _read(str(answer))
    return {"yes": "true", "no": "false"}.get(said or "")


def _reference(reference: Any) -> bool:
    if isinstance(reference, bool):
        return reference
    word = str(reference).strip().lower()
    if word in _TRUE or word == "1":
        return True
    if word in _FALSE or word in ("0", "not entailed"):
        return False
    raise BadReference(f"the reference of a boolean is true or false, not {reference!r}")
