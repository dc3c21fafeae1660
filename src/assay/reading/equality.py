"""When two mathematical answers are the same, shape by shape.

A function's argument, constants of integration and integer parameters may be any letters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, permutations

from assay.reading.algebra import constants, identical, substituted, symbols
from assay.reading.phrases import ENDLESS, INFINITY, same_time
from assay.reading.regions import FLIP, same_region
from assay.reading.shapes import Answer, Bag, Matrix, Relation, Seq, Union, Value, Words
from assay.reading.tree import MINUS_ONE, Tree
from assay.reading.units import same_unit
from assay.reading.values import Undefined, exact, numeric

_INTEGER_LETTERS = {"k", "n", "m", "l"}
_TINY = 1e-25
_CONSTANTS = {"C", "c", "K", "k", "D", "A", "B", "C_0", "K_1"} | {f"{name}_{n}" for name in "Cc" for n in range(1, 5)}
_ANY = _CONSTANTS | {"a", "b", "m"}


def renamed(wanted: Value, given: Value) -> Value:
    """The given value with the reference's letter for a function's argument and for a constant of integration."""
    one, two = wanted.name, given.name
    if one and two and one != two and (_stem(one) == two or one == _stem(two)):
        one, given = None, replace(given, name=one)
    if one and two and one != two and _same_function(one, two) and one[2][1] not in symbols(given.tree):
        given = replace(given, name=one, tree=substituted(given.tree, two[2][1], one[2]))
    tree = given.tree
    if "i" in constants(wanted.tree) and "j" in symbols(tree) - symbols(wanted.tree):
        tree = substituted(tree, "j", ("const", "i"))
    return replace(given, tree=_with_constants(wanted, tree))


def _with_constants(wanted: Value, tree: Tree) -> Tree:
    """The given tree with the reference's letters for the constants that may be any number."""
    ours, theirs = (symbols(side) & _ANY for side in (wanted.tree, tree))
    if not 1 <= len(ours) == len(theirs) <= 2 or symbols(wanted.tree) - ours != symbols(tree) - theirs:
        return tree
    if not (ours <= _CONSTANTS and (_is_solution(wanted, ours) or _is_added(wanted.tree, tree, ours, theirs))):
        return tree
    if _is_added(wanted.tree, tree, ours, theirs) and _is_shifted(wanted.tree, tree, ours | theirs):
        return wanted.tree
    mine = sorted(ours)
    for order in permutations(sorted(theirs)):
        renamed_tree = tree
        for place, name in enumerate(order):
            renamed_tree = substituted(renamed_tree, name, ("sym", f"constant {place}"))
        for place, name in enumerate(mine):
            renamed_tree = substituted(renamed_tree, f"constant {place}", ("sym", name))
        if identical(wanted.tree, renamed_tree):
            return renamed_tree
    return tree


def _is_solution(wanted: Value, constants_: set[str]) -> bool:
    """Whether the constants are those of a family of functions: numbered, or in the formula of a named function."""
    numbered = all("_" in name for name in constants_)
    return numbered or (wanted.name is not None and (is_function(wanted.name) or wanted.name == ("sym", "y")))


def _is_added(wanted: Tree, given: Tree, ours: set[str], theirs: set[str]) -> bool:
    """Whether one constant of integration stands in each sum."""
    (our,), (their,) = (ours, theirs) if len(ours) == 1 else ((None,), (None,))
    sums = ((wanted, our), (given, their))
    return our is not None and all(tree[0] == "+" and ("sym", name) in tree[1:] for tree, name in sums)


def _is_shifted(one: Tree, two: Tree, constants_: set[str]) -> bool:
    """Whether two formulas differ by a number, as antiderivatives may."""
    gap: Tree = ("+", one, ("*", MINUS_ONE, two))
    for name in constants_:
        gap = substituted(gap, name, ("num", Fraction(0)))
    elsewhere = gap
    for name in symbols(gap):
        elsewhere = substituted(elsewhere, name, ("sym", name + "~"))
    return bool(symbols(gap)) and identical(gap, elsewhere)


def same_family(one: Tree, two: Tree) -> bool:
    """Whether two terms in an integer parameter have the same values: `\\pi/6 + 2\\pi k` and `\\pi/6 - 2\\pi n`."""
    names = [symbols(one), symbols(two)]
    if any(len(name) != 1 or not name <= _INTEGER_LETTERS for name in names):
        return False
    if not all("pi" in constants(tree) for tree in (one, two)):
        return False
    (first,), (second,) = names
    terms = [
        [numeric(substituted(tree, name, ("num", Fraction(at)))) for at in (0, 1, 2, 3)]
        for tree, name in ((one, first), (two, second))
    ]
    steps = [[after - before for before, after in pairwise(values)] for values in terms]
    if any(abs(step - run[0]) > _TINY or abs(step) < _TINY for run in steps for step in run):
        return first != second and identical(one, substituted(two, second, ("sym", first)))
    shift = (terms[1][0] - terms[0][0]) / steps[0][0]
    same_step = abs(abs(steps[0][0]) - abs(steps[1][0])) < _TINY
    return bool(same_step and abs(shift.imag) < _TINY and abs(shift.real - round(shift.real)) < _TINY)


