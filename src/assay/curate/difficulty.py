"""Difficulty by pass rate, as Guru filters it (Cheng et al. 2025, section 2.5): a weak and a strong model, 16 samples.

A decision is made from counts. Where a sample of the strong model is not counted yet, the decision is made as soon as
it is the same for every count that is still possible; sampling may then stop (*curtailment*), and decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import pyarrow as pa
from pydantic import Field

from assay.config import Config
from assay.corpus.parquet import to_examples
from assay.curate.steps import Drop, Sifted, sift
from assay.errors import BadConfig
from assay.rollout.measure import Enough
from assay.types import Example

KEEP = ""
"""The decision for a row that stays; any other is the reason for which it goes."""
BUCKETS = ("impossible", "very hard", "hard", "medium", "easy", "very easy", "perfect")
"""No sample right, below .2, .4, .6, .8, below 1, all right."""


class Rate(NamedTuple):
    """Samples that were right, and samples that were counted; errors and timeouts of ours are never counted."""

    right: float
    counted: int


def decide(domain: str, weak: float, strong: float, samples: int = 16) -> str:
    """`KEEP`, or why a row with so many right samples of `samples` goes.

    Reasons: `too_easy` (the weak model has 15/16 or more), `noisy` (the strong model has none), `anomalous` (the weak
    model has more than the strong one), `math_marginal_gap` (the strong one has 3/4 or more, and at most 6/16 more than
    the weak one), `science_gap` (the strong one has less than half more).

    Example:
        >>> decide("math", weak=8, strong=12), decide("logic", weak=8, strong=12) == KEEP
        ('math_marginal_gap', True)
    """
    if 16 * weak >= 15 * samples:
        return "too_easy"
    if strong == 0:
        return "noisy"
    if weak > strong:
        return "anomalous"
    gap = strong - weak
    if domain == "math" and 16 * gap <= 6 * samples and 4 * strong >= 3 * samples:
        return "math_marginal_gap"
    if domain == "science" and 2 * gap < samples:
        return "science_gap"
    return KEEP


def decided(domain: str, weak: Rate, strong: Rate, samples: int = 16) -> str | None:
    """The decision, as soon as no sample of the strong model that is not counted yet can change it; else `None`.

    Raises `ValueError` where the weak model's samples are not all counted: it is the cheap one and is asked first.
    """
    if weak.counted < samples:
        raise ValueError(f"{weak.counted} of {samples} samples of the weak model are counted")
    left = max(0, samples - strong.counted)
    possible = {decide(domain, weak.right, strong.right + more, samples) for more in range(left + 1)}
    return possible.pop() if len(possible) == 1 else None


def settled(weak: Mapping[str, tuple[float, int]], examples: Iterable[Example], samples: int = 16) -> Enough:
    """For `assay.measure(strong, ..., enough=...)`: whether samples of the strong model that are still to come cannot
    change the decision, given what the weak one was measured at (Example id -> sum of scores, counted samples).

    Raises `BadConfig` where an Example lacks samples of the weak model.
    """
    for example in examples:
        if (counted := weak.get(example.id, (0, 0))[1]) < samples:
            raise BadConfig(
                f"{example.source} row {example.id} has {counted} of {samples} samples of the weak model: "
                "measure that first, on the same rows"
            )
    return lambda example, right, counted: (
        decided(example.domain, Rate(*weak[example.id]), Rate(right, counted), samples) is not None
    )


class Difficulty(Config):
    """Drops rows by the pass rates of a weak and a strong model, by Guru's rule; see `decide`.

    Rates are those in the rows (`pass_rates`). Raises `BadConfig` for a row whose rates leave the decision open.
    """

    name: Literal["difficulty"] = "difficulty"
    """Which step this is."""
    weak: str
    """Name of the weak model, as its measurement names it."""
    strong: str
    """Name of the strong model."""
    samples: int = Field(16, ge=1)
    """Samples of each row."""
    domains: tuple[str, ...] = ()
    """Domains that are measured; rows of others stay. None is all."""

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        return sift(batch, map(self._drop, to_examples(batch)))

    def _drop(self, example: Example) -> Drop | None:
        if self.domains and example.domain not in self.domains:
            return None
        weak, strong = (rate_of(example, model) for model in (self.weak, self.strong))
        found = decided(example.domain, weak, strong, self.samples) if weak.counted >= self.samples else None
        if found is None:
            model, rate = (self.weak, weak) if weak.counted < self.samples else (self.strong, strong)
            raise BadConfig(
                f"{example.source} row {example.id} has {rate.counted} of {self.samples} samples of {model!r}, so its "
                f"difficulty is open: measure it (`assay measure`) and name the measurement under 'rates'"
            )
        said = f"{weak.right:g} of {weak.counted} of {self.weak}, {strong.right:g} of {strong.counted} of {self.strong}"
        return None if found == KEEP else Drop(found, said)


def rate_of(example: Example, model: str) -> Rate:
    """The measured rate of a model, with no sample where there is none."""
    return Rate(*example.pass_rates.get(model, (0, 0)))


def bucket(rate: float) -> str:
    """Which of the seven classes of difficulty a pass rate from 0 to 1 belongs to.

    Example:
        >>> [bucket(rate) for rate in (0, 0.1, 0.2, 0.5, 0.99, 1)]
        ['impossible', 'very hard', 'hard', 'medium', 'very easy', 'perfect']
    """
    if rate <= 0:
        return BUCKETS[0]
    return BUCKETS[-1] if rate >= 1 else BUCKETS[1 + min(4, int(5 * rate + 1e-9))]


def buckets(examples: Iterable[Example]) -> dict[str, dict[str, Counter[str]]]:
    """How many Examples of each difficulty there are: model -> domain -> class -> Examples that it was measured on."""
    found: dict[str, dict[str, Counter[str]]] = {}
    for example in examples:
        for model, (right, counted) in example.pass_rates.items():
            if counted:
                of_domain = found.setdefault(model, {}).setdefault(example.domain, Counter())
                of_domain[bucket(right / counted)] += 1
    return found
