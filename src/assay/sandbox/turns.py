"""Calls of tests, and turns of their loops, through which the program can choose a way that compares nothing.

Each such call and turn must compare something, unless the tests' own data chose the way that it took: that is excused.
A choice by the program before asserts that are about the tests' data alone (`if is_prime(n): assert n > 1`) is itself
what is asserted, and theirs too.
"""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Callable, Set
from dataclasses import dataclass

from assay.sandbox.facts import asserts, called, inner_blocks, is_failure, statements, stays_first
from assay.sandbox.hooks import CAUGHT, EXCUSED, GUARD, HOOKS, REACHED, TURN, hook
from assay.sandbox.trees import walk

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LEAVES = (ast.Return, ast.Continue, ast.Break, ast.Raise)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
_BROAD = {"Exception", "BaseException", "NameError", "AttributeError", "ImportError", "UnboundLocalError"}

_NUMBERS = itertools.count()

Ways = set[bool]
"""Of ways that have compared nothing so far: whether the program has chosen one, and whether the tests have."""


@dataclass(slots=True)
class Turns:
    """Hooks what must compare something; `hangs` says whether an expression hangs on `results`, which are names."""

    hangs: Callable[[ast.AST], bool]
    results: Set[str]

    def hook(self, nodes: list[ast.AST]) -> None:
        """Hook the functions and loops among these nodes of a tree."""
        for node in nodes:
            block = self._block(node)
            start = next((at for at, one in enumerate(block) if not stays_first(one)), 0)
            if block[start:] and self._can_skip(block):
                self._excuse(block)
                made = ast.With([ast.withitem(hook(TURN, next(_NUMBERS), block[start]))], block[start:])
                block[start:] = [ast.copy_location(made, block[start])]

    def _block(self, node: ast.AST) -> list[ast.stmt]:
        """What is run in one call, or in one turn over the tests' own data."""
        if isinstance(node, FUNCTIONS):
            returns = any(isinstance(one, ast.Return) and one.value is not None for one in statements(node, True))
            yields = any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in walk(node))
            return node.body if node.name.startswith("test") or not (returns or yields) else []
        if isinstance(node, ast.While):
            return [] if isinstance(node.test, ast.Constant) or self.hangs(node.test) else node.body
        if isinstance(node, (ast.For, ast.AsyncFor)):
            counts = isinstance(node.iter, ast.Call) and getattr(node.iter.func, "id", "") in ("range", "count")
            if counts and any(isinstance(one, ast.Break) for part in node.body for one in statements(part)):
                return []  # the number only bounds what goes on until the program has no more
            return node.body if any(not self.hangs(part) for part in _joined(node.iter)) else []
        return []

    def _can_skip(self, block: list[ast.stmt]) -> bool:
        inner = [one for node in block for one in statements(node)]
        if not any(isinstance(one, ast.stmt) and (asserts(one) or self._collects(one)) for one in inner):
            return False
        going, left = self._ways(block, {False})
        return True in going | left

    def _ways(self, block: list[ast.stmt], going: Ways) -> tuple[Ways, Ways]:
        """Which ways go on behind a block, and which leave it, of those that come to it having compared nothing."""
        left: Ways = set()
        for at, node in enumerate(block):
            if not going or isinstance(node, ast.Raise):
                return set(), left
            if isinstance(node, LEAVES):
                return set(), left | going
            choice = self._choice(node, block[at + 1 :])
            if choice is not None:
                behind: Ways = set()
                for way in choice[0]:
                    on, out = self._ways(way, {True} if choice[1] else going)
                    behind, left = behind | on, left | out
                going = behind
            elif isinstance(node, (ast.With, ast.AsyncWith)) and not asserts(node):
                going, out = self._ways(node.body, going)
                left |= out
            elif _compares(node) or _is_choice(node):
                return set(), left
        return going, left

    def _choice(self, node: ast.stmt, rest: list[ast.stmt]) -> tuple[list[list[ast.stmt]], bool] | None:
        """The ways of a choice, and whether the program makes it; `None` for what is none, or is there to fail.

        `rest` is what stands behind it.
        """
        behind = next((one for one in rest if not _is_hook(one)), None)
        if not _is_choice(node) or (behind is not None and is_failure(behind)):
            return None
        if isinstance(node, ast.If):
            if self._collects(node):
                return None
            ways = [node.body, node.orelse]
            by_program = self.hangs(node.test) and any(map(self._is_about_it, ways))
        else:
            ways, by_program = choices(node, self.hangs)  # type: ignore[arg-type]
            ways += [[]] if isinstance(node, ast.Match) and not _takes_all(node.cases[-1]) else []
        return None if any(is_failure(one) for way in ways for one in way) else (ways, by_program)

    def _collects(self, node: ast.stmt) -> bool:
        """Whether a statement compares by noting what is not as it must be: `if r != 9: bad.append(r)`."""
        test = node.test if isinstance(node, ast.If) and not node.orelse else None
        test = node.value if isinstance(node, ast.AugAssign) else test  # `bad += int(r != 9)`
        test = test.args[0] if isinstance(test, ast.Call) and len(test.args) == 1 else test
        differs = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotEq)
        named = test is not None and not self.results.isdisjoint(getattr(part, "id", "") for part in walk(test))
        return differs and named and not _leaves([node])

    def _is_about_it(self, block: list[ast.stmt]) -> bool:
        """Whether a block leaves, or compares anything of what the program says."""
        inner = [one for node in block for one in statements(node)]
        claims = [one for one in inner if isinstance(one, ast.stmt) and not [*inner_blocks(one)] and _compares(one)]
        own = all(self.results.isdisjoint(getattr(part, "id", "") for part in walk(one)) for one in claims)
        return any(isinstance(one, LEAVES) for one in inner) or not own

    def _excuse(self, block: list[ast.stmt]) -> None:
        """Let ways count as comparing that the tests chose, or that failed to fail, and no exception that all catch."""
        for at, node in reversed([*enumerate(block)]):
            if isinstance(node, (ast.With, ast.AsyncWith)) and not asserts(node):
                self._excuse(node.body)
                continue
            choice = self._choice(node, block[at + 1 :])
            excused = ast.copy_location(ast.Expr(hook(EXCUSED, 0, node)), node)
            if choice is None:
                counts = isinstance(node, ast.AugAssign) and self._collects(node)
                block[at:at] = [excused] if _is_choice(node) or counts else []
                continue
            ways, by_program = choice
            bodies = [way for way in ways if any(way is one for one in _bodies(node))]
            does = any(any(map(_compares, way)) for way in ways)
            for way in bodies:
                self._excuse(way)
            for way in bodies if isinstance(node, ast.Try) else ():
                caught = ast.copy_location(ast.Expr(hook(CAUGHT, 0, node)), node)
                way.insert(0, caught if by_program else excused)
            for way in bodies if not by_program and not isinstance(node, ast.Try) else ():
                if not any(map(_compares, way)) and (does or _leaves(way)):
                    way.insert(0, excused)


