"""Programs with one change each, made of a program that is right."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from typing import Any, ClassVar


class _Mutant(ast.NodeTransformer):
    """The tree with the change number `at` made; `seen` counts all places where one can be made."""

    FLIPS: ClassVar[dict[type, type]] = {
        **{ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq},
        **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.And: ast.Or, ast.Or: ast.And},
    }
    EDGES: ClassVar[dict[type, type]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}

    def __init__(self, at: int = -1) -> None:
        self.at, self.seen = at, 0

    def here(self) -> bool:
        self.seen += 1
        return self.seen - 1 == self.at

    def visit(self, node: ast.AST) -> Any:
        node = self.generic_visit(node)
        for changes in (self.FLIPS, self.EDGES):
            if type(node) in changes and self.here():
                return changes[type(node)]()
        if isinstance(node, (ast.If, ast.IfExp)) and self.here():
            node.test = ast.copy_location(ast.Constant(False), node)
            return node
        if isinstance(node, ast.Constant) and type(node.value) is int and self.here():
            return ast.copy_location(ast.Constant(node.value + 1), node)
        if isinstance(node, ast.Return) and node.value is not None and self.here():
            return ast.copy_location(ast.Return(ast.Constant(None)), node)
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)) and self.here():
            return ast.copy_location(ast.Pass(), node)
        return node


def mutants(source: str, entry: str, draw: random.Random, take: int) -> Iterator[str]:
    """Up to `take` programs with one change each: a comparison flipped or moved by its edge, an operator flipped, a
    condition never met, a constant one off, a statement dropped, None returned.

    Where an entry point is named and is defined at the top, only that is changed. Raises `SyntaxError` and what else
    `ast.parse` raises.
    """
    tree = ast.parse(source)
    place = next((at for at, node in enumerate(tree.body) if getattr(node, "name", None) == entry), None)
    part: ast.AST = tree if place is None else tree.body[place]
    counter = _Mutant()
    counter.visit(copy.deepcopy(part))
    for at in draw.sample(range(counter.seen), min(take, counter.seen)):
        changed = _Mutant(at).visit(copy.deepcopy(part))
        if place is not None:
            changed = ast.Module([*tree.body[:place], changed, *tree.body[place + 1 :]], [])
        yield ast.unparse(ast.fix_missing_locations(changed))
