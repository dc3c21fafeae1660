"""Answers that are data: the last fence, box, tag or JSON value, what follows a phrase, or else the whole response."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

from assay.claim.fences import fences
from assay.claim.final import final_part
from assay.claim.markers import Mark, marks
from assay.claim.stance import Stance, around, reopens
from assay.effort import short
from assay.errors import NoAnswer
from assay.types import Example

FENCED, MAX_NESTED = 4000, 3
"""Characters of the longest text whose fences are read in the caller."""
_LEAD_IN = re.compile(r"\A\s*+[^\n|\[{(]{1,200}:[ \t*]*\n(?=\s*\S)")
"""A line such as "Here is the table:" before data that stands without a marker."""
_WORDS = re.compile(r"(?:[^\n|\[{(\d]{1,200}\n)?")
_DISOWNED = re.compile(
    r"\b(?:not|n['’]t|never|wrong|incorrect|maybe|perhaps|possibly)\b[^.]{0,40}$|\binput (?:was|is)\W*$", re.IGNORECASE
)
_BRACKET = re.compile(r"\\.|[\[\](){}\"']", re.DOTALL)
_ENDS = re.compile(r"[*`$]*+(?:[.?][*`$]*+(?:\s|\Z)|\n|\Z)")
_OUTPUT = re.compile(r"(?:\A|\n)[^\n|\[{(:]{0,80}\boutput\b[^\n|\[{(:]{0,40}:[ \t*]*\n(?=\s*\S)", re.IGNORECASE)
"""The line over data that come out, where others go in."""
_CLOSING = re.compile(r"\s*+(?:[A-Z][a-z]{1,20}:\s)?[A-Za-z][^\n|\[\]{}:=]{0,300}[.!]")
"""A closing paragraph of prose behind data."""


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
        mark = _outermost(body, first)
        if mark is None or mark.text == body:
            break
        if not span[1]:
            span, kind = (mark.start, mark.end), mark.kind
            _owned(body[: mark.start])
        _stands(body[mark.end :], of_statement)
        if mark.is_prose and (text := _bracketed(body[_starts(body, mark) :]).strip()):
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
        _owned(_WORDS.match(body)[0])  # type: ignore[index]  # it may match nothing
        if over := [*_OUTPUT.finditer(short(body))]:
            _owned(body[: over[-1].end()])
            body = body[over[-1].end() :]
    text, closing = _without_closing(_LEAD_IN.sub("", short(body)).strip())
    return _asserted(Data(text, kind, span if span[1] else (0, len(body)), closing), "")


def _owned(before: str) -> None:
    """Raises `NoAnswer` where the line before data says that they are not the answer."""
    line = before.rstrip().rpartition("\n")[2]
    if _DISOWNED.search(line):
        raise NoAnswer(f"the line before says that this is not the answer: {line.strip()[-80:]!r}")


def _stands(after: str, of_statement: bool) -> None:
    """Raises `NoAnswer` where the text behind data takes them back."""
    if reopens(after, of_statement=of_statement):
        raise NoAnswer("the answer is taken back")


def told(example: Example, response: str, _: Any = None) -> dict[str, Any]:
    """What a response was read as giving, for `Verifier.reads_claim`."""
    found = find_data(example, response)
    return {"marker": found.marker, "claim": found.text, "stance": str(Stance.ASSERTED), "span": list(found.span)}


def _outermost(body: str, first: bool) -> Mark | None:
    """The last fence or mark (or the first), or the box or tag that it stands in."""
    every = (mark for mark in marks(body, a_line=False) if mark.kind != "brackets")
    found: list[Mark] = [*_fence(body, first), *([*every][-1:] if first else islice(every, 1))]
    if not found:
        return None
    chosen = (min if first else max)(found, key=lambda mark: mark.start)
    return next((mark for mark in found if mark.start < chosen.start < mark.end and not mark.is_prose), chosen)


def _starts(body: str, mark: Mark) -> int:
    """Where what a phrase marks begins."""
    start = body.find(mark.text.split("\n")[0], mark.start) if mark.text else -1
    return start if start >= 0 else len(body)


def _without_closing(text: str) -> tuple[str, str]:
    data, _, closing = text.rpartition("\n\n")
    return (data.rstrip(), closing) if data.strip() and _CLOSING.fullmatch(closing.rstrip()) else (text, "")


def _asserted(data: Data, before: str) -> Data:
    if around(before[-80:], data.text[-1:] if data.text.endswith("?") else "") is not Stance.ASSERTED:
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
