"""Responses whose verdict is known: what an audit reads, and what the rewrites make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assay.errors import BadRow
from assay.files import json_kind, read_jsonl
from assay.types import Example, as_messages

FIELDS = ("verifier", "params", "prompt", "reference", "response", "label", "family")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRow:
    """One response to one reference, and whether it is right.

    Example:
        >>> LabelledRow(reference=42, response="41", label=False, verifier="number").example().verifier
        'number'
    """

    reference: Any
    response: str
    label: bool
    verifier: str = "math"
    """The verifier whose shape the reference has; a grader of one's own may ignore it."""
    params: Mapping[str, Any] = field(default_factory=dict)
    prompt: str = ""
    family: str = "all"
    """What kind of row it is; errors are counted by it."""

    def example(self) -> Example:
        """The Example that the response answers."""
        return Example(prompt=self.prompt, reference=self.reference, verifier=self.verifier, params=self.params)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"params": dict(self.params)}


def read_labelled(
    path: Path, columns: Mapping[str, str] | None = None, given: Mapping[str, Any] | None = None
) -> Iterator[LabelledRow]:
    """The rows of a JSONL file, gzipped or not: `reference`, `response`, `label`, and the other fields if wanted.

    `columns` names the columns of fields that are called otherwise, and `given` are fields of all rows. Raises
    `MissingData` where there is no file, and `BadRow` with file and line for a line that is no such row.
    """
    for number, raw in read_jsonl(path):
        try:
            named = {name: raw[column] for name, column in (columns or {}).items() if column in raw}
            yield _row({**raw, **(given or {}), **named})
        except ValueError as bad:
            raise BadRow(str(path), number, str(bad)) from None


def _row(raw: Mapping[str, Any]) -> LabelledRow:
    if missing := [name for name in ("reference", "response", "label") if name not in raw]:
        raise ValueError(f"the row has no {', '.join(missing)}")
    if not isinstance(raw["response"], str):
        raise ValueError(f"'response' is text, not {json_kind(raw['response'])}")
    if raw["label"] not in (0, 1):
        raise ValueError(f"'label' is true or false, not {raw['label']!r}")
    given = {name: raw[name] for name in FIELDS if raw.get(name) is not None or name == "reference"}
    if not isinstance(given.get("params", {}), dict):
        raise ValueError("'params' is an object")
    prompt = "\n".join(turn.content for turn in as_messages(given.get("prompt", "")))
    return LabelledRow(**given | {"label": bool(raw["label"]), "prompt": prompt})
