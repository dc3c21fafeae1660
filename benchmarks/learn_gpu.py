"""Steps of GRPO on one GPU, of the recipe's trainer beside TRL's own, from the same weights in the same run.

    python benchmarks/learn_gpu.py [small]        # `small` is a model of a few layers, for a processor

Models have the public geometry of Qwen2.5 0.5B and 1.5B and random weights: what a step costs does not depend on what
they say. A response is right by a coin that its text decides, so that a known share of groups carries a signal: with
.5 nearly all of 8, with .05 about a third, as late in a training.
"""

import gc
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import transformers
from datasets import Dataset
from trl import GRPOTrainer

from assay.hashing import hashed_seed
from assay.judging.verifier import VERIFIERS, Lane, verifier
from assay.learn.arguments import trl_arguments
from assay.learn.checkpoints import quiet_imports
from assay.learn.grpo import make_trainer
from assay.learn.recipe import GrpoRecipe
from assay.models.library import model_path
from assay.types import Example, Verdict

GEOMETRY = {  # hidden, feed forward, layers, heads, key-value heads
    "0.5B": (896, 4864, 24, 14, 2),
    "1.5B": (1536, 8960, 28, 12, 2),
    "small": (64, 128, 2, 4, 2),
}
VOCABULARY = 151_936
STEPS, PROMPTS, GROUP, TOKENS = 4, 8, 8, 256
SHARES = (0.5, 0.05)


def coin(text: str, share: float) -> bool:
    return hashed_seed("coin", text) % 10_000 < 10_000 * share


def register(share: float) -> str:
    """A verifier whose verdict is the coin."""
    name = f"coin{share}"

    def judge(example: Example, response: str) -> Verdict:
        """Right by a coin that the text decides."""
        return Verdict.of(coin(response, share))

    VERIFIERS.register(name, verifier(name, version=1, lane=Lane.INLINE)(judge))
    return name


def model_of(size: str, out: Path) -> str:
    """A directory with random weights of this geometry, and the small tokenizer of the package."""
    hidden, feed, layers, heads, few = GEOMETRY[size]
    config = transformers.LlamaConfig(
        hidden_size=hidden,
        intermediate_size=feed,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=few,
        vocab_size=VOCABULARY,
        tie_word_embeddings=True,
        max_position_embeddings=4096,
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_path("tiny"))
    config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(out / size)
    tokenizer.save_pretrained(out / size)
    return str(out / size)


def recipe_of(path: str, tokens: int) -> GrpoRecipe:
    grpo = {"steps": STEPS, "prompts": PROMPTS, "group": GROUP, "max_tokens": tokens, "micro_batch": 16}
    grpo |= {"learning_rate": 1e-6, "gradient_checkpointing": True, "save_every": 10_000}
    model = {"path": path, "dtype": "bfloat16" if torch.cuda.is_available() else "float32"}
    data = {"sources": [{"name": "math/arithmetic"}]}
    return GrpoRecipe.model_validate({"model": model, "grpo": grpo, "data": data})


def ours(path: str, rows: list[Example], out: Path, tokens: int) -> Any:
    return make_trainer(recipe_of(path, tokens), rows, out, lambda done: None, quiet_imports())


def plain(path: str, rows: list[Example], out: Path, tokens: int, share: float) -> Any:
    """TRL's trainer with the same settings."""
    recipe = recipe_of(path, tokens)
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)

    def reward(completions: list[str], **_: Any) -> list[float]:
        return [float(coin(text, share)) for text in completions]

    trainer = GRPOTrainer(
        model=transformers.AutoModelForCausalLM.from_pretrained(path, dtype=recipe.model.dtype),
        args=trl_arguments(recipe, out),
        reward_funcs=[reward],
        train_dataset=Dataset.from_list([{"prompt": row.text + "\n"} for row in rows]),
        processing_class=tokenizer,
    )
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer


def measured(trainer: Any) -> tuple[float, float]:
    """Seconds of the median step after the first, and peak gigabytes."""
    ends = [time.perf_counter()]

    class Clock(transformers.TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            ends.append(time.perf_counter())

    trainer.add_callback(Clock())
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    trainer.train()
    took = sorted(late - early for early, late in pairwise(ends[1:]))
    peak = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0.0
    return took[len(took) // 2], peak


def main() -> None:
    small = sys.argv[1:] == ["small"]
    tokens = 16 if small else TOKENS
    print(torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU")
    print(f"{PROMPTS} prompts x {GROUP} responses of at most {tokens} tokens, {STEPS} steps, the first left out")
    print(f"{'model':8}{'right':>7}{'trainer':>10}{'s/step':>9}{'tokens/s':>10}{'peak GB':>9}")
    for size in ("small",) if small else ("0.5B", "1.5B"):
        with tempfile.TemporaryDirectory() as scratch:
            path = model_of(size, Path(scratch))
            for share in SHARES:
                name = register(share)
                rows = [Example(prompt=f"What is {n} + {n}?", reference=0, verifier=name) for n in range(64)]
                seconds: dict[str, list[float]] = {}
                for who in ("ours", "TRL", "TRL", "ours"):
                    out = Path(scratch) / f"{who}-{share}-{len(seconds)}-{time.time_ns()}"
                    trainer = ours(path, rows, out, tokens) if who == "ours" else plain(path, rows, out, tokens, share)
                    took, peak = measured(trainer)
                    del trainer
                    gc.collect()
                    rate = PROMPTS * GROUP * tokens / took
                    seconds.setdefault(who, []).append(took)
                    print(f"{size:8}{share:7}{who:>10}{took:9.2f}{rate:10,.0f}{peak:9.1f}", flush=True)
                ratio = min(seconds["TRL"]) / min(seconds["ours"])
                print(f"{size:8}{share:7}  TRL takes {ratio:.2f} times as long", flush=True)


if __name__ == "__main__":
    main()
