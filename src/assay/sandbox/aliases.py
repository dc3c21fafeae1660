"""Which objects of a call's arguments can change: numbered alike on both sides, so that each of them stays one object.

A result that is, or holds, such an object crosses as its number, and what a call has changed crosses with the result.
An object that stands in the arguments twice is two on the candidate's side, unless it is an instance of a value class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container
from typing import Any

_CONTAINERS = (list, dict, set, deque, bytearray)
MOST_LENT = 1000
"""Entries, and all within them, of containers that are looked at for changes before each message."""
_LIBRARIES = ("numpy", "pandas")
"""Whose values can change where they stand."""
_PLAIN = (int, float, complex, str, bytes, bool, type(None))


def changeable(value: Any, classes: Container[str], stays: Callable[[type], bool] = lambda _: False) -> list[Any]:
    """The objects in a value that can change, in an order that a copy of the value has too.

    Containers of a class that `stays` are no copies.
    """
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
        elif issubclass(kind, dict):
            inner = list(item.values())
        else:
            inner = list(item) if issubclass(kind, (list, tuple, deque)) else []
        if not isinstance(item, tuple) or kind.__name__ in classes:
            found.append(item)
        stack += [part for part in inner if _may_hold(type(part), classes, stays)]
    return found


def _may_hold(kind: type, classes: Container[str], stays: Callable[[type], bool]) -> bool:
    is_copied = issubclass(kind, (*_CONTAINERS, tuple)) and not stays(kind)
    return is_copied or kind.__name__ == "ndarray" or kind.__name__ in classes


def attributes(value: Any) -> dict[str, Any]:
    """The state of an instance: its dictionary, and its slots."""
    slots = [s for c in type(value).__mro__ for s in c.__dict__.get("__slots__", ()) if hasattr(value, s)]
    return {**getattr(value, "__dict__", {}), **{s: getattr(value, s) for s in slots if not s.startswith("__")}}


def is_lent(value: Any, classes: Container[str]) -> bool:
    """Whether a container of the program may be one object on both sides."""
    return type(value) in _CONTAINERS and entries(value, classes) <= MOST_LENT


def entries(value: Any, classes: Container[str]) -> int:
    """How many values stand in a container and in those within it; more than `MOST_LENT` where one of them is a copy
    that can change, or they are too many to be counted."""
    count, stack = 0, [value]
    while stack:
        item = stack.pop()
        inner = items(item)
        count += len(inner)
        if count > MOST_LENT:
            return count
        if type(item) is not bytearray:
            parts = [part for part in inner if type(part) not in _PLAIN]
            if any(type(part).__module__.startswith(_LIBRARIES) or type(part).__name__ in classes for part in parts):
                return MOST_LENT + 1
            stack += [part for part in parts if type(part) in (*_CONTAINERS, tuple)]
    return count


def items(value: Any) -> list[Any]:
    """What stands in a container, keys too."""
    return [*value.keys(), *value.values()] if type(value) is dict else list(value)


def plain_items(value: Any) -> list[Any] | None:
    """The same; `None` where any of it is no plain value."""
    found = items(value)
    return found if all([type(item) in _PLAIN for item in found]) else None


def update(mine: Any, theirs: Any) -> None:
    """Give a container the contents of another of its kind, where containers that stand at the same places stay."""
    if type(mine) is not type(theirs) or not isinstance(mine, (list, dict)):
        refill(mine, theirs)
        return
    places = range(min(len(mine), len(theirs))) if isinstance(mine, list) else mine.keys() & theirs.keys()
    kept = {}
    for at in places:
        if type(mine[at]) in _CONTAINERS and type(mine[at]) is type(theirs[at]):
            update(mine[at], theirs[at])
            kept[at] = mine[at]
    refill(mine, theirs)
    for at, one in kept.items():
        mine[at] = one


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
