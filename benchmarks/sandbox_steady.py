"""The attack corpus at each level this host can be or simulate, and verdicts that stay the same on a machine that is
eight times oversubscribed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assay import sandbox
from assay.judging.session import verify, verify_many
from assay.sandbox import Limits
from assay.types import Example
from assay.verifiers import code, stdio
from bars import bar

TESTS = Path(__file__).parents[1] / "tests" / "sandbox"
BURN = "import time\ndef burn(seconds):\n    while time.process_time() < seconds: pass\n"
ADD = {"tests": ["assert add(1, 2) == 3", "assert add(-4, 9) == 5"], "entry_point": "add"}
IO = {"inputs": ["1 2\n", "5 6\n"], "outputs": ["3\n", "11\n"]}
CASES = (
    ("code.tests", ADD, f"{BURN}burn(0.04)\ndef add(a, b): return a + b", "correct"),
    ("code.tests", ADD, f"{BURN}burn(0.04)\ndef add(a, b): return a - b", "incorrect"),
    ("code.stdio", IO, f"{BURN}burn(0.02)\nprint(sum(map(int, input().split())))", "correct"),
    ("code.stdio", IO, f"{BURN}burn(0.02)\nprint(3)", "incorrect"),
)
"""Programs that need a sixth of their CPU limit."""
NEIGHBOURS = (
    ("code.tests", ADD, "import time\ndef add(a, b): time.sleep(100)", "incorrect"),
    ("code.tests", ADD, "def add(a, b):\n    while True: pass", "incorrect"),
    ("code.stdio", IO, "import os\nwhile True: os.write(1, b'3' * 65536)", "incorrect"),
)
"""Programs that sleep, spin and flood beside the others, in a quarter of the threads."""
ENDLESS = ("code.tests", ADD, "def add(a, b):\n    while True: pass", "incorrect")
DEADLINE = 30.0
CPU = 0.25
MOST_SECONDS = 1800
"""After these no more verdicts are begun; the line says how many there were."""


def corpus(level: str, jobs: int) -> None:
    """One line for a level; an empty level is the host's own."""
    outer = [sys.executable, str(TESTS / "confined.py"), level] if level else []
    command = [*outer, sys.executable, str(TESTS / "attacks.py"), "--jobs", str(jobs)]
    start = time.perf_counter()
    chosen = {**os.environ, "ASSAY_SANDBOX_MIN": level} if level else None
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=chosen)
    if done.returncode:
        bar(f"attack corpus at {level or 'the host'}: {done.stderr[-300:]}", False)
        return
    report = json.loads(done.stdout)
    before, after = report["before"], report["after"]
    grown = 100 * (after["memory"] / report["first"]["memory"] - 1)
    left = {kind: after[kind] - before[kind] for kind in ("processes", "descriptors")} | {"files": len(after["files"])}
    print(
        f"corpus at {report['level']}: {len(report['starved'])} starved, healthy {report['healthy']}, left {left}, "
        f"after closing {report['left']}, memory {grown:+.1f} %   ({time.perf_counter() - start:.0f} s)"
    )
    bar(
        f"attack corpus at {report['level']}, {report['jobs']} jobs: {len(report['wrong'])} paid or null by choice",
        not report["wrong"] and report["healthy"],
    )
    for wrong in report["wrong"][:10]:
        print(f"    {wrong}")


def flips(count: int) -> None:
    """Verdicts, eight at once a core, with a worker for every second of them; one without a score is counted apart."""
    at_once = 8 * (os.cpu_count() or 2)
    made: Counter[str] = Counter()
    start = time.perf_counter()
    done = threading.Event()

    def disturb(number: int) -> None:
        while not done.is_set():
            again(-1 - number)

    def again(number: int) -> None:
        if number >= 0 and time.perf_counter() - start > MOST_SECONDS:
            return
        made["judged"] += number >= 0
        if number < 0:
            name, reference, program, expected = NEIGHBOURS[-number % len(NEIGHBOURS)]
            made["neighbours"] += 1
        else:
            name, reference, program, expected = ENDLESS if number % 40 == 0 else CASES[number % len(CASES)]
        example = Example(prompt="", reference=reference, verifier=name)
        status = str(verify(example, f"```python\n# {number}\n{program}\n```", deadline=DEADLINE).status)
        made["same" if status == expected else "no score" if status in ("timeout", "error") else "flipped"] += 1

    usual, size = code.limits, sandbox.pool().size
    sandbox.pool().size = at_once // 2
    try:
        for module in (code, stdio):
            module.limits = lambda: Limits(cpu=CPU, wall=2.0)
        with ThreadPoolExecutor(at_once // 4) as beside, ThreadPoolExecutor(at_once - at_once // 4) as threads:
            disturbing = [beside.submit(disturb, number) for number in range(at_once // 4)]
            list(threads.map(again, range(count)))
            done.set()
            for neighbour in disturbing:
                neighbour.result()
    finally:
        for module in (code, stdio):
            module.limits = usual
        sandbox.pool().size = size
    seconds = time.perf_counter() - start
    beside_them = f"beside {made['neighbours']} that sleep, spin and flood"
    bar(
        f"{made['judged']} of {count} verdicts at 8 times oversubscription {beside_them}, {at_once // 2} workers for "
        f"{at_once} threads: {made['flipped']} flips, {made['no score']} without a score ({seconds:.0f} s)",
        not made["flipped"] and not made["no score"] and made["judged"] >= count,
    )


def styles() -> None:
    """Honest tests, answers and programs as people write them."""
    rows = [json.loads(line) for line in (TESTS.parent / "cases" / "styles.jsonl").read_text("utf-8").splitlines()]
    keys = ("prompt", "reference", "verifier", "params")
    meant = [Example(**{"prompt": "", **{key: row[key] for key in keys if key in row}}) for row in rows]
    verdicts = verify_many(meant, [row["response"] for row in rows], workers=2)
    taken = sum(verdict.is_correct for verdict in verdicts)
    bar(f"honest styles: {taken} of {len(rows)} accepted, at least 225 of 240", taken >= len(rows) * 225 / 240)


def main(full: bool) -> None:
    styles()
    flips(10_000 if full else 200)
    corpus("", 20_000 if full else 0)
    for level in ("L3", "L2"):
        if level < sandbox.isolation()[0]:
            corpus(level, 0)
