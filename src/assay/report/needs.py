"""Which rows a suite, a recipe or a source needs, whether they are here, and where they are to be had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assay.config import Config
from assay.curate.recipe import CurationRecipe
from assay.errors import MissingData, UnknownName
from assay.evaluate.suite import Suite
from assay.learn.recipe import GrpoRecipe
from assay.report.plan import find_config
from assay.sources.base import SOURCES
from assay.sources.files import Real, from_hub, there
from assay.sources.own import HUB, entry_of, is_own
from assay.sources.selection import Selection

State = Literal["made", "here", "hub", "missing"]


@dataclass(frozen=True)
class Need:
    """Rows of one split of one source, and where they are."""

    task: str
    """The benchmark that they are, where a suite says so."""
    source: str
    split: str
    state: State
    where: str
    """The files, or why they are not there and where they are published."""

    @property
    def is_missing(self) -> bool:
        return self.state == "missing"


def needs(name: str, data: Path | None = None) -> list[Need]:
    """What a suite, a recipe or a source needs, each split once. Raises `BadConfig` for a name of none."""
    if name in SOURCES:
        found = [("", name, split) for split in SOURCES.get(name).splits]
    elif "/" in name and not name.endswith(".toml"):
        raise UnknownName("source", name, SOURCES.names())
    else:
        found = list(dict.fromkeys(_asked(find_config(name, []))))
    return [_need(*one, data) for one in found]


def _asked(config: Config) -> Iterator[tuple[str, str, str]]:
    """Task, source and split of all that a configuration reads."""
    if isinstance(config, Suite):
        for task in config.sources:
            yield from _of(task, "test", task.task)
    elif isinstance(config, CurationRecipe):
        for chosen in config.sources:
            yield from _of(chosen, "train")
        for entry in config.without:
            name, split = entry_of(entry)
            yield from (("", name, one) for one in ((split,) if split or is_own(name) else SOURCES.get(name).splits))
    elif isinstance(config, GrpoRecipe):
        for chosen in config.data.sources:
            yield from _of(chosen, "train")
        for chosen in config.eval.sources if config.eval else ():
            yield from _of(chosen, "test")


def _of(chosen: Selection, split: str, task: str = "") -> Iterator[tuple[str, str, str]]:
    return ((task, name, chosen.split or split) for name in chosen.names)


def _need(task: str, name: str, split: str, data: Path | None) -> Need:
    state, where = _place(name, split, data)
    return Need(task, name, split, state, where)


def _place(name: str, split: str, data: Path | None) -> tuple[State, str]:
    if is_own(name):
        if name.startswith(HUB):
            return "hub", name
        return ("here", name) if Path(name).is_file() else ("missing", f"{name} does not exist")
    source = SOURCES.get(name)
    if not isinstance(source, Real):
        return "made", "made as it is asked for"
    if from_hub(data):
        return (
            ("hub", source.hub.name) if source.hub else ("missing", f"no copy on the hub; {source.home}".rstrip("; "))
        )
    lacking = [file for file in source.files_of(split) if not there(file, data)]
    if not lacking:
        return "here", ", ".join(source.files_of(split))
    return "missing", f"{', '.join(lacking)}; published at {source.published}"


def fetched(need: Need, data: Path | None) -> Need:
    """A need whose rows were missing, with the hub's copy in the data directory. Raises `MissingData` without one."""
    source = SOURCES.get(need.source)
    if not isinstance(source, Real):
        raise MissingData(need.where)
    source.fetch(need.split, data)
    return _need(need.task, need.source, need.split, data)
