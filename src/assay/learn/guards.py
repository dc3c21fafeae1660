"""Limits that a healthy training keeps, and a note or an end where one is crossed.

A policy that drifts off, that says one thing only or that never comes to an end shows it in the numbers of its steps
long before it shows in held-out accuracy. Each number is the mean of the last five steps that have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from statistics import fmean
from typing import Any

from pydantic import Field

from assay.config import Config

WINDOW = 5
"""Steps whose mean is compared with a limit."""
Row = Mapping[str, Any]


class Guards(Config):
    """What is watched; nothing that is not named."""

    max_kl: float | None = Field(None, gt=0)
    """The highest KL divergence to the starting policy, in nats a token; needs `grpo.kl` above 0."""
    min_entropy: float | None = Field(None, gt=0)
    """The lowest entropy, in nats a token."""
    max_length: float | None = Field(None, gt=0)
    """The longest responses, in tokens."""
    max_cut: float | None = Field(None, gt=0, lt=1)
    """The highest share of responses that `max_tokens` cuts."""
    stop: bool = False
    """Whether training ends where one is crossed, with the policy as it is then; it is a note otherwise."""


def crossed(rules: Guards, rows: Iterable[Row]) -> dict[str, tuple[int, float]]:
    """Limit -> the first step at which it was crossed, and the mean there, of rows of `metrics.jsonl`."""
    last: dict[str, list[float]] = {name: [] for name in WATCHED if getattr(rules, name) is not None}
    found: dict[str, tuple[int, float]] = {}
    for row in rows:
        for name, values in last.items():
            if (value := WATCHED[name](row)) is None or name in found:
                continue
            values[:] = [*values, value][-WINDOW:]
            mean, limit = fmean(values), getattr(rules, name)
            if len(values) == WINDOW and (mean < limit if name.startswith("min") else mean > limit):
                found[name] = row["step"], mean
    return found


def crossings(rules: Guards | None, rows: Iterable[Row]) -> list[str]:
    """A note on each limit that was crossed."""
    return [
        f"guards.{name} = {getattr(rules, name):g} was crossed at step {step}: {mean:.3g} in the mean of {WINDOW} steps"
        for name, (step, mean) in (crossed(rules, rows) if rules else {}).items()
    ]


def _mean(of: Callable[[Row], float]) -> Callable[[Row], float | None]:
    """The sum of a number over the domains of a step, by response."""

    def mean(row: Row) -> float | None:
        size = sum(domain["rollouts"] for domain in row["domains"].values())
        return sum(map(of, row["domains"].values())) / size if size else None

    return mean


WATCHED: Mapping[str, Callable[[Row], float | None]] = {
    "max_kl": lambda row: row.get("kl"),
    "min_entropy": lambda row: row.get("entropy"),
    "max_length": _mean(lambda domain: domain["length"] * domain["rollouts"]),
    "max_cut": _mean(lambda domain: domain.get("cut", 0)),
}
