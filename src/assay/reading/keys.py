"""One canonical key for a mathematical answer: whatever form it is written in, equal answers share it.

Exact rational values are their fraction, other numbers 20 digits of their value, and expressions with variables their
residues at three points modulo a prime (Schwartz 1980, Zippel 1979) or else their values there. The order of a list is
no part of its key; an equation is its difference up to a factor. Keys are for counting (votes, duplicates, conflicts
between labels), not for judging: what a reference's digits or percent sign accept is another matter.
"""

from __future__ import annotations

from fractions import Fraction

from assay.reading.algebra import PRIME, residue, symbols
from assay.reading.equality import infinite
from assay.reading.shapes import Answer, Bag, Difference, Matrix, Relation, Seq, Union, Value, Words
from assay.reading.tree import MINUS_ONE, Tree
from assay.reading.values import Numeric, exact
from assay.types import hashed_seed

DIGITS, SHOWN = 40, 20


def key_of(answer: Answer) -> str:
    """The key of an answer. Raises `TooCostly` or `Undefined` where it has no value."""
    if isinstance(answer, Value):
        if answer.name is not None and symbols(answer.tree):  # `y = 2x + 1` is a line, `x = 3` is 3
            return key_of(Relation("=", answer.name, answer.tree))
        size = ("*", ("num", Fraction(1, 100)), answer.tree) if answer.percent else answer.tree
        return key_of_tree(size) + (f" {answer.unit}" if answer.unit else "")
    if isinstance(answer, Words):
        return answer.text
    if isinstance(answer, Relation):
        return f"{answer.sign} {_up_to_a_factor(answer)}"
    if isinstance(answer, Difference):
        return f"{key_of(answer.whole)} \\ {key_of(answer.without)}"
    if isinstance(answer, Matrix):
        return "; ".join(", ".join(map(key_of_tree, row)) for row in answer.rows)
    parts = [key_of(part) for part in answer.parts]
    if isinstance(answer, Seq):
        return f"{answer.opening}{', '.join(parts)}{answer.closing}"
    if len(parts) == 1:
        return parts[0]
    joint = " or " if isinstance(answer, Bag) and answer.alternatives else " ∪ " if isinstance(answer, Union) else ", "
    return joint.join(sorted(parts))


def key_of_tree(tree: Tree) -> str:
    """The key of an expression."""
    if sign := infinite(tree):
        return "oo" if sign > 0 else "-oo"
    names = sorted(symbols(tree))
    if not names:
        value = exact(tree)
        return str(value) if value is not None else _shown(tree, {})
    if len(names) == 1 and tree == ("sym", names[0]):
        return names[0]
    residues = [residue(tree, {name: hashed_seed("key", name, place) % PRIME for name in names}) for place in range(3)]
    if None not in residues:
        return f"{'+'.join(names)}#{'.'.join(f'{value:x}' for value in residues)}"
    points = ({name: Fraction(hashed_seed("key", name, place) % 2801 + 211, 997) for name in names} for place in (0, 1))
    return f"{'+'.join(names)}~{'.'.join(_shown(tree, point) for point in points)}"


def _up_to_a_factor(relation: Relation) -> str:
    """The difference of both sides: of an equation, by the ratios of its values."""
    tree: Tree = ("+", relation.left, ("*", MINUS_ONE, relation.right))
    names = sorted(symbols(tree))
    if relation.sign not in "=≠" or not names:
        return key_of_tree(tree)
    values = [residue(tree, {name: hashed_seed("key", name, place) % PRIME for name in names}) for place in range(3)]
    if None in values or not values[0]:
        return key_of_tree(tree)
    first = pow(values[0], -1, PRIME)
    return f"{'+'.join(names)}#{'.'.join(f'{value * first % PRIME:x}' for value in values[1:] if value is not None)}"


def _shown(tree: Tree, point: dict[str, Fraction]) -> str:
    value = Numeric(DIGITS, point, "ln").value(tree)
    parts = [value.real] if abs(value.imag) <= abs(value) * 1e-30 else [value.real, value.imag]
    return "".join(f"{value.context.nstr(part, SHOWN)}{'i' * place}" for place, part in enumerate(parts))
