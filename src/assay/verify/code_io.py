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
from assay.errors import BadReference
from assay.sandbox import Outcome
from assay.types import Example, Verdict
from assay.verify import program, pyvalue
from assay.verify.base import verifier
from assay.verify.code import LATE, limits, ran
from assay.verify.extract import NoAnswer, last_marked
from assay.verify.pyvalue import NotALiteral

_PRELUDE = "from typing import *\n"
_TAGS = (("[ANSWER]", "[/ANSWER]"), ("<answer>", "</answer>"))
_JSON_ANSWER = re.compile(r'"(?:answer|output|input)"\s*:\s*', re.IGNORECASE)
_PHRASE = re.compile(
    r"(?:\b(?:answer|output|result|return value|input)\b(?:\s+(?:of|for)\s[^\n:=]{1,80}?)?[*_`\s]*"
    r"(?:\bis\b|\bwill be\b|\bwould be\b|:|=(?!=))|\breturns?:?)[*_\s]*",
    re.IGNORECASE,
)
_MAX_READ = 2000


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
        return (
            pyvalue.same(pyvalue.as_json(value), self.output) if self.is_json else pyvalue.same(value, self.expected())
        )


@verifier("code_io.output", version=1)
def output(example: Example, response: str) -> Verdict:
    """Right when the predicted literal equals the output, types included."""
    task = _Task.of(example)
    task.expected()
    try:
        read = prediction(example, response)
        value = _predicted_output(read, task)
    except NoAnswer as nothing:
        return Verdict.no_answer(str(nothing))
    except NotALiteral as bad:
        return Verdict.of(False, read=read[:_MAX_READ], why=str(bad))
    return Verdict.of(task.matches(value), read=read[:_MAX_READ], why=f"the output is {str(task.output)[:200]}")


def _predicted_output(read: str, task: _Task) -> Any:
    """`value`, `f(...) == value`, `value == f(...)`, `x = value`, with or without `assert`."""
    if task.is_json:
        try:
            return _unwrapped_json(json.loads(read), ("answer", "output"))
        except (ValueError, RecursionError):
            pass
    node = pyvalue.expression(_bare(read, task.entry))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        left, right = node.left, node.comparators[0]
        node = right if _is_call(left, task.entry) else left if _is_call(right, task.entry) else node
    return pyvalue.value_of(node)


def _unwrapped_json(value: Any, keys: tuple[str, ...]) -> Any:
    return (
        next(iter(value.values()))
        if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in keys
        else value
    )


