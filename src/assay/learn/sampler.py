"""Which problems come next: a domain-weighted, repeatable order without replacement inside each domain."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from types import MappingProxyType

from assay.errors import BadConfig, did_you_mean
from assay.learn.pools import Pool, Turns, furthest_behind
from assay.types import hashed_seed


class DomainMix:
    """An endless order of problem indices whose domain shares follow weights.

    At every point the number of problems drawn from a domain is within one of its share of the draws so far
    (largest-deficit rule). Inside a domain each problem comes once before any comes twice, in an order hashed from
    (seed, domain, pass). `rested(count)`, asked when a domain begins a pass and `count` problems were drawn in all,
    names the problems that sit this pass out; where none would be left, all come. `weights` may be several, one for
    each stage: `stage(count)` says which holds for the next draw, and shares are counted anew in each; passes go on.
    Where `source_weights` names a source of a domain, the draws of that domain are shared by its sources in the same
    way, those that are not named with weight 1; else each of its problems counts alike, whatever its source. `units`
    names what each problem belongs to, where problems must be asked together: those of a unit, all of one size, are
    drawn one behind the other. With `quotas`, shares by pool (`pools.py`), the problems of a domain come in turns of
    their pools instead of in passes: `pools(count)` gives the pool of each, for blocks of `block` draws.

    Example:
        >>> mix = DomainMix(["math", "math", "code"], {}, seed=0)
        >>> [["math", "math", "code"][i] for i in mix.first(4)]
        ['code', 'math', 'code', 'math']
    """

    def __init__(
        self,
        domains: Sequence[str],
        weights: Mapping[str, float] | Sequence[Mapping[str, float]],
        seed: int,
        rested: Callable[[int], Collection[int]] = lambda count: (),
        stage: Callable[[int], int] = lambda count: 0,
        *,
        sources: Sequence[str] = (),
        source_weights: Mapping[str, float] = MappingProxyType({}),
        units: Sequence[str] = (),
        quotas: Mapping[Pool, float] = MappingProxyType({}),
        pools: Callable[[int], Sequence[Pool]] = lambda count: (),
        block: int = 1,
    ) -> None:
        _refuse_unknown("source_weights", source_weights, sources)
        parted = {domain for domain, source in zip(domains, sources, strict=False) if source in source_weights}
        whole: dict[tuple[str, str, object], list[int]] = {}
        for index, domain in enumerate(domains):
            part = sources[index] if domain in parted else ""
            whole.setdefault((domain, part, units[index] if units else index), []).append(index)
        if len(sizes := {len(unit) for unit in whole.values()}) > 1:
            raise BadConfig(f"problems that are asked together come in groups of one size, not of {sorted(sizes)}")
        self.size = max(sizes, default=1)
        """Problems of a unit."""
        self.members: dict[str, dict[str, list[list[int]]]] = {}
        """Domain -> source -> units; one part without a name where sources have no weights."""
        for (domain, part, _), unit in whole.items():
            self.members.setdefault(domain, {}).setdefault(part, []).append(unit)
        several = [weights] if isinstance(weights, Mapping) else weights
        self.shares = [_shares("domain_weights", one, self.members) for one in several]
        self.parts = {
            domain: _shares("source_weights", {n: w for n, w in source_weights.items() if n in parts}, parts)
            for domain, parts in self.members.items()
        }
        self.seed = seed
        self.rested, self.stage = rested, stage
        self.quotas, self.pools, self.block = quotas, pools, block

    def __iter__(self) -> Iterator[int]:
        passes, left = Counter[tuple[str, str]](), dict[tuple[str, str], list[list[int]]]()
        turns: dict[tuple[str, str], Turns] = {}
        of_parts = {domain: Counter[str]() for domain in self.members}
        stage, drawn = -1, Counter[str]()
        for draw in itertools.count(step=self.size):
            if (now := self.stage(draw)) != stage:
                stage, drawn = now, Counter()
            domain = furthest_behind(self.shares[stage], drawn)
            part = furthest_behind(self.parts[domain], of_parts[domain])
            place, units = (domain, part), self.members[domain][part]
            named = place if part else (domain,)
            if self.quotas:
                if place not in turns:
                    turns[place] = Turns(units, self.quotas, hashed_seed(self.seed, "pools", *named))
                yield from turns[place].next(draw, draw // self.block, self.pools(draw))
                continue
            if not left.get(place):
                out = set(self.rested(draw))
                awake = [unit for unit in units if not out.issuperset(unit)] or list(units)
                Random(hashed_seed(self.seed, *named, passes[place])).shuffle(awake)
                left[place] = awake[::-1]
                passes[place] += 1
            yield from left[place].pop()

    def first(self, count: int) -> list[int]:
        """The first `count` indices."""
        indices = iter(self)
        return [next(indices) for _ in range(count)]


def _shares(what: str, weights: Mapping[str, float], there: Iterable[str]) -> dict[str, float]:
    """Weights as shares, 1 where none is given. Raises `BadConfig` for names that are not there, or without a share."""
    _refuse_unknown(what, weights, names := sorted(there))
    raw = {name: weights.get(name, 1.0) for name in names}
    total = sum(raw.values())
    if total <= 0:
        raise BadConfig(f"{what} leave nothing to draw from {', '.join(names)}")
    return {name: weight / total for name, weight in raw.items() if weight > 0}


def _refuse_unknown(what: str, weights: Iterable[str], there: Collection[str]) -> None:
    for name in weights:
        if name not in there:
            raise BadConfig(f"{what} names {name!r}, which the data does not hold{did_you_mean(name, {*there})}")


def repeated(indices: Iterable[int], prompts: int, group: int, repeats: int) -> Iterator[int]:
    """The order that a GRPO data loader reads: blocks of `prompts` indices, each `group` times, each block `repeats`
    times. A block is drawn when its first row is read.

    Example:
        >>> list(repeated([7, 8], prompts=1, group=2, repeats=2))
        [7, 7, 7, 7, 8, 8, 8, 8]
    """
    left = iter(indices)
    while block := list(islice(left, prompts)):
        yield from [index for index in block for _ in range(group)] * repeats


def bucketed(lengths: Sequence[int], batch: int, batches: int, seed: int) -> list[int]:
    """Indices for `batches` batches whose rows are of similar length, in an order that mixes lengths.

    Sixteen batches are drawn at random at a time, sorted by length, cut, and shuffled as batches: little padding, and
    no long stretch of one kind of row. Each pass over the rows is a new permutation, hashed from the seed.
    """
    pool = min(16, batches)
    out: list[int] = []
    rows: list[int] = []
    drawn = 0
    while len(out) < batch * batches:
        while len(rows) < batch * pool:
            again = list(range(len(lengths)))
            Random(hashed_seed(seed, "pass", drawn)).shuffle(again)
            rows, drawn = rows + again, drawn + 1
        block, rows = sorted(rows[: batch * pool], key=lambda row: lengths[row]), rows[batch * pool :]
        cut = [block[start : start + batch] for start in range(0, len(block), batch)]
        Random(hashed_seed(seed, "order", len(out))).shuffle(cut)
        out += [row for part in cut for row in part]
    return out[: batch * batches]
