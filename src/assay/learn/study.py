"""What training on each domain gives the others: the base, one run a domain, the mix, and what it is compared with.

Runs differ in what they are trained on, or in what they are paid, alone: model, seed, budget and held-out problems are
those of the recipe. The base is measured once, and every policy on everything. Every part resumes.

Output directory:
    study.json          the runs, in their order (`Arm`)
    runs/NAME-SEED      a training each, as `experiment.py` writes it, measured on the way alone (`eval.every`)
    eval/base, eval/NAME-SEED         held-out rollouts and scores
    following/...       the same for problems with constraints, where the recipe has `study.following`
    second/...          marks of the held-out rollouts by a second verifier, where it has `study.second`
    rates               pass rates of the base on the training problems, where it has `study.keep`
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from assay.config import settings
from assay.errors import AssayError, BadConfig, did_you_mean
from assay.evaluate.run import SCORES, evaluate, readable, unreadable_note
from assay.evaluate.suite import Suite
from assay.files import write_atomically, write_jsonl
from assay.journal import owned, refuse_another_run, timed
from assay.judging.session import verify_many
from assay.judging.verifier import VERIFIERS
from assay.learn.experiment import Progress, experiment, prepare, runnable, trained_on
from assay.learn.grpo import training_set
from assay.learn.recipe import GrpoRecipe, StudyPlan
from assay.models.engine import Sampling, weights_hash
from assay.models.hf import TransformersEngine
from assay.rollout.measure import measure
from assay.rollout.runs import open_run
from assay.types import DOMAINS, Example

BASE, MIX, FILTERED = "base", "mix", "filtered"
STUDY = "study.json"


@dataclass(frozen=True)
class Arm:
    """One training of a study."""

    name: str
    """A domain, `mix`, a control, or `filtered`."""
    domains: tuple[str, ...]
    """What it is trained on, in equal shares or in those of the recipe."""
    seed: int
    steps: int
    control: str = "none"
    """What it is paid; see `Reward.control`."""
    filtered: str = ""
    """Which of the problems it is trained on, in words; empty where all."""

    @property
    def folder(self) -> str:
        """Its name in a directory."""
        return f"{self.name}-{self.seed}"


@dataclass(frozen=True)
class Ready:
    """A study once everything that can be checked beforehand was."""

    arms: tuple[Arm, ...]
    examples: list[Example]
    """To train on."""
    asked: list[Example]
    """Held out."""
    following: list[Example]
    """With constraints."""
    notes: list[str]


def prepare_study(recipe: GrpoRecipe, out: Path, data: Path | None = None) -> Ready:
    """Read what a study names and check all that can be checked before work; nothing is written.

    Raises `BadConfig` where the recipe measures nothing, names a control itself, or names a domain or a run that is not
    there, and what `experiment.prepare` raises for each run.
    """
    plan = recipe.study or StudyPlan()
    if recipe.eval is None:
        raise BadConfig("a study measures every policy on held-out problems: give the recipe a table [eval]")
    if recipe.reward.control != "none":
        raise BadConfig("a study chooses reward.control itself: leave it out, and name study.controls")
    if recipe.sft and plan.controls:
        raise BadConfig("[sft] is paid nothing, so that controls would change nothing: set study.controls to []")
    if recipe.stages:
        raise BadConfig("a study trains each domain alone, and stages mix them as they say: leave [[stages]] out")
    refuse_another_run(out, _facts(recipe))
    examples, notes = runnable(training_set(recipe.data, data, recipe.seed))
    examples, left_out = readable(examples)
    asked, following = (_held_out(suite, data) for suite in (recipe.eval, plan.following))
    shared = trained_on([*asked, *following], examples, allowed=recipe.eval.allow_overlap)
    notes += unreadable_note(left_out)
    notes += [f"{len(shared)} of {len(asked)} held-out problems are trained on"] if shared else []
    held = {example.domain for example in examples}
    arms = arms_of(recipe, [*filter(held.__contains__, DOMAINS), *sorted(held - set(DOMAINS))])
    for name, verifier in plan.second.items():
        if name not in held:
            raise BadConfig(f"study.second names {name!r}, which the data does not hold{did_you_mean(name, held)}")
        VERIFIERS.get(verifier)
    for arm in arms:
        if not arm.filtered:
            prepare(_recipe(recipe, arm, examples), out / "runs" / arm.folder, data, examples=examples)
    return Ready(arms, examples, asked, following, notes)


def _held_out(suite: Suite | None, data: Path | None) -> list[Example]:
    return [] if suite is None else readable(runnable(suite.examples(data))[0])[0]


def arms_of(recipe: GrpoRecipe, domains: Sequence[str]) -> tuple[Arm, ...]:
    """The trainings of a study of these domains, seed by seed. Raises `BadConfig` for names that are not there."""
    plan = recipe.study or StudyPlan()
    for name in plan.domains:
        if name not in domains:
            raise BadConfig(f"study.domains names {name!r}, which the data does not hold{did_you_mean(name, domains)}")
    if len(domains) < 2:
        raise BadConfig(
            f"a study needs problems of two domains at least; the data holds {', '.join(domains) or 'none'}"
        )
    names: dict[str, tuple[str, ...]] = {name: (name,) for name in plan.domains or domains}
    names[MIX] = tuple(domains)
    names |= dict.fromkeys(plan.controls, tuple(domains))
    told = ""
    if plan.keep is not None:
        names[FILTERED] = tuple(domains)
        told = (
            f"problems that the base solves in {plan.keep[0]:.0%} to {plan.keep[1]:.0%} of {plan.keep_samples} samples"
        )
    for name in plan.budgets:
        if name not in names:
            raise BadConfig(f"study.budgets names {name!r}, which is no run of it{did_you_mean(name, names)}")
    return tuple(
        Arm(
            name,
            parts,
            seed,
            plan.budgets.get(name, recipe.grpo.steps),
            name if name in plan.controls else "none",
            told if name == FILTERED else "",
        )
        for seed in plan.seeds or (recipe.seed,)
        for name, parts in names.items()
    )


def run_study(
    recipe: GrpoRecipe,
    out: Path,
    *,
    data: Path | None = None,
    progress: Callable[[str], Progress] = lambda name: Progress(),
) -> Path:
    """Run a study and return `out`; a killed one goes on where it stopped, and repeats nothing that is finished.

    Raises what `prepare_study` raises, before any work.
    """
    ready = prepare_study(recipe, out, data)
    with owned(out, _facts(recipe)), timed(out):
        told = {"arms": [asdict(arm) for arm in ready.arms], "notes": ready.notes}
        write_atomically(out / STUDY, json.dumps(told, indent=1) + "\n")
        _measure(recipe, ready, recipe.model.path, BASE, out, progress(BASE))
        for arm in ready.arms:
            watch = progress(arm.folder if (recipe.study or StudyPlan()).seeds[1:] else arm.name)
            examples = _kept(recipe, ready.examples, out, watch) if arm.filtered else ready.examples
            run = out / "runs" / arm.folder
            if not (run / "policy").is_dir():
                experiment(
                    _recipe(recipe, arm, examples), run, data=data, progress=watch, examples=examples, ends=False
                )
            _measure(recipe, ready, str(run / "policy"), arm.folder, out, watch)
        return out


def _facts(recipe: GrpoRecipe) -> dict[str, object]:
    return {
        "kind": "study",
        "recipe": settings(recipe, "report_to"),
        "model": weights_hash(recipe.model.path),
    }


def _recipe(recipe: GrpoRecipe, arm: Arm, examples: Sequence[Example]) -> GrpoRecipe:
    """The recipe of one training of it, on the shares of its domains alone; what is held out is measured elsewhere."""
    shares = {name: recipe.data.domain_weights.get(name, 1.0) for name in arm.domains}
    if len(arm.domains) == 1:
        shares = {arm.name: 1.0}
    weights = {name: shares.get(name, 0.0) for name in sorted({example.domain for example in examples})}
    told = {
        "seed": arm.seed,
        "data": recipe.data.model_copy(update={"domain_weights": weights}),
        "grpo": recipe.grpo.model_copy(update={"steps": arm.steps}),
        "reward": recipe.reward.model_copy(update={"control": arm.control}),
        "eval": recipe.eval if recipe.eval and recipe.eval.every else None,
        "study": None,
    }
    return recipe.model_copy(update=told)


def _kept(recipe: GrpoRecipe, examples: list[Example], out: Path, watch: Progress) -> list[Example]:
    """The training problems that the base solves neither too seldom nor too often."""
    plan, g = recipe.study or StudyPlan(), recipe.grpo
    assert plan.keep is not None
    watch.on_stage("pass rates of the base", len(examples))
    engine = TransformersEngine(recipe.model.path, dtype=recipe.model.dtype, threads=recipe.threads)
    sampling = Sampling(temperature=g.temperature, top_p=g.top_p, max_tokens=g.max_tokens, seed=recipe.seed)
    rates = measure(
        engine,
        examples,
        samples=plan.keep_samples,
        sampling=sampling,
        out=out / "rates",
        workers=recipe.workers,
        on_groups=watch.on_units,
    )
    inside = rates.between(*plan.keep)
    kept = [example for example in examples if example.id in inside]
    if lacking := sorted({example.domain for example in examples} - {example.domain for example in kept}):
        raise AssayError(f"study.keep = {list(plan.keep)} leaves no training problem of {', '.join(lacking)}: widen it")
    return kept


def _measure(recipe: GrpoRecipe, ready: Ready, policy: str, name: str, out: Path, watch: Progress) -> None:
    """Ask a policy everything that is held out, and judge it by the second verifiers too."""
    plan = recipe.study or StudyPlan()
    for suite, asked, where in ((recipe.eval, ready.asked, "eval"), (plan.following, ready.following, "following")):
        if suite is not None and not (out / where / name / SCORES).is_file():
            watch.on_stage(f"held-out problems{', with constraints' * (where != 'eval')}", len(asked))
            _evaluated(recipe, suite, policy, name, asked, out / where / name, watch)
    if plan.second and not (second := out / "second" / f"{name}.jsonl").is_file():
        write_jsonl(second, _judged_again(plan, out / "eval" / name, recipe.workers))


def _evaluated(
    recipe: GrpoRecipe, suite: Suite, policy: str, name: str, asked: Sequence[Example], out: Path, watch: Progress
) -> None:
    """The engine lives in here alone: a second model beside training would take its memory."""
    engine = TransformersEngine(policy, name=name, dtype=recipe.model.dtype, threads=recipe.threads)
    evaluate(engine, suite, out=out, examples=asked, workers=recipe.workers, on_groups=watch.on_units)


def _judged_again(plan: StudyPlan, run: Path, workers: int) -> Iterator[dict[str, object]]:
    """Status and score of each response by the second verifier of its domain."""
    stored = open_run(run, "measure")
    second = {
        name: replace(example, verifier=plan.second[example.domain], params={})
        for name, example in stored.examples.items()
        if example.domain in plan.second
    }
    readable(list(second.values()))  # says so where it can read no reference at all
    said = [one for one in stored.store.rollouts() if one.example_id in second and one.finish != "failed"]
    for one, verdict in zip(
        said, verify_many([second[one.example_id] for one in said], said, workers=workers), strict=True
    ):
        yield {"example_id": one.example_id, "status": str(verdict.status), "score": verdict.score}
