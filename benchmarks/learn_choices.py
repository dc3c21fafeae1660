"""What the choices of a training are worth, on a policy of a few thousand parameters, over seeds.

    python benchmarks/learn_choices.py [seeds]      # 6 without it; some minutes on one core

Each line is the share of right answers after training, mean and 95 % interval over seeds (Student's t), from the same
starting policies and the same number of rollouts. An answer is right by its first character, so an untrained policy is
right at times and there is something to learn, but nothing to know.

1. DPO by the age of the policy that sampled: online, semi-online, offline (arXiv 2506.21495, table 1).
2. History resampling (arXiv 2504.14286), and shares by pool, where 70 % of the problems are solved from the start.
3. A random reward (arXiv 2506.10947): what clipping does with one update on a generation, and with eight. Measured is
   how far the share of the answer that the starting policy likes best has moved: clipping holds the policy there.
"""

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.judging.verifier import VERIFIERS, Lane, verifier
from assay.learn.checkpoints import quiet_imports
from assay.learn.grpo import train
from assay.learn.recipe import GrpoRecipe, Tiny
from assay.learn.tiny import make_model, make_tokenizer
from assay.models.engine import Sampling
from assay.rollout.measure import measure
from assay.types import Example, Verdict
from bars import above, bar, summary, told

EASY, HARD = "easy", "hard"
WEIGHTS = "model.safetensors"
DPO = {"online": 1, "semi-online, 5": 5, "offline": 0}
"""How old the sampling policy may be: `grpo.sync_every`."""


def by_first_character(example: Example, response: str) -> Verdict:
    """Easy problems take any answer, hard ones an answer that begins with a small letter of the first half."""
    return Verdict.of(example.reference == EASY or "a" <= response[:1] <= "m", read=response[:1])


VERIFIERS.register("first", verifier("first", version=1, lane=Lane.INLINE)(by_first_character))


def problems(easy: int, hard: int) -> list[Example]:
    kinds = [EASY] * easy + [HARD] * hard
    return [Example(prompt=f"{n} + {n} = ?", reference=kind, verifier="first") for n, kind in enumerate(kinds)]


def starting_policy(seed: int, out: Path) -> Path:
    tokenizer = make_tokenizer(["1 + 1 = ?\n2"], 264)
    make_model(tokenizer, Tiny(hidden=16, layers=1, heads=2, feed_forward=16, vocabulary=264), seed).save_pretrained(
        out
    )
    tokenizer.save_pretrained(out)
    return out


def trained(start: Path, examples: Sequence[Example], out: Path, seed: int, grpo: dict[str, Any], **more: Any) -> Path:
    usual = {"steps": 30, "prompts": 8, "group": 8, "max_tokens": 2, "micro_batch": 64, "learning_rate": 1e-2}
    recipe = {"model": {"path": str(start)}, "data": {"sources": [{"name": "math/arithmetic"}]}, "seed": seed}
    given = {**recipe, "grpo": {**usual, "save_every": 1000, **grpo}, **more}
    return train(GrpoRecipe.model_validate(given), examples, out)


def accuracy(policy: Path, examples: Sequence[Example]) -> float:
    found = measure(str(policy), examples, samples=16, sampling=Sampling(max_tokens=2, seed=99))
    return statistics.fmean(found[example.id].rate or 0.0 for example in examples)


def moved(start: Path, policy: Path, example: Example) -> float:
    """By how much the share of the starting policy's favourite first character has changed."""
    said = []
    for path in (start, policy):
        found = measure(str(path), [example], samples=256, sampling=Sampling(max_tokens=1))
        said.append([rollout.response[:1] for rollout in found.rollouts()])
    liked = statistics.mode(said[0])
    return abs(said[1].count(liked) - said[0].count(liked)) / 256


def main(count: int = 6) -> None:
    seeds = range(count)
    quiet_imports()
    results: dict[str, list[float]] = {}
    alike = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in seeds:
            here = Path(scratch) / str(seed)
            start = starting_policy(seed, here / "start")
            hard, mixed = problems(0, 24), problems(28, 12)
            for name, every in DPO.items():
                policy = trained(start, hard, here / f"dpo{every}", seed, {"sync_every": every}, dpo={"pairs": "one"})
                results.setdefault(f"DPO, {name}", []).append(accuracy(policy, hard))
            for rule in ("none", "history", "pools"):
                policy = trained(start, mixed, here / rule, seed, {"resample": rule, "steps": 40})
                results.setdefault(f"GRPO, resample {rule}", []).append(accuracy(policy, mixed[28:]))
            for updates in (1, 8):
                for clip in (0.2, 1e6):
                    out = here / f"random{updates}{clip}"
                    how = {"steps": 20 * updates, "updates": updates, "scale": "none"}
                    how |= {"clip_low": clip, "clip_high": clip}
                    policy = trained(start, hard[:4], out, seed, how, reward={"control": "random"})
                    name = f"random, {updates} updates, clip {clip:g}"
                    results.setdefault(name, []).append(moved(start, policy, hard[0]))
            weights = [(here / f"random1{clip}" / "policy" / WEIGHTS).read_bytes() for clip in (0.2, 1e6)]
            alike.append(weights[0] == weights[1])
    print(f"{len(seeds)} seeds")
    for name, values in results.items():
        print(told(name, values))

    def gap(one: str, other: str) -> list[float]:
        return [a - b for a, b in zip(results[one], results[other], strict=True)]

    above("history resampling over none", gap("GRPO, resample history", "GRPO, resample none"), 0.08)
    above("pools over no resampling", gap("GRPO, resample pools", "GRPO, resample none"), 0.08)
    for name in list(DPO)[:2]:
        above(f"DPO {name} over offline", gap(f"DPO, {name}", "DPO, offline"), 0.2)
    bar("a random reward, one update: the same weights with the clip and without, every seed", all(alike))
    above(
        "a random reward, eight updates: what the clip holds back",
        gap("random, 8 updates, clip 1e+06", "random, 8 updates, clip 0.2"),
        0.2,
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
    sys.exit(int(summary() > 0))
