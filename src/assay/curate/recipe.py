"""What a curation recipe may say; the defaults are the documented ones."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from assay.config import Config
from assay.sources.selection import Selection


class CurationRecipe(Config):
    """One corpus: where rows come from and which are kept.

    Example:
        >>> CurationRecipe(sources=[{"name": "math/arithmetic", "cap": 100}]).on_conflict
        'drop'
    """

    sources: tuple[Selection, ...] = Field(min_length=1)
    seed: int = 0
    """Seed of what is made and drawn where a selection names none."""
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

    @model_validator(mode="after")
    def _caps_are_clear(self) -> CurationRecipe:
        names = [name for chosen in self.sources for name in chosen.names]
        if unclear := sorted({n for s in self.sources if s.cap for n in s.names if names.count(n) > 1}):
            raise ValueError(f"{', '.join(unclear)}: a source with a cap may be named only once")
        return self
