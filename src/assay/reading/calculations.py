"""Short calculations in place of a number (`16 + 26`, `2^{10}`, `9 * 2 = 18`)."""

from __future__ import annotations

import re
from fractions import Fraction

from assay.reading.answers import read_answer
from assay.reading.arithmetic import exact, numeric
from assay.reading.building import bare, symbols
from assay.reading.labels import is_name
from assay.reading.nodes import Listing, Node, Quantity, Relation, TooCostly, Undefined, Unreadable
from assay.reading.numerals import Quantity as Number

_WORD = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}|[\u0400-\u1fff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
SHORT = 120
"""Characters of the longest calculation that is worked out."""
RANGE = re.compile(r"(\d++)\s*+(?:-|–|—|to)\s*+(\d++)")


def worked_out(text: str) -> Number | None:
    """The value of a short calculation, every side of which must be the same."""
    if len(text) > SHORT or RANGE.fullmatch(text) or _WORD.search(text) or not re.search(r"\d|\\pi|π", text):
        return None
    try:
        sides = _sides(read_answer(text.replace("US$", "")))
        values = {exact(bare(side)) for side in sides}
        value = values.pop()
        if not values:
            value = _decimal_value(bare(sides[-1])) if value is None else value
    except (TooCostly, Unreadable, Undefined):
        return None
    if values or value is None:
        return None
    last = sides[-1] if isinstance(sides[-1], Quantity) else Quantity(sides[-1])
    return Number(value, unit=last.unit, percent=last.percent)


def _sides(read: Node) -> list[Node]:
    match read:
        case Relation(("=",), sides) if not symbols(read):
            return [*sides]
        case Relation(("=",), (label, value)) if is_name(label):
            return [value]
        case Listing(parts, "or"):
            return [*parts]
    return [read]


def _decimal_value(node: Node) -> Fraction | None:
    """The real value of an irrational number (`5\\sqrt{3}`), close enough for any decimal and equal to none."""
    value = numeric(node)
    return Fraction(str(value.real)) if not symbols(node) and abs(value.imag) < 1e-20 else None
