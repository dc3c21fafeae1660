"""Comparisons and gradings anew as text for a terminal of 80 columns, with the responses themselves."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from assay.errors import counted, visible
from assay.evaluate.compare import Change, Comparison, Flip
from assay.evaluate.metrics import Estimate
from assay.evaluate.rescore import Rescored, Shift
from assay.report.rollouts import cut, expected
from assay.report.summary import percent, points
from assay.rollout.runs import StoredRun
from assay.types import Example, Status

WIDTH = 80
COLUMN = 38
"""Characters of a response beside another."""
LONGEST = 600
"""Characters shown of a text."""


def comparison_table(found: Comparison, names: tuple[str, str]) -> str:
    """Both runs by domain and source, in percent: the paired change with its 95 % interval, and flips both ways."""
    lines = [f"A: {names[0]}", f"B: {names[1]}", ""]
    lines.append(f"{'':20}{'n':>5}{'A':>7}{'B':>7}{'B - A':>8}  {'95 % interval':14}{'p':>7}{'up':>5}{'down':>5}")
    lines += [_line(row) for row in found.rows]
    heads = [row for row in found.rows if row.p is not None]
    told = ["n: problems that both answered. up, down: those that B has right more often, or less often, than A."]
    if len(heads) > 1:
        clear = [row.name or "-" for row in heads if row.p is not None and row.p < 0.05]
        seen = f"Below .05: {', '.join(clear)}." if clear else "None is below .05."
        told.append(
            f"p: of no change, by Holm's rule over the {len(heads)} domains: of equal models at most 5 in 100 "
            f"comparisons show any below .05. {seen} An interval is that of its own line alone."
        )
    else:
        told.append("p: of no change.")
    for name, only in zip("AB", found.alone, strict=True):
        told += [f"Only in {name}, and in no number: {counted(only, 'problem')}."] if only else []
    told += [f"Differs: {line}" for line in found.differs]
    return "\n".join([*lines, "", *(line for text in told for line in textwrap.wrap(text, WIDTH))])


def _line(row: Change) -> str:
    p = "" if row.p is None else "<.001" if row.p < 0.001 else f"{row.p:.3f}".lstrip("0") if row.p < 1 else "1"
    rates = f"{percent(row.before):>7}{percent(row.after):>7}{points(row.change.value):>8}"
    name = label(row.name, row.domain)
    return f"{name:20}{row.change.questions:5}{rates}  {_span(row.change):14}{p:>7}{row.up:5}{row.down:5}"


def label(name: str, domain: str) -> str:
    """The name of a line within 20 characters: a source stands below its domain, without repeating it."""
    short = name or "-" if name == domain or not domain else f"  {name.removeprefix(f'{domain}/')}"
    return short if len(short) < 20 else f"{short[:18]}…"


def _span(estimate: Estimate) -> str:
    return f"{points(estimate.low)} to {points(estimate.high)}"


def shown_flips(found: Comparison, runs: tuple[StoredRun, StoredRun], most: int) -> str:
    """The problems whose rate changed most, up and down in turn: what was asked, and what each run said of it."""
    turns = in_turn(found.flips, most)
    said = said_of(turns, runs)
    return "\n\n".join(_flip(flip, runs[1].examples[flip.after.example_id], said) for flip in turns)


def in_turn(flips: Sequence[Flip], most: int) -> list[Flip]:
    """The largest changes first, up and down in turn."""
    ways = [[flip for flip in flips if (flip.change > 0) is up] for up in (True, False)]
    return [flip for pair in zip_longest(*ways) for flip in pair if flip is not None][:most]


def said_of(flips: Sequence[Flip], runs: tuple[StoredRun, StoredRun]) -> list[dict[str, list[dict[str, Any]]]]:
    """Of each run the rows of its side of the flips, by Example, in the order of the samples."""
    ids = [{flip.before.example_id for flip in flips}, {flip.after.example_id for flip in flips}]
    return [_rows(run, wanted) for run, wanted in zip(runs, ids, strict=True)]


def _rows(run: StoredRun, wanted: set[str]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in run.store.rows() if wanted else ():
        if row["example_id"] in wanted:
            rows.setdefault(row["example_id"], []).append(row)
    return {name: sorted(said, key=lambda row: row["index"]) for name, said in rows.items()}


def _flip(flip: Flip, example: Example, said: Sequence[Mapping[str, list[dict[str, Any]]]]) -> str:
    rose = flip.change > 0
    sides = [
        _chosen(rows[one.example_id], right)
        for rows, one, right in zip(said, (flip.before, flip.after), (not rose, rose), strict=True)
    ]
    share = f"{flip.before.correct}/{flip.before.n} -> {flip.after.correct}/{flip.after.n}"
    head = f"{'up' if rose else 'down'}  {share}  {example.source or example.domain or '-'}  {example.id}"
    if example.seal:
        return "\n".join(hidden(head))
    return "\n".join([*asked(head, example), *beside([_told(row) for row in sides], ("A", "B"))])


def hidden(head: str) -> list[str]:
    """A heading, and why nothing of the problem stands below it."""
    return [head, "-" * WIDTH, "(a sealed problem: neither it nor what was said of it is shown)"]


def asked(head: str, example: Example) -> list[str]:
    """A heading, the problem and what was expected, as lines."""
    lines = [head, "-" * WIDTH, *wrapped(cut(example.asked_text, LONGEST), WIDTH)]
    return [*lines, *wrapped(f"expected: {cut(expected(example.reference), LONGEST)}", WIDTH), ""]


def _chosen(rows: Sequence[dict[str, Any]], right: bool) -> dict[str, Any]:
    """The first sample that shows why: a right one of the side that is better, a wrong one of the other."""
    counting = [row for row in rows if row["verdict"]["score"] is not None]
    return next((row for row in counting if (row["verdict"]["status"] == Status.CORRECT) is right), counting[0])


def _told(row: Mapping[str, Any]) -> str:
    return f"{judged(row['verdict'])}\n{cut(row['response'], LONGEST)}"


def judged(verdict: Mapping[str, Any]) -> str:
    """A verdict in a few words, with what was read where that is short."""
    read = verdict.get("read") or ""
    return f"{verdict['status']}, read {read!r}" if 0 < len(read) <= COLUMN // 2 else str(verdict["status"])


def wrapped(text: str, width: int) -> list[str]:
    """A text as lines of at most so many characters; nothing in it can move or colour a terminal."""
    lines = (textwrap.wrap(visible(line), width, drop_whitespace=False) or [""] for line in text.splitlines())
    return [part for line in lines for part in line]


def beside(texts: Sequence[str], heads: Sequence[str]) -> list[str]:
    """Two texts in columns of a terminal, as lines."""
    columns = [[head, *wrapped(text, COLUMN)] for head, text in zip(heads, texts, strict=True)]
    return [f"{a:{COLUMN}} |  {b}".rstrip() for a, b in zip_longest(*columns, fillvalue="")]


def rescore_table(found: Rescored) -> str:
    """What became of the verdicts, by domain, and of the advantages of a training."""
    head = f"{'':20}{'responses':>9}{'before %':>10}{'now %':>7}{'to right':>10}{'to wrong':>10}{'unscored':>10}"
    lines = [f"{head}{'':4}".rstrip()]
    for name, one in found.domains.items():
        shares = f"{_share(one.before):>10}{_share(one.after):>7}"
        lines.append(
            f"{name or '-':20}{one.responses:9,}{shares}{one.to_right:10,}{one.to_wrong:10,}{one.unscored:10,}"
        )
    other = sum(one.other for one in found.domains.values())
    lines += (
        [f"\nbesides, {counted(other, 'verdict')} changed in status or score, but not in being right"] if other else []
    )
    if found.advantages:
        lines.append(f"\n{'advantages':20}{'groups':>8}{'rows':>10}{'sign':>10}{'to zero':>10}{'from zero':>12}")
        for name, signs in found.advantages.items():
            moved = f"{signs.sign:10,}{signs.to_zero:10,}{signs.from_zero:12,}"
            lines.append(f"{name or '-':20}{signs.groups:8,}{signs.rows:10,}{moved}")
        told = "sign: rows pushed the other way; to and from zero: rows that would have taught nothing, "
        lines += textwrap.wrap(f"{told}or something after all. An advantage is the score less the group's mean.", WIDTH)
    return "\n".join(lines)


def _share(statuses: Mapping[str, int]) -> str:
    """The share of right answers among the verdicts that count, in percent."""
    counting = sum(statuses.get(status, 0) for status in (Status.CORRECT, Status.INCORRECT, Status.NO_ANSWER))
    return percent(statuses.get(Status.CORRECT, 0) / counting) if counting else "-"


def left_out_note(left_out: Mapping[str, str]) -> list[str]:
    """How many recorded responses could not be compared, by why, with the first of each."""
    first: dict[str, str] = {}
    for place, why in left_out.items():
        first.setdefault(why, place)
    reasons = Counter(left_out.values())
    return [f"left out: {counted(many, 'response')}: {why}, as in {first[why]}" for why, many in reasons.items()]


def shown_shifts(found: Rescored, most: int) -> str:
    """Responses that are judged otherwise, so many of each domain: what was asked, what was said, both verdicts."""
    by_domain: dict[str, list[Shift]] = {}
    for shift in found.shifts:
        by_domain.setdefault(shift.example.domain, []).append(shift)
    shown = [shift for shifts in by_domain.values() for shift in shifts[:most]]
    return "\n\n".join("\n".join(_shift(shift)) for shift in shown)


def _shift(shift: Shift) -> list[str]:
    old, new = shift.rollout.verdict, shift.after
    where = f"{shift.example.source or shift.example.domain or '-'}  {shift.rollout.example_id}/{shift.rollout.index}"
    head = f"{old.status} -> {new.status}  {where}"
    if shift.example.seal:
        return hidden(head)
    lines = asked(head, shift.example)
    lines += wrapped(cut(shift.rollout.response, LONGEST), WIDTH)
    for name, verdict, advantage in zip(("was", "now"), (old, new), shift.advantages, strict=True):
        who = f"{verdict.verifier} {verdict.version}" if verdict.verifier else "recorded"
        by = f"{who}: {judged(verdict.to_json())}"
        told = "" if advantage is None else f"; advantage {advantage:+.2f}"
        lines += wrapped(f"{name} ({by}{told}): {cut(verdict.why, 200)}", WIDTH)
    return lines
