"""What a rollout is paid: its verdict's score, named terms on top, or something wrong on purpose.

A control (Spurious Rewards, arXiv 2506.10947, section 2) shows what a policy gains by being trained at all. Only the
reward differs: verdicts, order, seeds and masks are those of the true run.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.hashing import hashed_seed
from assay.learn.recipe import GrpoRecipe
from assay.models.engine import Sampling
from assay.rollout.measure import measure
from assay.types import Example, Rollout, Status

Paid = Callable[[Rollout], float | None]
ANSWERED = (Status.CORRECT, Status.INCORRECT)


@dataclass(frozen=True)
class Term:
    """A reward on top of the verdict's, logged under its own name."""

    name: str
    weight: float
    of: Callable[[Rollout, int], float]
    """Of a rollout, and the longest response that was allowed."""


def terms_of(recipe: GrpoRecipe) -> list[Term]:
    """The terms that a recipe adds."""
    buffer = recipe.reward.overlong

    def overlong(said: Rollout, longest: int) -> float:
        return min(0.0, (longest - buffer - said.tokens) / buffer)

    terms = [Term("format", recipe.reward.format, lambda said, longest: float(said.verdict.status in ANSWERED))]
    return [term for term in [*terms, Term("overlong", float(buffer > 0), overlong)] if term.weight]


def paid_by(recipe: GrpoRecipe, labels: Mapping[str, str | None]) -> Paid:
    """What the recipe pays for a rollout: `None` wherever its verdict carries no score.

    `labels` is the majority answer by Example id, for `majority` alone.
    """
    pays: dict[str, Paid] = {
        "none": lambda said: said.verdict.score,
        "random": lambda said: float(hashed_seed(recipe.seed, "coin", said.group_id, said.index) % 2),
        "format": lambda said: float(said.verdict.status in ANSWERED),
        "incorrect": lambda said: float(said.verdict.status is Status.INCORRECT and said.verdict.score == 0),
        "majority": lambda said: float(said.verdict.read is not None and said.verdict.read == labels[said.example_id]),
    }
    pay = pays[recipe.reward.control]
    return lambda said: None if said.verdict.score is None else pay(said)


def majority(recipe: GrpoRecipe, examples: Sequence[Example], out: Path) -> dict[str, str | None]:
    """The answer that the starting policy gives most often to each Example, as its verifier reads it; `None` where it
    gives none. Of equally frequent ones the first in the alphabet counts. The samples are kept in `out` and resume.
    Nothing is sampled, and nothing is told, where the recipe pays no majority."""
    if recipe.reward.control != "majority":
        return {}
    from assay.models.hf import TransformersEngine

    g = recipe.grpo
    engine = TransformersEngine(recipe.model.path, dtype=recipe.model.dtype, threads=recipe.threads)
    sampling = Sampling(temperature=g.temperature, top_p=g.top_p, max_tokens=g.max_tokens, seed=recipe.seed)
    asked = {example.id: example for example in examples}
    found = measure(
        engine,
        list(asked.values()),
        samples=recipe.reward.majority_samples,
        sampling=sampling,
        out=out,
        workers=recipe.workers,
    )
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for rollout in found.rollouts():
        if rollout.verdict.read is not None:
            answers[rollout.example_id][rollout.verdict.read] += 1
    return {name: min(answers[name], key=lambda said: (-answers[name][said], said), default=None) for name in asked}
