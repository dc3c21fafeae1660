"""Training of `head`: from responses whose verdict is known to a small calibrated network, by one recipe.

Labelled rows show how models answer; rewrites of references (`audit/rewrites.py`) show near misses, denials, several
answers and other notations, whose verdicts are known by construction. Without the rewrites such a network pays for
likeness alone. Questions are parted by hash: seven tenths train, one calibrates (a temperature and an offset, Platt
1999) and finds the probability that is enough, two are measured. The parts take turns, so that five heads are made and
every row is measured once, by a head that knows nothing of its question; the first head is the one that is kept. Needs
numpy alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from assay.audit.labelled import LabelledRow, read_labelled
from assay.audit.rewrites import rewritten
from assay.audit.sets import SETS, labelled_set
from assay.config import Config, fingerprint, settings
from assay.errors import BadConfig, NoAnswer
from assay.evaluate.metrics import wilson
from assay.files import write_atomically
from assay.journal import owned, refuse_foreign
from assay.judging.session import verify_many
from assay.prose.likeness import NAMES
from assay.sources.base import data_dir
from assay.sources.selection import Selection
from assay.types import Example, content_hash, hashed_seed
from assay.verifiers.head import LEAST_SCALE, Floats, Head, row, shown
from assay.version import VERSION

Bools = np.ndarray[Any, np.dtype[np.bool_]]
TENTHS = {"train": range(7), "calibrate": range(7, 8), "held out": range(8, 10)}
"""Which tenths of the questions are for what, in the first turn; each turn is two tenths further on."""
TURNS = 5
BATCH, BINS, LEAST = 256, 10, 100
"""Rows of an update; bins of the reliability curve; labelled rows that are needed."""
DRAWS = 1000
"""Draws of the labels that say what calibration error is due to chance, and of the rows that say how sure it is."""
NEWTON, TINY, LEAST_SLOPE = 30, 1e-9, 0.05
"""Steps of the calibration and the shortest one; the least slope, where scores say nothing or the opposite."""
LIKELY = 0.5
"""The least probability that may be enough."""
WEIGHTS, REPORT = "head.json", "report.json"


class Labelled(Config):
    """Responses to questions, and whether each is right: a JSONL file."""

    path: str
    """The file, its place under the data directory, or a set that is known (`labelled/hardverify`)."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Field (`prompt`, `reference`, `response`, `label`) -> column, where it is called otherwise."""
    accepted: str = ""
    """What stands between the accepted texts of one reference."""
    weight: float = Field(1.0, gt=0)
    """How much each of its rows counts in training."""
    rewritten: bool = True
    """Whether its references are rewritten too."""
    verifier: str = "text"
    """The rule that the head is measured beside."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Its parameters."""

    def rows(self, data: Path | None) -> Iterator[LabelledRow]:
        """The rows; a set that is known has its own verifier and columns.

        Raises `BadConfig`, `MissingData` and `BadRow`.
        """
        if self.path in SETS:
            yield from labelled_set(self.path, data)
            return
        path = Path(self.path) if Path(self.path).is_file() else data_dir(data) / self.path
        for one in read_labelled(path, self.columns, given={"verifier": self.verifier, "params": self.params}):
            split = self.accepted and isinstance(one.reference, str)
            yield replace(one, reference=one.reference.split(self.accepted)) if split else one


class HeadRecipe(Config):
    """`method = "head"`."""

    method: Literal["head"]
    """Which kind of recipe it is."""
    seed: int = 0
    """Decides the parts, the first weights and the order."""
    labelled: tuple[Labelled, ...] = Field(min_length=1)
    """What models answered, and whether it was right."""
    rewrites: tuple[Selection, ...] = ()
    """Sources whose references are rewritten, besides those of the labelled rows."""
    per: int = Field(8, ge=2)
    """Rewrites of each reference, half of them right."""
    weight: float = Field(0.2, ge=0)
    """How much a rewrite counts beside a labelled row."""
    hidden: int = Field(32, ge=1)
    """Hidden units."""
    epochs: int = Field(40, ge=1)
    """Passes over the rows."""
    learning_rate: float = Field(3e-3, gt=0)
    """At its highest; it falls to 0 by a cosine."""
    weight_decay: float = Field(1e-2, ge=0)
    """Decoupled from the gradient (AdamW)."""
    false_pay: float = Field(0.005, gt=0, lt=1)
    """Of the wrong answers, the share that a head behind its rule may pay where the rule did not."""


