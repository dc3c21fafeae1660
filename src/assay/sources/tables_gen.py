"""Questions about tables, flat or with several header rows and sections: look-up, comparison, aggregation, change.

The same questions are asked of both ways to show a table; every one has one answer, and where that is calculated the
question says how it is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from assay.sources.cubes import SIZES, Cube, Measure, cube_of, flat, hierarchical
from assay.sources.figures import fixed, near
from assay.sources.files import boxed, rounded
from assay.sources.phrases import said
from assay.sources.procedural import Problem, Procedural, others
from assay.sources.table import ASK
from assay.types import content_hash


@dataclass(frozen=True, slots=True)
class Pick:
    """What a question is about: two items, two groups, a measure, and two years in their order."""

    a: str
    b: str
    g: str
    h: str
    m: Measure
    y: int
    z: int


Found = tuple[Fraction | str, int]
"""A name, or a number and the decimal places that are asked for; `NAMED` places behind a name."""
NAMED = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question."""

    wordings: tuple[str, ...]
    """With what is picked by its letter, `{t}` for what an item is, and `{v}` for the shown value of item a in "
    "year y."""
    find: Callable[[Cube, Pick], Found]
    is_shown: bool = False
    """Whether the answer stands in the table as it is."""


def _most(items: Sequence[str], size: Callable[[str], Fraction]) -> Found:
    """The item of the greatest size; no name where two have it."""
    first, second = sorted(items, key=size, reverse=True)[:2]
    return first if size(first) > size(second) else "", NAMED


KINDS = {
    "cell": Kind(
        ("What was the {m} of {a} in {y}?", "In {y}, how large was the {m} of {a}?"),
        lambda cube, p: (cube.cell(p.a, p.m, p.y), p.m.places),
        is_shown=True,
    ),
    "row": Kind(
        ("Of which {t} was the {m} {v} in {y}?", "Which {t} is it whose {m} was {v} in {y}?"),
        lambda cube, p: (p.a, NAMED),
    ),
    "gap": Kind(
        (
            "By how much did the {m} of {a} exceed that of {b} in {y}? Give a negative number if it was less.",
            "In {y}, what was the {m} of {a} minus that of {b}?",
        ),
        lambda cube, p: (cube.cell(p.a, p.m, p.y) - cube.cell(p.b, p.m, p.y), p.m.places),
    ),
    "highest": Kind(
        (
            "Which {t} in {g} had the highest {m} in {y}?",
            "Of those under {g}, which {t} shows the highest {m} for {y}?",
        ),
        lambda cube, p: _most(cube.groups[p.g], lambda item: cube.cell(item, p.m, p.y)),
    ),
    "lowest": Kind(
        ("Which {t} in {g} had the lowest {m} in {y}?", "Of those under {g}, which {t} shows the lowest {m} for {y}?"),
        lambda cube, p: _most(cube.groups[p.g], lambda item: -cube.cell(item, p.m, p.y)),
    ),
    "total": Kind(
        (
            "What was the {m} in {g} in {y}, all in all?",
            "Add up the {m} of everything in {g} for {y}. What is the total?",
        ),
        lambda cube, p: (cube.total(p.m, p.y, p.g), p.m.places),
    ),
    "mean": Kind(
        ("What was the mean {m} in {g} in {y}?", "On average, how large was the {m} of a {t} in {g} in {y}?"),
        lambda cube, p: (cube.total(p.m, p.y, p.g) / len(cube.groups[p.g]), p.m.places + 1),
    ),
    "change": Kind(
        (
            "By how many percent did the {m} of {a} change from {y} to {z}? Give a decrease as a negative number.",
            "What was the percentage change in the {m} of {a} between {y} and {z} (negative if it fell)?",
        ),
        lambda cube, p: (100 * (cube.cell(p.a, p.m, p.z) / cube.cell(p.a, p.m, p.y) - 1), 1),
    ),
    "share": Kind(
        (
            "Which percentage of the {m} in {y} did {g} account for?",
            "What share of the total {m} for {y} is that of {g}, in percent?",
        ),
        lambda cube, p: (100 * cube.total(p.m, p.y, p.g) / cube.total(p.m, p.y), 1),
    ),
    "growth": Kind(
        (
            "Which {t} had the greatest percentage growth in {m} from {y} to {z}?",
            "In relative terms, of which {t} did the {m} grow most between {y} and {z}?",
        ),
        lambda cube, p: _most(cube.items, lambda item: cube.cell(item, p.m, p.z) / cube.cell(item, p.m, p.y)),
    ),
    "ratio": Kind(
        (
            "What was the ratio of the total {m} in {g} to that in {h} in {y}?",
            "For {y}, divide the total {m} in {g} by the total in {h}. What is the quotient?",
        ),
        lambda cube, p: (cube.total(p.m, p.y, p.g) / cube.total(p.m, p.y, p.h), 2),
    ),
}
LEVELS = (
    ("cell", "row"),
    ("gap", "highest", "lowest"),
    ("total", "mean"),
    ("change", "share"),
    ("growth", "mean"),
    ("ratio", "growth"),
)
"""What is asked from each level on; a level asks its own and what the one before asks."""


def _drawn(show: Callable[[Cube], str], rng: Random, level: int) -> Problem:
    while True:
        cube, name = cube_of(rng, level), rng.choice(sum(LEVELS[max(0, level - 2) : level], ()))
        kind, measure, (y, z) = KINDS[name], rng.choice(cube.measures), sorted(rng.sample(cube.years, 2))
        (a, b), (g, h) = rng.sample(cube.items, 2), rng.sample(list(cube.groups), 2)
        pick = Pick(a, b, g, h, measure, y, z)
        found, places = kind.find(cube, pick)
        right = found if isinstance(found, str) else fixed(found, places)
        if right:  # else it lies between two roundings, or two are as large
            fill = {field: getattr(pick, field) for field in "abghyz"} | {"m": measure.name, "t": cube.theme.item}
            question = said(rng, *kind.wordings, **fill, v=cube.shown(a, measure, y))
            names = cube.items if isinstance(found, str) else ()
            cells = sorted(map(str, cube.cells.values()))
            about = sorted(str(value) for (item, _, _), value in cube.cells.items() if item == right) or right
            form = [name, about, content_hash(cells)]
            return asked(show(cube), question, right, names, is_shown=kind.is_shown, form=form)


def asked(shown: str, question: str, right: str, names: Sequence[str], *, is_shown: bool, form: Any) -> Problem:
    """A question about what is shown: a name, or a number that is shown or says how it is rounded."""
    template, params = (ASK, {}) if names or is_shown else rounded(ASK, right)
    gold = boxed(right)
    wrong = others(gold, *map(boxed, [name for name in names if name != right][:4] or near(right)))
    verifier = "text" if names else "number"
    return Problem(f"{shown}\n\n{question}", right, gold, wrong, params, verifier, template, form)


table_flat = Procedural(
    name="table/flat",
    about="Look-up, comparison, aggregates, percentage change and shares in a flat table of 4 to 24 rows",
    verifier="number",
    draw=lambda rng, level: _drawn(flat, rng, level),
    levels=len(SIZES),
)
table_hierarchical = Procedural(
    name="table/hierarchical",
    about="The same in a table with two header rows and a heading above each group of rows",
    verifier="number",
    draw=lambda rng, level: _drawn(hierarchical, rng, level),
    levels=len(SIZES),
)
