"""A grid of integers, every cell of which must be right.

Reads JSON or Python rows, rows one after another (`[1,2],[3,4]`), a LaTeX matrix, or rows of numbers between white
space, commas or bars, in a fence, a box, an `<answer>` or as the whole response. Booleans and decimals are not cells,
rows must have the reference's lengths, and a response without a grid has no answer: there is no default to fall back
on.
"""

from __future__ import annotations

import json
import re
from typing import Any

from assay.claim.claims import claim, described
from assay.claim.unmarked import Reader
from assay.errors import BadReference
from assay.judging.verifier import AnswerParams, Lane, verifier
from assay.literals.pyvalue import read_literal
from assay.reading.words import RULE
from assay.types import Example, Verdict

MAX_CHARS = 100_000
_ROW = re.compile(r"[|\[(]{0,2} ?-?\d{1,9}(?:[ ,|]+-?\d{1,9})*+ ?[|\])]{0,2} ?,?")  # on a line with single spaces
_MATRIX = re.compile(
    r"(?:\\left\s*+\\?[\[(|.{])?\s*+\\begin\{(?P<kind>[bpvBV]?matrix|array|smallmatrix)\}(?:\{[lcr| ]{0,200}\})?"
    r"(?P<rows>[^a-zA-Z{}]*(?:\\hline[^a-zA-Z{}]*)*)\\end\{(?P=kind)\}\s*+(?:\\right\s*+\\?[\])|.}])?"
)
_ROW_NAME = re.compile(r"^[ \t*]*row \d{1,3}\**[:.] ", re.IGNORECASE | re.MULTILINE)
_DIGITS = re.compile(r"\d{2,}")
_CELL = re.compile(r"-?\d+")
_IMPORTS = re.compile(r"\A(?:\s*(?:import|from) [^\n]{1,200}\n)+")
_LEAD = re.compile(
    r"^\s*+(?:(?:[a-z_]\w{0,30}\s*[:=]|output|answer|grid|result|final|the|np\.array|array|numpy\.array)[\s:=]*+)*+\(?(?=\[)",
    re.IGNORECASE,
)


def _reference(example: Example, _: object = None) -> list[list[int]]:
    if not _is_grid(example.reference):
        raise BadReference(f"the reference of a grid is a list of lists of integers, not {str(example.reference)[:80]}")
    wanted: list[list[int]] = example.reference
    return wanted


def _answer_key(_: Example, answer: Any) -> str | None:
    given = read_grid(answer) if isinstance(answer, str) else answer
    return json.dumps(given, separators=(",", ":")) if _is_grid(given) else None


@verifier(
    "grid",
    version=11,
    reference="a list of lists of integers",
    params=AnswerParams,
    lane=Lane.INLINE,
    reads=_reference,
    keys=_answer_key,
    reads_claim=described(lambda example, _: _reader(_reference(example))),
)
def grid(example: Example, response: str, _: AnswerParams) -> Verdict:
    """Right when every cell is the reference's."""
    wanted = _reference(example)
    found = claim(example, response, _reader(wanted))
    if not found.is_asserted:
        return Verdict.of(False, read=found.text[:2000], why=f"the answer is {found.stance}")
    if found.value is None:
        return Verdict.no_answer("no grid of integers to read")
    return Verdict.of(found.value == wanted, read=str(found.value)[:2000], why=_why(found.value, wanted))


def _reader(wanted: list[list[int]]) -> Reader[list[list[int]]]:
    return Reader(lambda text: read_grid(text, wanted), block=True)


def read_grid(text: str, wanted: list[list[int]] | None = None) -> list[list[int]] | None:
    """The grid that the whole text is, or `None`; rows of digits are cells where the wanted rows are as long."""
    if len(text) > MAX_CHARS:
        return None
    text = text.strip(" \t\r\n$.").removeprefix("\\[").removesuffix("\\]").strip()
    text = _LEAD.sub("", _ROW_NAME.sub("", _IMPORTS.sub("", text)))
    if (matrix := _MATRIX.fullmatch(text)) is not None:
        text = matrix["rows"].replace("\\hline", " ").replace("&", " ").replace("\\\\", "\n")
    if text.startswith(("[", "(", "{")) and (rows := _literal(text)) is not None:
        return rows
    return _in_rows(text, wanted)


def _literal(text: str) -> list[list[int]] | None:
    """JSON or Python rows, with or without brackets around all of them, or under the only key of an object."""
    bare = text.rstrip(" .;") if not text.endswith(")") or text.startswith("(") else text[:-1]
    for source in (bare, f"[{bare}]"):
        try:
            value = read_literal(source)
        except ValueError:
            continue
        if isinstance(value, dict) and len(value) == 1:
            value = next(iter(value.values()))
        if _is_grid(value):
            return [list(row) for row in value]
    return None


def _in_rows(text: str, wanted: list[list[int]] | None) -> list[list[int]] | None:
    """Rows of numbers, one a line."""
    rows = [" ".join(line.split()) for line in text.split("\n") if line.strip() and not RULE.fullmatch(line)]
    if wanted and all(_DIGITS.fullmatch(row) for row in rows) and list(map(len, rows)) == list(map(len, wanted)):
        return [[int(digit) for digit in row] for row in rows]
    if not rows or not all(_ROW.fullmatch(row) for row in rows):
        return None
    return [[int(cell) for cell in _CELL.findall(row)] for row in rows]


def _is_grid(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, list) and row and all(type(cell) is int for cell in row) for row in value)
    )


def _why(given: list[list[int]], wanted: list[list[int]]) -> str:
    if [len(row) for row in given] != [len(row) for row in wanted]:
        return f"it has {len(given)} rows of {len(given[0])} cells, the reference {len(wanted)} of {len(wanted[0])}"
    pairs = [g == w for a, b in zip(given, wanted, strict=True) for g, w in zip(a, b, strict=True)]
    return f"{sum(pairs)} of {len(pairs)} cells are right"
