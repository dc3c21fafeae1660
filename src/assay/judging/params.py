"""Typed parameters of a verifier: a frozen dataclass whose annotations are checked when a row is read.

Unknown names and values of another type raise `ValueError` with the key and the reason. (pydantic would add a quarter
of a second to the start of every worker process.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import NoneType, UnionType
from typing import Any, Literal, Self, Union, get_args, get_origin, get_type_hints

from assay.errors import did_you_mean


@dataclass(frozen=True)
class Params:
    """Base of the parameters of a verifier; without fields, it takes none.

    Example:
        >>> @dataclass(frozen=True)
        ... class Rounding(Params):
        ...     digits: int = 2
        >>> Rounding.parse({"digits": "two"})
        Traceback (most recent call last):
        ...
        ValueError: parameter 'digits' is a whole number, not 'two'
    """

    @classmethod
    def names(cls) -> list[str]:
        """Names of the parameters."""
        return list(_kinds(cls))

    @classmethod
    def parse(cls, given: Mapping[str, Any], within: str = "") -> Self:
        """The parameters of a JSON object. Raises `ValueError` with the key and the reason."""
        kinds = _kinds(cls)
        for name in given:
            if name not in kinds:
                hint = did_you_mean(str(name), kinds) if kinds else "; it takes none"
                raise ValueError(f"no parameter {within + str(name)!r}{hint}")
        return cls(**{name: _read(kinds[name], value, within + name) for name, value in given.items()})


_read_kinds: dict[Any, dict[str, Any]] = {}


def _kinds(kind: type[Params]) -> dict[str, Any]:
    """Name -> annotation of each parameter, read once a class."""
    if kind not in _read_kinds:
        hints = get_type_hints(kind)
        _read_kinds[kind] = {field.name: hints[field.name] for field in fields(kind)}
    return _read_kinds[kind]


def _read(kind: Any, value: Any, name: str) -> Any:
    options = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    for option in options:
        if isinstance(option, type) and issubclass(option, Params):
            if isinstance(value, Mapping):
                return option.parse(value, f"{name}.")
        elif _fits(option, value):
            return value
    raise ValueError(f"parameter {name!r} is {' or '.join(map(_named, options))}, not {value!r}"[:300])


def _fits(kind: Any, value: Any) -> bool:
    if get_origin(kind) is Literal:
        return any(value == choice and type(value) is type(choice) for choice in get_args(kind))
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    if kind in (bool, int):
        return type(value) is kind
    return isinstance(value, get_origin(kind) or kind)


def _named(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(repr(choice) for choice in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Params):
        return f"an object with {', '.join(repr(name) for name in kind.names())}"
    names = {bool: "true or false", int: "a whole number", float: "a finite number", str: "text", NoneType: "null"}
    return names.get(kind) or {list: "a list", dict: "an object"}.get(get_origin(kind) or kind, str(kind))


@dataclass(frozen=True)
class AnswerParams(Params):
    """What every verifier of answers takes."""

    take: Literal["last", "first"] = "last"
    """Which claim counts: the last, or the first (few-shot evaluation of base models that run on)."""
