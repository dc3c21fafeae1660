"""Exact shares of a corpus by domain or source: the largest remainder decides, and no draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from assay.curate.steps import dropped
from assay.errors import BadConfig
from assay.sources.base import rank


@dataclass(frozen=True)
class Quota:
    """So many rows in all, in these shares; of each group those with the smallest hash of (seed, id).

    Raises `BadConfig` for a share of a group that no row is of.
    """

    size: int
    by: Literal["domain", "source"] = "domain"
    shares: Mapping[str, float] = field(default_factory=dict)
    """Group -> weight; groups that are not named have 1 where none is named, else 0."""
    seed: int = 0
    name: str = "quota"

    def key(self, batch: pa.RecordBatch) -> pa.Array:
        rows = zip(batch[self.by].to_pylist(), batch["id"].to_pylist(), strict=True)
        return pa.array((f"{rank(self.seed, row):016x}{group}" for group, row in rows), pa.string())

    def __call__(self, index: pa.Table) -> pa.RecordBatch:
        groups = pc.utf8_slice_codeunits(index["key"], 16)
        there = {row["values"]: row["counts"] for row in pc.value_counts(groups).to_pylist()}
        if unknown := sorted(set(self.shares) - set(there)):
            raise BadConfig(f"quota: no row is of {self.by} {', '.join(unknown)}; there are {', '.join(sorted(there))}")
        gone: list[tuple[int, str, str]] = []
        for group, limit in allotted(self.size, there, self.shares).items():
            own = index.filter(pc.equal(groups, group)).sort_by([("key", "ascending"), ("place", "ascending")])
            gone += [(place, "over_quota", f"quota of {limit}") for place in own["place"][limit:].to_pylist()]
        return dropped(sorted(gone))


def allotted(size: int, there: Mapping[str, int], shares: Mapping[str, float]) -> dict[str, int]:
    """How many rows of each group are taken: `size` by the shares, rounded by the largest remainder (Hamilton).

    A group with fewer rows than its share gives all of them, and the others share what it lacks in the same way.

    Example:
        >>> allotted(10, {"code": 100, "logic": 100, "math": 100}, {})
        {'code': 4, 'logic': 3, 'math': 3}
        >>> allotted(10, {"code": 1, "logic": 100, "math": 100}, {"code": 2, "logic": 1, "math": 1})
        {'code': 1, 'logic': 5, 'math': 4}
    """
    weights = {group: Fraction(str(shares.get(group, 0) if shares else 1)) for group in sorted(there)}
    taken, open_ = dict.fromkeys(weights, 0), {group for group, weight in weights.items() if weight}
    while open_:
        left = size - sum(taken[group] for group in weights if group not in open_)
        whole = sum(weights[group] for group in open_)
        exact = {group: left * weights[group] / whole for group in sorted(open_)}
        if short := {group for group in open_ if exact[group] >= there[group]}:
            taken |= {group: there[group] for group in short}
            open_ -= short
            continue
        floors = {group: int(share) for group, share in exact.items()}
        by_rest = sorted(exact, key=lambda group: (floors[group] - exact[group], group))
        for group in by_rest[: left - sum(floors.values())]:
            floors[group] += 1
        return taken | floors
    return taken
