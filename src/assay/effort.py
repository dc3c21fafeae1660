"""What making one verdict may cost where it is made: until when, and on how much text.

A verdict that is made in the caller's own process cannot be killed, so there a verifier compares short spans only:
whatever is longer raises `NotShort`, and the verdict is made in a worker process that can be.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

SPAN = 1000
"""Characters of the longest answer that is compared in the caller."""

DEADLINE: ContextVar[float | None] = ContextVar("DEADLINE", default=None)
"""When the verdict that is being made is due, on the monotonic clock; `None` where nobody waits."""
SHORT_ONLY: ContextVar[bool] = ContextVar("SHORT_ONLY", default=False)
"""Whether the verdict is being made where it cannot be killed, so that `short` raises `NotShort` for a long text."""


@dataclass(slots=True)
class Allowance:
    """What the programs of one verdict may use, which no queue and no other process takes from them."""

    seconds: float
    """Of their own time: running or sleeping, not waiting for a slot or for a processor."""
    had: float = 0.0
    """What they have used of it."""


ALLOWANCE: ContextVar[Allowance | None] = ContextVar("ALLOWANCE", default=None)
"""What is left to the programs of the verdict that is being made; `None` where nobody counts."""


class NotShort(Exception):
    """A text is too long to be compared in the caller."""


def deadline_left() -> float | None:
    """Seconds left for the verdict that is being made (0 once they are used up), or `None` without a deadline."""
    due = DEADLINE.get()
    return None if due is None else max(0.0, due - time.monotonic())


@contextmanager
def due_in(seconds: float, own: float | None = None) -> Iterator[None]:
    """Within the block, the verdict that is being made is due in so many seconds.

    Its programs may use `own` seconds, all of them if it is `None`.
    """
    token = DEADLINE.set(time.monotonic() + seconds)
    allowed = ALLOWANCE.set(Allowance(seconds if own is None else own))
    try:
        yield
    finally:
        ALLOWANCE.reset(allowed)
        DEADLINE.reset(token)


def in_caller() -> bool:
    """Whether the verdict is being made where it cannot be killed."""
    return SHORT_ONLY.get()


def short(text: str, longest: int = SPAN) -> str:
    """The text; in the caller's own process only if it is short. Raises `NotShort`."""
    if len(text) > longest and SHORT_ONLY.get():
        raise NotShort
    return text