def _is_call(node: ast.expr, entry: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == entry


def _bare(read: str, entry: str) -> str:
    text = read.strip().removeprefix("assert ").strip()
    assigned = re.match(r"(?:answer|output|result|x|ans)\s*=(?!=)\s*", text)
    if assigned and entry not in ("answer", "output", "result"):
        text = text[assigned.end() :]
    return text


@verifier("code_io.input", version=1, runs_programs=True)
def input_(example: Example, response: str) -> Verdict:
    """Right when the program returns the output on the predicted input."""
    task = _Task.of(example)
    task.expected()
    try:
        read = prediction(example, response)
        args, kwargs = _predicted_input(read, task)
    except NoAnswer as nothing:
        return Verdict.no_answer(str(nothing))
    except NotALiteral as bad:
        return Verdict.of(False, read=read[:_MAX_READ], why=str(bad))
    room = limits()
    if room is None:
        return Verdict.timeout(LATE)
    result = ran(sandbox.Call(task.code, task.entry, args, kwargs, room))
    if isinstance(result, Verdict):
        return result
    if result.outcome is not Outcome.DONE:
        return Verdict.of(False, read=read[:_MAX_READ], why=f"on that input: {result.outcome}: {result.text}"[:400])
    return Verdict.of(
        task.matches(result.value), read=read[:_MAX_READ], why=f"the program returns {_shown(result.value)}"
    )


def _predicted_input(read: str, task: _Task) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments as data: `f(1, 2)`, `1, 2`, `assert f(1, 2) == 3`, or JSON where the reference is JSON."""
    if task.is_json and not isinstance(task.given, str):
        try:
            return _as_arguments(_unwrapped_json(json.loads(read), ("answer", "input")), task)
        except (ValueError, RecursionError):
            pass
    text = read.strip().removeprefix("assert ").strip()
    try:
        node = pyvalue.expression(text)
    except NotALiteral:
        node = pyvalue.expression(f"{task.entry}({text})")
    if isinstance(node, ast.Compare):
        node = node.left if _is_call(node.left, task.entry) else node.comparators[0]
    if not _is_call(node, task.entry):
        if task.is_json and not isinstance(task.given, str):
            return _as_arguments(pyvalue.value_of(node), task)
        node = pyvalue.expression(f"{task.entry}({text})")
    assert isinstance(node, ast.Call)
    if any(word.arg is None for word in node.keywords):
        raise NotALiteral("not a literal: it unpacks a dictionary")
    kwargs = {str(word.arg): pyvalue.value_of(word.value) for word in node.keywords}
    return tuple(pyvalue.value_of(arg) for arg in node.args), kwargs


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


def prediction(example: Example, response: str) -> str:
    """The literal that a response predicts, as text: the last marker counts. Raises `NoAnswer`."""
    body = program.spoken(example, response)
    marks: list[tuple[int, str]] = []
    for opening, closing in _TAGS:
        if (at := body.rfind(opening)) >= 0:
            marks.append((at, body[at + len(opening) :].split(closing)[0]))
    marks += [(block.start, block.text) for block in program.fences(body)[-1:]]
    marks += _json_answers(body)
    inside = max((at + len(text) for at, text in marks), default=-1)
    phrase = _last_phrase(body)
    if phrase is not None and phrase[0] > inside:
        marks.append(phrase)
    boxed = last_marked(body)
    if boxed is not None and boxed.marker == "box" and body.rfind("\\boxed") > max((at for at, _ in marks), default=-1):
        marks.append((body.rfind("\\boxed"), boxed.text))
    text = max(marks)[1] if marks else _whole(body)
    text = _clean(text)
    if not text:
        raise NoAnswer("the last answer marker holds nothing")
    return text


def _json_answers(body: str) -> list[tuple[int, str]]:
    last = None
    for last in _JSON_ANSWER.finditer(body):  # noqa: B007 - the last one is wanted
        pass
    if last is None:
        return []
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(body, last.end())
    except (ValueError, RecursionError):
        return []
    return [(last.start(), value if isinstance(value, str) else json.dumps(value))]


def _last_phrase(body: str) -> tuple[int, str] | None:
    last = None
    for last in _PHRASE.finditer(body):  # noqa: B007 - the last one is wanted
        pass
    return None if last is None else (last.start(), body[last.end() :].strip().split("\n")[0])


def _whole(body: str) -> str:
    """A response that is one literal or call; a few-shot completion ends at its closing tag."""
    text = body.split("[/ANSWER]")[0].strip()
    try:
        pyvalue.expression(_clean(text).removeprefix("assert ").strip())
    except NotALiteral:
        try:
            pyvalue.expression(f"f({text})")
        except NotALiteral:
            raise NoAnswer("no answer marker, and the response is not one literal") from None
    node = program.parse(text)
    if node is not None and len(node.body) == 1 and isinstance(getattr(node.body[0], "value", None), ast.Name):
        raise NoAnswer("the response is a word, not a literal")
    return text


def _clean(text: str) -> str:
    text = text.strip()
    if text.startswith("```"):
        blocks = program.fences(text)
        text = blocks[-1].text.strip() if blocks else text
    if len(text) > 1 and text[0] == text[-1] == "`":
        text = text.strip("`").strip()
    if text.endswith(".") and not text[-2:-1].isdigit():
        text = text[:-1].rstrip().strip("`")
    return text.strip("*").strip() if text.startswith("**") else text


@verifier("sat", version=1, runs_programs=True)
def sat(example: Example, response: str) -> Verdict:
    """Right when `sat(answer)` is True; the answer is a literal, or what a program's `sol()` returns."""
    reference = example.reference
    if not isinstance(reference, dict) or not isinstance(reference.get("code"), str):
        raise BadReference("sat needs a reference with 'code'")
    entry = reference.get("entry_point") or "sat"
    try:
        answer = _answer_of(example, response)
    except NoAnswer as nothing:
        return Verdict.no_answer(str(nothing))
    except NotALiteral as bad:
        return Verdict.of(False, why=str(bad))
    if isinstance(answer, Verdict):
        return answer
    read = _shown(answer)
    if (wrong := _wrong_type(reference["code"], entry, answer)) is not None:
        return Verdict.of(False, read=read, why=wrong)
    room = limits()
    if room is None:
        return Verdict.timeout(LATE)
    result = ran(sandbox.Call(_PRELUDE + reference["code"], entry, (answer,), {}, room))
    if isinstance(result, Verdict):
        return result
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
        return Verdict.timeout(LATE)
    made = ran(sandbox.Call(_PRELUDE + source, "sol", (), {}, room))
    if isinstance(made, Verdict) or made.outcome is Outcome.DONE:
        return made if isinstance(made, Verdict) else made.value
    return Verdict.of(False, read=source[:_MAX_READ], why=f"sol: {made.outcome}: {made.text}"[:400])


def _wrong_type(code: str, entry: str, answer: Any) -> str | None:
    """Why the answer is not of the annotated type of the first parameter, as P3 demands; `None` when it is."""
    tree = program.parse(code)
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
