"""What a training step leaves behind: per-domain score, length, verdict mix, and groups without signal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from assay.sandbox import Stats
from assay.types import Rollout, Status

Look = Callable[[int, Any, Any], Mapping[str, float]]
"""Measures a policy while it trains: its step, the model and the tokenizer -> numbers by name."""


@dataclass(frozen=True)
class DomainStep:
    """One domain within one step."""

    reward: float | None
    """Mean score of the verdicts that count, whatever the recipe pays for them; `None` when none did."""
    length: float
    """Mean response length in tokens, of all responses, those without a score too."""
    rollouts: int
    groups: int
    dead_groups: int
    """Groups whose verdicts have one score, or none: paid by the verdict alone, they teach GRPO nothing."""
    verdicts: Mapping[str, int]
    cut: int
    """Responses that were cut at the longest length."""


_NONE = Stats()


@dataclass(frozen=True)
class StepRecord:
    """Everything that a step writes to `metrics.jsonl`, and its rollouts."""

    step: int
    domains: Mapping[str, DomainStep]
    entropy: float | None
    """Nats a token, over the rows that were learnt from."""
    grad_norm: float | None
    """Before the gradient is scaled down to `grpo.max_grad_norm`."""
    loss: float | None
    """Of GRPO on fresh samples: minus the mean advantage, and those of a group sum to 0. So 0 where each response
    weighs alike (`loss` "grpo"), and by length where each token does ("dapo"). No sign of progress."""
    kl: float | None
    """To the starting policy; `None` where the recipe's `kl` is 0, since nothing measures it then."""
    clipped: float | None
    """Share of the tokens learnt from (of the responses, where `ratio` is "sequence") that had no gradient, since their
    ratio was clipped; `None` for other losses."""
    learning_rate: float | None
    seconds: float | None
    """Sampling, judging, forward and backward passes; not the optimiser's update, checkpoints and held-out looks."""
    sandbox: Mapping[str, Any]
    """Counters of the sandbox in this step (`sandbox.Stats`); empty where no program ran."""
    rollouts: tuple[Rollout, ...] = field(repr=False)
    terms: Mapping[str, float] = field(default_factory=dict)
    """Mean of each reward that is paid on top of the verdict, before its weight."""

    @classmethod
    def of(
        cls,
        step: int,
        logs: Mapping[str, float],
        rollouts: Sequence[Rollout],
        domain_of: Mapping[str, str],
        ran: Stats = _NONE,
    ) -> StepRecord:
        """Summarise the rollouts of a step; `domain_of` says where each Example belongs, `ran` what programs did."""
        domains = by_domain(rollouts, domain_of)
        names = ("entropy", "grad_norm", "loss", "kl", "learning_rate", "step_time")
        entropy, grad_norm, loss, kl, rate, seconds = (logs.get(name) for name in names)
        clipped = logs.get("clip_ratio/region_mean")
        paid = {
            name.split("/")[1]: mean
            for name, mean in logs.items()
            if name.startswith("rewards/") and name.endswith("/mean")
        }
        terms = {name: mean for name, mean in paid.items() if name != "verified_reward"}
        return cls(
            step, domains, entropy, grad_norm, loss, kl, clipped, rate, seconds, ran.to_json(), tuple(rollouts), terms
        )

    def to_json(self) -> dict[str, Any]:
        """The row of `metrics.jsonl`."""
        row = {k: v for k, v in vars(self).items() if k not in ("domains", "rollouts")}
        return row | {"domains": {name: dict(vars(d)) for name, d in self.domains.items()}}


def by_domain(rollouts: Sequence[Rollout], domain_of: Mapping[str, str]) -> dict[str, DomainStep]:
    """Rollouts summarised by domain; `domain_of` says where each Example belongs."""
    parts: dict[str, list[Rollout]] = defaultdict(list)
    for rollout in rollouts:
        parts[domain_of[rollout.example_id]].append(rollout)
    return {name: _domain(said) for name, said in sorted(parts.items())}


def scalars(domains: Mapping[str, DomainStep]) -> dict[str, float]:
    """The same as numbers with flat names, for TensorBoard and its like; a status that did not occur counts 0.

    Names: `domains/math/reward` (absent where no verdict counts), `domains/math/verdicts/correct`, and so on.
    """
    flat: dict[str, float] = {}
    for name, domain in domains.items():
        numbers = {key: value for key, value in vars(domain).items() if key != "verdicts" and value is not None}
        numbers |= {f"verdicts/{status}": domain.verdicts.get(status, 0) for status in Status}
        flat |= {f"domains/{name}/{key}": value for key, value in numbers.items()}
    return flat


def _domain(said: Sequence[Rollout]) -> DomainStep:
    scores: dict[str, list[float]] = defaultdict(list)
    for rollout in said:
        scores[rollout.group_id] += [rollout.verdict.score] if rollout.verdict.score is not None else []
    counted = [score for group in scores.values() for score in group]
    return DomainStep(
        reward=fmean(counted) if counted else None,
        length=fmean(rollout.tokens for rollout in said),
        rollouts=len(said),
        groups=len(scores),
        dead_groups=sum(len(set(group)) < 2 for group in scores.values()),
        verdicts=dict(sorted(Counter(str(rollout.verdict.status) for rollout in said).items())),
        cut=sum(rollout.finish == "length" for rollout in said),
    )
