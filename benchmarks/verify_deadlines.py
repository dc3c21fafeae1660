"""The deadline on hostile text, from five call sites: the slowest verdict of each."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import threading
import time
from pathlib import Path

from assay.judging.session import verify
from assay.types import Example
from bars import bar

DEADLINE = 1.0
CORPUS = Path(__file__).parents[1] / "tests/attacks/denial.jsonl"


def corpus() -> list[tuple[str, Example, str]]:
    rows = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    return [
        (
            row["name"],
            Example(prompt="?", reference=row["reference"], verifier=row["verifier"], params=row["params"]),
            "".join(text * times for text, times in row["parts"]),
        )
        for row in rows
    ]


def timed() -> list[tuple[float, str, str]]:
    """Seconds, status and name of each verdict, in this thread."""
    found = []
    for name, example, text in corpus():
        start = time.perf_counter()
        verdict = verify(example, text, deadline=DEADLINE)
        found.append((time.perf_counter() - start, str(verdict.status), name))
    return found


def in_thread() -> list[tuple[float, str, str]]:
    made: list[tuple[float, str, str]] = []
    thread = threading.Thread(target=lambda: made.extend(timed()))
    thread.start()
    thread.join()
    return made


async def _in_loop() -> list[tuple[float, str, str]]:
    return await asyncio.to_thread(timed)


async def _blocking() -> list[tuple[float, str, str]]:
    return timed()


def main() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as spawned:
        sites = {
            "main thread": timed(),
            "worker thread": in_thread(),
            "asyncio, in a thread": asyncio.run(_in_loop()),
            "inside a running loop (a notebook)": asyncio.run(_blocking()),
            "spawned process (as Ray's workers)": spawned.apply(timed),
        }
    for site, found in sites.items():
        slowest, status, name = max(found)
        paid = sum(status == "correct" for _, status, _ in found)
        late = sum(seconds > DEADLINE + 0.1 for seconds, _, _ in found)
        none = sum(status in ("timeout", "error") for _, status, _ in found)
        told = f"{site}: {len(found)} texts: slowest {1000 * slowest:.0f} ms ({name}, {status}); "
        told += f"{late} later than {1000 * DEADLINE + 100:.0f} ms, {paid} paid, {none} without a score"
        bar(told, not late + paid + none)
