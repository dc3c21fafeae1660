"""When two trees are equal: exact rational arithmetic, then identity testing at several points in high precision.

A difference at one point proves that two expressions differ. Equality at all points at two precisions, with an error
that shrinks with the precision, is accepted as an identity. Every operation is bounded: a power, factorial or binomial
that would need more than `MAX_BITS` bits raises `TooCostly`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from assay.reading.latex import TooCostly
from assay.reading.tree import Tree, nodes, replaced
from assay.reading.values import MAX_BITS, Numeric, Undefined, context, exact
from assay.types import hashed_seed

MAX_NODES = 4000
DIGITS = (40, 90)
"""Decimal digits of the two precisions at which an identity must hold."""
PRIME = (1 << 61) - 1
POINTS = 7
"""Points of an identity: three positive ones, then two pairs in each of which a variable has either sign."""
MIN_BITS, MAX_MORE_DIGITS = 100, 6000
"""Bits of the numbers from which more digits are computed, and how many more at most."""
WIDE_POINTS = 4
"""Further points, in the hundreds and thousands, for functions that change their formula (`\\max(3, x)`)."""
_PIECEWISE = {"max", "min", "floor", "ceil", "abs", "sgn", "mod"}


def symbols(tree: Tree) -> set[str]:
    """The free variables of a tree."""
    return {node[1] for node in nodes(tree) if node[0] == "sym"}


def constants(tree: Tree) -> set[str]:
    return {node[1] for node in nodes(tree) if node[0] == "const"}


def substituted(tree: Tree, name: str, value: Tree) -> Tree:
    """The tree with another in the place of a variable."""
    return replaced(tree, ("sym", name), value)


def identical(a: Tree, b: Tree) -> bool:
    """Whether two trees have the same value wherever both are defined. Raises `TooCostly` or `Undefined`."""
    if a == b:
        return True
    if len(nodes(a)) + len(nodes(b)) > MAX_NODES:
        raise TooCostly(f"more than {MAX_NODES} nodes")
    names = symbols(a) | symbols(b)
    if not names and (x := exact(a)) is not None and (y := exact(b)) is not None:
        return x == y
    if _differ_at_a_glance(a, b):
        return False
    residues = _same_residues(a, b, sorted(names)) if names else None
    if residues is False:
        return False
    if residues and _same_at(a, b, {name: _coordinate(name, 0) for name in names}, "ln", real_only=False):
        return True
    readings = ("ln", "log10") if _has_log(a) or _has_log(b) else ("ln",)
    return any(_identical_at_points(a, b, sorted(names), reading) for reading in readings)


def _differ_at_a_glance(a: Tree, b: Tree) -> bool:
    """Whether real values at the first point prove a difference; remembered, so that long lists are matched fast."""
    x, y = _glance(a), _glance(b)
    if x is None or y is None:
        return False
    return abs(x - y) > max(abs(x), abs(y)) * 1e-9 and abs(x - y) > 1e-20


@lru_cache(maxsize=1024)
def _glance(tree: Tree) -> float | None:
    """The real value of a tree at the first point, or `None` where it has none or two logarithms are meant."""
    if _has_log(tree):
        return None
    try:
        value = Numeric(DIGITS[0], {name: _coordinate(name, 0) for name in symbols(tree)}, "ln").value(tree)
        return float(value.real) if abs(value.imag) <= abs(value) * 1e-20 else None
    except (Undefined, OverflowError):
        return None


def _same_residues(a: Tree, b: Tree, names: list[str]) -> bool | None:
    """Whether two rational expressions agree modulo a prime at three points; `None` where that cannot be told.

    A difference is a proof. Agreement is not one against text that was made to agree modulo a known prime, so the
    caller also compares real values (Schwartz 1980, Zippel 1979).
    """
    for place in range(3):
        point = {name: hashed_seed("residue", name, place) % PRIME for name in names}
        x, y = residue(a, point), residue(b, point)
        if x is None or y is None:
            return None
        if x != y:
            return False
    return True


def residue(tree: Tree, point: Mapping[str, int]) -> int | None:
    """The value of a rational expression modulo `PRIME`, or `None` where it has none or is not rational."""
    kind = tree[0]
    if kind in ("num", "based"):
        top, bottom = tree[1].numerator, tree[1].denominator % PRIME
        return top * pow(bottom, -1, PRIME) % PRIME if bottom else None
    if kind == "sym":
        return point[tree[1]]
    if kind == "^":
        base, exponent = residue(tree[1], point), exact(tree[2])
        if base is None or exponent is None or exponent.denominator != 1 or (base == 0 and exponent <= 0):
            return None
        return pow(base, int(exponent), PRIME)
    if kind not in ("+", "*"):
        return None
    total = 0 if kind == "+" else 1
    for part in tree[1:]:
        value = residue(part, point)
        if value is None:
            return None
        total = (total + value if kind == "+" else total * value) % PRIME
    return total


def _identical_at_points(a: Tree, b: Tree, names: list[str], log: str) -> bool:
    """Real values decide where there are enough of them, and complex ones where there are not (`\\sqrt{x - 3}`)."""
    complex_values = bool({"i"} & (constants(a) | constants(b)))
    held = _points_held(a, b, names, log, real_only=bool(names) and not complex_values)
    if held is not None and held < 3 and names and not complex_values:
        held = _points_held(a, b, names, log, real_only=False)
    if held == 0:
        raise Undefined("no value at any point that was tried")
    return held is not None and held >= (3 if names else 1)


def _points_held(a: Tree, b: Tree, names: list[str], log: str, *, real_only: bool) -> int | None:
    """At how many points two trees agree; `None` when they differ at one."""
    held = 0
    wide = bool(names) and any(_has(tree, _PIECEWISE) for tree in (a, b))
    for place in range(POINTS + WIDE_POINTS * wide if names else 1):
        point = {name: _coordinate(name, place) for name in names}
        same = _same_at(a, b, point, log, real_only=real_only)
        if same is False:
            return None
        held += same is True
    return held


def _same_at(a: Tree, b: Tree, point: Mapping[str, Fraction], log: str, *, real_only: bool) -> bool | None:
    """Whether two trees agree at a point; `None` where one of them has no (real) value there."""
    try:
        (rough_x, rough_y), (x, y), peak = _values(a, b, point, log, real_only)
    except Undefined:
        return None
    if real_only and (abs(x.imag) > abs(x) * 1e-20 + peak * 1e-60 or abs(y.imag) > abs(y) * 1e-20 + peak * 1e-60):
        return None
    x, y = _without_noise(rough_x, x, peak), _without_noise(rough_y, y, peak)
    gap, scale = abs(x - y), max(abs(x), abs(y))
    unit = context(DIGITS[1]).mpf(10) ** -_more_digits(a, b)
    return bool(gap <= min(scale * 1e-30 * unit, max(scale, peak) * 1e-80 * unit))


def _values(a: Tree, b: Tree, point: Mapping[str, Fraction], log: str, real_only: bool) -> tuple[Any, Any, Any]:
    """Both values at the lower and at the higher precision, and the largest term that was added on the way."""
    pairs, peak = [], 1
    more = _more_digits(a, b)
    for digits in DIGITS:
        numeric_at = Numeric(digits + more, point, log, real_only)
        pairs.append((numeric_at.value(a), numeric_at.value(b)))
        peak = numeric_at.peak
    return pairs[0], pairs[1], peak


@lru_cache(maxsize=256)
def _more_digits(a: Tree, b: Tree) -> int:
    """Digits that numbers as small as those of two trees ask for (`\\pi + 10^{-100}`), in steps of 100."""
    size_in_bits = max(bits(a), bits(b))
    more = 0 if size_in_bits < MIN_BITS else -(-size_in_bits // 332) * 100
    if more > MAX_MORE_DIGITS:
        raise TooCostly(f"numbers that differ by less than {MAX_MORE_DIGITS} digits show")
    return more


def bits(tree: Tree) -> int:
    """About how many bits the largest numerator or denominator has."""
    if tree[0] in ("num", "based"):
        return int(max(tree[1].numerator.bit_length(), tree[1].denominator.bit_length()))
    parts = [bits(part) for part in tree[1:] if isinstance(part, tuple)]
    below = max(parts, default=0) if tree[0] == "+" else sum(parts)
    if tree[0] == "^" and (power := tree[2] if tree[2][0] == "num" else tree[2][-1])[0] == "num":
        return int(min(below * max(abs(power[1]), 1), 10 * MAX_BITS))
    return below


def _without_noise(rough: Any, value: Any, peak: Any) -> Any:
    """0 for what is left of a cancellation: a tiny value that changes with the precision."""
    moved = abs(rough - value) > abs(value) * 1e-20
    return value * 0 if moved and abs(value) <= peak * 1e-60 else value


def _coordinate(name: str, place: int) -> Fraction:
    """A point that depends on the variable's name only: positive at first, then once of either sign in each pair."""
    value = Fraction(hashed_seed("point", name, place) % 2801 + 211, 997 if place < POINTS else 1)
    if place < 3:
        return value
    first = bool(hashed_seed("sign", name, (place - 3) // 2) & (1 << 40))
    return -value if first != bool((place - 3) % 2) else value


def _has(tree: Tree, functions: set[str]) -> bool:
    return any(node[0] == "fn" and node[1] in functions for node in nodes(tree))


def _has_log(tree: Tree) -> bool:
    return _has(tree, {"log"})
