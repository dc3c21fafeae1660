"""OpenAI's labels of recorded GSM8K solutions, reproduced by `number` from the solutions as they stand."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from assay.types import Example
from assay.verify.run import verify

DATA = Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[3] / "shared" / "data")
LABELLED = DATA / "labelled" / "gsm8k_openai_solutions_labelled.jsonl.gz"


@pytest.mark.skipif(not LABELLED.exists(), reason=f"no {LABELLED.name}: set ASSAY_DATA to the data directory")
def test_labels_are_reproduced() -> None:
    agree = total = 0
    with gzip.open(LABELLED, "rt", encoding="utf-8") as rows:
        for line in rows:
            row = json.loads(line)
            reference = row["ground_truth"].rpartition("A: ")[2]
            example = Example(prompt=row["question"], reference=reference, verifier="number")
            for solution in (value for value in row.values() if isinstance(value, dict)):
                verdict = verify(example, solution["solution"], deadline=20.0)
                assert verdict.counts, verdict
                agree += verdict.is_correct == solution["is_correct"]
                total += 1
    assert (agree, total) == (5276, 5276)
