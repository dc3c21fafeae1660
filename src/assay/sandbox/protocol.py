"""What the trusted side, a worker and its children say about a job."""

from __future__ import annotations

from typing import NamedTuple

DESCRIPTORS = {"program": (0, 1, 2, 3), "candidate": (0, 1, 2, 3), "checker": (0, 1, 2, 3, 4)}
"""For each role, the descriptors that its process is given, in the order in which they are sent."""
STOP = b"stop"
"""From the trusted side: end the job."""
READY = b"ready "
"""What a process that runs whole programs writes on its report pipe once it is isolated: it cannot be taken back."""
RUN_RECORD = 12
"""Bytes there that tell of a run that ended well: the length of the output by then, and zeros."""


class ProcessSpec(NamedTuple):
    """A process of a job that a worker is to run."""

    role: str
    """A key of `DESCRIPTORS`."""
    cpu: float
    """Seconds of processor time, and below it of wall time."""
    wall: float
    memory: int
    """Bytes of address space, and below it of output."""
    output: int
    inputs: int = 0
    """For a program: bytes of its inputs in descriptor 0."""
    size: int = 0
    """Bytes of all that stands there."""
    runs: int = 0
    """How many inputs these are."""


class ProcessExit(NamedTuple):
    """How a process ended, as measured from outside."""

    code: int
    """Its exit code; negative for the signal that ended it."""
    kill_reason: str
    """Why the worker killed it: `cpu` or `wall`, or `stopped` or `finished` with its job; empty if it did not."""
    cpu: float
    wall: float
    starved: float
    """Seconds in which it was ready to run and had no processor."""
