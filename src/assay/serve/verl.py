"""Assay's rewards inside verl: `reward.custom_reward_function.path=<this file>`, `name=compute_score`.

verl calls the function once a response and collects the keys of the dict that it returns into columns, so every row
gets the same keys whatever its domain. verl has no way to skip a row: a verdict without a score (`timeout`, `error`)
is judged once more, and then returned with `score` 0 and `counted` 0, so that it can be seen and filtered, or raised
when `on_error="raise"` is given as a reward keyword.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from assay.corpus.verl import from_verl
from assay.errors import AssayError
from assay.rollout.judge import judge
from assay.types import Example, Verdict, canonical

KEYS = ("score", "acc", "counted", "status", "pred", "why", "seconds", "verifier", "version")
"""The keys of every result, in this order."""


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    deadline: float | None = None,
    on_error: Literal["zero", "raise"] = "zero",
    **_: Any,
) -> dict[str, Any]:
    """verl's reward contract (`compute_score(data_source, solution_str, ground_truth, extra_info)`).

    Rows that `assay.corpus.verl` exported are judged by their own verifier; foreign Guru rows by their `data_source`.
    A row that neither fits is an `error` verdict with the reason, never a wrong answer.
    """
    try:
        row = {"data_source": data_source, "reward_model": {"ground_truth": ground_truth}, "extra_info": extra_info}
        example = _example(canonical(row))
    except (ValueError, TypeError) as bad:
        verdict = Verdict.error(f"the row cannot be read: {bad}")
    else:
        verdict = _judged(example, solution_str, deadline)
    if not verdict.counts and on_error == "raise":
        raise AssayError(f"{verdict.status}: {verdict.why}")
    values = (
        verdict.score or 0.0,
        float(verdict.is_correct),
        float(verdict.counts),
        str(verdict.status),
        verdict.read or "",
        verdict.why,
        verdict.seconds,
        verdict.verifier,
        verdict.version,
    )
    return dict(zip(KEYS, values, strict=True))


@lru_cache(maxsize=4096)
def _example(row: str) -> Example:
    return from_verl(json.loads(row))


def _judged(example: Example, response: str, deadline: float | None) -> Verdict:
    verdict = judge([example], [response], deadline=deadline)[0]
    return verdict if verdict.counts else judge([example], [response], deadline=deadline)[0]
