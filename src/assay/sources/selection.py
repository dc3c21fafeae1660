"""Which Examples of which sources: the one record that curation, evaluation, training and warm-up all use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, model_validator

from assay.config import Config
from assay.errors import BadRow
from assay.sources.base import Source, sampled
from assay.sources.own import is_own, source_of
from assay.types import Example

OWN = ("verifier", "columns", "template", "params", "domain")
"""Keys that say how a file of your own is read."""


class Selection(Config):
    """Examples of one registered source, of several in the same way, or of a file of your own.

    Example:
        >>> chosen = Selection(name=("math/arithmetic", "logic/ordering"), size=2, split="test")
        >>> [example.source for example in chosen.examples()]
        ['math/arithmetic', 'math/arithmetic', 'logic/ordering', 'logic/ordering']
    """

    only_own: ClassVar[tuple[str, ...]] = OWN

    name: str | tuple[str, ...] = ""
    """A registered source, or a list of them (`assay list sources`)."""
    path: str = ""
    """Instead of a name: a file of your own rows (.jsonl, .json, .csv, .parquet, gzipped or not), or `hub:NAME`."""
    verifier: str = ""
    """Of own rows: who judges, where they do not say."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Of own rows: field (`prompt`, `reference`, `gold`, ...) -> column, where its name is not a usual one."""
    template: str = ""
    """Of own rows: how problems are asked, a text with `{problem}`."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Of own rows: parameters of the verifier."""
    domain: str = ""
    """Of own rows: their domain; `own` without it."""
    split: str | None = None
    """Its split; without it that of the place: `test` in an evaluation, `train` elsewhere."""
    size: int | None = Field(None, ge=1)
    """At most so many of each: problems to make (1,000 without it), or rows drawn by the hash of (seed, id)."""
    seed: int | None = None
    """Seed of what is made or drawn; that of the recipe without it."""
    level: int = Field(1, ge=1)
    """Difficulty of procedural sources."""
    cap: int | None = Field(None, ge=1)
    """At most so many of each, drawn in the same way; a curation draws them from what its other steps leave."""

    @model_validator(mode="after")
    def _names_rows(self) -> Selection:
        if bool(self.name) == bool(self.path):
            raise ValueError("give either the name of a source or the path of a file of your own")
        own = [key for key in self.only_own if getattr(self, key)]
        if not self.path and own and not any(map(is_own, self.names)):
            raise ValueError(f"only files of your own (path) take {', '.join(own)}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sources, or the path."""
        if self.path:
            return (self.path,)
        return (self.name,) if isinstance(self.name, str) else self.name

    def source(self, name: str, on_bad: Callable[[BadRow], None] | None = None) -> Source:
        """The source of one of its names; `on_bad` is told of own rows that cannot be used, which else raise."""
        how = {key: given for key in OWN if (given := getattr(self, key))}
        return source_of(name, **how, on_bad=on_bad) if is_own(name) else source_of(name)

    def examples(
        self,
        data: Path | None = None,
        *,
        split: str = "train",
        seed: int = 0,
        capped: bool = True,
        on_bad: Callable[[BadRow], None] | None = None,
    ) -> Iterator[Example]:
        """Stream its Examples, source after source; `split` and `seed` stand in where it names none.

        Raises `UnknownName` for a source, or a split that a source has not; it names those there are.
        """
        seed = seed if self.seed is None else self.seed
        for name in self.names:
            source, part = self.source(name, on_bad), self.split or split
            read = partial(source.examples, part, data=data, size=self.size, seed=seed, level=self.level)
            yield from sampled(read, self.cap, seed) if capped and self.cap else read()
