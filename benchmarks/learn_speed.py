"""What a step of GRPO costs on one processor core: the recipe's trainer, TRL's own, and a bare loop written by hand.

    python benchmarks/learn_speed.py            # 3 rounds of 4 steps of each, in turns; some minutes on one core

Model, problems, batch and lengths are those of `assay demo`. A response is right by a coin that its text decides, so
that nearly every group carries a signal and nothing can be skipped; a verdict costs nothing. All three sample with
temperature 1 and learn in float32 by one optimizer step from each generation, from the same weights. Told is processor
time, whose ratio a busy machine moves less than that of seconds, and the most memory a process of each took (it counts
the libraries too). The first step of each round is left out.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import transformers
from datasets import Dataset
from trl import GRPOTrainer

from assay.config import find_recipe, load_config
from assay.hashing import hashed_seed
from assay.judging.verifier import VERIFIERS, Lane, verifier
from assay.learn.arguments import trl_arguments
from assay.learn.checkpoints import quiet_imports
from assay.learn.grpo import make_trainer, training_set
from assay.learn.recipe import GrpoRecipe
from assay.models.decoding import left_pad
from assay.models.library import model_path
from assay.models.prompting import as_input, encode
from assay.types import Example, Verdict
from bars import bar, summary

ROUNDS, STEPS = 3, 4
WHO = ("ours", "TRL", "bare")
BARS = {"TRL": 2.0, "bare": 1 / 1.3}


def coin(text: str) -> bool:
    return bool(hashed_seed("coin", text) % 2)


def judge(example: Example, response: str) -> Verdict:
    """Right by a coin that the text decides."""
    return Verdict.of(coin(response))


VERIFIERS.register("coin", verifier("coin", version=1, lane=Lane.INLINE)(judge))


def recipe_and_problems() -> tuple[GrpoRecipe, list[Example]]:
    changes = [f"grpo.steps={STEPS}", "grpo.save_every=10000"]
    recipe = load_config(GrpoRecipe, find_recipe("demo"), changes)
    known = training_set(recipe.data, None, recipe.seed)
    return recipe, [replace(example, verifier="coin", params={}) for example in known]


def policy() -> tuple[Any, Any]:
    where = model_path("tiny")
    return (
        transformers.AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32),
        transformers.AutoTokenizer.from_pretrained(where),
    )


class Clock(transformers.TrainerCallback):
    """Processor seconds at the end of each step, and of named parts."""

    def __init__(self) -> None:
        self.ends = [time.process_time()]
        self.parts = Counter[str]()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.ends.append(time.process_time())

    def timed(self, owner: Any, method: str, part: str) -> None:
        plain = getattr(owner, method)

        def call(*given: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return plain(*given, **named)
            finally:
                self.parts[part] += time.process_time() - start  # type: ignore[assignment]

        call.__name__ = method
        setattr(owner, method, call)


def by_trainer(who: str, scratch: Path) -> Clock:
    recipe, problems = recipe_and_problems()
    if who == "ours":
        trainer = make_trainer(recipe, problems, scratch, lambda done: None, quiet_imports())
    else:
        quiet_imports()
        model, tokenizer = policy()

        def reward(completions: list[Any], **_: Any) -> list[float]:
            return [float(coin(said if isinstance(said, str) else said[0]["content"])) for said in completions]

        rows = [{"prompt": as_input(tokenizer, example.asked)} for example in problems]
        trainer = GRPOTrainer(
            model=model,
            args=trl_arguments(recipe, scratch),
            reward_funcs=[reward],
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
        )
        trainer.remove_callback(transformers.PrinterCallback)
    trainer.args.save_strategy = "no"
    clock = Clock()
    trainer.add_callback(clock)
    clock.timed(trainer, "_generate_single_turn", "sampling")
    clock.timed(trainer, "_calculate_rewards", "judging")
    clock.timed(trainer, "_compute_loss", "forward")
    clock.timed(trainer.accelerator, "backward", "backward")
    clock.ends = [time.process_time()]
    trainer.train()
    return clock


@torch.no_grad()
def sampled(model: Any, ids: torch.Tensor, mask: torch.Tensor, group: int, most: int, end: int) -> torch.Tensor:
    """(P x G, T) responses, padded with the token that ends them. A prompt is read once, all rows go on together."""
    out = model(input_ids=ids, attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0), use_cache=True)
    cache, logits = out.past_key_values, out.logits[:, -1].repeat_interleave(group, 0)
    cache.batch_repeat_interleave(group)
    mask, said = mask.repeat_interleave(group, 0), []
    open_rows = torch.ones(len(mask), dtype=torch.bool)
    for _ in range(most):
        token = torch.multinomial(logits.softmax(-1), 1).squeeze(1).where(open_rows, torch.tensor(end))
        said.append(token)
        open_rows = open_rows & (token != end)
        if not open_rows.any():
            break
        mask = torch.cat([mask, torch.ones(len(mask), 1, dtype=mask.dtype)], 1)
        at = (mask.sum(1) - 1)[:, None]
        logits = model(
            input_ids=token[:, None], attention_mask=mask, position_ids=at, past_key_values=cache, use_cache=True
        ).logits[:, -1]
    return torch.stack(said, 1)


def by_hand() -> Clock:
    """GRPO as one would write it down: sample, judge, one forward and backward pass over all rows, AdamW."""
    recipe, problems = recipe_and_problems()
    g = recipe.grpo
    torch.manual_seed(recipe.seed)
    model, tokenizer = policy()
    end = tokenizer.eos_token_id
    optimizer = torch.optim.AdamW(model.parameters(), lr=g.learning_rate, weight_decay=0.0)
    drawn = torch.randperm(len(problems))[: g.steps * g.prompts].view(g.steps, g.prompts).tolist()
    clock = Clock()
    for rows in drawn:
        asked = [problems[row] for row in rows]
        ids, mask = left_pad([encode(tokenizer, example.asked) for example in asked], tokenizer.pad_token_id)
        said = sampled(model, ids, mask, g.group, g.max_tokens, end)
        ended = (said == end).cumsum(1)
        known = ((ended == 0) | ((ended == 1) & (said == end))).long()
        texts = [
            tokenizer.decode(row[seen.bool()], skip_special_tokens=True) for row, seen in zip(said, known, strict=True)
        ]
        scores = torch.tensor([float(coin(text)) for text in texts]).view(-1, g.group)
        advantages = ((scores - scores.mean(1, keepdim=True)) / (scores.std(1, keepdim=True) + 1e-4)).view(-1, 1)
        whole = torch.cat([ids.repeat_interleave(g.group, 0), said], 1)
        seen = torch.cat([mask.repeat_interleave(g.group, 0), known], 1)
        at = (seen.cumsum(1) - 1).clamp(min=0)
        out = model(input_ids=whole, attention_mask=seen, position_ids=at, logits_to_keep=said.shape[1] + 1)
        logprobs = -F.cross_entropy(out.logits[:, :-1].flatten(0, 1), said.flatten(), reduction="none").view(said.shape)
        ratio = (logprobs - logprobs.detach()).exp()
        loss = -(ratio * advantages * known).sum() / known.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), g.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        clock.on_step_end()
    return clock


def one(who: str) -> dict[str, Any]:
    """Processor seconds of each step but the first, where they went, and the peak of memory of this process."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        clock = by_hand() if who == "bare" else by_trainer(who, Path(scratch))
    steps = [late - early for early, late in zip(clock.ends[1:], clock.ends[2:], strict=False)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"steps": steps, "parts": {k: v / STEPS for k, v in clock.parts.items()}, "peak": peak}


