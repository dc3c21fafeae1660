"""The commands about verdicts: `check` a source, `grade` responses, `audit` graders."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from assay.cli_options import (
    a_model,
    a_source,
    a_split,
    a_verifier,
    columns_of,
    data_option,
    executor_option,
    graders_then_rows,
    json_option,
    judging_on,
    progress,
)
from assay.errors import AssayError, counted
from assay.files import opened

if TYPE_CHECKING:
    from assay.audit.graders import Asking
    from assay.audit.labelled import LabelledRow
    from assay.audit.run import GraderAudit


@click.command()
@click.argument("names", nargs=-1, shell_complete=a_source)
@click.option("--all", "everything", is_flag=True, help="Every registered source.")
@data_option
@click.option("--split", shell_complete=a_split, help="Which split; the first one of each source otherwise.")
@click.option("--level", type=click.IntRange(1), default=1, show_default=True, help="Of procedural sources.")
@click.option("--size", type=click.IntRange(1), help="At most so many rows of each source.")
@click.option(
    "--verifier", shell_complete=a_verifier, help="Who judges the rows of a file of your own, where they do not say."
)
@click.option("--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Of such a file: prompt=frage.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True)
@click.option("--strength", is_flag=True, help="Try the tests of code with broken programs (seconds a task).")
@click.option("--grader", help="Who judges instead: module:function or a server, as in `assay audit`.")
@json_option
def check(
    names: Sequence[str],
    everything: bool,
    data: Path | None,
    split: str | None,
    level: int,
    size: int | None,
    verifier: str | None,
    columns: tuple[str, ...],
    workers: int,
    strength: bool,
    grader: str | None,
    as_json: bool,
) -> None:
    """Prove that gold passes and nonsense fails, for one or more sources, or files of your own.

    Every gold response must pass its own verifier; an empty answer, another row's reference and attack strings must
    fail; two calls, and a call from a thread, must agree. Exit status 1 when a source does not hold.

    With --grader a function of your own, or of TRL, verl or verifiers, judges in the place of the rows' verifiers: does
    it pay every gold response, and no nonsense?

    Told besides: what the best constant response earns, and with --strength how many tasks of code have tests that
    accept a broken program.
    """
    from rich.console import Console

    from assay.audit.check import check as check_source
    from assay.audit.graders import find_grader
    from assay.sources.base import SOURCES

    if not names and not everything:
        raise click.UsageError("name a source, such as math/gsm8k, or give --all")
    how: dict[str, Any] = {"data": data, "split": split, "level": level, "size": size, "workers": workers}
    how |= {"strength": strength}
    how |= {"verifier": verifier} if verifier else {}
    how |= {"columns": columns_of(columns)} if columns else {}
    reports = []
    with ExitStack() as stack:
        if grader:
            how["grader"] = stack.enter_context(closing(find_grader(grader)))
        for name in SOURCES.names() if everything else names:
            with Console(stderr=True).status(f"checking {name}"):
                reports.append(check_source(name, **how))
            if not as_json:
                click.echo(str(reports[-1]))
    if as_json:
        click.echo(json.dumps([report.to_json() for report in reports], indent=1))
    if failed := [report.name for report in reports if not report.ok]:
        click.secho(f"not clean: {', '.join(failed)}", fg="red", err=True)
        sys.exit(1)


@click.command()
@click.argument("source", default="-", type=click.Path(allow_dash=True))
@click.option(
    "-o",
    "--out",
    "output",
    default="-",
    type=click.Path(allow_dash=True, readable=False),
    help="Appears atomically; - is stdout.",
)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Verifications side by side.")
@click.option(
    "--deadline", type=click.FloatRange(0, 86_400, min_open=True), help="Seconds a line; 1, or 30 for programs."
)
@click.option("--cache", type=click.Path(path_type=Path, readable=False), help="A file that remembers verdicts.")
@click.option("--explain", is_flag=True, help="Tell each verdict on standard error.")
@click.option("--id", "only", multiple=True, help="Judge the line of this id alone (or number, where it has none).")
@click.option("--fail-below", type=click.FloatRange(0, 1), help="Exit 1 when fewer than this share is correct.")
@click.option("--max-errors", type=click.IntRange(0), help="Exit 1 when more lines have no score; 0 with --fail-below.")
@executor_option
def grade(
    source: str,
    output: str,
    workers: int,
    deadline: float | None,
    cache: Path | None,
    explain: bool,
    only: tuple[str, ...],
    fail_below: float | None,
    max_errors: int | None,
    executor: str,
) -> None:
    """Judge responses: one JSON object a line in, one verdict a line out, in the same order, as they come.

    \b
    Each line holds `verifier`, `reference`, `response`, and if wanted `params`, `prompt`, `id`:
      {"verifier": "number", "reference": 42, "response": "The answer is 42."}
    """
    from assay import sandbox
    from assay.files import refuse_output
    from assay.remote import fetched, is_remote, sending
    from assay.rollout.grade import atomic_output, grade_file, pass_rate

    if cache:
        refuse_output(cache, source)
    if output != "-" and not is_remote(output):
        refuse_output(output, *([] if source == "-" else [source]), *([cache] if cache else []))
    before = sandbox.stats()
    with ExitStack() as stack:
        there = Path("-") if source == "-" else fetched(source)
        lines = sys.stdin.buffer if source == "-" else _opened(there, stack)
        target = sys.stdout
        if output != "-":
            target = stack.enter_context(atomic_output(stack.enter_context(sending(output))))
        how: dict[str, Any] = {"explain": sys.stderr if explain else None, "only": only}
        how["judge"] = stack.enter_context(judging_on(executor))
        if sys.stderr.isatty() and not explain and not target.isatty():  # else it would stand among the lines
            bar = stack.enter_context(progress())
            bar.stage("grading", None if source == "-" else _count(there), note="")
            how["on_lines"] = lambda number: bar.advance(number - bar.done)
        counts = grade_file(lines, target, workers=workers, deadline=deadline, cache=cache, **how)
        if only and not counts:  # before the file takes its place
            raise AssayError(f"no line has the id {' or '.join(map(repr, only))}")
    rate, failed = pass_rate(counts), []
    shown = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    told_rate = "none" if rate is None else f"{rate:.4f}"
    ran = sandbox.stats().since(before)
    null = counts["error"] + counts["timeout"]
    of = f" of the {counts.total() - null:,} with a score (--max-errors 0 makes the others fail)" if null else ""
    told = f"{shown or 'no lines'}; pass rate {told_rate}{of}" + (f"; sandbox: {ran}" if ran.jobs else "")
    click.echo(told, err=True)
    if fail_below is not None and (rate is None or rate < fail_below):
        failed.append(f"pass rate {told_rate} is below {fail_below}")
    allowed = 0 if max_errors is None and fail_below is not None else max_errors
    if allowed is not None and null > allowed:
        failed.append(f"{counted(null, 'line')} without a score, {allowed} allowed (--max-errors)")
    if failed:
        click.secho("; ".join(failed), fg="red", err=True)
        sys.exit(1)


@click.command()
@click.argument("graders", nargs=-1, required=True, shell_complete=graders_then_rows)
@click.argument("rows", shell_complete=graders_then_rows)
@click.option("--set", "sets", multiple=True, metavar="ROWS", help="Further rows; each set has figures of its own.")
@data_option
@click.option("--limit", type=click.IntRange(1), help="At most so many rows of a file; references of a source (500).")
@click.option("--per", type=click.IntRange(2), default=8, show_default=True, help="Rewrites of each reference.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Of files: label=is_correct.")
@click.option(
    "--verifier", shell_complete=a_verifier, default="math", show_default=True, help="Of rows of files that name none."
)
@click.option("--attacks/--no-attacks", default=True, help="Also try attacks and constant strings.")
@click.option("--attacked", type=click.IntRange(1), default=40, show_default=True, help="References under attack.")
@click.option(
    "--engine", default="", shell_complete=a_model, help="Who judges for judge and hybrid: a model, a server."
)
@click.option("--protocol", "protocols", multiple=True, help="How it is asked; one grader for each (one-word).")
@click.option("--sees", type=click.Choice(["claim", "final"]), default="claim", help="What it is shown.")
@click.option("--head", default="", type=click.Path(), help="Weights for head and hybrid.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Of judges: verdicts at once.")
@click.option("--examples", type=click.IntRange(0), default=1, show_default=True, help="Mistakes shown of each kind.")
@click.option("--deadline", type=click.FloatRange(0, min_open=True), help="Seconds a row; 10 for graders not ours.")
@click.option("--json", "output", type=click.Path(path_type=Path, readable=False), help="Also write all of it here.")
@click.option(
    "--datasheet", type=click.Path(path_type=Path, readable=False), help="Write a page (.md) and beside it its .json."
)
def audit(
    graders: Sequence[str],
    rows: str,
    sets: tuple[str, ...],
    data: Path | None,
    limit: int | None,
    per: int,
    columns: tuple[str, ...],
    verifier: str,
    attacks: bool,
    attacked: int,
    engine: str,
    protocols: tuple[str, ...],
    sees: str,
    head: str,
    workers: int,
    examples: int,
    deadline: float | None,
    output: Path | None,
    datasheet: Path | None,
) -> None:
    """Measure graders on rows whose verdict is known: precision, recall, mistakes, speed, and what attacks earn.

    \b
    GRADERS: assay (the verifier that each row names), a verifier such as math, math-verify, verl, reasoning-gym,
             module:function of your own, called as f(response, reference) or as TRL, verl or verifiers calls it,
             the address of a resources server of NeMo-Gym; judge (--engine), head (--head), and hybrid, which has the
             row's own verifier as its rule.
    ROWS:    a JSONL with reference, response and label (and if wanted verifier, params, prompt, family), labelled/NAME
             of the data directory, or a source such as math/math500, whose references are rewritten into right and
             wrong answers.
    \b
      assay audit math math-verify verl reasoning-gym math/math500
      assay audit my_rewards:score labelled.jsonl --set math/math500 --datasheet score.md
      assay audit assay judge hybrid math/math500 --engine smollm2 --protocol one-word --protocol json --limit 20
    """
    from assay.audit.graders import Asking
    from assay.audit.sets import rows_of
    from assay.files import refuse_output
    from assay.judging.verifier import VERIFIERS

    if datasheet is not None and datasheet.suffix != ".md":
        raise click.UsageError(f"--datasheet names a page in Markdown, such as {datasheet.with_suffix('.md')}")
    for written in filter(None, (output, datasheet, datasheet and datasheet.with_suffix(".json"))):
        refuse_output(written, rows, *sets)
    VERIFIERS.get(verifier)
    how: dict[str, Any] = {
        "data": data,
        "limit": limit,
        "per": per,
        "columns": columns_of(columns),
        "verifier": verifier,
    }
    known = [row for name in (rows, *sets) for row in rows_of(name, **how)]
    asking = Asking(engine, protocols or ("one-word",), sees, head, workers)
    tried: dict[str, Any] = {"attacks": attacks, "attacked": attacked, "examples": examples}
    _tell_audit(known, _audited(graders, asking, known, deadline, **tried), output, datasheet)


def _audited(
    names: Sequence[str], asking: Asking, rows: Sequence[LabelledRow], deadline: float | None, **how: Any
) -> list[GraderAudit]:
    from rich.console import Console

    from assay.audit.graders import find_graders
    from assay.audit.run import audit as audit_graders

    found = find_graders(names, asking, deadline=deadline)
    try:
        with Console(stderr=True).status("auditing") as status:
            return audit_graders(found, rows, on_grader=lambda name: status.update(f"auditing {name}"), **how)
    finally:
        for grader in found:
            grader.close()


def _tell_audit(
    known: Sequence[LabelledRow], audits: Sequence[GraderAudit], output: Path | None, datasheet: Path | None
) -> None:
    """Print the tables of an audit, and write all of it, or a page of it, where a file is named."""
    from rich.console import Console

    from assay.files import write_atomically
    from assay.report.audits import print_audit
    from assay.report.datasheet import write_datasheet

    if output is not None:
        write_atomically(output, json.dumps([one.to_json() for one in audits], indent=1) + "\n")
    beside = write_datasheet(audits, datasheet) if datasheet is not None else None
    click.echo(f"{counted(len(known), 'row')}, {sum(row.label for row in known)} of them right")
    terminal = Console()
    print_audit(terminal if terminal.is_terminal else Console(width=200), audits)
    if datasheet is not None:
        click.echo(f"datasheet: {datasheet} and {beside}")


def _opened(path: Path, stack: ExitStack) -> BinaryIO:
    try:
        return stack.enter_context(opened(path))
    except OSError as missing:
        raise AssayError(f"cannot read {path}: {missing.strerror}; give a file of JSON lines, or - for stdin") from None


def _count(path: Path) -> int | None:
    """How many lines are graded of a regular file: what is piped can be read once only."""
    if not path.is_file():
        return None
    with opened(path) as file:
        return max((number for number, line in enumerate(file, 1) if line.strip()), default=0)
