"""A trained verifier: how likely is it that an answer means what the reference says? A few thousand weights decide.

`assay train head` makes the weights from labelled rows (`learn/head.py`): a network of one hidden layer on what answer
and reference share (`prose/likeness.py`), calibrated, so that its number is a probability. It reads words, and knows
none: it accepts an answer in a longer sentence or another spelling, never one in other words. It is meant to stand
behind a rule, in `hybrid`. The file holds arrays and nothing that runs.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from assay.claim.claims import NO_MARKER, claim
from assay.claim.clause import Stance
from assay.claim.final import final_part
from assay.claim.unmarked import Reader
from assay.errors import AssayError, BadReference, NoAnswer
from assay.files import write_atomically
from assay.hashing import content_hash
from assay.judging.verifier import Lane, Params, verifier
from assay.prose.likeness import ACCEPTED, NAMES, features
from assay.types import Example, Verdict, canonical

Floats = np.ndarray[Any, np.dtype[np.float32]]
_ANY: Reader[str] = Reader(lambda text: text.strip() or None, any_text=True)
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\b([A-Za-z]{2,15}) [0-9]{1,3}:")
"""A word, its number and a colon: where the word comes twice so, the numbers count steps and answer nothing."""
MAKE = "make one with assay train head"
FAR, LEAST_SCALE = 4.0, 0.05
"""Standard deviations that a feature may lie from its mean, and the smallest that one may have."""
ARRAYS = ("mean", "scale", "inner", "inner_bias", "outer", "outer_bias")


@dataclass(frozen=True)
class Head:
    """The weights for F features and H hidden units, and what was measured of them."""

    mean: Floats
    """(F,) of the features in training."""
    scale: Floats
    """(F,) their standard deviations, and no less than `LEAST_SCALE`."""
    inner: Floats
    """(F, H)."""
    inner_bias: Floats
    """(H,)."""
    outer: Floats
    """(H,)."""
    outer_bias: Floats
    """()."""
    temperature: float = 1.0
    """What the score is divided by, so that its sigmoid is a probability (Guo et al. 2017, arXiv 1706.04599)."""
    at_least: float = 0.5
    """The probability from which on an answer is right."""
    recipe: str = ""
    """Fingerprint of the recipe and of the rows that made it."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides a probability."""
        weights = [getattr(self, name).tobytes().hex() for name in ARRAYS]
        return content_hash([weights, self.temperature, self.at_least, NAMES])

    def inputs(self, rows: Floats) -> Floats:
        """(B, F) features in standard deviations, none beyond `FAR`: what was never seen shall not decide alone."""
        return np.asarray(np.clip((rows - self.mean) / self.scale, -FAR, FAR), np.float32)

    def scores(self, rows: Floats) -> Floats:
        """(B,) log odds of B rows of features, before the temperature."""
        hidden = np.maximum(self.inputs(rows) @ self.inner + self.inner_bias, 0)
        return np.asarray(hidden @ self.outer + self.outer_bias, np.float32)

    def probabilities(self, rows: Floats) -> Floats:
        """(B,) how likely each answer is right."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.scores(rows) / self.temperature, -30, 30))), np.float32)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        facts = {"features": NAMES, "temperature": self.temperature, "at_least": self.at_least, "recipe": self.recipe}
        arrays = {name: getattr(self, name).tolist() for name in ARRAYS}
        write_atomically(path, json.dumps(facts | arrays) + "\n")

    @classmethod
    def load(cls, path: Path) -> Head:
        """Read what `save` wrote. Raises `AssayError` where the file is missing, another, or of other features."""
        try:
            file = json.loads(path.read_text("utf-8"))
            arrays: dict[str, Any] = {name: np.asarray(file[name], np.float32) for name in ARRAYS}
            made = cls(**arrays, **{name: file[name] for name in ("temperature", "at_least", "recipe")})
        except FileNotFoundError:
            raise AssayError(f"there is no head at {path}; {MAKE}") from None
        except (OSError, ValueError, KeyError, TypeError):
            raise AssayError(f"{path} is no head; {MAKE}") from None
        count, hidden = len(NAMES), made.inner_bias.size
        shapes = ((count,), (count,), (count, hidden), (hidden,), (hidden,), ())
        if file["features"] != list(NAMES) or shapes != tuple(arrays[name].shape for name in ARRAYS):
            raise AssayError(f"the head {path} was made for other features; {MAKE}")
        numbers = [*arrays.values(), np.asarray([made.temperature, made.at_least], np.float32)]
        if not all(np.isfinite(array).all() for array in numbers) or made.temperature <= 0:
            raise AssayError(f"the head {path} holds numbers that cannot be; {MAKE}")
        return made


def shown(example: Example, response: str) -> str:
    """What a head is shown: the answer behind a marker, else all that the response says after its thinking.

    Raises `NoAnswer` where the marked answer is not asserted, or offers something "or" something else, which neither
    the question nor the reference does.
    """
    try:
        found = claim(example, response, _ANY)
    except NoAnswer as nothing:
        if str(nothing) != NO_MARKER:
            raise
        return _unnumbered(final_part(example, response))
    if not found.is_asserted:
        raise NoAnswer(f"the answer is {found.stance}")
    if found.marker == "statement":
        return _unnumbered(final_part(example, response))
    if _OR.search(found.text) and not any(map(_OR.search, (example.text, *accepted(example)))):
        raise NoAnswer(f"the answer is {Stance.OFFERED}")
    return _unnumbered(found.text)


def _unnumbered(text: str) -> str:
    """A text without the numbers of its steps ("Step 1: ... Step 2: ...")."""
    counts = Counter(word.lower() for word in _NUMBERED.findall(text))
    return _NUMBERED.sub(lambda found: f"{found[1]}:" if counts[found[1].lower()] > 1 else found[0], text.strip())


def accepted(example: Example) -> list[str]:
    """The texts that a claim is compared with. Raises `BadReference`."""
    given = example.reference
    texts = given if isinstance(given, list) and given and all(isinstance(text, str) for text in given) else [given]
    if any(text in (None, "", [], {}) for text in texts):
        raise BadReference("head: there is no reference to compare with")
    return [text if isinstance(text, str) else canonical(text) for text in texts][:ACCEPTED]


def row(example: Example, said: str) -> list[float]:
    """(F,) features of what was shown."""
    return features(example.text, accepted(example), said)


@dataclass(frozen=True)
class HeadParams(Params):
    """Parameters of `head`."""

    weights: str = ""
    """The file that `assay train head` wrote."""
    at_least: float | None = None
    """The probability from which on an answer is right; the one that was found in training without it."""


def find_head(weights: str) -> Head:
    """The head in a file. Raises `BadReference`."""
    if not weights:
        raise BadReference(f"head: params name no 'weights'; {MAKE}")
    try:
        path = Path(weights)
        return _loaded(weights, path.stat().st_mtime_ns if path.exists() else 0)
    except AssayError as fault:
        raise BadReference(f"head: {fault}") from None


@lru_cache(maxsize=8)
def _loaded(weights: str, changed: int) -> Head:
    return Head.load(Path(weights))


def _reads(example: Example, params: HeadParams) -> list[str]:
    find_head(params.weights)
    if params.at_least is not None and not 0 < params.at_least <= 1:
        raise BadReference(f"head: 'at_least' is a probability, not {params.at_least}")
    return accepted(example)


def _weights(_: Example, params: HeadParams) -> str:
    return find_head(params.weights).fingerprint


@verifier(
    "head",
    version=5,
    params=HeadParams,
    lane=Lane.INLINE,
    reads=_reads,
    weights=_weights,
    reference="text, or accepted texts",
)
def head(example: Example, response: str, params: HeadParams) -> Verdict:
    """Right when a small trained network finds it likely that the answer means the reference."""
    _reads(example, params)
    made = find_head(params.weights)
    said = shown(example, response)
    p = float(made.probabilities(np.asarray([row(example, said)], np.float32))[0])
    least = made.at_least if params.at_least is None else params.at_least
    told = f"right with probability {p:.2f}, and {least:.2f} is enough"
    return replace(Verdict.of(p >= least, read=said, why=told), parts={"probability": p})
