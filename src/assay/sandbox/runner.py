"""The trusted side of one job: hands it to a worker, talks to its processes, and turns what the kernel measured into an
outcome. What the processes say is data; their own words only choose between failures."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import weakref
from array import array
from dataclasses import replace
from typing import Any

from assay.errors import visible
from assay.sandbox import wire
from assay.sandbox.codec import Codec
from assay.sandbox.environments import MODULES, SCIENTIFIC, environment_for
from assay.sandbox.jobs import Batch, Call, Check, Compile, Job, Limits, Native, Outcome, Program, Result
from assay.sandbox.processes import WorkerDied, WorkerProcess
from assay.sandbox.protocol import KILL_REASONS, NATIVE, READY, ROLES, RUN_RECORD, ProcessExit, ProcessSpec

_GRACE = 5.0
"""Seconds after a job must have ended that a channel waits for a process."""
_REPORT_SECONDS = 0.1
"""Seconds that a checker has beyond the wall limit, to report what passed until the candidate met it."""
_LONGEST_VALUE = 3 << 20
"""Bytes of the longest value that a `Call` may return: it is read on the trusted side, outside all limits."""
_PIPE_SIZE = 1 << 16
_MOST_SAID = 1 << 16
"""Bytes that are read of what a compiler or machine code says on standard error."""
_ERRORS = ("error:", "Error:", "undefined reference", "multiple definition", "relocation truncated")
_MFD_EXEC = 0x10
_NO_COMPILER = 120
"""The exit code of a process that failed before a compiler told anything."""


def environment_of(job: Job) -> str:
    """What modules a job's processes need."""
    if isinstance(job, Compile | Native):
        return NATIVE
    if isinstance(job, Check):
        return environment_for(job.source, job.setup, job.given, *job.tests)
    return environment_for(job.source)


def run(worker: WorkerProcess, job: Job) -> Result:
    """Run one job to its end. Raises `WorkerDied`."""
    try:
        with _Descriptors() as fds:
            if isinstance(job, (Program, Batch)):
                result = _run_program(worker, job, fds)
            elif isinstance(job, Compile):
                result = _compile(worker, job, fds)
            elif isinstance(job, Native):
                result = _run_native(worker, job, fds)
            else:
                result = _call(worker, job, fds) if isinstance(job, Call) else _check(worker, job, fds)
    except OSError as failed:
        raise WorkerDied(f"{type(failed).__name__}: {failed}") from None
    return replace(result, isolation=worker.isolation, level=worker.level)


class _Descriptors(contextlib.ExitStack):
    """Descriptors that are closed when their job has ended, and in the child of a fork."""

    def __init__(self) -> None:
        super().__init__()
        _open.add(self)

    def own(self, fd: int) -> int:
        self.callback(os.close, fd)
        return fd

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """A channel; while a copy of one end is open anywhere, the other end never sees it close."""
        ends = socket.socketpair()
        for end in ends:
            self.callback(end.close)
        return ends

    def null(self) -> int:
        """`/dev/null`, opened for this job only: flags and locks that a job leaves on it end with the job."""
        return self.own(os.open(os.devnull, os.O_RDWR))


_open: weakref.WeakSet[_Descriptors] = weakref.WeakSet()


def _after_fork() -> None:
    for fds in list(_open):
        fds.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _run_program(worker: WorkerProcess, job: Program | Batch, fds: _Descriptors) -> Result:
    inputs = (job.stdin,) if isinstance(job, Program) else job.inputs
    stdin, stdout = fds.own(os.memfd_create("stdin")), fds.own(os.memfd_create("stdout"))
    report, their_report = map(fds.own, os.pipe())
    size, given = _write_stdin(stdin, job.source, inputs), sum(map(len, inputs))
    room = max(job.limits.output, max(map(len, inputs)))  # it writes each input where the first stood
    spec = _spec("program", job.limits)._replace(output=room, inputs=given, size=size, runs=len(inputs))
    kept = isinstance(job, Program) and job.stderr
    stderr = fds.own(os.memfd_create("stderr")) if kept else fds.null()
    worker.start([spec], [stdin, stdout, stderr, their_report])
    [end] = worker.wait(job.limits)
    reported = _drain(report)
    if not reported.startswith(READY):
        return _result(Outcome.SANDBOX_ERROR, "the process could not be isolated", end)
    size = os.fstat(stdout).st_size
    output = os.pread(stdout, min(size, job.limits.output), 0)
    ends, problem = _read_report(reported[len(READY) :], size)
    outcome, text = outcome_of(end, job.limits, problem if end.code else None)
    if size >= job.limits.output and outcome is not Outcome.TIMEOUT:
        outcome, text = Outcome.OUTPUT_LIMIT, f"more than {job.limits.output} bytes of output"
    if isinstance(job, Program):
        said = os.pread(stderr, job.limits.output, 0) if kept else b""
        return replace(_result(outcome, text, end), output=output, stderr=said, line=_line_of(problem))
    if outcome is Outcome.DONE and len(ends) < len(inputs):
        ends.append(size)  # it left before it could tell of this run
    outputs = tuple(output[a:b] for a, b in zip([0, *ends], ends, strict=False))
    return replace(_result(outcome, text, end), outputs=outputs[: len(inputs)])


