"""Supervised learning on demonstrations that are noisy on purpose: a starting policy with something to explore.

A policy that already answers right most of the time has nothing to learn from reinforcement, and one that never does
cannot learn. A share of the demonstrations is replaced by a wrong response of the same form, so the policy that comes
out puts probability on right and wrong answers alike, and reinforcement has to find out which is which.
Only procedural sources can be used: they know their own wrong answers, and their `warmup` split is disjoint from the
problems of training and test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from assay.config import settings
from assay.errors import BadConfig
from assay.journal import owned, refuse_foreign
from assay.learn.checkpoints import mark_whole, newest_checkpoint, quiet_imports, save_policy, written
from assay.learn.recipe import Data, Phase, WarmupRecipe
from assay.learn.sampler import bucketed
from assay.learn.tiny import make_model, make_tokenizer
from assay.sources.base import SOURCES
from assay.sources.procedural import Procedural
from assay.types import content_hash, hashed_seed
from assay.version import VERSION

Demonstration = tuple[str, str]


def demonstrations(data: Data, noise: float, seed: int) -> Iterator[Demonstration]:
    """(prompt, response) pairs; each response is wrong with probability `noise`, hashed from the seed and the row."""
    for example in (example for chosen in data.sources for example in chosen.examples(split="warmup", seed=seed)):
        source = SOURCES.get(example.source) if example.source in SOURCES else None
        if not isinstance(source, Procedural):
            raise BadConfig(f"{example.source} is not procedural, so it has no wrong answers of its own to demonstrate")
        rng = Random(hashed_seed(seed, "noise", example.id))
        yield example.asked_text, source.wrong(example, rng) if rng.random() < noise else str(example.gold)


def warm_up(recipe: WarmupRecipe, out: Path) -> Path:
    """Make a tiny policy from nothing and return its directory; a second call resumes or returns at once."""
    refuse_foreign(out)
    transformers = quiet_imports()
    if recipe.data.corpus:
        raise BadConfig("a warm-up needs data.sources that are procedural, not a corpus")
    clean = list(demonstrations(recipe.data, 0.0, recipe.seed))
    facts = {"kind": "warmup", "recipe": settings(recipe), "assay": VERSION}
    with owned(out, facts | {"data": content_hash(clean)}):
        policy = out / "policy"
        if policy.is_dir():
            return policy
        tokenizer = make_tokenizer((f"{prompt}\n{response}" for prompt, response in clean), recipe.tiny.vocabulary)
        model = make_model(tokenizer, recipe.tiny, recipe.seed)
        for number, phase in enumerate(recipe.warmup.phases, 1):
            made = out / f"phase-{number}"
            if not made.is_dir():
                checkpoints = out / f"checkpoints-{number}"
                trainer = _trainer(recipe, phase, model, tokenizer, checkpoints, transformers)
                start = newest_checkpoint(checkpoints)
                trainer.train(resume_from_checkpoint=str(start) if start else None)
                save_policy(trainer.model, tokenizer, made)
            model = transformers.AutoModelForCausalLM.from_pretrained(made, dtype="float32")
        return save_policy(model, tokenizer, policy)


def _trainer(recipe: WarmupRecipe, phase: Phase, model: Any, tokenizer: Any, out: Path, transformers: Any) -> Any:
    import torch
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    transformers.set_seed(recipe.seed)
    rows = [
        {"prompt": [{"role": "user", "content": asked}], "completion": [{"role": "assistant", "content": said}]}
        for asked, said in demonstrations(recipe.data, phase.noise, recipe.seed)
    ]
    arguments = SFTConfig(
        output_dir=str(out),
        seed=recipe.seed,
        max_steps=phase.steps,
        per_device_train_batch_size=recipe.warmup.batch,
        learning_rate=phase.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=phase.steps // 10,
        adam_beta2=0.98,
        max_length=recipe.tiny.context,
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_steps=recipe.warmup.save_every,
        save_total_limit=2,
        logging_steps=50,
        report_to=[],
        disable_tqdm=False,
        dataloader_pin_memory=False,
    )

    class BucketedTrainer(SFTTrainer):  # type: ignore[misc]  # the base is imported late
        """`SFTTrainer` in an order that is decided beforehand, so that skipping to a checkpoint replays it."""

        def _get_train_sampler(self, dataset: Any = None) -> Any:
            lengths = [len(ids) for ids in self.train_dataset["input_ids"]]
            return bucketed(lengths, recipe.warmup.batch, phase.steps, recipe.seed)

        def _save_checkpoint(self, model: Any, trial: Any) -> None:
            with written(out):
                super()._save_checkpoint(model, trial)

    return BucketedTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[mark_whole(transformers)],
    )
