"""Procedural logic: ordering puzzles, and knights and knaves. Both are searched whole, so the answer is unique."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from random import Random

from assay.sources.procedural import Problem, Procedural, others

NAMES = ("Ann", "Bob", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal", "Ida", "Jo", "Kit", "Lee", "Max", "Ned", "Ola", "Pam")

Order = Sequence[str]


@dataclass(frozen=True, slots=True)
class Clue:
    """A sentence about an order and the test that it states."""

    text: str
    holds: Callable[[Order], bool]


def _ordering(rng: Random, level: int) -> Problem:
    right = rng.sample(NAMES[:10], level + 2)
    orders = list(permutations(sorted(right)))
    clues: list[Clue] = []
    left: list[tuple[str, ...]] = orders
    while len(left) > 1 or not _named(right, clues):
        clue = _clue(rng, right, level)
        narrowed = [order for order in left if clue.holds(order)]
        if len(narrowed) < len(left) or (len(left) == 1 and not _named(right, clues)):
            clues, left = [*clues, clue], narrowed
    clues = _needed(clues, orders)
    rng.shuffle(clues)
    text = " ".join(f"{clue.text}." for clue in clues)
    gold = ", ".join(right)
    swaps = (", ".join(_swapped(right, i, i + 1)) for i in range(len(right) - 1))
    wrong = others(gold, *swaps, ", ".join(right[::-1]))
    return Problem(f"{text} Order, first to last?", right, gold, wrong)


def _clue(rng: Random, right: Order, level: int) -> Clue:
    i, j = sorted(rng.sample(range(len(right)), 2))
    a, b = right[i], right[j]
    if level >= 3 and rng.random() < 0.4:
        place = rng.choice((i, j))
        if rng.random() < 0.5:
            return Clue(f"{right[place]} is not number {j + 1 if place == i else i + 1}", _not_at(right, place, i + j))
        if j == i + 1:
            return Clue(f"{b} comes right after {a}", lambda order: order.index(b) == order.index(a) + 1)
    before = rng.random() < 0.5
    text = f"{a} is before {b}" if before else f"{b} is after {a}"
    return Clue(text, lambda order: order.index(a) < order.index(b))


def _not_at(right: Order, place: int, both: int) -> Callable[[Order], bool]:
    name, elsewhere = right[place], both - place
    return lambda order: order[elsewhere] != name


def _named(names: Order, clues: Sequence[Clue]) -> bool:
    """Whether the clues name everybody: who is not named is known to nobody who reads the problem."""
    said = {word for clue in clues for word in clue.text.split()}
    return said.issuperset(names)


def _needed(clues: list[Clue], orders: Sequence[Order]) -> list[Clue]:
    """Without the clues that the others already imply, as long as everybody is named."""
    for clue in list(clues):
        rest = [c for c in clues if c is not clue]
        if _named(orders[0], rest) and sum(all(c.holds(order) for c in rest) for order in orders) == 1:
            clues = rest
    return clues


def _swapped(names: Order, i: int, j: int) -> list[str]:
    out = list(names)
    out[i], out[j] = out[j], out[i]
    return out


Kinds = tuple[bool, ...]
"""Who is a knight, by position."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one person says, and when it is true."""

    text: str
    true: Callable[[Kinds], bool]


def _claims(names: Order, speaker: int, other: int) -> list[Claim]:
    a, b, who = speaker, other, names[other]
    return [
        Claim(f"{who} is a knight", lambda k: k[b]),
        Claim(f"{who} is a knave", lambda k: not k[b]),
        Claim(f"{who} and I are alike", lambda k: k[a] == k[b]),
        Claim(f"{who} and I differ", lambda k: k[a] != k[b]),
        Claim(f"{who} and I are knights", lambda k: k[a] and k[b]),
        Claim(f"{who} and I are knaves", lambda k: not k[a] and not k[b]),
        Claim(f"{who} or I am a knave", lambda k: not (k[a] and k[b])),
        Claim(f"{who} or I am a knight", lambda k: k[a] or k[b]),
        Claim(f"if I am a knight, so is {who}", lambda k: k[b] or not k[a]),
    ]


def _knights_knaves(rng: Random, level: int) -> Problem:
    people = level + 1
    right = tuple(rng.random() < 0.5 for _ in range(people))  # first, so that no answer is likelier than another
    while True:
        names = rng.sample(NAMES, people)
        claims = []
        for speaker in range(people):
            other = rng.choice([i for i in range(people) if i != speaker])
            sayable = [claim for claim in _claims(names, speaker, other) if claim.true(right) == right[speaker]]
            claims.append(rng.choice(sayable))
        fits = [
            kinds
            for kinds in product((True, False), repeat=people)
            if all(claim.true(kinds) == kinds[i] for i, claim in enumerate(claims))
        ]
        if len(fits) == 1:
            return _told(names, claims, right)


def _told(names: Order, claims: Sequence[Claim], kinds: Kinds) -> Problem:
    said = " ".join(f"{name}: {claim.text}." for name, claim in zip(names, claims, strict=True))
    gold = _naming(names, kinds)
    flips = (_naming(names, (*kinds[:i], not kinds[i], *kinds[i + 1 :])) for i in range(len(names)))
    wrong = others(gold, *flips, _naming(names, tuple(not kind for kind in kinds)))
    reference = {name: "knight" if kind else "knave" for name, kind in zip(names, kinds, strict=True)}
    return Problem(f"{said} Knight or knave?", reference, gold, wrong)


def _naming(names: Order, kinds: Kinds) -> str:
    return ", ".join(f"{name}: {'knight' if kind else 'knave'}" for name, kind in zip(names, kinds, strict=True))


ordering = Procedural(
    name="logic/ordering",
    about="Put names in order from clues; one more name a level, other kinds of clue from level 3",
    verifier="sequence",
    draw=_ordering,
)
knights_knaves = Procedural(
    name="logic/knights_knaves",
    about="Knights tell the truth and knaves lie: who is what? One more person a level",
    verifier="assignment",
    draw=_knights_knaves,
    levels=6,
)
