"""Which Examples of which sources: the one record that curation, evaluation, training and warm-up all use."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pydantic import Field

from assay.config import Config
from assay.sources.base import SOURCES, sampled
from assay.types import Example


class Selection(Config):
    """Examples of one registered source, or of several in the same way.

    Example:
        >>> chosen = Selection(name=("math/arithmetic", "logic/ordering"), size=2, split="test")
        >>> [example.source for example in chosen.examples()]
        ['math/arithmetic', 'math/arithmetic', 'logic/ordering', 'logic/ordering']
    """

    name: str | tuple[str, ...]
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

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,) if isinstance(self.name, str) else self.name

    def examples(
        self, data: Path | None = None, *, split: str = "train", seed: int = 0, capped: bool = True
    ) -> Iterator[Example]:
        """Stream its Examples, source after source; `split` and `seed` stand in where it names none.

        Raises `UnknownName` for a source, or a split that a source has not; it names those there are.
        """
        seed = seed if self.seed is None else self.seed
        for name in self.names:
            source, part = SOURCES.get(name), self.split or split
            read = partial(source.examples, part, data=data, size=self.size, seed=seed, level=self.level)
            yield from sampled(read, self.cap, seed) if capped and self.cap else read()
