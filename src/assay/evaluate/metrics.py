"""The numbers of an evaluation: avg@n, unbiased pass@k and paired differences with intervals; constraints followed.

The interval of a mean is Wilson's (1927) at the effective number of questions, p(1 - p) over the variance of the mean
(Korn and Graubard 1998, Survey Methodology 24:193): all samples of a question stay together, and 0 of 16 is not
certain. Of few questions the variance is itself a guess, so it counts `PRIOR` questions more, each solved always or
never. Means and differences of several have the interval that theirs make (Zou and Donner 2008, Statistics in Medicine
27:1693). Nothing is drawn at random, and the order of questions changes nothing. `benchmarks/eval_coverage.py` tells
how often the intervals hold the truth. Verdicts without a score are left out of every number and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum, sqrt
from statistics import NormalDist

import numpy as np

from assay.errors import AssayError
from assay.types import Measurement, Verdict

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""
PRIOR = 6
"""Questions, solved always or never, that a variance counts besides those that were asked."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, its 95 % interval, and how many questions stand behind it."""

    value: float
    low: float
    high: float
    questions: int


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
    few, many = sorted((c, k))  # C(n-c, k) / C(n, k) is the same with c and k exchanged
    if few + many > n:
        return 1.0
    return 1.0 - float(np.prod(1.0 - many / (n - np.arange(few))))


def rates(measured: Sequence[Measurement], k: int | None = None) -> np.ndarray:
    """Each question's avg@n, or its unbiased pass@k: shape (questions,). Questions without a counted sample are out.

    avg@n is the mean score, so that it counts partial credit where an Example asks for it; pass@k counts what is right
    in full.
    """
    if k is None:
        return np.array([m.rate for m in measured if m.n])
    return np.array([pass_at_k(m.n, m.correct, k) for m in measured if m.n >= k])


def estimate(values: np.ndarray, name: str, z: float = Z_95) -> Estimate:
    """Mean of per-question values in [0, 1] and its interval. Raises `AssayError`, with the name, without a question.

    Example:
        >>> none = estimate(np.zeros(16), "math")
        >>> none.value, none.low, round(none.high, 3)
        (0.0, 0.0, 0.194)
    """
    if not len(values):
        raise AssayError(f"{name}: no question has a counted sample, so there is nothing to average")
    share, questions = _mean(values), len(values)
    most = share * (1 - share)  # a question is solved always or never: the largest variance of values of this mean
    effective = questions * (questions + PRIOR - 1) * most / _squares(values) if most else questions
    return Estimate(share, *wilson(share * effective, effective, z), questions)


def _mean(values: np.ndarray) -> float:
    """The same, bit for bit, in whatever order."""
    return min(1.0, fsum(values.tolist()) / len(values))


def _squares(values: np.ndarray, others: np.ndarray | None = None) -> float:
    """The sum of squares about the mean, or of products with others'; with those of the `PRIOR` where it is squares."""
    mean = _mean(values)
    if others is not None:
        return fsum(((values - mean) * (others - _mean(others))).tolist())
    return fsum(((values - mean) ** 2).tolist()) + PRIOR * mean * (1 - mean)


