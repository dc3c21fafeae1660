"""What a grader is to an audit: it says what it is, and gives an outcome for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from assay.audit.labelled import LabelledRow

FOREIGN_DEADLINE = 10.0
"""Seconds that a third party's grader has for one row, if the caller does not say."""
ENOUGH = 0.5
"""The score from which a grader is taken to accept."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a grader said of one row."""

    score: float | None
    """`None` where it gave none: an exception, a hang, or a process that ended."""
    why: str = ""

    @property
    def accepted(self) -> bool:
        return self.score is not None and self.score >= ENOUGH


@dataclass(frozen=True, slots=True)
class Identity:
    """What a grader is, as far as it tells."""

    kind: str
    """`verifier`, `function` or `server`."""
    version: str = ""
    fingerprint: str = ""
    """Of what decides its verdicts: for a verifier its version, this package's and the session's settings; for a
    function the file that it stands in."""
    about: str = ""
    contract: str = ""
    """How it is called."""
    reference: str = ""
    """What its references are."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Name -> default."""


class Grader(Protocol):
    """Something that grades rows, in order."""

    name: str

    def identity(self) -> Identity: ...

    def grade(self, rows: Sequence[LabelledRow]) -> list[Outcome]: ...

    def close(self) -> None: ...
