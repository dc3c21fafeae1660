"""Python and JSON literals as data: read without running anything, compared without Python's conveniences.

`1`, `1.0` and `True` are three values here, a tuple is no list, NaN equals NaN; quotes, spacing and the order of a set
or dictionary do not matter. `read_literal` takes JSON and Python mixed, as responses do.
"""

from __future__ import annotations

import ast
import json
from typing import Any

from assay.literals import syntax

MAX_TEXT = 100_000
"""Characters of the longest literal."""
_MAX_DEPTH = 100
MAX_SAME_HASH = 64
"""How many keys of a set or dictionary may have one hash."""
_SEQUENCES: dict[type, Any] = {ast.List: list, ast.Tuple: tuple}
_CONSTRUCTORS: dict[str, Any] = {
    kind.__name__: kind for kind in (set, frozenset, dict, list, tuple, bytearray, bytes, float, complex)
}
_NOT_FINITE = {"inf": float("inf"), "nan": float("nan"), "Infinity": float("inf"), "NaN": float("nan")}
"""As Python prints these numbers, as `math` and numpy call them, and as JSON writes them."""


class NotALiteral(ValueError):
    """Text that is not a literal; the message says why."""


def expression(text: str) -> ast.expr:
    """The syntax tree of one expression. Raises `NotALiteral`."""
    if len(text) > MAX_TEXT:
        raise NotALiteral(f"more than {MAX_TEXT} characters")
    tree = syntax.tree(text.strip(), "eval")
    if not isinstance(tree, ast.Expression):
        raise NotALiteral("not a Python literal")
    return tree.body


def parse(text: str) -> Any:
    """The value of a literal. Raises `NotALiteral`.

    Example:
        >>> parse("[1, 'a', {2: float('inf')}]")
        [1, 'a', {2: inf}]
    """
    return value_of(expression(text))


def value_of(node: ast.expr, depth: int = 0) -> Any:
    """The value of a literal's tree: constants, displays, signs and a few constructors. Raises `NotALiteral`."""
    if depth > _MAX_DEPTH:
        raise NotALiteral(f"nested more than {_MAX_DEPTH} deep")
    if isinstance(node, ast.Constant):
        return node.value
    if (number := _NOT_FINITE.get(_dotted(node))) is not None:
        return number
    try:
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            items = [value_of(item, depth + 1) for item in node.elts]
            return set(_spread(items)) if isinstance(node, ast.Set) else _SEQUENCES[type(node)](items)
        if isinstance(node, ast.Dict):
            keys = _spread([_key(key, depth) for key in node.keys])
            return dict(zip(keys, [value_of(value, depth + 1) for value in node.values], strict=True))
        if isinstance(node, (ast.UnaryOp, ast.BinOp)):
            return _signed(node, depth)
        if isinstance(node, ast.Call):
            return _constructed(node, depth)
    except (TypeError, ValueError, OverflowError) as bad:
        raise NotALiteral(str(bad)) from None
    raise NotALiteral(f"not a literal: it holds {type(node).__name__}")


def _dotted(node: ast.expr) -> str:
    """`inf`, and `inf` of `math.inf`; empty for what is no such name."""
    if isinstance(node, ast.Attribute):
        return node.attr if isinstance(node.value, ast.Name) and node.value.id in ("math", "np", "numpy") else ""
    return node.id if isinstance(node, ast.Name) else ""


def _key(node: ast.expr | None, depth: int) -> Any:
    if node is None:
        raise NotALiteral("not a literal: it unpacks a dictionary")
    return value_of(node, depth + 1)


def _signed(node: ast.UnaryOp | ast.BinOp, depth: int) -> Any:
    if isinstance(node, ast.UnaryOp):
        value = value_of(node.operand, depth + 1)
        if type(value) in (int, float, complex) and isinstance(node.op, (ast.UAdd, ast.USub)):
            return value if isinstance(node.op, ast.UAdd) else -value
    else:
        left, right = value_of(node.left, depth + 1), value_of(node.right, depth + 1)
        if type(left) in (int, float) and type(right) is complex and isinstance(node.op, (ast.Add, ast.Sub)):
            return left + right if isinstance(node.op, ast.Add) else left - right
    raise NotALiteral("not a literal: it computes")


def _constructed(node: ast.Call, depth: int) -> Any:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _CONSTRUCTORS or node.keywords or len(node.args) > 1:
        raise NotALiteral("not a literal: it calls something")
    args = [value_of(arg, depth + 1) for arg in node.args]
    if name in ("bytes", "bytearray") and args and isinstance(args[0], int):
        raise NotALiteral("not a literal: it computes")
    if args and name in ("set", "frozenset", "dict"):
        _spread([pair[0] for pair in args[0]] if name == "dict" and not isinstance(args[0], dict) else [*args[0]])
    return _CONSTRUCTORS[name](*args)


def _spread(keys: list[Any]) -> list[Any]:
    """The keys. Raises `NotALiteral` where many that differ were chosen to have one hash, which makes a table slow."""
    hashes = sorted(map(hash, keys))
    common = next((one for one, later in zip(hashes, hashes[MAX_SAME_HASH:], strict=False) if one == later), None)
    alike = [key for key in keys if hash(key) == common] if common is not None else []
    if any(key != alike[0] for key in alike):
        raise NotALiteral("its keys were chosen to have one hash")
    return keys


def same(left: Any, right: Any) -> bool:
    """Whether two plain values are equal in type and content."""
    try:
        return bool(_frozen(left) == _frozen(right))
    except RecursionError:
        return False


def _frozen(value: Any) -> Any:
    kind = type(value)
    if kind is float and value != value:
        return (float, "nan")
    if kind in (list, tuple):
        return (kind, tuple(_frozen(item) for item in value))
    if kind in (set, frozenset):
        return (kind, frozenset(_frozen(item) for item in value))
    if isinstance(value, dict):
        return (dict, frozenset((_frozen(k), _frozen(v)) for k, v in value.items()))
    return (kind, value)


def as_json(value: Any) -> Any:
    """A value as JSON would keep it: tuples and sets of one order become lists, keys become strings."""
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {
            k if isinstance(k, str) else json.dumps(k) if _is_key(k) else repr(k): as_json(v) for k, v in value.items()
        }
    return value


def _is_key(key: Any) -> bool:
    return key is None or isinstance(key, (bool, int, float))


MAX_DEPTH = 40
_NAMES = {"true": True, "false": False, "none": None, "null": None}


def read_literal(text: str) -> Any:
    """The value of a JSON or Python literal. Raises `ValueError` on anything else, or deeper than `MAX_DEPTH`."""
    text = text.strip()
    try:
        return json.loads(text, strict=False, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        if text[:1] not in tuple("[({\"'"):
            raise ValueError("not a literal") from None
    return _value(expression(text))


def _value(node: ast.expr | None, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    if isinstance(node, ast.Name) and node.id.lower() in _NAMES:
        return _NAMES[node.id.lower()]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return value_of(node)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(part, depth + 1) for part in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return _unique([(_value(key, depth + 1), _value(value, depth + 1)) for key, value in pairs])
    raise ValueError("not a literal")


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    if any(isinstance(key, list | dict) for key, _ in pairs):
        raise ValueError("a key is a plain value")
    _spread([key for key, _ in pairs])
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is given twice")
    return made
