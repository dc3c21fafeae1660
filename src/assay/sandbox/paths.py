"""Whether the program has kept its tests from comparing anything, by what it returned, raised, defined or left out.

An assert that hangs on the program must be reached: a loop over what it returned has a turn, one way of a choice by
it compares something, and so does each call of a test. A choice by the tests' own data is theirs, and so is an
`except` of an exception that they name; no `except` of all exceptions, or of names that are missing, is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from assay.sandbox.claims import Claims, Nothing, nothing_of
from assay.sandbox.facts import DEFINITIONS, asserts, inner_blocks, is_failure, statements
from assay.sandbox.hooks import TEST, TURNS, ZIPPED, hook
from assay.sandbox.mixing import bound_to
from assay.sandbox.trees import walk
from assay.sandbox.turns import FUNCTIONS, LEAVES, LOOPS, Turns, choices, hooked

CHOICES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.Match, ast.comprehension)
"""What there may be more than one way through."""
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)
FOLDING = {"map", "filter", "zip", "all", "eval", "reduce"}
"""What makes a way, too, without a statement of its own."""
_HELD = (*LOOPS, ast.Call, ast.Name, ast.Subscript, ast.Attribute, ast.Compare, ast.UnaryOp)
_FOLDS = {"all", "any", "sum", "max", "min"}
"""What is true, 0 or a default of nothing."""


Reached = Callable[[str, int], bool]
"""Whether the hook of a kind and number was reached."""


@dataclass(slots=True)
class Missing:
    """A statement of the tests that was to compare something, and was not reached."""

    line: int
    test: int | None
    """The number of the test in which it stands, where it stands in one."""


@dataclass(slots=True)
class Paths:
    """The ways through tests; `results` are names of what the program has made, `own` the tests' functions by name."""

    results: set[str]
    nothing: Nothing = field(default_factory=lambda: Nothing((), set()))
    """What the program is asked of nothing, which may well be answered by nothing."""
    own: dict[str, list[ast.stmt]] = field(default_factory=dict)
    folds: dict[int, int] = field(default_factory=dict)
    """Numbers and lines of the loops within `all`, `any` and `sum`, each of which needs a turn."""
    _held: dict[int, set[str]] = field(default_factory=dict)
    """Of loops and calls, by identity: the variables whose length an assert beside them holds against data."""
    turns: int = 0
    """How many loops there are whose turns are seen."""

    def read(self, tree: ast.Module) -> None:
        """Know the functions of a tree, and what its asserts say, before any hook is in it."""
        nodes = list(walk(tree))
        for scope in [tree, *(node for node in nodes if isinstance(node, FUNCTIONS))]:  # the outer ones first
            inside = list(walk(scope))
            held = {name for part in inside if isinstance(part, ast.Assert) for name in self._held_by(part.test)}
            self._held |= {id(part): held for part in inside if isinstance(part, _HELD)}
            if isinstance(scope, FUNCTIONS):
                self.own.setdefault(scope.name, []).append(scope)

    def hook(self, tree: ast.Module) -> None:
        """Let it be seen what a call of a test, a turn of a loop, a fold or a `zip` has compared."""
        nodes = list(walk(tree))
        Turns(self.hangs, self.results).hook(nodes)
        made = {names.pop(): value for names, value in bound_to(nodes) if len(names) == 1}
        for node in nodes:
            if (found := nothing_of(node)) is not None:
                name = getattr(found, "id", "")
                self._hook_filtered(made.get(name, found), self._held.get(id(node), set()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                self._hook_call(node, node.func.id)
            elif (
                isinstance(node, ast.For)
                and not self.hangs(node.iter)
                and any(isinstance(one, CHOICES) for one in statements(node) if one is not node)
            ):
                node.iter = self._counted(node.iter)

    def claims(self) -> Claims:
        """What hooks the expressions of these tests that an answer of nothing could let pass."""
        return Claims(self.is_about, self.asks, self.results, self.is_fixed)

    def asks(self, node: ast.AST) -> bool:
        """Whether an expression hangs on the program, and is not asked of nothing."""
        return self.hangs(node) and not self.nothing.is_asked(node)

    def is_about(self, node: ast.AST) -> bool:
        """Whether an expression hangs on the program, is not asked of nothing, and is not held by another assert."""
        held = next((self._held[id(part)] for part in walk(node) if id(part) in self._held), set[str]())
        return self.hangs(node) and self._is_to_turn(node, held)

    def _hook_call(self, node: ast.Call, name: str) -> None:
        given = node.args[0] if name in _FOLDS and len(node.args) == 1 else node
        held = self._held.get(id(node), set())
        if isinstance(given, _COMPREHENSIONS):
            self._hook_comprehension(given, held)
        elif given is not node and name == "all" and not self.is_fixed(given) and not self.nothing.is_asked(given):
            node.args[0] = self._counted(given, True)
        if name == "reduce" and len(node.args) == 3 and self.asks(node.args[1]) and not self.is_fixed(node.args[1]):
            node.args[1] = self._counted(node.args[1], True)
        pairs = node.args[1:] if name == "map" else node.args if name == "zip" else []
        if len({self.is_fixed(one) for one in pairs}) > 1 and not any(isinstance(one, ast.Starred) for one in pairs):
            hangs = [ast.copy_location(ast.Constant(not self.is_fixed(one)), one) for one in pairs]
            node.args.insert(0, ast.copy_location(ast.Tuple(list(hangs), ast.Load()), node))
            node.args.insert(1, node.func)
            node.func = ast.copy_location(ast.Name(ZIPPED, ast.Load()), node)

    def _hook_filtered(self, given: ast.AST, held: set[str]) -> None:
        """`[x for x in r if x < 0]` and `filter(bad, r)`, of which there must be none, though there must be an `r`."""
        is_filter = isinstance(given, ast.Call) and getattr(given.func, "id", "") == "filter" and len(given.args) == 2
        if isinstance(given, _COMPREHENSIONS) and any(part.ifs for part in given.generators):
            self._hook_comprehension(given, held)
        elif is_filter and not self.is_fixed(given.args[1]) and self._is_to_turn(given.args[1], held):  # type: ignore[attr-defined]
            given.args[1] = self._counted(given.args[1], True)  # type: ignore[attr-defined]

    def _hook_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, held: set[str]) -> None:
        for part in node.generators:
            if not self.is_fixed(part.iter) and not part.is_async and self._is_to_turn(part.iter, held):
                part.iter = self._counted(part.iter, True)

    def _counted(self, node: ast.expr, is_fold: bool = False) -> ast.expr:
        self.folds |= {self.turns: node.lineno} if is_fold else {}
        made = hook(TURNS, self.turns, node)
        made.args.append(node)  # type: ignore[attr-defined]
        self.turns += 1
        return made

    def is_fixed(self, node: ast.expr) -> bool:
        """Whether it is not for the program to say how many items this has."""
        if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)):
            return not any(isinstance(one, ast.Starred) for one in ast.iter_child_nodes(node))
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)):
            return all(self.is_fixed(one.iter) and not any(map(self.hangs, one.ifs)) for one in node.generators)
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name == "map":
            return all(map(self.is_fixed, node.args[1:]))  # type: ignore[attr-defined]
        if name == "range" and "len" not in {getattr(part, "id", "") for part in walk(node)}:
            return True  # up to a number, which is none of items
        return not self.hangs(node)

    def missing(self, tree: ast.Module, reached: Reached) -> list[Missing]:
        """What was not reached in a tree with hooks because of the program."""
        return list(self._missing(tree.body, None, reached))

    def _missing(self, block: list[ast.stmt], test: int | None, reached: Reached) -> Iterator[Missing]:
        for at, node in enumerate(block):
            rest = block[at + 1 :]
            if isinstance(node, LEAVES):
                return
            if (told := hooked(node)) is not None:
                if not reached(*told) and rest and not is_failure(rest[0]):
                    yield Missing(node.lineno, test)
            elif isinstance(node, ast.If) and not _is_ready(node) and (_ends(node.body) or _ends(node.orelse)):
                ways = [[*node.body, *(rest if _ends(node.orelse) else [])]]
                ways += [[*node.orelse, *(rest if _ends(node.body) else [])]]
                yield from self._of_ways(ways, self.hangs(node.test), test, reached)
                return
            elif (split := self._ways_of(node, reached)) is not None:
                yield from self._of_ways(*split, test, reached)
            elif self._is_unreached(node, reached):
                yield Missing(node.lineno, test)
            elif not (asserts(node) and isinstance(node, (ast.With, ast.AsyncWith))):
                number = _test_of(node)
                for inner in inner_blocks(node):
                    yield from self._missing(inner, test if number is None else number, reached)

    def _ways_of(self, node: ast.stmt, reached: Reached) -> tuple[list[list[ast.stmt]], bool] | None:
        """The ways through a statement, and whether the program has chosen among them; `None` where there is one."""
        if isinstance(node, ast.If):
            return None if _is_ready(node) else ([node.body, node.orelse], self.hangs(node.test))
        if isinstance(node, (ast.Try, ast.Match)):
            return choices(node, self.hangs)
        return ([node.body], self._must_turn(node, reached)) if isinstance(node, (*DEFINITIONS, *LOOPS)) else None

    def _held_by(self, node: ast.expr) -> Iterator[str]:
        """Variables that an assert compares with data of the tests, or whose length it does."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            yield from (name for one in node.values for name in self._held_by(one))
        if isinstance(node, ast.Attribute) and node.attr == "empty" and isinstance(node.value, ast.Name):
            yield node.value.id
        for part in [node] if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq) else []:
            sides = [part.left, *part.comparators]
            for side, other in (*pairwise(sides), *pairwise(sides[::-1])):
                is_whole = isinstance(side, ast.Call) and getattr(side.func, "id", "") in ("len", "sorted", "list")
                side = side.args[0] if is_whole and side.args else side  # type: ignore[attr-defined]
                side = side.value if isinstance(side, ast.Attribute) and side.attr in ("shape", "size") else side
                if isinstance(side, ast.Name) and not self._names(other):
                    yield side.id

    def _is_unreached(self, node: ast.stmt, reached: Reached) -> bool:
        """Whether a statement calls a function of the tests that was to compare something and has not."""
        calls = [] if [*inner_blocks(node)] else [part for part in walk(node) if isinstance(part, ast.Call)]
        for part in (one for call in calls for one in (call.func, *call.args)):
            name = getattr(part, "attr", getattr(part, "id", getattr(part, "value", None)))
            functions = self.own.get(name, []) if isinstance(name, str) else []
            inner = [one for function in functions for one in walk(function)]
            if any(isinstance(one, ast.If) and self._holds(one.test) for one in inner) or any(map(_is_off, functions)):
                return False
            told = [one for function in functions for one in _all_hooked([function])]
            if told and not any(reached(*one) for one in told):
                return True
        return False

    def _must_turn(self, node: ast.stmt, reached: Reached) -> bool:
        """Whether what a loop holds is to be reached: it hangs on the program, or has had a turn."""
        if isinstance(node, ast.While):
            return self.hangs(node.test)
        if not isinstance(node, (ast.For, ast.AsyncFor)):
            return False
        call = node.iter
        is_counted = isinstance(call, ast.Call) and getattr(call.func, "id", "") == TURNS
        if is_counted:
            return reached(TURNS, call.args[0].value)  # type: ignore[attr-defined]
        return self.hangs(call) and self._is_to_turn(call, self._held.get(id(node), set()))

    def _is_to_turn(self, node: ast.AST, held: set[str]) -> bool:
        return not self._names(node) <= held and not self.nothing.is_asked(node)

    def _of_ways(
        self, ways: list[list[ast.stmt]], hangs: bool, test: int | None, reached: Reached
    ) -> Iterator[Missing]:
        """What is missing of ways of which one is taken; where that was none, of all that the program could take."""
        taken = [any(reached(*told) for told in _all_hooked(way)) for way in ways]
        for way, is_taken in zip(ways, taken, strict=True):
            if is_taken or (hangs and not any(taken)):
                yield from self._missing(way, test, reached)

    def hangs(self, node: ast.AST) -> bool:
        """Whether an expression hangs on what the program says, and does not compare that with data of the tests."""
        return not self._holds(node) and bool(self._names(node))

    def _holds(self, node: ast.AST) -> bool:
        """Whether an expression compares what the program says with a variable of the tests."""
        for part in walk(node):
            if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq) and len(part.ops) == 1:
                sides = (part.left, *part.comparators)
                named = all(any(isinstance(one, ast.Name) for one in walk(side)) for side in sides)
                if named and sum(bool(self._names(side)) for side in sides) == 1:
                    return True
        return False

    def _names(self, node: ast.AST) -> set[str]:
        """Names in an expression of what the program has made."""
        return {part.id for part in walk(node) if isinstance(part, ast.Name)} & self.results


def _ends(block: list[ast.stmt]) -> bool:
    """Whether what stands behind a block does not come after it."""
    return bool(block) and isinstance(block[-1], LEAVES)


def _is_off(node: ast.stmt) -> bool:
    """Whether a test is marked as one that is not run."""
    return any(word in ast.unparse(mark) for mark in getattr(node, "decorator_list", ()) for word in ("skip", "xfail"))


def _all_hooked(block: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    """The hooks in a block, but of what is there to fail."""
    blocks = [block]
    for one in blocks:
        for at, node in enumerate(one):
            if (told := hooked(node)) is not None and not any(map(is_failure, one[at + 1 : at + 2])):
                yield told
            blocks += inner_blocks(node)


def _is_ready(node: ast.If) -> bool:
    """Whether an `if` is a hook."""
    return isinstance(node.test, ast.Call) and getattr(node.test.func, "id", "").startswith("__assay_")


def _test_of(node: ast.stmt) -> int | None:
    """The number of the test that a `with` holds."""
    call = node.items[0].context_expr if isinstance(node, ast.With) else None
    is_test = isinstance(call, ast.Call) and getattr(call.func, "id", "") == TEST
    return call.args[0].value if is_test else None  # type: ignore[union-attr]
