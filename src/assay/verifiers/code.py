"""Programs under tests: `code.tests` (asserts or a `check` function).

Tests run in the sandbox in another process than the program, so that no expected value ever enters the program's. What
one test is, `sandbox/suite.py` says. Without `partial` the first test that fails ends the check; with it all run, and
the score is the share that passed. Tests share one namespace and one candidate: what one changes, the next sees. What a
failed test was to set, the next do not see; a candidate that is gone or out of time fails all the rest.
"""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assay import sandbox
from assay.claim import program
from assay.claim.fences import parse
from assay.errors import BadReference
from assay.judging.budget import late, limits, ran
from assay.judging.verifier import Lane, Params, verifier
from assay.sandbox import Outcome, Result, mixing, steered, testfiles
from assay.sandbox.checker import ALWAYS, provided
from assay.sandbox.facts import asserts, imported
from assay.sandbox.meetings import meeting
from assay.sandbox.paths import Paths
from assay.sandbox.trees import walk
from assay.types import Example, Verdict

_MAX_WHY = 400
_RUNNERS = ("TextTestRunner", "TestSuite", "TestProgram")
_JUDGING = re.compile(r"assert\w*|approx|pytest|unittest|isclose|allclose|raises")
"""Names that compare: the tests' own or imported, never the program's."""
_CODE_OF = r"(?m)^[ \t]*+(?:(?:async[ \t]++)?(?:def|class)[ \t]++{0}\b|(?:from|import)\b.*\b{0}\b|{0}[ \t]*+=)"
"""A line of code that sets a name."""
_ENTRY = re.compile(r"[A-Za-z_]\w*(\(\)\.[A-Za-z_]\w*)?")


@dataclass(frozen=True)
class TestsParams(Params):
    """Parameters of `code.tests`."""

    partial: bool = False
    """Whether the score is the share of tests that passed."""


@verifier(
    "code.tests",
    version=14,
    reference='{"tests", "entry_point"?, "setup"?}',
    params=TestsParams,
    lane=Lane.SANDBOX,
    reads=lambda example, _: _suite_of(example),
)
def tests(example: Example, response: str, params: TestsParams) -> Verdict:
    """Right when every test of the reference passes."""
    suite = _suite_of(example)
    source = program.program_of(example, response, suite.wanted)
    if unasked := suite.unasked(example):
        raise BadReference(f"code.tests: {unasked}")
    room = limits()
    if room is None:
        return late()
    entry = suite.entry or suite.guess_entry(source)
    given = program.helpers(example, suite.names, entry.split("(")[0])
    job = sandbox.Check(
        source,
        suite.texts,
        entry,
        suite.calls_check,
        suite.setup,
        given,
        tuple(sorted({*suite.names, entry.split("(")[0]})),
        room,
        params.partial,
    )
    result = ran(job)
    return result if isinstance(result, Verdict) else _judge_report(result, source, params.partial)


def _suite_of(example: Example) -> _Suite:
    reference = example.reference if isinstance(example.reference, dict) else {"tests": example.reference}
    given = reference.get("tests")
    if given is not None and not isinstance(given, (str, list, tuple)):
        raise BadReference(f"code.tests: 'tests' is text or a list of texts, not {type(given).__name__}")
    texts = (given,) if isinstance(given, str) else tuple(given or ())
    setup, entry = reference.get("setup") or "", reference.get("entry_point") or ""
    if not all(isinstance(text, str) for text in (*texts, setup, entry)):
        raise BadReference("code.tests: 'tests', 'setup' and 'entry_point' are text")
    return _suite(texts, setup, entry)


