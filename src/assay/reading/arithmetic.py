"""The value of an expression: exact where it is rational, else to as many digits as are asked for (mpmath).

Every operation is bounded: what would need many bits raises `TooCostly`. What is known by its notation only has a value
that depends on nothing but this notation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, lru_cache, reduce
from typing import Any

from assay.reading.building import mapped, names, signature
from assay.reading.nodes import Call, Named, Node, Num, Sym, TooCostly, Undefined
from assay.types import hashed_seed

MAX_BITS = 40_000
"""Bits of the largest number that is computed."""
MAX_INTEGER_ARGUMENT = 3000


# --- exact -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def exact(node: Node) -> Fraction | None:
    """The rational value, or `None` where it is not rational or not seen to be. Raises `TooCostly`, `Undefined`."""
    if isinstance(node, Num):
        return _bounded(node.value)
    if not isinstance(node, Call) or node.head.startswith("\\"):
        return None
    known = [exact(part) for part in node.args]
    if None in known:
        return None
    given = [value for value in known if value is not None]
    if node.head == "+":
        return _bounded(sum(given, Fraction(0)))
    if node.head == "*":
        return reduce(lambda a, b: _bounded(a * b), given, Fraction(1))
    return exact_power(*given) if node.head == "^" else _exact_function(node.head, given)


def exact_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """`base ** exponent` when it is rational."""
    if exponent.denominator != 1:
        if base < 0 or exponent.denominator > 64:
            return None
        top, bottom = (_root(part, exponent.denominator) for part in (base.numerator, base.denominator))
        rooted = None if top is None or bottom is None else Fraction(top, bottom)
        return None if rooted is None else exact_power(rooted, Fraction(exponent.numerator))
    if base == 0 and exponent <= 0:
        raise Undefined("0 to a power that is not positive")
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(base) != 1 and base and abs(exponent) * max(size - 1, 1) > MAX_BITS:
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


# --- structure -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def normal(node: Node) -> Node:
    """The structural normal form: sums and products flat and in order, rational parts computed."""
    node = mapped(node, normal)
    if not isinstance(node, Call):
        return Num(node.value) if isinstance(node, Num) else node
    if (value := exact(node)) is not None:
        return Num(value)
    if node.head not in ("+", "*"):
        return Call(node.head, tuple(sorted(node.args, key=signature))) if node.head in _SYMMETRIC else node
    flat = [
        part for arg in node.args for part in (arg.args if isinstance(arg, Call) and arg.head == node.head else (arg,))
    ]
    rational = exact(Call(node.head, tuple(part for part in flat if isinstance(part, Num)))) or Fraction(0)
    rest = sorted((part for part in flat if not isinstance(part, Num)), key=signature)
    unit = Fraction(node.head == "*")
    parts = rest if rational == unit else [Num(rational), *rest]
    return parts[0] if len(parts) == 1 else Call(node.head, tuple(parts))


_SYMMETRIC = frozenset({"max", "min", "gcd", "lcm", "∪", "∩"})


def notation_seed(node: Node) -> int:
    """A number that depends on nothing but the normal form of a node."""
    return hashed_seed("notation", signature(normal(node)), 0)


# --- numbers of many digits ------------------------------------------------------------------------------------------


@cache
def context(digits: int) -> Any:
    """mpmath's numbers of so many digits; floats for 0."""
    import mpmath

    if not digits:
        return mpmath.fp
    context = mpmath.MPContext()
    context.dps = digits
    return context


def numeric(node: Node, digits: int = 40) -> Any:
    """The value of an expression without variables, as an mpmath number."""
    return Numeric(digits, {}).value(node)


