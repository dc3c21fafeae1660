"""What makes long jobs durable: append-only JSON lines that survive `kill -9`, and a claim on the output directory.

A job claims its directory with the facts that decide its result, reads what is there, skips what is done, and appends
the rest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from assay.errors import RunConflict
from assay.files import write_atomically as write_atomically
from assay.types import content_hash

Row = Mapping[str, Any]
CLAIM = "run.json"


class Journal:
    """A JSONL file that is only appended to, batch by batch."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def read(self) -> list[dict[str, Any]]:
        """All whole rows. A last line that a crash cut short is cut off the file, so that appending stays safe."""
        if not self.path.exists():
            return []
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        return [json.loads(line) for line in whole.splitlines() if line.strip()]

    def append(self, rows: Iterable[Row]) -> None:
        """Write rows in one go and wait until they are on disk."""
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        if text:
            with self.path.open("ab") as file:
                file.write(text.encode("utf-8", "surrogatepass"))
                file.flush()
                os.fsync(file.fileno())

    def keep(self, wanted: Callable[[Row], bool]) -> None:
        """Drop rows that a resumed job will write again (those after its last checkpoint)."""
        rows = [row for row in self.read() if wanted(row)]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_atomically(self.path, text)


def claim(directory: Path, facts: Row) -> str:
    """Write `run.json` with the facts that decide a result and their fingerprint, or check that it says the same.

    Returns the fingerprint. Raises `RunConflict` when the directory holds a run with other facts, naming them.
    """
    fingerprint = content_hash(dict(facts))
    path = directory / CLAIM
    if path.exists():
        there = json.loads(path.read_text("utf-8"))
        if there.get("fingerprint") != fingerprint:
            changed = sorted(k for k in {*there, *facts} - {"fingerprint"} if there.get(k) != _plain(facts.get(k)))
            raise RunConflict(
                f"{directory} holds another run (differs in: {', '.join(changed)}); "
                "choose another directory, or delete this one"
            )
    else:
        text = json.dumps({"fingerprint": fingerprint, **facts}, indent=2, ensure_ascii=False)
        write_atomically(path, text + "\n")
    return fingerprint


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
