"""Every family of answers that a careful grader would judge so: each verdict of it is right or not, as its rows say."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from assay.judging.session import verify_many
from assay.types import Example, as_messages

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases/families/answers.jsonl").read_text("utf-8").splitlines()
]
FAMILIES: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _row in ROWS:  # a family's rows need not stand together
    FAMILIES[_row["family"]].append(_row)


def _example(row: dict[str, Any]) -> Example:
    asked = as_messages(row.get("prompt") or "Answer the question.")
    return Example(prompt=asked, reference=row["reference"], verifier=row["verifier"], params=row.get("params") or {})


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_judged_as_a_careful_grader_would(family: str) -> None:
    rows = FAMILIES[family]
    verdicts = verify_many([_example(row) for row in rows], [row["response"] for row in rows], deadline=20.0)
    off = [
        (row["verifier"], row["reference"], row["response"], str(verdict))
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.is_correct != (row["expected"] == "correct")
    ]
    assert off == []
