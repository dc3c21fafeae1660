"""What a slot and its zygote say to each other about a job, in fixed records: every job waits while they are read."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

ROLES = ("program", "server", "checker")
FDS = ((0, 1, 2, 3), (0, 1, 2, 3), (0, 1, 2, 3, 4))
"""For each role, the descriptors that a part is given, in the order in which they are sent."""
ENDINGS = ("", "asked", "over", "cpu", "wall")
"""Why a part was killed."""

STOP = b"stop"
"""From the slot: end the job."""
KEPT, SPENT = b"\0", b"\1"
"""From the zygote, before the ends: whether it may run another job, or has run its last. Anything else is an error."""

_ORDER = struct.Struct("=B2d5Q")
_END = struct.Struct("=iB3d")


class Order(NamedTuple):
    """A part of a job that a zygote is to run."""

    role: int
    """An index of `ROLES`."""
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


class End(NamedTuple):
    """How a part ended, as measured from outside."""

    code: int
    """Its exit code; negative for the signal that ended it."""
    killed: int
    """An index of `ENDINGS`."""
    cpu: float
    wall: float
    starved: float
    """Seconds in which it was ready to run and had no processor."""


def pack_orders(orders: Sequence[Order]) -> bytes:
    return b"".join([_ORDER.pack(*order) for order in orders])


def unpack_orders(data: bytes) -> Iterator[Order]:
    return map(Order._make, _ORDER.iter_unpack(data))


def pack_ends(ends: Sequence[End]) -> bytes:
    return b"".join([_END.pack(*end) for end in ends])


def unpack_ends(data: bytes) -> list[End]:
    """Raises `struct.error` for what is no such record."""
    return [End._make(end) for end in _END.iter_unpack(data)]
