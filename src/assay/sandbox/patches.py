"""What tests put in the place of Python's own: a standard stream, `input`, `print`, a clock, the environment.

The tests replace it in their process. The program's process puts what stands there in the same place while it answers
a question, and what was there back afterwards.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

Place = tuple[str, str]
"""A module of Python's own and a name in it."""
_USUAL = {
    *[("sys", name) for name in ("stdin", "stdout", "stderr", "argv")],
    ("builtins", "input"),
    ("builtins", "print"),
}
_ENVIRONMENT = ("os", "environ")


class Watch:
    """Places that tests may change, and what stood there before they began."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        named = (place for node in nodes for place in _named(node))
        places = {*_USUAL, *(place for place in named if place[0].partition(".")[0] in sys.stdlib_module_names)}
        if any(getattr(n, "attr", getattr(n, "id", "")) in ("environ", "setenv", "delenv") for n in nodes):
            places.add(_ENVIRONMENT)
        self.before = {place: _value(place) for place in sorted(places)}

    def changed(self) -> Iterator[tuple[Place, Any]]:
        for place, before in self.before.items():
            value = _value(place)
            if value is not before and not (place == _ENVIRONMENT and value == before):
                yield place, value


def _named(node: ast.AST) -> Iterator[Place]:
    """Places that a statement sets, or a call of `patch` names."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.value.id, node.attr
    if isinstance(node, ast.Call) and "patch" in ast.unparse(node.func):
        texts = (getattr(part, "value", None) for part in node.args[:2])
        given = [t if isinstance(t, str) else ast.unparse(p) for t, p in zip(texts, node.args[:2], strict=True)]
        if given and isinstance(node.args[0], ast.Constant):
            home, _, name = given[0].rpartition(".")
            yield home, name
        elif len(given) == 2:
            yield given[0], given[1]


def _value(place: Place) -> Any:
    if place == _ENVIRONMENT:
        return dict(os.environ)
    home = sys.modules.get(place[0])
    return None if home is None else getattr(home, place[1], None)


@contextlib.contextmanager
def applied(patched: Iterable[tuple[str, str, Any]]) -> Iterator[None]:
    """Within the block, these values stand in these places."""
    before: list[tuple[Any, str, Any]] = []
    environment = dict(os.environ)
    try:
        for home, name, value in patched:
            if (home, name) == _ENVIRONMENT:
                _set_environment(value)
            else:
                module = importlib.import_module(home)
                before.append((module, name, getattr(module, name, None)))
                setattr(module, name, value)
        yield
    finally:
        for module, name, value in reversed(before):
            setattr(module, name, value)
        if any(place[:2] == _ENVIRONMENT for place in patched):
            _set_environment(environment)


def _set_environment(values: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(values)
