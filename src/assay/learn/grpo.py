"""From a recipe to a trained policy, resumable after `kill -9` with the same result as an uninterrupted run.

Output directory:
    run.json          the resolved recipe and everything else that decides the result (the fingerprint)
    metrics.jsonl     one row a step
    rollouts/         every response with its verdict (`assay.rollout.store`)
    checkpoints/      TRL's checkpoints, at generation boundaries; only whole ones are resumed from
    policy/           the final weights and tokenizer: its presence says that the run is done
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.corpus.collection import Corpus
from assay.errors import AssayError
from assay.journal import Journal, owned
from assay.learn.checkpoints import mark_whole, newest_checkpoint, quiet_imports, save_policy
from assay.learn.progress import StepRecord
from assay.learn.recipe import Data, Grpo, GrpoRecipe
from assay.learn.sampler import DomainMix
from assay.models.engine import weights_hash
from assay.models.hf import weights_path
from assay.models.prompting import as_input
from assay.rollout.fingerprint import judging_facts
from assay.rollout.store import RolloutStore
from assay.sources.base import SOURCES
from assay.types import Example


def train(
    recipe: GrpoRecipe,
    examples: Sequence[Example],
    out: Path,
    *,
    on_step: Callable[[StepRecord], None] | None = None,
) -> Path:
    """Train by GRPO and return the directory of the final policy; a second call resumes or returns at once.

    Raises `MissingExtra` without the extra `train`, `RunConflict` when `out` holds another run or is worked in.
    """
    transformers = quiet_imports()
    policy = out / "policy"
    with owned(out, facts(recipe, examples)):
        if policy.is_dir():
            return policy
        start = newest_checkpoint(out / "checkpoints")
        step = int(start.name.partition("-")[2]) if start else 0
        metrics, rollouts = Journal(out / "metrics.jsonl"), RolloutStore(out)
        metrics.keep(lambda row: row["step"] <= step)
        rollouts.keep(lambda row: row["step"] <= step)

        def record(done: StepRecord) -> None:
            metrics.append([done.to_json()])
            rollouts.append([{"step": done.step, **rollout.to_json()} for rollout in done.rollouts])
            if on_step:
                on_step(done)

        trainer = make_trainer(recipe, examples, out, record, transformers)
        trainer.train(resume_from_checkpoint=str(start) if start else None)
        return save_policy(trainer.model, trainer.processing_class, policy)


def make_trainer(
    recipe: GrpoRecipe, examples: Sequence[Example], out: Path, record: Callable[[StepRecord], None], transformers: Any
) -> Any:
    """The TRL trainer of a recipe."""
    import torch
    from datasets import Dataset

    from assay.learn.trainer import PolicyTrainer

    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    where = weights_path(recipe.model.path)
    transformers.set_seed(recipe.seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(where)
    model = transformers.AutoModelForCausalLM.from_pretrained(where, dtype=recipe.model.dtype)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    rows = [{"prompt": as_input(tokenizer, ex.asked), "example": number} for number, ex in enumerate(examples)]
    trainer = PolicyTrainer(
        examples=examples,
        mix=DomainMix([ex.domain for ex in examples], recipe.data.domain_weights, recipe.seed),
        on_step=record,
        workers=recipe.workers,
        model=model,
        args=trl_arguments(recipe, out / "checkpoints"),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[mark_whole(transformers)],
    )
    trainer.remove_callback(transformers.PrinterCallback)  # every step is in the journal
    return trainer


def trl_arguments(recipe: GrpoRecipe, out: Path) -> Any:
    """The recipe in TRL's words."""
    import torch
    from trl import GRPOConfig

    g = recipe.grpo
    batch = min(g.micro_batch, g.prompts * g.group)
    accumulation = g.prompts * g.group // batch
    return GRPOConfig(
        output_dir=str(out),
        seed=recipe.seed,
        max_steps=g.steps,
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        steps_per_generation=accumulation,
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
        epsilon_high=g.clip_high,
        beta=g.kl,
        loss_type=g.loss,
        scale_rewards=g.scale,
        bf16=recipe.model.dtype == "bfloat16",
        fp16=recipe.model.dtype == "float16",
        gradient_checkpointing=g.gradient_checkpointing,
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_steps=boundary(g),
        save_total_limit=2,
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


def boundary(g: Grpo) -> int:
    """Steps between checkpoints, on a generation boundary: TRL does not save the rollouts of a half-used generation."""
    return -(-g.save_every // g.updates) * g.updates


def training_set(data: Data, where: Path | None, seed: int) -> list[Example]:
    """The Examples that a recipe names. Raises `AssayError` when there is none, or one must not be trained on."""
    if data.corpus:
        examples = list(Corpus.read(Path(data.corpus)))
    else:
        examples = [example for chosen in data.sources for example in chosen.examples(where, seed=seed)]
    if not examples:
        raise AssayError("the recipe's data holds no example")
    for name in {example.source for example in examples}:
        if name in SOURCES and SOURCES.get(name).eval_only:
            raise AssayError(f"{name} is for evaluation only: leave it out of the training data")
    return examples


def facts(recipe: GrpoRecipe, examples: Sequence[Example]) -> dict[str, Any]:
    """Everything that decides the result of a run; written to `run.json` and compared on resume."""
    decided = {"kind": "train", "recipe": recipe.model_dump(mode="json"), "model": weights_hash(recipe.model.path)}
    return decided | judging_facts(examples)
