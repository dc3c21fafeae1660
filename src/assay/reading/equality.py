"""When two mathematical answers are the same, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from assay.reading.arithmetic import exact, numeric
from assay.reading.building import (
    INFINITY,
    PI,
    bare,
    difference,
    infinite,
    num,
    product,
    replaced,
    signature,
    spelled_out,
    symbols,
    walk,
)
from assay.reading.functions import named
from assay.reading.identity import identical
from assay.reading.labels import labelled
from assay.reading.matrices import same_matrix, same_vector
from assay.reading.nodes import Call, Listing, Matrix, Named, Node, Num, Quantity, Relation, Sym, Text, Tuple
from assay.reading.parameters import elsewhere, renamed, same_family, same_label, stem
from assay.reading.phrases import ENDLESS
from assay.reading.regions import SETS, same_pieces, states_region
from assay.reading.units import conversion

_CURVE = frozenset({"x", "y", "z"})
_SYMMETRIC = frozenset({"≠", "∼", "∥", "⊥", "≅"})
ROUNDED = 100
"""A decimal reference of at least so many units of its last digit (three significant digits) is taken for rounded."""
RADIANS = product(PI, num(Fraction(1, 180)))


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices that reasonable people make differently."""

    unreduced: bool
    units: str
    decimals: str
    place: Fraction = Fraction(0)
    """Half a unit of the last decimal of all numbers beside it, where they are taken for rounded."""
    tolerance: tuple[Fraction, Fraction] | None = None
    """How far a number may be off instead: by this, and by this times the reference."""


def equal(wanted: Node, given: Node, policy: Policy) -> bool:
    """Whether two answers are the same. Raises `TooCostly` or `Undefined`."""
    if wanted == given:
        return True
    if isinstance(wanted, Num) and isinstance(given, Num):
        return _same_value(wanted, given, policy)
    if isinstance(wanted, Listing) and len(wanted.parts) == 1:
        return equal(wanted.parts[0], given, policy)
    if isinstance(given, Listing) and len(given.parts) == 1:
        return equal(wanted, given.parts[0], policy)
    for one, other in ((given, wanted), (wanted, given)):
        if isinstance(one, Listing) and one.joint == "or" and not isinstance(other, Listing | Tuple):
            pairs = [(other, part) if one is given else (part, other) for part in one.parts]
            if all(equal(ours, theirs, policy) for ours, theirs in pairs):
                return True
    return _equal_kinds(wanted, given, policy) or _same_region(wanted, given, policy)


def _equal_kinds(wanted: Node, given: Node, policy: Policy) -> bool:
    if isinstance(wanted, Text) or isinstance(given, Text):
        return {wanted, given} == {ENDLESS, INFINITY}
    if is_value(wanted) and is_value(given):
        return _equal_values(wanted, given, policy)
    if _is_equation(wanted) or _is_equation(given):
        return _equal_equations(wanted, given, policy)
    lists = isinstance(wanted, Listing | Tuple) and isinstance(given, Listing | Tuple)
    if lists and _equal_lists(wanted, given, policy):
        return True
    if isinstance(wanted, Matrix | Tuple) or isinstance(given, Matrix | Tuple):
        shared = with_place(wanted, policy)
        return same_matrix(wanted, given, lambda a, b: equal(a, b, shared)) or _equal_to_tuple(wanted, given)
    match wanted, given:
        case Relation(), Relation():
            return _equal_relations(wanted, given, policy)
        case (Relation(("∈",), (_, inside)), other) | (other, Relation(("∈",), (_, inside))):
            return inside == other
        case Call(head, ours), Call(other, theirs) if head == other and head in SETS:
            return (_equal_bags if head in "∪∩∧∨" else _equal_parts)(ours, theirs, policy)
    return False


def is_value(node: Node) -> bool:
    """Whether an answer is one value: an expression, with its unit or without."""
    if isinstance(node, Call):
        return node.head not in SETS and not _holds_matrix(node)
    return isinstance(node, Num | Sym | Named | Quantity)


def _holds_matrix(node: Node) -> bool:
    inside = node.args if isinstance(node, Call) and node.head in "+*^" else ()
    return isinstance(node, Matrix | Tuple) or any(map(_holds_matrix, inside))


def _is_equation(node: Node) -> bool:
    return isinstance(node, Relation) and node.signs == ("=",)


# --- equations, and what has a name ----------------------------------------------------------------------------------


