"""Where untrusted code runs.

A job runs in a child of a *zygote*: a process that was exec'd with a clean environment and holds no memory of the
trusted side. The child has (where the host gives them) its own user, mount, network, IPC, host-name and process
namespaces, an empty root with the standard library in it, Landlock, a seccomp deny list, no capabilities and resource
limits; its CPU time is measured and ended from outside. Only data comes out: expected answers never go in, and
comparing is done by the caller or, for `Check`, by a second process that the candidate cannot reach.

`Result.isolation` names what was active. Not covered: kernel exploits, side channels, third-party packages (only the
standard library can be imported), a writable folder (there is none), limits by cgroup.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading

from assay.errors import IsolationRefused
from assay.sandbox.jobs import Call, Check, Job, Limits, Outcome, Program, Result
from assay.sandbox.pool import Pool
from assay.sandbox.slot import SlotDied

__all__ = [
    "Call",
    "Check",
    "Job",
    "Limits",
    "Outcome",
    "Pool",
    "Program",
    "Result",
    "isolation",
    "pool",
    "require",
    "run",
]

SWITCH = "ASSAY_SANDBOX"
"""Environment variable: `off` refuses to run any untrusted code."""
_NEEDED = "run it on Linux 5.13 or newer (x86-64 or aarch64), or allow user namespaces"

_lock = threading.Lock()
_pool: Pool | None = None
_trusted: Pool | None = None  # the pool whose isolation was measured and found good


def pool() -> Pool:
    """The pool of this process, made when it is first needed."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = Pool()
            atexit.register(_pool.close)
        return _pool


def run(job: Job, patience: float | None = None) -> Result:
    """Run a job in this process's pool. Raises `IsolationRefused` where it may not run."""
    require()
    return pool().run(job, patience)


def require() -> None:
    """Raise `IsolationRefused`, saying what to do, unless untrusted code may run here."""
    global _trusted
    if os.environ.get(SWITCH, "").lower() == "off":
        raise IsolationRefused(f"code is not run because {SWITCH}=off; unset it to let the sandbox run code")
    if _trusted is not None and _trusted is _pool:
        return
    level, sentence = isolation()
    if level < "L3":
        raise IsolationRefused(sentence)
    _trusted = pool()


def isolation() -> tuple[str, str]:
    """The level that this machine gives, `L0` to `L4`, and a sentence; measured by starting a zygote and probing it."""
    if not sys.platform.startswith("linux"):
        return "L0", f"this machine ({sys.platform}) cannot isolate untrusted code: {_NEEDED}"
    try:
        active = pool().isolation()
    except SlotDied as died:
        return "L0", f"the sandbox could not start ({died}): {_NEEDED}"
    level = _level(set(active))
    escaped = _escapes() if level >= "L3" else "nothing was tried"
    if level < "L3" or escaped:
        why = escaped or "too little isolation"
        return min(level, "L2"), f"isolation is {level} ({', '.join(active)}), {why}: {_NEEDED}"
    return level, f"isolation is {level}: {', '.join(active)}"


def _level(active: set[str]) -> str:
    if "seccomp" not in active:
        return "L1"
    if {"user", "root", "net", "pid"} <= active:
        return "L4"
    return "L3" if any(name.startswith("landlock") for name in active) else "L2"


_CANARY = """
import os, socket
def tried(name, act):
    try:
        act()
        print(name)
    except (OSError, ValueError):
        pass
tried("read files", lambda: open("/etc/passwd").read())
tried("list files", lambda: os.listdir("/home"))
tried("write files", lambda: open("/tmp/canary", "w"))
tried("fork", lambda: os.fork() or os._exit(0))
tried("open sockets", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
tried("signal processes", lambda: os.kill(os.getppid() or 1, 0))
tried("gain rights", lambda: os.setuid(0) if os.getuid() else os.unshare(0) if hasattr(os, "unshare") else int("x"))
print("end")
"""


def _escapes() -> str:
    """What a job could do that it must not, as words; empty when nothing."""
    result = pool().run(Program(_CANARY))
    lines = result.output.decode(errors="replace").split("\n")
    if result.outcome is not Outcome.DONE or lines[-2:] != ["end", ""]:
        return f"the probe failed ({result.outcome} {result.text})"
    return f"a probe could {', '.join(lines[:-2])}" if lines[:-2] else ""


def _after_fork() -> None:
    global _pool, _trusted, _lock
    _lock = threading.Lock()
    if _pool is not None:
        _pool.forget()
    _pool = _trusted = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
