"""The command that measures how often a model solves rows: for difficulty, not for comparison of models."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli_options import a_model, a_source, data_option, executor_option, judging_on, out_option, progress


@click.command()
@click.argument("model", shell_complete=a_model)
@click.argument("rows", nargs=-1, required=True, shell_complete=a_source)
@click.option("--samples", type=click.IntRange(1), default=16, show_default=True, help="Responses to each problem.")
@click.option("--temperature", type=click.FloatRange(0), default=1.0, show_default=True)
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), default=1.0, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1), default=512, show_default=True, help="Longest response.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--split", default="train", show_default=True, help="Of sources that are named.")
@click.option("--size", type=click.IntRange(1), help="At most so many rows of each source that is named.")
@click.option(
    "--after",
    type=click.Path(path_type=Path),
    help="Measurement of a weak model on the same rows: stop where no sample can change Guru's decision any more.",
)
@out_option("Directory to write to; measurements/MODEL otherwise.")
@data_option
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True)
@executor_option
def measure(
    model: str,
    rows: tuple[str, ...],
    samples: int,
    temperature: float,
    top_p: float,
    max_tokens: int,
    seed: int,
    split: str,
    size: int | None,
    after: Path | None,
    output: Path | None,
    data: Path | None,
    workers: int,
    executor: str,
) -> None:
    """Measure how often a model solves rows, for difficulty. A killed measurement resumes with the same command.

    ROWS are sources, files of your own, or a corpus directory. A recipe reads the result under `rates`.
    """
    from assay.corpus.collection import rows_of
    from assay.curate.difficulty import settled
    from assay.curate.rates import Rates
    from assay.evaluate.run import find_model, readable, unreadable_note
    from assay.models.engine import Sampling
    from assay.report.text import bucket_table
    from assay.rollout.measure import measure as run

    out = output or Path("measurements") / Path(model).name
    sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed)
    path = find_model(model)
    with progress() as bar, judging_on(executor) as judge:
        bar.loading("reading the problems")
        asked, left_out = readable(rows_of(rows, split, size=size, data=data))
        enough = settled(Rates.read([str(after)]).of_one, asked, samples) if after else None
        bar.stage(f"{model} on {', '.join(rows)}", len(asked))
        measured = run(
            path,
            asked,
            samples=samples,
            sampling=sampling,
            out=out,
            workers=workers,
            on_groups=bar.advance,
            enough=enough,
            judge=judge,
        )
    for note in unreadable_note(left_out):
        click.secho(note, fg="yellow", err=True)
    click.echo(bucket_table(measured.values()))
    click.echo(f'\nmeasurement: {out}; a recipe reads it with rates = ["{out}"]')
