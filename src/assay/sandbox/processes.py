"""The trusted side of the processes that run jobs: template processes, and the workers that they fork."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref

from assay.sandbox import cgroups, environments, kernel
from assay.sandbox.jobs import Limits
from assay.sandbox.protocol import REUSABLE, STOP, TEMPLATE_READY, USED_UP, ProcessExit, ProcessSpec, pack, unpack

_BOOT = """
import os, sys, types
os.register_at_fork = lambda **_: None  # a child has one thread, and the same random numbers as every other
for name, path in (("assay", sys.argv[1]), ("assay.sandbox", sys.argv[1] + "/sandbox")):
    package = types.ModuleType(name)
    package.__path__ = [path]
    sys.modules[name] = package
from assay.sandbox import template
template.main(int(sys.argv[2]), sys.argv[3], sys.argv[4:])
"""
_START_SECONDS = 180.0
"""How long a template process may import its modules, and a worker may start."""
_GRACE = 5.0
"""Seconds after a job must have ended until the worker itself is given up."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")


class WorkerDied(Exception):
    """A worker is gone, does not answer or was never there; it must be replaced."""


class LimitTooLow(WorkerDied):
    """Nothing can be started within the limits that this process was given; the message says what to do."""


class TemplateProcess:
    """A process that was exec'd with the modules of an environment, and forks workers."""

    def __init__(self, environment: str) -> None:
        for option, what, least in (("f", resource.RLIMIT_FSIZE, 64 << 20), ("n", resource.RLIMIT_NOFILE, 128)):
            if 0 <= (value := resource.getrlimit(what)[0]) < least:
                raise LimitTooLow(kernel.too_low(option, value, least))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        boot = [_BOOT, package, str(theirs.fileno()), environment, *environments.packages(environment)]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-s", "-S", "-P", "-c", *boot],
                env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **_ONE_THREAD},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,
            )
        self.environment, self.control = environment, ours
        _held.add(self)
        self._lock = threading.Lock()
        self._parent_group = cgroups.find_parent()
        try:
            said = _receive(self.control, _START_SECONDS)
        except WorkerDied:
            self.close()
            raise
        if said != TEMPLATE_READY:
            self.close()
            raise LimitTooLow(said.decode())

    def fork(self) -> WorkerProcess:
        """Fork a worker. Raises `WorkerDied`."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        group = cgroups.new_group(self._parent_group)
        try:
            with theirs, self._lock:
                self.control.settimeout(_START_SECONDS)
                socket.send_fds(self.control, [b"fork"], [theirs.fileno(), *([group.procs] if group else [])])
                _, fds, _, _ = socket.recv_fds(self.control, 16, 1)
            if fds:
                return WorkerProcess(self.environment, ours, fds[0], group)
            raise OSError("it ended")
        except OSError as failed:
            ours.close()
            if group:
                group.close()
            raise WorkerDied(f"the template process does not answer: {failed}") from None

    def close(self) -> None:
        """End it; its workers end with it."""
        self.control.close()
        self.process.kill()
        self.process.wait()

    def disown(self) -> None:
        """In the child of a fork: let go of the parent's process without ending it."""
        self.control.close()
        self.process.returncode = 0  # not our child: never wait for it


class WorkerProcess:
    """An isolated process that runs one job at a time."""

    def __init__(self, environment: str, control: socket.socket, pidfd: int, group: cgroups.Group | None) -> None:
        self.environment, self.control, self.pidfd, self.group = environment, control, pidfd, group
        _held.add(self)
        self.used_up = False
        """Whether it has run its last job."""
        try:
            started = json.loads(_receive(control, _START_SECONDS))
        except (WorkerDied, ValueError):
            self.close()
            raise WorkerDied("the worker did not start") from None
        self.isolation: tuple[str, ...] = tuple(started["features"])
        self.refused: dict[str, str] = started["refused"]
        """The kernel's error for each part of the isolation that it refused."""
        if group and group.entered():
            self.isolation += (group.feature,)
        self.level = level_of(self.isolation)

    def close(self) -> None:
        """End it and all that it runs."""
        self.control.close()
        if self.pidfd < 0:
            return
        if not ends_within(self.pidfd, 0.5):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        if self.group:
            self.group.close()
        self.disown()

    def disown(self) -> None:
        """Let go of it without ending it."""
        self.control.close()
        if self.group:
            self.group.disown()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def is_idle(self) -> bool:
        """Whether it lives and waits for a job; one that something outside has ended is not to be used."""
        poll = select.poll()
        for fd in (self.control.fileno(), self.pidfd):
            poll.register(fd, select.POLLIN)
        return not poll.poll(0)

    def start(self, specs: list[ProcessSpec], fds: list[int]) -> None:
        """Start the processes of a job, with the descriptors of the role of each."""
        if self.group:
            self.group.limit(sum(spec.memory for spec in specs))
        socket.send_fds(self.control, [pack(specs)], fds)

    def stop(self) -> None:
        """Ask for the end of the job."""
        self.control.send(STOP)

    def wait(self, limits: Limits) -> list[ProcessExit]:
        """How each process of the job ended, once all have. Raises `WorkerDied`."""
        reply = _receive(self.control, limits.patience + _GRACE)
        if reply[:1] not in (REUSABLE, USED_UP):
            raise WorkerDied(reply.decode(errors="replace"))
        self.used_up = reply[:1] == USED_UP
        return unpack(ProcessExit, reply[1:])


_held: weakref.WeakSet[TemplateProcess | WorkerProcess] = weakref.WeakSet()


def _after_fork() -> None:
    """The child of a fork holds no descriptor of its parent's processes, which else would not see the parent end."""
    for process in list(_held):
        process.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def level_of(isolation: tuple[str, ...]) -> str:
    """The level that these parts add up to, `L1` to `L5`."""
    if "seccomp" not in isolation:
        return "L1"
    if {"user", "root", "net", "pid"}.issubset(isolation):
        return "L5" if "cgroup:memory,pids" in isolation else "L4"
    if any(name.startswith("landlock") for name in isolation):
        return "L3"
    return "L2" if "root" in isolation or "nofiles" in isolation else "L1"


def _receive(control: socket.socket, seconds: float) -> bytes:
    control.settimeout(seconds)
    try:
        data = control.recv(1 << 16)
    except OSError as failed:
        raise WorkerDied(f"no reply within {seconds:g} s: {failed}") from None
    if not data:
        raise WorkerDied("the process ended")
    return data


def ends_within(pidfd: int, seconds: float) -> bool:
    """Whether a process ends in time. (`select` refuses descriptors from 1,024 on, which a trainer may well hold.)"""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(1000 * seconds))
