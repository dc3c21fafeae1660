"""Sets of real numbers in one normal form: intervals, unions, differences, `x ≠ 0`, and linear inequalities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from assay.reading.algebra import substituted, symbols
from assay.reading.latex import Unreadable
from assay.reading.shapes import Answer, Bag, Difference, Relation, Seq, Union, Value
from assay.reading.tree import MINUS_ONE, Tree
from assay.reading.values import Undefined, exact, numeric

FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
MAX_INTEGERS = 60
_CLOSE = 1e-25
_FAR = float("inf")
_INFINITE: Tree = ("const", "infty")
POSITIVE = Seq("(", ")", (Value(("num", Fraction(0))), Value(_INFINITE)), named=True)


@dataclass(frozen=True)
class Piece:
    """An interval with the values of its ends, a point included."""

    low: Any
    high: Any
    low_closed: bool
    high_closed: bool


_LINE = [Piece(-_FAR, _FAR, False, False)]


def solved(sign: str, difference: Tree) -> tuple[str, Tree] | None:
    """`a x + b < 0` with rational a and b as the sign and the bound of x; `None` where it is no such inequality."""
    names = symbols(difference)
    if len(names) != 1:
        return None
    (name,) = names
    try:
        values = [exact(substituted(difference, name, ("num", Fraction(at)))) for at in (0, 1, 2, 3)]
    except Undefined:
        return None
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    zero, slope = known[0], known[1] - known[0]
    if not slope or any(value != zero + slope * at for at, value in enumerate(known)):
        return None
    return (sign if slope > 0 else FLIP[sign]), ("num", -zero / slope)


def half_line(sign: str, left: Tree, right: Tree) -> Answer:
    if left[0] != "sym" and right[0] == "sym":
        sign, left, right = FLIP[sign], right, left
    if right[:2] == ("fn", "abs"):
        sign, left, right = FLIP[sign], right, left
    if left[:2] == ("fn", "abs") and (both := _absolute(sign, left[2], right)) is not None:
        return both
    if left[0] != "sym" or left[1] in symbols(right):
        bound = solved(sign, ("+", left, ("*", MINUS_ONE, right)))
        if bound is None:
            return Relation(sign, left, right)
        sign, right = bound
    closed = sign in "≤≥"
    if sign in "<≤":
        return Seq("(", "]" if closed else ")", (Value(("*", MINUS_ONE, _INFINITE)), Value(right)), named=True)
    return Seq("[" if closed else "(", ")", (Value(right), Value(_INFINITE)), named=True)


def overlap(parts: tuple[Answer, ...]) -> Seq | None:
    """The interval that two half-lines have in common (`x > 2, x < 3`); `None` for anything else."""
    if len(parts) != 2 or not all(isinstance(part, Seq) and part.named for part in parts):
        return None
    ends = [_interval(part) for part in parts if isinstance(part, Seq)]
    if not all(ends):
        return None
    (one,), (two,) = (end or [] for end in ends)
    first, second = (part for part in parts if isinstance(part, Seq))
    if two.low == -_FAR and one.high == _FAR and one.low < two.high and _FAR not in (-one.low, two.high):
        return Seq(first.opening, second.closing, (first.parts[0], second.parts[1]), named=True)
    return overlap((second, first)) if one.low == -_FAR and two.high == _FAR else None


def integers_in(interval: Answer) -> Answer:
    """The whole numbers of an interval between numbers; any other answer is itself."""
    pieces = _interval(interval) if isinstance(interval, Seq) and interval.named else None
    if not pieces or _FAR in (-pieces[0].low, pieces[0].high) or pieces[0].high - pieces[0].low > MAX_INTEGERS:
        return interval
    (piece,) = pieces
    inside = range(math.ceil(piece.low), math.floor(piece.high) + 1)
    kept = [n for n in inside if (n != piece.low or piece.low_closed) and (n != piece.high or piece.high_closed)]
    return Bag(tuple(Value(("num", Fraction(n))) for n in kept))


def ordering(signs: list[str], trees: list[Tree]) -> Answer:
    """`a < b < c` or `c > b > a`."""
    if all(sign in ">≥" for sign in signs):
        signs, trees = [FLIP[sign] for sign in reversed(signs)], trees[::-1]
    if not all(sign in "<≤" for sign in signs):
        raise Unreadable("a chain of inequalities in both directions")
    return Seq("ordering", "".join(signs), tuple(map(Value, trees)))


def _absolute(sign: str, inner: Tree, bound: Tree) -> Answer | None:
    """`|a x + b| < c` as an interval and `|a x + b| > c` as two half-lines, with rational numbers."""
    size = exact(bound)
    if size is None or size <= 0:
        return None
    above = solved(sign, ("+", inner, ("num", -size)))
    below = solved(FLIP[sign], ("+", inner, ("num", size)))
    if above is None or below is None:
        return None
    (name,) = symbols(inner)
    sides = [half_line(side, ("sym", name), end) for side, end in (above, below)]
    return overlap(tuple(sides)) if sign in "<≤" else Union(tuple(sides))


def same_region(wanted: Answer, given: Answer) -> bool:
    """Whether two answers are the same set of real numbers, at least one of them written as more than an interval."""
    if not any(_is_region(side) for side in (wanted, given)):
        return False
    one, two = region(wanted), region(given)
    if one is None or two is None or len(one) != len(two):
        return False
    return all(
        _meet(a.low, b.low) and _meet(a.high, b.high) and (a.low_closed, a.high_closed) == (b.low_closed, b.high_closed)
        for a, b in zip(one, two, strict=True)
    )


def _is_region(answer: Answer) -> bool:
    parts = answer.parts if isinstance(answer, Bag) else (answer,)
    return all(isinstance(part, Union | Difference | Relation) for part in parts)


def region(answer: Answer) -> list[Piece] | None:
    """The maximal intervals of a set, in order; `None` where it is no set of reals with ends that are numbers."""
    if isinstance(answer, Union):
        pieces: list[Piece] = []
        for part in answer.parts:
            if (inner := region(part)) is None:
                return None
            pieces += inner
        return _merged(pieces)
    if isinstance(answer, Difference):
        whole, without = region(answer.whole), region(answer.without)
        return None if whole is None or without is None else _without(whole, without)
    if isinstance(answer, Seq):
        return _interval(answer)
    if isinstance(answer, Relation):
        return _punctured(answer)
    if isinstance(answer, Bag) and answer.parts and all(isinstance(part, Relation) for part in answer.parts):
        holes = [region(part) for part in answer.parts]
        return None if None in holes else _common([hole for hole in holes if hole is not None])
    values = answer.parts if isinstance(answer, Bag) and not answer.alternatives else (answer,)
    points = [_end(value) for value in values]
    return None if None in points else _merged([Piece(point, point, True, True) for point in points])


def _common(regions: list[list[Piece]]) -> list[Piece]:
    """The line without the holes of every region."""
    left = regions[0]
    for other in regions[1:]:
        left = _without(left, _without(_LINE, other))
    return left


def _interval(answer: Seq) -> list[Piece] | None:
    if answer.opening not in "([" or answer.closing not in ")]" or len(answer.parts) != 2:
        return None
    low, high = (_end(part) for part in answer.parts)
    if low is None or high is None or not low < high:
        return None
    return [Piece(low, high, answer.opening == "[", answer.closing == "]")]


def _punctured(answer: Relation) -> list[Piece] | None:
    """The line without a point, from `x ≠ a`."""
    names = [side[0] == "sym" for side in (answer.left, answer.right)]
    if answer.sign != "≠" or names.count(True) != 1:
        return None
    point = _end(Value(answer.right if names[0] else answer.left))
    return None if point is None else _without(_LINE, [Piece(point, point, True, True)])


def _end(answer: Answer) -> Any:
    """The real value of an end, infinite ones included; `None` where it has none."""
    if not isinstance(answer, Value) or symbols(answer.tree) or answer.unit:
        return None
    if answer.tree in (_INFINITE, ("*", MINUS_ONE, _INFINITE)):
        return _FAR if answer.tree == _INFINITE else -_FAR
    try:
        value = numeric(answer.tree)
    except Undefined:
        return None
    return value.real if abs(value.imag) < _CLOSE else None


def _merged(pieces: list[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (p.low, not p.low_closed)):
        last = merged[-1] if merged else None
        if (
            last is None
            or piece.low > last.high + _gap(last.high)
            or (_meet(piece.low, last.high) and not (piece.low_closed or last.high_closed))
        ):
            merged.append(piece)
        elif piece.high > last.high or _meet(piece.high, last.high):
            closed = piece.high_closed or (last.high_closed and _meet(piece.high, last.high))
            merged[-1] = Piece(last.low, piece.high, last.low_closed, closed)
    return merged


def _without(whole: list[Piece], without: list[Piece]) -> list[Piece]:
    left = whole
    for cut in without:
        parts: list[Piece] = []
        for piece in left:
            if cut.low > piece.high or cut.high < piece.low:
                parts.append(piece)
                continue
            before = Piece(piece.low, cut.low, piece.low_closed, not cut.low_closed)
            after = Piece(cut.high, piece.high, not cut.high_closed, piece.high_closed)
            parts += [part for part in (before, after) if part.low < part.high or _is_point(part)]
        left = parts
    return _merged(left)


def _is_point(piece: Piece) -> bool:
    return bool(piece.low == piece.high and piece.low_closed and piece.high_closed)


def _meet(one: Any, two: Any) -> bool:
    return bool(one == two or abs(one - two) <= _gap(two))


def _gap(value: Any) -> Any:
    return _CLOSE * max(1, abs(value)) if abs(value) != _FAR else 0
