"""What is known of each problem from its last group, and an order that asks exact shares of what is known.

A problem is `easy` where its last group was right throughout, `hard` where it was never right, `live` between the two,
and `unknown` until a group of it counts. A problem is named by `Example.id`, a hash of its source, of what is asked and
of who judges it: equal texts in two environments are two problems, and one text is one problem however it is asked.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Literal, get_args

from assay.types import Example

Pool = Literal["easy", "live", "hard", "unknown"]
POOLS: tuple[Pool, ...] = get_args(Pool)


class Ledger:
    """The pool that each problem was in behind each block of a run, from which an order can be made again.

    What decides block `b` of a run is known when it is drawn, and is the same after a restart: a loader draws a block
    while the one before it is being answered, so only blocks up to `b - 2` count.

    Args:
        prompts: Problems in a block; `None` keeps nothing.

    Example:
        >>> seen = Ledger(prompts=2)
        >>> seen.add(0, "sum", [1.0, 1.0]); seen.add(0, "proof", [0.0, 0.0])
        >>> seen.known(count=2), seen.known(count=4)
        ({}, {'sum': 'easy', 'proof': 'hard'})
    """

    def __init__(self, prompts: int | None) -> None:
        self.prompts = prompts
        self.tried: dict[int, dict[str, Pool]] = {}
        """Block -> Example -> the pool that its group put it in."""
        self._read, self._known = 0, dict[str, Pool]()

    def add(self, block: int, name: str, scores: Sequence[float | None]) -> None:
        """The scores of one group. A group in which no score counts says nothing."""
        counted = [score for score in scores if score is not None]
        if counted and self.prompts:
            pool: Pool = "easy" if min(counted) >= 1 else "hard" if max(counted) <= 0 else "live"
            self.tried.setdefault(block, {})[name] = pool

    def known(self, count: int) -> Mapping[str, Pool]:
        """The pools of problems when draw number `count` is made, where they are not unknown; the same object as long
        as nothing new is known."""
        blocks = count // self.prompts - 1 if self.prompts else 0
        if blocks < self._read:
            self._read, self._known = 0, {}
        new: dict[str, Pool] = {}
        for block in range(self._read, blocks):
            new |= self.tried.get(block, {})
        self._read = max(self._read, blocks)
        if any(self._known.get(name) != pool for name, pool in new.items()):
            self._known = self._known | new
        return self._known

    def pools(self, examples: Sequence[Example]) -> Callable[[int], Sequence[Pool]]:
        """`DomainMix`'s question in which pool each of these Examples is; the same object as long as none has moved."""
        last: tuple[object, Sequence[Pool]] = (None, ())

        def pools(count: int) -> Sequence[Pool]:
            nonlocal last
            known = self.known(count)
            if known is not last[0]:
                last = known, [known.get(example.id, "unknown") for example in examples]
            return last[1]

        return pools

    def solved(self, count: int) -> set[str]:
        """Those that were right throughout."""
        return {name for name, pool in self.known(count).items() if pool == "easy"}

    def resting(self, examples: Sequence[Example]) -> Callable[[int], list[int]]:
        """`DomainMix`'s question which problems sit a pass out: those that were right throughout when they were last
        tried (history resampling, SRPO, arXiv 2504.14286, 3.3)."""

        def rested(count: int) -> list[int]:
            solved = self.solved(count)
            return [index for index, example in enumerate(examples) if example.id in solved] if solved else []

        return rested

    def to_json(self) -> dict[str, Any]:
        """Everything that it knows, for those who keep no rollouts; see `of_json`."""
        return {"prompts": self.prompts, "tried": {str(block): groups for block, groups in self.tried.items()}}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Ledger:
        """What `to_json` gave, as it was."""
        made = cls(kept["prompts"])
        made.tried = {int(block): dict(groups) for block, groups in kept["tried"].items()}
        return made


class Turns:
    """Units of problems in turns of their pools: at every point the turns of a pool are within one of its share.

    In its turn a pool gives the unit that was asked longest ago, first those that never were, in an order of the seed.
    A turn whose pool has nothing that the block does not ask already goes to the pool with the next largest share, so
    that no problem comes twice in a block while others are left.
    """

    def __init__(self, units: Sequence[list[int]], shares: Mapping[Pool, float], seed: int) -> None:
        self.units = list(units)
        Random(seed).shuffle(self.units)
        total = sum(shares.values())
        self.shares: dict[str, float] = {pool: shares[pool] / total for pool in POOLS if shares.get(pool)}
        self.others = sorted(POOLS, key=lambda pool: -self.shares.get(pool, 0.0))
        self.turns, self.asked = Counter[str](), [-1] * len(self.units)
        self.queues: dict[Pool, deque[int]] = {}
        self.now: Sequence[Pool] | None = None
        self.block, self.seen = -1, set[int]()

    def next(self, draw: int, block: int, pools: Sequence[Pool]) -> list[int]:
        """The next unit, for draw number `draw` of a block, given the pool of each problem."""
        if pools is not self.now:
            self.now, self.queues = pools, {pool: deque() for pool in POOLS}
            for at in sorted(range(len(self.units)), key=self.asked.__getitem__):
                self.queues[_joint([pools[index] for index in self.units[at]])].append(at)
        if block != self.block:
            self.block, self.seen = block, set()
        turn = furthest_behind(self.shares, self.turns)
        if len(self.seen) == len(self.units):
            self.seen = set()
        for pool in (turn, *self.others):
            queue = self.queues[pool]  # type: ignore[index]  # a turn is a pool
            if queue and queue[0] not in self.seen:
                queue.append(at := queue.popleft())
                self.seen.add(at)
                self.asked[at] = draw
                return self.units[at]
        raise AssertionError("a unit that was not asked stands first in its queue")


def _joint(pools: Sequence[Pool]) -> Pool:
    """The pool of problems that are asked together."""
    return pools[0] if len(set(pools)) == 1 else "unknown" if "unknown" in pools else "live"


def furthest_behind(shares: Mapping[str, float], drawn: Counter[str]) -> str:
    """What lies furthest behind its share; it is counted as drawn."""
    count = drawn.total() + 1
    name = max(shares, key=lambda one: (shares[one] * count - drawn[one], shares[one]))
    drawn[name] += 1
    return name
