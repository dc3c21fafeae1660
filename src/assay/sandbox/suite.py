"""Reading tests: what is one test, and the hooks put into the tests' tree that record how each one went.

Where several texts of a reference test something, each of them is a test. Else a test is a statement of the one text,
or of the function that this text does nothing but call (`check`): one that asserts or raises, or that names a function
or class of the tests which does, together with what was prepared for it since the test before. `assert True` names
nothing and tests nothing. How many tests there are never depends on the candidate.
"""

from __future__ import annotations

import ast
import builtins
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from assay.sandbox import mixing, testfiles

HOOKS = REACHED, GOT, WANTED, TEST, READY, GUARD, JOINED, TYPE, THROWN = tuple(
    f"__assay_{name}__" for name in ("reached", "got", "wanted", "test", "ready", "guard", "joined", "type", "thrown")
)
"""Names in the tests' namespace that the hooks call."""

_NAN = re.compile(r"(?i)\b(?:is_?|equal_)?nan|isna|notna|isnull|notnull|isfinite|fillna|dropna")
ARRAYS = re.compile(r"\b(?:np|numpy|pd|pandas|scipy)\b")
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_DISPLAYS = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.Lambda)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(slots=True)
class Assertion:
    """One assert: what it says, the call of the candidate in it, and the value that this is compared with."""

    text: str
    says: ast.expr
    call: ast.expr | None = None
    wanted: ast.expr | None = None
    """The other side of `==`."""
    is_side: bool = False
    """Whether the call is all that is compared."""


@dataclass(slots=True)
class TestCase:
    """One test."""

    needs: set[str] = field(default_factory=set)
    """Names that it takes from before."""
    sets: list[tuple[int, set[str]]] = field(default_factory=list)
    """The last line of each of its statements, and the names that this sets or whose values it is to change."""
    raises: bool = False
    """Whether it can fail in another way than by an assert."""


