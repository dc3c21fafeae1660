"""The commands that look at finished runs: `compare` two of them, `rescore` one, `select` among its samples,
and `overlap` with what was trained on."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli_options import (
    a_source,
    a_verifier,
    columns_of,
    data_option,
    executor_option,
    json_option,
    judging_on,
    out_option,
    progress,
)

if TYPE_CHECKING:
    from assay.evaluate.rescore import Rescored

_run = click.Path(path_type=Path)
_page_option = click.option("--page", type=click.Path(path_type=Path), help="Write what flipped to this HTML file too.")


@click.command()
@click.argument("a", type=_run)
@click.argument("b", type=_run)
@click.option("--different", is_flag=True, help="Compare runs that differ in more than who answered.")
@click.option(
    "--show", type=click.IntRange(0), default=0, show_default=True, help="Problems that flipped, side by side."
)
@_page_option
@json_option
def compare(a: Path, b: Path, different: bool, show: int, page: Path | None, as_json: bool) -> None:
    """Compare two runs on the same problems: what changed, by domain, with intervals, and which problems flipped.

    A and B are directories that `assay eval`, `assay measure` or `assay rescore` wrote, or the eval/before and
    eval/after of a training run. Runs that differ in verifiers, problems or sampling are told apart, and compared with
    --different alone.
    """
    from assay.evaluate.compare import compare as compared
    from assay.files import refuse_output, write_atomically
    from assay.report.compare import comparison_table, shown_flips
    from assay.rollout.runs import open_run

    runs = open_run(a, "measure"), open_run(b, "measure")
    if page:
        refuse_output(page, *(found for run in (a, b) for found in run.glob("*.json*")))
    found = compared(*runs, different=different)
    if page:
        from assay.report.flips_page import comparison_page

        write_atomically(page, comparison_page(found, runs, (str(a), str(b))))
    if as_json:
        click.echo(json.dumps({"a": str(a), "b": str(b), **found.to_json()}, indent=1))
        return
    click.echo(comparison_table(found, (str(a), str(b))))
    if show and (flips := shown_flips(found, runs, show)):
        click.echo(f"\n{flips}")
    if page:
        click.echo(f"\npage: {page}")


@click.command()
@click.argument("run", type=_run)
@click.option(
    "--verifier", shell_complete=a_verifier, help="Judge everything by this one, instead of each problem's own."
)
@out_option("A new directory for the run as it is judged now; nothing is written without it.")
@click.option("--show", type=click.IntRange(0), default=3, show_default=True, help="Examples of each domain.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True)
@executor_option
@click.option("--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Of others' rollouts: reference=gold.")
@click.option("--problems", help="Of others' rollouts without references: a source or file that asks the same.")
@click.option("--reward", help="Of others' rollouts with several rewards: which one.")
@click.option("--right-from", type=float, help="The recorded reward from which a response counts as right (0.5).")
@_page_option
@json_option
def rescore(
    run: Path,
    verifier: str | None,
    output: Path | None,
    show: int,
    workers: int,
    executor: str,
    columns: tuple[str, ...],
    problems: str | None,
    reward: str | None,
    right_from: float | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Judge recorded responses again by today's verifiers, without a model: which verdicts flip, by domain.

    RUN is a directory that `assay eval`, `assay measure` or `assay train` wrote; it is never changed. Of a training run
    it is also told how many advantages would have changed their sign, or become or ceased to be zero.

    Or RUN is what another project recorded, a file or a directory: rollouts of NeMo-Gym, results of verifiers and
    prime-rl, dumps of verl, completions of TRL (parquet), samples of lm-eval, logs of Inspect (.eval), or JSON lines
    with `response` and `reward`. Then it is told where our verdict differs from the reward that was recorded.
    """
    from assay.evaluate.run import unreadable_note
    from assay.files import refuse_output, write_atomically
    from assay.report.compare import left_out_note, rescore_table, shown_shifts
    from assay.report.flips_page import SHIFTS, rescore_page

    of_others = {
        "column": columns_of(columns) or None,
        "problems": problems,
        "reward": reward,
        "right-from": right_from,
    }
    given = {name: value for name, value in of_others.items() if value is not None}
    is_ours = _is_ours(run, given, output)
    if page:
        refuse_output(page, *([run] if run.is_file() else run.rglob("*.*")))
    how: dict[str, Any] = {"workers": workers, "show": max(show, SHIFTS if page else 0)}
    with judging_on(executor) as judge:
        how["judge"] = judge
        found = _judged_again(run, verifier, output, how) if is_ours else _compared(run, verifier, given, how)
    if page:
        write_atomically(page, rescore_page(found, run, verifier))
    for note in unreadable_note(found.left_out) if is_ours else left_out_note(found.left_out):
        click.secho(note, fg="yellow", err=True)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=1))
        return
    click.echo(rescore_table(found))
    if shifts := shown_shifts(found, show):
        click.echo(f"\n{shifts}")
    if page:
        click.echo(f"\npage: {page}")
    if output is not None:
        click.echo(f"\nas it is judged now: {output}")


