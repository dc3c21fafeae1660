"""Examples in parquet shards, lossless: typed columns where the record is typed, JSON text where it is free.

`reference`, `params` and `extra` are JSON text, so rows of different verifiers share one schema.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.types import SCHEMA_VERSION, Example

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
        ("reference", pa.string()),
        ("verifier", pa.string()),
        ("params", pa.string()),
        ("options", pa.list_(pa.string())),
        ("template", pa.string()),
        ("gold", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("licence", pa.string()),
        ("lineage", pa.list_(pa.string())),
        ("pass_rates", pa.list_(_RATE)),
        ("extra", pa.string()),
    ],
    metadata={"assay_schema": str(SCHEMA_VERSION)},
)
_JSON = ("reference", "params", "extra")


def write_parquet(examples: Sequence[Example], path: Path) -> None:
    """Write one shard (zstd) in one step: a reader sees all of it or nothing."""
    table = pa.Table.from_pylist([_to_row(example) for example in examples], schema=SCHEMA)
    temporary = path.with_name(f".{path.name}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    os.replace(temporary, path)


def read_parquet(path: Path) -> Iterable[Example]:
    """Read a shard. Raises `ValueError` when it was written by a newer schema."""
    table = pq.read_table(path)
    version = (table.schema.metadata or {}).get(b"assay_schema", b"1")
    return [_to_example(row, int(version)) for row in table.to_pylist()]


def _to_row(example: Example) -> dict[str, Any]:
    row = example.to_json()
    row["pass_rates"] = [{"model": m, "correct": c, "samples": n} for m, (c, n) in example.pass_rates.items()]
    return row | {name: json.dumps(row[name], ensure_ascii=False) for name in _JSON}


def _to_example(row: dict[str, Any], version: int) -> Example:
    row |= {name: json.loads(row[name]) for name in _JSON}
    row["pass_rates"] = {rate["model"]: (rate["correct"], rate["samples"]) for rate in row["pass_rates"]}
    return Example.from_json({"schema": version, **row})
