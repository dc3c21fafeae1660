"""An Example's own check program: `check(answer)` in the sandbox says whether the answer is right.

The answer arrives as data: a literal where the marked answer is one, else its text. The program returns `True`,
something false, or a pair of that and a sentence; an exception of `check` means wrong, and so does anything else that
it returns, unless it says such of an empty answer too: then the row is broken. The answer is never executed, and a
check program must not do so either (`eval`, `sympify`): it runs where the expected value is.
"""

from __future__ import annotations

from typing import Any

from assay import sandbox
from assay.claim import program
from assay.claim.claims import answer as answer_of
from assay.claim.fences import parse
from assay.errors import BadReference
from assay.judging.budget import late, limits, ran
from assay.judging.verifier import Lane, verifier
from assay.literals import pyvalue
from assay.literals.pyvalue import NotALiteral
from assay.sandbox import Outcome, Result
from assay.sandbox.jobs import DAY
from assay.types import Example, Verdict

DEFAULT_BUDGET = 10.0
"""CPU seconds of a check program that names no budget."""
_ASKED = "assay_asked"
_ASK = f"""
def assay_says(answer):
    said = check(answer)
    said, why = said if isinstance(said, tuple) and len(said) == 2 else (said, "check(answer)")
    known = type(said).__name__ in ("bool", "bool_", "BooleanTrue", "BooleanFalse") or not said
    return [bool(said), str(why)[:300]] if known else [None, type(said).__name__]

def {_ASKED}(answer):
    try:
        said, why = assay_says(answer)
        if said is None and assay_says("")[0] is not None:
            return [False, "check returned " + why]
        return [said, why]
    except Exception as problem:
        return [False, ("check raised " + type(problem).__name__ + ": " + str(problem))[:300]]
"""


@verifier(
    "script",
    version=5,
    reference='{"check": source, "budget": seconds}',
    lane=Lane.SANDBOX,
    reads=lambda example, _: _reference(example.reference),
)
def script(example: Example, response: str) -> Verdict:
    """Right when the Example's `check(answer)` returns True within its budget."""
    source, budget = _reference(example.reference)
    room = limits(budget or DEFAULT_BUDGET)
    if room is not None and room.cpu < budget:
        return Verdict.error(f"script: a budget of {budget:g} s needs a deadline of {2 * budget + 1:g} s or more")
    program.spoken(example, response)
    read = answer_of(example, response)
    try:
        answer: Any = pyvalue.parse(read)
    except NotALiteral:
        answer = read
    room = limits(budget or DEFAULT_BUDGET)
    if room is None:
        return late()
    result = ran(sandbox.Call(source + _ASK, _ASKED, (answer,), {}, room))
    return result if isinstance(result, Verdict) else _judge(result, read[:2000])


def _reference(reference: Any) -> tuple[str, float]:
    """The check program and its budget, 0 where none is named."""
    if not isinstance(reference, dict) or not isinstance(reference.get("check"), str):
        raise BadReference("script needs a reference with 'check', the source of a program that defines check(answer)")
    budget = reference.get("budget")
    if budget is not None and (
        isinstance(budget, bool) or not isinstance(budget, (int, float)) or not 0 < budget <= DAY
    ):
        raise BadReference(f"script: 'budget' is a number of CPU seconds above 0 and at most {DAY:,}")
    tree = parse(reference["check"])
    if tree is None or "check" not in program.defined(tree):
        raise BadReference("script: the check program is no Python, or defines no function 'check'")
    return reference["check"], float(budget or 0)


def _judge(result: Result, read: str) -> Verdict:
    """Whatever ends `check` once it has an answer means wrong; what ends the program before that is the row's fault."""
    if not result.loaded:
        return Verdict.error(f"the check program does not load: {result.text}"[:400])
    if result.outcome is not Outcome.DONE:
        return Verdict.of(False, read=read, why=f"check: {result.outcome}: {result.text}"[:400])
    right, why = result.value
    if right is None:
        return Verdict.error(f"check returned {why}, neither True nor something false")
    return Verdict.of(right, read=read, why=f"{why}: {right}")
