"""Assay's rewards inside verl: `reward.custom_reward_function.path=pkg://assay.serve.verl`, `name=compute_score`.

verl calls the function once a response and collects the keys of what it returns into columns, so every row gets the
same keys whatever its domain. verl has no way to skip a row: a verdict without a score (`timeout`, `error`) is returned
with `score` 0 and `counted` 0, so that it can be seen and filtered, or raised when `on_error="raise"` is given as a
reward keyword. A process whose first verdicts are all without a score raises in any case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal

from assay.corpus.verl import OURS, example_of
from assay.errors import AssayError, BadConfig
from assay.rollout.text import response_text
from assay.serve.columns import verdicts_of
from assay.serve.nulls import refuse_null_start, warn_of_nulls
from assay.turns import known_tag, plain
from assay.types import Attempt, Example, Verdict, canonical

KEYS = ("score", "acc", "counted", "status", "pred", "why", "seconds", "verifier", "version")
"""The keys of every result, in this order. verl averages every number among them, so facts are text."""


class Result(dict[str, Any]):
    """One result; `result[0]` is its score, as verl's older `prime` manager reads it."""

    def __missing__(self, key: Any) -> Any:
        if key == 0:
            return self["score"]
        raise KeyError(key)


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    routes: Mapping[str, str] | None = None,
    deadline: float | None = None,
    thinking: str = "",
    on_error: Literal["zero", "raise"] = "zero",
    **_: Any,
) -> Result:
    """verl's reward contract (`compute_score(data_source, solution_str, ground_truth, extra_info)`).

    Rows that `assay.corpus.verl` wrote are judged by their own verifier; others by the one that `routes` names for
    their `data_source`, or else by its known route. Raises `BadConfig` where there is none; a row whose reference
    cannot be read is an `error` verdict, never a wrong answer. `thinking` is the tag that the model's chat template
    opens, if any: a response that is cut before that part closes is `no_answer`.
    """
    payload = extra_info.get(OURS) if isinstance(extra_info, Mapping) else None  # nothing else in it is ours to read
    truth, route = plain(ground_truth), (routes or {}).get(data_source)
    try:
        if route and not payload:
            example = Example(prompt="", reference=truth, verifier=route, source=data_source)
        else:
            example = example_of(data_source, canonical(truth), payload or "")
    except BadConfig:
        raise
    except (ValueError, TypeError) as bad:
        verdict = Verdict.error(f"the row cannot be read: {bad}")
    else:
        attempt = Attempt(response=response_text(solution_str), thinking=known_tag(thinking))
        verdict = verdicts_of([example], [attempt], deadline=deadline)[0]
    warn_of_nulls([verdict], [data_source])
    refuse_null_start(verdict)
    if on_error == "raise" and not verdict.counts:
        raise AssayError(f"{data_source}: {verdict.status}: {verdict.why}")
    return _result(verdict)


def compute_score_batch(
    data_sources: Sequence[str],
    solution_strs: Sequence[str],
    ground_truths: Sequence[Any],
    extra_infos: Sequence[Mapping[str, Any] | None],
    *,
    workers: int = 2,
    **how: Any,
) -> list[Result]:
    """The contract of verl's older `batch` manager; the other keywords are those of `compute_score`."""
    with ThreadPoolExecutor(workers) as threads:
        judged = partial(compute_score, **how)
        return list(threads.map(judged, data_sources, solution_strs, ground_truths, extra_infos))


def _result(verdict: Verdict) -> Result:
    score, right, counts = verdict.score or 0.0, float(verdict.is_correct), float(verdict.counts)
    facts = (str(verdict.status), verdict.read or "", verdict.why, f"{verdict.seconds:.3f}")
    values = (score, right, counts, *facts, verdict.verifier, str(verdict.version))
    return Result(zip(KEYS, values, strict=True))
