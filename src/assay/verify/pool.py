"""Worker processes that judge untrusted text and can be killed, so a deadline holds from any thread or event loop.

A worker is a fresh interpreter (`assay.verify.worker`), never a fork of the caller. One thread holds a worker at a
time; idle workers wait in a small pool. A worker ends when its parent closes the pipe or dies. A forked child of the
caller starts a pool of its own. POSIX only.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

IDLE_WORKERS = 8
"""How many idle workers are kept for the next call."""
START = 20.0
"""Seconds that a new interpreter may take to start."""
BLAME = 0.8
"""A verdict that had this share of its budget as CPU time when it was stopped used the budget up itself."""

_ROOT = str(Path(__file__).resolve().parents[2])
_BOOT = "import sys; sys.path.append(sys.argv[1]); from assay.verify.worker import main; main()"


class WorkerTimeout(Exception):
    """The worker was killed at the deadline; `cpu` is the CPU time in seconds that the request had used."""

    def __init__(self, cpu: float) -> None:
        super().__init__(cpu)
        self.cpu = cpu


class WorkerDied(Exception):
    """The worker ended by itself; the message says how."""


class Worker:
    """One interpreter behind two pipes; frames are a 4-byte length and JSON."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-c", _BOOT, _ROOT]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._process.stdin and self._process.stdout
        self._in, self._out = self._process.stdin, self._process.stdout
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)
        self._cpu_before: float | None = None

    def ask(self, data: bytes, due: float) -> dict[str, Any]:
        """Send a request and wait for its reply. Raises `WorkerTimeout` or `WorkerDied`; the worker is gone then."""
        try:
            if self._cpu_before is None:  # the time that a new interpreter takes to start is not the response's
                asked = time.monotonic()
                self._cpu_before = self._frame(asked + START)["cpu"]
                due += time.monotonic() - asked
            self._write(len(data).to_bytes(4, "big") + data, due)
            reply = self._frame(due)
        except TimeoutError:
            raise WorkerTimeout(self.kill() - (self._cpu_before or 0.0)) from None
        except OSError as broken:
            self.kill()
            raise WorkerDied(f"the worker process ended ({broken}, exit code {self._process.returncode})") from None
        except BaseException:  # an interrupt in mid-frame leaves the pipe unusable
            self.kill()
            raise
        self._cpu_before = reply.pop("cpu")
        return reply

    def kill(self) -> float:
        """End the process and return the CPU seconds of its whole life."""
        if self._process.returncode is not None:
            return 0.0
        self._process.kill()
        self.forget()
        try:
            _, status, usage = os.wait4(self._process.pid, 0)
        except ChildProcessError:  # the caller ignores SIGCHLD, so the kernel keeps no account
            self._process.returncode = -9
            return 0.0
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_utime + usage.ru_stime

    def forget(self) -> None:
        """Close our ends of the pipes; the worker ends when no process holds them."""
        self._in.close()
        self._out.close()

    def disown(self) -> None:
        """In a forked child: let go of the parent's worker without ending it."""
        self.forget()
        self._process.returncode = 0  # not our child: never wait for it

    def _wait(self, fd: int, event: int, due: float) -> None:
        poll = select.poll()
        poll.register(fd, event)
        if not poll.poll(max(0.0, due - time.monotonic()) * 1000):
            raise TimeoutError

    def _write(self, data: bytes, due: float) -> None:
        view, fd = memoryview(data), self._in.fileno()
        while view:
            try:
                view = view[os.write(fd, view) :]
            except BlockingIOError:
                self._wait(fd, select.POLLOUT, due)

    def _frame(self, due: float) -> dict[str, Any]:
        size = int.from_bytes(self._read(4, due), "big")
        frame: dict[str, Any] = json.loads(self._read(size, due))
        return frame

    def _read(self, size: int, due: float) -> bytes:
        parts, fd = [], self._out.fileno()
        while size:
            self._wait(fd, select.POLLIN, due)
            part = os.read(fd, size)
            if not part:
                raise BrokenPipeError("end of output")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Pool:
    """Idle workers behind a lock; it grows with the callers that ask at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Worker] = []

    def ask(self, data: bytes, due: float) -> dict[str, Any]:
        """`Worker.ask` on an idle worker, or on a new one; a lost worker is replaced at once."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or Worker()
        try:
            reply = worker.ask(data, due)
        except (WorkerTimeout, WorkerDied):
            self._give_back(Worker())
            raise
        self._give_back(worker)
        return reply

    def close(self) -> None:
        """End all idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill()

    def disown(self) -> None:
        for worker in self._idle:
            worker.disown()

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if len(self._idle) < IDLE_WORKERS:
                self._idle.append(worker)
                return
        worker.kill()


_pool = Pool()


def ask(request: dict[str, Any], due: float) -> dict[str, Any]:
    """Have a worker of this process answer the request before `due` on the monotonic clock."""
    return _pool.ask(json.dumps(request).encode(), due)


def _after_fork() -> None:
    global _pool
    inherited, _pool = _pool, Pool()
    inherited.disown()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _pool.close())
