"""Test files as people write them, made into statements that test: one idea each, before `suite.py` reads them.

`from solution import f` takes the candidate's name. The body of `if __name__ == "__main__":` is run. Functions and
methods named `test...` that nothing else calls are called, in order; a `unittest.TestCase` runs each of its tests by
`debug()`, which raises where it fails. A call of `unittest.main` or `pytest.main` is left out: they are run anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_SOLUTION = ("solution", "main", "__main__", "submission", "your_module")


def normalized(tree: ast.Module) -> ast.Module:
    """The same tree, changed in place."""
    tree.body = [made for node in tree.body for made in _unguarded(node)]
    tree = _Solution(tree).visit(tree)
    named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    calls = [call for node in tree.body if getattr(node, "name", "") not in named for call in _calls(node)]
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


def _calls(node: ast.stmt) -> Iterator[ast.stmt]:
    """Calls of the tests that a definition holds, each at its own line."""
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not _needed(node):
        yield _call(f"{node.name}()", node)
    elif isinstance(node, ast.ClassDef):
        unit = any(ast.unparse(base).endswith("TestCase") for base in node.bases)
        if unit or node.name.startswith("Test"):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name.startswith("test") and len(_needed(inner)) == 1:
                    yield _call(
                        f"{node.name}({inner.name!r}).debug()" if unit else f"{node.name}().{inner.name}()", inner
                    )


def _needed(node: ast.FunctionDef) -> list[ast.arg]:
    """Arguments without a default, which is a fixture's business."""
    return node.args.args[: len(node.args.args) - len(node.args.defaults)]


def _call(source: str, at: ast.stmt) -> ast.stmt:
    made = ast.parse(source).body[0]
    for inner in ast.walk(made):
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
        return [_call(f"{alias.asname} = {alias.name}", node) for alias in renamed] or ast.copy_location(
            ast.Pass(), node
        )

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in self.modules:
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        self.generic_visit(node)
        return node
