"""Whoever calls gets the same verdicts, or none and the reason: none of their masks and limits reaches a job."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assay import sandbox

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L4", reason=SENTENCE)
HERE = Path(__file__).parent
SOURCES = Path(sandbox.__file__).parents[2]
EXPECTED = ["correct", "incorrect", "incorrect", "correct", "correct", "correct", "incorrect", "correct"]
NOBODY = 65534


@cache
def python(user: int) -> str:
    """An interpreter that the user may run; skips where there is none."""
    for path in (sys.executable, "/usr/bin/python3"):
        asked = [
            path,
            "-c",
            "import os, sys; sys.exit(not (sys.version_info >= (3, 11) and os.access(os.__file__, 4)))",
        ]
        owner = {"user": user, "group": user, "extra_groups": []} if user else {}
        try:
            if subprocess.run(asked, check=False, cwd="/", **owner).returncode == 0:
                return path
        except OSError:
            continue
    pytest.skip(f"no Python here that user {user} may run")


def called(**odd: Any) -> list[list[str]]:
    """Status and reason of each row."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python(odd.get("user", 0)), str(HERE / "caller.py"), json.dumps(odd)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    made: list[list[str]] = json.loads(done.stdout)
    return made


def same_or_refused(odd: dict[str, Any]) -> None:
    made = called(**odd)
    if {status for status, _ in made} == {"error"}:
        [option] = odd["limits"]
        assert all(f"{option}` allows" in why for _, why in made), (odd, made)
    else:
        assert [status for status, _ in made] == EXPECTED, (odd, made)


@pytest.mark.slow
@pytest.mark.parametrize("start", ["main", "thread", "fork", "spawn"])
def test_masks_reach_no_job(start: str) -> None:
    made = called(umask=0o777, blocked=True, limits={"c": 0, "l": 0, "i": 5}, start=start)
    assert [status for status, _ in made] == EXPECTED, made


@pytest.mark.slow
@pytest.mark.parametrize("option", ["t", "f", "s", "n"])
def test_a_limit_that_is_too_low_is_told(option: str) -> None:
    same_or_refused({"limits": {option: {"t": 20, "f": 100_000, "s": 1 << 20, "n": 100}[option]}})


@pytest.mark.soak
@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
@pytest.mark.parametrize("user", [0, NOBODY])
@pytest.mark.parametrize("start", ["main", "thread", "fork", "spawn"])
def test_the_matrix(user: int, start: str) -> None:
    """umask x limits x masks, for each user and start method."""
    limits: list[dict[str, int]] = [{}, {"t": 20}, {"t": 3600}, {"f": 100_000}, {"s": 1 << 20}, {"s": 1 << 30}]
    limits += [{"n": 100}, {"n": 1024}]
    for umask, limit, blocked in itertools.product((0o022, 0o027, 0o077, 0o777), limits, (False, True)):
        same_or_refused({"umask": umask, "limits": limit, "blocked": blocked, "user": user, "start": start})
