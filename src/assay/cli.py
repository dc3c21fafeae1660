"""The command line. Each command is thin: it reads options, calls one function of a room, and prints.

Rooms are imported inside the commands, so that `assay --help` is instant.
"""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli_compare import compare, overlap, rescore, select, watch
from assay.cli_corpus import corpus
from assay.cli_list import catalog, completion, list_, prepare, show
from assay.cli_measure import measure
from assay.cli_models import models
from assay.cli_options import (
    PASSES_ON,
    Told,
    a_model,
    a_recipe,
    a_suite,
    changes,
    data_option,
    dry_option,
    json_option,
    out_option,
    progress,
)
from assay.cli_sandbox import sandbox
from assay.cli_serve import serve
from assay.cli_study import study, transfer
from assay.cli_verdicts import audit, check, grade
from assay.errors import AssayError, did_you_mean

if TYPE_CHECKING:
    from assay.config import Config
    from assay.evaluate.run import Scores
    from assay.learn.head import HeadRecipe
    from assay.learn.recipe import GrpoRecipe, ValuesRecipe

RESUMED = ("curate", "measure", "train", "demo", "eval", "study")
"""Commands that go on where they were stopped."""
ROOM, RIGHTS = "; make room, and run the same command again", "; get the right to it, or name another"
HINTS = {errno.ENOSPC: ROOM, errno.EDQUOT: ROOM, errno.EACCES: RIGHTS, errno.EPERM: RIGHTS, errno.EROFS: RIGHTS}
"""What to do about an error of the system."""


