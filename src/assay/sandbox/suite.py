"""Reading tests: what is one test, and what of the tests' tree is hooked to record how each one went.

Where several texts of a reference test something, each of them is a test. Else a test is a statement of the one text,
or of the function that this text does nothing but call (`check`): one that asserts or raises, or that names a function
or class of the tests which does, together with what was prepared for it since the test before. `assert True` names
nothing and tests nothing. How many tests there are never depends on the candidate.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from assay.sandbox import claims, missing, mixing
from assay.sandbox.facts import (
    DEFINITIONS,
    Facts,
    asserts,
    called,
    imported,
    is_raise,
    root_name,
    statements,
    stays_first,
)
from assay.sandbox.hooks import (
    JOINING,
    METHODS,
    READY,
    TEST,
    Assertion,
    hook,
    hook_assertions,
    hook_exits,
    hook_joins,
    hook_thrown,
)
from assay.sandbox.paths import CHOICES, FOLDING, Paths
from assay.sandbox.repeats import Repeats
from assay.sandbox.rereads import Reads
from assay.sandbox.trees import walk

_WAYS = (*CHOICES, *claims.TRIGGERS)
ARRAYS = re.compile(r"\b(?:np|numpy|pd|pandas|scipy)\b")


@dataclass(slots=True)
class TestCase:
    """One test."""

    needs: set[str] = field(default_factory=set)
    """Names that it takes from before."""
    sets: list[tuple[int, set[str]]] = field(default_factory=list)
    """The last line of each of its statements, and the names that this sets or whose values it is to change."""
    raises: bool = False
    """Whether it can fail in another way than by an assert."""


class Suite:
    """The texts of the tests, with hooks.

    `candidates` are names that may stand for the candidate. With `partial` every test asks first whether it may run.
    """

    def __init__(
        self, texts: list[str], facts: Facts, calls_check: bool, candidates: Iterable[str], partial: bool
    ) -> None:
        self.trees, self.facts = facts.trees, facts
        self.assertions: list[Assertion] = []
        self.joins: list[tuple[Callable[[Any, Any], Any], int | None]] = []
        """What is done to two values, of which one is the candidate's; its line, where it must be about something."""
        self.cases: list[TestCase] = []
        self.means_nan = missing.is_meant(facts.nodes)
        """Whether the tests mean NaN."""
        self._partial, self._candidates = partial, {*candidates} - facts.modules
        self._asserting: dict[str, bool] = {}
        self.paths = self._paths()
        reads = Reads(self.trees, facts.nodes, self._results)
        repeats = Repeats(self.trees, facts.nodes, self._results)
        testing = [tree.body for tree in self.trees if any(map(self._tests, tree.body))]
        if len(testing) > 1:
            for block in testing:
                self._hook_cases(block, [len(block)])
        elif testing:
            self._split(testing[0])
        if calls_check:
            self._split(self._enter("check"))
        hook_exits(facts.nodes)
        hook_thrown(facts.nodes)
        guards = itertools.count()
        for text, tree in zip(texts, self.trees, strict=True):
            hook_assertions(text, tree, self._candidates, self.assertions, guards)
        self.claims = self.paths.claims() if self.paths is not None else None
        for tree in self.trees if self.claims is not None else ():
            self.claims.visit(tree)  # type: ignore[union-attr]
        self._hook_joins(bool(any(map(ARRAYS.search, texts))))
        for tree in self.trees if self.paths is not None else ():
            self.paths.hook(tree)  # type: ignore[union-attr]
        reads.hook(self.trees)
        repeats.hook(self.trees)
        numbered = enumerate(self.assertions)
        self.going_on = {number for number, one in numbered if id(one.says) in repeats.going_on}
        """Numbers of asserts that stand right behind another."""

    def _paths(self) -> Paths | None:
        """The ways through the tests, where there is more than one."""
        if not any(isinstance(node, _WAYS) or _may_choose(node) for node in self.facts.nodes):
            return None
        direct = self._direct() | {"eval"}
        alone = [
            node.value for node in self.facts.nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ]
        changed = {
            one.id for call in alone if root_name(call) in direct for one in call.args if isinstance(one, ast.Name)
        }
        results = mixing.made_of(self.facts.nodes, direct | changed, through_calls=True)
        paths = Paths(results, claims.Nothing(self.facts.nodes, direct))
        for tree in self.trees:
            paths.read(tree)
        return paths

    def _direct(self) -> set[str]:
        return mixing.made_directly(self.facts.nodes, self._candidates, self.facts.modules | {*vars(builtins)})

    def _results(self) -> set[str]:
        return mixing.made_of(self.facts.nodes, self._direct(), through_calls=True)

    def _hook_joins(self, has_arrays: bool) -> None:
        kinds = {*JOINING} if has_arrays else {*JOINING} - {ast.Eq, ast.NotEq}
        nodes = self.facts.nodes
        named = {"type", *(METHODS if has_arrays else ())}
        if not any(type(node) in kinds or getattr(node, "attr", getattr(node, "id", "")) in named for node in nodes):
            return
        results = self._results()
        for tree in self.trees:
            hook_joins(tree, results, kinds, self.joins, self._is_to_hold)

    def _is_to_hold(self, node: ast.expr, op: ast.operator | ast.cmpop) -> bool:
        """Whether a comparison or difference is to be about something, and would hold of nothing."""
        small = claims.small_side(node, op)
        return small is not None and self.paths is not None and self.paths.is_about(small)

    @property
    def total(self) -> int:
        """How many tests there are."""
        return max(1, len(self.cases))

    def _tests(self, node: ast.stmt) -> bool:
        """Whether a statement asserts something itself, or by what it names of the tests' own."""
        if isinstance(node, DEFINITIONS):
            return False
        if any(map(asserts, statements(node))):
            return any(isinstance(inner, ast.Name) for inner in walk(node))
        return bool(self.facts.own) and any(self._asserts(n.id) for n in walk(node) if isinstance(n, ast.Name))

    def _asserts(self, name: str) -> bool:
        """Whether a function or class of the tests asserts, or names one that does."""
        if name not in self.facts.own:
            return False
        if name not in self._asserting:
            self._asserting[name] = False  # one that names itself
            node = self.facts.own[name]
            self._asserting[name] = any(map(asserts, statements(node, True))) or any(
                self._asserts(inner.id) for inner in walk(node) if isinstance(inner, ast.Name)
            )
        return self._asserting[name]

    def _enter(self, name: str) -> list[ast.stmt]:
        """The body of a function of the tests, whose arguments stand for the candidate."""
        node = self.facts.own.get(name)
        if not isinstance(node, ast.FunctionDef):
            return []
        self._candidates |= {arg.arg for arg in node.args.args}
        return node.body

    def _split(self, block: list[ast.stmt]) -> None:
        """Make each testing statement of a block a test; a call alone stands for the body of what it calls."""
        entered: set[str] = set()
        while True:
            ends = [at for at, node in enumerate(block, 1) if self._tests(node)]
            call = called(block[ends[0] - 1]) if len(ends) == 1 else None
            name = call.id if isinstance(call, ast.Name) else ""
            if name in entered or not isinstance(self.facts.own.get(name), ast.FunctionDef):
                break
            entered.add(name)
            block = self._enter(name)
        self._hook_cases(block, ends)

    def _hook_cases(self, block: list[ast.stmt], ends: list[int]) -> None:
        """Put the statements up to each end into a `with`, which records how they went."""
        start = next((at for at, node in enumerate(block) if not stays_first(node)), 0)
        hooked = block[:start]
        for end in ends:
            body = block[start:end]
            number = len(self.cases)
            self.cases.append(self._case(body) if self._partial else TestCase())
            test: ast.stmt = ast.With([ast.withitem(hook(TEST, number, body[0]))], body)
            if self._partial:
                test = ast.If(hook(READY, number, body[0]), [ast.copy_location(test, body[0])], [])
            hooked.append(ast.copy_location(test, body[0]))
            start = end
        block[:] = hooked + block[start:]

    def _case(self, body: list[ast.stmt]) -> TestCase:
        case = TestCase(raises=any(is_raise(inner) for node in body for inner in statements(node)))
        known: set[str] = set()
        for node in body:
            case.needs |= self._loads(node, set()) - known
            changed = {name for inner in statements(node) for name in _changed(inner)}
            changed -= self._candidates | self.facts.modules | self.facts.own.keys()
            sets = _sets(node)
            case.sets.append((node.end_lineno or node.lineno, sets | changed))
            known |= sets
        return case

    def _loads(self, node: ast.AST, entered: set[str]) -> set[str]:
        """Names that a statement reads, and those that the functions of the tests that it names read."""
        names = {n.id for n in walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
        for name in (names & self.facts.own.keys()) - entered:
            entered.add(name)
            names |= self._loads(self.facts.own[name], entered)
        return names


def _may_choose(node: ast.AST) -> bool:
    name = getattr(node, "attr", getattr(node, "id", ""))
    return name in FOLDING or name in claims.HOLDING or claims.compares_with_itself(node)


def _sets(node: ast.stmt) -> set[str]:
    names = {n.id for n in walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return names | {n.name for n in statements(node) if isinstance(n, DEFINITIONS)} | imported(node)


def _changed(node: ast.AST) -> Iterator[str]:
    """Names of what a statement is to change: `s` and `x` in `s.push(x)`, `l` in `f(l)`; an assert changes nothing."""
    value = getattr(node, "value", None)
    if not isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign)) or value is None:
        return
    for call in (part for part in walk(value) if isinstance(part, ast.Call)):
        if isinstance(call.func, ast.Attribute):
            yield root_name(call.func)
        if isinstance(node, ast.Expr):
            yield from (arg.id for arg in call.args if isinstance(arg, ast.Name))
