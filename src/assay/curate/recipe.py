"""What a curation recipe may say; the defaults are the documented ones."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from assay.config import Config


class Origin(Config):
    """Rows of one registered source."""

    name: str
    split: str = "train"
    cap: int | None = Field(None, ge=1)
    """At most so many rows, drawn uniformly by the hash of their id."""
    size: int | None = Field(None, ge=1)
    """Problems to make from a procedural source (1,000 without it)."""
    seed: int = 0
    level: int = Field(1, ge=1)


class CurationRecipe(Config):
    """One corpus: where rows come from and which are kept.

    Example:
        >>> CurationRecipe(sources=[{"name": "math/arithmetic", "cap": 100}]).on_conflict
        'drop'
    """

    sources: tuple[Origin, ...] = Field(min_length=1)
    seed: int = 0
    """Seed of the caps."""
    min_prompt_chars: int = Field(1, ge=0)
    max_prompt_chars: int = Field(16_000, ge=1)
    max_gold_chars: int = Field(20_000, ge=1)
    """Rows with a longer gold response are dropped; rows without one are not concerned."""
    on_conflict: Literal["drop", "keep"] = "drop"
    """What becomes of equal prompts with different references: all dropped, or all kept and counted on the card."""
    without: tuple[str, ...] = ()
    """Sources whose prompts must not occur: held-out suites. `name` or `name:split`."""
    check_gold: bool = True
    """Whether each gold response must pass its own verifier."""

    @model_validator(mode="after")
    def _caps_are_clear(self) -> CurationRecipe:
        names = [origin.name for origin in self.sources]
        if unclear := sorted({o.name for o in self.sources if o.cap is not None and names.count(o.name) > 1}):
            raise ValueError(f"{', '.join(unclear)}: a source with a cap may be named only once")
        return self
