"""Exact shares of a corpus by domain or source: the largest remainder decides, and no draw."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from assay.config import Config
from assay.curate.steps import dropped
from assay.errors import BadConfig
from assay.sources.base import rank


class Quota(Config):
    """Keeps so many rows in all, in exact shares; of each group those with the smallest hash of (seed, id).

    Raises `BadConfig` for a share of a group that no row is of.
    """

    name: Literal["quota"] = "quota"
    """Which step this is."""
    size: int = Field(ge=1)
    """Rows in all."""
    by: Literal["domain", "source"] = "domain"
    """What has a share."""
    shares: dict[str, float] = Field(default_factory=dict)
    """Domain or source -> weight; equal shares where none is named."""
    seed: int | None = None
    """Seed of the draw; that of the recipe without it."""

    @field_validator("shares")
    @classmethod
    def _shares_are_positive(cls, given: dict[str, float]) -> dict[str, float]:
        if bad := [name for name, weight in given.items() if not 0 <= weight < float("inf")]:
            raise ValueError(f"a share is a number of at least 0: {', '.join(bad)}")
        if given and not any(given.values()):
            raise ValueError("one share at least is above 0")
        return given

    def seeded(self, seed: int) -> Quota:
        """With this seed where it names none."""
        return self if self.seed is not None else self.model_copy(update={"seed": seed})

    def key(self, batch: pa.RecordBatch) -> pa.Array:
        rows = zip(batch[self.by].to_pylist(), batch["id"].to_pylist(), strict=True)
        return pa.array((f"{rank(self.seed or 0, row):016x}{group}" for group, row in rows), pa.string())

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
