"""Steps of GRPO on one GPU, of the recipe's trainer beside TRL's own, from the same weights in the same run.

    python benchmarks/learn_gpu.py speed [0.5B 1.5B small]          # `small` has two layers, for a processor
    python benchmarks/learn_gpu.py memory [0.5B 1.5B 3B 8B small]   # the most that one step takes, full and LoRA

Models have public geometries (Qwen2.5 0.5B to 3B, Llama 3.1 8B) and random weights: what a step costs does not depend
on what they say. A response is right by a coin that its text decides, so that a known share of groups carries a
signal: with .5 nearly all of 8, with .05 about a third, as late in a training.
"""

import gc
import sys
import tempfile
import time
from itertools import pairwise, product
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

GEOMETRY = {  # hidden, feed forward, layers, heads, key-value heads, tokens, tied
    "0.5B": (896, 4864, 24, 14, 2, 151_936, True),
    "1.5B": (1536, 8960, 28, 12, 2, 151_936, True),
    "3B": (2048, 11008, 36, 16, 2, 151_936, True),
    "8B": (4096, 14336, 32, 32, 8, 128_256, False),
    "small": (64, 128, 2, 4, 2, 8_192, True),
}
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
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

    if name not in VERIFIERS:
        VERIFIERS.register(name, verifier(name, version=1, lane=Lane.INLINE)(judge))
    return name


def model_of(size: str, out: Path) -> str:
    """A directory with random weights of this geometry, and the small tokenizer of the package."""
    hidden, feed, layers, heads, few, vocabulary, tied = GEOMETRY[size]
    config = transformers.LlamaConfig(
        hidden_size=hidden,
        intermediate_size=feed,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=few,
        vocab_size=vocabulary,
        tie_word_embeddings=tied,
        max_position_embeddings=4096,
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_path("tiny"))
    config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    torch.manual_seed(0)
    with torch.device(DEVICE):
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(out / size)
    del model
    tokenizer.save_pretrained(out / size)
    return str(out / size)


def recipe_of(path: str, tokens: int, **more: Any) -> GrpoRecipe:
    grpo = {"steps": STEPS, "prompts": PROMPTS, "group": GROUP, "max_tokens": tokens, "micro_batch": 16}
    grpo |= {"learning_rate": 1e-6, "gradient_checkpointing": True, "save_every": 10_000}
    model = {"path": path, "dtype": "bfloat16" if torch.cuda.is_available() else "float32"}
    data = {"sources": [{"name": "math/arithmetic"}]}
    return GrpoRecipe.model_validate({"model": model, "grpo": grpo, "data": data} | more)


def ours(path: str, rows: list[Example], out: Path, tokens: int, **more: Any) -> Any:
    return make_trainer(recipe_of(path, tokens, **more), rows, out, lambda done: None, quiet_imports())


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
    trainer.args.save_strategy = "no"  # a checkpoint of 8B takes 48 GB of the disk, and its seconds are not a step's
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    trainer.train()
    took = sorted(late - early for early, late in pairwise(ends[1:]))
    peak = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0.0
    return took[len(took) // 2], peak


def problems(share: float) -> list[Example]:
    name = register(share)
    return [Example(prompt=f"What is {n} + {n}?", reference=0, verifier=name) for n in range(64)]


def speed(sizes: list[str], scratch: Path) -> None:
    tokens = 16 if sizes == ["small"] else TOKENS
    print(f"{PROMPTS} prompts x {GROUP} responses of at most {tokens} tokens, {STEPS} steps, the first left out")
    print(f"{'model':8}{'right':>7}{'trainer':>10}{'s/step':>9}{'tokens/s':>10}{'peak GB':>9}")
    for size, share in product(sizes, SHARES):
        path, rows = model_of(size, scratch), problems(share)
        seconds: dict[str, list[float]] = {}
        for turn, who in enumerate(("ours", "TRL", "TRL", "ours")):
            out = scratch / f"{size}-{share}-{turn}"
            trainer = ours(path, rows, out, tokens) if who == "ours" else plain(path, rows, out, tokens, share)
            took, peak = measured(trainer)
            del trainer
            gc.collect()
            seconds.setdefault(who, []).append(took)
            rate = PROMPTS * GROUP * tokens / took
            print(f"{size:8}{share:7}{who:>10}{took:9.2f}{rate:10,.0f}{peak:9.1f}", flush=True)
        ratio = min(seconds["TRL"]) / min(seconds["ours"])
        print(f"{size:8}{share:7}  TRL takes {ratio:.2f} times as long", flush=True)


def memory(sizes: list[str], scratch: Path) -> None:
    """The peak of two steps, beside what weights, gradients and AdamW's two moments take by themselves."""
    tokens = 16 if sizes == ["small"] else TOKENS
    print(f"{PROMPTS} prompts x {GROUP} responses of {tokens} tokens, micro-batches of 16, bfloat16, checkpointing")
    print(f"{'model':8}{'kind':>6}{'parameters':>13}{'states GB':>11}{'peak GB':>9}")
    for size, kind in product(sizes, ("full", "lora")):
        path, rows = model_of(size, scratch), problems(0.5)
        more = {"lora": {"r": 16, "alpha": 32}} if kind == "lora" else {}
        try:
            trainer = ours(path, rows, scratch / f"{size}-{kind}", tokens, **more)
            trainer.args.max_steps = 2
            parts = [(part.numel(), part.element_size(), part.requires_grad) for part in trainer.model.parameters()]
            states = sum(n * width * (4 if trained else 1) for n, width, trained in parts) / 2**30
            told = f"{measured(trainer)[1]:9.1f}"
        except torch.cuda.OutOfMemoryError:
            told = "  out of memory"
        print(f"{size:8}{kind:>6}{sum(n for n, _, _ in parts):13,}{states:11.1f}{told}", flush=True)
        trainer = None
        gc.collect()


def main() -> None:
    kind, *sizes = sys.argv[1:] or ["speed"]
    print(torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU")
    with tempfile.TemporaryDirectory() as scratch:
        {"speed": speed, "memory": memory}[kind](sizes or ["0.5B", "1.5B"], Path(scratch))


if __name__ == "__main__":
    main()