def _equal_equations(wanted: Node, given: Node, policy: Policy) -> bool:
    (ours, value), (theirs, other) = labelled(wanted), labelled(given)
    if isinstance(other, Relation) and not symbols(other) and not _is_equation(wanted):
        return all(equal(wanted, side, policy) for side in other.sides)
    if isinstance(ours, Tuple) or isinstance(theirs, Tuple):
        return _equal_lists(wanted, given, policy)
    if _is_equation(value) or _is_equation(other):
        return isinstance(wanted, Relation) and isinstance(given, Relation) and _equal_relations(wanted, given, policy)
    if not is_value(value) or not is_value(other):
        same = ours is None or theirs is None or same_label(ours, theirs) or stem(ours) == stem(theirs)
        return same and equal(value, other, policy)
    theirs, other = renamed((ours, value), (theirs, other))
    if ours is not None and theirs is not None and not same_label(ours, theirs):
        return _equal_relations(Relation(("=",), (ours, value)), Relation(("=",), (theirs, other)), policy)
    is_curve = isinstance(ours, Call) and ours.head in ("+", "*") and symbols(ours) <= _CURVE
    return not (is_curve and theirs is None) and _equal_values(value, other, policy)


def _equal_relations(wanted: Relation, given: Relation, policy: Policy) -> bool:
    """Equations up to a non-zero factor; inequalities when their sides differ by the same; others side by side."""
    if wanted.signs != given.signs:
        return False
    sign, sides = wanted.signs[0], (*wanted.sides, *given.sides)
    if len(sides) > 4 or sign not in "=<≤≠" or not all(map(is_value, sides)):
        turned = sign in _SYMMETRIC and _equal_parts(wanted.sides, given.sides[::-1], policy)
        return turned or _equal_parts(wanted.sides, given.sides, policy)
    one, two = difference(*map(bare, wanted.sides)), difference(*map(bare, given.sides))
    if not symbols(one) or symbols(one) != symbols(two):
        return False
    if sign in "<≤":
        return identical(one, two)
    if identical(one, num(0)) or identical(two, num(0)):
        return False
    return identical(product(one, elsewhere(two)), product(two, elsewhere(one)))  # the ratio is a constant


# --- values ----------------------------------------------------------------------------------------------------------


def _equal_values(wanted: Node, given: Node, policy: Policy) -> bool:
    if isinstance(wanted, Named) or isinstance(given, Named):
        return _same_object(bare(wanted), bare(given))
    if any(isinstance(side, Call) and side.head in ("pmod", "clock") for side in (wanted, given)):
        return _same_residue(wanted, given)
    one = wanted if isinstance(wanted, Quantity) else Quantity(wanted)
    two = given if isinstance(given, Quantity) else Quantity(given)
    value, other, units = one.value, renamed((None, one.value), (None, two.value))[1], (one.unit, two.unit)
    if policy.units == "required" and one.unit and not two.unit:
        return False
    if one.percent != two.percent and (one.unit or two.unit):
        return False  # 36 % is not 36 degrees
    if "degree" in units and one.unit != two.unit and {*units} <= {"degree", "radian", ""}:
        ours, theirs = (
            product(RADIANS, side) if unit == "degree" else side
            for side, unit in zip((value, other), units, strict=True)
        )
        return identical(ours, theirs) or ("radian" not in units and _same_value(value, other, policy))
    if (factor := conversion(two.unit, one.unit)) is None:
        return False
    options = [other if factor == 1 else product(num(factor), other)]
    if one.percent and not two.percent:
        options.append(product(num(100), options[0]))
    size = exact(value) if two.percent and not one.percent else None
    if size is not None and 0 < abs(size) <= 1:
        options = [product(num(Fraction(1, 100)), options[0]), *(options if size == 1 else [])]
    return any(_same_value(value, option, policy) for option in options) or same_family(value, other)


def _same_object(wanted: Node, given: Node) -> bool:
    """Whether two names of capitals are one object; a word may be any kind of object with its letters."""
    if isinstance(wanted, Named) and isinstance(given, Named):
        kinds = {wanted.kind, given.kind} - {"word"}
        kind = "".join(kinds)
        return len(kinds) == 1 and named(kind, wanted.letters) == named(kind, given.letters)
    one, two = spelled_out(wanted), spelled_out(given)
    return not any(isinstance(side, Named) for side in (one, two)) and identical(one, two)


