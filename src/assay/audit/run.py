"""An audit: graders over rows whose verdict is known, over attacks, and over constant strings.

Precision, recall and the shares of false negatives and positives have Wilson 95 % intervals. A row on which a grader
gives no score (an exception, a hang, a dead process) is an error and enters neither. A score of at least 0.5 counts as
accepted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from assay.audit.answers import exact_value
from assay.audit.attacks import ATTACKS, CONSTANTS
from assay.audit.labelled import LabelledRow
from assay.audit.outcomes import Grader, Identity, Outcome
from assay.audit.responses import fill, joins
from assay.audit.rewrites import answer_of, wrong_answer
from assay.errors import without_values
from assay.evaluate.metrics import wilson
from assay.types import canonical, hashed_seed

ATTACKED, CONSTANT_ROWS, COMMON = 40, 200, 3
"""References under attack; references for constant strings; frequent answers that join the constants."""
FREE_FORM = frozenset({"instructions", "boolean"})
"""Verifiers that get no attacks: some constant string is right there."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with its 95 % interval."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        return self.count / self.of if self.of else None

    def to_json(self) -> dict[str, Any]:
        return {"count": self.count, "of": self.of, "value": self.value, "interval": list(wilson(self.count, self.of))}


@dataclass
class Confusion:
    """Verdicts against labels."""

    right_accepted: int = 0
    right_refused: int = 0
    wrong_accepted: int = 0
    wrong_refused: int = 0
    errors: int = 0

    def add(self, label: bool, outcome: Outcome) -> None:
        if outcome.score is None:
            self.errors += 1
        elif label:
            self.right_accepted += outcome.accepted
            self.right_refused += not outcome.accepted
        else:
            self.wrong_accepted += outcome.accepted
            self.wrong_refused += not outcome.accepted

    @property
    def precision(self) -> Share:
        """Of what it accepted, what is right."""
        return Share(self.right_accepted, self.right_accepted + self.wrong_accepted)

    @property
    def recall(self) -> Share:
        """Of what is right, what it accepted."""
        return Share(self.right_accepted, self.right_accepted + self.right_refused)

    @property
    def false_negatives(self) -> Share:
        return Share(self.right_refused, self.right_accepted + self.right_refused)

    @property
    def false_positives(self) -> Share:
        return Share(self.wrong_accepted, self.wrong_accepted + self.wrong_refused)

    def to_json(self) -> dict[str, Any]:
        names = ("precision", "recall", "false_negatives", "false_positives")
        return asdict(self) | {name: getattr(self, name).to_json() for name in names}


@dataclass(frozen=True, slots=True)
class Case:
    """A row and what a grader made of it."""

    family: str
    kind: str
    """`accepted` and `refused` as the label says, `FN` and `FP` where they disagree, `error` where it gave no score."""
    reference: Any
    response: str
    why: str


@dataclass(frozen=True, slots=True)
class Constant:
    """What one string earns on average, and the share of references whose answer it is by a plain comparison."""

    text: str
    reward: float
    share: float


@dataclass
class AttackRate:
    """How often the strings of one pattern of attack are paid."""

    pattern: str
    tries: Share
    worst: str
    """The string that is paid most often."""
    success: Share
    """Of the references, those on which the worst string is paid."""
    errors: int = 0
    """Tries on which the grader gave no score; they count as not paid."""


@dataclass
class GraderAudit:
    """What an audit found of one grader."""

    name: str
    identity: Identity
    total: Confusion = field(default_factory=Confusion)
    sets: dict[str, Confusion] = field(default_factory=dict)
    families: dict[str, Confusion] = field(default_factory=dict)
    mistakes: list[Case] = field(default_factory=list)
    agreed: list[Case] = field(default_factory=list)
    """The first accepted and the first refused row of each family."""
    faults: Counter[str] = field(default_factory=Counter)
    """Why rows got no score, with the values that differ left out -> rows."""
    seconds: float = 0.0
    """Time for the labelled rows."""
    constants: list[Constant] = field(default_factory=list)
    common_share: float = 0.0
    """The share of the most frequent answer among the references: what a constant string may honestly earn."""
    attacks: list[AttackRate] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(asdict(self.total).values())

    @property
    def coverage(self) -> Share:
        """Of all rows, those that got a score."""
        return Share(self.rows - self.total.errors, self.rows)

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "grader": self.name,
            "identity": asdict(self.identity),
            "total": self.total.to_json(),
            "sets": {name: one.to_json() for name, one in self.sets.items()},
            "coverage": self.coverage.to_json(),
            "faults": dict(self.faults),
            "families": {name: family.to_json() for name, family in self.families.items()},
            "rows_per_second": self.rows_per_second,
            "mistakes": [asdict(mistake) for mistake in self.mistakes],
            "agreed": [asdict(case) for case in self.agreed],
            "constants": [asdict(constant) for constant in self.constants],
            "most_frequent_answer": self.common_share,
            "attacks": [asdict(b) | {"tries": b.tries.to_json(), "success": b.success.to_json()} for b in self.attacks],
        }


