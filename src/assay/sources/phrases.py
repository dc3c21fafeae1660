"""One of several ways to say the same, filled in."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any


def said(rng: Random, *wordings: str, **fill: Any) -> str:
    """One wording with its places filled; a fraction is written as a decimal number where it is one.

    Example:
        >>> said(Random(0), "{a} is {n} m long.", a="It", n=Fraction(5, 2))
        'It is 2.5 m long.'
    """
    return rng.choice(wordings).format(**{name: _plain(value) for name, value in fill.items()})


def _plain(value: Any) -> Any:
    if not isinstance(value, Fraction):
        return value
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"
