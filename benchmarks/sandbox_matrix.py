"""Whether the verdicts are the same whatever a caller hands down: umask, limits, user, blocked signals, start method.

Each cell is a process of its own, which judges four programs. A cell in which nothing runs must say what to change.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from assay.judging.session import verify
from assay.types import Example
from bars import bar

ADD = {"tests": ["assert add(1, 2) == 3", "assert add(-4, 9) == 5"], "entry_point": "add"}
DEEP = {"tests": ["assert depth(20000) == 20000"], "entry_point": "depth"}
IO = {"inputs": ["1 2\n", "5 6\n"], "outputs": ["3\n", "11\n"]}
CASES = (
    ("code.tests", ADD, "def add(a, b): return a + b", "correct"),
    ("code.tests", ADD, "def add(a, b): return a - b", "incorrect"),
    (
        "code.tests",
        DEEP,
        "import sys, functools\nsys.setrecursionlimit(10**6)\n"
        "@functools.lru_cache(None)\ndef depth(n): return n and 1 + depth(n - 1)",
        "correct",
    ),
    ("code.stdio", IO, "open('/tmp/x', 'w').write('1')\nprint(sum(map(int, input().split())))", "correct"),
)
UMASKS = (0o022, 0o077, 0o777)
LOW = {"RLIMIT_STACK": 1 << 20, "RLIMIT_CPU": 40}
"""Limits below what programs need, which are raised where only the soft one is so low."""
LIMITS = ("as they are", "low, soft", "low, hard")
MASKS = ("none", "all blocked")
METHODS = ("threads", "fork", "spawn")
NOBODY = 65534
SECONDS = 90


def judged(_: object = None) -> list[tuple[str, str]]:
    made = []
    for name, reference, program, _ in CASES:
        verdict = verify(Example(prompt="", reference=reference, verifier=name), f"```python\n{program}\n```")
        made.append((str(verdict.status), verdict.why[:200]))
    return made


def child(method: str) -> None:
    """What a cell's process prints."""
    if method == "threads":
        with ThreadPoolExecutor(2) as pool:
            print(json.dumps(list(pool.map(judged, range(2)))[-1]))
        return
    if method == "fork":
        judged()  # the parent has a pool already
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as workers:
        print(json.dumps(workers.submit(judged).result()))


def handed_down(umask: int, limits: str, user: int, mask: str) -> Callable[[], None]:
    """What the new process does to itself before it starts."""

    def act() -> None:
        os.umask(umask)
        for name, least in LOW.items() if limits != "as they are" else ():
            kind = getattr(resource, name)
            hard = least if limits == "low, hard" else resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (least, hard))
        if user:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        if mask == "all blocked":
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

    return act


def cell(umask: int, limits: str, user: int, mask: str, method: str) -> str:
    """`same`, `refused` with a sentence that names a limit, or what was otherwise."""
    done = subprocess.run(
        [_python(user), "-W", "ignore", __file__, method],
        preexec_fn=handed_down(umask, limits, user, mask),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd="/",
        env={**os.environ, "HOME": "/tmp", "PYTHONPATH": os.pathsep.join(_found())},
    )
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return f"no verdicts: {done.stderr.strip()[-200:]}"
    if [status for status, _ in said] == [expected for *_, expected in CASES]:
        return "same"
    if all(status == "error" and "ulimit -" in why for status, why in said):
        return "refused"
    return f"otherwise: {said}"


def _python(user: int) -> str:
    """A Python of this version that a user may start."""
    own = sys.executable
    system = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    return system if user and os.path.realpath(own).startswith("/root/") else own


def _found() -> list[str]:
    """Where this process finds the package and what it needs, beside the standard library."""
    return [path for path in sys.path if path and ("site-packages" in path or not path.startswith(sys.base_prefix))]


def main(full: bool) -> None:
    users = (0, NOBODY) if os.geteuid() == 0 and os.access(_python(NOBODY), os.X_OK) else (0,)
    every = itertools.product(UMASKS if full else UMASKS[::2], LIMITS, users, MASKS, METHODS)
    cells = [one for one in every if not (one[0] == 0o777 and one[2] and one[4] == "spawn")]  # Python's own fails there
    found = {one: cell(*one) for one in cells}
    wrong = {one: said for one, said in found.items() if said not in ("same", "refused")}
    refused = sum(said == "refused" for said in found.values())
    for one, said in list(wrong.items())[:10]:
        print(f"    umask {one[0]:o}, limits {one[1]}, user {one[2] or 'own'}, signals {one[3]}, {one[4]}: {said}")
    bar(
        f"umask x ulimit x user x signal mask x start method: the same verdicts in {len(cells) - len(wrong) - refused} "
        f"of {len(cells)} cells, a refusal that names the limit in {refused}",
        not wrong,
    )


if __name__ == "__main__":
    child(sys.argv[1])
