"""Which tests of a file pytest and unittest would run, and how: each becomes a statement that runs it.

Functions and methods named `test...` that the file itself does not run are called in order, each with the fixtures that
it names and within what is set up and torn down around it; inherited and nested tests too. A `unittest.TestCase` runs
each of its tests by `debug()`, which raises where it fails. What would be left out, or would be run otherwise, is
refused: a test that is not run is one that everybody passes.
"""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Iterable, Iterator, Set
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from assay.sandbox import pytest_names
from assay.sandbox.fixtures import FIXTURES
from assay.sandbox.trees import walk

MAX_FIXTURES = 8
"""Fixtures that name one another, one behind the other."""
_PYTEST = "__assay_pytest__"
_RUN = ("skip", "skipif", "xfail", "parametrize", "usefixtures")
"""Marks by which tests are run otherwise."""
_SKIPS = ("skip", "skipIf", "skipUnless")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Functions = dict[str, ast.FunctionDef]


class LeftOut(Exception):
    """A test that nothing runs."""


def calls(tree: ast.Module, named: Set[str]) -> list[ast.stmt]:
    """Statements that run the tests of a file which neither it nor another text, that names them, runs.

    Raises `ValueError` where such a test cannot be run.
    """
    own = {node.name: node for node in _definitions(tree.body, deep=True)}
    classes = {name: node for name, node in own.items() if isinstance(node, ast.ClassDef)}
    plain: Functions = {name: node for name, node in own.items() if isinstance(node, ast.FunctionDef)}
    done = named | reached(tree)
    fixtures = {_fixture_name(node): node for node in plain.values() if _fixture_mark(node) is not None}
    _require_known(tree, fixtures, done)
    attributes = {node.attr for node in walk(tree) if isinstance(node, ast.Attribute)}
    imports = [alias for node in walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    aliases = {alias.asname: alias.name for alias in imports if alias.asname}

    def is_test(node: ast.FunctionDef) -> bool:
        is_one = node.name.startswith("test") and node not in fixtures.values()
        return is_one and not (node.name in done and _is_run(node, tree, fixtures))

    def block_calls(block: list[ast.stmt]) -> list[ast.stmt]:
        """Calls of the tests of a block; of those in an `if`, where that holds."""
        made: list[ast.stmt] = []
        last = {node.name: node for node in _definitions(block)}
        for node in sorted((*last.values(), *(one for one in block if isinstance(one, ast.If))), key=_line):
            if isinstance(node, ast.If):
                ways = block_calls(node.body), block_calls(node.orelse)
                body = ways[0] or [ast.copy_location(ast.Pass(), node)]
                made += [ast.copy_location(ast.If(copy.deepcopy(node.test), body, ways[1]), node)] if any(ways) else []
            elif isinstance(node, ast.ClassDef):
                used = attributes if node.name in done else frozenset()
                made += _class_calls(node, node.name, classes, fixtures, aliases, used)
            elif is_test(node):
                call = _function_call(node, node.name, fixtures, 0)
                made += _around(call, node, "function", "", plain, _used(node, fixtures))
        return made

    made = block_calls(tree.body)
    if not made:
        return []
    first, last = _hooked("module", "", plain, made[0])
    uses = _uses(made, _PYTEST)
    before = parsed(f"import pytest as {_PYTEST}", made[0]) if uses else []
    late = parsed(f"{_PYTEST}.finish_late()", made[-1]) if uses else []
    return [*before, *first, *made, *last, *late]


def require_all(names: dict[str, Any], reached: Set[str], written: Set[str]) -> None:
    """Raise `LeftOut` where tests that have run hold one that they made meanwhile, and that nothing has run.

    `reached` are names that their statements come to, `written` those of the functions that stand in their text.
    """
    for name, value in names.items():
        if isinstance(value, type) and value.__module__ == "tests":
            unit = any(base.__module__ == "unittest.case" for base in value.__mro__)
            tests = [at for at in dir(value) if at.startswith("test") and callable(getattr(value, at))]
            off = getattr(value, "__test__", True) is False
            lost = (
                tests and not off and (unit or name.startswith("Test")) and (name not in reached or {*tests} - written)
            )
        else:
            is_function = isinstance(value, (FunctionType, MethodType, partial))
            lost = is_function and name.startswith("test") and name not in reached
        if lost:
            raise LeftOut(f"{name} is made as the tests run, and nothing runs it")


def _definitions(block: list[ast.stmt], deep: bool = False) -> list[Any]:
    """Functions and classes of a block; if `deep` also of the `if` statements in it."""
    found: list[Any] = [node for node in block if isinstance(node, (*_FUNCTIONS, ast.ClassDef))]
    for node in (one for one in block if deep and isinstance(one, ast.If)):
        found = [*_definitions(node.body, True), *_definitions(node.orelse, True), *found]
    return found


def _line(node: ast.stmt) -> int:
    return node.lineno


def loaded(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that are used, and not only as the base of a class or for one of their attributes."""
    found = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        if isinstance(node, ast.ClassDef):
            stack += [*node.body, *node.decorator_list]
        elif not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            stack += ast.iter_child_nodes(node)
    return found


def parsed(source: str, at: ast.stmt) -> list[ast.stmt]:
    """The statements of a source, each at the place of another."""
    made = ast.parse(source).body
    for inner in (part for statement in made for part in walk(statement)):
        if isinstance(inner, (ast.expr, ast.stmt)):
            ast.copy_location(inner, at)
    return made


def reached(tree: ast.Module) -> set[str]:
    """Names that the statements of a file use, and those that functions use which these name; `check` is called."""
    own = {node.name: node for node in tree.body if isinstance(node, (*_FUNCTIONS, ast.ClassDef))}
    statements = [node for node in tree.body if not isinstance(node, (*_FUNCTIONS, ast.ClassDef))]
    decorators = [mark for node in own.values() for mark in _marks(node)]
    found, stack = set[str](), [*loaded([*statements, *decorators]), "check"]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack += loaded([own[name]]) - _bound(own[name]) if name in own else ()
    return found


def _bound(node: ast.AST) -> set[str]:
    """Names that a function or class sets within it, and its own."""
    inner = list(walk(node))
    return {getattr(part, "name", "") for part in inner if isinstance(part, (*_FUNCTIONS, ast.ClassDef))} | {
        part.id for part in inner if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
    }


def _uses(made: Iterable[ast.stmt], name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for node in made for part in walk(node))


def _function_call(node: ast.stmt, called: str, fixtures: Functions, first: int) -> str:
    """The source that calls a test with its fixtures, behind its `first` arguments."""
    if not isinstance(node, ast.FunctionDef):
        raise ValueError(f"{called} is asynchronous: let it run its coroutine by asyncio.run")
    _require_no_generator(node)
    first += sum(map(_is_patch, _marks(node)))
    given = _given(node, _needed(node)[first:], fixtures)
    if given is None:
        needed = ", ".join(arg.arg for arg in _needed(node)[first:])
        raise ValueError(f"{node.name} needs fixtures that the tests do not define, among {needed}")
    return f"{called}({given})"


def _used(node: ast.stmt, fixtures: Functions) -> list[str]:
    """The calls that make the fixtures which a test uses without naming them."""
    used = [name for name, one in fixtures.items() if _word(_fixture_mark(one), "autouse") is True]
    marks = [mark for mark in _marks(node) if isinstance(mark, ast.Call) and _is_mark(mark, "usefixtures")]
    used += [name for mark in marks for name in map(ast.literal_eval, mark.args) if name not in used]
    if lost := [name for name in used if name not in fixtures and name not in FIXTURES]:
        raise ValueError(f"a test needs fixtures that the tests do not define, among {lost[0]}")
    if used and any(_is_mark(mark, "parametrize") for mark in _marks(node)):
        raise ValueError("a test that has parameters and uses fixtures that it does not name is not known here")
    named = {arg.arg for arg in _needed(node)} if isinstance(node, ast.FunctionDef) else set()
    return [_made(name, fixtures) for name in used if name not in named]


def _fixture_mark(node: ast.AST) -> ast.expr | None:
    return next((mark for mark in _marks(node) if _is_mark(mark, "fixture")), None)


def _fixture_name(node: ast.FunctionDef) -> str:
    """The name under which tests ask for a fixture."""
    return str(_word(_fixture_mark(node), "name") or node.name)


def _word(mark: ast.expr | None, name: str) -> Any:
    """What a keyword of a call is set to, where that is written there."""
    words = mark.keywords if isinstance(mark, ast.Call) else []
    return next((word.value.value for word in words if word.arg == name and isinstance(word.value, ast.Constant)), None)


def _is_run(node: ast.stmt, tree: ast.Module, fixtures: Functions) -> bool:
    """Whether the file runs a test that it names: it calls it, or must, since nobody else has its arguments."""
    calls = {part.func.id for part in walk(tree) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)}
    name = getattr(node, "name", "")
    return name in calls or not isinstance(node, ast.FunctionDef) or _given(node, _needed(node), fixtures) is None


def _is_patch(mark: ast.expr) -> bool:
    """Whether a decorator gives a mock: `patch("builtins.print")`, `patch.object(os, "remove")`."""
    name = ast.unparse(mark.func) if isinstance(mark, ast.Call) else ""
    most = 2 if name.endswith("patch.object") else 1 if name.rpartition(".")[2] == "patch" else 0
    return isinstance(mark, ast.Call) and 0 < len(mark.args) <= most and not any(w.arg == "new" for w in mark.keywords)


def _require_no_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    stack: list[ast.AST] = list(node.body)
    while stack:
        part = stack.pop()
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            raise ValueError(f"{node.name} yields, so that nothing runs it")
        if not isinstance(part, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            stack += ast.iter_child_nodes(part)


def _around(
    call: str, node: ast.stmt, kind: str, of: str, hooks: Functions, used: Iterable[str] = ()
) -> list[ast.stmt]:
    """A call between what is set up and torn down for it and its fixtures, of which some are `used` without a name."""
    before, after = (_hook(f"{side}_{kind}", of, hooks) for side in ("setup", "teardown"))
    after += f"\n{_PYTEST}.finish()" if "=" in call or used else ""
    inner = "\n".join([before, *used, call]).strip()
    source = f"try:\n{textwrap.indent(inner, ' ')}\nfinally:\n{textwrap.indent(after.strip(), ' ')}" if after else inner
    return parsed(source, node)


def _hook(name: str, of: str, hooks: Functions) -> str:
    """The call of `setup_method` and so on, where there is one."""
    if name not in hooks:
        return ""
    given = ["None"] * len(_needed(hooks[name]))
    marks = [ast.unparse(mark) for mark in _marks(hooks[name])]
    if of and given and "staticmethod" not in marks:
        given[:1] = [of] if "class" in name and "classmethod" not in marks else []
    return f"{of}{'.' * bool(of)}{name}({', '.join(given)})"


def _hooked(kind: str, of: str, hooks: Functions, at: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """What is set up before the tests of a class or a module, and torn down behind them, as both tools call it."""
    unit = {"module": ("setUpModule", "tearDownModule"), "class": ("setUpClass", "tearDownClass")}[kind]
    before, after = ((f"{side}_{kind}", name) for side, name in zip(("setup", "teardown"), unit, strict=True))
    first, last = (
        [one for name in names if (call := _hook(name, of, hooks)) for one in parsed(call, at)]
        for names in (before, after)
    )
    return first, last


def _class_calls(
    node: ast.ClassDef,
    path: str,
    classes: dict[str, ast.ClassDef],
    fixtures: Functions,
    aliases: dict[str, str],
    called: Set[str],
) -> list[ast.stmt]:
    """Calls of the tests that a class has, inherits, or has classes of, but those that the file itself has `called`."""
    line = _lineage(node, classes)
    bases = [aliases.get(text := ast.unparse(base), text) for one in line for base in one.bases]
    unit = any(base.endswith("TestCase") for base in bases)
    if not unit and not node.name.startswith("Test"):
        return []
    body = {inner.name: inner for one in reversed(line) for inner in one.body if isinstance(inner, _FUNCTIONS)}
    said = [text for one in line for text in map(ast.unparse, one.body) if text.startswith("__test__ = ")]
    if said[:1] == ["__test__ = False"]:
        return []
    methods: Functions = {name: inner for name, inner in body.items() if isinstance(inner, ast.FunctionDef)}
    tests = {name: inner for name, inner in body.items() if name.startswith("test") and name not in called}
    if called and "__init__" in body:
        return []
    tests |= {"runTest": body["runTest"]} if unit and not tests and "runTest" in body else {}
    made: list[ast.stmt] = []
    for inner in tests.values():
        if unit:
            if _used(inner, fixtures):
                raise ValueError("fixtures that all tests use are not known here beside a TestCase")
            made += _case_call(inner, path, any(base.endswith("IsolatedAsyncioTestCase") for base in bases))
        else:
            made += _method_call(inner, path, methods, fixtures)
    if made:
        first, last = _hooked("class", path, methods, made[0])
        made = [*first, *made, *last]
    for nested in (inner for one in line for inner in one.body if isinstance(inner, ast.ClassDef) and not unit):
        made += _class_calls(nested, f"{path}.{nested.name}", classes, fixtures, aliases, called)
    return made


def _lineage(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """A class of the tests and those from which it derives, itself first."""
    found, stack = [node], [node]
    while stack:
        bases = (classes.get(getattr(base, "id", "")) for base in stack.pop().bases)
        more = [base for base in bases if base is not None and base not in found]
        found += more
        stack += more
    return found


def _case_call(test: ast.FunctionDef | ast.AsyncFunctionDef, path: str, is_asynchronous: bool) -> list[ast.stmt]:
    """A test of a `TestCase`, unless it is skipped."""
    _require_no_generator(test)
    if isinstance(test, ast.AsyncFunctionDef) and not is_asynchronous:
        raise ValueError(f"{test.name} is asynchronous, and its class is no IsolatedAsyncioTestCase")
    call = f"{path}({test.name!r}).debug()"
    if any(_is_mark(mark, "expectedFailure") for mark in _marks(test)):
        call = f"try:\n {call}\nexcept Exception:\n pass\nelse:\n raise AssertionError('it was expected to fail')"
    if any(_is_mark(mark, name) for mark in _marks(test) for name in _SKIPS):
        call = f"if not hasattr({path}.{test.name}, '__unittest_skip__'):\n{textwrap.indent(call, ' ')}"
    return parsed(call, test)


def _method_call(test: ast.stmt, path: str, methods: Functions, fixtures: Functions) -> list[ast.stmt]:
    """A test of a class for pytest, on an object of its own."""
    if "__init__" in methods:
        raise ValueError(f"{path} has a constructor, and pytest would leave it out")
    name, at = getattr(test, "name", ""), f"_of_{path.replace('.', '_')}"
    first = 0 if any(_is_mark(mark, "staticmethod") for mark in _marks(test)) else 1
    if not {"setup_method", "teardown_method"} & methods.keys():
        call = _function_call(test, f"{path}().{name}", fixtures, first)
        return _around(call, test, "method", "", {}, _used(test, fixtures))
    call = _function_call(test, f"{at}.{name}", fixtures, first)
    return [*parsed(f"{at} = {path}()", test), *_around(call, test, "method", at, methods, _used(test, fixtures))]


def _require_known(tree: ast.Module, fixtures: Functions, done: Set[str]) -> None:
    """Raise `ValueError` where tests need what is not here: else right programs would fail, or wrong ones pass."""
    nodes = list(walk(tree))
    cases = [node for node in nodes if isinstance(node, ast.ClassDef)]
    methods = {id(mark) for node in cases for one in node.body for mark in _marks(one)}
    imports = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    if "pytest" in imports or any(map(_is_from_pytest, nodes)):
        for node in nodes:
            _require_pytest(node, fixtures)
    for node in nodes:
        name = getattr(node, "attr", getattr(node, "id", "")) if id(node) not in methods else ""
        if name in ("expectedFailure", "pytestmark", "addClassCleanup", "enterClassContext", "addModuleCleanup"):
            raise ValueError(f"tests may not use {name} here")
        if isinstance(node, ast.ClassDef) and any(_is_mark(mark, one) for mark in _marks(node) for one in _SKIPS):
            raise ValueError(f"a class that is skipped, such as {node.name}, is not known here")
    if any(getattr(node, "name", "") == "load_tests" for node in tree.body):
        raise ValueError("tests may not use load_tests here")
    open_to_all = [node for node in tree.body if not isinstance(node, ast.If)]
    open_to_all += [one for node in tree.body if isinstance(node, ast.If) for one in _within(node)]
    bodies = [open_to_all, *(node.body for node in tree.body if isinstance(node, ast.ClassDef) and "Test" in node.name)]
    for node in (one for body in bodies for one in body):
        lost = _hidden(node) - done
        if lost:
            raise ValueError(f"{min(lost)} is defined within a statement, or as a lambda: define it as a function")


def _within(node: ast.If) -> Iterator[ast.stmt]:
    """Statements of an `if`, and of those in it."""
    for one in (*node.body, *node.orelse):
        if isinstance(one, ast.If):
            yield from _within(one)
        else:
            yield one


def _hidden(node: ast.stmt) -> set[str]:
    """Names of tests that are no definition of their own: within an `if`, or a lambda."""
    if isinstance(node, ast.Assign):
        found = {getattr(target, "id", "") for target in node.targets if isinstance(node.value, ast.Lambda)}
    elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return set()
    else:
        inner = [one for one in walk(node) if isinstance(one, (*_FUNCTIONS, ast.ClassDef))]
        cases = {one.name for one in inner if any("TestCase" in ast.unparse(b) for b in getattr(one, "bases", ()))}
        return cases | {one.name for one in inner if one.name.startswith(("test", "Test"))}
    return {name for name in found if name.startswith("test")}


def _require_pytest(node: ast.AST, fixtures: Functions) -> None:
    named = [node.attr] if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pytest" else []
    named += [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) and _is_from_pytest(node) else []
    if unknown := [name for name in named if name not in pytest_names.KNOWN]:
        raise ValueError(f"tests may not use pytest.{unknown[0]} here, only {', '.join(pytest_names.KNOWN)}")
    marks = _marks(node)
    fixture = _fixture_mark(node)
    within = isinstance(node, _FUNCTIONS) and fixture is not None and node not in fixtures.values()
    words = fixture.keywords if isinstance(fixture, ast.Call) else []
    known = {"scope", "autouse", "name"}
    if within or any(word.arg not in known or ast.unparse(word.value) == "'class'" for word in words):
        raise ValueError(
            "a fixture here is a function of the module, with no argument but its name, its scope, which is no class, "
            "and whether all tests use it"
        )
    off = ("parametrize", "usefixtures") if isinstance(node, ast.ClassDef) else ()
    if any(_is_mark(mark, one) for mark in marks for one in off):
        raise ValueError("parameters and used fixtures of a class are not known here")
    if isinstance(node, ast.Call):
        given = {word.arg for word in node.keywords}
        if _is_mark(node, "parametrize") and given - {"ids"}:
            raise ValueError("parametrize takes names, values and ids here")
        if (_is_mark(node, "xfail") and (node.args or given - {"reason"})) or (
            _is_mark(node, "param") and given - {"id"} and not _are_names(node)
        ):
            raise ValueError("a test that must fail, or fail in one way, and marks of parameters are not known here")


def _are_names(node: ast.Call) -> bool:
    """Whether the marks of a row of parameters only name it."""
    marks = next((word.value for word in node.keywords if word.arg == "marks"), None)
    said = [getattr(marks, "elts", [marks])] if marks is not None else []
    return all(one is not None and not any(_is_mark(one, off) for off in _RUN) for part in said for one in part)


def _is_from_pytest(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "pytest"


def _given(test: ast.FunctionDef, needed: list[ast.arg], fixtures: Functions) -> str | None:
    """The arguments of a test in words, its fixtures; `None` where it names what is none, and no parameter either."""
    marks = [mark for mark in test.decorator_list if isinstance(mark, ast.Call) and _is_mark(mark, "parametrize")]
    given = {name for mark in marks if mark.args for name in _names(mark.args[0])}
    wanted = [arg.arg for arg in needed if arg.arg not in given]
    if any(name not in fixtures and name not in FIXTURES for name in wanted):
        return None
    late = "lambda: " * bool(marks)  # each row of parameters gets fixtures of its own
    return ", ".join(f"{name}={late}{_made(name, fixtures)}" for name in wanted)


def _made(name: str, fixtures: Functions, depth: int = 0) -> str:
    """The call that makes a fixture, and those that it names."""
    if name not in fixtures:
        return f"{_PYTEST}.{name}()"
    known = {*fixtures, *FIXTURES}
    inner = [arg.arg for arg in _needed(fixtures[name]) if arg.arg in known and depth < MAX_FIXTURES]
    return f"{fixtures[name].name}({', '.join(f'{one}={_made(one, fixtures, depth + 1)}' for one in inner)})"


def _names(node: ast.expr) -> list[str]:
    found = ast.literal_eval(node) if isinstance(node, (ast.Constant, ast.List, ast.Tuple)) else ""
    return [name.strip() for name in (found.split(",") if isinstance(found, str) else found)]


def _marks(node: ast.AST) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])


def _is_mark(node: ast.expr, name: str) -> bool:
    """Whether a decorator is `pytest.fixture`, `pytest.mark.parametrize(...)` and so on."""
    return ast.unparse(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2] == name


def _needed(node: ast.FunctionDef) -> list[ast.arg]:
    """Arguments without a default."""
    return node.args.args[: len(node.args.args) - len(node.args.defaults)]
