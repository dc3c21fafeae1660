"""The trusted side of one job: hands it to a slot, talks to its processes, and turns what the kernel measured into an
outcome. What the processes say is data; their own words only choose between failures."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from assay.sandbox import wire
from assay.sandbox.flavours import MODULES, SCI, flavour_of
from assay.sandbox.jobs import Batch, Call, Check, Job, Limits, Outcome, Program, Result
from assay.sandbox.orders import ENDINGS, ROLES, End, Order
from assay.sandbox.slot import Slot, SlotDied
from assay.sandbox.wire import ENDED, READY

_GRACE = 5.0
"""Seconds beyond the wall limit that a channel waits for a process."""
_LAST_WORD = 0.1
"""Seconds that a checker has beyond the wall limit, to report what passed until the candidate met it."""
_LONGEST_VALUE = 3 << 20
"""Bytes of the longest value that a `Call` may return: it is read on the trusted side, outside all limits."""
_ALSO = ", ".join(MODULES[SCI].split())
_REPORT = 1 << 16
"""Bytes that a pipe holds."""


def flavour(job: Job) -> str:
    """What modules a job's processes need."""
    if isinstance(job, Check):
        return flavour_of(job.source, job.setup, job.given, *job.tests)
    return flavour_of(job.source)


def run(slot: Slot, job: Job) -> Result:
    """Run one job to its end. Raises `SlotDied`."""
    try:
        if isinstance(job, (Program, Batch)):
            result = _programs(slot, job)
        else:
            result = _call(slot, job) if isinstance(job, Call) else _check(slot, job)
    except OSError as failed:
        raise SlotDied(f"{type(failed).__name__}: {failed}") from None
    return replace(result, isolation=slot.isolation, level=slot.level)


def _programs(slot: Slot, job: Program | Batch) -> Result:
    inputs = (job.stdin,) if isinstance(job, Program) else job.inputs
    with contextlib.ExitStack() as stack:
        task, stdout = os.memfd_create("stdin"), os.memfd_create("stdout")
        stack.callback(os.close, task)
        stack.callback(os.close, stdout)
        report, theirs = os.pipe()
        stack.callback(os.close, report)
        try:
            size, given = _write_task(task, job.source, inputs), sum(map(len, inputs))
            room = max(job.limits.output, max(map(len, inputs)))  # it writes each input where the first stood
            order = _order("program", job.limits)._replace(output=room, inputs=given, size=size, runs=len(inputs))
            with _nothing() as null:
                slot.start([order], [task, stdout, null, theirs])
        finally:
            os.close(theirs)
        [end] = slot.end(job.limits)
        said = _drained(report)
        if not said.startswith(READY):
            return _result(Outcome.SANDBOX_ERROR, "the process could not be jailed", end)
        size = os.fstat(stdout).st_size
        output = os.pread(stdout, min(size, job.limits.output), 0)
    ends, problem = _runs(said[len(READY) :])
    outcome, text = judge_end(end, job.limits, problem if end.code else None)
    if size >= job.limits.output and outcome is not Outcome.TIMEOUT:
        outcome, text = Outcome.OUTPUT_LIMIT, f"more than {job.limits.output} bytes of output"
    if isinstance(job, Program):
        return replace(_result(outcome, text, end), output=output)
    if outcome is Outcome.DONE and len(ends) < len(inputs):
        ends.append(size)  # it left before it could tell of this run
    outputs = tuple(output[a:b] for a, b in zip([0, *ends], ends, strict=False))
    return replace(_result(outcome, text, end), outputs=outputs[: len(inputs)])


def _write_task(fd: int, source: str, inputs: tuple[bytes, ...]) -> int:
    """Lay the inputs and, behind them, their sizes where there are many, and the program; return the size of all."""
    sizes = array("Q", map(len, inputs) if len(inputs) > 1 else ()).tobytes()
    view = memoryview(b"".join([*inputs, sizes, source.encode("utf-8", "surrogatepass")]))
    size = len(view)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return size


def _drained(pipe: int) -> bytes:
    """What a process that has ended left in its pipe."""
    os.set_blocking(pipe, False)
    data = b""
    with contextlib.suppress(BlockingIOError):
        while len(data) < _REPORT and (piece := os.read(pipe, _REPORT)):
            data += piece
    return data


def _runs(said: bytes) -> tuple[list[int], Any]:
    """Where the output of each run ends, and the exception that ended the last; both as the process claims."""
    ends: list[int] = []
    while said[8:ENDED] == bytes(4):
        ends.append(int.from_bytes(said[:8], "big"))
        said = said[ENDED:]
    try:
        return ends, json.loads(said) if said else None
    except (ValueError, RecursionError):
        return ends, None


def _call(slot: Slot, job: Call) -> Result:
    arguments = wire.Codec().pack((job.args, job.kwargs))
    with _channel(job.limits) as (ours, theirs):
        with theirs, _nothing() as null:
            slot.start([_order("server", job.limits)], [null, null, null, theirs.fileno()])
        talk = _Talk(ours, _LONGEST_VALUE)
        reply = talk.ask({"op": "load", "source": job.source, "setup": "", "wanted": []}) if talk.ready else None
        if reply is not None and "x" not in reply:
            reply = talk.ask({"op": "call", "name": job.function, "a": arguments})
        slot.stop()
        [end] = slot.end(job.limits)
    if not talk.ready:
        return _result(Outcome.SANDBOX_ERROR, "the process could not be jailed", end)
    if reply is None or "x" in reply:
        outcome, text = judge_end(end, job.limits, reply.get("x") if reply else None)
        if outcome is Outcome.DONE:
            outcome, text = Outcome.RUNTIME_ERROR, "the program ended before it returned a value"
        return _result(outcome, text, end)
    try:
        return _result(Outcome.DONE, "", end, wire.Codec().unpack(reply))
    except wire.WireError as bad:
        return _result(Outcome.RUNTIME_ERROR, str(bad), end)