def _is_ours(run: Path, of_others: dict[str, Any], output: Path | None) -> bool:
    """Whether a run was written by this package. Raises `UsageError` for options of the other kind."""
    from assay.journal import kind_of

    is_ours = kind_of(run) is not None
    if is_ours and of_others:
        raise click.UsageError(f"{run} is a run of ours, which says how it is judged: leave out --{min(of_others)}")
    if not is_ours and output is not None:
        raise click.UsageError("-o writes a run of ours as it is judged now; what others recorded is compared alone")
    return is_ours


def _judged_again(run: Path, verifier: str | None, output: Path | None, how: dict[str, Any]) -> Rescored:
    from assay.evaluate.rescore import rescore as judge_again
    from assay.rollout.runs import open_run

    stored = open_run(run, "measure", "train", "rescore")
    with progress() as bar:
        bar.stage(f"judging {run} again", sum(1 for _ in stored.store.marks()), note="")
        return judge_again(stored, verifier=verifier, out=output, on_rows=bar.advance, **how)


def _compared(run: Path, verifier: str | None, given: dict[str, Any], how: dict[str, Any]) -> Rescored:
    from assay.evaluate.parity import parity

    names = {"column": "columns", "right-from": "enough"}
    how = how | {names.get(name, name): value for name, value in given.items()}

    def skipped(why: str) -> None:
        click.secho(f"left out: {why}", fg="yellow", err=True)

    with progress() as bar:
        bar.stage(f"judging {run} again", None, note="")
        return parity(run, verifier=verifier or "", on_rows=bar.advance, on_skipped=skipped, **how)


@click.command()
@click.argument("run", type=_run)
@click.option(
    "--weights",
    default="",
    help="`likelihood`, a run judged by another verifier, a trained head, or a .jsonl of scores.",
)
@click.option("--first", type=click.IntRange(2), help="Choose among so many samples instead of all.")
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, help="Best valued samples that vote.")
@json_option
def select(run: Path, weights: str, first: int | None, top: int, as_json: bool) -> None:
    """Compare rules that choose one of several answers, on a stored run: votes, best of n, and how far the oracle is.

    RUN is a directory that `assay eval`, `assay measure` or `assay rescore` wrote, with several samples of a problem.
    What values responses is the model's own likelihood, a verifier or judge that judged the run again
    (`assay rescore RUN --verifier judge -o OUT`, then --weights OUT), or a head that was trained on other problems
    (`assay train values --run=OTHER -o HEAD`, then --weights HEAD).
    """
    from assay.evaluate.select import select as chosen
    from assay.journal import kind_of
    from assay.report.text import selection_table
    from assay.rollout.runs import open_run

    stored, known = open_run(run, "measure"), None
    if weights and kind_of(Path(weights)) == "values":
        from assay.learn.valued import values_of

        known = values_of(Path(weights), stored)
    found = chosen(stored, weights=weights, known=known, first=first, top=top)
    click.echo(json.dumps(found.to_json(), indent=1) if as_json else selection_table(found))


@click.command()
@click.argument("run", type=_run)
@click.argument("trained", nargs=-1, required=True, shell_complete=a_source)
@click.option("--words", type=click.IntRange(5), default=13, show_default=True, help="In a row, that make an overlap.")
@click.option("--split", default="train", show_default=True, help="Of sources that are named.")
@data_option
@json_option
def overlap(run: Path, trained: tuple[str, ...], words: int, split: str, data: Path | None, as_json: bool) -> None:
    """Tell which problems of a run stand in what was trained on, word for word in part, and the scores without them.

    RUN is a directory that `assay eval`, `assay measure` or `assay rescore` wrote; TRAINED is a corpus directory, or
    sources and files of your own.
    """
    from assay.corpus.collection import rows_of
    from assay.evaluate.overlap import overlap as found_in
    from assay.report.text import overlap_table
    from assay.rollout.runs import open_run

    found = found_in(open_run(run, "measure"), rows_of(trained, split, data=data), words)
    click.echo(json.dumps(found.to_json(), indent=1) if as_json else overlap_table(found))


@click.command()
@click.argument("run", type=_run)
@click.option("--port", type=click.IntRange(0, 65535), help="8765 otherwise, or any free one where that is taken.")
@click.option("--wait", is_flag=True, help="Wait for a run that is only about to begin.")
def watch(run: Path, port: int | None, wait: bool) -> None:
    """Follow a run in a browser, while it trains or afterwards: curves, verdicts, and every rollout to read.

    RUN is a directory that `assay train`, `assay demo`, `assay eval` or `assay measure` wrote or writes. The page is on
    this machine alone and changes nothing; Ctrl-C ends it. `assay report RUN` writes a finished run as one file.
    """
    from assay.journal import CLAIM
    from assay.watch.server import Server

    if wait and not (run / CLAIM).exists():
        click.echo(f"waiting for {run} to begin (Ctrl-C ends)", err=True)
        while not (run / CLAIM).exists():
            time.sleep(0.5)
    with Server(run, port) as server:
        try:
            click.echo(f"{run}: {server.url} (Ctrl-C ends)")
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo()
