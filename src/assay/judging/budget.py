"""What a verdict that runs programs may spend, and who is to blame when it is spent.

`timeout`, which scores null, is for a machine that gave the programs no processor or no slot. Time that a response's
runs used, sleeping included, is the response's own, in one run or over many.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass

from assay import sandbox
from assay.effort import DEADLINE, deadline_left
from assay.errors import IsolationRefused
from assay.sandbox import Limits, Outcome, Result
from assay.sandbox.wire import WireError
from assay.types import Verdict

CPU_SECONDS = 10.0
_MARGIN = 0.15  # seconds of a deadline that are kept for starting and reporting
_OWN = 0.5
"""Share of the time so far that the programs had, from which a deadline that passed is the response's doing."""


@dataclass
class _Clock:
    """The time that the programs of one verdict have had."""

    due: float | None
    started: float
    had: float = 0.0


_clock: ContextVar[_Clock | None] = ContextVar("_clock", default=None)


def _now() -> _Clock:
    clock, due = _clock.get(), DEADLINE.get()
    if clock is None or clock.due != due or due is None:
        clock = _Clock(due, time.monotonic())
        _clock.set(clock)
    return clock


def limits(cpu: float = CPU_SECONDS) -> Limits | None:
    """The usual limits within what is left of the verdict's deadline; `None` when nothing is left.

    CPU time is at most half of the wall time, so that a program on a machine that is twice as busy is still to blame.
    """
    _now()
    left = deadline_left()
    if left is None:
        return Limits(cpu=cpu)
    wall = min(left - _MARGIN, max(2.0, 4 * cpu))
    return Limits(cpu=min(cpu, wall / 2), wall=wall) if wall > 0.02 else None


def ran(job: sandbox.Job) -> Result | Verdict:
    """The result of a job, or the verdict where the sandbox or the machine is to blame."""
    clock = _now()
    try:
        result = sandbox.run(job, deadline_left())
    except IsolationRefused as refused:
        return Verdict.error(str(refused))
    except WireError as long:  # the response is what differs from job to job
        return Verdict.of(False, why=f"it cannot be handed to the sandbox: {long}")
    clock.had += result.wall - result.starved
    if result.outcome is Outcome.STARVED:
        return late(result.text)
    return Verdict.error(f"the sandbox failed: {result.text}") if result.blameless else result


def late(what: str = "the deadline passed before the program could start") -> Verdict:
    """The verdict when the deadline is over: `incorrect` where the response's own runs used up the time."""
    clock = _now()
    passed = time.monotonic() - clock.started
    if clock.had >= _OWN * passed and clock.had > 0:
        return Verdict.of(False, why=f"its programs used {clock.had:.1f} s of the {passed:.1f} s that there were")
    return Verdict.timeout(what)
