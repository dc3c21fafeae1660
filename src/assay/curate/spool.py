"""Rows on their way through a curation: parquet shards with the columns of `KEYS` beside, and an index in memory.

The index holds a few short columns of every row, never the rows: 600,000 of them take some tens of megabytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.corpus.parquet import SCHEMA, to_batch, to_examples
from assay.corpus.rows import GROUP
from assay.corpus.store import SHARD_ROWS
from assay.curate.steps import KEYS
from assay.files import replacing
from assay.hashing import RowsHash
from assay.types import Example

Mask = np.ndarray[Any, Any]
"""A truth value for each row."""
SPOOLED = pa.schema([*SCHEMA, *KEYS], metadata=SCHEMA.metadata)
_INDEX = ("id", "source", "domain")


@dataclass(frozen=True, slots=True)
class Piece:
    """A row group of the spool: what one task reads."""

    file: str
    group: int
    start: int
    """Place of its first row."""
    rows: int

    def read(self, wanted: Mask) -> pa.RecordBatch:
        """Its wanted rows; `wanted` speaks of its own rows alone."""
        with pq.ParquetFile(self.file) as file:
            table = file.read_row_group(self.group)
        return one_batch(table.filter(pa.array(wanted)))


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """The table as a single batch."""
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)


def _batch(rows: Sequence[Example], places: Sequence[int]) -> pa.RecordBatch:
    """`SPOOLED` of Examples and their places."""
    keys = {
        "place": places,
        "chars": [len(example.text) for example in rows],
        "stem": [example.stem_id for example in rows],
        "problem": [example.problem_id for example in rows],
    }
    arrays = [pa.array(keys[field.name], field.type) for field in KEYS]
    return pa.RecordBatch.from_arrays([*to_batch(rows).columns, *arrays], schema=SPOOLED)


def _write(batches: Sequence[pa.RecordBatch], path: Path) -> None:
    """One file, a batch a row group."""
    with replacing(path) as temporary:
        pq.write_table(pa.Table.from_batches(batches), temporary, row_group_size=GROUP, compression="lz4")


class Spool:
    """All rows that came in, in order."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pieces: list[Piece] = []
        self.came_in: Counter[str] = Counter()
        self.verifiers: dict[str, Example] = {}
        """One row of each verifier."""
        self._hash = RowsHash()
        self._index: list[pa.RecordBatch] = []
        self._amended = 0

    @classmethod
    def fill(cls, directory: Path, examples: Iterator[Example]) -> Spool:
        """Write the Examples, a shard at a time."""
        spool = cls(directory)
        while batches := list(islice(spool._batches(examples), SHARD_ROWS // GROUP)):
            path = directory / f"part-{len(spool.pieces) * GROUP // SHARD_ROWS:05d}.parquet"
            for group, batch in enumerate(batches):
                spool.pieces.append(Piece(str(path), group, batch["place"][0].as_py(), len(batch)))
            _write(batches, path)
        return spool

    def _batches(self, examples: Iterator[Example]) -> Iterator[pa.RecordBatch]:
        while rows := list(islice(examples, GROUP)):
            batch = _batch(rows, range(len(self), len(self) + len(rows)))
            for example in rows:
                self._hash.add((example.id, example.template, example.gold, dict(example.extra)))
                self.came_in[example.source] += 1
                self.verifiers.setdefault(example.verifier, example)
            self._index.append(batch.select(_INDEX))
            yield batch

    def amend(self, changed: Mapping[int, Example]) -> None:
        """Put other Examples at some places. A row group that holds one is written anew, to a file of its own."""
        for number, piece in enumerate(self.pieces):
            own = [place for place in range(piece.start, piece.start + piece.rows) if place in changed]
            if not own:
                continue
            rows = to_examples(piece.read(np.ones(piece.rows, np.bool_)))
            for place in own:
                rows[place - piece.start] = changed[place]
            batch = _batch(rows, range(piece.start, piece.start + piece.rows))
            self._amended += 1
            path = self.directory / f"amended-{self._amended:05d}.parquet"
            _write([batch], path)
            self.pieces[number] = Piece(str(path), 0, piece.start, piece.rows)
            self._index[number] = batch.select(_INDEX)

    def __len__(self) -> int:
        return self.came_in.total()

    @property
    def data_hash(self) -> str:
        """`assay.types.data_hash` of the rows."""
        return self._hash.digest()

    @property
    def index(self) -> pa.Table:
        """Id, source and domain of each row."""
        return pa.Table.from_batches(self._index, pa.schema([SCHEMA.field(name) for name in _INDEX]))

    def wanted(self, mask: Mask) -> Iterator[tuple[Piece, Mask]]:
        """The pieces that hold wanted rows, with the part of the mask that speaks of them."""
        for piece in self.pieces:
            part = mask[piece.start : piece.start + piece.rows]
            if part.any():
                yield piece, part
