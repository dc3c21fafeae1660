"""The engine of `assay grade`: JSON lines in, one verdict a line out, in the same order and in constant memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from assay.errors import AssayError
from assay.files import replacing
from assay.judging.session import verify_many
from assay.judging.verifier import VERIFIERS
from assay.types import Example, Status, Verdict, as_messages

BATCH = 256
"""Lines that are judged together."""

Parsed = tuple[Any, Example, str]


def grade_lines(
    lines: Iterable[str | bytes], *, workers: int = 1, deadline: float | None = None, cache: str | Path | None = None
) -> Iterator[dict[str, Any]]:
    """One verdict object for each line: `id`, `status`, `score`, `read`, `why`, `seconds`, `verifier`, `version`.

    A line that is no such object, or names an unknown verifier or parameter, gets `error` with its number; the rest
    goes on. Blank lines are lines too. `deadline` is seconds a line; by default the verifier's own. `cache` names a
    file that remembers verdicts.
    """
    numbered = enumerate(lines, start=1)
    while batch := list(islice(numbered, BATCH)):
        parsed = [_parse(number, line) for number, line in batch]
        good = [row for row in parsed if not isinstance(row, dict)]
        examples, responses = [g[1] for g in good], [g[2] for g in good]
        verdicts = iter(verify_many(examples, responses, workers=workers, deadline=deadline, cache=cache))
        for (number, _), row in zip(batch, parsed, strict=True):
            yield row if isinstance(row, dict) else _row(row[0], next(verdicts), number)


def grade_file(
    source: Iterable[str | bytes],
    target: TextIO,
    *,
    workers: int = 1,
    deadline: float | None = None,
    cache: str | Path | None = None,
    explain: TextIO | None = None,
) -> Counter[str]:
    """Grade lines into a handle and count the verdicts by status; `explain` also gets one readable line each."""
    counts: Counter[str] = Counter()
    graded = grade_lines(source, workers=workers, deadline=deadline, cache=cache)
    for number, row in enumerate(graded, start=1):
        counts[row["status"]] += 1
        target.write(json.dumps(row) + "\n")
        if explain is not None:
            explain.write(f"{number}: {row['status']} ({row['verifier'] or 'no verifier'}): {ascii_safe(row['why'])}\n")
    return counts


def pass_rate(counts: Counter[str]) -> float | None:
    """Share of `correct` among the verdicts that count, or `None` when none counts."""
    counted = sum(counts[s] for s in (Status.CORRECT, Status.INCORRECT, Status.NO_ANSWER))
    return counts[Status.CORRECT] / counted if counted else None


@contextmanager
def atomic_output(path: str | Path) -> Iterator[TextIO]:
    """A text handle whose file appears under `path` only when the block ends well."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        yield file


def ascii_safe(text: str) -> str:
    """The text on one line, with what a terminal cannot show escaped."""
    return text.encode("ascii", "backslashreplace").decode().replace("\n", "\\n")


def _parse(number: int, line: str | bytes) -> Parsed | dict[str, Any]:
    """The id, Example and response of a line, or its error row."""
    row: Any = None
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        row = json.loads(text)
        return _checked(row)
    except (ValueError, RecursionError, AssayError) as bad:
        found = row if isinstance(row, dict) else {}
        name = found.get("verifier")
        verifier = name if isinstance(name, str) and name in VERIFIERS else ""
        return _row(found.get("id"), Verdict.error(f"{type(bad).__name__}: {bad}"[:500]), number, verifier)


def _checked(row: Any) -> Parsed:
    if not isinstance(row, dict):
        raise ValueError(f"a line is a JSON object, not {type(row).__name__}")
    if missing := [name for name in ("verifier", "reference", "response") if name not in row]:
        raise ValueError(f"the line has no {', '.join(missing)}")
    if not isinstance(row["verifier"], str) or not isinstance(row["response"], str):
        raise ValueError("'verifier' and 'response' are strings")
    params = row.get("params") or {}
    if not isinstance(params, dict):
        raise ValueError("'params' is an object")
    VERIFIERS.get(row["verifier"]).parameters(params)
    example = Example(
        prompt=as_messages(row.get("prompt") or ""), reference=row["reference"], verifier=row["verifier"], params=params
    )
    return row.get("id"), example, row["response"]


def _row(identity: Any, verdict: Verdict, number: int, verifier: str = "") -> dict[str, Any]:
    row = {"id": identity, **verdict.to_json()}
    if verdict.status is Status.ERROR:
        row["why"] = f"line {number}: {verdict.why}"
    if verifier:
        row |= {"verifier": verifier, "version": VERIFIERS.get(verifier).version}
    return row
