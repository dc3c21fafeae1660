"""Write a function, or a program that reads and writes, from a specification in words; hidden tests judge it.

Expected outputs are those of the reference, which runs in the sandbox with programs that are wrong in one step.
A problem is kept only where its tests refuse all of these, and whatever returns the same for every input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from assay import sandbox
from assay.sandbox import Call, Limits, Outcome
from assay.sources import listwork
from assay.sources.files import fenced
from assay.sources.listwork import Chosen
from assay.sources.procedural import Problem, Procedural, Sketch

LIMITS = Limits(cpu=2.0)
NAMES = ("process", "transform", "solve", "refine", "digest", "rework", "condense", "evaluate")
TESTS = 10
"""Inputs of each problem, the empty list and a list of one number among them."""
_ALL = "\n\ndef all_of(given):\n    return [[run(list(xs)) for xs in given] for run in (%s)]\n"
_TRIVIAL = (
    "def same(xs):\n    return xs\n\ndef in_order(xs):\n    return sorted(xs)\n\ndef total(xs):\n    return sum(xs)"
)
FUNCTION = (
    "Write a Python function `{name}(numbers)` that takes a list of integers, carries out the following steps one "
    "after another, and returns {end}.",
    "Implement `{name}(numbers)` in Python. Its argument is a list of integers, which may be empty. The function "
    "does this, in the given order, and then returns {end}:",
    "Your task is a Python function called `{name}` with one parameter, a list of integers. Each step works on the "
    "result of the step before; the function returns {end}.",
)
PROGRAM = (
    "Write a Python program that reads one line of integers, separated by spaces, from standard input; the line may "
    "be empty. It carries out the following steps on the list of these integers, one after another, and prints "
    "{end}.",
    "A line with integers between spaces, possibly with none at all, is given on standard input. Write a Python "
    "program that does the following with the list of these integers, step by step, and writes {end} to standard "
    "output.",
)
CALL = ("{problem}\n\nPlease give the complete function in one ```python code block.", "{problem}\n\nPut the "
    "whole function into one ```python code block; tests that are not shown will call it.")  # fmt: skip
READ = "{problem}\n\nPlease give the complete program in one ```python code block."
AS_LIST = " A list is printed as its numbers on one line, with a space between them."


def _inputs(rng: Random) -> list[list[int]]:
    lengths = [rng.randint(4, 12) for _ in range(TESTS - 2)]
    return [[], [rng.randint(-20, 20)], *([rng.randint(-12, 25) for _ in range(length)] for length in lengths)]


Tested = tuple[list[Chosen], list[list[Chosen]], list[list[int]], list[Any]]
"""What is to be done, work that is wrong in one way, inputs, and what comes of each."""


def _sketch(rng: Random, level: int, problem: Callable[[Random, Tested], Problem]) -> Sketch:
    work = listwork.chosen(rng, level + 1)

    def finish() -> Problem | None:
        tested = _tested(rng, work)
        return problem(rng, tested) if tested else None

    return Sketch([*map(list, work)], finish)


def _tested(rng: Random, work: list[Chosen]) -> Tested | None:
    """The work with tests that all slips and trivial programs fail; `None` where one of them passes."""
    given, slips = _inputs(rng), listwork.slips(rng, work)
    names = [f"run{i}" for i in range(len(slips) + 1)]
    code = "\n\n".join(map(listwork.function, names, [work, *slips]))
    source = f"{code}\n\n{_TRIVIAL}{_ALL % ', '.join([*names, 'same', 'in_order', 'total'])}"
    result = sandbox.run(Call(source, "all_of", (given,), limits=LIMITS))
    if result.outcome is not Outcome.DONE:
        return None
    right, *others = result.value
    is_told_apart = right not in others and len(set(map(repr, right))) >= TESTS // 2
    return (work, slips, given, right) if is_told_apart else None


def _told(rng: Random, openings: Sequence[str], work: list[Chosen], name: str = "") -> str:
    steps, end = listwork.words(work)
    return "\n".join(
        [rng.choice(openings).format(name=name, end=end), "", *(f"{n}. {step}" for n, step in enumerate(steps, 1))]
    )


def _function(rng: Random, tested: Tested) -> Problem:
    work, slips, given, right = tested
    name = rng.choice(NAMES)
    tests = [f"assert {name}({xs!r}) == {value!r}" for xs, value in zip(given, right, strict=True)]
    gold, *wrong = (fenced(listwork.function(name, each)) for each in (work, *slips))
    prompt, reference = _told(rng, FUNCTION, work, name), {"tests": tests, "entry_point": name}
    return Problem(prompt, reference, gold, tuple(wrong), template=rng.choice(CALL))


def _program(rng: Random, tested: Tested) -> Problem:
    work, slips, given, right = tested
    lines = [" ".join(map(str, value if isinstance(value, list) else [value])) for value in right]
    reference = {"inputs": [f"{' '.join(map(str, xs))}\n" for xs in given], "outputs": [f"{line}\n" for line in lines]}
    gold, *wrong = (fenced(_reading(each)) for each in (work, *slips))
    openings = [text + AS_LIST * _gives_list(work) for text in PROGRAM]
    return Problem(_told(rng, openings, work), reference, gold, tuple(wrong), template=READ)


def _reading(work: list[Chosen]) -> str:
    call = "print(*solve(numbers))" if _gives_list(work) else "print(solve(numbers))"
    return f"{listwork.function('solve', work)}\n\n\nnumbers = [int(word) for word in input().split()]\n{call}"


def _gives_list(work: list[Chosen]) -> bool:
    """Whether the work ends with a list."""
    return listwork.ENDS[work[-1][0]].code.startswith("xs")


functions = Procedural(
    name="code/functions",
    about="Write a function on a list of integers from two to six steps in words; hidden tests refuse it with a "
    "step wrong",
    verifier="code.tests",
    draw=lambda rng, level: _sketch(rng, level, _function),
    levels=5,
)
filters = Procedural(
    name="code/filters",
    about="Write a program that reads integers, works on them in two to six steps and prints what is left",
    verifier="code.stdio",
    draw=lambda rng, level: _sketch(rng, level, _program),
    levels=5,
)
