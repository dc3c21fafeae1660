"""Other sandboxes behind the same call: SandboxFusion's HTTP API, and bubblewrap.

Both run whole programs (`Program`, so `code.stdio`) and refuse the rest: `Check` and `Call` need a candidate and a
checker in two processes with a channel between them, which neither offers, and running tests beside the candidate
could be forged. Their isolation is their own; nothing here measures it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from typing import Any

from assay.errors import IsolationRefused
from assay.sandbox.jobs import Batch, Compile, Job, Native, Outcome, Program, Result
from assay.sandbox.processes import ends_within

GRACE = 10.0
"""Seconds beyond a job's wall limit that a server may take."""


def run(setting: str, job: Job) -> Result:
    """The result of a program, or of the first run of a `Batch`. Raises `IsolationRefused` for any other job."""
    chosen = backend(setting)
    if isinstance(job, Program):
        return chosen.run(job)
    if isinstance(job, Batch):
        result = chosen.run(Program(job.source, job.inputs[0], job.limits))
        return replace(result, outputs=(result.output,) if result.outcome is Outcome.DONE else ())
    if isinstance(job, Compile | Native):
        raise IsolationRefused(f"{chosen.name} is given Python programs only: unset ASSAY_SANDBOX to run C++")
    raise IsolationRefused(
        f"{chosen.name} runs whole programs (code.stdio) only, and tests beside a candidate could be forged: "
        "unset ASSAY_SANDBOX for the sandbox that is built in"
    )


def backend(setting: str) -> Fusion | Bubblewrap:
    """The backend of a setting: `bwrap`, or the address of a SandboxFusion server.

    Raises `IsolationRefused` where bubblewrap is not installed.
    """
    return Bubblewrap() if setting == "bwrap" else Fusion(setting)


class Fusion:
    """A SandboxFusion server (`POST /run_code`)."""

    def __init__(self, address: str) -> None:
        self.name = f"SandboxFusion at {address}"
        self.address = address.rstrip("/") + "/run_code"

    def run(self, job: Program) -> Result:
        wall = job.limits.wall_seconds
        body = {
            "code": job.source,
            "language": "python",
            "stdin": job.stdin.decode("utf-8", "surrogateescape"),
            "run_timeout": wall,
            "memory_limit_MB": job.limits.memory >> 20,
        }
        start = time.monotonic()
        try:
            data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
            request = urllib.request.Request(self.address, data, headers)
            with urllib.request.urlopen(request, timeout=wall + GRACE) as response:
                reply = json.loads(response.read())
            return _fusion_result(reply, job, self.name, time.monotonic() - start)
        except (OSError, ValueError, KeyError, TypeError) as broken:  # down, late, or not what it should be
            return Result(Outcome.SANDBOX_ERROR, f"{self.name}: {type(broken).__name__}: {broken}"[:300])


def _fusion_result(reply: dict[str, Any], job: Program, name: str, wall: float) -> Result:
    run = reply.get("run_result")
    if reply["status"] == "SandboxError" or not isinstance(run, dict):
        return Result(Outcome.SANDBOX_ERROR, f"{name}: {reply.get('message') or reply['status']}"[:300])
    output = str(run.get("stdout") or "").encode("utf-8", "surrogateescape")
    if run["status"] == "TimeLimitExceeded":
        return Result(Outcome.TIMEOUT, f"it ran longer than {job.limits.wall_seconds:.3g} s", output, wall=wall)
    if len(output) > job.limits.output:
        return Result(Outcome.OUTPUT_LIMIT, f"more than {job.limits.output} bytes of output", wall=wall)
    stderr = str(run.get("stderr") or "").strip()
    said = stderr.encode("utf-8", "surrogateescape") if job.stderr else b""
    if run["status"] == "Finished" and run.get("return_code") == 0:
        return Result(Outcome.DONE, "", output, said, wall=wall, isolation=(name,))
    text = stderr[-300:] or f"exit code {run.get('return_code')}"
    return Result(Outcome.RUNTIME_ERROR, text, output, said, wall=wall, isolation=(name,))


_BOOT = """
import resource, runpy, sys
cpu, memory, output = map(int, sys.argv[1:4])
for what, value in ((resource.RLIMIT_CPU, cpu), (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, output)):
    resource.setrlimit(what, (value, value))
sys.argv = ["solution.py"]
runpy.run_path("/solution.py", run_name="__main__")
"""


class Bubblewrap:
    """`bwrap` on PATH, with all its namespaces; CPU time is the kernel's limit, in whole seconds."""

    def __init__(self) -> None:
        self.name = "bubblewrap"
        found = shutil.which("bwrap")
        if found is None:
            raise IsolationRefused("ASSAY_SANDBOX=bwrap, and no bwrap is on PATH: install bubblewrap, or unset it")
        self.command = [found, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
        for path in dict.fromkeys(("/usr", "/lib", "/lib64", "/bin", sys.base_prefix)):
            self.command += ["--ro-bind-try", path, path]
        self.command += ["--dev", "/dev", "--size", str(16 << 20), "--tmpfs", "/tmp", "--chdir", "/tmp"]

    def run(self, job: Program) -> Result:
        limits = job.limits
        with contextlib.ExitStack() as stack:
            memfds = [os.memfd_create(name) for name in ("source", "stdin", "stdout")]
            files = [stack.enter_context(os.fdopen(fd, "w+b")) for fd in memfds]
            for file, data in zip(files, (job.source.encode("utf-8", "surrogatepass"), job.stdin, b""), strict=True):
                file.write(data)
                file.seek(0)
            source, stdin, stdout = memfds
            numbers = [str(max(1, round(limits.cpu))), str(limits.memory + (256 << 20)), str(limits.output)]
            inside = [os.path.realpath(sys.executable), "-I", "-S", "-c", _BOOT, *numbers]
            child = subprocess.Popen(
                [*self.command, "--ro-bind-data", str(source), "/solution.py", "--", *inside],
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
                pass_fds=[source],
            )
            return self._ended(child, job, stdout)

    def _ended(self, child: subprocess.Popen[bytes], job: Program, stdout: int) -> Result:
        limits, start = job.limits, time.monotonic()
        pidfd = os.pidfd_open(child.pid)
        try:
            late = not ends_within(pidfd, limits.wall_seconds)
        finally:
            os.close(pidfd)
        if late:
            child.kill()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.stderr is not None
        stderr = child.stderr.read(4096).decode(errors="replace").strip()
        child.stderr.close()
        size, cpu = os.fstat(stdout).st_size, usage.ru_utime + usage.ru_stime
        output, wall = os.pread(stdout, min(size, limits.output), 0), time.monotonic() - start
        said = stderr.encode() if job.stderr else b""
        ended = Result(Outcome.DONE, output=output, stderr=said, cpu=cpu, wall=wall, isolation=(self.name,))
        if late or (child.returncode in (137, -9) and wall >= 0.9 * limits.cpu):
            return replace(ended, outcome=Outcome.TIMEOUT, text=f"it ran for {wall:.1f} s")
        if size >= limits.output:
            return replace(ended, outcome=Outcome.OUTPUT_LIMIT, text=f"more than {limits.output} bytes of output")
        if child.returncode == 0:
            return ended
        if stderr.startswith("bwrap:"):
            return Result(Outcome.SANDBOX_ERROR, stderr[:300])
        outcome = Outcome.MEMORY_LIMIT if "MemoryError" in stderr[-200:] else Outcome.RUNTIME_ERROR
        return replace(ended, outcome=outcome, text=stderr.split("\n")[-1][:300] or f"exit code {child.returncode}")
