"""What a verdict that runs programs may spend, and who is to blame when it is spent.

The time of a verdict's programs is what they ran and slept, in one run or over many; waiting for a slot or for a
processor is nobody's, however long it takes. So `timeout`, which scores null, is for a machine that gave a program
next to nothing for very long, and never what a response can choose.
"""

from __future__ import annotations

from assay import sandbox
from assay.effort import ALLOWANCE
from assay.errors import IsolationRefused
from assay.sandbox import Limits, Outcome, Result
from assay.sandbox.wire import WireError
from assay.types import Verdict

CPU_SECONDS = 10.0
_LEAST = 0.02
"""Seconds of its own below which no program is started."""


def limits(cpu: float = CPU_SECONDS) -> Limits | None:
    """The usual limits within what is left of the verdict's time; `None` when nothing is left.

    CPU time is at most half of it, so that one run leaves something to the next.
    """
    allowed = ALLOWANCE.get()
    if allowed is None:
        return Limits(cpu=cpu)
    wall = min(allowed.seconds - allowed.had, max(2.0, 4 * cpu))
    return Limits(cpu=min(cpu, wall / 2), wall=wall) if wall > _LEAST else None


def ran(job: sandbox.Job) -> Result | Verdict:
    """The result of a job, or the verdict where the sandbox or the machine is to blame.

    What a compiler takes is bounded by itself, and is not taken from the program's time.
    """
    try:
        result = sandbox.run(job)
    except IsolationRefused as refused:
        return Verdict.error(str(refused))
    except WireError as long:  # the response is what differs from job to job
        return Verdict.of(False, why=f"it cannot be handed to the sandbox: {long}")
    if (allowed := ALLOWANCE.get()) is not None and not isinstance(job, sandbox.Compile):
        allowed.had += result.wall - result.starved
    if result.outcome is Outcome.STARVED:
        return Verdict.timeout(result.text)
    return Verdict.error(f"the sandbox failed: {result.text}") if result.blameless else result


def late(what: str = "its time was over") -> Verdict:
    """The verdict when no time is left: the response's own runs have used it, unless there never was any."""
    allowed = ALLOWANCE.get()
    if allowed is None or not allowed.had:
        return Verdict.timeout("the deadline leaves no time to run a program")
    return Verdict.of(False, why=f"{what}: its programs used {allowed.had:.1f} of {allowed.seconds:.3g} s")
