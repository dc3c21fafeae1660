"""Examples from the columns of a trainer's data set, in any of three layouts.

1. `example`: the JSON of an Example, as text or decoded.
2. The parquet shards of a corpus, known by all of `SHARD`. What is JSON in them comes decoded from readers that know
   Arrow's JSON type, and as text from others; `params` is an object, so it tells which, where a reference could not.
3. `verifier` and `reference` of one's own, the reference taken as it is; `params`, if there, an object or its JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assay.errors import BadConfig
from assay.turns import plain
from assay.types import Example

SHARD = frozenset({"id", "domain", "source", "verifier", "reference", "params", "options", "template"})


def examples_of(columns: Mapping[str, Any], prompts: Sequence[Any]) -> list[Example]:
    """One Example a row, its prompt as it was sent. Raises `BadConfig` where the columns or a row cannot be read."""
    needed = {"example"} if "example" in columns else {"verifier", "reference"}
    if missing := needed - columns.keys():
        raise BadConfig(
            f"the data set has no column {' and no '.join(map(repr, sorted(missing)))}: make it with "
            "assay.serve.trl.to_trl, load a corpus's own shards, or give columns 'verifier' and 'reference'; "
            f"got {sorted(name for name, values in columns.items() if isinstance(values, list))}"
        )
    for name in needed:
        if isinstance(columns[name], str) or len(columns[name]) != len(prompts):
            raise BadConfig(f"the column {name!r} needs one entry for each of the {len(prompts)} rows: give a list")
    known = [name for name in ("example", *sorted(SHARD)) if name in columns]
    stored = columns.keys() >= SHARD
    examples = []
    for number, (prompt, *values) in enumerate(zip(prompts, *(columns[name] for name in known), strict=True)):
        try:
            examples.append(_example(prompt, dict(zip(known, plain(values), strict=True)), stored))
        except (ValueError, TypeError, AttributeError) as bad:
            raise BadConfig(f"row {number} of the batch cannot be read: {bad}") from bad
    return examples


def _example(prompt: Any, row: Mapping[str, Any], stored: bool) -> Example:
    if "example" in row:
        whole = row["example"]
        return Example.from_json(json.loads(whole) if isinstance(whole, str) else whole)
    params: Any = row.get("params") or {}
    reference: Any = None if missing(row["reference"]) else row["reference"]
    if isinstance(params, str):
        params, reference = json.loads(params) or {}, json.loads(reference) if stored else reference
    return Example(
        prompt=prompt,
        reference=reference,
        verifier=row["verifier"],
        params={name: value for name, value in params.items() if value is not None},  # Arrow fills structs with nulls
        options=(row["options"] or ()) if stored else (),
        domain=str(row.get("domain") or ""),
        source=str(row.get("source") or ""),
    )


def missing(value: Any) -> bool:
    """Whether a cell holds nothing: `None`, or what frames write in its place (NaN, `NaT`, `pandas.NA`)."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )
