"""Calls that tests repeat within what they assert, and which of these they mean anew: see `answers.py`.

One assertion is an assert, with those that stand right behind it. Meant anew is what an assert says exactly, what holds
for no single answer (`next_id() != next_id()`), what is held against itself (`f(x) == f(x)`), as one answer would make
that true, and answers of which no more is said than one of their claims implies (`n() > 0` and `n() > 1`): there a
program gains nothing.
"""

from __future__ import annotations

import ast
import builtins
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from itertools import pairwise

from assay.sandbox.answers import ANEW, EXACT, KEPT
from assay.sandbox.facts import is_assertion_call, root_name
from assay.sandbox.hooks import ASK, GOT, HOOKS, hook
from assay.sandbox.rereads import COMPREHENSIONS, FUNCTIONS, Claim, Scope, implies, inside, of_test
from assay.sandbox.trees import walk

_Steps = list[ast.Call | ast.Attribute]
_PYTHONS = {"", *vars(builtins)}
_DISPLAYS = (ast.Set, ast.List, ast.Tuple)
_OTHER = (ast.NotEq, ast.IsNot, ast.NotIn)
_SAME = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_HOLDING: dict[type, str] = {ast.BoolOp: "values", ast.Call: "args", **dict.fromkeys(_DISPLAYS, "elts")}
_DEFINITIONS = (*FUNCTIONS, ast.ClassDef)


class Repeats:
    """How tests mean the calls that they repeat; `nodes` are those of their trees before any hook."""

    def __init__(self, trees: list[ast.Module], nodes: list[ast.AST], results: Callable[[], Set[str]]) -> None:
        self.going_on: set[int] = set()
        """What stands right behind another assert, by identity."""
        self._how: dict[int, int] = {}
        exact = {id(side) for node in nodes if isinstance(node, ast.Assert) for side in _exact(node.test)}
        calls = [node for node in nodes if isinstance(node, ast.Call) and id(node) not in exact]
        roots = Counter(root_name(node) for node in calls)
        if not any(count > 1 and name not in _PYTHONS for name, count in roots.items()):
            return
        own = {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
        names = results() - own
        functions = [node for node in nodes if isinstance(node, FUNCTIONS)]
        for scope in ([part for tree in trees for part in inside(tree)], *map(list, map(inside, functions))):
            self._how |= _Asserted(scope, names, own).how()
        blocks = [[one for tree in trees for one in tree.body], *_blocks(nodes)] if self._how else []
        for one, other in (pair for block in blocks for pair in pairwise(block)):
            if _says(one) is not None and _says(other) is not None:
                self.going_on.add(id(_says(other)))

    def hook(self, trees: Iterable[ast.AST]) -> None:
        """Hook them."""
        asking = _Ask(self._how)
        for tree in trees if self._how else ():
            asking.visit(tree)


class _Asserted(Scope):
    """What a function of the tests asserts of the program's answers."""

    def __init__(self, nodes: list[ast.AST], results: Set[str], own: Set[str]) -> None:
        inner = {id(part) for node in nodes for part in _links(node)}
        chains = {id(node) for node in nodes if id(node) not in inner and _is_answer(node, results)}
        super().__init__(nodes, results, own, lambda node: id(node) in chains)
        told = [(node, says) for node in nodes if (says := _says(node)) is not None]
        self.parts = [part for _, says in told for part in walk(says)]
        calls = {id(says) for node, says in told if isinstance(node, ast.Expr)}
        self.asked = [part for part in self.parts if id(part) in chains - calls]

    def how(self) -> dict[int, int]:
        """How each call is meant, by identity, of functions and objects that are asked again."""
        claims = self.claims()
        exact = {id(one) for claim in claims for part in self.exact(*claim, of_length=False) for one in _each(part)}
        again = self._again(n for n in self.asked if id(n) not in exact or _goes_on(n))
        if not again:
            return {}
        changing = {ast.unparse(part) for part in (*self.changing(claims), *self._implied(claims))}
        anew = {id(part) for part in (*self.repeated(statements=False), *self._beside())}
        anew |= {id(n) for n in self.asked if ast.unparse(n) in changing}
        again = self._again(n for n in self.asked if id(n) not in anew and (id(n) not in exact or _goes_on(n)))
        return {
            id(n): ANEW if id(n) in anew else EXACT if id(n) in exact else KEPT for n in self.asked if _root(n) in again
        }

    def _again(self, asked: Iterable[ast.AST]) -> set[str]:
        """Names of what is asked more than once."""
        return {name for name, count in Counter(map(_root, asked)).items() if count > 1}

    def told(self) -> Iterator[Claim]:
        yield from super().told()
        for part in self.parts:
            if isinstance(part, ast.Call) and getattr(part.func, "id", "") == "all":
                yield from (
                    claim for one in part.args if isinstance(one, COMPREHENSIONS) for claim in of_test(one.elt, True)
                )

    def _implied(self, claims: list[Claim]) -> Iterator[ast.AST]:
        """Calls that are each all that one claim is about, where one of these claims implies the others."""
        about: defaultdict[str, list[Claim]] = defaultdict(list)
        for claim in claims:
            about[ast.unparse(claim[0])].append(claim)
        counts = Counter(map(ast.unparse, self.asked))
        for text, group in about.items():
            whole = all(self.is_read(claim[0]) for claim in group) and counts[text] == len(group) > 1
            if whole and any(all(implies(one, other) for other in group) for one in group):
                yield group[0][0]

    def _beside(self) -> Iterator[ast.AST]:
        """Answers that are held against each other."""
        asking: set[int] = set()
        """What asks the program, by identity."""
        for part in reversed(self.parts):
            if self.is_read(part) or any(id(inner) in asking for inner in ast.iter_child_nodes(part)):
                asking.add(id(part))
        for part in (one for one in self.parts if id(one) in asking):
            for one, other, op in _pairs(part, asking):
                sides = [[inner for inner in walk(side) if self.is_read(inner)] for side in (one, other)]
                texts = [{*map(ast.unparse, side)} for side in sides]
                if ast.unparse(one) == ast.unparse(other) or (isinstance(op, _SAME) and _blank(one) == _blank(other)):
                    texts = [texts[0] | texts[1]] * 2
                elif not isinstance(op, _OTHER):
                    continue
                yield from (n for side in sides for n in side if ast.unparse(n) in texts[0] & texts[1])


class _Ask(ast.NodeTransformer):
    """Lets these calls be made where it is known what was asked before."""

    def __init__(self, how: dict[int, int]) -> None:
        self.how, self.places = how, itertools.count()

    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        found = _chain(node) if id(node) in self.how else None
        if found is None:
            return node
        root, steps = found
        made = hook(ASK, next(self.places), root)
        given = [ast.Constant(self.how[id(node)]), root, *(_step(one) for one in steps)]
        made.args += [ast.fix_missing_locations(ast.copy_location(one, node)) for one in given]  # type: ignore[attr-defined]
        return made


def _step(node: ast.Call | ast.Attribute) -> ast.expr:
    if isinstance(node, ast.Attribute):
        return ast.Constant(node.attr)
    names = [None if word.arg is None else ast.Constant(word.arg) for word in node.keywords]
    words = ast.Dict([*names], [word.value for word in node.keywords])
    return ast.Tuple([ast.Tuple(node.args, ast.Load()), words], ast.Load())


def _chain(node: ast.AST) -> tuple[ast.Name, _Steps] | None:
    """The name and the calls and attributes behind it of what a call has answered: `f(3)`, `f(3).x`, `C(1).get()`."""
    steps: _Steps = []
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == GOT:
            node = node.args[0]
            continue
        steps.insert(0, node)
        node = node.func if isinstance(node, ast.Call) else node.value
    calls = [step for step in steps if isinstance(step, ast.Call)]
    later = [part for call in calls[1:] for given in (*call.args, *call.keywords) for part in walk(given)]
    is_one = isinstance(node, ast.Name) and calls and not any(isinstance(part, ast.Call) for part in later)
    is_one = is_one and node.id not in HOOKS  # type: ignore[attr-defined]
    return (node, steps) if is_one else None  # type: ignore[return-value]


def _links(node: ast.AST) -> Iterator[ast.AST]:
    """What stands within a chain."""
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
        yield node


def _is_answer(node: ast.AST, results: Set[str]) -> bool:
    found = _chain(node)
    return found is not None and found[0].id in results


def _each(node: ast.expr) -> Iterator[ast.expr]:
    """What is asserted to be this, or each of these: `[f(n) for n in a] == b`."""
    made = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else node
    yield made.elt if isinstance(made, COMPREHENSIONS) else node


def _root(node: ast.AST) -> str:
    found = _chain(node)
    return found[0].id if found else ""


def _goes_on(node: ast.AST) -> bool:
    """Whether more is asked of what a call has answered."""
    return not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name)


