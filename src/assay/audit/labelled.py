"""Responses whose verdict is known: what an audit reads, and what the rewrites make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from assay.errors import BadConfig, BadRow, did_you_mean
from assay.files import json_kind, read_jsonl
from assay.types import Example, Status, as_messages

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
    set: str = ""
    """The set that it is part of."""

    @classmethod
    def of_example(cls, example: Example, response: str, *, label: bool, family: str = "all") -> Self:
        """A response to an Example."""
        options = {"options": list(example.options)} if example.options else {}
        return cls(
            verifier=example.verifier,
            params={**example.params, **options},
            prompt=example.asked_text,
            reference=example.reference,
            response=response,
            label=label,
            family=family,
        )

    def of(self, name: str) -> LabelledRow:
        """The same row as part of a set."""
        return replace(self, set=name)

    def example(self) -> Example:
        """The Example that the response answers."""
        return Example(prompt=self.prompt, reference=self.reference, verifier=self.verifier, params=self.params)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"params": dict(self.params)}


def read_labelled(
    path: Path,
    columns: Mapping[str, str] | None = None,
    verifier: str = "math",
    name: str = "",
    given: Mapping[str, Any] | None = None,
) -> Iterator[LabelledRow]:
    """The rows of a JSONL file, gzipped or not: `reference`, `response`, `label`, and the other fields if wanted.

    In place of a label a row may have `expected`, the status of a verdict, and its family is then `why`; those that
    expect no score, or a part of one, are left out. `columns` says field -> column where a file calls them otherwise,
    `verifier` who judges rows that name none, `name` what the set is called, and `given` are fields of all rows. Raises
    `BadConfig` for a field that there is not, `MissingData` where there is no file, and `BadRow` with file and line for
    a line that is no such row.
    """
    for field_name in columns or ():
        if field_name not in FIELDS:
            raise BadConfig(f"a labelled row has no field {field_name!r}{did_you_mean(field_name, FIELDS)}")
    for number, raw in read_jsonl(path):
        try:
            row = _row(_renamed({**raw, **(given or {})}, columns or {}), verifier, name)
        except ValueError as bad:
            raise BadRow(str(path), number, str(bad)) from None
        if row is not None:
            yield row


def _renamed(raw: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    if missing := [column for column in columns.values() if column not in raw]:
        raise ValueError(f"the row has no {missing[0]!r}{did_you_mean(missing[0], raw)}")
    return {**raw, **{name: raw[column] for name, column in columns.items()}}


def _row(raw: Mapping[str, Any], verifier: str, name: str) -> LabelledRow | None:
    if "label" not in raw and raw.get("expected") in list(Status):
        if raw["expected"] in (Status.ERROR, Status.TIMEOUT) or raw.get("score") not in (None, 0, 1):
            return None
        raw = {"family": raw.get("why"), **raw, "label": raw["expected"] == Status.CORRECT}
    if missing := [name for name in ("reference", "response", "label") if name not in raw]:
        raise ValueError(f"the row has no {', '.join(missing)} (there are {', '.join(raw)}): name its column")
    if not isinstance(raw["response"], str):
        raise ValueError(f"'response' is text, not {json_kind(raw['response'])}")
    if raw["label"] not in (0, 1):
        raise ValueError(f"'label' is true or false, not {raw['label']!r}")
    given = {name: raw[name] for name in FIELDS if raw.get(name) is not None or name == "reference"}
    if not isinstance(given.get("params", {}), dict):
        raise ValueError("'params' is an object")
    prompt = "\n".join(turn.content for turn in as_messages(given.get("prompt", "")))
    given |= {"verifier": given.get("verifier", verifier), "label": bool(raw["label"]), "prompt": prompt, "set": name}
    return LabelledRow(**given)
