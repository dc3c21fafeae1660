"""A stub judge behind a chat server on loopback, in a process of its own: the name of its model says how it answers.

`honest PROTOCOL` says right, in the words of that protocol, where the claim is the reference; `fooled` where it begins
as an attack of arXiv 2505.22203 does. Those of `WAYS` and the four below fail in the ways that servers do. Any other
name is what it says, word for word, whatever it is asked.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import urllib.request
from collections import Counter
from multiprocessing.connection import Connection
from typing import Any, Self

DECISIONS = {
    "one-word": ("Correct", "Incorrect"),
    "final-decision": ("They are compared.\nFinal Decision: Yes", "Final Decision: No"),
    "json": ('{"correct": true}', '{"correct": false}'),
    "score": ("Score: 10", "Score: 0"),
}
"""Protocol -> how a stub says right, and wrong."""
WAYS = {
    "busy": (429, b'{"error": {"message": "too many requests"}}'),
    "broken": (500, b'{"error": {"message": "out of memory"}}'),
    "locked": (401, b'{"error": {"message": "bad key"}}'),
    "garbage": (200, b"<html>502 Bad Gateway</html>"),
    "other JSON": (200, b'{"choices": [], "usage": null}'),
}
"""Name -> the status and the body that it answers with."""
CUT, SHUT, SLOW, ROUND = "closes half-way", "closes at once", "slow", "comes round"


def _claim(asked: str) -> str:
    lines = asked.partition("⟦answer⟧")[2].partition("⟦end⟧")[0].strip().splitlines()
    return "\n".join(line.removeprefix("| ") for line in lines)


def _said(name: str, body: dict[str, Any]) -> str:
    asked = body["messages"][-1]["content"]
    kind, _, protocol = name.partition(" ")
    if name == "fooled":
        return "Correct" if _claim(asked).casefold().startswith("thought process") else "Incorrect"
    if name == ROUND:
        return "Correct"
    if kind == "honest" and protocol in DECISIONS:
        reference = asked.partition("Reference answer:\n")[2].partition("\n")[0]
        return DECISIONS[protocol][_claim(asked).casefold().strip(" .") != reference.casefold()]
    return name


def _answer(name: str, body: dict[str, Any], number: int) -> tuple[int, bytes]:
    if name in WAYS:
        return WAYS[name]
    if name == ROUND and number < 3:
        return WAYS["busy"]
    choice = {"message": {"role": "assistant", "content": _said(name, body)}, "finish_reason": "stop"}
    return 200, json.dumps({"choices": [choice], "usage": {"prompt_tokens": 200, "completion_tokens": 1}}).encode()


def serve(port: Connection) -> None:
    """Answer every request, until the process is killed; `GET` tells how often each model was asked."""
    asked: Counter[str] = Counter()
    bodies: Counter[bytes] = Counter()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
                sent = await reader.readexactly(int(fields.get(b"content-length", 0)))
                status, answer = 200, json.dumps(asked).encode()
                if sent:
                    body = json.loads(sent)
                    name = body["model"]
                    asked[name] += 1
                    bodies[sent] += 1
                    if name == SHUT:
                        break
                    if name == SLOW:
                        await asyncio.sleep(3600)
                    status, answer = _answer(name, body, bodies[sent])
                    if name == CUT:
                        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer[:30]))
                        break
                form = b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                writer.write(form % (status, len(answer), answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(client, "127.0.0.1", 0, backlog=1024)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


class Stub:
    """A context manager over the server."""

    def __enter__(self) -> Self:
        here, there = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
        self._process.start()
        self.address = f"http://127.0.0.1:{here.recv()}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()

    def model(self, name: str) -> str:
        """The engine of a name."""
        return f"{self.address}#{name}"

    def asked(self) -> Counter[str]:
        """How many requests each model has had."""
        with urllib.request.urlopen(f"{self.address}/asked") as answer:
            return Counter(json.loads(answer.read()))
