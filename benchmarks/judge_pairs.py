"""A tiny judge trained by GRPO: what the reward for a consistent pair does to its flips (J1, arXiv 2505.10320).

    python benchmarks/judge_pairs.py [SEEDS] [STEPS]      # 4 and 60 without them; some minutes on one core

The judge has some hundred thousand weights. It starts as a model judge is found: half of the time it says A, whatever
stands there, else it names the answer with the larger figure. Which answer is better can be seen only weakly: it is the
one with the larger figure in six pairs of ten. Paid is each verdict for itself (`pairwise_verdict`), or a pair whose
two orders are both right (`pairwise_consistent`); everything else is alike: pairs, steps, responses, seeds. Told are,
on pairs that training never saw, greedily, the share of flips (the same letter in both orders), of pairs that are right
in both orders, and the accuracy of the two orders; mean and 95 % interval over seeds (Student's t).
"""

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch

from assay.audit.pairs import Form, Pair, PairReport, judge_pairs
from assay.hashing import hashed_seed
from assay.learn.checkpoints import quiet_imports
from assay.learn.grpo import train
from assay.learn.recipe import GrpoRecipe, Tiny
from assay.learn.tiny import make_model, make_tokenizer
from assay.models.engine import Sampling
from assay.models.hf import TransformersEngine
from bench_learn import told

SEEN, UNSEEN, TELLING, BIASED = 64, 200, 0.6, 0.5
FORMS: tuple[Form, ...] = ("pairwise_verdict", "pairwise_consistent")


def pairs(count: int, seed: int) -> list[Pair]:
    """Pairs of answers to different questions; the larger figure is the better one in `TELLING` of them."""
    made = []
    for number in range(count):
        rng = Random(hashed_seed("pairs", seed, number))
        low, high = sorted(rng.sample(range(10), 2))
        chosen, rejected = (high, low) if rng.random() < TELLING else (low, high)
        made.append(Pair(f"Question {seed} {number}", str(chosen), str(rejected)))
    return made


def starting_judge(seed: int, out: Path) -> Path:
    """A judge that was taught verdicts: A half of the time, else the letter of the larger figure."""
    rng, known = Random(hashed_seed("start", seed)), []
    for pair in pairs(400, 1000 + seed):
        for half in pair.halves("pairwise_verdict"):
            first = pair.chosen if half.reference == "A" else pair.rejected
            larger = "A" if first == max(pair.chosen, pair.rejected) else "B"
            known.append((half, "Verdict: " + ("A" if rng.random() < BIASED else larger)))
    texts = [f"{half.asked_text}\n{said}" for half, said in known]
    tokenizer = make_tokenizer(texts, 500)
    model = make_model(tokenizer, Tiny(hidden=64, layers=2, heads=4, feed_forward=128, vocabulary=500), seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for step in range(250):
        optimiser.zero_grad()
        model(**_batch(tokenizer, rng.sample(known, 32))).loss.backward()
        optimiser.step()
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * (1 - step / 250)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def _batch(tokenizer: Any, rows: Sequence[tuple[Any, str]]) -> dict[str, torch.Tensor]:
    turns = [[{"role": "user", "content": half.asked_text}] for half, _ in rows]
    texts = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    asked = [tokenizer(text, add_special_tokens=False).input_ids for text in texts]
    said = [tokenizer(text + tokenizer.eos_token, add_special_tokens=False).input_ids for _, text in rows]
    width = max(len(a) + len(s) for a, s in zip(asked, said, strict=True))
    ids = [[tokenizer.pad_token_id] * (width - len(a) - len(s)) + a + s for a, s in zip(asked, said, strict=True)]
    labels = [[-100] * (width - len(s)) + s for s in said]
    tokens = torch.tensor(ids)
    return {
        "input_ids": tokens,
        "attention_mask": (tokens != tokenizer.pad_token_id).long(),
        "labels": torch.tensor(labels),
    }


def trained(start: Path, form: Form, out: Path, seed: int, steps: int) -> Path:
    examples = [half for pair in pairs(SEEN, seed) for half in pair.halves(form)]
    grpo = {"steps": steps, "prompts": 16, "group": 8, "max_tokens": 6, "micro_batch": 128, "learning_rate": 1e-3}
    recipe = {
        "model": {"path": str(start)},
        "data": {"sources": [{"name": "math/arithmetic"}]},
        "seed": seed,
        "grpo": {**grpo, "save_every": 1000},
    }
    return train(GrpoRecipe.model_validate(recipe), examples, out)


def judged(policy: Path) -> PairReport:
    sampling = Sampling(temperature=0, max_tokens=6)
    return judge_pairs(TransformersEngine(str(policy)), pairs(UNSEEN, 999), "pairwise_verdict", sampling)


def main() -> None:
    seeds = range(int(sys.argv[1]) if sys.argv[1:] else 4)
    steps = int(sys.argv[2]) if sys.argv[2:] else 60
    quiet_imports()
    torch.set_num_threads(1)
    found: dict[str, list[PairReport]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for seed in seeds:
            here = Path(scratch) / str(seed)
            start = starting_judge(seed, here / "start")
            found.setdefault("start", []).append(judged(start))
            for form in FORMS:
                found.setdefault(form, []).append(judged(trained(start, form, here / form, seed, steps)))
            flips = ", ".join(f"{name} {reports[-1].flips.value:.2f}" for name, reports in found.items())
            print(f"seed {seed}, flips: {flips}", flush=True)
    print(f"{len(seeds)} seeds, {steps} steps")
    for name, reports in found.items():
        print(name)
        print(told("flips", [report.flips.value for report in reports]))
        print(told("right in both orders", [report.consistent.value for report in reports]))
        print(told("right", [(report.first.value + report.second.value) / 2 for report in reports]))
        print(told("no judgement", [report.invalid.value for report in reports]))
    verdict, consistent = (statistics.fmean(r.flips.value for r in found[form]) for form in FORMS)
    print(f"flips with the consistency reward: {consistent:.3f}, with the verdict's: {verdict:.3f}")
    assert consistent < verdict / 2, "the consistency reward does not halve the flips"


if __name__ == "__main__":
    main()
