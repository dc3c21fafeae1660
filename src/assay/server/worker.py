"""The program that a worker of the server runs: it owns a judge session and a sandbox, and answers frames.

A frame is a length of eight bytes and a JSON object. A worker ends when its server closes the pipe or dies.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from typing import Any

from assay import sandbox
from assay.errors import AssayError
from assay.judging.session import Judge
from assay.judging.verifier import VERIFIERS, Lane
from assay.sandbox import Compile, Limits, Native, Outcome, Program, Result
from assay.serve.columns import example_of
from assay.turns import known_tag
from assay.types import Attempt, Example, Status, Verdict

HEADER = 8
"""Bytes before each frame that say how long it is."""


def main() -> None:
    """Serve requests on standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the server, which lets us finish
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # a stray print must not break the frames
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    with Judge() as judge, os.fdopen(requests, "rb") as source, os.fdopen(replies, "wb") as target:
        for name in ("math", "text", "code.tests"):
            VERIFIERS.get(name)
        _write(target, {"programs": programs()})
        before = sandbox.stats()
        while frame := _read(source):
            made = ran(frame["run"]) if "run" in frame else verdicts(judge, frame)
            now = sandbox.stats()
            _write(target, {"made": made, "sandbox": now.since(before).to_json()})
            before = now


def programs() -> str:
    """Whether programs run here, in words."""
    try:
        return f"programs run at {sandbox.require()}"
    except AssayError as refused:
        return f"programs are not run: {refused}"


def verdicts(judge: Judge, frame: dict[str, Any]) -> list[dict[str, Any]]:
    """Verdicts on the rows of a frame. An `error` is made once more before it is told: what broke may be back."""
    rows, tag = frame["rows"], known_tag(frame["thinking"])
    examples = [example_of(row, row.get("prompt") or "") for row in rows]
    attempts = [Attempt(response=row["response"], thinking=tag) for row in rows]
    made = judge.verify_many(examples, attempts, deadline=frame["deadline"])
    broken = [n for n, verdict in enumerate(made) if verdict.status is Status.ERROR and _may_pass(examples[n])]
    for place, verdict in zip(broken, _again(judge, broken, examples, attempts, frame["deadline"]), strict=True):
        made[place] = verdict
    return [verdict.to_json() for verdict in made]


def _may_pass(example: Example) -> bool:
    verifier = VERIFIERS.get(example.verifier)
    return verifier.lane is not Lane.REMOTE and not verifier.group


def _again(
    judge: Judge, places: Sequence[int], examples: Sequence[Example], attempts: Sequence[Attempt], deadline: Any
) -> list[Verdict]:
    given = ([examples[place] for place in places], [attempts[place] for place in places])
    return judge.verify_many(*given, deadline=deadline)


def ran(asked: dict[str, Any]) -> dict[str, Any]:
    """Run a program; `error` says why where it may not run here."""
    limits = Limits(cpu=asked["seconds"], wall=asked["seconds"], memory=asked["memory"])
    stdin = asked["stdin"].encode("utf-8", "surrogateescape")
    try:
        if asked["language"] == "python":
            return _told(sandbox.run(Program(asked["code"], stdin, limits, stderr=True)))
        compiled = sandbox.run(Compile(asked["code"], limits=Limits(cpu=asked["compile_seconds"])))
        if compiled.outcome is not Outcome.DONE:
            return {"compiled": _told(compiled)}
        return {
            "compiled": _told(compiled) | {"output": ""},
            **_told(sandbox.run(Native(compiled.output, stdin, limits))),
        }
    except AssayError as refused:
        return {"error": str(refused)}


def _told(result: Result) -> dict[str, Any]:
    return {
        "outcome": str(result.outcome),
        "text": result.text,
        "output": result.output.decode("utf-8", "replace") if result.outcome is not Outcome.SANDBOX_ERROR else "",
        "stderr": result.stderr.decode("utf-8", "replace"),
        "wall": result.wall,
    }


def _read(source: Any) -> dict[str, Any] | None:
    """The next frame, or `None` where the server is gone."""
    header = source.read(HEADER)
    data = source.read(int.from_bytes(header)) if len(header) == HEADER else b""
    if not data or len(data) < int.from_bytes(header):
        return None
    frame: dict[str, Any] = json.loads(data)
    return frame


def _write(target: Any, frame: dict[str, Any]) -> None:
    data = json.dumps(frame).encode()
    try:
        target.write(len(data).to_bytes(HEADER) + data)
        target.flush()
    except BrokenPipeError:
        os._exit(0)
