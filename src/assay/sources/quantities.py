"""A problem whose answer is a quantity: the unit and the rounding are part of the question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from random import Random
from typing import Any

from assay.sources.figures import fixed, near, places_for
from assay.sources.files import boxed
from assay.sources.phrases import said
from assay.sources.procedural import Problem, others

PLACES = range(5)
"""Decimal places that an answer may have; a number that needs more, or fewer, is drawn again."""
_FINE = 10**30
Asked = tuple[str, Fraction, str, Sequence[Any]]
"""The words, the value, its unit, and what makes the problem the same: its kind and its figures."""
Ask = Callable[[Random], Asked]
ASK = (
    "{{problem}}\n\nGive the answer in {unit}, rounded to {places}. Please output it with its unit within \\boxed{{}}.",
    "{{problem}}\n\nThe result is wanted in {unit} and rounded to {places}. Please put the final answer, with its "
    "unit, within \\boxed{{}}.",
    "{{problem}}\n\nPlease state the final answer in {unit} within \\boxed{{}}, and round it to {places}.",
)


@dataclass(frozen=True, slots=True)
class Formula:
    """A problem that is one formula of given figures."""

    wordings: tuple[str, ...]
    ranges: Mapping[str, tuple[int, int, int]]
    """Name in the wordings -> least, most, and what both are divided by: `(5, 90, 10)` is 0.5 to 9.0."""
    value: Callable[..., Fraction]
    """Of the figures by their names."""
    unit: str
    note: str = ""
    """Constants and assumptions, said behind the wording."""

    def __call__(self, rng: Random) -> Asked:
        figures = {name: Fraction(rng.randint(low, high), of) for name, (low, high, of) in self.ranges.items()}
        words = f"{said(rng, *self.wordings, **figures)} {self.note}".strip()
        return words, self.value(**figures), self.unit, (self.wordings[0], *sorted(figures.values()))


def root(x: Fraction) -> Fraction:
    """The square root, to thirty decimal places."""
    return Fraction(isqrt(int(x * _FINE * _FINE)), _FINE)


def drawn(rng: Random, level: int, asks: Sequence[Sequence[Ask]], digits: int = 3) -> Problem:
    """A quantity problem of a level, from 1: its own kinds and those of the level before. Three significant digits."""
    while True:
        ask = rng.choice([ask for kinds in asks[max(0, level - 2) : level] for ask in kinds])
        words, value, unit, figures = ask(rng)
        places = places_for(value, digits)
        text = fixed(value, places) if places in PLACES else None
        if text is not None and Fraction(text):
            said = f"{places} decimal place{'s' * (places > 1)}" if places else "the nearest whole number"
            template = rng.choice(ASK).format(unit=unit, places=said)
            params = {"unit": unit} | ({"decimals": "as-written"} if places else {})
            gold = boxed(f"{text} {unit}")
            wrong = others(gold, *(boxed(f"{slip} {unit}") for slip in near(text)))
            form = [*map(str, figures)]
            return Problem(words, text, gold, wrong, params, template=template, form=form)
