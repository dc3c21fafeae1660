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

from assay.sandbox import SWITCH, Measured, cgroups, levels, measured


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
    wanted: str
    sentence: str
    parts: tuple[Part, ...]
    advice: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether programs run here."""
        return self.level >= self.wanted

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"ok": self.ok}


def examine() -> Diagnosis:
    """Start a worker, let a job try to get out, and explain what was found."""
    wanted = levels.minimum()
    if not sys.platform.startswith("linux"):
        advice = "run on Linux, in a container or a virtual machine; on Windows, WSL 2 will do"
        return Diagnosis("L0", wanted, f"{sys.platform} cannot isolate a process", (), (advice,))
    setting = os.environ.get(SWITCH, "").strip()
    if setting.lower() == "off":
        return Diagnosis("L0", wanted, f"{SWITCH}=off refuses every program", (), (f"unset {SWITCH}",))
    found = measured()
    advice = [f"{SWITCH}={setting}: programs go there, and this report holds once it is unset"] if setting else []
    tried = ", ".join(found.escapes) or ("could do nothing" if found.level >= "L2" else "not tried")
    canary = Part("a job that tries to get out", tried == "could do nothing", tried)
    parts = (_system(), *(_taken(found, *part) for part in _PARTS), _cgroups(found), canary)
    return Diagnosis(found.level, wanted, found.sentence, parts, (*advice, *_advice(parts, found.level)))


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


def _setting(path: str) -> str:
    try:
        return Path(path).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _advice(parts: tuple[Part, ...], level: str) -> list[str]:
    """What would raise the level, from what this host forbids."""
    active = {part.name for part in parts if part.active}
    if level >= "L4":
        groups = "start under `systemd-run --user --scope`, or name a folder that hands them down in"
        bonus = f"for L5, which is a bonus: a cgroup v2 with memory and pids; {groups} {cgroups.FOLDER}"
        return [] if level == "L5" else [bonus]
    found = []
    if "user namespace" not in active or "namespaces and an empty root" not in active:
        for name, bad, good in _SYSCTLS:
            if _setting(f"/proc/sys/{name.replace('.', '/')}") == bad:
                found.append(f"for L4: sudo sysctl -w {name}={good}")
        if os.path.exists("/.dockerenv") or "container" in os.environ or not found:
            found.append(
                "for L4 in a container: a seccomp profile that allows unshare and mount, or no profile in a VM"
            )
    if "Landlock" not in active:
        found.append("for L3: a kernel of 5.13 or newer with Landlock in its lsm= list (lsm=landlock,... at boot)")
    if "system call filter" not in active:
        found.append("for L2 and above: a kernel with seccomp filters, on x86-64 or aarch64")
    if level == "L2" < levels.minimum():
        found.append(f"or run at L2 ({levels.MINIMUM}=L2): programs open no file and import what is in memory by then")
    if "user of a job" not in active:
        found.append("for a job that is not root: install Python where every user may read it, or start as a user")
    return found
