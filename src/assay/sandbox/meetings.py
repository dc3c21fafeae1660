"""Which names of the program meet in tests: one is given what another has answered, or is compared with it.

`assert is_same(f(1), 2)` asks the program twice, and lets it judge itself. So two of its names may meet only where the
row asks for both. To build what a function is given (`depth(Node(1))`) is no answer, and a class alone is none either.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from itertools import pairwise

from assay.sandbox import mixing
from assay.sandbox.trees import walk

_JUDGED = (ast.Assert, ast.If, ast.While, ast.IfExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def meeting(nodes: list[ast.AST], names: Set[str]) -> set[frozenset[str]]:
    """Pairs of the program's `names` that meet in the tests' nodes."""
    return _Answers(nodes, names).pairs if len(names) > 1 else set()


class _Answers:
    """Whose answers are in what: variables of the tests are followed, and functions that they are given to."""

    def __init__(self, nodes: list[ast.AST], names: Set[str]) -> None:
        self.names = names
        self.of: dict[str, set[str]] = {}
        """Names of the program whose answers a variable of the tests holds."""
        self.returned: dict[str, set[str]] = {}
        """The same of what functions of the tests return."""
        self.made: dict[str, set[str]] = {}
        """Names of the classes of the program of which a variable holds an object."""
        self.pairs: set[frozenset[str]] = set()
        called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        self.values = names - called
        """Names that are never called: what the program says by them stands still."""
        self.own = {node.name: node for node in nodes if isinstance(node, _FUNCTIONS)}
        bindings = list(_bindings(nodes))
        definitions = [node for node in nodes if isinstance(node, _FUNCTIONS)]
        grown = -1
        while (size := sum(map(len, (*self.of.values(), *self.made.values(), *self.returned.values())))) > grown:
            grown = size
            for keys, value in bindings:
                for key in keys:
                    self.of.setdefault(key, set()).update(self.answers(value))
                    self.made.setdefault(key, set()).update(self._objects(value))
            for made in definitions:
                said = (self.answers(part) for part in walk(made) if isinstance(part, (ast.Call, ast.Return)))
                self.returned.setdefault(made.name, set()).update(*said)
        for node in nodes:
            self._look(node)

    def answers(self, node: ast.AST) -> set[str]:
        """Names of the program whose answers are in an expression."""
        if isinstance(node, ast.Name):
            is_value = node.id in self.names and not _is_class(node.id)
            return self.of.get(node.id, set()) | self.returned.get(node.id, set()) | ({node.id} if is_value else set())
        found = set().union(*map(self.answers, ast.iter_child_nodes(node)))
        if isinstance(node, ast.Attribute):
            return found | self.of.get(_key(node), set()) | self._objects(node.value)
        parts = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
        return found.union(*map(self._objects, parts))

    def _objects(self, node: ast.AST) -> set[str]:
        """Names of the classes of the program of which this is a new object, or a variable that holds one."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return {node.func.id} & self.names
        return self.made.get(_key(node), set())

    def _look(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            sides = [self.answers(part) for part in (*node.args, *node.keywords)]
            self._meet(self._called(node.func).union(*map(self._handed, node.args)), set().union(*sides))
            self._meet(set().union(*sides) & self.values, set().union(*sides))
        elif isinstance(node, ast.Compare):
            sides = [self.answers(side) for side in (node.left, *node.comparators)]
            for left, right in pairwise(sides):
                self._meet(left, right)
        elif isinstance(node, ast.BinOp):
            left, right = self.answers(node.left), self.answers(node.right)
            is_distance = isinstance(node.op, ast.Sub)
            self._meet(left if is_distance else left | right, right if is_distance else (left | right) & self.values)
        elif isinstance(node, (ast.IfExp, ast.BoolOp)) and not isinstance(getattr(node, "op", None), ast.And):
            sides = [self.answers(part) for part in ast.iter_child_nodes(node)]
            self._meet(set().union(*sides), set().union(*sides))
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            for mark in node.decorator_list:
                self._meet(self._called(mark), self.returned.get(node.name, set()))
        for says in _said(node):
            sides = [self.answers(part) for part in (*says.args, *(word.value for word in says.keywords))]
            for at, side in enumerate(sides):
                self._meet(side, set().union(*sides[at + 1 :]))

    def _called(self, node: ast.AST) -> set[str]:
        """Names of the program that answer a call of this."""
        if isinstance(node, ast.Name):
            return {node.id} & self.names | self.of.get(node.id, set())
        if isinstance(node, ast.Call):
            return self._called(node.func).union(*map(self._handed, node.args))
        if isinstance(node, ast.Lambda):
            return self._handed(node)
        if isinstance(node, ast.Subscript):
            return self.answers(node.value)
        return self._objects(node.value) | self._called(node.value) if isinstance(node, ast.Attribute) else set()

    def _handed(self, node: ast.AST) -> set[str]:
        """Names of the program that may answer where a function is handed on: those that one of the tests' calls."""
        inner = self.own.get(node.id) if isinstance(node, ast.Name) else node if isinstance(node, ast.Lambda) else None
        if inner is None:
            return self._called(node) if isinstance(node, ast.Name) else set()
        return set().union(*(self._called(part.func) for part in walk(inner) if isinstance(part, ast.Call)))

    def _meet(self, some: set[str], others: set[str]) -> None:
        self.pairs |= {frozenset((one, other)) for one in some for other in others if one != other}


def _said(node: ast.AST) -> Iterator[ast.Call]:
    """Calls whose truth decides, or that assert: `allclose(a, b)` in `assert not allclose(a, b)`."""
    stack = [node.test] if isinstance(node, _JUDGED) else [node.value] if isinstance(node, ast.Expr) else []
    while stack:
        part = stack.pop()
        if isinstance(part, ast.BoolOp):
            stack += part.values
        elif isinstance(part, ast.UnaryOp):
            stack.append(part.operand)
        elif (isinstance(part, ast.Call) and not isinstance(node, ast.Expr)) or (
            isinstance(part, ast.Call) and "assert" in getattr(part.func, "attr", getattr(part.func, "id", ""))
        ):
            yield part


def _bindings(nodes: list[ast.AST]) -> Iterator[tuple[set[str], ast.AST]]:
    """Variables, among them attributes of `self`, and what they are set from."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            targets = [part for target in node.targets for part in getattr(target, "elts", [target])]
            values = node.value.elts if isinstance(node.value, (ast.Tuple, ast.List)) else []
            apart = len(values) == len(targets) > 1
            yield from (({_key(t)}, values[at] if apart else node.value) for at, t in enumerate(targets))
        elif isinstance(node, (ast.For, ast.comprehension)) and (rows := _rows(node)):
            yield from (({_key(t)}, ast.Tuple([row[at] for row in rows])) for at, t in enumerate(node.target.elts))  # type: ignore[attr-defined]
    others = mixing.bound_to(node for node in nodes if not isinstance(node, ast.Assign) and not _rows(node))
    yield from ((names - {"self", "cls"}, value) for names, value in others)
    yield from mixing.given_to(nodes)


def _rows(node: ast.AST) -> list[list[ast.expr]]:
    """What a loop over written rows gives its variables."""
    if not isinstance(node, (ast.For, ast.comprehension)) or not isinstance(node.target, ast.Tuple):
        return []
    rows = [getattr(row, "elts", []) for row in getattr(node.iter, "elts", [])]
    return rows if all(len(row) == len(node.target.elts) for row in rows) else []


def _key(node: ast.AST) -> str:
    """`x`, or `self.x`; of an entry of these, the same."""
    while isinstance(node, (ast.Subscript, ast.Starred)):
        node = node.value
    if isinstance(node, ast.Attribute):
        return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""
    return node.id if isinstance(node, ast.Name) else ""


def _is_class(name: str) -> bool:
    return name[0].isupper() and (len(name) == 1 or not name.isupper())
