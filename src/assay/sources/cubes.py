"""Tables of items in groups, measures and years, and two ways to show them: flat, or with header rows and sections."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import NamedTuple

from assay.sources.figures import fixed
from assay.sources.table import markdown

_ITEMS = (
    "Alder Amber Arbor Beacon Birch Bridge Canyon Cedar Cobalt Coral Crown Delta Dune Eagle Ember Falcon Fjord "
    "Garnet Grove Harbor Hazel Heron Indigo Ivory Jade Juniper Kestrel Lagoon Laurel Linden Maple Meadow Mesa "
    "Myrtle Oasis Onyx Orchid Osprey Pearl Pine Plover Quarry Raven Ridge Sable Sage Sierra Summit Tansy Terra "
    "Tulip Umber Violet Willow"
)
_GROUPS = "North South East West Central Coast Highland Lakeside Inland Islands Border Valley Delta Plains"


class Measure(NamedTuple):
    """What is counted; `name` fills "the ... of X"."""

    name: str
    places: int
    """Decimal places."""
    least: int
    most: int
    """Bounds in units of the last place."""


@dataclass(frozen=True, slots=True)
class Theme:
    """What a table is about."""

    title: str
    item: str
    group: str
    measures: tuple[Measure, ...]
    """(name in the singular of "the ... of X", decimal places, least and greatest value in units of the last "
    "place)."""


THEMES = (
    Theme(
        "Regional hotels",
        "hotel",
        "region",
        (
            Measure("number of guests", 0, 1200, 48000),
            Measure("number of rooms", 0, 40, 420),
            Measure("revenue in million euros", 1, 12, 480),
            Measure("number of employees", 0, 15, 260),
        ),
    ),
    Theme(
        "Dairy farms",
        "farm",
        "county",
        (
            Measure("milk yield in tonnes", 1, 1500, 9800),
            Measure("number of cows", 0, 25, 310),
            Measure("pasture in hectares", 1, 180, 2400),
            Measure("feed cost in thousand dollars", 1, 110, 990),
        ),
    ),
    Theme(
        "Public libraries",
        "library",
        "district",
        (
            Measure("number of loans", 0, 8000, 96000),
            Measure("number of members", 0, 700, 9900),
            Measure("budget in thousand pounds", 0, 90, 870),
            Measure("number of events", 0, 12, 240),
        ),
    ),
    Theme(
        "Wind parks",
        "park",
        "province",
        (
            Measure("output in gigawatt hours", 1, 210, 6400),
            Measure("number of turbines", 0, 6, 98),
            Measure("maintenance cost in thousand euros", 0, 120, 950),
            Measure("number of faults", 0, 11, 180),
        ),
    ),
)
SIZES = ((4, 2, 1, 2), (6, 2, 2, 2), (9, 3, 2, 2), (12, 3, 3, 2), (16, 4, 3, 3), (24, 5, 4, 3))
"""Items, groups, measures and years of each level."""


@dataclass(frozen=True, slots=True)
class Cube:
    """A table: items in groups, and `cells[item, name of the measure, year]`."""

    theme: Theme
    groups: dict[str, list[str]]
    measures: tuple[Measure, ...]
    years: tuple[int, ...]
    cells: dict[tuple[str, str, int], Fraction]

    @property
    def items(self) -> list[str]:
        return [item for members in self.groups.values() for item in members]

    def cell(self, item: str, measure: Measure, year: int) -> Fraction:
        return self.cells[item, measure.name, year]

    def shown(self, item: str, measure: Measure, year: int) -> str:
        return fixed(self.cell(item, measure, year), measure.places) or ""

    def total(self, measure: Measure, year: int, group: str = "") -> Fraction:
        """The sum over a group, or over all items."""
        items = self.groups[group] if group else self.items
        return sum((self.cell(item, measure, year) for item in items), Fraction())


def cube_of(rng: Random, level: int) -> Cube:
    n, parts, several, span = SIZES[level - 1]
    theme, first = rng.choice(THEMES), rng.randint(2008, 2021)
    items = rng.sample(_ITEMS.split(), n)
    cuts = [0, *(2 * i + cut for i, cut in enumerate(sorted(rng.choices(range(n - 2 * parts + 1), k=parts - 1)), 1)), n]
    names = [f"{name} {theme.group}" for name in rng.sample(_GROUPS.split(), parts)]
    groups = {name: items[a:b] for name, a, b in zip(names, cuts, cuts[1:], strict=False)}
    measures, years = tuple(rng.sample(theme.measures, several)), tuple(range(first, first + span))
    cells = {
        (item, measure.name, year): Fraction(value, 10**measure.places)
        for measure in measures
        for year in years
        for item, value in zip(items, rng.sample(range(measure.least, measure.most), n), strict=True)
    }
    return Cube(theme, groups, measures, years, cells)


def flat(cube: Cube) -> str:
    """One row an item, one column a measure and year."""
    columns = [(measure, year) for measure in cube.measures for year in cube.years]
    head = [
        cube.theme.item.capitalize(),
        cube.theme.group.capitalize(),
        *(f"{m.name.capitalize()}, {y}" for m, y in columns),
    ]
    body = [
        [item, group, *(cube.shown(item, *column) for column in columns)]
        for group, members in cube.groups.items()
        for item in members
    ]
    return f"{cube.theme.title}\n{markdown(head, body)}"


def hierarchical(cube: Cube) -> str:
    """Two header rows, measures over years, and a heading above the items of each group, which are set in."""
    columns = [(measure, year) for measure in cube.measures for year in cube.years]
    top = ["", *(measure.name.capitalize() if year == cube.years[0] else "" for measure, year in columns)]
    body = [[cube.theme.item.capitalize(), *(str(year) for _, year in columns)]]
    for group, members in cube.groups.items():
        body.append([group, *[""] * len(columns)])
        body += [[f"- {item}", *(cube.shown(item, *column) for column in columns)] for item in members]
    return f"{cube.theme.title}\n{markdown(top, body)}"
