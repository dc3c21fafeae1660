"""The steps of a curation: each sees Examples and says Keep or Drop(reason, evidence) for every one of them.

`cheap` steps see all rows at once and are repeated when a job resumes; the others see a batch, and their decisions are
appended to disk as they are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assay.corpus.collection import normalised, prompts_of
from assay.corpus.ledger import GOLD
from assay.rollout.judge import judge
from assay.types import Example, Status, Verdict, canonical, hashed_seed


@dataclass(frozen=True, slots=True)
class Keep:
    """The row stays."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The row goes."""

    reason: str
    """A short name that is counted on the card."""
    evidence: str = ""
    """What was seen: a twin's id, a length, a verdict's sentence."""


Decision = Keep | Drop
KEEP = Keep()


class Step(Protocol):
    """One rule of a curation."""

    @property
    def name(self) -> str: ...
    @property
    def cheap(self) -> bool: ...
    def __call__(self, examples: Sequence[Example]) -> list[Decision]: ...


@dataclass(frozen=True)
class Length:
    """Prompts and gold responses within limits, in characters."""

    min_prompt: int
    max_prompt: int
    max_gold: int
    name: str = "length"
    cheap: bool = True

    def __call__(self, examples: Sequence[Example]) -> list[Decision]:
        return [self._decide(example) for example in examples]

    def _decide(self, example: Example) -> Decision:
        size, gold = len(example.text), len(example.gold or "")
        if size < self.min_prompt:
            return Drop("prompt_too_short", f"{size} characters")
        if size > self.max_prompt:
            return Drop("prompt_too_long", f"{size} characters")
        return Drop("gold_too_long", f"{gold} characters") if gold > self.max_gold else KEEP


@dataclass(frozen=True)
class Contamination:
    """No prompt that occurs in a held-out set, compared exactly after normalising."""

    held_out: Mapping[str, str]
    """Normalised prompt -> where it occurs."""
    name: str = "contamination"
    cheap: bool = True

    @classmethod
    def of(cls, names: Sequence[str], data: Path | None = None) -> Contamination:
        """Against the sources named `name` (all splits) or `name:split`."""
        found: dict[str, str] = {}
        for entry in names:
            name, _, split = entry.partition(":")
            found = prompts_of([name], split=split or None, data=data) | found
        return cls(found)

    def __call__(self, examples: Sequence[Example]) -> list[Decision]:
        found = (self.held_out.get(normalised(example.text)) for example in examples)
        return [KEEP if where is None else Drop("contaminated", where) for where in found]


@dataclass(frozen=True)
class Duplicates:
    """One row a prompt. Equal prompts with equal references: the first stays; with different ones: a label conflict."""

    on_conflict: str = "drop"
    name: str = "duplicates"
    cheap: bool = True

    def __call__(self, examples: Sequence[Example]) -> list[Decision]:
        rows: dict[str, dict[str, int]] = {}
        keys = [(normalised(e.text), canonical([e.reference, e.verifier])) for e in examples]
        for place, (prompt, label) in enumerate(keys):
            rows.setdefault(prompt, {}).setdefault(label, place)
        return [self._decide(examples, rows[prompt], label, place) for place, (prompt, label) in enumerate(keys)]

    def _decide(self, examples: Sequence[Example], labels: Mapping[str, int], label: str, place: int) -> Decision:
        if labels[label] != place:
            return Drop("duplicate", examples[labels[label]].id)
        if len(labels) > 1 and self.on_conflict == "drop":
            twin = next(other for name, other in labels.items() if name != label)
            return Drop("label_conflict", examples[twin].id)
        return KEEP

    @staticmethod
    def conflicts(examples: Sequence[Example]) -> int:
        """Prompts that still carry more than one reference."""
        labels: dict[str, set[str]] = {}
        for example in examples:
            labels.setdefault(normalised(example.text), set()).add(canonical([example.reference, example.verifier]))
        return sum(len(found) > 1 for found in labels.values())


@dataclass(frozen=True)
class Cap:
    """At most so many rows of a source, drawn uniformly: those with the smallest hash of (seed, id)."""

    limits: Mapping[str, int]
    seed: int = 0
    name: str = "cap"
    cheap: bool = True

    def __call__(self, examples: Sequence[Example]) -> list[Decision]:
        places: dict[str, list[int]] = {}
        for place, example in enumerate(examples):
            places.setdefault(example.source, []).append(place)
        kept: set[int] = set()
        for source, own in places.items():
            own.sort(key=lambda place: hashed_seed(self.seed, "cap", examples[place].id))
            kept.update(own[: self.limits.get(source)])
        limits = self.limits
        return [
            KEEP if place in kept else Drop("over_cap", f"cap of {limits[example.source]}")
            for place, example in enumerate(examples)
        ]


@dataclass(frozen=True)
class GoldPasses:
    """The gold response passes its own verifier.

    A row without gold stays, unproven, unless its verifier cannot use its reference. A `timeout` is tried once more,
    because it says that the machine was busy.
    """

    workers: int = 1
    name: str = GOLD
    cheap: bool = False

    def __call__(self, examples: Sequence[Example]) -> list[Decision]:
        verdicts = self._judged(examples)
        late = [place for place, verdict in enumerate(verdicts) if verdict.status is Status.TIMEOUT]
        for place, again in zip(late, self._judged([examples[place] for place in late]), strict=True):
            verdicts[place] = again
        return [_of_gold(example, verdict) for example, verdict in zip(examples, verdicts, strict=True)]

    def _judged(self, examples: Sequence[Example]) -> list[Verdict]:
        return judge(examples, [example.gold or "" for example in examples], workers=self.workers)


def _of_gold(example: Example, verdict: Verdict) -> Decision:
    if verdict.status is Status.ERROR:
        return Drop("bad_reference" if example.gold is None else "gold_error", verdict.why)
    if example.gold is None or verdict.is_correct:
        return KEEP
    if verdict.status is Status.TIMEOUT:
        return Drop("gold_timeout", verdict.why)
    return Drop("gold_refused", f"read {verdict.read!r}: {verdict.why}")
