"""Several criteria, each judged apart by a verifier of its own, and one score of them.

The reference is a list of criteria: `{"name": ..., "verifier": ..., "reference": ..., "params": {...}, "weight": 1}`.
`combine` says what they make: `weighted`, the share of the weight that is met, as rubrics do; `mean`, without weights;
`min`, the lowest score, as critics are paid for accuracy and format (CriticLean, arXiv 2507.06181, section 4.2); `all`,
1 where every criterion is met in full and else 0. A criterion that has no score leaves the whole without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from assay.errors import BadReference, did_you_mean
from assay.judging.session import verify_many
from assay.judging.verifier import VERIFIERS, Context, Lane, Params, Verifier
from assay.types import Attempt, Example, Status, Verdict, content_hash

KEYS = ("name", "verifier", "reference", "params", "weight")
_NEEDED = ("name", "verifier", "reference")


@dataclass(frozen=True)
class RubricParams(Params):
    """Parameters of `rubric`."""

    combine: Literal["weighted", "mean", "min", "all"] = "weighted"
    """What the scores of the criteria make."""


@dataclass(frozen=True)
class Criterion:
    """One thing that is judged."""

    name: str
    weight: float
    example: Example
    """The problem with the criterion's own reference and verifier."""


Scored = Sequence[tuple[float, float]]
"""(score, weight) of each criterion."""
COMBINED: Mapping[str, Callable[[Scored], float]] = {
    "weighted": lambda scored: sum(score * weight for score, weight in scored) / sum(weight for _, weight in scored),
    "mean": lambda scored: sum(score for score, _ in scored) / len(scored),
    "min": lambda scored: min(score for score, _ in scored),
    "all": lambda scored: float(all(score >= 1 for score, _ in scored)),
}
"""By name."""


def criteria(example: Example, params: RubricParams) -> list[Criterion]:
    """The criteria of a rubric. Raises `BadReference`, also where a criterion's own reference cannot be read."""
    rows = example.reference
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise BadReference("a rubric is a list of criteria, each an object with name, verifier and reference")
    made = [_criterion(example, row) for row in rows]
    if len({one.name for one in made}) < len(made):
        raise BadReference("two criteria of a rubric have one name")
    return made


def _criterion(example: Example, row: Mapping[str, Any]) -> Criterion:
    if unknown := [key for key in row if key not in KEYS]:
        raise BadReference(f"a criterion has no {unknown[0]!r}{did_you_mean(str(unknown[0]), KEYS)}")
    if missing := [key for key in _NEEDED if key not in row]:
        raise BadReference(f"a criterion needs {' and '.join(missing)}")
    name, verifier, weight = row["name"], row["verifier"], row.get("weight", 1)
    if type(weight) not in (int, float) or not 0 < weight < float("inf"):
        raise BadReference(f"the weight of {name!r} is above 0, not {weight!r}")
    if verifier not in VERIFIERS or verifier == "rubric" or VERIFIERS.get(verifier).group:
        raise BadReference(f"the criterion {name!r} names a verifier of one response, not {verifier!r}")
    own = replace(example, reference=row["reference"], verifier=verifier, params=dict(row.get("params", {})))
    VERIFIERS.get(verifier).check(own)
    return Criterion(str(name), float(weight), own)


def _weights(example: Example, params: RubricParams) -> str:
    """Fingerprint of the models and heads that its criteria ask; empty where none does."""
    found = [VERIFIERS.get(one.example.verifier).weights_of(one.example) for one in criteria(example, params)]
    return content_hash(found) if any(found) else ""


async def _judge(
    example: Example, attempts: Sequence[Attempt], params: RubricParams, context: Context
) -> list[Verdict]:
    judged = criteria(example, params)
    asked = [one.example for one in judged for _ in attempts]
    verdicts = await _aside(partial(verify_many, asked, list(attempts) * len(judged), workers=len(judged)))
    count = len(attempts)
    return [_together(judged, verdicts[place::count], params) for place in range(count)]


async def _aside(call: Callable[[], list[Verdict]]) -> list[Verdict]:
    """What a call returns in a thread of its own: one of a pool would be lacking to the criteria that it waits for."""
    thread = ThreadPoolExecutor(1, "assay-rubric")
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, call)
    finally:
        thread.shutdown(wait=False)


def _together(judged: Sequence[Criterion], verdicts: Sequence[Verdict], params: RubricParams) -> Verdict:
    told = "; ".join(f"{one.name}: {v.status} ({v.why})" for one, v in zip(judged, verdicts, strict=True))
    for status in (Status.ERROR, Status.TIMEOUT):
        if any(verdict.status is status for verdict in verdicts):
            return Verdict(status, None, None, told)
    scored = [(verdict.score or 0.0, one.weight) for one, verdict in zip(judged, verdicts, strict=True)]
    parts = {one.name: score for one, (score, _) in zip(judged, scored, strict=True)}
    cost: dict[str, float] = {}
    for verdict in verdicts:
        cost |= {name: cost.get(name, 0.0) + spent for name, spent in verdict.cost.items()}
    return replace(Verdict.partial(COMBINED[params.combine](scored), why=told), parts=parts, cost=cost)


rubric = Verifier(
    "rubric",
    1,
    _judge,
    RubricParams,
    Lane.REMOTE,
    reads=criteria,
    weights=_weights,
    about="Right when every criterion is; partly right by those that are.",
    reference="a list of criteria",
)
