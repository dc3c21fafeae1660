"""What the page of a corpus shows: from raw to kept, sources and licences, difficulty, and rows that were dropped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.corpus.collection import Corpus
from assay.corpus.ledger import Line
from assay.corpus.look import stats
from assay.corpus.store import read_manifest
from assay.curate.difficulty import BUCKETS, buckets
from assay.curate.examples import FILE
from assay.files import read_jsonl
from assay.journal import CLAIM
from assay.report.summary import read_json


def corpus_content(directory: Path) -> dict[str, Any]:
    """Everything that the template asks for."""
    corpus, manifest = Corpus.read(directory), read_manifest(directory)
    card, numbers = corpus.card, stats(corpus)
    total = card.total
    examples: dict[str, list[Mapping[str, Any]]] = {}
    for _, row in read_jsonl(directory / FILE) if (directory / FILE).exists() else ():
        examples.setdefault(row["reason"], []).append(row)
    facts = read_json(directory / CLAIM) or {}
    return {
        "headline": f"{total.came_in:,} rows came in, {total.kept:,} were kept",
        "about": {
            "corpus": directory.resolve().name,
            "the numbers add up": "yes" if card.adds_up else "NO: a row was lost",
            "content": manifest["data_hash"],
            "assay": facts.get("assay", "not recorded"),
            "kept without a gold response": f"{total.unproven:,}",
        },
        "notes": card.notes,
        "domains": [_line(name, line) for name, line in card.domains.items()],
        "sources": [_line(name, line) | _known(numbers.get(name)) for name, line in card.sources.items()],
        "buckets": BUCKETS,
        "difficulty": buckets(corpus),
        "examples": examples,
        "counts": total.dropped,
    }


def _line(name: str, line: Line) -> dict[str, Any]:
    reasons = ", ".join(f"{rows:,} {reason.replace('_', ' ')}" for reason, rows in line.dropped.most_common())
    share = f"{line.kept / line.came_in:.1%}" if line.came_in else "0%"
    return {"name": name or "-", "came_in": line.came_in, "kept": line.kept, "share": share, "dropped": reasons}


def _known(numbers: Mapping[str, Any] | None) -> dict[str, str]:
    if numbers is None:
        return {"verifier": "", "chars": "", "licence": ""}
    chars = ", ".join(f"{n:,}" for n in numbers["chars"])
    return {"verifier": numbers["verifier"], "chars": chars, "licence": numbers["licence"]}
