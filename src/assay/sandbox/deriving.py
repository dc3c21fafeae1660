"""Classes of the tests that derive from one of the candidate are made in its process, where `super()` asks too."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any


def super_of(*given: Any) -> Any:
    """`super` for tests."""
    if not given:
        caller = sys._getframe(1)
        names = caller.f_locals
        if "__class__" not in names or not caller.f_code.co_argcount:
            raise RuntimeError("super(): no class, or no arguments")
        given = names["__class__"], names[caller.f_code.co_varnames[0]]
    if len(given) == 2 and _is_proxy(given[0]):
        return _Super(*given)
    return super(*given)


def _is_proxy(value: Any) -> bool:
    return hasattr(type(value), "_assay_handle")


class _Deriving(type):
    """The class of what a class statement of the tests makes of a class of the candidate: another of the candidate."""

    def __new__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any], **more: Any) -> Any:
        given = members.get("__orig_bases__")
        if given is None:
            return super().__new__(cls, name, bases, members)
        client = next(base._assay_client for base in given if _is_proxy(base))
        ways = {key: type(value).__name__ for key, value in members.items() if type(value) in _WRAPPED}
        told = {key: _WRAPPED[type(value)](value) if key in ways else value for key, value in members.items()}
        told = {key: value for key, value in told.items() if key not in _OF_STATEMENTS}
        made = client.ask({"op": "derive", "name": name, "a": client.pack((tuple(given), told, more)), "as": ways})
        if not _is_proxy(made):
            raise TypeError(f"the program makes no class of {name}")
        if "__classcell__" in members:
            members["__classcell__"].cell_contents = made
        client.named.add(name)
        client.operands.add(name)
        return client.mean(made)


class Derivable(metaclass=_Deriving):
    """Stands for the candidate's class among the bases."""


_OF_STATEMENTS = {"__module__", "__qualname__", "__orig_bases__", "__firstlineno__", "__static_attributes__"}
_OF_STATEMENTS |= {"__classcell__"}
_WRAPPED: dict[type, Callable[[Any], Any]] = {
    staticmethod: lambda member: member.__func__,
    classmethod: lambda member: member.__func__,
    property: lambda member: (member.fget, member.fset, member.fdel),
    cached_property: lambda member: member.func,
}
"""Functions within members of a class that are more than a function."""


class _Super:
    """`super()` in a method of a class that the tests derive from one of the candidate's."""

    def __init__(self, kind: Any, instance: Any) -> None:
        object.__setattr__(self, "of", (kind, instance))

    def __getattribute__(self, name: str) -> Any:
        kind, instance = object.__getattribute__(self, "of")
        client = kind._assay_client
        asked = {"op": "super", "h": kind._assay_handle, "name": name, "a": client.pack((instance,))}
        return client.mean(client.ask(asked))
