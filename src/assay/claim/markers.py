"""Where answers are marked, last mark first; each finder takes time linear in the text.

A marker says that what it holds is the answer: `\\boxed{}`, `<answer>`, `[[...]]`, a JSON `answer`, "the answer is",
"Answer:", "####", a heading "Final answer", and their counterparts in other languages. A marker that is cut off by the
end of the text holds nothing and is not `closed`.
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.claim.sentences import SENTENCE_END
from assay.reading import lexicon
from assay.reading.lexicon import either

MAX_MARKS = 200
"""How many marks of a kind are looked at, from the end."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker with what it holds."""

    start: int
    end: int
    text: str
    kind: str
    """`box`, `tag`, `brackets`, `json`, or `phrase` for words such as "the answer is"."""
    closed: bool = True
    said: str = ""
    """The words "answer is" of a phrase that speaks of the answer in a sentence."""

    @property
    def is_prose(self) -> bool:
        return self.kind == "phrase"


def marks(body: str, *, a_line: bool = True) -> Iterator[Mark]:
    """The marks of a text, last first. A phrase inside a box or a tag is left to the reader of that box.

    `a_line` says whether a line "A: ..." is a marker; in multiple choice it is an option.
    """
    kinds = [_words(body)]
    explicit = [finder for sign, finder in (("box", _boxes), ("<answer>", _tags), ("[ANSWER]", _tags)) if sign in body]
    kinds += [finder(body) for finder in dict.fromkeys(explicit)]
    if "[[" in body:
        kinds.append(_brackets(body))
    if "####" in body or any(mark in body for mark in _LINE_MARKS) or (a_line and "A:" in body):
        kinds.append(_lines(body, a_line))
    if not body.isascii() or any(noun in body for noun in _LATIN_NOUNS):
        kinds.append(_foreign(body))
    every = heapq.merge(*kinds, key=lambda mark: -mark.start) if len(kinds) > 1 else kinds[0]
    for place, mark in enumerate(every):
        if place >= MAX_MARKS:
            return
        if not (explicit and mark.is_prose and is_held(body, mark)):
            yield mark


def is_held(body: str, mark: Mark) -> bool:
    """Whether a mark stands in a box or a tag that begins before it."""
    holders = (next(finder(body, mark.start), mark) for finder in (_boxes, _tags))
    return any(held.start < mark.start < held.end for held in holders)


# --- boxes, tags, double brackets ------------------------------------------------------------------------------------

_BOX = re.compile(r"\\(?:f?boxed|fbox|framebox)\s*")
_BARE = re.compile(r"[-+]?(?:\d[\d.,]*(?<![.,])|\\[a-zA-Z]+(?:\s*\{[^{}]{0,60}\}){0,2}|[^\s{}\\$])")
_BRACE = re.compile(r"\\[{}\\]|[{}]")
_BETWEEN = re.compile(
    r"(?:[\s$,;&]|\\[,;: ()\[\]]|\\q?quad\b|\\(?:text|mathrm)\s*\{\s*(?:and|or)\s*,?\s*\}|\b(?:and|or|either)\b)*"
)
_LABEL = re.compile(r"\(?\b([a-h]|i{1,3}|iv|v|[1-9])[).](?!\d)[^()\n]{0,80}$")
_LABELS = ("abcdefgh", ("i", "ii", "iii", "iv", "v"), "123456789")
MAX_BOXES = 16


def _boxes(body: str, stop: int | None = None) -> Iterator[Mark]:
    """Boxes; those in one row, and those labelled (a), (b), ..., are the parts of one answer."""
    stop = len(body) if stop is None else stop
    while (start := _rfind_box(body, stop)) >= 0:
        end, text = _box_at(body, start)
        if text is None:
            yield Mark(start, len(body), "", "box", closed=False)
            return
        first, parts = start, [text]
        for _ in range(MAX_BOXES):
            before = _rfind_box(body, first)
            if before < 0:
                break
            before_end, before_text = _box_at(body, before)
            if before_text is None:
                break
            if before_end >= end:
                parts, end = [before_text], before_end
            elif joint := _joint(body, before, before_end, first):
                parts = [before_text + joint + parts[0], *parts[1:]]
            else:
                break
            first = before
        yield Mark(first, end, parts[0], "box")
        stop = first


