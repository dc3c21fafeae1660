"""Procedural math: integer arithmetic, and linear equations in one unknown."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from assay.sources.procedural import Problem, Procedural, near_integers

_PRECEDENCE = {"+": 1, "-": 1, "*": 2}


def _arithmetic(rng: Random, level: int) -> Problem:
    text, value, _ = _term(rng, level, 99)
    return Problem(f"{text} = ?", value, str(value), near_integers(value))


def _term(rng: Random, operators: int, largest: int) -> tuple[str, int, int]:
    """An expression with that many operators: its text, its value, and how tightly its top operator binds."""
    if operators == 0:
        value = rng.randint(1, largest)
        return str(value), value, 3
    left_ops = rng.randrange(operators)
    sign = rng.choice("+-" if operators == 1 else "+-*")
    left, a, left_binds = _term(rng, left_ops, 12 if sign == "*" else largest)
    right, b, right_binds = _term(rng, operators - 1 - left_ops, 12 if sign == "*" else largest)
    if operators == 1 and sign == "-" and b > a:
        left, a, right, b = right, b, left, a
    binds = _PRECEDENCE[sign]
    left = f"({left})" if left_binds < binds else left
    right = f"({right})" if right_binds <= binds and right_binds < 3 else right
    value = a + b if sign == "+" else a - b if sign == "-" else a * b
    return f"{left} {sign} {right}", value, binds


def _linear(rng: Random, level: int) -> Problem:
    a = rng.randint(2, 9)
    b = rng.choice((-1, 1)) * rng.randint(1, 20)
    if level == 1:
        x = Fraction(rng.randint(1, 20))
        return _equation(f"{a}x {_signed(b)} = {a * x + b}", x)
    if level == 2:
        x = Fraction(rng.randint(-20, 20))
        c = rng.choice([n for n in range(-9, 10) if n not in (0, 1, -1, a)])
        return _equation(f"{a}x {_signed(b)} = {c}x{_signed((a - c) * int(x) + b, gap=' ')}", x)
    c = rng.choice([n for n in range(-9, 10) if n not in (0, 1, -1, a)])
    d = rng.choice([n for n in range(-30, 31) if n != 0])
    if level == 3:
        return _equation(f"{a}x {_signed(b)} = {c}x {_signed(d)}", Fraction(d - b, a - c))
    k = rng.choice([n for n in range(2, 10) if n * a != c])
    return _equation(f"{k}({a}x {_signed(b)}) = {c}x {_signed(d)}", Fraction(d - k * b, k * a - c))


def _equation(text: str, x: Fraction) -> Problem:
    slips = {x + 1, x - 1, x + 2, x - 2, -x} - {x}
    return Problem(f"Solve {text}.", _plain(x), _plain(x), tuple(_plain(s) for s in sorted(slips)))


def _plain(x: Fraction) -> str:
    return str(x.numerator) if x.denominator == 1 else f"{x.numerator}/{x.denominator}"


def _signed(n: int, gap: str = "") -> str:
    """`+ 3` or `- 3` after the gap; nothing for 0."""
    return f"{gap}{'+' if n > 0 else '-'} {abs(n)}" if n else ""


arithmetic = Procedural(
    name="math/arithmetic",
    about="Integer arithmetic: one more operator a level, with products and brackets from level 2",
    verifier="number",
    draw=_arithmetic,
    levels=8,
)
linear = Procedural(
    name="math/linear",
    about="Linear equations: one side, two sides, fractional solutions, brackets",
    verifier="math",
    draw=_linear,
)
