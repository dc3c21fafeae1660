"""How often 95 % intervals of avg@k hold the truth, for 3 to 300 questions of 1 to 16 samples each.

Questions are drawn from a distribution of difficulty, samples from each question; the truth is the mean of the
distribution. Beside ours stand a plain bootstrap over questions, a t and a normal interval (as `errorbars` 0.2 and most
libraries have it, clustered by question), and ours without its `PRIOR`. Then paired differences, of models that differ
in nothing, everywhere a little, or in a few questions. `worst` is the lowest coverage of any distribution and number of
samples, `zero` the share of intervals of no width.

    python benchmarks/eval_coverage.py [TRIALS]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from math import sqrt

import numpy as np

from assay.evaluate import metrics
from assay.evaluate.metrics import Z_95, difference, estimate
from assay.types import Measurement

QUESTIONS, SAMPLES = (3, 5, 10, 20, 30, 50, 100, 300), (1, 4, 16)
DIFFICULTY = {
    "hard": (0.3, 3),
    "harder": (0.1, 1),
    "very hard": (0.05, 2),
    "2 % solvable": (0.02, 1),
    "always or never": (0.3, 0.3),
    "middling": (2, 2),
    "any": (1, 1),
    "easy": (3, 0.3),
    "alike": (20, 60),
    "all 5 %": (50, 950),
}
"""Beta distributions of a question's rate."""
CHANGES = {"none": 0.0, "a third everywhere": 1 / 3, "a tenth of questions": -0.1}
"""What a second model gains: of what was missing, everywhere; or all of it, in a share of the questions."""
T = {3: 4.303, 5: 2.776, 10: 2.262, 20: 2.093, 30: 2.045, 50: 2.010, 100: 1.984, 300: 1.968}
"""The 97.5 % quantile of Student's t by the number of questions."""

Interval = tuple[float, float]
Cell = tuple[str, int, float, float, float]
"""Distribution, samples, coverage, mean width, share without width."""


def ours(values: np.ndarray) -> Interval:
    """Each question's rate to an interval."""
    found = estimate(values, "x")
    return found.low, found.high


def without_prior(values: np.ndarray) -> Interval:
    share, spread, n = float(values.mean()), float(values.var()), len(values)
    trials = n * share * (1 - share) / spread if spread > 1e-12 else n
    return metrics.wilson(share * trials, trials)


def normal(values: np.ndarray, quantile: float = Z_95) -> Interval:
    half = quantile * float(values.std(ddof=1)) / sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half


def student(values: np.ndarray) -> Interval:
    return normal(values, T[len(values)])


def bootstrap(values: np.ndarray) -> Interval:
    draws = np.random.default_rng(0).integers(0, len(values), (1000, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


METHODS = {"ours": ours, "no prior": without_prior, "student t": student, "normal": normal, "bootstrap": bootstrap}


def tried(name: str, samples: int, truth: float, spans: Iterable[Interval]) -> Cell:
    """The cell of many intervals of one truth."""
    ends = np.array(list(spans))
    held = (ends[:, 0] <= truth + 1e-12) & (truth - 1e-12 <= ends[:, 1])
    width = ends[:, 1] - ends[:, 0]
    return name, samples, float(held.mean()), float(width.mean()), float((width < 1e-9).mean())


def means(method: Callable[[np.ndarray], Interval], questions: int, trials: int) -> list[Cell]:
    """The cells of one method for so many questions."""
    cells = []
    for name, (a, b) in DIFFICULTY.items():
        for samples in SAMPLES:
            rng = np.random.default_rng([questions, samples, *map(ord, name)])
            rates = rng.binomial(samples, rng.beta(a, b, (trials, questions))) / samples
            cells.append(tried(name, samples, a / (a + b), map(method, rates)))
    return cells


def paired(old: np.ndarray, new: np.ndarray, samples: int) -> Interval:
    """Two models' right samples of each question to an interval of their difference."""
    sides = [{str(i): Measurement(str(i), "m", int(c), samples) for i, c in enumerate(side)} for side in (old, new)]
    found = difference(sides[0], sides[1], "x")
    return found.low, found.high


def paired_student(old: np.ndarray, new: np.ndarray, samples: int) -> Interval:
    return student((new - old) / samples)


def differences(
    method: Callable[[np.ndarray, np.ndarray, int], Interval], questions: int, trials: int
) -> Iterable[Cell]:
    """The cells of one method of paired differences."""
    for name, (a, b) in DIFFICULTY.items():
        for change, gain in CHANGES.items():
            for samples in SAMPLES:
                rng = np.random.default_rng([questions, samples, *map(ord, name + change)])
                before = rng.beta(a, b, (trials, questions))
                share = gain if gain >= 0 else rng.random((trials, questions)) < -gain
                after = before + (1 - before) * share
                sides = rng.binomial(samples, before), rng.binomial(samples, after)
                spans = (method(old, new, samples) for old, new in zip(*sides, strict=True))
                yield tried(f"{name}, {change}", samples, abs(gain) * b / (a + b), spans)


def told(title: str, cells: list[Cell]) -> str:
    """One line of the table."""
    coverage, width, zero = (float(np.mean([cell[place] for cell in cells])) for place in (2, 3, 4))
    worst = min(cells, key=lambda cell: cell[2])
    where = f"{worst[0]}, {worst[1]} sample{'s' * (worst[1] > 1)}"
    return f"{title:18} {coverage:8.3f} {worst[2]:7.3f} {width:7.3f} {zero:7.3f}  {where}"


def main(trials: int) -> None:
    head = f"{'':18} {'coverage':>8} {'worst':>7} {'width':>7} {'zero':>7}  worst where"
    print(f"avg@k, {trials} suites a cell\n{head}")
    for questions in QUESTIONS:
        for name, method in METHODS.items():
            print(told(f"{questions:4} {name}", means(method, questions, trials)), flush=True)
    print(f"\npaired differences, {trials} pairs a cell\n{head}")
    for questions in QUESTIONS:
        print(told(f"{questions:4} ours", list(differences(paired, questions, trials))), flush=True)
        print(told(f"{questions:4} student t", list(differences(paired_student, questions, trials))), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
