"""Where batch steps run: here, one batch after the other, or on Ray Data. Both give the same rows in the same order.

Ray pays when a pass costs more than about a minute of processor time: starting it takes seconds. Its workers read the
spool themselves, so on several machines the output directory must lie on a disk that all of them share.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from assay.curate.spool import Mask, Piece, Spool, one_batch
from assay.curate.steps import DROPPED, BatchStep, KeyedStep
from assay.errors import MissingExtra


@dataclass(frozen=True)
class Pass:
    """Batch steps that are made in one reading, and the keys of the rows that they leave."""

    steps: Sequence[BatchStep]
    keyed: Sequence[KeyedStep] = ()

    @property
    def schema(self) -> pa.Schema:
        """A row for each row that was looked at: `DROPPED` and its step, null where it stays; what it becomes, as JSON
        of an Example, null where it is not changed; then its keys."""
        keys = ((step.name, pa.string()) for step in self.keyed)
        return pa.schema([*DROPPED, ("step", pa.string()), ("changed", pa.string()), *keys])

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        parts = []
        changed: dict[int, str] = {}
        for step in self.steps:
            batch, gone, new = step(batch)
            changed |= {place: json.dumps(example.to_json()) for place, example in new.items()}
            parts.append(self._part(gone, {"step": [step.name] * len(gone)}))
        keys = {step.name: step.key(batch) for step in self.keyed}
        keys["changed"] = pa.array(map(changed.get, batch["place"].to_pylist()), pa.string())
        parts.append(self._part(batch.select(["place"]), keys))
        return one_batch(pa.concat_tables(parts).sort_by("place"))

    def _part(self, known: pa.RecordBatch, more: dict[str, Any]) -> pa.Table:
        columns = {**dict(zip(known.schema.names, known.columns, strict=True)), **more}
        return pa.table([columns.get(f.name, pa.nulls(len(known), f.type)) for f in self.schema], schema=self.schema)


class Executor(Protocol):
    """Makes a pass over the wanted rows of a spool."""

    def run(self, work: Pass, spool: Spool, wanted: Mask, rows: int) -> Iterator[pa.RecordBatch]:
        """What the pass says of batches of at most so many rows, in order."""

    def close(self) -> None:
        """End what this executor started."""


class Local:
    """In this process; verifiers start their own workers."""

    def run(self, work: Pass, spool: Spool, wanted: Mask, rows: int) -> Iterator[pa.RecordBatch]:
        for piece, mask in spool.wanted(wanted):
            yield from _over(work, piece, mask, rows)

    def close(self) -> None:
        """Nothing was started."""


class OnRay:
    """By the workers of Ray Data: those of a cluster that was joined before, else of this machine until `close`.

    Raises `MissingExtra` where Ray is not installed.
    """

    def __init__(self) -> None:
        try:
            import ray
            import ray.data
        except ImportError as fault:
            raise MissingExtra("curation on Ray Data", "ray") from fault
        self._ray = ray
        self._joined = ray.is_initialized()

    def run(self, work: Pass, spool: Spool, wanted: Mask, rows: int) -> Iterator[pa.RecordBatch]:
        items = [{**asdict(piece), "mask": mask.tobytes()} for piece, mask in spool.wanted(wanted)]
        if not items:
            return
        options = self._ray.data.DataContext.get_current().execution_options
        ordered, options.preserve_order = options.preserve_order, True
        try:
            pieces = self._ray.data.from_items(items, override_num_blocks=len(items))
            found = pieces.map_batches(partial(_on_worker, work, rows), batch_format="pyarrow", batch_size=1)
            for table in found.iter_batches(batch_format="pyarrow", batch_size=None):
                yield one_batch(table)
        finally:
            options.preserve_order = ordered

    def close(self) -> None:
        """Shut Ray down, unless the caller had joined it."""
        if not self._joined:
            self._ray.shutdown()


def _on_worker(work: Pass, rows: int, items: pa.Table) -> pa.Table:
    found: list[pa.RecordBatch] = []
    for item in items.to_pylist():
        mask = np.frombuffer(item.pop("mask"), np.bool_)
        found += _over(work, Piece(**item), mask, rows)
    return pa.Table.from_batches(found, work.schema)


def _over(work: Pass, piece: Piece, mask: Mask, rows: int) -> Iterator[pa.RecordBatch]:
    batch = piece.read(mask)
    return (work(batch.slice(start, rows)) for start in range(0, len(batch), rows))
