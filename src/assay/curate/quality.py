"""A cheap classifier before a costly stage: does a problem read like those of good sources, or like those of bad ones?

Logistic regression on hashed words and pairs of words, as fastText's classifiers are (Joulin et al. 2017, Bag of Tricks
for Efficient Text Classification), trained on the spot from sources that the recipe names (the first stage of
MegaMath's funnel, Zhou et al. 2025). It says what a text looks like, and nothing of whether it is right.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from assay.config import Config
from assay.corpus.parquet import to_examples
from assay.curate.steps import Drop, Sifted, sift
from assay.errors import BadConfig
from assay.hashing import content_hash
from assay.sources.base import rank
from assay.sources.own import entry_of, held_out_rows

Floats = np.ndarray[Any, np.dtype[np.float64]]
DIMENSIONS = 1 << 17
EPOCHS, RATE = 8, 2.0
WORDS = 400
"""Words of a text that are read."""
LEAST_ROWS = 20
_WORD = re.compile(r"\w+|[^\w\s]")


class Quality(Config):
    """Drops problems that read more like bad texts than like good ones (see `quality`).

    Raises `BadConfig` where one of the two holds fewer than 20 texts.
    """

    name: Literal["quality"] = "quality"
    """Which step this is."""
    good: tuple[str, ...] = Field(min_length=1)
    """Sources, or files of rows, whose problems are as they should be: `name` or `name:split`."""
    bad: tuple[str, ...] = Field(min_length=1)
    """Those whose texts are not."""
    least: float = Field(0.5, ge=0, le=1)
    """A problem stays from this probability of being good."""
    size: int = Field(3000, ge=LEAST_ROWS)
    """Texts of each side that are learned from, at most."""

    def fitted(self, data: Path | None) -> Judged:
        """The step with its classifier, trained on the rows of a data directory."""
        good, bad = (self._texts(names, data) for names in (self.good, self.bad))
        for side, texts in (("good", good), ("bad", bad)):
            if len(texts) < LEAST_ROWS:
                raise BadConfig(
                    f"quality: '{side}' holds {len(texts)} texts, and {LEAST_ROWS} are needed to learn from"
                )
        return Judged(Classifier.trained(good, bad), self.least, self.name)

    def _texts(self, names: Iterable[str], data: Path | None) -> list[str]:
        """The texts with the smallest hashes, so that they do not depend on the order of rows."""
        rows = (row for name in names for row in held_out_rows(*_parts(name), data))
        first = {example.id: example.text for example in islice(rows, 50 * self.size)}
        return [first[name] for name in sorted(first, key=lambda name: rank(0, name))[: self.size]]


def _parts(entry: str) -> tuple[str, str | None]:
    name, split = entry_of(entry)
    return name, split or None


@dataclass(frozen=True)
class Judged:
    """A `Quality` step that has learned."""

    classifier: Classifier
    least: float
    name: str

    @property
    def facts(self) -> dict[str, Any]:
        """What decides its result beside the recipe."""
        return {"weights": content_hash(self.classifier.weights.tobytes().hex())}

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        shares = self.classifier.probabilities([example.text for example in to_examples(batch)])
        return sift(batch, (Drop("low_quality", f"{p:.2f}") if p < self.least else None for p in shares))


@dataclass(frozen=True)
class Classifier:
    """Weights of hashed words and pairs; the last is the bias."""

    weights: Floats = field(repr=False)

    @classmethod
    def trained(cls, good: Sequence[str], bad: Sequence[str], seed: int = 0) -> Classifier:
        """By stochastic gradient descent on the log loss, both sides counting the same."""
        rows = [(features(text), 1.0, 0.5 / len(good)) for text in good]
        rows += [(features(text), 0.0, 0.5 / len(bad)) for text in bad]
        weights, rng = np.zeros(DIMENSIONS + 1), random.Random(seed)
        for epoch in range(EPOCHS):
            rng.shuffle(rows)
            for at, label, share in rows:
                scale = 1 / np.sqrt(len(at))
                error = label - _sigmoid(weights[at].sum() * scale + weights[-1])
                step = RATE / (1 + epoch) * error * share * len(rows)
                weights[at] += step * scale
                weights[-1] += 0.1 * step
        return cls(weights)

    def probabilities(self, texts: Iterable[str]) -> list[float]:
        """How likely each text is a good one, from 0 to 1."""
        return [float(_sigmoid(self._score(features(text)))) for text in texts]

    def _score(self, at: np.ndarray[Any, Any]) -> float:
        return float(self.weights[at].sum() / np.sqrt(len(at)) + self.weights[-1])


def _sigmoid(score: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(score, -30, 30))))


def features(text: str) -> np.ndarray[Any, Any]:
    """Places of the weights of a text's words and pairs of words; figures count as one word.

    Example:
        >>> len(features("Two and 2 and 3")), len(features(""))
        (7, 1)
    """
    words = ["0" if word[0].isdecimal() else word for word in _WORD.findall(text.casefold())[:WORDS]]
    pairs = map(" ".join, pairwise(words))
    found = {zlib.crc32(part.encode("utf-8", "surrogatepass")) % DIMENSIONS for part in (*words, *pairs, "")}
    return np.array(sorted(found))
