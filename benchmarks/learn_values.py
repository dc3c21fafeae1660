"""Is a verifier head better trained at every token than at the last one (Cobbe et al. 2021, figure 6)?

    python benchmarks/learn_values.py [seeds]      # 6 without it; some ten minutes on one core

The tiny policy answers problems of its own sources, a head is trained on a copy of it with the verdicts, once at every
token and once at the last, from the same rows in the same order, and both judge responses to problems that they never
saw. Told is the share of problems whose highest of eight responses is right, of those that some of the eight solve and
some do not, and the probability that a right response stands above a wrong one (AUC), by seed: each seed has problems,
samples and an order of its own. Choosing at random is beside them.
"""

import statistics
import sys
from itertools import groupby

import numpy as np
import torch
import transformers

from assay.learn.checkpoints import quiet_imports
from assay.learn.values import Row, judged, train_values
from assay.models.engine import Sampling
from assay.models.hf import TransformersEngine
from assay.models.library import model_path
from assay.models.prompting import encode
from assay.rollout.measure import measure
from assay.sources.selection import Selection
from bench_learn import told

SOURCES = ("math/arithmetic", "code/list_ops", "logic/knights_knaves", "logic/ordering", "science/kinematics")
PROBLEMS, ASKED, SAMPLES = 60, 30, 8


def rows_of(engine: TransformersEngine, split: str, size: int, seed: int) -> list[list[Row]]:
    """The responses to each problem, by problem."""
    examples = list(Selection(name=SOURCES, size=size, seed=seed).examples(split=split))
    asked = {example.id: tuple(encode(engine.tokenizer, example.asked)) for example in examples}
    found = measure(engine, examples, samples=SAMPLES, sampling=Sampling(max_tokens=24, seed=seed))
    end = engine.tokenizer.eos_token_id
    made = []
    for name, group in groupby(found.rollouts(), key=lambda rollout: rollout.example_id):
        said = [(engine.tokenizer(one.response, add_special_tokens=False)["input_ids"], one) for one in group]
        made.append([Row(asked[name], (*ids, end), one.verdict.is_correct) for ids, one in said])
    return made


def auc(scores: list[float], right: list[bool]) -> float:
    """The probability that a right response stands above a wrong one; ties count half."""
    value, label = np.array(scores), np.array(right)
    above = value[label][:, None] - value[~label][None]
    return float((above > 0).mean() + (above == 0).mean() / 2)


def main() -> None:
    torch.set_num_threads(1)
    seeds = range(int(sys.argv[1]) if sys.argv[1:] else 6)
    quiet_imports()
    engine = TransformersEngine("tiny")
    results: dict[str, list[float]] = {}
    gaps: list[float] = []
    for seed in seeds:
        seen = [row for group in rows_of(engine, "train", PROBLEMS, seed) for row in group]
        held = [
            group for group in rows_of(engine, "test", ASKED, seed) if 0 < sum(row.right for row in group) < len(group)
        ]
        rows = [row for group in held for row in group]
        chance = statistics.fmean(row.right for row in rows)
        results.setdefault("best of 8, at random", []).append(chance)
        reached = {}
        for name, every in (("every token", True), ("last token", False)):
            torch.manual_seed(seed)
            model = transformers.AutoModelForCausalLM.from_pretrained(model_path("tiny"), dtype=torch.float32)
            head = train_values(model, seen, every_token=every, pad=engine.tokenizer.pad_token_id, epochs=3, seed=seed)
            scores = judged(head, rows, pad=engine.tokenizer.pad_token_id)
            at = np.cumsum([0, *map(len, held)])
            best = [group[int(np.argmax(scores[a:b]))].right for group, a, b in zip(held, at, at[1:], strict=False)]
            reached[name] = statistics.fmean(best)
            results.setdefault(f"best of 8, {name}", []).append(reached[name])
            results.setdefault(f"AUC, {name}", []).append(auc(scores, [row.right for row in rows]))
        gaps.append(reached["every token"] - reached["last token"])
        print(f"seed {seed}: {len(seen):,} rows to learn from, {len(held)} problems", file=sys.stderr, flush=True)
    print(f"a verifier head on the tiny policy, {len(seeds)} seeds")
    for name, values in results.items():
        print(told(name, values))
    print(told("every token less last token", gaps) + ("" if statistics.fmean(gaps) > 0 else "   MISSED"))


if __name__ == "__main__":
    main()
