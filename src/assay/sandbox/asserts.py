"""Reading tests: what is one test, and the marks in the tests' tree by which a tally learns how each one went.

Where several texts of a reference test something, each of them is a test. Else a test is a statement of the one text,
or of the function that this text does nothing but call (`check`): one that asserts or raises, or that names a function
or class of the tests which does, together with what was prepared for it since the test before. `assert True` names
nothing and tests nothing. How many tests there are never depends on the candidate.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

REACHED, GOT, WANTED, TEST, READY = (f"__assay_{name}__" for name in ("reached", "got", "wanted", "test", "ready"))
"""Names in the tests' namespace that the marks call."""
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_DISPLAYS = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.Lambda)
_LOAD = ast.Load()
_DEFS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(slots=True)
class Claim:
    """One assert: what it says, the call of the candidate in it, and the value that this is compared with."""

    text: str
    says: ast.expr
    call: ast.expr | None = None
    wanted: ast.expr | None = None
    """The other side of `==`."""
    is_side: bool = False
    """Whether the call is all that is compared."""


@dataclass(slots=True)
class Unit:
    """One test: names that it needs from before, and names that it sets."""

    needs: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    raises: bool = False
    """Whether it can fail in another way than by an assert."""


class Suite:
    """The texts of the tests, marked.

    `candidates` are names that may stand for the candidate. With `partial` every test asks first whether it may run.
    """

    def __init__(self, texts: list[str], calls_check: bool, candidates: Iterable[str], partial: bool) -> None:
        self.trees = [ast.parse(text) for text in texts]
        self.claims: list[Claim] = []
        self.units: list[Unit] = []
        self.raises = False
        """Whether tests can fail in another way than by an assert."""
        self._partial, self._candidates = partial, {*candidates}.difference(*map(_imported, self.trees))
        inner = (node for tree in self.trees for node in _statements(tree, deep=True))
        self._own = {node.name: node for node in inner if isinstance(node, _DEFS)}
        self._asserting: dict[str, bool] = {}
        testing = [tree.body for tree in self.trees if any(map(self._tests, tree.body))]
        if len(testing) > 1:
            for block in testing:
                self._mark(block, [len(block)])
        elif testing:
            self._split(testing[0])
        if calls_check:
            self._split(self._enter("check"))
        for text, tree in zip(texts, self.trees, strict=True):
            self._note(text, tree)

    @property
    def total(self) -> int:
        """How many tests there are."""
        return max(1, len(self.units))

    def _tests(self, node: ast.stmt) -> bool:
        """Whether a statement asserts something itself, or by what it names of the tests' own."""
        if isinstance(node, _DEFS):
            return False
        if any(map(claims, _statements(node))):
            return any(isinstance(inner, ast.Name) for inner in ast.walk(node))
        return bool(self._own) and any(self._asserts(n.id) for n in ast.walk(node) if isinstance(n, ast.Name))

    def _asserts(self, name: str) -> bool:
        """Whether a function or class of the tests asserts, or names one that does."""
        if name not in self._own:
            return False
        if name not in self._asserting:
            self._asserting[name] = False  # one that names itself
            node = self._own[name]
            self._asserting[name] = any(map(claims, _statements(node, True))) or any(
                self._asserts(inner.id) for inner in ast.walk(node) if isinstance(inner, ast.Name)
            )
        return self._asserting[name]

    def _enter(self, name: str) -> list[ast.stmt]:
        """The body of a function of the tests, whose arguments stand for the candidate."""
        node = self._own.get(name)
        if not isinstance(node, ast.FunctionDef):
            return []
        self._candidates |= {arg.arg for arg in node.args.args}
        return node.body

    def _split(self, block: list[ast.stmt]) -> None:
        """Make each testing statement of a block a test; a lone call stands for the body of what it calls."""
        entered: set[str] = set()
        while True:
            ends = [at for at, node in enumerate(block, 1) if self._tests(node)]
            called = _called(block[ends[0] - 1]) if len(ends) == 1 else ""
            if called in entered or not isinstance(self._own.get(called), ast.FunctionDef):
                break
            entered.add(called)
            block = self._enter(called)
        self._mark(block, ends)

    def _mark(self, block: list[ast.stmt], ends: list[int]) -> None:
        """Put the statements up to each end into a `with`, which tells the tally."""
        start = next((at for at, node in enumerate(block) if not _stays_first(node)), 0)
        marked = block[:start]
        for end in ends:
            body = block[start:end]
            number = len(self.units)
            self.units.append(self._unit(body) if self._partial else Unit())
            test: ast.stmt = ast.With([ast.withitem(_mark(TEST, number, body[0]))], body)
            if self._partial:
                test = ast.If(_mark(READY, number, body[0]), [ast.copy_location(test, body[0])], [])
            marked.append(ast.copy_location(test, body[0]))
            start = end
        block[:] = marked + block[start:]

    def _unit(self, body: list[ast.stmt]) -> Unit:
        unit = Unit(raises=any(isinstance(inner, ast.Raise) for node in body for inner in _statements(node)))
        for node in body:
            unit.needs |= self._loads(node, set()) - unit.sets
            unit.sets |= _sets(node)
        return unit

    def _loads(self, node: ast.AST, entered: set[str]) -> set[str]:
        """Names that a statement reads, and those that the functions of the tests that it names read."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
        for name in (names & self._own.keys()) - entered:
            entered.add(name)
            names |= self._loads(self._own[name], entered)
        return names

    def _note(self, text: str, tree: ast.Module) -> None:
        """Before each assert, tell that it is reached; in it, note the candidate's value."""
        blocks: list[list[ast.stmt]] = [tree.body]
        while blocks:
            block = blocks.pop()
            longer: list[ast.stmt] = []
            for node in block:
                if isinstance(node, ast.Assert) or _is_assertion(node):
                    mark = ast.Expr(_mark(REACHED, len(self.claims), node))
                    longer.append(ast.copy_location(mark, node))
                    self.claims.append(self._claim(text, node))
                longer.append(node)
                self.raises |= isinstance(node, ast.Raise)
                blocks += _inner(node)
            block[:] = longer

    def _claim(self, text: str, node: ast.stmt) -> Claim:
        says = node.test if isinstance(node, ast.Assert) else node.value  # type: ignore[attr-defined]
        claim = Claim(text, says)
        sides = [says.left, says.comparators[0]] if isinstance(says, ast.Compare) and len(says.ops) == 1 else []
        spots = [_spot(side, self._candidates) for side in sides]
        if isinstance(says, ast.Compare) and sides:
            at = 1 if spots[1] is not None and spots[0] is None else 0
            claim.call = spots[at] or sides[at]
            claim.is_side = claim.call is sides[at]
            if isinstance(says.ops[0], (ast.Eq, ast.Is)):
                claim.wanted = sides[1 - at]
                if not isinstance(claim.wanted, _DISPLAYS):
                    _wrap(says, claim.wanted, WANTED)
        else:
            claim.call = _spot(says, self._candidates)
        if claim.call is not None:
            _wrap(node, claim.call, GOT)
        return claim


