"""The only place where a verdict becomes a number."""

from __future__ import annotations

from assay.types import Verdict


def reward(verdict: Verdict) -> float | None:
    """The verdict's score, or `None` where the model is not to blame: such a row is skipped, never paid 0."""
    return verdict.score
