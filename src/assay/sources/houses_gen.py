"""Zebra puzzles: who lives in which house with what. Up to 15 houses and 10 attributes, one solution, no spare "
"clue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

from assay.sources.files import tagged
from assay.sources.positions import AHEAD, APART, AT, BEFORE, NOT_AT, OTHER, SAME, Clue, Puzzle
from assay.sources.procedural import Problem, Procedural

NAME = "Arnold Bella Carlos Dmitri Elena Farid Greta Hugo Ingrid Jamal Keiko Lukas Maren Nadia Oscar"
ATTRIBUTES: dict[str, tuple[str, str]] = {
    "Colour": ("lives in the {} house", "red blue green white yellow grey brown purple pink orange black beige "
    "teal cream olive"),
    "Drink": ("drinks {}", "tea coffee milk water juice cocoa lemonade cider cola soda mead ale wine punch broth"),
    "Pet": ("keeps the {}", "cat dog fish horse parrot rabbit hamster snake turtle ferret goat hen duck lizard "
    "mouse"),
    "Job": ("works as the {}", "baker doctor lawyer nurse pilot painter teacher farmer chef plumber judge tailor "
    "miner clerk actor"),
    "Sport": ("goes in for {}", "tennis golf rugby chess fencing rowing judo hockey cricket boxing archery skiing "
    "surfing diving polo"),
    "Fruit": ("likes the {} best", "apple pear plum cherry mango banana grape lemon peach melon fig kiwi papaya "
    "orange lime"),
    "Instrument": ("plays the {}", "piano violin flute guitar drum harp cello trumpet oboe banjo organ tuba lute "
    "horn viola"),
    "Flower": ("grows the {}", "rose tulip lily daisy iris orchid poppy violet lotus aster peony dahlia jasmine "
    "lilac crocus"),
    "City": ("was born in {}", "Paris Rome Cairo Lima Oslo Delhi Tokyo Accra Berlin Madrid Quito Dublin Hanoi "
    "Nairobi Sydney"),
    "Car": ("drives the {}", "sedan coupe van truck jeep hatchback roadster minibus limousine pickup wagon buggy "
    "convertible tractor kart"),
    "Tool": ("owns the {}", "hammer saw drill wrench chisel pliers ladder shovel rake axe plane file anvil clamp "
    "level"),
}  # fmt: skip
"""Attribute -> what is said of a person who has it, and its values."""
SIZES = (
    (3, 3), (4, 3), (4, 4), (5, 4), (5, 5), (6, 5), (6, 6), (7, 6), (8, 6), (9, 6),
    (10, 6), (10, 7), (11, 7), (11, 8), (12, 8), (12, 9), (13, 9), (14, 9), (14, 10), (15, 10),
)  # fmt: skip
"""Houses and attributes, the name among them, of each level."""
EXACT = 42
"""Up to so many cells the clues are cut down with case analysis; beyond, until simple steps still find the "
"solution."""
OPENINGS = (
    "There are {n} houses in a row, numbered 1 to {n} from left to right. One person lives in each, and no two of "
    "them have the same value of any attribute. The attributes and their values are:",
    "{n} neighbours live side by side in houses 1 to {n}, counted from the left. They differ from each other in all "
    "of the following, and every value belongs to one of them:",
    "A street has {n} houses, and their numbers go up from 1 on the left to {n} on the right. Each is the home of "
    "one person, and each value below is true of just one person:",
)
SAID: dict[str, tuple[str, ...]] = {
    AT: ("{A} lives in house {k}.", "House {k} is the home of {a}."),
    NOT_AT: ("{A} does not live in house {k}.", "House {k} is not the home of {a}."),
    SAME: ("{A} is the same person as {b}.", "{A} and {b} are one and the same."),
    OTHER: ("{A} and {b} are two different people.", "{A} is not {b}."),
    BEFORE: ("{A} lives somewhere to the left of {b}.", "{B} lives somewhere to the right of {a}."),
    AHEAD: ("{A} lives directly to the left of {b}.", "{B} lives directly to the right of {a}."),
}
BESIDE = ("{A} lives next door to {b}.", "{A} and {b} are next-door neighbours.")
BETWEEN = {
    2: ("There is exactly one house between the homes of {a} and {b}.", "{A} and {b} live two houses apart."),
    3: ("There are exactly two houses between the homes of {a} and {b}.", "{A} and {b} live three houses apart."),
}
ASK = (
    "{problem}\n\nFind out who lives where. Please output the solution within <answer> and </answer> as a JSON "
    "object with "
    '"header": %s and "rows": a list with one list for each house, from house 1 on, in the order of the header.',
    "{problem}\n\nWhat does the whole street look like? Please give a JSON object within <answer> and </answer>: its "
    '"header" is %s, and its "rows" are lists, one a house, in the order of the houses and of the header.',
)


