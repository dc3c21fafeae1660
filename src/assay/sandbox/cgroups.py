"""A control group (v2) for each worker, where this process may make one: a bound on all that a worker's processes hold.

Resource limits count what one process maps; a group counts what all of them hold, files in memory and the kernel's own
records included, and ends them in one stroke. It is never needed, and nothing of the host is moved or changed but for
the controllers that the group of this process hands down. Groups are removed when their worker closes; those of a
process that was killed are removed by the next one that looks.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from dataclasses import dataclass
from pathlib import Path

from assay.sandbox.settings import FOLDER, group_folder

_WANTED = ("memory", "pids")
_PIDS = 192
"""Processes and threads of a worker: a job's own limit, and the few that run it."""
_SPARE = 192 << 20
"""Bytes beside what a job's processes may map: the worker itself, scratch files, the kernel's own records."""
_PATIENCE = 1.0
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Parent:
    """Where groups can be made, and which controllers count there."""

    path: str
    controllers: tuple[str, ...]
    detail: str
    """What was found, for a person."""


def find_parent() -> Parent:
    """Where this process may make groups; `path` is empty where it may not."""
    setting = group_folder()
    if setting == "off":
        return Parent("", (), f"{FOLDER}=off")
    own = _own()
    folders = [setting] if setting else own if os.getuid() else own[:1]
    detail = "no cgroup v2 is mounted here"
    for folder in folders:
        if not all(os.access(path, os.W_OK) for path in (folder, f"{folder}/cgroup.procs")):
            detail = f"not delegated to this user: {folder}"
            continue
        found = _controllers(folder)
        if found or setting:
            _sweep(folder)
            return Parent(folder, found, f"{', '.join(found) or 'no controller'} below {folder}")
        detail = f"{folder} hands down neither memory nor pids"
    return Parent("", (), detail)


def _own() -> list[str]:
    """The folder of this process's group, then those above it."""
    entries = [line.split(":", 2) for line in _read("/proc/self/cgroup").splitlines()]
    group = next((path for number, _, path in entries if number == "0"), "")
    for line in _read("/proc/self/mountinfo").splitlines():
        fields, _, kind = line.partition(" - ")
        root, mount = fields.split()[3:5]
        inside = group == root or group.startswith(root.rstrip("/") + "/")
        if kind.startswith("cgroup2 ") and inside and "/.." not in group:
            folder = Path(mount + "/" + group[len(root.rstrip("/")) :].strip("/"))
            return [str(place) for place in (folder, *folder.parents) if place.is_relative_to(mount)]
    return []


def _controllers(folder: str) -> tuple[str, ...]:
    """The controllers that a group made there has; one that can be handed down is."""
    there = _read(f"{folder}/cgroup.controllers").split()
    for name in _WANTED:
        if name in there and name not in _read(f"{folder}/cgroup.subtree_control").split():
            with contextlib.suppress(OSError):  # busy: a group that holds processes hands nothing down
                _write(f"{folder}/cgroup.subtree_control", f"+{name}")
    down = _read(f"{folder}/cgroup.subtree_control").split()
    return tuple(name for name in _WANTED if name in down)


def _sweep(folder: str) -> None:
    """Remove the empty groups of processes that are gone; one that still holds anything stays."""
    for name in os.listdir(folder):
        if name.startswith("assay-") and not os.path.exists(f"/proc/{name.split('-')[1]}"):
            with contextlib.suppress(OSError):
                os.rmdir(f"{folder}/{name}")


class Group:
    """The group of one worker. Raises `OSError` where it cannot be made."""

    def __init__(self, parent: Parent) -> None:
        self.path = f"{parent.path}/assay-{os.getpid()}-{next(_numbers)}"
        self.feature = f"cgroup:{','.join(parent.controllers) or 'kill'}"
        self._memory, self._counts = 0, "memory" in parent.controllers
        os.mkdir(self.path)
        try:
            self.procs = os.open(f"{self.path}/cgroup.procs", os.O_WRONLY)
            if "pids" in parent.controllers:
                _write(f"{self.path}/pids.max", str(_PIDS))
            if self._counts and os.path.exists(f"{self.path}/memory.swap.max"):
                _write(f"{self.path}/memory.swap.max", "0")
        except OSError:
            os.rmdir(self.path)
            raise

    def entered(self) -> bool:
        """Whether the worker is in the group: moving it there needs rights on the groups above both, too."""
        return bool(_read(f"{self.path}/cgroup.procs").strip())

    def limit(self, memory: int) -> None:
        """Bound what the worker's processes hold together while a job runs that may map `memory` bytes."""
        if self._counts and memory != self._memory:
            _write(f"{self.path}/memory.max", str(memory + _SPARE))
            self._memory = memory

    def ran_out(self) -> bool:
        """Whether the kernel has killed a process of the group because the group held too much."""
        counts = dict(line.split() for line in _read(f"{self.path}/memory.events").splitlines())
        return counts.get("oom_kill", "0") != "0"

    def close(self) -> None:
        """End all that is in the group, and remove it."""
        if self.procs < 0:
            return
        self.disown()
        with contextlib.suppress(OSError):  # before Linux 5.14 there is no such file, and the worker's end is its own
            _write(f"{self.path}/cgroup.kill", "1")
        due = time.monotonic() + _PATIENCE
        while os.path.isdir(self.path):
            try:
                os.rmdir(self.path)
            except OSError:
                if time.monotonic() > due:
                    return  # the next process that looks removes it
                time.sleep(0.002)

    def disown(self) -> None:
        """Let go of the group without ending it."""
        if self.procs >= 0:
            os.close(self.procs)
        self.procs = -1


def new_group(parent: Parent) -> Group | None:
    """A new group; `None` where there can be none."""
    with contextlib.suppress(OSError):
        return Group(parent) if parent.path else None
    return None


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
