"""A corpus as a data set of the Hugging Face hub: its shards, ledger and manifest, with the card as the README."""

from __future__ import annotations

import tempfile
from pathlib import Path

from assay.corpus.collection import Corpus
from assay.corpus.look import stats
from assay.corpus.store import MANIFEST
from assay.errors import RunConflict
from assay.files import write_atomically
from assay.hub import fetch_dataset, files_of_dataset, send_dataset

SHARDS = "part-*.parquet"
BARE = frozenset({".gitattributes", "README.md"})
"""What the hub itself puts into a new data set."""


def push(corpus: Corpus, name: str, *, private: bool = True, message: str = "") -> str:
    """Publish a corpus as the data set `USER/NAME`, made where it is not there, and return the address of the commit.

    A corpus that lies there is replaced by a new commit: the earlier one stays in the data set's history. Raises
    `RunConflict` where the data set holds anything but a corpus, what `Corpus.write` raises, and `AssayError` where the
    hub refuses.
    """
    there = files_of_dataset(name)
    if there - BARE and MANIFEST not in there:
        shown = ", ".join(sorted(there - BARE)[:3])
        raise RunConflict(f"the data set {name} holds files of no corpus ({shown}): name another one")
    with tempfile.TemporaryDirectory(prefix="assay-") as scratch:
        folder = Path(scratch)
        corpus.write(folder)
        write_atomically(folder / "README.md", readme(corpus, name))
        told = message or f"A corpus of {len(corpus)} examples"
        return send_dataset(name, folder, private=private, message=told, replaced=SHARDS)


def pull(name: str, revision: str | None = None) -> Corpus:
    """The corpus that `push` published, kept in the hub's own cache. `revision` is a branch, tag or commit.

    Raises `MissingData` where there is none, or the hub does not answer, and as `Corpus.read`.
    """
    return Corpus.read(fetch_dataset(name, revision))


def readme(corpus: Corpus, named: str) -> str:
    """The README of a data set: front matter for the hub's viewer, how to load it, licences by source, the card."""
    rows = "\n".join(f"| {name or '-'} | {line['licence'] or 'not stated'} |" for name, line in stats(corpus).items())
    told = (
        str(corpus.card)
        .replace("\n## ", "\n### ")
        .replace("# Corpus card", "## What came in, what went out, and why", 1)
    )
    return f"""---
license: other
tags: [assay, reinforcement-learning, verifiable-rewards]
configs:
- config_name: default
  data_files:
  - split: train
    path: {SHARDS}
---

# {named}

```python
import assay

corpus = assay.Corpus.from_hub("{named}")
```

## Licences

Each row keeps the licence of its source.

| source | licence |
|---|---|
{rows}

{told}"""
