"""Letters that stand for any number: a function's argument, constants of integration, integer parameters."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations

from assay.reading.algebra import constants, identical, substituted, symbols
from assay.reading.shapes import Value
from assay.reading.tree import MINUS_ONE, Tree
from assay.reading.values import numeric

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
    if ("const", "i") in _leaves(wanted.tree) and "j" in symbols(tree) - symbols(wanted.tree):
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


def _leaves(tree: Tree) -> set[Tree]:
    if not any(isinstance(part, tuple) for part in tree[1:]):
        return {tree}
    return {leaf for part in tree[1:] if isinstance(part, tuple) for leaf in _leaves(part)}


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
    shapes = [tree[0] == "*" and len(tree) == 3 and tree[1][0] == tree[2][0] == "sym" for tree in (one, two)]
    return all(shapes) and bool(one[1] == two[1])
