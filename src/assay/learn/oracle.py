"""A second verifier on a sample of rollouts: does what the policy is paid for still agree with it?

A judge that can be talked into paying is talked into paying: reward rises and what it stands for does not (Huang et al.
2025, arXiv 2505.22203, section 5). Of each domain a hashed share of the rollouts is judged again, by a verifier that is
not trained against, and the gap between the two pass rates is followed by a one-sided CUSUM (Page 1954, Biometrika
41:100): of the differences first minus second, less what they were at the start of the run and an allowance, the sum
since it was last 0. The two disagree from the start in most runs; the alarm is for a gap that opens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import Field, model_validator

from assay.config import Config
from assay.errors import BadConfig, BadReference
from assay.evaluate.metrics import difference
from assay.hashing import hashed_seed
from assay.judging.session import unreadable, verify_many
from assay.judging.verifier import VERIFIERS
from assay.types import Example, Measurement, Rollout

WINDOW = 200
"""Rollouts, the last ones, whose pass rates and gap each step tells."""


class Oracle(Config):
    """A second verifier beside the one that pays."""

    second: dict[str, str] = Field(min_length=1)
    """Domain -> the verifier that judges a sample of its rollouts again, by the same references."""
    params: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Domain -> parameters of that verifier."""
    share: float = Field(0.25, gt=0, le=1)
    """Of the rollouts, the share that is judged again, drawn by a hash."""
    baseline: int = Field(200, ge=20)
    """Sampled rollouts of a domain, the first ones, whose gap is taken as what it was at the start."""
    allowance: float = Field(0.1, gt=0, lt=1)
    """By how much the gap may exceed that of the start."""
    limit: float = Field(20.0, gt=0)
    """The CUSUM that rings the alarm: a gap that opens by d rings it after about limit / (d - allowance) rollouts."""
    stop: bool = False
    """Whether training ends at the alarm, with the policy as it is then."""

    @model_validator(mode="after")
    def _known(self) -> Oracle:
        for domain in self.params:
            if domain not in self.second:
                raise ValueError(f"oracle.params names {domain!r}, which has no verifier in oracle.second")
        return self


@dataclass
class Followed:
    """What is known of one domain so far."""

    cells: list[tuple[int, int, int, int]] = field(default_factory=list)
    """By step: rollouts that both pay, the first alone, the second alone, neither."""
    start: float | None = None
    """The gap of the first rollouts; `None` before there are enough."""
    cusum: float = 0.0
    alarm: bool = False

    def add(self, cells: tuple[int, int, int, int], rules: Oracle) -> None:
        """Rollouts of one more step."""
        self.cells.append(cells)
        if self.start is None:
            _, first, second, _ = (sum(cell) for cell in zip(*self.cells, strict=True))
            count = sum(map(sum, self.cells))
            self.start = (first - second) / count if count >= rules.baseline else None
            return
        self.cusum = max(0.0, self.cusum + cells[1] - cells[2] - sum(cells) * (self.start + rules.allowance))
        self.alarm = self.alarm or self.cusum >= rules.limit

    def recent(self) -> tuple[int, int, int, int]:
        """The cells of the last steps together that hold at least `WINDOW` rollouts, or of all."""
        both = first = second = neither = 0
        for cells in reversed(self.cells):
            both, first, second, neither = both + cells[0], first + cells[1], second + cells[2], neither + cells[3]
            if both + first + second + neither >= WINDOW:
                break
        return both, first, second, neither


