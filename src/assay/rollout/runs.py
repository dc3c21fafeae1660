"""A finished or running job's directory, opened to be read: what was asked, what was said, and how it was judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import Any

from assay.errors import AssayError, BadRow
from assay.files import read_jsonl
from assay.journal import CLAIM, kind_of
from assay.rollout.store import RolloutStore
from assay.types import Example, Measurement, Status

EXAMPLES = "examples.jsonl"
"""What was asked, beside the rollouts."""


@dataclass(frozen=True)
class StoredRun:
    """The directory of a measurement, of an evaluation or of a training. Nothing in it is ever changed."""

    path: Path
    kind: str
    """`measure`, `train` or `rescore`."""
    facts: Mapping[str, Any]
    """What decided the result (`run.json`)."""
    examples: Mapping[str, Example]
    """Id -> what was asked."""
    store: RolloutStore

    def measured(self) -> dict[str, Measurement]:
        """The counts of each Example, read from the marks of its rollouts."""
        return counts(self.store.marks(), self.examples, str(self.facts.get("model", "")))


def open_run(path: Path, *kinds: str) -> StoredRun:
    """Open a directory of one of the kinds. Raises `AssayError` with what to name instead, and for one without
    rollouts or without what was asked."""
    if path.is_file():
        raise AssayError(f"{path} is a file: name the directory of a run")
    if not path.exists():
        raise AssayError(f"{path} does not exist: name the directory of a run")
    kind = kind_of(path)
    if kind not in kinds:
        inside = [str(path / "eval" / name) for name in ("before", "after") if kind_of(path / "eval" / name)]
        hint = f"name {' or '.join(inside)}" if inside else f"a directory of the kind {' or '.join(kinds)} is wanted"
        raise AssayError(f"{path} holds {f'a run of the kind {kind!r}' if kind else 'no run of ours'}: {hint}")
    store = RolloutStore(path)
    if not store.shards() and not store.journal.path.is_file():
        raise AssayError(f"{path} holds no rollouts yet: give its command again and let it end")
    if not (path / EXAMPLES).is_file():
        raise AssayError(f"{path} lacks {EXAMPLES}, what was asked: give its command again, which writes it")
    facts = {k: v for k, v in json.loads((path / CLAIM).read_text("utf-8")).items() if k != "fingerprint"}
    return StoredRun(path, str(kind), facts, read_examples(path / EXAMPLES), store)


def read_examples(path: Path) -> dict[str, Example]:
    """What was asked, by id. Raises `BadRow`, with file and line, for a row that is no Example."""
    found = {}
    for number, row in read_jsonl(path):
        try:
            example = Example.from_json(row)
        except (ValueError, TypeError, AttributeError) as bad:
            raise BadRow(str(path), number, f"not an Example of ours: {bad}") from None
        found[example.id] = example
    return found


def counts(
    marks: Iterable[Mapping[str, Any]], examples: Mapping[str, Example], model: str = ""
) -> dict[str, Measurement]:
    """The Measurement of each Example, of marks in whatever order (`example_id`, `status`, `score`)."""
    scores: dict[str, list[float | None]] = {}
    right: dict[str, int] = {}
    for mark in marks:
        scores.setdefault(mark["example_id"], []).append(mark["score"])
        right[mark["example_id"]] = right.get(mark["example_id"], 0) + (mark["status"] == Status.CORRECT)
    made = {}
    for name, given in scores.items():
        if (example := examples.get(name)) is None:
            continue
        counted = sorted(score for score in given if score is not None)
        uncounted, total = len(given) - len(counted), fsum(counted)
        made[name] = Measurement(
            name, model, right[name], len(counted), uncounted, example.domain, example.source, total
        )
    return made
