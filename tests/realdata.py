"""Rows of real problems and labels, which are never part of the repository: a test without them skips and says so."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

DATA = Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[2] / "shared" / "data")


def directory() -> Path:
    if not DATA.is_dir():
        pytest.skip("no real rows here: set ASSAY_DATA to their directory")
    return DATA


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a JSONL file, gzipped or not."""
    path = directory() / name
    if not path.exists():
        pytest.skip(f"the data directory has no {name}")
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return [json.loads(line) for line in text.decode("utf-8").splitlines() if line.strip()]
