"""The numbers of an evaluation: avg@n, unbiased pass@k and paired differences with intervals; constraints followed.

The interval of a mean is Wilson's (1927) at the effective number of questions, p(1 - p) over the variance of the mean
(Korn and Graubard 1998, Survey Methodology 24:193): all samples of a question stay together, and 0 of 16 is not
certain. The mean of several has the interval that theirs make (Zou and Donner 2008, Statistics in Medicine 27:1693). A
paired difference has a percentile bootstrap over questions with a hashed seed, the same bit for bit in a rerun.
Verdicts without a score are left out of every number and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt

import numpy as np

from assay.errors import AssayError
from assay.types import Measurement, Verdict, hashed_seed

RESAMPLES = 2000
LEVEL = 0.95
Z_95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, its 95 % interval, and how many questions stand behind it."""

    value: float
    low: float
    high: float
    questions: int

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval is above zero."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Following:
    """How often constraints were followed, and how that goes with being right (MathIF, arXiv 2505.14810, section 3.3).

    Example:
        >>> right, wrong = Verdict.of(True), Verdict.of(False)
        >>> following([right, wrong], [[right, wrong], [right]]).hard
        0.5
    """

    hard: float
    """HAcc: the share of responses that follow every constraint, the mean of prod I(C_i)."""
    soft: float
    """SAcc: the mean over responses of the share of constraints followed; never below `hard`."""
    correct: float
    """The share of right answers."""
    table: Mapping[tuple[bool, bool], int]
    """(right answer, every constraint followed) -> responses."""
    uncounted: int
    """Responses left out because a verdict has no score."""


def following(correct: Sequence[Verdict], followed: Sequence[Sequence[Verdict]]) -> Following:
    """HAcc, SAcc, correctness and the 2 x 2 table, of one verdict on the answer and one a constraint, each response.

    Raises `AssayError` where no response counts or one has no constraint.
    """
    pairs = list(zip(correct, followed, strict=True))
    counted = [(answer, given) for answer, given in pairs if answer.counts and all(v.counts for v in given)]
    if not counted or not all(given for _, given in counted):
        raise AssayError("no response with constraints has a verdict for all of them, so nothing can be averaged")
    met = [[verdict.is_correct for verdict in given] for _, given in counted]
    cells = [(answer.is_correct, all(kept)) for (answer, _), kept in zip(counted, met, strict=True)]
    return Following(
        hard=sum(kept for _, kept in cells) / len(cells),
        soft=sum(sum(kept) / len(kept) for kept in met) / len(cells),
        correct=sum(right for right, _ in cells) / len(cells),
        table={cell: cells.count(cell) for cell in ((True, True), (True, False), (False, True), (False, False))},
        uncounted=len(pairs) - len(counted),
    )


def pass_at_k(n: int, c: int, k: int) -> float:
    """Unbiased pass@k of one question: 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374, section 2.1).

    Raises `AssayError` when k is above n: a pass@k from fewer than k samples would be a guess.

    Example:
        >>> round(pass_at_k(4, 2, 2), 4)
        0.8333
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise AssayError(f"pass@{k} needs at least {k} samples and 0 <= correct <= samples; got {c} of {n}")
    return 1.0 - comb(n - c, k) / comb(n, k)


def rates(measured: Sequence[Measurement], k: int | None = None) -> np.ndarray:
    """Each question's avg@n, or its unbiased pass@k: shape (questions,). Questions without a counted sample are out."""
    if k is None:
        return np.array([m.correct / m.n for m in measured if m.n])
    return np.array([pass_at_k(m.n, m.correct, k) for m in measured if m.n >= k])


def estimate(values: np.ndarray, name: str) -> Estimate:
    """Mean of per-question values in [0, 1] and its interval. Raises `AssayError`, with the name, without a question.

    Example:
        >>> none = estimate(np.zeros(16), "math")
        >>> none.value, none.low, round(none.high, 3)
        (0.0, 0.0, 0.194)
    """
    if not len(values):
        raise AssayError(f"{name}: no question has a counted sample, so there is nothing to average")
    share, questions = float(values.mean()), len(values)
    spread = float(values.var())
    # Between questions there is no more variance than p(1 - p); without any, each question is one observation.
    effective = questions * share * (1 - share) / spread if spread > 1e-12 else questions
    return Estimate(share, *wilson(share * effective, effective), questions)


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927, JASA 22:209); right at 0 and at 1 too, and (0, 1) of nothing.

    Example:
        >>> [round(end, 4) for end in wilson(0, 10)]
        [0.0, 0.2775]
    """
    if not 0 <= successes <= trials * (1 + 1e-12):
        raise ValueError(f"{successes} of {trials} is no share")
    if not trials:
        return 0.0, 1.0
    share, z2 = successes / trials, Z_95 * Z_95
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    low = 0.0 if not successes else max(0.0, middle - half)
    return low, (1.0 if successes >= trials else min(1.0, middle + half))


def difference(before: Mapping[str, Measurement], after: Mapping[str, Measurement], seed_name: str) -> Estimate:
    """Paired difference of avg@n, after minus before, over the questions that both answered."""
    both = [i for i in before if i in after and before[i].n and after[i].n]
    if not both:
        raise AssayError(f"{seed_name}: no question has a counted sample in both, so there is nothing to compare")
    change = np.array([after[i].correct / after[i].n - before[i].correct / before[i].n for i in both])
    rng = np.random.default_rng(hashed_seed("bootstrap", seed_name))
    means = change[rng.integers(0, len(change), size=(RESAMPLES, len(change)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(change.mean()), float(low), float(high), len(change))


def mean_of(parts: Mapping[str, np.ndarray], name: str) -> Estimate:
    """Unweighted mean over domains of their per-question values, with the interval that those of the domains make."""
    known = [estimate(values, domain) for domain, values in parts.items() if len(values)]
    if not known:
        raise AssayError(f"{name}: no domain has a question")
    mean = sum(one.value for one in known) / len(known)
    below = sqrt(sum((one.value - one.low) ** 2 for one in known)) / len(known)
    above = sqrt(sum((one.high - one.value) ** 2 for one in known)) / len(known)
    return Estimate(mean, max(0.0, mean - below), min(1.0, mean + above), sum(one.questions for one in known))
