"""The process that forks one jailed child a part of a job, watches its CPU time from outside, and kills it.

It comes from a mother that was exec'd with a clean environment, so nothing of the trusted side is in its memory, and it
never reads what a job holds: a request names roles and limits, file descriptors travel beside it, and the child reads
its own part. A job that leaves files in the scratch folder is the zygote's last one, so that the next finds it empty.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from assay.sandbox import checker, inside, kernel, whole
from assay.sandbox.jail import Jail

_LONG = 0.2
"""Seconds of wall time from which it is worth asking how long a part waited for a processor."""
_TICK = 0.05
_ROLES: dict[str, Callable[[Any], int]] = {"program": whole.run, "server": inside.serve, "checker": checker.run}


@dataclass
class _Part:
    pid: int
    watch: int  # pidfd
    limits: dict[str, float]
    started: float
    killed: str = ""
    starved: float = 0.0  # seconds it was ready to run and had no processor
    end: dict[str, Any] | None = None

    def cpu(self) -> float:
        try:
            return time.clock_gettime((~self.pid << 3) | 2)  # Linux: the CPU clock of that process
        except OSError:
            return 0.0


class Zygote:
    """Serves one job at a time on `control` until the trusted side closes it."""

    def __init__(self, control: socket.socket, jail: Jail) -> None:
        self.control, self.jail = control, jail
        self.home = os.open("self/ns/pid", os.O_RDONLY, dir_fd=jail.proc) if "pid" in jail.features else -1
        self.scratch = os.open(kernel.SCRATCH, os.O_RDONLY | os.O_DIRECTORY) if "root" in jail.features else -1
        if self.scratch >= 0:
            os.fchdir(self.scratch)
        gc.freeze()  # else each child's first collection would touch, and so copy, all that was made since the mother's

    def serve(self) -> NoReturn:
        self.control.send(json.dumps({"features": self.jail.features}).encode())
        while True:
            data, fds, _, _ = socket.recv_fds(self.control, 1 << 16, 16)
            if not data:
                os._exit(0)
            request = json.loads(data)
            reply = self._job(request["parts"], fds) if "parts" in request else None
            if reply is not None:
                self.control.send(json.dumps(reply).encode())

    def _job(self, wanted: list[dict[str, Any]], fds: list[int]) -> dict[str, Any]:
        parts: list[_Part] = []
        try:
            for want in wanted:
                parts.append(self._fork(want, fds))
        except OSError as failed:
            for part in parts:
                os.kill(part.pid, signal.SIGKILL)
            return {"error": f"no process for the job: {failed}", "parts": [self._reap(part) for part in parts]}
        finally:
            for fd in fds:
                os.close(fd)
        self._watch(parts)
        spent = self.scratch >= 0 and bool(os.listdir(self.scratch))
        return {"parts": [part.end for part in parts], "spent": spent}

    def _fork(self, want: dict[str, Any], fds: list[int]) -> _Part:
        if self.home >= 0:
            kernel.unshare(kernel.NEWPID)
        try:
            pid = os.fork()
            if pid == 0:
                self._become(want, fds)
        finally:
            if self.home >= 0:
                kernel.setns(self.home, kernel.NEWPID)
        return _Part(pid, os.pidfd_open(pid), want["limits"], time.monotonic())

    def _become(self, want: dict[str, Any], fds: list[int]) -> NoReturn:
        """In the child: only the part's own descriptors stay open, at 0, 1, 3 and 4."""
        code = 120
        try:
            for target, index in want["fds"].items():
                os.dup2(fds[index], int(target))
            self.jail.enter(want["limits"])
            os.closerange(3 + len([t for t in want["fds"] if int(t) >= 3]), 4096)
            gc.enable()
            code = _ROLES[want["role"]](want)
        finally:
            os._exit(code)

    def _watch(self, parts: list[_Part]) -> None:
        """Until the last part, which leads, has ended: then the others are killed too."""
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        for part in parts:
            poller.register(part.watch, select.POLLIN)
        while any(part.end is None for part in parts):
            ready = {fd for fd, _ in poller.poll(1000 * self._until_next_limit(parts))}
            if self.control.fileno() in ready:
                poller.unregister(self.control)
                self._kill(parts, "asked")  # whatever it says, or its end, stops the job
            for part in parts:
                if part.watch in ready:
                    poller.unregister(part.watch)
                    self._reap(part)
            if parts[-1].end is not None:
                self._kill(parts, "over")
            self._enforce(parts)

    def _until_next_limit(self, parts: list[_Part]) -> float:
        left = _TICK
        for part in parts:
            if part.end is None:
                wall = part.started + part.limits["wall"] - time.monotonic()
                left = min(left, part.limits["cpu"] - part.cpu(), wall)
        return max(left, 0.001)

    def _enforce(self, parts: list[_Part]) -> None:
        for part in parts:
            if part.end is None and not part.killed:
                if part.cpu() >= part.limits["cpu"]:
                    self._kill([part], "cpu")
                elif time.monotonic() - part.started >= part.limits["wall"]:
                    self._kill([part], "wall")

    def _kill(self, parts: list[_Part], why: str) -> None:
        for part in parts:
            if part.end is None and not part.killed:
                part.killed = why
                if why == "wall":
                    part.starved = self._starved(part)
                os.kill(part.pid, signal.SIGKILL)

    def _starved(self, part: _Part) -> float:
        """Seconds that the part's main thread, or another, was ready to run without a processor, by the kernel's books.

        A part cannot bring this about by threads of its own: while one waits others run, and their CPU time counts.
        """
        waited = 0.0
        with contextlib.suppress(OSError, IndexError, ValueError):
            pid = _read(f"self/fdinfo/{part.watch}", self.jail.proc).split("\nPid:")[1].split()[0]
            tasks = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.jail.proc)
            try:
                for task in os.listdir(tasks):
                    waited = max(waited, int(_read(f"{task}/schedstat", tasks).split()[1]) / 1e9)
            finally:
                os.close(tasks)
        return waited

    def _reap(self, part: _Part) -> dict[str, Any]:
        wall = time.monotonic() - part.started
        if wall > _LONG and not part.killed:
            part.starved = self._starved(part)  # its books stay open until it is waited for
        _, status, usage = os.wait4(part.pid, 0)
        os.close(part.watch)
        part.end = {
            "code": os.waitstatus_to_exitcode(status),
            "killed": part.killed,
            "cpu": usage.ru_utime + usage.ru_stime,
            "wall": wall,
            "starved": min(part.starved, wall),
        }
        return part.end


def _read(path: str, proc: int) -> str:
    fd = os.open(path, os.O_RDONLY, dir_fd=proc)
    try:
        return os.read(fd, 4096).decode()
    finally:
        os.close(fd)
