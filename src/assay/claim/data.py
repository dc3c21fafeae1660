"""Answers that are data: the last fence, box, tag or JSON value, what follows a phrase, or else the whole response."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from assay.claim.clause import ASSERTED, Stance, of_clause, sentence_before, sentences
from assay.claim.fences import fences
from assay.claim.final import final_part
from assay.claim.markers import Mark, marks
from assay.claim.stance import SUPPOSES, alternatives, around, beside, contrast, depends, reopens, without_denial
from assay.claim.unmarked import VERBS
from assay.effort import short
from assay.errors import NoAnswer
from assay.reading.beside import is_clause
from assay.types import Example

MAX_STATEMENTS = 8
"""Sentences and lists at the end of a text in which data are looked for."""
FENCED, MAX_NESTED, SHORT = 4000, 3, 200
"""Characters of the longest text whose fences are read in the caller, marks in marks, and characters beside data."""
_LEAD_IN = re.compile(r"\A\s*+[^\n|\[{(]{1,200}:[ \t*]*\n(?=\s*\S)")
"""A line such as "Here is the table:" before data that stands without a marker."""
_WORDS = re.compile(r"(?:[^\n|\[{(\d]{1,200}\n)?")
_DISOWNED = re.compile(
    r"\b(?:not|n['’]t|never|wrong|incorrect|maybe|perhaps|possibly)\b[^.]{0,40}$|\binput (?:was|is)\W*$", re.IGNORECASE
)
_BRACKET = re.compile(r"\\.|[\[\](){}\"']", re.DOTALL)
_ENDS = re.compile(r"[*`$]*+(?:[.?][*`$]*+(?:\s|\Z)|\n|\Z)")
_STATED = re.compile(rf"(?:{VERBS.pattern}|=)[\s*`$]*\Z", re.IGNORECASE)
_OUTPUT = re.compile(r"(?:\A|\n)[^\n|\[{(:]{0,80}\boutput\b[^\n|\[{(:]{0,40}:[ \t*]*\n(?=\s*\S)", re.IGNORECASE)
"""The line over data that come out, where others go in."""
_CLOSING = re.compile(r"\s*+\(?(?:[A-Z][a-z]{1,20}:\s)?[A-Za-z][^\n|\[\]{}:=]{0,300}[.!]\)?")
"""A closing paragraph of prose behind data."""


_ENDED = re.compile(r"[.!?:][*_\"”)]{0,4}\s*\Z")
_ITEM_LINE = re.compile(r"[ \t]*+(?:[-*•]|\(?\d{1,3}[.):])[ \t*]")


@dataclass(frozen=True, slots=True)
class Data:
    """Data as it stands in a response."""

    text: str
    marker: str
    span: tuple[int, int]
    """Where it stands in the part of the response that answers."""
    closing: str = ""
    """The closing paragraph behind it, which may conclude."""


def find_data(example: Example, response: str, *, of_statement: bool = False) -> Data:
    """What a response gives as its data; `of_statement` as in a `Reader`.

    Raises `NoAnswer` where nothing stands or it is taken back, and `NotShort` (see `effort`).
    """
    body, span, first = final_part(example, response), (0, 0), example.params.get("take") == "first"
    kind = "data"
    for _ in range(MAX_NESTED):
        mark, end = _outermost(body, first)
        if mark is None or mark.text == body:
            break
        if not span[1]:
            span, kind = (mark.start, mark.end), mark.kind
            _owned(body[: mark.start], body[mark.end :])
        _stands(body[mark.end :], of_statement)
        if mark.is_prose and (text := _bracketed(body[_starts(body, mark) : end]).strip()):
            return _asserted(Data(short(_without_closing(text)[0]), mark.kind, span), body[: mark.start])
        if mark.kind == "json":
            return Data(short(mark.text), mark.kind, span)
        if not mark.text.strip():
            raise NoAnswer(f"the last answer marker ({mark.kind}) holds nothing")
        body = mark.text
    if not body.strip():
        raise NoAnswer("the last answer marker holds nothing")
    _stands(body.rpartition("\n\n")[2] if "\n\n" in body.rstrip() else body[1:], of_statement)
    if not span[1]:
        lead = _WORDS.match(body)[0]  # type: ignore[index]  # it may match nothing
        _owned(lead, body[len(lead) :])
        if over := [*_OUTPUT.finditer(short(body))]:
            _owned(body[: over[-1].end()])
            body = body[over[-1].end() :]
    text, closing = _without_closing(_LEAD_IN.sub("", short(body)).strip())
    return _asserted(Data(text, kind, span if span[1] else (0, len(body)), closing), "")


def statements(text: str) -> list[str]:
    """The sentences of a text and its lists, whose items stand one a line, last first.

    All of it is the first one, unless a line of prose ends in it.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    prose = any(_ENDED.search(line) and not _ITEM_LINE.match(line) for line in lines[:-1])
    made = [] if prose else [text]
    while lines and len(made) < MAX_STATEMENTS:
        size = next((n for n, line in enumerate(reversed(lines)) if not _ITEM_LINE.match(line)), len(lines))
        made += ["\n".join(lines[-size:])] if size else sentences(lines[-1])[::-1]
        del lines[-max(size, 1) :]
    return made[:MAX_STATEMENTS]


