"""Expressions of tests that an answer of nothing could let pass: each must once be about something.

`not r or r[0] == 1` and `r == 9 if r else True` look at an answer only where there is one, `r or 9` puts the tests' own
in its place, and `set(r) <= {1, 2}`, `r in "abc"` and `r == sorted(r)` hold for whatever is empty. Where `or` stands
between two answers (`r is None or r == -1`), either will do, and what was asked of nothing (`f([])`) may be nothing.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

from assay.sandbox import arrays
from assay.sandbox.facts import asserts, called, root_name, statements
from assay.sandbox.hooks import BEGUN, FILLED, HOOKS, METHODS, SAID, hook
from assay.sandbox.trees import walk

TRIGGERS = (ast.BoolOp, ast.IfExp, ast.In, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Sub)
"""What such an expression holds."""
_SMALLER = {"issubset": -1, "issuperset": 0, "startswith": 0, "endswith": 0}
"""Of methods that hold for what is empty: which argument that is, or the object itself."""
_ASSERTED = {"assertLess": 0, "assertLessEqual": 0, "assertGreater": 1, "assertGreaterEqual": 1, "assertIn": 0}
_REDUCED = ("all", "any")
"""Methods of arrays and tables by which nothing, or what is missing, is as it must be."""
_MISSING = {"isna", "isnull", "notna", "notnull", "isnan", "isfinite", "isinf", "duplicated"}
_OF_ITEMS = {"hasnans", "is_unique", "is_monotonic_increasing", "is_monotonic_decreasing"}
"""What a table, or a function of it, says of all its items: nothing is missing from nothing, or stands in it twice."""
HOLDING = {*_SMALLER, *_ASSERTED, *_REDUCED, *_MISSING, *_OF_ITEMS, "sorted", "set"}
"""Names that make such an expression, too."""
_SMALL = {ast.Lt: 0, ast.LtE: 0, ast.Gt: -1, ast.GtE: -1, ast.Sub: 0}
_EMPTY = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_TABLES = {"DataFrame", "Series", "Index", "array"}
_HEADS = {"columns", "dtype", "name"}
"""What is given to make a table beside its items."""
_MAKERS = {"set", "list", "dict", "tuple", "frozenset", "str"}
_AROUND = {*_MAKERS, *HOOKS, "len", "next", "sorted", "bool"}
_EQUAL = re.compile(r"assert(?!Not|Almost)\w{0,20}Equal")
_PLAIN = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.Await)


def is_nothing(value: Any) -> bool:
    """Whether a value is a container or a text that holds nothing, or a table of truths that are missing."""
    if arrays.is_array(value):
        return arrays.says_nothing(value)
    return isinstance(value, Sized) and type(value).__module__ in ("builtins", "collections") and len(value) == 0


class Nothing:
    """Which expressions ask the program of nothing, and so may well be answered by nothing."""

    def __init__(self, nodes: Iterable[ast.AST], direct: set[str]) -> None:
        nodes, self._direct = list(nodes), direct
        bound = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        changed = {root_name(node) for node in nodes if isinstance(node, (ast.Attribute, ast.Subscript))}
        once = {node.id for node in bound} - {one.id for at, one in enumerate(bound) if one.id in _ids(bound[:at])}
        self.empty: set[str] = set()
        """Variables that are empty, and those of what the program was asked of nothing."""
        self.names: set[str] = set()
        for node in nodes:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(target, ast.Name) and target.id in once:
                self.empty |= {target.id} - changed if self._is_empty(node.value) else set()  # type: ignore[attr-defined]
                self.names |= {target.id} if self.is_asked(node.value) else set()  # type: ignore[attr-defined]

    def is_asked(self, node: ast.AST) -> bool:
        """Whether an expression holds an answer to nothing."""
        return any(
            (isinstance(part, ast.Name) and part.id in self.names)
            or (isinstance(part, ast.Call) and root_name(part) in self._direct and any(map(self._is_empty, part.args)))
            for part in walk(node)
        )

    def _is_empty(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self.empty
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _TABLES:
            given = [*node.args, *(word.value for word in node.keywords if word.arg not in _HEADS)]
            return all(map(self._is_empty, given))
        if isinstance(node, ast.Call):
            return getattr(node.func, "id", "") in _MAKERS and not node.args and not node.keywords
        if isinstance(node, ast.Constant):
            return node.value in ("", b"")
        if isinstance(node, ast.Dict) and all(isinstance(one, (*_EMPTY, ast.Call)) for one in node.values):
            return all(map(self._is_empty, node.values))  # columns of a table
        return isinstance(node, _EMPTY) and not _parts(node)


class Claims(ast.NodeTransformer):
    """Hooks such expressions.

    `asks` says whether one hangs on the program and was not asked of nothing; `about`, whether no assert holds it too.
    """

    def __init__(
        self,
        about: Callable[[ast.AST], bool],
        asks: Callable[[ast.AST], bool],
        results: set[str],
        is_fixed: Callable[[ast.expr], bool],
    ) -> None:
        self.about, self.asks, self.results, self.is_fixed = about, asks, results, is_fixed
        self.lines: list[int] = []
        """The line of each hooked expression, by its number."""
        self.defaults: set[int] = set()
        """Numbers of those in which another value stands for whatever is false."""
        self.each: set[int] = set()
        """Numbers of those that must be about something each time."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """What is only printed claims nothing."""
        is_said = getattr(called(node), "id", "") in vars(builtins)
        return node if is_said else self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        first, rest = node.values[0], node.values[1:]
        claims = any(map(self._names, rest))
        if isinstance(node.op, ast.And) or not self.about(first) or not rest:
            return self.generic_visit(node)
        if _asks_for_nothing(first, few=True) and claims and not _are_answers(node.values):
            self.generic_visit(node)
            return self._guarded(node)
        if all(map(_is_value, node.values[:-1])) and self._is_own(rest[-1]):
            self.generic_visit(node)
            both = ast.copy_location(ast.BoolOp(ast.Or(), node.values[:-1]), node)
            asked = both if len(rest) > 1 else node.values[0]
            node.values[:-1] = [self._hook(FILLED, asked)]
            self.defaults.add(len(self.lines) - 1)
            return node
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.BoolOp):
            node.operand = self._bad(node.operand)
        return node

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> ast.AST:
        """`[r != n for n in own if r is not None]`, `[n for n in own if r and r != n]`."""
        compares = any(isinstance(part, ast.Compare) for part in walk(node.elt)) and self._names(node.elt)
        asked = [self.about(one) and _asks_for_one(one) for part in node.generators for one in part.ifs]
        self.generic_visit(node)
        filters = [(part, at) for part in node.generators for at in range(len(part.ifs))]
        for (part, at), asks in zip(filters, asked, strict=True):
            part.ifs[at] = self._bad(part.ifs[at])
            if asks and compares:
                number = self._number(node)
                part.ifs[at] = _both(hook(BEGUN, number, node), part.ifs[at])
                node.elt = _both(hook(SAID, number, node), node.elt)
        return node

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        own = [self._is_own(side) for side in (node.body, node.orelse)]
        claims = [self._names(side) for side in (node.body, node.orelse)]
        about = self.about(node.test)
        self.generic_visit(node)
        if about and any(own) and any(claims):
            number = self._number(node)
            node.test = _both(hook(BEGUN, number, node), node.test)
            side = "body" if claims[0] else "orelse"
            setattr(node, side, _both(hook(SAID, number, node), getattr(node, side)))
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        """`if r is None: return True` where tests compare, `if r is None: r = 9`, `if r and r != 9: bad.append(r)`."""
        way = node.body[0]
        stands_in = isinstance(way, (ast.Return, ast.Assign)) and way.value is not None and self._is_own(way.value)
        about = stands_in and not node.orelse and _asks_for_nothing(node.test) and self.asks(node.test)
        collects = not node.orelse and not any(asserts(one) for part in node.body for one in statements(part))
        inner = way if collects and isinstance(way, ast.If) and not way.orelse and len(node.body) == 1 else None
        nested = inner is not None and self.about(node.test) and _asks_for_one(node.test) and self._names(inner.test)
        self.generic_visit(node)
        if about:
            number = self._number(node)
            node.test = _both(hook(BEGUN, number, node), node.test)
            node.orelse = [ast.copy_location(ast.Expr(hook(SAID, number, node)), node)]
        elif nested and inner is not None:
            number = self._number(node)
            node.test = _both(hook(BEGUN, number, node), node.test)
            inner.test = _both(hook(SAID, number, node), inner.test)
        elif collects:
            node.test = self._bad(node.test)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        one, sides = len(node.ops) == 1, (node.left, node.comparators[0])
        within = one and isinstance(node.ops[0], ast.In) and not isinstance(sides[1], (*_EMPTY, ast.Call))
        itself = one and isinstance(node.ops[0], ast.Eq) and all(map(self.about, sides)) and self._shared(*sides)
        about = within and self.about(node.left) and not self._names(sides[1])
        self.generic_visit(node)
        if about:
            node.left = self._hook(FILLED, node.left)
        elif itself:
            node.left = _Put(itself, self._hook).visit(node.left)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = getattr(node.func, "attr", "")
        at = _SMALLER.get(name, _ASSERTED.get(name)) if isinstance(node.func, ast.Attribute) else None
        if name in _MISSING:
            at = 0 if node.args else -1
        if name in _REDUCED and not any(map(_compares, walk(node.func))):
            at = -1
        small = None if at is None or at >= len(node.args) else node.func.value if at < 0 else node.args[at]  # type: ignore[attr-defined]
        about = small is not None and self.about(small)
        folds = getattr(node.func, "id", "") == "all" and len(node.args) == 1
        sides = node.args[:2] if _EQUAL.fullmatch(name) and all(map(self.about, node.args[:2])) else []
        itself = self._shared(*sides) if len(sides) == 2 else ""
        filters = list(self._filters(node.args[0])) if folds else []
        self.generic_visit(node)
        if about and at is not None:
            if at < 0:
                node.func.value = self._hook(FILLED, node.func.value)  # type: ignore[attr-defined]
            else:
                node.args[at] = self._hook(FILLED, node.args[at])
        if itself:
            node.args[0] = _Put(itself, self._hook).visit(node.args[0])
        for part, where, is_each in filters[:1]:
            number = self._number(node)
            self.each |= {number} if is_each else set()
            part.ifs[where] = self._begun(number, part.ifs[where])
            node.args[0].elt = _both(hook(SAID, number, node), node.args[0].elt)  # type: ignore[attr-defined]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        about = node.attr in _OF_ITEMS and self.about(node.value)
        self.generic_visit(node)
        if about:
            node.value = self._hook(FILLED, node.value)
        return node

    def _filters(self, node: ast.expr) -> Iterator[tuple[ast.comprehension, int, bool]]:
        """Conditions by what the program says, of what `all` is asked; whether each item is to be about something."""
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            for part in node.generators:
                for where, one in enumerate(part.ifs):
                    if self.about(one):
                        yield part, where, self.is_fixed(part.iter) and self._names(node.elt)

    def _begun(self, number: int, node: ast.expr) -> ast.expr:
        """Let it be seen that a condition is come to; of `n > 2 and f(n)`, the first part that the program decides."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            at = next((at for at, one in enumerate(node.values) if self.about(one)), 0)
            node.values.insert(at, hook(BEGUN, number, node))
            return node
        return _both(hook(BEGUN, number, node), node)

    def _bad(self, node: ast.expr) -> ast.expr:
        """`r and r != 9` of what must not be."""
        if not isinstance(node, ast.BoolOp) or not isinstance(node.op, ast.And) or not self.about(node.values[0]):
            return node
        first, rest = node.values[0], node.values[1:]
        if _asks_for_one(first) and any(map(self._names, rest)):
            number = self._number(node)
            node.values = [hook(BEGUN, number, node), first, hook(SAID, number, node), *rest]
        return node

    def _guarded(self, node: ast.BoolOp) -> ast.BoolOp:
        number = self._number(node)
        node.values[0] = _both(hook(BEGUN, number, node), node.values[0])
        node.values[1] = _both(hook(SAID, number, node), node.values[1])
        return node

    def _hook(self, name: str, node: ast.expr) -> ast.expr:
        made = hook(name, self._number(node), node)
        made.args.append(node)  # type: ignore[attr-defined]
        return made

    def _number(self, node: ast.expr | ast.stmt) -> int:
        self.lines.append(node.lineno)
        return len(self.lines) - 1

    def _names(self, node: ast.AST) -> bool:
        return any(isinstance(part, ast.Name) and part.id in self.results for part in walk(node))

    def _is_own(self, node: ast.expr) -> bool:
        """Whether an expression is a value of the tests that is not nothing, and compares nothing."""
        if isinstance(node, ast.Constant):
            return bool(node.value) and node.value is not ...
        if isinstance(node, _EMPTY) and not _parts(node):
            return False
        judges = any(isinstance(part, (ast.Compare, ast.BoolOp, ast.Call)) for part in walk(node))
        return not judges and not self._names(node)

    def _shared(self, left: ast.expr, right: ast.expr) -> str:
        """A variable of what the program said that stands on both sides, where nothing of the tests does."""
        names = [{part.id for part in walk(side) if isinstance(part, ast.Name)} for side in (left, right)]
        calls = [part for side in (left, right) for part in walk(side) if isinstance(part, ast.Call)]
        called_there = {getattr(call.func, "id", "") for call in calls}
        if (names[0] | names[1]) - called_there - self.results - vars(builtins).keys():
            return ""
        return min(names[0] & names[1] & self.results - called_there, default="")