def main() -> None:
    found: dict[str, list[dict[str, Any]]] = {who: [] for who in WHO}
    for turn in range(ROUNDS):
        for who in WHO if turn % 2 == 0 else WHO[::-1]:
            ran = subprocess.run([sys.executable, "-W", "ignore", __file__, who], capture_output=True, text=True)
            if ran.returncode:
                raise SystemExit(ran.stderr)
            found[who].append(json.loads(ran.stdout.splitlines()[-1]))
    print(f"the demo's step, {ROUNDS} rounds of {STEPS}: processor seconds, megabytes at most, and where the time goes")
    cost = {who: [statistics.median(ran["steps"]) for ran in rounds] for who, rounds in found.items()}
    peaks = {who: max(ran["peak"] for ran in found[who]) for who in WHO}
    for who in WHO:
        parts = found[who][0]["parts"]
        told = ", ".join(f"{name} {statistics.fmean(r['parts'][name] for r in found[who]):.2f}" for name in parts)
        every = " ".join(f"{value:.2f}" for value in cost[who])
        print(f"  {who:6}{statistics.median(cost[who]):6.2f} s ({every}){peaks[who]:7.0f} MB  {told}")
    for who, least in BARS.items():
        ratios = [other / mine for other, mine in zip(cost[who], cost["ours"], strict=True)]
        told = " ".join(f"{ratio:.2f}" for ratio in ratios)
        ratio = statistics.median(ratios)
        bar(f"a step of {who} takes {ratio:.2f} times as long as ours ({told}), at least {least:.2f}", ratio >= least)
    bar(f"most memory {peaks['ours'] / peaks['TRL']:.2f} of TRL's, at most 1.00", peaks["ours"] <= peaks["TRL"])


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(one(sys.argv[1])))
        sys.exit()
    main()
    sys.exit(int(summary() > 0))
