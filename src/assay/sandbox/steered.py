"""Tests that a program could steer: what is compared, or whether anything is, would be for it to say.

Each is an error of the row, which no response can mend and `assay check` finds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from itertools import pairwise

from assay.sandbox.facts import asserts, is_raise, root_name
from assay.sandbox.mixing import bound_to
from assay.sandbox.paths import Paths
from assay.sandbox.trees import walk

_LOOKUPS = {"globals", "locals", "vars", "dir"}
_TABLES = {"modules", "currentframe", "_getframe"}
_BARE_LOOKUPS = {"vars", "dir"}
_MARKS = {"skipif", "skipIf", "skipUnless", "parametrize"}
_WRITTEN = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def reasons(nodes: list[ast.AST], names: Set[str], paths: Paths) -> Iterator[str]:
    """Sentences about what tests leave to a program that defines these names."""
    for node in nodes:
        if isinstance(node, _DEFINED) and any(asserts(part) and not is_raise(part) for part in walk(node)):
            if any(root_name(mark) in names for mark in node.decorator_list):
                yield f"{node.name} asserts, and the program would wrap it"
            if isinstance(node, ast.ClassDef) and any(root_name(base) in names for base in node.bases):
                yield f"{node.name} asserts, and derives from a class of the program, which can replace its methods"
        for mark in (one for one in getattr(node, "decorator_list", ()) if isinstance(one, ast.Call)):
            given = [*mark.args, *(word.value for word in mark.keywords)]
            if _name(mark.func) in _MARKS and not all(map(paths.is_fixed, given)):
                yield f"whether {getattr(node, 'name', 'a test')} is run, or of what, would be for the program to say"
    yield from _lookups(nodes)
    yield from _handed(nodes, names, paths)


def asserting_setup(nodes: list[ast.AST], names: Set[str]) -> str:
    """A sentence about a function of the setup that asserts something of the program, which belongs to the tests."""
    for node in (one for one in nodes if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))):
        inner = walk(node)
        if any(asserts(one) and not is_raise(one) for one in inner) and any(
            getattr(n, "id", "") in names for n in inner
        ):
            return f"{node.name} of the setup asserts what the program says: define it in the tests"
    return ""


def answering_setup(setup: list[ast.AST], nodes: list[ast.AST], names: Set[str], paths: Paths) -> str:
    """A sentence about a setup that holds what answers are compared with: it is run where the program is, too.

    That is a function of it that is asked what the program is asked, unless it is a view of both (`nodes(f(t)) ==
    nodes(t)`), and an item of a list or dictionary that it writes down.
    """
    made = {name: value for of, value in bound_to(setup) if len(of) == 1 for name in of}
    written = {name for name, value in made.items() if isinstance(value, _WRITTEN) and any(map(_is_item, walk(value)))}
    own = {one.name for one in setup if isinstance(one, _DEFINED)}
    own |= {name for name, value in made.items() if isinstance(value, ast.Lambda)}
    classes = {one.name for one in setup if isinstance(one, ast.ClassDef)}
    if not (own := own - names) and not written:
        return ""
    calls = [node for node in nodes if isinstance(node, ast.Call) and root_name(node.func) in paths.results - own]
    asked = {_arguments(call) for call in calls} - {""}
    given = {name for call in calls for part in (*call.args, *call.keywords) for name in _ids(part)}
    loops = [node for node in nodes if isinstance(node, (ast.For, ast.comprehension)) and _ids(node.iter) & written]
    items = {name for loop in loops for name in _ids(loop.target)}
    wanted = {name: value for of, value in bound_to(nodes) if len(of) == 1 for name in of}
    for stands, other in (pair for node in nodes for pair in _compared(node, differs=True)):
        side = wanted.get(stands.id, stands) if isinstance(stands, ast.Name) else stands
        if not paths.hangs(other) or _ids(side) & paths.results - own - items:
            continue
        for call in (part for part in walk(side) if isinstance(part, ast.Call)):
            name = root_name(call.func)
            is_made = isinstance(call.func, ast.Name) and name in classes
            if name in own and not is_made and _arguments(call) in asked and name not in _ids(other):
                return f"{name} of the setup is in the program's reach and answers for it: define it in the tests"
        place = root_name(side) if isinstance(side, ast.expr) else ""
        if place in written or (place in items and (isinstance(side, ast.Subscript) or place not in given)):
            return f"{ast.unparse(side)} is written in the setup, in the program's reach: write it in the tests"
    return ""


def _is_item(node: ast.AST) -> bool:
    return isinstance(node, (ast.Constant, ast.Name, ast.Call))


def _arguments(call: ast.Call) -> str:
    return ", ".join(map(ast.unparse, (*call.args, *call.keywords)))


def _ids(node: ast.AST) -> set[str]:
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}


def _lookups(nodes: list[ast.AST]) -> Iterator[str]:
    texts = (node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("eval", "exec"))
    plain = (node for node in nodes if isinstance(node, ast.Assert) and isinstance(node.test, (ast.Call, ast.Compare)))
    whole = (*texts, *plain, *(node for node in nodes if isinstance(node, ast.Subscript)))
    stated = {id(part) for node in whole for part in walk(node)}
    by_name = any(isinstance(one, ast.Name) and one.id == "__name__" for one in nodes)
    for table in (one for one in nodes if isinstance(one, ast.Attribute) and one.attr in _TABLES):
        if by_name or table.attr != "modules":
            yield f"{ast.unparse(table)} tells which names the program defines: name what is tested"
    for node in (one for one in nodes if isinstance(one, ast.Call) and id(one) not in stated):
        name = getattr(node.func, "id", "")
        if name in _LOOKUPS and not (name in _BARE_LOOKUPS and node.args):
            yield f"{name}() tells which names the program defines: name what is tested"


def _handed(nodes: list[ast.AST], names: Set[str], paths: Paths) -> Iterator[str]:
    """What the program answers must not be compared with what is in its reach: an attribute of an object of the tests
    that it was given, or what a class that derives from one of its own says."""
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    derived = [node for node in classes if any(root_name(base) in names for base in node.bases)]
    theirs = {field for node in derived for field in _fields(node)}
    fields = {field for node in nodes for field in _fields(node)}
    if not fields:
        return
    handed = _given(nodes, names, paths)
    for node in nodes:
        for side, other in _compared(node):
            wanted = side.func if isinstance(side, ast.Call) else side
            if not isinstance(wanted, ast.Attribute) or wanted.attr not in fields or not paths.hangs(other):
                continue
            other = other.func if isinstance(other, ast.Call) else other
            of = ast.unparse(wanted.value)
            if _name(other) != wanted.attr and (of in handed or wanted.attr in theirs):
                yield f"{ast.unparse(wanted)} is in the program's reach, and its answer is compared with that"


def answers_given(nodes: list[ast.AST], names: Set[str], paths: Paths) -> set[str]:
    """Keys of items of what the program is given whole, where its answer is compared with such an item."""
    calls = [node for node in nodes if isinstance(node, ast.Call) and root_name(node.func) in names]
    given = {ast.unparse(one) for call in calls for one in (*call.args, *(w.value for w in call.keywords if not w.arg))}
    asked = {one.value for call in calls for one in call.args if isinstance(one, ast.Constant)}
    items = {name: value for made, value in bound_to(nodes) if len(made) == 1 for name in made}
    found = set[str]()
    for side, other in (pair for node in nodes for pair in _compared(node)):
        wanted = items.get(side.id, side) if isinstance(side, ast.Name) else side
        is_get = isinstance(wanted, ast.Call) and isinstance(wanted.func, ast.Attribute) and wanted.func.attr == "get"
        of = getattr(wanted.func if isinstance(wanted, ast.Call) and is_get else wanted, "value", None)
        key = next(iter(getattr(wanted, "args", ())), None) if is_get else getattr(wanted, "slice", None)
        if not isinstance(key, ast.Constant) or of is None or not isinstance(other, (ast.Name, ast.Call)):
            continue
        if isinstance(key.value, str) and key.value not in asked and ast.unparse(of) in given and paths.hangs(other):
            found.add(key.value)
    return found


def _compared(node: ast.AST, differs: bool = False) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Both sides of a comparison, or of an assertion call, either first; and of a difference, if that is asked."""
    sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
    if differs and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        sides = [node.left, node.right]
    sides = node.args[:2] if isinstance(node, ast.Call) and "assert" in _name(node.func) else sides
    yield from (*pairwise(sides), *pairwise(sides[::-1]))


