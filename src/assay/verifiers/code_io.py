"""Predicting what a program does: `code_io.output`, `code_io.input` and `sat` (Python Programming Puzzles).

A predicted output is compared as a literal and nothing is run. A predicted input is read as literals first, then the
reference program runs on it in the sandbox, so any input that yields the output is right.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import Any

from assay import sandbox
from assay.claim import program
from assay.claim.fences import parse
from assay.errors import BadReference
from assay.judging.budget import late, limits, ran
from assay.judging.verifier import Lane, verifier
from assay.literals import pyvalue
from assay.literals.pure import is_pure_call
from assay.literals.pyvalue import NotALiteral
from assay.sandbox import Outcome
from assay.types import Example, Verdict
from assay.verifiers.predicted import prediction

_PRELUDE = "import sys\nfrom typing import *\nsys.set_int_max_str_digits(0)\n"  # puzzles are older than that limit
_ON_INPUT = "assay_on_input"
_CPU_SECONDS = 5.0
_MAX_READ = 2000
_MAX_KEY = 10_000


@dataclass(frozen=True)
class _Task:
    """The reference of a code_io verifier. Raises `BadReference` where it cannot be used."""

    code: str
    entry: str
    given: Any
    output: Any

    @classmethod
    def of(cls, example: Example) -> _Task:
        reference = example.reference
        if not isinstance(reference, dict) or "output" not in reference:
            raise BadReference("code_io needs a reference with 'code', 'input' and 'output'")
        code, entry = reference.get("code", ""), reference.get("entry_point") or "f"
        if not isinstance(code, str) or not isinstance(entry, str):
            raise BadReference("code_io: 'code' and 'entry_point' are text")
        return cls(code, entry, reference.get("input"), reference["output"])

    @property
    def is_json(self) -> bool:
        """Whether values are JSON (CodeI/O) and not Python source (CRUXEval)."""
        return not isinstance(self.output, str) or not isinstance(self.given, str)

    def expected(self) -> Any:
        if self.is_json:
            return self.output
        try:
            return pyvalue.parse(self.output)
        except NotALiteral as bad:
            raise BadReference(f"the reference output {self.output[:80]!r} cannot be read: {bad}") from None

    def matches(self, value: Any) -> bool:
        return pyvalue.same(pyvalue.as_json(value) if self.is_json else value, self.expected())


def _output_key(example: Example, answer: Any) -> str | None:
    """The value that is predicted; of a reference, its own output."""
    task = _Task.of(example)
    try:
        value = _predicted_output(answer, task) if isinstance(answer, str) else task.expected()
        return repr(pyvalue.as_json(value) if task.is_json else value)[:_MAX_KEY]
    except (NotALiteral, BadReference, ValueError):
        return None


@verifier(
    "code_io.output",
    version=5,
    reference='{"code", "input", "output"}',
    lane=Lane.WORKER,
    reads=lambda example, _: _Task.of(example).expected(),
    keys=_output_key,
)
def output(example: Example, response: str) -> Verdict:
    """Right when the predicted literal equals the output, types included."""
    task = _Task.of(example)
    task.expected()
    try:
        read = prediction(example, response, text_is_source=not task.is_json)
        value = _predicted_output(read, task)
    except NotALiteral as bad:
        return Verdict.of(False, read=read[:_MAX_READ], why=str(bad))
    right = task.matches(value) or task.matches(_unwrapped_json(value, ("answer", "output")))
    return Verdict.of(right, read=read[:_MAX_READ], why=f"the output is {str(task.output)[:200]}")


def _predicted_output(read: str, task: _Task) -> Any:
    """`value`, `f(...) == value`, `value == f(...)` or `x = value`; an `assert` is about a call."""
    if task.is_json:
        try:
            return json.loads(read)
        except (ValueError, RecursionError):
            if isinstance(task.output, str) and read[:1] not in "'\"":
                return read  # text that stands bare
    node = pyvalue.expression(_bare(read, task.entry))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        left, right = node.left, node.comparators[0]
        node = right if _is_call(left, task.entry) else left if _is_call(right, task.entry) else node
    elif read.lstrip().startswith("assert"):
        raise NotALiteral("an assert that compares nothing predicts nothing")
    return pyvalue.value_of(node)


def _unwrapped_json(value: Any, keys: tuple[str, ...]) -> Any:
    wrapped = isinstance(value, dict) and len(value) == 1 and next(iter(value)) in keys
    return next(iter(value.values())) if wrapped else value


def _is_call(node: ast.expr, entry: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == entry


def _bare(read: str, entry: str) -> str:
    text = read.strip().removeprefix("assert ").strip()
    assigned = re.match(r"(?:answer|output|result|x|ans)\s*=(?!=)\s*", text)
    if assigned and entry not in ("answer", "output", "result"):
        text = text[assigned.end() :]
    return text


def _runnable(example: Example, _: object = None) -> _Task:
    task = _Task.of(example)
    task.expected()
    program.must_define(task.code, task.entry)
    return task


@verifier("code_io.input", version=7, reference='{"code", "output"}', lane=Lane.SANDBOX, reads=_runnable)
def input_(example: Example, response: str) -> Verdict:
    """Right when the program returns the output on the predicted input."""
    task = _runnable(example)
    try:
        read = prediction(example, response, text_is_source=not task.is_json)
        job = _run_on(read, task)
    except NotALiteral as bad:
        return Verdict.of(False, read=read[:_MAX_READ], why=str(bad))
    if job is None:
        return late()
    result = ran(job)
    if isinstance(result, Verdict):
        return result
    if not result.loaded and not (job.source != task.code and _loads(task)):
        return Verdict.error(f"the reference's 'code' does not load: {result.outcome}: {result.text}"[:400])
    if result.outcome is not Outcome.DONE:
        return Verdict.of(False, read=read[:_MAX_READ], why=f"on that input: {result.outcome}: {result.text}"[:400])
    why = f"the program returns {_shown(result.value)}"
    return Verdict.of(task.matches(result.value), read=read[:_MAX_READ], why=why)


def _loads(task: _Task) -> bool:
    """Whether the reference loads by itself: then it is the arguments that did not compile."""
    room = limits()
    result = late() if room is None else ran(sandbox.Call(task.code, task.entry, (), {}, room))
    return not isinstance(result, Verdict) and result.loaded


def _run_on(read: str, task: _Task) -> sandbox.Call | None:
    """The job that runs the reference program on the predicted input; `None` when no time is left."""
    room = limits(_CPU_SECONDS)
    if room is None:
        return None
    named = task.is_json and not isinstance(task.given, str)
    if named:
        try:
            args, kwargs = _as_arguments(_unwrapped_json(json.loads(read), ("answer", "input")), task)
            return sandbox.Call(task.code, task.entry, args, kwargs, room)
        except (ValueError, RecursionError):
            pass
    node = _call_of(read, task)
    if node is None:
        args, kwargs = _as_arguments(pyvalue.parse(read), task)
        return sandbox.Call(task.code, task.entry, args, kwargs, room)
    try:
        args, kwargs = _literal_arguments(node)
    except NotALiteral:
        tree = parse(task.code)
        variables = program.defined(tree) - {task.entry} if tree else set()
        if not is_pure_call(node, variables):
            raise
        source = f"{task.code}\ndef {_ON_INPUT}():\n    return {_unparsed(node)}\n"
        return sandbox.Call(source, _ON_INPUT, (), {}, room)
    return sandbox.Call(task.code, task.entry, args, kwargs, room)


def _call_of(read: str, task: _Task) -> ast.Call | None:
    """The call in `f(1, 2)`, `1, 2` or `assert f(1, 2) == 3`; `None` for a value where arguments have names."""
    text = read.strip().removeprefix("assert ").strip()
    try:
        node = pyvalue.expression(text)
    except NotALiteral:
        node = pyvalue.expression(f"{task.entry}({text})")
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        node = node.left if _is_call(node.left, task.entry) else node.comparators[0]
    if not _is_call(node, task.entry):
        if read.lstrip().startswith("assert"):
            raise NotALiteral("an assert that calls nothing predicts no input")
        if not isinstance(task.given, str):
            return None
        node = pyvalue.expression(f"{task.entry}({text})")
    if not isinstance(node, ast.Call):
        raise NotALiteral("not a list of arguments")
    return node


def _literal_arguments(node: ast.Call) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if any(word.arg is None for word in node.keywords):
        raise NotALiteral("not a literal: it unpacks a dictionary")
    kwargs = {str(word.arg): pyvalue.value_of(word.value) for word in node.keywords}
    return tuple(pyvalue.value_of(arg) for arg in node.args), kwargs


def _unparsed(node: ast.Call) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        raise NotALiteral("nested too deeply") from None
    except ValueError as fault:  # a number of very many digits
        raise NotALiteral(f"no arguments: {fault}") from None


def _as_arguments(value: Any, task: _Task) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(task.given, dict):
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise NotALiteral("the input is an object of named arguments")
        return (), value
    return (value,), {}


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # an int of very many digits
        text = f"a huge {type(value).__name__}"
    return text[:200]


def _puzzle(example: Example, _: object = None) -> tuple[str, str]:
    """The program of a puzzle and the name of its check."""
    reference = example.reference
    if not isinstance(reference, dict) or not isinstance(reference.get("code"), str):
        raise BadReference("sat needs a reference with 'code'")
    entry = reference.get("entry_point") or "sat"
    program.must_define(reference["code"], entry)
    return reference["code"], entry


@verifier("sat", version=4, reference='{"code"}', lane=Lane.SANDBOX, reads=_puzzle)
def sat(example: Example, response: str) -> Verdict:
    """Right when `sat(answer)` is True; the answer is a literal, or what a program's `sol()` returns."""
    code, entry = _puzzle(example)
    try:
        answer = _answer_of(example, response)
    except NotALiteral as bad:
        return Verdict.of(False, why=str(bad))
    if isinstance(answer, Verdict):
        return answer
    read = _shown(answer)
    if (wrong := _wrong_type(code, entry, answer)) is not None:
        return Verdict.of(False, read=read, why=wrong)
    room = limits()
    if room is None:
        return late()
    result = ran(sandbox.Call(_PRELUDE + code, entry, (answer,), {}, room))
    if isinstance(result, Verdict):
        return result
    if not result.loaded:
        return Verdict.error(f"the reference's 'code' does not load: {result.outcome}: {result.text}"[:400])
    if result.outcome is not Outcome.DONE:
        return Verdict.of(False, read=read, why=f"{entry}: {result.outcome}: {result.text}"[:400])
    return Verdict.of(result.value is True, read=read, why=f"{entry}(answer) is {_shown(result.value)}")


