"""The checker: runs an Example's tests, while the candidate answers from another process.

The tests see proxies of the candidate's names. Whatever comes back is rebuilt here as plain data of exact types, so
an object that claims to equal everything arrives as one that equals nothing. Names that Python itself or its usual
modules define are never taken from the candidate. The verdict leaves on a channel that the candidate does not have.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import os
import re
import socket
import sys
from collections.abc import Iterable
from functools import cache
from types import CodeType
from typing import Any

from assay.sandbox import arrays, candidate, mixing, operands, patches, pytest_names, wire
from assay.sandbox.client import CandidateGone, Client
from assay.sandbox.collection import LeftOut, require_all
from assay.sandbox.deriving import super_of
from assay.sandbox.facts import Facts
from assay.sandbox.library import ask_there
from assay.sandbox.own_code import OwnCode
from assay.sandbox.problems import names_of
from assay.sandbox.proxy import Proxy, attribute
from assay.sandbox.results import SuiteResult, line_of, text_of
from assay.sandbox.suite import ARRAYS, Suite
from assay.sandbox.texts import Texts
from assay.sandbox.trees import walk

MODULES = (
    "bisect cmath collections copy datetime decimal fractions functools heapq io itertools json math operator os "
    "random re statistics string sys time typing"
)
_OPEN = "typing collections math itertools functools heapq bisect fractions decimal copy datetime"
"""Modules whose contents are never a helper of the candidate's own."""
ALWAYS = {"isclose"}
"""Names there that are never the program's, since they compare."""
_SHARED = re.compile(r"\b(?:parametrize|fixture|setup_|setUp|self\.)")
"""What tests write where they keep arguments for later in another way than by a variable."""
_THREADED = {"threading", "concurrent", "_thread"}
"""Modules whose threads may wait for each other in the candidate's process."""
_USUAL = ("function", "type")
"""Classes of what tests call, where no program could define it otherwise to be called."""
LARGE = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas", "scipy": "scipy", "sympy": "sympy"}
"""Modules by the names under which tests may use them without importing them."""


@cache
def provided() -> frozenset[str]:
    """Names that tests with an entry point may use without defining or importing them."""
    homes = (importlib.import_module(home) for home in _OPEN.split())
    public = (name for home in homes for name in _public(home.__name__))
    return frozenset((*vars(builtins), *MODULES.split(), *LARGE, *public))


_SAMPLE = """
def check(candidate):
    for given, wanted in [(1, 2.0), ("x", None)]:
        assert candidate(given) == wanted, "no"
    try:
        candidate(-1)
        assert False
    except ValueError as told:
        assert len(str(told)) - 1 < 9
"""
_TIMES = 10
"""As often as Python runs a function until it has adapted the function's code to what it is given."""


def warm_up() -> None:
    """Read a test as verdicts read theirs, before processes are forked for them: code is adapted only once."""
    for _ in range(_TIMES):
        facts = Facts((_SAMPLE,), MODULES.split())
        names = mixing.unbound(facts.nodes)
        operands.of(facts.nodes, names)
        mixing.mixes(facts.nodes, {"f"}, provided())
        suite = Suite([_SAMPLE], facts, True, {"f"}, False)
        compile(suite.trees[0], "tests.py", "exec", dont_inherit=True)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            wire.send(ours, Client(ours).pack(([1, 2.0, "x"], {"key": (True, None)})))
            candidate.Server(theirs).unpack(wire.receive(theirs))


