"""Rollouts on disk: finished shards in parquet, and a journal for the rows that no shard holds yet.

    rollouts/part-00000.parquet    finished shards: typed columns, one row a rollout
    rollouts/open.jsonl            what came since, appended row by row

A row's key is (group or Example, sample number). The journal is newer than any shard. A full journal becomes a shard
in one step and is emptied after that, so a crash between the two leaves a row twice, and never not at all. Readers
read the journal first and write nothing; only the owner of the directory (`assay.journal.claim`) writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.files import replacing, write_atomically
from assay.journal import Journal, encoded, require_owner
from assay.sealing import unsealed
from assay.types import Rollout

FOLDER = "rollouts"
SHARD_ROWS = 16_384
"""Rows of the journal at which it becomes a shard."""

Key = tuple[str, int]
Row = Mapping[str, Any]

SCHEMA = pa.schema(
    [
        ("schema", pa.int64()),
        ("step", pa.int64()),
        ("example_id", pa.string()),
        ("group_id", pa.string()),
        ("index", pa.int64()),
        ("model", pa.string()),
        ("policy", pa.string()),
        ("prompt", pa.string()),
        ("thinking", pa.string()),
        ("response", pa.string()),
        ("finish", pa.string()),
        ("tokens", pa.int64()),
        ("token_ids", pa.list_(pa.int64())),
        ("logprobs", pa.list_(pa.float64())),
        ("cost", pa.string()),
        ("status", pa.string()),
        ("score", pa.float64()),
        ("verdict", pa.string()),
        ("read", pa.string()),
        ("exact", pa.string()),
    ]
)
"""`prompt`, `cost` and `verdict` are JSON text; `status`, `score` and `read` are the verdict's; `exact` is the whole
row as JSON where its text is no valid Unicode."""
_NAMES = frozenset(SCHEMA.names)
_JSON = ("prompt", "cost", "verdict")
_SAID = ("status", "score", "read")
_PLAIN = tuple(name for name in SCHEMA.names if name not in (*_JSON, *_SAID, "exact"))
_MARKS = ["step", "example_id", "group_id", "index", "model", "status", "score", "finish"]


class Answer(NamedTuple):
    """What a rollout answered, without its text."""

    example_id: str
    sample: int
    """Its number, from 0."""
    status: str
    score: float | None
    finish: str
    tokens: int
    read: str | None
    """The answer as its verifier read it."""


class RolloutStore:
    """The rollouts of one directory, which may be named by its folder `rollouts` too. Every row is a `Rollout` as JSON,
    with the training step where there is one."""

    def __init__(self, directory: Path | str) -> None:
        given = Path(directory)
        self.folder = given if given.name == FOLDER and not (given / FOLDER).exists() else given / FOLDER
        self.journal = Journal(self.folder / "open.jsonl", "example_id", "index")
        self._open: dict[Key, Row] | None = None
        """What the journal holds, once this object has appended to it."""
        self._may_be_sealed = True
        """Whether the last shard may hold what the journal holds, as a crash between the two leaves it."""

    def shards(self) -> list[Path]:
        """Finished shards, oldest first."""
        return sorted(self.folder.glob("part-*.parquet"))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every row once, the newest of each key; one shard in memory at a time."""
        newest = _newest(self.journal.read())
        for path in self.shards():
            yield from (row for row in read_shard(path) if key_of(row) not in newest)
        yield from newest.values()

    def rollouts(self) -> Iterator[Rollout]:
        """The rows as records."""
        return (Rollout.from_json(row) for row in self.rows())

    def marks(self) -> Iterator[dict[str, Any]]:
        """`step`, `example_id`, `group_id`, `index`, `model`, `status`, `score` and `finish` of every row, and no
        response."""
        newest = _newest(self.journal.read())
        for path in self.shards():
            yield from (mark for mark in _marks(path) if key_of(mark) not in newest)
        yield from map(_mark, newest.values())

    def answers(self) -> Iterator[Answer]:
        """What every row answered; responses are not read."""
        newest = _newest(self.journal.read())
        for path in self.shards():
            groups, answers = _answers(path)
            if newest:  # what is in the journal too is older here
                rows = zip(groups, answers, strict=True)
                answers = (one for group, one in rows if (group or one.example_id, one.sample) not in newest)
            yield from answers
        yield from map(_answer, newest.values())

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows and wait until they are on disk; a row whose key is there already replaces the older one.

        The older one must still be in the journal; `renew` replaces those of a shard. Only for the owner.
        """
        new = list(rows)
        if self._open is None:
            self._open = dict(_newest(self.journal.read()))
        self.journal.append(new)
        self._open |= _newest(new)
        if len(self._open) >= SHARD_ROWS:
            self._seal(self._open)

    def renew(self, stale: Callable[[Row], bool], again: Callable[[list[dict[str, Any]]], Iterable[Row]]) -> None:
        """Replace the groups of which a row's mark is `stale` by what `again` makes of them, shard by shard."""
        for path in self.shards():
            if any(map(stale, _marks(path))):
                self._replace(path, _renewed(read_shard(path), stale, again))
        rows = list(_newest(self.journal.read()).values())
        if any(stale(_mark(row)) for row in rows):
            self.journal.append(_renewed(rows, stale, again))
        self._open = None

    def keep(self, wanted: Callable[[Row], bool]) -> None:
        """Drop the rows whose mark is not wanted: those that a resumed job will write again. Only for the owner."""
        for path in self.shards():
            if not all(map(wanted, _marks(path))):
                self._replace(path, [row for row in read_shard(path) if wanted(row)])
        self.journal.keep(lambda row: wanted(_mark(row)))
        self._open = None

    def _seal(self, rows: Mapping[Key, Row]) -> None:
        """Make the journal, which holds these rows, a shard."""
        for path in self.shards()[-1:] if self._may_be_sealed else ():
            if any(key_of(mark) in rows for mark in _marks(path)):
                self._replace(path, [row for row in read_shard(path) if key_of(row) not in rows])
        last = max((int(path.stem.partition("-")[2]) for path in self.shards()), default=-1)
        self._replace(self.folder / f"part-{last + 1:05d}.parquet", list(rows.values()))
        write_atomically(self.journal.path, "")
        self._open, self._may_be_sealed = {}, False

    def _replace(self, path: Path, rows: Sequence[Row]) -> None:
        require_owner(path)
        with replacing(path) as temporary:
            pq.write_table(_table(rows), temporary, compression="zstd")


