"""Real simulation: predict the output of a program, or an input that leads to an output (CRUXEval, Code I/O, P3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from assay.sources.files import Hub, Raw, Real, Row, fenced
from assay.types import hashed_seed

ASK = "{problem}\n\nPlease give %s as your final answer, in one ```python code block."
SOLVED = ASK % "the answer, as a Python literal or as a function `sol()` that returns it,"
VALUE = ASK % "the value, as a Python literal,"


def _reference(raw: Raw) -> dict[str, str]:
    return {"code": raw["code"], "entry_point": "f", "input": raw["input"], "output": raw["output"]}


def _output(raw: Raw) -> Iterable[Row]:
    prompt = f"{fenced(raw['code'])}\n\nWhat does `f({raw['input']})` return?"
    yield Row(prompt, _reference(raw), fenced(raw["output"]), template=VALUE)


def _input(raw: Raw) -> Iterable[Row]:
    prompt = f"{fenced(raw['code'])}\n\nFind arguments for which `f(...)` returns `{raw['output']}`."
    yield Row(prompt, _reference(raw), fenced(f"f({raw['input']})"), template=ASK % "the call `f(...)`")


def _call_of(raw: Raw) -> dict[str, Any]:
    """One recorded call of each program, as in Guru."""
    call: dict[str, Any] = raw["ios"][hashed_seed("codeio", raw["refcode"]) % len(raw["ios"])]
    return call


def _codeio(raw: Raw, call: dict[str, Any]) -> tuple[dict[str, Any], str, str]:
    """What a call is asked about: reference, what is told of the program, and the call's arguments."""
    reference = {"code": raw["refcode"], "entry_point": raw["funcname"], **call}
    return reference, f"{raw['problem_description']}\n\n{raw['io_requirements']}\n\n", repr(call["input"])


def _codeio_output(raw: Raw) -> Iterable[Row]:
    reference, told, arguments = _codeio(raw, _call_of(raw))
    asked = f"What does `{raw['funcname']}` return for the arguments `{arguments}`?"
    prompt = f"{told}{fenced(raw['refcode'])}\n\n{asked}"
    yield Row(prompt, reference, fenced(repr(reference["output"])), template=VALUE)


def _codeio_input(raw: Raw) -> Iterable[Row]:
    """Asked of a call with another output than the one that `codeio_output` shows with its arguments; not asked where
    all recorded calls return the same, since any arguments would do."""
    shown = _call_of(raw)
    others = [call for call in raw["ios"] if all(call[part] != shown[part] for part in ("input", "output"))]
    if others:
        yield _from_output(raw, others[hashed_seed("codeio input", raw["refcode"]) % len(others)])


def _from_output(raw: Raw, call: dict[str, Any]) -> Row:
    reference, told, arguments = _codeio(raw, call)
    asked = f"Find arguments for which `{raw['funcname']}` returns `{reference['output']!r}`."
    prompt = f"{told}{fenced(raw['refcode'])}\n\n{asked}"
    template = ASK % "a dictionary from argument name to value"
    return Row(prompt, reference, fenced(arguments), "code_io.input", template=template)


def _codeio_either(raw: Raw) -> Iterable[Row]:
    """Its output or its input, by a coin that is tossed by hash."""
    if hashed_seed("codeio coin", raw["refcode"]) % 2:
        return [_from_output(raw, _call_of(raw))]
    return _codeio_output(raw)


def _codeio_part(raw: Raw) -> str:
    """The origin has no splits: a fifth of the programs, by hash, is held out."""
    return "test" if hashed_seed("codeio split", raw["refcode"]) % 5 == 0 else "train"


def _p3(raw: Raw) -> Iterable[Row]:
    """The docstring says in words what `sat` checks; the answer is whatever makes it true."""
    told = raw["sol_docstring"].strip().strip('"').strip()
    prompt = f"{told}\n\n{fenced(raw['sat'])}\n\nFind an `answer` for which `sat(answer)` is True."
    gold = fenced(f"{raw['sol_header']}\n{raw['sol_bodies'][0]}") if raw["sol_bodies"] else None
    yield Row(prompt.strip(), {"code": raw["sat"]}, gold, template=SOLVED, tags=(f"module:{raw['module']}",))


def _p3_part(raw: Raw) -> str:
    """The puzzles that were made from HumanEval are held out with it."""
    return "test" if raw["module"] == "human_eval.py" else "train"


cruxeval_output = Real(
    name="simulation/cruxeval_output",
    about="CRUXEval-O: what does this call return?",
    licence="MIT",
    verifier="code_io.output",
    eval_only=True,
    files={"test": "simulation/cruxeval.jsonl"},
    sizes={"test": 800},
    row=_output,
    hub=Hub("cruxeval-org/cruxeval"),
)
cruxeval_input = Real(
    name="simulation/cruxeval_input",
    about="CRUXEval-I: which call returns this?",
    licence="MIT",
    verifier="code_io.input",
    eval_only=True,
    files={"test": "simulation/cruxeval.jsonl"},
    sizes={"test": 800},
    row=_input,
    hub=Hub("cruxeval-org/cruxeval"),
)


def _code_io(
    name: str, about: str, verifier: str, row: Callable[[Raw], Iterable[Row]], train: int = 358, test: int = 106
) -> Real:
    """A way to ask the programs of Code I/O."""
    return Real(
        name=name,
        about=f"Code I/O programs{about}",
        licence="none stated at the origin",
        verifier=verifier,
        home="https://github.com/hkust-nlp/CodeIO (processed_data)",
        files=dict.fromkeys(("train", "test"), "simulation/codeio_464.jsonl"),
        sizes={"train": train, "test": test},
        row=row,
        part=_codeio_part,
        proofs={"reached": 0.12, "gold": 0.02},
    )


codeio_output = _code_io(
    "simulation/codeio_output", ": what does this program return?", "code_io.output", _codeio_output
)
codeio_input = _code_io(
    "simulation/codeio_input",
    ": which arguments make this program return that?",
    "code_io.input",
    _codeio_input,
    train=317,
    test=99,
)
codeio = _code_io(
    "simulation/codeio",
    " as Guru asks them: of each either what it returns or which arguments lead to that",
    "code_io.output",
    _codeio_either,
)
p3 = Real(
    name="simulation/p3",
    about="Python Programming Puzzles: find an input that makes a check true; those made from HumanEval are the test",
    licence="MIT",
    verifier="sat",
    home="https://github.com/microsoft/PythonProgrammingPuzzles (puzzles)",
    files=dict.fromkeys(("train", "test"), "simulation/p3_puzzles.jsonl"),
    sizes={"train": 920, "test": 795},
    row=_p3,
    part=_p3_part,
    proofs={"gold": 0.01},
)
