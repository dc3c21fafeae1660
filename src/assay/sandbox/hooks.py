"""Hooks: calls put into the tests' trees, by which `results.py` sees what is asserted, compared, raised and left."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from assay.sandbox.facts import (
    DEFINITIONS,
    DISPLAYS,
    inner_blocks,
    is_assertion_call,
    is_failure,
    is_raise,
    root_name,
    stays_first,
)
from assay.sandbox.trees import walk

_NAMES = (
    "reached got wanted test ready guard joined type thrown exit turn turns zipped excused caught begun said filled"
    " anew act ask"
)
HOOKS = tuple(f"__assay_{name}__" for name in _NAMES.split())
REACHED, GOT, WANTED, TEST, READY, GUARD, JOINED, TYPE, THROWN, EXIT, TURN, TURNS, ZIPPED = HOOKS[:13]
EXCUSED, CAUGHT, BEGUN, SAID, FILLED, ANEW, ACT, ASK = HOOKS[13:]
"""Names in the tests' namespace that the hooks call."""
_STRAIGHT = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Pass, ast.Assert)
"""Statements behind which the next one always comes, unless something is raised."""
_ENDS = ("__exit__", "__aexit__")


@dataclass(slots=True)
class Assertion:
    """One assert: what it says, the call of the candidate in it, and the value that this is compared with."""

    text: str
    says: ast.expr
    call: ast.expr | None = None
    wanted: ast.expr | None = None
    """The other side of `==`."""
    is_side: bool = False
    """Whether the call is all that is compared."""


def hook_assertions(
    text: str, tree: ast.Module, candidates: set[str], found: list[Assertion], guards: Iterator[int]
) -> None:
    """Before each assert and what may raise, record that it is reached; in an assert, the candidate's value.

    What is asserted is added to `found`; a hook has its number, and one before what may raise the next of `guards`."""
    blocks: list[list[ast.stmt]] = [tree.body]
    while blocks:
        block = blocks.pop()
        longer: list[ast.stmt] = []
        last = max((at for at, node in enumerate(block) if is_raise(node)), default=-1)
        for at, node in enumerate(block):
            may_raise = at <= last or (_may_raise(node) and not isinstance(node, ast.Assert))
            if isinstance(node, ast.stmt) and not stays_first(node) and may_raise:
                longer.append(ast.copy_location(ast.Expr(hook(GUARD, next(guards), node)), node))
            if isinstance(node, ast.Assert) or is_assertion_call(node):
                longer.append(ast.copy_location(ast.Expr(hook(REACHED, len(found), node)), node))
                found.append(_assertion(text, node, candidates))
            longer.append(node)
            blocks += inner_blocks(node)
        block[:] = longer


Join = Callable[[Any, Any], Any]
Joins = list[tuple[Join, int | None]]
IsToHold = Callable[[ast.expr, ast.operator | ast.cmpop], bool]


def hook_joins(tree: ast.Module, results: set[str], kinds: set[type], joins: Joins, is_to_hold: IsToHold) -> None:
    """Where a value of the candidate is subtracted or compared, let it be seen whether that says anything.

    `results` are names of such values; what is done is added to `joins`, with its line where `is_to_hold` says that it
    must be about something; a hook has its number.
    """
    _Joins(joins, results, kinds, is_to_hold).visit(tree)


def hook_thrown(nodes: Iterable[ast.AST]) -> None:
    """Let it be seen what a `with` block raises in any case, as its last statement: its context may pass that over."""
    for node in nodes:
        block = node.body if isinstance(node, (ast.With, ast.AsyncWith)) else [node]
        thrown, before = block[-1], block[:-1]
        if block != [node] and isinstance(thrown, ast.Raise) and all(isinstance(one, _STRAIGHT) for one in before):
            thrown.exc = thrown.exc and hook(THROWN, thrown.exc, thrown.exc)


def hook_exits(nodes: Iterable[ast.AST]) -> None:
    """Let it be seen where the tests call `__exit__` themselves, on what they have caught.

    Where they do so within such a method, or in a generator that is one, it is a `with` block that calls.
    """
    nodes = list(nodes)
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    inner = {id(part) for node in functions if _is_context(node) for part in walk(node)}
    for node in (part for one in nodes if isinstance(one, ast.ExceptHandler) for part in walk(one)):
        function = node.func if isinstance(node, ast.Call) and id(node) not in inner else None
        if isinstance(function, ast.Attribute) and function.attr == "__exit__":
            node.func = hook(EXIT, function.value, function)  # type: ignore[attr-defined]


def _is_context(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return node.name in _ENDS or any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in walk(node))


