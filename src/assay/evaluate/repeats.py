"""The same evaluation several times, each sampled by a seed of its own: how far a score moves when nothing changed.

The interval of one run says what another draw of problems and samples may give; runs on the same problems lie closer
together. A difference between models that is smaller than the spread of one of them is none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from assay.errors import BadConfig
from assay.evaluate.run import Scores, evaluate
from assay.evaluate.suite import Suite
from assay.files import write_atomically
from assay.models.engine import Engine
from assay.rollout.measure import is_recorded
from assay.types import Example

REPEATS = "repeats.json"


@dataclass(frozen=True, slots=True)
class Spread:
    """avg@n of one line of a score table in several runs."""

    name: str
    """`all`, a domain, or a source."""
    domain: str
    values: tuple[float, ...]
    """Of each run, in [0, 1]."""
    half: float
    """Half the width of the 95 % interval of one run, in the mean."""

    @property
    def mean(self) -> float:
        return fmean(self.values)

    @property
    def deviation(self) -> float:
        """The standard deviation between runs, with n - 1."""
        return stdev(self.values)


def repeated(
    model: str | Engine, suite: Suite, times: int, *, out: Path, examples: Sequence[Example], **how: Any
) -> list[Scores]:
    """Evaluate the same problems so many times, with the seeds `suite.seed`, `suite.seed + 1`, ..., and write how far
    the scores lie apart to `repeats.json`.

    Each run is that of `evaluate`, which takes `how`, in a folder of its own (`run-1`, ...): resumable, and to compare.
    Raises as `require_chance`.
    """
    require_chance(model, suite)
    found = [
        evaluate(
            model,
            suite.model_copy(update={"seed": suite.seed + number}),
            out=out / f"run-{number + 1}",
            examples=examples,
            **how,
        )
        for number in range(times)
    ]
    rows = [asdict(one) | {"mean": one.mean, "deviation": one.deviation} for one in spreads(found)]
    write_atomically(out / REPEATS, json.dumps({"runs": times, "rows": rows}, indent=2) + "\n")
    return found


def require_chance(model: str | Engine, suite: Suite) -> None:
    """Raise `BadConfig` where every run would say the same."""
    if isinstance(model, str) and is_recorded(model):
        raise BadConfig("to repeat is to sample anew, and recorded responses stay what they are: evaluate them once")
    if suite.temperature == 0:
        raise BadConfig("to repeat needs a temperature above 0: greedy sampling says the same each time")


def spreads(runs: Sequence[Scores]) -> tuple[Spread, ...]:
    """The lines of several runs of one suite, two at least."""
    return tuple(
        Spread(
            lines[0].name,
            lines[0].domain,
            tuple(line.avg.value for line in lines),
            fmean((line.avg.high - line.avg.low) / 2 for line in lines),
        )
        for lines in zip(*(run.rows for run in runs), strict=True)
    )