class Checker:
    """One candidate against one Example's tests."""

    def __init__(self, request: dict[str, Any], client: Client) -> None:
        self.request, self.client = request, client
        self.names: dict[str, Any] = vars(candidate.new_module("tests"))
        self.result: SuiteResult | None = None
        self.loaded = False
        self.unbound: set[str] = set()
        """Names that the tests and the setup use and nowhere set, but none of Python's own."""
        self.data: dict[str, Any] = {}
        """Variables of the candidate that the tests name, as they were once it was loaded."""
        self.all_there = False
        """Whether the candidate defines all that the tests want of it, as functions and classes: no other can steer."""

    def run(self) -> dict[str, Any]:
        """The report: `stage` names what failed, and is `passed` only when every test ran to its end and passed."""
        stage = "sandbox"
        try:
            self.client.await_ready()
            stage = "tests"
            request, entry = self.request, self.request["entry"].partition("(")[0]
            facts = Facts(request["tests"], [*MODULES.split(), *LARGE])
            nodes = [*facts.nodes, *walk(ast.parse(request["setup"]))]
            self.unbound = mixing.unbound(nodes) - vars(builtins).keys()
            asked = {entry} if entry else self.unbound
            self.client.operands = operands.of(nodes, self.unbound)
            self.client.budgets = operands.budgets(nodes)
            self._let_changes_show(nodes, asked)
            self.client.guards = any(map(ARRAYS.search, (*request["tests"], request["setup"])))
            suite = Suite(request["tests"], facts, request["call"], asked, request["partial"])
            units = [compile(tree, "tests.py", "exec", dont_inherit=True) for tree in suite.trees]
            self.result = result = SuiteResult(suite, self.client, self.request["partial"])
            stage = "setup"
            setup = self.request["setup"]
            again = bool(setup) and self.client.request({"op": "setup", "setup": setup})["again"]
            stage = "candidate"
            self._load_candidate(setup if again else "")
            stage = "names" if again else "setup"
            self.loaded = True
            self._run_setup()
            stage, loaded = "run", self.client.calls
            self.names |= {**result.hooks(), "super": super_of}
            self.client.fails = result.fails_in
            arrays.refuse_empty()
            self.client.watch = patches.Watch(facts.nodes)
            if facts.expects_stop:  # and then it knows what it does
                self.client.ends += ("call", "getattr", "getitem")
            texts = Texts(facts.nodes, self.names, self.client.run_text)
            texts.install()
            ask_there(facts.imports, self.client)
            if facts.imports & _THREADED:
                self.client.open_lanes()
            OwnCode(texts.own, self.client.deny).install()
            sys.modules |= {"pytest": pytest_names.module()} if "pytest" in facts.imports else {}
            self._run_all(units)
            made = {name: value for name, value in self.names.items() if not self.client.has_handed(value)}
            require_all(made, facts.reached, facts.written)
        except CandidateGone as gone:
            return self._report("gone", gone)
        except LeftOut as lost:
            return self._report("tests", lost)
        except BaseException as problem:  # noqa: BLE001 - the boundary of a check
            own = stage == "setup" and self.loaded and self._may_be_theirs(problem)
            return self._report("names" if own else stage, problem)
        if self.client.gone:  # a bare `except:` of the tests may have caught it
            return self._report("gone", CandidateGone(self.client.gone))
        return self._ended(result, self.client.calls > loaded)

    def _ended(self, result: SuiteResult, called: bool) -> dict[str, Any]:
        """The report of tests that have run to their end; `called` is whether they asked the candidate for anything."""
        why = self.client.denied or result.left_out()
        if result.failed or why:
            return self._report("run", AssertionError(why) if why else None)
        if (result.asserts and (called or not self.request["call"])) or (
            called and (result.guards or self.client.errors)
        ):
            return self._report("passed", None)
        return self._report("empty" if self.all_there and not called else "unasserted", None)

    def _let_changes_show(self, nodes: list[ast.AST], asked: set[str]) -> None:
        """Say whether the tests see what a call has changed in its arguments."""
        shared = any(map(_SHARED.search, self.request["tests"]))  # arguments that more than one test is given
        mixes = mixing.mixes(nodes, asked, provided())
        self.client.keeps_aliases = not shared and not mixes
        self.client.hands_containers = not mixes
        self.client.sees_procedures = not mixes or mixing.calls_alone(nodes, asked, provided())

    def _load_candidate(self, setup: str) -> None:
        """Load the candidate; take its names that the tests use, but none of Python's own or of its usual modules."""
        entry = self.request["entry"].partition("(")[0]
        for name in MODULES.split():
            self.names[name] = importlib.import_module(name)
        self.names |= {short: sys.modules[name] for short, name in LARGE.items() if name in sys.modules}
        free = {*self.request["wanted"]} - self.names.keys() - {entry}
        for name in sorted(free if entry else free & ALWAYS):  # with an entry it is known what is judged
            if home := next((home for home in _OPEN.split() if name in _public(home)), None):
                self.names[name] = getattr(sys.modules[home], name)
        own = {*self.names, *LARGE, *vars(builtins)} - {entry}
        wanted = [name for name in self.request["wanted"] if name not in own]
        load = {"op": "load", "source": self.request["source"], "setup": setup, "wanted": wanted}
        client, unbound = self.client, self.unbound
        reply = client.request({**load, "variables": sorted(unbound.intersection(wanted))})
        found = reply["names"]
        client.named = {name for name in unbound & found.keys() if name[0].isupper()}
        given = {name: client.taken(found[name], live=name in unbound) for name in wanted if name in found}
        caught = {*reply.get("errors", {})} & given.keys() & (self.result.suite.facts.catches if self.result else set())
        things = {name: value for name, value in given.items() if isinstance(value, Proxy)}
        client.known = {value._assay_handle for value in things.values()}
        client.methods = {things[name]._assay_handle for name in client.named & things.keys()}
        for name in caught & things.keys():
            given[name] = client.problems.stand_in(name, reply["errors"][name])
            client.let_stand_for(given[name], things[name])
        for name in things.keys() & sys.stdlib_module_names:
            if type(things[name]).__name__ == "module":  # which the program imports, and the tests use
                given[name] = importlib.import_module(name)
        self.names |= given
        self.data = {name: given[name] for name in unbound & given.keys() - things.keys()}
        missing = unbound.intersection(wanted) - found.keys()
        client.answered = bool(missing) or len(things) < len(given)
        self.all_there = not client.answered and all(type(value).__name__ in _USUAL for value in things.values())

    def _run_setup(self) -> None:
        """Run the trusted helpers and the setup on this side."""
        new: dict[str, type] = {}
        for setup in (self.request["given"], self.request["setup"]):
            before = dict(self.names)
            if setup:
                candidate.execute(setup, self.names, "setup.py")
            made = {k: v for k, v in self.names.items() if isinstance(v, type) and before.get(k) is not v}
            self.client.both = {name: kind for name, kind in made.items() if kind.__module__ == "tests"}
            new |= made
        own = {k: v for k, v in new.items() if v.__module__ == "tests" and not issubclass(v, BaseException)}
        self.client.variables = self.names
        self.client.filled = {name for name, value in self.data.items() if self.names.get(name) is value}
        self.client.set_classes(own)
        self.client.problems.classes |= {k: v for k, v in new.items() if issubclass(v, Exception)}

    def _may_be_theirs(self, problem: BaseException) -> bool:
        """Whether what ended the setup may be the candidate's doing: it was asked something, or steers by its names."""
        client = self.client
        return client.problems.has_raised(problem) or client.answered or not self.all_there

    def _run_all(self, units: list[CodeType]) -> None:
        for unit in units:
            candidate.execute_code(unit, self.names)
        if self.request["call"]:
            self._call_check()

    def _call_check(self) -> None:
        name, _, method = self.request["entry"].partition("().")
        entry = self.names[name]
        if method:
            self.client.answers.entry = lambda *args, **kwargs: attribute(entry(), method)(*args, **kwargs)
            self.names["check"](self.client.answers.entry)
        else:
            self.names["check"](entry)

    def _report(self, stage: str, problem: BaseException | None) -> dict[str, Any]:
        report = {"stage": stage, **(self.result.report(stage == "passed") if self.result else {})}
        if problem is not None:
            report["problem"] = {"names": names_of(problem), "text": text_of(problem)}
            report["line"] = line_of(problem.__traceback__)
            report["ours"] = self.result is not None and self.result.is_ours(problem)
            report["refused"] = self.client.refused
        return report


def _public(module: str) -> Iterable[str]:
    """Names that `from module import *` would bring."""
    names = vars(sys.modules[module])
    return names.get("__all__") or [name for name in names if name[0] != "_"]


def _empty_input() -> None:
    """Let standard input, which held the tests, be at its end."""
    reading, writing = os.pipe()
    os.dup2(reading, candidate.STDIN)
    os.close(reading)
    os.close(writing)


def run(_: object) -> int:
    """Read the tests, check, report on the private channel."""
    channel = candidate.open_channel()
    request = wire.receive(wire.File(candidate.STDIN))
    if request is None:
        return 1
    _empty_input()
    sys.setrecursionlimit(5000)
    wire.send(channel, Checker(request, Client(socket.socket(fileno=candidate.PEER))).run())
    return 0
