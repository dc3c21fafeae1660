"""Expressions that cannot reach anything but their own data: a white list of syntax, for predicted inputs.

Some inputs are not literals (`range(3)`, `'a b'.split()`, `lambda x: x < 2`). Such an expression may run beside the
reference program, in the sandbox, because nothing in it can name, patch or walk to anything of that program.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

FUNCTIONS = (
    "abs bool bytearray bytes chr complex dict float frozenset int len list max min ord range reversed set sorted str "
    "sum tuple zip"
)
_NODES = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Subscript, ast.Slice, ast.Compare, ast.cmpop),
    *(ast.BoolOp, ast.boolop, ast.UnaryOp, ast.unaryop, ast.BinOp, ast.operator, ast.IfExp, ast.expr_context),
    *(ast.arguments, ast.arg, ast.keyword),
)
_REFUSED_METHODS = ("format", "format_map")


def is_pure_call(node: ast.Call, variables: Collection[str]) -> bool:
    """Whether the arguments only compute with their own data; `variables` of the program may be read, not called on.

    A method of a lambda's parameter changes whatever the lambda is handed, so beside a lambda no variable is read.
    """
    if any(isinstance(part, ast.Lambda) for part in ast.walk(node)):
        variables = ()
    return all(_is_pure(part, variables) for part in (*node.args, *node.keywords))


def _is_pure(node: ast.AST, variables: Collection[str], parameters: frozenset[str] = frozenset()) -> bool:
    if isinstance(node, ast.Name):
        return node.id in parameters or node.id in variables
    if isinstance(node, ast.Lambda):
        parameters = parameters | {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
    elif isinstance(node, ast.Call):
        return _is_pure_call(node, variables, parameters)
    elif not isinstance(node, _NODES) or (isinstance(node, ast.keyword) and node.arg is None):
        return False
    return all(_is_pure(child, variables, parameters) for child in ast.iter_child_nodes(node))


def _is_pure_call(node: ast.Call, variables: Collection[str], parameters: frozenset[str]) -> bool:
    function = node.func
    if isinstance(function, ast.Name):
        known = function.id in FUNCTIONS.split() and function.id not in parameters
    elif isinstance(function, ast.Attribute):
        hidden = function.attr.startswith("_") or function.attr in _REFUSED_METHODS
        known = not hidden and _is_pure(function.value, (), parameters)
    else:
        known = False
    return known and all(_is_pure(part, variables, parameters) for part in (*node.args, *node.keywords))
