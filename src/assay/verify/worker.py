"""The program that a worker process runs: requests in, verdicts out, until the parent is gone.

A request's CPU time and the process's memory are limited by the kernel, so a worker whose parent was killed ends too.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any, BinaryIO

from assay.types import Example
from assay.verify.base import VERIFIERS
from assay.verify.run import judge_caught

MEMORY = 2 << 30
"""Bytes of address space; a verdict that needs more is refused."""


def main() -> None:
    """Serve requests on standard input and output."""
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not break the frames
    _limit(resource.RLIMIT_AS, MEMORY)
    _write(replies, {"cpu": time.process_time()})
    while (request := _read(requests)) is not None:
        _write(replies, _answer(request))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    if request["verifier"] not in VERIFIERS:
        return {"verdict": None, "cpu": time.process_time()}
    _limit(resource.RLIMIT_CPU, int(time.process_time() + request["deadline"]) + 3)
    example = Example(
        prompt=request["prompt"],
        reference=request["reference"],
        verifier=request["verifier"],
        params=request["params"],
    )
    verdict = judge_caught(example, request["response"])
    return {"verdict": verdict.to_json(), "cpu": time.process_time()}


def _read(stream: BinaryIO) -> dict[str, Any] | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    request: dict[str, Any] = json.loads(stream.read(int.from_bytes(head, "big")))
    return request


def _write(stream: BinaryIO, reply: dict[str, Any]) -> None:
    data = json.dumps(reply).encode()
    try:
        stream.write(len(data).to_bytes(4, "big") + data)
        stream.flush()
    except BrokenPipeError:
        os._exit(0)


def _limit(what: int, soft: int) -> None:
    """Lower a soft limit where the system lets us; without it the deadline still holds."""
    _, hard = resource.getrlimit(what)
    if hard == resource.RLIM_INFINITY or soft <= hard:
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):
            return
