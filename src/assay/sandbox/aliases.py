"""Which objects of a call's arguments can change: numbered alike on both sides, so that each of them stays one object.

A result that is, or holds, such an object crosses as its number, and what a call has changed crosses with the result.
An object that stands in the arguments twice is two on the candidate's side, unless it is an instance of a value class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container
from typing import Any

_CONTAINERS = (list, dict, set, deque, bytearray)
MOST_LENT = 1000
"""Entries of a container that is looked at for changes before each question."""


def changeable(value: Any, classes: Container[str]) -> list[Any]:
    """The objects in a value that can change, in an order that a copy of the value has too."""
    found: list[Any] = []
    seen: set[int] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind.__name__ in classes:
            if id(item) in seen:
                continue
            seen.add(id(item))
            inner: list[Any] = list(attributes(item).values())
        elif isinstance(item, dict):
            inner = list(item.values())
        else:
            inner = list(item) if isinstance(item, (list, tuple, deque)) else []
        if not isinstance(item, tuple) or kind.__name__ in classes:
            found.append(item)
        stack += [
            part
            for part in inner
            if isinstance(part, (*_CONTAINERS, tuple)) or _is_array(part) or type(part).__name__ in classes
        ]
    return found


def attributes(value: Any) -> dict[str, Any]:
    """The state of an instance: its dictionary, and its slots."""
    slots = [s for c in type(value).__mro__ for s in c.__dict__.get("__slots__", ()) if hasattr(value, s)]
    return {**getattr(value, "__dict__", {}), **{s: getattr(value, s) for s in slots if not s.startswith("__")}}


def is_lent(value: Any) -> bool:
    """Whether an attribute is a container that the tests may change as it stands there."""
    return type(value) in _CONTAINERS and len(value) <= MOST_LENT


def refill(mine: Any, theirs: Any) -> None:
    """Give a container the contents of another of its kind."""
    if isinstance(mine, (list, bytearray)) and isinstance(theirs, type(mine)):
        mine[:] = theirs
    elif isinstance(mine, (dict, set)) and isinstance(theirs, type(mine)):
        mine.clear()
        mine.update(theirs)
    elif isinstance(mine, deque) and isinstance(theirs, deque):
        mine.clear()
        mine.extend(theirs)
    elif _is_array(mine) and _is_array(theirs) and (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype):
        mine[...] = theirs


def _is_array(value: Any) -> bool:
    return type(value).__name__ == "ndarray"
