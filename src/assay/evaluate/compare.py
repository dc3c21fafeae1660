"""Two runs on the same problems: what changed, by domain, with intervals, and which problems flipped.

A problem flipped where it is right more often, or less often, in one run than in the other. Domains are looked at
side by side, so their p-values are Holm's: over all of them a comparison of two equal models calls any change real in
at most 5 of 100 runs. An interval is that of its own line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from assay.errors import AssayError, counted
from assay.evaluate.metrics import Estimate, difference, estimate, holm, p_value, rates, together
from assay.journal import differences
from assay.rollout.runs import StoredRun
from assay.types import Measurement

COMPARED = ("kind", "model", "weights", "responses", "rescored")
"""Facts that two runs are compared for: they may differ."""
Measured = Mapping[str, Measurement]


@dataclass(frozen=True)
class Flip:
    """A problem that the second run gets right more often, or less often, than the first."""

    before: Measurement
    after: Measurement

    @property
    def change(self) -> float:
        """Of its rate; above zero where it rose."""
        return (self.after.rate or 0.0) - (self.before.rate or 0.0)

    def to_json(self) -> dict[str, Any]:
        sides = {name: [m.correct, m.n] for name, m in (("before", self.before), ("after", self.after))}
        ids = {"example_id": self.after.example_id, "domain": self.after.domain, "source": self.after.source}
        return ids | sides | ({"before_id": self.before.example_id} if self._reworded else {})

    @property
    def _reworded(self) -> bool:
        return self.before.example_id != self.after.example_id


@dataclass(frozen=True)
class Change:
    """One line of a comparison: `all`, a domain, or a source."""

    name: str
    domain: str
    """The domain that the line is of, or that its source is of; empty for `all`."""
    before: float
    """avg@n of the shared problems."""
    after: float
    change: Estimate
    """after - before, paired by problem."""
    p: float | None
    """Of no change; of a domain adjusted for the number of domains (Holm), `None` for other lines."""
    up: int
    """Problems that are right more often."""
    down: int
    """Problems that are right less often."""


@dataclass(frozen=True)
class Comparison:
    """Two runs on what both answered."""

    rows: tuple[Change, ...]
    """`all` (the mean of the domains), then each domain, followed by its sources."""
    flips: tuple[Flip, ...]
    """The largest changes first."""
    alone: tuple[int, int]
    """Problems with a counted answer in the first run only, and in the second only: they are in no number."""
    differs: tuple[str, ...] = ()
    """What else differs between the runs, in words."""

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        flips = [flip.to_json() for flip in self.flips]
        rows = [asdict(row) for row in self.rows]
        return {"rows": rows, "flips": flips, "only": list(self.alone), "differs": list(self.differs)}


def compare(before: StoredRun, after: StoredRun, *, different: bool = False) -> Comparison:
    """Compare two runs by the problems that both answered.

    Problems are paired by id, and those left by their bare text. Raises `AssayError` where anything differs that
    decides verdicts or samples (unless `different`), naming it, and where no problem is shared.
    """
    names = (str(before.path), str(after.path))
    differs = what_differs(before, after)
    if differs and not different:
        told = "\n  ".join(differs)
        judged = any(line.startswith(("verifiers", "assay", "deadline", "sandbox", "programs")) for line in differs)
        again = ", or judge both by today's verifiers first (assay rescore RUN -o OUT)" if judged else ""
        raise AssayError(
            f"{names[0]} and {names[1]} differ in more than who answered:\n  {told}\n"
            f"compare them all the same with --different{again}"
        )
    old, new = paired(before, after)
    pairs = {name: (old[name], new[name]) for name in new if name in old}
    if not any(a.n and b.n for a, b in pairs.values()):
        raise AssayError(
            f"{names[0]} and {names[1]} share no problem with a counted answer, so nothing can be compared"
        )
    shared = {name: pair for name, pair in pairs.items() if pair[0].n and pair[1].n}
    flips = [flip for pair in shared.values() if (flip := Flip(*pair)).change]
    flips.sort(key=lambda flip: (-abs(flip.change), flip.after.domain, flip.after.example_id))
    alone = sum(m.n > 0 for m in old.values()) - len(shared), sum(m.n > 0 for m in new.values()) - len(shared)
    return Comparison(changes_of(shared), tuple(flips), alone, tuple(differs))


def what_differs(before: StoredRun, after: StoredRun) -> list[str]:
    """What differs between two runs besides who answered, in words; problems are counted, not hashed."""
    names = (f"in {before.path}", f"in {after.path}")
    there, here = ({k: v for k, v in run.facts.items() if k not in (*COMPARED, "data")} for run in (before, after))
    told = differences(there, here, places=names)
    if before.facts.get("data") != after.facts.get("data"):
        only = (set(before.examples) - set(after.examples), set(after.examples) - set(before.examples))
        lacking = [f"{counted(len(ids), 'problem')} only {name}" for ids, name in zip(only, names, strict=True) if ids]
        told.append(f"problems: {', '.join(lacking) or 'the same, but asked by another template'}")
    return told


def paired(before: StoredRun, after: StoredRun) -> tuple[dict[str, Measurement], dict[str, Measurement]]:
    """The counts of both runs under names that they share: the id, else the bare problem where one alone has it."""
    old, new = before.measured(), after.measured()
    left = [name for name in new if name not in old]
    by_text: dict[str, list[str]] = {}
    for name in old:
        if name not in new:
            by_text.setdefault(before.examples[name].problem_id, []).append(name)
    asked = [after.examples[name].problem_id for name in left]
    same = {
        by_text[text][0]: name
        for name, text in zip(left, asked, strict=True)
        if len(by_text.get(text, ())) == 1 and asked.count(text) == 1
    }
    return {same.get(name, name): measured for name, measured in old.items()}, new


def changes_of(shared: Mapping[str, tuple[Measurement, Measurement]]) -> tuple[Change, ...]:
    """The lines of a comparison, of pairs that both count."""
    domains = dict.fromkeys(pair[1].domain for pair in shared.values())
    parts = {name: _sides(pair for pair in shared.values() if pair[1].domain == name) for name in domains}
    adjusted = holm({name: p_value(*sides, name) for name, sides in parts.items()})
    rows = []
    for name, sides in parts.items():
        rows.append(replace(_change(name, name, sides), p=adjusted[name]))
        sources = dict.fromkeys(m.source for m in sides[1].values())
        for source in (source for source in sources if source not in ("", name)):
            rows.append(_change(source, name, _sides(p for p in shared.values() if p[1].source == source)))
    heads = [row for row in rows if row.name == row.domain]
    means = [sum(getattr(row, side) for row in heads) / len(heads) for side in ("before", "after")]
    whole = together([row.change for row in heads])
    return (
        Change("all", "", means[0], means[1], whole, None, sum(r.up for r in heads), sum(r.down for r in heads)),
        *rows,
    )


def _sides(pairs: Iterable[tuple[Measurement, Measurement]]) -> tuple[dict[str, Measurement], dict[str, Measurement]]:
    both = list(pairs)
    return {b.example_id: a for a, b in both}, {b.example_id: b for _, b in both}


def _change(name: str, domain: str, sides: Sequence[Measured]) -> Change:
    before, after = sides
    steps = [Flip(before[i], after[i]).change for i in after]
    was, now = (estimate(rates(list(side.values())), name).value for side in sides)
    change = difference(before, after, name)
    return Change(name, domain, was, now, change, None, sum(s > 0 for s in steps), sum(s < 0 for s in steps))
