"""Building expressions, and walking over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from assay.reading.nodes import (
    CONSTANTS,
    Call,
    Listing,
    Matrix,
    Named,
    Node,
    Num,
    Quantity,
    Relation,
    Sym,
    Text,
    Tuple,
    Undefined,
)

ONE, MINUS_ONE, PI, INFINITY = Num(Fraction(1)), Num(Fraction(-1)), Sym("pi"), Sym("infty")


def names(text: str) -> frozenset[str]:
    """The names between blanks."""
    return frozenset(text.split())


def num(value: int | Fraction) -> Num:
    return Num(Fraction(value))


def negative(node: Node) -> Node:
    if isinstance(node, Num) and not node.numeral:
        return Num(-node.value, node.half)
    return Call("*", (MINUS_ONE, spelled_out(node)))


def spelled_out(node: Node) -> Node:
    """A word of capitals within a calculation as the product of its letters."""
    if isinstance(node, Named) and node.kind == "word" and node.letters.isalpha():
        return Call("*", tuple(map(Sym, node.letters)))
    return node


def total(*terms: Node) -> Node:
    return terms[0] if len(terms) == 1 else Call("+", tuple(map(spelled_out, terms)))


def product(*factors: Node) -> Node:
    """A product; of a decimal and a power of ten, the decimal in scientific notation."""
    match factors:
        case (one,):
            return one
        case (Num(value, half), Call("^", (Num(Fraction(numerator=10, denominator=1)), Num(exponent)))) if half:
            if exponent.denominator == 1 and abs(exponent) <= 3000:
                scale = Fraction(10) ** int(exponent)
                return Num(value * scale, half * scale)
    return Call("*", tuple(map(spelled_out, factors)))


def power(base: Node, exponent: Node) -> Node:
    return Call("^", (spelled_out(base), spelled_out(exponent)))


def inverse(node: Node) -> Node:
    return power(node, MINUS_ONE)


def difference(one: Node, two: Node) -> Node:
    return total(one, negative(two))


def bare(node: Node) -> Node:
    """The value of a quantity, and any other answer as it is."""
    return node.value if isinstance(node, Quantity) else node


# --- walking ---------------------------------------------------------------------------------------------------------


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Call(_, parts) | Tuple(_, _, parts) | Listing(parts) | Relation(_, parts):
            return parts
        case Quantity(value):
            return (value,)
        case Matrix(rows):
            return tuple(cell for row in rows for cell in row)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and all that are in it."""
    found = [node]
    while found:
        node = found.pop()
        yield node
        found += children(node)


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with each of its children changed."""
    match node:
        case Call():
            return Call(node.head, tuple(map(change, node.args)))
        case Tuple() | Listing():
            return replace(node, parts=tuple(map(change, node.parts)))
        case Relation():
            return replace(node, sides=tuple(map(change, node.sides)))
        case Quantity():
            return replace(node, value=change(node.value))
        case Matrix():
            return Matrix(tuple(tuple(map(change, row)) for row in node.rows))
    return node


def signature(node: Node) -> str:
    """A text that is the same for the same nodes only, whatever the size of their numbers."""
    match node:
        case Num(value, _, numeral):
            return f"{value.numerator:x}/{value.denominator:x}{numeral}"
        case Sym() | Named():
            return node.name
        case Text(words):
            return repr(words)
        case Call(said) | Relation(said) | Tuple(said) | Quantity(_, said) | Listing(_, said):
            pass
        case Matrix(rows):
            said = str(len(rows))
    return f"{type(node).__name__}{said}({', '.join(map(signature, children(node)))})"


def replaced(node: Node, one: Node, other: Node) -> Node:
    """The node with another in the place of a part."""
    return other if node == one else mapped(node, lambda part: replaced(part, one, other))


def symbols(node: Node) -> set[str]:
    """The names of the free variables."""
    return {part.name for part in walk(node) if isinstance(part, Sym | Named)} - CONSTANTS


def holds(node: Node, *heads: str) -> bool:
    """Whether a call of one of these names is in a node."""
    return any(isinstance(part, Call) and part.head in heads for part in walk(node))


def infinite(node: Node) -> int:
    """1 or -1 for a signed infinity, 0 for anything else. Raises `Undefined` for other calculations with infinity."""
    if node == INFINITY:
        return 1
    match node:
        case Call("*", (one, two)) if one == MINUS_ONE:
            return -infinite(two)
        case Call(head) if not head.startswith("\\") and INFINITY in walk(node):
            raise Undefined("arithmetic with infinity")
    return 0


# --- what is cheap by construction -----------------------------------------------------------------------------------

LIGHT_NODES, LIGHT_PARTS, LIGHT_BITS, LIGHT_POWER, LIGHT_ARGUMENT = 60, 12, 128, 64, 50
LIGHT_TOTAL_BITS = 1000


def numbers(node: Node) -> list[Fraction]:
    return [part.value for part in walk(node) if isinstance(part, Num)]


def bits(node: Node) -> int:
    """How many bits the numerators and denominators have together."""
    return sum(value.numerator.bit_length() + value.denominator.bit_length() - 1 for value in numbers(node))


def light(node: Node) -> bool:
    """Whether comparing this answer costs little, whatever it is compared with: few nodes, small numbers and powers."""
    if isinstance(node, Matrix | Tuple | Listing) and len(children(node)) > LIGHT_PARTS:
        return False
    return bits(node) <= LIGHT_TOTAL_BITS and _weight(node) <= LIGHT_NODES


def _weight(node: Node, powers: int = 0) -> int:
    """Nodes; more than `LIGHT_NODES` where a number, a power or a function's argument is not small."""
    heavy = LIGHT_NODES + 1
    match node:
        case Num(value) if max(value.numerator.bit_length(), value.denominator.bit_length()) > LIGHT_BITS:
            return heavy
        case Call("^", (_, exponent)):
            if not _is_small_power(exponent, powers):
                return heavy
            powers += isinstance(exponent, Num) and abs(exponent.value) > 1
        case Call("factorial" | "binom", args):
            if not all(isinstance(part, Num) and 0 <= part.value <= LIGHT_ARGUMENT for part in args):
                return heavy
        case Call("exp" | "sinh" | "cosh") if any(abs(value) > LIGHT_POWER for value in numbers(node)):
            return heavy
    return 1 + sum(_weight(part, powers) for part in children(node))


def _is_small_power(exponent: Node, powers: int) -> bool:
    if isinstance(exponent, Num):
        return abs(exponent.value) <= (LIGHT_POWER if powers == 0 else 4) and powers < 3
    return powers == 0 and all(abs(value) <= LIGHT_POWER for value in numbers(exponent))
