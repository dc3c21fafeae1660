"""A tiny judge trained by GRPO: what the reward for a consistent pair does to its flips (J1, arXiv 2505.10320).

    python benchmarks/judge_pairs.py [SEEDS] [STEPS]      # 3 and 60 without them; some minutes on one core

An answer is six letters, of a pair one from a to e and one from f to j. A judge of some twenty thousand weights is
taught to name the answer with the later letters, and then on skewed rows, where the verdict is A in eight of ten
whatever stands there: greedily it says A always. From this one start GRPO pays each verdict for itself
(`pairwise_verdict`), or a pair whose two orders are both right (`pairwise_consistent`); everything else is alike:
pairs, steps, responses, seeds.

How much the letters tell is chosen. Where they tell nothing (the better answer is drawn by a fair coin), always A earns
as much by single verdicts as reading does, one half, and nothing by pairs, of which reading still earns one half. Where
they tell a little (the later letters are the better answer in six pairs of ten) reading earns more by either.

Told are, on pairs that no training saw, greedily, the share of flips (the same letter in both orders), of pairs that
are right in both orders, and the accuracy over the two orders; mean and 95 % interval over seeds (Student's t).
"""

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from assay.audit.pairs import Form, Pair, PairReport, judge_pairs
from assay.hashing import hashed_seed
from assay.learn.checkpoints import quiet_imports
from assay.learn.grpo import train
from assay.learn.recipe import GrpoRecipe, Tiny
from assay.learn.tiny import make_model, make_tokenizer
from assay.models.engine import Sampling
from assay.models.hf import TransformersEngine
from assay.types import Example
from bars import bar, told

PROMPTS, UNSEEN, TAUGHT = 16, 100, 1000
TELLS = {"nothing": 0.5, "a little": 0.6}
"""What the letters tell -> the share of pairs in which the later ones are the better answer."""
FORMS: tuple[Form, ...] = ("pairwise_verdict", "pairwise_consistent")
KNOWN, SKEW = 0.01, 0.8
"""The log loss at which reading is taught, and the share of A on the skewed rows."""


def pairs(count: int, seed: int, later: float) -> list[Pair]:
    """So many pairs; the answer with the later letters is the better one in a share `later` of them."""
    made = []
    for number in range(count):
        rng = Random(hashed_seed("pairs", seed, number))
        low, high = (" ".join(rng.choice(letters) for _ in range(6)) for letters in ("abcde", "fghij"))
        better, worse = (high, low) if rng.random() < later else (low, high)
        made.append(Pair(f"Which one, {seed} {number}?", better, worse))
    return made


def starting_judge(out: Path) -> Path:
    """A judge that was taught to read, and then mostly to say A."""
    rng = Random(0)
    known = [half for pair in pairs(TAUGHT, 1000, 1.0) for half in pair.halves("pairwise_verdict")]
    tokenizer = make_tokenizer([f"{half.asked_text}\nVerdict: {half.reference}" for half in known], 400)
    model = make_model(tokenizer, Tiny(hidden=32, layers=2, heads=2, feed_forward=64, vocabulary=400), 1)
    _taught(model, tokenizer, known, rng, steps=2000, skew=0.0, rate=5e-3)
    _taught(model, tokenizer, known, rng, steps=150, skew=SKEW, rate=2e-3)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def _taught(
    model: Any, tokenizer: Any, known: Sequence[Example], rng: Random, *, steps: int, skew: float, rate: float
) -> None:
    """Supervised learning of verdicts; without skew it ends as soon as they are known."""
    import torch

    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98))
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / 20, 1, (steps - step) / 100)
        rows = [(half, "A" if rng.random() < skew else str(half.reference)) for half in rng.sample(known, 64)]
        loss = model(**_batch(tokenizer, rows)).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if not skew and loss.item() < KNOWN:
            break
    print(f"taught, with {skew:.0%} A: {step + 1} steps, log loss {loss.item():.3f}", flush=True)


def _batch(tokenizer: Any, rows: Sequence[tuple[Example, str]]) -> dict[str, Any]:
    import torch

    turns = [[{"role": "user", "content": half.asked_text}] for half, _ in rows]
    texts = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    asked = [tokenizer(text, add_special_tokens=False).input_ids for text in texts]
    end = tokenizer.eos_token
    said = [tokenizer(f"Verdict: {letter}{end}", add_special_tokens=False).input_ids for _, letter in rows]
    width = max(len(a) + len(s) for a, s in zip(asked, said, strict=True))
    ids = [[tokenizer.pad_token_id] * (width - len(a) - len(s)) + a + s for a, s in zip(asked, said, strict=True)]
    tokens = torch.tensor(ids)
    labels = torch.tensor([[-100] * (width - len(s)) + s for s in said])
    return {"input_ids": tokens, "attention_mask": (tokens != tokenizer.pad_token_id).long(), "labels": labels}


def trained(start: Path, known: Sequence[Pair], form: Form, out: Path, seed: int, steps: int) -> Path:
    grpo = {"steps": steps, "prompts": PROMPTS, "group": 8, "max_tokens": 6, "micro_batch": 128, "learning_rate": 1e-3}
    recipe = {
        "model": {"path": str(start)},
        "data": {"sources": [{"name": "math/arithmetic"}]},
        "seed": seed,
        "grpo": {**grpo, "save_every": 1000},
    }
    return train(GrpoRecipe.model_validate(recipe), [half for pair in known for half in pair.halves(form)], out)


def judged(policy: Path, later: float) -> PairReport:
    """What a policy makes of pairs that no training saw."""
    sampling = Sampling(temperature=0, max_tokens=6)
    return judge_pairs(TransformersEngine(str(policy)), pairs(UNSEEN, 999, later), "pairwise_verdict", sampling)


def compared(start: Path, tells: str, seeds: int, steps: int, scratch: Path) -> dict[Form, float]:
    """By reward, the mean share of flips over seeds after a training on pairs whose letters tell so much."""
    found: dict[Form, list[PairReport]] = {form: [] for form in FORMS}
    for seed in range(seeds):
        known = pairs(PROMPTS // 2 * steps, seed, TELLS[tells])
        for form in FORMS:
            policy = trained(start, known, form, scratch / tells / form / str(seed), seed, steps)
            found[form].append(judged(policy, TELLS[tells]))
    print(f"the letters tell {tells}: {seeds} seeds, {steps} steps of {PROMPTS // 2} pairs, eight samples each")
    for form, reports in found.items():
        print(form)
        print(told("flips", [report.flips.value or 0.0 for report in reports]))
        print(told("right in both orders", [report.consistent.value or 0.0 for report in reports]))
        print(told("right", [((r.first.value or 0.0) + (r.second.value or 0.0)) / 2 for r in reports]), flush=True)
    return {form: statistics.fmean(r.flips.value or 0.0 for r in reports) for form, reports in found.items()}


def main(seeds: int = 3, steps: int = 60) -> None:
    import torch

    quiet_imports()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        start = starting_judge(Path(scratch) / "start")
        print(f"the start flips {judged(start, 1.0).flips.value:.2f}", flush=True)
        found = [compared(start, tells, seeds, steps, Path(scratch)) for tells in TELLS]
    verdict, consistent = (statistics.fmean(flips[form] for flips in found) for form in FORMS)
    what = f"flips after training, {2 * seeds} runs each: {consistent:.3f} with the pair's reward"
    bar(f"{what}, less than half of {verdict:.3f} with the verdict's", consistent < verdict / 2)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