def _houses(rng: Random, level: int) -> Problem:
    n, groups = SIZES[level - 1]
    attributes = {"Name": rng.sample(NAME.split(), n)}
    for label in rng.sample(sorted(ATTRIBUTES), groups - 1):
        attributes[label] = rng.sample(ATTRIBUTES[label][1].split(), n)
    at = [place for _ in range(groups) for place in rng.sample(range(n), n)]
    puzzle = Puzzle(n, groups)
    clues = puzzle.clues(rng, at, lambda a: _clue(rng, at, n, a), 60 if n * groups <= EXACT else 0)
    values = [value for group in attributes.values() for value in group]
    people = [_person(label, value) for label, group in attributes.items() for value in group]
    told = [f"- {label}: {', '.join(sorted(group))}" for label, group in attributes.items()]
    numbered = [f"{number}. {_said(rng, clue, people)}" for number, clue in enumerate(clues, 1)]
    prompt = "\n".join([rng.choice(OPENINGS).format(n=n), *told, "", "Clues:", *numbered])
    where = {(thing // n, place): values[thing] for thing, place in enumerate(at)}
    header = ["House", *attributes]
    rows = [[str(place + 1), *(where[group, place] for group in range(groups))] for place in range(n)]
    return Problem(
        prompt,
        {"header": header, "rows": rows},
        _answer(header, rows),
        tuple(_answer(header, _swapped(rng, rows)) for _ in range(4)),
        template=rng.choice(ASK) % json.dumps(header),
        form=puzzle.form(clues, at),
    )


def _clue(rng: Random, at: Sequence[int], n: int, a: int) -> Clue:
    """A true clue about thing `a`; relations between two things are likelier than positions."""
    if rng.random() < 0.12:
        if rng.random() < 0.4:
            return Clue(AT, a, k=at[a])
        return Clue(NOT_AT, a, k=rng.choice([k for k in range(n) if k != at[a]]))
    b = rng.choice([b for b in range(len(at)) if b // n != a // n])
    if at[a] > at[b]:
        a, b = b, a
    steps = at[b] - at[a]
    if steps == 0:
        return Clue(SAME, a, b)
    kinds = [BEFORE, OTHER] + [AHEAD, APART, APART] * (steps == 1) + [APART, APART] * (steps in (2, 3))
    kind = rng.choice(kinds)
    if kind in (OTHER, APART) and rng.random() < 0.5:
        a, b = b, a  # else the first to be named would always be the one on the left
    return Clue(kind, a, b, steps if kind in (AHEAD, APART) else 0)


def _person(label: str, value: str) -> str:
    return value if label == "Name" else f"the person who {ATTRIBUTES[label][0].format(value)}"


def _said(rng: Random, clue: Clue, people: Sequence[str]) -> str:
    a, b = people[clue.a], people[clue.b]
    wordings = SAID.get(clue.kind) or BETWEEN.get(clue.k, BESIDE)
    return rng.choice(wordings).format(a=a, b=b, A=a[0].upper() + a[1:], B=b[0].upper() + b[1:], k=clue.k + 1)


def _answer(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return tagged(json.dumps({"header": header, "rows": rows}))


def _swapped(rng: Random, rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Two houses with one of their values exchanged."""
    out = [list(row) for row in rows]
    (i, j), column = rng.sample(range(len(out)), 2), rng.randrange(1, len(out[0]))
    out[i][column], out[j][column] = out[j][column], out[i][column]
    return out


houses = Procedural(
    name="logic/houses",
    about="Zebra puzzles with one solution, from 3 houses with 3 attributes to 15 with 10",
    verifier="records",
    draw=_houses,
    levels=len(SIZES),
)
