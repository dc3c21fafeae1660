"""Which classes of the candidate tests calculate with; an object of any other is no number.

LeetCode's `Solution` holds functions: tests ask its instances for attributes and do nothing else with them. What such
a method returns in place of a number must not be an object for which `abs(s.f(x) - 2) < 1e-6` holds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from assay.sandbox.trees import walk

_HANDING_ON = (ast.Return, ast.Yield)


def of(nodes: list[ast.AST], classes: set[str]) -> set[str]:
    """Those of these classes that stand anywhere but where an instance is made, named, asked for an attribute or given
    to the candidate; in doubt a class does."""
    made = {name: name for name in classes}
    """Names, of variables, attributes and functions too, of an instance or of the class, and its name."""
    grown = -1
    while len(made) > grown:
        grown = len(made)
        for node in nodes:
            value = getattr(node, "value", None)
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and (name := _instance(value, made)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                made |= {bound: name for target in targets if (bound := _bound(target))}
            if isinstance(node, ast.FunctionDef):  # a fixture
                handed = [name for part in walk(node) if (name := _handed_on(part, made))]
                if handed:
                    made[node.name] = handed[0]
    return {name for node in nodes if not _is_harmless(node, made) for name in _inside(node, made)}


def budgets(nodes: list[ast.AST]) -> set[str]:
    """Attributes by which a class of the tests counts what is done to its objects, and that they compare with a bound.

    `self.calls += 1`, or `self.asked.append(x)`, and `assert api.calls <= 10`: a program that is given such an object
    must not set them.
    """
    methods = [node for node in nodes if isinstance(node, ast.FunctionDef) and not node.name.startswith("__init")]
    counted = {name for node in methods for part in walk(node) for name in _counted(part)}
    orders = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    bounded = [
        node
        for node in nodes
        if (isinstance(node, ast.Compare) and isinstance(node.ops[0], orders))
        or (isinstance(node, ast.Call) and "assert" in _bound(node.func))
    ]
    return counted & {part.attr for node in bounded for part in walk(node) if isinstance(part, ast.Attribute)}


def _counted(node: ast.AST) -> Iterator[str]:
    """The attribute that a statement of a method adds to."""
    if isinstance(node, ast.AugAssign):
        target = node.target.value if isinstance(node.target, ast.Subscript) else node.target
        yield from [target.attr] if isinstance(target, ast.Attribute) and isinstance(node.value, ast.Constant) else []
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        sides = {ast.unparse(side) for side in (node.value.left, node.value.right)}
        yield from (one.attr for one in node.targets if isinstance(one, ast.Attribute) and ast.unparse(one) in sides)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "add"):
        yield from [node.func.value.attr] if isinstance(node.func.value, ast.Attribute) else []


def _inside(node: ast.AST, made: dict[str, str]) -> list[str]:
    found = [_instance(part, made) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
    return [name for name in found if name]


def _is_harmless(node: ast.AST, made: dict[str, str]) -> bool:
    """Whether what stands right in a node is not calculated with there."""
    if isinstance(node, ast.Attribute):
        return not (isinstance(node.value, ast.Name) and made.get(node.value.id) == node.value.id)
    if isinstance(node, ast.keyword):  # of a test, which has it by the name of its fixture
        return node.arg in made
    if isinstance(node, ast.Call):
        root: ast.expr = node.func
        while isinstance(root, (ast.Call, ast.Attribute)):
            root = root.func if isinstance(root, ast.Call) else root.value
        return isinstance(root, ast.Name) and root.id in made
    return isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr, ast.FunctionDef, ast.arg, *_HANDING_ON))


def _handed_on(node: ast.AST, made: dict[str, str]) -> str:
    return _instance(node.value, made) if isinstance(node, _HANDING_ON) else ""


def _instance(node: ast.AST | None, made: dict[str, str]) -> str:
    """The class of what an expression is, where it is an instance of one, or the class."""
    call = node.func if isinstance(node, ast.Call) else node
    return made.get(_bound(call), "")


def _bound(node: ast.AST | None) -> str:
    """`s` of `s` and of `self.s`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
