"""Physics, chemistry, tables and rounding: each answer is worked out here a second time, in another way."""

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.sources import physics_gen as ph
from assay.sources.base import SOURCES
from assay.sources.chemistry_gen import REACTIONS, SALTS, atoms, molar_mass, sides
from assay.sources.figures import fixed, near, places_for
from assay.sources.quantities import Formula, root
from assay.types import Example

seeds = st.integers(0, 10**6)
few = settings(max_examples=25, deadline=None)


def one(name: str, seed: int, level: int) -> Example:
    return next(SOURCES.get(name).examples("train", size=1, seed=seed, level=level))


@given(st.fractions(-(10**6), 10**6), st.integers(0, 4))
def test_rounding_is_to_the_nearest(value: Fraction, places: int) -> None:
    text = fixed(value, places)
    if text is None:
        assert (abs(value) * 10**places) % 1 == Fraction(1, 2)
    else:
        assert abs(Fraction(text) - value) < Fraction(1, 2 * 10**places)
        assert len(text.partition(".")[2]) == places and not re.fullmatch(r"-0(\.0*)?", text)


@given(st.fractions(Fraction(1, 10**4), 10**6), st.integers(1, 5))
def test_significant_digits(value: Fraction, digits: int) -> None:
    scaled = value * Fraction(10) ** places_for(value, digits)
    assert 10 ** (digits - 1) <= scaled < 10**digits


@given(st.integers(-(10**6), 10**6), st.integers(0, 4))
def test_slips_are_other_numbers(value: int, places: int) -> None:
    text = fixed(Fraction(value, 10**places), places) or ""
    assert near(text) and all(Fraction(slip) != Fraction(text) for slip in near(text))


def test_roots() -> None:
    assert abs(float(root(Fraction(2))) - math.sqrt(2)) < 1e-15


@pytest.mark.parametrize("reaction", REACTIONS)
def test_reactions_are_balanced(reaction: str) -> None:
    left, right = (
        {e: sum(n * atoms(f)[e] for n, f in side) for e in {e for _, f in side for e in atoms(f)}}
        for side in sides(reaction)
    )
    assert left == right


@pytest.mark.parametrize(
    ("formula", "mass"),
    [("H2O", 18.015), ("Ca(OH)2", 74.092), ("C12H22O11", 342.297), ("(NH4)2SO4", 132.13), ("Al2(SO4)3", 342.13)],
)
def test_molar_masses(formula: str, mass: float) -> None:
    assert abs(float(molar_mass(formula)) - mass) < 0.02
    assert all(molar_mass(salt) > 30 for salt in SALTS)


WORKED: tuple[tuple[Formula, Mapping[str, float], float], ...] = (
    (ph.CURRENT, {"u": 12, "r": 48}, 0.25),
    (ph.MASS, {"v": 10, "d": 7.87}, 78.7),
    (ph.WORK, {"f": 250, "d": 8}, 2.0),
    (ph.KINETIC, {"m": 1000, "v": 72}, 200.0),
    (ph.WAVELENGTH, {"f": 100}, 3.0),
    (ph.DEPTH, {"h": 10, "rho": 1000}, 98.1),
    (ph.IMPACT, {"h": 20}, 19.809),
    (ph.MIXTURE, {"m": 100, "n": 300, "a": 80, "b": 20}, 15.0),
    (ph.COLLISION, {"m": 2, "n": 3, "v": 5}, 15.0),  # 25 J before, 10 J after
    (ph.PARALLEL, {"u": 12, "r": 4, "p": 12, "q": 6}, 1500.0),
    (ph.KETTLE, {"m": 1, "a": 20, "p": 2000, "e": 80}, 209.2),
    (ph.SLOPE, {"h": 20, "s": 50, "mu": 0.05}, 18.640),  # 9.81 * (0.4 - 0.05 * 0.916515) = 3.47445 m/s^2 over 50 m
    (ph.PENDULUM, {"m": 10, "n": 1.99, "v": 400}, 20.387),  # 2 m/s
    (ph.POWER_IN_ONE, {"u": 12, "r": 4, "p": 12, "q": 6}, 3000.0),  # 6 V at 12 ohms
)


@pytest.mark.parametrize(("formula", "figures", "value"), WORKED)
def test_formulas_by_hand(formula: Formula, figures: Mapping[str, float], value: float) -> None:
    exact = {name: Fraction(str(figure)) for name, figure in figures.items()}
    assert set(figures) == set(formula.ranges)
    assert float(formula.value(**exact)) == pytest.approx(value, rel=1e-4)


def test_every_formula_is_worked_by_hand() -> None:
    assert {id(f) for kinds in ph.KINDS for f in kinds} == {id(f) for f, _, _ in WORKED}


def rows_of(text: str) -> list[list[list[str]]]:
    """The tables of a prompt: rows of cells, without the line under the header."""
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    lines = [[[c.strip() for c in line.strip("|\n").split("|")] for line in b.strip().splitlines()] for b in blocks]
    return [[row for row in rows if set(row) != {"---"}] for rows in lines]


Columns = dict[tuple[str, str], dict[str, float]]


