"""The process that forks one jailed child a part of a job, watches its CPU time from outside, and kills it.

It comes from a mother that was exec'd with a clean environment, so nothing of the trusted side is in its memory, and it
never reads what a job holds: an order names a role and limits, file descriptors travel beside it, and the child reads
its own part. A job that touches the scratch folder is the zygote's last one, so that the next finds a new one.
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
from typing import NoReturn

from assay.sandbox import checker, inside, kernel, whole
from assay.sandbox.jail import Jail
from assay.sandbox.orders import ENDINGS, FDS, KEPT, ROLES, SPENT, STOP, End, Order, pack_ends, unpack_orders

_LONG = 0.2
"""Seconds of wall time from which it is worth asking how long a part waited for a processor."""
_TICK = 0.05
_RUN: dict[str, Callable[[Order], int]] = {"program": whole.run, "server": inside.serve, "checker": checker.run}


@dataclass(slots=True)
class _Part:
    order: Order
    started: float
    pid: int = 0
    watch: int = -1  # pidfd
    killed: str = ""
    starved: float = 0.0  # seconds it was ready to run and had no processor
    end: End | None = None

    def cpu(self) -> float:
        try:
            return time.clock_gettime((~self.pid << 3) | 2)  # Linux: the CPU clock of that process
        except OSError:
            return 0.0


class Zygote:
    """Serves one job at a time on `control` until the trusted side closes it.

    Between a fork and the child's end it does little: each page that it writes in that time is copied first.
    """

    def __init__(self, control: socket.socket, jail: Jail) -> None:
        self.control, self.jail = control, jail
        self.home = os.open("self/ns/pid", os.O_RDONLY, dir_fd=jail.proc) if "pid" in jail.features else -1
        self.scratch = os.open(jail.scratch, os.O_RDONLY | os.O_DIRECTORY) if jail.scratch else -1
        if self.scratch >= 0:
            os.fchdir(self.scratch)
        self.fresh = self._changed()
        gc.freeze()  # else each child's first collection would touch, and so copy, all that was made since the mother's

    def serve(self) -> NoReturn:
        self.control.send(json.dumps({"features": self.jail.features}).encode())
        while True:
            data, fds, _, _ = socket.recv_fds(self.control, 1 << 16, 16)
            if not data:
                os._exit(0)
            if data != STOP:  # else it came after the job's own end
                self.control.send(self._job(data, fds))

    def _job(self, orders: bytes, fds: list[int]) -> bytes:
        parts = [_Part(order, time.monotonic()) for order in unpack_orders(orders)]
        waiting, given = [self.control.fileno()], iter(fds)
        soon = min(_TICK, *[part.order.cpu for part in parts], *[part.order.wall for part in parts])
        try:
            for part in parts:
                self._fork(part, [next(given) for _ in FDS[part.order.role]])
                waiting.append(part.watch)
        except OSError as failed:  # the slot is closed for it, which ends the parts that did start
            return f"no process for the job: {failed}".encode()
        finally:
            for fd in fds:
                os.close(fd)
        self._watch(parts, waiting, soon)
        spent = self._changed() != self.fresh
        return (SPENT if spent else KEPT) + pack_ends([part.end for part in parts if part.end])

    def _changed(self) -> int:
        """When the scratch folder was last written to, renamed in, or given another mode: none can take that back."""
        return os.fstat(self.scratch).st_ctime_ns if self.scratch >= 0 else 0

    def _fork(self, part: _Part, fds: list[int]) -> None:
        if self.home >= 0:
            kernel.setns(self.home, kernel.NEWPID)  # from where the last child went
            kernel.unshare(kernel.NEWPID)
        part.pid = os.fork()
        if part.pid == 0:
            self._become(part.order, fds)
        part.watch = os.pidfd_open(part.pid)

    def _become(self, order: Order, fds: list[int]) -> NoReturn:
        """In the child: only the part's own descriptors stay open."""
        code = 120
        try:
            for fd, target in zip(fds, FDS[order.role], strict=True):
                os.dup2(fd, target)
            self.jail.enter(order)
            os.closerange(FDS[order.role][-1] + 1, 4096)
            gc.enable()
            code = _RUN[ROLES[order.role]](order)
        finally:
            os._exit(code)

    def _watch(self, parts: list[_Part], waiting: list[int], seconds: float) -> None:
        """Until the last part, which leads, has ended: then the others are killed too."""
        control = waiting[0]
        while any([part.end is None for part in parts]):
            ready, _, _ = select.select(waiting, (), (), seconds)
            if control in ready:
                waiting.remove(control)
                self._kill(parts, "asked")  # whatever it says, or its end, stops the job
            for part in parts:
                if part.watch in ready:
                    waiting.remove(part.watch)
                    self._reap(part)
            if parts[-1].end is not None:
                self._kill(parts, "over")
            seconds = self._enforce(parts)

    def _enforce(self, parts: list[_Part]) -> float:
        """Kill what is beyond its limits; the seconds until that may be so again."""
        seconds = _TICK
        for part in parts:
            if part.end is None and not part.killed:
                cpu = part.order.cpu - part.cpu()
                wall = part.started + part.order.wall - time.monotonic()
                if min(cpu, wall) <= 0:
                    self._kill([part], "cpu" if cpu <= 0 else "wall")
                seconds = min(seconds, cpu, wall)
        return max(seconds, 0.001)

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

    def _reap(self, part: _Part) -> None:
        wall = time.monotonic() - part.started
        if wall > _LONG and not part.killed:
            part.starved = self._starved(part)  # its books stay open until it is waited for
        _, status, usage = os.wait4(part.pid, 0)
        os.close(part.watch)
        code, cpu = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        part.end = End(code, ENDINGS.index(part.killed), cpu, wall, min(part.starved, wall))


def _read(path: str, proc: int) -> str:
    fd = os.open(path, os.O_RDONLY, dir_fd=proc)
    try:
        return os.read(fd, 4096).decode()
    finally:
        os.close(fd)
