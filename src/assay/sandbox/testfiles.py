"""Test files as people write them, made into statements that test: one idea each, before `suite.py` reads them.

`from solution import f` takes the candidate's name. The body of `if __name__ == "__main__":` is run. Functions and
methods named `test...` that nothing else calls are called, in order, with the fixtures of the tests that they name and
behind a `setup_method`; a `unittest.TestCase` runs each of its tests by `debug()`, which raises where it fails. A call
of `unittest.main` or `pytest.main` is left out: they are run anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from assay.sandbox import pytest_names

MAX_FIXTURES = 8
"""Fixtures that name one another, one behind the other."""
_HOOKS = ("setup_module", "teardown_module", "setup_function", "teardown_function", "setup_class", "teardown_method")
_SOLUTION = ("solution", "main", "__main__", "submission", "your_module")


def normalized(tree: ast.Module) -> ast.Module:
    """The same tree, changed in place. Raises `ValueError` where a test for pytest names a fixture that is none."""
    tree.body = [made for node in tree.body for made in _unguarded(node)]
    tree = _Solution(tree).visit(tree)
    named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    definitions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    fixtures = {node.name: node for node in definitions if any(_is_mark(one, "fixture") for one in node.decorator_list)}
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    if "pytest" in imports or any(map(_is_from_pytest, ast.walk(tree))):
        _require_known(tree, fixtures)
    calls = [call for node in tree.body if getattr(node, "name", "") not in named for call in _calls(node, fixtures)]
    tree.body += [ast.fix_missing_locations(call) for call in calls]
    return tree


def _unguarded(node: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(node, ast.If) and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'":
        yield from (inner for inner in node.body if not _runs_all(inner))
    elif not _runs_all(node):
        yield node


def _runs_all(node: ast.stmt) -> bool:
    called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    return called is not None and ast.unparse(called) in ("unittest.main", "pytest.main")


def _calls(node: ast.stmt, fixtures: dict[str, ast.FunctionDef]) -> Iterator[ast.stmt]:
    """Calls of the tests that a definition holds, each at its own line."""
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and node.name not in fixtures:
        given = _given(node, _needed(node), fixtures)
        if given is not None:
            yield from _call(f"{node.name}({given})", node)
    elif isinstance(node, ast.ClassDef):
        unit = any(ast.unparse(base).endswith("TestCase") for base in node.bases)
        methods = {inner.name: inner for inner in node.body if isinstance(inner, ast.FunctionDef)}
        for name, inner in methods.items() if unit or node.name.startswith("Test") else ():
            given = _given(inner, _needed(inner)[1:], fixtures)
            if not name.startswith("test") or given is None:
                continue
            if unit:
                yield from _call(f"{node.name}({name!r}).debug()", inner)
            elif setup := methods.get("setup_method"):
                at = f"_of_{node.name}"
                more = ", ".join("None" for _ in _needed(setup)[1:])
                yield from _call(f"{at} = {node.name}()\n{at}.setup_method({more})\n{at}.{name}({given})", inner)
            else:
                yield from _call(f"{node.name}().{name}({given})", inner)


def _require_known(tree: ast.Module, fixtures: dict[str, ast.FunctionDef]) -> None:
    """Raise `ValueError` where tests for pytest need of it what is not here: else a right program would fail."""
    for node in ast.walk(tree):
        named = [node.attr] if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pytest" else []
        named += [alias.name for alias in node.names] if _is_from_pytest(node) else []
        if unknown := [name for name in named if name not in pytest_names.KNOWN]:
            raise ValueError(f"tests may not use pytest.{unknown[0]} here, only {', '.join(pytest_names.KNOWN)}")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in _HOOKS:
            raise ValueError(f"{node.name} is not called here: set up in a fixture, or in setup_method")
        marks = getattr(node, "decorator_list", [])
        fixture = next((mark for mark in marks if _is_mark(mark, "fixture")), None)
        within = isinstance(node, ast.FunctionDef) and fixture is not None and fixtures.get(node.name) is not node
        if within or (isinstance(fixture, ast.Call) and {word.arg for word in fixture.keywords} - {"scope"}):
            raise ValueError("a fixture here is a function of the module, with no argument but its scope")
        if any(_is_mark(mark, "usefixtures") for mark in marks) or (
            isinstance(node, ast.ClassDef) and any(_is_mark(mark, "parametrize") for mark in marks)
        ):
            raise ValueError("usefixtures, and parameters of a class, are not known here")
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test"):
            raise ValueError(f"{node.name} is asynchronous: let it run its coroutine by asyncio.run")
    methods = [(inner, 1) for node in tree.body if _is_test_class(node) for inner in node.body]
    for test, first in [*((node, 0) for node in tree.body), *methods]:
        if not isinstance(test, ast.FunctionDef) or not test.name.startswith("test") or test.name in fixtures:
            continue
        if _given(test, _needed(test)[first:], fixtures) is None:
            needed = ", ".join(arg.arg for arg in _needed(test)[first:])
            raise ValueError(f"{test.name} needs fixtures that the tests do not define, among {needed}")


def _is_test_class(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef) and node.name.startswith("Test")


def _is_from_pytest(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and node.module == "pytest"


def _given(test: ast.FunctionDef, needed: list[ast.arg], fixtures: dict[str, ast.FunctionDef]) -> str | None:
    """The arguments of a test in words, its fixtures; `None` where it names what is none, and no parameter either."""
    marks = [mark for mark in test.decorator_list if isinstance(mark, ast.Call) and _is_mark(mark, "parametrize")]
    given = {name for mark in marks if mark.args for name in _names(mark.args[0])}
    wanted = [arg.arg for arg in needed if arg.arg not in given]
    if any(name not in fixtures for name in wanted):
        return None
    late = "lambda: " * bool(marks)  # each row of parameters gets fixtures of its own
    return ", ".join(f"{name}={late}{_made(name, fixtures)}" for name in wanted)


def _made(name: str, fixtures: dict[str, ast.FunctionDef], depth: int = 0) -> str:
    """The call that makes a fixture, and those that it names."""
    inner = [arg.arg for arg in _needed(fixtures[name]) if arg.arg in fixtures and depth < MAX_FIXTURES]
    return f"{name}({', '.join(f'{one}={_made(one, fixtures, depth + 1)}' for one in inner)})"


def _names(node: ast.expr) -> list[str]:
    found = ast.literal_eval(node) if isinstance(node, (ast.Constant, ast.List, ast.Tuple)) else ""
    return [name.strip() for name in (found.split(",") if isinstance(found, str) else found)]


def _is_mark(node: ast.expr, name: str) -> bool:
    """Whether a decorator is `pytest.fixture`, `pytest.mark.parametrize(...)` and so on."""
    return ast.unparse(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2] == name


def _needed(node: ast.FunctionDef) -> list[ast.arg]:
    """Arguments without a default."""
    return node.args.args[: len(node.args.args) - len(node.args.defaults)]


def _call(source: str, at: ast.stmt) -> list[ast.stmt]:
    made = ast.parse(source).body
    for inner in (part for statement in made for part in ast.walk(statement)):
        if isinstance(inner, (ast.expr, ast.stmt)):
            ast.copy_location(inner, at)
    return made


class _Solution(ast.NodeTransformer):
    """Replaces imports of the candidate's module, and `solution.f`, by its names."""

    def __init__(self, tree: ast.Module) -> None:
        aliases = [a for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names if a.name in _SOLUTION]
        self.modules = {alias.asname or alias.name for alias in aliases}

    def visit_Import(self, node: ast.Import) -> ast.stmt:
        kept = [alias for alias in node.names if alias.name not in _SOLUTION]
        return ast.copy_location(ast.Import(kept) if kept else ast.Pass(), node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt] | ast.stmt:
        if node.level == 0 and node.module not in _SOLUTION:
            return node
        renamed = [alias for alias in node.names if alias.asname and alias.asname != alias.name]
        made = [call for alias in renamed for call in _call(f"{alias.asname} = {alias.name}", node)]
        return made or ast.copy_location(ast.Pass(), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in self.modules:
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        self.generic_visit(node)
        return node
