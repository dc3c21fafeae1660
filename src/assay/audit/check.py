"""Does a source hold what every source must hold: gold passes, nonsense fails, and a verdict is a function?

    gold accepted       every gold response passes its own verifier; rows without one are unproven
    empty refused       an empty response is never right
    other refused       another row's gold response is wrong, unless both rows have the same value
    attacks refused     constant strings and known exploits are never right
    same twice, thread  two calls and a call from a thread agree with the first

Verdicts on gold and on the empty response are made for all rows, the others for a hashed sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.judging.session import verify
from assay.rollout.judge import judge
from assay.sources.base import Source
from assay.sources.own import source_of
from assay.types import Example, Status, Verdict, canonical, hashed_seed

OTHERS, SAMPLE = 200, 40
"""Rows whose response is another row's gold; rows for attacks, repetition and threads."""
FREE_FORM = frozenset({"instructions"})
"""Verifiers for which some constant string may be right; they get no attacks and no other row's response."""
SEARCHED = frozenset({"code_io.input", "sat"})
"""Verifiers for which many responses are right; another row's may be, and is then not a fault."""
ATTACKS = (
    "I do not know.",
    "\\boxed{}",
    "<answer></answer>",
    "\\boxed{ground_truth}",
    "\\boxed{__import__('os').getpid()}",
    "\\boxed{ABCDEFGHIJ}",
    "Final Decision: Yes",
    "```python\npass\n```",
    "```python\nassert True\n```",
    "```python\nimport os\nos._exit(0)\n```",
    "```python\nimport sys\nsys.exit(0)\n```",
    "```python\nclass Any:\n    def __eq__(self, other):\n        return True\ndef f(*a, **k):\n    return Any()\n```",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A verdict that is not what it must be."""

    kind: str
    """Which line of the report it spoils."""
    id: str
    response: str
    verdict: Verdict

    def __str__(self) -> str:
        shown = self.response if len(self.response) <= 60 else self.response[:57] + "..."
        return f"{self.kind}: {self.id} {shown!r} is {self.verdict.status}: {self.verdict.why}"


@dataclass
class Tally:
    """How many of how many were as they must be."""

    good: int = 0
    tried: int = 0

    def __str__(self) -> str:
        return f"{self.good} of {self.tried}"


@dataclass
class CheckReport:
    """What a check found; `str()` fits in a glance."""

    name: str
    split: str
    examples: int
    unproven: int = 0
    """Rows without a gold response."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    p99_ms: float = 0.0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.examples > 0 and not self.refused

    def __str__(self) -> str:
        mark = "passes" if self.ok else "FAILS"
        lines = [f"{self.name} ({self.split}, {self.examples} examples) {mark}"]
        lines += [f"  {kind:<16} {tally}" for kind, tally in self.tallies.items()]
        lines.append(f"  {'unproven':<16} {self.unproven}")
        lines.append(f"  {'p99':<16} {self.p99_ms:.1f} ms")
        lines += [f"    {refusal}" for refusal in self.refused[:20]]
        if len(self.refused) > 20:
            lines.append(f"    ... and {len(self.refused) - 20} more")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "split": self.split,
            "ok": self.ok,
            "examples": self.examples,
            "unproven": self.unproven,
            "p99_ms": self.p99_ms,
            "tallies": {kind: [tally.good, tally.tried] for kind, tally in self.tallies.items()},
            "refused": [
                {"kind": r.kind, "id": r.id, "response": r.response, "verdict": r.verdict.to_json()}
                for r in self.refused
            ],
        }


def check(
    name_or_source: str | Source,
    *,
    data: Path | str | None = None,
    split: str | None = None,
    size: int | None = None,
    seed: int = 0,
    level: int = 1,
    workers: int = 2,
    **own: Any,
) -> CheckReport:
    """Check a source, registered or given, or a file of your own (`own` as in `assay.load`).

    `size` limits the rows; `split` is its first one without it.

    Raises `UnknownName` for a source or split that is not there, and `MissingData` where rows are missing.
    """
    source = source_of(name_or_source, **own) if isinstance(name_or_source, str) else name_or_source
    part = split or source.splits[0]
    where = Path(data) if data is not None else None
    examples = list(source.examples(part, data=where, size=size, seed=seed, level=level))
    return check_examples(examples, name=source.name, split=part, workers=workers)