class Commands(Told):
    """A group that says what to do next: did-you-mean for commands, one line for errors that a user can mend."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "" in args:  # a path of no letters is the folder one stands in
            raise click.UsageError(f"argument {args.index('') + 1} is empty: is a variable of the shell not set?", ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            hint = did_you_mean(args[0], self.commands)
            raise click.UsageError(f"no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AssayError as error:
            click.secho(f"error: {error}", fg="red", err=True)
            ctx.exit(2)
        except BrokenPipeError:  # `| head`: click ends quietly
            raise
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            hint = HINTS.get(error.errno or 0, "")
            click.secho(f"error: {what}{error.strerror or error}{hint}", fg="red", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            again = "; run the same command again to resume" if ctx.invoked_subcommand in RESUMED else ""
            click.secho(f"\ninterrupted{again}", fg="yellow", err=True)
            ctx.exit(130)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="assay", message="assay %(version)s")
def main() -> None:
    """Reinforcement learning with verifiable rewards: from raw problem sets to a trained policy and a report.

    \b
    Start here:
      assay demo                                  watch a tiny policy learn in six domains, on this machine
      assay list                                  sources, verifiers, suites, recipes and engines
      assay show demo                             a recipe in full, and in words what it does
      assay grade responses.jsonl                 verdicts for what your model already said
    \b
    Then:
      assay check math/gsm8k                      does every gold answer pass its own verifier?
      assay audit math math-verify math/math500   how often is a grader wrong, and what do attacks earn?
      assay sandbox doctor                        how well is untrusted code isolated here?
      assay curate real-mix                       raw problem sets to one corpus with a card
      assay train demo --grpo.steps=50 -o runs/fifty
      assay eval runs/demo --suite mini
      assay watch runs/fifty                      curves, verdicts and every rollout, while it trains
      assay compare runs/demo/eval/before runs/demo/eval/after
      assay report runs/demo
      assay serve                                 verdicts over HTTP, for trainers and services
    """


SHOWING, LOOKING_BACK = (
    (list_, catalog, prepare, show, completion),
    (watch, compare, rescore, select, overlap, transfer),
)
for command in (*SHOWING, check, grade, audit, corpus, measure, models, sandbox, serve, study, *LOOKING_BACK):
    main.add_command(command)


@main.command(context_settings=PASSES_ON)
@click.argument("recipe", shell_complete=a_recipe)
@out_option("Corpus directory; corpora/NAME otherwise.")
@data_option
@dry_option
@click.pass_context
def curate(ctx: click.Context, recipe: str, output: Path | None, data: Path | None, dry_run: bool) -> None:
    """Turn raw problem sets into one corpus with a card: what came in, what went out, and why.

    Any key of the recipe can be overridden, as in `--seed=1`. A killed run resumes with the same command.
    """
    from assay.config import find_recipe, load_config
    from assay.curate.recipe import CurationRecipe
    from assay.curate.run import refuse_held_out, run_curation

    path = find_recipe(recipe)
    config = load_config(CurationRecipe, path, changes(ctx))
    out = output or Path("corpora") / path.stem
    if dry_run:
        refuse_held_out(config)
        return _tell_plan(config, out, data, "curate")
    with progress() as bar:
        made = run_curation(config, out, data=data, progress=bar.update)
    click.echo(str(made.card))
    click.echo(f"\ncorpus: {out}")


@main.command(context_settings=PASSES_ON)
@click.argument("recipe", shell_complete=a_recipe)
@out_option("Run directory; runs/NAME otherwise.")
@data_option
@dry_option
@click.option("--controls", is_flag=True, help="Train again with random, format and wrong rewards, and compare.")
@click.option(
    "--control", multiple=True, type=click.Choice(["random", "format", "incorrect"]), help="The same with one."
)
@click.pass_context
def train(
    ctx: click.Context,
    recipe: str,
    output: Path | None,
    data: Path | None,
    dry_run: bool,
    controls: bool,
    control: tuple[str, ...],
) -> None:
    """Train a policy by a recipe. A killed run resumes with the same command, to the same result.

    Any key of the recipe can be overridden: `--model.path=Qwen/Qwen2.5-1.5B --grpo.steps 200`; `--eval=false` measures
    nothing before and after. With --controls, or --control NAME for some of them, the run directory holds one run for
    each reward, from the same seed.
    """
    from assay.config import find_recipe, load_config, read_toml
    from assay.learn.head import HeadRecipe
    from assay.learn.recipe import GrpoRecipe, ValuesRecipe, WarmupRecipe

    path = find_recipe(recipe)
    out = output or Path("runs") / path.stem
    method = read_toml(path).get("method")
    if (controls or control) and method in ("head", "values", "warmup"):
        raise AssayError(f"--controls is for rewards, and {path.name} has none")
    if method == "head":
        return _train_head(load_config(HeadRecipe, path, changes(ctx)), out, data, dry_run)
    if method == "values":
        return _train_values(load_config(ValuesRecipe, path, changes(ctx)), out, data, dry_run)
    if method == "warmup":
        from assay.learn.warmup import warm_up

        warmup = load_config(WarmupRecipe, path, changes(ctx))
        if dry_run:
            return _tell_plan(warmup, out, data, "warmup")
        click.echo(f"policy: {warm_up(warmup, out)}")
        return
    config = load_config(GrpoRecipe, path, changes(ctx))
    from assay.learn.arms import CONTROLS, TRUTH, require_comparable

    if chosen := CONTROLS if controls else tuple(dict.fromkeys(control)):
        require_comparable(config)
        if dry_run:
            click.echo(f"{1 + len(chosen)} runs ({', '.join([TRUTH, *chosen])}), each like this one:")
    if dry_run:
        from assay.learn.experiment import prepare

        return _tell_plan(config, out, data, "train", ready=prepare(config, out, data))
    if chosen:
        return run_controls(config, out, data, chosen)
    run_experiment(config, out, data)


@main.command()
@click.option(
    "-o", "--out", "output", type=click.Path(path_type=Path, readable=False), default="runs/demo", show_default=True
)
@click.option("--fresh", is_flag=True, help="Start again instead of resuming or showing the finished demo.")
@click.option("--yes", is_flag=True, help="With --fresh: delete the earlier run without asking.")
def demo(output: Path, fresh: bool, yes: bool) -> None:
    """Watch a tiny policy learn by reinforcement in six domains, on this machine, in minutes, without a network.

    The policy is a checkpoint of under a million parameters that ships with the package; `recipes/tiny.toml` makes it
    from nothing. Everything else happens here: sampling, verifying, learning, measuring, the page.
    """
    from assay.config import find_recipe, load_config
    from assay.learn.recipe import GrpoRecipe

    if fresh and output.exists():
        _delete_run(output, yes)
    run_experiment(load_config(GrpoRecipe, find_recipe("demo")), output, None)


@main.command("eval", context_settings=PASSES_ON)
@click.argument("model", shell_complete=a_model)
@click.option("--suite", default="mini", show_default=True, shell_complete=a_suite, help="By name, or a TOML file.")
@click.option("--samples", type=click.IntRange(1), help="Responses to each problem, instead of the suite's.")
@click.option("--temperature", type=click.FloatRange(0), help="Of the sampling, instead of the suite's; 0 is greedy.")
@click.option(
    "--repeat", type=click.IntRange(2), help="Evaluate so often, by other seeds, and tell how far scores move."
)
@click.option("--partial", is_flag=True, help="Ask what is at hand, and say what is not, where a suite lacks rows.")
@out_option("Directory to write to; evals/NAME otherwise.")
@data_option
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True)
@dry_option
@json_option
@click.pass_context
def eval_(
    ctx: click.Context,
    model: str,
    suite: str,
    samples: int | None,
    temperature: float | None,
    repeat: int | None,
    partial: bool,
    output: Path | None,
    data: Path | None,
    workers: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Measure a model on a suite: avg@n and unbiased pass@k, each with an interval.

    MODEL is a run directory, a model directory, a hub name, `tiny`, `smollm2`, a server (`http://HOST/v1#NAME`, or
    `openai:NAME`), a .jsonl of recorded completions, or the directory of an earlier evaluation, whose responses are
    judged anew. `assay list suites` names the suites. Any key of the suite can be overridden, as in
    `--max_tokens=256`; `--size=10` asks at most ten problems of each source. `--engine.batch=8`,
    `--engine.concurrency=4` and the like are options of the engine. A killed evaluation goes on with the same command.
    """
    from assay.config import apart, load_config
    from assay.evaluate.repeats import repeated, require_chance
    from assay.evaluate.run import evaluate, find_model, readable, require_answers
    from assay.evaluate.suite import Suite, asked_with, find_suite
    from assay.journal import refuse_foreign

    found = load_config(Suite, suite) if suite.endswith(".toml") else find_suite(suite)
    options, keys = apart(changes(ctx), "engine.")
    asked = asked_with(found, keys, samples, temperature)
    path, out = find_model(model), output or Path("evals") / f"{Path(model).name}-{Path(suite).stem}"
    refuse_foreign(out / "run-1" if repeat else out)
    if repeat:
        require_chance(path, asked)
    with progress() as bar:
        bar.loading("reading the problems")
        examples, lacks = asked.read(data, partial=partial)
        if dry_run:
            judged = readable(examples)[0]
            require_answers(path, asked, judged, out, data, options)
            known = {"asked": judged, "model": path, "repeat": repeat or 1, "lacks": lacks}
            return _tell_plan(asked, out, data, "measure", as_json, **known)
        bar.stage(f"{model} on {suite}", len(examples) * (repeat or 1))
        how: dict[str, Any] = {"data": data, "lacks": lacks, "options": options, "workers": workers}
        how |= {"examples": examples, "on_groups": bar.advance}
        if repeat:
            runs = repeated(path, asked, repeat, out=out, **how)
        else:
            runs = [evaluate(path, asked, out=out, **how)]
    if repeat:
        _tell_repeats(runs, out, as_json)
    else:
        _tell_scores(runs[0], out, as_json)


