"""Procedural sources: problems without end, made from hashed seeds, with a difficulty dial and no network.

A problem belongs to a split by the hash of its form, so `train`, `warmup` and `test` are disjoint whatever the
seeds. The form is what stays when names, wording and the order of clues change; it is the prompt itself where a source
gives no other. Examples of a split are distinct in form. Every problem carries wrong answers in the dress of its gold
response, for demonstrations that are noisy on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

from assay.errors import AssayError, BadConfig
from assay.sources.base import Source
from assay.types import Example, canonical, hashed_seed

SIZE = 1000
"""Examples of a split when no size is given."""
ATTEMPTS = 2000
"""Draws for one Example before its level counts as exhausted."""
SHARES = (("test", 20), ("warmup", 30), ("train", 50))
"""Percent of all forms that each split owns."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One drawn problem."""

    prompt: str
    reference: Any
    gold: str
    """The shortest response that earns full reward."""
    wrong: tuple[str, ...]
    """Responses of the same form that are wrong in value; at least one."""
    params: Mapping[str, Any] = field(default_factory=dict)
    verifier: str = ""
    """Where it is not the source's."""
    template: str = ""
    """How it is asked, with `{problem}`; empty asks the prompt as it stands."""
    form: Any = None
    """What makes a problem the same: equal for two that differ in names, wording or the order of clues alone. JSON, and
    the prompt where it is `None`."""

    @property
    def same(self) -> str:
        """The form as text."""
        return self.prompt if self.form is None else canonical(self.form)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A problem whose form is known before it is made, so that only what a split owns is run or proven."""

    form: Any
    """As that of a problem; JSON."""
    finish: Callable[[], Problem | None]
    """Makes the problem; `None` where it does not stand."""

    @property
    def same(self) -> str:
        """The form as text."""
        return canonical(self.form)


def split_of(form: str) -> str:
    """The split that owns a form, by its hash."""
    place = hashed_seed("split", form) % 100
    for name, share in SHARES:
        if place < share:
            return name
        place -= share
    raise AssertionError("shares add up to 100")


@dataclass(frozen=True, kw_only=True)
class Procedural(Source):
    """A source that draws its problems.

    Example:
        >>> from assay.sources.base import SOURCES
        >>> first = next(SOURCES.get("math/arithmetic").examples("test", seed=1))
        >>> first.tags
        ('level:1', 'split:test')
    """

    verifier: str
    draw: Callable[[Random, int], Problem | Sketch]
    """(random stream, level) -> a problem of that level, or a sketch of one."""
    levels: int = 4
    """Levels go from 1 to this."""
    licence: str = "Apache-2.0"
    kind: Literal["real", "procedural"] = "procedural"
    splits: tuple[str, ...] = ("train", "warmup", "test")

    def wrong(self, example: Example, rng: Random) -> str:
        """A response in the form of the gold one whose value is wrong."""
        return str(rng.choice(example.extra["wrong"]))

    def _stream(self, split: str, data: Path | None, size: int | None, seed: int, level: int) -> Iterator[Example]:
        if not 1 <= level <= self.levels:
            raise BadConfig(f"{self.name} has levels 1 to {self.levels}, not {level}")
        return self._draw_all(split, SIZE if size is None else size, seed, level)

    def _draw_all(self, split: str, size: int, seed: int, level: int) -> Iterator[Example]:
        seen: set[str] = set()
        for index in range(size):
            problem = self._draw_new(seen, split, seed, level, index)
            yield Example(
                prompt=problem.prompt,
                reference=problem.reference,
                verifier=problem.verifier or self.verifier,
                params=problem.params,
                template=problem.template,
                domain=self.domain,
                source=self.name,
                gold=problem.gold,
                tags=(f"level:{level}", f"split:{split}"),
                licence=self.licence,
                lineage=(f"made:{self.name}:{seed}:{index}",),
                extra={"wrong": list(problem.wrong)},
            )

    def _draw_new(self, seen: set[str], split: str, seed: int, level: int, index: int) -> Problem:
        rng = Random(hashed_seed(seed, self.name, split, level, index))
        for _ in range(ATTEMPTS):
            drawn = self.draw(rng, level)
            if (same := drawn.same) in seen or split_of(same) != split:
                continue
            problem = drawn.finish() if isinstance(drawn, Sketch) else drawn
            if problem is not None:
                seen.add(same)
                return problem
        raise AssayError(
            f"{self.name} at level {level} has no more than about {len(seen)} problems in split {split!r}: "
            "ask for fewer, or for a higher level"
        )


def near_integers(value: int) -> tuple[str, ...]:
    """Integers that a small slip gives instead of `value`: off by one, two or ten, digits swapped."""
    slips = {value + step for step in (-10, -2, -1, 1, 2, 10)} | {int(str(abs(value))[::-1])}
    slips = {slip for slip in slips if slip != value and (slip >= 0 or value < 0)}
    return tuple(str(slip) for slip in sorted(slips))


def others(gold: str, *candidates: str) -> tuple[str, ...]:
    """The candidates that are not the gold text, each once, in order."""
    return tuple(dict.fromkeys(c for c in candidates if c != gold))
