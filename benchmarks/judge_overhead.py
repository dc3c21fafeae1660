"""What a verdict of `judge` costs beside the call itself: 10,000 of them against a stub server, 64 at once.

    python benchmarks/judge_overhead.py [VERDICTS] [WORKERS]

The server answers at once, in a process of its own. Told are the processor time and the wall time of a verdict here,
and those of a bare loop of the same client (httpx) that sends the same requests with the same concurrency, once with as
many pools of connections as the engine has, and once with a single one, as it is used most often. The three take turns,
a tenth of the work each; what a verdict costs above the bare loop in the same turn is ours, and the median of the turns
is held to the bar.
"""

import asyncio
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

import httpx

from assay.judging.protocols import find_protocol
from assay.judging.session import verify_many
from assay.models.openai import POOLS
from assay.types import Example, Status, Verdict
from bars import bar
from judge_server import Stub

TURNS, BAR = 10, 0.3


class Bare:
    """The same requests, by the client alone, with so many pools of connections that stay open."""

    def __init__(self, address: str, workers: int, pools: int) -> None:
        self.address, self.workers = f"{address}/chat/completions", workers
        self.loop = asyncio.new_event_loop()
        limits = httpx.Limits(max_connections=workers)
        self.clients = [httpx.AsyncClient(limits=limits, timeout=600) for _ in range(pools)]

    def ask(self, numbers: range) -> None:
        """One request for each number."""
        self.loop.run_until_complete(self._all(numbers))

    async def _all(self, numbers: range) -> None:
        left = iter(numbers)
        await asyncio.gather(*(self._line(left) for _ in range(self.workers)))

    async def _line(self, left: Iterator[int]) -> None:
        protocol = find_protocol("one-word")
        for number in left:
            turns = protocol.messages("?", "x", f"number {number}")
            body = {
                "model": "Correct",
                "messages": [{"role": role, "content": content} for role, content in turns],
                "temperature": 0,
                "top_p": 1.0,
                "max_tokens": 16,
                "seed": number,
            }
            answer = await self.clients[number % len(self.clients)].post(self.address, json=body)
            answer.json()


def spent(work: Callable[[], object], count: int) -> tuple[float, float]:
    """Milliseconds of a core, and on the clock, that each of so many took."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.process_time() - cpu) / count, 1000 * (time.perf_counter() - wall) / count


def main(count: int = 10_000, workers: int = 64) -> None:
    with Stub() as stub:
        measured(stub.address, count, workers)


def measured(address: str, count: int, workers: int) -> None:
    example = Example(prompt="?", reference="x", verifier="judge", params={"engine": f"{address}#Correct"})
    verify_many([example], ["The answer is warm."])
    one_pool, pools = Bare(address, workers, 1), Bare(address, workers, POOLS)
    told: dict[str, list[tuple[float, float]]] = {"client": [], f"client, {POOLS} pools": [], "verdicts": []}
    counts: Counter[str] = Counter()
    for turn in range(TURNS):
        part = range(turn * count // TURNS, (turn + 1) * count // TURNS)
        said = [f"The answer is number {number}." for number in part]
        verdicts: list[Verdict] = []
        ask = partial(verify_many, [example] * len(part), said, workers=workers)
        work = (
            partial(one_pool.ask, part),
            partial(pools.ask, part),
            lambda ask=ask, verdicts=verdicts: verdicts.extend(ask()),
        )
        for name, one in zip(told, work, strict=True):
            told[name].append(spent(one, len(part)))
        counts.update(str(verdict.status) for verdict in verdicts)
    for name, times in told.items():
        core, clock = (median(column) for column in zip(*times, strict=True))
        print(f"{name:16} {core:6.3f} ms of a core, {clock:6.3f} ms on the clock")
    _, client, ours = told.values()
    above = sorted(mine[0] - other[0] for mine, other in zip(ours, client, strict=True))
    whole = counts == {str(Status.CORRECT): count}
    bar(f"{sum(counts.values()):,} verdicts at {workers} at once: {dict(counts)}, no row lost", whole)
    what = f"beside its call a verdict costs {median(above):.3f} ms of a core, at most {BAR}"
    bar(f"{what} ({above[0]:.3f} to {above[-1]:.3f} in {TURNS} turns)", median(above) <= BAR)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
