"""Attributes that tests mean as they are now, and not as they have read them before.

While tests only look, an attribute stays what they have read: two claims about one answer must not hold for an answer
each. Asked anew is what an assert says exactly (`c.n == 0`, `not c.open`), as no other answer would do; that of which
tests say what holds for no single answer (`c.id != c.id`, `c.hits == before + 1`, `c.n < 1` and `c.n > 0`); what a loop
reads that names nothing of its turns; and all, once they read one for its effect (`c.load`) or wait for one.
"""

from __future__ import annotations

import ast
import operator
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import suppress
from itertools import combinations
from typing import Any

from assay.sandbox.hooks import ACT, ANEW, hook
from assay.sandbox.trees import walk

Claim = tuple[ast.expr, type[ast.AST], ast.expr]
"""What is compared, how, and with what."""
_HOLDS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
    ast.In: lambda value, many: value in many,
    ast.NotIn: lambda value, many: value not in many,
}
_OPPOSITES = [(ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn), (ast.Lt, ast.GtE), (ast.Gt, ast.LtE)]
_OPPOSITE: dict[type, type[ast.AST]] = {one: other for pair in _OPPOSITES for one, other in (pair, pair[::-1])}
_CALLED = {"Less": ast.Lt, "LessEqual": ast.LtE, "Greater": ast.Gt, "GreaterEqual": ast.GtE}
_CALLED |= {kind.__name__.replace("Eq", "Equal"): kind for kind in (ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)}
_EQUAL = re.compile(r"assert(?!Not|Almost|Less|Greater)\w{0,20}Equal")
_NEVER_OF_ITSELF = (ast.NotEq, ast.IsNot, ast.Lt, ast.Gt)
"""How no value compares with itself."""
_PAIRS = (ast.Tuple, ast.List)
_MANY = (list, tuple, set)
_LOOPS = (ast.For, ast.AsyncFor)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)
_READING = {"getattr": 2, "vars": 1}
"""Functions that read an attribute, and of how many arguments."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Reads:
    """What tests ask anew; `nodes` are those of their trees before any hook, `results` tells what the program made."""

    def __init__(self, trees: Iterable[ast.AST], nodes: list[ast.AST], results: Callable[[], Set[str]]) -> None:
        self.anew: set[int] = set()
        self.acts: list[ast.Expr | ast.While] = []
        if not any(isinstance(node, ast.Attribute) or getattr(node, "id", "") in _READING for node in nodes):
            return
        names, functions = results(), [node for node in nodes if isinstance(node, FUNCTIONS)]
        for scope in (*trees, *functions):
            found = _Rereads(list(inside(scope)), names, {function.name for function in functions})
            if found.reads:
                self.anew |= {id(part) for node in found.anew() for part in walk(node)}
            self.acts += found.acts()

    def hook(self, trees: Iterable[ast.AST]) -> None:
        """Hook it."""
        for node in self.acts:
            if isinstance(node, ast.While):
                node.test = hook(ACT, node.test, node)
            else:
                node.value = hook(ACT, node.value, node)
        for tree in trees if self.anew else ():
            _AskAnew(self.anew).visit(tree)


class Scope:
    """A function of the tests, named by one of `own`, or what stands outside of all, and what it says of the program.

    `is_read` tells which expressions ask the program.
    """

    def __init__(
        self, nodes: list[ast.AST], results: Set[str], own: Set[str], is_read: Callable[[ast.AST], bool]
    ) -> None:
        self.nodes, self.results, self.own, self.is_read = nodes, results, own, is_read
        self.reads = [node for node in nodes if is_read(node)]
        counts = Counter(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        self.moving = {name for name, count in counts.items() if count > 1}
        """Variables that are set more than once."""
        self.read = {name: read for name, read in self._set_to() if name not in self.moving}
        """The attribute that a variable is set to, by its name."""

    def claims(self) -> list[Claim]:
        """What the tests say of attributes or answers, also by variables that they set to these."""
        return [(self._source(left), how, self._source(right)) for left, how, right in self.told()]

    def _source(self, node: ast.expr) -> ast.expr:
        """The attribute that an expression is, or that a variable was set to."""
        return self.read.get(node.id, node) if isinstance(node, ast.Name) else node

    def _set_to(self) -> Iterator[tuple[str, ast.expr]]:
        """Variables that are set to an attribute, and that."""
        for node in self.nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target, value = node.targets[0], node.value
                pairs = [(target, value)]
                if isinstance(target, _PAIRS) and isinstance(value, _PAIRS):
                    pairs = [*zip(target.elts, value.elts, strict=False)]
                for name, read in pairs:
                    if isinstance(name, ast.Name) and self.is_read(read):
                        yield name.id, read

    def told(self) -> Iterator[Claim]:
        """What the tests say."""
        for node in self.nodes:
            name, args = (getattr(node.func, "attr", ""), node.args) if isinstance(node, ast.Call) else ("", [])
            if isinstance(node, ast.Assert):
                yield from of_test(node.test, True)
            elif name in ("assertTrue", "assertFalse") and args:
                yield from of_test(args[0], name == "assertTrue")
            elif name in ("assertIsNone", "assertIsNotNone") and args:
                yield args[0], ast.Is if name == "assertIsNone" else ast.IsNot, ast.Constant(None)
            elif name.startswith("assert") and len(args) > 1:
                yield args[0], _CALLED.get(name[6:], ast.Eq if _EQUAL.fullmatch(name) else ast.operator), args[1]

    def exact(self, left: ast.expr, how: type[ast.AST], right: ast.expr, of_length: bool = True) -> Iterator[ast.expr]:
        """What is to be what the tests' own is, or of a list, of which each entry is; `of_length`, or its length."""
        for side, other in ((left, right), (right, left)) if how in (ast.Eq, ast.Is) else ():
            if not any(getattr(part, "id", "") in self.results for part in walk(other)):
                is_length = of_length and isinstance(side, ast.Call) and getattr(side.func, "id", "") == "len"
                whole = side.elts if isinstance(side, _PAIRS) else side.args[:1] if is_length else [side]  # type: ignore[attr-defined]
                yield from map(self._source, whole)

    def changing(self, claims: list[Claim]) -> Iterator[ast.AST]:
        """Those of which the tests say what holds for no one answer."""
        for left, how, right in claims:
            if how in _NEVER_OF_ITSELF and self._are_one(left, right):
                yield left
            for one, other in ((left, right), (right, left)):
                if isinstance(other, ast.BinOp) and isinstance(other.op, (ast.Add, ast.Sub)):
                    parts = [self._source(other.left), self._source(other.right)]
                    yield from (one for part in parts if self._are_one(one, part))
                    yield from parts[:1] if self._are_one(*parts) else []
        about: defaultdict[str, dict[tuple[str, str], Claim]] = defaultdict(dict)
        for claim in (*claims, *self._helped()):
            about[ast.unparse(claim[0])][claim[1].__name__, ast.unparse(claim[2])] = claim
        for group in about.values():
            reads = [read for claim in group.values() for side in claim for read in self._fixed(side)]
            if reads and any(_exclude(one, other) for one, other in combinations(group.values(), 2)):
                yield from reads
        for node in self.nodes:
            entries = map(self._source, node.elts) if isinstance(node, ast.Set) else ()
            yield from (one for one, other in combinations(entries, 2) if self._are_one(one, other))

    def _helped(self) -> Iterator[Claim]:
        """`check(c.n, 1)`, as if that said that the two are equal."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in self.own and len(node.args) == 2:
                yield ast.Tuple([node.func, node.args[0]], ast.Load()), ast.Eq, node.args[1]

    def _fixed(self, node: Any) -> Iterator[ast.AST]:
        """Attributes in an expression of what is one object all the time."""
        for part in walk(node) if isinstance(node, ast.AST) else ():
            if self.is_read(part) and not _names(part) & self.moving:
                yield part

    def _are_one(self, one: ast.expr, other: ast.expr) -> bool:
        """Whether two expressions are one attribute of one object."""
        return one in self._fixed(one) and ast.unparse(one) == ast.unparse(other)

    def repeated(self, statements: bool = True) -> Iterator[ast.AST]:
        """What a loop does that names nothing of its turns; without `statements`, a loop in an expression."""
        for node in self.nodes:
            if isinstance(node, COMPREHENSIONS) and len(node.generators) == 1:
                target, body = node.generators[0].target, [node.elt]
            elif statements and isinstance(node, _LOOPS):
                target, body = node.target, node.body  # type: ignore[assignment]
            else:
                continue
            inner = [part for one in body for part in walk(one)]
            if isinstance(target, ast.Name) and not any(getattr(part, "id", "") == target.id for part in inner):
                yield from (one for one in inner if not _names(one) & _stored(inner))


class _Rereads(Scope):
    """Which attributes it means anew."""

    def __init__(self, nodes: list[ast.AST], results: Set[str], own: Set[str]) -> None:
        super().__init__(nodes, results, own, lambda node: _is_read(node, results))

    def anew(self) -> list[ast.AST]:
        """What is asked anew."""
        claims = self.claims()
        exact = {id(part) for claim in claims for part in self.exact(*claim)}
        changing = {ast.unparse(part) for part in self.changing(claims)}
        repeated = {id(part) for part in self.repeated()}
        return [n for n in self.reads if id(n) in exact | repeated or (changing and ast.unparse(n) in changing)]

    def acts(self) -> list[ast.Expr | ast.While]:
        """Statements that read an attribute or an item for its effect, and loops that wait for an attribute."""
        alone = [node for node in self.nodes if isinstance(node, ast.Expr) and _is_of(node.value, self.results)]
        return [*alone, *(node for node in self.nodes if isinstance(node, ast.While) and self._polls(node))]

    def _polls(self, node: ast.While) -> bool:
        """Whether a loop waits for an attribute of an object, which it does not set anew."""
        stored = _stored([part for one in node.body for part in walk(one)])
        return any(_is_read(part, self.results) and not _names(part) & stored for part in walk(node.test))


def of_test(node: ast.expr, holds: bool) -> Iterator[Claim]:
    """What it says that a condition holds, or does not."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from of_test(node.operand, not holds)
    elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And if holds else ast.Or):
        for part in node.values:
            yield from of_test(part, holds)
    elif isinstance(node, ast.Compare) and (holds or len(node.ops) == 1):
        sides = [node.left, *node.comparators]
        for at, op in enumerate(node.ops):
            yield sides[at], type(op) if holds else _OPPOSITE[type(op)], sides[at + 1]
    elif not isinstance(node, ast.BoolOp):
        yield node, ast.Is, ast.Constant(holds)


