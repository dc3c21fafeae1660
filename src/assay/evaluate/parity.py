"""Rewards that other projects recorded beside our verdicts on the same responses: where they differ, by domain.

A recorded reward is right from `ENOUGH` up. What has no recorded reward, no response or no reference is left out, and
told; a reference that our verifier cannot read makes an `error` here as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from assay.errors import BadConfig
from assay.evaluate.rescore import CHUNKS, Judged, Rescored, Shift
from assay.evaluate.results import Said, rows_of
from assay.hashing import normalised
from assay.judging.session import Judge, default_judge
from assay.judging.verifier import VERIFIERS
from assay.sources.own import Own, is_own, source_of
from assay.types import Example, Rollout, Verdict, as_messages

ENOUGH = 0.5
"""The reward from which a response counts as right."""
Pair = tuple[Said, Example]


def parity(
    path: Path,
    *,
    verifier: str = "",
    columns: Mapping[str, str] | None = None,
    problems: str = "",
    reward: str = "",
    enough: float = ENOUGH,
    workers: int = 2,
    show: int = 3,
    judge: Judge | None = None,
    on_rows: Callable[[int], None] = lambda count: None,
    on_skipped: Callable[[str], None] = lambda why: None,
) -> Rescored:
    """Judge what a file or directory of another project recorded, and say where our verdict differs from its reward.

    Args:
        path: Rollouts of NeMo-Gym, verifiers, verl, TRL, lm-eval or Inspect, or rows with `response` and `reward`.
        verifier: Who judges, where rows do not say.
        columns: Field of an Example -> column, where a row calls it otherwise than `assay.load` expects.
        problems: A source, or a file of rows with references, where the rollouts hold none: found by what was asked.
        reward: Which one, where several were recorded.
        enough: The reward from which a response counts as right.
        workers: Verifications side by side.
        show: Examples of each domain.
        judge: The session that judges; that of this process without it.

    Raises what `rows_of` raises, `BadConfig` where a row does not say how it is judged, and `AssayError` for problems
    that cannot be read.
    """
    if verifier:
        VERIFIERS.get(verifier)
    by_prompt = _by_prompt(problems, verifier, columns or {}) if problems else None
    left: dict[str, str] = {}
    found, shifts = dict[str, Judged](), dict[tuple[str, bool], list[Shift]]()
    pairs = _pairs(rows_of(path, reward, on_skipped), by_prompt, verifier, columns or {}, left)
    session = judge or default_judge()
    while batch := list(islice(pairs, CHUNKS * session.batch)):
        examples, said_ = [example for _, example in batch], [said.response or "" for said, _ in batch]
        verdicts = session.verify_many(examples, said_, workers=workers)
        for (said, example), verdict in zip(batch, verdicts, strict=True):
            recorded = _recorded(said, verdict, enough)
            rollout = Rollout(response=said.response or "", example_id=said.place, verdict=recorded)
            judged = found.setdefault(example.domain, Judged())
            before = judged.changed
            judged.add(recorded, verdict)
            like = shifts.setdefault((example.domain, recorded.is_correct != verdict.is_correct), [])
            if judged.changed > before and len(like) < show:
                like.append(Shift(rollout, example, verdict))
        on_rows(len(batch))
    if not found:
        why = next(iter(left.values()), "it holds no rows")
        raise BadConfig(f"{path}: nothing could be compared: {why}")
    chosen = [s for name in found for s in [*shifts.get((name, True), []), *shifts.get((name, False), [])][:show]]
    return Rescored(found, tuple(chosen), {}, left)


def _recorded(said: Said, ours: Verdict, enough: float) -> Verdict:
    """A reward as a verdict: a number says whether a response was right, and no more, so agreement is being right."""
    right = (said.reward or 0.0) >= enough
    same = ours.counts and ours.is_correct == right
    told = Verdict(ours.status, ours.score) if same else Verdict.of(right)
    return replace(told, why=f"{said.rewarded_by} is {said.reward:g}")


def _pairs(
    rows: Iterator[Said],
    by_prompt: Mapping[str, Example] | None,
    verifier: str,
    columns: Mapping[str, str],
    left: dict[str, str],
) -> Iterator[Pair]:
    """What can be compared; why the rest cannot goes to `left`."""
    for number, said in enumerate(rows):
        key = f"{said.place} ({number})"
        if said.response is None or said.reward is None:
            left[key] = "no response was recorded" if said.response is None else "no reward was recorded"
        elif by_prompt is None:
            yield said, _example(said, verifier, columns)
        elif (example := by_prompt.get(_asked(said.prompt))) is not None:
            yield said, example
        else:
            left[key] = "no problem asks what was asked"


def _example(said: Said, verifier: str, columns: Mapping[str, str]) -> Example:
    """The Example of a row. Raises `BadConfig` where it does not say how it is judged."""
    row = {name: value for name, value in said.columns.items() if not (verifier and name in ("verifier", "params"))}
    how: dict[str, Any] = {"about": "", "licence": "", "domain": said.group, "verifier": verifier, "columns": columns}
    own = Own(name=said.group, rows=[row], **how)
    try:
        return next(own.examples("file"))
    except ValueError as bad:
        why = str(bad).removeprefix(f"{said.group}:1: ")
        raise BadConfig(f"{said.place}: {why}; or name the problems with --problems") from None


def _by_prompt(name: str, verifier: str, columns: Mapping[str, str]) -> dict[str, Example]:
    """Problems by what is asked, bare and as it is asked."""
    how: dict[str, Any] = {"verifier": verifier, "columns": columns} if is_own(name) else {}
    source = source_of(name, **how)
    found: dict[str, Example] = {}
    for split in source.splits:
        for example in source.examples(split):
            found |= {normalised(example.text): example, normalised(example.asked_text): example}
    return found


def _asked(prompt: Any) -> str:
    """The last turn of the user, or the whole text."""
    turns = as_messages(prompt)
    said = [turn.content for turn in turns if turn.role == "user"]
    return normalised(said[-1] if said else "")