def _bodies(node: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a choice of which one is run."""
    if isinstance(node, ast.If):
        return [node.body, node.orelse]
    return [one.body for one in (node.cases if isinstance(node, ast.Match) else node.handlers)]  # type: ignore[attr-defined]


def _is_choice(node: ast.stmt) -> bool:
    return isinstance(node, (ast.If, ast.Try, ast.Match))


def _takes_all(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None


def _is_hook(node: ast.stmt) -> bool:
    name = called(node)
    return isinstance(name, ast.Name) and name.id in HOOKS


def choices(node: ast.Try | ast.Match, hangs: Callable[[ast.AST], bool]) -> tuple[list[list[ast.stmt]], bool]:
    """The ways through a `try` or a `match`, and whether the program chooses among them."""
    if isinstance(node, ast.Match):
        return [case.body for case in node.cases], hangs(node.subject)
    kinds = [part for one in node.handlers for part in (walk(one.type) if one.type else [ast.Name("Exception")])]
    broad = not node.handlers or any(isinstance(part, ast.Name) and part.id in _BROAD for part in kinds)
    says = any(
        isinstance(one, ast.stmt) and asserts(one) for h in node.handlers for s in h.body for one in statements(s)
    )
    ways = [[*node.body, *node.orelse, *node.finalbody], *(one.body for one in node.handlers)]
    return ways, (broad or says) and any(map(hangs, node.body))


def hooked(node: ast.stmt) -> tuple[str, int] | None:
    """What a hook that records that something is reached says: its kind and number."""
    call = node.value if isinstance(node, ast.Expr) else None
    name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
    return (name, call.args[0].value) if name in (REACHED, GUARD) else None  # type: ignore[union-attr]


def _compares(node: ast.stmt) -> bool:
    """Whether a statement asserts or raises, or holds a loop or a call of the tests' own that may."""
    for one in statements(node):
        call = called(one)
        if (isinstance(one, ast.stmt) and (asserts(one) or hooked(one))) or (
            isinstance(call, ast.Name) and call.id not in vars(builtins)
        ):
            return True
    return False


def _leaves(block: list[ast.stmt]) -> bool:
    return any(isinstance(one, LEAVES) for node in block for one in statements(node))


def _joined(node: ast.expr) -> list[ast.expr]:
    """What a loop goes over; of what `zip` joins, each."""
    is_zip = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "zip"
    return node.args if is_zip else [node]  # type: ignore[attr-defined]
