"""Which problems come next: a domain-weighted, repeatable order without replacement inside each domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from assay.errors import BadConfig, did_you_mean
from assay.types import hashed_seed


class DomainMix:
    """An endless order of problem indices whose domain shares follow weights.

    At every point the number of problems drawn from a domain is within one of its share of the draws so far
    (largest-deficit rule). Inside a domain each problem comes once before any comes twice, in an order hashed from
    (seed, domain, pass).

    Example:
        >>> mix = DomainMix(["math", "math", "code"], {}, seed=0)
        >>> [["math", "math", "code"][i] for i in mix.first(4)]
        ['code', 'math', 'code', 'math']
    """

    def __init__(self, domains: Sequence[str], weights: Mapping[str, float], seed: int) -> None:
        self.members: dict[str, list[int]] = {}
        for index, domain in enumerate(domains):
            self.members.setdefault(domain, []).append(index)
        for name in weights:
            if name not in self.members:
                hint = did_you_mean(name, self.members)
                raise BadConfig(f"domain_weights names {name!r}, which the data does not hold{hint}")
        raw = {domain: weights.get(domain, 1.0) for domain in sorted(self.members)}
        total = sum(raw.values())
        if total <= 0:
            raise BadConfig("domain_weights leave no domain to draw from")
        self.shares = {domain: weight / total for domain, weight in raw.items() if weight > 0}
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        drawn = dict.fromkeys(self.shares, 0)
        order: dict[str, list[int]] = {}
        count = 0
        while True:
            count += 1
            domain = max(self.shares, key=lambda d: (self.shares[d] * count - drawn[d], self.shares[d]))
            place, members = drawn[domain], self.members[domain]
            if place % len(members) == 0:
                order[domain] = list(members)
                Random(hashed_seed(self.seed, domain, place // len(members))).shuffle(order[domain])
            drawn[domain] += 1
            yield order[domain][place % len(members)]

    def first(self, count: int) -> list[int]:
        """The first `count` indices."""
        indices = iter(self)
        return [next(indices) for _ in range(count)]


def repeated(indices: Sequence[int], prompts: int, group: int, repeats: int) -> list[int]:
    """The order that a GRPO data loader reads: blocks of `prompts` indices, each `group` times, each block `repeats`
    times.

    Example:
        >>> repeated([7, 8], prompts=1, group=2, repeats=2)
        [7, 7, 7, 7, 8, 8, 8, 8]
    """
    out: list[int] = []
    for start in range(0, len(indices), prompts):
        block = [index for index in indices[start : start + prompts] for _ in range(group)]
        out += block * repeats
    return out


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
