"""Verdicts as an odd caller gets them: `python caller.py '{"umask": 63, "limits": {"f": 100}, "start": "fork"}'`.

Prints the status and the reason of each row. `blocked` blocks all signals and ignores SIGINT and SIGALRM, `user` is a
user id, `start` is how the process that judges begins: `main`, `thread`, `fork` or `spawn`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
import threading
from typing import Any

LIMITS = {
    "t": resource.RLIMIT_CPU,
    "f": resource.RLIMIT_FSIZE,
    "s": resource.RLIMIT_STACK,
    "n": resource.RLIMIT_NOFILE,
    "c": resource.RLIMIT_CORE,
    "l": resource.RLIMIT_MEMLOCK,
    "i": resource.RLIMIT_SIGPENDING,
}
ADD = {"tests": ["assert add(1, 2) == 3", "assert add(-4, 9) == 5"], "entry_point": "add"}
DEEP = """import sys
from functools import lru_cache
sys.setrecursionlimit(10 ** 6)
@lru_cache(None)
def depth(n): return n and 1 + depth(n - 1)
print(depth(int(input())))"""
ALARM = """import signal, time
def rung(*_): raise ValueError
signal.signal(signal.SIGALRM, rung)
signal.setitimer(signal.ITIMER_REAL, 0.01)
try:
    time.sleep(5)
except ValueError:
    print('rung')"""
MASK = "import os\nopen('/tmp/x', 'w').close()\nprint(oct(os.stat('/tmp/x').st_mode))"
ROWS: list[tuple[str, Any, str]] = [
    ("code.tests", ADD, "def add(a, b): return a + b"),
    ("code.tests", ADD, "def add(a, b): return a - b"),
    ("code.tests", ADD, "import sys\ndef add(a, b): sys.exit(0)"),
    ("code.stdio", {"inputs": ["30000\n"], "outputs": ["30000\n"]}, DEEP),
    ("code.stdio", {"inputs": [""], "outputs": ["rung\n"]}, ALARM),
    ("code.stdio", {"inputs": [""], "outputs": ["0o100644\n"]}, MASK),
    ("code.stdio", {"inputs": [""], "outputs": ["1\n"]}, "print('x' * 3_000_000)"),
    ("code_io.input", {"code": "def f(x): return x + 1", "input": "1", "output": "2"}, "1"),
]


def verdicts() -> list[tuple[str, str]]:
    from assay.judging.session import verify
    from assay.types import Example

    rows = [(Example(prompt="", reference=reference, verifier=name), said) for name, reference, said in ROWS]
    made = [verify(example, said if said == "1" else f"```python\n{said}\n```") for example, said in rows]
    return [(str(verdict.status), verdict.why) for verdict in made]


def started(method: str) -> list[tuple[str, str]]:
    if method == "thread":
        told: list[list[tuple[str, str]]] = []
        thread = threading.Thread(target=lambda: told.append(verdicts()))
        thread.start()
        thread.join()
        return told[0]
    if method == "main":
        return verdicts()
    verdicts()  # the parent has a pool of its own
    mask = os.umask(0o077)  # a mask of 0777 takes its own semaphores from a worker that is spawned, unless it is root
    pool = multiprocessing.get_context(method).Pool(1, os.umask, (mask,))
    made = pool.apply(verdicts)
    pool.close()  # it would be ended by a signal, which may be blocked there
    pool.join()
    return made


def main(odd: dict[str, Any]) -> None:
    os.umask(odd.get("umask", 0o022))
    for option, value in odd.get("limits", {}).items():
        resource.setrlimit(LIMITS[option], (value, value))
    if odd.get("blocked"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - {signal.SIGCHLD})
    if user := odd.get("user"):
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    print(json.dumps(started(odd.get("start", "main"))))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
