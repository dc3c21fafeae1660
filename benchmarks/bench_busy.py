"""A reward is the same on a busy machine: one recorded file is evaluated again and again with 8 burners a core.

    python benchmarks/bench_busy.py [--evaluations 100] [--load 8] [--at-once 8]

The file holds twelve responses to twelve verifiers, programs among them, as `assay grade` reads them. Ten
evaluations share a process, so that start-up is under load too. A verdict is *lost* when it has no score
(`timeout`, `error`), and *flipped* when it differs from the one on the idle machine. Exit status 1 where any was.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.rollout.grade import grade_lines

CASES = Path(__file__).parents[1] / "tests" / "cases"
RIGHT = ("math", "number", "choice", "text", "set", "records", "code.tests", "code.stdio", "code_io.input", "script")
WRONG = ("math", "code.tests")
EACH = 10
"""Evaluations of one process: its start, and that of its workers, are under load too."""


def recorded() -> list[str]:
    """Lines as `assay grade` reads them: the first right response to each verifier, and two wrong ones."""
    return [_first(name, "correct") for name in RIGHT] + [_first(name, "incorrect") for name in WRONG]


def _first(verifier: str, expected: str) -> str:
    rows = map(json.loads, (CASES / f"{verifier}.jsonl").read_text("utf-8").splitlines())
    return json.dumps(next(row for row in rows if row["expected"] == expected))


def evaluated(lines: list[str]) -> list[tuple[str, float | None, str]]:
    """Status, score and reason of each line."""
    return [(row["status"], row["score"], row["why"]) for row in grade_lines(lines, workers=2)]


def burn() -> None:
    while True:
        pass


@contextmanager
def busy(burners: int) -> Iterator[None]:
    """So many processes that never rest."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=burn, daemon=True) for _ in range(burners)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=100)
    parser.add_argument("--load", type=int, default=8, help="burners a core")
    parser.add_argument("--at-once", type=int, default=8, help="evaluations side by side")
    given = parser.parse_args()
    lines = recorded()
    idle = evaluated(lines)
    burners = given.load * len(os.sched_getaffinity(0))
    counts: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    start = time.perf_counter()
    spawn = multiprocessing.get_context("spawn")
    with busy(burners), spawn.Pool(given.at_once, maxtasksperchild=EACH) as process:
        for made in process.imap(evaluated, [lines] * given.evaluations):
            for place, (now, before) in enumerate(zip(made, idle, strict=True)):
                counts["lost"] += now[1] is None
                counts["flipped"] += now[:2] != before[:2]
                if now[:2] != before[:2]:
                    changed[f"line {place + 1}: {before[0]} -> {now[0]} ({now[2][:100]})"] += 1
    seconds = time.perf_counter() - start
    print(
        f"{given.evaluations} evaluations of {len(lines)} responses beside {burners} burners in {seconds:.0f} s: "
        f"{given.evaluations * len(lines)} verdicts, {counts['lost']} lost, {counts['flipped']} flipped"
    )
    for line, times in changed.most_common():
        print(f"  {times} x {line}")
    return 1 if changed or any(score is None for _, score, _ in idle) else 0


if __name__ == "__main__":
    sys.exit(main())