def _joint(body: str, before: int, end: int, first: int) -> str:
    """What joins two boxes to one answer, or nothing: they stand in one row, or are labelled one after the other."""
    between = body[end:first]
    if first - end < 40 and _BETWEEN.fullmatch(between) is not None:
        return " or " if re.search(r"\bor\b", between) else ", "
    one, two = _label(body, before), _label(body, first)
    if one and two and any(one in labels and two in labels[labels.index(one) + 1 :][:1] for labels in _LABELS):
        return ", "
    return ""


def _label(body: str, at: int) -> str:
    match = _LABEL.search(body[max(0, at - 90) : at].rpartition("\n")[2])
    return match[1] if match else ""


def _rfind_box(body: str, stop: int) -> int:
    return max(body.rfind("\\boxed", 0, stop), body.rfind("\\fbox", 0, stop), body.rfind("\\framebox", 0, stop))


def _box_at(body: str, start: int) -> tuple[int, str | None]:
    """End and content of the box that starts here; the content is `None` where the box never closes."""
    opened = _BOX.match(body, start)
    if opened is None:
        return start, None
    if not body.startswith("{", opened.end()):
        bare = _BARE.match(body, opened.end())
        return (bare.end(), bare[0]) if bare else (start, None)
    depth = 1
    for brace in _BRACE.finditer(body, opened.end() + 1):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.end(), body[opened.end() + 1 : brace.start()]
    return len(body), None


_TAGS = {"<answer>": "</answer>", "[ANSWER]": "[/ANSWER]"}


def _tags(body: str, stop: int | None = None) -> Iterator[Mark]:
    at = len(body) if stop is None else stop
    while True:
        at, opening = max((body.rfind(tag, 0, at), tag) for tag in _TAGS)
        if at < 0:
            return
        end = body.find(_TAGS[opening], at)
        text = body[at + len(opening) : end].strip() if end >= 0 else ""
        yield Mark(at, end + len(_TAGS[opening]) if end >= 0 else len(body), text, "tag", end >= 0)


_DOUBLE = re.compile(r"(?<!\[)\[\[([^\[\]\n]{1,200})\]\](?!\])")


def _brackets(body: str) -> Iterator[Mark]:
    stop = len(body)
    while (at := body.rfind("[[", 0, stop)) >= 0:
        if match := _DOUBLE.match(body, at):
            yield Mark(at, match.end(), match[1].strip(), "brackets")
        stop = at


# --- words and JSON --------------------------------------------------------------------------------------------------

_COPULA = re.compile(
    r"(?:answer|option|choice|solution)s?[*_\"'\s]{0,4}"
    r"(?:(?:to|for|of|in|from)\s(?:[^.:\n\"“”]{0,60}[\"“][^\"“”\n]{1,240}[\"”]|[^.:\n]{1,120}?)\s"
    r"|\([^()\n]{1,40}\)\s?|,[^,.\n]{1,60},\s?|(?:I|we|you)\s\w{1,12}\s)?"
    r"(?:[:：]\s*\**\s*|=>?\s*|[-=]*[>→]\s*|[–—-]\s+|\?\s+"
    r"|(?:is|are|was|(?:should|would|must|will|has to) be|can only be|equals"
    r"|(?:comes|works|turns) (?:out )?(?:to(?: be)?|as))\b[*_]*\s*(?:therefore|thus|then|simply|indeed)?[,:]?\s*)",
    re.IGNORECASE,
)
_RIGHT = re.compile(r"\b(?:correct|right|best|only|final)[*_]*\s\Z", re.IGNORECASE)
"""What calls an option the answer."""
_VERDICTS = frozenset(("correct", "right", "wrong", "incorrect"))
_HEADING = re.compile(r"answer[*_:\s#]*\n", re.IGNORECASE)
_JSON_KEY = re.compile(r"""["'](?:(?:final[_ ]?)?answer|solution|label|verdict)["']\s*:\s*""", re.IGNORECASE)
_LATEX_ESCAPE = re.compile(
    r"(?<!\\)\\(?:[bf]|n(?:eq?|eg|u|ot|abla|i|mid)(?![a-z])|r(?:ight|ho|angle|floor|ceil|m(?![a-z]))"
    r"|t(?:ext|imes|an|heta|au|riangle|frac|ilde|o(?![a-z])))"
)
"""LaTeX whose backslash JSON takes for an escape, as in "\\times"."""
_LINE_MARKS = ("Ans:", "Ans.", "Answer.", "ANS:", "Verdict:", "Label:")
_LINE_MARK = re.compile(r"(?:A:|####|Ans(?:wer)?[.:]|ANS:|Verdict:|Label:)[ \t]*(.*)")
_LATIN_NOUNS = ("ntwort", "éponse", "espuesta", "esposta", "isposta", "awaban", "varet")
_FOREIGN = re.compile(
    rf"(?:{either(lexicon.ANSWER_NOUNS)}"
    rf"|(?:(?<![\u4e00-\u9fff])|(?<=[{lexicon.BEFORE_CHOOSES}])){either(lexicon.CHOOSES)}(?![项項択]))[】\]*_]{{0,3}}\s?(?:{either(lexicon.ANSWER_ADJECTIVES)}\s){{0,2}}"
    rf"(?:\s?[:：=]|\s?{either(lexicon.ANSWER_VERBS)}(?:(?<=[^\x00-\x7f])|(?=[\s\W\d]|[^\x00-\x7f]|$))|(?<=[】故选選择])"
    r"|\s[–—-]\s|\s(?=\d))[\s*：:]*"
)
"""The counterparts of "the answer is" and "Answer:" in other languages."""


