"""The steps of a curation, as functions on Arrow batches.

A `BatchStep` sees a batch and says which rows stay and which go, with reason and evidence. A `KeyedStep` must see all
rows: it declares a key, and decides on a table of (place, id, key) alone. A `DurableStep` is a batch step whose
decisions cost much: they are appended to disk, and it may change rows. Batches are those of `Spool`: a corpus's
columns, and those of `KEYS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.compute as pc

from assay.corpus.ledger import GOLD, READABLE
from assay.corpus.parquet import to_examples
from assay.judging.session import unreadable, verify_many
from assay.judging.verifier import VERIFIERS, Lane
from assay.sources.base import rank
from assay.types import Example, Status, Verdict

KEYS = pa.schema(
    [
        ("place", pa.int64()),
        ("chars", pa.int64()),
        ("stem", pa.string()),
        ("problem", pa.string()),
    ]
)
"""What is known of a row when it is read: its place in the whole, its length, and the hashes of its problem."""
DROPPED = pa.schema([("place", pa.int64()), ("reason", pa.string()), ("evidence", pa.string())])


class Sifted(NamedTuple):
    """What a step made of rows."""

    kept: pa.RecordBatch
    dropped: pa.RecordBatch
    """`DROPPED`: a short reason that is counted on the card, and what was seen."""
    changed: Mapping[int, Example] = MappingProxyType({})
    """Place -> what the row is from here on; only of a `DurableStep`."""


class Drop(NamedTuple):
    """Why one row goes."""

    reason: str
    evidence: str = ""


class BatchStep(Protocol):
    """A rule that looks at one row at a time."""

    @property
    def name(self) -> str: ...
    def __call__(self, batch: pa.RecordBatch) -> Sifted: ...


@runtime_checkable
class DurableStep(BatchStep, Protocol):
    """A batch step whose decisions are appended to disk, so that a resumed run does not make them again."""

    durable: ClassVar[bool]


@runtime_checkable
class KeyedStep(Protocol):
    """A rule that must see all rows, by a key alone."""

    @property
    def name(self) -> str: ...
    def key(self, batch: pa.RecordBatch) -> pa.Array:
        """The key of each row, as text; null where the rule does not concern it."""

    def __call__(self, index: pa.Table) -> pa.RecordBatch:
        """`DROPPED`, of an index of `place`, `id` and `key`."""


def sift(batch: pa.RecordBatch, drops: Iterable[Drop | None]) -> Sifted:
    """The batch, parted by a drop for each row or `None`."""
    decided = list(drops)
    gone = [(place, *drop) for place, drop in zip(batch["place"].to_pylist(), decided, strict=True) if drop]
    return Sifted(batch.filter(pa.array([drop is None for drop in decided], pa.bool_())), dropped(gone))


def dropped(rows: Sequence[tuple[int, str, str]]) -> pa.RecordBatch:
    """`DROPPED` of (place, reason, evidence)."""
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return pa.RecordBatch.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, DROPPED, strict=True)], schema=DROPPED
    )


@dataclass(frozen=True)
class Length:
    """Problems and gold responses within limits, in characters."""

    min_prompt: int
    max_prompt: int
    max_gold: int
    name: str = "length"

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        sizes = batch["chars"].to_pylist()
        golds = pc.fill_null(pc.utf8_length(batch["gold"]), 0).to_pylist()
        return sift(batch, map(self._decide, sizes, golds))

    def _decide(self, size: int, gold: int) -> Drop | None:
        if size < self.min_prompt:
            return Drop("prompt_too_short", f"{size} characters")
        if size > self.max_prompt:
            return Drop("prompt_too_long", f"{size} characters")
        return Drop("gold_too_long", f"{gold} characters") if gold > self.max_gold else None


@dataclass(frozen=True)
class Readable:
    """Reference and parameters that the row's verifier can use."""

    name: str = READABLE

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        why = unreadable(to_examples(batch))
        found = map(why.get, batch["id"].to_pylist())
        return sift(batch, (None if said is None else Drop("bad_reference", said) for said in found))


@dataclass(frozen=True)
class Cap:
    """At most so many rows of a source, drawn uniformly: those with the smallest hash of (seed, id)."""

    limits: Mapping[str, tuple[int, int]]
    """Source -> (rows, seed)."""
    name: str = "cap"

    def key(self, batch: pa.RecordBatch) -> pa.Array:
        rows = zip(batch["source"].to_pylist(), batch["id"].to_pylist(), strict=True)
        return pa.array((self._key(source, row) for source, row in rows), pa.string())

    def _key(self, source: str, row: str) -> str | None:
        return f"{rank(self.limits[source][1], row):016x}:{source}" if source in self.limits else None

    def __call__(self, index: pa.Table) -> pa.RecordBatch:
        index = index.filter(index["key"].is_valid())
        sources = pc.utf8_slice_codeunits(index["key"], 17)
        gone: list[tuple[int, str, str]] = []
        for source, (limit, _) in self.limits.items():
            own = index.filter(pc.equal(sources, source)).sort_by([("key", "ascending"), ("place", "ascending")])
            gone += [(place, "over_cap", f"cap of {limit}") for place in own["place"][limit:].to_pylist()]
        return dropped(sorted(gone))


@dataclass(frozen=True)
class GoldPasses:
    """The gold response passes its own verifier; a row without gold stays, unproven."""

    workers: int = 1
    name: str = GOLD
    durable: ClassVar[bool] = True

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        examples = to_examples(batch)
        proven = [example for example in examples if example.gold is not None]
        verdicts = iter(verify_many(proven, [example.gold or "" for example in proven], workers=self.workers))
        return sift(
            batch, [_of_gold(example, next(verdicts)) if example.gold is not None else None for example in examples]
        )


def _of_gold(example: Example, verdict: Verdict) -> Drop | None:
    if verdict.is_correct:
        return None
    if verdict.status in (Status.ERROR, Status.TIMEOUT):
        return Drop("gold_error" if verdict.status is Status.ERROR else "gold_timeout", verdict.why)
    if VERIFIERS.get(example.verifier).lane is Lane.SANDBOX:
        # What a program returned or printed may differ each time it runs, and two runs of a recipe give one ledger.
        return Drop("gold_refused", f"{example.verifier} ran it, and it is not right")
    return Drop("gold_refused", f"read {verdict.read!r}: {verdict.why}")
