"""What isolation this host gives, part by part, why a part is missing, and how to raise the level.

The findings come from a worker that took the isolation and a job that tried to get out of it; nothing is taken from
documentation or version numbers.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay.errors import IsolationRefused, visible
from assay.sandbox import (
    Limits,
    Measured,
    Outcome,
    Program,
    Result,
    cgroups,
    external,
    find_compiler,
    measured,
    settings,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the isolation."""

    name: str
    active: bool
    detail: str
    """What was seen, or the error; and what to do about it."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The whole host."""

    level: str
    """As measured; empty for another sandbox, whose isolation is its own."""
    wanted: str
    sentence: str
    parts: tuple[Part, ...]
    advice: tuple[str, ...]
    ok: bool
    """Whether programs run here."""
    because: str
    """What decides that."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def examine() -> Diagnosis:
    """Start a worker, let a job try to get out, and explain what was found.

    Raises `BadConfig` where a variable of the sandbox has an unknown value.
    """
    settings.check()
    wanted, chosen = settings.minimum(), settings.where()
    if chosen == "off":
        switched = f"{settings.SWITCH}=off"
        return Diagnosis(
            "L0", wanted, f"{switched} refuses every program", (), (f"unset {settings.SWITCH}",), False, switched
        )
    if chosen:
        return _elsewhere(chosen, wanted)
    found = measured()
    tried = ", ".join(found.escapes) or ("could do nothing" if found.level >= "L2" else "not tried")
    canary = Part("a job that tries to get out", tried == "could do nothing", tried)
    parts = (_system(), *(_taken(found, *part) for part in _PARTS), _cgroups(found), canary, _cpp(found, wanted))
    advice = tuple(_advice(found, {part.name for part in parts if part.active}, wanted))
    return Diagnosis(found.level, wanted, found.sentence, parts, advice, found.level >= wanted, f"{wanted} is wanted")


def _elsewhere(chosen: str, wanted: str) -> Diagnosis:
    """What is known of another sandbox: whether a program runs there."""
    try:
        backend = external.backend(chosen)
        name, done = backend.name, backend.run(Program("print(6 * 7)", limits=Limits(cpu=2.0, wall=10.0)))
    except IsolationRefused as refused:
        name, done = chosen, Result(Outcome.SANDBOX_ERROR, str(refused))
    ok = done.outcome is Outcome.DONE and done.output == b"42\n"
    seen = "it printed what it should" if ok else f"{done.outcome}: {done.text or done.output[:80]!r}"
    sentence = f"programs go to {name}, whose isolation is its own and is not measured"
    advice = (
        f"code.tests, code_io and sat are refused there: unset {settings.SWITCH} for the sandbox that is built in",
    )
    part = Part("a program that was tried there", ok, visible(seen))
    because = f"{settings.SWITCH}={chosen}" + ("" if ok else " does not run programs")
    return Diagnosis("", wanted, sentence, (part,), advice, ok, because)


_SYSCTLS = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "16384"),
)
_PARTS = (
    ("user namespace", "user", "rights over nothing but itself"),
    ("namespaces and an empty root", "root net ipc uts pid", "no other process, network or file is there"),
    ("system call filter", "seccomp", "only the calls that programs need"),
    ("Landlock", "landlock", "no file but Python's and libraries can be opened"),
    ("user of a job", "uid", "not root"),
)


def _system() -> Part:
    seen = f"Linux {platform.release()} on {platform.machine()}, Python {platform.python_version()}, uid {os.getuid()}"
    if platform.machine() in ("x86_64", "aarch64"):
        return Part("system", True, seen)
    return Part("system", False, f"{seen}: system call numbers are known for x86-64 and aarch64 only")


def _taken(found: Measured, name: str, features: str, gives: str) -> Part:
    """Whether a worker took all features of a part; `gives` says what for."""
    missing = [one for one in features.split() if not any(taken.startswith(one) for taken in found.features)]
    why = next((found.refused[one] for one in missing if one in found.refused), "not tried")
    return Part(name, not missing, why if missing else gives)


def _cgroups(found: Measured) -> Part:
    """Whether workers are in groups; where that failed though a folder was found, a process may not be moved there."""
    parent = cgroups.find_parent()
    entered = any(name.startswith("cgroup:") for name in found.features)
    detail = parent.detail if entered or not parent.path else f"{parent.detail}, but a process may not be moved there"
    if entered and parent.controllers == ("memory", "pids"):
        return Part("control groups", True, detail)
    return Part("control groups", False, f"{detail} (not needed)")


def _cpp(found: Measured, wanted: str) -> Part:
    """Whether C++ programs run too."""
    if found.level < wanted:
        return Part("C++ programs", False, "no program runs here (not needed)")
    there = find_compiler()
    return Part("C++ programs", bool(there.command), there.sentence + ("" if there.command else " (not needed)"))


def _read(path: str) -> str:
    try:
        return Path(path).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _advice(found: Measured, active: set[str], wanted: str) -> list[str]:
    """What would raise the level, from what this host forbids."""
    if nothing := _for_any(found, active):
        return [nothing]
    if found.level >= "L4":
        groups = "start under `systemd-run --user --scope`, or name a folder that hands them down in"
        bonus = "" if wanted == "L5" else ", which is a bonus"
        return (
            []
            if found.level == "L5"
            else [f"for L5{bonus}: a cgroup v2 with memory and pids; {groups} {settings.FOLDER}"]
        )
    advice = []
    if "user namespace" not in active or "namespaces and an empty root" not in active:
        advice += _for_namespaces(found)
    if "Landlock" not in active:
        advice.append(_for_landlock())
    if "system call filter" not in active:
        why = found.refused.get("seccomp", "")
        advice.append(
            f"for L2 and above: a kernel with seccomp filters, on x86-64 or aarch64{f' ({why})' if why else ''}"
        )
    if found.level == "L2" < wanted:
        advice.append(
            f"or run at L2 ({settings.MINIMUM}=L2): programs open no file and import what is in memory by then"
        )
    if "user of a job" not in active:
        advice.append("for a job that is not root: install Python where every user may read it, or start as a user")
    return advice


def _for_any(found: Measured, active: set[str]) -> str:
    """What to do where no part of the isolation is the cause."""
    if not sys.platform.startswith("linux"):
        return "run it on Linux 5.13 or newer, in a container or a virtual machine of this one"
    if "system" not in active:
        return "run it on an x86-64 or aarch64 machine"
    if found.level == "L0":
        return "no worker started: see that this Python runs as `python -s -S`, and that memory and processes are left"
    if found.level == "L1" and "system call filter" in active:
        return "a job could do what it must not, or the probe failed: report it with this output; nothing is run here"
    return ""


def _for_namespaces(found: Measured) -> list[str]:
    """The sysctl that forbids them; else the filter that this process is under; else whoever else refuses."""
    wrong = [
        f"for L4: sudo sysctl -w {name}={good}"
        for name, bad, good in _SYSCTLS
        if _read(f"/proc/sys/{name.replace('.', '/')}") == bad
    ]
    if "Seccomp:\t2" in _read("/proc/self/status"):
        wrong.append("for L4 in a container: a seccomp profile that allows unshare and mount, or no profile in a VM")
    if wrong:
        return wrong
    why = next((found.refused[part] for part in ("user", "root", "net", "pid") if part in found.refused), "refused")
    return [
        f"for L4: a host that lets this user make namespaces and mounts ({why}): AppArmor or SELinux may forbid them"
    ]


def _for_landlock() -> str:
    version = platform.release().split("-")[0]
    numbers = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    if numbers < [5, 13]:
        return f"for L3: a kernel of 5.13 or newer (this is {version}), with Landlock"
    listed = _read("/sys/kernel/security/lsm")
    if listed and "landlock" not in listed.split(","):
        return f"for L3: landlock in the kernel's list at boot (lsm=landlock,{listed})"
    return "for L3: a kernel built with Landlock, and a container profile that allows its system calls"
