"""Finding the last answer marker of each kind, each in time linear in the text.

Every finder gives the start, the end and what stands in the marker; a marker that never closes holds the empty text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from assay.claim.fences import fences
from assay.effort import short

SHORT = 200
"""Characters of the longest response that can be one short answer without a marker."""

FENCED = 4000
"""Characters of the longest text whose fences are read in the caller."""
MAX_TRIES = 1000
"""How many times the word `answer` is looked at, from the end, before the search for a phrase is given up."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer as it stands in the response."""

    text: str
    marker: str
    """`box`, `tag`, `json`, `phrase`, or `whole` for a short response without a marker."""
    denied: bool = False
    """Whether the words right before or right after it say that it is not the answer."""


Mark = tuple[int, int, Found]

# --- boxes -----------------------------------------------------------------------------------------------------------

_BOX = re.compile(r"\\(?:f?boxed|fbox)\s*(\{|[^\s{}\\$]|\\[a-zA-Z]+(?=[\s$.]))")
_BRACE = re.compile(r"\\[{}\\]|[{}]")
_BETWEEN = re.compile(
    r"(?:[\s$,;&]|\\[,;: ()\[\]]|\\q?quad\b|\\(?:text|mathrm)\s*\{\s*(?:and|or)\s*,?\s*\}|\b(?:and|or|either)\b)*"
)
_OR_AFTER = re.compile(
    r"[\s$)\]*]*+(?:,\s*+)?(?:but\s++)?(?:(?:it|this|which)\s++)?"
    r"(?:or|and/or|alternatively|maybe|perhaps|possibly|(?:could|might|may)(?: also)? be)\b[\s:,$\\(*]*"
    r"(?!equivalently|in other|simply)((?:[^.\n$]|\.\d)+)",
    re.IGNORECASE,
)
_OR_BEFORE = re.compile(r"(?<![\w./\\^{}+-])((?:[\w./\\^{}+-]++[\s$]++){1,3})or[\s$\\(*]*+$", re.IGNORECASE)


def last_box(body: str) -> Mark | None:
    start = _rfind_box(body, len(body))
    if start < 0:
        return None
    end, text = _box_at(body, start)
    if text is None:
        return start, len(body), Found("", "box")
    parts, first = [(start, end, text)], start
    for _ in range(16):  # boxes that enclose the last one, or stand in one row with it
        before = _rfind_box(body, first)
        if before < 0:
            break
        before_end, before_text = _box_at(body, before)
        if before_text is None:
            break
        if before_end >= end:
            parts, end = [(before, before_end, before_text)], before_end
        elif _BETWEEN.fullmatch(body, before_end, first) is not None and before_end - first < 40:
            parts.insert(0, (before, before_end, before_text))
        else:
            break
        first = before
    joined = parts[0][2]
    for (_, left_end, _), (right, _, text) in pairwise(parts):
        joined += (" or " if re.search(r"\bor\b", body[left_end:right]) else ", ") + text
    last = parts[-1][1]
    return start, end, Found(_beside(body, first, last, joined), "box", _is_denied(body, first, last))


def _rfind_box(body: str, stop: int) -> int:
    return max(body.rfind("\\boxed", 0, stop), body.rfind("\\fbox", 0, stop))


def _box_at(body: str, start: int) -> tuple[int, str | None]:
    """End and content of the box that starts here; the content is `None` where the box never closes."""
    opened = _BOX.match(body, start)
    if opened is None:
        return start, None
    if opened[1] != "{":
        return opened.end(), opened[1]
    depth = 1
    for brace in _BRACE.finditer(body, opened.end()):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.end(), body[opened.end() : brace.start()]
    return len(body), None


def _beside(body: str, start: int, end: int, text: str) -> str:
    """The marked text with the alternative that stands beside it in its sentence, if there is one."""
    if after := _OR_AFTER.match(body[end : end + SHORT]):
        return f"{text} or {after[1].strip()}"
    window = body[max(0, start - 60) : start]
    if ("or" in window or "OR" in window or "Or" in window) and (before := _OR_BEFORE.search(window)):
        return f"{before[1].split()[-1]} or {text}"
    return text