def _tell_repeats(runs: list[Scores], out: Path, as_json: bool) -> None:
    """Print how far the scores of several runs lie apart, which were written to `out`."""
    from assay.evaluate.repeats import REPEATS, spreads
    from assay.report.text import spread_table

    if as_json:
        click.echo((out / REPEATS).read_text("utf-8"), nl=False)
        return
    click.echo(spread_table(spreads(runs), runs[0].samples))
    click.echo(f"\n{len(runs)} runs on the same problems: {out}/run-1 to run-{len(runs)}")


def _tell_scores(scores: Scores, out: Path, as_json: bool) -> None:
    """Print scores that were written to `out`, and what is in none of them."""
    from assay.evaluate.run import SCORES, lacking_note, silent_note, unreadable_note
    from assay.report.text import score_table

    for note in (*unreadable_note(scores.left_out), *lacking_note(scores.lacks), *silent_note(scores)):
        click.secho(note, fg="yellow", err=True)
    written = (out / SCORES).read_text("utf-8")
    if as_json:
        click.echo(written, nl=False)
        return
    click.echo(score_table(scores))
    click.echo(f"\nrollouts and scores: {out}\nfingerprint: {json.loads(written)['fingerprint']}")


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@out_option("RUN/report.html otherwise.")
@json_option
def report(run: Path, output: Path | None, as_json: bool) -> None:
    """Write the page of a training run, of an evaluation, of a corpus, or of a study.

    RUN is a directory that `assay train`, `demo`, `study`, `eval` or `curate` wrote, or a folder of Guru's public logs.
    With --json the numbers of a corpus are printed, and no page is written.
    """
    from assay.files import refuse_output
    from assay.report.page import numbers, write_page

    if as_json and output is not None:
        raise click.UsageError("--json prints its numbers: leave out -o, or write them with `> FILE`")
    if as_json:
        return click.echo(json.dumps(numbers(run), indent=2, ensure_ascii=False))
    if output is not None:
        refuse_output(output, *run.glob("*.json*"))
    click.echo(f"page: {write_page(run, output)}")


