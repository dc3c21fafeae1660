"""Judging a constrained Example: is its answer right, and which of its constraints does the response follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.errors import AssayError
from assay.judging.session import verify_many
from assay.types import Attempt, Example, Verdict

INSTRUCTIONS = "instructions"
"""Where a constrained Example keeps what was asked besides, under `extra`; also the verifier that judges it."""


@dataclass(frozen=True, slots=True)
class Constrained:
    """Two judgments of one response, made apart: neither knows of the other."""

    correct: Verdict
    """Of the Example's own verifier."""
    followed: tuple[Verdict, ...]
    """One for each constraint, in the order in which they were asked."""


def judge_constrained(
    examples: Sequence[Example], responses: Sequence[str | Attempt], *, workers: int = 1, deadline: float | None = None
) -> list[Constrained]:
    """Both judgments of each pair, in order; constraints are read on the part after the thinking.

    Raises `AssayError` for an Example without constraints (`assay.curate.constrain` adds them).
    """
    if len(examples) != len(responses):
        raise ValueError(f"{len(examples)} examples but {len(responses)} responses: give one example a response")
    asked = [[example, *_single(example)] for example in examples]
    flat = [each for group in asked for each in group]
    texts = [response for group, response in zip(asked, responses, strict=True) for _ in group]
    verdicts = iter(verify_many(flat, texts, workers=workers, deadline=deadline))
    return [Constrained(next(verdicts), tuple(next(verdicts) for _ in group[1:])) for group in asked]


def _single(example: Example) -> list[Example]:
    """An Example of the verifier `instructions` for each constraint alone."""
    asked = example.extra.get(INSTRUCTIONS)
    if not asked:
        raise AssayError(f"example {example.id} has no constraints; assay.curate.constrain.constrain adds them")
    return [
        Example(
            prompt=example.prompt,
            reference={"instruction_id_list": [name], "kwargs": [given]},
            verifier=INSTRUCTIONS,
        )
        for name, given in zip(asked["instruction_id_list"], asked["kwargs"], strict=True)
    ]
