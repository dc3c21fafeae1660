"""The marks of a run's rollouts as columns in memory, kept up with a job that is still writing; texts stay on disk.

A look reads what is new: shards that came or changed, and the end of each journal. 100,000 rollouts take about 5 MB and
a fraction of a second. Like every reader it writes nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.errors import AssayError
from assay.rollout.store import RolloutStore, key_of, read_places
from assay.types import Status

Array = np.ndarray[Any, Any]
STATUSES = tuple(map(str, Status))
_NUMBERS = {"step": -1, "index": 0, "score": np.nan, "tokens": 0}
"""Columns of numbers, and what stands for none."""
_READ = (*_NUMBERS, "example_id", "group_id", "status")
Coded = tuple[list[str], Array]
"""The different texts of a column, and the number of each row's among them."""
_TYPES = {"part": "i1", "step": "i8", "example": "i4", "group": "i4", "index": "i4", "status": "i1", "score": "f8"}
_TYPES |= {"tokens": "i8", "file": "i4", "row": "i8"}
_HEAD = 256
"""Bytes by which a journal is known again."""


@dataclass(frozen=True)
class Columns:
    """One entry a rollout, each rollout once, in the order they were written."""

    part: Array
    """Number of the directory."""
    step: Array
    """Training step; -1 outside training."""
    example: Array
    """Number of its Example's id among `RolloutIndex.examples`."""
    group: Array
    """Number of its group among `RolloutIndex.groups`."""
    index: Array
    status: Array
    """Number among `STATUSES`."""
    score: Array
    """NaN where it does not count."""
    tokens: Array
    advantage: Array
    """Score less the mean of its group, before any scaling; NaN where the score does not count."""
    file: Array
    row: Array
    """Where it stands in its file: its number in a shard, its byte in a journal."""

    def __len__(self) -> int:
        return len(self.part)


class Names:
    """Texts by number, in the order in which they were first seen."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a text, a new one where it was never seen."""
        if name not in self._numbers:
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]

    def find(self, name: str) -> int:
        """The number of a text; -1 where it was never seen."""
        return self._numbers.get(name, -1)


class RolloutIndex:
    """The rollouts of several directories: `{"training": run, "before": run / "eval" / "before"}`."""

    def __init__(self, places: Mapping[str, Path]) -> None:
        self.parts = tuple(places)
        self.examples, self.groups = Names(), Names()
        self._stores = [RolloutStore(path) for path in places.values()]
        self._journals = [_Tail(store.journal.path) for store in self._stores]
        self._files: list[Path] = []
        self._shards: dict[Path, tuple[tuple[int, ...], dict[str, Array]]] = {}
        self._tails: list[dict[str, Array]] = [_columns({}, 0)] * len(self._stores)
        self._joined: list[dict[str, Array]] = []
        self.columns = _joined([])

    def look(self) -> bool:
        """Read what is new into `columns`; whether there was anything. The journals first, as every reader does."""
        for part in range(len(self._stores)):
            self._look_at_journal(part)
        shards = {path: part for part, store in enumerate(self._stores) for path in store.shards()}
        for path, part in shards.items():
            self._look_at_shard(path, part)
        chunks = [*(self._shards[path][1] for path in shards if path in self._shards), *self._tails]
        if [id(chunk) for chunk in chunks] == [id(chunk) for chunk in self._joined]:
            return False
        self.columns, self._joined = _joined(chunks), chunks
        return True

    def key(self, at: int) -> str:
        """The name of a rollout, which stays the same while the run goes on: `training/3/12.5`."""
        c = self.columns
        return f"{self.parts[c.part[at]]}/{c.index[at]}/{self.groups.names[c.group[at]].partition('/')[2]}"

    def find(self, key: str) -> int:
        """Where a rollout stands in `columns`. Raises `AssayError` where there is none of this name."""
        part, _, rest = key.partition("/")
        index, _, group = rest.partition("/")
        number = self.groups.find(f"{self.parts.index(part)}/{group}") if part in self.parts else -1
        found = np.flatnonzero(self.columns.group == number) if number >= 0 and index.isdecimal() else ()
        at = next((int(n) for n in found if self.columns.index[n] == int(index)), None)
        if at is None:
            raise AssayError(f"no rollout {key!r} in this run: choose one from the table")
        return at

    def rows(self, places: Sequence[int]) -> list[dict[str, Any]]:
        """Rollouts as they were appended, without their tokens, from disk; each file is read once.

        Raises `AssayError` where a file changed since the last look.
        """
        found: dict[int, dict[str, Any]] = {}
        for file in {int(self.columns.file[at]) for at in places}:
            here = [at for at in places if self.columns.file[at] == file]
            path, where = self._files[file], [int(self.columns.row[at]) for at in here]
            try:
                read = read_places(path, where) if path.suffix == ".parquet" else _lines_at(path, where)
            except (OSError, ValueError, IndexError):
                read = [{}] * len(here)
            found |= dict(zip(here, read, strict=True))
        for at, row in found.items():
            group = self.groups.names[self.columns.group[at]].partition("/")[2]
            if not row or key_of(row) != (group, self.columns.index[at]):
                raise AssayError("the run was written to in this moment: try again")
        return [found[at] for at in places]

    def _look_at_journal(self, part: int) -> None:
        tail = self._journals[part]
        rows, fresh = tail.read()
        if fresh:
            self._tails[part] = _columns({}, 0)
        if rows:
            numbers = {name: _plain([row[name] for row in rows], empty) for name, empty in _NUMBERS.items()}
            groups = [row["group_id"] or row["example_id"] for row in rows]
            texts = groups, [row["example_id"] for row in rows], [row["status"] for row in rows]
            new = self._numbered(numbers, [_coded(each) for each in texts], part, tail.path, [r["row"] for r in rows])
            self._tails[part] = _chained([self._tails[part], new])

    def _look_at_shard(self, path: Path, part: int) -> None:
        try:
            stat = path.stat()
            stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if path in self._shards and self._shards[path][0] == stamp:
                return
            table = pq.ParquetFile(path).read(columns=list(_READ))
            numbers = {name: _array(table[name], empty) for name, empty in _NUMBERS.items()}
            groups, examples = table["group_id"], table["example_id"]
            is_named = pc.coalesce(pc.utf8_length(groups).cast(pa.bool_()), groups.is_valid())  # not null, not empty
            groups = pc.if_else(is_named, groups, examples)
            texts = [_dictionary(column) for column in (groups, examples, table["status"])]
        except FileNotFoundError:  # a run that starts again
            self._shards.pop(path, None)
            return
        self._shards[path] = (stamp, self._numbered(numbers, texts, part, path, range(len(table))))

    def _numbered(
        self, numbers: Mapping[str, Array], texts: Sequence[Coded], part: int, path: Path, places: Sequence[int]
    ) -> dict[str, Array]:
        """The columns of rows at some places of a file; `texts` are their groups, Examples and statuses."""
        if path not in self._files:
            self._files.append(path)
        groups, examples, statuses = texts
        numbered = {
            **numbers,
            "part": np.full(len(places), part),
            "example": _numbers(examples, self.examples.number),
            "group": _numbers(groups, lambda group: self.groups.number(f"{part}/{group}")),
            "status": _numbers(statuses, STATUSES.index),
            "file": np.full(len(places), self._files.index(path)),
            "row": np.array(places),
        }
        return _columns(numbered, len(places))


