"""Puzzles have one solution, found from the text alone by trying everything, and a form that ignores names."""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise, permutations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.sources.base import SOURCES
from assay.sources.forms import invariant
from assay.sources.gridops import STEPS, Grid
from assay.sources.grids_gen import run
from assay.sources.houses_gen import ATTRIBUTES
from assay.sources.positions import AHEAD, APART, AT, BEFORE, NOT_AT, OTHER, SAME, Clue, Puzzle
from assay.types import Example

seeds = st.integers(0, 10**6)
few = settings(max_examples=15, deadline=None)
Where = dict[str, int]
Rule = Callable[[int, int], bool]


def one(name: str, seed: int, level: int) -> Example:
    return next(SOURCES.get(name).examples("train", size=1, seed=seed, level=level))


# What sentences mean, in the order in which they are tried. `a` and `b` are things, `k` a number.
HOUSES: tuple[tuple[str, Rule], ...] = (
    (r"(?P<a>.+) does not live in house (?P<k>\d+)", lambda a, k: a != k),
    (r"(?P<a>.+) lives in house (?P<k>\d+)", lambda a, k: a == k),
    (r"House (?P<k>\d+) is not the home of (?P<a>.+)", lambda a, k: a != k),
    (r"House (?P<k>\d+) is the home of (?P<a>.+)", lambda a, k: a == k),
    (r"There is exactly one house between the homes of (?P<a>.+) and (?P<b>.+)", lambda a, b: abs(a - b) == 2),
    (r"There are exactly two houses between the homes of (?P<a>.+) and (?P<b>.+)", lambda a, b: abs(a - b) == 3),
    (r"(?P<a>.+) and (?P<b>.+) live two houses apart", lambda a, b: abs(a - b) == 2),
    (r"(?P<a>.+) and (?P<b>.+) live three houses apart", lambda a, b: abs(a - b) == 3),
    (r"(?P<a>.+) and (?P<b>.+) are one and the same", lambda a, b: a == b),
    (r"(?P<a>.+) and (?P<b>.+) are two different people", lambda a, b: a != b),
    (r"(?P<a>.+) and (?P<b>.+) are next-door neighbours", lambda a, b: abs(a - b) == 1),
    (r"(?P<a>.+) lives next door to (?P<b>.+)", lambda a, b: abs(a - b) == 1),
    (r"(?P<a>.+) lives directly to the left of (?P<b>.+)", lambda a, b: a + 1 == b),
    (r"(?P<a>.+) lives directly to the right of (?P<b>.+)", lambda a, b: a == b + 1),
    (r"(?P<a>.+) lives somewhere to the left of (?P<b>.+)", lambda a, b: a < b),
    (r"(?P<a>.+) lives somewhere to the right of (?P<b>.+)", lambda a, b: a > b),
    (r"(?P<a>.+) is the same person as (?P<b>.+)", lambda a, b: a == b),
    (r"(?P<a>.+) is not (?P<b>.+)", lambda a, b: a != b),
)
PLACES = r"(?:places?|positions?|slots?)"
FAR = rf"(?P<a>.+) \w+ (?P<k>\d+) {PLACES}"
NEAR = r"(?P<a>.+) \w+ (?:somewhere|at some time|earlier|later) ?"
ROWS: tuple[tuple[str, Callable[..., bool]], ...] = (
    (r"(?P<a>.+) d(?:oes|id) not \w+ (?:in )?(?:place|position|talk number) (?P<k>\d+)", lambda a, k: a != k),
    (r"(?P<a>.+) (?:has|finished in|lies in|gave) (?:place|position|talk number) (?P<k>\d+)", lambda a, k: a == k),
    (rf"(?P<a>.+) and (?P<b>.+) (?:are|finished|lie|spoke) (?P<k>\d+) {PLACES} apart", lambda a, b, k: abs(a - b) == k),
    (rf"{FAR} (?:in front of|ahead of|to the left of|before) (?P<b>.+)", lambda a, b, k: a + k == b),
    (rf"{FAR} (?:behind|to the right of|after) (?P<b>.+)", lambda a, b, k: a == b + k),
    (r"(?P<a>.+) finished earlier than (?P<b>.+)", lambda a, b: a < b),
    (r"(?P<a>.+) finished later than (?P<b>.+)", lambda a, b: a > b),
    (rf"{NEAR}(?:in front of|to the left of|before) (?P<b>.+)", lambda a, b: a < b),
    (rf"{NEAR}(?:behind|to the right of|after) (?P<b>.+)", lambda a, b: a > b),
)  # fmt: skip


