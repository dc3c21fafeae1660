"""What is asked in an evaluation: sources, how many samples, and how to sample. A suite is data, like any recipe.

Those that ship are TOML files under `suites/`; a task of a suite is a selection of rows and how it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from assay.config import Config, changed, load_config, shipped
from assay.curate.constrain import constrained
from assay.errors import MissingData, UnknownName, counted
from assay.models.engine import Sampling
from assay.rollout.measure import Way
from assay.sources.base import sampled
from assay.sources.selection import Asked
from assay.types import Example


class Task(Asked):
    """Rows of an evaluation, and how they are asked where that is not as the suite or their source says."""

    task: str = ""
    """Name of the benchmark that its rows are, or are a part of; a score of its own."""
    partial: str = ""
    """What keeps it from being the whole of what its name says; told beside its score."""
    samples: int | None = Field(None, ge=1)
    """Responses to each of its problems; those of the suite without it."""
    max_tokens: int | None = Field(None, ge=1)
    """Longest response to its problems; that of the suite without it."""
    constraints: int = Field(0, ge=0, le=3)
    """Constraints on the form of the answer that are added to each problem, as in MathIF."""

    def _as_asked(self, rows: Iterator[Example], data: Path | None, seed: int) -> Iterator[Example]:
        made = super()._as_asked(rows, data, seed)
        return iter(constrained(list(made), self.constraints, seed=seed)) if self.constraints else made


class Suite(Config):
    """An evaluation. `k` lists the pass@k to report; each needs at least k samples."""

    about: str = ""
    """One line for `assay list`."""
    sources: tuple[Task, ...] = Field(min_length=1)
    samples: int = Field(8, ge=1)
    """Responses to each problem."""
    k: tuple[int, ...] = (1,)
    """Which pass@k to report, where a problem has as many responses."""
    temperature: float = Field(1.0, ge=0)
    """Of the sampling; 0 is greedy."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Nucleus of the sampling; 1 samples from the whole distribution."""
    max_tokens: int = Field(512, ge=1)
    """Longest response."""
    stop: tuple[str, ...] = ()
    """Texts at which a response ends, for base models that run on."""
    seed: int = 0
    """Of the sampling, and of selections that name none."""
    size: int | None = Field(None, ge=1)
    """At most so many problems of each source: a slice of the suite."""
    max_prompt_chars: int | None = Field(None, ge=1)
    """Longest problem as it is asked, in characters; longer ones are none of the suite."""
    by: tuple[str, ...] = ()
    """Keys of tags, such as `subject` and `difficulty`: scores of each value, and of each pair where there are two."""
    allow_overlap: bool = False
    """Whether problems that training saw may be asked after it all the same."""

    @model_validator(mode="after")
    def _enough_samples(self) -> Suite:
        most = max(self.samples, *(task.samples or 0 for task in self.sources))
        if wrong := [k for k in self.k if not 1 <= k <= most]:
            raise ValueError(f"pass@{wrong[0]} needs a k from 1 to the samples, which are {most}")
        own = [(name, self._way(task)) for task in self.sources for name in task.names]
        if twice := [name for name, way in own if any(name == other and way != its for other, its in own)]:
            raise ValueError(f"{twice[0]} is asked in two ways: give all its tasks the same samples and max_tokens")
        return self

    @property
    def names(self) -> list[str]:
        """The sources it asks, in order."""
        return list(dict.fromkeys(name for chosen in self.sources for name in chosen.names))

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_p, self.max_tokens, self.seed, self.stop)

    @property
    def ways(self) -> dict[str, Way]:
        """Source -> how it is asked, of those that are asked in a way of their own."""
        own = {name: self._way(task) for task in self.sources for name in task.names}
        return {name: way for name, way in own.items() if way != Way(self.samples, self.sampling)}

    def _way(self, task: Task) -> Way:
        sampling = replace(self.sampling, max_tokens=task.max_tokens or self.max_tokens)
        return Way(task.samples or self.samples, sampling)

    def completions(self, examples: Sequence[Example]) -> int:
        """How many responses to Examples of it are asked for."""
        ways = self.ways
        return sum(ways[e.source].samples if e.source in ways else self.samples for e in examples)

    def examples(self, data: Path | None = None) -> list[Example]:
        """Everything the suite asks, of the split `test` where none is named.

        Raises `UnknownName` where a source has no such split, and `MissingData` where rows are not at hand, which names
        all sources that lack them and says where their rows are.
        """
        return self.read(data)[0]

    def read(self, data: Path | None = None, *, partial: bool = False) -> tuple[list[Example], dict[str, str]]:
        """The same and, where a `partial` reading will do, each source that has no rows here, with what to do then."""
        found: dict[str, Example] = {}
        lacking: dict[str, str] = {}
        for chosen in self.sources:
            for name in chosen.names:
                try:
                    found.update((e.id, e) for e in self._rows(chosen, name, data))
                except MissingData as missing:
                    lacking[name] = str(missing)
        if lacking and not (partial and found):
            raise MissingData(told_lacking(lacking, len(self.names)))
        return list(found.values()), lacking

    def _rows(self, chosen: Task, name: str, data: Path | None) -> Iterator[Example]:
        """What a task asks of one of its sources."""
        size = min(filter(None, (chosen.size, self.size)), default=None)
        longest, seed = self.max_prompt_chars, self.seed if chosen.seed is None else chosen.seed
        one = chosen if chosen.path else chosen.model_copy(update={"name": name})
        one = one.model_copy(update={"size": None if longest else size})

        def short() -> Iterator[Example]:
            rows = one.examples(data, split="test", seed=self.seed)
            return (example for example in rows if not longest or len(example.asked_text) <= longest)

        return sampled(short, size, seed) if longest and size else short()


def told_lacking(lacking: Mapping[str, str], of: int) -> str:
    """What to do about sources whose rows are not at hand; one sentence where there is one to tell."""
    if len(set(lacking.values())) == 1:
        return next(iter(lacking.values()))
    told = "\n  ".join(f"{name}: {why}" for name, why in lacking.items())
    rest = "; --partial asks the others" if len(lacking) < of else ""
    return f"{counted(len(lacking), 'source')} of {of} cannot be read{rest}:\n  {told}"


def shipped_suites() -> dict[str, Path]:
    """The suites that come with the package, by name."""
    return shipped("suites")


def find_suite(name: str) -> Suite:
    """A suite by name. Raises `UnknownName`, with the nearest names."""
    known = shipped_suites()
    if name not in known:
        raise UnknownName("suite", name, known)
    return load_config(Suite, known[name])


def asked_with(
    suite: Suite, overrides: Sequence[str] = (), samples: int | None = None, temperature: float | None = None
) -> Suite:
    """A suite with keys changed; `samples` and `max_tokens` then hold for every task.

    With fewer `samples` than a pass@k needs, that k is not reported.
    """
    given: dict[str, Any] = {"samples": samples, "temperature": temperature}
    if samples is not None and not any(override.startswith("k=") for override in overrides):
        given["k"] = [k for k in suite.k if k <= samples] or [1]
    told = [*overrides, *(f"{name}={value}" for name, value in given.items() if value is not None)]
    keys = {override.partition("=")[0] for override in told} & {"samples", "max_tokens"}
    tasks = [task.model_copy(update=dict.fromkeys(keys)) for task in suite.sources]
    return changed(suite.model_copy(update={"sources": tuple(tasks)}), told)
