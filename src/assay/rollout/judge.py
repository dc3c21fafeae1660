"""The one place where a response meets a verifier: rewards, difficulty, evaluation and grading all come here."""

from __future__ import annotations

from collections.abc import Sequence

from assay.types import Example, Verdict
from assay.verify.run import verify_many


def judge(
    examples: Sequence[Example], responses: Sequence[str], *, workers: int = 1, deadline: float | None = None
) -> list[Verdict]:
    """The verdict on each response to the example beside it, in order; a pair that occurs twice is judged once.

    `deadline` is seconds a verdict; by default the verifier's own. Raises `UnknownName` for a verifier that is not
    registered and `ValueError` when the lengths differ.
    """
    if len(examples) != len(responses):
        raise ValueError(f"{len(examples)} examples but {len(responses)} responses: give one example a response")
    pairs = list(zip((example.id for example in examples), responses, strict=True))
    first: dict[tuple[str, str], int] = {}
    for place, pair in enumerate(pairs):
        first.setdefault(pair, place)
    places = list(first.values())
    verdicts = verify_many(
        [examples[i] for i in places], [responses[i] for i in places], workers=workers, deadline=deadline
    )
    made = dict(zip(first, verdicts, strict=True))
    return [made[pair] for pair in pairs]
