"""Stages of a training: which domains are asked and how long a response may be, until the next stage begins.

SRPO (arXiv 2504.14286, section 3.2) trains on mathematics alone until responses are long, and then on code too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from assay.learn.arguments import synced
from assay.learn.recipe import GrpoRecipe, Stage

WINDOW = 5
"""Generations whose mean decides whether a stage's rule holds."""


class Stages:
    """The stage of each generation of a run; without a table `[[stages]]` there is one.

    What decides generation `b` is known when its problems are drawn, and is the same after a restart: they are drawn
    while the generation before is being answered, so only those up to `b - 2` count.

    Example:
        >>> data = {"sources": [{"name": "math/arithmetic"}]}
        >>> recipe = GrpoRecipe(data=data, stages=[{"steps": 10, "max_tokens": 64}, {}])
        >>> stages = Stages(recipe)
        >>> stages.at(9), stages.at(10)
        (0, 1)
    """

    def __init__(self, recipe: GrpoRecipe) -> None:
        self.stages = recipe.stages or (Stage(),)
        self.weights = [stage.domain_weights or recipe.data.domain_weights for stage in self.stages]
        self.limits = [stage.max_tokens or recipe.grpo.max_tokens for stage in self.stages]
        self.period = recipe.grpo.updates * synced(recipe.grpo)
        self.begins = [0]
        """First generation of each stage that has begun."""
        self.seen: dict[int, tuple[float | None, float]] = {}
        """Generation -> mean reward, `None` where no verdict counts, and mean length of its responses."""
        self.decided = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """A row of `metrics.jsonl`. Steps that repeat a generation's rollouts say nothing new."""
        domains = row["domains"].values()
        if size := sum(domain["rollouts"] for domain in domains):
            paid = [(domain["reward"], domain["rollouts"]) for domain in domains if domain["reward"] is not None]
            reward = sum(mean * count for mean, count in paid) / sum(count for _, count in paid) if paid else None
            length = sum(domain["length"] * domain["rollouts"] for domain in domains) / size
            self.seen[(row["step"] - 1) // self.period] = reward, length

    def at(self, generation: int) -> int:
        """Which stage, from 0, a generation belongs to."""
        while self.decided < generation:
            self.decided += 1
            if len(self.begins) < len(self.stages) and self._is_over(self.decided):
                self.begins.append(self.decided)
        return bisect_right(self.begins, generation) - 1

    def _is_over(self, generation: int) -> bool:
        """Whether the newest stage ends before this generation."""
        stage, begun = self.stages[len(self.begins) - 1], self.begins[-1]
        if stage.steps and (generation - begun) * self.period >= stage.steps:
            return True
        window = range(generation - 1 - WINDOW, generation - 1)
        known = [self.seen[b] for b in window if b >= begun and b in self.seen]
        if len(known) < WINDOW:
            return False
        rewards = [reward for reward, _ in known if reward is not None]
        is_right = stage.until_reward is not None and bool(rewards) and fmean(rewards) >= stage.until_reward
        return is_right or (stage.until_length is not None and fmean(n for _, n in known) >= stage.until_length)
