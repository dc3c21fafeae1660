"""The engine of `assay grade`: JSON lines in, one verdict a line out, in the same order and in constant memory."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, TextIO, cast

from assay.errors import AssayError, did_you_mean, visible
from assay.files import json_kind, not_json, replacing
from assay.judging.session import Judge, default_judge
from assay.judging.verifier import VERIFIERS
from assay.types import Example, Status, Verdict, as_messages

SECONDS = 0.5
"""What judging the lines of a batch should take: slow ones are judged in small batches, so that verdicts come early."""
LINE = 1 << 12
"""Bytes that are read at a time for each line of a batch, or as many as are there."""

Lines = Iterable[str | bytes]
Parsed = tuple[Any, Example, str]
Line = Parsed | dict[str, Any]
"""A line as it was read, or its error row."""


def grade_lines(
    lines: Lines,
    *,
    workers: int = 1,
    deadline: float | None = None,
    cache: str | Path | None = None,
    only: Collection[str] = (),
    judge: Judge | None = None,
) -> Iterator[dict[str, Any]]:
    """One verdict object for each line: `id`, `status`, `score`, `read`, `why`, `seconds`, `verifier`, `version`.

    A line that is no such object, or names an unknown verifier or parameter, gets `error` with its number; the rest
    goes on. Blank lines are lines too, but at the end. Lines are judged as they come: of a binary handle whatever is
    there, without waiting for more. `deadline` is seconds a line; by default the verifier's own. `cache` names a file
    that remembers verdicts. With `only`, lines of another id are passed over; a line without an id goes by its number.
    `judge` is the session that judges, that of this process without it.
    """
    for batch in _graded(lines, workers, deadline, cache, frozenset(only), judge or default_judge()):
        yield from (row for _, row, _ in batch)


def grade_file(
    source: Lines,
    target: TextIO,
    *,
    workers: int = 1,
    deadline: float | None = None,
    cache: str | Path | None = None,
    explain: TextIO | None = None,
    only: Collection[str] = (),
    on_lines: Callable[[int], None] = lambda number: None,
    judge: Judge | None = None,
) -> Counter[str]:
    """Grade lines into a handle, batch by batch, and count the verdicts by status.

    `explain` also gets one readable line each; `on_lines` is told the number of the last line that is done; `judge` is
    the session that judges, that of this process without it.
    """
    counts: Counter[str] = Counter()
    for batch in _graded(source, workers, deadline, cache, frozenset(only), judge or default_judge()):
        for number, row, line in batch:
            counts[row["status"]] += 1
            target.write(json.dumps(row) + "\n")
            if explain is not None:
                explain.write(f"{_explained(number, row, line)}\n")
        target.flush()
        on_lines(batch[-1][0])
    return counts


def _graded(
    lines: Lines,
    workers: int,
    deadline: float | None,
    cache: str | Path | None,
    only: frozenset[str],
    judge: Judge,
) -> Iterator[list[tuple[int, dict[str, Any], Line]]]:
    """Line numbers, their verdicts and what was judged, batch by batch."""
    size = number = 0
    for waiting in _without_blank_end(_arrived(lines, judge.batch)):
        start = 0
        while start < len(waiting):
            size = max(1, workers, min(size, judge.batch))
            numbered = list(enumerate(waiting[start : start + size], number + 1))
            start, number = start + len(numbered), number + len(numbered)
            parsed = [(at, _parse(at, line)) for at, line in numbered]
            wanted = [(at, row) for at, row in parsed if not only or _name(at, row) in only]
            begun = monotonic()
            rows = [row for _, row in wanted if not isinstance(row, dict)]
            examples, responses = [row[1] for row in rows], [row[2] for row in rows]
            verdicts = iter(judge.verify_many(examples, responses, workers=workers, deadline=deadline, cache=cache))
            made = [(at, row if isinstance(row, dict) else _row(row[0], next(verdicts), at), row) for at, row in wanted]
            size = 2 * size if monotonic() - begun < SECONDS else size // 2
            if made:
                yield made


def _arrived(lines: Lines, batch_size: int) -> Iterator[list[str | bytes]]:
    """The lines that are there, each time as many as need no waiting."""
    if not hasattr(lines, "read1"):
        rest = iter(lines)
        while batch := list(islice(rest, batch_size)):
            yield batch
        return
    begun: list[bytes] = []  # a line whose end has not come
    while chunk := lines.read1(batch_size * LINE):
        if b"\n" not in chunk:
            begun.append(chunk)
            continue
        *whole, last = b"".join([*begun, chunk]).split(b"\n")
        begun = [last]
        yield list(whole)
    if any(begun):
        yield [b"".join(begun)]


def _without_blank_end(parts: Iterable[list[str | bytes]]) -> Iterator[list[str | bytes]]:
    """The same lines without the blank ones behind the last: a blank line waits for one that is not."""
    blank = 0
    for part in parts:
        end = next((at for at in range(len(part), 0, -1) if part[at - 1].strip()), 0)
        if end:
            yield [*[""] * blank, *part[:end]]
            blank = 0
        blank += len(part) - end


def _name(number: int, row: Parsed | dict[str, Any]) -> str:
    """The id of a line, or its number where it has none."""
    identity = row["id"] if isinstance(row, dict) else row[0]
    return str(number if identity is None else identity)


def _explained(number: int, row: Mapping[str, Any], line: Line) -> str:
    """A verdict in words, with the claim that it is about: its marker, its stance, and where it stands."""
    name = "" if row["id"] is None else f" ({row['id']})"
    read = "" if row["read"] is None else f", read {row['read'][:200]!r}"
    told = f"{number}{name}: {row['status']} ({row['verifier'] or 'no verifier'}{read}): {row['why']}"
    claim = {} if isinstance(line, dict) else VERIFIERS.get(row["verifier"]).claim(line[1], line[2])
    if claim:
        start, end = claim["span"]
        told += f" [{claim['marker']} at {start}-{end}, {claim['stance']}: {claim['claim'][:200]!r}]"
    return ascii_safe(told)


def pass_rate(counts: Counter[str]) -> float | None:
    """Share of `correct` among the verdicts that count, or `None` when none counts."""
    counted = sum(counts[s] for s in (Status.CORRECT, Status.INCORRECT, Status.NO_ANSWER))
    return counts[Status.CORRECT] / counted if counted else None


@contextmanager
def atomic_output(path: str | Path) -> Iterator[TextIO]:
    """A text handle whose file appears under `path` only when the block ends well; gzipped where its name says so."""
    with replacing(path) as temporary:
        zipped = Path(path).suffix == ".gz"
        with gzip.open(temporary, "wt", encoding="utf-8") if zipped else temporary.open("w", encoding="utf-8") as file:
            yield cast(TextIO, file)


def ascii_safe(text: str) -> str:
    """The text on one line, with what a terminal cannot show escaped."""
    return visible(text).encode("ascii", "backslashreplace").decode()


def _parse(number: int, line: str | bytes) -> Parsed | dict[str, Any]:
    """The id, Example and response of a line, or its error row."""
    row: Any = None
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        row = json.loads(text.removeprefix("\ufeff") if number == 1 else text)
    except (ValueError, RecursionError) as bad:
        return _row(None, Verdict.error(not_json(bad) if line.strip() else "a blank line"), number)
    try:
        return _checked(row)
    except (ValueError, RecursionError, AssayError) as bad:
        found = row if isinstance(row, dict) else {}
        name = found.get("verifier")
        verifier = name if isinstance(name, str) and name in VERIFIERS else ""
        why = "its lists or objects are nested too deeply" if isinstance(bad, RecursionError) else str(bad)
        return _row(found.get("id"), Verdict.error(why[:500]), number, verifier)


def _checked(row: Any) -> Parsed:
    if not isinstance(row, dict):
        raise ValueError(f"a line is a JSON object, not {json_kind(row)}")
    if missing := [name for name in ("verifier", "reference", "response") if name not in row]:
        meant = did_you_mean(missing[0], row)
        raise ValueError(f"the line has no {', '.join(missing)}{meant if 'did you mean' in meant else ''}")
    for name in ("verifier", "response"):
        if not isinstance(row[name], str):
            raise ValueError(f"{name!r} is text, not {json_kind(row[name])}")
    params = row.get("params") or {}
    if not isinstance(params, dict):
        raise ValueError(f"'params' is an object, not {json_kind(params)}")
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
