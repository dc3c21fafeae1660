"""Reference solutions pass, and the labels of an execution grader are reproduced: a share, or whole data sets."""

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


share = pytest.mark.parametrize("share", [16, pytest.param(1, marks=pytest.mark.soak)], ids=["share", "whole"])
"""One row in so many."""


def refused(pairs: Iterable[tuple[Example, str]]) -> list[tuple[int, str]]:
    """Numbers and reasons of the pairs whose verdict is not correct."""
    examples, responses = zip(*pairs, strict=True)
    verdicts = verify_many(examples, responses, workers=2)
    return [(n, v.why) for n, v in enumerate(verdicts) if not v.is_correct]


@share
@pytest.mark.parametrize("form", ["body", "program"])
def test_humaneval_references_pass(form: str, share: int) -> None:
    pairs = []
    for row in rows("code/humaneval.jsonl")[::share]:
        reference = {"tests": row["test"], "entry_point": row["entry_point"]}
        whole = f"```python\n{row['prompt']}{row['canonical_solution']}```"
        response = row["canonical_solution"] if form == "body" else whole
        pairs.append((Example(prompt=row["prompt"], reference=reference, verifier="code.tests"), response))
    assert len(pairs) == -(-164 // share) and refused(pairs) == []


@share
def test_mbpp_references_pass(share: int) -> None:
    pairs = []
    for row in rows("code/mbpp.jsonl")[::share]:
        reference = {"tests": row["test_list"], "setup": row["test_setup_code"]}
        example = Example(prompt=row["text"], reference=reference, verifier="code.tests")
        pairs.append((example, f"```python\n{row['code']}\n```"))
    assert len(pairs) == -(-974 // share) and refused(pairs) == []


@share
def test_leetcode_references_pass(share: int) -> None:
    first, *_ = rows("code/leetcodedataset_v031_test.jsonl.gz")
    setup = first["prompt"]  # imports, ListNode, TreeNode and their helpers
    pairs = []
    for row in rows("code/leetcode_train_rllm.jsonl.gz")[::share]:
        if "sortedcontainers" in row["solutions"]:
            continue  # not in the standard library
        reference = {"tests": row["tests"]["functional"], "setup": setup}
        example = Example(prompt=row["problem"], reference=reference, verifier="code.tests")
        pairs.append((example, f"```python\n{row['solutions']}\n```"))
    assert pairs and refused(pairs) == []


TOO_LARGE = {"Fibonacci:2", "Fibonacci:4", "BoxVolume:1", "ExponentialCoinMoves:0"}
"""Puzzles whose solution, or a number in them, is larger than what a sandbox hands over."""


@share
def test_puzzle_solutions_pass(share: int) -> None:
    pairs = []
    for row in rows("simulation/p3_puzzles.jsonl")[::share]:
        if row["name"] in TOO_LARGE or not row["sol_bodies"]:
            continue
        example = Example(prompt="", reference={"code": row["sat"]}, verifier="sat")
        pairs.append((example, f"```python\n{row['sol_header']}\n{row['sol_bodies'][0]}\n```"))
    assert pairs and refused(pairs) == []


def cruxeval(kind: str, row: dict[str, Any]) -> Example:
    reference = {name: row[name] for name in ("code", "input", "output")}
    return Example(prompt="", reference=reference, verifier=f"code_io.{kind}")


@share
@pytest.mark.parametrize("kind", ["input", "output"])
def test_cruxeval_gold_answers_pass(kind: str, share: int) -> None:
    chosen = rows("simulation/cruxeval.jsonl")[::share]
    pairs = [(cruxeval(kind, row), f"f({row['input']}) == {row['output']}") for row in chosen]
    assert len(pairs) == -(-800 // share) and refused(pairs) == []


@share
@pytest.mark.parametrize("kind", ["input", "output"])
def test_cruxeval_labels_are_reproduced(kind: str, share: int) -> None:
    problems = {row["id"]: row for row in rows("simulation/cruxeval.jsonl")}
    labels = {}
    step = share if kind == "output" or share == 1 else 4 * share  # an input is a program to run
    for row in rows(f"labelled/cruxeval_codellama7b_{kind}_scored.jsonl")[::step]:
        labels |= {(row["id"], text): score for text, score in zip(row["generations"], row["scores"], strict=True)}
    pairs = [(cruxeval(kind, problems[name]), text) for name, text in labels]
    wrong = {n for n, _ in refused(pairs)}
    assert [pair for n, (pair, score) in enumerate(labels.items()) if (n not in wrong) != score] == []
