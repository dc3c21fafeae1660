"""What the samples of a problem make together: the answer of most of them, the best and the worst of k, what they cost.

All are expectations over every choice of k of the n samples, as pass@k is, so that no order of samples decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import comb, fsum, sqrt
from operator import attrgetter

import numpy as np

from assay.evaluate.metrics import Z_95, Estimate, estimate
from assay.judging.session import answer_keys
from assay.judging.verifier import VERIFIERS
from assay.rollout.store import Answer
from assay.types import Example, Status

MOST = 64
"""Samples up to which a vote is counted exactly; of more, the first so many."""
_NUMBER = attrgetter("sample")


@dataclass
class Said:
    """The samples of one Example, in the order of their numbers."""

    scores: list[float] = field(default_factory=list)
    """Of those that count."""
    classes: list[str | None] = field(default_factory=list)
    """Beside each, the key of its answer, which equal answers share; `None` for one that answers nothing."""
    votes: bool = True
    """Whether the verifier knows when two answers are equal: of programs it does not."""
    asked: int = 0
    cut: int = 0
    """Samples that the limit of tokens ended."""
    silent: int = 0
    """Samples without an answer."""
    failed: int = 0
    """Samples for which no response came."""
    tokens: int = 0
    """Of all samples."""


def said_of(answers: Iterable[Answer], examples: Mapping[str, Example]) -> dict[str, Said]:
    """Example id -> its samples, from what a run stored of them."""
    given: dict[str, list[Answer]] = {}
    for answer in answers:
        given.setdefault(answer.example_id, []).append(answer)
    said: dict[str, Said] = {}
    reads: dict[str, list[str | None]] = {}
    for name, rows in given.items():
        if name not in examples:
            continue
        rows.sort(key=_NUMBER)
        _, _, statuses, scores, finishes, tokens, texts = zip(*rows, strict=True)
        reads[name] = [text for text, score in zip(texts, scores, strict=True) if score is not None]
        said[name] = Said(
            scores=[score for score in scores if score is not None],
            votes=VERIFIERS.get(examples[name].verifier).keys is not None,
            asked=len(scores),
            cut=finishes.count("length"),
            silent=statuses.count(Status.NO_ANSWER),
            failed=finishes.count("failed"),
            tokens=sum(tokens),
        )
    keys = _keys({name: read for name, read in reads.items() if said[name].votes}, examples)
    for name, read in reads.items():
        known = keys.get(name, {})
        said[name].classes = [known.get(text) for text in read]
    return said


def _keys(
    reads: Mapping[str, Sequence[str | None]], examples: Mapping[str, Example]
) -> dict[str, dict[str | None, str]]:
    """Example -> text of an answer -> its key; a text that has none is its own."""
    pairs = [(name, text) for name, read in reads.items() for text in dict.fromkeys(read) if text is not None]
    made = answer_keys([examples[name] for name, _ in pairs], [text for _, text in pairs])
    keys: dict[str, dict[str | None, str]] = {}
    for (name, text), key in zip(pairs, made, strict=True):
        keys.setdefault(name, {})[text] = key if key is not None else f"as it stands: {text}"
    return keys


def best_of(scores: Sequence[float], k: int) -> float:
    """The expected best score of k of the samples.

    Example:
        >>> best_of([1.0, 0.0, 0.0, 0.0], 2), best_of([0.2, 0.6], 1)
        (0.5, 0.4)
    """
    return fsum(s * comb(i, k - 1) for i, s in enumerate(sorted(scores))) / comb(len(scores), k)


def worst_of(scores: Sequence[float], k: int) -> float:
    """The expected worst score of k of the samples: how often all of k are right.

    Example:
        >>> worst_of([1.0, 1.0, 0.0], 2)
        0.3333333333333333
    """
    return 0.0 - best_of([-score for score in scores], k)


def majority(scores: Sequence[float], classes: Sequence[str | None], k: int) -> float:
    """The expected score of the answer that most of k of the samples give (self-consistency, Wang et al. 2022).

    Samples without an answer have no vote; answers with equally many votes share the decision. Exact, in time k^2 for
    each of the different answers.

    Example:
        >>> majority([1.0, 1.0, 0.0], ["4", "4", "5"], 3), majority([1.0, 0.0], ["4", "5"], 2)
        (1.0, 0.5)
    """
    sizes = Counter(classes)
    silent = sizes.pop(None, 0)
    total = Fraction(0)
    for name, size in sizes.items():
        mean = fsum(s for s, key in zip(scores, classes, strict=True) if key == name) / size
        if mean:
            others = [other for key, other in sizes.items() if key != name]
            total += Fraction(mean) * _wins(size, others, silent, k)
    return float(total / comb(len(scores), k))


def _wins(size: int, others: Sequence[int], silent: int, k: int) -> Fraction:
    """Choices of k samples in which a class of so many wins; a win that is shared counts as its share."""
    total = Fraction(0)
    for votes in range(1, min(size, k) + 1):
        ways: dict[tuple[int, int], int] = {(left, 0): comb(silent, left) for left in range(min(silent, k - votes) + 1)}
        for other in others:
            grown: dict[tuple[int, int], int] = {}
            for (used, ties), count in ways.items():
                for taken in range(min(other, votes, k - votes - used) + 1):
                    place = (used + taken, ties + (taken == votes))
                    grown[place] = grown.get(place, 0) + count * comb(other, taken)
            ways = grown
        shares = (Fraction(count, ties + 1) for (used, ties), count in ways.items() if used == k - votes)
        total += comb(size, votes) * sum(shares, Fraction(0))
    return total


def columns(said: Sequence[Said], ks: Sequence[int], name: str) -> dict[str, Estimate]:
    """What problems make of their samples, each as the mean over problems with its interval.

    `maj@k`, `worst@k` and, where there is partial credit, `best@k` of each k above 1 that a problem has the samples
    for; the shares `cut` at the limit of tokens and `silent`, without an answer; `tokens` of a response, no share.
    """
    made: dict[str, Estimate] = {}
    for k in (k for k in ks if k > 1):
        enough = [one for one in said if len(one.scores) >= k]
        voting = [one for one in enough if one.votes]
        found = {
            f"maj@{k}": [majority(one.scores[:MOST], one.classes[:MOST], k) for one in voting if k <= MOST],
            f"worst@{k}": [worst_of(one.scores, k) for one in enough],
            f"best@{k}": [best_of(one.scores, k) for one in enough]
            if any(0 < score < 1 for one in enough for score in one.scores)
            else [],
        }
        made |= {label: _mean(values, f"{name} {label}") for label, values in found.items() if values}
    asked = [one for one in said if one.asked]
    if asked:
        made["cut"] = _mean([one.cut / one.asked for one in asked], f"{name} cut")
        made["silent"] = _mean([one.silent / one.asked for one in asked], f"{name} silent")
    if any(one.tokens for one in asked):
        made["tokens"] = _plain_mean([one.tokens / one.asked for one in asked])
    return made


def _mean(values: Sequence[float], name: str) -> Estimate:
    return estimate(np.clip(np.array(values), 0.0, 1.0), name)


def _plain_mean(values: Sequence[float]) -> Estimate:
    """A mean that is no share, with the interval of a normal distribution; of one value it is the value."""
    mean = fsum(values) / len(values)
    spread = fsum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
    half = Z_95 * sqrt(spread / len(values))
    return Estimate(mean, max(0.0, mean - half), mean + half, len(values))
