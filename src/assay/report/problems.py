"""What was asked in a run, looked up by id: small facts of every problem in memory, its text read where it is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.rollout.runs import EXAMPLES
from assay.types import SEALED, Example

EXCERPT = 140
"""Characters of a problem in a list."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as a list shows it."""

    domain: str
    source: str
    verifier: str
    excerpt: str
    at: int
    """Its byte in the file."""
    sealed: bool = False


UNKNOWN = Problem("", "", "", "", -1)


class Problems:
    """`examples.jsonl` of a run; read again where it was written anew."""

    def __init__(self, run: Path) -> None:
        self.path = run / EXAMPLES
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, Problem] = {}

    def look(self) -> bool:
        """Read the file where it is new; whether it was. Raises `BadRow` for a row that is no object."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return False
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp == self._stamp:
            return False
        known, at = {}, 0
        with self.path.open("rb") as file:
            for line in file:
                row = json.loads(line) if line.strip() else {}
                if "id" in row:
                    known[row["id"]] = _problem(row, at)
                at += len(line)
        self._known, self._stamp = known, stamp
        return True

    def of(self, example_id: str) -> Problem:
        """The facts of a problem; `UNKNOWN` where the run does not say what was asked."""
        return self._known.get(example_id, UNKNOWN)

    def example(self, example_id: str) -> Example | None:
        """The problem in full; `None` where it is sealed or unknown."""
        known = self.of(example_id)
        if known.at < 0 or known.sealed:
            return None
        with self.path.open("rb") as file:
            file.seek(known.at)
            return Example.from_json(json.loads(file.readline()))


def _problem(row: dict[str, Any], at: int) -> Problem:
    if SEALED in row:
        return Problem(row["domain"], row["source"], "", "(a sealed problem)", at, sealed=True)
    asked = row.get("prompt") or []
    said = [turn["content"] for turn in asked if turn.get("role") == "user"] if isinstance(asked, list) else [asked]
    excerpt = " ".join(str(said[-1] if said else "")[: 4 * EXCERPT].split())[:EXCERPT]
    return Problem(row.get("domain") or "", row.get("source") or "", row.get("verifier") or "", excerpt, at)
