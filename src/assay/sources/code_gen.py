"""Procedural code: complete a function from the comment under its `def` line.

The reference is a handful of assertions; the response is the body. Wrong bodies are kept only when they give another
value on at least one of the asserted inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from assay.sources.procedural import Problem, Procedural

Run = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A description, the expression that carries it out, and the same as a Python callable."""

    words: str
    code: str
    run: Run


def _problem(argument: str, right: Draft, slips: Sequence[Draft], inputs: Sequence[Any]) -> Problem:
    expected = [right.run(value) for value in inputs]
    wrong = dict.fromkeys(_body(s.code) for s in slips if [s.run(value) for value in inputs] != expected)
    return Problem(
        f"def f({argument}):\n    # {right.words}",
        {"tests": [f"assert f({v!r}) == {e!r}" for v, e in zip(inputs, expected, strict=True)], "entry_point": "f"},
        _body(right.code),
        tuple(wrong),
    )


def _body(code: str) -> str:
    return f"    return {code}"


_SIGNS: dict[str, tuple[str, Callable[[int, int], int]]] = {
    "+": ("plus", lambda x, k: x + k),
    "-": ("minus", lambda x, k: x - k),
    "*": ("times", lambda x, k: x * k),
}
_PAIRS = (("*", "+"), ("*", "-"), ("+", "*"), ("-", "*"))
_INPUTS = (0, 1, 2, 5, 10, -3)


def _expression(rng: Random, level: int) -> Problem:
    signs = list(rng.choice(_PAIRS)) + [rng.choice("+-*") for _ in range(level - 1)]
    steps = [(sign, rng.randint(2, 30)) for sign in signs]
    slips = []
    for place, (sign, k) in enumerate(steps):
        for step in [(sign, k + 1), (sign, k - 1), *((other, k) for other in _SIGNS if other != sign)]:
            slips.append(_steps([*steps[:place], step, *steps[place + 1 :]]))
    return _problem("x", _steps(steps), slips, _INPUTS)


def _steps(steps: Sequence[tuple[str, int]]) -> Draft:
    code = "x"
    for place, (sign, k) in enumerate(steps):
        loose = place > 0 and sign == "*" and steps[place - 1][0] != "*"
        code = f"({code}) {sign} {k}" if loose else f"{code} {sign} {k}"

    def run(x: int) -> int:
        for sign, k in steps:
            x = _SIGNS[sign][1](x, k)
        return x

    return Draft("x " + ", ".join(f"{_SIGNS[sign][0]} {k}" for sign, k in steps), code, run)


_SLICES: dict[str, tuple[str, Callable[[list[int], int], list[int]]]] = {
    "the first {k}": ("xs[:{k}]", lambda xs, k: xs[:k]),
    "the last {k}": ("xs[-{k}:]", lambda xs, k: xs[-k:]),
    "all but the first {k}": ("xs[{k}:]", lambda xs, k: xs[k:]),
    "all but the last {k}": ("xs[:-{k}]", lambda xs, k: xs[:-k]),
}
_EACH: dict[str, tuple[str, Callable[[list[int], int], list[int]]]] = {
    "plus {k}": ("[x + {k} for x in {xs}]", lambda xs, k: [x + k for x in xs]),
    "minus {k}": ("[x - {k} for x in {xs}]", lambda xs, k: [x - k for x in xs]),
    "times {k}": ("[x * {k} for x in {xs}]", lambda xs, k: [x * k for x in xs]),
    "if over {k}": ("[x for x in {xs} if x > {k}]", lambda xs, k: [x for x in xs if x > k]),
    "if under {k}": ("[x for x in {xs} if x < {k}]", lambda xs, k: [x for x in xs if x < k]),
}
_ENDS: dict[str, tuple[str, Callable[[list[int]], Any]]] = {
    "then the sum": ("sum({xs})", sum),
    "then how many": ("len({xs})", len),
    "then sorted": ("sorted({xs})", sorted),
    "then reversed": ("{xs}[::-1]", lambda xs: xs[::-1]),
}
_LISTS = (
    [3, 18, 7, 29, 11, 2, 24, 15, 9, 21],
    [30, 4, 13, 8, 26, 17, 1, 22, 10, 5],
    [12, 6, 28, 19, 14, 25, 16, 20, 23, 27],
)


def _list_ops(rng: Random, level: int) -> Problem:
    while True:
        problem = _list_op(rng, level)
        if len({test.partition(" == ")[2] for test in problem.reference["tests"]}) > 1:  # else a constant would pass
            return problem


def _list_op(rng: Random, level: int) -> Problem:
    cut = (rng.choice(list(_SLICES)), rng.randint(1, 9))
    each = [(rng.choice(list(_EACH)), rng.randint(2, 30)) for _ in range(1 if level < 3 else 2)]
    end = rng.choice(list(_ENDS)) if level > 1 else ""
    right = _chain(cut, each, end)
    slips = [_chain((name, cut[1]), each, end) for name in _SLICES]
    slips += [_chain((cut[0], k), each, end) for k in (cut[1] - 1, cut[1] + 1) if k]
    slips += [_chain(cut, [(name, each[0][1]), *each[1:]], end) for name in _EACH]
    slips += [_chain(cut, [(each[0][0], each[0][1] + k), *each[1:]], end) for k in (-2, -1, 1, 2)]
    return _problem("xs", right, slips, _LISTS)


def _chain(cut: tuple[str, int], each: Sequence[tuple[str, int]], end: str) -> Draft:
    words, code = cut[0].format(k=cut[1]), _SLICES[cut[0]][0].format(k=cut[1])
    for name, k in each:
        words, code = f"{words}, each {name.format(k=k)}", _EACH[name][0].format(k=k, xs=code)
    if end:
        words, code = f"{words}, {end}", _ENDS[end][0].format(xs=code)

    def run(xs: list[int]) -> Any:
        xs = _SLICES[cut[0]][1](xs, cut[1])
        for name, k in each:
            xs = _EACH[name][1](xs, k)
        return _ENDS[end][1](xs) if end else xs

    return Draft(words, code, run)


expression = Procedural(
    name="code/expression",
    about="Write an arithmetic function from its description: two steps, then one more a level",
    verifier="code.tests",
    draw=_expression,
)
list_ops = Procedural(
    name="code/list_ops",
    about="Write a list function from its description: cut and map or filter, then reduce, then two maps",
    verifier="code.tests",
    draw=_list_ops,
    levels=3,
)
