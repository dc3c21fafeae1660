"""What an object of the candidate has said of its items while the tests did nothing but look: it must not change.

Of a list, whoever counts, iterates or indexes it sees the same items. An object whose items are sorted by index and
those of the argument in a loop would else pass `all(r[i] <= r[i + 1] ...)` and `sorted(r) == sorted(a)`. What was used
up, as a queue or an iterator, may hold nothing any more. An attribute that is read again is what it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

_ITERATORS = {type(one).__name__ for one in map(iter, ([], (), "", {}, set(), range(0)))}
_ITERATORS |= {"generator", *(kind.__name__ for kind in (map, filter, zip, enumerate, reversed))}


@dataclass(slots=True)
class Looks:
    """What one object has said; `same` says whether two items are one. Methods return why it cannot be so."""

    same: Callable[[Any, Any], bool]
    length: int | None = None
    items: list[Any] | None = None
    """Those of a loop that came to its end."""
    at: dict[int, Any] = field(default_factory=dict)
    """Items by their index."""
    held: Any = None
    """All that it holds, as plain data."""
    said: dict[Any, Any] = field(default_factory=dict)
    """Its items by keys that are no index, and what it is as a number or text."""
    loop: Loop | None = None
    """The loop that goes on over an object that is its own iterator."""

    def counted(self, length: int) -> str:
        """It has this length."""
        known = [self.length] if self.length is not None else [len(self.items), 0] if self.items is not None else []
        self.length = length
        return "has two lengths" if known and length not in known else ""

    def indexed(self, index: int, item: Any) -> str:
        """It has this item at this index."""
        known, self.at[index] = self.at.get(index, item), item
        return "" if self.same(known, item) and self._is_in_loop(index, item) else "holds other items each time"

    def answered(self, question: Any, answer: Any) -> str:
        """It has this item under this key, or is this number or text."""
        known, self.said[question] = self.said.get(question, answer), answer
        return "" if self.same(known, answer) else "says something else each time"

    def told(self, held: Any) -> str:
        """It holds this, which is plain data."""
        before, self.held = self.held, held
        if before is not None and not self.same(before, held):
            return "holds other items each time"
        loop = Loop(self, begins=True)
        items = held if isinstance(held, (list, deque)) else ()
        return next(filter(None, map(loop.turn, items)), "") or loop.end()

    def _is_in_loop(self, index: int, item: Any) -> bool:
        if not self.items:
            return True
        return -len(self.items) <= index < len(self.items) and self.same(self.items[index], item)


class Loop:
    """One loop: its items are those of the loop before it, or none, and no fewer than the object has said."""

    def __init__(self, looks: Looks, begins: bool) -> None:
        self.looks, self.before, self.length = looks, looks.items, looks.length
        self.begins = begins
        """Whether it begins with the first item, and not where another loop stopped."""
        self.seen: list[Any] = []

    def turn(self, item: Any) -> str:
        self.looks.length, at = None, len(self.seen)  # it may be a queue, which is shorter now
        self.seen.append(item)
        if self.before is not None and not (at < len(self.before) and self.looks.same(item, self.before[at])):
            return "holds other items each time"
        return self.looks.indexed(at, item) if self.begins else ""

    def end(self) -> str:
        looks = self.looks
        if self.length is not None and len(self.seen) < self.length and (self.seen or looks.length is not None):
            return "holds fewer than it has said"
        if not self.seen:
            return ""
        looks.items = self.seen
        if self.before is not None and len(self.seen) < len(self.before):
            return "holds other items each time"
        return next((why for index, item in looks.at.items() if (why := looks.indexed(index, item))), "")


class Attributes:
    """What the tests have read of attributes, since they did more than look."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, str], dict[str, Any]] = {}
        """The replies, by the object's handle and the name."""
        self._first: dict[int, int] = {}
        """Of iterators that are made anew each time, the handle of the first, by their own."""

    def read(self, handle: int, name: str, reply: dict[str, Any], looks: dict[int, Looks]) -> dict[str, Any]:
        """The reply as it was when this was read before; an iterator is a new one, and gives what that has given."""
        before = self._read.setdefault((self._first.get(handle, handle), name), reply)
        told: dict[str, Any] = {key: before[key] for key in ("v", "o") if key in before}
        if told == {key: reply[key] for key in ("v", "o") if key in reply}:
            return reply
        known, made = map(_iterator, (before, reply))
        if known is None or made is None:
            return told
        self._first[made] = known
        if known in looks:
            looks[made] = replace(looks[known], loop=None)
        return reply


def _iterator(reply: dict[str, Any]) -> int | None:
    """The handle of what a reply calls an iterator of Python's own."""
    value = reply.get("v")
    return value.get("h") if isinstance(value, dict) and value.get("t") in _ITERATORS else None