def _same_residue(wanted: Node, given: Node) -> bool:
    """Whether a number with its modulus is the wanted residue, or of its class where both have it."""
    match wanted, given:
        case Call("pmod", (ours, modulus)), Call("pmod", (theirs, other)):
            one, two, size = exact(ours), exact(theirs), exact(modulus)
            if one is None or two is None or not size:
                return identical(ours, theirs) and identical(modulus, other)
            return size == exact(other) and (one - two) % size == 0
        case (Call("pmod", (rest, modulus)), other) | (other, Call("pmod", (rest, modulus))):
            one, two, size = exact(bare(other)), exact(rest), exact(modulus)
            if one is None or two is None:
                return two is not None and bool(size) and _is_class(two, other, size)
            return one == two if other is given else size is not None and 0 <= one < size and (one - two) % size == 0
    return False


def _is_class(rest: Fraction, formula: Node, modulus: Fraction | None) -> bool:
    """Whether a formula in one letter (`7k + 2`) has the numbers with this rest."""
    if len(symbols(formula)) != 1 or modulus is None:
        return False
    (name,) = symbols(formula)
    first, second, third = (exact(replaced(formula, Sym(name), num(at))) for at in (0, 1, 2))
    if first is None or second is None or third is None or second - first != third - second:
        return False
    return abs(second - first) == modulus and (first - rest) % modulus == 0


def _same_value(wanted: Node, given: Node, policy: Policy) -> bool:
    if isinstance(wanted, Num) and wanted.numeral and isinstance(given, Num) and not given.numeral:
        return str(given.value) == wanted.numeral
    if infinite(wanted) or infinite(given):
        return infinite(wanted) == infinite(given)
    exactly = not policy.tolerance and policy.decimals == "exact"
    if not isinstance(wanted, Num) or not (wanted.half or policy.tolerance) or exactly or symbols(given):
        plain = isinstance(wanted, Num) and isinstance(given, Num) and not wanted.numeral + given.numeral
        return wanted == given if plain else identical(wanted, given)
    if (value := exact(given)) is None:
        seen = numeric(given)
        if abs(seen.imag) > 1e-20:
            return False
        value = Fraction(str(seen.real))
    off, half = abs(value - wanted.value), policy.place or wanted.half
    if policy.tolerance is not None:
        return off <= policy.tolerance[0] + policy.tolerance[1] * abs(wanted.value)
    if policy.decimals == "auto" and not policy.place and not _is_rounded(wanted):
        return not off
    return off < half or (off == half and abs(value) < abs(wanted.value))


def _is_rounded(number: Num) -> bool:
    return abs(number.value) >= 2 * ROUNDED * number.half > 0


def with_place(wanted: Node, policy: Policy) -> Policy:
    """The policy for numbers beside each other: where one is taken for rounded, all are, at the finest place."""
    decimals = [node for node in walk(wanted) if isinstance(node, Num) and node.half]
    if policy.decimals != "auto" or not any(map(_is_rounded, decimals)):
        return policy
    return replace(policy, place=min(number.half for number in decimals))


# --- lists and tuples ------------------------------------------------------------------------------------------------


def _equal_lists(wanted: Node, given: Node, policy: Policy) -> bool:
    if isinstance(wanted, Tuple) and isinstance(given, Tuple):
        if wanted.opening == given.opening == ":":
            return _proportional(wanted.parts, given.parts)
        brackets = (wanted.opening, wanted.closing) == (given.opening, given.closing)
        return brackets and _equal_parts(wanted.parts, given.parts, with_place(wanted, policy))
    ours, theirs = _assigned(wanted), _assigned(given)
    if ours and theirs:
        pairs = [(ours[a], theirs[b]) for a in ours for b in theirs if same_label(a, b)]
        return len(ours) == len(theirs) == len(pairs) and all(equal(a, b, policy) for a, b in pairs)
    if (ours or theirs) and not any(map(_is_equation, flattened(given if ours else wanted))):
        return _equal_to_assigned(wanted, given, ours, theirs, policy)
    match wanted, given:  # of three or more, brackets say nothing; two may be an interval
        case (Tuple() as one, Listing(parts, ",")) | (Listing(parts), Tuple() as one) if (
            is_tuple(one) and len(parts) > 2
        ):
            return _equal_parts(one.parts, parts, policy)
    flat = flattened(wanted), flattened(given)
    all_tuples = all(isinstance(part, Tuple) for side in flat for part in side)
    either = isinstance(wanted, Tuple) or isinstance(given, Tuple)
    is_list = len(flat[0]) > 1 or len(flat[1]) > 1
    return is_list and (all_tuples or not either) and _equal_bags(*flat, policy)


