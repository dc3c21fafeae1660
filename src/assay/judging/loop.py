"""The event loop of a process's remote judges: coroutines side by side, none of which can hold the caller.

They run in a thread of its own, since the caller may have an event loop already, or none. So many at a time are under
way; each is cancelled when its time is over, and one that will not be cancelled, or that blocks the loop, is left
behind: those that come after it run in another loop.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

LATE = 0.05
"""Seconds after its time at which a call that has not been cancelled is left behind."""
T = TypeVar("T")


class Call(NamedTuple, Generic[T]):
    """What is to be awaited, and the seconds that it has."""

    start: Callable[[], Awaitable[T]]
    wall: float


class Answer(NamedTuple, Generic[T]):
    """What a call gave or raised, and the seconds that it took."""

    given: T | BaseException
    seconds: float


def side_by_side(calls: Sequence[Call[T]], workers: int) -> list[Answer[T]]:
    """What each call gave, with so many under way at a time. One that is late has raised `TimeoutError`."""
    run = _Run(calls)
    for _ in range(min(workers, len(calls))):
        run.another()
    run.wait()
    return [run.answers[place] for place in range(len(calls))]


class _Run(Generic[T]):
    """Calls that several lines work off, each line one after another."""

    def __init__(self, calls: Sequence[Call[T]]) -> None:
        self.calls = calls
        self.left = iter(range(len(calls)))
        self.lines = itertools.count()
        self.under_way: dict[int, tuple[int, float, float]] = {}
        """Line -> its call, when that began, and when it is left behind."""
        self.answers: dict[int, Answer[T]] = {}
        self.ended = threading.Event()

    def another(self) -> None:
        """Start a line in the loop of this process."""
        asyncio.run_coroutine_threadsafe(self._line(next(self.lines)), _loop())

    async def _line(self, line: int) -> None:
        for place in self.left:
            call, start = self.calls[place], time.monotonic()
            self.under_way[line] = (place, start, start + call.wall + LATE)
            given = await _within(call)
            if self.under_way.pop(line, None) is None:
                return  # it was left behind, and another line goes on
            self.answers[place] = Answer(given, time.monotonic() - start)
        if len(self.answers) == len(self.calls):
            self.ended.set()

    def wait(self) -> None:
        """Until every call has an answer."""
        while len(self.answers) < len(self.calls):
            first = min((late for _, _, late in list(self.under_way.values())), default=time.monotonic() + LATE)
            if self.ended.wait(max(0.001, first - time.monotonic())):
                return
            self._leave_behind()

    def _leave_behind(self) -> None:
        now = time.monotonic()
        for line, (place, start, late) in list(self.under_way.items()):
            if now >= late and self.under_way.pop(line, None) is not None:
                self.answers[place] = Answer(_too_late(self.calls[place]), now - start)
                forget_loop()  # it is stuck, or may be
                self.another()


async def _within(call: Call[T]) -> T | BaseException:
    try:
        async with asyncio.timeout(call.wall):
            return await call.start()
    except TimeoutError as late:
        return late if str(late) else _too_late(call)
    except (SystemExit, KeyboardInterrupt) as left:  # would end the loop, and with it every judge
        return RuntimeError(f"it raised {type(left).__name__}")
    except Exception as fault:  # noqa: BLE001 - the boundary of a remote verdict: the caller says whose fault it is
        return fault


def _too_late(call: Call[T]) -> TimeoutError:
    return TimeoutError(f"the judge did not answer in {call.wall:g} s")


_remote: asyncio.AbstractEventLoop | None = None
_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    global _remote
    with _starting:
        if _remote is None:
            _remote = asyncio.new_event_loop()
            threading.Thread(target=_remote.run_forever, name="assay-remote", daemon=True).start()
        return _remote


def forget_loop() -> None:
    """Have the next call start another loop; also in a forked child, where the thread of this one stayed behind."""
    global _remote, _starting
    _remote, _starting = None, threading.Lock()
