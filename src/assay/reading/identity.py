"""When two expressions are equal: by their structure, by exact arithmetic, and else at several seeded points.

A difference at one point proves that two expressions differ. That it is 0 at all points is accepted for an identity
where it is 0 to more digits than can hide one: `GUARD` of them, those lost to cancellation, those of the numbers that
are written, and `HIDDEN` times the digits between the largest and the smallest value that was met on the way, for a
difference of 1/100! shows in the 158th digit, and that of cos(t) and 1 in twice the digits of t. More than `MAX_DIGITS`
are too costly. Two rational expressions are compared modulo a prime first (Schwartz 1980, Zippel 1979).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from assay.reading.arithmetic import Numeric, exact, normal, notation_seed
from assay.reading.building import bits, holds, symbols, walk
from assay.reading.nodes import Call, Named, Node, Num, Sym, TooCostly, Undefined
from assay.types import hashed_seed

MAX_NODES = 4000
PRIME = (1 << 61) - 1
POINTS = 7
"""Points of an identity: three positive ones, then two pairs in each of which a variable has either sign."""
WIDE_POINTS = 4
"""Further points, in the hundreds and thousands, for functions that change their formula (`\\max(3, x)`)."""
GUARD, HIDDEN, MAX_DIGITS = 30, 4, 6000
STEP = 50
"""Digits are computed in multiples of this."""
_PIECEWISE = ("max", "min", "floor", "ceil", "abs", "sgn", "mod")


def identical(a: Node, b: Node) -> bool:
    """Whether two expressions have the same value wherever both are defined. Raises `TooCostly` or `Undefined`."""
    if a == b:
        return True
    if sum(1 for side in (a, b) for _ in walk(side)) > MAX_NODES:
        raise TooCostly(f"more than {MAX_NODES} nodes")
    names = sorted(symbols(a) | symbols(b))
    if not names and (x := exact(a)) is not None and (y := exact(b)) is not None:
        return x == y
    same = _same_residues(a, b, names) if names else None
    if same is False or _differ_at_a_glance(a, b):
        return False
    if same and _same_at(a, b, {name: coordinate(name, 0) for name in names}, "ln", real_only=False):
        return True
    if normal(a) == normal(b):
        return True
    readings = ("ln", "log10") if holds(a, "log") or holds(b, "log") else ("ln",)
    return any(_identical_at_points(a, b, names, reading) for reading in readings)


def _differ_at_a_glance(a: Node, b: Node) -> bool:
    """Whether floats at the first point prove a difference."""
    x, y = _glance(a), _glance(b)
    return x is not None and y is not None and abs(x - y) > max(abs(x), abs(y)) * 1e-6


@lru_cache(maxsize=1024)
def _glance(node: Node) -> Any:
    """The value at the first point, or `None` where it has none, is not exact enough, or two logarithms are meant."""
    if holds(node, "log"):
        return None
    at = Numeric(0, {name: coordinate(name, 0) for name in symbols(node)})
    try:
        value = at.value(node)
    except (Undefined, TooCostly, ArithmeticError, ValueError):
        return None
    return value if at.lost < 12 and at.largest < 60 and at.smallest > -60 else None


def _same_residues(a: Node, b: Node, names: list[str]) -> bool | None:
    """Whether two rational expressions agree modulo a prime at three points; `None` where that cannot be told.

    A difference is a proof. Agreement is not one against text that was made to agree modulo a known prime, so the
    caller also compares real values.
    """
    for place in range(3):
        point = {name: hashed_seed("residue", name, place) % PRIME for name in names}
        x, y = residue(a, point), residue(b, point)
        if x is None or y is None:
            return None
        if x != y:
            return False
    return True


def residue(node: Node, point: Mapping[str, int]) -> int | None:
    """The value of a rational expression modulo `PRIME`, or `None` where it has none or is not rational."""
    if isinstance(node, Num):
        top, bottom = node.value.numerator, node.value.denominator % PRIME
        return top * pow(bottom, -1, PRIME) % PRIME if bottom else None
    if isinstance(node, Sym | Named):
        return point.get(node.name)
    if not isinstance(node, Call):
        return None
    if node.head.startswith("\\"):
        return notation_seed(node) % PRIME
    if node.head == "^":
        base, exponent = residue(node.args[0], point), exact(node.args[1])
        if base is None or exponent is None or exponent.denominator != 1 or (base == 0 and exponent <= 0):
            return None
        return pow(base, int(exponent), PRIME)
    if node.head not in ("+", "*"):
        return None
    total = 0 if node.head == "+" else 1
    for part in node.args:
        if (value := residue(part, point)) is None:
            return None
        total = (total + value if node.head == "+" else total * value) % PRIME
    return total


def _identical_at_points(a: Node, b: Node, names: list[str], log: str) -> bool:
    """Real values decide where there are enough of them, and complex ones where there are not (`\\sqrt{x - 3}`)."""
    is_complex = any(part == Sym("i") for side in (a, b) for part in walk(side))
    held = _points_held(a, b, names, log, real_only=bool(names) and not is_complex)
    if held is not None and held < 3 and names and not is_complex:
        held = _points_held(a, b, names, log, real_only=False)
    if held == 0:
        raise Undefined("no value at any point that was tried")
    return held is not None and held >= (3 if names else 1)


def _points_held(a: Node, b: Node, names: list[str], log: str, *, real_only: bool) -> int | None:
    """At how many points two expressions agree; `None` when they differ at one."""
    held = 0
    wide = bool(names) and (holds(a, *_PIECEWISE) or holds(b, *_PIECEWISE))
    for place in range(POINTS + WIDE_POINTS * wide if names else 1):
        point = {name: coordinate(name, place) for name in names}
        same = _same_at(a, b, point, log, real_only=real_only)
        if same is False:
            return None
        held += same is True
    return held


def _same_at(a: Node, b: Node, point: Mapping[str, Fraction], log: str, *, real_only: bool) -> bool | None:
    """Whether two expressions agree at a point; `None` where one of them has no (real) value there."""
    written = GUARD + (bits(a) + bits(b)) * 302 // 1000
    digits = _rounded_up(written + 10)
    while True:
        at = Numeric(digits, point, log, real_only)
        try:
            x, y = at.value(a), at.value(b)
        except Undefined:
            return None
        noise = max(abs(x), abs(y)) * at.mp.mpf(2) ** (at.lost - at.bits)
        if real_only and (abs(x.imag) > noise or abs(y.imag) > noise):
            return None
        if abs(x - y) > noise:
            return False
        needed = written + at.lost * 302 // 1000 + HIDDEN * ((at.largest - at.smallest) * 302 // 1000)
        if needed <= digits:
            return True
        digits = _rounded_up(needed)


def _rounded_up(digits: int) -> int:
    if digits > MAX_DIGITS:
        raise TooCostly(f"a difference that {MAX_DIGITS} digits may not show")
    return -(-digits // STEP) * STEP


@lru_cache(maxsize=4096)
def coordinate(name: str, place: int) -> Fraction:
    """A point that depends on the variable's name only: positive at first, then once of either sign in each pair."""
    value = Fraction(hashed_seed("point", name, place) % 2801 + 211, 997 if place < POINTS else 1)
    if place < 3:
        return value
    first = bool(hashed_seed("sign", name, (place - 3) // 2) & (1 << 40))
    return -value if first != bool((place - 3) % 2) else value