def read(
    sentence: str, meanings: tuple[tuple[str, Callable[..., bool]], ...], names: dict[str, str]
) -> Callable[[Where], bool]:
    """The test that a sentence states; `names` are what things are called, each with its key in a solution."""
    for pattern, rule in meanings:
        if (found := re.match(pattern, sentence)) and rule_is_of(found, names):
            keys = {part: names[plain(found[part], names)] for part in "ab" if part in found.groupdict()}
            k = int(found["k"]) if "k" in found.groupdict() else None

            def holds(
                at: Where, rule: Callable[..., bool] = rule, keys: dict[str, str] = keys, k: int | None = k
            ) -> bool:
                return rule(**{part: at[key] for part, key in keys.items()}, **({} if k is None else {"k": k}))

            return holds
    raise AssertionError(sentence)


def plain(text: str, names: dict[str, str]) -> str:
    """The name that a text begins with: as it is, with a small letter, or before what is said behind it."""
    text = text.rstrip(".")
    options = [name for name in names if re.match(rf"{re.escape(name)}(?:$|[,;. ])", text, re.IGNORECASE)]
    return max(options, key=len, default="")


def rule_is_of(found: re.Match[str], names: dict[str, str]) -> bool:
    return all(plain(found[part], names) for part in "ab" if part in found.groupdict())


@few
@given(seeds, st.integers(1, 3))
def test_houses_have_one_solution(seed: int, level: int) -> None:
    row = one("logic/houses", seed, level)
    labels = dict(re.findall(r"^- (\w+): (.+)$", row.text, re.MULTILINE))
    groups = [[f"{label}={value}" for value in values.split(", ")] for label, values in labels.items()]
    names = {}
    for key in (key for group in groups for key in group):
        label, value = key.split("=")
        names[value if label == "Name" else f"the person who {ATTRIBUTES[label][0].format(value)}"] = key
    rules = [read(clue, HOUSES, names) for clue in re.findall(r"^\d+\. (.+)\.$", row.text, re.MULTILINE)]
    n = len(groups[0])
    fits = [at for at in arranged(groups, n, rules, {})]
    header, rows = row.reference["header"], row.reference["rows"]
    right = {f"{label}={line[i]}": int(line[0]) for line in rows for i, label in enumerate(header) if i}
    assert fits == [right]


def arranged(groups: list[list[str]], n: int, rules: list[Callable[[Where], bool]], at: Where) -> Iterator[Where]:
    """Every arrangement that all rules allow, group by group."""
    for rule in rules:
        try:
            if not rule(at):
                return
        except KeyError:
            continue  # of a group that is yet to come
    if not groups:
        yield at
        return
    for places in permutations(range(1, n + 1)):
        yield from arranged(groups[1:], n, rules, at | dict(zip(groups[0], places, strict=True)))


@few
@given(seeds, st.integers(1, 2))
def test_rankings_have_one_order(seed: int, level: int) -> None:
    row = one("logic/ranking", seed, level)
    names = {name: name for name in row.reference} | {f"the {name}": name for name in row.reference}
    rules = [read(clue, ROWS, names) for clue in re.findall(r"^- (.+)\.$", row.text, re.MULTILINE)]
    orders = (dict(zip(order, range(1, len(order) + 1), strict=True)) for order in permutations(row.reference))
    assert [sorted(at, key=lambda name: at[name]) for at in orders if all(rule(at) for rule in rules)] == [
        row.reference
    ]


@few
@given(seeds, st.integers(1, 3))
def test_ways_are_the_only_ones(seed: int, level: int) -> None:
    row = one("logic/paths", seed, level)
    timed = re.findall(r"^- From (\w+) to (\w+) it takes (\d+)", row.text, re.MULTILINE)
    kinds = re.findall(r"^- (\w+) road: (\w+) to (\w+)", row.text, re.MULTILINE)
    single = re.findall(r"^- A one-way road leads from (\w+) to (\w+)", row.text, re.MULTILINE)
    both = [(a, b, t) for a, b, t in timed] + [(a, b, k) for k, a, b in kinds]
    roads = both + [(b, a, says) for a, b, says in both] + [(a, b, "") for a, b in single]
    start, goal = row.reference[0], row.reference[-1]
    assert f"from {start} to {goal}" in row.text
    ways = list(simple_ways(roads, start, goal, []))
    if timed:
        cost = {tuple(way): sum(int(says) for says in said) for way, said in ways}
    else:
        legal = [(way, said) for way, said in ways if not kinds or all(x != y for x, y in pairwise(said))]
        cost = {tuple(way): len(way) for way, _ in legal}
        assert kinds or len(cost) == 1
    assert [list(way) for way in cost if cost[way] == min(cost.values())] == [row.reference]


def simple_ways(
    roads: list[tuple[str, str, str]], at: str, goal: str, said: list[str], seen: tuple[str, ...] = ()
) -> Iterator[tuple[list[str], list[str]]]:
    seen = (*seen, at)
    if at == goal:
        yield list(seen), said
        return
    for a, b, says in roads:
        if a == at and b not in seen:
            yield from simple_ways(roads, b, goal, [*said, says], seen)


