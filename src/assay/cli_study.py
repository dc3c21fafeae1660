"""The commands of a study: `study` runs one, `transfer` tells what each training gave each task."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assay.cli_options import PASSES_ON, a_recipe, changes, data_option, dry_option, json_option, out_option, progress


@click.command(context_settings=PASSES_ON)
@click.argument("recipe", shell_complete=a_recipe)
@out_option("Directory of the study; runs/NAME otherwise.")
@data_option
@dry_option
@click.pass_context
def study(ctx: click.Context, recipe: str, output: Path | None, data: Path | None, dry_run: bool) -> None:
    """Train the base on each domain alone and on the mix, and measure every policy on everything.

    Besides, by the table [study] of the recipe: the mix paid by a coin, and on problems of middling difficulty. Any key
    of the recipe can be overridden, as in `--grpo.steps=20`. A killed study resumes with the same command.
    """
    from assay.config import find_recipe, load_config, read_toml
    from assay.errors import AssayError
    from assay.learn.experiment import Progress
    from assay.learn.recipe import GrpoRecipe
    from assay.learn.study import prepare_study, run_study
    from assay.report.page import write_page
    from assay.report.plan import tell_study
    from assay.report.study import read_study
    from assay.report.transfer_text import study_table

    path = find_recipe(recipe)
    if read_toml(path).get("method") == "warmup":
        raise AssayError(f"{path.name} is a warm-up, which has no rewards to study: name a recipe of the method grpo")
    config, out = load_config(GrpoRecipe, path, changes(ctx)), output or Path("runs") / path.stem
    if dry_run:
        click.echo(tell_study(config, out, prepare_study(config, out, data)))
        return
    with progress() as bar:
        bar.loading("reading the problems")

        def watched(run: str) -> Progress:
            return Progress(lambda name, total: bar.stage(f"{run}: {name}", total), bar.advance, bar.note_step)

        run_study(config, out, data=data, progress=watched)
    click.echo(study_table(read_study(out)))
    click.echo(f"\npage: {write_page(out)}")


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--of", "name", default="", help="Which study of a folder of logs; that with the most runs otherwise.")
@json_option
def transfer(study: Path, name: str, as_json: bool) -> None:
    """Tell what training on each domain gave the others: every score with n and standard error, and what is noise.

    STUDY is a directory that `assay study` wrote, or a folder of Guru's public logs. `assay report` writes its page.
    """
    from assay.evaluate.transfer import to_json
    from assay.report.study import open_study
    from assay.report.transfer_text import study_table

    found = open_study(study, name)
    click.echo(json.dumps(to_json(found), indent=1) if as_json else study_table(found))