def _assertion(text: str, node: ast.stmt, candidates: set[str]) -> Assertion:
    says = node.test if isinstance(node, ast.Assert) else node.value  # type: ignore[attr-defined]
    made = Assertion(text, says)
    if isinstance(says, ast.Compare) and len(says.ops) == 1:
        sides = [says.left, says.comparators[0]]
        calls = [_candidate_call(side, candidates) for side in sides]
        at = 1 if calls[1] is not None and calls[0] is None else 0
        made.call = calls[at] or sides[at]
        made.is_side = made.call is sides[at]
        if isinstance(says.ops[0], (ast.Eq, ast.Is)):
            made.wanted = sides[1 - at]
            if not isinstance(made.wanted, DISPLAYS):
                _Wrap(made.wanted, WANTED).visit(says)
    else:
        made.call = _candidate_call(says, candidates)
    if made.call is not None:
        _Wrap(made.call, GOT).visit(node)
    return made


class _Wrap(ast.NodeTransformer):
    """Replaces a part of an expression by a hook that gets it and returns it."""

    def __init__(self, part: ast.expr, name: str) -> None:
        self.part, self.name = part, name

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.part:
            return hook(self.name, self.part, self.part)
        return node if isinstance(node, DISPLAYS) else self.generic_visit(node)


class _Joins(ast.NodeTransformer):
    """Replaces differences and comparisons that name one of `results` by a hook that is given both sides.

    So is `type(...)` of one thing.
    """

    def __init__(self, joins: Joins, results: set[str], kinds: set[type], is_to_hold: IsToHold) -> None:
        self.joins, self.results, self.kinds, self.is_to_hold = joins, results, kinds, is_to_hold

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        of_one = isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) == 1
        if of_one:
            return hook(TYPE, node.args[0], node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name not in METHODS or node.keywords or len(node.args) != 1 or ast.Eq not in self.kinds:
            return node
        sides = (node.func.value, node.args[0])  # type: ignore[attr-defined]
        return self._put(node, METHODS[name], sides, None) if self._is_named(*sides) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._joined(node, node.op, node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        return self._joined(node, node.ops[0], node.left, node.comparators[0]) if len(node.ops) == 1 else node

    def _joined(self, node: ast.expr, op: ast.operator | ast.cmpop, left: ast.expr, right: ast.expr) -> ast.AST:
        named = type(op) in self.kinds and self._is_named(left, right)
        line = node.lineno if named and self.is_to_hold(node, op) else None
        self.generic_visit(node)
        if not named:
            return node
        sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.left, node.comparators[0])  # type: ignore[attr-defined]
        return self._put(node, JOINING[type(op)], sides, line)

    def _is_named(self, *sides: ast.expr) -> bool:
        return any(isinstance(n, ast.Name) and n.id in self.results for side in sides for n in walk(side))

    def _put(self, node: ast.expr, join: Join, sides: tuple[ast.expr, ast.expr], line: int | None) -> ast.expr:
        made = hook(JOINED, len(self.joins), node)
        made.args += sides  # type: ignore[attr-defined]
        self.joins.append((join, line))
        return made


def _method(name: str) -> Join:
    return lambda left, right: getattr(left, name)(right)


JOINING: dict[type, Join] = {
    ast.Sub: operator.sub,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
METHODS = {name: _method(name) for name in ("sub", "subtract", "eq", "ne", "lt", "le", "gt", "ge")}
"""Methods of tables that do the same."""
EXACT = (operator.eq, operator.ne, METHODS["eq"], METHODS["ne"])
"""What says something of NaN, too: it equals nothing."""


def hook(name: str, argument: ast.expr | int, at: ast.expr | ast.stmt) -> ast.expr:
    place = {"lineno": at.lineno, "col_offset": at.col_offset}
    given = ast.Constant(argument, None, **place) if isinstance(argument, int) else argument
    return ast.Call(ast.Name(name, ast.Load(), **place), [given], [], **place)


def _may_raise(node: ast.AST) -> bool:
    """Whether a statement holds a `raise`, or `assert False`, that it may run; a loop may run none of its body."""
    if isinstance(node, DEFINITIONS) or is_raise(node):
        return is_raise(node)
    if isinstance(node, ast.Assert):
        return is_failure(node)
    loops = isinstance(node, (ast.For, ast.AsyncFor, ast.While))
    blocks = [node.orelse] if loops else inner_blocks(node)  # type: ignore[attr-defined]
    return any(_may_raise(inner) for block in blocks for inner in block)


def _candidate_call(node: ast.expr, candidates: set[str]) -> ast.expr | None:
    """The first outermost call of the candidate in an expression; long literals are not searched."""
    stack: list[ast.AST] = [node]
    while stack:
        found = stack.pop()
        if isinstance(found, DISPLAYS):
            continue
        if isinstance(found, ast.Call) and root_name(found) in candidates:
            return found
        stack += reversed(list(ast.iter_child_nodes(found)))
    return None