class Suite:
    """The texts of the tests, with hooks.

    `candidates` are names that may stand for the candidate, `modules` names of modules that are there anyway. With
    `partial` every test asks first whether it may run.
    """

    def __init__(
        self, texts: list[str], calls_check: bool, candidates: Iterable[str], partial: bool, modules: Iterable[str] = ()
    ) -> None:
        self.joins: list[Callable[[Any, Any], Any]] = []
        """What is done to two values, of which one is the candidate's."""
        self.trees = [testfiles.normalized(ast.parse(text)) for text in texts]
        self.means_nan = any(map(_NAN.search, texts))
        """Whether the tests speak of NaN."""
        self.assertions: list[Assertion] = []
        self.cases: list[TestCase] = []
        self._modules = {*modules}.union(*map(imported, self.trees))
        self.imports = set().union(*map(imported_modules, self.trees))
        """Modules that the tests import by name."""
        caught = [node.type for tree in self.trees for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
        caught += [part for tree in self.trees for node in ast.walk(tree) for part in _raised(node)]
        thrown = [node.exc for tree in self.trees for node in ast.walk(tree) if isinstance(node, ast.Raise)]
        caught += [one.func if isinstance(one, ast.Call) else one for one in thrown if one is not None]
        self.catches = {
            part.id for kind in caught if kind is not None for part in ast.walk(kind) if isinstance(part, ast.Name)
        }
        """Names of exceptions that the tests catch, expect or raise."""
        self.expects_stop = any("StopIteration" in ast.unparse(kind) for kind in caught if kind is not None)
        """Whether the tests catch `StopIteration`, and so expect it."""
        self._partial, self._candidates = partial, {*candidates} - self._modules
        inner = (node for tree in self.trees for node in statements(tree, deep=True))
        self._own = {node.name: node for node in inner if isinstance(node, _DEFINITIONS)}
        self._asserting: dict[str, bool] = {}
        self.asserting = dict(found for tree in self.trees for node in ast.walk(tree) for found in _asserting(node))
        """The last line of an assert in each function that has one, by the function's name and first line."""
        raises = (node for tree in self.trees for node in ast.walk(tree) if isinstance(node, ast.Raise))
        self.raising = {line for node in raises for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
        """Lines of their `raise` statements."""
        testing = [tree.body for tree in self.trees if any(map(self._tests, tree.body))]
        if len(testing) > 1:
            for block in testing:
                self._hook_cases(block, [len(block)])
        elif testing:
            self._split(testing[0])
        if calls_check:
            self._split(self._enter("check"))
        for tree in self.trees:
            _hook_thrown(tree)
        for text, tree in zip(texts, self.trees, strict=True):
            self._hook_assertions(text, tree)
        self._hook_joins(bool(any(map(ARRAYS.search, texts))))

    @property
    def total(self) -> int:
        """How many tests there are."""
        return max(1, len(self.cases))

    def _tests(self, node: ast.stmt) -> bool:
        """Whether a statement asserts something itself, or by what it names of the tests' own."""
        if isinstance(node, _DEFINITIONS):
            return False
        if any(map(asserts, statements(node))):
            return any(isinstance(inner, ast.Name) for inner in ast.walk(node))
        return bool(self._own) and any(self._asserts(n.id) for n in ast.walk(node) if isinstance(n, ast.Name))

    def _asserts(self, name: str) -> bool:
        """Whether a function or class of the tests asserts, or names one that does."""
        if name not in self._own:
            return False
        if name not in self._asserting:
            self._asserting[name] = False  # one that names itself
            node = self._own[name]
            self._asserting[name] = any(map(asserts, statements(node, True))) or any(
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
        """Make each testing statement of a block a test; a call alone stands for the body of what it calls."""
        entered: set[str] = set()
        while True:
            ends = [at for at, node in enumerate(block, 1) if self._tests(node)]
            called = _called(block[ends[0] - 1]) if len(ends) == 1 else None
            name = called.id if isinstance(called, ast.Name) else ""
            if name in entered or not isinstance(self._own.get(name), ast.FunctionDef):
                break
            entered.add(name)
            block = self._enter(name)
        self._hook_cases(block, ends)

    def _hook_cases(self, block: list[ast.stmt], ends: list[int]) -> None:
        """Put the statements up to each end into a `with`, which records how they went."""
        start = next((at for at, node in enumerate(block) if not _stays_first(node)), 0)
        hooked = block[:start]
        for end in ends:
            body = block[start:end]
            number = len(self.cases)
            self.cases.append(self._case(body) if self._partial else TestCase())
            test: ast.stmt = ast.With([ast.withitem(_hook(TEST, number, body[0]))], body)
            if self._partial:
                test = ast.If(_hook(READY, number, body[0]), [ast.copy_location(test, body[0])], [])
            hooked.append(ast.copy_location(test, body[0]))
            start = end
        block[:] = hooked + block[start:]

    def _case(self, body: list[ast.stmt]) -> TestCase:
        case = TestCase(raises=any(_is_raise(inner) for node in body for inner in statements(node)))
        known: set[str] = set()
        for node in body:
            case.needs |= self._loads(node, set()) - known
            changed = {name for inner in statements(node) for name in _changed(inner)}
            changed -= self._candidates | self._modules | self._own.keys()
            sets = _sets(node)
            case.sets.append((node.end_lineno or node.lineno, sets | changed))
            known |= sets
        return case

    def _loads(self, node: ast.AST, entered: set[str]) -> set[str]:
        """Names that a statement reads, and those that the functions of the tests that it names read."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
        for name in (names & self._own.keys()) - entered:
            entered.add(name)
            names |= self._loads(self._own[name], entered)
        return names

    def _hook_assertions(self, text: str, tree: ast.Module) -> None:
        """Before each assert and what may raise, record that it is reached; in an assert, the candidate's value."""
        blocks: list[list[ast.stmt]] = [tree.body]
        while blocks:
            block = blocks.pop()
            longer: list[ast.stmt] = []
            last = max((at for at, node in enumerate(block) if _is_raise(node)), default=-1)
            for at, node in enumerate(block):
                if isinstance(node, ast.stmt) and not _stays_first(node) and (at <= last or _may_raise(node)):
                    longer.append(ast.copy_location(ast.Expr(_hook(GUARD, at, node)), node))
                if isinstance(node, ast.Assert) or _is_assertion_call(node):
                    hook = ast.Expr(_hook(REACHED, len(self.assertions), node))
                    longer.append(ast.copy_location(hook, node))
                    self.assertions.append(self._assertion(text, node))
                longer.append(node)
                blocks += _inner_blocks(node)
            block[:] = longer

    def _hook_joins(self, has_arrays: bool) -> None:
        """Where a value of the candidate is subtracted or compared, let it be seen whether that says anything."""
        kinds = {*_JOINING} if has_arrays else {*_JOINING} - {ast.Eq, ast.NotEq}
        nodes = [node for tree in self.trees for node in ast.walk(tree)]
        if not any(type(node) in kinds or (isinstance(node, ast.Name) and node.id == "type") for node in nodes):
            return
        direct = mixing.made_directly(nodes, self._candidates, self._modules | {*HOOKS, *vars(builtins)})
        results = mixing.made_of(nodes, direct, through_calls=True)
        for tree in self.trees:
            _Joins(self.joins, results, kinds).visit(tree)

    def _assertion(self, text: str, node: ast.stmt) -> Assertion:
        says = node.test if isinstance(node, ast.Assert) else node.value  # type: ignore[attr-defined]
        made = Assertion(text, says)
        if isinstance(says, ast.Compare) and len(says.ops) == 1:
            sides = [says.left, says.comparators[0]]
            calls = [_candidate_call(side, self._candidates) for side in sides]
            at = 1 if calls[1] is not None and calls[0] is None else 0
            made.call = calls[at] or sides[at]
            made.is_side = made.call is sides[at]
            if isinstance(says.ops[0], (ast.Eq, ast.Is)):
                made.wanted = sides[1 - at]
                if not isinstance(made.wanted, _DISPLAYS):
                    _Wrap(made.wanted, WANTED).visit(says)
        else:
            made.call = _candidate_call(says, self._candidates)
        if made.call is not None:
            _Wrap(made.call, GOT).visit(node)
        return made


class _Wrap(ast.NodeTransformer):
    """Replaces a part of an expression by a hook that gets it and returns it."""

    def __init__(self, part: ast.expr, name: str) -> None:
        self.part, self.name = part, name

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.part:
            return _hook(self.name, self.part, self.part)
        return node if isinstance(node, _DISPLAYS) else self.generic_visit(node)


class _Joins(ast.NodeTransformer):
    """Replaces differences and comparisons that name one of `results` by a hook that is given both sides.

    So is `type(...)` of one thing.
    """

    def __init__(self, joins: list[Callable[[Any, Any], Any]], results: set[str], kinds: set[type]) -> None:
        self.joins, self.results, self.kinds = joins, results, kinds

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        of_one = isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) == 1
        return _hook(TYPE, node.args[0], node) if of_one else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._joined(node, node.op, node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        return self._joined(node, node.ops[0], node.left, node.comparators[0]) if len(node.ops) == 1 else node

    def _joined(self, node: ast.expr, op: ast.operator | ast.cmpop, left: ast.expr, right: ast.expr) -> ast.AST:
        named = type(op) in self.kinds and any(
            isinstance(n, ast.Name) and n.id in self.results for side in (left, right) for n in ast.walk(side)
        )
        self.generic_visit(node)
        if not named:
            return node
        sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.left, node.comparators[0])  # type: ignore[attr-defined]
        made = _hook(JOINED, len(self.joins), node)
        made.args += sides  # type: ignore[attr-defined]
        self.joins.append(_JOINING[type(op)])
        return made


_JOINING: dict[type, Callable[[Any, Any], Any]] = {
    ast.Sub: operator.sub,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _hook(name: str, argument: ast.expr | int, at: ast.expr | ast.stmt) -> ast.expr:
    place = {"lineno": at.lineno, "col_offset": at.col_offset}
    given = ast.Constant(argument, None, **place) if isinstance(argument, int) else argument
    return ast.Call(ast.Name(name, ast.Load(), **place), [given], [], **place)


def _may_raise(node: ast.AST) -> bool:
    """Whether a statement holds a `raise` that it may run; a loop may run none of its body."""
    if isinstance(node, _DEFINITIONS) or _is_raise(node):
        return _is_raise(node)
    loops = isinstance(node, (ast.For, ast.AsyncFor, ast.While))
    blocks = [node.orelse] if loops else _inner_blocks(node)  # type: ignore[attr-defined]
    return any(_may_raise(inner) for block in blocks for inner in block)


def asserts(node: ast.AST) -> bool:
    """Whether a node asserts: `assert`, `raise`, a call such as `numpy.testing.assert_allclose(...)`, or a block in the
    context of one (`with pytest.raises(ValueError):`)."""
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return any(_is_assertion(item.context_expr) for item in node.items)
    return isinstance(node, ast.Assert) or _is_raise(node) or _is_assertion_call(node)


def _hook_thrown(tree: ast.AST) -> None:
    """Let it be seen what a `with` block raises that holds nothing else: its context may pass that over."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.With, ast.AsyncWith)) and len(node.body) == 1 and isinstance(node.body[0], ast.Raise):
            thrown = node.body[0]
            thrown.exc = thrown.exc and _hook(THROWN, thrown.exc, thrown.exc)


def statements(node: ast.AST, deep: bool = False) -> Iterator[ast.AST]:
    """A statement and all within it; only if `deep` what the functions and classes hold that it defines."""
    yield node
    if deep or not isinstance(node, _DEFINITIONS):
        for block in _inner_blocks(node):
            for inner in block:
                yield from statements(inner, deep)


def _asserting(node: ast.AST) -> Iterator[tuple[tuple[str, int], int]]:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return
    lines = [inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Assert) or _is_assertion(inner)]
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    if lines:
        yield (getattr(node, "name", "<lambda>"), first), max(lines)


def imported(tree: ast.AST) -> set[str]:
    """Names that the imports of a tree set."""
    found = (node for node in statements(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return {(alias.asname or alias.name).split(".")[0] for node in found for alias in node.names}


def imported_modules(tree: ast.AST) -> set[str]:
    """Modules that a tree imports anywhere."""
    nodes = list(ast.walk(tree))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in found}


def _is_assertion_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and _is_assertion(node.value)


def _is_assertion(node: ast.AST) -> TypeGuard[ast.Call]:
    called = node.func if isinstance(node, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name.startswith("assert") or (name == "raises" and _is_of_tests(called))


def _is_of_tests(called: ast.expr | None) -> bool:
    """Whether what is called is pytest's or a test case's own, and no method of some object."""
    of = called.value if isinstance(called, ast.Attribute) else ast.Name("pytest")
    return isinstance(of, ast.Name) and of.id in ("pytest", "self")


def _is_raise(node: ast.AST) -> bool:
    """Whether a statement raises: `raise`, or `pytest.fail(...)`."""
    called = _called(node)
    return isinstance(node, ast.Raise) or (
        isinstance(called, ast.Attribute) and called.attr == "fail" and _is_of_tests(called)
    )


def _called(node: ast.AST) -> ast.expr | None:
    """`check` in a statement `check(...)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    return call.func if isinstance(call, ast.Call) else None


def _inner_blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    yield from (part for name in _BLOCKS if isinstance(part := getattr(node, name, None), list))


def _raised(node: ast.AST) -> list[ast.expr]:
    """What a call such as `assertRaises(E, f)` or `raises(E)` expects."""
    name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
    return node.args[:1] if isinstance(node, ast.Call) and "raises" in name.lower() else []


def _stays_first(node: ast.stmt) -> bool:
    """A docstring, and an import from the future."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _sets(node: ast.stmt) -> set[str]:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return names | {n.name for n in statements(node) if isinstance(n, _DEFINITIONS)} | imported(node)


def _changed(node: ast.AST) -> Iterator[str]:
    """Names of what a statement is to change: `s` and `x` in `s.push(x)`, `l` in `f(l)`; an assert changes nothing."""
    value = getattr(node, "value", None)
    if not isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign)) or value is None:
        return
    for call in (part for part in ast.walk(value) if isinstance(part, ast.Call)):
        if isinstance(call.func, ast.Attribute):
            yield _root_name(call.func)
        if isinstance(node, ast.Expr):
            yield from (arg.id for arg in call.args if isinstance(arg, ast.Name))


def _candidate_call(node: ast.expr, candidates: set[str]) -> ast.expr | None:
    """The first outermost call of the candidate in an expression; long literals are not searched."""
    stack: list[ast.AST] = [node]
    while stack:
        found = stack.pop()
        if isinstance(found, _DISPLAYS):
            continue
        if isinstance(found, ast.Call) and _root_name(found) in candidates:
            return found
        stack += reversed(list(ast.iter_child_nodes(found)))
    return None


def _root_name(node: ast.expr) -> str:
    """`Stack` in `Stack(1).pop()`."""
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