class _Suite:
    """The reference of `code.tests`, read and found usable. Raises `BadReference`."""

    def __init__(self, texts: tuple[str, ...], setup: str, entry: str) -> None:
        self.texts, self.setup, self.entry = texts, setup, entry
        if entry and not _ENTRY.fullmatch(entry):
            raise BadReference(f"entry point {entry!r} is neither a name nor Name().method")
        trees = self._trees()
        nodes = [node for tree in trees for node in walk(tree)]
        if not any(map(asserts, nodes)) or not any(isinstance(node, ast.Name) for node in nodes):
            raise BadReference("the reference holds no test: nothing is asserted of a program")
        if any(getattr(node, "attr", getattr(node, "id", "")) in _RUNNERS for node in nodes):
            raise BadReference("tests under unittest's runner keep their failures to themselves: give asserts")
        top = [node for tree in trees for node in tree.body]
        defines = any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in top)
        self.calls_check = defines and not any(_calls_check(node) for node in top)
        setup_nodes = list(walk(_tree(self.setup)))
        self.names = {node.id for node in [*nodes, *setup_nodes] if isinstance(node, ast.Name)}
        own = {node.name for node in top if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        called = {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        if not self.entry and not self.calls_check and len(called - own) == 1:
            self.entry = min(called - own)  # the one function that is called, even where Python has one of that name
        self._not_candidates = {*own, *vars(builtins), *imported(ast.Module([*top], []))}
        defined = {name for tree in [*trees, _tree(self.setup)] for name in _bound(tree)}
        there = provided() if self.entry else {*vars(builtins), *ALWAYS}
        foreign = sorted(name for name in self.names - defined - there if _JUDGING.fullmatch(name))
        if foreign:
            raise BadReference(f"code.tests: the tests use {', '.join(foreign)}, which they neither define nor import")
        self._is_named = bool(entry)
        everything = [*nodes, *setup_nodes]
        brings = any(isinstance(node, ast.alias) and node.name == "*" for node in everything)
        undefined = mixing.unbound(everything) - there - (provided() if brings else set())
        self._pairs = self._meeting(everything, undefined)
        self._require_free(everything, setup_nodes, undefined | {self.entry.split("(")[0]} - {""})
        self.wanted = [self.entry.split("(")[0]] if self.entry else sorted(called - own - set(vars(builtins)))

    def _trees(self) -> list[ast.Module]:
        try:
            return testfiles.normalized_all([copy.deepcopy(_tree(text)) for text in self.texts])
        except ValueError as bad:
            raise BadReference(f"code.tests: {bad}") from None

    def _require_free(self, nodes: list[ast.AST], setup: list[ast.AST], names: set[str]) -> None:
        direct = mixing.made_directly(nodes, names, {*vars(builtins)})
        paths = Paths(mixing.made_of(nodes, direct | {"eval"}, through_calls=True))
        self._keys = steered.answers_given(nodes, names, paths)
        tests = nodes[: len(nodes) - len(setup)]
        why = next(steered.reasons(nodes, names, paths), "") or steered.asserting_setup(setup, names)
        if why := why or steered.answering_setup(setup, tests, names, paths):
            raise BadReference(f"code.tests: {why}")

    def _meeting(self, nodes: list[ast.AST], names: set[str]) -> set[frozenset[str]]:
        """Pairs of names of the program that meet; where `check` is called, its arguments are one of them."""
        entry = self.entry.split("(")[0] if self._is_named else ""
        checks = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "check"]
        alike = {arg.arg for node in checks for arg in node.args.args} if self.calls_check else set()
        found = meeting(nodes, names | {entry} - {""} | alike)
        return {pair for one in found if len(pair := frozenset(entry if n in alike else n for n in one)) == 2}

    def unasked(self, example: Example) -> str:
        """Why the row is broken: two names of the program meet, and the row does not ask for both.

        Or the expected answer is an item of an argument, under a key that the prompt does not tell of. It asks for its
        entry point, and for what the code of its prompt defines or imports; without one, for what its
        prompt says. A helper that the prompt gives is no name of the program.
        """
        if not self._pairs and not self._keys:
            return ""
        given = program.helpers(example, self.names, self.entry.split("(")[0])
        lines = [line for turn in example.prompt for line in turn.content.splitlines()]
        said = "\n".join(line for line in lines if not line.lstrip().startswith("assert"))
        for key in sorted(self._keys) if said.strip() else ():
            if not re.search(rf"(?i)\b{re.escape(key)}\b", f"{said} {self.entry.replace('_', ' ')}"):
                return (
                    f"the program is given what it is compared with, as the item {key!r}, of which the prompt says "
                    "nothing: give it only what it is asked about"
                )
        for one, other in sorted(map(sorted, self._pairs)):
            entry = self.entry.split("(")[0] if self._is_named else ""  # as which `check` is given what is judged
            names = [name for name in (one, other) if name != entry]
            if any(f"def {name}(" in given for name in names):
                continue
            for name in names:
                if not re.search(_CODE_OF.format(name) if self._is_named else rf"\b{name}\b", said):
                    return (
                        f"the tests hold what {one or 'the program'} and {other} say against each other, and only the "
                        f"program could define {name}: define it in the tests, or let the prompt ask for it"
                    )
        return ""

    def guess_entry(self, source: str) -> str:
        """Without an entry point, `check` gets the last function whose name is neither the tests' own nor Python's."""
        tree = parse(source) if self.calls_check else None
        functions = [node.name for node in (tree.body if tree else []) if isinstance(node, ast.FunctionDef)]
        return next((name for name in reversed(functions) if name not in self._not_candidates), "")


def _tree(text: str) -> ast.Module:
    tree = parse(text)
    if tree is None:
        raise BadReference("code.tests: the tests or the setup are not Python")
    return tree


_suite = lru_cache(256)(_Suite)  # a group of responses has one reference


def _bound(tree: ast.AST) -> Iterator[str]:
    """Names that a text sets anywhere: by definition, import, argument or assignment."""
    for node in walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id


def _calls_check(node: ast.stmt) -> bool:
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "check" for n in walk(node)
    ) and (not isinstance(node, (ast.FunctionDef, ast.ClassDef)))


