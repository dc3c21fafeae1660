"""Inside the sandbox: a C++ compiler, and the machine code that it made.

Both are other programs than Python, so a process becomes them by `execve` once its limits, rules and filters are there:
these stay. A compiler reads nothing but the system's headers and libraries; its parts are processes of the same jail.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import time

from assay.sandbox.protocol import READY, ProcessSpec

SOURCE, RESULT, SAID, REPORT = 0, 1, 2, 3
FOLDER = CODE = 4
"""What else a process is given: a compiler a folder, where it has no scratch folder of its own; machine code itself."""
INPUT, OUTPUT = "program.cpp", "program"
_STACK = 256 << 20
"""Bytes of a stack that machine code may use, as judges of contests give it."""
_TRIES = 200
_PIECE = 1 << 20


def compile_source(_: ProcessSpec) -> int:
    """Compile what stands in descriptor 0 and leave the machine code in descriptor 1; return the exit code."""
    os.write(REPORT, READY)
    asked = json.loads(b"".join(iter(lambda: os.read(SOURCE, _PIECE), b"")))
    if os.getcwd() == "/":  # it has no scratch folder at this level
        os.fchdir(FOLDER)
    with open(INPUT, "wb") as file:
        file.write(asked["source"].encode("utf-8", "surrogatepass"))
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(SAID, RESULT)
            os.closerange(REPORT, 64)
            _plain_signals()
            os.execve(asked["command"][0], asked["command"], {"PATH": "/usr/bin:/bin", "TMPDIR": ".", "LC_ALL": "C"})
        finally:
            os._exit(127)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == 0:
        with open(OUTPUT, "rb") as file:
            while piece := file.read(_PIECE):
                os.write(RESULT, piece)
    return min(abs(code), 127)


def run(_: ProcessSpec) -> int:
    """Become the machine code of descriptor 4; return only where that cannot be."""
    os.write(REPORT, READY)
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (_STACK if hard < 0 else min(_STACK, hard), hard))
    for fd in (REPORT, CODE):
        os.set_inheritable(fd, False)
    _plain_signals()
    refused = ""
    for _attempt in range(_TRIES):
        try:
            os.execve(CODE, ["program"], {})
        except OSError as failed:
            refused = os.strerror(failed.errno or 0)
            if failed.errno != errno.ETXTBSY:  # else one that is just being started has it open for writing, too
                break
            time.sleep(0.005)
    os.write(REPORT, refused.encode())
    return 126


def _plain_signals() -> None:
    """As a program expects them; the interpreter ignores two."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
