"""The recipe in the words of TRL and peft, and what must be there before a run begins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assay.errors import AssayError, BadConfig, MissingExtra, counted, did_you_mean
from assay.learn.recipe import Grpo, GrpoRecipe, Lora
from assay.models.engine import base_model
from assay.models.hf import context_of, require_model, weights_path
from assay.models.prompting import encode
from assay.types import Example, Message


def require_ready(recipe: GrpoRecipe) -> None:
    """Raise `AssayError` where a recipe cannot be trained here: what `require_whole` raises, or a library or a layer of
    the model is missing."""
    for name in recipe.report_to:
        if find_spec(name) is None:
            raise BadConfig(f"report_to names {name!r}, which is not installed: pip install {name}")
    require_whole(recipe.model.path)
    if recipe.lora and find_spec("peft") is None:
        raise MissingExtra("the table [lora]", "lora")
    if recipe.lora and recipe.lora.target_modules:
        _require_layers(recipe.lora.target_modules, recipe.model.path)


def require_whole(path: str) -> None:
    """Raise `AssayError` where several processes were launched, the extra is missing, or a model has no whole weights
    to train."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise AssayError(
            "assay train runs in one process: launch it with --num_processes 1, or train on several with verl, or with "
            "TRL's own trainer and assay.reward_fn() (docs/trainers.md)"
        )
    if find_spec("trl") is None:
        raise MissingExtra("training", "train")
    if base_model(path):
        raise BadConfig(
            f"model.path {path!r} is an adapter, and training starts from whole weights: merge it into "
            "its model first (peft's merge_and_unload) and save that"
        )
    require_model(path)


def fitting(recipe: GrpoRecipe, examples: Sequence[Example]) -> tuple[list[Example], list[str]]:
    """The Examples whose prompt the model can read whole, and notes: what is left out, and what leaves too little room.

    A model goes on behind its last position without a word, and what it says there is noise. Raises `BadConfig` where
    nothing is left.
    """
    import transformers

    where = weights_path(recipe.model.path)
    room = context_of(transformers.AutoConfig.from_pretrained(where))
    if room is None:
        return list(examples), []
    tokenizer = transformers.AutoTokenizer.from_pretrained(where)
    around = len(encode(tokenizer, [Message("user", "")]))

    def size(example: Example) -> int:
        most = len(example.asked_text.encode()) + around * len(example.asked)  # a token is a byte at least
        return most if most + recipe.grpo.max_tokens <= room else len(encode(tokenizer, example.asked))

    sizes = [size(example) for example in examples]
    kept = [example for example, tokens in zip(examples, sizes, strict=True) if tokens < room]
    if examples and not kept:
        raise BadConfig(f"every prompt is longer than the {room:,} tokens that the model reads: take another model")
    told, gone = f"the {room:,} tokens that the model reads", len(examples) - len(kept)
    notes = [f"left out {counted(gone, 'problem')} whose prompt is longer than {told}"] if gone else []
    if close := sum(tokens < room < tokens + recipe.grpo.max_tokens for tokens in sizes):
        notes.append(
            f"{counted(close, 'prompt')} of {len(kept):,} and grpo.max_tokens = {recipe.grpo.max_tokens:,} are more "
            f"than {told}: what is said beyond them is noise"
        )
    return kept, notes


def _require_layers(wanted: Sequence[str], path: str) -> None:
    """Raise `BadConfig` where a name is no layer of the model; no weights are read."""
    import torch
    import transformers

    with torch.device("meta"):
        config = transformers.AutoConfig.from_pretrained(weights_path(path))
        model = transformers.AutoModelForCausalLM.from_config(config)
    linear = [name for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)]
    for name in wanted:
        if not any(f".{layer}".endswith(f".{name}") for layer in linear):
            hint = did_you_mean(name, {layer.rpartition(".")[2] for layer in linear})
            raise BadConfig(f"lora.target_modules names {name!r}, which is no linear layer of the model{hint}")


def lora_arguments(lora: Lora | None) -> Any:
    """The configuration of peft, or `None` where all weights are trained."""
    if lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.target_modules) or "all-linear",
        task_type="CAUSAL_LM",
    )


def train_last(model: Any, count: int) -> None:
    """Freeze all but the last `count` blocks; 0 freezes nothing. Raises `BadConfig` where there are fewer."""
    if not count:
        return
    blocks = getattr(model.get_decoder(), "layers", ())
    if count > len(blocks):
        raise BadConfig(f"model.last_layers is {count}, and the model has {len(blocks)} blocks that can be told apart")
    model.requires_grad_(False)
    for block in blocks[-count:]:
        block.requires_grad_(True)


def report_into(trainer: Any, out: Path, transformers: Any) -> None:
    """Keep TensorBoard's files in the run directory, unless `TENSORBOARD_LOGGING_DIR` says where."""
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, transformers.integrations.TensorBoardCallback) and callback.logging_dir is None:
            callback.logging_dir = str(out / "tensorboard")


def trl_arguments(recipe: GrpoRecipe, out: Path) -> Any:
    """The recipe in TRL's words."""
    import torch
    from trl import GRPOConfig

    g = recipe.grpo
    batch = min(g.micro_batch, g.prompts * g.group)
    accumulation = g.prompts * g.group // batch
    return GRPOConfig(
        output_dir=str(out / "checkpoints"),
        run_name=out.name,
        seed=recipe.seed,
        max_steps=g.steps,
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        steps_per_generation=accumulation * synced(g),
        num_generations=g.group,
        num_iterations=g.updates,
        max_completion_length=g.max_tokens,
        learning_rate=g.learning_rate,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=g.warmup_steps,
        weight_decay=g.weight_decay,
        max_grad_norm=g.max_grad_norm,
        temperature=g.temperature,
        top_p=g.top_p,
        top_k=0,
        epsilon=g.clip_low,
        epsilon_high=g.clip_high + (g.loss == "cispo"),  # of this loss TRL takes the bound of the ratio itself
        beta=g.kl if recipe.dpo is None or recipe.dpo.sync_ref else recipe.dpo.beta,  # above 0, TRL keeps a reference
        loss_type=g.loss,
        importance_sampling_level=g.ratio,
        mask_truncated_completions=g.mask_truncated,
        scale_rewards=g.scale,
        bf16=recipe.model.dtype == "bfloat16",
        fp16=recipe.model.dtype == "float16",
        gradient_checkpointing=g.gradient_checkpointing,
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_steps=boundary(g),
        save_total_limit=2,
        logging_steps=1,
        report_to=list(recipe.report_to),
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


def synced(g: Grpo) -> int:
    """Optimiser steps whose problems are answered at once."""
    return min(g.sync_every, g.steps) or g.steps


def boundary(g: Grpo) -> int:
    """Steps between checkpoints, on a generation boundary: TRL does not save the rollouts of a half-used generation."""
    period = g.updates * synced(g)
    return -(-g.save_every // period) * period
