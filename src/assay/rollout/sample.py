"""An engine answers: prompts become responses. No verifier here; `judge.py` is the other half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.models.engine import Completion, Engine, Sampling
from assay.types import Example


def sample(
    engine: Engine, examples: Sequence[Example], n: int, sampling: Sampling, *, chunk: int = 64
) -> Iterator[tuple[list[Example], list[list[Completion]]]]:
    """`n` completions for each Example, `chunk` Examples at a time, in order."""
    for start in range(0, len(examples), chunk):
        block = list(examples[start : start + chunk])
        yield block, engine.generate([example.asked for example in block], n, sampling)
