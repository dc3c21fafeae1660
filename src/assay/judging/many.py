"""Many verdicts at once: each pair judged once, several in the making, and known ones read from a cache."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assay.judging.cache import VerdictCache
from assay.judging.run import verify, verify_in_worker
from assay.judging.verifier import VERIFIERS
from assay.types import Example, Verdict

CHUNK = 16
"""Responses that one worker process is handed at a time."""

Pair = tuple[Example, str]


def verify_many(
    examples: Sequence[Example],
    responses: Sequence[str],
    *,
    workers: int = 1,
    deadline: float | None = None,
    cache: str | Path | None = None,
) -> list[Verdict]:
    """`verify` of each pair, in order; a pair that occurs twice is judged once.

    With `workers` above 1 that many verdicts are in the making at once, those on text in processes of their own.
    `deadline` is seconds a verdict; by default the verifier's own. `cache` names a file that remembers verdicts from
    run to run (`assay.judging.cache`). Raises `UnknownName` for a verifier that is not registered, and `ValueError`
    when the lengths differ.
    """
    if len(examples) != len(responses):
        raise ValueError(f"{len(examples)} examples but {len(responses)} responses: give one example a response")
    for name in {example.verifier for example in examples}:
        VERIFIERS.get(name)
    keys = [(example.id, response) for example, response in zip(examples, responses, strict=True)]
    pairs = dict(zip(keys, zip(examples, responses, strict=True), strict=True))
    made = dict(zip(pairs, _remembered(list(pairs.values()), workers, deadline, cache), strict=True))
    return [made[key] for key in keys]


def _remembered(pairs: Sequence[Pair], workers: int, deadline: float | None, cache: str | Path | None) -> list[Verdict]:
    """The verdict on each pair, from the cache where it has one."""
    if cache is None:
        return _judged(pairs, workers, deadline)
    with VerdictCache(cache) as known:
        found = [known.get(*pair) for pair in pairs]
        new = [pair for pair, verdict in zip(pairs, found, strict=True) if verdict is None]
        made = _judged(new, workers, deadline)
        known.put(((*pair, verdict) for pair, verdict in zip(new, made, strict=True)), deadline)
    fresh = iter(made)
    return [verdict or next(fresh) for verdict in found]


def _judged(pairs: Sequence[Pair], workers: int, deadline: float | None) -> list[Verdict]:
    if workers <= 1 or len(pairs) <= 1:
        return [verify(example, response, deadline=deadline) for example, response in pairs]
    verdicts: dict[int, Verdict] = {}
    programs, texts = _by_lane(pairs)
    size = max(1, min(CHUNK, len(texts) // workers))
    jobs = [[place] for place in programs] + [texts[start : start + size] for start in range(0, len(texts), size)]

    def judge(places: list[int]) -> list[Verdict]:
        if len(places) == 1:
            return [verify(*pairs[places[0]], deadline=deadline)]
        return verify_in_worker([pairs[place] for place in places], deadline=deadline)

    with ThreadPoolExecutor(workers, "assay-verify") as threads:
        for places, made in zip(jobs, threads.map(judge, jobs), strict=True):
            verdicts.update(zip(places, made, strict=True))
    return [verdicts[place] for place in range(len(pairs))]


def _by_lane(pairs: Sequence[Pair]) -> tuple[list[int], list[int]]:
    """Places of the pairs whose verifier runs programs, and of those that only read text."""
    runs = [VERIFIERS.get(example.verifier).runs_programs for example, _ in pairs]
    return [p for p, run in enumerate(runs) if run], [p for p, run in enumerate(runs) if not run]
