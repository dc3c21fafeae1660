"""Inside the sandbox: programs that read standard input and write standard output.

One process runs a program on one input, or compiles it once and runs it on many, each time as a new `__main__` with
descriptors 0 and 1, streams and exit functions of its own. A second run may still find what the first has left in
modules, so the trusted side takes only the first as one that had a process of its own.
"""

from __future__ import annotations

import _thread
import atexit
import builtins
import contextlib
import decimal
import gc
import io
import json
import operator
import os
import random
import signal
import sys
import threading
from types import CodeType
from typing import Any

from assay.sandbox import candidate, kernel, problems
from assay.sandbox.protocol import READY, ProcessSpec

STDIN, STDOUT, REPORT = 0, 1, 3
NAME = candidate.SOLUTION
_STREAMS = {f"{folder}{name}": int(fd) for fd in "012" for folder, name in (("/dev/fd/", fd), ("/proc/self/fd/", fd))}
_STREAMS |= {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
"""Files that stand for the standard streams; the root of a job has no `/proc` behind them."""
_open = open

_outputs: list[Any] = []
_code: dict[bytes, CodeType] = {}
_UNUSED_RANDOM = random.Random(0).getstate()


def _open_file(file: Any, *args: Any, **kwargs: Any) -> Any:
    """`open`, for which the standard streams have names."""
    fd = _STREAMS.get(file) if isinstance(file, str) else None
    if fd is None:
        return _open(file, *args, **kwargs)
    return _open(os.dup(fd), *args, **kwargs)


def install_streams() -> None:
    """Give `sys` new streams: they hold numbers of descriptors and no state, so the template does it for first runs."""
    _install_input()
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "wb", closefd=False)), "utf-8", "surrogateescape")
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "wb", closefd=False)), "utf-8", "backslashreplace")
    for stream in (sys.stdout, sys.stderr):
        stream.mode = "w"  # type: ignore[misc]  # as Python's own have; fast input and output reads it
    sys.__stdout__, sys.__stderr__ = _outputs[:] = sys.stdout, sys.stderr  # type: ignore[misc]


def _install_input() -> None:
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, "rb", closefd=False)), "utf-8", "surrogateescape")
    sys.stdin.mode = "r"  # type: ignore[misc]
    sys.__stdin__ = sys.stdin  # type: ignore[misc]


def _renew_streams() -> None:
    """Streams for a next run: a new input, and the outputs of the run before if it left them as they were."""
    left = [sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__]
    with contextlib.suppress(ValueError):  # a stream without its buffer
        if all(map(operator.is_, left, 2 * _outputs)) and not any([stream.closed for stream in _outputs]):
            return _install_input()
    install_streams()


def run(spec: ProcessSpec) -> int:
    """Run the program that stands in descriptor 0 behind its inputs and their sizes; return the exit code."""
    os.write(REPORT, READY)  # from here on, an early end is the program's own doing
    end = spec.inputs
    data = os.pread(STDIN, spec.size - end, end)
    if spec.runs == 1:
        os.ftruncate(STDIN, end)
        return _run_once(data, last=True)
    inputs = io.BytesIO(os.pread(STDIN, end, 0))
    stdin, stdout = os.dup(STDIN), os.dup(STDOUT)
    source, before, started = data[8 * spec.runs :], dict(vars(builtins)), False
    empty, uses_random = _scratch_size(), b"random" in source
    for size in memoryview(data)[: 8 * spec.runs].cast("Q"):
        if started:
            _restore_interpreter(before)
            if uses_random:
                random.setstate(_UNUSED_RANDOM)
            os.dup2(stdin, STDIN)
            os.dup2(stdout, STDOUT)
        os.ftruncate(STDIN, 0)
        os.pwrite(STDIN, inputs.read(size), 0)
        os.lseek(STDIN, 0, os.SEEK_SET)
        if started:
            _renew_streams()
        status = _run_once(source, last=False)
        if status or _thread._count() or _scratch_size() != empty:
            return status  # what is left of this run would meet the next one
        try:
            os.write(REPORT, os.lseek(stdout, 0, os.SEEK_CUR).to_bytes(8, "big") + bytes(4))
        except OSError:
            return 0  # the program closed what it did not open: all output is taken for that of its first run
        started = True
    return 0


def _compiled(source: bytes) -> CodeType:
    """The program's code; it is compiled in the first run, so that a syntax error is one of that run."""
    if source not in _code:
        text = source.decode("utf-8", "surrogatepass")
        _code[source] = compile(text, NAME, "exec", dont_inherit=True)
    return _code[source]


def _run_once(source: bytes, last: bool) -> int:
    """Run a program with the interpreter's own ending: threads, exit functions, flushing; return its exit code."""
    sys.argv = [NAME]
    if b"/dev/" in source or b"/proc/" in source:
        builtins.open = io.open = _open_file
    names = vars(candidate.new_module("__main__"))
    status, problem = 0, None
    try:
        candidate.execute_code(_compiled(source), names)
    except SystemExit as leave:
        status = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
        _tell(f"{leave.code}\n" if isinstance(leave.code, str) else "")
    except BaseException as caught:  # noqa: BLE001 - the boundary of a program
        status, problem = 1, caught
    try:
        if _thread._count() and (last or not _join_threads()):
            threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        _flush(sys.stdout)
        names.clear()  # a writer that the program forgot to flush is flushed when it goes
        with contextlib.suppress(ValueError):  # it is closed, or its buffer is another stream's
            _flush(sys.__stdout__)
    except BaseException as caught:  # noqa: BLE001 - judged code may have put anything there
        status, problem = status or 1, caught
    _tell("")
    if problem is not None:
        with contextlib.suppress(OSError):
            told = {**problems.describe(problem), "args": None, "line": _line_of(problem)}
            os.write(REPORT, json.dumps(told).encode())
    return status & 255


def _line_of(problem: BaseException) -> int:
    """The deepest line of the program that an exception went through, or where its text is no Python; else 0."""
    if isinstance(problem, SyntaxError) and problem.filename == NAME:
        return problem.lineno or 0
    found, trace = 0, problem.__traceback__
    while trace is not None:
        found = trace.tb_lineno if trace.tb_frame.f_code.co_filename == NAME else found
        trace = trace.tb_next
    return found


def _join_threads() -> bool:
    """Wait for the program's threads; whether that was enough, or the interpreter must shut down its pools."""
    if "concurrent.futures.thread" in sys.modules:
        return False
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    return True


def _scratch_size() -> int:
    """A number that grows with the files in the scratch folder."""
    try:
        return os.stat(kernel.SCRATCH).st_size
    except OSError:
        return 0


def _restore_interpreter(before: dict[str, Any]) -> None:
    """Undo what a run commonly changes for the interpreter."""
    names = vars(builtins)
    if names != before:
        names.clear()
        names.update(before)
    sys.setrecursionlimit(1000)
    sys.set_int_max_str_digits(4300)
    sys.settrace(None)
    sys.setprofile(None)
    signal.setitimer(signal.ITIMER_REAL, 0)
    decimal.setcontext(decimal.Context())
    gc.enable()


def _tell(text: str) -> None:
    """Write to standard error, and flush what it holds; no fault there is one of the program."""
    with contextlib.suppress(Exception):
        sys.stderr.write(text)
        sys.stderr.flush()


def _flush(stream: Any) -> None:
    if stream is not None and not getattr(stream, "closed", False):
        stream.flush()
