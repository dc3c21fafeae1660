"""Numbers as a question wants them: so many decimal places, or so many significant digits, never on the edge of two."""

from __future__ import annotations

from fractions import Fraction


def fixed(value: Fraction, places: int) -> str | None:
    """A number rounded to so many decimal places; `None` where it lies half-way, so that no rule of rounding decides.

    Example:
        >>> fixed(Fraction(22, 7), 2), fixed(Fraction(1, 8), 2), fixed(Fraction(-3), 0)
        ('3.14', None, '-3')
    """
    scaled = abs(value) * 10**places
    whole, rest = divmod(scaled, 1)
    if rest == Fraction(1, 2):
        return None
    digits = f"{int(whole) + (rest > Fraction(1, 2)):0{places + 1}d}"
    sign = "-" if value < 0 and int(digits) else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def places_for(value: Fraction, digits: int) -> int:
    """The decimal places that so many significant digits of a number above 0 take; below 0 for large ones.

    Example:
        >>> places_for(Fraction(1, 300), 3), places_for(Fraction(12345), 3)
        (5, -2)
    """
    places, size = digits - 1, abs(value)
    while size >= 10:
        size, places = size / 10, places - 1
    while size < 1:
        size, places = size * 10, places + 1
    return places


def near(text: str) -> tuple[str, ...]:
    """Numbers that are wrong in one digit: the last one up or down, and the whole one up at its first digit."""
    places = len(text.partition(".")[2])
    value, unit = Fraction(text), Fraction(1, 10**places)
    lead = unit * 10 ** (len(text.lstrip("-0.").replace(".", "")) - 1)
    slips = (fixed(slip, places) for slip in (value + unit, value - unit, value + lead, value + 7 * unit))
    return tuple(slip for slip in slips if slip is not None and slip != text)
