"""Where the reward came from, on one page: two runs on the same problems, or one run judged again.

Both pages list what flipped with the response, what was read, why, the advantage, and an interval. They hold no script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from pathlib import Path
from typing import Any

from assay.errors import counted
from assay.evaluate.compare import Change, Comparison, Flip
from assay.evaluate.metrics import wilson
from assay.evaluate.rescore import EVEN, Judged, Rescored, Shift
from assay.report.compare import in_turn, said_of
from assay.report.page import filled
from assay.report.rollouts import cut, expected
from assay.report.summary import percent, points
from assay.rollout.runs import StoredRun
from assay.types import Example, Status, Verdict

PROBLEMS, SAMPLES = 200, 4
"""Problems that flipped on a page, and samples of each on a side."""
SHIFTS = 50
"""Responses of each domain that are judged otherwise, on a page."""
LEFT_OUT = "\u2013"
Cell = tuple[str, str]


def comparison_page(found: Comparison, runs: tuple[StoredRun, StoredRun], names: tuple[str, str]) -> str:
    """The page of `assay compare A B --page FILE`."""
    flips = in_turn(found.flips, PROBLEMS)
    said = said_of(flips, runs)
    rows = [(_kind(row), row.name or LEFT_OUT, _cells(row)) for row in found.rows]
    notes = [f"Differs: {line}" for line in found.differs]
    for name, only in zip("AB", found.alone, strict=True):
        notes += [f"Only in {name}, and in no number: {counted(only, 'problem')}."] if only else []
    table = {
        "title": "What changed",
        "about": "Paired by problem. An interval holds 95 % and is that of its own line; p is of no change, by Holm's "
        "rule over the domains. Up and down: problems that B has right more often, or less often.",
        "caption": "Accuracy on the problems that both answered, in percent",
        "heads": ["domain or source", "A", "B", "B − A", "p", "problems", "up", "down"],
        "rows": rows,
    }
    return filled(
        "flips.html.j2",
        title=_sentence(found.rows[0]),
        about={"A": names[0], "B": names[1]},
        notes=notes,
        tables=[table],
        items_title="What flipped",
        items_about=f"{len(flips):,} of {counted(len(found.flips), 'problem')}, the largest changes first, up and down "
        f"in turn, each with up to {SAMPLES} responses a side. Advantage: the score less the mean of the samples of "
        "its problem. Intervals are Wilson's, of the share of right samples.",
        items=[_flip(flip, runs[1].examples[flip.after.example_id], said) for flip in flips],
    )


def rescore_page(found: Rescored, run: Path, verifier: str | None) -> str:
    """The page of `assay rescore RUN --page FILE`."""
    changed = sum(one.changed for one in found.domains.values())
    responses = sum(one.responses for one in found.domains.values())
    title = f"{changed:,} of {counted(responses, 'verdict')} change."
    tables = [_verdict_table(found.domains)]
    if found.advantages:
        tables.append(_advantage_table(found))
        title += f" Of the advantages {_moved(found)}."
    left = [f"left as they were: {counted(len(found.left_out), 'problem')} whose reference cannot be read now"]
    return filled(
        "flips.html.j2",
        title=title,
        about={"run": str(run), "judged now by": verifier or "today's verifiers"},
        notes=left if found.left_out else [],
        tables=tables,
        items_title="Judged otherwise",
        items_about=f"Up to {SHIFTS} responses of each domain; where the advantage changed its sign, first.",
        items=[_shift(shift) for shift in sorted(found.shifts, key=_place)],
    )


def _moved(found: Rescored) -> str:
    sign, to_zero, from_zero = (
        sum(getattr(one, name) for one in found.advantages.values()) for name in ("sign", "to_zero", "from_zero")
    )
    return f"{sign:,} change their sign, {to_zero:,} become zero and {from_zero:,} are zero no more"


def _sentence(every: Change) -> str:
    change = every.change
    span = f"95\u00a0% interval {points(change.low)} to {points(change.high)}"
    if change.low <= 0 <= change.high:
        return f"A and B do not clearly differ: {points(change.value)} points ({span})."
    return f"B is {percent(abs(change.value))} points {'above' if change.value > 0 else 'below'} A ({span})."


def _kind(row: Change) -> str:
    return "all" if not row.domain else "domain" if row.name == row.domain else "source"


def _points(row: Change) -> Cell:
    return points(row.change.value), f"{points(row.change.low)} to {points(row.change.high)}"


def _cells(row: Change) -> list[Cell]:
    p = "" if row.p is None else "<.001" if row.p < 0.001 else f"{row.p:.3f}"
    plain = (p, str(row.change.questions), str(row.up), str(row.down))
    return [(percent(row.before), ""), (percent(row.after), ""), _points(row), *((text, "") for text in plain)]


def _flip(flip: Flip, example: Example, said: Sequence[Mapping[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    sides = []
    for name, one, rows in zip("AB", (flip.before, flip.after), said, strict=True):
        low, high = wilson(one.correct, one.n)
        told = f"{name}: {one.correct} of {one.n} right ({percent(low)} to {percent(high)} %)"
        sides.append((told, _samples(rows[one.example_id])))
    way = "up" if flip.change > 0 else "down"
    told = f"{way} {points(flip.change)}"
    return _item(example, flip.after.example_id, told, way) | {"sides": sides}


def _samples(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    scores = [row["verdict"]["score"] for row in rows]
    known = [score for score in scores if score is not None]
    mean = fsum(known) / len(known) if known else 0.0
    return [
        _judged(Verdict.from_json(row["verdict"]), None if score is None else score - mean, cut(row["response"]))
        for row, score in list(zip(rows, scores, strict=True))[:SAMPLES]
    ]


def _shift(shift: Shift) -> dict[str, Any]:
    old, new = shift.rollout.verdict, shift.after
    sides = [
        (name, [_judged(verdict, advantage)])
        for name, verdict, advantage in zip(("as stored", "as judged now"), (old, new), shift.advantages, strict=True)
    ]
    way = "up" if (new.score or 0) > (old.score or 0) else "down"
    place = f"{shift.rollout.group_id or shift.rollout.example_id}, sample {shift.rollout.index}"
    item = _item(shift.example, place, f"{old.status} → {new.status}".replace("_", " "), way)
    return item | {"sides": sides, "response": cut(shift.rollout.response)}


def _place(shift: Shift) -> tuple[bool, str]:
    was, now = (advantage or 0.0 for advantage in shift.advantages)
    return was * now >= -(EVEN**2), shift.example.domain


def _item(example: Example, name: str, told: str, way: str) -> dict[str, Any]:
    shown = {"asked": cut(example.asked_text), "expected": cut(expected(example.reference)), "response": None}
    known = {"told": told, "way": way, "domain": example.domain, "source": example.source, "id": name}
    return known | {"sealed": bool(example.seal)} | ({} if example.seal else shown)


def _judged(verdict: Verdict, advantage: float | None, response: str | None = None) -> dict[str, Any]:
    return {
        "response": response,
        "status": str(verdict.status),
        "score": "none: it does not count" if verdict.score is None else f"{verdict.score:g}",
        "read": None if verdict.read is None else cut(verdict.read),
        "why": cut(verdict.why, 500),
        "advantage": LEFT_OUT if advantage is None else f"{advantage:+.2f}",
        "verifier": f"{verdict.verifier} {verdict.version}" if verdict.verifier else "recorded",
    }


def _verdict_table(domains: Mapping[str, Judged]) -> dict[str, Any]:
    rows = []
    for name, one in domains.items():
        changes = _counts(one.to_right, one.to_wrong, one.unscored, one.other)
        cells = [*_counts(one.responses), _share(one.before), _share(one.after), *changes]
        rows.append(("domain", name or LEFT_OUT, cells))
    return {
        "title": "Verdicts",
        "about": "What became of the stored verdicts. Intervals hold 95 % (Wilson), over responses as if each stood "
        "alone: of several to a problem they are too narrow.",
        "caption": "Right responses as stored and as judged now, in percent, and what changed",
        "heads": ["domain", "responses", "before", "now", "to right", "to wrong", "unscored", "otherwise"],
        "rows": rows,
    }


def _advantage_table(found: Rescored) -> dict[str, Any]:
    rows = [
        ("domain", name or LEFT_OUT, _counts(one.groups, one.rows, one.sign, one.to_zero, one.from_zero))
        for name, one in found.advantages.items()
    ]
    return {
        "title": "Gradients",
        "about": "An advantage is the score less the mean of its group. Sign: rows that would have been pushed the "
        "other way. To and from zero: rows that would have taught nothing, or something after all.",
        "caption": "Rollouts whose advantage would have been another",
        "heads": ["domain", "groups", "rows", "sign", "to zero", "from zero"],
        "rows": rows,
    }


def _counts(*numbers: int) -> list[Cell]:
    return [(f"{number:,}", "") for number in numbers]


def _share(statuses: Mapping[str, int]) -> Cell:
    counting = sum(statuses.get(status, 0) for status in (Status.CORRECT, Status.INCORRECT, Status.NO_ANSWER))
    if not counting:
        return LEFT_OUT, ""
    right = statuses.get(Status.CORRECT, 0)
    low, high = wilson(right, counting)
    return percent(right / counting), f"{percent(low)} to {percent(high)}"
