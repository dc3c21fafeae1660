"""Procedural simulation: say what a small program returns, or find an input for which it returns a given value.

Programs are chains of string steps, each one-to-one, so the program's own text never gives an input away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from assay.sources.procedural import Problem, Procedural, others

_DIGITS, _LETTERS = "0123456789", "abcdefgh"
"""Level 1 works on strings of digits, the higher ones on letters."""


@dataclass(frozen=True, slots=True)
class Step:
    """One statement on `s` and the same as a Python callable."""

    code: str
    run: Callable[[str], str]


def _alphabet(level: int) -> str:
    return _DIGITS if level == 1 else _LETTERS


def _step(rng: Random, level: int) -> Step:
    letter, k = rng.choice(_alphabet(level)), rng.randint(1, 2)
    case = (Step("s.swapcase()", lambda s: s.swapcase()),) if level > 1 else ()
    steps: tuple[Step, ...] = (
        *case,
        Step("s[::-1]", lambda s: s[::-1]),
        Step(f"s + '{letter}'", lambda s: s + letter),
        Step(f"'{letter}' + s", lambda s: letter + s),
        Step("s + s", lambda s: s + s),
        Step(f"s[{k}:] + s[:{k}]", lambda s: s[k:] + s[:k]),
        Step(f"s[-{k}:] + s[:-{k}]", lambda s: s[-k:] + s[:-k]),
    )
    return rng.choice(steps)


def _program(rng: Random, level: int) -> tuple[str, Callable[[str], str]]:
    steps = [_step(rng, level) for _ in range(level)]

    def run(s: str) -> str:
        for step in steps:
            s = step.run(s)
        return s

    lines = [f"    s = {step.code}" for step in steps[:-1]] + [f"    return {steps[-1].code}"]
    return "def f(s):\n" + "\n".join(lines), run


def _word(rng: Random, level: int) -> str:
    return "".join(rng.choices(_alphabet(level), k=rng.randint(3, 3 + level)))


def _output(rng: Random, level: int) -> Problem:
    code, run = _program(rng, level)
    given = _word(rng, level)
    value = run(given)
    wrong = others(repr(value), *(repr(slip) for slip in (given, *_slips(value), run(given[::-1]))))
    reference = {"code": code, "entry_point": "f", "input": repr(given), "output": repr(value)}
    return Problem(f"{code}\nf({given!r}) == ?", reference, repr(value), wrong)


def _input(rng: Random, level: int) -> Problem:
    code, run = _program(rng, level)
    given = _word(rng, level)
    value = run(given)
    wrong = tuple(repr(slip) for slip in (*_slips(given), value, run(value)) if run(slip) != value)
    reference = {"code": code, "entry_point": "f", "input": repr(given), "output": repr(value)}
    return Problem(f"{code}\nf(?) == {value!r}", reference, repr(given), wrong)


def _slips(word: str) -> tuple[str, ...]:
    """A letter lost, doubled, or two swapped."""
    return (word[1:], word[:-1], word + word[-1], word[1] + word[0] + word[2:], word[:-2] + word[-1] + word[-2])


output = Procedural(
    name="simulation/output",
    about="Say what a small string program returns; one more step a level",
    verifier="code_io.output",
    draw=_output,
    levels=6,
)
input_ = Procedural(
    name="simulation/input",
    about="Find an input for which a small string program returns the given value; one more step a level",
    verifier="code_io.input",
    draw=_input,
    levels=6,
)
