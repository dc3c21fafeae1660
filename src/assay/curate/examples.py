"""Some rows of each reason for which rows were dropped, in full, for the card to show beside the row they repeat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from assay.corpus.parquet import to_examples
from assay.curate.spool import Spool
from assay.hashing import canonical
from assay.sources.base import rank
from assay.types import Example

FILE = "examples.jsonl"
SHOWN = 4
"""Rows of each reason."""
LONGEST = 1500
"""Characters of a text."""


def dropped_rows(spool: Spool, gone: Iterable[pa.Table]) -> list[dict[str, Any]]:
    """Rows of each reason with the smallest hash: source, step, reason, evidence, text, reference, and the twin where
    the evidence names one."""
    ids = spool.index["id"].to_pylist()
    by_reason: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    for table in gone:
        for row in table.to_pylist():
            key = (row["step"], row["reason"])
            kept = by_reason[key]
            kept.append((rank(0, ids[row["place"]]), row["place"], row["evidence"]))
            if len(kept) > 50 * SHOWN:
                by_reason[key] = sorted(kept)[:SHOWN]
    place_of = {name: place for place, name in reversed(list(enumerate(ids)))}
    wanted = [
        (step, reason, place, evidence, place_of.get(evidence))
        for (step, reason), rows in by_reason.items()
        for _, place, evidence in sorted(rows)[:SHOWN]
    ]
    places = {place for _, _, place, _, _ in wanted} | {twin for *_, twin in wanted if twin is not None}
    texts = _read(spool, places)
    return [
        {"step": step, "reason": reason, "source": texts[place].source, "evidence": evidence, **_said(texts[place])}
        | ({"twin": _said(texts[twin])} if twin is not None else {})
        for step, reason, place, evidence, twin in wanted
    ]


def _said(example: Example) -> dict[str, str]:
    text = example.text
    return {
        "id": example.id,
        "text": text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}",
        "reference": canonical(example.reference)[:LONGEST],
    }


def _read(spool: Spool, places: set[int]) -> dict[int, Example]:
    mask = np.zeros(len(spool), np.bool_)
    mask[list(places)] = True
    found: dict[int, Example] = {}
    for piece, part in spool.wanted(mask):
        batch = piece.read(part)
        found |= zip(batch["place"].to_pylist(), to_examples(batch), strict=True)
    return found
