"""How much isolation this machine gives: measured by starting a worker, and confirmed by a job that tries to get out.

L5: L4, and a control group a worker that bounds its memory and its processes.
L4: user, mount, network and process namespaces, an empty root, Landlock where there is one, and a system call filter.
L3: Landlock and the filter, which is what Docker's and Kubernetes' default profiles leave.
L2: the filter only. It ends the opening of files before a program starts, and imports are served from memory. Nothing
runs there unless `ASSAY_SANDBOX_MIN=L2` says so.
L1, L0: less, or a job that could do what it must not. Nothing is ever run there.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from assay.sandbox.jobs import Limits, Outcome, Program
from assay.sandbox.pool import Pool
from assay.sandbox.processes import LimitTooLow, WorkerDied, level_of

NEEDED = "run it on Linux 5.13 or newer (x86-64 or aarch64), or allow user namespaces; `assay sandbox doctor` says more"


@dataclass(frozen=True, slots=True)
class Measured:
    """What isolation is there."""

    level: str
    """`L0` to `L5`."""
    features: tuple[str, ...]
    escapes: tuple[str, ...]
    """What the canary could do that a job must not."""
    sentence: str
    refused: dict[str, str] = field(default_factory=dict)
    """The kernel's error for each feature that it refused."""
    advice: str = NEEDED
    """What to do about a level that is too low, where the sentence does not say so."""


def measure(pool: Pool) -> Measured:
    """Start a worker of the pool and try to get out of it."""
    if not sys.platform.startswith("linux"):
        return Measured("L0", (), (), f"this machine ({sys.platform}) cannot isolate untrusted code: {NEEDED}")
    try:
        features, refused = pool.isolation()
    except LimitTooLow as low:
        return Measured("L0", (), (), f"nothing is run: {low}", advice="")
    except WorkerDied as died:
        return Measured("L0", (), (), f"the sandbox could not start ({died}): {NEEDED}")
    level = level_of(features)
    escapes: tuple[str, ...] = ()
    sentence = ", ".join(features) or "none"
    if level >= "L2":
        escapes, broken = _escapes(pool)
        if escapes or broken:
            level, sentence = "L1", f"{sentence}; a probe {broken or 'could ' + ', '.join(escapes)}"
    return Measured(level, features, escapes, f"isolation is {level}: {sentence}", refused)


_CANARY = """
import os, resource, socket
def tried(name, act):
    try:
        act()
        print(name)
    except (OSError, ValueError):
        pass
tried("read files", lambda: open("/etc/passwd").read())
tried("list files", lambda: os.listdir("/home"))
tried("write files", lambda: open("/var/tmp/assay-canary", "w"))
tried("fork", lambda: os.fork() or os._exit(0))
tried("open sockets", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
tried("signal processes", lambda: os.kill(os.getppid(), 0))
tried("change its limits for others", lambda: resource.prlimit(os.getppid() or 1, 7, resource.getrlimit(7)))
tried("change files of others", lambda: os.chmod(os.__file__, os.stat(os.__file__).st_mode & 0o7777))
tried("gain rights", lambda: os.setuid(0) if os.getuid() else os.setuid(1))
print("end")
"""


def _escapes(pool: Pool) -> tuple[tuple[str, ...], str]:
    """What a job could do that it must not, and why that is not known."""
    for _ in range(3):  # it is asked once for all programs: a machine that is busy, or short, may be another time
        result = pool.run(Program(_CANARY, limits=Limits(cpu=5.0)))
        if not result.blameless:
            break
    lines = result.output.decode(errors="replace").split("\n")
    if result.outcome is not Outcome.DONE or lines[-2:] != ["end", ""]:
        return (), f"failed ({result.outcome} {result.text})"
    return tuple(lines[:-2]), ""
