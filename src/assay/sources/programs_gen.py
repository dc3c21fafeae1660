"""Programs with loops, conditions and state: what does this call return, and which argument gives that?

Every output is what the program returned when it was run, in the sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from assay import sandbox
from assay.sandbox import Call, Limits, Outcome
from assay.sources.blocks import EASY, named, program
from assay.sources.files import fenced
from assay.sources.procedural import Problem, Procedural, Sketch, others
from assay.sources.simulation import ASK, VALUE

LIMITS = Limits(cpu=2.0)
MOST = 400
"""Characters of an output."""
_EACH = "\n\ndef f_of_each(given):\n    return [f(x) for x in given]\n"
OUTPUT = (
    "What does `f({given})` return?",
    "What is the value of `f({given})`?",
    "Work out by hand what `f({given})` gives.",
)
INPUT = (
    "Find an argument for which `f(...)` returns `{value}`.",
    "Which argument makes `f` return `{value}`? Any that does is right.",
    "Someone called `f` with one argument and got `{value}`. Give a call that returns the same.",
)


def _ran(code: str, given: Sequence[Any]) -> list[Any] | None:
    """What `f` returns for each argument; `None` where one of them makes it fail."""
    result = sandbox.run(Call(code + _EACH, "f_of_each", (list(given),), limits=LIMITS))
    return result.value if result.outcome is Outcome.DONE else None


Made = tuple[str, Any, Any, list[Any], list[Any]]
"""A program, an argument, what it returns, other values, and arguments that give them."""


def _sketch(rng: Random, level: int, problem: Callable[[Random, Made], Problem]) -> Sketch:
    plain, argument, given = program(rng, level)

    def finish() -> Problem | None:
        other = [*_slips(given), *EASY[argument]]
        values = _ran(plain, [given, *other])
        if not values or values[0] in values[1:] or len(repr(values[0])) > MOST:
            return None
        return problem(rng, (named(rng, plain), given, values[0], values[1:], other))

    return Sketch(plain, finish)


def _slips(given: Any) -> list[Any]:
    """The argument with its first element left out, with its last, and turned round."""
    return [given[1:], given[:-1], given[::-1] if given[::-1] != given else given + given]


def _output(rng: Random, made: Made) -> Problem:
    code, given, value, slips, _ = made
    asked = rng.choice(OUTPUT).format(given=repr(given))
    gold = fenced(repr(value))
    wrong = others(gold, *(fenced(repr(slip)) for slip in slips[:3]))
    return Problem(f"{fenced(code)}\n\n{asked}", _reference(code, given, value), gold, wrong, template=VALUE)


def _input(rng: Random, made: Made) -> Problem:
    code, given, value, _, slips = made
    asked = rng.choice(INPUT).format(value=repr(value))
    wrong = tuple(fenced(f"f({slip!r})") for slip in slips)
    template = ASK % "the call `f(...)`"
    gold = fenced(f"f({given!r})")
    return Problem(f"{fenced(code)}\n\n{asked}", _reference(code, given, value), gold, wrong, template=template)


def _reference(code: str, given: Any, value: Any) -> dict[str, str]:
    return {"code": code, "entry_point": "f", "input": repr(given), "output": repr(value)}


program_output = Procedural(
    name="simulation/program_output",
    about="What does a program with loops, conditions and state return? One more block a level",
    verifier="code_io.output",
    draw=lambda rng, level: _sketch(rng, level, _output),
    levels=6,
)
program_input = Procedural(
    name="simulation/program_input",
    about="Which argument makes a program with loops, conditions and state return that? One more block a level",
    verifier="code_io.input",
    draw=lambda rng, level: _sketch(rng, level, _input),
    levels=6,
)
