"""Test files as people write them, made into statements that test: one idea each, before `suite.py` reads them.

`from solution import f` takes the candidate's name. The body of `if __name__ == "__main__":` is run. Tests that nothing
else runs are called as pytest and unittest would call them (`collection.py`). A call of `unittest.main` or
`pytest.main` is left out: they are run anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from assay.sandbox import collection
from assay.sandbox.trees import walk

_SOLUTION = ("solution", "main", "__main__", "submission", "your_module")


def normalized(tree: ast.Module, named: Set[str] = frozenset()) -> ast.Module:
    """The same tree, changed in place; `named` are names that other texts of the tests use.

    Raises `ValueError` where tests cannot be run as they mean it.
    """
    tree.body = [made for node in tree.body for made in _unguarded(node)]
    solution = _Solution(tree)
    tree = solution.visit(tree)
    if left := {node.id for node in walk(tree) if isinstance(node, ast.Name)} & solution.modules:
        raise ValueError(f"the program is no module here: take its names from {min(left)}")
    made = collection.calls(tree, named)
    tree.body += [ast.fix_missing_locations(call) for call in made]
    return tree


def normalized_all(trees: list[ast.Module]) -> list[ast.Module]:
    """The same for the texts of one reference."""
    loaded = [collection.loaded(tree.body) for tree in trees]
    others = (set().union(*loaded[:at], *loaded[at + 1 :]) for at in range(len(trees)))
    return [normalized(tree, named) for tree, named in zip(trees, others, strict=True)]


def _unguarded(node: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(node, ast.If) and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'":
        yield from (inner for inner in node.body if not _runs_all(inner))
    elif not _runs_all(node):
        yield node


def _runs_all(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else node.exc if isinstance(node, ast.Raise) else None
    while isinstance(call, ast.Call) and ast.unparse(call.func) in ("sys.exit", "exit", "SystemExit") and call.args:
        call = call.args[0]
    return isinstance(call, ast.Call) and ast.unparse(call.func) in ("unittest.main", "pytest.main")


class _Solution(ast.NodeTransformer):
    """Replaces imports of the candidate's module, and `solution.f`, by its names."""

    def __init__(self, tree: ast.Module) -> None:
        aliases = [a for n in walk(tree) if isinstance(n, ast.Import) for a in n.names if a.name in _SOLUTION]
        self.modules = {alias.asname or alias.name for alias in aliases}

    def visit_Import(self, node: ast.Import) -> ast.stmt:
        kept = [alias for alias in node.names if alias.name not in _SOLUTION]
        return ast.copy_location(ast.Import(kept) if kept else ast.Pass(), node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt] | ast.stmt:
        if node.level == 0 and node.module not in _SOLUTION:
            return node
        renamed = [alias for alias in node.names if alias.asname and alias.asname != alias.name]
        made = [one for alias in renamed for one in collection.parsed(f"{alias.asname} = {alias.name}", node)]
        return made or ast.copy_location(ast.Pass(), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in self.modules:
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        self.generic_visit(node)
        return node
