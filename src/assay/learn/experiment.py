"""One recipe, whole: measure the starting policy on held-out problems, train, measure again, compare.

Every part resumes, so calling `experiment` again after a crash goes on where it stopped.

Output directory, beside what `grpo.py` writes:
    eval/before, eval/after    held-out rollouts and scores; eval/step-N where `eval.every` asks on the way
    eval/changes.json          paired differences by domain and source
    eval/overlap.json          how many held-out problems there are, and how many of them are trained on
    examples.jsonl             the problems of training and evaluation, for the page
    times.jsonl                when each call began, and the seconds it took
    notes.json                 what the run says about itself (domains left out, and why)
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.errors import AssayError, IsolationRefused
from assay.evaluate.run import EXAMPLES, Scores, evaluate, readable, unreadable_note, write_changes
from assay.files import write_atomically
from assay.journal import Journal, owned, refuse_another_run, refuse_foreign, timed
from assay.judging.verifier import VERIFIERS
from assay.learn.arguments import fitting, require_ready
from assay.learn.checkpoints import newest_step
from assay.learn.grpo import facts, mixed, train, training_set, watch_of
from assay.learn.guards import crossings
from assay.learn.oracle import alarms
from assay.learn.pools import Ledger
from assay.learn.progress import StepRecord
from assay.learn.recipe import GrpoRecipe
from assay.learn.sampler import DomainMix
from assay.learn.stages import Stages
from assay.models.hf import TransformersEngine
from assay.sandbox import require
from assay.types import Example

OVERLAP = "overlap.json"
LOOKED_AT = 100_000
"""Draws that are made beforehand to see how often each domain is asked."""


@dataclass(frozen=True)
class Progress:
    """What a caller may watch. Each is called as work is done."""

    on_stage: Callable[[str, int], None] = lambda name, total: None
    """A stage begins: its name and how many units it has."""
    on_units: Callable[[int], None] = lambda count: None
    """Units of the stage that are finished."""
    on_step: Callable[[StepRecord], None] = field(default=lambda record: None)


@dataclass(frozen=True)
class Prepared:
    """What an experiment works on, once everything that can be checked beforehand was."""

    examples: list[Example]
    """To train on."""
    asked: list[Example]
    """Held out."""
    notes: list[str]
    """What was left out, and why."""
    shared: list[Example]
    """Held-out problems that are trained on, where the recipe allows it."""
    facts: dict[str, Any]
    """Everything that decides the result."""


def prepare(
    recipe: GrpoRecipe, out: Path, data: Path | None = None, *, examples: Sequence[Example] | None = None
) -> Prepared:
    """Read what a recipe names and check all that can be checked before work; nothing is written.

    `examples` are trained on instead of those that the recipe's data gives, when the caller has them already. Problems
    that cannot be judged here are left out, and noted. Raises `AssayError` where held-out problems are trained on,
    unless the recipe allows it, and `RunConflict` where `out` holds another run.
    """
    refuse_foreign(out)
    require_ready(recipe)
    examples, notes = runnable(training_set(recipe.data, data, recipe.seed) if examples is None else examples)
    examples, left_out = readable(examples)
    examples, over = fitting(recipe, examples)
    asked, _ = runnable(recipe.eval.examples(data) if recipe.eval else [])
    notes += over + unreadable_note(left_out | readable(asked)[1])
    if recipe.reward.control != "none":
        notes.append(
            f"paid by a control (reward.control = {recipe.reward.control!r}) and not by its verdicts, which curves show"
        )
    shared = trained_on(asked, examples, allowed=recipe.eval is not None and recipe.eval.allow_overlap)
    watch_of(recipe, examples)
    mix = mixed(recipe, examples, Stages(recipe), Ledger(None))
    notes += _uneven(examples, mix, recipe.grpo.steps * recipe.grpo.prompts // recipe.grpo.updates)
    decided = facts(recipe, examples)
    refuse_another_run(out, decided)
    return Prepared(examples, asked, notes, shared, decided)


def experiment(
    recipe: GrpoRecipe,
    out: Path,
    *,
    data: Path | None = None,
    progress: Progress | None = None,
    examples: Sequence[Example] | None = None,
    ends: bool = True,
) -> Path:
    """Run a GRPO recipe, on `examples` where they are given, and return `out`; without its `ends` it is measured on the
    way alone. Raises what `prepare` raises, before anything is written."""
    watch = progress or Progress()
    ready = prepare(recipe, out, data, examples=examples)
    examples, asked = ready.examples, ready.asked
    overlap = {"problems": len(asked), "shared": len(ready.shared)}
    with owned(out, ready.facts) as fingerprint, timed(out):
        write_atomically(out / "notes.json", json.dumps(ready.notes, indent=2) + "\n")
        write_atomically(out / "eval" / OVERLAP, json.dumps(overlap) + "\n")
        lines = sorted({json.dumps(example.to_json(), ensure_ascii=False) for example in [*examples, *asked]})
        write_atomically(out / EXAMPLES, "\n".join(lines) + "\n")
        before = _score(recipe, recipe.model.path, "before", asked, out, watch) if ends else None
        done = 0 if (out / "policy").is_dir() else _left_at(recipe, out)
        watch.on_stage(f"training, on from step {done}" if done else "training", recipe.grpo.steps)
        watch.on_units(done)

        def stepped(record: StepRecord) -> None:
            watch.on_step(record)
            watch.on_units(1)

        def look(step: int, model: Any, tokenizer: Any) -> dict[str, float]:
            name = next(name for name, at in _on_the_way(recipe).items() if at == step)
            engine = TransformersEngine(f"{fingerprint} {step}", name=name, model=model, tokenizer=tokenizer)
            scores = _score(recipe, engine, name, asked, out, watch)
            watch.on_stage("training", recipe.grpo.steps)
            watch.on_units(step)
            return {f"eval_{row.name}/accuracy": row.avg.value for row in scores.rows} if scores else {}

        policy = train(recipe, examples, out, on_step=stepped, look=look)
        rows = Journal(out / "metrics.jsonl", "step").read()
        notes = ready.notes + alarms(rows) + crossings(recipe.guards, rows)
        write_atomically(out / "notes.json", json.dumps(notes, indent=2) + "\n")
        after = _score(recipe, str(policy), "after", asked, out, watch) if ends else None
        if before and after:
            write_changes(before, after, out / "eval" / "changes.json")
        return out


def _uneven(examples: Sequence[Example], mix: DomainMix, draws: int) -> list[str]:
    """A note where the problems of a domain (of a source, where these have weights) come more than ten times as often
    as another's: few are learnt by heart."""
    named = [e.source if e.source in mix.parts[e.domain] else e.domain for e in examples]
    drawn = mix.first(min(draws, LOOKED_AT))
    asked, there = Counter(named[index] for index in drawn), Counter(named)
    times = {name: count / len(drawn) * draws / there[name] for name, count in asked.items()}
    most, least = max(times, key=times.__getitem__), min(times, key=times.__getitem__)
    if times[most] <= 10 * max(1.0, times[least]):
        return []
    return [
        f"each of the {there[most]} {most} problems comes about {times[most]:,.0f} times, those of {least} "
        f"{times[least]:.1f} times: data.domain_weights and source_weights say how often each is asked"
    ]


