"""Values of Python's modules that are written as plain data, and made again of it: addresses, views, namespaces."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import MappingProxyType, SimpleNamespace
from typing import Any

_TEXTS = ["uuid.UUID", "zoneinfo.ZoneInfo"]
_TEXTS += [f"ipaddress.IPv{version}{kind}" for version in "46" for kind in ("Address", "Network", "Interface")]
_WAYS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "types.SimpleNamespace": (lambda value: dict(vars(value)), lambda told: SimpleNamespace(**told)),
    "builtins.dict_keys": (list, lambda told: dict.fromkeys(told).keys()),
    "builtins.dict_values": (list, lambda told: dict(enumerate(told)).values()),
    "builtins.dict_items": (dict, lambda told: dict(told).items()),
    "builtins.mappingproxy": (dict, lambda told: MappingProxyType(dict(told))),
    "builtins.slice": (lambda value: (value.start, value.stop, value.step), lambda told: slice(*told)),
    "array.array": (lambda value: (value.typecode, value.tolist()), lambda told: _class("array.array")(*told)),
    "collections.ChainMap": (
        lambda value: tuple(map(dict, value.maps)),
        lambda told: _class("collections.ChainMap")(*map(dict, told)),
    ),
}
_BUILTINS: dict[type, str] = {
    MappingProxyType: "builtins.mappingproxy",
    SimpleNamespace: "types.SimpleNamespace",
    slice: "builtins.slice",
}
_BUILTINS |= {type(getattr({}, name)()): f"builtins.dict_{name}" for name in ("keys", "values", "items")}


def packed(value: Any, kind: type, encode: Callable[[Any], Any]) -> Any:
    """The body of such a value; `None` for any other."""
    place = _BUILTINS.get(kind) or f"{kind.__module__}.{kind.__name__}"
    if place not in {*_TEXTS, *_WAYS} or (kind not in _BUILTINS and _class(place, imported=True) is not kind):
        return None
    return {"as": [place, encode(str(value) if place in _TEXTS else _WAYS[place][0](value))]}


def unpacked(place: str, told: Any) -> Any:
    """Such a value. Raises `KeyError`, `ValueError` or `TypeError` on what is none."""
    return _class(place)(str(told)) if place in _TEXTS else _WAYS[place][1](told)


def _class(place: str, imported: bool = False) -> Any:
    home, _, name = place.rpartition(".")
    module = sys.modules.get(home) if imported else importlib.import_module(home)
    return getattr(module, name, None)
