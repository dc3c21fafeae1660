"""The commands that look at finished runs: `compare` two of them, `rescore` one with today's verifiers."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assay.cli_options import json_option

_run = click.Path(path_type=Path)


@click.command()
@click.argument("a", type=_run)
@click.argument("b", type=_run)
@click.option("--different", is_flag=True, help="Compare runs that differ in more than who answered.")
@click.option(
    "--show", type=click.IntRange(0), default=0, show_default=True, help="Problems that flipped, side by side."
)
@json_option
def compare(a: Path, b: Path, different: bool, show: int, as_json: bool) -> None:
    """Compare two runs on the same problems: what changed, by domain, with intervals, and which problems flipped.

    A and B are directories that `assay eval`, `assay measure` or `assay rescore` wrote, or the eval/before and
    eval/after of a training run. Runs that differ in verifiers, problems or sampling are told apart, and compared with
    --different alone.
    """
    from assay.evaluate.compare import compare as compared
    from assay.report.compare import comparison_table, shown_flips
    from assay.rollout.runs import open_run

    runs = open_run(a, "measure"), open_run(b, "measure")
    found = compared(*runs, different=different)
    if as_json:
        click.echo(json.dumps({"a": str(a), "b": str(b), **found.to_json()}, indent=1))
        return
    click.echo(comparison_table(found, (str(a), str(b))))
    if show and (flips := shown_flips(found, runs, show)):
        click.echo(f"\n{flips}")
