"""From a recipe to a trained policy, resumable after `kill -9` with the same result as an uninterrupted run.

Output directory:
    run.json          the resolved recipe and everything else that decides the result (the fingerprint)
    metrics.jsonl     one row a step
    tensorboard/      the same for TensorBoard, where the recipe's `report_to` names it
    rollouts/         every response with its verdict (`assay.rollout.store`)
    checkpoints/      TRL's checkpoints, at generation boundaries; only whole ones are resumed from
    policy/           the final weights (with `[lora]` those of the adapter) and tokenizer: its presence says that the
                      run is done
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from assay.config import settings
from assay.corpus.collection import Corpus
from assay.errors import AssayError, BadConfig
from assay.journal import Journal, owned
from assay.judging.verifier import VERIFIERS
from assay.learn.arguments import lora_arguments, report_into, require_ready, synced, train_last, trl_arguments
from assay.learn.checkpoints import mark_whole, newest_checkpoint, newest_step, quiet_imports, save_policy
from assay.learn.guards import crossed
from assay.learn.oracle import Watched
from assay.learn.pools import Ledger
from assay.learn.progress import Look, StepRecord
from assay.learn.recipe import Data, GrpoRecipe
from assay.learn.rewards import majority, paid_by, terms_of
from assay.learn.sampler import DomainMix
from assay.learn.stages import Stages
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
    look: Look | None = None,
) -> Path:
    """Train by GRPO and return the directory of the final policy; a second call resumes or returns at once.

    `look` measures the policy on the way, where `eval.every` says so.

    Raises `MissingExtra` without the extra `train`, `RunConflict` when `out` holds another run or is worked in.
    """
    transformers = quiet_imports()
    require_ready(recipe)
    policy = out / "policy"
    with owned(out, facts(recipe, examples)):
        if policy.is_dir():
            return policy
        start = newest_checkpoint(out / "checkpoints")
        step = newest_step(out / "checkpoints")
        metrics, rollouts = Journal(out / "metrics.jsonl", "step"), RolloutStore(out)
        metrics.keep(lambda row: row["step"] <= step)
        rollouts.keep(lambda row: row["step"] <= step)

        stages, watched = Stages(recipe), watch_of(recipe, examples)
        known = metrics.read()
        for row in known:
            stages.add(row)
            if watched:
                watched.add(row)

        def record(done: StepRecord) -> None:
            row = done.to_json()
            stages.add(row)
            stage = {"stage": stages.at((done.step - 1) // stages.period) + 1} if recipe.stages else {}
            seen = {"oracle": watched.step(done.rollouts)} if watched else {}
            metrics.append([row | stage | seen])
            known.append(row)
            rollouts.append([{"step": done.step, **rollout.to_json()} for rollout in done.rollouts])
            if on_step:
                on_step(done)
            rang = watched and watched.rules.stop and watched.alarm
            if rang or (recipe.guards and recipe.guards.stop and crossed(recipe.guards, known)):
                trainer.control.should_training_stop = True

        trainer = make_trainer(recipe, examples, out, record, transformers, stages, look)
        trainer.train(resume_from_checkpoint=str(start) if start else None)
        return save_policy(trainer.model, trainer.processing_class, policy)


def watch_of(recipe: GrpoRecipe, examples: Sequence[Example]) -> Watched | None:
    """The second verifier of a recipe. Raises `BadConfig` where it cannot be used."""
    if recipe.oracle is None:
        return None
    watched = Watched(recipe.oracle, examples, recipe.seed, recipe.workers)
    watched.check()
    return watched


def make_trainer(
    recipe: GrpoRecipe,
    examples: Sequence[Example],
    out: Path,
    record: Callable[[StepRecord], None],
    transformers: Any,
    stages: Stages | None = None,
    look: Look | None = None,
) -> Any:
    """The TRL trainer of a recipe; `stages` must hear of each step that `record` does."""
    import torch
    from datasets import Dataset

    from assay.learn.preference import PreferenceTrainer
    from assay.learn.rejection import RejectionTrainer
    from assay.learn.trainer import PolicyTrainer

    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    where = weights_path(recipe.model.path)
    where = str(Path(where).resolve()) if Path(where).exists() else where  # an adapter remembers it
    transformers.set_seed(recipe.seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(where)
    model = transformers.AutoModelForCausalLM.from_pretrained(where, dtype=recipe.model.dtype)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    train_last(model, recipe.model.last_layers)
    rows = [{"prompt": as_input(tokenizer, ex.asked), "example": number} for number, ex in enumerate(examples)]
    ledger = _ledger(recipe, out)
    stages = stages or Stages(recipe)
    mix = mixed(recipe, examples, stages, ledger)
    kind: Callable[..., Any] = PolicyTrainer
    if recipe.dpo:
        kind = partial(PreferenceTrainer, dpo=recipe.dpo)
    elif recipe.sft:
        kind = partial(RejectionTrainer, sft=recipe.sft)
    trainer = kind(
        examples=examples,
        mix=mix,
        on_step=record,
        on_group=ledger.add,
        redraws=recipe.grpo.redraws,
        **({"looks": recipe.eval.on_the_way(recipe.grpo.steps).values(), "look": look} if look and recipe.eval else {}),
        limit=lambda generation: stages.limits[stages.at(generation)],
        workers=recipe.workers,
        paid=paid_by(recipe, majority(recipe, examples, out / "majority")),
        terms=terms_of(recipe),
        model=model,
        args=trl_arguments(recipe, out),
        peft_config=lora_arguments(recipe.lora),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[mark_whole(transformers)],
    )
    trainer.remove_callback(transformers.PrinterCallback)  # every step is in the journal
    report_into(trainer, out, transformers)
    return trainer


def mixed(recipe: GrpoRecipe, examples: Sequence[Example], stages: Stages, ledger: Ledger) -> DomainMix:
    """The order in which a recipe asks these Examples: those that are judged together come together.

    Raises `BadConfig` where a step cannot hold them together.
    """
    prompts = recipe.grpo.prompts * synced(recipe.grpo)
    mix = DomainMix(
        [example.domain for example in examples],
        stages.weights,
        recipe.seed,
        ledger.resting(examples) if recipe.grpo.resample == "history" else lambda count: (),
        lambda count: stages.at(count // prompts),
        sources=[example.source for example in examples],
        source_weights=recipe.data.source_weights,
        units=[_judged_with(example, number) for number, example in enumerate(examples)],
        quotas=recipe.grpo.quotas if recipe.grpo.resample == "pools" else {},
        pools=ledger.pools(examples),
        block=prompts,
    )
    if recipe.grpo.prompts % mix.size:
        raise BadConfig(f"grpo.prompts is a multiple of {mix.size}, since as many problems are judged together")
    if mix.size > 1 and recipe.grpo.redraws:
        raise BadConfig("grpo.redraws would tear apart problems that are judged together: set it to 0")
    return mix


def _judged_with(example: Example, number: int) -> str:
    """Names what an Example is judged together with."""
    spans = VERIFIERS.get(example.verifier).spans
    return str(number) if spans is None else f"{example.verifier} {spans(example)}"


def _ledger(recipe: GrpoRecipe, out: Path) -> Ledger:
    """How the groups of this run ended so far, as its rollouts say."""
    g = recipe.grpo
    ledger = Ledger(g.prompts * synced(g) if g.resample != "none" else None)
    groups: dict[tuple[str, str], list[float | None]] = defaultdict(list)
    for mark in RolloutStore(out).marks():
        groups[mark["group_id"], mark["example_id"]].append(mark["score"])
    for (group, name), scores in groups.items():
        ledger.add(int(group.partition(".")[0]) // (g.updates * synced(g)), name, scores)
    return ledger


def training_set(data: Data, where: Path | None, seed: int) -> list[Example]:
    """The Examples that a recipe names. Raises `AssayError` when there is none, or one must not be trained on."""
    if data.corpus:
        examples = list(Corpus.read(data.corpus))
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
    said = settings(recipe, "report_to", "study")
    decided = {"kind": "train", "recipe": said, "model": weights_hash(recipe.model.path)}
    return decided | judging_facts(examples)