def _exclude(one: Claim, other: Claim) -> bool:
    """Whether two claims about the same hold for no value."""
    if ast.unparse(one[2]) == ast.unparse(other[2]):
        return _OPPOSITE.get(one[1]) is other[1]
    held = _held(one, other)
    return bool(held) and (True, True) not in held


def implies(one: Claim, other: Claim) -> bool:
    """Whether a claim holds for no value for which another about the same does not."""
    if one[1] is other[1] and ast.unparse(one[2]) == ast.unparse(other[2]):
        return True
    held = _held(one, other)
    return bool(held) and (True, False) not in held


def _held(one: Claim, other: Claim) -> set[tuple[bool, bool]]:
    """Whether each of two claims holds, for values around those that they name; nothing where they name none."""
    if one[1] not in _HOLDS or other[1] not in _HOLDS:
        return set()
    try:
        beside = [ast.literal_eval(claim[2]) for claim in (one, other)]
    except (ValueError, TypeError, MemoryError, RecursionError):
        return set()
    values = [object(), *beside, *(item for many in beside if isinstance(many, _MANY) for item in many)]
    with suppress(OverflowError):
        values += [value + step for value in values if isinstance(value, (int, float)) for step in (-0.5, 0.5)]
        values += [sum(beside) / 2] if all(isinstance(value, (int, float)) for value in beside) else []
    return {(_holds(one[1], value, beside[0]), _holds(other[1], value, beside[1])) for value in values}


