"""The commands that look at a corpus, and carry one to and from the hub; no corpus is changed."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assay.cli_options import Told, json_option


@click.group(cls=Told)
def corpus() -> None:
    """Look at a corpus: its numbers, some rows, one row in full, what two do not share; or share it on the hub."""


@corpus.command()
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
def stats(directory: Path, as_json: bool) -> None:
    """Rows, verifiers, licences, gold responses and lengths of each source."""
    from assay.corpus.collection import Corpus
    from assay.corpus.look import stats as found
    from assay.corpus.look import stats_table

    lines = found(Corpus.read(directory))
    click.echo(json.dumps(lines, indent=1, ensure_ascii=False) if as_json else stats_table(lines))


@corpus.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--size", type=click.IntRange(1), default=3, show_default=True, help="How many rows.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--of", "source", default="", help="A source or a domain.")
def sample(directory: Path, size: int, seed: int, source: str) -> None:
    """Some rows, drawn by the seed."""
    from assay.corpus.collection import Corpus
    from assay.corpus.look import SHOWN, in_full
    from assay.corpus.look import sample as drawn

    click.echo("\n\n".join(in_full(row, SHOWN) for row in drawn(Corpus.read(directory), size, seed, source)))


@corpus.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("row")
@json_option
def show(directory: Path, row: str, as_json: bool) -> None:
    """One row in full, by its id or how it begins."""
    from assay.corpus.collection import Corpus
    from assay.corpus.look import found, in_full

    example = found(Corpus.read(directory), row)
    click.echo(json.dumps(example.to_json(), indent=1, ensure_ascii=False) if as_json else in_full(example))


@corpus.command()
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
def diff(one: Path, other: Path) -> None:
    """Rows that are in one corpus alone, by source, and why the other dropped them."""
    from assay.corpus.collection import Corpus
    from assay.corpus.look import difference

    click.echo("\n".join(difference(Corpus.read(one), Corpus.read(other))))


@corpus.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--public", is_flag=True, help="For a new data set: all may see it, if licences allow.")
@click.option("--message", default="", help="What the commit says.")
def push(directory: Path, name: str, public: bool, message: str) -> None:
    """Publish a corpus as the data set NAME (USER/NAME) of the Hugging Face hub; a new one is private."""
    from assay.corpus.collection import Corpus

    click.echo(Corpus.read(directory).push_to_hub(name, private=not public, message=message))


@corpus.command()
@click.argument("name")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--revision", default=None, help="A branch, tag or commit; the newest without it.")
def pull(name: str, directory: Path, revision: str | None) -> None:
    """Fetch a corpus that was published as the data set NAME, into a directory."""
    from assay.corpus.collection import Corpus

    found = Corpus.from_hub(name, revision=revision)
    found.write(directory)
    click.echo(f"{len(found)} examples in {directory}")
