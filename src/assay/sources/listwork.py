"""Work on a list of integers, step by step, in words and in Python."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Work:
    """One step; `{k}` in both texts is its number."""

    words: str
    code: str
    """Statements on `xs`, or an expression of it where the step comes last."""
    numbers: range = range(0)
    """What `k` may be; empty for a step without a number."""


STEPS = (
    Work("Keep only the numbers that are divisible by {k}.", "xs = [x for x in xs if x % {k} == 0]", range(2, 5)),
    Work("Remove every number that is divisible by {k}.", "xs = [x for x in xs if x % {k}]", range(2, 8)),
    Work("Keep only the numbers that are greater than {k}.", "xs = [x for x in xs if x > {k}]", range(-9, 10)),
    Work("Keep only the numbers that are less than {k}.", "xs = [x for x in xs if x < {k}]", range(-2, 16)),
    Work("Multiply every number by {k}.", "xs = [x * {k} for x in xs]", range(2, 10)),
    Work("Add {k} to every number.", "xs = [x + {k} for x in xs]", range(1, 16)),
    Work("Subtract {k} from every number.", "xs = [x - {k} for x in xs]", range(1, 16)),
    Work("Replace every number by its square.", "xs = [x * x for x in xs]"),
    Work("Replace every number by its absolute value.", "xs = [abs(x) for x in xs]"),
    Work(
        "Change the sign of every number at an odd index, counting from 0.",
        "xs = [-x if i % 2 else x for i, x in enumerate(xs)]",
    ),
    Work(
        "Add to every number its index, counting from 0, times {k}.",
        "xs = [x + {k} * i for i, x in enumerate(xs)]",
        range(1, 7),
    ),
    Work(
        "Replace every number by its remainder on division by {k}, as Python's `%` gives it.",
        "xs = [x % {k} for x in xs]",
        range(4, 14),
    ),
    Work("Sort the list in increasing order.", "xs = sorted(xs)"),
    Work("Sort the list in decreasing order.", "xs = sorted(xs, reverse=True)"),
    Work(
        "Sort the list by absolute value in increasing order; numbers with the same absolute value stay in the "
        "order they had.",
        "xs = sorted(xs, key=abs)",
    ),
    Work("Reverse the list.", "xs = xs[::-1]"),
    Work(
        "Move the first {k} numbers to the end of the list; one of at most {k} numbers stays as it is.",
        "xs = xs[{k}:] + xs[:{k}]",
        range(1, 5),
    ),
    Work("Remove the first {k} numbers, or all of them if there are not so many.", "xs = xs[{k}:]", range(1, 4)),
    Work("Keep only the numbers at even indices, counting from 0.", "xs = xs[::2]"),
    Work("Remove repetitions: of equal numbers only the first stays.", "xs = list(dict.fromkeys(xs))"),
    Work(
        "Replace every number by the sum of all numbers up to and including it.",
        "out, total = [], 0\nfor x in xs:\n    total += x\n    out.append(total)\nxs = out",
    ),
    Work(
        "Replace every number by the largest of all numbers up to and including it.",
        "out = []\nfor x in xs:\n    out.append(max(x, out[-1]) if out else x)\nxs = out",
    ),
    Work(
        "Replace the list by the differences of neighbours, each number minus the one before it; there is one "
        "number fewer then, and none if the list had at most one.",
        "xs = [b - a for a, b in zip(xs, xs[1:])]",
    ),
    Work(
        "Remove every number that equals the number right before it in the list as it is before this step.",
        "xs = [x for i, x in enumerate(xs) if i == 0 or x != xs[i - 1]]",
    ),
)
ENDS = (
    Work("the list that is left", "xs"),
    Work("the sum of the numbers that are left (0 if there are none)", "sum(xs)"),
    Work("the largest of the numbers that are left (0 if there are none)", "max(xs, default=0)"),
    Work("the sum of the squares of the numbers that are left", "sum(x * x for x in xs)"),
    Work(
        "the sum of all numbers that are left, each times its index, counting from 0",
        "sum(i * x for i, x in enumerate(xs))",
    ),
    Work("the list that is left, followed by its length as a further element", "xs + [len(xs)]"),
)
"""What is returned in the end."""
Chosen = tuple[int, int]
"""Which step, and its number; 0 for a step without one."""


def chosen(rng: Random, steps: int) -> list[Chosen]:
    """Different steps, and how it ends, as the last one."""
    picked = rng.sample(range(len(STEPS)), steps)
    numbers = [rng.choice(STEPS[which].numbers) if STEPS[which].numbers else 0 for which in picked]
    return [*zip(picked, numbers, strict=True), (rng.randrange(len(ENDS)), 0)]


def words(work: list[Chosen]) -> tuple[list[str], str]:
    """The steps as sentences, and what is returned as a noun."""
    return [STEPS[which].words.format(k=k) for which, k in work[:-1]], ENDS[work[-1][0]].words


def function(name: str, work: list[Chosen]) -> str:
    """The same as a Python function of a list `xs`."""
    lines = [STEPS[which].code.format(k=k) for which, k in work[:-1]] + [f"return {ENDS[work[-1][0]].code}"]
    body = "\n".join(lines).replace("\n", "\n    ")
    return f"def {name}(xs):\n    {body}"


def slips(rng: Random, work: list[Chosen]) -> list[list[Chosen]]:
    """Work that is wrong in one way: a step is left out, a number is off by one, two steps change places, "
    "another end."""
    *steps, end = work
    out = [[*steps[:i], *steps[i + 1 :], end] for i in range(len(steps))]
    for i, (which, k) in enumerate(steps):
        if near := [n for n in (k - 1, k + 1) if n in STEPS[which].numbers]:
            out.append([*steps[:i], (which, rng.choice(near)), *steps[i + 1 :], end])
    return [*out, [*steps, ((end[0] + 1) % len(ENDS), 0)]]
