"""The value of a tree: exact where it is rational, else in complex numbers of a fixed precision (mpmath).

Every operation is bounded: what would need many bits raises `TooCostly`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, reduce
from typing import Any

from assay.reading.latex import TooCostly
from assay.reading.tree import Tree

MAX_BITS = 40_000
"""Bits of the largest number that is computed."""


class Undefined(ArithmeticError):
    """A value that does not exist at this point, such as a division by zero."""


def numeric(tree: Tree, digits: int = 40) -> Any:
    """The complex value of a tree without variables, as an mpmath number."""
    return Numeric(digits, {}, "ln").value(tree)


@cache
def context(digits: int) -> Any:
    import mpmath

    context = mpmath.MPContext()
    context.dps = digits
    return context


class Numeric:
    """Evaluation at a point in mpmath's complex numbers of a fixed precision."""

    def __init__(self, digits: int, point: Mapping[str, Fraction], log: str, real_only: bool = False) -> None:
        self.mp, self.point, self.log, self.real_only = context(digits), point, log, real_only
        self.peak: Any = 1

    def value(self, tree: Tree) -> Any:
        mp, kind = self.mp, tree[0]
        if kind in ("num", "based"):
            return mp.mpc(mp.mpf(tree[1].numerator) / tree[1].denominator)
        if kind == "sym":
            if tree[1] not in self.point:
                raise Undefined(f"{tree[1]} has no value")
            return self.value(("num", self.point[tree[1]]))
        if kind == "const":
            return self.constant(tree[1])
        if kind == "deg":
            return self.value(tree[1]) * mp.pi / 180
        parts = [self.value(part) for part in tree[1:] if isinstance(part, tuple)]
        if kind == "+":
            self.peak = max(self.peak, *map(abs, parts))
            return sum(parts, mp.mpc(0))
        if kind == "*":
            return reduce(lambda a, b: a * b, parts, mp.mpc(1))
        return self.power(*parts) if kind == "^" else self.function(tree[1], parts)

    def constant(self, name: str) -> Any:
        if name == "infty":
            raise Undefined("infinity")
        return {"pi": self.mp.mpc(self.mp.pi), "e": self.mp.mpc(self.mp.e), "i": self.mp.mpc(0, 1)}[name]

    def power(self, base: Any, exponent: Any) -> Any:
        mp = self.mp
        if base == 0:
            if exponent.real <= 0:
                raise Undefined("0 to a power that is not positive")
            return mp.mpc(0)
        if abs(exponent) > 10**9 or abs(exponent * mp.log(base)) > MAX_BITS:
            raise TooCostly(f"a power of more than {MAX_BITS} bits")
        if exponent.imag == 0 and exponent.real == int(exponent.real) and abs(exponent.real) < 10**6:
            return base ** int(exponent.real)
        odd_root = _odd_root(exponent)
        if odd_root and base.imag == 0 and base.real < 0:
            return mp.mpc((-1) ** odd_root[0] * mp.power(-base.real, exponent.real))
        if self.real_only and base.imag == 0 and base.real < 0:
            raise Undefined("a root of a negative number")
        return mp.power(base, exponent)

    def function(self, name: str, given: list[Any]) -> Any:
        mp, first = self.mp, given[0]
        if abs(first) > 10**30:
            raise TooCostly("a function of a huge number")
        if name in _REAL and any(abs(v.imag) > 1e-20 for v in given):
            raise Undefined(f"{name} of a complex number")
        if name in ("factorial", "binom", "exp", "sinh", "cosh") and any(abs(v) > 10**4 for v in given):
            raise TooCostly(f"{name} of a huge number")
        try:
            return mp.mpc(self.table(name, first, given))
        except (ZeroDivisionError, ValueError, OverflowError, KeyError):
            raise Undefined(f"{name} has no value here") from None

    def table(self, name: str, first: Any, given: list[Any]) -> Any:
        mp = self.mp
        if name in ("ln", "log", "lg"):
            if first == 0:
                raise ValueError("the logarithm of 0")
            return mp.log(first) / (mp.log(10) if name == "lg" or (name == "log" and self.log == "log10") else 1)
        if name in ("floor", "ceil", "sgn"):
            return getattr(mp, "sign" if name == "sgn" else name)(first.real)
        if name == "abs":
            return abs(first)
        if name in ("max", "min"):
            return max(v.real for v in given) if name == "max" else min(v.real for v in given)
        if name == "mod":
            return first.real - given[1].real * mp.floor(first.real / given[1].real)
        if name == "binom":
            return mp.binomial(first, given[1])
        arcs = {"arcsin": mp.asin, "arccos": mp.acos, "arctan": mp.atan, "arccot": mp.acot}
        arcs |= {"arsinh": mp.asinh, "arcosh": mp.acosh, "artanh": mp.atanh}
        return arcs[name](first) if name in arcs else getattr(mp, _METHODS[name])(first)