_DENIALS = ("not", "never", "neq", "≠", "ne$", "false", "cannot")
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:is|are|was|be|it's|that's) (?:definitely |certainly )?not|\bcannot be|\bcan't be|\bnever (?:say|be)"
    r"|\\neq?|≠|\bfalse(?: that|:)(?: the)?(?: final)?(?: answer)?(?: is)?)[\s:$*(\\]*$"
)
_DENIED_AFTER = re.compile(
    r"(?:(?:this|that|which|it) )?(?:is|was|would be) (?:wrong|incorrect|false|not (?:right|correct|the answer))\b"
    r"|\?\s*no\b|wait,? no\b|(?:hmm,? )?(?:no|actually),? (?:it|the answer)(?: is|'s)\b|i disagree\b",
    re.IGNORECASE,
)


def _is_denied(body: str, start: int, end: int) -> bool:
    """Whether the words around a marked answer say that it is not the answer."""
    before = body[max(0, start - 60) : start].rpartition("\n")[2].lower()
    if any(word in before for word in _DENIALS) and _DENIED_BEFORE.search(before):
        return True
    return _DENIED_AFTER.match(body[end : end + 60].lstrip("$*_`)] .,;\n")) is not None


# --- tags ------------------------------------------------------------------------------------------------------------


def last_tag(body: str) -> Mark | None:
    start = body.rfind("<answer>")
    if start < 0:
        return None
    end = body.find("</answer>", start)
    if end < 0:
        return start, len(body), Found("", "tag")
    return start, end, Found(_beside(body, start, end + 9, body[start + 8 : end].strip()), "tag")


def last_fence(body: str) -> Mark | None:
    if "```" not in body and "~~~" not in body:
        return None
    blocks = [block for block in fences(short(body, FENCED)) if block.start < len(body)]
    if not blocks:
        return None
    start, text = blocks[-1].start, blocks[-1].text
    return start, start + len(text), Found(text.strip(), "fence")


# --- phrases and JSON ------------------------------------------------------------------------------------------------

_JSON_KEY = re.compile(r"""["'](?:final[_ ]?)?answer["']\s*:\s*""", re.IGNORECASE)
_LATEX_ESCAPE = re.compile(
    r"(?<!\\)\\(?:[bf]|n(?:eq?|eg|u|ot|abla|i|mid)(?![a-z])|r(?:ight|ho|angle|floor|ceil|m(?![a-z]))"
    r"|t(?:ext|imes|an|heta|au|riangle|frac|ilde|o(?![a-z])))"
)
"""LaTeX whose backslash JSON takes for an escape, as in "\\times"."""
_ABOUT_ANSWERS = (
    "reasonable|consistent|verified|confirmed|plausible|unique|correctly|provided|given|formatted|wrapped|enclosed|"
    "represented|structured|expressed|presented|displayed|rounded|based on|in the (?:correct|requested|required)"
)
"""What is said of an answer and is none: "the answer is provided in JSON as requested"."""
_PHRASE = re.compile(
    r"answers?[*_\s]{0,4}(?:(?:to|for|of)\s(?:[^.:\n\"“”]{0,60}[\"“][^\"“”\n]{1,240}[\"”]|[^.:\n]{1,120}?)\s)?"
    r"(?::\s*\**\s*|=\s*|(?:is|are|(?:should|would|must|will) be|equals|comes to)\b[*_]*\s*"
    r"(?:therefore|thus|then|simply)?[,:]?\s*)"
    rf"(?!\s*(?:{_ABOUT_ANSWERS})\b(?! by\b))(?:(?:option|choice)\s+)?",
    re.IGNORECASE,
)
_HEADING = re.compile(r"answer[*_:\s]*\n", re.IGNORECASE)
_NOT_AN_ANSWER = re.compile(
    r"(?:\b(?:in|un)correct|wrong|\bif the|\bwhether the|suppose the|what(?:'s| is) the|guess"
    r"|(?:check|verify|confirm) (?:our|the|my|this))\s*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<![A-Z])(?<!\b(?:[DMJS][rst]|vs|No))(?<!\bMrs)[.!?](?=[\s*]*(?:\s|$))")
_LINE_MARK = re.compile(r"(?:A:|####)[ \t]*(.*)")


_QUOTE, _TAG = ("'", '"'), ("<", "/")
_PRAISE = tuple(f"answer is {extra}{word}" for extra in ("", "indeed ") for word in ("correct", "right"))
_PRAISED = re.compile(r"(?:our|my|this) $", re.IGNORECASE)
_DOUBTS = ("correct", "wrong", "if the", "whether the", "suppose the", "what", "guess", "check", "verify", "confirm")