class Numeric:
    """Evaluation at a point; keeps the largest and smallest size met, in bits, and the bits lost to cancellation."""

    def __init__(self, digits: int, point: Mapping[str, Fraction], log: str = "ln", real_only: bool = False) -> None:
        self.mp, self.point, self.log, self.real_only = context(digits), point, log, real_only
        self.bits = int((digits - 10) * 3.32) if digits else 40
        self.largest, self.smallest, self.lost = 0, 0, 0

    def value(self, node: Node) -> Any:
        found = self._value(node)
        if found:
            size = self.size(found)
            self.largest, self.smallest = max(self.largest, size), min(self.smallest, size)
        return found

    def size(self, value: Any) -> int:
        return int(self.mp.mag(value)) if self.bits > 40 else math.frexp(abs(value))[1]

    def _value(self, node: Node) -> Any:
        match node:
            case Num(value):
                return self.mp.mpf(value.numerator) / value.denominator
            case Sym() | Named():
                return self.symbol(node.name)
            case Call(head) if head.startswith("\\"):
                return self.mp.mpf(notation_seed(node) % 2801 + 211) / 997
            case Call(head, args):
                return self.call(head, [self.value(part) for part in args])
        raise Undefined("no number")

    def call(self, head: str, parts: list[Any]) -> Any:
        if head == "+":
            return self.sum(parts)
        if head == "*":
            return reduce(lambda a, b: a * b, parts)
        if head == "deg":
            return parts[0] * self.mp.pi / 180
        return self.power(*parts) if head == "^" else self.function(head, parts)

    def symbol(self, name: str) -> Any:
        mp = self.mp
        if name in ("pi", "e", "i"):
            return +mp.pi if name == "pi" else mp.exp(1) if name == "e" else mp.mpc(0, 1)
        if name not in self.point:
            raise Undefined("infinity" if name == "infty" else f"{name} has no value")
        return mp.mpf(self.point[name].numerator) / self.point[name].denominator

    def sum(self, parts: list[Any]) -> Any:
        """A sum; what is left of a cancellation is 0."""
        found = sum(parts[1:], parts[0])
        largest = max(self.size(part) if part else -(10**9) for part in parts)
        if not found:
            return found
        lost = largest - self.size(found)
        if lost > self.bits:
            return found * 0
        self.lost += lost if lost > 4 else 0
        return found

    def power(self, base: Any, exponent: Any) -> Any:
        mp = self.mp
        if base == 0:
            if exponent.real <= 0:
                raise Undefined("0 to a power that is not positive")
            return base
        if abs(exponent) > 10**9 or abs(exponent * mp.log(base)) > (MAX_BITS if self.bits > 40 else 600):
            raise TooCostly(f"a power of more than {MAX_BITS} bits")
        if exponent.imag == 0 and exponent.real == int(exponent.real) and abs(exponent.real) < 10**6:
            return base ** int(exponent.real)
        odd_root = _odd_root(exponent)
        if odd_root and base.imag == 0 and base.real < 0:
            return (-1) ** odd_root[0] * mp.power(-base.real, exponent.real)
        if self.real_only and base.imag == 0 and base.real < 0:
            raise Undefined("a root of a negative number")
        return mp.power(base, exponent)

    def function(self, name: str, given: list[Any]) -> Any:
        first = given[0]
        if abs(first) > 10**30 or (name in _GROWING and any(abs(v) > 10**4 for v in given)):
            raise TooCostly(f"{name} of a huge number")
        if name in _REAL and any(abs(v.imag) > abs(v) * 1e-15 for v in given):
            raise Undefined(f"{name} of a complex number")
        try:
            found = _FUNCTIONS[name](self, *given) if name in _FUNCTIONS else getattr(self.mp, _METHODS[name])(first)
        except (ArithmeticError, ValueError, KeyError, TypeError, AttributeError):
            raise Undefined(f"{name} has no value here") from None
        if name in _WITH_ZEROS and found and first:
            if self.size(found) - self.size(first) < -self.bits:
                return found * 0
            if self.size(found) > self.bits:
                raise Undefined(f"{name} has no value here")
        return found

    def log_of(self, value: Any, base: int = 0) -> Any:
        if value == 0:
            raise ValueError("the logarithm of 0")
        return self.mp.log(value) / (self.mp.log(base) if base else 1)

    def floor(self, value: Any) -> Any:
        """The floor; a value that is whole but for the last digits is whole."""
        nearest = self.mp.floor(value.real + 0.5)
        off = abs(value.real - nearest)
        return nearest if off and self.size(off) < -self.bits else self.mp.floor(value.real)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ln": lambda at, x: at.log_of(x),
    "lg": lambda at, x: at.log_of(x, 10),
    "log": lambda at, x: at.log_of(x, 10 if at.log == "log10" else 0),
    "floor": lambda at, x: at.floor(x),
    "ceil": lambda at, x: -at.floor(-x),
    "sgn": lambda at, x: at.mp.mpf((x.real > 0) - (x.real < 0)),
    "abs": lambda at, x: abs(x),
    "max": lambda at, *given: max(x.real for x in given),
    "min": lambda at, *given: min(x.real for x in given),
    "Re": lambda at, x: x.real,
    "Im": lambda at, x: x.imag,
    "mod": lambda at, x, y: x.real - y.real * at.floor(x / y),
    "binom": lambda at, n, k: at.mp.binomial(n, k),
}
_METHODS = {name: name for name in names("sin cos tan cot sec csc sinh cosh tanh exp factorial arg")}
_METHODS |= {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "cot")}
_METHODS |= {f"ar{name}": f"a{name}" for name in ("sinh", "cosh", "tanh")}
_REAL = names("floor ceil max min mod sgn")
_GROWING = names("factorial binom exp sinh cosh")
_WITH_ZEROS = names("sin cos tan cot sec csc ln log lg arcsin arccos arctan arccot arsinh arcosh artanh sinh tanh arg")
"""Functions that are 0 or have poles at points that rounding misses."""


def _odd_root(exponent: Any) -> tuple[int, int] | None:
    """`(p, q)` when the exponent is p/q with odd q, so that a negative number has a real power."""
    for q in (3, 5, 7, 9):
        p = exponent.real * q
        if exponent.imag == 0 and abs(p - round(p)) < 1e-13:
            return round(p), q
    return None