def flat_or_nested(text: str) -> tuple[Columns, dict[str, str]]:
    """(measure, year) -> item -> value, and item -> group."""
    (rows,) = rows_of(text)
    columns: Columns = {}
    group_of, group = {}, ""
    if rows[0][0]:
        heads = [("", ""), ("", ""), *(tuple(head.lower().rsplit(", ", 1)) for head in rows[0][2:])]
        group_of = {row[0]: row[1] for row in rows[1:]}
        body = rows[1:]
    else:
        names = [rows[0][i] or rows[0][i - 1] or rows[0][i - 2] for i in range(len(rows[0]))]
        heads = [(name.lower(), year) for name, year in zip(names, rows[1], strict=True)]
        body = []
        for row in rows[2:]:
            if not any(row[1:]):
                group = row[0]
            else:
                item = row[0].removeprefix("- ")
                group_of[item] = group
                body.append([item, *row[1:]])
    for i, head in enumerate(heads):
        if head[0] and head[1].isdigit():
            columns[head[0], head[1]] = {row[0]: float(row[i]) for row in body}
    return columns, group_of


ASKED: tuple[tuple[str, Callable[..., object]], ...] = (
    (r"What was the (?P<m>.+) of (?P<a>\w+) in (?P<y>\d+)\?", lambda c, g, m, a, y: c[m, y][a]),
    (r"In (?P<y>\d+), how large was the (?P<m>.+) of (?P<a>\w+)\?", lambda c, g, m, a, y: c[m, y][a]),
    (
        r"In (?P<y>\d+), what was the (?P<m>.+) of (?P<a>\w+) minus that of (?P<b>\w+)\?",
        lambda c, g, m, a, b, y: c[m, y][a] - c[m, y][b],
    ),
    (
        r"Which \w+ in (?P<in_>.+) had the highest (?P<m>.+) in (?P<y>\d+)\?",
        lambda c, g, in_, m, y: max((i for i in g if g[i] == in_), key=c[m, y].__getitem__),
    ),
    (
        r"What was the mean (?P<m>.+) in (?P<in_>.+) in (?P<y>\d+)\?",
        lambda c, g, m, in_, y: (
            sum(v for i, v in c[m, y].items() if g[i] == in_) / sum(group == in_ for group in g.values())
        ),
    ),
    (
        r"What was the percentage change in the (?P<m>.+) of (?P<a>\w+) between (?P<y>\d+) and (?P<z>\d+) ",
        lambda c, g, m, a, y, z: 100 * (c[m, z][a] / c[m, y][a] - 1),
    ),
    (
        r"Which percentage of the (?P<m>.+) in (?P<y>\d+) did (?P<in_>.+) account for\?",
        lambda c, g, m, y, in_: 100 * sum(v for i, v in c[m, y].items() if g[i] == in_) / sum(c[m, y].values()),
    ),
    (
        r"In relative terms, of which \w+ did the (?P<m>.+) grow most between (?P<y>\d+) and (?P<z>\d+)\?",
        lambda c, g, m, y, z: max(g, key=lambda i: c[m, z][i] / c[m, y][i]),
    ),
    (
        r"What was the ratio of the total (?P<m>.+) in (?P<in_>.+) to that in (?P<other>.+) in (?P<y>\d+)\?",
        lambda c, g, m, in_, other, y: (
            sum(v for i, v in c[m, y].items() if g[i] == in_) / sum(v for i, v in c[m, y].items() if g[i] == other)
        ),
    ),
)


@pytest.mark.parametrize("name", ["table/flat", "table/hierarchical"])
def test_tables_answer_from_what_is_shown(name: str) -> None:
    """Questions are answered from the printed table; every wording that is known here occurs."""
    met = set()
    for level in range(1, 7):
        for row in SOURCES.get(name).examples("train", size=40, level=level):
            columns, group_of = flat_or_nested(row.text)
            question = row.text.splitlines()[-1]
            for pattern, answer in ASKED:
                if found := re.match(pattern, question):
                    met.add(pattern)
                    value = answer(columns, group_of, **found.groupdict())
                    if isinstance(value, float):
                        places = len(row.reference.partition(".")[2])
                        assert abs(value - float(row.reference)) < 0.5001 * 10**-places
                    else:
                        assert value == row.reference
    assert len(met) == len(ASKED)


@few
@given(seeds, st.integers(1, 6))
def test_joined_tables_answer_from_what_is_shown(seed: int, level: int) -> None:
    row = one("table/joined", seed, level)
    tables = {rows[0][1]: rows[1:] for rows in rows_of(row.text)}
    price = {good: float(cost) for good, _, cost in tables["Category"]}
    kind, city = {good: k for good, k, _ in tables["Category"]}, dict(map(tuple, tables["City"]))
    paid = [(int(n), who, good, int(q) * price[good]) for n, who, good, q in tables["Customer"]]
    question = row.text.splitlines()[-1]
    key = re.search(r"order (\d+)|did (\w+) spend in all|what (\w+) paid|from (\w+) products|category (\w+)", question)
    if key:
        word = next(filter(None, key.groups()))
        total = sum(value for n, who, good, value in paid if word in (str(n), who, kind[good]))
        if "percentage" in question:
            total *= 100 / sum(value for *_, value in paid)
        assert abs(total - float(row.reference)) < (0.06 if "percentage" in question else 0.006)
    if town := re.search(r"(?:orders from|order from|customers in) (\w+)", question):
        values = [value for _, who, _, value in paid if city[who] == town[1]]
        if "most" not in question:
            wanted = sum(values) / (len(values) if "mean" in question or "average" in question else 1)
            assert abs(wanted - float(row.reference)) < 0.006
