"""The value of a short calculation that stands where one number is asked (`16 + 26`, `2^{10}`, `9 * 2 = 18`)."""

from __future__ import annotations

import re
from fractions import Fraction

from assay.reading.algebra import symbols
from assay.reading.answers import read_answer
from assay.reading.calls import Tree
from assay.reading.latex import TooCostly, Unreadable
from assay.reading.numerals import Quantity
from assay.reading.numeric import Undefined, numeric
from assay.reading.rational import exact
from assay.reading.shapes import Bag, Relation, Value

SHORT = 120
"""Characters of the longest calculation that is worked out."""
RANGE = re.compile(r"(\d++)\s*+(?:-|–|—|to)\s*+(\d++)")


def worked_out(text: str) -> Quantity | None:
    """The value of a short calculation (`16 + 26`, `2^{10}`, `9 * 2 = 18`), every side of which must be the same."""
    if len(text) > SHORT or RANGE.fullmatch(text) or not re.search(r"\d|\\pi|π", text):
        return None
    try:
        read = read_answer(text.replace("US$", ""))
        sides = read.parts if isinstance(read, Bag) and read.alternatives else (read,)
        if isinstance(read, Relation) and read.sign == "=":
            sides = (Value(read.left), Value(read.right))
        values = {exact(side.tree) if isinstance(side, Value) else None for side in sides}
    except (TooCostly, Unreadable, Undefined):
        return None
    if len(values) != 1 or not isinstance(last := sides[-1], Value):
        return None
    if (value := values.pop()) is None and (value := _decimal_value(last.tree)) is None:
        return None
    return Quantity(value, unit=last.unit, percent=last.percent)


def _decimal_value(tree: Tree) -> Fraction | None:
    """The real value of an irrational number (`5\\sqrt{3}`), close enough for any decimal and equal to none."""
    if symbols(tree):
        return None
    try:
        value = numeric(tree)
    except (TooCostly, Undefined):
        return None
    return Fraction(str(value.real)) if abs(value.imag) < 1e-20 else None