def _answer_of(example: Example, response: str) -> Any:
    """The answer as data, or the verdict that making it ended in."""
    source = None
    if re.search(r"\bdef\s+sol\b", response):
        source = program.program_of(example, response, ("sol",))
    if source is None:
        return pyvalue.parse(_bare(prediction(example, response), "sat"))
    room = limits()
    if room is None:
        return late()
    made = ran(sandbox.Call(_PRELUDE + source, "sol", (), {}, room))
    if isinstance(made, Verdict) or made.outcome is Outcome.DONE:
        return made if isinstance(made, Verdict) else made.value
    return Verdict.of(False, read=source[:_MAX_READ], why=f"sol: {made.outcome}: {made.text}"[:400])


def _wrong_type(code: str, entry: str, answer: Any) -> str | None:
    """Why the answer is not of the annotated type of the first parameter, as P3 demands; `None` when it is."""
    tree = parse(code)
    for node in tree.body if tree else []:
        if isinstance(node, ast.FunctionDef) and node.name == entry and node.args.args and node.args.args[0].annotation:
            kind = ast.unparse(node.args.args[0].annotation)
            return None if _is_of(answer, kind) else f"the answer is not of type {kind}"
    return None


def _is_of(value: Any, kind: str) -> bool:
    if kind.startswith(("List[", "list[", "Set[", "set[")):
        outer = set if kind[0] in "Ss" else list
        return type(value) is outer and all(_is_of(item, kind[kind.index("[") + 1 : -1]) for item in value)
    plain = {"int": int, "float": float, "bool": bool, "str": str}.get(kind)
    return plain is None or type(value) is plain