_REAL = {"floor", "ceil", "max", "min", "gcd", "lcm", "mod", "sgn"}
_SAME_NAME = "sin cos tan cot sec csc sinh cosh tanh exp factorial arg"
_METHODS = {name: name for name in _SAME_NAME.split()}


def _odd_root(exponent: Any) -> tuple[int, int] | None:
    """`(p, q)` when the exponent is p/q with odd q, so that a negative number has a real power."""
    for q in (3, 5, 7, 9):
        p = exponent.real * q
        if exponent.imag == 0 and abs(p - round(p)) < 1e-30:
            return round(p), q
    return None


MAX_INTEGER_ARGUMENT = 3000


def exact(tree: Tree) -> Fraction | None:
    """The rational value, or `None` where it is not rational or not seen to be. Raises `TooCostly`, `Undefined`."""
    kind = tree[0]
    if kind in ("num", "based"):
        return _bounded(tree[1])
    if kind not in ("+", "*", "^", "fn"):
        return None
    parts = [exact(part) for part in tree[1:] if isinstance(part, tuple)]
    if any(part is None for part in parts):
        return None
    known = [part for part in parts if part is not None]
    if kind == "+":
        return _bounded(sum(known, Fraction(0)))
    if kind == "*":
        return reduce(lambda a, b: _bounded(a * b), known, Fraction(1))
    return exact_power(*known) if kind == "^" else _exact_function(tree[1], known)


def exact_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """`base ** exponent` when it is rational."""
    if exponent.denominator != 1:
        if base < 0 or exponent.denominator > 64:
            return None
        top, bottom = (_root(part, exponent.denominator) for part in (base.numerator, base.denominator))
        return (
            None if top is None or bottom is None else exact_power(Fraction(top, bottom), Fraction(exponent.numerator))
        )
    if base == 0 and exponent <= 0:
        raise Undefined("0 to a power that is not positive")
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(base) != 1 and base and abs(exponent) * max(bits - 1, 1) > MAX_BITS:
        raise TooCostly(f"a power of more than {MAX_BITS} bits")
    return base ** (int(exponent) % 2 if abs(base) == 1 else int(exponent))


def _root(value: int, index: int) -> int | None:
    if value < 2:
        return value
    if index == 2:
        root = math.isqrt(value)
    else:
        root = 1 << (value.bit_length() // index + 1)
        while (smaller := ((index - 1) * root + value // root ** (index - 1)) // index) < root:  # Newton's method
            root = smaller
    return root if root**index == value else None


def _exact_function(name: str, given: list[Fraction]) -> Fraction | None:
    first = given[0]
    simple: dict[str, Callable[[], Fraction | None]] = {
        "abs": lambda: abs(first),
        "floor": lambda: Fraction(math.floor(first)),
        "ceil": lambda: Fraction(math.ceil(first)),
        "sgn": lambda: Fraction((first > 0) - (first < 0)),
        "mod": lambda: first % given[1] if given[1] else None,
        "max": lambda: max(given),
        "min": lambda: min(given),
        "factorial": lambda: _factorial(first),
        "binom": lambda: _binomial(first, given[1]),
    }
    if name in ("gcd", "lcm") and all(v.denominator == 1 for v in given):
        return Fraction(getattr(math, name)(*map(int, given)))
    return simple[name]() if name in simple else None


def _factorial(n: Fraction) -> Fraction | None:
    if n.denominator != 1 or n < 0:
        return None
    if n > MAX_INTEGER_ARGUMENT:
        raise TooCostly(f"the factorial of more than {MAX_INTEGER_ARGUMENT}")
    return _bounded(Fraction(math.factorial(int(n))))


def _binomial(n: Fraction, k: Fraction) -> Fraction | None:
    if n.denominator != 1 or k.denominator != 1 or n < 0:
        return None
    if n > 10**6 or min(k, n - k) > MAX_INTEGER_ARGUMENT:
        raise TooCostly(f"a binomial of more than {MAX_INTEGER_ARGUMENT}")
    return _bounded(Fraction(math.comb(int(n), int(k)) if 0 <= k <= n else 0))


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise TooCostly(f"a number of more than {MAX_BITS} bits")
    return value