class _Put(ast.NodeTransformer):
    """Hooks the first load of a variable."""

    def __init__(self, name: str, put: Callable[[str, ast.expr], ast.expr]) -> None:
        self.name, self.put, self.done = name, put, False

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id != self.name or self.done:
            return node
        self.done = True
        return self.put(FILLED, node)


def compares_with_itself(node: ast.AST) -> bool:
    """`r == r[::-1]`, as far as a variable on both sides says so."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq):
        return False
    sides = [
        {part.id for part in walk(side) if isinstance(part, ast.Name)} for side in (node.left, node.comparators[0])
    ]
    return not sides[0].isdisjoint(sides[1])


def nothing_of(node: ast.AST) -> ast.expr | None:
    """What there must be none of by an expression: `x` in `not x`, `len(x) == 0`, `next(x, None) is None`."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        said: ast.expr = node.operand
    elif isinstance(node, ast.Compare) and _asks_for_nothing(node):
        said = node.left
    elif isinstance(node, ast.Call) and (name := getattr(node.func, "attr", "")) and node.args:
        other = node.args[1:2] if _EQUAL.fullmatch(name) else []
        none = bool(other) and _asks_for_nothing(ast.Compare(node.args[0], [ast.Eq()], other))
        said = node.args[0] if none or name in ("assertFalse", "assertIsNone") else node
    else:
        return None
    while isinstance(said, ast.Call) and said.args and getattr(said.func, "id", "") in _AROUND:
        said = said.args[-1 if said.func.id in HOOKS else 0]  # type: ignore[attr-defined]
    return said if said is not node else None


