"""What a training step leaves behind: per-domain reward, length, verdict mix, and groups without signal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from assay.types import Example, Rollout, Verdict

Judged = tuple[Example, str, Verdict, int]
"""An Example, a response, its verdict, and the response's length in tokens."""


@dataclass(frozen=True)
class DomainStep:
    """One domain within one step."""

    reward: float | None
    """Mean over verdicts that count; `None` when none did."""
    length: float
    """Mean response length in tokens."""
    rollouts: int
    groups: int
    dead_groups: int
    """Groups without signal: all scores equal, so they are not trained on."""
    verdicts: Mapping[str, int]


@dataclass(frozen=True)
class StepRecord:
    """Everything that a step writes to `metrics.jsonl`, and its rollouts."""

    step: int
    domains: Mapping[str, DomainStep]
    entropy: float | None
    grad_norm: float | None
    loss: float | None
    learning_rate: float | None
    seconds: float | None
    rollouts: tuple[Rollout, ...] = field(repr=False)

    @classmethod
    def of(cls, step: int, logs: Mapping[str, float], judged: Sequence[Judged], group: int) -> StepRecord:
        """Summarise the rollouts of a step, which come group by group."""
        by_domain: dict[str, list[Sequence[Judged]]] = defaultdict(list)
        for start in range(0, len(judged), group):
            block = judged[start : start + group]
            by_domain[block[0][0].domain].append(block)
        rollouts = tuple(
            Rollout(
                example_id=example.id,
                model="policy",
                index=number % group,
                response=said,
                verdict=verdict,
                tokens=length,
            )
            for number, (example, said, verdict, length) in enumerate(judged)
        )
        domains = {name: _domain(blocks) for name, blocks in sorted(by_domain.items())}
        names = ("entropy", "grad_norm", "loss", "learning_rate", "step_time")
        entropy, grad_norm, loss, rate, seconds = (logs.get(name) for name in names)
        return cls(step, domains, entropy, grad_norm, loss, rate, seconds, rollouts)

    def to_json(self) -> dict[str, Any]:
        """The row of `metrics.jsonl`."""
        row = {k: v for k, v in vars(self).items() if k not in ("domains", "rollouts")}
        return row | {"domains": {name: dict(vars(d)) for name, d in self.domains.items()}}


def _domain(blocks: Sequence[Sequence[Judged]]) -> DomainStep:
    flat = [row for block in blocks for row in block]
    scores = [v.score for _, _, v, _ in flat if v.score is not None]
    dead = sum(len({v.score for _, _, v, _ in block if v.score is not None}) < 2 for block in blocks)
    return DomainStep(
        reward=fmean(scores) if scores else None,
        length=fmean(length for *_, length in flat),
        rollouts=len(flat),
        groups=len(blocks),
        dead_groups=dead,
        verdicts=dict(sorted(Counter(str(v.status) for _, _, v, _ in flat).items())),
    )
