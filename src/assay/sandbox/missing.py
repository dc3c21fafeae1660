"""Whether tests mean NaN, or what pandas calls missing: they write it, or ask for it but to say that there is none.

`r.isna().sum() == 0` and `not np.isnan(r).any()` say that nothing is missing, so what is compared beside them is not to
be missing either. What only a comment or a message says means nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_WORDS = re.compile(r"(?i)(?:is_?|equal_)?nan|isna|notna|isnull|notnull|isfinite|fillna|dropna|hasnans")
_ARE = ("isna", "isnull", "isnan", "is_nan", "hasnans")
_ARE_NOT = ("notna", "notnull", "isfinite")
_FOLDS = {
    True: ("all", "bool", "item", "to_numpy", "tolist", "list"),
    False: ("any", "sum", "max", "bool", "int", "item", "to_numpy", "tolist", "list"),
}
"""What says of a table that something holds of all of it, or of nothing in it."""


def is_meant(nodes: list[ast.AST]) -> bool:
    """Whether one of these nodes of tests speaks of what is missing, and none of them says that there is nothing."""
    silent = {id(part) for node in nodes for part in _said(node)}
    denied = {id(part) for node in nodes for part in _denied_by(node)}
    return any(_speaks(node) and id(node) not in silent | denied for node in nodes)


def _speaks(node: ast.AST) -> bool:
    word = getattr(node, "attr", getattr(node, "id", getattr(node, "arg", getattr(node, "value", None))))
    return isinstance(word, str) and len(word) < 40 and _WORDS.match(word) is not None


def _said(node: ast.AST) -> list[ast.AST]:
    """Text that nothing is done with."""
    if isinstance(node, ast.Assert) and node.msg is not None:
        return [node.msg]
    return [node.value] if isinstance(node, ast.Expr) else []


def _denied_by(node: ast.AST) -> Iterator[ast.AST]:
    """Questions for what is missing, of which a statement says that there is nothing."""
    if isinstance(node, ast.Assert):
        yield from _denied(node.test, True)
    elif isinstance(node, ast.Call) and (name := getattr(node.func, "attr", "")).startswith("assert") and node.args:
        if name in ("assertTrue", "assertFalse"):
            yield from _denied(node.args[0], name == "assertTrue")
        elif name == "assertEqual" and len(node.args) > 1:
            yield from _denied(ast.Compare(node.args[0], [ast.Eq()], node.args[1:2]), True)


def _denied(node: ast.AST, holds: bool) -> Iterator[ast.AST]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _denied(node.operand, not holds)
    elif isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from _denied(part, holds)
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.Is)):
        other = node.comparators[0]
        if isinstance(other, ast.Constant) and other.value in (0, 1):
            yield from _denied(node.left, holds == bool(other.value))
    else:
        yield from _asked(node, holds)


def _asked(node: ast.AST, holds: bool) -> Iterator[ast.AST]:
    if isinstance(node, ast.GeneratorExp):
        yield from _denied(node.elt, holds)
    elif isinstance(node, ast.Attribute):
        yield from [node] if node.attr in _ARE and not holds else _denied(node.value, holds)
    elif isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in (_ARE_NOT if holds else _ARE):
            yield node.func
        elif name in _FOLDS[holds]:
            of = node.args[0] if node.args else getattr(node.func, "value", None)
            yield from _denied(of, holds) if of is not None else ()
