"""Is a verifier head better trained at every token than at the last one (Cobbe et al. 2021, figure 6a)?

    python benchmarks/learn_values.py [seeds]      # 6 without it; five minutes on one core

An answer is a chain of 48 steps, from letter to letter by a rule that is never said; each step errs at times, and an
answer is right where none did. A small language model reads such chains until it knows what usually follows; heads on
copies of it are trained with the label of the whole chain alone, on the same few rows in the same order, and judge
answers to problems of their own. The paper finds the head at every token slower at first, and ahead where the one at
the last token begins to learn its rows by heart: so each is told after few passes and after many, and the bar is of the
latter, by what the paper measures: how often the highest of eight answers is right, where some of the eight are and
some are not. Told beside it, by seed (rows, order and weights of its own), is the probability that a right answer
stands above a wrong one (AUC).
"""

import copy
import statistics
import sys
from random import Random
from typing import Any

import numpy as np
import torch

from assay.learn.checkpoints import quiet_imports
from assay.learn.recipe import Tiny
from assay.learn.tiny import make_model, make_tokenizer
from assay.learn.values import Row, judged, padded, train_values
from bars import above, summary, told

LETTERS = "abcdefghijklmnop"
STEPS, WRONG, SAMPLES = 48, 0.015, 8
PROBLEMS, ASKED = 25, 100
READ, BATCH = 300, 64
PASSES = (10, 100)


def chains(tokenizer: Any, problems: int, samples: int, rng: Random) -> list[list[Row]]:
    """Answers to each problem, by problem: letters that follow one another in a ring, but for the errors."""
    ring = list(LETTERS)
    Random(0).shuffle(ring)
    follows = dict(zip(ring, ring[1:] + ring[:1], strict=True))
    made = []
    for _ in range(problems):
        first, group = rng.choice(LETTERS), []
        for _ in range(samples):
            said, right = first, True
            for _ in range(STEPS):
                errs = rng.random() < WRONG
                said += rng.choice([x for x in LETTERS if x != follows[said[-1]]]) if errs else follows[said[-1]]
                right = right and not errs
            prompt, answer = (tokenizer(text)["input_ids"] for text in (first * 2, said[1:]))
            group.append(Row(tuple(prompt), (*answer, tokenizer.eos_token_id), right))
        made.append(group)
    return made


def reader(tokenizer: Any) -> Any:
    """A language model of such chains, right ones and wrong ones."""
    model = make_model(tokenizer, Tiny(hidden=64, layers=2, heads=4, feed_forward=128, vocabulary=264), 0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=READ)
    rng = Random(1)
    for _ in range(READ):
        rows = [group[0] for group in chains(tokenizer, BATCH, 1, rng)]
        ids, mask, scored = padded(rows, tokenizer.pad_token_id, every_token=True)
        loss = model(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(scored == 0, -100)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
    return model


def auc(scores: list[float], right: list[bool]) -> float:
    """The probability that a right response stands above a wrong one; ties count half."""
    value, label = np.array(scores), np.array(right)
    above = value[label][:, None] - value[~label][None]
    return float((above > 0).mean() + (above == 0).mean() / 2)


def main(count: int = 6) -> None:
    torch.set_num_threads(1)
    seeds = range(count)
    quiet_imports()
    tokenizer = make_tokenizer([LETTERS], 264)
    pad, model = tokenizer.pad_token_id, reader(tokenizer)
    results: dict[str, list[float]] = {}
    for seed in seeds:
        rng = Random(100 + seed)
        seen = [row for group in chains(tokenizer, PROBLEMS, SAMPLES, rng) for row in group]
        asked = chains(tokenizer, ASKED, SAMPLES, rng)
        held = [group for group in asked if 0 < sum(row.right for row in group) < len(group)]
        rows = [row for group in held for row in group]
        results.setdefault("at random", []).append(statistics.fmean(row.right for row in rows))
        for passes in PASSES:
            for name, every in (("every token", True), ("last token", False)):
                torch.manual_seed(seed)
                head = train_values(
                    copy.deepcopy(model), seen, every_token=every, pad=pad, epochs=passes, learning_rate=1e-3, seed=seed
                )
                scores = judged(head, rows, pad=pad)
                best = np.array(scores).reshape(-1, SAMPLES).argmax(1)
                reached = statistics.fmean(group[at].right for group, at in zip(held, best, strict=True))
                results.setdefault(f"{name}, {passes} passes", []).append(reached)
                results.setdefault(f"AUC, {name}, {passes} passes", []).append(auc(scores, [row.right for row in rows]))
    print(f"a verifier head trained on {PROBLEMS} x {SAMPLES} answers, best of {SAMPLES}; {len(seeds)} seeds")
    for name, values in results.items():
        print(told(name, values))
    for passes in PASSES:
        for what in ("", "AUC, "):
            pair = [results[f"{what}{name}, {passes} passes"] for name in ("every token", "last token")]
            gaps = [one - other for one, other in zip(*pair, strict=True)]
            print(told(f"{what}every less last, {passes} passes", gaps))
            if passes == PASSES[-1] and not what:
                above(
                    f"best of {SAMPLES} by a head trained at every token over the last one, {passes} passes", gaps, 0.0
                )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
    sys.exit(int(summary() > 0))