def _assigned(node: Node) -> dict[Node, Node]:
    """The values of `x = 1, y = 2` or of `(x, y) = (1, 2)` by their names; nothing where a part has no own name."""
    parts = node.parts if isinstance(node, Listing) else (node,)
    found: dict[Node, Node] = {}
    for label, value in map(labelled, parts):
        if isinstance(label, Tuple) and isinstance(value, Tuple) and len(label.parts) == len(value.parts):
            return dict(zip(label.parts, value.parts, strict=True)) if len(parts) == 1 else {}
        if label is not None and not isinstance(label, Tuple | Text):
            found[label] = value
    return found if len(found) == len(parts) == len({signature(stem(label)) for label in found}) else {}


def _equal_to_assigned(
    wanted: Node, given: Node, ours: dict[Node, Node], theirs: dict[Node, Node], policy: Policy
) -> bool:
    """Values without names beside named ones: a tuple in the order of the names, a list in that of the reference."""
    assigned, other = (ours, given) if ours else (theirs, wanted)
    order = [*assigned.values()]
    if isinstance(other, Tuple):
        if not is_tuple(other):
            return False
        order = [assigned[label] for label in sorted(assigned, key=signature)]
        parts = [*other.parts]
    else:
        parts = flattened(other)
    if theirs and isinstance(wanted, Listing):
        return _equal_bags(parts, order, policy)
    return _equal_parts(order, parts, policy) if ours else _equal_parts(parts, order, policy)


def is_tuple(node: Tuple) -> bool:
    return (node.opening, node.closing) == ("(", ")")


def flattened(node: Node) -> list[Node]:
    """The parts of a list, with those of lists inside it."""
    return [leaf for part in node.parts for leaf in flattened(part)] if isinstance(node, Listing) else [node]


def _equal_bags(wanted: Parts, given: Parts, policy: Policy) -> bool:
    left = list(given)
    for one in wanted:
        place = next((i for i, other in enumerate(left) if equal(one, other, policy)), None)
        if place is None or len(wanted) != len(given):
            return False
        left.pop(place)
    return not left


def _equal_parts(wanted: Parts, given: Parts, policy: Policy) -> bool:
    return len(wanted) == len(given) and all(equal(w, g, policy) for w, g in zip(wanted, given, strict=True))


Parts = tuple[Node, ...] | list[Node]


def _proportional(wanted: Parts, given: Parts) -> bool:
    """Whether two ratios are the same: `2:3` and `4:6`."""
    if len(wanted) != len(given) or not all(map(is_value, [*wanted, *given])):
        return False
    one, two = [*map(bare, wanted)], [*map(bare, given)]
    if any(exact(part) in (0, None) for part in one + two):
        return one == two
    return all(identical(product(one[0], b), product(two[0], a)) for a, b in zip(one[1:], two[1:], strict=True))


def _equal_to_tuple(wanted: Node, given: Node) -> bool:
    """Whether a value is a ratio, a time or a sum of unit vectors: `2/3` and `2:3`, `17:30` and 5:30 p.m."""
    parts, value = (wanted, given) if isinstance(wanted, Tuple) else (given, wanted)
    if not isinstance(parts, Tuple) or not is_value(value):
        return False
    if parts.opening != ":":
        return is_tuple(parts) and same_vector(parts, value)
    top, bottom, *more = [exact(bare(part)) for part in parts.parts]
    if top is None or bottom is None or more:
        return False
    match value:
        case Call("clock", (Num(hours), Num(minutes))):
            return bottom == minutes and (top == hours or (0 < top <= 12 and top % 12 == hours % 12))
    size = exact(bare(value))
    return size is not None and size.denominator != 1 and top == size * bottom


def _same_region(wanted: Node, given: Node, policy: Policy) -> bool:
    """Whether two answers are the same set of real numbers of the same variable, where one may leave that out."""
    if not states_region(wanted) and not states_region(given):
        return False
    shared = with_place(wanted, policy)
    return same_pieces(wanted, given, lambda a, b: equal(a, b, shared))