@settings(max_examples=12, deadline=None)
@given(seeds, st.sampled_from([1, 2, 3]))
def test_grids_follow_one_rule(seed: int, level: int) -> None:
    """Every chain of the library that is no longer and fits the examples gives the reference."""
    row = one("logic/grids", seed, level)
    shown = [
        tuple(tuple(map(int, line.split())) for line in block.strip().splitlines())
        for block in re.findall(r"(?:Input|Output):\n((?:[\d ]+(?:\n|$))+)", row.text)
    ]
    colours = sorted({cell for grid in [*shown, row.reference] for line in grid for cell in line} - {0})
    small = {0: 0} | {colour: place for place, colour in enumerate(colours, 1)}

    def painted(grid: Grid) -> Grid:
        return tuple(tuple(small[cell] for cell in line) for line in grid)

    *examples, test = map(painted, shown)
    pairs = list(zip(examples[::2], examples[1::2], strict=True))
    chains = [chain for steps in range(1, 2 + (level > 2)) for chain in product(STEPS, repeat=steps)]
    found = {run(chain, test) for chain in chains if all(run(chain, a) == b for a, b in pairs)}
    assert found == {painted(row.reference)}


KINDS = (AT, NOT_AT, SAME, OTHER, BEFORE, AHEAD, APART)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 4), st.integers(1, 2), seeds)
def test_the_solver_counts_as_brute_force_does(n: int, groups: int, seed: int) -> None:
    """Any clues, true together or not: unique where exactly one arrangement satisfies them."""
    rng, things = Random(seed), range(n * groups)
    clues = []
    for _ in range(rng.randint(1, 3 * groups)):
        kind, a, b = rng.choice(KINDS), rng.choice(things), rng.choice(things)
        if a == b and kind not in (AT, NOT_AT):
            continue
        clues.append(Clue(kind, a, -1 if kind in (AT, NOT_AT) else b, rng.randrange(n)))
    orders = list(permutations(range(n)))
    fits = [c for c in product(orders, repeat=groups) if all(clue.holds(sum(c, ())) for clue in clues)]
    assert Puzzle(n, groups).is_unique(clues, cases=10_000) == (len(fits) == 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 5), st.integers(1, 3), seeds)
def test_clues_are_enough_none_is_spare_and_their_form_is_theirs(n: int, groups: int, seed: int) -> None:
    rng = Random(seed)
    puzzle, at = Puzzle(n, groups), [place for _ in range(groups) for place in rng.sample(range(n), n)]

    def draw(a: int) -> Clue:
        b = rng.choice([b for b in range(n * groups) if b != a])
        low, high = sorted((a, b), key=lambda thing: at[thing])
        return Clue(NOT_AT, a, k=(at[a] + 1) % n) if at[a] == at[b] else Clue(BEFORE, low, high)

    clues = puzzle.clues(rng, at, lambda a: draw(a) if rng.random() < 0.8 else Clue(AT, a, k=at[a]))
    assert puzzle.is_unique(clues, 0)
    assert not any(puzzle.is_unique([c for c in clues if c is not clue], 0) for clue in clues)

    order = rng.sample(range(groups), groups)  # groups and things change their numbers, clues their order
    number = {g * n + i: order[g] * n + j for g in range(groups) for i, j in enumerate(rng.sample(range(n), n))}
    moved = [0] * (n * groups)
    for thing, place in enumerate(at):
        moved[number[thing]] = place
    renamed = [Clue(c.kind, number[c.a], number.get(c.b, -1), c.k) for c in rng.sample(clues, len(clues))]
    assert puzzle.form(renamed, moved) == puzzle.form(clues, at)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5), st.integers(0, 5)), max_size=12), st.permutations(range(6))
)
def test_the_form_of_a_graph_ignores_names(links: list[tuple[int, int, int]], number: list[int]) -> None:
    kinds = ["start", "", "", "", "", "goal"]
    moved = [kinds[number.index(place)] for place in range(6)]
    assert invariant(kinds, links) == invariant(moved, [(says, number[a], number[b]) for says, a, b in links[::-1]])


def test_the_largest_puzzle_is_made_and_graded() -> None:
    row = one("logic/houses", 0, 20)
    assert len(row.reference["rows"]) == 15 and len(row.reference["header"]) == 11
    assert ast.literal_eval(str(row.gold)[8:-9]) == row.reference


def test_fifty_things_are_ranked() -> None:
    assert len(one("logic/ranking", 0, 12).reference) == 50


@pytest.mark.parametrize("name", ["flip", "mirror", "turn half", "transpose"])
def test_turning_twice_is_nothing(name: str) -> None:
    grid = ((1, 2, 0), (0, 3, 4))
    assert run((name, name), grid) == grid
