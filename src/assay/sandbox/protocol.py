"""What the trusted side, a worker and its children say about a job.

Records are fixed: a worker that parsed JSON would write to more of its memory, and each page that it shares with a
child is copied at its first write.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

ROLES = ("program", "candidate", "checker", "compiler", "native")
NATIVE = "c++"
"""The environment in which C++ is compiled and machine code run."""
COMPILER = ROLES.index("compiler")
DESCRIPTORS = ((0, 1, 2, 3), (0, 1, 2, 3), (0, 1, 2, 3, 4), (0, 1, 2, 3, 4), (0, 1, 2, 3, 4))
"""For each role, the descriptors that its process is given, in the order in which they are sent."""
KILL_REASONS = ("", "stopped", "finished", "cpu", "wall", "starved")
"""Why a worker killed a process: with its job, or for its limits."""

TEMPLATE_READY = b"ready"
"""From a template process: it can fork workers. All else is what to do so that it can."""
STOP = b"stop"
"""From the trusted side: end the job."""
REUSABLE, USED_UP = b"\0", b"\1"
"""From the worker, before the exits: whether it may run another job, or has run its last. All else is an error."""
READY = b"ready "
"""What a process that runs whole programs writes on its report pipe once it is isolated: it cannot be taken back."""
RUN_RECORD = 12
"""Bytes there that tell of a run that ended well: the length of the output by then, and zeros."""


class ProcessSpec(NamedTuple):
    """A process of a job that a worker is to run."""

    role: int
    """An index of `ROLES`."""
    cpu: float
    """Seconds of processor time; below it those that it may run or sleep, and those until it is given up."""
    wall: float
    patience: float
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
    kill_reason: int
    """An index of `KILL_REASONS`."""
    cpu: float
    wall: float
    starved: float
    """Seconds in which it was ready to run and had no processor."""
    memory: int
    """Bytes that it held at most."""


Record = TypeVar("Record", ProcessSpec, ProcessExit)
_LAYOUTS = {ProcessSpec: struct.Struct("=B3d5Q"), ProcessExit: struct.Struct("=iB3dQ")}


def pack(records: Sequence[ProcessSpec] | Sequence[ProcessExit]) -> bytes:
    return b"".join([_LAYOUTS[type(record)].pack(*record) for record in records])


def unpack(kind: type[Record], data: bytes) -> list[Record]:
    """Raises `struct.error` for what is no such record."""
    return list(map(kind._make, _LAYOUTS[kind].iter_unpack(data)))
