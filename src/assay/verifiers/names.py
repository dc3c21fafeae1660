"""Names in a list or beside values: `set` (no order), `sequence` (order), `assignment` (name -> value).

Entries are compared without case, articles, punctuation and diacritics. A response lists them in JSON, between commas
and `and`, or one a line with numbers or bullets; nothing may be missing, extra or given twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from assay.claim.extract import find_data
from assay.errors import BadReference, NoAnswer
from assay.judging.verifier import Lane, verifier
from assay.literals.pyvalue import read_literal
from assay.reading.numerals import plain
from assay.reading.words import fold, items, tokens
from assay.types import Example, Verdict

MAX_CHARS = 20_000
_EDGE = re.compile(r"^\W+")
_RULE = re.compile(r"[\s|:+-]+")
_PAIR = re.compile(
    r"(?P<name>[^:=\n]{1,80}?)\s?(?:[:=]|->|→|\b(?:is|are|has|must be)\b)\s?(?P<value>[^\n]{1,120})$", re.IGNORECASE
)


def _listed(example: Example, response: str, wanted: list[str]) -> tuple[str, list[str]]:
    found = find_data(example, response)
    if len(found.text) > MAX_CHARS:
        raise NoAnswer(f"an answer of {len(found.text)} characters is no list of names")
    if found.marker == "data" and found.text.strip() == response.strip() and len(found.text) > 2000:
        raise NoAnswer("no marker and too long to be a list")
    try:
        value = read_literal(found.text)
    except ValueError:
        value = None
    if isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
        return found.text, [fold(str(v)) for v in value]
    text = found.text.replace("\n", "\0")  # `plain` joins lines
    text = plain(text).replace("\0", "\n") if "\\text" in text or "\\math" in text else found.text
    return found.text, [fold(part) for part in items(text, wanted)]


def _list_of(example: Example, _: object = None) -> list[str | int | float]:
    reference = example.reference
    if not isinstance(reference, list) or not reference or not all(isinstance(r, str | int | float) for r in reference):
        raise BadReference(f"the reference is a list of strings, not {reference!r}")
    return reference


def _list_key(example: Example, answer: Any, *, ordered: bool) -> str | None:
    if not isinstance(answer, list):
        answer = [fold(part) for part in items(str(answer), [str(item) for item in _list_of(example)])]
    folded = [fold(str(item)) for item in answer]
    return json.dumps(folded if ordered else sorted(folded)) if any(folded) else None


def _judge_list(example: Example, response: str, *, ordered: bool) -> Verdict:
    reference = _list_of(example)
    wanted = [fold(str(item)) for item in reference]
    read, given = _listed(example, response, [str(item) for item in reference])
    if not any(given):
        return Verdict.no_answer("no names to read")
    if ordered:
        return Verdict.of(given == wanted, read=read, why=f"the reference has {len(wanted)} entries in order")
    return Verdict.of(sorted(given) == sorted(wanted), read=read, why=f"the reference has {len(wanted)} entries")


@verifier(
    "set",
    version=2,
    reference="a list of strings",
    lane=Lane.INLINE,
    reads=_list_of,
    keys=partial(_list_key, ordered=False),
)
def set_(example: Example, response: str) -> Verdict:
    """Right when the same names are listed, in any order."""
    return _judge_list(example, response, ordered=False)


@verifier(
    "sequence",
    version=2,
    reference="a list of strings",
    lane=Lane.INLINE,
    reads=_list_of,
    keys=partial(_list_key, ordered=True),
)
def sequence(example: Example, response: str) -> Verdict:
    """Right when the same names are listed in the same order."""
    return _judge_list(example, response, ordered=True)


def _values(example: Example, _: object = None) -> dict[str, str]:
    reference = example.reference
    if not isinstance(reference, Mapping) or not reference:
        raise BadReference(f"the reference is an object of names and values, not {reference!r}")
    return {fold(str(name)): fold(str(value)) for name, value in reference.items()}


def _values_key(example: Example, answer: Any) -> str | None:
    if isinstance(answer, Mapping):
        given: dict[str, str] | None = {fold(str(name)): fold(str(value)) for name, value in answer.items()}
    else:
        given = _pairs(str(answer)[:MAX_CHARS], list(_values(example)))
    return json.dumps(given, sort_keys=True) if given else None


@verifier("assignment", version=2, reference='{"name": "value"}', lane=Lane.INLINE, reads=_values, keys=_values_key)
def assignment(example: Example, response: str) -> Verdict:
    """Right when every name has its value and no other name has one."""
    wanted = _values(example)
    found = find_data(example, response)
    given = _pairs(found.text[:MAX_CHARS], list(wanted))
    if given is None:
        return Verdict.of(False, read=found.text, why="a name is given two values")
    if not given:
        return Verdict.no_answer("no name with a value to read")
    off = sorted(name for name in {*given, *wanted} if given.get(name) != wanted.get(name))
    why = f"{', '.join(off[:3])} differ" if off else "every name has its value"
    return Verdict.of(not off, read=found.text, why=why)


def _pairs(text: str, names: list[str]) -> dict[str, str] | None:
    """Name -> value from JSON or from lines and clauses; `None` when a name has two different values."""
    try:
        value = read_literal(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return {fold(str(k)): fold(str(v)) for k, v in value.items()}
    made: dict[str, str] = {}
    for clause in _rows(text, names) or re.split(r"\n|,\s*(?:and\s+)?|;|\.\s|\band\b", text):
        clause = _EDGE.sub("", " ".join(clause.split())).rstrip(" .;,*")
        match = _PAIR.match(clause) if len(clause) < 250 else None
        if match is None:
            continue
        name, said = fold(match["name"]), fold(match["value"])
        words = tokens(name)
        if "not" not in words:  # "not Ann: knight" says nothing of Ann
            name = next((known for known in names if words[-len(known.split()) :] == known.split()), name)
        if made.setdefault(name, said) != said:
            return None
    return made


def _rows(text: str, names: list[str]) -> list[str]:
    """The rows of a table of two columns as "name: value"; nothing where the text is no such table."""
    lines = [line.strip() for line in text.split("\n") if line.strip() and not _RULE.fullmatch(line)]
    mark = next((mark for mark in "|\t" if len(lines) > 1 and all(mark in line for line in lines)), None)
    cells = [[cell.strip() for cell in line.strip("|").split(mark)] for line in lines] if mark else []
    if not cells or any(len(row) != 2 for row in cells):
        return []
    return [": ".join(row) for row in cells[fold(cells[0][0]) not in names :]]