def key_of(row: Row) -> Key:
    """What tells a row from all others."""
    return (row.get("group_id") or row["example_id"], row["index"])


def read_shard(path: Path) -> list[dict[str, Any]]:
    """The rows of one shard, as they were appended."""
    return [_from_columns(row) for row in pq.read_table(path).to_pylist()]


def read_places(path: Path, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of a shard by their places, from 0, without their tokens. Raises `IndexError` where the shard is shorter."""
    wanted = [name for name in pq.read_schema(path).names if name not in ("token_ids", "logprobs")]
    return list(map(_from_columns, pq.read_table(path, columns=wanted).take(list(numbers)).to_pylist()))


def _marks(path: Path) -> list[dict[str, Any]]:
    names = [*_MARKS, "exact"]
    read = pq.read_table(path, columns=names)
    rows = [
        dict(zip(names, values, strict=True))
        for values in zip(*(column.to_pylist() for column in read.columns), strict=True)
    ]
    return [row if row["exact"] is None else _mark(json.loads(row["exact"])) for row in rows]


def _answers(path: Path) -> tuple[list[str | None], Iterator[Answer]]:
    """The group and the answer of each row of a shard."""
    known = "read" in pq.read_schema(path).names  # else the shard is of an earlier version
    names = ["example_id", "index", "status", "score", "finish", "tokens", "read" if known else "verdict"]
    table = pq.read_table(path, columns=[*names, "group_id", "exact"])
    columns = {name: table[name] for name in names}
    columns |= {"finish": pc.fill_null(table["finish"], "stop"), "tokens": pc.fill_null(table["tokens"], 0)}
    values = [column.to_pylist() for column in columns.values()]
    if not known:
        values[-1] = [json.loads(verdict).get("read") for verdict in values[-1]]
    answers: Iterator[Answer] = map(Answer._make, zip(*values, strict=True))
    if table["exact"].null_count < len(table):
        rows = zip(table["exact"].to_pylist(), answers, strict=True)
        answers = (answer if exact is None else _answer(json.loads(exact)) for exact, answer in rows)
    return table["group_id"].to_pylist(), answers


def _answer(row: Row) -> Answer:
    verdict = row["verdict"]
    read = verdict.get("read")
    if read is not None and row.get("seal"):
        read = unsealed(read, row["seal"])
    finish, tokens = row.get("finish") or "stop", row.get("tokens") or len(row.get("token_ids") or ())
    return Answer(row["example_id"], row["index"], verdict["status"], verdict["score"], finish, tokens, read)


def _newest(rows: Iterable[Any]) -> dict[Key, Any]:
    return {key_of(row): row for row in rows}


def _renewed(
    rows: Sequence[dict[str, Any]],
    stale: Callable[[Row], bool],
    again: Callable[[list[dict[str, Any]]], Iterable[Row]],
) -> list[Row]:
    groups = {key_of(row)[0] for row in rows if stale(_mark(row))}
    made = _newest(dict(row) for row in again([row for row in rows if key_of(row)[0] in groups]))
    return [made.get(key_of(row), row) for row in rows]


def _mark(row: Row) -> dict[str, Any]:
    verdict = row["verdict"]
    mark = {name: row.get(name) for name in _MARKS}
    return mark | {"status": verdict["status"], "score": verdict["score"]}


def _table(rows: Sequence[Row]) -> pa.Table:
    """Rows as a shard holds them."""
    held = set().union(*rows)
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in _PLAIN if name in held}
    columns |= {name: _texts([row.get(name) for row in rows]) for name in _JSON if name in held}
    verdicts = [row["verdict"] for row in rows]
    columns |= {name: [verdict.get(name) for verdict in verdicts] for name in _SAID}
    if not _NAMES.issuperset(held):
        columns["exact"] = [None if _NAMES.issuperset(row) else json.dumps(row) for row in rows]
    try:
        return _typed(columns, len(rows))
    except UnicodeEncodeError:  # seldom: a lone surrogate in a response
        plain = {name: list(map(_encodable, values)) for name, values in columns.items()}
        changed = [any(plain[name][at] != columns[name][at] for name in plain) for at in range(len(rows))]
        known = zip(rows, changed, columns.get("exact", [None] * len(rows)), strict=True)
        plain["exact"] = [json.dumps(row) if odd else exact for row, odd, exact in known]
        return _typed(plain, len(rows))


def _typed(columns: Mapping[str, Sequence[Any]], count: int) -> pa.Table:
    """Columns by the schema; one that no row has is empty."""
    made = {field.name: columns.get(field.name) or pa.nulls(count, field.type) for field in SCHEMA}
    return pa.table(made, SCHEMA)


def _texts(values: Sequence[Any]) -> list[bytes | None]:
    """Values as JSON; one that several rows share, as equal responses do their verdict, is written once."""
    different = {id(value): value for value in values}
    texts = {at: None if value is None else encoded(value) for at, value in different.items()}
    return [texts[id(value)] for value in values]


def _encodable(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _from_columns(columns: dict[str, Any]) -> dict[str, Any]:
    if columns["exact"] is not None:
        return dict(json.loads(columns["exact"]))
    row = {name: value for name, value in columns.items() if value is not None}
    for name in _SAID:
        row.pop(name, None)
    return row | {name: json.loads(row[name]) for name in _JSON if name in row}