def _compile(worker: WorkerProcess, job: Compile, fds: _Descriptors) -> Result:
    source, code, said = (fds.own(os.memfd_create(name)) for name in ("source", "code", "said"))
    report, their_report = map(fds.own, os.pipe())
    wire.write_all(source, memoryview(json.dumps({"command": job.command, "source": job.source}).encode()))
    os.lseek(source, 0, os.SEEK_SET)
    with tempfile.TemporaryDirectory(prefix="assay-", ignore_cleanup_errors=True) as folder:
        inner = os.path.join(folder, "c++")  # whoever may not enter the outer folder does not reach it
        os.mkdir(inner)
        os.chmod(inner, 0o777)  # a job may have another user than this process
        place = fds.own(os.open(inner, os.O_RDONLY | os.O_DIRECTORY))
        worker.start([_spec("compiler", job.limits)], [source, code, said, their_report, place])
        [end] = worker.wait(job.limits)
    if _drain(report) != READY or end.code == _NO_COMPILER:
        return _result(Outcome.SANDBOX_ERROR, "the compiler could not be isolated or started", end)
    text = os.pread(said, _MOST_SAID, 0).decode(errors="replace")
    outcome, why = outcome_of(end, job.limits, None)
    size = os.fstat(code).st_size
    if KILL_REASONS[end.kill_reason] in ("wall", "starved"):
        outcome, why = Outcome.STARVED, f"the compiler had too little of a processor in {end.wall:.0f} s"
    elif end.code > 0 and end.cpu >= job.limits.cpu:  # its parts have a clock each, and the kernel ends them
        outcome, why = Outcome.TIMEOUT, f"compiling used its {job.limits.cpu:g} s of CPU time"
    elif end.code > 0 or (outcome is Outcome.DONE and not 0 < size < job.limits.output):
        outcome, why = Outcome.COMPILE_ERROR, _first_error(text) or "the compiler made no program"
    output = os.pread(code, size, 0) if outcome is Outcome.DONE else b""
    return replace(_result(outcome, why, end), output=output, stderr=text.encode())


