"""The commands of `assay sandbox`: what isolation is there, and run one program in it."""

from __future__ import annotations

import io
import json
import sys
import tokenize
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from assay.cli_options import Told, json_option
from assay.errors import AssayError, BadRow, visible

if TYPE_CHECKING:
    from assay.sandbox import Limits, Result

_CPP = (".cpp", ".cc", ".cxx")
_SECONDS = click.FloatRange(0, 86_400, min_open=True)


@click.group(cls=Told)
def sandbox() -> None:
    """Where untrusted code runs: how well it is isolated here, and one program run in it."""


@sandbox.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def doctor(as_json: bool) -> None:
    """Say what isolation this host gives, measured, and how to raise it. Exit status 1 where programs are refused."""
    from assay.sandbox.doctor import examine

    found = examine()
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=1))
    else:
        for part in found.parts:
            click.echo(f"  {'yes' if part.active else 'no ':4}{part.name:30}{part.detail}")
        click.echo(f"\n{found.sentence}")
        says = f"programs {'run' if found.ok else 'are refused'} here: {found.because}"
        click.secho(says, fg="green" if found.ok else "red")
        for line in found.advice:
            click.echo(f"- {line}")
    sys.exit(0 if found.ok else 1)


@sandbox.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--stdin", "given", type=click.File("rb"), help="Its input; - is what is piped.")
@click.option("--cpu", type=_SECONDS, default=10.0, show_default=True, help="CPU seconds.")
@click.option("--wall", type=_SECONDS, help="Seconds in all; 4 times --cpu otherwise.")
@click.option(
    "--memory", type=click.IntRange(16, 1 << 20), default=1024, show_default=True, help="MiB of address space."
)
@click.option("--json", "as_json", is_flag=True, help="Tell how it ended as JSON, on standard error.")
def run(file: str, given: BinaryIO | None, cpu: float, wall: float | None, memory: int, as_json: bool) -> None:
    """Run a program isolated; print its output, and on standard error its own and how it ended.

    FILE is the program, in Python, or in C++ by its name (.cpp, .cc, .cxx); - is what is piped. What it prints for a
    terminal, and all that it says on standard error, is shown with control characters as escapes; the last line is
    ours.

    Exit status 0 when it ended by itself with status 0, 1 otherwise, 2 where it may not run.
    """
    from assay.sandbox import Limits, Outcome, Program
    from assay.sandbox import run as run_job

    limits = Limits(cpu=cpu, wall=wall, memory=memory << 20)
    if file == "-" and given is not None and getattr(given, "name", "<stdin>") == "<stdin>":
        raise AssayError("- stands for both the program and its input: put one of them in a file")
    data = given.read() if given is not None else b""
    text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    cpp = Path(file).suffix in _CPP
    source = text.decode("utf-8-sig", "replace") if cpp else _source(file, text)
    done = _run_cpp(source, data, limits) if cpp else run_job(Program(source, data, limits, stderr=True))
    if sys.stdout.isatty():
        click.echo(_shown(done.output), nl=False)
    else:
        sys.stdout.buffer.write(done.output)
    sys.stdout.flush()
    click.echo(_shown(done.stderr), nl=not (done.stderr or b"\n").endswith(b"\n"), err=True)
    if as_json:
        ended = {
            "outcome": str(done.outcome),
            "text": done.text,
            "line": done.line or None,
            "cpu": round(done.cpu, 4),
            "wall": round(done.wall, 4),
        }
        click.echo(json.dumps(ended | {"level": done.level, "isolation": list(done.isolation)}), err=True)
    else:
        why = f": {visible(done.text)}" if done.text else ""
        why += "; give it input with --stdin" if given is None and done.text.startswith("EOFError") else ""
        where = done.level or ", ".join(done.isolation)
        if failed := source.splitlines()[done.line - 1 : done.line] if done.line > 0 else []:
            click.echo(visible(f"{file}:{done.line}: {failed[0].strip()}"), err=True)
        click.echo(f"{done.outcome}{why} ({done.cpu:.3f} s CPU, {done.wall:.3f} s in all, {where})", err=True)
    sys.exit(0 if done.outcome is Outcome.DONE else 1)


@sandbox.command()
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@json_option
def stats(run: Path, as_json: bool) -> None:
    """Count what a run's programs did: jobs, waits for a worker, kills by reason.

    RUN is the folder of a training run, or its metrics.jsonl, where each step has the counters of its programs. A
    process that judges has its own in `assay.sandbox.stats()`, and `assay grade` ends with them.
    """
    from assay.journal import Journal
    from assay.sandbox import Stats

    file = run / "metrics.jsonl" if run.is_dir() else run
    if not file.exists():
        raise AssayError(f"{run} holds no metrics.jsonl: name the folder of a training run")
    total = Stats()
    for number, row in enumerate(Journal(file, "step").read(), 1):
        try:
            total = total.plus(Stats.from_json(row.get("sandbox", {})))
        except ValueError:
            raise BadRow(str(file), number, "'sandbox' holds no counters of the sandbox") from None
    click.echo(json.dumps(asdict(total)) if as_json else str(total))


def _run_cpp(source: str, data: bytes, limits: Limits) -> Result:
    """Compile a C++ program and run it; what comes back is of the compiler where it made nothing."""
    from assay.sandbox import Compile, Native, Outcome
    from assay.sandbox import run as run_job

    made = run_job(Compile(source))
    return run_job(Native(made.output, data, limits)) if made.outcome is Outcome.DONE else made


def _source(file: str, data: bytes) -> str:
    """The text of a Python file, as Python reads it: a byte order mark or its first lines tell the encoding."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except UnicodeDecodeError as bad:
        raise AssayError(f"{file} is not {bad.encoding.upper()} text ({bad.reason} at byte {bad.start})") from None
    except SyntaxError as bad:
        what = "save it as UTF-8, or name its encoding in its first line, as in # -*- coding: latin-1 -*-"
        raise AssayError(f"{file}: {bad.msg}; {what}") from None


def _shown(output: bytes) -> str:
    """What a program printed, with control characters as escapes and its lines as they are."""
    lines = output.decode(errors="backslashreplace").split("\n")
    return "\n".join("\t".join(map(visible, line.removesuffix("\r").split("\t"))) for line in lines)
