"""What a curation recipe may say; the defaults are the documented ones."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from assay.config import Config
from assay.curate.alike import NearDuplicates
from assay.curate.difficulty import Difficulty
from assay.curate.forms import AnswerForm, Tagged
from assay.curate.proof import Gate, Reached, Rewrite, VerifiedBlock
from assay.curate.quality import Quality
from assay.curate.quota import Quota
from assay.curate.strength import TestStrength
from assay.curate.substring import Substring
from assay.errors import did_you_mean
from assay.sources.selection import Selection

PlainName = Literal["length", "contamination", "readable", "gold", "duplicates", "cap"]


class PlainStep(Config):
    """A step without parameters of its own; what it needs to know are keys of the recipe and its sources."""

    name: PlainName
    """Which step this is."""


Step = Annotated[
    PlainStep
    | Substring
    | NearDuplicates
    | AnswerForm
    | Tagged
    | Difficulty
    | Quota
    | Quality
    | Reached
    | TestStrength
    | VerifiedBlock
    | Gate
    | Rewrite,
    Field(discriminator="name"),
]
PLAIN: tuple[PlainName, ...] = ("length", "contamination", "readable", "gold", "duplicates", "cap")
STEPS = (
    *(*PLAIN, "substring", "near_duplicates", "answer", "tags", "difficulty", "quota"),
    *("quality", "reached", "tests", "verified_block", "gate", "rewrite"),
)
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
