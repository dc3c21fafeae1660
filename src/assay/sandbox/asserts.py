"""Reading tests: what is one test, and the marks in the tests' tree by which a tally learns how each one went.

Where several texts of a reference test something, each of them is a test. Else a test is a statement of the one text,
or of the function that this text does nothing but call (`check`): one that asserts or raises, or that names a function
or class of the tests which does, together with what was prepared for it since the test before. `assert True` names
nothing and tests nothing. How many tests there are never depends on the candidate.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from assay.sandbox import trees

REACHED, GOT, WANTED, TEST, READY = (f"__assay_{name}__" for name in ("reached", "got", "wanted", "test", "ready"))
"""Names in the tests' namespace that the marks call."""


@dataclass(slots=True)
class Claim:
    """One assert: what it says, the call of the candidate in it, and the value that this is compared with."""

    text: str
    says: ast.expr
    call: ast.expr | None = None
    wanted: ast.expr | None = None
    """The other side of `==`."""
    is_side: bool = False
    """Whether the call is all that is compared."""


@dataclass(slots=True)
class Unit:
    """One test."""

    needs: set[str] = field(default_factory=set)
    """Names that it takes from before."""
    sets: list[tuple[int, set[str]]] = field(default_factory=list)
    """The last line of each of its statements, and the names that this sets or whose things it is to change."""
    raises: bool = False
    """Whether it can fail in another way than by an assert."""


