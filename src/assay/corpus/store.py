"""A corpus on disk: shards, ledger, card, manifest. The manifest is written last: without it there is no corpus."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.corpus.ledger import Card, Dropped
from assay.corpus.parquet import read_parquet, write_parquet
from assay.errors import AssayError, MissingData, RunConflict
from assay.journal import write_atomically
from assay.judging.verifier import VERIFIERS
from assay.types import SCHEMA_VERSION, Example, check_schema, content_hash
from assay.version import VERSION

SHARD_ROWS = 10_000
MANIFEST = "manifest.json"


def write_corpus(
    out: Path, examples: Sequence[Example], ledger: Sequence[Dropped], card: Card, fingerprint: str
) -> None:
    """Write everything under `out`. Raises `RunConflict` when another corpus lies there."""
    manifest = _facts(examples, card, fingerprint)
    if (out / MANIFEST).exists() and _read_manifest(out)["data_hash"] != manifest["data_hash"]:
        raise RunConflict(f"{out} holds another corpus; choose another directory, or delete this one")
    out.mkdir(parents=True, exist_ok=True)
    shards = []
    for number, start in enumerate(range(0, len(examples), SHARD_ROWS)):
        path = out / f"part-{number:05d}.parquet"
        rows = examples[start : start + SHARD_ROWS]
        write_parquet(rows, path)
        shards.append({"file": path.name, "rows": len(rows), "sha256": _sha256(path)})
    write_atomically(
        out / "ledger.jsonl", "".join(json.dumps(row.to_json(), ensure_ascii=False) + "\n" for row in ledger)
    )
    write_atomically(out / "card.md", str(card))
    text = json.dumps(manifest | {"shards": shards}, indent=2, ensure_ascii=False)
    write_atomically(out / MANIFEST, text + "\n")


def read_corpus(directory: Path) -> tuple[list[Example], list[Dropped], dict[str, Any]]:
    """Examples, ledger and manifest. Raises `AssayError` when a shard is not the one the manifest names."""
    manifest = _read_manifest(directory)
    examples: list[Example] = []
    for shard in manifest["shards"]:
        path = directory / shard["file"]
        if not path.exists() or _sha256(path) != shard["sha256"]:
            raise AssayError(f"{path} is missing or was changed since {MANIFEST} was written: make the corpus again")
        examples.extend(read_parquet(path))
    ledger = (directory / "ledger.jsonl").read_text("utf-8").splitlines()
    return examples, [Dropped.from_json(json.loads(line)) for line in ledger], manifest


def _facts(examples: Sequence[Example], card: Card, fingerprint: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA_VERSION,
        "assay": VERSION,
        "fingerprint": fingerprint,
        "data_hash": content_hash([example.id for example in examples]),
        "examples": len(examples),
        "domains": dict(sorted(Counter(e.domain for e in examples).items())),
        "sources": dict(sorted(Counter(e.source for e in examples).items())),
        "verifiers": {name: VERIFIERS.get(name).version for name in sorted({e.verifier for e in examples})},
        "came_in": {name: line.came_in for name, line in card.sources.items()},
        "notes": list(card.notes),
    }


def _read_manifest(directory: Path) -> dict[str, Any]:
    path = directory / MANIFEST
    if not path.exists():
        raise MissingData(f"{path} does not exist: {directory} is no corpus, or its making was cut short; run it again")
    manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    check_schema(manifest)
    return manifest


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
