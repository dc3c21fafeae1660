"""One canonical key for a mathematical answer: whatever form it is written in, equal answers share it.

Exact rational values are their fraction, other numbers 20 digits of their value, and expressions with variables their
residues at three points modulo a prime (Schwartz 1980, Zippel 1979) or else their values there. The order of a list is
no part of its key; an equation is its difference up to a factor. Keys are for counting (votes, duplicates, conflicts
between labels), not for judging: what a reference's digits or percent sign accept is another matter.
"""

from __future__ import annotations

from fractions import Fraction

from assay.reading.arithmetic import Numeric, exact, normal
from assay.reading.building import difference, infinite, num, product, signature, symbols
from assay.reading.equality import is_value
from assay.reading.identity import PRIME, residue
from assay.reading.labels import labelled
from assay.reading.nodes import Listing, Matrix, Named, Node, Num, Quantity, Relation, Sym, Text, Tuple
from assay.reading.regions import region
from assay.types import hashed_seed

DIGITS, SHOWN, SHORT = 40, 20, 1000


def key_of(answer: Node) -> str:
    """The key of an answer. Raises `TooCostly` or `Undefined` where it has no value."""
    label, value = labelled(answer)
    if label is not None and not (isinstance(value, Relation) or symbols(value)):
        return key_of(value)  # `x = 3` is 3, `y = 2x + 1` is a line
    if isinstance(answer, Text):
        return answer.words
    if isinstance(answer, Quantity):
        size = product(num(Fraction(1, 100)), answer.value) if answer.percent else answer.value
        return _of_expression(size) + (f" {answer.unit}" if answer.unit else "")
    if (
        not isinstance(answer, Tuple | Listing)
        and not is_value(answer)  # looked at first, as it costs far less
        and (found := region(answer)) is not None
    ):
        inside = "".join(str(int(holds)) for holds in found.holds)
        return f"{inside} {', '.join(_of_expression(end) for _, end in found.ends)}"
    if isinstance(answer, Relation):
        return _of_relation(answer)
    if isinstance(answer, Matrix):
        return "; ".join(", ".join(map(key_of, row)) for row in answer.rows)
    if isinstance(answer, Tuple):
        return f"{answer.opening}{', '.join(map(key_of, answer.parts))}{answer.closing}"
    if isinstance(answer, Listing):
        return (" or " if answer.joint == "or" else ", ").join(sorted(map(key_of, answer.parts)))
    return _of_expression(answer)


def _of_expression(node: Node) -> str:
    if not is_value(node):
        return signature(normal(node))
    if isinstance(node, Named):
        return node.name
    if sign := infinite(node):
        return "oo" if sign > 0 else "-oo"
    names = sorted(symbols(node))
    if not names:
        value = exact(node)
        short = value is not None and max(abs(value.numerator), value.denominator) < 10**SHORT
        return str(value) if short else signature(Num(value)) if value is not None else _shown(node, {})
    if isinstance(node, Sym):
        return node.name
    residues = [residue(node, {name: hashed_seed("key", name, place) % PRIME for name in names}) for place in range(3)]
    if None not in residues:
        return f"{'+'.join(names)}#{'.'.join(f'{value:x}' for value in residues)}"
    points = ({name: Fraction(hashed_seed("key", name, place) % 2801 + 211, 997) for name in names} for place in (0, 1))
    return f"{'+'.join(names)}~{'.'.join(_shown(node, point) for point in points)}"


def _of_relation(relation: Relation) -> str:
    """The signs with the difference of both sides: of an equation, by the ratios of its values."""
    sign, sides = relation.signs[0], relation.sides
    if len(sides) > 2 or sign not in "=≠<≤" or not all(map(is_value, sides)):
        return f"{''.join(relation.signs)} {'; '.join(map(key_of, sides))}"
    gap = difference(*sides)
    names = sorted(symbols(gap))
    values = [residue(gap, {name: hashed_seed("key", name, place) % PRIME for name in names}) for place in range(3)]
    if sign not in "=≠" or not names or None in values or not values[0]:
        return f"{sign} {_of_expression(gap)}"
    first = pow(values[0], -1, PRIME)
    ratios = [value * first % PRIME for value in values[1:] if value is not None]
    return f"{sign} {'+'.join(names)}#{'.'.join(f'{ratio:x}' for ratio in ratios)}"


def _shown(node: Node, point: dict[str, Fraction]) -> str:
    at = Numeric(DIGITS, point)
    value = at.value(node)
    parts = [value.real] if abs(value.imag) <= abs(value) * 1e-30 else [value.real, value.imag]
    return "".join(f"{at.mp.nstr(part, SHOWN)}{'i' * place}" for place, part in enumerate(parts))
