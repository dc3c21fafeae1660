"""The isolation that this machine gives: taken once by a zygote, and what each of its children adds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any

from assay.sandbox import held, kernel
from assay.sandbox.orders import Order
from assay.sandbox.seccomp import NONE, OWN, READ

_SHARED = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo"]
_SPARE_MEMORY = 128 << 20  # address space that the interpreter itself needs
_THREADS = 128


class Jail:
    """The isolation that this machine gives, taken once; each child adds what only it can take.

    `packages` are files and folders of third-party modules that programs may read besides the standard library.
    """

    def __init__(self, packages: Sequence[str] = ()) -> None:
        self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        self.features: list[str] = []
        self.scratch = ""
        """The folder in which programs may write."""
        stdlib = os.path.dirname(os.__file__)
        self._take(self._leave_the_files, [stdlib, *_SHARED, *packages])
        self._take(self._leave_root, os.__file__)
        self._take(self._own_user_namespace)
        for name, flag in (("net", kernel.NEWNET), ("ipc", kernel.NEWIPC), ("uts", kernel.NEWUTS)):
            self._take(lambda name=name, flag=flag: self._leave(name, flag))
        self._take(lambda: self._leave("pid", kernel.NEWPID))
        kernel.no_new_privileges()
        readable = [e.path for e in os.scandir(stdlib) if e.name not in ("site-packages", "dist-packages")]
        folders = sorted({os.path.dirname(path) for path in packages})
        scratch = [self.scratch] if self.scratch else []
        rules = kernel.landlock_rules([*readable, *_SHARED, *packages], [stdlib, *folders], scratch)
        self.rules = rules[0] if rules else -1
        self.features += [f"landlock{rules[1]}"] if rules else []
        if rules and "root" in self.features:
            self._take(self._enter_landlock)
        kernel.limit_all(_THREADS if "user" in self.features else None)
        self._take(self._filter_calls, stdlib, packages)

    def _take(self, step: Any, *args: Any) -> None:
        with contextlib.suppress(OSError):  # what is refused is missing from `features`; the trusted side decides
            step(*args)

    def _leave(self, name: str, flag: int) -> None:
        kernel.unshare(flag)
        self.features.append(name)

    def _leave_the_files(self, readable: list[str]) -> None:
        if os.getuid() != 0:
            self._own_user_namespace()
        kernel.unshare(kernel.NEWNS)
        scratch = "" if any(path.startswith(f"{kernel.SCRATCH}/") for path in readable) else kernel.SCRATCH
        kernel.empty_root(readable, bool(scratch))  # it would hide an environment that lies there
        self.scratch = scratch
        self.features.append("root")

    def _leave_root(self, needed: str) -> None:
        if os.getuid() == 0 and kernel.readable_as_nobody(needed):
            kernel.become_nobody()
        if os.getuid() != 0:
            self.features.append("uid")

    def _own_user_namespace(self) -> None:
        if "user" not in self.features:
            kernel.new_user_namespace(self.proc)
            self.features.append("user")

    def _enter_landlock(self) -> None:
        """Once for all children. Without a root of its own a job could find `/proc`, which only the zygote may read."""
        kernel.allow_below(self.rules, self.proc)
        kernel.enter_landlock(self.rules)
        os.close(self.rules)
        self.rules = -1

    def _filter_calls(self, stdlib: str, packages: Sequence[str]) -> None:
        read = any(name.startswith("landlock") for name in self.features)
        files = OWN if "root" in self.features else READ if read else NONE
        if files == NONE:
            held.hold(stdlib, packages)
        if kernel.enter_base_seccomp(files):
            self.features += ["seccomp"] if files != NONE else ["seccomp", "nofiles"]

    def enter(self, order: Order) -> None:
        """What each child does before it reads its part: limits, no capabilities, no files, few system calls."""
        if "pid" not in self.features:
            kernel.die_with_parent()  # else the kernel ends it with the first process of the namespace
        kernel.limit(order.cpu, order.memory + _SPARE_MEMORY, order.output)
        if self.rules >= 0:
            kernel.enter_landlock(self.rules)
        kernel.drop_capabilities()
        if "seccomp" in self.features:
            kernel.enter_seccomp()
