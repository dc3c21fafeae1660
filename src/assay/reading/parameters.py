"""Letters that may be any: a function's argument, constants of integration, integer parameters."""

from __future__ import annotations

from itertools import pairwise, permutations

from assay.reading.arithmetic import numeric
from assay.reading.building import difference, num, replaced, symbols, walk
from assay.reading.identity import identical
from assay.reading.nodes import Call, Node, Sym

_INTEGER_LETTERS = {"k", "n", "m", "l"}
_TINY = 1e-25
_CONSTANTS = {"C", "c", "K", "k", "D", "A", "B", "C_0", "K_1"} | {f"{name}_{n}" for name in "Cc" for n in range(1, 5)}
_ANY = _CONSTANTS | {"a", "b", "m"}


def same_label(one: Node, two: Node) -> bool:
    """Whether two names are one: `y` and `y(x)`, `x` and `x_1`, or the same expression."""
    return one == two or stem(one) == two or one == stem(two) or identical(one, two)


def is_function(label: Node | None) -> bool:
    """Whether a label is `f(x)`."""
    match label:
        case Call("*", (Sym(), Sym())):
            return True
    return False


def stem(label: Node) -> Node:
    """`y` of `y(x)`, and `x` of `x_1`."""
    if isinstance(label, Call) and is_function(label):
        return label.args[0]
    return Sym(label.name.partition("_")[0]) if isinstance(label, Sym) else label


def renamed(wanted: tuple[Node | None, Node], given: tuple[Node | None, Node]) -> tuple[Node | None, Node]:
    """The given label and value with the reference's letters for a function's argument and for constants."""
    (ours, value), (theirs, tree) = wanted, given
    match ours, theirs:
        case Call("*", (Sym(f), Sym(x))), Call("*", (Sym(g), Sym() as other)) if f == g and x.islower():
            if x not in symbols(tree):
                theirs, tree = ours, replaced(tree, other, Sym(x))
    if Sym("i") in walk(value) and "j" in symbols(tree) - symbols(value):
        tree = replaced(tree, Sym("j"), Sym("i"))
    elif Sym("i") in walk(tree) and "j" in symbols(value) - symbols(tree):
        tree = replaced(tree, Sym("i"), Sym("j"))
    return theirs, _with_constants(ours, value, tree)


def _with_constants(label: Node | None, wanted: Node, given: Node) -> Node:
    """The given expression with the reference's letters for the constants that may be any number."""
    ours, theirs = (symbols(side) & _ANY for side in (wanted, given))
    if not 1 <= len(ours) == len(theirs) <= 2 or symbols(wanted) - ours != symbols(given) - theirs:
        return given
    solution = all("_" in name for name in ours) or is_function(label) or label == Sym("y")
    added = len(ours) == 1 and all(_is_added(side, *names) for side, names in ((wanted, ours), (given, theirs)))
    if not (ours <= _CONSTANTS and (solution or added)):
        return given
    if added and _is_shifted(wanted, given, ours | theirs):
        return wanted
    for order in permutations(sorted(theirs)):
        tree = given
        for place, name in enumerate(order):
            tree = replaced(tree, Sym(name), Sym(f"constant {place}"))
        for place, name in enumerate(sorted(ours)):
            tree = replaced(tree, Sym(f"constant {place}"), Sym(name))
        if identical(wanted, tree):
            return tree
    return given


def _is_added(node: Node, constant: str) -> bool:
    return isinstance(node, Call) and node.head == "+" and Sym(constant) in node.args


def _is_shifted(one: Node, two: Node, constants: set[str]) -> bool:
    """Whether two formulas differ by a number, as antiderivatives may."""
    gap = difference(one, two)
    for name in constants:
        gap = replaced(gap, Sym(name), num(0))
    return bool(symbols(gap)) and identical(gap, elsewhere(gap))


def elsewhere(node: Node) -> Node:
    """The expression in other variables."""
    for name in symbols(node):
        node = replaced(node, Sym(name), Sym(name + "~"))
    return node


def same_family(one: Node, two: Node) -> bool:
    """Whether two terms in an integer parameter have the same values: `\\pi/6 + 2\\pi k` and `\\pi/6 - 2\\pi n`."""
    if not all(Sym("pi") in walk(node) for node in (one, two)):
        return False
    names = [symbols(node) for node in (one, two)]
    if any(len(name) != 1 or not name <= _INTEGER_LETTERS for name in names):
        return False
    terms = [
        [numeric(replaced(node, Sym(name), num(at))) for at in (0, 1, 2, 3)]
        for node, (name,) in zip((one, two), names, strict=True)
    ]
    steps = [[after - before for before, after in pairwise(values)] for values in terms]
    if any(abs(step - run[0]) > _TINY or abs(step) < _TINY for run in steps for step in run):
        (first,), (second,) = names
        return first != second and identical(one, replaced(two, Sym(second), Sym(first)))
    shift = (terms[1][0] - terms[0][0]) / steps[0][0]
    same_step = abs(abs(steps[0][0]) - abs(steps[1][0])) < _TINY
    return bool(same_step and abs(shift.imag) < _TINY and abs(shift.real - round(shift.real)) < _TINY)