def _first_error(text: str) -> str:
    """The first error of a compiler, an assembler or a linker, else the first line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if any(word in line for word in _ERRORS) and not line.startswith("collect2")]
    return visible(next(iter(told + lines), ""))[:300]


def _run_native(worker: WorkerProcess, job: Native, fds: _Descriptors) -> Result:
    stdin, stdout, stderr = (fds.own(os.memfd_create(name)) for name in ("stdin", "stdout", "stderr"))
    report, their_report = map(fds.own, os.pipe())
    wire.write_all(stdin, memoryview(job.stdin))
    os.lseek(stdin, 0, os.SEEK_SET)
    spec = _spec("native", job.limits)
    worker.start([spec], [stdin, stdout, stderr, their_report, fds.own(_executable(job.code))])
    [end] = worker.wait(job.limits)
    reported = _drain(report)
    if not reported.startswith(READY):
        return _result(Outcome.SANDBOX_ERROR, "the process could not be isolated", end)
    size = os.fstat(stdout).st_size
    outcome, text = outcome_of(end, job.limits, None)
    said = os.pread(stderr, _MOST_SAID, 0)
    if size >= job.limits.output and outcome is not Outcome.TIMEOUT:
        outcome, text = Outcome.OUTPUT_LIMIT, f"more than {job.limits.output} bytes of output"
    elif refused := reported[len(READY) :]:
        outcome, text = Outcome.RUNTIME_ERROR, f"it cannot be started: {refused.decode(errors='replace')}"
    elif outcome is Outcome.RUNTIME_ERROR and said.strip():
        outcome = Outcome.MEMORY_LIMIT if b"std::bad_alloc" in said else outcome
        text = visible(f"{text}: {said[:200].decode(errors='replace').strip()}")
    output = os.pread(stdout, min(size, job.limits.output), 0)
    return replace(_result(outcome, text, end), output=output, stderr=said)


def _executable(code: bytes) -> int:
    """A file in memory that can be executed: nothing has it open for writing."""
    try:
        writable = os.memfd_create("program", os.MFD_CLOEXEC | _MFD_EXEC)
    except OSError:  # before Linux 6.3 there is no such flag, and no need of it
        writable = os.memfd_create("program")
    try:
        wire.write_all(writable, memoryview(code))
        return os.open(f"/proc/self/fd/{writable}", os.O_RDONLY)
    finally:
        os.close(writable)


def _write_stdin(fd: int, source: str, inputs: tuple[bytes, ...]) -> int:
    """Write the inputs and, behind them, their sizes where there are many, and the program; return the size of all."""
    sizes = array("Q", map(len, inputs) if len(inputs) > 1 else ()).tobytes()
    view = memoryview(b"".join([*inputs, sizes, source.encode("utf-8", "surrogatepass")]))
    size = len(view)
    wire.write_all(fd, view)
    os.lseek(fd, 0, os.SEEK_SET)
    return size


def _drain(pipe: int) -> bytes:
    """What a process that has ended left in its pipe."""
    os.set_blocking(pipe, False)
    data = b""
    with contextlib.suppress(BlockingIOError):
        while len(data) < _PIPE_SIZE and (piece := os.read(pipe, _PIPE_SIZE)):
            data += piece
    return data


def _read_report(report: bytes, size: int) -> tuple[list[int], Any]:
    """Where the output of each run ends, and the exception that ended the last; both as the process claims.

    Ends count up to the first that lies before another or behind all output: no byte is the output of two runs.
    """
    ends, grows = [0], True
    while report[8:RUN_RECORD] == bytes(4):
        end = int.from_bytes(report[:8], "big")
        grows = grows and ends[-1] <= end <= size
        ends += [end] if grows else []
        report = report[RUN_RECORD:]
    del ends[0]
    try:
        return ends, json.loads(report) if report else None
    except (ValueError, RecursionError):
        return ends, None


def _line_of(problem: Any) -> int:
    line = problem.get("line") if isinstance(problem, dict) else 0
    return line if type(line) is int else 0


def _call(worker: WorkerProcess, job: Call, fds: _Descriptors) -> Result:
    arguments = Codec().pack((job.args, job.kwargs))
    load = {"op": "load", "source": job.source, "setup": "", "wanted": []}
    asked = _requests(fds, load, {"op": "call", "name": job.function, "a": arguments})
    ours, theirs = fds.pair()
    with ours:
        with theirs:
            null = fds.null()
            worker.start([_spec("candidate", job.limits)], [asked, null, null, theirs.fileno()])
        channel = _Channel(ours, job.limits, _LONGEST_VALUE)
        reply = channel.receive() if channel.ready else None
        loaded = reply is not None and "x" not in reply
        if loaded:
            reply = channel.receive()
        worker.stop()
        [end] = worker.wait(job.limits)
    if not channel.ready:
        return _result(Outcome.SANDBOX_ERROR, "the process could not be isolated", end)
    if reply is None or "x" in reply:
        outcome, text = outcome_of(end, job.limits, reply.get("x") if reply else None)
        if outcome is Outcome.DONE:
            outcome, text = Outcome.RUNTIME_ERROR, "the program ended before it returned a value"
        return replace(_result(outcome, text, end), loaded=loaded)
    try:
        return _result(Outcome.DONE, "", end, Codec().unpack(reply))
    except wire.WireError as bad:
        return _result(Outcome.RUNTIME_ERROR, str(bad), end)


def _check(worker: WorkerProcess, job: Check, fds: _Descriptors) -> Result:
    names = ("source", "tests", "entry", "call", "setup", "given", "wanted", "partial")
    (ours, theirs), (candidate_peer, checker_peer) = fds.pair(), fds.pair()
    with ours:
        with theirs, candidate_peer, checker_peer:
            spec, null = _spec("checker", job.limits), fds.null()
            spec = spec._replace(memory=2 * spec.memory, wall=spec.wall + _REPORT_SECONDS)
            candidate_fds = [null, null, null, candidate_peer.fileno()]
            asked = _requests(fds, {name: getattr(job, name) for name in names})
            checker_fds = [asked, null, null, theirs.fileno(), checker_peer.fileno()]
            worker.start([_spec("candidate", job.limits), spec], candidate_fds + checker_fds)
        channel = _Channel(ours, job.limits)
        report = channel.receive() if channel.ready else None
        worker.stop()
        candidate, checker = worker.wait(job.limits)
    if not channel.ready or (report is not None and report["stage"] == "sandbox"):
        return _result(Outcome.SANDBOX_ERROR, "the checker or the program could not be isolated", checker)
    if report is not None and report["stage"] == "passed":
        return _result(Outcome.DONE, "", candidate, report)
    outcome, text = outcome_of(candidate, job.limits, None)
    if outcome in (Outcome.DONE, Outcome.RUNTIME_ERROR) and report is None:
        outcome, text = outcome_of(checker, job.limits, None)
        return _result(outcome, f"the tests themselves: {text}", checker)
    return _result(outcome, text, candidate, report)


def _requests(fds: _Descriptors, *messages: dict[str, Any]) -> int:
    """A file of requests, written before its reader starts: it never waits for this process, which may be busy."""
    fd = fds.own(os.memfd_create("requests"))
    for message in messages:
        wire.write(fd, message)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class _Channel:
    """Our end of a channel to a child that may die, lie or never read; a lost child is silence."""

    def __init__(self, sock: socket.socket, limits: Limits, longest: int = wire.MAX_FRAME) -> None:
        self.sock, self.longest = sock, longest
        sock.settimeout(limits.patience + _GRACE)
        self.ready = self.receive() == {"ready": 1}

    def receive(self) -> dict[str, Any] | None:
        try:
            return wire.receive(self.sock, self.longest)
        except (OSError, wire.WireError):
            return None


def _spec(role: str, limits: Limits) -> ProcessSpec:
    room = limits.cpu, limits.wall_seconds, limits.patience, limits.memory, limits.output
    return ProcessSpec(ROLES.index(role), *room)


def _result(outcome: Outcome, text: str, end: ProcessExit, value: Any = None) -> Result:
    return Result(outcome, text, value=value, cpu=end.cpu, wall=end.wall, starved=end.starved, memory=end.memory)


def outcome_of(end: ProcessExit, limits: Limits, problem: Any) -> tuple[Outcome, str]:
    """The outcome of a process from what the kernel measured; its own words only choose between failures."""
    killed, code = KILL_REASONS[end.kill_reason], end.code
    if killed == "cpu" or (code == -9 and end.cpu >= limits.cpu):
        return Outcome.TIMEOUT, f"it used its {limits.cpu:g} s of CPU time"
    if killed == "starved":
        return Outcome.STARVED, f"it waited {end.starved:.1f} of {end.wall:.1f} s for a processor"
    if killed == "wall":
        return Outcome.TIMEOUT, f"it ran longer than {limits.wall_seconds:.3g} s"
    if problem is not None:
        return _outcome_of_exception(problem)
    if code == 0 or killed:
        return Outcome.DONE, ""
    if code == -31:
        return Outcome.SECURITY_VIOLATION, "it made a forbidden system call"
    if code == -9:  # no program can send itself that signal, and the kernel kept count of its memory elsewhere
        return Outcome.SANDBOX_ERROR, "something outside killed it"
    return Outcome.RUNTIME_ERROR, f"it ended with exit code {code}" if code > 0 else f"it died of signal {-code}"


def _outcome_of_exception(problem: Any) -> tuple[Outcome, str]:
    """`problem` comes from the candidate's process: it may hold anything."""
    try:
        names, text = [str(name)[:80] for name in problem["names"]], str(problem["text"])[:300]
    except (KeyError, TypeError):
        return Outcome.RUNTIME_ERROR, "it failed"
    message = f"{names[0] if names else 'an error'}: {text}"
    if "MemoryError" in names:
        return Outcome.MEMORY_LIMIT, message
    if "ModuleNotFoundError" in names:
        there = ", ".join(MODULES[SCIENTIFIC].split())
        message += f" (what can be imported is the standard library and, where installed, {there})"
        return Outcome.RUNTIME_ERROR, message
    if "SyntaxError" in names:
        return Outcome.COMPILE_ERROR, message
    if "OSError" in names and "File too large" in text:
        return Outcome.OUTPUT_LIMIT, message
    return Outcome.RUNTIME_ERROR, message