@dataclass(frozen=True)
class Rows:
    """N responses as a head sees them."""

    features: Floats
    """(N, F); zeros where nothing was shown."""
    shown: Bools
    """(N,) whether there is an answer to show."""
    right: Bools
    """(N,) the labels."""
    ruled: Bools
    """(N,) whether the rule accepts."""
    tenth: np.ndarray[Any, Any]
    """(N,) the tenth that its question falls into, from 0 to 9."""
    weight: Floats
    """(N,) how much each counts."""

    def where(self, mask: Bools) -> Rows:
        """Some of the rows."""
        return Rows(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))

    def of(self, part: str, turn: int = 0) -> Rows:
        """Those that `train`, `calibrate` or are `held out` in a turn."""
        return self.where(np.isin((self.tenth - 2 * turn) % 10, TENTHS[part]))

    def paid(self, head: Head, at_least: float | None = None) -> Bools:
        """(N,) what the head accepts."""
        least = head.at_least if at_least is None else at_least
        return np.asarray(self.shown & (head.probabilities(self.features) >= least))

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """All rows of several."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))


def rows_of(triples: Iterable[tuple[Example, str, bool]], seed: int = 0, weight: float = 1.0) -> Rows:
    """(example, response, label) as rows, with the verdicts of each Example's own verifier."""
    known = list(triples)
    verdicts = verify_many([example for example, *_ in known], [said for _, said, _ in known])
    made = np.zeros((len(known), len(NAMES)), np.float32)
    seen = np.zeros(len(known), np.bool_)
    for place, (example, said, _) in enumerate(known):
        try:
            made[place], seen[place] = row(example, shown(example, said)), True
        except NoAnswer:
            continue
    return Rows(
        made,
        seen,
        np.array([label for *_, label in known], np.bool_),
        np.array([verdict.is_correct for verdict in verdicts], np.bool_),
        np.array([tenth_of(example, seed) for example, *_ in known], np.int64),
        np.full(len(known), weight, np.float32),
    )


def tenth_of(example: Example, seed: int) -> int:
    """The tenth that all responses to a question fall into, see `TENTHS`."""
    return hashed_seed("head", seed, example.text) % 10


def train_head(
    recipe: HeadRecipe, out: Path, data: Path | None = None, on_stage: Callable[[str], None] = lambda name: None
) -> dict[str, Any]:
    """Make the head of a recipe in `out`, and return its report; a second call reads what the first wrote.

    Raises `BadConfig` where there are too few rows, or rows of one label alone.
    """
    refuse_foreign(out)
    labelled = [list(entry.rows(data)) for entry in recipe.labelled]
    facts = {"kind": "head", "recipe": settings(recipe), "assay": VERSION}
    facts["data"] = content_hash([one.to_json() for rows in labelled for one in rows])
    with owned(out, facts):
        if (out / REPORT).is_file():
            known: dict[str, Any] = json.loads((out / REPORT).read_text("utf-8"))
            return known
        sets = {}
        for entry, rows in zip(recipe.labelled, labelled, strict=True):
            on_stage(f"reading {entry.path}")
            triples = ((one.example(), one.response, one.label) for one in rows)
            sets[entry.path] = rows_of(triples, recipe.seed, entry.weight)
        real = Rows.joined(list(sets.values()))
        _require(real)
        on_stage("rewriting references")
        made = rows_of(rewrites_of(recipe, labelled, data), recipe.seed, recipe.weight)
        on_stage("training")
        heads = [made_in(turn, recipe, real, made) for turn in range(TURNS)]
        head = replace(heads[0], recipe=fingerprint(recipe, facts["data"]))
        sets |= {"rewrites": made} if len(made.right) else {}
        report = {"fingerprint": head.fingerprint, "temperature": head.temperature, "at_least": head.at_least}
        report["sets"] = {name: measured(heads, rows) for name, rows in sets.items()}
        head.save(out / WEIGHTS)
        write_atomically(out / REPORT, json.dumps(report, indent=1) + "\n")
    return report


def made_in(turn: int, recipe: HeadRecipe, real: Rows, made: Rows) -> Head:
    """The head of a turn: fitted on labelled rows and rewrites, calibrated on labelled rows of other questions."""
    head = fitted(recipe, Rows.joined([real.of("train", turn), made.of("train", turn)]))
    return calibrated(head, real.of("calibrate", turn), recipe.false_pay)