def _judge_report(result: Result, source: str, partial: bool) -> Verdict:
    report: dict[str, Any] = result.value or {}
    stage, problem = report.get("stage", ""), report.get("problem") or {"names": [""], "text": result.text}
    name = problem["names"][0] if problem["names"] else ""
    said = f"{name}: {problem['text']}".strip(": ")
    if stage == "passed":
        return Verdict.of(True, read=source, why=f"{_counted(report)} passed")
    if report.get("refused") or report.get("ours") or stage in ("tests", "setup", "empty"):
        reason = report.get("refused") or (said if stage != "empty" else "nothing was asserted")
        return Verdict.error(f"the tests cannot be run: {reason}")
    if stage == "candidate":
        return Verdict.of(False, read=source, why=f"the program does not load: {said}{program.hint(source, name)}")
    if stage == "unasserted":
        return Verdict.of(False, read=source, why="no assert of the tests was reached")
    score = report["earned"] / report["total"] if partial and "total" in report else 0.0
    return Verdict.partial(score, read=source, why=_failure(result, report, said)[:_MAX_WHY])


def _counted(report: dict[str, Any]) -> str:
    return "1 test" if report["total"] == 1 else f"{report['total']} tests"


def _failure(result: Result, report: dict[str, Any], said: str) -> str:
    """How many tests passed, and what the failed ones say."""
    reasons = [
        f"test {test + 1}{f', line {line}' if line else ''}: {text}" for test, line, text in report.get("failed", ())
    ]
    limit = f"{result.outcome}: {result.text}" if result.outcome not in (Outcome.DONE, Outcome.RUNTIME_ERROR) else ""
    if report.get("stage") == "gone" or not report:
        where = f" in test {report['at'] + 1}" if report.get("at") is not None else " before the tests did"
        why = limit or result.text or said.removeprefix("Gone: ").removeprefix("the program ended")
        reasons = [f"the program ended{where}: {why}".removesuffix(": "), *reasons[:-1]]
    elif not reasons:
        reasons = [f"line {report['line']}: {said}" if report.get("line") else said]
    if "total" not in report:
        return reasons[0]
    return f"{report['passed']} of {_counted(report)} passed; {'; '.join(reasons)}"
