"""Verdicts remembered on disk, from run to run: one SQLite file that several processes may share.

A verdict is found again by its verifier's name and version, the weights that its parameters name, the Example's id
(problem, reference, parameters) and template, and the response, so a new version of a verifier judges anew. `timeout`
and `error` are never remembered, nor is a verdict that took more than half of its deadline: another machine might
decide it otherwise.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from assay.errors import AssayError
from assay.judging.verifier import VERIFIERS
from assay.types import Example, Verdict

BUSY = 30.0
"""Seconds to wait for another process that writes."""


class VerdictCache:
    """A context manager over the file. Raises `AssayError` when the file is something else."""

    def __init__(self, path: str | Path) -> None:
        try:
            self._file = sqlite3.connect(path, timeout=BUSY)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("CREATE TABLE IF NOT EXISTS verdicts (key BLOB PRIMARY KEY, verdict TEXT NOT NULL)")
        except sqlite3.Error as broken:
            raise AssayError(f"{path} is no verdict cache ({broken}): delete it or name another file") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def get(self, example: Example, response: str) -> Verdict | None:
        """The remembered verdict, with the seconds that it took when it was made."""
        try:
            found = self._file.execute("SELECT verdict FROM verdicts WHERE key = ?", (_key(example, response),))
            row = found.fetchone()
            return None if row is None else Verdict.from_json(json.loads(row[0]))
        except (sqlite3.Error, ValueError, KeyError) as broken:
            raise AssayError(f"the verdict cache is broken ({broken}): delete it or name another file") from None

    def put(self, made: Iterable[tuple[Example, str, Verdict]], deadline: float | None) -> None:
        """Remember the verdicts that would be the same on any machine."""
        rows = [
            (_key(example, response), json.dumps(verdict.to_json()))
            for example, response, verdict in made
            if verdict.counts
            and not example.seal
            and not VERIFIERS.get(example.verifier).group
            and 2 * verdict.seconds <= (VERIFIERS.get(example.verifier).deadline if deadline is None else deadline)
        ]
        with self._file:
            self._file.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", rows)


def _key(example: Example, response: str) -> bytes:
    verifier = VERIFIERS.get(example.verifier)
    version = f"{verifier.version} {verifier.weights_of(example)}".strip()
    facts = f"{example.verifier}\0{version}\0{example.id}\0{example.template}\0{response}"
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).digest()
