"""What names and signs make of their arguments."""

from __future__ import annotations

from fractions import Fraction

from assay.reading.building import MINUS_ONE, inverse, num, power, product, replaced, total, walk
from assay.reading.nodes import Call, Named, Node, Num, Sym, TooCostly, Unreadable

MAX_SERIES = 1000
"""Nodes of the largest sum or product that is written out."""
INVERSES = {name: f"arc{name}" for name in ("sin", "cos", "tan", "cot")}
INVERSES |= {name: f"ar{name}" for name in ("sinh", "cosh", "tanh")}
"""Functions whose exponent -1 names the inverse."""
PARTIAL = Sym("\\partial")


def named(kind: str, letters: str) -> Named:
    """Capitals with the symmetry of their kind: of an angle the middle stays, words and vectors have their order."""
    if kind == "angle":
        return Named(kind, min(letters, letters[::-1]))
    return Named(kind, letters if kind in ("word", "vec") else "".join(sorted(letters)))


def called(name: str, given: tuple[Node, ...], base: Node | None = None) -> Node:
    """A function of its arguments; logarithms are natural ones divided by that of their base."""
    if name == "log" and len(given) == 2 and base is None:
        base = given[1]
        given = given[:1]
    if name == "ln" or (name == "log" and base is None):
        return Call(name, given)
    if name in ("log", "lg"):
        below = Call("ln", (base or num(10),))
        return Call("ln", given) if base == Sym("e") else product(Call("ln", given), inverse(below))
    if name == "cbrt":
        return power(given[0], num(Fraction(1, 3)))
    if name == "deg":
        return Call("\\deg", given)
    return Call("exp", (product(Sym("i"), given[0]),)) if name == "cis" else Call(name, given)


def fraction(top: Node, bottom: Node) -> Node:
    """A quotient; of differentials, a derivative."""
    if is_differential(bottom) and _first(top) in (Sym("d"), PARTIAL):
        return Call("\\derivative", (top, bottom))
    return product(top, inverse(bottom))


def is_differential(node: Node) -> bool:
    """Whether a node is `dx`."""
    return isinstance(node, Call) and node.head == "*" and _first(node) in (Sym("d"), PARTIAL)


def _first(node: Node) -> Node:
    while isinstance(node, Call) and node.head in ("*", "^"):
        node = node.args[0]
    return node


def is_proper(node: Node) -> bool:
    """Whether a node is a fraction between 0 and 1, written as one."""
    match node:
        case Call("*", (Num(top), Call("^", (Num(bottom), exponent)))) if exponent == MINUS_ONE:
            return 0 < top < bottom
    return False


def based(digits: str, base: Node) -> Num:
    """A number from its digits in a base."""
    if not isinstance(base, Num) or base.value.denominator != 1 or not 2 <= base.value <= 36:
        raise Unreadable("a base is a whole number from 2 to 36")
    whole, _, places = digits.partition(".")
    try:
        return Num(Fraction(int(whole + places, int(base.value)), int(base.value) ** len(places)), numeral=digits)
    except ValueError:
        raise Unreadable(f"{digits} has digits that its base has not") from None


def written_out(name: str, index: Node, low: Node, high: Node, body: Node) -> Node:
    """`\\sum` or `\\prod` between two whole numbers as the sum or product of its terms; else known by its notation."""
    match low, high:
        case Num(first), Num(last) if first.denominator == last.denominator == 1:
            terms = int(last - first) + 1
        case _:
            bound = Sym("index")
            return Call("\\" + name, (replaced(low, index, bound), high, replaced(body, index, bound)))
    if terms * sum(1 for _ in walk(body)) > MAX_SERIES:
        raise TooCostly(f"a sum or product of more than {MAX_SERIES} nodes")
    values = [replaced(body, index, num(first + step)) for step in range(terms)]
    return total(num(0), *values) if name == "sum" else product(num(1), num(1), *values)
