"""The program that a worker process runs: requests in, verdicts out, until the parent is gone.

The template process forks one child at a time and waits. The child reads lines of requests and answers each with a
line. The template replaces a child on SIGUSR1 (it overran) or when it dies, and tells of each new one. A request's CPU
time and the process's memory are limited by the kernel, so a child whose parent was killed ends too.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any, NoReturn

from assay.judging.lanes import asked, bare
from assay.judging.verifier import VERIFIERS
from assay.types import Example

MEMORY = 2 << 30
"""Bytes of address space; a verdict that needs more is refused."""
_WAKES = {signal.SIGUSR1, signal.SIGCHLD}


def main() -> None:
    """Serve requests on standard input and output."""
    replies = os.dup(1)
    os.dup2(2, 1)  # a stray print must not break the frames
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAKES)
    _limit(resource.RLIMIT_AS, MEMORY)
    child, told = _fork(replies), {"ready": None, "cpu": 0.0}
    _tell(replies, told)
    VERIFIERS.get("math")  # what the children need, read once while the first one works
    import mpmath  # noqa: F401

    while True:
        woken = signal.sigwait(_WAKES)
        if woken == signal.SIGUSR1:
            os.kill(child, signal.SIGKILL)
            _, status, usage = os.wait4(child, 0)
        else:
            reaped, status, usage = os.wait4(child, os.WNOHANG)
            if not reaped:
                continue
            if status == 0:
                os._exit(0)
        _drain(0)
        child = _fork(replies)
        _tell(replies, {"ready": os.waitstatus_to_exitcode(status), "cpu": usage.ru_utime + usage.ru_stime})


def _fork(replies: int) -> int:
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAKES)
        _serve(replies)
    return child


def _serve(replies: int) -> NoReturn:
    with os.fdopen(os.dup(0), "rb") as requests:
        for line in requests:
            for request in json.loads(line):
                _tell(replies, _answer(request))
    os._exit(0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    if request["verifier"] not in VERIFIERS:
        return {"known": False, "made": None, "cpu": time.process_time()}
    _limit(resource.RLIMIT_CPU, int(time.process_time() + request["deadline"]) + 3)
    example = Example(
        prompt=request["prompt"],
        reference=request["reference"],
        verifier=request["verifier"],
        params=request["params"],
        options=request["options"],
        template=request["template"],
    )
    return {"known": True, "made": _made(request["what"], example, request["response"]), "cpu": time.process_time()}


def _made(what: str, example: Example, response: Any) -> Any:
    if what != "verdict":
        return asked(what, example, response)
    start = time.monotonic()
    return bare(example, response).to_json() | {"seconds": time.monotonic() - start}


def _tell(replies: int, frame: dict[str, Any]) -> None:
    """Write one frame; a new child's begins on a line of its own, for the last one may have died in mid-line."""
    data = memoryview((b"\n" if "ready" in frame else b"") + json.dumps(frame).encode() + b"\n")
    try:
        while data:
            data = data[os.write(replies, data) :]
    except BrokenPipeError:
        os._exit(0)


def _drain(fd: int) -> None:
    """Drop what a dead child left unread; the parent writes nothing before it hears of the next child."""
    while select.select([fd], [], [], 0)[0] and os.read(fd, 1 << 20):
        pass


def _limit(what: int, soft: int) -> None:
    """Lower a soft limit where the system lets us; without it the deadline still holds."""
    _, hard = resource.getrlimit(what)
    if hard == resource.RLIM_INFINITY or soft <= hard:
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):
            return


if __name__ == "__main__":
    sys.exit("this program is started by assay.judging.pool")