def last_phrase(body: str, a_line: bool) -> Mark | None:
    marks = [m for m in (_last_answer_word(body), _last_line_mark(body, a_line)) if m is not None]
    return max(marks, key=lambda mark: mark[0]) if marks else None


def _last_answer_word(body: str) -> Mark | None:
    lower, stop = body.lower(), len(body)
    if len(lower) != len(body):  # a few letters change length in lower case
        lower = body
    for _ in range(MAX_TRIES):
        if (at := lower.rfind("answer", 0, stop)) < 0:
            break
        stop = at
        if lower[at + 6 : at + 7] in _QUOTE and (key := _JSON_KEY.search(body, max(at - 7, 0), at + 40)):
            end, text = _json_value(body, key.end())
            return at, end, Found(text, "json")
        if lower.startswith(_PRAISE, at) and _PRAISED.match(body[max(0, at - 5) : at].lstrip()):
            continue
        phrase = _PHRASE.match(body, at, at + 400) or _heading_at(body, at)
        before = lower[max(0, at - 24) : at]
        refused = before[-1:] in _TAG or (any(word in before for word in _DOUBTS) and _NOT_AN_ANSWER.search(before))
        if phrase and not refused:
            end, text = _sentence(body, phrase.end())
            return at, end, Found(text, "phrase", _is_denied(body, at, end))
    return None


def _heading_at(body: str, at: int) -> re.Match[str] | None:
    line = body[body.rfind("\n", max(0, at - 40), at) + 1 : at][-40:]
    alone = re.fullmatch(r"[\s#*_>]*(?:the |my |your )?(?:final )?", line, re.I)
    return _HEADING.match(body, at, at + 60) if alone else None


def _last_line_mark(body: str, a_line: bool) -> Mark | None:
    start = max(_rfind_line_start(body, "A:") if a_line else -1, body.rfind("####"))
    if start < 0:
        return None
    match = _LINE_MARK.match(body, start)
    if match is None or (
        body.startswith("####", start) and re.match(r"####\s*[A-Za-z*#][^\n]*\n\s*\S", body[start : start + 300])
    ):
        return None  # a Markdown heading with text below it
    return start, match.end(), Found(clean(match[1]), "phrase")


def _rfind_line_start(body: str, mark: str) -> int:
    at = body.rfind("\n" + mark)
    return at + 1 if at >= 0 else (0 if body.startswith(mark) else -1)


def _sentence(body: str, start: int) -> tuple[int, str]:
    """Where the sentence ends and the rest of it, or the next line that is not blank where the line ends here."""
    while body[start : start + 1] in ("\n", " ", "*", "\r", "\t", "`") and start < len(body):
        start += 1
    line_end = body.find("\n", start)
    line_end = len(body) if line_end < 0 else line_end
    line = body[start:line_end]
    if line.strip() in ("\\[", "$$", "\\(") or line.startswith("```"):  # a displayed formula or a fence
        close = body.find({"\\[": "\\]", "$$": "$$", "\\(": "\\)"}.get(line.strip(), "```"), line_end)
        line_end = len(body) if close < 0 else close
        return line_end, clean(body[start + len(line) : line_end])
    if stop := _SENTENCE_END.search(line):
        return start + stop.start(), clean(line[: stop.start()])
    return line_end, clean(line)


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
        return quoted.end(), (quoted[2] if quoted[1] else quoted[3]).strip()
    value, end = read
    if isinstance(value, str):
        raw = body[start + 1 : end - 1]
        return end, (raw if _LATEX_ESCAPE.search(raw) else value).strip()
    return end, body[start:end] if not isinstance(value, bool) else str(value)


def clean(text: str) -> str:
    """Without the Markdown, quotes and closing punctuation around an answer."""
    text = text.strip().strip("*_`").strip()
    end = len(text)
    while end and text[end - 1] in ".,;!" and not text.endswith(("\\,", "\\;", "\\!", "..."), 0, end):
        end -= 1
        for marks in (" \t\r\n", "*_`", " \t\r\n"):
            while end and text[end - 1] in marks:
                end -= 1
    return text[:end].rstrip()
