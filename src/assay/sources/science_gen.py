"""Procedural science: unit conversion and uniformly accelerated motion.

Answers are exact numbers with a unit; slips are other values in the right unit.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from assay.sources.procedural import Problem, Procedural, near_integers

_DECIMAL = (
    ("km", "m", 1000),
    ("m", "cm", 100),
    ("m", "mm", 1000),
    ("cm", "mm", 10),
    ("kg", "g", 1000),
    ("g", "mg", 1000),
    ("L", "mL", 1000),
    ("kW", "W", 1000),
    ("kJ", "J", 1000),
    ("s", "ms", 1000),
)
"""(larger unit, smaller unit, smaller units in one larger)."""
_OTHER = (("h", "min", 60), ("min", "s", 60), ("day", "h", 24), ("week", "day", 7), ("h", "s", 3600))


def _units(rng: Random, level: int) -> Problem:
    if level == 3:
        return _conversion(Fraction(rng.randint(4, 4000), 4), "m/s", "km/h", Fraction(18, 5))
    large, small, factor = rng.choice(_DECIMAL if level < 4 else _OTHER)
    if level == 1:
        return _conversion(Fraction(rng.randint(1, 400)), large, small, Fraction(factor))
    if level == 2:
        return _conversion(Fraction(rng.randint(1, 4000)), small, large, Fraction(1, factor))
    return _conversion(Fraction(rng.randint(5, 4000), 4), large, small, Fraction(factor))


def _conversion(amount: Fraction, unit: str, into: str, factor: Fraction) -> Problem:
    value = amount * factor
    slips = {value * 10, value / 10, amount / factor, amount, value * 100} - {value}
    wrong = tuple(f"{_decimal(s)} {into}" for s in sorted(slips) if _is_decimal(s))
    answer = _decimal(value)
    return Problem(
        f"Convert {_decimal(amount)} {unit} to {into}.",
        answer,
        f"{answer} {into}",
        wrong,
        {"unit": into},
    )


def _is_decimal(x: Fraction) -> bool:
    return (10**9 * x).denominator == 1


def _decimal(x: Fraction) -> str:
    """A terminating fraction as plain decimal text: 3/8 gives `0.375`."""
    whole, rest = divmod(abs(x), 1)
    digits = f"{int(rest * 10**9):09d}".rstrip("0")
    return f"{'-' if x < 0 else ''}{whole}{'.' + digits if digits else ''}"


def _distance(rng: Random) -> tuple[str, int, str]:
    v, t = rng.randint(2, 40), rng.randint(2, 9)
    return f"v = {v} m/s, t = {t} s. Find d.", v * t, "m"


def _time(rng: Random) -> tuple[str, int, str]:
    v, t = rng.randint(2, 30), rng.randint(2, 12)
    return f"v = {v} m/s, d = {v * t} m. Find t.", t, "s"


def _speed(rng: Random) -> tuple[str, int, str]:
    u, a, t = rng.randint(1, 40), rng.randint(1, 5), rng.randint(2, 9)
    return f"u = {u} m/s, a = {a} m/s^2, t = {t} s. Find v.", u + a * t, "m/s"


def _acceleration(rng: Random) -> tuple[str, int, str]:
    u, a, t = rng.randint(1, 40), rng.randint(1, 5), rng.randint(2, 9)
    return f"u = {u} m/s, v = {u + a * t} m/s, t = {t} s. Find a.", a, "m/s^2"


def _accelerated(rng: Random) -> tuple[str, int, str]:
    u, a, t = rng.randint(1, 40), 2 * rng.randint(1, 6), rng.randint(2, 12)
    return f"u = {u} m/s, a = {a} m/s^2, t = {t} s. Find the distance d.", u * t + a * t * t // 2, "m"


def _braking(rng: Random) -> tuple[str, int, str]:
    a, t = 2 * rng.randint(1, 6), rng.randint(2, 30)
    return f"A car at {a * t} m/s brakes at {a} m/s^2. How many metres until it stops?", a * t * t // 2, "m"


def _two_legs(rng: Random) -> tuple[str, int, str]:
    v, t, w, s = rng.randint(2, 40), rng.randint(2, 20), rng.randint(2, 40), rng.randint(2, 20)
    text = f"A train goes {v} m/s for {t} s, then {w} m/s for {s} s. How many metres in all?"
    return text, v * t + w * s, "m"


_MOTIONS: tuple[tuple[Callable[[Random], tuple[str, int, str]], ...], ...] = (
    (_distance, _time, _speed, _speed, _acceleration, _acceleration),
    (_accelerated, _braking, _two_legs),
)


def _kinematics(rng: Random, level: int) -> Problem:
    text, value, unit = rng.choice(_MOTIONS[level - 1])(rng)
    wrong = tuple(f"{slip} {unit}" for slip in near_integers(value))
    return Problem(text, value, f"{value} {unit}", wrong, {"unit": unit})


units = Procedural(
    name="science/units",
    about="Unit conversion: decimal prefixes, their inverse, speeds, units of time",
    verifier="number",
    draw=_units,
)
kinematics = Procedural(
    name="science/kinematics",
    about="Uniform and accelerated motion with whole answers: one step, then two",
    verifier="number",
    draw=_kinematics,
    levels=2,
)
