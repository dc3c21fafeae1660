"""Steps that compare problems: equal ones, those alike but for their wording, and those of held-out suites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from assay.config import Config
from assay.corpus.parquet import to_examples
from assay.curate.said import Said
from assay.curate.steps import Drop, Sifted, dropped, sift
from assay.curate.wording import LEAST, outlines, same, twins
from assay.judging.session import answer_keys
from assay.sources.own import entry_of, held_out_rows
from assay.types import canonical, content_hash

_TOLD = ("prompt", "reference", "verifier", "params", "options", "template")
"""Columns that say what a problem is and how its answer is read."""
_AT_ONCE = 4096
"""Rows that are compared at a time, or one larger group of them."""


@dataclass(frozen=True)
class Contamination:
    """No problem that occurs in a held-out set.

    It occurs there where the texts are the same but for options, instruction and typography, whatever the answer; or
    where it is the same problem in other words (see `wording`).
    """

    held_out: Mapping[str, str]
    """Stem id -> where it occurs."""
    near: Mapping[str, Sequence[tuple[str, Said]]] = field(default_factory=dict)
    """Outline -> where it occurs, and what it says there."""
    name: str = "contamination"

    @classmethod
    def of(cls, names: Sequence[str], data: Path | None = None) -> Contamination:
        """Against the sources named `name` (all splits) or `name:split`."""
        stems: dict[str, str] = {}
        near: dict[str, list[tuple[str, Said]]] = {}
        for entry in names:
            name, split = entry_of(entry)
            examples = list(held_out_rows(name, split, data))
            known = list(outlines(examples))
            for example, (outline, _), said in zip(examples, known, Said.of([text for _, text in known]), strict=True):
                where = f"{name}:{example.id}"
                stems.setdefault(example.stem_id, where)
                near.setdefault(outline, []).append((where, said))
        return cls(stems, near)

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        near = self._near(batch) if self.near else {}
        stems = map(self.held_out.get, batch["stem"].to_pylist())
        found = (stem or near.get(place) for place, stem in enumerate(stems))
        return sift(batch, (None if where is None else Drop("contaminated", where) for where in found))

    def _near(self, batch: pa.RecordBatch) -> dict[int, str]:
        """Row -> where the same problem occurs in other words."""
        known = enumerate(outlines(to_examples(batch.select(_TOLD))))
        alike = [(place, outline, text) for place, (outline, text) in known if outline in self.near]
        found = {}
        for (place, outline, _), problem in zip(alike, Said.of([text for *_, text in alike]), strict=True):
            if where := next((where for where, other in self.near[outline] if same(problem, other)), None):
                found[place] = where
        return found


class NearDuplicates(Config):
    """Drops later rows of problems that differ in wording alone (see `wording`): same numbers and signs, same answer.

    Of such rows the first stays; every dropped row names the kept one that it repeats. Holds the text of all rows.
    """

    name: Literal["near_duplicates"] = "near_duplicates"
    """Which step this is."""
    least: float = Field(LEAST, gt=0, le=1)
    """Share of the longer problem's numbers, signs and content words that the shorter one must have."""

    def key(self, batch: pa.RecordBatch) -> pa.Array:
        return pa.array(map("".join, outlines(to_examples(batch.select(_TOLD)))), pa.string())

    def __call__(self, index: pa.Table) -> pa.RecordBatch:
        groups = codes(pc.utf8_slice_codeunits(index["key"], 0, 16))
        shared = np.flatnonzero(np.bincount(groups)[groups] > 1)
        order = shared[np.argsort(groups[shared], kind="stable")]
        starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
        cuts = starts[np.searchsorted(starts, np.arange(_AT_ONCE, len(order), _AT_ONCE), side="right") - 1]
        gone: list[tuple[int, str, str]] = []
        for rows in np.split(order, cuts):  # whole groups
            some = index.take(pa.array(rows))
            places, ids = some["place"].to_pylist(), some["id"].to_pylist()
            known = [(key[:16], key[16:]) for key in some["key"].to_pylist()]
            gone += [(places[at], "near_duplicate", ids[twin]) for at, twin in twins(known, self.least)]
        return dropped(sorted(gone))


@dataclass(frozen=True)
class Duplicates:
    """One row a problem. Equal problems of equal value: the first stays; of different value: a label conflict.

    Problems are equal whose texts are (white space apart), with the same set of options; values, by their answer key.
    """

    on_conflict: str = "drop"
    name: str = "duplicates"

    def key(self, batch: pa.RecordBatch) -> pa.Array:
        examples = to_examples(batch.select(_TOLD))
        values = answer_keys(examples, [example.reference for example in examples])
        labels = (value or canonical(example.reference) for value, example in zip(values, examples, strict=True))
        keys = zip(batch["problem"].to_pylist(), map(content_hash, labels), strict=True)
        return pa.array(map(":".join, keys), pa.string())

    def __call__(self, index: pa.Table) -> pa.RecordBatch:
        places, ids = index["place"].to_pylist(), index["id"]
        problem, label = self._groups(index)
        first = first_of(label)
        gone = [
            (places[at], "duplicate", ids[first[label[at]]].as_py())
            for at in np.flatnonzero(first[label] != np.arange(len(label)))
        ]
        if self.on_conflict == "drop":
            one, other = self._labels(problem, first)
            for at in first[np.isin(problem[first], np.flatnonzero(other >= 0))]:
                twin = one[problem[at]] if one[problem[at]] != at else other[problem[at]]
                gone.append((places[at], "label_conflict", ids[int(twin)].as_py()))
        return dropped(sorted(gone))

    def conflicts(self, index: pa.Table) -> int:
        """Problems that carry more than one value."""
        problem, label = self._groups(index)
        return int((self._labels(problem, first_of(label))[1] >= 0).sum())

    @staticmethod
    def _groups(index: pa.Table) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """A number of each row's problem, and of its problem and value, in the order in which they first occur."""
        problems = pc.utf8_slice_codeunits(index["key"], 0, 16)
        return codes(problems), codes(index["key"])

    @staticmethod
    def _labels(
        problem: np.ndarray[Any, Any], first: np.ndarray[Any, Any]
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """For each problem the first row of its first value and of its second, -1 where there is none."""
        one, other = (np.full(problem.max(initial=-1) + 1, -1) for _ in range(2))
        one[problem[first[::-1]]] = first[::-1]
        rest = first[one[problem[first]] != first][::-1]
        other[problem[rest]] = rest
        return one, other


def codes(texts: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """A number for each distinct text, in the order in which they first occur."""
    numbers: np.ndarray[Any, Any] = texts.combine_chunks().dictionary_encode().indices.to_numpy()
    return numbers


def first_of(groups: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The first row of each group."""
    return np.unique(groups, return_index=True)[1]
