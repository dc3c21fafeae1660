"""Whole data sets: reference solutions pass, and the labels of an execution grader are reproduced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from assay import sandbox
from assay.judging.session import verify_many
from assay.types import Example
from realdata import rows

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)]


def refused(pairs: Iterable[tuple[Example, str]]) -> list[tuple[int, str]]:
    """Numbers and reasons of the pairs whose verdict is not correct."""
    examples, responses = zip(*pairs, strict=True)
    verdicts = verify_many(examples, responses, workers=2)
    return [(n, v.why) for n, v in enumerate(verdicts) if not v.is_correct]


@pytest.mark.parametrize("form", ["body", "program"])
def test_humaneval_references_pass(form: str) -> None:
    pairs = []
    for row in rows("code/humaneval.jsonl"):
        reference = {"tests": row["test"], "entry_point": row["entry_point"]}
        whole = f"```python\n{row['prompt']}{row['canonical_solution']}```"
        response = row["canonical_solution"] if form == "body" else whole
        pairs.append((Example(prompt=row["prompt"], reference=reference, verifier="code.tests"), response))
    assert len(pairs) == 164 and refused(pairs) == []


def test_mbpp_references_pass() -> None:
    pairs = []
    for row in rows("code/mbpp.jsonl"):
        reference = {"tests": row["test_list"], "setup": row["test_setup_code"]}
        example = Example(prompt=row["text"], reference=reference, verifier="code.tests")
        pairs.append((example, f"```python\n{row['code']}\n```"))
    assert len(pairs) == 974 and refused(pairs) == []


def test_leetcode_references_pass() -> None:
    first, *_ = rows("code/leetcodedataset_v031_test.jsonl.gz")
    setup = first["prompt"]  # imports, ListNode, TreeNode and their helpers
    pairs = []
    for row in rows("code/leetcode_train_rllm.jsonl.gz")[::12]:
        if "sortedcontainers" in row["solutions"]:
            continue  # not in the standard library
        reference = {"tests": row["tests"]["functional"], "setup": setup}
        example = Example(prompt=row["problem"], reference=reference, verifier="code.tests")
        pairs.append((example, f"```python\n{row['solutions']}\n```"))
    assert refused(pairs) == []


def test_puzzle_solutions_pass() -> None:
    pairs = []
    for row in [row for row in rows("simulation/p3_puzzles.jsonl") if row["sol_bodies"]][::5]:
        example = Example(prompt="", reference={"code": row["sat"]}, verifier="sat")
        pairs.append((example, f"```python\n{row['sol_header']}\n{row['sol_bodies'][0]}\n```"))
    assert refused(pairs) == []


def cruxeval(kind: str, row: dict[str, Any]) -> Example:
    reference = {name: row[name] for name in ("code", "input", "output")}
    return Example(prompt="", reference=reference, verifier=f"code_io.{kind}")


@pytest.mark.parametrize("kind", ["input", "output"])
def test_cruxeval_gold_answers_pass(kind: str) -> None:
    pairs = [
        (cruxeval(kind, row), f"f({row['input']}) == {row['output']}") for row in rows("simulation/cruxeval.jsonl")
    ]
    assert len(pairs) == 800 and refused(pairs) == []


@pytest.mark.parametrize("kind", ["input", "output"])
def test_cruxeval_labels_are_reproduced(kind: str) -> None:
    problems = {row["id"]: row for row in rows("simulation/cruxeval.jsonl")}
    labels = {}
    for row in rows(f"labelled/cruxeval_codellama7b_{kind}_scored.jsonl")[:: 1 if kind == "output" else 8]:
        labels |= {(row["id"], text): score for text, score in zip(row["generations"], row["scores"], strict=True)}
    pairs = [(cruxeval(kind, problems[name]), text) for name, text in labels]
    wrong = {n for n, _ in refused(pairs)}
    assert [pair for n, (pair, score) in enumerate(labels.items()) if (n not in wrong) != score] == []
