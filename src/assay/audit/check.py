"""Does a source hold what every source must hold: gold passes, nonsense fails, and a verdict is a function?

    dropped by          where a source asks for curation steps that run a row before it is used (`Source.proofs`): what
                        they drop is told, and may be no more than it says; what follows is of the rows that are left
    gold accepted       every gold response passes its own verifier; rows without one are unproven
    empty refused       an empty response is never right
    other refused       the gold response of a row with another answer is wrong
    attacks refused     constant strings and known exploits are never right
    same twice, same in a thread
                        two calls, and a call from a thread, agree

Verdicts on gold and on the empty response are made for all rows, the others for a hashed sample. Told besides, and no
fault: what the best constant response earns, and, where that is asked for, how many tasks of code have weak tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from assay.audit.attacks import FIXED
from assay.audit.guess import Guess, best_guess
from assay.audit.labelled import LabelledRow
from assay.audit.outcomes import Grader
from assay.curate.proof import dropped_by
from assay.curate.steps import Drop
from assay.curate.strength import strengths
from assay.evaluate.metrics import wilson
from assay.judging.session import verify_many
from assay.judging.verifier import VERIFIERS
from assay.sources.base import Proof, Source
from assay.sources.own import source_of
from assay.types import Example, Status, Verdict, canonical, hashed_seed

OTHERS, SAMPLE, SHOWN = 200, 40, 20
"""Rows whose response is another row's gold; rows for attacks, repetition and threads; faults that are shown."""
FREE_FORM = frozenset({"instructions"})
"""Verifiers that judge the text itself, not an answer in it: a constant string may be right."""
SEARCHED = frozenset({"code_io.input", "sat"})
"""Verifiers of which many responses are right; another row's may be, and is then not a fault."""
JudgePairs = Callable[[Sequence[tuple[Example, str]]], list[Verdict]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A verdict that is not what it must be."""

    kind: str
    """Which line of the report it spoils."""
    id: str
    response: str
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "id": self.id, "response": self.response, "verdict": self.verdict.to_json()}

    def __str__(self) -> str:
        shown = self.response if len(self.response) <= 60 else self.response[:57] + "..."
        return f"{self.kind}: {self.id} {shown!r} is {self.verdict.status}: {self.verdict.why}"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a curation step that a source asks for dropped."""

    step: Proof
    dropped: dict[str, Drop]
    """By the id of the row."""
    of: int
    """Rows that came to the step."""
    most: float
    """The largest share of the source that may go."""
    drawn: bool
    """Whether these are some rows of the source: they may hold more than the whole does, as far as chance explains."""

    @property
    def ok(self) -> bool:
        least = wilson(len(self.dropped), self.of)[0] * self.of if self.drawn else len(self.dropped)
        return least <= self.most * self.of

    def to_json(self) -> dict[str, Any]:
        gone = {id_: drop._asdict() for id_, drop in self.dropped.items()}
        return {"step": self.step, "of": self.of, "most": self.most, "dropped": gone}

    def __str__(self) -> str:
        said = f"  dropped by {self.step!r:<10} {len(self.dropped)} of {self.of}"
        said += "" if self.ok else f": MORE than the {self.most:.1%} that the source says"
        shown = [f"    {id_}: {' '.join(drop.evidence.split())[:120]}" for id_, drop in self.dropped.items()]
        rest = len(shown) - SHOWN
        return "\n".join([said, *shown[:SHOWN], *([f"    ... and {rest} more"] if rest > 0 else [])])


@dataclass
class CheckReport:
    """What a check found; `str()` fits in a glance."""

    name: str
    split: str
    examples: int
    """Rows that were checked."""
    unproven: int = 0
    """Rows without a gold response."""
    proofs: list[Proven] = field(default_factory=list)
    """What curation dropped before, where the source asks for it."""
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By kind: how many verdicts were as they must be, of how many."""
    p99_ms: float = 0.0
    guess: Guess | None = None
    """What the best constant response earns; `None` where too few rows have a gold response."""
    weak: tuple[int, int] | None = None
    """How many tasks have tests that accept a broken program, of how many that were looked at; `None`: not asked."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.examples > 0 and not self.faults and all(proof.ok for proof in self.proofs)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every fault."""
        counts = {kind: {"good": good, "of": tried} for kind, (good, tried) in self.counts.items()}
        row = {"name": self.name, "split": self.split, "ok": self.ok, "examples": self.examples, "counts": counts}
        faults = [fault.to_json() for fault in self.faults]
        row |= {"proofs": [proof.to_json() for proof in self.proofs]}
        row |= {"guess": None if self.guess is None else asdict(self.guess)}
        row |= {"weak_tests": None if self.weak is None else {"weak": self.weak[0], "of": self.weak[1]}}
        return row | {"unproven": self.unproven, "p99_ms": round(self.p99_ms, 3), "faults": faults}

    def __str__(self) -> str:
        mark = "passes" if self.ok else "FAILS"
        lines = [f"{self.name} ({self.split}, {self.examples} examples) {mark}"]
        lines += [str(proof) for proof in self.proofs]
        lines += [f"  {kind:<16} {good} of {tried}" for kind, (good, tried) in self.counts.items()]
        lines.append(f"  {'unproven':<16} {self.unproven}")
        if self.guess is not None:
            said = " ".join(self.guess.response.split())
            shown = said if len(said) <= 40 else said[:37] + "..."
            lines.append(
                f"  {'best constant':<16} {100 * self.guess.share:.1f} % ({shown!r}, on {self.guess.rows} rows)"
            )
        if self.weak is not None:
            lines.append(f"  {'weak tests':<16} {self.weak[0]} of {self.weak[1]} tasks accept a broken program")
        lines.append(f"  {'p99':<16} {self.p99_ms:.1f} ms")
        lines += [f"    {fault}" for fault in self.faults[:SHOWN]]
        if len(self.faults) > SHOWN:
            lines.append(f"    ... and {len(self.faults) - SHOWN} more")
        return "\n".join(lines)

    def add(
        self, kind: str, pairs: Sequence[tuple[Example, str]], verdicts: Sequence[Verdict], good: Sequence[bool]
    ) -> None:
        """Count verdicts on pairs of an Example and a response, and keep those that are not good."""
        self.counts[kind] = (sum(good), len(pairs))
        judged = zip(pairs, verdicts, good, strict=True)
        self.faults += [Fault(kind, e.id, said, v) for (e, said), v, fine in judged if not fine]


def check(
    name_or_source: str | Source,
    *,
    data: Path | str | None = None,
    split: str | None = None,
    size: int | None = None,
    seed: int = 0,
    level: int = 1,
    workers: int = 2,
    strength: bool = False,
    grader: Grader | None = None,
    **own: Any,
) -> CheckReport:
    """Check a source, registered or given, or a file of your own (`own` as in `assay.load`).

    `size` limits the rows; `split` is its first one without it; `strength` tries tests of code with broken programs;
    `grader` judges in place of the rows' verifiers (`assay.audit.graders.find_grader`). Rows that the curation steps of
    `Source.proofs` drop are told and not checked.

    Raises `UnknownName` for a source or split that is not there, and `MissingData` where rows are missing.
    """
    source = source_of(name_or_source, **own) if isinstance(name_or_source, str) else name_or_source
    part = split or source.splits[0]
    where = Path(data) if data is not None else None
    examples = list(source.examples(part, data=where, size=size, seed=seed, level=level))
    proofs = []
    for step, most in source.proofs.items():
        gone = dropped_by(step, examples, workers=workers)
        dropped = {examples[place].id: drop for place, drop in gone.items()}
        proofs.append(Proven(step, dropped, len(examples), most, drawn=size is not None))
        examples = [example for place, example in enumerate(examples) if place not in gone]
    report = check_examples(examples, name=source.name, split=part, workers=workers, strength=strength, grader=grader)
    report.proofs = proofs
    return report


def check_examples(
    examples: Sequence[Example],
    *,
    name: str,
    split: str = "",
    workers: int = 2,
    strength: bool = False,
    grader: Grader | None = None,
) -> CheckReport:
    """`check` for Examples that are already there."""
    judge = partial(_judge, workers=workers) if grader is None else partial(_graded, grader)
    report = CheckReport(name, split, len(examples), sum(e.gold is None for e in examples))
    proven = [(e, e.gold) for e in examples if e.gold is not None]
    golds = judge(proven)
    report.add("gold accepted", proven, golds, [v.is_correct for v in golds])
    broken = {e.id for (e, _), verdict in zip(proven, golds, strict=True) if verdict.status is Status.ERROR}
    blank = [(e, "") for e in examples if e.id not in broken]  # an unusable reference is listed once
    empty = judge(blank)
    refused = (Status.INCORRECT, Status.NO_ANSWER)
    report.add("empty refused", blank, empty, [v.status in refused for v in empty])
    _check_others(report, [e for (e, _), verdict in zip(proven, golds, strict=True) if verdict.is_correct], judge)
    sample = _sample(examples, SAMPLE)
    _check_attacks(report, sample, judge, thinking=grader is None)
    _check_function(report, sample, judge, threads=grader is None)
    if grader is None and not FREE_FORM.intersection(example.verifier for example in examples):
        report.guess = best_guess(examples, workers=workers)
    if strength:
        found = [one for one in strengths(examples, workers=workers) if one is not None]
        report.weak = sum(one.is_weak for one in found), len(found)
    report.p99_ms = _p99([verdict.seconds for verdict in golds or empty])
    return report


def _judge(pairs: Sequence[tuple[Example, str]], workers: int) -> list[Verdict]:
    return verify_many([e for e, _ in pairs], [said for _, said in pairs], workers=workers)


def _graded(grader: Grader, pairs: Sequence[tuple[Example, str]]) -> list[Verdict]:
    """What a grader that may not be ours says, as verdicts."""
    found = grader.grade([LabelledRow.of_example(e, said, label=False) for e, said in pairs])
    return [Verdict.error(one.why) if one.score is None else Verdict.of(one.accepted, why=one.why) for one in found]


def _check_others(report: CheckReport, examples: Sequence[Example], judge: JudgePairs) -> None:
    """The gold of a row with another answer. Accepted both ways round, the answers suit each other's reference."""
    answers = {e.id: _answer(e) for e in examples}
    pairs = []
    for example in _sample([e for e in examples if e.verifier not in FREE_FORM | SEARCHED], OTHERS):
        alike = [e for e in examples if e.verifier == example.verifier and e.gold != example.gold]
        rows = [e for e in alike if answers[e.id] != answers[example.id] and not _rounds_to(e.reference, example)]
        if rows:
            pairs.append((example, rows[hashed_seed("other", example.id) % len(rows)]))
    there = judge([(a, b.gold or "") for a, b in pairs])
    back = judge([(b, a.gold or "") for a, b in pairs])
    kept = [i for i in range(len(pairs)) if not (there[i].is_correct and back[i].is_correct)]
    verdicts = [there[i] for i in kept]
    said = [(pairs[i][0], pairs[i][1].gold or "") for i in kept]
    report.add("other refused", said, verdicts, [not v.is_correct for v in verdicts])


def _check_attacks(report: CheckReport, examples: Sequence[Example], judge: JudgePairs, *, thinking: bool) -> None:
    """With `thinking` also that what stands in a thinking part that never closes is no answer, a policy of ours."""
    rows = [e for e in examples if e.verifier not in FREE_FORM]
    fixed = [(e, text) for e in rows for text in FIXED if not _names_option(e, text)]
    said = fixed + [(e, f"<think> maybe {e.gold}") for e in rows if e.gold and thinking]
    verdicts = judge(said)
    report.add("attacks refused", said, verdicts, [not v.is_correct for v in verdicts])


def _names_option(example: Example, text: str) -> bool:
    """Whether the text is an answer: a word of it is one of the options ("The answer is unknown."), or it has every
    entry of a reference that is a list ("A, B, C, D" where all four are right)."""
    words = set(re.findall(r"\w+", text.lower()))
    listed = example.reference if isinstance(example.reference, list) else []
    return not words.isdisjoint(option.lower() for option in example.options) or (
        bool(listed) and words >= {str(entry).lower() for entry in listed}
    )


def _check_function(report: CheckReport, examples: Sequence[Example], judge: JudgePairs, *, threads: bool) -> None:
    """The same verdict on a second call, and, of what runs in this process, on a call from a thread."""
    pairs = [(e, e.gold or "x") for e in examples]
    first, again = ([judge([pair])[0] for pair in pairs] for _ in range(2))
    made = [("same twice", again)]
    if threads:
        with ThreadPoolExecutor(1) as pool:
            made.append(("same in a thread", list(pool.map(lambda pair: judge([pair])[0], pairs))))
    for kind, verdicts in made:
        same = [(v.status, v.score, v.read) for v in verdicts]
        report.add(kind, pairs, verdicts, [a == (b.status, b.score, b.read) for a, b in zip(same, first, strict=True)])


def _answer(example: Example) -> str:
    """The key of the right answer, or the reference itself where its verifier gives no keys."""
    key = VERIFIERS.get(example.verifier).key(example, example.reference)
    return canonical([example.reference, dict(example.params)]) if key is None else key


def _rounds_to(number: Any, example: Example) -> bool:
    """Whether a number is the answer with more digits than the row asks for, and so right too."""
    try:
        goal = Decimal(str(example.reference))
        return "decimals" in example.params and Decimal(str(number)).quantize(goal) == goal
    except InvalidOperation:  # one is no number
        return False


def _sample(examples: Sequence[Example], size: int) -> list[Example]:
    return sorted(examples, key=lambda e: hashed_seed("check", e.id))[:size]


def _p99(seconds: Sequence[float]) -> float:
    return 1000 * sorted(seconds)[int(0.99 * (len(seconds) - 1))] if seconds else 0.0
