"""The template process, exec'd once an environment: it imports what programs use, and forks isolated workers.

It starts with clean variables and holds nothing of the trusted side but one socket, on which it is asked for workers.
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
import threading
from contextlib import suppress
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from typing import Any, NoReturn

from assay.sandbox import checker, kernel, program, protocol
from assay.sandbox.jail import Jail
from assay.sandbox.protocol import NATIVE
from assay.sandbox.worker import Worker

_PRELOAD = (
    "abc array base64 bisect cmath collections contextlib copy dataclasses datetime decimal enum fractions functools "
    "heapq inspect io itertools json linecache math numbers operator os pickle queue random re statistics string "
    "textwrap threading time traceback types typing"
)
_ALSO = "sortedcontainers numpy sympy scipy scipy.optimize pandas"
_THREAD_STACK = 8 << 20
"""Bytes of a thread's stack; else it would come from the `ulimit -s` of whoever started the trusted side."""


def main(control_fd: int, environment: str, packages: list[str]) -> NoReturn:
    """Import, then fork a worker for each request until the trusted side closes the socket."""
    control = socket.socket(fileno=control_fd)
    if refusal := kernel.take_over():
        control.send(refusal.encode())
        os._exit(1)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("800")  # when memory runs out, jobs end before the trusted side does
    _import(packages)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # workers that end are nobody's concern here
    control.send(protocol.TEMPLATE_READY)
    while True:
        data, fds, _, _ = socket.recv_fds(control, 16, 2)
        if not data:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            control.close()
            for group in fds[1:]:
                with suppress(OSError):  # the trusted side looks whether it worked
                    os.write(group, b"0")
                os.close(group)
            _become_worker(fds[0], environment == NATIVE, packages)
        pidfd = os.pidfd_open(pid)
        control.sendmsg([protocol.TEMPLATE_READY], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [pidfd]))])
        for fd in (*fds, pidfd):
            os.close(fd)


class PackageFinder:
    """Finds the modules of an environment, each at its own place: no other that is installed beside them can be."""

    def __init__(self, packages: list[str]) -> None:
        self.places = {os.path.basename(path).partition(".")[0]: path for path in packages if path[-5:] != ".libs"}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        place = self.places.get(name)
        if place is None:
            return None
        if not os.path.isdir(place):
            return spec_from_file_location(name, place)
        return spec_from_file_location(name, f"{place}/__init__.py", submodule_search_locations=[place])


def _import(packages: list[str]) -> None:
    """Import what programs use, without the hooks at fork that modules would set."""
    for name in _PRELOAD.split():
        importlib.import_module(name)
    finder = PackageFinder(packages)
    sys.meta_path.append(finder)
    for name in _ALSO.split():
        if name.partition(".")[0] in finder.places:
            with suppress(Exception):  # a broken package is for the programs that import it to tell of
                importlib.import_module(name)
    os.register_at_fork = posix.register_at_fork
    random.seed(0)
    threading.stack_size(_THREAD_STACK)
    if "sympy" in sys.modules:
        _warm_up(sys.modules["sympy"])
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    atexit._clear()
    with suppress(Exception):  # it only saves time, and a broken numpy is for programs to tell of
        checker.warm_up()
    for name in [name for name in sys.modules if name.partition(".")[0] == "assay"]:
        del sys.modules[name]
    program.install_streams()
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection would touch, and so copy, every page; a job's own process turns it on again


def _warm_up(sympy: Any) -> None:
    """Do once what sympy imports and caches on its first use, which takes it longer than the work of most programs."""
    x = sympy.Symbol("x")
    str(sympy.simplify(sympy.factor(sympy.expand((x + 1) ** 2)) + sympy.sqrt(8)))
    sympy.solve(x**2 - 2 * x - 1, x)
    sympy.integrate(sympy.diff(x**3 + sympy.sin(x), x), x)


def _become_worker(control_fd: int, native: bool, packages: list[str]) -> NoReturn:
    """Take the isolation, then go on as the first process of the own process namespace."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        while os.dup(0) < 15:
            pass  # low numbers stay taken, so that what a job brings never collides with a child's own
        kernel.die_with_parent()
        jail = Jail(packages, native)
        kernel.die_with_parent()  # a change of user has undone it
        pid = os.fork()
        if pid == 0:
            kernel.die_with_parent()
            Worker(socket.socket(fileno=control_fd), jail).serve()
        os.close(control_fd)
        os.waitpid(pid, 0)
        code = 0
    finally:
        os._exit(code)