def trained_on(asked: Sequence[Example], trained: Sequence[Example], *, allowed: bool = False) -> list[Example]:
    """The held-out problems that training sees too, however they are asked. Raises `AssayError` unless `allowed`."""
    seen = {name for example in trained for name in (example.id, example.problem_id)}
    shared = [example for example in asked if not seen.isdisjoint((example.id, example.problem_id))]
    if shared and not allowed:
        named = "; ".join(f"{e.source} {e.id} ({e.text[:40]!r})" for e in shared[:3])
        raise AssayError(
            f"{len(shared)} of {len(asked)} held-out problems are trained on: {named}. Draw them from another split, "
            "leave them out of the training data, or set eval.allow_overlap = true to ask them all the same"
        )
    return shared


def runnable(examples: Sequence[Example]) -> tuple[list[Example], list[str]]:
    """The Examples that this machine can judge, and a note on those that it cannot.

    Verifiers that run programs need isolation. Where the sandbox refuses, their problems are left out rather than
    scored; raises `IsolationRefused` when nothing else is left.
    """
    try:
        require()
    except IsolationRefused as refused:
        kept = [example for example in examples if not VERIFIERS.get(example.verifier).runs_programs]
        if examples and not kept:
            raise
        gone = sorted({example.source for example in examples} - {example.source for example in kept})
        return kept, [f"left out {', '.join(gone)}: {refused}"] if gone else []
    return list(examples), []


def _on_the_way(recipe: GrpoRecipe) -> dict[str, int]:
    return recipe.eval.on_the_way(recipe.grpo.steps) if recipe.eval else {}


def _left_at(recipe: GrpoRecipe, out: Path) -> int:
    """The step that a killed training goes on from; what was measured behind it is forgotten, as its rollouts are."""
    done = newest_step(out / "checkpoints")
    for name, step in _on_the_way(recipe).items():
        if step > done:
            shutil.rmtree(out / "eval" / name, ignore_errors=True)
    return done


def _score(
    recipe: GrpoRecipe,
    policy: str | TransformersEngine,
    name: str,
    asked: Sequence[Example],
    out: Path,
    watch: Progress,
) -> Scores | None:
    """Where a path is given, the engine lives in here alone: a second model beside training would take its memory."""
    if recipe.eval is None:
        return None
    watch.on_stage(f"held-out problems, {name}", len(asked))
    engine = policy
    if isinstance(policy, str):
        engine = TransformersEngine(policy, name=name, dtype=recipe.model.dtype, threads=recipe.threads)
    where = out / "eval" / name
    return evaluate(engine, recipe.eval, out=where, examples=asked, workers=recipe.workers, on_groups=watch.on_units)
