"""The isolation that this machine gives: taken once by a worker, and what each of its children adds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence

from assay.sandbox import kernel, memory_imports
from assay.sandbox.native import FOLDER
from assay.sandbox.protocol import COMPILER, ProcessSpec
from assay.sandbox.seccomp import NONE, OWN, READ

_SHARED = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo"]
_SPARE_MEMORY = 128 << 20  # address space that the interpreter itself needs
_THREADS = 128
_SCRATCH, _NATIVE_SCRATCH = 16, 64
"""MiB of the scratch folder; a compiler's holds assembler text, objects and the program."""
_NAMESPACES = {"net": kernel.NEWNET, "ipc": kernel.NEWIPC, "uts": kernel.NEWUTS, "pid": kernel.NEWPID}


class Jail:
    """The isolation, taken in order as far as the kernel gives it; each child adds what only it can take.

    `packages` are files and folders that programs may read besides the standard library: third-party modules, or where
    it is `native` those of a compiler, which may also start processes.
    """

    def __init__(self, packages: Sequence[str] = (), native: bool = False) -> None:
        self.native = native
        self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        self.features: list[str] = []
        self.refused: dict[str, str] = {}
        """The kernel's error for each part that it refused."""
        self.scratch = ""
        """The folder in which programs may write."""
        self.abi = 0
        stdlib = os.path.dirname(os.__file__)
        root = os.getuid() == 0
        if not root:
            self._take("user", self._own_user_namespace)
        if root or "user" in self.features:
            self._take("root", self._leave_the_files, [stdlib, *_SHARED, *packages])
        with contextlib.suppress(OSError):
            if root and kernel.readable_as_nobody(os.__file__):
                kernel.become_nobody()
        if os.getuid() != 0:
            self.features.append("uid")
        else:
            self.refused["uid"] = "root without capabilities, since user nobody cannot read this Python's files"
        self._take("user", self._own_user_namespace)
        for name, flag in _NAMESPACES.items():
            self._take(name, kernel.unshare, flag)
        kernel.no_new_privileges()
        self.rules = self._landlock(stdlib, packages)
        kernel.limit_all(_THREADS if "user" in self.features else None)
        self._take("seccomp", self._filter_calls, stdlib, packages)

    def _take(self, name: str, step: Callable[..., None], *args: object) -> None:
        """Take a part if it is not taken yet; where it is refused, the trusted side decides."""
        if name in self.features:
            return
        try:
            step(*args)
            self.features.append(name)
        except OSError as refused:
            self.refused[name] = str(refused)

    def _own_user_namespace(self) -> None:
        kernel.new_user_namespace(self.proc)

    def _leave_the_files(self, readable: list[str]) -> None:
        kernel.unshare(kernel.NEWNS)
        scratch = "" if any(path.startswith(f"{kernel.SCRATCH}/") for path in readable) else kernel.SCRATCH
        size = _NATIVE_SCRATCH if self.native else _SCRATCH  # none where it would hide an environment that lies there
        kernel.empty_root(readable, size if scratch else 0)
        self.scratch = scratch

    def _landlock(self, stdlib: str, packages: Sequence[str]) -> int:
        """Rules for the children to enter; -1 where there are none, or all have entered them already."""
        readable = [e.path for e in os.scandir(stdlib) if e.name not in ("site-packages", "dist-packages")]
        scratch = [self.scratch] if self.scratch else []
        made = kernel.landlock_rules([*readable, *_SHARED, *packages], [stdlib], scratch)
        if made is None:
            self.refused["landlock"] = "the kernel does not offer it"
            return -1
        rules, self.abi = made
        self.features.append(f"landlock{self.abi}")
        if (
            "root" in self.features
        ):  # without a root of its own a job could find `/proc`, which only the worker may read
            with contextlib.suppress(OSError):
                kernel.allow_below(rules, self.proc)
                kernel.enter_landlock(rules)
                os.close(rules)
                return -1
        return rules

    def _filter_calls(self, stdlib: str, packages: Sequence[str]) -> None:
        landlock = any(name.startswith("landlock") for name in self.features)
        files = OWN if "root" in self.features else READ if landlock else NONE
        if files == NONE:
            memory_imports.install(stdlib, () if self.native else packages)
        kernel.enter_base_seccomp(files, self.native)
        if files == NONE:
            self.features.append("nofiles")

    def enter(self, spec: ProcessSpec) -> None:
        """What each child does before it reads its input: limits, no capabilities, no files, few system calls."""
        if "pid" not in self.features:
            kernel.die_with_parent()  # else the kernel ends it with the first process of the namespace
        kernel.limit(spec.cpu, spec.memory + _SPARE_MEMORY, spec.output)
        compiles = spec.role == COMPILER
        if self.rules >= 0:
            if compiles:
                kernel.allow_writing(self.rules, FOLDER, self.abi)
            kernel.enter_landlock(self.rules)
        kernel.drop_capabilities()
        if "seccomp" in self.features:
            kernel.enter_seccomp(compiles)
