"""Which of several answers to give: rules of selection applied to a stored run, all at the same budget of samples.

A rule sees the answers and, where there are some, weights: how a verifier, a judge or the model itself values each
response. It never sees what is right. Its score is that of the answer it gives; the gap is what an oracle, which gives
a right answer wherever there is one, has more (arXiv 2110.14168, section 4; 2203.11171).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import fsum
from pathlib import Path
from typing import Any

import numpy as np

from assay.errors import AssayError, BadRow, counted, did_you_mean
from assay.evaluate.metrics import Estimate, mean_of
from assay.evaluate.samples import Said, majority, said_of
from assay.files import read_jsonl
from assay.rollout.runs import StoredRun, open_run

LIKELIHOOD = "likelihood"
"""Weights of the model itself: the mean log-probability of a response's tokens, as a probability."""
Weights = Mapping[tuple[str, int], float]
"""(Example, number of the sample) -> weight, at least 0."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The samples of one problem: what each scores, which answers are equal, and how each is valued."""

    scores: tuple[float, ...]
    classes: tuple[str | None, ...]
    """`None` for a response that answers nothing."""
    weights: tuple[float, ...] = ()
    """Empty where nothing values responses."""

    def top(self, most: int) -> Pool:
        """The `most` samples with the largest weights; the earlier of two equal ones."""
        order = sorted(range(len(self.scores)), key=lambda place: -self.weights[place])[:most]
        return Pool(
            tuple(self.scores[place] for place in order),
            tuple(self.classes[place] for place in order),
            tuple(self.weights[place] for place in order),
        )


def one_of(pool: Pool) -> float:
    """Any of the samples: avg@n."""
    return fsum(pool.scores) / len(pool.scores)


def vote(pool: Pool) -> float:
    """The answer that most samples give; an even vote is shared, and without any vote there is no answer."""
    return majority(pool.scores, pool.classes, len(pool.scores))


def weighted_vote(pool: Pool) -> float:
    """The answer whose samples weigh most together."""
    held: dict[str, list[int]] = {}
    for place, key in enumerate(pool.classes):
        if key is not None:
            held.setdefault(key, []).append(place)
    sums = {key: fsum(pool.weights[place] for place in places) for key, places in held.items()}
    most = max(sums.values(), default=0.0)
    best = [held[key] for key, total in sums.items() if total == most]
    return fsum(fsum(pool.scores[p] for p in places) / len(places) for places in best) / len(best) if best else 0.0


def best_by_weight(pool: Pool) -> float:
    """The response with the largest weight, whether it answers or not; equal ones share."""
    most = max(pool.weights)
    chosen = [score for score, weight in zip(pool.scores, pool.weights, strict=True) if weight == most]
    return fsum(chosen) / len(chosen)


def oracle(pool: Pool) -> float:
    """A right answer wherever there is one: pass@n."""
    return max(pool.scores)


@dataclass(frozen=True)
class Choice:
    """What a rule reaches on some problems."""

    rule: str
    score: Estimate
    gap: Estimate
    """What the oracle has more."""


@dataclass(frozen=True)
class Selected:
    """Rules compared on one run."""

    samples: int
    """The budget: so many samples of each problem."""
    valued_by: str
    """What the weights are; empty where there are none."""
    choices: Mapping[str, tuple[Choice, ...]]
    """`all` (the mean of the domains) and each domain -> its rules, the oracle last."""
    distinct: Mapping[str, float]
    """The same -> different answers to a problem, on average; how much there is to choose from."""
    left_out: int
    """Problems with fewer samples that count."""

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        choices = {name: [asdict(choice) for choice in made] for name, made in self.choices.items()}
        facts = {"samples": self.samples, "valued_by": self.valued_by, "left_out": self.left_out}
        return facts | {"choices": choices, "distinct": dict(self.distinct)}


