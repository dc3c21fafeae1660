"""The trusted side of one zygote: starts it, hands it jobs, and turns what the kernel measured into an outcome."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from typing import Any

from assay.sandbox import wire
from assay.sandbox.jobs import Call, Check, Job, Limits, Outcome, Program, Result

_BOOT = """
import sys, types
for name, path in (("assay", sys.argv[1]), ("assay.sandbox", sys.argv[1] + "/sandbox")):
    package = types.ModuleType(name)
    package.__path__ = [path]
    sys.modules[name] = package
from assay.sandbox import checker, zygote
zygote.main(int(sys.argv[2]))
"""
_START = 20.0
"""Seconds a zygote has to start."""
_GRACE = 5.0
"""Seconds after the wall limit until the zygote itself is given up."""
_LONGEST_VALUE = 3 << 20
"""Bytes of the longest value that a `Call` may return: it is read on the trusted side, outside all limits."""
_STARVED = 0.25
"""Share of the wall time without a processor from which the machine is to blame."""


class SlotDied(Exception):
    """The zygote is gone or does not answer; the slot must be replaced."""


class Slot:
    """One zygote: one job at a time."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-s", "-S", "-P", "-c", _BOOT, package, str(theirs.fileno())],
                env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,
            )
        self.control = ours
        try:
            self.isolation = tuple(self._reply(_START)["features"])
        except SlotDied:
            self.close()
            raise

    def close(self) -> None:
        """End the zygote and all that it runs."""
        self.control.close()
        try:
            self.process.wait(0.5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run(self, job: Job) -> Result:
        """Run one job to its end. Raises `SlotDied`."""
        try:
            if isinstance(job, Program):
                return self._program(job)
            return self._call(job) if isinstance(job, Call) else self._check(job)
        except OSError as failed:
            raise SlotDied(f"{type(failed).__name__}: {failed}") from None

    def _reply(self, seconds: float) -> dict[str, Any]:
        self.control.settimeout(seconds)
        try:
            data = self.control.recv(1 << 16)
        except OSError as failed:
            raise SlotDied(f"no reply within {seconds:g} s: {failed}") from None
        if not data:
            raise SlotDied("the zygote ended")
        reply: dict[str, Any] = json.loads(data)
        return reply

    def _start(self, parts: list[dict[str, Any]], fds: list[int]) -> None:
        socket.send_fds(self.control, [json.dumps({"parts": parts}).encode()], fds)

    def _end(self, limits: Limits, stop: bool) -> list[dict[str, Any]]:
        if stop:
            self.control.send(b'{"stop": 1}')
        reply = self._reply(limits.wall_seconds + _GRACE)
        if "error" in reply:
            raise SlotDied(reply["error"])
        ends: list[dict[str, Any]] = reply["parts"]
        return ends

    def _program(self, job: Program) -> Result:
        ours, theirs = _pair(job.limits)
        stdin, stdout = os.memfd_create("stdin"), os.memfd_create("stdout")
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, stdin)
            stack.callback(os.close, stdout)
            stack.enter_context(ours)
            _write_all(stdin, job.stdin)
            with theirs:
                part = {"role": "program", "limits": job.limits.to_json(), "fds": {"0": 0, "1": 1, "3": 2}}
                self._start([part], [stdin, stdout, theirs.fileno()])
            talk = _Talk(ours)
            talk.say({"source": job.source})
            [end] = self._end(job.limits, stop=False)
            problem = talk.last_words() if end["code"] == 1 else None
            outcome, text = judge_end(end, job.limits, problem)
            size = os.fstat(stdout).st_size
            if size >= job.limits.output and outcome is not Outcome.TIMEOUT:
                outcome, text = Outcome.OUTPUT_LIMIT, f"more than {job.limits.output} bytes of output"
            if not talk.ready:
                outcome, text = Outcome.SANDBOX_ERROR, "the process could not be jailed"
            output = os.pread(stdout, size, 0)
        return Result(outcome, text, output, None, end["cpu"], end["wall"], self.isolation)

    def _call(self, job: Call) -> Result:
        codec = wire.Codec()
        arguments = codec.pack((job.args, job.kwargs))
        ours, theirs = _pair(job.limits)
        with ours:
            with theirs:
                part = {"role": "server", "limits": job.limits.to_json(), "fds": {"3": 0}}
                self._start([part], [theirs.fileno()])
            talk = _Talk(ours, _LONGEST_VALUE)
            talk.say({"op": "setup", "setup": ""})
            talk.hear()
            talk.say({"op": "load", "source": job.source, "setup": ""})
            reply = talk.hear()
            if reply is not None and "x" not in reply:
                talk.say({"op": "call", "name": job.function, "a": arguments})
                reply = talk.hear()
            [end] = self._end(job.limits, stop=True)
        if not talk.ready:
            return self._result(Outcome.SANDBOX_ERROR, "the process could not be jailed", None, end)
        if reply is None or "x" in reply:
            outcome, text = judge_end(end, job.limits, reply.get("x") if reply else None)
            if outcome is Outcome.DONE:
                outcome, text = Outcome.RUNTIME_ERROR, "the program ended before it returned a value"
            return self._result(outcome, text, None, end)
        try:
            return self._result(Outcome.DONE, "", codec.unpack(reply), end)
        except wire.WireError as bad:
            return self._result(Outcome.RUNTIME_ERROR, str(bad), None, end)

    def _check(self, job: Check) -> Result:
        ours, theirs = _pair(job.limits)
        peer_a, peer_b = socket.socketpair()
        request = {
            name: getattr(job, name) for name in ("source", "tests", "entry", "call", "setup", "given", "wanted")
        }
        with ours:
            with theirs, peer_a, peer_b:
                limits = job.limits.to_json()
                more = limits | {"memory": 2 * job.limits.memory}
                parts = [
                    {"role": "server", "limits": limits, "fds": {"3": 0}},
                    {"role": "checker", "limits": more, "fds": {"3": 1, "4": 2}},
                ]
                self._start(parts, [peer_a.fileno(), theirs.fileno(), peer_b.fileno()])
            talk = _Talk(ours)
            talk.say(request)
            report = talk.hear()
            candidate, checker = self._end(job.limits, stop=True)
        if not talk.ready or (report is not None and report["stage"] == "sandbox"):
            return self._result(Outcome.SANDBOX_ERROR, "the checker or the program could not be jailed", None, checker)
        if report is not None and report["stage"] == "passed":
            return self._result(Outcome.DONE, "", report, candidate)
        outcome, text = judge_end(candidate, job.limits, None)
        if outcome in (Outcome.DONE, Outcome.RUNTIME_ERROR) and report is None:
            outcome, text = judge_end(checker, job.limits, None)
            return self._result(outcome, f"the tests themselves: {text}", None, checker)
        return self._result(outcome, text, report, candidate)

    def _result(self, outcome: Outcome, text: str, value: Any, end: dict[str, Any]) -> Result:
        return Result(outcome, text, b"", value, end["cpu"], end["wall"], self.isolation)


