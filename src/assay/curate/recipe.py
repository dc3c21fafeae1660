"""What a curation recipe may say; the defaults are the documented ones."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from assay.config import Config
from assay.curate.wording import LEAST
from assay.errors import did_you_mean
from assay.sources.selection import Selection

PlainName = Literal["length", "contamination", "readable", "gold", "duplicates", "cap"]


class PlainStep(Config):
    """A step without parameters of its own; what it needs to know are keys of the recipe and its sources."""

    name: PlainName
    """Which step this is."""


class SubstringStep(Config):
    """Drops a problem that stands word for word in a longer one."""

    name: Literal["substring"] = "substring"
    """Which step this is."""
    domains: tuple[str, ...] = ("math", "code")
    """Domains whose rows are compared with each other; none is all."""


class NearDuplicatesStep(Config):
    """Drops later rows of problems that differ in wording alone."""

    name: Literal["near_duplicates"] = "near_duplicates"
    """Which step this is."""
    least: float = Field(LEAST, gt=0, le=1)
    """Share of the longer problem's numbers, signs and content words that the shorter one must have."""


class AnswerStep(Config):
    """Drops rows whose reference is of a kind, or of a length, that makes a poor reward."""

    name: Literal["answer"] = "answer"
    """Which step this is."""
    domains: tuple[str, ...] = ()
    """Domains whose rows are looked at; none is all."""
    max_chars: int | None = Field(None, ge=1)
    """Longest reference, in characters."""
    max_words: int | None = Field(None, ge=1)
    """Longest reference, in words."""
    max_decimals: int | None = Field(None, ge=0)
    """Most digits behind a decimal point."""
    closed: bool = True
    """Whether references may be one of few: an option, a single letter, yes or no, true or false."""


class TagsStep(Config):
    """Drops rows by their tags (`level:University`, `split:test`)."""

    name: Literal["tags"] = "tags"
    """Which step this is."""
    domains: tuple[str, ...] = ()
    """Domains whose rows are looked at; none is all."""
    keep: tuple[str, ...] = ()
    """A row stays only if it has one of these; none keeps all."""
    drop: tuple[str, ...] = ()
    """A row that has one of these goes."""


class DifficultyStep(Config):
    """Drops rows by the pass rates of a weak and a strong model, by Guru's rule."""

    name: Literal["difficulty"] = "difficulty"
    """Which step this is."""
    weak: str
    """Name of the weak model, as its measurement names it."""
    strong: str
    """Name of the strong model."""
    samples: int = Field(16, ge=1)
    """Samples of each row."""
    domains: tuple[str, ...] = ()
    """Domains that are measured; rows of others stay. None is all."""


class QuotaStep(Config):
    """Keeps so many rows in all, in exact shares by domain or source."""

    name: Literal["quota"] = "quota"
    """Which step this is."""
    size: int = Field(ge=1)
    """Rows in all."""
    by: Literal["domain", "source"] = "domain"
    """What has a share."""
    shares: dict[str, float] = Field(default_factory=dict)
    """Domain or source -> weight; equal shares without it."""

    @field_validator("shares")
    @classmethod
    def _shares_are_positive(cls, given: dict[str, float]) -> dict[str, float]:
        if bad := [name for name, weight in given.items() if not 0 <= weight < float("inf")]:
            raise ValueError(f"a share is a number of at least 0: {', '.join(bad)}")
        if given and not any(given.values()):
            raise ValueError("one share at least is above 0")
        return given


Step = Annotated[
    PlainStep | SubstringStep | NearDuplicatesStep | AnswerStep | TagsStep | DifficultyStep | QuotaStep,
    Field(discriminator="name"),
]
PLAIN: tuple[PlainName, ...] = ("length", "contamination", "readable", "gold", "duplicates", "cap")
STEPS = (*PLAIN, "substring", "near_duplicates", "answer", "tags", "difficulty", "quota")
"""Names of the steps."""


class CurationRecipe(Config):
    """One corpus: where rows come from and which are kept.

    Example:
        >>> recipe = CurationRecipe(sources=[{"name": "math/arithmetic", "cap": 100}], steps=["gold", "cap"])
        >>> recipe.on_conflict, [step.name for step in recipe.steps]
        ('drop', ['gold', 'cap'])
    """

    sources: tuple[Selection, ...] = Field(min_length=1)
    seed: int = 0
    """Seed of what is made and drawn where a selection names none."""
    steps: tuple[Step, ...] = tuple(PlainStep(name=name) for name in PLAIN)
    """What rows must pass, in this order: names (`"gold"`), or tables of a name and its parameters
    (`{ name = "near_duplicates", least = 0.5 }`)."""
    rates: tuple[str, ...] = ()
    """Directories of measurements (`assay measure`), whose pass rates are written into the rows."""
    min_prompt_chars: int = Field(1, ge=0)
    """Rows whose problem has fewer characters are dropped."""
    max_prompt_chars: int = Field(16_000, ge=1)
    """Rows whose problem has more characters are dropped."""
    max_gold_chars: int = Field(20_000, ge=1)
    """Rows with a longer gold response are dropped; rows without one are not concerned."""
    on_conflict: Literal["drop", "keep"] = "drop"
    """What becomes of equal problems with different references: all dropped, or all kept and counted on the card."""
    without: tuple[str, ...] = ()
    """Sources whose problems must not occur: held-out suites. `name` or `name:split`."""
    check_gold: bool = True
    """Whether each gold response must pass its own verifier."""
    strict: bool = False
    """Whether the first row of an own file that cannot be read ends the run; else such rows go to the ledger."""
    executor: Literal["local", "ray"] = "local"
    """Where steps run; the corpus is the same."""

    @field_validator("steps", mode="before")
    @classmethod
    def _names_are_steps(cls, given: Any) -> Any:
        if not isinstance(given, list | tuple):
            return given
        steps = [{"name": step} if isinstance(step, str) else step for step in given]
        for step in steps:
            name = step.get("name") if isinstance(step, dict) else getattr(step, "name", None)
            if name not in STEPS:
                raise ValueError(f"no step {name!r}{did_you_mean(str(name), STEPS)}")
        return steps

    @model_validator(mode="after")
    def _caps_are_clear(self) -> CurationRecipe:
        names = [name for chosen in self.sources for name in chosen.names]
        if unclear := sorted({n for s in self.sources if s.cap for n in s.names if names.count(n) > 1}):
            raise ValueError(f"{', '.join(unclear)}: a source with a cap may be named only once")
        given = [step.name for step in self.steps]
        if twice := sorted({name for name in given if name in PLAIN and given.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)}: a step without parameters is named only once")
        needed = {"contamination": bool(self.without), "cap": any(chosen.cap for chosen in self.sources)}
        if lacking := sorted(name for name, is_asked in needed.items() if is_asked and name not in given):
            raise ValueError(f"'without' and 'cap' need their step: put {', '.join(lacking)} into 'steps'")
        return self
