"""Whether tests compare a result with an argument of the call, or with what was made of it afterwards.

Such tests (`r = f(a); assert r == sorted(a)`) mean the argument as it was. Where a program could change it, clearing
the list and returning `[]` would pass, so these never see a change, unless they call the program for that alone
(`f(a)` as a statement) and it returns nothing. All else may: `assert visit(seen, 3) is True; assert seen == {3}`. Names
are followed through assignments, loops and functions of the tests; in doubt tests do compare.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Set

from assay.sandbox.trees import walk

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEEPEST = 3
"""Functions of the tests through which the candidate itself is followed."""


def mixes(nodes: list[ast.AST], candidates: set[str], known: Set[str]) -> bool:
    """Whether any statement looks at both a result and an argument, outside of the call itself.

    `known` are names that are there anyway: what tests use beside these and do not set is the candidate's too.
    """
    direct, results = _of_candidate(nodes, candidates, known)
    given: set[str] = set()
    for call in (node for node in nodes if isinstance(node, ast.Call) and _names(node.func) & results):
        given |= {name for part in (*call.args, *call.keywords) for name in _names(part)}
    given -= direct
    bindings = [(names, _names(value)) for names, value in bound_to(nodes)]
    definitions = [node for node in nodes if isinstance(node, _DEFINITIONS)]
    bindings += [({node.name}, _from_outside(node) - known) for node in definitions]
    grown = -1
    while len(given) > grown:
        grown = len(given)
        for names, made in bindings:
            if (names | made) & given and not made & results:
                given |= (names | made) - direct
    return any(
        _outside(part, direct, results) & given and _names(part) & results
        for node in nodes
        for part in _looked_at(node)
    )


def calls_alone(nodes: list[ast.AST], candidates: set[str], known: Set[str]) -> bool:
    """Whether a statement is a call of the candidate and no more, so that only what this changes can be meant."""
    _, results = _of_candidate(nodes, candidates, known)
    made = results - {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    alone = [node.value for node in nodes if isinstance(node, ast.Expr)]
    calls = [node.value if isinstance(node, ast.Await) else node for node in alone]
    return any(isinstance(call, ast.Call) and _root(call.func) in made for call in calls)


def _of_candidate(nodes: list[ast.AST], candidates: set[str], known: Set[str]) -> tuple[set[str], set[str]]:
    """Names of the candidate, also as arguments of functions of the tests, and of all that is made of it."""
    direct, passed = made_directly(nodes, candidates, known), list(given_to(nodes))
    for _ in range(_DEEPEST):
        direct |= set().union(*(names for names, by in passed if isinstance(by, ast.Name) and by.id in direct))
    return direct, made_of(nodes, direct)


def made_directly(nodes: list[ast.AST], candidates: set[str], known: Set[str]) -> set[str]:
    """Names of the candidate: those that stand for it, what tests use beside `known` and do not set, its instances."""
    checks = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "check"]
    direct = candidates | {arg.arg for check in checks for arg in check.args.args} | (unbound(nodes) - known)
    calls = [
        (node.targets[0], node.value.func)
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    ]
    instances = [made for made, of in calls if isinstance(of, ast.Name) and of.id in direct and of.id[0].isupper()]
    return direct | {target.id for target in instances if isinstance(target, ast.Name)}


def made_of(nodes: list[ast.AST], direct: set[str], through_calls: bool = False) -> set[str]:
    """Names of what the candidate has made, of what was made of that, and of functions of the tests that name these.

    With `through_calls` also the arguments by which functions of the tests are given such things.
    """
    results = set(direct)
    bindings = [*bound_to(nodes), *(given_to(nodes) if through_calls else [])]
    definitions = [n for n in nodes if isinstance(n, _DEFINITIONS)]
    made = [(names, _names(value)) for names, value in bindings]
    made += [({node.name}, _names(node)) for node in definitions]
    grown = -1
    while len(results) > grown:
        grown = len(results)
        results |= {name for names, of in made if of & results for name in names}
    return results


def given_to(nodes: list[ast.AST]) -> Iterator[tuple[set[str], ast.AST]]:
    """Names of arguments of functions of the tests, and what they are given."""
    named = {node.name: node.args for node in nodes if isinstance(node, ast.FunctionDef)}
    made = [node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)]
    named |= {node.targets[0].id: node.value.args for node in made if isinstance(node.targets[0], ast.Name)}  # type: ignore[attr-defined]
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in named:
            args = [arg.arg for arg in named[name].args]
            args = args[1:] if args[:1] == ["self"] else args
            yield from (({arg}, given) for arg, given in zip(args, call.args, strict=False))
            yield from (({word.arg}, word.value) for word in call.keywords if word.arg)


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
        elif isinstance(node, _DEFINITIONS):
            bound.add(node.name)
        else:
            bound |= _captured(node)
    return used - bound


def _captured(node: ast.AST) -> set[str]:
    """The name that a pattern or an `except` sets."""
    name = getattr(node, "rest" if isinstance(node, ast.MatchMapping) else "name", None)
    return {name} if name and isinstance(node, (ast.pattern, ast.ExceptHandler)) else set()


def _from_outside(node: ast.AST) -> set[str]:
    """Names that a definition uses and does not set itself, or sets elsewhere."""
    inner = list(walk(node))
    return unbound(inner).union(*(one.names for one in inner if isinstance(one, (ast.Global, ast.Nonlocal))))


def _names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Constant):
        return set()
    return {node.id} if isinstance(node, ast.Name) else {n.id for n in walk(node) if isinstance(n, ast.Name)}


def _outside(node: ast.AST, direct: set[str], results: set[str]) -> set[str]:
    """Names in an expression that do not only stand in the arguments of a call of the candidate.

    What a result cuts out (`nums[:k]`) is meant as it is after the call.
    """
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and _names(node.slice) & results:
        return set()
    inner = [node.func] if isinstance(node, ast.Call) and _root(node.func) in direct else ast.iter_child_nodes(node)
    return set().union(*(_outside(part, direct, results) for part in inner))


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def bound_to(nodes: Iterable[ast.AST]) -> Iterator[tuple[set[str], ast.AST]]:
    """Names that are set, and what they are set from."""
    nodes = list(nodes)
    literals = _literals(nodes)
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield set().union(*map(_names, node.targets)), node.value
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
            yield _names(node.target), node.value
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            yield from _loop(node.target, node.iter, literals)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _root(node.func) in stored:
            # `got.append(f(a))`
            yield {_root(node.func)}, ast.Tuple([*node.args, *(word.value for word in node.keywords)])
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield _names(node.optional_vars), node.context_expr
        elif isinstance(node, ast.Match):
            yield set().union(*(_captured(part) for case in node.cases for part in walk(case))), node.subject


def _loop(target: ast.expr, over: ast.expr, literals: set[str]) -> Iterator[tuple[set[str], ast.AST]]:
    """What a loop sets; the parts of a literal, and of what `zip` joins, are nothing of each other's."""
    parts = target.elts if isinstance(target, ast.Tuple) else []
    if isinstance(over, ast.Call) and _root(over.func) == "zip" and len(over.args) == len(parts):
        yield from ((_names(part), given) for part, given in zip(parts, over.args, strict=True))
    elif not _names(over) - literals:
        yield from ((_names(part), ast.Tuple([])) for part in parts or [target])
    else:
        yield _names(target), over


def _literals(nodes: list[ast.AST]) -> set[str]:
    """Names that are set once, to a text of data, and looked at once."""
    seen = [node for node in nodes if isinstance(node, ast.Name)]
    uses = Counter((node.id, type(node.ctx)) for node in seen)
    made = (node.targets[0] for node in nodes if isinstance(node, ast.Assign) and not _names(node.value))
    names = {target.id for target in made if isinstance(target, ast.Name)}
    return {name for name in names if uses[name, ast.Store] == uses[name, ast.Load] == 1}


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
