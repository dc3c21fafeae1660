"""When two mathematical answers are the same, shape by shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from assay.verify.algebra import constants, exact, identical, symbols
from assay.verify.numerals import same_unit
from assay.verify.numeric import Undefined, numeric
from assay.verify.shapes import Answer, Bag, Matrix, Relation, Seq, Union, Value, Words
from assay.verify.tree import MINUS_ONE, Tree

_FREE_CONSTANTS = {"C", "c", "K", "k", "D", "C_1", "c_1", "C_0", "K_1"}


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices that reasonable people make differently."""

    unreduced: bool
    units: str
    decimals: str


def equal(wanted: Answer, given: Answer, policy: Policy) -> bool:
    """Whether two answers are the same. Raises `TooCostly` or `Undefined`."""
    if isinstance(given, Bag) and given.alternatives and not isinstance(wanted, Bag):
        return all(equal(wanted, part, policy) for part in given.parts)
    if isinstance(wanted, Value) and isinstance(given, Value):
        return _equal_values(wanted, given, policy)
    if isinstance(wanted, Bag | Union) and isinstance(given, Bag | Union):
        return type(wanted) is type(given) and _equal_bags(flat(wanted), flat(given), policy)
    if isinstance(wanted, Bag) and len(wanted.parts) == 1:
        return equal(wanted.parts[0], given, policy)
    if isinstance(wanted, Value) and isinstance(given, Bag) and len(given.parts) == 1:
        return equal(wanted, given.parts[0], policy)
    if isinstance(wanted, Bag) and isinstance(given, Seq):
        ordered = given.opening == "(" and given.closing == ")" and (given.named or len(given.parts) > 2)
        return ordered and _equal_parts(wanted.parts, given.parts, policy)
    if isinstance(wanted, Seq) and isinstance(given, Seq):
        brackets = (wanted.opening, wanted.closing) == (given.opening, given.closing)
        return brackets and _equal_parts(wanted.parts, given.parts, policy)
    return _equal_others(wanted, given, policy)


def _equal_others(wanted: Answer, given: Answer, policy: Policy) -> bool:
    if isinstance(wanted, Words) or isinstance(given, Words):
        return wanted == given
    if isinstance(wanted, Matrix) and isinstance(given, Matrix):
        return _equal_rows(wanted, given)
    if isinstance(wanted, Matrix | Seq) and isinstance(given, Matrix | Seq):
        one, two = _vector(wanted), _vector(given)
        return one is not None and two is not None and _equal_parts(one, two, policy)
    if (first := _as_relation(wanted)) and (second := _as_relation(given)):
        return _equal_relations(first, second)
    return False


def flat(bag: Bag | Union) -> list[Answer]:
    """The parts of a list, with those of lists inside it."""
    return [leaf for part in bag.parts for leaf in (flat(part) if isinstance(part, type(bag)) else [part])]


def _equal_bags(wanted: list[Answer], given: list[Answer], policy: Policy) -> bool:
    if len(wanted) != len(given):
        return False
    left = list(given)
    for one in wanted:
        place = next((i for i, other in enumerate(left) if equal(one, other, policy)), None)
        if place is None:
            return False
        left.pop(place)
    return True


def _equal_parts(wanted: tuple[Answer, ...], given: tuple[Answer, ...], policy: Policy) -> bool:
    return len(wanted) == len(given) and all(equal(w, g, policy) for w, g in zip(wanted, given, strict=True))


def _equal_rows(wanted: Matrix, given: Matrix) -> bool:
    if [len(row) for row in wanted.rows] != [len(row) for row in given.rows]:
        return False
    pairs = [pair for a, b in zip(wanted.rows, given.rows, strict=True) for pair in zip(a, b, strict=True)]
    return all(identical(a, b) for a, b in pairs)


def _vector(answer: Matrix | Seq) -> tuple[Answer, ...] | None:
    if isinstance(answer, Seq):
        return answer.parts if (answer.opening, answer.closing) == ("(", ")") else None
    if len(answer.rows) == 1 or all(len(row) == 1 for row in answer.rows):
        return tuple(Value(cell) for row in answer.rows for cell in row)
    return None


# --- values ----------------------------------------------------------------------------------------------------------