class _Tail:
    """The rows of a journal, read on from where the last look ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inode, self._end, self._head = 0, 0, b""

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        """New whole rows, and whether all that came before them is gone: the file was replaced."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            gone, self._end = self._end > 0, 0
            return [], gone
        with file:
            fresh = self._replaced(file) and self._end > 0
            if fresh or not self._end:
                self._end = 0
            file.seek(self._end)
            data = file.read()
            lines = data[: data.rfind(b"\n") + 1].splitlines(keepends=True)
            starts = accumulate(map(len, lines), initial=self._end)
            rows = [_mark(self.path, line, at) for at, line in zip(starts, lines, strict=False) if line.strip()]
            self._end += sum(map(len, lines))
            file.seek(0)
            self._inode, self._head = os.fstat(file.fileno()).st_ino, file.read(min(_HEAD, self._end))
        return rows, fresh

    def _replaced(self, file: BinaryIO) -> bool:
        head = file.read(len(self._head))
        return os.fstat(file.fileno()).st_ino != self._inode or head != self._head or file.seek(0, 2) < self._end


def _mark(path: Path, line: bytes, at: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
        verdict = row["verdict"]
        seen = {name: row.get(name) for name in _READ}
        return seen | {"index": row["index"], "status": verdict["status"], "score": verdict["score"], "row": at}
    except (ValueError, RecursionError, KeyError, TypeError):
        raise AssayError(f"{path} holds a row at byte {at:,} that no run of ours wrote: restore the file") from None


def _lines_at(path: Path, places: Sequence[int]) -> list[dict[str, Any]]:
    rows = []
    with path.open("rb") as file:
        for at in places:
            file.seek(at)
            rows.append(dict(json.loads(file.readline())))
    return rows


def _numbers(texts: Coded, number: Callable[[str], int]) -> Array:
    """The number of each text of a column; each different one is looked up once."""
    known = np.array([number(text) for text in texts[0]], "i8")
    return np.asarray(known[texts[1]])


def _coded(texts: Sequence[str]) -> Coded:
    place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return list(place), np.array([place[text] for text in texts], "i8")


def _dictionary(column: pa.ChunkedArray) -> Coded:
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.dictionary.to_pylist(), np.from_dlpack(encoded.indices)


def _plain(values: Sequence[float | None], otherwise: float) -> Array:
    return np.array([otherwise if value is None else value for value in values])


def _array(column: pa.ChunkedArray, otherwise: float) -> Array:
    """A column of numbers, with another in place of nulls. Arrow's own ways import pandas, where that is installed,
    which would take a third of a look at a large run."""
    there = np.from_dlpack(column.is_valid().cast(pa.int8()).combine_chunks()).astype(bool)
    made = np.full(len(column), otherwise)
    made[there] = np.from_dlpack(column.drop_null().combine_chunks())
    return made


def _columns(values: Mapping[str, Any], count: int) -> dict[str, Array]:
    return {name: np.asarray(values.get(name, np.zeros(count)), kind) for name, kind in _TYPES.items()}


def _chained(chunks: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([np.empty(0, kind), *(c[name] for c in chunks)]) for name, kind in _TYPES.items()}


def _joined(chunks: Sequence[Mapping[str, Array]]) -> Columns:
    """All chunks, the last of each key, with the advantages of their groups."""
    whole = _chained(chunks)
    keys = whole["group"].astype("i8") << 32 | whole["index"]
    if not (keys[1:] > keys[:-1]).all():  # else each is there once
        _, last = np.unique(keys[::-1], return_index=True)
        kept = np.sort(len(keys) - 1 - last)
        whole = {name: column[kept] for name, column in whole.items()}
    return Columns(**whole, advantage=_advantages(whole["group"], whole["score"]))


def _advantages(group: Array, score: Array) -> Array:
    counts = ~np.isnan(score)
    size = int(group.max()) + 1 if len(group) else 0
    total = np.bincount(group[counts], score[counts], size)
    number = np.bincount(group[counts], minlength=size)
    return score - (total / np.maximum(number, 1))[group]