def _stem(name: Tree) -> Tree:
    """`y` of `y(x)`, and `x` of `x_1`."""
    if is_function(name):
        return name[1]  # type: ignore[no-any-return]
    return ("sym", name[1].partition("_")[0]) if name[0] == "sym" else name


def is_function(name: Tree) -> bool:
    return name[0] == "*" and len(name) == 3 and bool(name[1][0] == name[2][0] == "sym")


def _same_function(one: Tree, two: Tree) -> bool:
    """Whether two names are `f(x)` and `f(z)`: one function of one variable."""
    return is_function(one) and is_function(two) and bool(one[1] == two[1])


_CURVE = {"x", "y", "z"}


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices that reasonable people make differently."""

    unreduced: bool
    units: str
    decimals: str


ROUNDED = 100
"""A decimal reference of at least so many units of its last digit (three significant digits) is taken for rounded."""


def equal(wanted: Answer, given: Answer, policy: Policy) -> bool:
    """Whether two answers are the same. Raises `TooCostly` or `Undefined`."""
    if isinstance(given, Bag) and given.alternatives and not isinstance(wanted, Bag):
        return all(equal(wanted, part, policy) for part in given.parts)
    if isinstance(wanted, Bag) and wanted.alternatives and not isinstance(given, Bag):
        return all(equal(part, given, policy) for part in wanted.parts)
    if isinstance(given, Relation) and isinstance(wanted, Value) and given.sign == "=" and _is_constant(given):
        return all(_equal_values(wanted, Value(side), policy) for side in (given.left, given.right))
    if isinstance(wanted, Value) and isinstance(given, Value):
        return _equal_values(wanted, given, policy)
    if isinstance(wanted, Bag) and len(wanted.parts) == 1 and not isinstance(given, Bag):
        return equal(wanted.parts[0], given, policy)
    if isinstance(given, Bag) and len(given.parts) == 1 and not isinstance(wanted, Bag):
        return equal(wanted, given.parts[0], policy)
    if isinstance(wanted, Bag | Union | Seq) and isinstance(given, Bag | Union | Seq):
        return _equal_lists(wanted, given, policy) or same_region(wanted, given)
    return _equal_others(wanted, given, policy)


def _is_constant(relation: Relation) -> bool:
    return not symbols(relation.left) and not symbols(relation.right)


def _equal_lists(wanted: Bag | Union | Seq, given: Bag | Union | Seq, policy: Policy) -> bool:
    if isinstance(wanted, Seq) and isinstance(given, Seq):
        if wanted.opening == given.opening == ":":
            return _proportional(wanted.parts, given.parts)
        brackets = (wanted.opening, wanted.closing) == (given.opening, given.closing)
        return brackets and _equal_parts(wanted.parts, given.parts, policy)
    if isinstance(wanted, Seq):
        return isinstance(given, Bag) and _is_tuple(wanted) and _equal_parts(wanted.parts, _by_name(given), policy)
    if isinstance(given, Seq):
        if not isinstance(wanted, Bag) or not _is_tuple(given):
            return False
        if values := _by_name(wanted):
            return _equal_parts(values, given.parts, policy)
        return (given.named or len(given.parts) > 2) and _equal_parts(wanted.parts, given.parts, policy)
    same_kind = type(wanted) is type(given) or all(isinstance(part, Seq) for part in flat(wanted))
    return same_kind and _equal_bags(flat(wanted), flat(given), policy)


def _equal_others(wanted: Answer, given: Answer, policy: Policy) -> bool:
    if isinstance(wanted, Words) and isinstance(given, Words):
        return wanted == given or same_time(wanted.text, given.text)
    if isinstance(wanted, Words) or isinstance(given, Words):
        return {wanted, given} == {ENDLESS, Value(INFINITY)}
    if isinstance(wanted, Matrix) and isinstance(given, Matrix):
        return _equal_rows(wanted, given)
    if isinstance(wanted, Matrix | Seq) and isinstance(given, Matrix | Seq):
        if (table := _table(wanted)) is not None and (other := _table(given)) is not None:
            return _equal_rows(table, other)
        one, two = _vector(wanted), _vector(given)
        return one is not None and two is not None and _equal_parts(one, two, policy)
    if (first := _as_relation(wanted)) and (second := _as_relation(given)):
        return _equal_relations(first, second) or same_region(first, second)
    if {type(wanted), type(given)} == {Seq, Value}:
        return _ratio_is_value(wanted, given) or _same_vector(wanted, given)
    return same_region(wanted, given)


def _is_tuple(answer: Seq) -> bool:
    return (answer.opening, answer.closing) == ("(", ")")


def _by_name(bag: Bag) -> tuple[Answer, ...]:
    """The values of `x = 1, y = 2` in the order of their names; nothing where a part has no name of its own."""
    named = {part.name[1]: replace(part, name=None) for part in bag.parts if _is_assigned(part)}  # type: ignore
    return tuple(named[name] for name in sorted(named)) if len(named) == len(bag.parts) else ()


def _is_assigned(part: Answer) -> bool:
    return isinstance(part, Value) and part.name is not None and part.name[0] == "sym"


def _proportional(wanted: tuple[Answer, ...], given: tuple[Answer, ...]) -> bool:
    """Whether two ratios are the same: `2:3` and `4:6`."""
    if len(wanted) != len(given) or not all(isinstance(part, Value) for part in wanted + given):
        return False
    one, two = ([part.tree for part in side if isinstance(part, Value)] for side in (wanted, given))
    if any(exact(side[0]) in (0, None) for side in (one, two)):
        return one == two
    return all(identical(("*", one[0], b), ("*", two[0], a)) for a, b in zip(one[1:], two[1:], strict=True))


def _ratio_is_value(one: Answer, two: Answer) -> bool:
    """Whether a ratio of two is a fraction: `2:3` and `2/3`, but not `2:1` and `2`."""
    ratio, value = (one, two) if isinstance(one, Seq) else (two, one)
    if not isinstance(ratio, Seq) or not isinstance(value, Value) or ratio.opening != ":" or len(ratio.parts) != 2:
        return False
    top, bottom = ratio.parts
    size = exact(value.tree)
    if not isinstance(top, Value) or not isinstance(bottom, Value) or size is None or size.denominator == 1:
        return False
    return identical(("*", top.tree, ("^", bottom.tree, MINUS_ONE)), value.tree)


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


def _table(answer: Matrix | Seq) -> Matrix | None:
    """A matrix, or a list of rows in square brackets as one."""
    if isinstance(answer, Matrix):
        return answer
    rows = [part.parts if isinstance(part, Seq) and part.opening == "[" else () for part in answer.parts]
    cells = [[cell.tree for cell in row if isinstance(cell, Value)] for row in rows]
    full = answer.opening == "[" and all(row and len(row) == len(read) for row, read in zip(rows, cells, strict=True))
    return Matrix(tuple(map(tuple, cells))) if full else None


def _same_vector(one: Answer, two: Answer) -> bool:
    """Whether a tuple holds the coordinates of a sum of the unit vectors i, j and k."""
    parts, value = (one, two) if isinstance(one, Seq) else (two, one)
    if not isinstance(parts, Seq) or not _is_tuple(parts) or not isinstance(value, Value):
        return False
    coordinates = [part.tree for part in parts.parts if isinstance(part, Value)]
    if not symbols(value.tree) & {"j", "k"} or not 2 <= len(coordinates) == len(parts.parts) <= 3:
        return False
    units: list[Tree] = [("const", "i"), ("sym", "j"), ("sym", "k")]
    return identical(value.tree, ("+", *(("*", c, unit) for c, unit in zip(coordinates, units, strict=False))))


def _vector(answer: Matrix | Seq) -> tuple[Answer, ...] | None:
    if isinstance(answer, Seq):
        return answer.parts if _is_tuple(answer) else None
    if len(answer.rows) == 1 or all(len(row) == 1 for row in answer.rows):
        return tuple(Value(cell) for row in answer.rows for cell in row)
    return None


# --- values ----------------------------------------------------------------------------------------------------------


def _equal_values(wanted: Value, given: Value, policy: Policy) -> bool:
    given = renamed(wanted, given)
    if wanted.name is not None and given.name is not None and not identical(wanted.name, given.name):
        return _equal_relations(_relation(wanted), _relation(given))
    if wanted.name is not None and given.name is None and _is_curve(wanted.name):
        return False
    if same_family(wanted.tree, given.tree):
        return True
    if policy.units == "required" and wanted.unit and not given.unit:
        return False
    if given.unit.startswith("mod "):
        return _same_residue(wanted, given)
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


def _same_residue(wanted: Value, given: Value) -> bool:
    """Whether a number with its modulus is the wanted residue, or of its class where both have it."""
    ours, theirs, modulus = exact(wanted.tree), exact(given.tree), given.unit.removeprefix("mod ")
    if wanted.unit not in ("", given.unit):
        return False
    if ours is None or theirs is None or not modulus.isdecimal() or not int(modulus):
        return identical(wanted.tree, given.tree)
    return (ours - theirs) % int(modulus) == 0 and (bool(wanted.unit) or 0 <= ours < int(modulus))


def _is_curve(name: Tree) -> bool:
    """Whether the left side of an equation is more than a name: `xy = 1` and `x + y = 3` are curves."""
    return name[0] in ("+", "*") and symbols(name) <= _CURVE


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
    if policy.decimals == "auto" and abs(goal) < 2 * ROUNDED * wanted.half_unit:
        return not off
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
        if FLIP.get(given.sign) != wanted.sign:
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
        elsewhere = ("sym", name + "~")
        elsewhere_one, elsewhere_two = (substituted(t, name, elsewhere) for t in (elsewhere_one, elsewhere_two))
    return identical(("*", one, elsewhere_two), ("*", two, elsewhere_one))