def wilson(successes: float, trials: float, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927, JASA 22:209), of 95 % unless the normal quantile `z` says otherwise;
    right at 0 and at 1 too, and (0, 1) of nothing.

    Example:
        >>> [round(end, 4) for end in wilson(0, 10)]
        [0.0, 0.2775]
    """
    if not 0 <= successes <= trials * (1 + 1e-12):
        raise ValueError(f"{successes} of {trials} is no share")
    if not trials:
        return 0.0, 1.0
    share, z2 = successes / trials, z * z
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = z * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    low = 0.0 if not successes else max(0.0, middle - half)
    return low, (1.0 if successes >= trials else min(1.0, middle + half))


def difference(
    before: Mapping[str, Measurement], after: Mapping[str, Measurement], name: str, z: float = Z_95
) -> Estimate:
    """Paired difference of avg@n, after minus before, over the questions that both answered.

    Its interval is that which the two intervals make at the correlation of the questions' rates (Newcombe 1998,
    Statistics in Medicine 17:2635, method 10); of the `PRIOR` questions the two know nothing of each other. Raises
    `AssayError`, with the name, where no question is shared.
    """
    both = [i for i in before if i in after and before[i].n and after[i].n]
    if not both:
        raise AssayError(f"{name}: no question has a counted sample in both, so there is nothing to compare")
    old, new = rates([before[i] for i in both]), rates([after[i] for i in both])
    was, now = estimate(old, name, z), estimate(new, name, z)
    spread = sqrt(_squares(old) * _squares(new))
    alike = _squares(old, new) / spread if spread else 0.0
    change = fsum((new - old).tolist()) / len(both)
    below = _side(now.value - now.low, was.high - was.value, alike)
    above = _side(now.high - now.value, was.value - was.low, alike)
    return Estimate(change, max(-1.0, change - below), min(1.0, change + above), len(both))


def gap(before: Estimate, after: Estimate) -> Estimate:
    """Difference, after minus before, of two shares whose questions are not known one by one, with the interval that
    theirs make where nothing is known of how they go together (Newcombe's method 10 without a correlation). Of the
    same questions it is wider than the paired one, as a rule.

    Example:
        >>> found = gap(Estimate(0.5, 0.4, 0.6, 100), Estimate(0.7, 0.6, 0.8, 100))
        >>> [round(number, 2) for number in (found.value, found.low, found.high)]
        [0.2, 0.06, 0.34]
    """
    below = _side(after.value - after.low, before.high - before.value, 0.0)
    above = _side(after.high - after.value, before.value - before.low, 0.0)
    change = after.value - before.value
    return Estimate(change, max(-1.0, change - below), min(1.0, change + above), min(before.questions, after.questions))


def _side(one: float, other: float, alike: float) -> float:
    """One half of the interval of a difference, of the halves of two and their correlation."""
    return sqrt(max(0.0, one * one + other * other - 2 * alike * one * other))


def p_value(before: Mapping[str, Measurement], after: Mapping[str, Measurement], name: str) -> float:
    """The level at which the interval of `difference` just touches zero; two-sided, 1 where nothing changed."""
    near, far = 0.0, 40.0  # of the normal quantile: the wider an interval, the larger its z
    change = difference(before, after, name).value
    for _ in range(40):
        z = (near + far) / 2
        span = difference(before, after, name, z)
        near, far = (z, far) if span.low > 0 or span.high < 0 else (near, z)
    return 2 * NormalDist().cdf(-near) if change else 1.0


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values adjusted so that all of them together err at most as often as one (Holm 1979, Scand. J. Stat. 6:65).

    Example:
        >>> holm({"math": 0.01, "code": 0.04, "logic": 0.03})
        {'math': 0.03, 'logic': 0.06, 'code': 0.06}
    """
    adjusted, worst = {}, 0.0
    for place, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        worst = max(worst, min(1.0, p * (len(p_values) - place)))
        adjusted[name] = worst
    return adjusted


def mean_of(parts: Mapping[str, np.ndarray], name: str) -> Estimate:
    """Unweighted mean over domains of their per-question values, with the interval that those of the domains make."""
    known = [estimate(values, domain) for domain, values in parts.items() if len(values)]
    if not known:
        raise AssayError(f"{name}: no domain has a question")
    found = together(known)
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def together(parts: Sequence[Estimate]) -> Estimate:
    """The unweighted mean of independent estimates, with the interval that theirs make."""
    mean = fsum(one.value for one in parts) / len(parts)
    below = sqrt(fsum((one.value - one.low) ** 2 for one in parts)) / len(parts)
    above = sqrt(fsum((one.high - one.value) ** 2 for one in parts)) / len(parts)
    return Estimate(mean, mean - below, mean + above, sum(one.questions for one in parts))
