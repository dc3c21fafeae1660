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
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from statistics import median

import httpx

from assay.judging.protocols import find_protocol
from assay.judging.session import verify_many
from assay.models.openai import POOLS
from assay.types import Example, Status, Verdict

TURNS, BAR = 10, 0.3
SAID = {"choices": [{"message": {"role": "assistant", "content": "Correct"}, "finish_reason": "stop"}]}
BODY = json.dumps(SAID | {"usage": {"prompt_tokens": 200, "completion_tokens": 1}}).encode()
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)


def serve(port: Connection) -> None:
    """Answer every request alike, until the process is killed."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
                await reader.readexactly(int(fields.get(b"content-length", 0)))
                writer.write(ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(client, "127.0.0.1", 0, backlog=1024)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


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
                "model": "m",
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


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{here.recv()}/v1"
    example = Example(prompt="?", reference="x", verifier="judge", params={"engine": f"{address}#m"})
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
    server.terminate()
    for name, times in told.items():
        core, clock = (median(column) for column in zip(*times, strict=True))
        print(f"{name:16} {core:6.3f} ms of a core, {clock:6.3f} ms on the clock")
    _, client, ours = told.values()
    above = sorted(mine[0] - other[0] for mine, other in zip(ours, client, strict=True))
    print(f"ours             {median(above):6.3f} ms of a core a verdict ({above[0]:.3f} to {above[-1]:.3f})")
    print(f"{sum(counts.values()):,} verdicts at {workers} at once: {dict(counts)}")
    assert counts == {str(Status.CORRECT): count}, "a row was lost, or judged otherwise"
    assert median(above) <= BAR, f"a verdict costs more than {BAR} ms beside its call"


if __name__ == "__main__":
    main()