def claims(node: ast.AST) -> bool:
    """Whether a node asserts: `assert`, `raise`, or a call such as `numpy.testing.assert_allclose(...)`."""
    return isinstance(node, (ast.Assert, ast.Raise)) or _is_assertion(node)


def _is_assertion(node: ast.AST) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    called = call.func if isinstance(call, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name.startswith("assert")


def _call(name: str, argument: ast.expr, at: ast.expr | ast.stmt) -> ast.expr:
    place = {"lineno": at.lineno, "col_offset": at.col_offset}
    return ast.Call(ast.Name(name, _LOAD, **place), [argument], [], **place)


def _mark(name: str, number: int, at: ast.stmt) -> ast.expr:
    return _call(name, ast.Constant(number, lineno=at.lineno, col_offset=at.col_offset), at)


def _inner(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in _BLOCKS:
        part = getattr(node, name, None)
        if isinstance(part, list):
            yield part


def _statements(node: ast.AST, deep: bool = False) -> Iterator[ast.AST]:
    """A statement and all within it; only if `deep` what the functions and classes hold that it defines."""
    yield node
    if deep or not isinstance(node, _DEFS):
        for block in _inner(node):
            for inner in block:
                yield from _statements(inner, deep)


def _called(node: ast.stmt) -> str:
    """`check` in `check(...)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    return call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""


def _stays_first(node: ast.stmt) -> bool:
    """A docstring, and an import from the future."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _imported(tree: ast.AST) -> set[str]:
    found = (node for node in _statements(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return {(alias.asname or alias.name).split(".")[0] for node in found for alias in node.names}


def _sets(node: ast.stmt) -> set[str]:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    names |= {n.name for n in _statements(node) if isinstance(n, _DEFS)}
    return names | _imported(node)


def _spot(node: ast.expr, roots: set[str]) -> ast.expr | None:
    """The first outermost call of the candidate in an expression; long literals are not searched."""
    stack: list[ast.AST] = [node]
    while stack:
        found = stack.pop()
        if isinstance(found, _DISPLAYS):
            continue
        if isinstance(found, ast.Call) and _root(found) in roots:
            return found
        stack += reversed(list(ast.iter_child_nodes(found)))
    return None


def _root(node: ast.expr) -> str:
    """`Stack` in `Stack(1).pop()`."""
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _wrap(top: ast.AST, inner: ast.expr, name: str) -> None:
    """Replace a part of an expression by a call that gets it and returns it."""
    stack = [top]
    while stack:
        node = stack.pop()
        for key, value in ast.iter_fields(node):
            if value is inner:
                setattr(node, key, _call(name, inner, inner))
                return
            if isinstance(value, list):
                for at, item in enumerate(value):
                    if item is inner:
                        value[at] = _call(name, inner, inner)
                        return
            children = value if isinstance(value, list) else [value]
            stack += [c for c in children if isinstance(c, ast.AST) and not isinstance(c, _DISPLAYS)]