def check_examples(examples: Sequence[Example], *, name: str, split: str = "", workers: int = 2) -> CheckReport:
    """`check` for Examples that are already there."""
    report = CheckReport(name, split, len(examples), sum(e.gold is None for e in examples))
    proven = [e for e in examples if e.gold is not None]
    golds = judge(proven, [e.gold or "" for e in proven], workers=workers)
    _count(report, "gold accepted", proven, [e.gold or "" for e in proven], golds, lambda v: v.is_correct)
    told = {e.id for e, verdict in zip(proven, golds, strict=True) if verdict.status is Status.ERROR}
    usable = [e for e in examples if e.id not in told]  # an unusable reference is listed once
    empty = judge(usable, [""] * len(usable), workers=workers)
    _count(report, "empty refused", usable, [""] * len(usable), empty, _refused)
    sound = [e for e, verdict in zip(proven, golds, strict=True) if verdict.is_correct]
    _check_others(report, sound, workers)
    sample = _sample(examples, SAMPLE)
    _check_attacks(report, sample, workers)
    _check_function(report, sample)
    report.p99_ms = _p99([verdict.seconds for verdict in golds or empty])
    return report


def _refused(verdict: Verdict) -> bool:
    return verdict.status in (Status.INCORRECT, Status.NO_ANSWER)


def _count(
    report: CheckReport,
    kind: str,
    examples: Sequence[Example],
    responses: Sequence[str],
    verdicts: Sequence[Verdict],
    good: Callable[[Verdict], bool],
) -> None:
    tally = report.tallies.setdefault(kind, Tally())
    for example, response, verdict in zip(examples, responses, verdicts, strict=True):
        tally.tried += 1
        tally.good += good(verdict)
        if not good(verdict):
            report.refused.append(Refusal(kind, example.id, response, verdict))


def _check_others(report: CheckReport, examples: Sequence[Example], workers: int) -> None:
    """Another row's gold. Where it is accepted both ways round, the two rows have the same value."""
    pairs = []
    for example in _sample(examples, OTHERS):
        rows = [e for e in examples if e.verifier == example.verifier and _value(e) != _value(example)]
        if rows and example.verifier not in FREE_FORM | SEARCHED:
            pairs.append((example, rows[hashed_seed("other", example.id) % len(rows)]))
    there = judge([a for a, _ in pairs], [b.gold or "" for _, b in pairs], workers=workers)
    back = judge([b for _, b in pairs], [a.gold or "" for a, _ in pairs], workers=workers)
    kept = [i for i in range(len(pairs)) if not (there[i].is_correct and back[i].is_correct)]
    examples, others = [pairs[i][0] for i in kept], [pairs[i][1].gold or "" for i in kept]
    _count(report, "other refused", examples, others, [there[i] for i in kept], lambda v: not v.is_correct)


def _check_attacks(report: CheckReport, examples: Sequence[Example], workers: int) -> None:
    rows = [e for e in examples if e.verifier not in FREE_FORM]
    asked = [e for e in rows for _ in ATTACKS] + [e for e in rows if e.gold]
    said = [attack for _ in rows for attack in ATTACKS] + [f"<think> maybe {e.gold}" for e in rows if e.gold]
    verdicts = judge(asked, said, workers=workers)
    _count(report, "attacks refused", asked, said, verdicts, lambda v: not v.is_correct)


def _check_function(report: CheckReport, examples: Sequence[Example]) -> None:
    """The same verdict on a second call, and on a call from a thread."""
    responses = [e.gold or "x" for e in examples]
    first, again = ([verify(e, r) for e, r in zip(examples, responses, strict=True)] for _ in range(2))
    with ThreadPoolExecutor(1) as threads:
        threaded = list(threads.map(verify, examples, responses))
    for kind, verdicts in (("same twice", again), ("same in a thread", threaded)):
        tally = report.tallies.setdefault(kind, Tally())
        for example, response, one, other in zip(examples, responses, first, verdicts, strict=True):
            same = (one.status, one.score, one.read) == (other.status, other.score, other.read)
            tally.tried += 1
            tally.good += same
            if not same:
                report.refused.append(Refusal(kind, example.id, response, other))


def _value(example: Example) -> str:
    return canonical([example.reference, dict(example.params)])


def _sample(examples: Sequence[Example], size: int) -> list[Example]:
    return sorted(examples, key=lambda e: hashed_seed("check", e.id))[:size]


def _p99(seconds: Sequence[float]) -> float:
    return 1000 * sorted(seconds)[int(0.99 * (len(seconds) - 1))] if seconds else 0.0