def _says(node: ast.AST) -> ast.expr | None:
    """What an assert says."""
    if isinstance(node, ast.Assert):
        return node.test
    return node.value if isinstance(node, ast.Expr) and is_assertion_call(node) else None


def _exact(says: ast.expr) -> Iterator[ast.expr]:
    """What is asserted to be one thing, or to be so."""
    if not isinstance(says, ast.Compare):
        yield says
    elif len(says.ops) == 1 and isinstance(says.ops[0], (ast.Eq, ast.Is)):
        yield from (says.left, says.comparators[0])


def _pairs(node: ast.AST, asking: set[int]) -> Iterator[tuple[ast.expr, ast.expr, ast.AST | None]]:
    """What stands beside each other in an expression, of what asks the program, and what it compares by."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for (one, other), op in zip(pairwise(sides), node.ops, strict=True):
            items = other.elts if isinstance(other, _DISPLAYS) else []
            found = [item for item in (other, *items) if id(one) in asking and id(item) in asking]
            yield from ((one, item, op) for item in found)
        return
    is_assert = isinstance(node, ast.Call) and getattr(node.func, "attr", "").startswith("assert")
    if isinstance(node, ast.BinOp):
        inner = [node.left, node.right] if isinstance(node.op, ast.Sub) else []
    else:
        name = _HOLDING.get(type(node), "")
        inner = getattr(node, name, [])
    beside = [one for one in inner if id(one) in asking]
    alike: defaultdict[str, list[ast.expr]] = defaultdict(list)
    for one in beside:
        alike[ast.unparse(one)].append(one)
    yield from ((one, other, None) for group in alike.values() for one, other in pairwise(group))
    if is_assert and len(beside) > 1:
        yield beside[0], beside[1], ast.Eq()


def _blank(node: ast.expr) -> str:
    """`f(_)` of a call of something with anything; of all else, nothing like it."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ast.unparse(node) + "()"


def _blocks(nodes: list[ast.AST]) -> Iterator[list[ast.stmt]]:
    for node in nodes:
        for name in ("body", "orelse", "finalbody") if not isinstance(node, (ast.Module, ast.expr)) else ():
            if isinstance(block := getattr(node, name, None), list):
                yield block