def _equal_values(wanted: Value, given: Value, policy: Policy) -> bool:
    given = _renamed(wanted, given)
    if wanted.name is not None and given.name is not None and not identical(wanted.name, given.name):
        return _equal_relations(_relation(wanted), _relation(given))
    if policy.units == "required" and wanted.unit and not given.unit:
        return False
    if not same_unit(given.unit, wanted.unit):
        return False
    tree = given.tree
    if wanted.percent and not given.percent:
        return any(_same_value(wanted, option, policy) for option in (tree, ("*", ("num", Fraction(100)), tree)))
    if given.percent and not wanted.percent:
        size = exact(wanted.tree)
        if size is not None and 0 < abs(size) <= 1:
            hundredth = ("*", ("num", Fraction(1, 100)), tree)
            return _same_value(wanted, hundredth, policy) or (size == 1 and _same_value(wanted, tree, policy))
    return _same_value(wanted, tree, policy)


def _same_value(wanted: Value, tree: Tree, policy: Policy) -> bool:
    if wanted.tree[0] == "based" and tree[0] == "num":
        return bool(str(tree[1]) == wanted.tree[2])
    if infinite(wanted.tree) or infinite(tree):
        return infinite(wanted.tree) == infinite(tree)
    if not wanted.half_unit or policy.decimals == "exact" or symbols(tree):
        return identical(wanted.tree, tree)
    goal, value = exact(wanted.tree), exact(tree)
    if goal is None:
        return identical(wanted.tree, tree)
    if value is None:
        seen = numeric(tree)
        if abs(seen.imag) > 1e-20:
            return False
        value = Fraction(str(seen.real))
    off = abs(value - goal)
    return off < wanted.half_unit or (off == wanted.half_unit and abs(value) < abs(goal))


def infinite(tree: Tree) -> int:
    """1 or -1 for a signed infinity, 0 for anything else."""
    if tree == ("const", "infty"):
        return 1
    if tree[0] == "*" and len(tree) == 3 and tree[1] == MINUS_ONE:
        return -infinite(tree[2])
    if "infty" in constants(tree):
        raise Undefined("arithmetic with infinity")
    return 0


def _renamed(wanted: Value, given: Value) -> Value:
    """The given value with the reference's letter for a function's argument and for a constant of integration."""
    one, two = wanted.name, given.name
    if one and two and one != two and _same_function(one, two) and one[2][1] not in symbols(given.tree):
        given = replace(given, name=one, tree=_substituted(given.tree, two[2][1], one[2]))
    ours, theirs = symbols(wanted.tree) - symbols(given.tree), symbols(given.tree) - symbols(wanted.tree)
    if len(ours) == len(theirs) == 1 and ours | theirs <= _FREE_CONSTANTS:
        (our,), (their,) = ours, theirs
        if all(
            tree[0] == "+" and ("sym", name) in tree[1:] for tree, name in ((wanted.tree, our), (given.tree, their))
        ):
            return replace(given, tree=_substituted(given.tree, their, ("sym", our)))
    return given


def _same_function(one: Tree, two: Tree) -> bool:
    """Whether two names are `f(x)` and `f(z)`: one function of one variable."""
    shapes = [tree[0] == "*" and len(tree) == 3 and tree[1][0] == tree[2][0] == "sym" for tree in (one, two)]
    return all(shapes) and bool(one[1] == two[1])


def _substituted(tree: Tree, name: str, value: Tree) -> Tree:
    if tree == ("sym", name):
        return value
    return tuple(_substituted(part, name, value) if isinstance(part, tuple) else part for part in tree)


# --- relations -------------------------------------------------------------------------------------------------------


def _as_relation(answer: Answer) -> Relation | None:
    if isinstance(answer, Value) and answer.name is not None:
        return _relation(answer)
    return answer if isinstance(answer, Relation) else None


def _relation(value: Value) -> Relation:
    assert value.name is not None
    return Relation("=", value.name, value.tree)


def _equal_relations(wanted: Relation, given: Relation) -> bool:
    """Equations up to a non-zero factor; other relations when their sides differ by the same."""
    if wanted.sign != given.sign:
        flip = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
        if flip.get(given.sign) != wanted.sign:
            return False
        given = Relation(wanted.sign, given.right, given.left)
    one, two = (("+", side.left, ("*", MINUS_ONE, side.right)) for side in (wanted, given))
    names = symbols(one)
    if not names or names != symbols(two):
        return False
    if wanted.sign not in "=≠":
        return identical(one, two)
    zero: Tree = ("num", Fraction(0))
    if identical(one, zero) or identical(two, zero):
        return False
    elsewhere_one, elsewhere_two = one, two
    for name in names:  # a(x) b(y) = b(x) a(y) for all x and y: the ratio is a constant
        elsewhere_one, elsewhere_two = (
            _substituted(t, name, ("sym", name + "~")) for t in (elsewhere_one, elsewhere_two)
        )
    return identical(("*", one, elsewhere_two), ("*", two, elsewhere_one))
