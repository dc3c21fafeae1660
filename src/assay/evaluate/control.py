"""Whether a model does as it is told while it reasons: constraints followed, beside being right (MathIF).

HAcc is the share of responses that follow every constraint, SAcc the mean share of constraints followed (arXiv
2505.14810, section 3.3). Both are means over problems with their intervals; the 2 x 2 table counts responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from assay.errors import AssayError
from assay.evaluate.metrics import Estimate, estimate, following
from assay.rollout.constrained import INSTRUCTIONS, Constrained, judge_constrained
from assay.types import Example, Rollout


@dataclass(frozen=True)
class Control:
    """One line: all constrained problems, or those with so many constraints."""

    name: str
    hard: Estimate
    """HAcc."""
    soft: Estimate
    """SAcc; never below `hard`."""
    right: Estimate
    """Right answers, whether or not constraints were followed."""
    table: Mapping[str, int]
    """Responses by being right and following all: `right and followed`, `right`, `followed`, `neither`."""
    uncounted: int
    """Responses of which a verdict has no score."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def controls(rollouts: Iterable[Rollout], examples: Mapping[str, Example], *, workers: int = 2) -> tuple[Control, ...]:
    """The lines of a run: all, then by number of constraints; none where no problem has constraints."""
    asked = {name: example for name, example in examples.items() if example.extra.get(INSTRUCTIONS)}
    said = [r for r in rollouts if r.example_id in asked and r.finish != "failed"] if asked else []
    judged = judge_constrained([asked[r.example_id] for r in said], said, workers=workers)
    by: dict[str, list[tuple[str, Constrained]]] = {"all": []}
    for rollout, one in zip(said, judged, strict=True):
        by["all"].append((rollout.example_id, one))
        by.setdefault(f"{len(one.followed)}", []).append((rollout.example_id, one))
    lines = []
    for name in ["all", *sorted(by.keys() - {"all"})]:
        try:
            lines.append(_line(name, by[name]))
        except AssayError:  # nothing of it counts
            continue
    return tuple(lines)


def _line(name: str, judged: list[tuple[str, Constrained]]) -> Control:
    found = following([one.correct for _, one in judged], [one.followed for _, one in judged])
    means: dict[str, list[tuple[bool, float, bool]]] = {}
    for example_id, one in judged:
        if one.correct.counts and all(verdict.counts for verdict in one.followed):
            kept = [verdict.is_correct for verdict in one.followed]
            means.setdefault(example_id, []).append((all(kept), sum(kept) / len(kept), one.correct.is_correct))
    values = np.array([np.mean(np.array(rows, dtype=float), axis=0) for rows in means.values()])
    hard, soft, right = (estimate(values[:, place], name) for place in range(3))
    cells = {(True, True): "right and followed", (True, False): "right", (False, True): "followed"}
    table = {cells.get(cell, "neither"): count for cell, count in found.table.items()}
    return Control(name, hard, soft, right, table, found.uncounted)
