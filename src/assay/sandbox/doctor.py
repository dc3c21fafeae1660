"""What isolation this host gives, part by part, why a part is missing, and how to raise the level.

Each part is tried in a process of its own, and a job tries to get out of all of them together; nothing is taken from
documentation or version numbers.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay.sandbox import SWITCH, cgroups, kernel, levels, measured, seccomp


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the isolation."""

    name: str
    active: bool
    told: str
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
    """Try every part, then the whole chain with a job that tries to get out."""
    wanted = levels.minimum()
    if not sys.platform.startswith("linux"):
        advice = "run on Linux, in a container or a virtual machine; on Windows, WSL 2 will do"
        return Diagnosis("L0", wanted, f"{sys.platform} cannot isolate a process", (), (advice,))
    setting = os.environ.get(SWITCH, "").strip()
    found = measured()
    if setting.lower() == "off":
        return Diagnosis("L0", wanted, f"{SWITCH}=off refuses every program", (), (f"unset {SWITCH}",))
    advice = [f"{SWITCH}={setting}: programs go there, and what is said here holds once it is unset"] if setting else []
    parts = [_system(), *(_tried(*part) for part in _PARTS), _landlock(), _cgroups(found.features)]
    parts.append(Part("user of a job", "uid" in found.features, _user(found.features)))
    nothing = "could do nothing" if found.level >= "L2" else "not tried, since too little is there"
    tried = ", ".join(found.could) or nothing
    parts.append(Part("a job that tries to get out", tried == "could do nothing", tried))
    return Diagnosis(found.level, wanted, found.sentence, tuple(parts), (*advice, *_advice(parts, found.level)))


def _system() -> Part:
    told = f"Linux {platform.release()} on {platform.machine()}, Python {platform.python_version()}, uid {os.getuid()}"
    if platform.machine() in ("x86_64", "aarch64"):
        return Part("system", True, told)
    return Part("system", False, f"{told}: system call numbers are known for x86-64 and aarch64 only")


def _tried(name: str, act: Callable[[], None], gives: str) -> Part:
    """Whether an act succeeds in a forked child; `gives` says what for."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        told = "yes"
        try:
            act()
        except OSError as refused:
            told = f"no: {refused}"
        finally:
            os.write(write, told.encode()[:1000])
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read().decode() or "no: the process was killed"
    os.waitpid(child, 0)
    return Part(name, told == "yes", f"yes: {gives}" if told == "yes" else told)


def _user_namespace() -> None:
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    kernel.new_user_namespace(proc)


def _chain() -> None:
    """All that a jail needs, in its order: what fails first is what is missing."""
    if os.getuid() != 0:
        _user_namespace()
    kernel.unshare(kernel.NEWNS)
    kernel.empty_root([os.path.dirname(os.__file__)], scratch=True)
    if os.getuid() == 0:
        kernel.unshare(kernel.NEWUSER)
    for flag in (kernel.NEWNET, kernel.NEWIPC, kernel.NEWUTS, kernel.NEWPID):
        kernel.unshare(flag)


def _filter() -> None:
    kernel.no_new_privileges()
    if seccomp.base() is None or not kernel.enter_base_seccomp():
        raise OSError(38, "no filter for this machine")


_SYSCTLS = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "16384"),
)
_PARTS: tuple[tuple[str, Callable[[], None], str], ...] = (
    ("user namespace", _user_namespace, "rights over nothing but itself"),
    ("namespaces and an empty root", _chain, "no other process, network or file is there"),
    ("system call filter", _filter, "only the calls that programs need"),
)


def _landlock() -> Part:
    made = kernel.landlock_rules([], [], [])
    if made is None:
        return Part("Landlock", False, f"no: {_setting('/sys/kernel/security/lsm') or 'the kernel does not offer it'}")
    os.close(made[0])
    return Part("Landlock", True, f"yes: no file but Python's and libraries can be opened (ABI {made[1]})")


def _cgroups(features: tuple[str, ...]) -> Part:
    """Whether slots are in groups; where that failed though a folder was found, moving a process there is forbidden."""
    place = cgroups.home()
    entered = any(name.startswith("cgroup:") for name in features)
    told = place.told if entered or not place.path else f"{place.told}, but a process may not be moved there"
    whole = place.controllers == ("memory", "pids")
    return Part(
        "control groups", entered and whole, f"yes: {told}" if entered and whole else f"no: {told} (not needed)"
    )


def _user(features: tuple[str, ...]) -> str:
    if "uid" in features:
        return "yes: not root"
    return "no: root without capabilities, since user nobody cannot read this Python's files"


def _setting(path: str) -> str:
    try:
        return Path(path).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _advice(parts: list[Part], level: str) -> list[str]:
    """What would raise the level, from what this host forbids."""
    active = {part.name for part in parts if part.active}
    if level >= "L4":
        return [] if level == "L5" else [f"for L5, which is a bonus: a cgroup v2 with memory and pids; {_GROUPS}"]
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


_GROUPS = f"start under `systemd-run --user --scope`, or name a folder that hands them down in {cgroups.PLACE}"
