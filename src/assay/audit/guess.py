"""What a policy earns over a source that says the same whatever it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay.judging.session import answer_keys, verify_many
from assay.types import Example, hashed_seed

TRIED, ROWS = 8, 300
"""Responses that are tried, and rows on which they are."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The best constant response."""

    response: str
    share: float
    """Share of the rows that it is right for, from 0 to 1."""
    rows: int


def best_guess(examples: Sequence[Example], *, workers: int = 2) -> Guess | None:
    """The constant that earns most: one of the gold responses with the most frequent answers.

    Of more than 300 rows those with the smallest hash are judged. `None` where fewer than two rows have gold.
    """
    rows = [example for example in examples if example.gold is not None]
    keys = answer_keys(rows, [example.reference for example in rows])
    golds: dict[str, str] = {}
    often: Counter[str] = Counter()
    for example, key in zip(rows, keys, strict=True):
        said = key or example.gold or ""
        often[said] += 1
        golds.setdefault(said, example.gold or "")
    sample = sorted(rows, key=lambda e: hashed_seed("guess", e.id))[:ROWS]
    if len(sample) < 2:
        return None
    tried = [golds[said] for said, _ in often.most_common(TRIED)]
    pairs = [(example, said) for said in tried for example in sample]
    verdicts = verify_many([e for e, _ in pairs], [said for _, said in pairs], workers=workers)
    right = [sum(v.is_correct for v in verdicts[at : at + len(sample)]) for at in range(0, len(pairs), len(sample))]
    best = max(range(len(tried)), key=lambda at: (right[at], -at))
    return Guess(tried[best], right[best] / len(sample), len(sample))