def bracketed(text: str, *, last: int = 20) -> Iterator[tuple[int, int]]:
    """Where the outermost bracketed values of a text stand, and end, last first."""
    depth, start, found = 0, 0, deque[tuple[int, int]](maxlen=last)
    for mark in re.finditer(r"[\[\]]", text):
        start = mark.start() if mark[0] == "[" and not depth else start
        depth = max(depth + (1 if mark[0] == "[" else -1), 0)
        if mark[0] == "]" and not depth:
            found.append((start, mark.end()))
    yield from reversed(found)


def is_asserted(body: str, start: int, end: int) -> bool:
    """Whether data in prose are given as the answer: stated, alone, and not denied, doubted, tried or another's."""
    before, behind = sentence_before(body, start), body[end : end + SHORT].split("\n\n")[0]
    return (
        (not before.strip() or _STATED.search(before) is not None)
        and (_ENDS.match(behind) is not None or is_clause(behind))
        and around(before, behind) in ASSERTED
        and SUPPOSES.search(before) is None
        and _DISOWNED.search(before) is None
        and not (alternatives(before, behind) or beside(behind))
        and not depends(before, behind)
    )


def _owned(before: str, after: str = "") -> None:
    """Raises `NoAnswer` where the line before data, or the other branch behind, says that they are not the answer."""
    head, _, line = before.rstrip().rpartition("\n")
    if line.lstrip().startswith(("```", "~~~")):  # what stands before a fence says whose the data in it are
        line = head.rstrip().rpartition("\n")[2]
    leads = "" if line.endswith((".", "!")) else sentence_before(line, len(line))
    if _DISOWNED.search(line) or of_clause(leads) not in ASSERTED or depends(leads, after[-SHORT:]):
        raise NoAnswer(f"the line before says that this is not the answer: {line.strip()[-80:]!r}")


def _stands(after: str, of_statement: bool) -> None:
    """Raises `NoAnswer` where the text behind data takes them back."""
    if reopens(after, of_statement=of_statement):
        raise NoAnswer("the answer is taken back")


def told(example: Example, response: str, _: Any = None) -> dict[str, Any]:
    """What a response was read as giving, for `Verifier.reads_claim`."""
    found = find_data(example, response)
    return {"marker": found.marker, "claim": found.text, "stance": str(Stance.ASSERTED), "span": list(found.span)}


def _outermost(body: str, first: bool) -> tuple[Mark | None, int]:
    """The last fence or mark (or the first) that gives an answer, or the box or tag that it stands in.

    Beside it, where what it gives ends at the latest: with the text, or where a claim begins that is not asserted.
    """
    end = len(body)
    every: Iterable[Mark] = (mark for mark in marks(body, a_line=False) if mark.kind != "brackets")
    asserted, of_a_case = None, None
    for mark in [*every][::-1] if first else every:
        stance = _stance(body, mark)
        if stance is Stance.ASSERTED:
            asserted = mark
            break
        of_a_case = of_a_case or (mark if stance is Stance.CASE else None)
        if mark is not of_a_case:
            end = mark.start - len(sentence_before(body, mark.start))
    found = [*_fence(body, first), *filter(None, [asserted or of_a_case])]
    if not found:
        return None, end
    chosen = (min if first else max)(found, key=lambda mark: mark.start)
    holder = next((mark for mark in found if mark.start < chosen.start < mark.end and not mark.is_prose), chosen)
    return holder, end if holder.start < end else len(body)


def _stance(body: str, mark: Mark) -> Stance:
    before = sentence_before(body, mark.start)
    if depends(before, mark.text[-SHORT:] + body[mark.end : mark.end + SHORT]):
        return Stance.CONDITIONAL
    if mark.is_prose and mark.text.isascii() and without_denial(mark.text) and contrast(mark.text) == mark.text:
        return Stance.DENIED
    if "would" in mark.said.lower() and SUPPOSES.search(mark.text):
        return Stance.CONDITIONAL
    return around(before, "", mark.said)


def _starts(body: str, mark: Mark) -> int:
    """Where what a phrase marks begins."""
    start = body.find(mark.text.split("\n")[0], mark.start) if mark.text else -1
    return start if start >= 0 else len(body)


def _without_closing(text: str) -> tuple[str, str]:
    data, _, closing = text.rpartition("\n\n")
    return (data.rstrip(), closing) if data.strip() and _CLOSING.fullmatch(closing.rstrip()) else (text, "")


def _asserted(data: Data, before: str) -> Data:
    if around(before[-80:], data.text[-1:] if data.text.endswith("?") else "") not in ASSERTED:
        raise NoAnswer("the answer is not asserted")
    return data


def _fence(body: str, first: bool) -> list[Mark]:
    if "```" not in body and "~~~" not in body:
        return []
    blocks = [block for block in fences(short(body, FENCED)) if block.start < len(body)]
    if not blocks:
        return []
    block = blocks[0 if first else -1]
    return [Mark(block.start, block.start + len(block.text), block.text.strip(), "fence")]


def _bracketed(text: str) -> str:
    """The bracketed value that a text begins with, where a full stop or a new line ends it; else the text."""
    text = text.strip()
    opened = text[:1] in ("[", "{", "(")
    depth, quote = 0, ""
    for mark in _BRACKET.finditer(text) if opened else ():
        if quote:
            quote = "" if mark[0] == quote else quote
        elif mark[0] in "\"'":
            quote = mark[0] if not text[mark.start() - 1].isalnum() else ""
        else:
            depth += 1 if mark[0] in "[{(" else -1 if mark[0] in ")]}" else 0
            if depth == 0:
                return text[: mark.end()] if _ENDS.match(text, mark.end()) else text
    return text
