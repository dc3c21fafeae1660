"""The commands that tell: what is registered, what a recipe would do, and what a shell needs to complete names."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from assay.cli_options import PASSES_ON, a_plan, changes, data_option, json_option

Told = list[dict[str, Any]]
KINDS = ("sources", "verifiers", "suites", "recipes", "engines")
SHELLS = ("bash", "zsh", "fish")


@click.command("list")
@click.argument("what", required=False, type=click.Choice(KINDS))
@data_option
@json_option
def list_(what: str | None, data: Path | None, as_json: bool) -> None:
    """List what is registered: sources, verifiers, suites, recipes and engines.

    Of sources it says where their rows are expected, of verifiers what they do, read and take.
    """
    tell: dict[str, Callable[[], Told]] = {
        "sources": lambda: _sources(data),
        "verifiers": _verifiers,
        "suites": _suites,
        "recipes": _recipes,
        "engines": _engines,
    }
    found = {kind: tell[kind]() for kind in KINDS if what in (None, kind)}
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for kind, rows in found.items():
        click.secho(f"\n{kind}", bold=True)
        _SHOWN[kind](rows)


@click.command()
@click.argument("name", shell_complete=a_plan)
@click.option("--fetch", is_flag=True, help="Write the hub's copy of what is missing into the data directory.")
@data_option
@json_option
def prepare(name: str, fetch: bool, data: Path | None, as_json: bool) -> None:
    """Say which rows a suite, a recipe or a source needs, which are here, and where the others are published.

    Exit status 1 where some are missing. No file that is there is replaced.
    """
    from assay.errors import MissingData
    from assay.report.needs import fetched, needs
    from assay.sources.base import data_dir

    found = needs(name, data)
    for place, need in enumerate(found):
        if fetch and need.is_missing:
            try:
                found[place] = fetched(need, data)
            except MissingData as missing:
                found[place] = replace(need, where=str(missing))
    if as_json:
        click.echo(json.dumps([asdict(need) for need in found], indent=1))
    else:
        _table([(one.task, f"{one.source} ({one.split})", one.state, one.where) for one in found])
    if any(need.is_missing for need in found):
        try:
            data_dir(data)
        except MissingData as nowhere:
            click.secho(str(nowhere), fg="yellow", err=True)
        sys.exit(1)


@click.command()
@click.argument("domain", required=False)
@json_option
def catalog(domain: str | None, as_json: bool) -> None:
    """Every source with size, level, verifier and licence; of one domain, where it is named."""
    from assay.errors import UnknownName
    from assay.report.catalog import catalog as rows_of
    from assay.report.catalog import size

    rows = rows_of()
    known = sorted({row["domain"] for row in rows})
    if domain is not None and domain not in known:
        raise UnknownName("domain", domain, known)
    rows = [row for row in rows if domain in (None, row["domain"])]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        _table([(row["name"], size(row), row["verifier"], row["licence"]) for row in rows])


@click.command(context_settings=PASSES_ON)
@click.argument("recipe", shell_complete=a_plan)
@data_option
@json_option
@click.pass_context
def show(ctx: click.Context, recipe: str, data: Path | None, as_json: bool) -> None:
    """Show a recipe or a suite in full, and say in words what it would read, sample, train and write.

    Any key can be overridden, as when it is run. `--dry-run` of curate, train and eval also checks what can be checked.
    """
    from assay.config import toml
    from assay.report.plan import find_config, home_of, plan, to_json, told

    config = find_config(recipe, changes(ctx))
    lines = plan(config, home_of(config, recipe), data)
    if as_json:
        click.echo(json.dumps(to_json(config, lines), indent=1))
    else:
        click.echo(f"{toml(config)}\n{told(lines)}", nl=False)


@click.command()
@click.argument("shell", required=False, type=click.Choice(SHELLS))
def completion(shell: str | None) -> None:
    """Print what lets a shell complete commands, options and names: sources, recipes, suites, verifiers, graders.

    \b
      bash:  eval "$(assay completion bash)"                          in ~/.bashrc
      zsh:   eval "$(assay completion zsh)"                           in ~/.zshrc
      fish:  assay completion fish > ~/.config/fish/completions/assay.fish
    """
    name = shell or Path(os.environ.get("SHELL", "")).name
    kind = get_completion_class(name)
    if kind is None:
        raise click.UsageError(f"name a shell: {', '.join(SHELLS)}")
    root = click.get_current_context().find_root().command
    complete = kind(root, {}, "assay", "_ASSAY_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())


def _sources(data: Path | None) -> Told:
    from assay.sources.base import SOURCES
    from assay.sources.files import Real, there

    told = []
    for source in SOURCES.working():
        row: dict[str, Any] = {"name": source.name, "domain": source.domain, "kind": source.kind}
        row |= {"splits": {split: source.sizes.get(split) for split in source.splits}, "eval_only": source.eval_only}
        row |= {"verifier": getattr(source, "verifier", ""), "licence": source.licence, "about": source.about}
        if isinstance(source, Real):
            places = {split: there(file, data) for split, file in source.files.items()}
            row["files"] = {split: {"file": file, "there": places[split]} for split, file in source.files.items()}
            row["hub"] = source.hub.name if source.hub else None
        told.append(row)
    return told


def _verifiers() -> Told:
    from assay.judging.verifier import VERIFIERS

    return [
        {
            "name": verifier.name,
            "version": verifier.version,
            "about": verifier.about,
            "reference": verifier.reference,
            "params": {f.name: None if f.default is MISSING else f.default for f in fields(verifier.params)},
        }
        for verifier in VERIFIERS.working()
    ]


def _suites() -> Told:
    from assay.evaluate.suite import find_suite, shipped_suites

    found = {name: find_suite(name) for name in shipped_suites()}
    return [
        {"name": name, "sources": suite.names, "samples": suite.samples, "about": suite.about}
        for name, suite in found.items()
    ]


def _recipes() -> Told:
    from assay.config import shipped_recipes

    first = {name: path.read_text("utf-8").partition("\n")[0] for name, path in shipped_recipes().items()}
    return [{"name": name, "about": line.lstrip("# ")} for name, line in first.items()]


def _engines() -> Told:
    from assay.models.engine import ENGINES

    return [{"name": name} for name in ENGINES.names()]


def _show_sources(rows: Told) -> None:
    _table([(r["name"], r["verifier"], _splits(r), r["licence"], r["about"]) for r in rows])
    click.secho("\nwhere real rows are read from: --data, else ASSAY_DATA", bold=True)
    _table([(r["name"], _files(r["files"]), f"hub: {r['hub']}" if r["hub"] else "") for r in rows if "files" in r])
    click.echo(
        "\n  ASSAY_DATA=hub reads those with a hub name from there. Rows of your own need neither: name the file."
    )


def _splits(row: Mapping[str, Any]) -> str:
    """`train 7,473, test 1,319`, and what is not to be trained on."""
    sizes = [split if size is None else f"{split} {size:,}" for split, size in row["splits"].items()]
    return ", ".join(sizes) + (" (evaluation only)" if row["eval_only"] else "")


def _files(files: Mapping[str, Mapping[str, Any]]) -> str:
    places = dict.fromkeys((place["file"], place["there"]) for place in files.values())
    return ", ".join(f"{file} (missing)" if known is False else file for file, known in places)


def _show_verifiers(rows: Told) -> None:
    for row in rows:
        click.echo(f"  {row['name']:15} v{row['version']}  {row['about']}")
        params = ", ".join(f"{name} = {json.dumps(default)}" for name, default in row["params"].items())
        for what, said in (("reference", row["reference"]), ("parameters", params)):
            if said:
                click.echo(f"  {'':19} {what}: {said}")


_SHOWN: dict[str, Callable[[Told], None]] = {
    "sources": _show_sources,
    "verifiers": _show_verifiers,
    "suites": lambda rows: _table(
        [(r["name"], f"{len(r['sources'])} sources", f"{r['samples']} samples", r["about"]) for r in rows]
    ),
    "recipes": lambda rows: _table([(r["name"], r["about"]) for r in rows]),
    "engines": lambda rows: _table([(r["name"],) for r in rows]),
}


def _table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  " + "  ".join(cells).rstrip())
