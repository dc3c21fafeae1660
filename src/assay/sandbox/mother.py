"""The process that is exec'd once a flavour: it imports what programs use, and forks a jailed zygote a slot.

It starts with a clean environment and holds nothing of the trusted side but one socket, on which it is asked for slots.
"""

from __future__ import annotations

import array
import atexit
import gc
import importlib
import os
import posix
import random
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn

from assay.sandbox import kernel, whole, zygote
from assay.sandbox.jail import Jail

_PRELOAD = (
    "abc array base64 bisect cmath collections contextlib copy dataclasses datetime decimal enum fractions functools "
    "heapq inspect io itertools json linecache math numbers operator os queue random re statistics string "
    "textwrap threading time traceback types typing"
)
_ALSO = "sortedcontainers numpy sympy scipy scipy.optimize pandas"
_READY = b"ready"


def main(control_fd: int, packages: list[str]) -> NoReturn:
    """Import, then fork a slot for each request until the trusted side closes the socket."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("800")  # when memory runs out, jobs end before the trusted side does
    _import(packages)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # slots that end are nobody's concern here
    control = socket.socket(fileno=control_fd)
    control.send(_READY)
    while True:
        data, fds, _, _ = socket.recv_fds(control, 16, 2)
        if not data:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            control.close()
            for group in fds[1:]:
                with suppress(OSError):  # the trusted side looks whether it took
                    os.write(group, b"0")
                os.close(group)
            _slot(fds[0], packages)
        watch = os.pidfd_open(pid)
        control.sendmsg([_READY], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [watch]))])
        for fd in (*fds, watch):
            os.close(fd)


def _import(packages: list[str]) -> None:
    """Import what programs use, without the hooks at fork that modules would set."""
    for name in _PRELOAD.split():
        importlib.import_module(name)
    folders = sorted({os.path.dirname(path) for path in packages})
    sys.path += folders
    names = {os.path.basename(path) for path in packages}
    for name in _ALSO.split():
        if name.split(".")[0] in names:
            with suppress(Exception):  # a broken package is for the programs that import it to tell of
                importlib.import_module(name)
    os.register_at_fork = posix.register_at_fork
    random.seed(0)
    if "sympy" in sys.modules:
        _use(sys.modules["sympy"])
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    atexit._clear()
    whole.install()
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection would touch, and so copy, every page; a job's own process turns it on again


def _use(sympy: Any) -> None:
    """Do once what sympy imports and caches on its first use, which takes it longer than the work of most programs."""
    x = sympy.Symbol("x")
    str(sympy.simplify(sympy.factor(sympy.expand((x + 1) ** 2)) + sympy.sqrt(8)))
    sympy.solve(x**2 - 2 * x - 1, x)
    sympy.integrate(sympy.diff(x**3 + sympy.sin(x), x), x)


def _slot(control_fd: int, packages: list[str]) -> NoReturn:
    """Take the isolation, then go on as the first process of the own process namespace."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        while os.dup(0) < 15:
            pass  # low numbers stay taken, so that what a job brings never collides with a child's own
        kernel.die_with_parent()
        jail = Jail(packages)
        kernel.die_with_parent()  # a change of user has undone it
        pid = os.fork()
        if pid == 0:
            kernel.die_with_parent()
            zygote.Zygote(socket.socket(fileno=control_fd), jail).serve()
        os.close(control_fd)
        os.waitpid(pid, 0)
        code = 0
    finally:
        os._exit(code)
