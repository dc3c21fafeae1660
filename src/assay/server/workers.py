"""The server's side of its worker processes: requests take turns, and no verdict is lost with a process.

A worker holds one chunk of a request at a time. Where it dies or does not answer, another takes its place, and the
rows of the chunk are judged again, one by one; a row with which a worker dies three times is an `error`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.sandbox import Stats
from assay.server.worker import HEADER

TRIES = 3
"""How often a row is tried before its worker's death is its own fault."""
STARTS = 20
"""How often a worker is started before rows that wait for it are given up: it says nothing of them."""
START = 120.0
"""Seconds that a worker may take to start, on a machine that is busy."""
_ROOT = str(Path(__file__).resolve().parents[2])
_BOOT = "import sys; sys.path.append(sys.argv[1]); from assay.server.worker import main; main()"


class WorkerLost(Exception):
    """A worker ended, or did not answer, before its reply."""


class NotStarted(WorkerLost):
    """A worker ended before it was handed anything."""


@dataclass
class Chunk:
    """Rows, or one program, that a worker is handed at a time."""

    frame: dict[str, Any]
    seconds: float
    """Seconds after which a worker that does not answer is ended."""
    done: asyncio.Future[list[dict[str, Any]]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def size(self) -> int:
        return len(self.frame.get("rows", (0,)))

    def parts(self) -> list[Chunk]:
        """The same rows, one at a time."""
        if self.size == 1:
            return [self]
        return [Chunk({**self.frame, "rows": [row]}, self.seconds) for row in self.frame["rows"]]


class _Process:
    """One worker process."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self.programs = ""
        """Whether programs run there, in words."""

    async def ask(self, frame: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The reply to a frame. Raises `WorkerLost`."""
        if self._process is None:
            await self.start()
        try:
            return await asyncio.wait_for(self._exchange(frame), seconds)
        except (OSError, EOFError, TimeoutError, ValueError) as lost:
            how = "did not answer" if isinstance(lost, TimeoutError) else f"ended ({await self._status()})"
            await self.end(0.1)
            raise WorkerLost(f"the process that judged it {how}") from None

    async def start(self) -> None:
        """Start the process. Raises `NotStarted` where it does not."""
        pipe = asyncio.subprocess.PIPE
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-c", _BOOT, _ROOT, stdin=pipe, stdout=pipe, start_new_session=True
            )
            self.programs = (await asyncio.wait_for(self._reply(), START))["programs"]
        except (OSError, EOFError, TimeoutError) as bad:
            await self.end()
            raise NotStarted(f"no process to judge it starts ({bad or type(bad).__name__})") from None

    async def _exchange(self, frame: dict[str, Any]) -> dict[str, Any]:
        assert self._process is not None and self._process.stdin is not None
        data = json.dumps(frame).encode()
        self._process.stdin.write(len(data).to_bytes(HEADER) + data)
        await self._process.stdin.drain()
        return await self._reply()

    async def _reply(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        size = int.from_bytes(await self._process.stdout.readexactly(HEADER))
        reply: dict[str, Any] = json.loads(await self._process.stdout.readexactly(size))
        return reply

    async def _status(self) -> str:
        with contextlib.suppress(TimeoutError, AttributeError):
            return f"exit code {await asyncio.wait_for(self._process.wait(), 1)}"  # type: ignore[union-attr]
        return "its pipe closed"

    async def end(self, patience: float = 5) -> None:
        """Close the pipe, at which it ends with all that it owns; kill what does not within so many seconds."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


class Workers:
    """Worker processes, and what waits for them."""

    def __init__(self, count: int) -> None:
        self._processes = [_Process() for _ in range(count)]
        self._turns: deque[deque[Chunk]] = deque()
        self._ready = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []
        self.waiting = 0
        """Rows that are accepted and not judged yet."""
        self.restarts = 0
        self.sandbox = Stats()
        self.rate = 100.0 * count
        """Rows a second, of late."""

    async def start(self) -> None:
        """Start all processes. Raises `AssayError` where one does not start."""
        try:
            await asyncio.gather(*(process.start() for process in self._processes))
        except NotStarted as bad:
            await self.close()
            raise AssayError(f"{bad}: what it said is above") from None
        self._tasks = [asyncio.create_task(self._serve(process)) for process in self._processes]

    @property
    def programs(self) -> str:
        """Whether programs run here, in words."""
        return self._processes[0].programs

    async def close(self, patience: float = 5) -> None:
        """End all processes, with what they are doing; kill those that take longer than so many seconds."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(process.end(patience) for process in self._processes))

    def submit(self, chunks: Sequence[Chunk]) -> None:
        """Have the chunks of a request judged; requests take turns, whatever their size."""
        if chunks:
            self._turns.append(deque(chunks))
        for chunk in chunks:
            self.waiting += chunk.size
            chunk.done.add_done_callback(self._counted(chunk.size))
            self._ready.release()

    def _counted(self, size: int) -> Callable[[asyncio.Future[Any]], None]:
        def done(_: asyncio.Future[Any]) -> None:
            self.waiting -= size

        return done

    def _next(self) -> Chunk:
        line = self._turns.popleft()
        chunk = line.popleft()
        if line:
            self._turns.append(line)
        return chunk

    async def _serve(self, process: _Process) -> None:
        while True:
            await self._ready.acquire()
            chunk = self._next()
            if chunk.done.done():  # whoever asked is gone
                continue
            begun = time.monotonic()
            try:
                made = await self._insist(process, chunk)
            except (
                AttributeError,
                LookupError,
                MemoryError,
                RuntimeError,
                TypeError,
            ) as bug:  # it must not end all judging
                logging.exception("a row could not be handed to a worker")
                made = [{"error": f"it could not be handed to a worker ({type(bug).__name__})"}] * chunk.size
            self.rate += 0.1 * (len(self._processes) * chunk.size / max(1e-4, time.monotonic() - begun) - self.rate)
            if not chunk.done.done():
                chunk.done.set_result(made)

    async def _insist(self, process: _Process, chunk: Chunk) -> list[dict[str, Any]]:
        """What a worker made of a chunk, at the first try or of its rows one by one."""
        if chunk.size > 1:
            try:
                return await self._asked(process, chunk)
            except WorkerLost:
                self.restarts += 1
        tries = TRIES if chunk.size == 1 else TRIES - 1
        return [made for part in chunk.parts() for made in await self._alone(process, part, tries)]

    async def _alone(self, process: _Process, chunk: Chunk, tries: int) -> list[dict[str, Any]]:
        """The same of one row, as often as it may be the worker's fault."""
        lost = starts = 0
        while True:
            try:
                return await self._asked(process, chunk)
            except WorkerLost as died:
                self.restarts += 1
                starts, lost = (starts + 1, lost) if isinstance(died, NotStarted) else (starts, lost + 1)
                if lost == tries or starts == STARTS:
                    return [{"error": f"{died}, {TRIES if lost else starts} times"}]
                await asyncio.sleep(min(2.0, 0.1 * starts))  # what starts no process now may do so soon

    async def _asked(self, process: _Process, chunk: Chunk) -> list[dict[str, Any]]:
        reply = await process.ask(chunk.frame, chunk.seconds)
        if reply["sandbox"]:
            self.sandbox = self.sandbox.plus(Stats.from_json(reply["sandbox"]))
        made = reply["made"]
        return made if isinstance(made, list) else [made]
