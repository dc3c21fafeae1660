"""Containers of the program that its tests hold: one object on each side, and each sees what the other has changed.

They are attributes and variables of the program, and what a method returned that its object keeps. Every message tells
what has changed on its sender's side since the last. What holds many values, or one that can itself change in a way
that this does not see, is a copy.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assay.sandbox import aliases
from assay.sandbox.codec import Codec
from assay.sandbox.wire import WireError


@dataclass(slots=True)
class _Held:
    value: Any
    known: Any
    """Its contents, as the other side has them."""
    entries: int
    live: bool
    items: list[Any] | None = None
    """What stood in it then, where none of that can change itself: to see fast that nothing has."""

    def is_unchanged(self) -> bool:
        if self.items is None:
            return False
        now = aliases.items(self.value)
        return len(now) == len(self.items) and all(map(operator.is_, now, self.items))


class Lent:
    """The containers that one side knows, by their numbers; those that were looked at longest ago are forgotten."""

    def __init__(self, codec: Codec, most: int) -> None:
        self._codec, self._most = codec, most
        self._held: dict[int, _Held] = {}
        self._next = 0

    def lend(self, value: Any) -> int | None:
        """The number of a container of this side; `None` where it is no such thing, and crosses as a copy."""
        if not aliases.is_lent(value, self._codec.classes):
            return None
        number = next((number for number, held in self._held.items() if held.value is value), self._next)
        self._next += number == self._next
        held = self._held.get(number)
        if held is not None and held.is_unchanged():
            self._held[number] = self._held.pop(number)
        else:
            self._hold(number, value, live=True)
        return number

    def borrow(self, number: int, value: Any, live: bool) -> Any:
        """The one object of this side for a container of the other, which now has these contents.

        Only with `live` may it change while nobody asks for it.
        """
        if not aliases.is_lent(value, self._codec.classes):
            return value
        held = self._held.get(number)
        there = value if held is None or type(held.value) is not type(value) else held.value
        if there is not value:
            aliases.update(there, value)
        self._hold(number, there, live)
        return there

    def changed(self) -> list[list[Any]]:
        """Numbers and contents of those that have changed since the other side was told."""
        made = []
        for number, held in list(self._held.items()):
            if held.is_unchanged():
                continue
            with contextlib.suppress(WireError):
                held.entries = aliases.entries(held.value, self._codec.classes)
                if held.entries > aliases.MOST_LENT:
                    del self._held[number]
                elif (now := self._codec.contents([held.value])) != held.known:
                    made.append([number, self._codec.pack(held.value)])
                    held.known, held.items = now, aliases.plain_items(held.value)
        return made

    def update(self, changes: Iterable[Any]) -> None:
        """Take over what the other side has changed. Raises `WireError` on what is no change."""
        try:
            for number, packed in changes:
                held = self._held.get(number)
                if held is not None and held.live:
                    aliases.update(held.value, self._codec.unpack(packed))
                    held.known, held.items = self._codec.contents([held.value]), aliases.plain_items(held.value)
        except (TypeError, ValueError) as bad:
            raise WireError(f"no change of a container: {bad}") from None

    def _hold(self, number: int, value: Any, live: bool) -> None:
        self._held.pop(number, None)
        with contextlib.suppress(WireError):
            known, entries = self._codec.contents([value]), aliases.entries(value, self._codec.classes)
            self._held[number] = _Held(value, known, entries, live, aliases.plain_items(value))
        while len(self._held) > self._most or sum(held.entries for held in self._held.values()) > aliases.MOST_LENT:
            del self._held[next(iter(self._held))]