def _holds(how: type, value: Any, beside: Any) -> bool:
    with suppress(TypeError):
        return bool(_HOLDS[how](value, beside))
    return False


def _is_read(node: ast.AST, results: Set[str]) -> bool:
    """Whether an expression is an attribute, or an attribute's attribute, of what the program has made."""
    if isinstance(node, ast.Call):
        return len(node.args) == _READING.get(getattr(node.func, "id", "")) and _is_of(node.args[0], results)
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and _is_of(node.value, results)


def _is_of(node: ast.AST, results: Set[str]) -> bool:
    """Whether an expression is an attribute or an item, or so on, of a variable of what the program has made."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return isinstance(node, ast.Name) and node.id in results


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}


def _stored(nodes: list[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def inside(scope: ast.AST) -> Iterator[ast.AST]:
    """All in a function or a text, but not what is in functions that it defines."""
    left = list(ast.iter_child_nodes(scope))
    for node in left:
        yield node
        if not isinstance(node, FUNCTIONS):
            left += ast.iter_child_nodes(node)


class _AskAnew(ast.NodeTransformer):
    """Lets these attributes be asked for anew, and those of which they are attributes."""

    def __init__(self, found: set[int]) -> None:
        self.found = found

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return self._asked(node, node.value, ast.Constant(node.attr)) if id(node) in self.found else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_read = id(node) in self.found and len(node.args) == _READING.get(getattr(node.func, "id", ""))
        return self._asked(node, *node.args, ast.Constant("__dict__")) if is_read else node

    def _asked(self, node: ast.expr, of: ast.expr, name: ast.expr, *_: ast.expr) -> ast.expr:
        made = hook(ANEW, of, node)
        made.args.append(ast.copy_location(name, node))  # type: ignore[attr-defined]
        return made