def _require(rows: Rows) -> None:
    for part in TENTHS:
        labels = rows.of(part).right
        if len(rows.right) < LEAST or labels.all() or not labels.any():
            raise BadConfig(
                f"the labelled rows hold {rows.right.sum()} right and {(~rows.right).sum()} wrong responses: "
                f"give at least {LEAST} to many questions, with both labels"
            )


def rewrites_of(
    recipe: HeadRecipe, labelled: Sequence[Sequence[LabelledRow]], data: Path | None
) -> Iterator[tuple[Example, str, bool]]:
    """The rewrites of the references, once each."""
    chosen = (rows for entry, rows in zip(recipe.labelled, labelled, strict=True) if entry.rewritten)
    once = {row.example().id: replace(row.example(), params={}) for rows in chosen for row in rows}
    others = [example for one in recipe.rewrites for example in one.examples(data, seed=recipe.seed)]
    for made in rewritten([*once.values(), *others], per=recipe.per, seed=recipe.seed):
        plain = {name: value for name, value in made.params.items() if name != "options"}
        yield replace(made, params=plain).example(), made.response, made.label


def fitted(recipe: HeadRecipe, rows: Rows) -> Head:
    """The network of H hidden units with the least weighted log loss on these rows, by AdamW."""
    known = rows.where(rows.shown)
    mean, scale = known.features.mean(0), np.maximum(known.features.std(0), LEAST_SCALE)
    rng = np.random.default_rng(hashed_seed("head", recipe.seed))
    count, hidden = len(NAMES), recipe.hidden
    weights = [
        rng.normal(0, np.sqrt(2 / count), (count, hidden)).astype(np.float32),
        np.zeros(hidden, np.float32),
        rng.normal(0, np.sqrt(1 / hidden), hidden).astype(np.float32),
        np.zeros((), np.float32),
    ]
    inputs = _head(mean, scale, weights).inputs(known.features)
    first, second = ([np.zeros_like(array) for array in weights] for _ in range(2))
    steps = recipe.epochs * -(-len(inputs) // BATCH)
    for step in range(steps):
        drawn = rng.integers(0, len(inputs), min(BATCH, len(inputs)))
        slopes = _gradients(weights, inputs[drawn], known.right[drawn], known.weight[drawn])
        rate = recipe.learning_rate * (1 + np.cos(np.pi * step / steps)) / 2
        for place, slope in enumerate(slopes):
            first[place] += 0.1 * (slope - first[place])
            second[place] += 0.001 * (slope**2 - second[place])
            unbiased = first[place] / (1 - 0.9 ** (step + 1))
            spread = np.sqrt(second[place] / (1 - 0.999 ** (step + 1))) + 1e-8
            weights[place] -= np.float32(rate) * (unbiased / spread + recipe.weight_decay * weights[place])
    return _head(mean, scale, weights)


def _head(mean: Floats, scale: Floats, weights: Sequence[Floats]) -> Head:
    inner, inner_bias, outer, outer_bias = (np.asarray(array, np.float32) for array in weights)
    return Head(mean, scale, inner, inner_bias, outer, outer_bias)


def _gradients(weights: Sequence[Floats], inputs: Floats, right: Bools, weight: Floats) -> list[Floats]:
    """Gradients of the mean weighted log loss: by the inner weights (F, H) and biases, and the outer ones."""
    inner, inner_bias, outer, outer_bias = weights
    before = inputs @ inner + inner_bias
    hidden = np.maximum(before, 0)
    probability = 1 / (1 + np.exp(-np.clip(hidden @ outer + outer_bias, -30, 30)))
    error = ((probability - right) * weight / len(inputs)).astype(np.float32)
    behind = np.outer(error, outer) * (before > 0)
    return [inputs.T @ behind, behind.sum(0), hidden.T @ error, error.sum()]


def calibrated(head: Head, rows: Rows, false_pay: float) -> Head:
    """The head with the temperature and the offset of least log loss on rows, and the probability that its rule's
    refusals need.

    That is the lowest from one half on at which at most a share `false_pay` of all wrong rows is paid though the rule
    refused them.
    """
    seen = rows.where(rows.shown)
    slope, offset = _line(head.scores(seen.features), seen.right)
    shifted = np.float32(head.outer_bias + offset / slope)
    head = replace(head, temperature=1 / slope, outer_bias=np.asarray(shifted, np.float32))
    refused = rows.where(rows.shown & ~rows.right & ~rows.ruled)
    worst = np.sort(head.probabilities(refused.features))[::-1]
    allowed = int(false_pay * (~rows.right).sum())
    above = float(np.nextafter(worst[allowed], np.float32(1))) if allowed < len(worst) else 0.0
    return replace(head, at_least=max(LIKELY, above))


def _line(scores: Floats, right: Bools) -> tuple[float, float]:
    """Slope and offset of the log odds of least log loss, kept near (1, 0) by as much as one row would.

    Newton's method (Platt 1999), with steps that are halved until they help.
    """
    inputs = np.stack([scores, np.ones_like(scores)], 1).astype(np.float64)
    start = np.array([1.0, 0.0])

    def loss(at: Any) -> float:
        odds = inputs @ at
        return float(np.logaddexp(0, np.where(right, -odds, odds)).sum() + ((at - start) ** 2).sum() / 2)

    found = start
    for _ in range(NEWTON):
        likely = 1 / (1 + np.exp(-np.clip(inputs @ found, -30, 30)))
        slopes = inputs.T @ (likely - right) + found - start
        step = np.linalg.solve((inputs.T * (likely * (1 - likely))) @ inputs + np.eye(2), slopes)
        while np.abs(step).max() > TINY and loss(found - step) > loss(found):
            step = step / 2
        found = found - step * (np.abs(step).max() > TINY)
    return max(LEAST_SLOPE, float(found[0])), float(found[1])


def measured(heads: Sequence[Head], rows: Rows) -> dict[str, Any]:
    """What the rule, the head and both together pay of right and of wrong rows, and how well the head is calibrated.

    Each row is judged by the head of the turn in which its question was held out.
    """
    rows, alone, probabilities = apart(heads, rows)
    ways = {"rule": rows.ruled, "head": alone, "hybrid": rows.ruled | alone}
    found: dict[str, Any] = {"right": int(rows.right.sum()), "wrong": int((~rows.right).sum())}
    for name, paid in ways.items():
        found[name] = {
            label: {"count": int(paid[own].sum()), "interval": list(wilson(int(paid[own].sum()), int(own.sum())))}
            for label, own in (("right", rows.right), ("wrong", ~rows.right))
            if own.any()
        }
    found["calibration"] = reliability(probabilities[rows.shown], rows.right[rows.shown])
    return found


def apart(heads: Sequence[Head], rows: Rows) -> tuple[Rows, Bools, Floats]:
    """The rows in the order of the turns, what is paid of them, and (N,) how likely each is right."""
    parts = [rows.of("held out", turn) for turn in range(len(heads))]
    paid = [part.paid(head) for head, part in zip(heads, parts, strict=True)]
    likely = [head.probabilities(part.features) for head, part in zip(heads, parts, strict=True)]
    return Rows.joined(parts), np.concatenate(paid), np.concatenate(likely)


def reliability(probabilities: Floats, right: Bools) -> dict[str, Any]:
    """The expected calibration error and its curve: of each tenth of [0, 1] rows, mean probability, share right.

    `interval` is the 95 % interval of the error over draws of the rows. On few rows chance alone makes an error:
    `chance` is what a head without any fault, whose probabilities are these, would show in the mean of draws of the
    labels, and `chance_high` what it would stay below in 95 of 100.
    """
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    curve = []
    for number in range(BINS):
        own = bins == number
        if own.any():
            said, true = float(probabilities[own].mean()), float(right[own].mean())
            curve.append({"rows": int(own.sum()), "probability": said, "right": true})
    rng, count = np.random.default_rng(0), len(right)
    again = (rng.integers(0, count, count) for _ in range(DRAWS if count else 0))
    rows = [_error(bins[at], probabilities[at], right[at]) for at in again]
    labels = [_error(bins, probabilities, rng.random(count) < probabilities) for _ in range(DRAWS)]
    return {
        "error": _error(bins, probabilities, right),
        "interval": np.quantile(rows or [0.0], [0.025, 0.975]).tolist(),
        "chance": float(np.mean(labels)),
        "chance_high": float(np.quantile(labels, 0.95)),
        "curve": curve,
    }


def _error(bins: np.ndarray[Any, Any], probabilities: Floats, right: Bools) -> float:
    gaps = np.bincount(bins, weights=probabilities - right, minlength=BINS)
    return float(np.abs(gaps).sum() / max(1, len(right)))
