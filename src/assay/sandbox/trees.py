"""Syntax trees of tests: walking their statements, what a statement asserts, names and changes, and new nodes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
DISPLAYS = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.Lambda)
DEFS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOAD = ast.Load()


def claims(node: ast.AST) -> bool:
    """Whether a node asserts: `assert`, `raise`, or a call such as `numpy.testing.assert_allclose(...)`."""
    return isinstance(node, (ast.Assert, ast.Raise)) or is_assertion(node)


def is_assertion(node: ast.AST) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    called = call.func if isinstance(call, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name.startswith("assert")


def named_call(name: str, argument: ast.expr, at: ast.expr | ast.stmt) -> ast.expr:
    place = {"lineno": at.lineno, "col_offset": at.col_offset}
    return ast.Call(ast.Name(name, _LOAD, **place), [argument], [], **place)


def numbered_call(name: str, number: int, at: ast.stmt) -> ast.expr:
    return named_call(name, ast.Constant(number, lineno=at.lineno, col_offset=at.col_offset), at)


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in _BLOCKS:
        part = getattr(node, name, None)
        if isinstance(part, list):
            yield part


def statements(node: ast.AST, deep: bool = False) -> Iterator[ast.AST]:
    """A statement and all within it; only if `deep` what the functions and classes hold that it defines."""
    yield node
    if deep or not isinstance(node, DEFS):
        for block in blocks(node):
            for inner in block:
                yield from statements(inner, deep)


def called(node: ast.stmt) -> str:
    """`check` in `check(...)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    return call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""


def stays_first(node: ast.stmt) -> bool:
    """A docstring, and an import from the future."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def imported(tree: ast.AST) -> set[str]:
    found = (node for node in statements(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return {(alias.asname or alias.name).split(".")[0] for node in found for alias in node.names}


def sets(node: ast.stmt) -> set[str]:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    names |= {n.name for n in statements(node) if isinstance(n, DEFS)}
    return names | imported(node)


def changed(node: ast.AST) -> Iterator[str]:
    """Names of what a statement is to change: `s` and `x` in `s.push(x)`, `l` in `f(l)`; an assert changes nothing."""
    value = getattr(node, "value", None)
    if not isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign)) or value is None:
        return
    for call in (part for part in ast.walk(value) if isinstance(part, ast.Call)):
        if isinstance(call.func, ast.Attribute):
            yield root(call.func)
        if isinstance(node, ast.Expr):
            yield from (arg.id for arg in call.args if isinstance(arg, ast.Name))


def spot(node: ast.expr, roots: set[str]) -> ast.expr | None:
    """The first outermost call of the candidate in an expression; long literals are not searched."""
    stack: list[ast.AST] = [node]
    while stack:
        found = stack.pop()
        if isinstance(found, DISPLAYS):
            continue
        if isinstance(found, ast.Call) and root(found) in roots:
            return found
        stack += reversed(list(ast.iter_child_nodes(found)))
    return None


def root(node: ast.expr) -> str:
    """`Stack` in `Stack(1).pop()`."""
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def wrap(top: ast.AST, inner: ast.expr, name: str) -> None:
    """Replace a part of an expression by a call that gets it and returns it."""
    stack = [top]
    while stack:
        node = stack.pop()
        for key, value in ast.iter_fields(node):
            if value is inner:
                setattr(node, key, named_call(name, inner, inner))
                return
            if isinstance(value, list):
                for at, item in enumerate(value):
                    if item is inner:
                        value[at] = named_call(name, inner, inner)
                        return
            children = value if isinstance(value, list) else [value]
            stack += [c for c in children if isinstance(c, ast.AST) and not isinstance(c, DISPLAYS)]
