"""Where untrusted code runs.

A job runs in a child of a *worker*, a fork of a *template process* that was exec'd with clean variables and holds no
memory of the trusted side. The child has (where the host gives them) namespaces of its own, an empty root with the
standard library in it, Landlock, a seccomp allow list, no capabilities and resource limits; its CPU time is measured
and ended from outside. Only data comes out: expected answers never go in, and comparing is done by the caller or, for
`Check`, by a second process that the candidate cannot reach.

`Result.level` and `Result.isolation` say what was active; docs/sandbox.md says what may be trusted, and what may not.
"""

from __future__ import annotations

import atexit
import os
import threading

from assay.errors import IsolationRefused
from assay.sandbox import cpp, external, settings
from assay.sandbox.counters import Counts, Stats
from assay.sandbox.environments import installed_modules
from assay.sandbox.jobs import Batch, Call, Check, Compile, Job, Limits, Native, Outcome, Program, Result
from assay.sandbox.levels import Measured, measure
from assay.sandbox.pool import Pool
from assay.sandbox.settings import SWITCH, minimum, where

__all__ = [
    "Batch",
    "Call",
    "Check",
    "Compile",
    "Job",
    "Limits",
    "Measured",
    "Native",
    "Outcome",
    "Pool",
    "Program",
    "Result",
    "Stats",
    "compiler",
    "find_compiler",
    "installed_modules",
    "isolation",
    "measured",
    "pool",
    "require",
    "run",
    "stats",
]

_lock, _measuring, _trying, _counts = threading.Lock(), threading.Lock(), threading.Lock(), Counts()
_pool: Pool | None = None
_measured: tuple[Pool, Measured] | None = None  # the pool whose isolation was measured, and what was found
_found: tuple[Pool, cpp.Found] | None = None  # the same of the C++ compiler


def pool() -> Pool:
    """The pool of this process, made when it is first needed."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = Pool()
            atexit.register(_pool.close)
        return _pool


def run(job: Job) -> Result:
    """Run a job in this process's pool.

    Raises `IsolationRefused` where it may not run, and `BadConfig` where a variable has an unknown value.
    """
    setting = where()
    if setting not in ("", "off"):
        result = external.run(setting, job)
    else:
        require()
        if isinstance(job, Compile):
            return cpp.compiled(job, compiler(), _run)
        if isinstance(job, Native):
            compiler()
        return _run(job)
    _counts.add(result, job.limits)
    return result


def _run(job: Job) -> Result:
    result = pool().run(job, minimum())
    _counts.add(result, job.limits)
    return result


def compiler() -> cpp.Found:
    """The C++ compiler of this machine, tried once. Raises `IsolationRefused` where there is none that works."""
    found = find_compiler()
    if not found.command:
        raise IsolationRefused(found.sentence)
    return found


def find_compiler() -> cpp.Found:
    """The same, or why there is none. Raises `IsolationRefused` where no program runs at all."""
    global _found
    level = require()
    if level < "L3":
        return cpp.Found(sentence=f"isolation is {level}, and a C++ compiler needs files that it can read (L3)")
    here = pool()
    with _trying:
        if _found is None or _found[0] is not here:
            found = cpp.find(_run)
            if not found.sure:
                return found
            _found = (here, found)
        return _found[1]


def stats() -> Stats:
    """What the sandbox of this process has done since it started; `stats().since(earlier)` is what it did meanwhile."""
    return _counts.stats(_pool.waited, _pool.restarts) if _pool else _counts.stats(0.0, 0)


def require() -> str:
    """The level at which untrusted code runs here. Raises as `run` does, saying what to do, where it may not."""
    setting = where()
    if setting == "off":
        raise IsolationRefused(f"code is not run because {SWITCH}=off; unset it to let the sandbox run code")
    if setting:
        return external.backend(setting).name
    found, least = measured(), minimum()
    if found.level < least:
        raise IsolationRefused(f"{found.sentence}; {least} is wanted{found.advice and ': '}{found.advice}")
    return found.level


def measured() -> Measured:
    """What isolation the pool of this process has, measured once."""
    global _measured
    known = _measured
    if known is None or known[0] is not _pool:
        settings.check()
        with _measuring:  # whoever else comes first waits for what this one finds
            known = _measured
            if known is None or known[0] is not _pool:
                here = pool()
                known = _measured = (here, measure(here))
    return known[1]


def isolation() -> tuple[str, str]:
    """The level that this machine gives, `L0` to `L5`, and a sentence."""
    found = measured()
    return found.level, found.sentence


def _after_fork() -> None:
    """The child of a fork starts anew, and holds nothing of its parent's jobs and workers."""
    global _pool, _measured, _found, _lock, _measuring, _trying, _counts
    _lock, _measuring, _trying, _counts = threading.Lock(), threading.Lock(), threading.Lock(), Counts()
    _pool = _measured = _found = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
