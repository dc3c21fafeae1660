"""A small table: a header and rows, every cell of which must be right unless `partial` asks for the share.

Reads `{"header": [...], "rows": [[...]]}`, a list of objects, an object a line, a Markdown table, or lines with commas
or tabs; a Markdown table may stand in prose where it is the only one, or the last and announced ("The new table:").
Columns may be permuted with their header; rows count in order unless `key` names a column that identifies them.
Missing, extra and repeated rows or columns are wrong. Cells are compared without case, articles and punctuation.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import Any

from assay.claim.blocks import stance_of_lead
from assay.claim.claims import claim, described
from assay.claim.clause import ASSERTED
from assay.claim.unmarked import Reader
from assay.errors import BadReference
from assay.judging.verifier import AnswerParams, Lane, verifier
from assay.literals.pyvalue import read_literal
from assay.reading.words import RULE, fold
from assay.types import Example, Verdict

MAX_CHARS = 100_000
_BLOCK = re.compile(r"(?:^[ \t]*\|[^\n]*(?:\n|\Z)){2,}", re.MULTILINE)
_OFFERS = re.compile(r"\b(?:or|if|otherwise|alternatively|another|also|original|input|given)\b", re.IGNORECASE)
"""What announces a table beside the answer, or the one that goes in."""
_COUNT = re.compile(r"\(\d+ rows?\)")
"""What a database prints below a table."""
_NEXT_OBJECT = re.compile(r"\}[ \t,]*\n\s*\{")
"""Where a line with an object ends and the next one begins."""
Table = tuple[list[str], list[list[str]]]


@dataclass(frozen=True)
class RecordsParams(AnswerParams):
    """Parameters of `records`."""

    key: str | None = None
    """A column that names the rows: they may then come in any order."""
    partial: bool = False
    """Whether the score is the share of right cells."""


def _reference(example: Example, params: RecordsParams) -> Table:
    wanted = _table(example.reference)
    if wanted is None:
        raise BadReference('the reference of records is {"header": [...], "rows": [[...]]} with rows of one length')
    if params.key is not None and fold(params.key) not in wanted[0]:
        raise BadReference(f"'key' names the column {params.key!r}, which the reference does not have")
    return wanted


def _answer_key(example: Example, answer: Any) -> str | None:
    """The cells, with the columns in the order of their names, and the rows too where a column names them."""
    table = read_table(answer) or _last_table(answer) if isinstance(answer, str) else _table(answer)
    if table is None:
        return None
    order = sorted(range(len(table[0])), key=lambda place: table[0][place])
    rows = [[row[place] for place in order] for row in table[1]]
    return json.dumps([[table[0][place] for place in order], sorted(rows) if example.params.get("key") else rows])


@verifier(
    "records",
    version=11,
    reference='{"header": [...], "rows": [[...]]}',
    params=RecordsParams,
    lane=Lane.INLINE,
    reads=_reference,
    keys=_answer_key,
    reads_claim=described(lambda _, __: _READER),
)
def records(example: Example, response: str, params: RecordsParams) -> Verdict:
    """Right when every cell is the reference's."""
    wanted, key = _reference(example, params), params.key
    found = claim(example, response, _READER)
    if not found.is_asserted:
        return Verdict.of(False, read=found.text[:2000], why=f"the answer is {found.stance}")
    if found.value is None:
        return Verdict.no_answer("no table to read")
    score, why = _compare(found.value, wanted, fold(key) if key is not None else None)
    if params.partial:
        return Verdict.partial(score, read=found.text[:2000], why=why)
    return Verdict.of(score >= 1, read=found.text[:2000], why=why)


def read_table(text: str) -> Table | None:
    """The table that the whole text is, folded, or `None`."""
    if len(text) > MAX_CHARS:
        return None
    lines_of_objects = [f"[{_NEXT_OBJECT.sub('},{', text)}]"] if _NEXT_OBJECT.search(text) else []
    for literal in (text, *lines_of_objects):
        try:
            return _table(read_literal(literal))
        except ValueError:
            pass
    lines = [line.strip(" \r") for line in text.split("\n") if line.strip() and not RULE.fullmatch(line)]
    if lines and _COUNT.fullmatch(lines[-1]):
        lines.pop()
    if len(lines) < 2:
        return None
    if all("|" in line for line in lines):
        cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in lines]
    elif (mark := next((mark for mark in "\t;," if all(mark in line for line in lines)), None)) is not None:
        try:
            cells = list(csv.reader(lines, delimiter=mark, skipinitialspace=mark == ","))
        except csv.Error:
            return None
    else:
        return None
    return _table({"header": cells[0], "rows": cells[1:]}) if cells else None


def _last_table(prose: str) -> Table | None:
    """The one Markdown table in prose, or the last that a line of its own announces; `None` where there is none."""
    blocks = [*_BLOCK.finditer(prose)] if len(prose) <= MAX_CHARS else []
    if len(blocks) > 1:
        lead = prose[blocks[-2].end() : blocks[-1].start()].strip()
        announced = lead.endswith((":", ":**")) or lead.rpartition("\n")[2].startswith("#")
        if not announced or _OFFERS.search(lead) or stance_of_lead(prose, blocks[-1].start()) not in ASSERTED:
            return None
    return read_table(blocks[-1][0]) if blocks else None


_READER: Reader[Table] = Reader(lambda text: read_table(text) or _last_table(text), block=True)


def _table(value: Any) -> Table | None:
    if isinstance(value, dict) and value and not any(isinstance(cell, list | dict) for cell in value.values()):
        value = [value]  # one row
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        header = list(value[0])
        if any(set(row) != set(header) for row in value):
            return None
        value = {"header": header, "rows": [[row[name] for name in header] for row in value]}
    elif isinstance(value, list) and len(value) > 1 and all(isinstance(row, list) for row in value):
        value = {"header": value[0], "rows": value[1:]}
    given: dict[str, Any] = value if isinstance(value, dict) else {}
    names = next((given[key] for key in ("header", "columns", "headers") if key in given), None)
    rows = next((given[key] for key in ("rows", "data") if key in given), None)
    if not isinstance(names, list) or not isinstance(rows, list) or not names or not rows:
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return None
    return [fold(str(name)) for name in names], [
        [fold(str(cell)) + "?" * str(cell).endswith("?") for cell in row] for row in rows
    ]  # in doubt


def _compare(given: Table, wanted: Table, key: str | None) -> tuple[float, str]:
    """Share of right cells, 0 where the columns or the rows are not the reference's, and a sentence."""
    if sorted(given[0]) != sorted(wanted[0]) or len(set(given[0])) != len(given[0]):
        return 0.0, f"its columns are {', '.join(given[0])[:200]}"
    order = [given[0].index(name) for name in wanted[0]]
    rows = [[row[place] for place in order] for row in given[1]]
    wanted_rows = wanted[1]
    if len(rows) != len(wanted_rows):
        return 0.0, f"it has {len(rows)} rows, the reference {len(wanted_rows)}"
    if key is not None:
        place = wanted[0].index(key)
        rows, wanted_rows = (sorted(part, key=lambda row: row[place]) for part in (rows, wanted_rows))
    pairs = [g == w for a, b in zip(rows, wanted_rows, strict=True) for g, w in zip(a, b, strict=True)]
    return sum(pairs) / len(pairs), f"{sum(pairs)} of {len(pairs)} cells are right"
