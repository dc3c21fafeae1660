"""Examples as Arrow batches, lossless: typed columns where the record is typed, JSON where it is free.

`reference`, `params` and `extra` are JSON, so rows of different verifiers share one schema.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from assay.errors import AssayError
from assay.types import SCHEMA_VERSION, Example

JSON = pa.json_(pa.utf8())
_MESSAGE = pa.struct(
    [("role", pa.string()), ("content", pa.string()), ("attachments", pa.list_(pa.string()))],
)
_RATE = pa.struct([("model", pa.string()), ("correct", pa.float64()), ("samples", pa.int64())])
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("domain", pa.string()),
        ("source", pa.string()),
        ("prompt", pa.list_(_MESSAGE)),
        ("reference", JSON),
        ("verifier", pa.string()),
        ("params", JSON),
        ("options", pa.list_(pa.string())),
        ("template", pa.string()),
        ("gold", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("licence", pa.string()),
        ("lineage", pa.list_(pa.string())),
        ("pass_rates", pa.list_(_RATE)),
        ("extra", JSON),
    ],
    metadata={"assay_schema": str(SCHEMA_VERSION)},
)

_FREE = tuple(field.name for field in SCHEMA if field.type == JSON)


def to_batch(examples: Sequence[Example]) -> pa.RecordBatch:
    """A batch of `SCHEMA`, a row an Example. Raises as `refuse_unstorable`."""
    for example in examples:
        refuse_unstorable(example)
    rows = [example.to_json() for example in examples]
    for row, example in zip(rows, examples, strict=True):
        row["pass_rates"] = [{"model": m, "correct": c, "samples": n} for m, (c, n) in example.pass_rates.items()]
    return pa.RecordBatch.from_arrays([_column(field, rows) for field in SCHEMA], schema=SCHEMA)


def refuse_unstorable(example: Example) -> None:
    """Raise `AssayError` where a problem shows solved ones, or is published sealed."""
    if example.shots:
        raise AssayError(f"{example.id} shows solved problems, which no corpus holds: keep the row without its shots")
    refuse_sealed(example)


def refuse_sealed(example: Example) -> None:
    """Raise `AssayError` where a problem is published sealed: a file to train on would hold it as plain text."""
    if example.seal:
        raise AssayError(
            f"{example.id} of {example.source} is published sealed, so that nothing trains on it: leave that source "
            "out (assay eval takes it)"
        )


def _column(field: pa.Field, rows: Sequence[dict[str, Any]]) -> pa.Array:
    if field.type != JSON:
        return pa.array((row[field.name] for row in rows), field.type)
    texts = (json.dumps(row[field.name], ensure_ascii=False) for row in rows)
    return pa.ExtensionArray.from_storage(JSON, pa.array(texts, pa.string()))


def to_examples(batch: pa.RecordBatch | pa.Table) -> list[Example]:
    """The Examples of a batch; further columns are left out. Raises `ValueError` when a newer schema wrote it."""
    version = int((batch.schema.metadata or {}).get(b"assay_schema", b"1"))
    known = batch.select([name for name in SCHEMA.names if name in batch.schema.names])
    return [_to_example(row, version) for row in known.to_pylist()]


def _to_example(row: dict[str, Any], version: int) -> Example:
    row |= {name: json.loads(row[name]) for name in _FREE if name in row}
    if "pass_rates" in row:
        row["pass_rates"] = {rate["model"]: (rate["correct"], rate["samples"]) for rate in row["pass_rates"]}
    return Example.from_json({"schema": version, **row})
