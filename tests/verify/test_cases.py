"""Every line of tests/cases/*.jsonl has the verdict that it expects."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from assay.judging.session import verify
from assay.judging.verifier import VERIFIERS
from assay.types import Example, as_messages

CASES = Path(__file__).parents[1] / "cases"
FIELDS = {
    "source",
    "verifier",
    "params",
    "prompt",
    "reference",
    "response",
    "expected",
    "score",
    "says",
    "why",
    "until",
}


def _cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found.append(pytest.param(json.loads(line), id=f"{path.stem}-{number}"))
    return found


@pytest.mark.parametrize("case", _cases())
def test_case_has_its_verdict(case: dict[str, Any]) -> None:
    assert set(case) <= FIELDS
    if "until" in case and sys.version_info >= tuple(map(int, case["until"].split("."))):
        pytest.skip(f"holds before Python {case['until']}")
    example = Example(
        prompt=as_messages(case.get("prompt") or "Answer the question."),
        reference=case["reference"],
        verifier=case["verifier"],
        params=case.get("params") or {},
    )
    deadline = None if VERIFIERS.get(case["verifier"]).runs_programs else 20.0
    verdict = verify(example, case["response"], deadline=deadline)
    assert verdict.status == case["expected"], f"{case['why']}: {verdict}"
    assert verdict.score == pytest.approx(case.get("score", verdict.score)), f"{case['why']}: {verdict}"
    assert case.get("says", "") in verdict.why, f"{case['why']}: {verdict}"


def test_honest_styles_are_accepted() -> None:
    """Each line of styles.jsonl is right by what a careful reader says; those that stay refused say so in `why`."""
    styles = [json.loads(line) for line in (CASES / "styles.jsonl").read_text(encoding="utf-8").splitlines()]
    refused = [case["why"] for case in styles if case["expected"] != "correct"]
    assert len(styles) >= 240 and len(styles) - len(refused) >= 225
    assert all(why.startswith("refused: ") for why in refused)
