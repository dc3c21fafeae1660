"""A stored run judged again by today's verifiers, without a model: which verdicts flip, and which advantages.

The run that is read is never changed; what was judged anew can be written to a directory of its own, which is compared
and reported on like any other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from math import fsum
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.evaluate.run import SCORES, Scores, readable, table, with_columns, write_scores
from assay.evaluate.samples import said_of
from assay.files import write_atomically, write_jsonl
from assay.journal import CLAIM, owned, refuse_another_run
from assay.judging.session import Judge, default_judge
from assay.judging.verifier import VERIFIERS
from assay.rollout.fingerprint import judging_facts
from assay.rollout.measure import Measurements
from assay.rollout.runs import EXAMPLES, StoredRun, counts
from assay.rollout.store import RolloutStore
from assay.types import Example, Rollout, Verdict

RESCORED = "rescore.json"
CHUNKS = 4
"""Rollouts that are judged together, in batches of the session that judges."""
EVEN = 1e-9
"""Advantages this near to zero are zero."""
Row = dict[str, Any]
Scored = tuple[float | None, float | None]
"""The score of a rollout before and after."""


@dataclass(frozen=True)
class Shift:
    """A rollout that is judged otherwise."""

    rollout: Rollout
    """With the verdict that was stored."""
    example: Example
    """As it is judged now."""
    after: Verdict
    advantages: Scored = (None, None)
    """Its score less the mean of its group, as stored and as judged now; `None` where it does not count."""


@dataclass
class Judged:
    """What became of the verdicts of a domain."""

    responses: int = 0
    before: Counter[str] = field(default_factory=Counter)
    """Status -> responses, as they were stored."""
    after: Counter[str] = field(default_factory=Counter)
    to_right: int = 0
    """Flips from any other status to `correct`."""
    to_wrong: int = 0
    """Flips from `correct` to a verdict that counts."""
    unscored: int = 0
    """Verdicts that counted and do not any more."""
    other: int = 0
    """Further changes of status or score: a partial score, an answer that is now read and wrong."""

    @property
    def changed(self) -> int:
        return self.to_right + self.to_wrong + self.unscored + self.other

    def add(self, old: Verdict, new: Verdict) -> None:
        """Count one rollout."""
        self.responses += 1
        self.before[str(old.status)] += 1
        self.after[str(new.status)] += 1
        if (old.status, old.score) == (new.status, new.score):
            return
        if new.is_correct and not old.is_correct:
            self.to_right += 1
        elif old.counts and not new.counts:
            self.unscored += 1
        elif old.is_correct and not new.is_correct:
            self.to_wrong += 1
        else:
            self.other += 1


@dataclass
class Advantages:
    """What became of the advantages of a domain in training: score minus the mean of the group."""

    groups: int = 0
    rows: int = 0
    sign: int = 0
    """Rows whose advantage changed its sign."""
    to_zero: int = 0
    """Rows whose advantage became zero, or that lost their score."""
    from_zero: int = 0
    """Rows whose advantage was zero and is not."""

    def add(self, group: Sequence[Scored]) -> None:
        """Count one group."""
        self.groups += 1
        self.rows += len(group)
        for old, new in zip(*(_signs([scores[side] for scores in group]) for side in (0, 1)), strict=True):
            self.sign += old * new < 0
            self.to_zero += bool(old and not new)
            self.from_zero += bool(new and not old)


@dataclass(frozen=True)
class Rescored:
    """What judging a run again showed."""

    domains: Mapping[str, Judged]
    shifts: tuple[Shift, ...]
    """Some of each domain."""
    advantages: Mapping[str, Advantages]
    """By domain; empty where nothing was trained."""
    left_out: Mapping[str, str]
    """Id of each problem whose reference cannot be read now, and why: its stored verdicts were left as they are."""

    def to_json(self) -> dict[str, Any]:
        """A JSON object; a shift has its verdicts and where the rollout stands."""
        domains = {name: vars(judged) | {"changed": judged.changed} for name, judged in self.domains.items()}
        advantages = {name: vars(found) for name, found in self.advantages.items()}
        return {"domains": domains, "advantages": advantages, "left_out": dict(self.left_out), "shifts": self._shifts()}

    def _shifts(self) -> list[Row]:
        return [
            {
                "example_id": shift.rollout.example_id,
                "group_id": shift.rollout.group_id,
                "index": shift.rollout.index,
                "domain": shift.example.domain,
                "advantages": list(shift.advantages),
                "before": shift.rollout.to_json()["verdict"],
                "after": Rollout.of(shift.rollout, shift.after).to_json()["verdict"],
            }
            for shift in self.shifts
        ]


def rescore(
    run: StoredRun,
    *,
    verifier: str | None = None,
    out: Path | None = None,
    workers: int = 2,
    show: int = 3,
    on_rows: Callable[[int], None] = lambda count: None,
    judge: Judge | None = None,
) -> Rescored:
    """Judge every stored response again and say what changed, by domain, with up to `show` examples of each.

    Responses that never came stay as they are. With `verifier` all problems are judged by that one, with its own
    parameters; `judge` is the session that judges, that of this process without it. `out` gets the run as it is judged
    now. Raises `AssayError` where no reference can be read, or `out` lies within the run, and `RunConflict` where it
    holds another run; before any work.
    """
    if verifier is not None:
        VERIFIERS.get(verifier)
    now = {name: _judged_by(example, verifier) for name, example in run.examples.items()}
    kept, bad = readable(list(now.values()))
    facts = _facts(run, kept, verifier)
    if out is not None:
        if run.path.resolve() in (out.resolve(), *out.resolve().parents):
            raise AssayError(f"{out} lies within the run that is judged again: name a folder outside it with -o")
        refuse_another_run(out, facts)
        if len({example.id for example in now.values()}) < len(now):
            raise AssayError("some problems differ in their verifier alone, so --verifier makes them one: leave out -o")
    job = _Job(now, bad, workers, show, judge or default_judge())
    with ExitStack() as stack:
        store = None
        if out is not None:
            stack.enter_context(owned(out, facts))
            store = RolloutStore(out)
            store.keep(lambda mark: False)  # of the same job, cut short
            write_jsonl(out / EXAMPLES, (example.to_json() for example in now.values()))
        for old, new in job.run(run.store.rows()):
            if store is not None:
                store.append(new)
            on_rows(len(old))
        found = Rescored(job.domains, job.chosen(), job.advantages() if run.kind == "train" else {}, bad)
        if out is not None and store is not None:
            _write(run, out, store, found, {example.id: example for example in now.values()}, facts)
    return found


def _judged_by(example: Example, verifier: str | None) -> Example:
    return example if verifier in (None, example.verifier) else replace(example, verifier=verifier, params={})


def _facts(run: StoredRun, examples: Sequence[Example], verifier: str | None) -> dict[str, Any]:
    """What decides the result: the responses as they were stored, and how they are judged now."""
    stored = json.loads((run.path / CLAIM).read_text("utf-8"))["fingerprint"]
    facts = dict(run.facts) if run.kind == "measure" else {"kind": "rescore"}
    return facts | judging_facts(examples) | {"rescored": stored} | ({"verifier": verifier} if verifier else {})


def _write(
    run: StoredRun,
    out: Path,
    store: RolloutStore,
    found: Rescored,
    examples: Mapping[str, Example],
    facts: Mapping[str, Any],
) -> None:
    """The summary and, of an evaluation or a measurement, its scores."""
    write_atomically(out / RESCORED, json.dumps(found.to_json(), indent=1) + "\n")
    if run.kind != "measure":
        return
    ks: tuple[int, ...] = (1,)
    if (run.path / SCORES).is_file():
        rows = json.loads((run.path / SCORES).read_text("utf-8"))["rows"]
        ks = tuple(sorted({int(k) for row in rows for k in row["passes"]}))
    verdicts: dict[str, Counter[str]] = {}
    for mark in store.marks():
        verdicts.setdefault(mark["example_id"], Counter())[mark["status"]] += 1
    model = str(facts["model"])
    measured = Measurements(counts(store.marks(), examples, model), verdicts)
    if any(one.n for one in measured.values()):
        said = said_of(store.answers(), examples)
        rows_now = with_columns(table(measured, ks), measured, said, ks)
        write_scores(Scores(model, int(facts["samples"]), rows_now, dict(measured), found.left_out), out)


class _Job:
    """One grading anew under way."""

    def __init__(
        self, now: Mapping[str, Example], bad: Mapping[str, str], workers: int, show: int, judge: Judge
    ) -> None:
        self.now, self.bad, self.workers, self.show, self.judge = now, bad, workers, show, judge
        self.domains: dict[str, Judged] = {}
        self.groups: dict[tuple[str, str], list[Scored]] = {}
        self.shown: dict[tuple[str, bool], list[Shift]] = {}

    def run(self, rows: Iterable[Row]) -> Iterator[tuple[list[Row], list[Row]]]:
        """Judge rows, batch by batch, and count; yields what was stored and what stands there now.

        Responses that are judged as a group come last, all of them together.
        """
        whole: list[Row] = []
        alone = self._alone(rows, whole)
        while batch := list(islice(alone, CHUNKS * self.judge.batch)):
            yield batch, self._again(batch)
        if whole:
            yield whole, self._again(whole)

    def _alone(self, rows: Iterable[Row], whole: list[Row]) -> Iterator[Row]:
        for row in rows:
            example = self.now.get(row["example_id"])
            if example is not None and VERIFIERS.get(example.verifier).group:
                whole.append(row)
            else:
                yield row

    def _again(self, rows: Sequence[Row]) -> list[Row]:
        stored = [Rollout.from_json(row) for row in rows]
        places = [place for place, rollout in enumerate(stored) if self._can_be_judged(rollout)]
        asked = [self.now[stored[place].example_id] for place in places]
        made = self.judge.verify_many(asked, [stored[place] for place in places], workers=self.workers)
        verdicts = dict(zip(places, made, strict=True))
        return [
            self._count(row, rollout, verdicts.get(place, rollout.verdict))
            for place, (row, rollout) in enumerate(zip(rows, stored, strict=True))
        ]

    def _can_be_judged(self, rollout: Rollout) -> bool:
        example = self.now.get(rollout.example_id)
        return example is not None and example.id not in self.bad and rollout.finish != "failed"

    def _count(self, row: Row, rollout: Rollout, new: Verdict) -> Row:
        example, old = self.now.get(rollout.example_id), rollout.verdict
        domain = example.domain if example else ""
        judged = self.domains.setdefault(domain, Judged())
        before = judged.changed
        judged.add(old, new)
        if example and judged.changed > before:
            like = self.shown.setdefault((domain, old.is_correct != new.is_correct), [])
            if len(like) < self.show:
                like.append(Shift(rollout, example, new))
        self.groups.setdefault((domain, _group(rollout)), []).append((old.score, new.score))
        made = Rollout.of(rollout, new).to_json()["verdict"]  # that of a sealed problem stays sealed
        return row | {"verdict": made} | ({"example_id": example.id} if example else {})

    def chosen(self) -> tuple[Shift, ...]:
        """Of each domain the first flips, then other changes."""
        ways = {name: [*self.shown.get((name, True), []), *self.shown.get((name, False), [])] for name in self.domains}
        return tuple(self._valued(name, shift) for name, like in ways.items() for shift in like[: self.show])

    def _valued(self, domain: str, shift: Shift) -> Shift:
        group = self.groups[domain, _group(shift.rollout)]
        scores = shift.rollout.verdict.score, shift.after.score
        was, now = (_less_mean(score, [pair[side] for pair in group]) for side, score in enumerate(scores))
        return replace(shift, advantages=(was, now))

    def advantages(self) -> dict[str, Advantages]:
        """By domain."""
        found: dict[str, Advantages] = {}
        for (domain, _), group in self.groups.items():
            found.setdefault(domain, Advantages()).add(group)
        return found


def _group(rollout: Rollout) -> str:
    return rollout.group_id or rollout.example_id


def _less_mean(score: float | None, group: Sequence[float | None]) -> float | None:
    counted = [one for one in group if one is not None]
    return None if score is None else score - fsum(counted) / len(counted)


def _signs(scores: Sequence[float | None]) -> list[int]:
    """The sign of each row's advantage; one without a score has none."""
    values = [_less_mean(score, scores) for score in scores]
    return [0 if value is None or abs(value) < EVEN else 1 if value > 0 else -1 for value in values]
