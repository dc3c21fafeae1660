"""C++ on the trusted side: which compiler there is, whether it works in the jail, and a cache of what it made.

A compiler is tried once: it must make machine code in the jail of a program that tries to get out and cannot. From then
on what does not compile, or cannot be started, is the program's own fault.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assay.sandbox.jobs import Compile, Job, Limits, Native, Outcome, Result

STANDARD = "gnu++20"
_COMPILERS = ("g++", "clang++")
_OPTIONS = (f"-std={STANDARD}", "-O2", "-w", "-fmax-errors=3", "-fno-diagnostics-show-caret", "-pthread")
_FILES = ("-o", "program", "program.cpp")
_MOST_CACHED = 256 << 20
"""Bytes of all that the cache holds."""
_MOST_FAILED = 1000
_failed: dict[tuple[str, Limits], Result] = {}
"""What did not compile, by the same hash and its limits; the oldest goes first."""
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
"""What every job may read already."""


@dataclass(frozen=True, slots=True)
class Found:
    """A compiler that was tried."""

    command: tuple[str, ...] = ()
    """How it is called; empty where none works."""
    sentence: str = ""
    """Which one it is, or why there is none."""
    sure: bool = True
    """Whether that would be the same if it were tried again."""


def compiler() -> str:
    """The first compiler on the path, by its real name; empty where there is none."""
    found = next(filter(None, map(shutil.which, _COMPILERS)), "")
    return os.path.realpath(found) if found else ""


def folders() -> tuple[str, ...]:
    """What a compiler reads besides the libraries of the system: its parts, headers, the assembler and the linker."""
    prefixes = dict.fromkeys(("/usr", os.path.dirname(os.path.dirname(compiler() or "/usr/bin/g++"))))
    places = [f"{prefix}/{part}" for prefix in prefixes for part in ("bin", "include", "libexec", "lib64", "lib/gcc")]
    return tuple(place for place in places if os.path.isdir(place) and not place.startswith(_SYSTEM))


def find(run: Callable[[Job], Result]) -> Found:
    """Try the compiler, with libraries in the program and, where that does not work, beside it."""
    real = compiler()
    if not real:
        return Found(sentence=f"no C++ compiler is installed here: install {' or '.join(_COMPILERS)}")
    driver = (real, "--driver-mode=g++") if os.path.basename(real).startswith("clang") else (real,)
    why, sure = "", True
    for libraries in (("-static",), ()):
        command = (*driver, *_OPTIONS, *libraries, *_FILES)
        made = run(Compile(_CANARY, command))
        ended = run(Native(made.output)) if made.outcome is Outcome.DONE else made
        if ended.output == b"end\n":
            return Found(command, f"{real}, as {STANDARD}{'' if libraries else ', with shared libraries'}")
        tried = ended.output.decode(errors="replace").split("\n")[:-2]
        sure = not ended.blameless
        why = f"its program could {', '.join(tried)}" if tried else f"{ended.outcome}: {ended.text}"
    return Found(sentence=f"{real} does not work in the sandbox ({why}), so no C++ program runs here", sure=sure)


_CANARY = """
#include <cstdio>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
static void tried(const char *name, bool could) { if (could) std::puts(name); }
int main() {
    tried("read files", open("/etc/passwd", O_RDONLY) >= 0);
    tried("list files", open("/home", O_RDONLY | O_DIRECTORY) >= 0);
    tried("write files", open("/var/tmp/assay-canary", O_WRONLY | O_CREAT, 0600) >= 0);
    pid_t child = fork();
    if (child == 0) _exit(0);
    tried("fork", child > 0);
    child = vfork();
    if (child == 0) _exit(0);
    tried("fork", child > 0);
    tried("open sockets", socket(AF_INET, SOCK_DGRAM, 0) >= 0);
    tried("signal processes", getppid() > 0 && kill(getppid(), 0) == 0);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    tried("change its limits for others", getppid() > 0 && prlimit(getppid(), RLIMIT_NOFILE, &limit, nullptr) == 0);
    tried("gain rights", setuid(getuid() ? 0 : 1) == 0);
    tried("use descriptors that are not its own", fcntl(3, F_GETFD) >= 0 || fcntl(4, F_GETFD) >= 0);
    std::puts("end");
}
"""


def compiled(job: Compile, found: Found, run: Callable[[Job], Result]) -> Result:
    """The machine code of a program, from the cache where it was made before.

    A compiler whose part was killed is asked once more, since that may have come from outside; then it is an error of
    the program. What does not compile is not compiled again by this process: that may take long, or crash each time.
    """
    job = replace(job, command=found.command)
    cache, key = Cache(), _key(job)
    if (failed := _failed.get((key, job.limits))) is not None:
        return failed
    if kept := cache.get(key):
        return Result(Outcome.DONE, output=kept)
    result = run(job)
    if result.outcome is Outcome.COMPILE_ERROR and b"Killed" in result.stderr:
        result = run(job)
    if result.outcome is Outcome.DONE:
        cache.put(key, result.output)
    elif not result.blameless:
        while len(_failed) >= _MOST_FAILED:
            _failed.pop(next(iter(_failed)), None)
        _failed[key, job.limits] = result
    return result


def _key(job: Compile) -> str:
    real = os.stat(job.command[0])
    facts = [job.command, real.st_size, real.st_mtime_ns, job.source]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


class Cache:
    """Machine code by the hash of its source, in the user's own cache folder; what was used longest ago goes first.

    A folder that somebody else may write to is not used. No fault of the disk is told: it only costs the time.
    """

    def __init__(self) -> None:
        base = os.environ.get("XDG_CACHE_HOME", "")
        self.folder = Path(base if os.path.isabs(base) else os.path.expanduser("~/.cache")) / "assay" / "c++"

    def get(self, key: str) -> bytes:
        """The machine code, or nothing."""
        with contextlib.suppress(OSError):
            if self._ours():
                data = (self.folder / key).read_bytes()
                os.utime(self.folder / key)
                digest, code = data[:32], data[32:]
                return code if hashlib.sha256(code).digest() == digest else b""
        return b""

    def put(self, key: str, code: bytes) -> None:
        """Keep machine code, and drop what is too much."""
        temporary = self.folder / f".{key}.{os.getpid()}.{id(code)}"
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._ours():
                temporary.write_bytes(hashlib.sha256(code).digest() + code)
                os.replace(temporary, self.folder / key)
                self._shrink()
        with contextlib.suppress(OSError):
            temporary.unlink()

    def _ours(self) -> bool:
        found = os.lstat(self.folder)
        return os.path.isdir(self.folder) and found.st_uid == os.geteuid() and not found.st_mode & 0o022

    def _shrink(self) -> None:
        """Halve the cache where it holds too much."""
        files = sorted((file.stat().st_mtime, file.stat().st_size, file.path) for file in os.scandir(self.folder))
        size = sum(size for _, size, _ in files)
        goal = _MOST_CACHED // 2 if size > _MOST_CACHED else size
        for _, length, path in files:
            if size <= goal:
                return
            os.unlink(path)
            size -= length
