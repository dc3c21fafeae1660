"""A corpus on disk: shards, ledger, manifest. The manifest is written last: without it there is no corpus."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.corpus.ledger import Dropped, Kind
from assay.corpus.parquet import SCHEMA
from assay.corpus.rows import GROUP, Rows, Shard
from assay.errors import MissingData, RunConflict
from assay.files import read_jsonl, refuse_filled, refuse_folder, replacing, write_atomically, write_jsonl
from assay.hashing import RowsHash
from assay.judging.verifier import VERIFIERS
from assay.sources.own import MANIFEST as MANIFEST
from assay.types import SCHEMA_VERSION, check_schema
from assay.version import VERSION

SHARD_ROWS = 10 * GROUP
GROUP_BYTES = 32 << 20
"""Text of a row group, what is read to look at one row: a shard is one, and more where its rows are large."""
REPEATED = ("domain", "source", "verifier", "template", "licence", "params", "tags.list.element")
"""Columns of few values. In the others a dictionary would only keep from the compressor how alike their rows are."""
LEVEL = 15
"""Of zstd: a sixth smaller than level 9, at some 0.1 ms a row."""
LEDGER = "ledger.jsonl"
UNFINISHED = ".unfinished"
"""The hash of rows that are being written: a writing that was killed is repeated over what it left, no other is."""


class Writer:
    """Writes batches of `SCHEMA` as they come; the same rows give the same bytes however they are cut into batches."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.kept: Counter[Kind] = Counter()
        self._hash = RowsHash()
        self._shards: list[Shard] = []
        self._waiting: list[pa.RecordBatch] = []
        out.mkdir(parents=True, exist_ok=True)

    def add(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        batch = batch.select(SCHEMA.names).cast(SCHEMA)
        for *row, extra in zip(*(batch[name].to_pylist() for name in ("id", "template", "gold", "extra")), strict=True):
            self._hash.add([*row, json.loads(extra)])
        self.kept.update(kinds(batch))
        self._waiting.append(batch)
        if sum(map(len, self._waiting)) >= SHARD_ROWS:
            self._flush(SHARD_ROWS)

    def _flush(self, least: int = 1) -> None:
        table = pa.Table.from_batches(self._waiting, self._waiting[0].schema) if self._waiting else SCHEMA.empty_table()
        while len(table) >= least:
            self._shards.append(write_shard(table.slice(0, SHARD_ROWS), _shard(self.out, len(self._shards))))
            table = table.slice(SHARD_ROWS)
        self._waiting = table.to_batches()

    def finish(
        self, ledger: Iterable[Dropped], came_in: Mapping[str, int], notes: Sequence[str], fingerprint: str
    ) -> None:
        """Write what is left, the ledger and, last, the manifest."""
        self._flush()
        write_jsonl(self.out / LEDGER, (row.to_json() for row in ledger))
        rows = [dict(zip((*Kind._fields, "rows"), (*kind, n), strict=True)) for kind, n in sorted(self.kept.items())]
        manifest = {
            "schema": SCHEMA_VERSION,
            "assay": VERSION,
            "fingerprint": fingerprint,
            "data_hash": self._hash.digest(),
            "examples": self.kept.total(),
            "rows": rows,
            "verifiers": {name: VERIFIERS.get(name).version for name in sorted({kind.verifier for kind in self.kept})},
            "came_in": dict(sorted(came_in.items())),
            "notes": list(notes),
            "shards": [
                {"file": s.path.name, "rows": s.rows, "sha256": s.sha256, "bytes": s.bytes} for s in self._shards
            ],
        }
        write_atomically(self.out / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def _shard(out: Path, number: int) -> Path:
    return out / f"part-{number:05d}.parquet"


def write_shard(table: pa.Table, path: Path) -> Shard:
    """Write one shard in one step: a reader sees all of it or nothing."""
    how = {"compression": "zstd", "compression_level": LEVEL, "data_page_size": GROUP_BYTES, "use_dictionary": REPEATED}
    with replacing(path) as temporary:
        pq.write_table(table.combine_chunks(), temporary, row_group_size=_group(table), **how)
    with path.open("rb") as file:
        return Shard(path, len(table), hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _group(table: pa.Table) -> int:
    """Rows that hold `GROUP_BYTES` of text, by the columns in which a row may be large."""
    columns = [table[name].cast(pa.string()) for name in ("reference", "extra", "gold")]
    columns.append(pc.struct_field(pc.list_flatten(table["prompt"]), "content"))
    text = sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in columns)
    return max(1, len(table) * GROUP_BYTES // max(text, GROUP_BYTES))


def kinds(batch: pa.RecordBatch) -> Iterator[Kind]:
    """The kind of each row."""
    names = ([batch[name].to_pylist() for name in ("source", "domain", "verifier")], batch["gold"].is_valid())
    return (Kind(*row) for row in zip(*names[0], names[1].to_pylist(), strict=True))


@contextmanager
def only_these(out: Path, data: str) -> Iterator[None]:
    """A block that writes the rows of a hash. Raises `RunConflict` when other rows lie in the directory, or were being
    written there, or files that are of no corpus."""
    refuse_folder(out)
    there, begun = None, out / UNFINISHED
    if (out / MANIFEST).exists():
        there = read_manifest(out)["data_hash"]
    elif begun.is_file() and _shard(out, 0).exists():
        there = begun.read_text("utf-8").strip()
    else:
        refuse_filled(out)
    if there not in (None, data):
        raise RunConflict(f"{out} holds another corpus; choose another directory, or delete this one")
    write_atomically(begun, data + "\n")
    yield
    begun.unlink()


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest. Raises `MissingData` where there is none, and `RunConflict` where it is of something else."""
    path = directory / MANIFEST
    if not path.exists():
        raise MissingData(f"{path} does not exist: {directory} is no corpus, or its making was cut short; run it again")
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or not manifest.keys() >= {"data_hash", "shards", "rows"}:
        raise RunConflict(f"{path} is no manifest of a corpus of ours: name another folder")
    check_schema(manifest)
    return manifest


def shards_of(directory: Path, manifest: Mapping[str, Any]) -> list[Shard]:
    """The shards that a manifest names. Raises `AssayError` when one is missing or has another size."""
    shards = [Shard(directory / s["file"], s["rows"], s["sha256"], s["bytes"]) for s in manifest["shards"]]
    for shard in shards:
        shard.check_size()
    return shards


def read_ledger(directory: Path) -> Iterator[Dropped]:
    """The rows of a ledger, one by one."""
    return (Dropped.from_json(row) for _, row in read_jsonl(directory / LEDGER))


def tally(rows: Rows) -> Counter[Kind]:
    """How many rows there are of each kind."""
    return Counter(kind for batch in rows.batches() for kind in kinds(batch))
