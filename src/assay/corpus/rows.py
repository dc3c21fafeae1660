"""Rows in a fixed order that are held in memory, lie on disk, are picked from others, or follow each other.

All of them are sequences of Examples that also give Arrow batches, and none but `Held` keeps its rows in memory.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.corpus.parquet import to_batch, to_examples
from assay.errors import AssayError
from assay.types import Example

GROUP = 1_000
"""Rows of a batch, where nobody says how many."""
CACHED = 4
"""Row groups that are kept in memory, as Arrow tables."""


class Rows(Sequence[Example]):
    """Examples in order."""

    @abstractmethod
    def batches(self, rows: int = GROUP) -> Iterator[pa.RecordBatch]:
        """All rows as Arrow batches of at most so many rows."""

    @abstractmethod
    def at(self, place: int) -> Example:
        """The row at a place from 0."""

    def pick(self, places: Sequence[int]) -> Rows:
        """The rows at these places, which ascend."""
        return Picked(self, places)

    def __iter__(self) -> Iterator[Example]:
        for batch in self.batches():
            yield from to_examples(batch)

    @overload
    def __getitem__(self, at: int) -> Example: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Example]: ...
    def __getitem__(self, at: int | slice) -> Example | Sequence[Example]:
        if isinstance(at, slice):
            return [self.at(place) for place in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(f"row {at} of {len(self)}")
        return self.at(at % len(self))


class Held(Rows):
    """Rows in memory."""

    def __init__(self, examples: Iterable[Example]) -> None:
        self._examples = tuple(examples)

    def __len__(self) -> int:
        return len(self._examples)

    def __iter__(self) -> Iterator[Example]:
        return iter(self._examples)

    def at(self, place: int) -> Example:
        return self._examples[place]

    def pick(self, places: Sequence[int]) -> Rows:
        return Held(self._examples[place] for place in places)

    def batches(self, rows: int = GROUP) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(self), rows):
            yield to_batch(self._examples[start : start + rows])


@dataclass(frozen=True, slots=True)
class Shard:
    """A parquet file of a corpus."""

    path: Path
    rows: int
    sha256: str
    bytes: int

    def check_size(self) -> None:
        """Raise `AssayError` when the file is not there, or has another size."""
        if not self.path.is_file() or self.path.stat().st_size != self.bytes:
            raise self.changed()

    def changed(self) -> AssayError:
        return AssayError(f"{self.path} is missing or was changed since it was written: make the corpus again")


class Stored(Rows):
    """Rows in parquet shards, read as they are asked for; a shard is checked against its hash when it is first read."""

    def __init__(self, shards: Iterable[Shard]) -> None:
        self.shards = tuple(shards)
        self._ends = list(accumulate(shard.rows for shard in self.shards))
        self._checked: set[int] = set()
        self._ends_of_groups: dict[int, list[int]] = {}
        self._groups: OrderedDict[tuple[int, int], pa.Table] = OrderedDict()

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _open(self, number: int) -> pq.ParquetFile:
        shard = self.shards[number]
        if number not in self._checked:
            shard.check_size()
            with shard.path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != shard.sha256:
                    raise shard.changed()
            self._checked.add(number)
        return pq.ParquetFile(shard.path)

    def batches(self, rows: int = GROUP) -> Iterator[pa.RecordBatch]:
        for number in range(len(self.shards)):
            with self._open(number) as file:
                yield from file.iter_batches(rows)

    def at(self, place: int) -> Example:
        number, place = _within(self._ends, place)
        if number not in self._ends_of_groups:
            with self._open(number) as file:
                groups = range(file.num_row_groups)
                self._ends_of_groups[number] = list(accumulate(file.metadata.row_group(g).num_rows for g in groups))
        group, place = _within(self._ends_of_groups[number], place)
        if (number, group) not in self._groups:
            with self._open(number) as file:
                self._groups[number, group] = file.read_row_group(group)
            if len(self._groups) > CACHED:
                self._groups.popitem(last=False)
        self._groups.move_to_end((number, group))
        return to_examples(self._groups[number, group].slice(place, 1))[0]


def _within(ends: Sequence[int], place: int) -> tuple[int, int]:
    """Which of the parts that end there holds a place, and the place in it."""
    number = bisect_right(ends, place)
    return number, place - (ends[number - 1] if number else 0)


class Picked(Rows):
    """Some rows of others, by their places in ascending order."""

    def __init__(self, rows: Rows, places: Sequence[int]) -> None:
        self._rows, self._places = rows, np.array(places, np.int64)

    def __len__(self) -> int:
        return len(self._places)

    def at(self, place: int) -> Example:
        return self._rows.at(int(self._places[place]))

    def batches(self, rows: int = GROUP) -> Iterator[pa.RecordBatch]:
        start = 0
        for batch in self._rows.batches(rows):
            low, high = np.searchsorted(self._places, (start, start + len(batch)))
            if low < high:
                yield batch.take(pa.array(self._places[low:high] - start))
            start += len(batch)


class Joined(Rows):
    """Rows after rows."""

    def __init__(self, parts: Sequence[Rows]) -> None:
        self._parts = tuple(parts)
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def at(self, place: int) -> Example:
        number, place = _within(self._ends, place)
        return self._parts[number].at(place)

    def __iter__(self) -> Iterator[Example]:
        return chain.from_iterable(self._parts)

    def batches(self, rows: int = GROUP) -> Iterator[pa.RecordBatch]:
        for part in self._parts:
            yield from part.batches(rows)