_FINAL_VERB = re.compile(rf"\s?{either(lexicon.FINAL_VERBS)}$")


def _words(body: str) -> Iterator[Mark]:
    """ "The answer is ...", "Answer: ...", a heading "Answer", `"answer": ...`."""
    lower, stop, later = body.lower(), len(body), len(body)
    if len(lower) != len(body):  # a few letters change length in lower case
        lower = body
    options = "option is" in lower or "choice is" in lower
    keys = [key for key in ('"solution"', '"label"', '"verdict"') if key in lower]
    for _ in range(MAX_MARKS * 5):
        at = lower.rfind("answer", 0, stop)
        if keys:
            at = max(at, *(lower.rfind(key, 0, stop) + 1 for key in keys))
        if options:
            at = max(at, *(lower.rfind(noun, 0, stop) for noun in ("option is", "choice is")))
        if at < 0 or (at == 0 and stop == 0):
            return
        stop = at
        if not {"'", '"'}.isdisjoint(lower[at + 5 : at + 9]) and (
            key := _JSON_KEY.search(body, max(at - 7, 0), at + 40)
        ):
            end, text = _json_value(body, key.end())
            yield Mark(at, end, text, "json", bool(text) or end < len(body))
        elif (mark := _phrase_at(body, at, later)) is not None:
            later = at
            yield mark
    return


def _phrase_at(body: str, at: int, later: int) -> Mark | None:
    """The phrase that marks an answer here; what it holds ends where the later one begins."""
    if body[at : at + 1] in "ocOC" and not _RIGHT.search(body, max(0, at - 20), at):
        return None  # "another option is"
    phrase = _COPULA.match(body, at, at + 400)
    if phrase is None or phrase[0].rstrip()[-1:] in "-–—?":
        line = body[body.rfind("\n", 0, at) + 1 : at][-40:]
        alone = re.fullmatch(r"[\s#*_>]*(?:the |my |your )?(?:final )?", line, re.IGNORECASE)
        phrase = (phrase or _HEADING.match(body, at, at + 60)) if alone else None
    if phrase is None or body[at - 1 : at] in ("<", "/"):
        return None
    end, text = sentence_at(body, phrase.end(), later)
    if text.lower() in _VERDICTS and phrase[0].rstrip()[-1:] not in ":：=":
        return None  # "the answer is correct" speaks of the answer
    return Mark(at, end, text, "phrase", said=phrase[0])


def _lines(body: str, a_line: bool) -> Iterator[Mark]:
    """Lines `#### ...`, `Ans: ...` and, where that is no option, `A: ...`."""
    stop = len(body)
    for _ in range(MAX_MARKS):
        starts = [_rfind_line(body, mark, stop) for mark in (("A:",) if a_line else ()) + _LINE_MARKS]
        start = max(*starts, body.rfind("####", 0, stop))
        if start < 0:
            return
        stop = start
        match = _LINE_MARK.match(body, start)
        title = body.startswith("####", start) and re.match(r"####\s*[A-Z*#][^\n]*\n\s*\S", body[start : start + 300])
        if match is not None and not title:  # a Markdown heading has text below it
            yield Mark(start, match.end(), clean(match[1]), "phrase")


