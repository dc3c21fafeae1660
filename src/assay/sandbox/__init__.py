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
from assay.sandbox import external, settings
from assay.sandbox.environments import installed_modules
from assay.sandbox.jobs import Batch, Call, Check, Job, Limits, Outcome, Program, Result
from assay.sandbox.levels import Measured, measure
from assay.sandbox.pool import Pool
from assay.sandbox.settings import SWITCH, minimum, where

__all__ = [
    "Batch",
    "Call",
    "Check",
    "Job",
    "Limits",
    "Measured",
    "Outcome",
    "Pool",
    "Program",
    "Result",
    "installed_modules",
    "isolation",
    "measured",
    "pool",
    "require",
    "run",
]

_lock = threading.Lock()
_pool: Pool | None = None
_measured: tuple[Pool, Measured] | None = None  # the pool whose isolation was measured, and what was found


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
        return external.run(setting, job)
    require()
    return pool().run(job, minimum())


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
        here = pool()
        known = _measured = (here, measure(here))
    return known[1]


def isolation() -> tuple[str, str]:
    """The level that this machine gives, `L0` to `L5`, and a sentence."""
    found = measured()
    return found.level, found.sentence


def _after_fork() -> None:
    global _pool, _measured, _lock
    _lock = threading.Lock()
    if _pool is not None:
        _pool.forget()
    _pool = _measured = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
