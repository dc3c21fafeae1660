"""What a verdict of `judge` costs beside the call itself: 10,000 of them against a stub server, 64 at once.

    python benchmarks/judge_overhead.py [VERDICTS] [WORKERS]

The server answers at once, in a process of its own. Told are the processor time and the wall time of a verdict here,
and those of the bare client (httpx) that sends the same requests with the same concurrency, with one pool of
connections as it is used most often, and with as many as the engine has; what that leaves is ours.
"""

import asyncio
import json
import multiprocessing
import sys
import time
from collections import Counter
from multiprocessing.connection import Connection

import httpx

from assay.judging.session import verify_many
from assay.models.openai import POOLS
from assay.types import Example, Status

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


async def bare(address: str, count: int, workers: int, pools: int) -> None:
    """The same requests, by the client alone, with so many pools of connections."""
    body = {"model": "m", "messages": [{"role": "user", "content": "x" * 800}], "max_tokens": 16, "temperature": 0}
    left = iter(range(count))
    clients = [httpx.AsyncClient(limits=httpx.Limits(max_connections=workers)) for _ in range(pools)]

    async def work() -> None:
        for number in left:
            answer = await clients[number % pools].post(f"{address}/chat/completions", json=body | {"seed": number})
            answer.json()

    await asyncio.gather(*(work() for _ in range(workers)))
    await asyncio.gather(*(client.aclose() for client in clients))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{here.recv()}/v1"
    example = Example(prompt="?", reference="x", verifier="judge", params={"engine": f"{address}#m"})
    verify_many([example], ["The answer is warm."])
    found = {}
    pools = {"client": 1, f"client, {POOLS} pools": POOLS}
    for name in (*pools, "verdicts"):
        wall, cpu = time.perf_counter(), time.process_time()
        if name == "verdicts":
            said = [f"The answer is number {number}." for number in range(count)]
            verdicts = verify_many([example] * count, said, workers=workers)
        else:
            asyncio.run(bare(address, count, workers, pools[name]))
        found[name] = (time.process_time() - cpu, time.perf_counter() - wall)
        print(
            f"{name:16} {1000 * found[name][0] / count:6.3f} ms of a core, "
            f"{1000 * found[name][1] / count:6.3f} ms on the clock"
        )
    counts = Counter(str(verdict.status) for verdict in verdicts)
    ours = found["verdicts"][0] - found[f"client, {POOLS} pools"][0]
    print(f"{'ours':16} {1000 * ours / count:6.3f} ms of a core a verdict")
    print(f"{len(verdicts):,} verdicts at {workers} at once: {dict(counts)}")
    server.terminate()
    assert counts == {str(Status.CORRECT): count}, "a row was lost, or judged otherwise"


if __name__ == "__main__":
    main()
