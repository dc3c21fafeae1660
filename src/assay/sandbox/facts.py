"""What the syntax trees of tests say of themselves, found in one walk: what they assert, catch, raise and import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from assay.sandbox import collection, testfiles
from assay.sandbox.trees import walk

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
DISPLAYS = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.Lambda)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CONDITIONS = (ast.ExceptHandler, ast.If, ast.While, ast.For, ast.Match, ast.Lambda)


class Facts:
    """Of the trees of all texts together, as they were before any hook; `modules` are names that are there anyway."""

    def __init__(self, texts: Iterable[str], modules: Iterable[str] = ()) -> None:
        self.trees = testfiles.normalized_all([ast.parse(text) for text in texts])
        self.modules = {*modules}.union(*map(imported, self.trees))
        self.nodes = [node for tree in self.trees for node in walk(tree)]
        self.reached = set().union(*map(collection.reached, self.trees))
        """Names that the statements come to, through functions that they call."""
        definitions = [node for node in self.nodes if isinstance(node, DEFINITIONS)]
        self.written = {node.name for node in definitions}
        self.own = {node.name: node for node in reversed(definitions)}
        self.own |= {node.name: node for tree in self.trees for node in tree.body if isinstance(node, DEFINITIONS)}
        """Functions and classes of the tests; of one name, the last of the outermost."""
        self.imports: set[str] = set()
        """Modules that they import."""
        self.asserting: dict[tuple[str, int], int] = {}
        """The last line of an assert in each function that has one, by the function's name and first line."""
        self.raising: set[int] = set()
        """Lines of their `raise` statements."""
        caught: list[ast.expr] = []
        for node in self.nodes:
            self.imports |= _modules(node)
            self.asserting |= dict(_asserting(node))
            caught += _expected(node)
            if isinstance(node, ast.Raise):
                self.raising |= {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}
        self.catches = {part.id for kind in caught for part in walk(kind) if isinstance(part, ast.Name)}
        """Names of exceptions that the tests catch, expect or raise."""
        self.expects_stop = any("StopIteration" in ast.unparse(kind) for kind in caught)
        """Whether the tests catch `StopIteration`, and so expect it."""
        blocks = [node for node in self.nodes if isinstance(node, _CONDITIONS)]
        depends = {id(inner) for node in blocks for inner in walk(node)}
        self.needs = set().union(*(_modules(node) for node in self.nodes if id(node) not in depends))
        """Modules that they import whatever the candidate does."""


def asserts(node: ast.AST) -> bool:
    """Whether a node asserts: `assert`, `raise`, a call such as `numpy.testing.assert_allclose(...)`, or a block in the
    context of one (`with pytest.raises(ValueError):`)."""
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return any(_is_assertion(item.context_expr) for item in node.items)
    return isinstance(node, ast.Assert) or is_raise(node) or is_assertion_call(node)


def statements(node: ast.AST, deep: bool = False) -> Iterator[ast.AST]:
    """A statement and all within it; only if `deep` what the functions and classes hold that it defines."""
    yield node
    if deep or not isinstance(node, DEFINITIONS):
        for block in inner_blocks(node):
            for inner in block:
                yield from statements(inner, deep)


def imported(tree: ast.AST) -> set[str]:
    """Names that the imports of a tree set."""
    found = (node for node in statements(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return {(alias.asname or alias.name).split(".")[0] for node in found for alias in node.names}


def called(node: ast.AST) -> ast.expr | None:
    """`check` in a statement `check(...)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    return call.func if isinstance(call, ast.Call) else None


def is_assertion_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and _is_assertion(node.value)


def _is_assertion(node: ast.AST) -> TypeGuard[ast.Call]:
    function = node.func if isinstance(node, ast.Call) else None
    name = getattr(function, "attr", getattr(function, "id", ""))
    return name.startswith("assert") or (name == "raises" and _is_of_tests(function))


def _is_of_tests(function: ast.expr | None) -> bool:
    """Whether what is called is pytest's or a test case's own, and no method of some object."""
    of = function.value if isinstance(function, ast.Attribute) else ast.Name("pytest")
    return isinstance(of, ast.Name) and of.id in ("pytest", "self")


def is_raise(node: ast.AST) -> bool:
    """Whether a statement raises: `raise`, or `pytest.fail(...)`."""
    function = called(node)
    return isinstance(node, ast.Raise) or (
        isinstance(function, ast.Attribute) and function.attr == "fail" and _is_of_tests(function)
    )


def is_failure(node: ast.stmt) -> bool:
    """Whether a statement is there to fail wherever it is reached."""
    return (
        is_raise(node)
        or (isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and not node.test.value)
        or (is_assertion_call(node) and "fail" in ast.unparse(called(node) or ast.Name("")))
    )


def inner_blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    yield from (part for name in _BLOCKS if isinstance(part := getattr(node, name, None), list))


def stays_first(node: ast.stmt) -> bool:
    """A docstring, and an import from the future."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def root_name(node: ast.expr) -> str:
    """`Stack` in `Stack(1).pop()`."""
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _asserting(node: ast.AST) -> Iterator[tuple[tuple[str, int], int]]:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return
    lines = [inner.lineno for inner in walk(node) if isinstance(inner, ast.Assert) or _is_assertion(inner)]
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    if lines:
        yield (getattr(node, "name", "<lambda>"), first), max(lines)


def _modules(node: ast.AST) -> set[str]:
    """Modules that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    return {node.module.partition(".")[0]} if isinstance(node, ast.ImportFrom) and node.module else set()


def _expected(node: ast.AST) -> list[ast.expr]:
    """Exceptions that a node catches or raises, or that a call such as `assertRaises(E, f)` or `raises(E)` expects."""
    if isinstance(node, ast.ExceptHandler):
        return [node.type] if node.type is not None else []
    if isinstance(node, ast.Raise):
        return [node.exc.func if isinstance(node.exc, ast.Call) else node.exc] if node.exc is not None else []
    name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
    return node.args[:1] if isinstance(node, ast.Call) and "raises" in name.lower() else []
