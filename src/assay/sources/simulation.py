"""Real simulation: predict the output of a program, or an input that leads to an output (CRUXEval)."""

from __future__ import annotations

from collections.abc import Iterable

from assay.sources.files import Hub, Raw, Real, Row, fenced

ASK = "\n\nPlease output only {} in one ```python code block."


def _reference(raw: Raw) -> dict[str, str]:
    return {"code": raw["code"], "entry_point": "f", "input": raw["input"], "output": raw["output"]}


def _output(raw: Raw) -> Iterable[Row]:
    asked = f"What does `f({raw['input']})` return?{ASK.format('the value, as a Python literal,')}"
    yield Row(f"{fenced(raw['code'])}\n\n{asked}", _reference(raw), fenced(raw["output"]))


def _input(raw: Raw) -> Iterable[Row]:
    asked = f"Find arguments for which `f(...)` returns `{raw['output']}`.{ASK.format('the call `f(...)`')}"
    yield Row(f"{fenced(raw['code'])}\n\n{asked}", _reference(raw), fenced(f"f({raw['input']})"))


cruxeval_output = Real(
    name="simulation/cruxeval_output",
    domain="simulation",
    about="CRUXEval-O: what does this call return?",
    licence="MIT",
    verifier="code_io.output",
    splits=("test",),
    files={"test": "simulation/cruxeval.jsonl"},
    row=_output,
    hub=Hub("cruxeval-org/cruxeval"),
)
cruxeval_input = Real(
    name="simulation/cruxeval_input",
    domain="simulation",
    about="CRUXEval-I: which call returns this?",
    licence="MIT",
    verifier="code_io.input",
    splits=("test",),
    files={"test": "simulation/cruxeval.jsonl"},
    row=_input,
    hub=Hub("cruxeval-org/cruxeval"),
)
