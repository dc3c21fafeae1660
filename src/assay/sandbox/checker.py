"""The checker: runs an Example's tests, while the candidate answers from another process.

The tests see stand-ins for the candidate's names. Whatever comes back is rebuilt here as plain data of exact types, so
an object that claims to equal everything arrives as one that equals nothing. Names that Python itself or its usual
modules define are never taken from the candidate. The verdict leaves on a channel that the candidate does not have.
"""

from __future__ import annotations

import builtins
import importlib
import socket
import sys
from collections.abc import Iterable
from typing import Any

from assay.sandbox import arrays, inside, wire
from assay.sandbox.asserts import Suite
from assay.sandbox.link import Gone, Link
from assay.sandbox.tally import Tally, line_of, text_of

_MODULES = (
    "bisect cmath collections copy datetime decimal fractions functools heapq io itertools json math operator os "
    "random re statistics string sys time typing"
)
_OPEN = "typing collections math itertools functools heapq bisect fractions decimal copy datetime"
"""Modules whose contents are never a helper of the candidate's own."""
_LARGE = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas", "scipy": "scipy", "sympy": "sympy"}
"""Modules by the names under which tests may use them without importing them."""


class Check:
    """One candidate against one Example's tests."""

    def __init__(self, request: dict[str, Any], link: Link) -> None:
        self.request, self.link = request, link
        self.names: dict[str, Any] = vars(inside.module("tests"))
        self.tally: Tally | None = None

    def run(self) -> dict[str, Any]:
        """The report: `stage` names what failed, and is `passed` only when every test ran to its end and passed."""
        stage = "sandbox"
        try:
            self.link.await_ready()
            stage = "tests"
            entry = self.request["entry"].partition("(")[0]
            asked = {entry} if entry else {*self.request["wanted"]} - vars(builtins).keys()
            modules = [*_MODULES.split(), *_LARGE]
            suite = Suite(self.request["tests"], self.request["call"], asked, self.request["partial"], modules)
            units = [compile(tree, "tests.py", "exec", dont_inherit=True) for tree in suite.trees]
            self.tally = tally = Tally(suite, self.link, self.request["partial"])
            stage = "setup"
            setup = self.request["setup"]
            again = bool(setup) and self.link.request({"op": "setup", "setup": setup})["again"]
            stage = "candidate"
            self._meet(setup if again else "")
            stage = "names" if again else "setup"
            self._settle()
            stage, loaded = "run", self.link.calls
            self.names |= tally.names()
            arrays.refuse_empty()
            for unit in units:
                inside.execute_code(unit, self.names)
            if self.request["call"]:
                self._call_check()
        except Gone as gone:
            return self._report("gone", gone)
        except BaseException as problem:  # noqa: BLE001 - the boundary of a check
            return self._report(stage, problem)
        if self.link.gone:  # a bare `except:` of the tests may have caught it
            return self._report("gone", Gone(self.link.gone))
        if tally.failed or self.link.denied:
            return self._report("run", AssertionError(self.link.denied) if self.link.denied else None)
        called = self.link.calls > loaded
        if (tally.asserts and (called or not self.request["call"])) or (called and (suite.raises or self.link.raised)):
            return self._report("passed", None)
        return self._report("unasserted" if called else "empty", None)

    def _meet(self, setup: str) -> None:
        """Load the candidate; take its names that the tests use, but none of Python's own or of its usual modules."""
        entry = self.request["entry"].partition("(")[0]
        for name in _MODULES.split():
            self.names[name] = importlib.import_module(name)
        self.names |= {short: sys.modules[name] for short, name in _LARGE.items() if name in sys.modules}
        if entry:  # what is judged is known, and all else of these names is what a right program imports
            for name in {*self.request["wanted"]} - self.names.keys() - {entry}:
                if home := next((home for home in _OPEN.split() if name in _public(home)), None):
                    self.names[name] = getattr(sys.modules[home], name)
        own = {*self.names, *_LARGE, *vars(builtins)} - {entry}
        wanted = [name for name in self.request["wanted"] if name not in own]
        load = {"op": "load", "source": self.request["source"], "setup": setup, "wanted": wanted}
        found = self.link.request(load)["names"]
        self.names |= {name: self.link.read(found[name]) for name in wanted if name in found}

    def _settle(self) -> None:
        """Run the trusted helpers and the setup on this side."""
        before = dict(self.names)
        for setup in (self.request["given"], self.request["setup"]):
            if setup:
                inside.execute(setup, self.names, "setup.py")
        new = {k: v for k, v in self.names.items() if isinstance(v, type) and before.get(k) is not v}
        self.link.classes = {
            k: v for k, v in new.items() if v.__module__ == "tests" and not issubclass(v, BaseException)
        }
        self.link.exceptions = {k: v for k, v in new.items() if issubclass(v, Exception)}

    def _call_check(self) -> None:
        name, _, method = self.request["entry"].partition("().")
        candidate = self.names[name]
        if method:
            self.names["check"](lambda *args, **kwargs: getattr(candidate(), method)(*args, **kwargs))
        else:
            self.names["check"](candidate)

    def _report(self, stage: str, problem: BaseException | None) -> dict[str, Any]:
        report = {"stage": stage, **(self.tally.report(stage == "passed") if self.tally else {})}
        if problem is not None:
            report["problem"] = {"names": inside.names_of(problem), "text": text_of(problem)}
            report["line"] = line_of(problem.__traceback__)
            report["ours"] = self.tally is not None and self.tally.is_ours(problem)
            report["refused"] = self.link.refused
        return report


def _public(module: str) -> Iterable[str]:
    """Names that `from module import *` would bring."""
    names = vars(sys.modules[module])
    return names.get("__all__") or [name for name in names if name[0] != "_"]


def run(_: object) -> int:
    """Receive the tests on the private channel, check, report there."""
    channel = inside.opened()
    request = wire.receive(channel)
    if request is None:
        return 1
    sys.setrecursionlimit(5000)
    wire.send(channel, Check(request, Link(socket.socket(fileno=inside.PEER))).run())
    return 0
