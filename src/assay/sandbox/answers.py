"""What calls that tests repeat have answered: one call has one answer while the tests do no more than ask for it.

A function that answers 0 and then 99 would else pass `f(30) ** 2 <= 30 and (f(30) + 1) ** 2 > 30`. Each call is made,
as it may have an effect or raise something; where an answer is another than the first, the tests are told the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.sandbox.proxy import Proxy
from assay.sandbox.wire import WireError

if TYPE_CHECKING:
    from assay.sandbox.client import Client

KEPT, EXACT, ANEW = range(3)
"""How tests mean an answer: as the first; anew, but what they go on to ask of it as the first's; all anew."""
_HANDLES = {"h", "cb", "by"}
"""Keys of what is no data."""


@dataclass(slots=True)
class _Answer:
    packed: dict[str, Any]
    turn: int
    places: set[int]
    """Places in the tests that have seen it; each sees it once, so that a loop asks anew in each turn."""


class Answers:
    """The answers of one function or method of the candidate, which the tests ask again and again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._of: tuple[Any, ...] = ()
        self._first: dict[str, _Answer] = {}
        self._turn = 0
        self.asking = False
        """Whether what is asked right now is such a call, which changes nothing of the answers."""
        self.entry: Any = None
        """What the tests are given to call, where that is no object of the candidate."""

    def forget(self) -> None:
        self._first = {}

    def begin(self, goes_on: bool) -> None:
        """The tests assert something, and nothing stands between that and what they have asserted, if it `goes_on`."""
        self._turn += 1
        if not goes_on:
            self.forget()

    def ask(self, place: int, how: int, root: Any, *steps: Any) -> Any:
        """Take these steps from `root`: attributes by their names, and calls, which are their arguments."""
        done = 0
        if self._client.lanes is None and (root is self.entry or issubclass(type(root), Proxy)):
            before, self.asking = self.asking, True
            try:
                root, done = self._to_data(place, how, root, steps)
            finally:
                self.asking = before
        for step in steps[done:]:
            root = _taken(root, step)
        return root

    def _to_data(self, place: int, how: int, root: Any, steps: tuple[Any, ...]) -> tuple[Any, int]:
        """What the steps come to up to the first data, and how many these are."""
        is_object = isinstance(steps[0], str) and not (root is not self.entry and root._assay_kind == "type")
        lasts = not is_object and any(any(step) for step in steps if not isinstance(step, str))
        asked, value, told = list[str | None](), root, None
        while told is None and len(asked) < len(steps):
            step = steps[len(asked)]
            asked.append(repr(step) if isinstance(step, str) else _key(self._packed(step)))
            value = _taken(value, step)
            told = self._packed(value)
        asks = (id(root), *(step for step in steps[: len(asked)] if isinstance(step, str)))
        if self._of != asks:  # whatever another function or method does, this may say something else
            self._of = asks
            self.forget()
        is_meant = how == ANEW or (how == EXACT and len(asked) == len(steps))
        if told is not None and None not in asked and not is_meant:
            value = self._known(place, repr(asked), value, told, lasts)
        return value, len(asked)

    def _known(self, place: int, question: str, value: Any, told: dict[str, Any], lasts: bool) -> Any:
        known = self._first.get(question)
        if known is None or place in known.places or not (lasts or known.turn == self._turn):
            self._first[question] = _Answer(told, self._turn, {place})
            return value
        known.places.add(place)
        return value if known.packed == told else self._client.read(known.packed)

    def _packed(self, value: Any) -> dict[str, Any] | None:
        """A value as it crosses, if it is data."""
        if issubclass(type(value), Proxy):
            return None
        client = self._client
        refused = client.refused
        try:
            packed = client.pack(value)
        except WireError:
            return None
        finally:
            client.refused = refused
        return None if _holds_handles(packed) else packed


def _taken(thing: Any, step: Any) -> Any:
    return getattr(thing, step) if isinstance(step, str) else thing(*step[0], **step[1])


def _key(packed: dict[str, Any] | None) -> str | None:
    return None if packed is None else repr(packed)


def _holds_handles(packed: Any) -> bool:
    left = [packed]
    for body in left:
        if isinstance(body, dict):
            if not _HANDLES.isdisjoint(body):
                return True
            left += body.values()
        elif isinstance(body, list):
            left += body
    return False
