"""Puzzles about positions: things in groups, each thing of a group at another position, and clues about them.

The solver is exact. Propagation only strikes out positions that no solution has, so where one position is left to every
thing there is at most one solution; where it stops, cases are tried. Positions of a thing are the bits of an integer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from assay.sources.forms import invariant

AT, NOT_AT, SAME, OTHER, BEFORE, AHEAD, APART = "at", "not at", "same", "other", "before", "ahead", "apart"
"""At position k or not; a and b at one position or at different ones; a before b, exactly k before it, or exactly k
from it on either side."""


MUTUAL = (SAME, OTHER, APART)
"""Kinds that say the same of a and b as of b and a."""


@dataclass(frozen=True, slots=True)
class Clue:
    """What is said of thing `a`, or of `a` and `b`."""

    kind: str
    a: int
    b: int = -1
    k: int = 0

    def holds(self, at: Sequence[int]) -> bool:
        """Whether it is true of positions, one for each thing, counted from 0."""
        a, b, k = at[self.a], at[self.b], self.k
        return {
            AT: a == k,
            NOT_AT: a != k,
            SAME: a == b,
            OTHER: a != b,
            BEFORE: a < b,
            AHEAD: b - a == k,
            APART: abs(a - b) == k,
        }[self.kind]


class Puzzle:
    """`groups` groups of `n` things, numbered group by group, on `n` positions."""

    def __init__(self, n: int, groups: int) -> None:
        self.n, self.groups, self.full = n, groups, (1 << n) - 1

    def form(self, clues: Sequence[Clue], at: Sequence[int]) -> list[Any]:
        """What stays of a puzzle whose solution is `at` when things, groups and clues change names and order."""
        links = []
        for clue in clues:
            a, b = clue.a, clue.a if clue.b < 0 else clue.b
            for one, two in [(a, b), (b, a)][: 1 + (clue.kind in MUTUAL)]:
                links.append(([clue.kind, at[one], at[two], clue.k], one // self.n, two // self.n))
        return [self.n, invariant([""] * self.groups, links)]

    def open(self) -> list[int]:
        """The positions of every thing before anything is known."""
        return [self.full] * (self.n * self.groups)

    def narrow(self, left: list[int], clues: Sequence[Clue], fresh: Sequence[int] | None = None) -> bool:
        """Strike out of `left` what cannot be until nothing more is found; false where a thing has no position left.

        `fresh` are the clues, by number, that are yet to be looked at, where the others have nothing more to say.
        """
        about: list[list[int]] = [[] for _ in left]
        for number, clue in enumerate(clues):
            about[clue.a].append(number)
            if clue.b >= 0:
                about[clue.b].append(number)
        todo = dict.fromkeys(range(len(clues)) if fresh is None else fresh)
        dirty = set(range(self.groups)) if fresh is None else set()
        while todo or dirty:
            while todo:
                number, _ = todo.popitem()
                for thing in self._revise(left, clues[number]):
                    if not left[thing]:
                        return False
                    todo.update(dict.fromkeys(about[thing]))
                    dirty.add(thing // self.n)
            while dirty and not todo:
                changed = self._one_each(left, dirty.pop())
                if changed is None:
                    return False
                for thing in changed:
                    todo.update(dict.fromkeys(about[thing]))
                    dirty.add(thing // self.n)
        return True

    def _revise(self, left: list[int], clue: Clue) -> list[int]:
        """Apply one clue; the things that lost a position."""
        x = left[clue.a]
        if clue.kind in (AT, NOT_AT):
            kept = x & (1 << clue.k) if clue.kind == AT else x & ~(1 << clue.k)
            left[clue.a] = kept
            return [clue.a] if kept != x else []
        y = left[clue.b]
        left[clue.b] = y & self._reach(clue, x, forward=True)
        left[clue.a] = x & self._reach(clue, left[clue.b], forward=False)
        return [thing for thing, was in ((clue.a, x), (clue.b, y)) if left[thing] != was]

    def _reach(self, clue: Clue, x: int, *, forward: bool) -> int:
        """Where the other thing of a clue may be when this one is somewhere in `x`."""
        if clue.kind == SAME or not x:
            return x
        if clue.kind == OTHER:
            return self.full if x & (x - 1) else self.full & ~x
        if clue.kind == APART:
            return ((x << clue.k) | (x >> clue.k)) & self.full
        if clue.kind == AHEAD:
            return (x << clue.k) & self.full if forward else x >> clue.k
        return self.full & -((x & -x) << 1) if forward else (1 << (x.bit_length() - 1)) - 1

    def _one_each(self, left: list[int], group: int) -> list[int] | None:
        """One thing at each position: placed things keep others out, and a place that only one can take is its own."""
        things = range(group * self.n, (group + 1) * self.n)
        once = twice = placed = 0
        for thing in things:
            x = left[thing]
            twice |= once & x
            once |= x
            if not x & (x - 1):
                if placed & x:
                    return None
                placed |= x
        if once != self.full:
            return None
        alone, changed = once & ~twice, []
        for thing in things:
            x = left[thing]
            if x & (x - 1):
                new = x & alone or x & ~placed
                if (new & (new - 1) and x & alone) or not new:
                    return None
                if new != x:
                    left[thing] = new
                    changed.append(thing)
        return changed

    def is_unique(self, clues: Sequence[Clue], cases: int) -> bool:
        """Whether the clues leave exactly one solution; false also where that takes more than so many cases."""
        left = self.open()
        if not self.narrow(left, clues):
            return False
        if not any(x & (x - 1) for x in left):
            return True
        self._cases, self._found = cases, 0
        return cases > 0 and self._count(left, clues) == 1

    def _count(self, left: list[int], clues: Sequence[Clue]) -> int:
        """Solutions, no more than 2 of them; 2 also where no cases are left to try."""
        choices = [thing for thing, x in enumerate(left) if x & (x - 1)]
        if not choices:
            return 1
        thing = min(choices, key=lambda t: left[t].bit_count())
        found, x = 0, left[thing]
        while x and found < 2:
            bit, x = x & -x, x & (x - 1)
            self._cases -= 1
            if self._cases < 0:
                return 2
            tried = left.copy()
            tried[thing] = bit
            if self.narrow(tried, clues):
                found += self._count(tried, clues)
        return min(found, 2)

    def clues(self, rng: Random, at: Sequence[int], draw: Callable[[int], Clue], cases: int = 0) -> list[Clue]:
        """Clues that leave one solution, `at`, and of which none can be left out within so many cases.

        Args:
            rng: Random stream.
            at: The position of each thing.
            draw: A thing -> a true clue about it and others.
            cases: How many cases a proof may take; with 0, propagation alone must find the solution.
        """
        chosen: dict[Clue, None] = {}
        left = self.open()
        while unplaced := [thing for thing, x in enumerate(left) if x & (x - 1)]:
            clue = draw(rng.choice(unplaced))
            if clue not in chosen:
                chosen[clue] = None
                self.narrow(left, list(chosen), [len(chosen) - 1])
        kept = self._needed(self.open(), [], rng.sample(list(chosen), len(chosen)))
        for clue in list(kept) if cases else ():
            rest = [c for c in kept if c is not clue]
            if self.is_unique(rest, cases):
                kept = rest
        rng.shuffle(kept)
        return kept

    def _needed(self, left: list[int], known: list[Clue], more: list[Clue]) -> list[Clue]:
        """Clues of `more`, none to spare, that solve what `known` leaves: halves first (QuickXplain, Junker 2004)."""
        if not more or not any(x & (x - 1) for x in left):
            return []
        if len(more) == 1:
            return more
        half = len(more) // 2
        second = self._needed(*self._told(left, known, more[:half]), more[half:])
        return self._needed(*self._told(left, known, second), more[:half]) + second

    def _told(self, left: list[int], known: list[Clue], more: list[Clue]) -> tuple[list[int], list[Clue]]:
        """What is left, and what is known, once more clues are."""
        told, all_known = left.copy(), known + more
        self.narrow(told, all_known, range(len(known), len(all_known)))
        return told, all_known
