"""Programs that read standard input and write standard output: `code.stdio`.

All inputs run in one jailed process first, in an order that is the reference's own secret, each as a new program.
Outputs are compared here and no expected value enters that process, so a program that knows how it is run learns
earlier inputs and nothing that helps. It is right at once when every output matches, all runs together kept the limit
of one, and the run that had met most of what others leave behind gives the same in a process of its own. An output
that differs decides nothing, unless it is of the first run, which had a new process: that input is run again alone.
Once an input has another result alone, what was printed together counts for nothing: else a program had two guesses.

A C++ program (`language`) is compiled once, and each input has a process of its own from the start.

With `partial` the score is the share of inputs whose output is right; short ones are run alone first, and one that uses
up its time ends the rest.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from assay import sandbox
from assay.claim import program
from assay.errors import BadReference
from assay.judging.budget import late, limits, ran
from assay.judging.verifier import Lane, Params, verifier
from assay.sandbox import Limits, Outcome, Result
from assay.types import Example, Verdict
from assay.verifiers.number import Tolerance

_MAX_WHY = 400
_NUMBER = re.compile(
    rb"[+-]?(?:(\d{1,4000})|(?:\d{1,4000}\.?\d{0,4000}|\.\d{1,4000})(?:[eE][+-]?\d{1,6})?|inf(?:inity)?)", re.I
)
"""What a judge reads as a number: no hexadecimal, no `1_0`; an integer is a group of its own."""
_EXACT = 1 << 53
"""Integers from here on are compared exactly: as floating point numbers neighbours are the same."""
_Tolerance = tuple[float, float] | None


@dataclass(frozen=True)
class StdioParams(Params):
    """Parameters of `code.stdio`."""

    compare: Literal["tokens", "lines", "exact"] = "tokens"
    """What must be the same: the words between white space, the lines without white space at their ends, every byte."""
    tolerance: Tolerance | float | None = None
    """How far numbers among the tokens may be off, absolutely and relatively; written numbers count without it."""
    partial: bool = False
    """Whether the score is the share of inputs whose output is right."""
    language: Literal["python", "c++"] = "python"
    """What the program is written in; a response cannot choose. C++ (GNU C++20) needs a compiler on the machine."""


@verifier(
    "code.stdio",
    version=4,
    reference='{"inputs": [...], "outputs": [...]}',
    params=StdioParams,
    lane=Lane.SANDBOX,
    reads=lambda example, params: _Judge(example, params),
)
def stdio(example: Example, response: str, params: StdioParams) -> Verdict:
    """Right when the program prints what is expected for every input, compared by `tokens`, `lines` or `exact`ly.

    With a tolerance, numbers among the tokens (of a line) may differ by it.
    """
    judge = _Judge(example, params)
    if params.language == "c++":
        return judge.verdict_on_cpp(program.cpp_program(example, response))
    return judge.verdict(program.program_of(example, response))


class _Judge:
    """The inputs and outputs of an Example, and what is known of one program. Raises `BadReference`."""

    def __init__(self, example: Example, params: StdioParams) -> None:
        cases = _cases(example.reference)
        self.inputs = [given.encode("utf-8", "surrogatepass") for given, _ in cases]
        self.outputs = [expected.encode("utf-8", "surrogatepass") for _, expected in cases]
        self.rule, self.partial, given = params.compare, params.partial, params.tolerance
        self.tolerance: _Tolerance = (given.abs, given.rel) if isinstance(given, Tolerance) else None
        if isinstance(given, float | int):
            if given < 0:
                raise BadReference(f"parameter 'tolerance' is not below 0, as {given} is")
            self.tolerance = (float(given), float(given))
        if self.rule == "exact" and self.tolerance:
            raise BadReference("a tolerance needs numbers to be read: compare tokens or lines")
        self.source, self.compiles = "", True
        self.right: set[int] = set()
        self.together: set[int] = set()
        """Inputs of which only the output among others is known."""
        self.wrong: dict[int, str] = {}
        """What is wrong with the outputs that are, by number of the input."""

    def verdict(self, source: str) -> Verdict:
        self.source, order = source, self._order()
        if len(order) > 1 and (nothing := self._run_together(order)) is not None:
            return nothing
        return self._verdict_alone(self._unsure(order), lambda given, room: sandbox.Program(source, given, room))

    def verdict_on_cpp(self, source: str) -> Verdict:
        """Compile it once, and give each input a process of its own."""
        self.source, made = source, ran(sandbox.Compile(source))
        if isinstance(made, Verdict):
            return made
        if made.outcome is not Outcome.DONE:
            why = f"it does not compile as C++20: {made.text}"
            return Verdict.of(False, read=source, why=why[:_MAX_WHY])
        order = self._short_first(set(range(len(self.inputs))))
        return self._verdict_alone(order, lambda given, room: sandbox.Native(made.output, given, room))

    def _verdict_alone(self, left: list[int], job: Callable[[bytes, Limits], sandbox.Job]) -> Verdict:
        """Run inputs alone, each in a process of its own."""
        while left and self.compiles and (self.partial or not self.wrong):
            number = left.pop(0)
            room = limits()
            if room is None:
                over = late(f"no time was left for input {number + 1} of {len(self.inputs)}")
                return self._judged(over.why) if over.counts else over
            result = ran(job(self.inputs[number], room))
            if isinstance(result, Verdict):
                return result
            before = number in self.right
            self._learn(number, result, result.output)
            if number in self.together and before != (number in self.right):
                self.right -= self.together - {number}
                left, self.together = self._short_first(self.together.union(left) - {number}), set()
            self.together.discard(number)
            if result.outcome is Outcome.TIMEOUT:
                break
        return self._judged()

    def _run_together(self, order: list[int]) -> Verdict | None:
        """Learn from one process; the verdict, if there is one that says nothing of the program."""
        room = limits()
        if room is None:
            return late()
        result = ran(sandbox.Batch(self.source, tuple(self.inputs[number] for number in order), room))
        if isinstance(result, Verdict):
            return result
        first = result.outputs[0] if result.outputs else b""
        self._learn(order[0], None if result.outputs else result, first)
        pairs = zip(order, result.outputs, strict=False)
        self.right |= {number for number, output in pairs if self._same(number, output)}
        self.together = set(order[1 : len(result.outputs)])
        return None

    def _unsure(self, order: list[int]) -> list[int]:
        """Inputs that need a run of their own: those that are not right, and one that must be so alone."""
        unknown = self._short_first(set(order) - self.right - self.wrong.keys())
        known = [number for number in order[1:] if number in self.right][-1:]
        return known + unknown if self.partial else unknown + known

    def _short_first(self, numbers: set[int]) -> list[int]:
        return sorted(numbers, key=lambda number: (len(self.inputs[number]), number))

    def _learn(self, number: int, result: Result | None, output: bytes) -> None:
        """Note the output of a run that had a process of its own."""
        self.right.discard(number)
        if result is not None and result.outcome is not Outcome.DONE:
            self.compiles = result.outcome is not Outcome.COMPILE_ERROR
            hint = program.hint(self.source, result.text.partition(":")[0]) if not self.compiles else ""
            self.wrong[number] = f"{result.outcome}: {result.text}"[:300] + hint
        elif self._same(number, output):
            self.right.add(number)
        else:
            self.wrong[number] = f"it printed {_shown(output)}, expected {_shown(self.outputs[number])}"

    def _judged(self, over: str = "") -> Verdict:
        size, right = len(self.inputs), len(self.right)
        if right == size:
            return Verdict.of(True, read=self.source, why=f"{size} outputs are as expected")
        reasons = [f"input {number + 1}: {why}" for number, why in sorted(self.wrong.items())]
        why = f"{right} of {size} outputs are right; {'; '.join([*reasons, *filter(None, [over])])}"
        return Verdict.partial(right / size if self.partial else 0.0, read=self.source, why=why[:_MAX_WHY])

    def _order(self) -> list[int]:
        """An order of the inputs that is always the same and that only the reference tells."""
        secret = hashlib.sha256(b"\0".join(self.outputs) + b"\1" + b"\0".join(self.inputs)).digest()
        order = list(range(len(self.inputs)))
        random.Random(secret).shuffle(order)
        return order

    def _same(self, number: int, output: bytes) -> bool:
        expected = self.outputs[number]
        if self.rule == "exact":
            return output == expected
        if self.rule == "tokens":
            return _same_tokens(output, expected, self.tolerance)
        output, expected = output.rstrip(), expected.rstrip()
        if output.count(b"\n") != expected.count(b"\n"):
            return False  # before it is split: a program may print very many lines
        left, right = ([line.rstrip() for line in text.split(b"\n")] for text in (output, expected))
        return all(
            a == b or (self.tolerance is not None and _same_tokens(a, b, self.tolerance))
            for a, b in zip(left, right, strict=True)
        )


def _cases(reference: Any) -> list[tuple[str, str]]:
    inputs, outputs = (reference.get(k) for k in ("inputs", "outputs")) if isinstance(reference, dict) else (None, None)
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs) or not inputs:
        raise BadReference("code.stdio needs 'inputs' and 'outputs', lists of the same length that are not empty")
    if not all(isinstance(text, str) for text in [*inputs, *outputs]):
        raise BadReference("code.stdio: inputs and outputs are text")
    return list(zip(inputs, outputs, strict=True))


def _same_tokens(printed: bytes, expected: bytes, tolerance: _Tolerance) -> bool:
    right = expected.split()
    left = printed.split(None, len(right))  # no more of what a program printed than is needed
    if len(left) != len(right):
        return False
    return all(a == b or (tolerance is not None and _near(a, b, *tolerance)) for a, b in zip(left, right, strict=True))


def _near(printed: bytes, expected: bytes, absolute: float, relative: float) -> bool:
    one, other = _NUMBER.fullmatch(printed), _NUMBER.fullmatch(expected)
    if one is None or other is None:
        return False
    if one[1] and other[1] and max(abs(int(printed)), abs(int(expected))) >= _EXACT:
        return int(printed) == int(expected)
    left, right = float(printed), float(expected)
    return math.isfinite(right) and abs(left - right) <= max(absolute, relative * abs(right))


def _shown(output: bytes) -> str:
    return repr(output[:80].decode(errors="replace")) + ("..." if len(output) > 80 else "")
