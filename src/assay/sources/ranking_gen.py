"""Ordering puzzles: up to 50 things in a row from clues on where they stand; one order, no spare clue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from assay.sources.files import tagged
from assay.sources.positions import AHEAD, APART, AT, BEFORE, NOT_AT, Clue, Puzzle
from assay.sources.procedural import Problem, Procedural

PEOPLE = (
    "Aaron Abena Adele Akira Alma Amir Anya Arlo Astrid Bruno Carla Cem Chloe Dario Diana Edgar Emma Esther Fatima "
    "Felix Gina Hana Hector Igor Imani Iris Jasper Joanna Kofi Lars Leila Liam Lucia Magnus Mara Mateo Mina Nils "
    "Noor Olga Omar Paula Petra Quinn Rafael Rosa Samir Selma Tariq Thea Uma Viktor Wanda Xenia Yusuf Zoe"
)
THINGS = (
    "anchor apple basket bell bottle bowl brush bucket button candle card chalk clock coin compass cup dice drum "
    "feather flag flute fork glove hammer hat jar kettle key knife ladle lamp leaf lens lock magnet map mask medal "
    "mirror mug nail needle pebble pen pin plate purse ribbon ring rope saw scarf shell spoon stamp thimble ticket "
    "torch vase wheel"
)


@dataclass(frozen=True, slots=True)
class Theme:
    """A row of things, and how one speaks of it."""

    names: str
    opening: str
    """With `{n}` and `{names}`."""
    said: dict[str, tuple[str, ...]]
    """Kind of clue -> sentences about `{a}` and `{b}`, with `{k}` and, where the number counts, `{s}`."""
    ask: str
    article: str = ""

    def name(self, name: str) -> str:
        return f"{self.article}{name}"


THEMES = (
    Theme(
        PEOPLE,
        "{n} people stand in a queue, one behind the other: {names}.",
        {
            AT: ("{A} has place {k} in the queue, counted from the front.",),
            NOT_AT: ("{A} does not have place {k} in the queue, counted from the front.",),
            BEFORE: ("{A} stands somewhere in front of {b}.", "{B} stands somewhere behind {a}."),
            AHEAD: ("{A} stands {k} place{s} in front of {b}.", "{B} stands {k} place{s} behind {a}."),
            APART: ("{A} and {b} are {k} place{s} apart, in whatever order.",),
        },
        "In which order do they stand, from front to back?",
    ),
    Theme(
        PEOPLE,
        "{n} runners finished a race, no two of them at the same time: {names}.",
        {
            AT: ("{A} finished in place {k}.",),
            NOT_AT: ("{A} did not finish in place {k}.",),
            BEFORE: ("{A} finished earlier than {b}.", "{B} finished later than {a}."),
            AHEAD: ("{A} finished {k} place{s} ahead of {b}.", "{B} finished {k} place{s} behind {a}."),
            APART: ("{A} and {b} finished {k} place{s} apart, but it is not said who was faster.",),
        },
        "What was the result, from the first to the last?",
    ),
    Theme(
        THINGS,
        "On a shelf lie {n} things side by side: {names}.",
        {
            AT: ("{A} lies in position {k} from the left.",),
            NOT_AT: ("{A} does not lie in position {k} from the left.",),
            BEFORE: ("{A} lies somewhere to the left of {b}.", "{B} lies somewhere to the right of {a}."),
            AHEAD: ("{A} lies {k} position{s} to the left of {b}.", "{B} lies {k} position{s} to the right of {a}."),
            APART: ("{A} and {b} lie {k} position{s} apart, on whichever side.",),
        },
        "In which order do they lie, from left to right?",
        "the ",
    ),
    Theme(
        PEOPLE,
        "{n} speakers gave their talks one after another on the same day: {names}.",
        {
            AT: ("{A} gave talk number {k} of the day.",),
            NOT_AT: ("{A} did not give talk number {k} of the day.",),
            BEFORE: ("{A} spoke at some time before {b}.", "{B} spoke at some time after {a}."),
            AHEAD: ("{A} spoke {k} slot{s} before {b}.", "{B} spoke {k} slot{s} after {a}."),
            APART: ("{A} and {b} spoke {k} slot{s} apart; which of them was first is not said.",),
        },
        "In which order did they speak?",
    ),
)
ASK = (
    "{problem}\n\nPlease list all names in order within <answer> and </answer>, separated by commas.",
    "{problem}\n\nThere is exactly one possibility. Please give it within <answer> and </answer> as a list of the "
    "names, separated by commas.",
)
SIZES = (4, 6, 8, 10, 14, 18, 22, 26, 30, 35, 40, 50)
"""Things of each level."""
FAR = 6
"""How many places at most a clue counts."""


def _ranking(rng: Random, level: int) -> Problem:
    n, theme = SIZES[level - 1], rng.choice(THEMES)
    names = rng.sample(theme.names.split(), n)
    at = rng.sample(range(n), n)
    puzzle = Puzzle(n, 1)
    clues = puzzle.clues(rng, at, lambda a: _clue(rng, at, a), 60 if n <= 10 else 0)
    told = [f"- {_said(rng, theme, clue, names)}" for clue in clues]
    listed = ", ".join(theme.name(name) for name in sorted(names))
    right = [name for _, name in sorted(zip(at, names, strict=True))]
    places = rng.sample(range(n - 1), 3)
    return Problem(
        "\n".join([theme.opening.format(n=n, names=listed), "", *told, "", theme.ask]),
        right,
        tagged(", ".join(right)),
        tuple(tagged(", ".join([*right[:i], right[i + 1], right[i], *right[i + 2 :]])) for i in places),
        template=rng.choice(ASK),
        form=puzzle.form(clues, at),
    )


def _clue(rng: Random, at: Sequence[int], a: int) -> Clue:
    if rng.random() < 0.15:
        if rng.random() < 0.2:
            return Clue(AT, a, k=at[a])
        return Clue(NOT_AT, a, k=rng.choice([k for k in range(len(at)) if k != at[a]]))
    b = rng.choice([b for b in range(len(at)) if b != a])
    if at[a] > at[b]:
        a, b = b, a
    steps = at[b] - at[a]
    kind = rng.choice([BEFORE, AHEAD, APART, APART]) if steps <= FAR else BEFORE
    if kind == APART and rng.random() < 0.5:
        a, b = b, a
    return Clue(kind, a, b, 0 if kind == BEFORE else steps)


def _said(rng: Random, theme: Theme, clue: Clue, names: Sequence[str]) -> str:
    a, b = theme.name(names[clue.a]), theme.name(names[clue.b])
    k = clue.k + 1 if clue.kind in (AT, NOT_AT) else clue.k
    text = rng.choice(theme.said[clue.kind])
    return text.format(a=a, b=b, A=a[0].upper() + a[1:], B=b[0].upper() + b[1:], k=k, s="s" * (k > 1))


ranking = Procedural(
    name="logic/ranking",
    about="Ordering puzzles with one solution, from 4 to 50 things",
    verifier="sequence",
    draw=_ranking,
    levels=len(SIZES),
)