def _check(slot: Slot, job: Check) -> Result:
    names = ("source", "tests", "entry", "call", "setup", "given", "wanted", "partial")
    with _channel(job.limits) as (ours, theirs):
        peer_a, peer_b = socket.socketpair()
        with theirs, peer_a, peer_b:
            checker = _order("checker", job.limits)
            checker = checker._replace(memory=2 * checker.memory, wall=checker.wall + _LAST_WORD)
            with _nothing() as null:
                server = [null, null, null, peer_a.fileno()]
                fds = [*server, null, null, null, theirs.fileno(), peer_b.fileno()]
                slot.start([_order("server", job.limits), checker], fds)
        talk = _Talk(ours)
        report = talk.ask({name: getattr(job, name) for name in names}) if talk.ready else None
        slot.stop()
        candidate, judge = slot.end(job.limits)
    if not talk.ready or (report is not None and report["stage"] == "sandbox"):
        return _result(Outcome.SANDBOX_ERROR, "the checker or the program could not be jailed", judge)
    if report is not None and report["stage"] == "passed":
        return _result(Outcome.DONE, "", candidate, report)
    outcome, text = judge_end(candidate, job.limits, None)
    if outcome in (Outcome.DONE, Outcome.RUNTIME_ERROR) and report is None:
        outcome, text = judge_end(judge, job.limits, None)
        return _result(outcome, f"the tests themselves: {text}", judge)
    return _result(outcome, text, candidate, report)


@contextlib.contextmanager
def _nothing() -> Iterator[int]:
    """`/dev/null`, opened for this job only: flags and locks that a job leaves on it end with the job."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        yield null
    finally:
        os.close(null)


def _order(role: str, limits: Limits) -> Order:
    return Order(ROLES.index(role), limits.cpu, limits.wall_seconds, limits.memory, limits.output)


def _result(outcome: Outcome, text: str, end: End, value: Any = None) -> Result:
    return Result(outcome, text, value=value, cpu=end.cpu, wall=end.wall, starved=end.starved)


class _Talk:
    """One end of a channel to a child that may die, lie or never read; a lost child is silence."""

    def __init__(self, sock: socket.socket, longest: int = wire.MAX_FRAME) -> None:
        self.sock, self.longest = sock, longest
        self.ready = self._hear() == {"ready": 1}

    def ask(self, message: dict[str, Any]) -> dict[str, Any] | None:
        with contextlib.suppress(OSError):
            wire.send(self.sock, message)
        return self._hear()

    def _hear(self) -> dict[str, Any] | None:
        try:
            return wire.receive(self.sock, self.longest)
        except (OSError, wire.WireError):
            return None


@contextlib.contextmanager
def _channel(limits: Limits) -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(limits.wall_seconds + _GRACE)
    with ours:
        yield ours, theirs


def judge_end(end: End, limits: Limits, problem: Any) -> tuple[Outcome, str]:
    """The outcome of a process from what the kernel measured; its own words only choose between failures."""
    killed, code = ENDINGS[end.killed], end.code
    if killed == "cpu" or (code == -9 and end.cpu >= limits.cpu):
        return Outcome.TIMEOUT, f"it used its {limits.cpu:g} s of CPU time"
    if killed == "wall":
        if end.wall - end.starved < min(limits.cpu, end.wall / 2):
            return Outcome.STARVED, f"it waited {end.starved:.1f} of {end.wall:.1f} s for a processor"
        return Outcome.TIMEOUT, f"it ran longer than {limits.wall_seconds:.3g} s"
    if problem is not None:
        return _judge_problem(problem)
    if code == 0 or killed:
        return Outcome.DONE, ""
    if code == -31:
        return Outcome.SECURITY_VIOLATION, "it made a forbidden system call"
    if code == -9:
        return Outcome.MEMORY_LIMIT, "the system killed it for its memory"
    return Outcome.RUNTIME_ERROR, f"it ended with exit code {code}" if code > 0 else f"it died of signal {-code}"


def _judge_problem(problem: Any) -> tuple[Outcome, str]:
    """`problem` comes from the candidate's process: it may hold anything."""
    try:
        names, text = [str(name)[:80] for name in problem["names"]], str(problem["text"])[:300]
    except (KeyError, TypeError):
        return Outcome.RUNTIME_ERROR, "it failed"
    said = f"{names[0] if names else 'an error'}: {text}"
    if "MemoryError" in names:
        return Outcome.MEMORY_LIMIT, said
    if "ModuleNotFoundError" in names:
        return (
            Outcome.RUNTIME_ERROR,
            f"{said} (what can be imported is the standard library and, where installed, {_ALSO})",
        )
    if "SyntaxError" in names:
        return Outcome.COMPILE_ERROR, said
    if "OSError" in names and "File too large" in text:
        return Outcome.OUTPUT_LIMIT, said
    return Outcome.RUNTIME_ERROR, said
