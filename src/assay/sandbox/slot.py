"""The trusted side of the processes that run jobs: a mother of each flavour, and the slots that she forks."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection

from assay.sandbox import cgroups, flavours
from assay.sandbox.jobs import Limits
from assay.sandbox.orders import KEPT, SPENT, STOP, End, Order, pack_orders, unpack_ends

_BOOT = """
import os, sys, types
os.register_at_fork = lambda **_: None  # a child has one thread, and the same random numbers as every other
for name, path in (("assay", sys.argv[1]), ("assay.sandbox", sys.argv[1] + "/sandbox")):
    package = types.ModuleType(name)
    package.__path__ = [path]
    sys.modules[name] = package
from assay.sandbox import mother
mother.main(int(sys.argv[2]), sys.argv[3:])
"""
_START = 60.0
"""Seconds a mother has to import her modules, and a slot to start."""
_GRACE = 5.0
"""Seconds after the wall limit until the zygote itself is given up."""
_SMALL = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")


class SlotDied(Exception):
    """The zygote is gone or does not answer; the slot must be replaced."""


class Mother:
    """An exec'd process with the modules of a flavour, which forks slots."""

    def __init__(self, flavour: str) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        boot = [_BOOT, package, str(theirs.fileno()), *flavours.packages(flavour)]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-s", "-S", "-P", "-c", *boot],
                env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **_SMALL},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,
            )
        self.flavour, self.control = flavour, ours
        self._lock = threading.Lock()
        self._groups = cgroups.home()
        try:
            _receive(self.control, _START)
        except SlotDied:
            self.close()
            raise

    def slot(self) -> Slot:
        """Fork a slot. Raises `SlotDied`."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        group = cgroups.group(self._groups)
        try:
            with theirs, self._lock:
                self.control.settimeout(_START)
                socket.send_fds(self.control, [b"slot"], [theirs.fileno(), *([group.procs] if group else [])])
                _, fds, _, _ = socket.recv_fds(self.control, 16, 1)
            if not fds:
                raise SlotDied("the mother process ended")
            return Slot(self.flavour, ours, fds[0], group)
        except (OSError, SlotDied) as failed:
            ours.close()
            if group:
                group.close()
            if isinstance(failed, SlotDied):
                raise
            raise SlotDied(f"the mother process does not answer: {failed}") from None

    def close(self) -> None:
        """End her; her slots end with her."""
        self.control.close()
        self.process.kill()
        self.process.wait()

    def disown(self) -> None:
        """In the child of a fork: let go of the parent's mother without ending her."""
        self.control.close()
        self.process.returncode = 0  # not our child: never wait for it


def level_of(isolation: Collection[str]) -> str:
    """The level that these parts add up to, `L1` to `L5`."""
    if "seccomp" not in isolation:
        return "L1"
    if {"user", "root", "net", "pid"}.issubset(isolation):
        return "L5" if "cgroup:memory,pids" in isolation else "L4"
    if any(name.startswith("landlock") for name in isolation):
        return "L3"
    return "L2" if "root" in isolation or "nofiles" in isolation else "L1"


class Slot:
    """One zygote: one job at a time."""

    def __init__(self, flavour: str, control: socket.socket, watch: int, group: cgroups.Group | None = None) -> None:
        self.flavour, self.control, self.group = flavour, control, group
        self.watch = watch
        """A pidfd of the process that holds the zygote."""
        self.spent = False
        """Whether the zygote has run its last job."""
        try:
            self.isolation = tuple(json.loads(_receive(control, _START))["features"])
        except (SlotDied, ValueError):
            self.close()
            raise SlotDied("the slot did not start") from None
        if group and group.entered():
            self.isolation += (group.feature,)
        self.level = level_of(self.isolation)

    def close(self) -> None:
        """End the zygote and all that it runs."""
        self.control.close()
        if self.watch < 0:
            return
        if not select.select([self.watch], [], [], 0.5)[0]:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.watch, signal.SIGKILL)
        if self.group:
            self.group.close()
        self.disown()

    def disown(self) -> None:
        """Let go of the zygote without ending it."""
        self.control.close()
        if self.group:
            self.group.disown()
        if self.watch >= 0:
            os.close(self.watch)
            self.watch = -1

    def start(self, orders: list[Order], fds: list[int]) -> None:
        """Hand the zygote the parts of a job, and for each the descriptors of its role."""
        if self.group:
            self.group.limit(sum(order.memory for order in orders))
        socket.send_fds(self.control, [pack_orders(orders)], fds)

    def stop(self) -> None:
        """Ask the zygote to end the job."""
        self.control.send(STOP)

    def end(self, limits: Limits) -> list[End]:
        """How each part of the job ended, once all have. Raises `SlotDied`."""
        reply = _receive(self.control, limits.wall_seconds + _GRACE)
        if reply[:1] not in (KEPT, SPENT):
            raise SlotDied(reply.decode(errors="replace"))
        self.spent = reply[:1] == SPENT
        return unpack_ends(reply[1:])


def _receive(control: socket.socket, seconds: float) -> bytes:
    control.settimeout(seconds)
    try:
        data = control.recv(1 << 16)
    except OSError as failed:
        raise SlotDied(f"no reply within {seconds:g} s: {failed}") from None
    if not data:
        raise SlotDied("the process ended")
    return data