class Watched:
    """The oracle of a run. Rows of `metrics.jsonl` bring it to where they ended, so a resumed run alarms alike."""

    def __init__(self, rules: Oracle, examples: Iterable[Example], seed: int, workers: int = 1) -> None:
        self.rules, self.seed, self.workers = rules, seed, workers
        self.examples = {example.id: self._judged(example) for example in examples if example.domain in rules.second}
        self.domains: dict[str, Followed] = {}

    def check(self) -> None:
        """Raise `BadConfig` where a second verifier cannot be used, before any work."""
        for domain, name in self.rules.second.items():
            if name not in VERIFIERS:
                raise BadConfig(f"oracle.second.{domain}: there is no verifier {name!r}")
            if VERIFIERS.get(name).group:
                raise BadConfig(f"oracle.second.{domain}: {name!r} compares attempts; name one that judges each alone")
            try:
                VERIFIERS.get(name).parameters(self.rules.params.get(domain, {}))
            except BadReference as wrong:
                raise BadConfig(f"oracle.params.{domain}: {wrong}") from None
        if bad := unreadable(self.examples.values()):
            example, why = next(iter(bad.items()))
            raise BadConfig(f"oracle: the second verifier cannot read {len(bad)} references: {example}: {why}")
        if missing := set(self.rules.second) - {example.domain for example in self.examples.values()}:
            raise BadConfig(f"oracle.second names {', '.join(sorted(missing))}, of which the data holds no problem")

    def _judged(self, example: Example) -> Example:
        domain = example.domain
        return replace(example, verifier=self.rules.second[domain], params=self.rules.params.get(domain, {}))

    def sampled(self, rollouts: Sequence[Rollout]) -> list[Rollout]:
        """The rollouts that are judged again."""
        return [
            rollout
            for rollout in rollouts
            if rollout.example_id in self.examples
            and rollout.verdict.counts
            and hashed_seed(self.seed, "oracle", rollout.group_id, rollout.example_id, rollout.index) % 10_000
            < self.rules.share * 10_000
        ]

    def step(self, rollouts: Sequence[Rollout]) -> dict[str, Any]:
        """Judge the sample of a step; by domain what `metrics.jsonl` tells of it."""
        drawn = self.sampled(rollouts)
        verdicts = verify_many([self.examples[said.example_id] for said in drawn], drawn, workers=self.workers)
        counted: dict[str, list[int]] = {domain: [0, 0, 0, 0] for domain in self.rules.second}
        for said, verdict in zip(drawn, verdicts, strict=True):
            if verdict.counts:
                place = 2 * (not said.verdict.is_correct) + (not verdict.is_correct)
                counted[self.examples[said.example_id].domain][place] += 1
        for domain, (both, first, second, neither) in counted.items():
            self.domains.setdefault(domain, Followed()).add((both, first, second, neither), self.rules)
        return {domain: _told(followed) for domain, followed in self.domains.items()}

    def add(self, row: Mapping[str, Any]) -> None:
        """A row of `metrics.jsonl` that an earlier call wrote."""
        for domain, told in row.get("oracle", {}).items():
            both, first, second, neither = told["cells"]
            self.domains.setdefault(domain, Followed()).add((both, first, second, neither), self.rules)

    @property
    def alarm(self) -> list[str]:
        """Domains whose alarm has rung."""
        return [domain for domain, followed in self.domains.items() if followed.alarm]


def _told(followed: Followed) -> dict[str, Any]:
    """The last step's counts, and pass rates and gap of the last rollouts with the gap's paired 95 % interval."""
    both, first, second, neither = recent = followed.recent()
    count = sum(recent)
    row: dict[str, Any] = {"cells": list(followed.cells[-1]), "sampled": count, "cusum": followed.cusum}
    row |= {"start": followed.start, "alarm": followed.alarm}
    if not count:
        return row
    pairs = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither
    ours, theirs = ({str(n): Measurement(str(n), "", pair[side], 1) for n, pair in enumerate(pairs)} for side in (0, 1))
    gap = difference(theirs, ours, "oracle")
    row |= {"first": (both + first) / count, "second": (both + second) / count}
    return row | {"gap": gap.value, "interval": [gap.low, gap.high]}


def alarms(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """A note on each domain whose alarm rang, of the rows of `metrics.jsonl`."""
    rang: dict[str, str] = {}
    for row in rows:
        for domain, told in row.get("oracle", {}).items():
            if told["alarm"] and domain not in rang:
                rang[domain] = (
                    f"the oracle's alarm rang for {domain} at step {row['step']}: what is paid is right for "
                    f"{told['first']:.0%} of the last {told['sampled']} responses, by the second verifier for "
                    f"{told['second']:.0%}; at the start they were {told['start']:+.0%} apart"
                )
    return list(rang.values())
