"""The attack corpus run to its end in a process of its own.

    python attacks.py [--jobs N] [--seed S] [--class C] [--each N]

Prints one JSON object: the level, the rows with a verdict that is not acceptable, whether the pool still tells right
from wrong, and what was there before and after (processes and descriptors beside those of the pools, files of escaped
probes, resident memory).
With `--jobs` the corpus goes on, cheap rows more often, until that many jobs were run.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import glob
import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from assay import sandbox
from assay.judging.session import default_judge, verify
from assay.sandbox import Call, Limits, Outcome, Program, Result
from assay.types import Example, Status, Verdict

FILE = Path(__file__).parents[1] / "attacks" / "programs.jsonl"
ADD = Example(prompt="", reference={"tests": ["assert add(1, 2) == 3"], "entry_point": "add"}, verifier="code.tests")
ESCAPED_FILES = ("/tmp/assay-probe*", "/dev/shm/assay-probe*", os.path.dirname(os.__file__) + "/assay-probe*")
GUARDED_FILES = ("/tmp", "/dev/null", os.__file__, os.path.dirname(os.__file__))
"""Files of the host whose modes a probe tries to change."""
PATIENCE = (1, 3, 9)
"""Factors on the wall limit: a machine that is too busy says so, and is asked again."""
_SUBREAPER = 36

Row = dict[str, Any]


def corpus() -> list[Row]:
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def name(row: Row) -> str:
    return f"{row['class']}: {row['name']}"


def response(row: Row) -> str:
    """The text of a probe; `pad` repeats a piece before a tail, so that a long text is a short row."""
    piece, times, tail = row.get("pad", ("", 0, ""))
    return str(row["response"] + piece * times + tail)


def judged(row: Row) -> Verdict:
    example = Example(
        prompt=row.get("prompt", ""),
        reference=row["reference"],
        verifier=row["verifier"],
        params=row.get("params", {}),
    )
    for factor in PATIENCE:
        verdict = verify(example, response(row), deadline=factor * row["bound"]["seconds"])
        if verdict.status is not Status.TIMEOUT:
            break
    return verdict


def ran(row: Row) -> Result:
    bound = row["bound"]
    for factor in PATIENCE:
        limits = Limits(bound["cpu"], factor * bound["wall"], bound["memory"], bound["output"])
        job = (
            Program(row["source"], b"", limits) if row["job"] == "program" else Call(row["source"], "f", limits=limits)
        )
        result = sandbox.run(job)
        if result.outcome is not Outcome.STARVED:
            break
    return result


def outcome(row: Row) -> tuple[str, str]:
    """The status or the outcome of a row, and its reason."""
    if "job" in row:
        result = ran(row)
        return str(result.outcome), result.text
    verdict = judged(row)
    return str(verdict.status), verdict.why


def healthy() -> bool:
    """Whether a right program still passes and a wrong one still fails."""
    right, wrong = (verify(ADD, f"def add(a, b): return a {sign} b") for sign in "+-")
    return right.is_correct and wrong.status is Status.INCORRECT


def descendants() -> set[int]:
    """Process ids below this process, orphans included once it is a subreaper."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(entry)] = int(
                Path(f"/proc/{entry}/stat").read_text(errors="replace").rpartition(")")[2].split()[1]
            )
        except OSError:
            continue
    found: set[int] = set()
    level = {os.getpid()}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level} - found
        found |= level
    return found


def owned() -> tuple[int, int]:
    """Processes and descriptors that are there by right: of the templates and idle workers of both pools.

    A template is a process behind a socket, a worker two behind a socket and a `pidfd`; one that judges text is two
    behind two pipes. How many of each there are depends on which rows ran side by side.
    """
    programs, texts = sandbox.pool(), default_judge()._pool
    templates, workers, judging = len(programs._templates), len(programs._idle), len(texts._idle)
    groups = sum(worker.group is not None for worker in programs._idle)
    return templates + 2 * (workers + judging), templates + 2 * (workers + judging) + groups


def counted() -> dict[str, Any]:
    pids = [os.getpid(), *descendants()]
    processes, descriptors = owned()
    resident = []
    for pid in pids:
        try:
            resident.append(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE"))
        except (OSError, IndexError):
            continue
    return {
        "processes": len(pids) - processes,
        "descriptors": len(os.listdir("/proc/self/fd")) - descriptors,
        "files": [path for pattern in ESCAPED_FILES for path in glob.glob(pattern)],
        "modes": [os.stat(path).st_mode for path in GUARDED_FILES],
        "memory": sum(resident[1:]),
        "own memory": resident[0],
    }


def left_at_the_end() -> int:
    """Processes that still live some seconds after everything was closed; the dead that came to us are buried."""
    due = time.monotonic() + 5
    while (left := len(descendants())) and time.monotonic() < due:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.02)
    return left


class Campaign:
    """Rows run on a few threads; `wrong` holds those with a verdict that is not acceptable."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.seconds: dict[str, float] = {}
        self.wrong: list[str] = []
        self.starved: list[str] = []  # undecided after all patience: the machine gave no processor
        self.jobs = 0

    def attack(self, row: Row) -> None:
        start = time.perf_counter()
        status, why = outcome(row)
        self.seconds[name(row)] = time.perf_counter() - start
        self.jobs += 1
        if status == ("starved" if "job" in row else "timeout"):
            self.starved.append(f"{name(row)}: {why[:200]}")
        elif status not in [*row["accept"], *row.get("known", {}).get(self.level, ())]:
            self.wrong.append(f"{name(row)}: {status} ({why[:200]})")


def some(rows: list[Row], each: int, draw: random.Random) -> list[Row]:
    """At most so many rows of each class, in their order."""
    classes: dict[str, list[Row]] = {}
    for row in rows:
        classes.setdefault(row["class"], []).append(row)
    chosen = {name(row) for found in classes.values() for row in draw.sample(found, min(each, len(found)))}
    return [row for row in rows if name(row) in chosen]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--class", dest="only", default="", help="rows of this class only")
    parser.add_argument("--each", type=int, default=0, help="so many rows of each class, drawn anew by `--seed`")
    given = parser.parse_args()
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    level, sentence = sandbox.isolation()
    draw, campaign = random.Random(given.seed), Campaign(level)
    rows = [row for row in corpus() if given.only in ("", row["class"])]
    rows = some(rows, given.each, draw) if given.each else rows
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: healthy(), range(8)))  # all workers are there before they are counted
        others = [row for row in rows if row.get("verifier") == "code_io.output" or "numpy" in row.get("response", "")]
        list(threads.map(campaign.attack, 2 * others))
        before = counted()
        list(threads.map(campaign.attack, rows))
        first = counted()
        weights = [1 / campaign.seconds[name(row)] for row in rows]
        list(threads.map(campaign.attack, draw.choices(rows, weights, k=max(0, given.jobs - len(rows)))))
        still = healthy()
    after = counted()
    sandbox.pool().close()
    default_judge().close()
    report = {
        "level": level,
        "sentence": sentence,
        "jobs": campaign.jobs,
        "wrong": campaign.wrong,
        "starved": campaign.starved,
        "healthy": still,
        "before": before,
        "first": first,
        "after": after,
        "left": left_at_the_end(),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
