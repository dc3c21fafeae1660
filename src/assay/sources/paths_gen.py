"""Search in graphs: the cheapest way, the shortest way under a rule, the only way; each is unique by search."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from assay.sources.files import tagged
from assay.sources.forms import invariant
from assay.sources.procedural import Problem, Procedural, others

_FIRST = "Ash Birch Clay Dun Elm Fern Glen Hazel Kings Lynd Marl North Oak Penn Reed Stone"
_LAST = "bury dale field ford ham mere ton wick"
PLACES = tuple(first + last for first in _FIRST.split() for last in _LAST.split())
SIZES = ((8, 3), (10, 3), (12, 4), (16, 5), (20, 6), (28, 7), (40, 9), (60, 12))
"""Places, and roads on the way that is asked for, of each level."""
KINDS = ("Asphalt", "Gravel", "Forest")
Road = tuple[int, int, Any]
"""From, to, and what it says: minutes, or of what kind it is; `None` for nothing."""
State = tuple[int, Any]
ASK = (
    "{problem}\n\nPlease give the way within <answer> and </answer>: all places in order, the first and the last "
    "among them, separated by commas.",
    "{problem}\n\nThere is exactly one such way. Please list its places in order, from start to end, separated by "
    "commas, within <answer> and </answer>.",
)


def best(steps: Callable[[State], Sequence[tuple[int, State]]], start: State, goal: int) -> tuple[list[int], bool]:
    """The places of the cheapest way from a state to a place, and whether it is the only one; no places for none.

    `steps` gives what can follow a state with its cost, above 0. A state is a place and what else counts. (Dijkstra
    1959, with the number of ways to each state.)
    """
    cost, ways, came = {start: 0}, {start: 1}, {start: start}
    todo: list[tuple[int, int, State]] = [(0, 0, start)]
    done: set[State] = set()
    ends: list[State] = []
    while todo:
        so_far, _, state = heapq.heappop(todo)
        if ends and so_far > cost[ends[0]]:
            break
        if state in done:
            continue
        done.add(state)
        if state[0] == goal:
            ends.append(state)
        for price, new in steps(state):
            total = so_far + price
            if new not in cost or total < cost[new]:
                cost[new], ways[new], came[new] = total, ways[state], state
                heapq.heappush(todo, (total, len(cost), new))
            elif total == cost[new]:
                ways[new] += ways[state]
    if not ends:
        return [], False
    state, way = ends[0], [ends[0][0]]
    while state != start:
        state = came[state]
        way.append(state[0])
    return way[::-1], sum(ways[end] for end in ends) == 1


def _town_roads(rng: Random, n: int, label: Callable[[], Any]) -> list[Road]:
    """Roads between near neighbours on a winding line, so that ways are long."""
    roads: list[Road] = [(a, b, label()) for a in range(n) for b in range(a + 1, min(n, a + 4)) if rng.random() < 0.6]
    tied = {(a, b) for a, b, _ in roads}
    return roads + [(a, a + 1, label()) for a in range(n - 1) if (a, a + 1) not in tied]


def _around(roads: Sequence[Road], n: int) -> list[list[tuple[int, Any]]]:
    """What can be reached from each place over roads that go both ways."""
    near: list[list[tuple[int, Any]]] = [[] for _ in range(n)]
    for a, b, says in roads:
        near[a].append((b, says))
        near[b].append((a, says))
    return near


def _cheapest(rng: Random, n: int, hops: int) -> Problem | None:
    roads = _town_roads(rng, n, lambda: rng.randint(3, 40))
    near, start, goal = _around(roads, n), 0, rng.randrange(hops, n)
    way, is_only = best(lambda state: [(says, (b, None)) for b, says in near[state[0]]], (start, None), goal)
    if not is_only or not hops <= len(way) - 1 <= hops + 1:
        return None
    told = "From {a} to {b} it takes {says} minutes."
    opening = "Roads join the following {n} towns. They can be used in both directions and always take the same time."
    asked = "Which way from {start} to {goal} takes the least time in all?"
    return _problem(rng, "cheapest", n, roads, way, (opening, told, asked))


def _under_a_rule(rng: Random, n: int, hops: int) -> Problem | None:
    roads = _town_roads(rng, n, lambda: rng.choice(KINDS))
    near, start, goal = _around(roads, n), 0, rng.randrange(hops, n)
    way, is_only = best(
        lambda state: [(1, (b, says)) for b, says in near[state[0]] if says != state[1]], (start, None), goal
    )
    free, _ = best(lambda state: [(1, (b, None)) for b, _ in near[state[0]]], (start, None), goal)
    if not is_only or not hops <= len(way) - 1 <= hops + 1 or len(set(way)) < len(way) or len(free) == len(way):
        return None
    told = "{says} road: {a} to {b}."
    opening = "{n} towns are joined by asphalt, gravel and forest roads. Every road can be used in both directions."
    asked = (
        "A traveller never takes two roads of the same kind one after the other. Which way from {start} to {goal} "
        "has the fewest roads for this traveller?"
    )
    return _problem(rng, "rule", n, roads, way, (opening, told, asked))


def _only(rng: Random, n: int, hops: int) -> Problem | None:
    """Branches from the start that are as long as the way; roads are added that lead away from it."""
    way = list(range(hops + 1))
    roads: list[Road] = [(a, a + 1, None) for a in range(hops)]
    at = 0
    for place in range(hops + 1, n):
        roads.append((at, place, None))
        at = place if rng.random() < 1 - 1 / hops else rng.randrange(hops)
    lost = range(hops + 1, n)  # from here no road leads back to the way
    roads += [(a, b, None) for a in range(n) for b in lost if a < b and rng.random() < 1.2 / n]
    told = "A one-way road leads from {a} to {b}."
    opening = "The roads between the following {n} towns are all one-way."
    return _problem(
        rng, "only", n, list(dict.fromkeys(roads)), way, (opening, told, "Which way leads from {start} to {goal}?")
    )


def _problem(
    rng: Random, kind: str, n: int, roads: Sequence[Road], way: Sequence[int], words: Sequence[str]
) -> Problem:
    opening, told, asked = words
    names = rng.sample(PLACES, n)
    is_both = kind != "only"
    lines = []
    for a, b, says in rng.sample(list(roads), len(roads)):
        a, b = (b, a) if is_both and rng.random() < 0.5 else (a, b)
        lines.append("- " + told.format(a=names[a], b=names[b], says=says))
    prompt = "\n".join([opening.format(n=n), "", *lines, "", asked.format(start=names[way[0]], goal=names[way[-1]])])
    right = [names[place] for place in way]
    i = rng.randrange(1, len(way) - 2)
    slips = ([*right[:i], right[i + 1], right[i], *right[i + 2 :]], right[:i] + right[i + 1 :], right[::-1])
    ends = ["start" if p == way[0] else "goal" if p == way[-1] else "" for p in range(n)]
    links = [(says, *pair) for a, b, says in roads for pair in [(a, b), (b, a)][: 1 + is_both]]
    gold = tagged(", ".join(right))
    wrong = others(gold, *(tagged(", ".join(slip)) for slip in slips))
    return Problem(prompt, right, gold, wrong, template=rng.choice(ASK), form=[kind, invariant(ends, links)])


def _paths(rng: Random, level: int) -> Problem:
    n, hops = SIZES[level - 1]
    kind = rng.choice((_cheapest, _under_a_rule, _only))
    while (problem := kind(rng, n, hops)) is None:
        pass
    return problem


paths = Procedural(
    name="logic/paths",
    about="Ways through 8 to 60 places: the cheapest, the shortest under a rule, the only one",
    verifier="sequence",
    draw=_paths,
    levels=len(SIZES),
)