def _train_head(recipe: HeadRecipe, out: Path, data: Path | None, dry_run: bool) -> None:
    from assay.learn.head import WEIGHTS, train_head
    from assay.report.head import head_table

    if dry_run:
        return _tell_plan(recipe, out, data, "head")
    with progress() as bar:
        report = train_head(recipe, out, data, lambda name: bar.stage(name, None))
    click.echo(head_table(report))
    click.echo(f"head: {out / WEIGHTS}")


def _train_values(recipe: ValuesRecipe, out: Path, data: Path | None, dry_run: bool) -> None:
    if dry_run:
        return _tell_plan(recipe, out, data, "values")
    from assay.learn.valued import train_value_head

    click.echo(f"head: {train_value_head(recipe, out)}; `assay select RUN --weights {out}` chooses by it")


def _delete_run(directory: Path, yes: bool) -> None:
    """Delete a run of ours, after asking. Raises `AssayError` where the directory holds anything else, or is in use."""
    import shutil

    from assay.journal import kind_of, refuse_in_use

    if kind_of(directory) != "train":
        raise AssayError(f"{directory} holds no training run, so it is not deleted: choose another directory with -o")
    refuse_in_use(directory)
    if not yes:
        click.confirm(f"delete the run in {directory} and start again?", abort=True, err=True)
    shutil.rmtree(directory)


def run_experiment(recipe: GrpoRecipe, out: Path, data: Path | None) -> None:
    """Run a recipe with progress bars, print what changed, and write the page."""
    from assay.learn.experiment import Progress, experiment
    from assay.report.page import write_page
    from assay.report.summary import headline
    from assay.report.text import change_table

    with progress() as bar:
        bar.loading("reading the problems")
        experiment(recipe, out, data=data, progress=Progress(bar.stage, bar.advance, bar.note_step))
    for note in json.loads((out / "notes.json").read_text("utf-8")):
        click.secho(note, fg="yellow")
    changes = out / "eval" / "changes.json"
    if changes.exists():
        click.echo(change_table(out))
        click.echo(headline(json.loads(changes.read_text("utf-8"))))
    click.echo(f"policy: {out / 'policy'}\npage:   {write_page(out)}")


def run_controls(recipe: GrpoRecipe, out: Path, data: Path | None, controls: tuple[str, ...]) -> None:
    """Run the arms of a recipe with progress bars, print what each gained, and write a page for each."""
    from assay.learn.arms import run_arms
    from assay.learn.experiment import Progress
    from assay.report.page import write_page
    from assay.report.text import arms_table

    with progress() as bar:

        def watched(arm: str) -> Progress:
            return Progress(lambda name, total: bar.stage(f"{arm}: {name}", total), bar.advance, bar.note_step)

        found = run_arms(recipe, out, data=data, controls=controls, progress=watched)
    click.echo(arms_table(found))
    for arm in found.gains:
        click.echo(f"{arm}: {write_page(out / arm)}")


def _tell_plan(config: Config, out: Path, data: Path | None, kind: str, as_json: bool = False, **known: Any) -> None:
    """Say what would be done. Raises `AssayError` where `out` cannot be written or holds a run of another kind."""
    from assay.journal import kind_of, refuse_foreign
    from assay.report.plan import plan, to_json, told

    refuse_foreign(out)
    if (there := kind_of(out)) not in (None, kind):
        raise AssayError(f"{out} holds another run (of the kind {there!r}): choose another directory with -o")
    lines = plan(config, out, data, must=True, **known)
    shown = (
        json.dumps(to_json(config, lines), indent=1) if as_json else f"nothing is done; this would be:\n{told(lines)}"
    )
    click.echo(shown.rstrip())
