"""What the commands share: options, overrides, names that a shell completes, and progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from assay.judging.session import Judge
    from assay.report.progress import Bars

F = TypeVar("F", bound=Callable[..., Any] | click.Command)
PASSES_ON = {"ignore_unknown_options": True, "allow_extra_args": True}
"""Settings of a command whose further arguments are overrides."""


class Told(click.Group):
    """A group whose help says the first sentence of each command in full."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, command.get_short_help_str(limit=1000)) for name, command in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

data_option = click.option(
    "--data", type=click.Path(path_type=Path), envvar="ASSAY_DATA", help="Data directory of real rows."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
dry_option = click.option("--dry-run", is_flag=True, help="Check everything, say what would be done, write nothing.")


executor_option = click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Who judges: this machine, or actors of a Ray cluster (RAY_ADDRESS; the extra ray), as many as --workers says "
    "or one for each free processor.",
)


@contextmanager
def judging_on(executor: str) -> Iterator[Judge | None]:
    """The session of an `--executor`; none where it is that of this process. On Ray, `--workers` counts actors."""
    if executor == "local":
        yield None
        return
    from assay.judging.on_ray import RayJudge

    command = click.get_current_context()
    told = command.get_parameter_source("workers") is ParameterSource.COMMANDLINE
    with RayJudge(actors=command.params["workers"] if told else None) as judge:
        yield judge


def out_option(help: str) -> Callable[[F], F]:
    """`-o`, the directory or file that a command writes."""
    return click.option("-o", "--out", "output", type=click.Path(path_type=Path, readable=False), help=help)


def columns_of(given: Sequence[str]) -> dict[str, str]:
    """Field -> column, of options `--column FIELD=COLUMN`. Raises `UsageError`."""
    if unclear := [one for one in given if not all(one.partition("="))]:
        raise click.UsageError(f"--column takes FIELD=COLUMN, such as prompt=frage, not {unclear[0]!r}")
    return dict(one.split("=", 1) for one in given)


def changes(ctx: click.Context) -> list[str]:
    """The overrides among the arguments of a command."""
    from assay.config import overrides

    return overrides(ctx.args, [name for option in ctx.command.params for name in option.opts if name[0] == "-"])


@contextmanager
def progress() -> Iterator[Bars]:
    """Bars on standard error, where that is a terminal."""
    from assay.report.progress import Bars

    with Bars() as bars:
        yield bars


def _completed(names: Callable[[], list[str]]) -> Complete:
    def complete(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        found = [CompletionItem(name) for name in names() if name.startswith(begun)]
        return found or [CompletionItem(begun, type="file")]

    return complete


def _sources() -> list[str]:
    from assay.sources.base import SOURCES

    return SOURCES.names()


def _recipes() -> list[str]:
    from assay.config import shipped_recipes

    return sorted(shipped_recipes())


def _suites() -> list[str]:
    from assay.config import shipped

    return sorted(shipped("suites"))


def _graders() -> list[str]:
    from assay.audit.graders import known_graders

    return known_graders()


def _verifiers() -> list[str]:
    from assay.judging.verifier import VERIFIERS

    return VERIFIERS.names()


def _labelled() -> list[str]:
    from assay.audit.sets import SETS

    return list(SETS)


def _models() -> list[str]:
    from assay.models.library import PACKAGED, TINY

    return [TINY, *PACKAGED]


def a_split(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """The splits of the sources that are named already."""
    from assay.sources.base import SOURCES

    words = [*(ctx.params.get("names") or ()), *ctx.args]  # where click leaves the arguments depends on the word before
    named = [SOURCES.get(name) for name in words if name in SOURCES]
    splits = dict.fromkeys(split for source in named for split in source.splits)
    return [CompletionItem(split) for split in splits if split.startswith(begun)]


a_source, a_recipe, a_suite = _completed(_sources), _completed(_recipes), _completed(_suites)
a_verifier, a_model = _completed(_verifiers), _completed(_models)
a_plan = _completed(lambda: [*_recipes(), *_suites()])
graders_then_rows = _completed(lambda: [*_graders(), *_sources(), *_labelled()])
"""Of any number of graders and the rows behind them no shell can tell which word is which."""
