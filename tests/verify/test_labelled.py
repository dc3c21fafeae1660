"""People's and benchmarks' labels of recorded answers, beside ours: short answers, letters and predicted outputs."""

from __future__ import annotations

import json
import re
from typing import Any

from assay.judging.verifier import VERIFIERS
from assay.literals import pyvalue
from assay.reading.words import fold
from assay.types import Example, Verdict
from realdata import rows


def _verdict(name: str, reference: Any, response: str, prompt: str = "Answer the question.", **params: Any) -> Verdict:
    return VERIFIERS.get(name)(Example(prompt=prompt, reference=reference, verifier=name, params=params), response)


def _balanced_error(pairs: list[tuple[bool, bool]]) -> float:
    """Mean of the shares of right answers refused and of wrong answers accepted."""
    right = [said for said, label in pairs if label]
    wrong = [said for said, label in pairs if not label]
    return (1 - sum(right) / len(right) + sum(wrong) / len(wrong)) / 2


def test_short_answers_are_judged_better_than_by_equality_or_containment() -> None:
    ours, equal, contained = [], [], []
    for row in rows("labelled/qa_eval_nq_human.jsonl.gz")[::3]:
        accepted = [alias for alias in row["golden_answer"].split("/") if alias.strip()]
        label, said = row["is_correct"], fold(row["answer"])
        ours.append((_verdict("text", accepted, row["answer"], row["question"], match="stated").is_correct, label))
        equal.append((said in map(fold, accepted), label))
        contained.append((any(f" {fold(alias)} " in f" {said} " for alias in accepted), label))
    assert _balanced_error(ours) < _balanced_error(contained) - 0.005
    assert _balanced_error(ours) < _balanced_error(equal) - 0.25


def test_answers_about_tables_agree_with_their_labels() -> None:
    agree = total = accepted_wrongly = 0
    for row in rows("labelled/tablellm_wtq_judged.jsonl"):
        answer = row["assistant_answer"]
        said = _verdict("text", row["reference_answer"], answer, row["question"], match="stated").is_correct
        agree += said == row["label"]
        accepted_wrongly += said and not row["label"]
        total += 1
    assert agree / total > 0.96
    assert accepted_wrongly / total < 0.005


def test_letters_are_read_as_the_benchmark_read_them() -> None:
    same = total = 0
    for row in rows("labelled/mmlu_pro_outputs_llama3-8b-base.jsonl.gz"):
        verdict = _verdict("choice", row["answer"], row["output"])
        same += (verdict.read if verdict.score or verdict.status == "incorrect" else None) == row["pred"]
        total += 1
    assert same / total > 0.995


def test_outputs_that_are_the_same_literal_are_found() -> None:
    """More of them than by comparing strings, and none that is another value."""
    gold = {row["id"]: row["answer"] for row in rows("labelled/zeroeval_crux_questions.jsonl")}
    found = 0
    for row in rows("labelled/zeroeval_crux_outputs.jsonl.gz")[::10]:
        stated = re.search(r'"answer"\s*:\s*("(?:[^"\\]|\\.)*")\s*\}[\s`]*\Z', row["output"])
        if stated is None or row["output"].count('"answer"') > 1:
            continue
        try:
            value = pyvalue.parse(json.loads(stated[1], strict=False))
        except ValueError:
            continue
        output = gold[row["id"]]
        verdict = _verdict("code_io.output", {"code": "", "input": "", "output": output}, row["output"])
        assert verdict.is_correct == pyvalue.same(value, pyvalue.parse(output)), row["output"]
        found += verdict.is_correct and json.loads(stated[1], strict=False) != output
    assert found > 100
