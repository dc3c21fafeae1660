"""JSON and Python literals read without evaluating anything: lists, tuples, dictionaries, strings, numbers, names."""

from __future__ import annotations

import ast
import json
from typing import Any

from assay.literals import pyvalue

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
    return _value(pyvalue.expression(text))


def _value(node: ast.expr | None, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    if isinstance(node, ast.Name) and node.id.lower() in _NAMES:
        return _NAMES[node.id.lower()]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return pyvalue.value_of(node)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(part, depth + 1) for part in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return _unique([(_value(key, depth + 1), _value(value, depth + 1)) for key, value in pairs])
    raise ValueError("not a literal")


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    if any(isinstance(key, list | dict) for key, _ in pairs):
        raise ValueError("a key is a plain value")
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is given twice")
    return made
