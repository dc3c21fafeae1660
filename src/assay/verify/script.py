"""An Example's own check program: `check(answer)` in the sandbox says whether the answer is right.

The answer arrives as data: a literal where the marked answer is one, else its text. The program returns `True`,
`False`, or a pair of that and a sentence; an assertion that fails means wrong. The answer is never executed.
"""

from __future__ import annotations

from typing import Any

from assay import sandbox
from assay.errors import BadReference
from assay.sandbox import Outcome, Result
from assay.types import Example, Verdict
from assay.verify import program, pyvalue
from assay.verify.base import PROGRAM_DEADLINE, verifier
from assay.verify.code import LATE, limits, ran
from assay.verify.extract import NoAnswer, find
from assay.verify.pyvalue import NotALiteral

_OWN_FAULTS = ("SyntaxError", "NameError", "ImportError", "ModuleNotFoundError")


@verifier("script", version=1, runs_programs=True)
def script(example: Example, response: str) -> Verdict:
    """Right when the Example's `check(answer)` returns True within its budget."""
    source, budget = _reference(example.reference)
    try:
        program.spoken(example, response)
        read = find(example, response).text
    except NoAnswer as nothing:
        return Verdict.no_answer(str(nothing))
    try:
        answer: Any = pyvalue.parse(read)
    except NotALiteral:
        answer = read
    room = limits(budget)
    if room is None:
        return Verdict.timeout(LATE)
    result = ran(sandbox.Call(source, "check", (answer,), {}, room))
    return result if isinstance(result, Verdict) else _judge(result, read[:2000])


def _reference(reference: Any) -> tuple[str, float]:
    if not isinstance(reference, dict) or not isinstance(reference.get("check"), str):
        raise BadReference("script needs a reference with 'check', the source of a program that defines check(answer)")
    budget = reference.get("budget", PROGRAM_DEADLINE)
    if isinstance(budget, bool) or not isinstance(budget, (int, float)) or budget <= 0:
        raise BadReference("script: 'budget' is a number of seconds above 0")
    tree = program.parse(reference["check"])
    if tree is None or "check" not in program.defined(tree):
        raise BadReference("script: the check program is no Python, or defines no function 'check'")
    return reference["check"], float(budget)


def _judge(result: Result, read: str) -> Verdict:
    if result.outcome is Outcome.RUNTIME_ERROR and result.text.startswith(_OWN_FAULTS):
        return Verdict.error(f"the check program is broken: {result.text}")
    if result.outcome is not Outcome.DONE:
        return Verdict.of(False, read=read, why=f"check: {result.outcome}: {result.text}"[:400])
    value, why = result.value, "check(answer)"
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        value, why = value[0], value[1]
    if not isinstance(value, bool):
        return Verdict.error(f"check returned {type(value).__name__}, not True or False")
    return Verdict.of(value, read=read, why=f"{why}: {value}")
