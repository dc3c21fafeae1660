"""Assay's rewards inside AReaL 1.0: `reward_fn="assay.serve.areal.reward"`, for rows with our columns.

AReaL calls it in a pool of processes and tries it again where it raises, as it does for a verdict without a score; an
episode without a reward is then left out. Its limit of 15 s is for `AsyncRewardWrapper(timeout_seconds=...)` to raise
where programs take longer: AReaL itself makes a 0 of what is late.
"""

from __future__ import annotations

from typing import Any

from assay.serve.columns import verdict_on
from assay.serve.nulls import reward_of


def reward(prompt: str, completions: str, prompt_ids: Any = None, completion_ids: Any = None, **row: Any) -> float:
    """The score of a response, by the columns `example`, or `verifier` and `reference`.

    Raises `AssayError` where there is none.
    """
    return reward_of(verdict_on(row, completions, prompt=prompt))
