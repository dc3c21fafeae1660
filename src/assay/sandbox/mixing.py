"""Whether tests compare a result with an argument of the call, or with what was made of it afterwards.

Such tests (`r = f(a); assert r == sorted(a)`) mean the argument as it was. Where a program could change it, clearing
the list and returning `[]` would pass, so these never see a change unless the function returns nothing. All else may:
`assert visit(seen, 3) is True; assert seen == {3}`. Names are followed through assignments, loops and functions of the
tests; in doubt tests do compare.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


def mixes(trees: Iterable[ast.Module], candidates: set[str], known: set[str]) -> bool:
    """Whether any statement looks at both a result and an argument, outside of the call itself.

    `known` are names that are there anyway: what tests use beside these and do not set is the candidate's too.
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    definitions = [n for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    checks = [n for n in definitions if n.name == "check" and isinstance(n, ast.FunctionDef)]
    direct = candidates | {arg.arg for check in checks for arg in check.args.args} | (unbound(nodes) - known)
    results = set(direct)
    bindings = list(_bindings(nodes))
    grown = -1
    while len(results) > grown:
        grown = len(results)
        results |= {name for names, value in bindings if _names(value) & results for name in names}
        results |= {node.name for node in definitions if _names(node) & results}
    given: set[str] = set()
    for call in (node for node in nodes if isinstance(node, ast.Call) and _names(node.func) & results):
        given |= {name for part in (*call.args, *call.keywords) for name in _names(part)}
    given -= direct
    grown = -1
    while len(given) > grown:
        grown = len(given)
        for names, value in bindings:
            made = _names(value)
            if (names | made) & given and not made & results:
                given |= names | made
    return any(_outside(part, direct) & given and _names(part) & results for node in nodes for part in _looked_at(node))


def unbound(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that are used and nowhere set."""
    used: set[str] = set()
    bound: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
    return used - bound


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _outside(node: ast.AST, direct: set[str]) -> set[str]:
    """Names in an expression that do not only stand in the arguments of a call of the candidate."""
    if isinstance(node, ast.Name):
        return {node.id}
    inner = [node.func] if isinstance(node, ast.Call) and _root(node.func) in direct else ast.iter_child_nodes(node)
    return set().union(*(_outside(part, direct) for part in inner))


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _bindings(nodes: Iterable[ast.AST]) -> Iterator[tuple[set[str], ast.AST]]:
    """Names that are set, and what they are set from."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield set().union(*map(_names, node.targets)), node.value
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
            yield _names(node.target), node.value
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            yield _names(node.target), node.iter
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):  # `got.append(f(a))`
            yield {_root(node.func)}, ast.Tuple([*node.args, *(word.value for word in node.keywords)])
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield _names(node.optional_vars), node.context_expr


def _looked_at(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of a statement's or a lambda's own expressions, without those that only ask whether two are one object."""
    if not isinstance(node, (ast.stmt, ast.Lambda, ast.withitem)):
        return
    stack = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.BoolOp):
            stack += part.values
        elif not (isinstance(part, ast.Compare) and all(isinstance(op, (ast.Is, ast.IsNot)) for op in part.ops)):
            yield part
