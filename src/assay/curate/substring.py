"""The substring rule of Guru (Cheng et al. 2025, section 2.2): where one problem holds another, the shorter goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from assay.config import Config
from assay.corpus.parquet import to_examples
from assay.curate.steps import dropped
from assay.hashing import normalised

RUN = 6
"""Characters of the runs by which holders are looked for."""
_BUCKETS = 1 << 22
_BLOCK = 1 << 22
"""Characters that are hashed at a time."""
_FACTORS = [np.uint32(pow(1_000_003, n, 1 << 32)) for n in range(RUN)]
Numbers = np.ndarray[Any, Any]


class Substring(Config):
    """Drops a problem that stands, word for word but for case and white space, inside a longer one.

    Which rows go does not depend on their order. Holds the text of the rows that it concerns.
    """

    name: Literal["substring"] = "substring"
    """Which step this is."""
    domains: tuple[str, ...] = ("math", "code")
    """Domains whose rows are compared with each other; none is all."""

    def key(self, batch: pa.RecordBatch) -> pa.Array:
        rows = to_examples(batch)
        ours = (normalised(e.text).casefold() if not self.domains or e.domain in self.domains else None for e in rows)
        return pa.array(ours, pa.string())

    def __call__(self, index: pa.Table) -> pa.RecordBatch:
        index = index.filter(index["key"].is_valid())
        texts, places, ids = (index[name].to_pylist() for name in ("key", "place", "id"))
        return dropped(sorted((places[at], "substring", ids[holder]) for at, holder in held_by(texts)))


def held_by(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Each text that stands strictly inside another, with the longest of those that hold it.

    A text that holds another holds each of its runs of six characters, the rarest too: so each is looked for only where
    its rarest run occurs. Runs are counted by their hash; a clash costs a comparison and never a result.
    """
    often = np.zeros(_BUCKETS, np.int64)
    for _, runs in _runs(texts):
        often += np.bincount(runs, minlength=_BUCKETS)
    wanted: dict[int, list[int]] = {}
    for owners, runs in _runs(texts):
        order = np.lexsort((often[runs], owners))
        for at in order[np.unique(owners[order], return_index=True)[1]]:
            wanted.setdefault(int(runs[at]), []).append(int(owners[at]))
    is_wanted = np.zeros(_BUCKETS, np.bool_)
    is_wanted[list(wanted)] = True
    best: dict[int, int] = {}
    for owners, runs in _runs(texts):
        found = is_wanted[runs]
        for holder, run in zip(owners[found].tolist(), runs[found].tolist(), strict=True):
            _look(texts, holder, wanted[run], best)
    if tiny := [at for at, text in enumerate(texts) if len(text) < RUN]:
        for holder in range(len(texts)):
            _look(texts, holder, tiny, best)
    return sorted(best.items())


def _look(texts: Sequence[str], holder: int, candidates: Sequence[int], best: dict[int, int]) -> None:
    """Note the text as the holder of those candidates that stand in it, where it is the best so far."""
    text = texts[holder]
    for at in candidates:
        if len(texts[at]) < len(text) and texts[at] in text:
            other = texts[best.get(at, holder)]
            if (-len(text), text, holder) <= (-len(other), other, best.get(at, holder)):
                best[at] = holder


def _runs(texts: Sequence[str]) -> Iterator[tuple[Numbers, Numbers]]:
    """The runs of six characters of all texts, block by block: whose each is, and its hash."""
    start = 0
    while start < len(texts):
        end, size = start, 0
        while end < len(texts) and (size == 0 or size + len(texts[end]) <= _BLOCK):
            size, end = size + len(texts[end]), end + 1
        lengths = np.array([len(text) for text in texts[start:end]])
        joined = "".join(texts[start:end]).encode("utf-32-le", "surrogatepass")
        signs = np.frombuffer(joined, np.uint32)
        hashed = np.zeros(max(0, len(signs) - RUN + 1), np.uint32)
        for place, factor in enumerate(_FACTORS):
            hashed += signs[place : place + len(hashed)] * factor
        hashed ^= hashed >> np.uint32(15)
        owners = np.repeat(np.arange(start, end), lengths)[: len(hashed)]
        ends = np.repeat(np.cumsum(lengths), lengths)[: len(hashed)]
        whole = np.arange(len(hashed)) + RUN <= ends
        yield owners[whole], (hashed[whole] & np.uint32(_BUCKETS - 1)).astype(np.int64)
        start = end
