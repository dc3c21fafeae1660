"""Which expressions may name what an equation says that they are."""

from __future__ import annotations

from assay.reading.building import MINUS_ONE
from assay.reading.matrices import TRANSPOSED
from assay.reading.nodes import Call, Listing, Matrix, Named, Node, Num, Relation, Sym, Text, Tuple


def is_name(node: Node) -> bool:
    """Whether the left side of an equation may name what the right side is.

    A symbol, a product of symbols (`f(x)`), a function of names (`\\sin A`), a derivative, a label in words, a sum of
    symbols and their powers, or a sum or product with dots, which nothing here works out.
    """
    match node:
        case Sym() | Named() | Text():
            return True
        case Tuple(_, _, parts):
            return all(map(is_name, parts))
        case Matrix(rows):
            return all(is_name(cell) for row in rows for cell in row)
        case Call("+" | "*", terms) if Sym("\\ldots") in terms:
            return True
        case Call("+", terms):
            powers = [term.args[0] if is_power(term) else term for term in terms]  # type: ignore[union-attr]
            return len(set(powers)) == len(powers) and all(is_name(part) and not _is_sum(part) for part in powers)
        case Call("*", (top, Call("^", (bottom, exponent)))) if exponent == MINUS_ONE:
            return is_name(top) and is_name(bottom)
        case Call("*", (first, *rest)):
            undone = is_power(first) and isinstance(first.args[0], Sym) and first.args[1] == MINUS_ONE  # type: ignore[union-attr]
            return (is_name(first) or undone) and all(
                isinstance(part, Num) or is_name(part) or (is_power(part) and isinstance(part.args[0], Sym))  # type: ignore[union-attr]
                for part in rest
            )
        case Call("^", (Sym(name), exponent)) if name.isupper():
            return exponent == MINUS_ONE or exponent in TRANSPOSED
        case Call(head, args):
            return head not in ("^", "factorial", "∪", "∩", "∖") and (head[0] == "\\" or all(map(is_name, args)))
    return False


def is_power(node: Node) -> bool:
    return isinstance(node, Call) and node.head == "^" and isinstance(node.args[1], Num)


def _is_sum(node: Node) -> bool:
    return isinstance(node, Call) and node.head == "+"


def _names_set(label: Node, value: Node) -> bool:
    """Whether sets combined name the set that is written out beside them: `A ∩ B = {1, 3}`."""
    is_combined = isinstance(label, Call) and label.head in ("∪", "∩", "∖") and all(map(is_name, label.args))
    return is_combined and isinstance(value, Listing | Tuple)


def labelled(node: Node) -> tuple[Node | None, Node]:
    """The name of a value (`x` in `x = 3`), and the value."""
    match node:
        case Relation(("=",), (label, value)) if is_name(label) or _names_set(label, value):
            return label, value
    return None, node
