"""Real code: short Python functions with unit tests."""

from __future__ import annotations

from collections.abc import Iterable

from assay.sources.files import Hub, Raw, Real, Row, fenced

ASK = "\n\nPlease write the solution in one ```python code block."


def _mbpp(raw: Raw) -> Iterable[Row]:
    """The assertion says what the function is called and given: how the answer is to look, not what is asked."""
    template = f"{{problem}} Your code should satisfy the following assertion:\n{fenced(raw['test_list'][0])}{ASK}"
    reference = {"tests": raw["test_list"]} | ({"setup": raw["test_setup_code"]} if raw["test_setup_code"] else {})
    gold = fenced(raw["code"].replace("\r\n", "\n"))
    yield Row(raw["text"], reference, gold, template=template, tags=(f"task:{raw['task_id']}",))


def _mbpp_part(raw: Raw) -> str:
    """The official ranges of task ids."""
    task = int(raw["task_id"])
    return "fewshot" if task <= 10 else "test" if task <= 510 else "validation" if task <= 600 else "train"


def _humaneval(raw: Raw) -> Iterable[Row]:
    reference = {"tests": raw["test"], "entry_point": raw["entry_point"]}
    gold = fenced(raw["prompt"] + raw["canonical_solution"])
    template = f"Complete the following Python function.\n\n{{problem}}{ASK}"
    yield Row(fenced(raw["prompt"]), reference, gold, template=template, tags=(f"task:{raw['task_id']}",))


mbpp = Real(
    name="code/mbpp",
    about="Mostly basic Python problems, with the official ranges of task ids as splits",
    licence="CC BY 4.0",
    verifier="code.tests",
    files=dict.fromkeys(("train", "test", "validation", "fewshot"), "code/mbpp.jsonl"),
    row=_mbpp,
    part=_mbpp_part,
    hub=Hub("google-research-datasets/mbpp", "full", {"fewshot": "prompt"}),
)
humaneval = Real(
    name="code/humaneval",
    about="Hand-written functions with docstrings and tests",
    licence="MIT",
    verifier="code.tests",
    eval_only=True,
    files={"test": "code/humaneval.jsonl"},
    row=_humaneval,
    hub=Hub("openai/openai_humaneval"),
)