class _Talk:
    """One end of a channel to a child that may die, lie or never read; a lost child is silence."""

    def __init__(self, sock: socket.socket, longest: int = wire.MAX_FRAME) -> None:
        self.sock, self.longest = sock, longest
        self.ready = self.hear() == {"ready": 1}

    def say(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            wire.send(self.sock, message)

    def hear(self) -> dict[str, Any] | None:
        try:
            return wire.receive(self.sock, self.longest)
        except (OSError, wire.WireError):
            return None

    def last_words(self) -> dict[str, Any] | None:
        """What a child that has ended said about its end."""
        self.sock.settimeout(0.1)
        return (self.hear() or {}).get("problem")


def _pair(limits: Limits) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.settimeout(limits.wall_seconds + _GRACE)
    return ours, theirs


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)


def judge_end(end: dict[str, Any], limits: Limits, problem: Any) -> tuple[Outcome, str]:
    """The outcome of a process from what the kernel measured; its own words only choose between failures."""
    killed, code = end["killed"], end["code"]
    if killed == "cpu" or (code == -9 and end["cpu"] >= limits.cpu):
        return Outcome.TIMEOUT, f"it used its {limits.cpu:g} s of CPU time"
    if killed == "wall":
        if end["starved"] > _STARVED * end["wall"]:
            return Outcome.STARVED, f"it waited {end['starved']:.1f} of {end['wall']:.1f} s for a processor"
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
    if "SyntaxError" in names:
        return Outcome.COMPILE_ERROR, said
    if "OSError" in names and "File too large" in text:
        return Outcome.OUTPUT_LIMIT, said
    return Outcome.RUNTIME_ERROR, said
