"""Judged samples as training rows for other trainers: supervised, preference pairs, or labelled one by one.

Rows are those of TRL's conversational data sets: `datasets.Dataset.from_list(rows)` takes them. A sample without a
score is in none of them, and one that was cut at its token limit is never taught as right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assay.hashing import hashed_seed
from assay.models.prompting import as_chat
from assay.types import Message, Rollout

Asked = Mapping[str, tuple[Message, ...]]
Row = dict[str, Any]


def sft_rows(rollouts: Iterable[Rollout], asked: Asked, per_problem: int) -> list[Row]:
    """`prompt` and `completion` of what is taught."""
    return [_row(one, asked, completion=_turn(one)) for one in taught(rollouts, per_problem)]


def counting(per_problem: Any) -> int:
    """`per_problem`, where it counts. Raises `TypeError` and `ValueError`."""
    if not isinstance(per_problem, int) or isinstance(per_problem, bool):
        raise TypeError(f"per_problem is a number of rows, such as 1, not {per_problem!r}")
    if per_problem < 1:
        raise ValueError(f"per_problem is at least 1, not {per_problem}")
    return per_problem


def taught(rollouts: Iterable[Rollout], per_problem: int) -> list[Rollout]:
    """Right responses (rejection sampling): at most `per_problem` different ones of each problem, drawn by a hash, so
    that easy problems do not crowd out hard ones."""
    chosen = []
    for said in _groups(rollouts).values():
        right = list({rollout.said: rollout for rollout in said if _teaches(rollout)}.values())
        right.sort(key=lambda rollout: hashed_seed("sft", rollout.example_id, rollout.said))
        chosen += right[:per_problem]
    return chosen


def pair_rows(rollouts: Iterable[Rollout], asked: Asked, per_problem: int) -> list[Row]:
    """`prompt`, `chosen` and `rejected`: at most `per_problem` pairs of each problem that has right responses and ones
    with a lower score; no response stands in two pairs."""
    rows = []
    for said in _groups(rollouts).values():
        told = {rollout.said: rollout for rollout in said if rollout.verdict.score is not None}
        drawn = sorted(told.values(), key=lambda rollout: hashed_seed("pairs", rollout.example_id, rollout.said))
        right = [rollout for rollout in drawn if _teaches(rollout)]
        wrong = [rollout for rollout in drawn if _falls(rollout)]
        for good, bad in list(zip(right, wrong, strict=False))[:per_problem]:
            rows.append(_row(good, asked, chosen=_turn(good), rejected=_turn(bad)))
    return rows


def kto_rows(rollouts: Iterable[Rollout], asked: Asked) -> list[Row]:
    """`prompt`, `completion` and `label`, whether it is right in full, for every different response with a score.

    A right one that was cut is left out: it is neither.
    """
    told = {(rollout.example_id, rollout.said): rollout for rollout in rollouts if _teaches(rollout) or _falls(rollout)}
    return [_row(one, asked, completion=_turn(one), label=_teaches(one)) for one in told.values()]


def _groups(rollouts: Iterable[Rollout]) -> dict[str, list[Rollout]]:
    groups: dict[str, list[Rollout]] = {}
    for rollout in sorted(rollouts, key=lambda rollout: rollout.index):
        groups.setdefault(rollout.example_id, []).append(rollout)
    return groups


def _teaches(rollout: Rollout) -> bool:
    return rollout.verdict.score is not None and rollout.verdict.score >= 1 and rollout.finish == "stop"


def _falls(rollout: Rollout) -> bool:
    return rollout.verdict.score is not None and rollout.verdict.score < 1


def _turn(rollout: Rollout) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": rollout.said}]


def _row(rollout: Rollout, asked: Asked, **more: Any) -> Row:
    return {"prompt": as_chat(rollout.prompt or asked[rollout.example_id]), **more, "example_id": rollout.example_id}