def audit(
    graders: Sequence[Grader],
    rows: Sequence[LabelledRow],
    *,
    attacks: bool = True,
    attacked: int = ATTACKED,
    examples: int = 3,
    on_grader: Callable[[str], None] = lambda name: None,
) -> list[GraderAudit]:
    """Audit each grader over the same rows; keeps `examples` mistakes of each kind in each family.

    Attacks are tried on so many references as `attacked` says, constant strings on five times as many.
    """
    references = list({canonical([r.verifier, r.reference, dict(r.params), r.prompt]): r for r in rows}.values())
    found = []
    for grader in graders:
        on_grader(grader.name)
        report = GraderAudit(grader.name, grader.identity())
        _labelled(report, grader, rows, examples)
        if attacks:
            _constants(report, grader, sample(references, min(CONSTANT_ROWS, 5 * attacked)))
            _attacks(report, grader, sample([r for r in references if r.verifier not in FREE_FORM], attacked))
        found.append(report)
    return found


def sample(rows: Sequence[LabelledRow], size: int) -> list[LabelledRow]:
    """At most `size` of the rows, drawn by a hash of their questions."""
    return sorted(rows, key=lambda r: hashed_seed("audit", r.verifier, r.reference, r.prompt))[:size]


def _labelled(report: GraderAudit, grader: Grader, rows: Sequence[LabelledRow], examples: int) -> None:
    grader.grade(rows[:1])  # imports and first compilations are not the speed
    start = time.perf_counter()
    outcomes = grader.grade(rows)
    report.seconds = time.perf_counter() - start
    kept: Counter[tuple[str, str]] = Counter()
    for row, outcome in zip(rows, outcomes, strict=True):
        for counted in (report.total, report.sets.setdefault(row.set, Confusion())):
            counted.add(row.label, outcome)
        report.families.setdefault(row.family, Confusion()).add(row.label, outcome)
        kind = _kind(row.label, outcome)
        kept[row.family, kind] += 1
        case = Case(row.family, kind, row.reference, row.response, outcome.why)
        if kind in ("accepted", "refused"):
            report.agreed += [case] * (kept[row.family, kind] == 1)
        elif kept[row.family, kind] <= examples:
            report.mistakes.append(case)
        if outcome.score is None:
            report.faults[without_values(outcome.why)] += 1


def _kind(label: bool, outcome: Outcome) -> str:
    if outcome.score is None:
        return "error"
    if outcome.accepted == label:
        return "accepted" if label else "refused"
    return "FN" if label else "FP"


def _constants(report: GraderAudit, grader: Grader, rows: Sequence[LabelledRow]) -> None:
    if not rows:
        return
    answers = Counter(_as_value(_answer(row)) for row in rows)
    report.common_share = answers.most_common(1)[0][1] / len(rows)
    common = [f"\\boxed{{{answer}}}" for answer, _ in answers.most_common(COMMON)]
    for text in dict.fromkeys([*CONSTANTS, *common]):
        outcomes = grader.grade([_saying(row, text) for row in rows])
        scores = [outcome.score for outcome in outcomes if outcome.score is not None]
        bare = _as_value(text.removeprefix("\\boxed{").removesuffix("}") if text.startswith("\\boxed{") else text)
        reward = sum(scores) / len(scores) if scores else 0.0
        report.constants.append(Constant(text, reward, answers[bare] / len(rows)))


def _as_value(answer: str) -> str:
    """A plain number without its name and in one writing; any other answer as it is."""
    value = exact_value(answer.rpartition("=")[2].strip())
    return answer if value is None else str(value)


def _attacks(report: GraderAudit, grader: Grader, rows: Sequence[LabelledRow]) -> None:
    for pattern, templates in ATTACKS.items():
        tried = {template: _tried(grader, rows, template) for template in templates}
        shares = {template: Share(sum(o.accepted for o in found), len(found)) for template, found in tried.items()}
        worst = max(shares, key=lambda template: shares[template].value or 0.0)
        tries = Share(sum(s.count for s in shares.values()), sum(s.of for s in shares.values()))
        errors = sum(outcome.score is None for found in tried.values() for outcome in found)
        report.attacks.append(AttackRate(pattern, tries, worst, shares[worst], errors))


def _tried(grader: Grader, rows: Sequence[LabelledRow], template: str) -> list[Outcome]:
    """What is said of one attack, on each of the rows that it can be made for."""
    said = []
    for row in rows:
        answer = _answer(row)
        wrong = None if "{wrong}" not in template or joins(answer) else wrong_answer(row.example())
        made = fill(template, answer=answer, wrong=wrong, prompt=row.prompt)
        if made is not None:
            said.append(_saying(row, made))
    return grader.grade(said)


def _answer(row: LabelledRow) -> str:
    """The reference as a response would write it."""
    answer = answer_of(row.example())
    return str(row.reference) if answer is None else answer


def _saying(row: LabelledRow, response: str) -> LabelledRow:
    return replace(row, response=response, label=False)
