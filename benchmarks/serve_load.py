"""`assay serve` under load: verdicts a second, latency, and what is lost when it is overloaded and a worker is killed.

    python benchmarks/serve_load.py [--rows 8000] [--workers 2]

It starts a server of its own on a free port of 127.0.0.1, sends it a bounded number of requests, and ends it. Each part
is over after at most `SECONDS`. The bar: 2,000 answer verdicts a second on two cores, none lost, no fault a zero.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import quantiles

import assay
from assay.client import Client
from assay.types import Example, Verdict

ANSWERS = ("math/linear", "math/arithmetic", "logic/ordering", "table/lookup")
PROGRAMS = ("code/list_ops",)
SECONDS = 120.0
BAR = 2000


def start(*options: str) -> tuple[subprocess.Popen[str], str]:
    """A server on a free port, and its address."""
    command = [sys.executable, "-c", "from assay.cli import main; main()", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.readline()
    return process, said.split("assay serve: ")[1].split(",")[0]


def problems(sources: tuple[str, ...], count: int) -> tuple[list[dict[str, object]], list[float]]:
    """Rows with right and wrong responses in turn, and their scores."""
    corpus: list[Example] = list(assay.load(*sources, size=max(8, min(200, count // len(sources)))))
    picked = [corpus[n % len(corpus)] for n in range(count)]
    rows: list[dict[str, object]] = [
        {
            "verifier": e.verifier,
            "reference": e.reference,
            "params": dict(e.params),
            "prompt": e.text,
            "response": str(e.gold) if n % 2 == 0 else f"I would rather not say ({n}).",
        }
        for n, e in enumerate(picked)
    ]
    return rows, [float(n % 2 == 0) for n in range(count)]


class Timed(Client):
    """A client that keeps the seconds of each accepted request, and counts the codes."""

    def __init__(self, *given: object, **more: object) -> None:
        super().__init__(*given, **more)  # type: ignore[arg-type]
        self.took: list[float] = []
        self.codes: Counter[int] = Counter()

    def _tried(self, *given: object) -> tuple[int, object, float]:  # type: ignore[override]
        begun = time.perf_counter()
        made = super()._tried(*given)  # type: ignore[arg-type]
        self.codes[made[0]] += 1
        if made[0] == 200:
            self.took.append(time.perf_counter() - begun)
        return made


def measured(
    name: str, address: str, rows: list[dict[str, object]], wanted: list[float], batch: int, at_once: int
) -> float:
    """Send the rows, print what came of them, and return verdicts a second."""
    with Timed(address, batch=batch, at_once=at_once, patience=SECONDS) as client:
        begun = time.perf_counter()
        verdicts: list[Verdict] = client.grade(rows)
        took = time.perf_counter() - begun
        lost = sum(verdict.score is None for verdict in verdicts)
        zeros = sum(v.score == 0.0 and score == 1.0 for v, score in zip(verdicts, wanted, strict=True))
        paid = sum(v.score == 1.0 and score == 0.0 for v, score in zip(verdicts, wanted, strict=True))
        cuts = quantiles(client.took, n=100) if len(client.took) > 1 else client.took * 99
        print(
            f"{name:34} {len(rows) / took:7,.0f} verdicts/s   p50 {1000 * cuts[49]:6.0f} ms   "
            f"p99 {1000 * cuts[98]:6.0f} ms   lost {lost}   zeros {zeros}   wrongly paid {paid}   "
            f"429s {client.codes[429]}   connections lost {client.codes[0]}"
        )
        return len(rows) / took


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--rows", type=int, default=8000)
    parse.add_argument("--workers", type=int, default=2)
    given = parse.parse_args()
    rows, wanted = problems(ANSWERS, min(given.rows, 100_000))
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    process, address = start("--workers", str(given.workers))
    try:
        measured("(warm-up)", address, rows[:400], wanted[:400], 64, 4)
        everyone = [process.pid, *children(process.pid)]
        before, ours = sum(map(cpu_of, everyone)), resource.getrusage(resource.RUSAGE_SELF)
        rate = measured("answers, batches of 128", address, rows, wanted, 128, 4)
        spent, now = sum(map(cpu_of, everyone)) - before, resource.getrusage(resource.RUSAGE_SELF)
        client = now.ru_utime + now.ru_stime - ours.ru_utime - ours.ru_stime
        per = 1e6 * spent / len(rows)
        print(f"{'':34} CPU of the server {per:,.0f} us a verdict, of the client {1e6 * client / len(rows):,.0f} us")
        bare = 2e6 / (per + 1e6 * client / len(rows))
        print(f"{'':34} with two cores to themselves that is {bare:,.0f} verdicts/s; bar {BAR:,}")
        measured("answers, one a request", address, rows[:1000], wanted[:1000], 1, 8)
        code, right = problems(PROGRAMS, 400)
        measured("programs, batches of 16", address, code, right, 16, 4)

        def kill() -> None:
            time.sleep(0.5)
            for pid in children(process.pid)[:1]:
                os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        measured("answers, kill -9 of a worker", address, rows, wanted, 128, 4)
        killer.join()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    process, address = start("--workers", str(given.workers), "--max-waiting", "512", "--max-requests", "8")
    try:
        measured("answers, 4x overload", address, rows, wanted, 64, 32)
        measured("programs, 4x overload", address, code, right, 16, 32)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    print("bar met" if rate >= BAR else f"below the bar of {BAR:,} on the clock, on this machine now")


if __name__ == "__main__":
    main()
