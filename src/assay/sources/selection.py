"""Which Examples of which sources: the one record that curation, evaluation, training and warm-up all use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from assay.config import Config
from assay.errors import BadConfig, BadRow
from assay.sources.base import Source, sampled
from assay.sources.own import entry_of, is_own, source_of
from assay.types import Example, Message

PLACES = ("{problem}", "{options}")
SPARE = 4
"""Rows that are drawn for each one that is shown: some have no gold response, some are asked themselves."""
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
    judge: dict[str, Any] = Field(default_factory=dict)
    """Who judges instead of each row's own verifier: `verifier` and its parameters. A `hybrid` that names no `rule` has
    the row's own verifier as its rule: `{ verifier = "hybrid", head = "heads/short/head.json" }`."""
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
        if self.judge and not isinstance(self.judge.get("verifier"), str):
            raise ValueError('judge names a verifier, such as { verifier = "hybrid", engine = "http://HOST/v1#MODEL" }')
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

        def rows() -> Iterator[Example]:
            drawn_by = seed if self.seed is None else self.seed
            for name in self.names:
                source, part = self.source(name, on_bad), self.split or split
                read = partial(source.examples, part, data=data, size=self.size, seed=drawn_by, level=self.level)
                drawn = sampled(read, self.cap, drawn_by) if capped and self.cap else read()
                yield from map(self._judged, drawn) if self.judge else drawn

        return self._as_asked(rows(), data, seed)

    def _judged(self, example: Example) -> Example:
        """The Example, judged by another."""
        params = {name: given for name, given in self.judge.items() if name != "verifier"}
        if self.judge["verifier"] == "hybrid" and "rule" not in params:
            params |= {"rule": example.verifier, "rule_params": dict(example.params)}
        return replace(example, verifier=self.judge["verifier"], params=params)

    def _as_asked(self, rows: Iterator[Example], data: Path | None, seed: int) -> Iterator[Example]:
        """The rows as this selection asks them."""
        return rows


class Asked(Selection):
    """A selection, and how its problems are asked where that is not as their source says.

    Example:
        >>> shown = Asked(name="math/arithmetic", size=1, shots=2, shots_from="math/arithmetic:warmup")
        >>> next(shown.examples(split="test")).asked[0].content.count("= ?")
        3
    """

    only_own: ClassVar[tuple[str, ...]] = tuple(key for key in OWN if key not in ("template", "params"))

    template: str = ""
    """How problems are asked instead, a text with `{problem}`."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Parameters of the verifier that are to be others."""
    shots: int = Field(0, ge=0)
    """Solved problems that are shown before each problem."""
    shots_from: str = ""
    """Where they are from: a source and its split, such as `math/gsm8k:train`."""
    shots_as: Literal["text", "turns"] = "text"
    """Whether they stand in the text of the problem, for base models, or are turns of the chat before it."""

    @model_validator(mode="before")
    @classmethod
    def _of_selection(cls, given: Any) -> Any:
        return given.model_dump(exclude_unset=True) if type(given) is Selection else given

    @model_validator(mode="after")
    def _can_be_asked(self) -> Asked:
        if bool(self.shots) != bool(self.shots_from):
            raise ValueError("shots and shots_from go together: how many solved problems, and from where")
        if self.template and PLACES[0] not in self.template:
            raise ValueError("a template holds {problem}, where the problem goes")
        return self

    def _as_asked(self, rows: Iterator[Example], data: Path | None, seed: int) -> Iterator[Example]:
        made = map(self._changed, rows)
        if not self.shots:
            return made
        whole = list(made)
        shown = self._shown(data, seed, {example.problem_id for example in whole})
        if self.shots_as == "turns":
            said = tuple(turn for asked, gold in shown for turn in (Message("user", asked), Message("assistant", gold)))
            return (replace(example, shots=said) for example in whole)
        before = "".join(f"{asked} {gold}\n\n" for asked, gold in shown)
        return (replace(e, template=before + (e.template or PLACES[0])) for e in whole)

    def _changed(self, example: Example) -> Example:
        if not self.template and not self.params:
            return example
        return replace(example, template=self.template or example.template, params={**example.params, **self.params})

    def _shown(self, data: Path | None, seed: int, asked: set[str]) -> list[tuple[str, str]]:
        """The solved problems, each as it would be asked, and its gold response."""
        name, split = entry_of(self.shots_from)
        rows = Selection(name=name, split=split, size=SPARE * self.shots).examples(data, seed=seed)
        usable = (row for row in rows if row.gold and row.problem_id not in asked)
        pairs = [(self._changed(row).asked_text, row.gold or "") for row in usable]
        fit = [pair for pair in pairs if not any(place in text for place in PLACES for text in pair)][: self.shots]
        if len(fit) < self.shots:
            raise BadConfig(f"{self.shots_from} has {len(fit)} solved problems to show; {self.shots} are asked for")
        return fit