def select(
    run: StoredRun, *, weights: str = "", known: Weights | None = None, first: int | None = None, top: int = 3
) -> Selected:
    """Apply every rule to the first samples of each problem: all that were asked for, or `first` of them.

    `weights` is `likelihood`, the directory of the same run judged by another verifier or a judge (`assay rescore`), or
    a `.jsonl` of `example_id`, `index` and `score`; it only names those that are `known`. `top` is how many of the best
    valued samples vote in the rule `vote of top`. Raises `AssayError` where weights are lacking, and where no problem
    has the samples.
    """
    if first is not None and first < 1:
        raise AssayError(f"a choice needs at least one sample, not {first}")
    answers = [answer for answer in run.store.answers() if first is None or answer.sample < first]
    said = said_of(answers, run.examples)
    valued = known if known is not None else weights_of(run, weights) if weights else {}
    counting = sorted((a.example_id, a.sample) for a in answers if a.score is not None and a.example_id in said)
    places: dict[str, list[int]] = {}
    for name, index in counting:
        places.setdefault(name, []).append(index)
    if weights and (lacking := [key for key in counting if key not in valued]):
        raise AssayError(
            f"{weights} has no weight for {counted(len(lacking), 'response')} of {len(counting):,}, such as sample "
            f"{lacking[0][1]} of {lacking[0][0]}: judge the whole run (assay rescore {run.path} -o OUT)"
        )
    budget = max((len(found) for found in places.values()), default=0)
    pools = {
        name: _pool(said[name], [valued.get((name, i), 0.0) for i in found] if weights else [])
        for name, found in places.items()
        if len(found) == budget
    }
    if budget < 2:
        raise AssayError(f"{run.path} has {counted(budget, 'sample')} of a problem: there is nothing to choose from")
    parts: dict[str, list[Pool]] = {}
    for name, pool in pools.items():
        parts.setdefault(run.examples[name].domain or "-", []).append(pool)
    rules = _rules(bool(weights), min(top, budget))
    choices = {"all": _choices(parts, rules)} | {name: _choices({name: part}, rules) for name, part in parts.items()}
    spread = {name: fsum(len(set(p.classes) - {None}) for p in part) / len(part) for name, part in parts.items()}
    spread = {"all": fsum(spread.values()) / len(spread), **spread}
    return Selected(budget, weights, choices, spread, len(run.examples) - len(pools))


def _pool(said: Said, weights: Sequence[float]) -> Pool:
    """Answers that nothing compares (programs) are all different."""
    classes = said.classes if said.votes else [f"{place}" for place in range(len(said.scores))]
    return Pool(tuple(said.scores), tuple(classes), tuple(weights))


def _rules(weighted: bool, top: int) -> dict[str, Callable[[Pool], float]]:
    rules: dict[str, Callable[[Pool], float]] = {"one sample": one_of, "majority": vote}
    if weighted:
        rules |= {"weighted vote": weighted_vote, "best of n": best_by_weight}
        rules[f"vote of top {top}"] = lambda pool: vote(pool.top(top))
    return rules | {"oracle": oracle}


def _choices(parts: Mapping[str, Sequence[Pool]], rules: Mapping[str, Callable[[Pool], float]]) -> tuple[Choice, ...]:
    most = {name: np.array([oracle(pool) for pool in part]) for name, part in parts.items()}
    made = []
    for rule, score in rules.items():
        reached = {name: np.array([score(pool) for pool in part]) for name, part in parts.items()}
        gaps = {name: np.clip(most[name] - reached[name], 0.0, 1.0) for name in parts}
        made.append(Choice(rule, mean_of(reached, rule), mean_of(gaps, rule)))
    return tuple(made)


def weights_of(run: StoredRun, source: str) -> dict[tuple[str, int], float]:
    """How each response is valued; see `select`."""
    if source == LIKELIHOOD:
        rollouts = [rollout for rollout in run.store.rollouts() if rollout.logprobs]
        if not rollouts:
            raise AssayError(f"{run.path} holds no log-probabilities: its engine did not tell them")
        return {(r.example_id, r.index): math.exp(fsum(r.logprobs) / len(r.logprobs)) for r in rollouts}
    if source.endswith((".jsonl", ".jsonl.gz")):
        return dict(_of_file(source))
    if not Path(source).is_dir():
        hint = did_you_mean(source, [LIKELIHOOD])
        raise AssayError(f"weights {source!r} are no run, no .jsonl of scores, and not known by name{hint}")
    other = open_run(Path(source), "measure", "rescore")
    same = {example.problem_id: name for name, example in run.examples.items()}
    names = {name: same.get(example.problem_id, name) for name, example in other.examples.items()}
    # where a judge had no verdict, it values nothing
    return {(names.get(a.example_id, a.example_id), a.sample): a.score or 0.0 for a in other.store.answers()}


def _of_file(path: str) -> Iterable[tuple[tuple[str, int], float]]:
    for number, row in read_jsonl(path):
        try:
            key, score = (str(row["example_id"]), int(row["index"])), float(row["score"])
        except (KeyError, TypeError, ValueError):
            raise BadRow(path, number, "a weight needs 'example_id', 'index' and 'score', a number") from None
        if not 0 <= score < math.inf:
            raise BadRow(path, number, f"a weight is a number of at least 0, not {score}")
        yield key, score