def _given(nodes: list[ast.AST], names: Set[str], paths: Paths) -> set[str]:
    """What the program is handed, and variables that are set from that."""
    calls = [node for node in nodes if isinstance(node, ast.Call) and root_name(node.func) in names]
    found = {ast.unparse(one) for call in calls for one in call.args if isinstance(one, (ast.Name, ast.Attribute))}
    bindings = [(made - paths.results, {getattr(part, "id", "") for part in walk(of)}) for made, of in bound_to(nodes)]
    grown = -1
    while len(found) > grown:
        grown = len(found)
        found |= {name for made, of in bindings if of & found for name in made}
    return found


def _name(node: ast.expr) -> str:
    """`attr` of `x.attr`, and `x` of `x`."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _fields(node: ast.AST) -> Iterator[str]:
    """Attributes of objects of a class of the tests that a node makes."""
    if isinstance(node, ast.Call) and _name(node.func).endswith("namedtuple"):
        texts = [part.value for part in walk(node) if isinstance(part, ast.Constant)]
        yield from (word for text in texts if isinstance(text, str) for word in text.replace(",", " ").split())
    for part in walk(node) if isinstance(node, ast.ClassDef) else ():
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and root_name(part) == "self":
            yield part.attr
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id
        elif isinstance(part, ast.FunctionDef):
            yield part.name