class Suite:
    """The texts of the tests, marked.

    `candidates` are names that may stand for the candidate, `modules` names of modules that are there anyway. With
    `partial` every test asks first whether it may run.
    """

    def __init__(
        self, texts: list[str], calls_check: bool, candidates: Iterable[str], partial: bool, modules: Iterable[str] = ()
    ) -> None:
        self.trees = [ast.parse(text) for text in texts]
        self.claims: list[Claim] = []
        self.units: list[Unit] = []
        self.raises = False
        """Whether tests can fail in another way than by an assert."""
        self._modules = {*modules}.union(*map(trees.imported, self.trees))
        self._partial, self._candidates = partial, {*candidates} - self._modules
        inner = (node for tree in self.trees for node in trees.statements(tree, deep=True))
        self._own = {node.name: node for node in inner if isinstance(node, trees.DEFS)}
        self._asserting: dict[str, bool] = {}
        testing = [tree.body for tree in self.trees if any(map(self._tests, tree.body))]
        if len(testing) > 1:
            for block in testing:
                self._mark(block, [len(block)])
        elif testing:
            self._split(testing[0])
        if calls_check:
            self._split(self._enter("check"))
        for text, tree in zip(texts, self.trees, strict=True):
            self._note(text, tree)

    @property
    def total(self) -> int:
        """How many tests there are."""
        return max(1, len(self.units))

    def _tests(self, node: ast.stmt) -> bool:
        """Whether a statement asserts something itself, or by what it names of the tests' own."""
        if isinstance(node, trees.DEFS):
            return False
        if any(map(trees.claims, trees.statements(node))):
            return any(isinstance(inner, ast.Name) for inner in ast.walk(node))
        return bool(self._own) and any(self._asserts(n.id) for n in ast.walk(node) if isinstance(n, ast.Name))

    def _asserts(self, name: str) -> bool:
        """Whether a function or class of the tests asserts, or names one that does."""
        if name not in self._own:
            return False
        if name not in self._asserting:
            self._asserting[name] = False  # one that names itself
            node = self._own[name]
            self._asserting[name] = any(map(trees.claims, trees.statements(node, True))) or any(
                self._asserts(inner.id) for inner in ast.walk(node) if isinstance(inner, ast.Name)
            )
        return self._asserting[name]

    def _enter(self, name: str) -> list[ast.stmt]:
        """The body of a function of the tests, whose arguments stand for the candidate."""
        node = self._own.get(name)
        if not isinstance(node, ast.FunctionDef):
            return []
        self._candidates |= {arg.arg for arg in node.args.args}
        return node.body

    def _split(self, block: list[ast.stmt]) -> None:
        """Make each testing statement of a block a test; a lone call stands for the body of what it calls."""
        entered: set[str] = set()
        while True:
            ends = [at for at, node in enumerate(block, 1) if self._tests(node)]
            called = trees.called(block[ends[0] - 1]) if len(ends) == 1 else ""
            if called in entered or not isinstance(self._own.get(called), ast.FunctionDef):
                break
            entered.add(called)
            block = self._enter(called)
        self._mark(block, ends)

    def _mark(self, block: list[ast.stmt], ends: list[int]) -> None:
        """Put the statements up to each end into a `with`, which tells the tally."""
        start = next((at for at, node in enumerate(block) if not trees.stays_first(node)), 0)
        marked = block[:start]
        for end in ends:
            body = block[start:end]
            number = len(self.units)
            self.units.append(self._unit(body) if self._partial else Unit())
            test: ast.stmt = ast.With([ast.withitem(trees.numbered_call(TEST, number, body[0]))], body)
            if self._partial:
                test = ast.If(trees.numbered_call(READY, number, body[0]), [ast.copy_location(test, body[0])], [])
            marked.append(ast.copy_location(test, body[0]))
            start = end
        block[:] = marked + block[start:]

    def _unit(self, body: list[ast.stmt]) -> Unit:
        unit = Unit(raises=any(isinstance(inner, ast.Raise) for node in body for inner in trees.statements(node)))
        known: set[str] = set()
        for node in body:
            unit.needs |= self._loads(node, set()) - known
            changed = {name for inner in trees.statements(node) for name in trees.changed(inner)}
            changed -= self._candidates | self._modules | self._own.keys()
            unit.sets.append((node.end_lineno or node.lineno, trees.sets(node) | changed))
            known |= trees.sets(node)
        return unit

    def _loads(self, node: ast.AST, entered: set[str]) -> set[str]:
        """Names that a statement reads, and those that the functions of the tests that it names read."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
        for name in (names & self._own.keys()) - entered:
            entered.add(name)
            names |= self._loads(self._own[name], entered)
        return names

    def _note(self, text: str, tree: ast.Module) -> None:
        """Before each assert, tell that it is reached; in it, note the candidate's value."""
        blocks: list[list[ast.stmt]] = [tree.body]
        while blocks:
            block = blocks.pop()
            longer: list[ast.stmt] = []
            for node in block:
                if isinstance(node, ast.Assert) or trees.is_assertion(node):
                    mark = ast.Expr(trees.numbered_call(REACHED, len(self.claims), node))
                    longer.append(ast.copy_location(mark, node))
                    self.claims.append(self._claim(text, node))
                longer.append(node)
                self.raises |= isinstance(node, ast.Raise)
                blocks += trees.blocks(node)
            block[:] = longer

    def _claim(self, text: str, node: ast.stmt) -> Claim:
        says = node.test if isinstance(node, ast.Assert) else node.value  # type: ignore[attr-defined]
        claim = Claim(text, says)
        sides = [says.left, says.comparators[0]] if isinstance(says, ast.Compare) and len(says.ops) == 1 else []
        spots = [trees.spot(side, self._candidates) for side in sides]
        if isinstance(says, ast.Compare) and sides:
            at = 1 if spots[1] is not None and spots[0] is None else 0
            claim.call = spots[at] or sides[at]
            claim.is_side = claim.call is sides[at]
            if isinstance(says.ops[0], (ast.Eq, ast.Is)):
                claim.wanted = sides[1 - at]
                if not isinstance(claim.wanted, trees.DISPLAYS):
                    trees.wrap(says, claim.wanted, WANTED)
        else:
            claim.call = trees.spot(says, self._candidates)
        if claim.call is not None:
            trees.wrap(node, claim.call, GOT)
        return claim