def _compares(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) or getattr(node, "attr", "") in METHODS


def small_side(node: ast.expr, op: ast.operator | ast.cmpop) -> ast.expr | None:
    """The side of a comparison or difference that, empty, lets it hold."""
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.left, node.comparators[0])  # type: ignore[attr-defined]
    return sides[_SMALL[type(op)]] if type(op) in _SMALL else None


def _asks_for_nothing(node: ast.expr, few: bool = False) -> bool:
    """`not r`, `r is None`, `r == []`, `len(r) < 1`; with `few` also `len(r) <= 1`."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return False
    left, other = node.left, node.comparators[0]
    while isinstance(left, ast.Call) and getattr(left.func, "id", "") in HOOKS:
        left = left.args[-1]
    if isinstance(other, ast.Constant):
        is_length = isinstance(left, ast.Call) and getattr(left.func, "id", "") == "len"
        least = 1 if isinstance(node.ops[0], ast.Lt) else 0
        is_few = few and isinstance(node.ops[0], (ast.Lt, ast.LtE))
        empty = is_length and (is_few or other.value == least) if type(other.value) is int else not other.value
    else:
        empty = isinstance(other, _EMPTY) and not _parts(other)
    return empty and isinstance(node.ops[0], (ast.Is, ast.Eq, ast.Lt, ast.LtE))


def _asks_for_one(node: ast.expr) -> bool:
    """`r`, `r is not None`."""
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and isinstance(node.ops[0], ast.IsNot)
    return isinstance(node, _PLAIN)


def _is_value(node: ast.expr) -> bool:
    """`r`, `r and r`."""
    return isinstance(node, _PLAIN) or (isinstance(node, ast.BoolOp) and all(map(_is_value, node.values)))


def _are_answers(values: list[ast.expr]) -> bool:
    """Whether `or` stands between things that an answer may be: each compared, as a whole, with data."""
    return all(
        isinstance(one, ast.Compare)
        and len(one.ops) == 1
        and isinstance(one.ops[0], (ast.Is, ast.Eq, ast.In))
        and not any(isinstance(part, ast.Name) for part in walk(one.comparators[0]))
        and isinstance(one.left, (ast.Name, ast.Call))
        and getattr(getattr(one.left, "func", None), "id", "") != "len"
        for one in values
    )


def _both(hooked: ast.expr, node: ast.expr) -> ast.expr:
    """`hooked and node`, which is `node`."""
    return ast.copy_location(ast.BoolOp(ast.And(), [hooked, node]), node)


def _parts(node: ast.AST) -> list[ast.AST]:
    return [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.expr_context)]


def _ids(nodes: list[ast.Name]) -> set[str]:
    return {node.id for node in nodes}
