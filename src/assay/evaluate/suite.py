"""What is asked in an evaluation: sources, how many samples, and how to sample. A suite is data, like any recipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from assay.config import Config, changed
from assay.errors import UnknownName
from assay.models.engine import Sampling
from assay.sources.selection import Selection
from assay.types import Example


class Suite(Config):
    """An evaluation. `k` lists the pass@k to report; each needs at least k samples."""

    sources: tuple[Selection, ...] = Field(min_length=1)
    samples: int = Field(8, ge=1)
    """Responses to each problem."""
    k: tuple[int, ...] = (1,)
    """Which pass@k to report."""
    temperature: float = Field(1.0, ge=0)
    """Of the sampling; 0 is greedy."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Nucleus of the sampling; 1 samples from the whole distribution."""
    max_tokens: int = Field(512, ge=1)
    """Longest response."""
    seed: int = 0
    """Of the sampling, and of selections that name none."""
    allow_overlap: bool = False
    """Whether problems that training saw may be asked after it all the same."""

    @model_validator(mode="after")
    def _enough_samples(self) -> Suite:
        if wrong := [k for k in self.k if not 1 <= k <= self.samples]:
            raise ValueError(f"pass@{wrong[0]} needs a k from 1 to the samples, which are {self.samples}")
        return self

    @property
    def names(self) -> list[str]:
        """The sources it asks, in order."""
        return [name for chosen in self.sources for name in chosen.names]

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_p, self.max_tokens, self.seed)

    def examples(self, data: Path | None = None) -> list[Example]:
        """Everything the suite asks, of the split `test` where none is named.

        Raises `UnknownName` where a source has no such split.
        """
        return [example for chosen in self.sources for example in chosen.examples(data, split="test", seed=self.seed)]


_MINI = (
    "math/arithmetic",
    "math/linear",
    "code/expression",
    "code/list_ops",
    "science/units",
    "science/kinematics",
    "logic/ordering",
    "logic/knights_knaves",
    "simulation/output",
    "simulation/input",
    "table/lookup",
    "table/aggregate",
)
_REAL = (
    ("math/math500", 100),
    ("math/aime24", 30),
    ("code/humaneval", 100),
    ("code/mbpp", 100),
    ("science/supergpqa", 100),
    ("logic/arc_agi1", 100),
    ("logic/zebra", 100),
    ("simulation/cruxeval_input", 100),
    ("simulation/cruxeval_output", 100),
    ("table/hitab", 100),
    ("table/wtq", 100),
    ("instruction/ifeval", 100),
)
SUITES = {
    "mini": Suite(
        sources=(Selection(name=_MINI, size=32),),
        k=(1, 8),
        max_tokens=64,
    ),
    "real": Suite(
        sources=tuple(Selection(name=name, size=size) for name, size in _REAL),
        samples=4,
        k=(1, 4),
        max_tokens=2048,
    ),
}
"""Suites by name: `mini` is procedural and needs no data; `real` reads the data directory."""


def find_suite(name: str) -> Suite:
    """A suite by name. Raises `UnknownName`, with the nearest names."""
    if name not in SUITES:
        raise UnknownName("suite", name, SUITES)
    return SUITES[name]


def asked_with(
    suite: Suite, overrides: Sequence[str] = (), samples: int | None = None, temperature: float | None = None
) -> Suite:
    """A suite with keys changed. With fewer `samples` than a pass@k needs, that k is not reported."""
    given: dict[str, Any] = {"samples": samples, "temperature": temperature}
    if samples is not None and not any(override.startswith("k=") for override in overrides):
        given["k"] = [k for k in suite.k if k <= samples] or [1]
    return changed(suite, [*overrides, *(f"{name}={value}" for name, value in given.items() if value is not None)])
