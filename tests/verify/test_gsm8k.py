"""OpenAI's labels of recorded GSM8K solutions, reproduced by `number` from the solutions as they stand."""

from assay.judging.session import verify
from assay.types import Example
from realdata import rows


def test_labels_are_reproduced() -> None:
    agree = total = 0
    for row in rows("labelled/gsm8k_openai_solutions_labelled.jsonl.gz"):
        reference = row["ground_truth"].rpartition("A: ")[2]
        example = Example(prompt=row["question"], reference=reference, verifier="number")
        for solution in (value for value in row.values() if isinstance(value, dict)):
            verdict = verify(example, solution["solution"], deadline=20.0)
            assert verdict.counts, verdict
            agree += verdict.is_correct == solution["is_correct"]
            total += 1
    assert (agree, total) == (5276, 5276)
