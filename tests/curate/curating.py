"""Rows to curate, and what a step says of them."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from assay.curate.spool import Spool
from assay.types import Example


def ex(
    prompt: str, reference: Any = 1, *, verifier: str = "number", gold: str | None = "1", source: str = "s"
) -> Example:
    return Example(
        prompt=prompt,
        reference=reference,
        verifier=verifier,
        gold=gold,
        source=source,
        domain="math",
    )


def batch(rows: list[Example]) -> pa.RecordBatch:
    """The rows as a spool holds them."""
    with TemporaryDirectory() as scratch:
        spool = Spool.fill(Path(scratch), iter(rows))
        return spool.pieces[0].read(np.ones(len(rows), np.bool_))


def found(rows: list[Example], *steps: Any) -> list[tuple[str, str]]:
    """(reason, evidence) of each row, empty where it stays, of one batch step or one keyed step."""
    given = batch(rows)
    (step,) = steps
    if hasattr(step, "key"):
        gone = step(pa.table({"place": given["place"], "id": given["id"], "key": step.key(given)}))
    else:
        kept, gone, _ = step(given)
        assert kept["place"].to_pylist() == [n for n in range(len(rows)) if n not in gone["place"].to_pylist()]
    out = [("", "")] * len(rows)
    for row in gone.to_pylist():
        out[row["place"]] = (row["reason"], row["evidence"])
    return out


def reasons(rows: list[Example], step: Any) -> list[str]:
    return [reason for reason, _ in found(rows, step)]
