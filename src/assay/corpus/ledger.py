"""The ledger of what was dropped and why, and the card that is made from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from assay.types import Example

READABLE, GOLD = "readable", "gold"
"""Names of the steps that ask verifiers: can they use the row, and does its gold response pass?"""
SHOWN = 100
"""Rows that the card names; the ledger holds all of them."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One row of the ledger: an Example that left, at which step, and why."""

    id: str
    source: str
    domain: str
    step: str
    reason: str
    evidence: str = ""
    """What the step saw: the twin's id, the verdict's sentence, a length."""

    @classmethod
    def of(cls, example: Example, step: str, reason: str, evidence: str = "") -> Self:
        return cls(example.id, example.source, example.domain, step, reason, evidence)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{name: str(row[name]) for name in cls.__slots__})

    def to_json(self) -> dict[str, str]:
        return asdict(self)


class Kind(NamedTuple):
    """What rows are counted by."""

    source: str
    domain: str
    verifier: str
    proven: bool
    """Whether there is a gold response."""


@dataclass
class Line:
    """What happened to the rows of one source or domain."""

    came_in: int = 0
    kept: int = 0
    unproven: int = 0
    """Kept without a gold response that could be tried."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Reason -> rows."""

    def add(self, other: Line) -> None:
        self.came_in, self.kept = self.came_in + other.came_in, self.kept + other.kept
        self.unproven += other.unproven
        self.dropped.update(other.dropped)

    @property
    def adds_up(self) -> bool:
        return self.came_in == self.kept + sum(self.dropped.values())


@dataclass(frozen=True)
class Card:
    """What came in, what went out, and why; `in = kept + dropped` for each source and domain."""

    sources: Mapping[str, Line]
    domains: Mapping[str, Line]
    verifiers: Mapping[str, int]
    """Kept Examples by verifier."""
    notes: Sequence[str] = ()
    refused: Sequence[Dropped] = ()
    """Rows that their own verifier cannot use, or whose gold response did not pass it: named one by one."""

    @classmethod
    def of(
        cls, kept: Mapping[Kind, int], ledger: Iterable[Dropped], came_in: Mapping[str, int], notes: Sequence[str] = ()
    ) -> Self:
        """Count. `came_in` is source -> rows, counted when they came in, so that `adds_up` can tell a lost row."""
        sources = {name: Line(came_in=n) for name, n in came_in.items()}
        domain_of: dict[str, str] = {}
        verifiers: Counter[str] = Counter()
        for kind, rows in kept.items():
            line = sources.setdefault(kind.source, Line())
            line.kept += rows
            line.unproven += 0 if kind.proven else rows
            domain_of[kind.source] = kind.domain
            verifiers[kind.verifier] += rows
        refused = []
        for row in ledger:
            sources.setdefault(row.source, Line()).dropped[row.reason] += 1
            domain_of.setdefault(row.source, row.domain)
            if row.step in (READABLE, GOLD):
                refused.append(row)
        domains: dict[str, Line] = {}
        for name, line in sources.items():
            domains.setdefault(domain_of.get(name, ""), Line()).add(line)
        ordered = dict(sorted(verifiers.items()))
        return cls(dict(sorted(sources.items())), dict(sorted(domains.items())), ordered, tuple(notes), tuple(refused))

    @property
    def total(self) -> Line:
        total = Line()
        for line in self.sources.values():
            total.add(line)
        return total

    @property
    def adds_up(self) -> bool:
        return all(line.adds_up for line in (*self.sources.values(), *self.domains.values()))

    def __str__(self) -> str:
        """Markdown."""
        total = self.total
        sentence = f"{total.came_in} rows came in = {total.kept} kept + {sum(total.dropped.values())} dropped"
        mark = "the numbers add up" if self.adds_up else "THE NUMBERS DO NOT ADD UP: a row was lost"
        parts = ["# Corpus card", f"{sentence}; {mark}.", *self.notes]
        parts.append("## By domain\n\n" + _table(self.domains, total))
        parts.append("## By source\n\n" + _table(self.sources, total))
        names = ", ".join(f"{name} {n}" for name, n in self.verifiers.items())
        parts.append(f"Kept by verifier: {names or 'none'}.")
        if self.refused:
            parts.append("## Rows that their verifier refuses\n\n" + _refused(self.refused))
        return "\n\n".join(parts) + "\n"


def _refused(rows: Sequence[Dropped]) -> str:
    lines = [f"- {row.source} {row.id}: {' '.join(row.evidence.split())[:160]}" for row in rows[:SHOWN]]
    more = len(rows) - len(lines)
    return "\n".join([*lines, f"- and {more} more in the ledger"] if more else lines)


def _table(lines: Mapping[str, Line], total: Line) -> str:
    reasons = sorted(total.dropped)
    head = ["", "in", "kept", "of these unproven", *(f"dropped: {reason}" for reason in reasons)]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, line in [*lines.items(), ("total", total)]:
        numbers = (line.came_in, line.kept, line.unproven, *(line.dropped[reason] for reason in reasons))
        rows.append([name, *map(str, numbers)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