def _rfind_line(body: str, mark: str, stop: int) -> int:
    at = body.rfind("\n" + mark, 0, stop)
    return at + 1 if at >= 0 else (0 if stop > 0 and body.startswith(mark) else -1)


def _foreign(body: str) -> Iterator[Mark]:
    found = [match.span() for match in _FOREIGN.finditer(body)][-MAX_MARKS:]
    for start, end in reversed(found):
        stop, text = sentence_at(body, end, len(body))
        yield Mark(start, stop, _FINAL_VERB.sub("", text), "phrase")


_ONLY_ITEM = re.compile(r"[-•–]\s(?=[^\n]*(?:\n(?!\s*[-•–]\s)|\Z))")
"""The bullet of a list of one item, which is no sign."""


def sentence_at(body: str, start: int, stop: int) -> tuple[int, str]:
    """Where the sentence ends and the rest of it, or the next line that is not blank where the line ends here.

    It goes no further than `stop`, where another marker stands.
    """
    while body[start : start + 1] in ("\n", " ", "*", "\r", "\t", "`") and start < len(body):
        if body.startswith("```", start):
            break
        start += 1
    if body[start - 1 : start] == "\n" and (item := _ONLY_ITEM.match(body, start)):
        start = item.end()
    line_end = body.find("\n", start)
    line_end = len(body) if line_end < 0 else line_end
    line_end = stop if start <= stop < line_end else line_end
    line = body[start:line_end]
    if line.strip() in ("\\[", "$$", "\\(") or line.startswith("```"):  # a displayed formula or a fence
        close = body.find({"\\[": "\\]", "$$": "$$", "\\(": "\\)"}.get(line.strip(), "```"), line_end)
        line_end = len(body) if close < 0 else close
        return line_end, clean(body[start + len(line) : line_end])
    if sentence_end := SENTENCE_END.search(line):
        sign = sentence_end[0][:1]
        mark, line = sign if sign in "?？" else "", line[: sentence_end.start()]
        line_end = start + len(line)
        line += "." * line.endswith("..")
        return line_end, _in_its_braces(clean(line)) + mark
    return line_end, _in_its_braces(clean(line))


def _in_its_braces(text: str) -> str:
    """Without the brace that closes the text around a sentence: `\\text{The answer is 7.}`."""
    is_open = text[:-1].rstrip(". ")[-1:].isalnum() and text.count("}") > text.count("{")
    return clean(text[:-1]) if text.endswith("}") and is_open else text


END = 80
_ENDLESS = re.compile(r"(?:[,;+=<>&-]|\\\S{0,40}|\d{0,40}\.\d{1,40})\s{0,9}\.\.\.$")
"""Dots that are part of a value: `0.333...`, `1, 2, ...`."""


def json_at(text: str, start: int) -> tuple[Any, int] | None:
    """The JSON value that stands here and its end, or `None`."""
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        return None


def _json_value(body: str, start: int) -> tuple[int, str]:
    if (read := json_at(body, start)) is None:
        quoted = re.compile(r"""(["'])((?:(?!\1)[^\\\n]|\\.)*)\1|([^\n,}]*)""").match(body, start)
        assert quoted is not None  # its second branch matches anything
        cut = quoted[1] is None and quoted[3].lstrip()[:1] in ("'", '"')
        return (len(body), "") if cut else (quoted.end(), (quoted[2] if quoted[1] else quoted[3]).strip())
    value, end = read
    if isinstance(value, dict) and "value" in value:
        return end, f"{value['value']} {value.get('unit') or ''}".strip()
    if isinstance(value, str):
        raw = body[start + 1 : end - 1]
        return end, (raw if _LATEX_ESCAPE.search(raw) else value).strip()
    return end, body[start:end] if not isinstance(value, bool) else str(value)


def clean(text: str) -> str:
    """Without the Markdown, quotes and closing punctuation around an answer; dots behind a decimal or a comma go on."""
    text = text.strip().strip("*_`").strip()
    end = len(text)
    if text.endswith("...") and not _ENDLESS.search(text[-END:]):
        end -= 3
    while end and text[end - 1] in ".,;!。।" and not text.endswith(("\\,", "\\;", "\\!", "..."), 0, end):
        end -= 1
        for signs in (" \t\r\n", "*_`", " \t\r\n"):
            while end and text[end - 1] in signs:
                end -= 1
    return text[:end].rstrip()
