"""Search by step verifiers against best-of-n, which has no fewer of the generator's tokens, over seeds.

    python benchmarks/eval_search.py

The task is a chain of additions and subtractions; the generator makes each step right with a chance, and says so many
tokens. A step verifier that informs calculates a step again from the line before and is wrong now and then; the path
verifier knows no more than how many steps look right to it. Random verifiers know nothing: where a search gained by
those, it would have seen what is right.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from statistics import fmean

import numpy as np

from assay.evaluate.search import Searched, Steps, Value, best_of_n, tree_search
from assay.models.engine import Completion, Request, Sampling
from assay.types import Message, hashed_seed
from bars import bar

LENGTH, RIGHT, TOKENS, BUDGET = 8, 0.7, 6, 480
"""Steps of a chain, chance of a right one, tokens of a step, and what a problem may cost: ten answers."""
PROBLEMS, SEEDS = 40, 5


def chain(seed: int) -> list[int]:
    """Where a chain starts, and what is added step by step."""
    rng = random.Random(hashed_seed("chain", seed))
    return [rng.randrange(10, 100) for _ in range(LENGTH + 1)]


class Chained:
    """A generator of steps: `= 42` a line."""

    name, fingerprint = "chained", "chained-1"

    def __init__(self, numbers: Sequence[int], seed: int) -> None:
        self.numbers, self.seed = numbers, seed

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        for request in requests:
            steps = [line for line in request.prompt[-1].content.split("\n")[1:] if line]
            rng = random.Random(hashed_seed(self.seed, *steps, request.sample))
            value, made = int(steps[-1][2:]) if steps else self.numbers[0], []
            for number in self.numbers[1 + len(steps) : 2 + len(steps) if sampling.stop else None]:
                value += number + (0 if rng.random() < RIGHT else rng.choice((-10, -1, 1, 10)))
                made.append(f"= {value}")
            yield Completion("\n".join(made), request=request.id, tokens=TOKENS * len(made))


def informed(numbers: Sequence[int], noise: Callable[[Steps], random.Random]) -> tuple[Value, Value]:
    """Verifiers that calculate steps again, and are wrong about one in twenty."""

    def one(steps: Steps) -> float:
        before = int(steps[-2][2:]) if len(steps) > 1 else numbers[0]
        right = int(steps[-1][2:]) == before + numbers[len(steps)]
        return 0.9 if right == (noise(steps).random() < 0.95) else 0.1

    return one, lambda steps: fmean(one(steps[:upto]) for upto in range(1, len(steps) + 1))


def success(seed: int, random_ones: bool) -> tuple[float, float, float]:
    """Shares of problems solved by search and by best-of-n, and what the search used of its tokens."""
    solved, used = [], []
    for problem in range(PROBLEMS):
        numbers, task = chain(hashed_seed(seed, problem)), hashed_seed("said", seed, problem)

        def noise(steps: Steps, task: int = task) -> random.Random:
            return random.Random(hashed_seed("noise", task, *steps))

        blind: Value = lambda steps, noise=noise: noise(steps).random()  # noqa: E731
        step, path = (blind, blind) if random_ones else informed(numbers, noise)
        asked = [Message("user", f"{numbers[0]} then {numbers[1:]}")]
        found = tree_search(
            Chained(numbers, task),
            asked,
            step=step,
            path=path,
            is_whole=lambda steps: len(steps) == LENGTH,
            tokens=BUDGET,
            seed=seed,
        )
        made: list[Searched] = [found, best_of_n(Chained(numbers, task), asked, path=path, tokens=found.tokens)]
        solved.append([one.best is not None and one.best.steps[-1] == f"= {sum(numbers)}" for one in made])
        used.append(made[0].tokens / made[1].tokens)
    search, plain = np.mean(solved, axis=0)
    return float(search), float(plain), fmean(used)


def gain(random_ones: bool) -> tuple[float, float]:
    """Mean gain of the search over seeds, and half of its 95 % interval."""
    runs = np.array([success(seed, random_ones) for seed in range(SEEDS)])
    gains = runs[:, 0] - runs[:, 1]
    half = 2.776 * gains.std(ddof=1) / np.sqrt(SEEDS)  # Student's t of four degrees of freedom
    which = "random" if random_ones else "informing"
    print(
        f"{which:10} verifiers: search {runs[:, 0].mean():.3f}, best-of-n {runs[:, 1].mean():.3f}, gain "
        f"{gains.mean():+.3f} +- {half:.3f} over {SEEDS} seeds of {PROBLEMS}; tokens {runs[:, 2].mean():.2f} x"
    )
    return float(gains.mean()), float(half)


def main() -> None:
    found, half = gain(random_ones=False)
    bar(f"search beats best-of-n by at least 0.15 where steps are verified: {found:+.3f} +- {half:.3f}", found >= 0.15)
    found, half = gain(random_ones=True)
    bar(f"and by nothing with random verifiers: {found:+.3f} +- {half:.3f}", abs(found) <= max(half, 0.05))


if __name__ == "__main__":
    main()
