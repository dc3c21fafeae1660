"""Gates: does the program of a response compile (`py_compile`), and does a command accept it (`command`)?

The verdict's `why` is the feedback: the error with its line, or what the command printed. A gate says nothing of what
the program does, so it goes before a verifier that does or into a mean, never alone.

`py_compile` compiles in the sandbox. `command` runs a linter or a compiler that the Example's author trusts: it has
the rights of the caller and a nearly empty environment, and gets the program as a file or on standard input, never on
its command line. Interpreters that would execute the program are refused by name. Not covered: what starts one in turn
(`timeout`, `nice`), and what a tool lets its input switch off (`# noqa`), unless its options forbid that.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any

from assay import sandbox
from assay.claim import program
from assay.claim.fences import MAX_SOURCE
from assay.effort import deadline_left
from assay.errors import BadReference
from assay.judging.budget import late, limits, ran
from assay.judging.verifier import PROGRAM_DEADLINE, Lane, verifier
from assay.sandbox import Outcome
from assay.types import Example, Verdict

_COMPILES = """
def problem(source):
    try:
        compile(source, "solution.py", "exec", dont_inherit=True)
    except SyntaxError as bad:
        return f"line {bad.lineno}: {type(bad).__name__}: {bad.msg}"
    except (ValueError, OverflowError, RecursionError) as bad:
        return f"{type(bad).__name__}: {bad}"
    return ""
"""
_FILE = "{file}"
_NAME = re.compile(r"[\w-][\w.-]*")
_EXECUTES = re.compile(
    r"(?:python|pypy|pytest|ipython|bash|zsh|dash|ksh|sh|node|deno|bun|perl|ruby|php|lua|env|sudo|xargs|uv|uvx|pipx|make)"
    r"[\d.]*(?:\.exe)?"
)
_MAX_OUTPUT = 64 << 10
_FEEDBACK = 2000
_BLAME = 0.5
"""Share of its time that a command must have computed for the program, and not the machine, to be to blame."""


@verifier("py_compile", version=1, reference="none", lane=Lane.SANDBOX)
def py_compile(example: Example, response: str) -> Verdict:
    """Right when the program compiles; the reference is not read."""
    source = program.last_program(example, response)
    room = limits()
    if room is None:
        return late()
    result = ran(sandbox.Call(_COMPILES, "problem", (source,), {}, room))
    if isinstance(result, Verdict):
        return result
    if result.outcome is not Outcome.DONE:
        return Verdict.of(False, read=source, why=f"compiling: {result.outcome}: {result.text}"[:400])
    return Verdict.of(not result.value, read=source, why=result.value or "it compiles")


@verifier(
    "command",
    version=1,
    reference='{"command": [...], "accept": [0]}',
    lane=Lane.SANDBOX,
    reads=lambda example, _: _reference(example.reference),
)
def command(example: Example, response: str) -> Verdict:
    """Right when the command's exit status is an accepted one."""
    words, name, accepted = _reference(example.reference)
    source = program.last_program(example, response)
    if len(source) > MAX_SOURCE:
        return Verdict.of(False, why=f"the program has more than {MAX_SOURCE} characters")
    path = shutil.which(words[0])
    if path is None:
        return Verdict.error(f"command: {words[0]!r} is not on PATH: install it, or put its folder on PATH")
    left = deadline_left()
    with tempfile.TemporaryDirectory(prefix="assay-command-") as folder:
        file = os.path.join(folder, name)
        with open(file, "w", encoding="utf-8", errors="surrogatepass", newline="") as written:
            written.write(source)
        status, printed = _run([path, *words[1:]], file, PROGRAM_DEADLINE if left is None else left)
    if isinstance(status, Verdict):
        return status
    said = printed.replace(file, name).strip()[:_FEEDBACK] or "it printed nothing"
    return Verdict.of(status in accepted, read=source, why=f"{words[0]} ended with {status}: {said}")


def _reference(reference: Any) -> tuple[list[str], str, list[int]]:
    given = reference if isinstance(reference, dict) else {}
    words, name, accepted = given.get("command"), given.get("name", "solution.py"), given.get("accept", [0])
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise BadReference('command needs a reference with \'command\', a list of words such as ["ruff", "check", "-"]')
    if _EXECUTES.fullmatch(os.path.basename(words[0])):
        raise BadReference(f"command: {words[0]!r} could execute the program outside the sandbox; use code.tests")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadReference("command: 'name' is the name of a file, such as solution.py")
    if not isinstance(accepted, list) or not all(type(status) is int for status in accepted) or not accepted:
        raise BadReference("command: 'accept' is a list of exit statuses")
    return words, name, accepted


def _run(words: list[str], file: str, seconds: float) -> tuple[int | Verdict, str]:
    """The exit status and the beginning of the output, or the verdict at the deadline."""
    folder = os.path.dirname(file)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "TMPDIR": folder, "LC_ALL": "C.UTF-8"}
    with open(file, "rb") as source, tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [word.replace(_FILE, file) for word in words],
            stdin=source,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            _limit(process.pid, seconds)
            status = process.wait(max(0.05, seconds - 0.1))
        except subprocess.TimeoutExpired:
            cpu = _cpu_of(process.pid)
            if cpu >= _BLAME * seconds:
                return Verdict.of(False, why=f"{words[0]} used {cpu:.1f} s of CPU time without an end"), ""
            return Verdict.timeout(f"{words[0]} was given {cpu:.1f} s of CPU time in {seconds:.1f} s"), ""
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return status, output.read(_MAX_OUTPUT).decode(errors="replace")


def _limit(pid: int, seconds: float) -> None:
    if hasattr(resource, "prlimit"):  # Linux
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
            resource.prlimit(pid, resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))


def _cpu_of(pid: int) -> float:
    try:
        return time.clock_gettime((~pid << 3) | 2)  # Linux: the CPU clock of that process
    except OSError:
        return 0.0
