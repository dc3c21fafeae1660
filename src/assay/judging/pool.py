"""Worker processes that judge untrusted text and can be killed, so a deadline holds from any thread or event loop.

A worker (`assay.judging.worker`) is a fresh interpreter, never a fork of the caller: a template process that forks one
child at a time, and the child judges. A child that overruns is killed and the template, which has everything imported,
forks the next one within milliseconds. One thread holds a worker at a time; idle workers wait in a small pool. A worker
ends when its parent closes the pipe or dies. POSIX only.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

AT_ONCE = max(4, 2 * (os.cpu_count() or 1))
"""How many workers may judge at once: more would take the processor from each other until all are late."""
START = 20.0
"""Seconds that a new interpreter may take to start."""
SLOW_START = 0.5
"""A start that takes longer than this says that the machine is starved: none of it is charged to the verdict."""
FREE_START = 0.05
"""Seconds of a healthy start that are not charged to the verdict."""
RESTART = 5.0
"""Seconds that a template may take to replace its child."""
_ROOT = str(Path(__file__).resolve().parents[2])
_BOOT = "import sys; sys.path.append(sys.argv[1]); from assay.judging.worker import main; main()"


class WorkerTimeout(Exception):
    """The judging process was killed at the deadline; `cpu` is the CPU seconds that the request had used."""

    def __init__(self, cpu: float) -> None:
        super().__init__(cpu)
        self.cpu = cpu


class WorkerDied(Exception):
    """The judging process ended by itself; the message says how."""


class NoJson(Exception):
    """A request that cannot be sent: its reference or a parameter is no JSON."""


Reply = dict[str, Any] | WorkerTimeout | WorkerDied | NoJson


class Worker:
    """A template process behind two pipes; a frame is one line of JSON."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""
        self._cpu = 0.0  # of the present child, at its last reply

    def ask(self, requests: Sequence[str], limit: float) -> list[Reply]:
        """A reply to each request, in order; `limit` is seconds for each. Never raises for what a request does.

        A reply that is a frame has the CPU seconds that it took under `used`.
        """
        replies: list[Reply] = []
        try:
            grace = 0.0 if self._is_alive() else self._start()
            while len(replies) < len(requests):
                try:
                    left = ",".join(requests[len(replies) :])
                    self._write(f"[{left}]\n".encode(), time.monotonic() + limit + grace)
                    while len(replies) < len(requests):
                        replies.append(self._reply(time.monotonic() + limit + grace))
                        grace = 0.0
                except TimeoutError:
                    replies.append(WorkerTimeout(self._next_child()))
                except WorkerDied as died:
                    replies.append(died)
        except OSError as broken:  # the template is gone too
            replies += [WorkerDied(f"the worker process ended ({broken})")] * (len(requests) - len(replies))
            self.close()
        except BaseException:  # an interrupt in mid-frame leaves the pipe unusable
            self.close()
            raise
        return replies

    def close(self) -> None:
        """End the template and its child, if they live."""
        process, self._process, self._unread = self._process, None, b""
        if process is None:
            return
        _close_pipes(process)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def disown(self) -> None:
        """In a forked child of the caller: let go of the caller's worker without ending it."""
        if self._process is not None:
            _close_pipes(self._process)
            self._process.returncode = 0  # not our child: never wait for it

    def _is_alive(self) -> bool:
        """Whether the template lives; what it told of children that died while idle is dropped."""
        if self._process is None:
            return False
        if self._process.poll() is not None:
            self.close()
            return False
        with contextlib.suppress(TimeoutError):
            while True:
                self._ready_now()
        return True

    def _ready_now(self) -> None:
        with contextlib.suppress(ValueError):
            self._frame(0.0)
            self._cpu = 0.0

    def _start(self) -> float:
        """Start the template; the seconds of it that are not charged to the verdict that waits."""
        asked = time.monotonic()
        command = [sys.executable, "-P", "-c", _BOOT, _ROOT]
        self._process = process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        assert process.stdin and process.stdout
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        self._ready(asked + START)
        took = time.monotonic() - asked
        return took if took > SLOW_START else min(took, FREE_START)

    def _next_child(self) -> float:
        """Have the child killed and replaced; the CPU seconds of the request that it was killed in."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)
        before = self._cpu
        return float(self._ready(time.monotonic() + RESTART)["cpu"]) - before

    def _ready(self, due: float) -> dict[str, Any]:
        """The next frame in which the template tells of a new child."""
        while True:
            try:
                frame = self._frame(due)
            except ValueError:  # what the last child had begun to write
                continue
            except TimeoutError:
                raise OSError("it does not answer") from None
            if "ready" in frame:
                self._cpu = 0.0
                return frame

    def _reply(self, due: float) -> dict[str, Any]:
        try:
            frame = self._frame(due)
        except ValueError:
            frame = self._ready(time.monotonic() + RESTART)
        if "ready" in frame:
            self._cpu = 0.0
            raise WorkerDied(f"the judging process ended by itself (exit code {frame['ready']})")
        before, self._cpu = self._cpu, float(frame.pop("cpu"))
        return frame | {"used": self._cpu - before}

    def _wait(self, fd: int, event: int, due: float) -> None:
        poll = select.poll()
        poll.register(fd, event)
        if not poll.poll(max(0.0, due - time.monotonic()) * 1000):
            raise TimeoutError

    def _write(self, data: bytes, due: float) -> None:
        assert self._process is not None and self._process.stdin is not None
        view, fd = memoryview(data), self._process.stdin.fileno()
        while view:
            try:
                view = view[os.write(fd, view) :]
            except BlockingIOError:
                self._wait(fd, select.POLLOUT, due)

    def _frame(self, due: float) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        parts, fd = [self._unread], self._process.stdout.fileno()
        while b"\n" not in parts[-1]:
            try:
                parts.append(os.read(fd, 1 << 16))
                if not parts[-1]:
                    raise EOFError("its pipe closed")
            except BlockingIOError:
                self._unread = b"".join(parts)
                parts = [self._unread]
                self._wait(fd, select.POLLIN, due)
            except EOFError as closed:
                raise OSError(str(closed)) from None
        line, _, self._unread = b"".join(parts).partition(b"\n")
        frame = json.loads(line)
        if not isinstance(frame, dict):
            raise ValueError("not a frame")
        return frame


def _encoded(request: dict[str, Any]) -> str | NoJson:
    try:
        return json.dumps(request)
    except (TypeError, ValueError, RecursionError) as bad:
        return NoJson(f"the reference or a parameter is no JSON: {bad}"[:300])


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


class Pool:
    """Workers behind a lock: as many as callers ask at once, and `AT_ONCE` at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._at_once = threading.BoundedSemaphore(AT_ONCE)

    def ask(self, requests: Sequence[dict[str, Any]], limit: float) -> list[Reply]:
        """A reply to each request, made by one worker; waiting for a free one is charged to nobody."""
        texts = [_encoded(request) for request in requests]
        with self._at_once:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            worker = worker or Worker()
            replies = iter(worker.ask([text for text in texts if isinstance(text, str)], limit))
            with self._lock:
                self._idle.append(worker)
        return [next(replies) if isinstance(text, str) else text for text in texts]

    def close(self) -> None:
        """End all idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def disown(self) -> None:
        """In a forked child of the caller: leave the workers to the caller."""
        for worker in self._idle:
            worker.disown()
