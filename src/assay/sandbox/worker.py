"""The worker: it forks the isolated processes of a job, watches their CPU time from outside, and kills them.

It comes from a template process that was exec'd with clean variables, so nothing of the trusted side is in its memory,
and it never reads what a job holds: a spec names a role and limits, descriptors travel beside it, and the child reads
them. A job that touches the scratch folder is the worker's last one, so that the next finds a new one.
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

from assay.sandbox import candidate, checker, kernel, native, program, protocol
from assay.sandbox.jail import Jail
from assay.sandbox.protocol import COMPILER, DESCRIPTORS, ProcessExit, ProcessSpec

_IDLE = 0.01
"""Seconds beyond its CPU time from which it is worth asking how long a process waited for a processor."""
_TURN = 0.03
"""Seconds that each turn is waited for, at least, where twenty and more want one processor."""
_TICK = 0.05
_RUN: tuple[Callable[[ProcessSpec], int], ...]
_RUN = (program.run, candidate.run, checker.run, native.compile_source, native.run)
"""What a process of each of `ROLES` does."""


@dataclass(slots=True)
class _Process:
    spec: ProcessSpec
    started: float
    pid: int = 0
    pidfd: int = -1
    kill_reason: str = ""
    exit: ProcessExit | None = None

    def cpu(self) -> float:
        try:
            return time.clock_gettime((~self.pid << 3) | 2)  # Linux: the CPU clock of that process
        except OSError:
            return 0.0


class Worker:
    """Serves one job at a time on `control` until the trusted side closes it.

    Between a fork and the child's end it does little: each page that it writes in that time is copied first.
    """

    def __init__(self, control: socket.socket, jail: Jail) -> None:
        self.control, self.jail = control, jail
        self.home = os.open("self/ns/pid", os.O_RDONLY, dir_fd=jail.proc) if "pid" in jail.features else -1
        self.scratch = os.open(jail.scratch, os.O_RDONLY | os.O_DIRECTORY) if jail.scratch else -1
        if self.scratch >= 0:
            os.fchdir(self.scratch)
        self.untouched = self._changed()
        gc.freeze()  # else each child's first collection would touch, and so copy, all made since the template's freeze

    def serve(self) -> NoReturn:
        self.control.send(json.dumps({"features": self.jail.features, "refused": self.jail.refused}).encode())
        while True:
            data, fds, _, _ = socket.recv_fds(self.control, 1 << 16, 16)
            if not data:
                os._exit(0)
            if data != protocol.STOP:  # else it came after the job's own end
                self.control.send(self._job(data, fds))

    def _job(self, specs: bytes, fds: list[int]) -> bytes:
        processes = [_Process(spec, time.monotonic()) for spec in protocol.unpack(ProcessSpec, specs)]
        waiting, given = [self.control.fileno()], iter(fds)
        soon = min(_TICK, *[process.spec.cpu for process in processes], *[process.spec.wall for process in processes])
        try:
            for process in processes:
                self._fork(process, [next(given) for _ in DESCRIPTORS[process.spec.role]])
                waiting.append(process.pidfd)
        except OSError as failed:  # the worker is ended for it, and with it what did start
            return f"no process for the job: {failed}".encode()
        finally:
            for fd in fds:
                os.close(fd)
        self._watch(processes, waiting, soon)
        used_up = self._changed() != self.untouched or processes[0].spec.role == COMPILER
        exits = [process.exit for process in processes if process.exit]
        return (protocol.USED_UP if used_up else protocol.REUSABLE) + protocol.pack(exits)

    def _changed(self) -> int:
        """When the scratch folder was last written to, renamed in, or given another mode: none can take that back."""
        return os.fstat(self.scratch).st_ctime_ns if self.scratch >= 0 else 0

    def _fork(self, process: _Process, fds: list[int]) -> None:
        if self.home >= 0:
            kernel.setns(self.home, kernel.NEWPID)  # from where the last child went
            kernel.unshare(kernel.NEWPID)
        process.pid = os.fork()
        if process.pid == 0:
            self._become(process.spec, fds)
        process.pidfd = os.pidfd_open(process.pid)

    def _become(self, spec: ProcessSpec, fds: list[int]) -> NoReturn:
        """In the child: only the process's own descriptors stay open."""
        code = 120
        try:
            for fd, target in zip(fds, DESCRIPTORS[spec.role], strict=True):
                os.dup2(fd, target)
            self.jail.enter(spec)
            os.closerange(DESCRIPTORS[spec.role][-1] + 1, 4096)
            gc.enable()
            code = _RUN[spec.role](spec)
        finally:
            os._exit(code)

    def _watch(self, processes: list[_Process], waiting: list[int], seconds: float) -> None:
        """Until the last process, which leads, has ended: then the others are killed too."""
        control = waiting[0]
        while any([process.exit is None for process in processes]):
            ready, _, _ = select.select(waiting, (), (), seconds)
            if control in ready:
                waiting.remove(control)
                self._kill(processes, "stopped")  # whatever it says, or its end, stops the job
            for process in processes:
                if process.pidfd in ready:
                    waiting.remove(process.pidfd)
                    self._reap(process)
            if processes[-1].exit is not None:
                self._kill(processes, "finished")
            seconds = self._enforce(processes)

    def _enforce(self, processes: list[_Process]) -> float:
        """Kill what is beyond its limits; the seconds until that may be so again.

        While one process of a job waits for a processor the others wait for it, so its wait counts for none of them.
        """
        seconds, starved = _TICK, None
        for process in processes:
            if process.exit is None and not process.kill_reason:
                cpu, elapsed = process.spec.cpu - process.cpu(), time.monotonic() - process.started
                wall = process.spec.wall - elapsed
                if wall <= 0 < cpu:
                    starved = sum(map(self._starved, processes)) if starved is None else starved
                    wall = min(wall + starved, process.spec.patience - elapsed)
                if min(cpu, wall) <= 0:
                    why = "wall" if elapsed < process.spec.patience else "starved"
                    self._kill([process], "cpu" if cpu <= 0 else why)
                seconds = min(seconds, cpu, max(wall, _TICK / 10))
        return max(seconds, 0.001)

    def _kill(self, processes: list[_Process], why: str) -> None:
        for process in processes:
            if process.exit is None and not process.kill_reason:
                process.kill_reason = why
                os.kill(process.pid, signal.SIGKILL)

    def _starved(self, process: _Process) -> float:
        """Seconds that its main thread, or another, was ready to run without a processor, by the kernel's count.

        A process cannot bring this about by threads of its own: while one waits others run, and their CPU time counts.
        """
        if process.exit is not None:
            return process.exit.starved
        waited = 0.0
        with contextlib.suppress(OSError, IndexError, ValueError):
            pid = _read(f"self/fdinfo/{process.pidfd}", self.jail.proc).split("\nPid:")[1].split()[0]
            tasks = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.jail.proc)
            try:
                for task in os.listdir(tasks):
                    waited = max(waited, int(_read(f"{task}/schedstat", tasks).split()[1]) / 1e9)
            finally:
                os.close(tasks)
        return waited

    def _reap(self, process: _Process) -> None:
        wall = time.monotonic() - process.started
        waits = wall - process.cpu() > _IDLE
        starved = self._starved(process) if waits else 0.0  # the kernel counts until it is waited for
        _, status, usage = os.wait4(process.pid, 0)
        os.close(process.pidfd)
        code, cpu = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        if process.kill_reason == "starved" and starved < _TURN * (usage.ru_nvcsw + usage.ru_nivcsw):
            process.kill_reason = "wall"  # it waited so long only because it slept so often
        why = protocol.KILL_REASONS.index(process.kill_reason)
        process.exit = ProcessExit(code, why, cpu, wall, min(starved, wall), usage.ru_maxrss << 10)


def _read(path: str, proc: int) -> str:
    fd = os.open(path, os.O_RDONLY, dir_fd=proc)
    try:
        return os.read(fd, 4096).decode()
    finally:
        os.close(fd)
