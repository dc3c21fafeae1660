"""Sets of real numbers in one normal form, from intervals, points, unions, differences and inequalities.

A set is its ends in order, and whether it holds each stretch of the line and each end: the n-th end has place 2n + 1,
the stretches before and behind it have 2n and 2n + 2.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

from assay.reading.arithmetic import exact, numeric
from assay.reading.building import difference, infinite, num, replaced, symbols, total
from assay.reading.nodes import Call, Listing, Node, Quantity, Relation, Sym, TooCostly, Tuple, Undefined

SETS = frozenset({"∪", "∩", "∖", "builder", "∧", "∨"})
"""Calls that make sets or statements."""
FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
MAX_INTEGERS = 60
_CLOSE = 1e-25
_FAR = float("inf")
_COMBINED = {"∪": operator.or_, "∩": operator.and_, "∖": operator.gt}


@dataclass(frozen=True)
class Region:
    """A set of real numbers, and the variable whose values they are, where it is named."""

    ends: tuple[tuple[Any, Node], ...]
    """The value of each end, and how it was written."""
    holds: tuple[bool, ...]
    variable: str = ""

    def at(self, value: Any) -> int:
        """The place of a number."""
        values = [end for end, _ in self.ends]
        place = bisect_left(values, value - _gap(value))
        return 2 * place + (place < len(values) and meet(values[place], value))


_LINE = Region((), (True,))
_NUMBER_SETS = dict.fromkeys(("\\R^+", "\\R_+", "\\R_>0"), Region(((0.0, num(0)),), (False, False, True)))
_NUMBER_SETS |= dict.fromkeys(("\\R_≥0", "\\R_0^+"), Region(((0.0, num(0)),), (False, True, True)))
_NUMBER_SETS["\\R"] = _LINE


def region(node: Node) -> Region | None:
    """The set of real numbers that an answer is; `None` where it is none, or its ends are no numbers."""
    try:
        return _region(node)
    except Undefined:
        return None


def _region(node: Node) -> Region | None:
    match node:
        case Tuple():
            return _interval(node)
        case Sym(name) if name in _NUMBER_SETS:
            return _NUMBER_SETS[name]
        case Relation():
            return _of_relation(node)
        case Call("builder", (_, condition)):
            inside = _region(condition)
            return inside and Region(inside.ends, inside.holds)
        case Call(head, parts) if head in _COMBINED:
            return _combined([*map(_region, parts)], head)
        case Listing(parts, joint):
            together = all(isinstance(part, Relation) and part.signs[0] not in "=∈" for part in parts)
            return _combined([*map(_region, parts)], "∩" if together and joint != "or" else "∪")
    value = _end(node)
    return None if value is None or abs(value) == _FAR else Region(((value, node),), (False, True, False))


def _combined(parts: list[Region | None], sign: str) -> Region | None:
    known = [part for part in parts if part is not None]
    variables = {part.variable for part in known} - {""}
    if not known or len(known) < len(parts) or len(variables) > 1:
        return None
    both = reduce(lambda one, two: _both(one, two, _COMBINED[sign]), known)
    return Region(both.ends, both.holds, "".join(variables))


def _both(one: Region, two: Region, rule: Callable[[bool, bool], bool]) -> Region:
    """Where a rule holds for whether a number is in one and in the other."""
    ends: list[tuple[Any, Node]] = []
    for end in sorted(one.ends + two.ends, key=lambda end: end[0]):
        if not ends or not meet(ends[-1][0], end[0]):
            ends.append(end)
    middles = [(a + b) / 2 for (a, _), (b, _) in pairwise(ends)]
    stretches = [ends[0][0] - 1, *middles, ends[-1][0] + 1] if ends else [0.0]
    places = [at for stretch, end in zip(stretches, [*ends, None], strict=True) for at in (stretch, end and end[0])]
    found = [rule(one.holds[one.at(at)], two.holds[two.at(at)]) for at in places if at is not None]
    kept = [n for n in range(len(ends)) if len({*found[2 * n : 2 * n + 3]}) > 1]
    holds = [found[0], *(found[place] for n in kept for place in (2 * n + 1, 2 * n + 2))]
    return Region(tuple(ends[n] for n in kept), tuple(holds))


# --- one relation ----------------------------------------------------------------------------------------------------


def _of_relation(relation: Relation) -> Region | None:
    match relation:
        case Relation((first, second), (low, middle, high)) if {first, second} <= {*FLIP}:
            sides = Relation((first,), (low, middle)), Relation((second,), (middle, high))
            return _combined([*map(_region, sides)], "∩")
        case Relation(("∈",), (left, right)):
            inside = _region(right)
            return inside and Region(inside.ends, inside.holds, left.name if isinstance(left, Sym) else "")
        case Relation(("=" | "≠" as sign,), (Sym(name), right) | (right, Sym(name))):
            value, equals = _end(right), sign == "="
            return None if value is None else Region(((value, right),), (not equals, equals, not equals), name)
        case Relation((sign,), (left, right)) if sign in FLIP:
            return _half_line(sign, left, right)
    return None


def _half_line(sign: str, left: Node, right: Node) -> Region | None:
    match left, right:
        case (Call("abs", (inner,)), bound):
            return _absolute(sign, inner, bound)
        case (bound, Call("abs", (inner,))):
            return _absolute(FLIP[sign], inner, bound)
        case (Sym(), bound) if not symbols(bound):
            name: Node = left
        case (bound, Sym()) if not symbols(bound):
            sign, name = FLIP[sign], right
        case _:
            solved = solve(sign, difference(left, right))
            if solved is None:
                return None
            sign, name, bound = solved
    value = _end(bound)
    if value is None or not isinstance(name, Sym):
        return None
    if abs(value) == _FAR:
        return Region((), ((sign in "<≤") == (value > 0),), name.name)
    return Region(((value, bound),), (sign in "<≤", sign in "≤≥", sign in ">≥"), name.name)


def solve(sign: str, gap: Node) -> tuple[str, Node, Node] | None:
    """`a x + b < 0` with rational a and b as a relation for x; `None` where it is no such inequality."""
    if len(symbols(gap)) != 1:
        return None
    (name,) = symbols(gap)
    values = [exact(replaced(gap, Sym(name), num(at))) for at in (0, 1, 2, 3)]
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not (slope := known[1] - known[0]):
        return None
    if any(value != known[0] + slope * at for at, value in enumerate(known)):
        return None
    return (sign if slope > 0 else FLIP[sign]), Sym(name), num(-known[0] / slope)


def _absolute(sign: str, inner: Node, bound: Node) -> Region | None:
    """`|a x + b| < c` as an interval and `|a x + b| > c` as two half-lines, with rational numbers."""
    size = exact(bound)
    if size is None or size <= 0:
        return None
    above, below = solve(sign, total(inner, num(-size))), solve(FLIP[sign], total(inner, num(size)))
    if above is None or below is None:
        return None
    return _combined([_half_line(*above), _half_line(*below)], "∩" if sign in "<≤" else "∪")


def _interval(answer: Tuple) -> Region | None:
    if answer.opening not in "([" or answer.closing not in ")]" or len(answer.parts) != 2:
        return None
    low, high = map(_end, answer.parts)
    if low is None or high is None or not low < high:
        return None
    ends, holds = [], [low == -_FAR]
    for value, node, closed in ((low, answer.parts[0], answer.opening), (high, answer.parts[1], answer.closing)):
        if abs(value) != _FAR:
            ends.append((value, node))
            holds += [closed in "[]", value == low]
    return Region(tuple(ends), tuple(holds))


def _end(node: Node) -> Any:
    """The real value of an end, infinite ones included; `None` where it has none."""
    if isinstance(node, Relation | Tuple | Listing | Quantity) or symbols(node):
        return None
    try:
        if sign := infinite(node):
            return sign * _FAR
        value = numeric(node)
    except (Undefined, TooCostly):
        return None
    return value.real if abs(value.imag) < _CLOSE else None


# --- comparing -------------------------------------------------------------------------------------------------------


def states_region(node: Node) -> bool:
    """Whether an answer is a set of numbers by more than its brackets."""
    match node:
        case Listing(parts, joint):
            return any(map(states_region, parts)) or (joint == "or" and all(isinstance(part, Tuple) for part in parts))
        case Relation(signs):
            return signs != ("=",)
        case Call(head):
            return head in SETS
    return isinstance(node, Sym) and node.name in _NUMBER_SETS


def same_pieces(wanted: Node, given: Node, same: Callable[[Node, Node], bool]) -> bool:
    """Whether two answers are the same set of numbers; `same` says whether two ends are."""
    one, two = region(wanted), region(given)
    if one is None or two is None or one.holds != two.holds:
        return False
    if one.variable and two.variable and one.variable != two.variable:
        return False
    return all(meet(a, b) or same(ours, theirs) for (a, ours), (b, theirs) in zip(one.ends, two.ends, strict=True))


def integers_in(answer: Node) -> Node:
    """The whole numbers of an interval between numbers; any other answer is itself."""
    found = region(answer)
    if found is None or found.holds[::4] != (False, False) or found.ends[1][0] - found.ends[0][0] > MAX_INTEGERS:
        return answer
    inside = range(math.floor(found.ends[0][0]), math.ceil(found.ends[1][0]) + 1)
    return Listing(tuple(num(n) for n in inside if found.holds[found.at(n)]))


def meet(one: Any, two: Any) -> bool:
    """Whether two ends are the same number."""
    return bool(abs(one - two) <= _gap(two))


def _gap(value: Any) -> Any:
    return _CLOSE * max(1, abs(value))
