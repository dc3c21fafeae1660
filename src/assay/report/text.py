"""Score tables as text, for a terminal."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.curate.difficulty import BUCKETS, bucket
from assay.errors import counted
from assay.evaluate.control import Control
from assay.evaluate.metrics import Estimate
from assay.evaluate.overlap import FEWEST, Overlap
from assay.evaluate.repeats import Spread
from assay.evaluate.run import CROSS, SCORES, Row, Scores
from assay.evaluate.select import Selected
from assay.learn.arms import Arms
from assay.report.summary import percent, points, score_rows
from assay.types import Measurement

SPAN = "95 % range"
WIDTH = 79
"""Columns of a terminal."""
NAME, COUNT, ABREAST = 28, 8, 2
"""Columns of a name and of a number of problems, and numbers with their intervals beside each other."""


def score_table(scores: Scores) -> str:
    """avg@n and pass@k (k > 1) of each domain and source, in percent with 95 % intervals, in tables of 80 columns.

    Where the suite names tasks, they stand in place of the sources; `*` marks what is not the whole of its name.
    """
    tasks = scores.groups.get("tasks", ())
    rows = [row for row in scores.rows if not tasks or row.domain in ("", row.name)]
    groups = {name: part for name, part in scores.groups.items() if CROSS not in name}
    blocks = [_scores(part, scores, name) for name, part in {"": rows, **groups}.items()]
    listed = {row.name for row in (*rows, *tasks)}
    told = [f"* {name}: {why}" for name, why in scores.partial.items() if name in listed]
    told += [f"{name}: in {SCORES}" for name in scores.groups if CROSS in name]
    blocks += [_control(scores.control)] if scores.control else []
    notes = "\n".join(line for text in told for line in textwrap.wrap(text, WIDTH, subsequent_indent="  "))
    return "\n\n".join([*blocks, *([notes] if notes else [])])


def spread_table(spreads: Sequence[Spread], samples: int) -> str:
    """avg@n in percent over several runs on the same problems: mean, standard deviation between them, lowest, highest,
    and half the width of one run's interval."""
    heads = ("mean", "sd", "lowest", "highest", "one run +-")
    lines = [f"{f'avg@{samples}':{NAME}}" + "".join(f"{head:>11}" for head in heads)]
    for one in spreads:
        name = one.name if one.domain in ("", one.name) else f"  {one.name}"
        told = (one.mean, one.deviation, min(one.values), max(one.values), one.half)
        lines.append(f"{name:{NAME}}" + "".join(f"{percent(value):>11}" for value in told))
    return "\n".join(lines)


def _control(lines: Sequence[Control]) -> str:
    """How often constraints are followed, and how that goes with being right."""
    heads = "".join(f"  {head:>7} {SPAN:11}" for head in ("HAcc", "SAcc", "right"))
    told = [f"{'constraints':11}{'n':>6}{heads}".rstrip()]
    for line in lines:
        cells = "".join(f"  {_interval(value)}" for value in (line.hard, line.soft, line.right))
        told.append(f"{line.name:11}{line.hard.questions:6d}{cells}".rstrip())
    counts = ", ".join(f"{count:,} {name}" for name, count in lines[0].table.items())
    return "\n".join([*told, f"responses: {counts}"])


def _scores(rows: Sequence[Row], scores: Scores, title: str = "") -> str:
    """The rows under their columns, `ABREAST` of them at a time."""
    even = all(row.samples in ("", str(scores.samples)) for row in rows)
    ks = sorted({k for row in rows for k in row.passes if k > 1})
    heads = [f"avg@{scores.samples}" if even else "avg@n", *(f"pass@{k}" for k in ks)]
    more = list(dict.fromkeys(head for row in rows for head in row.more))
    values = {id(row): [row.avg, *map(row.passes.get, ks), *map(row.more.get, more)] for row in rows}
    first = -(-len(heads) // ABREAST) * ABREAST  # further columns begin a table of their own, of the domains alone
    cells = [*heads, *[""] * (first - len(heads)), *more]
    count = "n" if even else "n x k"
    tables = []
    for at in range(0, len(cells), ABREAST):
        part = [head for head in cells[at : at + ABREAST] if head]
        lines = [f"{title:{NAME}}{count:>{COUNT}}{''.join(f'  {head:>7} {SPAN:11}' for head in part)}".rstrip()]
        for row in (row for row in rows if at < first or row.domain in ("", row.name)):
            known = dict(zip([*heads, *more], values[id(row)], strict=True))
            name = row.name if row.domain in ("", row.name) or title else f"  {row.name}"
            name += " *" if row.name in scores.partial else ""
            asked = f"{row.avg.questions}" if even else f"{row.avg.questions} x{row.samples or scores.samples}"
            missing = f" ({row.uncounted} not counted)" if row.uncounted and not at else ""
            shown = "".join(f"  {_interval(known[head], head != 'tokens')}" for head in part)
            lines.append(f"{name:{NAME}}{asked:>{COUNT}}{shown}{missing}".rstrip())
        tables.append("\n".join(lines))
    return "\n\n".join(tables)


def selection_table(found: Selected) -> str:
    """What each rule reaches at the same budget, and what the oracle has more, of all and of each domain."""
    valued = f", valued by {found.valued_by}" if found.valued_by else ""
    lines = [f"{counted(found.samples, 'sample')} of each problem{valued}", ""]
    lines.append(f"{'':12} {'rule':14}{'n':>6}{'score':>9} {SPAN:11}{'oracle has':>13} {SPAN:11}".rstrip())
    for name, choices in found.choices.items():
        for place, choice in enumerate(choices):
            head = name if not place else ""
            gap = _interval(choice.gap) if choice.rule != "oracle" else ""
            row = f"{head:12} {choice.rule:14}{choice.score.questions:6d}  {_interval(choice.score)}    {gap}"
            lines.append(row.rstrip())
        lines.append(f"{'':12} {'answers differ':14}{found.distinct[name]:>15.2f} to a problem, on average")
    if found.left_out:
        lines.append(f"\n{counted(found.left_out, 'problem')} with fewer samples that count: in no line")
    return "\n".join(lines)


def overlap_table(found: Overlap) -> str:
    """avg@n of problems that stand in no training text and of those that do, of all and of each domain."""
    lines = [f"{found.words} words in a row, of {counted(found.texts, 'training text')}", ""]
    lines.append(f"{'':14}{'clean':>7}{'avg@n':>10} {SPAN:11}{'overlapping':>13}{'avg@n':>9} {SPAN:11}".rstrip())
    for line in found.lines:
        clean, shared = (0 if side is None else side.questions for side in (line.clean, line.overlapping))
        row = f"{line.name:14}{clean:7,}   {_interval(line.clean)}{shared:13,}  {_interval(line.overlapping)}"
        lines.append(row.rstrip())
    if short := found.lines[0].too_short:
        lines.append(f"\n{counted(short, 'problem')} of fewer than {FEWEST} words: not looked for, and among the clean")
    return "\n".join(lines)


def bucket_table(measured: Iterable[Measurement]) -> str:
    """How many problems of each domain are of which difficulty, by the share of samples that were right."""
    by_domain: dict[str, Counter[str]] = {}
    for one in measured:
        kinds = by_domain.setdefault(one.domain or "-", Counter())
        kinds["no rate" if one.rate is None else bucket(one.rate)] += 1
        kinds["samples"] += one.n + one.uncounted
    heads = (*BUCKETS, "no rate", "samples")
    lines = ["".join([f"{'problems':14}", *(f"{head:>11}" for head in heads)])]
    for name, kinds in sorted(by_domain.items()):
        lines.append("".join([f"{name:14}", *(f"{kinds[head]:11,}" for head in heads)]))
    return "\n".join(lines)


def change_table(run: Path) -> str:
    """Before, after and the paired change of a run, by domain."""
    before, after, changes = (
        json.loads((run / "eval" / name).read_text("utf-8"))
        for name in (f"before/{SCORES}", f"after/{SCORES}", "changes.json")
    )
    lines = [f"{'held-out accuracy, %':24} {'before':>6}  {'after':>6}  {'change':>6}  95 % interval"]
    for row in score_rows(before, after, changes):
        if row["kind"] != "source" and row["before"] and row["after"] and row["change"]:
            lines.append(_change_line(row))
    return "\n".join(lines)


def arms_table(arms: Arms) -> str:
    """What each reward gained, by domain, in points of held-out accuracy, and the true one's lead over the first
    control."""
    control, lead = next(iter(arms.over.items()))
    heads = "".join(f"{arm:>11}" for arm in arms.gains)
    lines = [f"{'gain in points':16}{'before':>8}{heads}{f'truth - {control}':>20}  {SPAN}"]
    rows = {arm: {row.name: row for row in found.rows} for arm, found in arms.gains.items()}
    for row in lead.rows:
        if row.name not in ("all", row.domain):
            continue
        gains = "".join(f"{points(rows[arm][row.name].change.value):>11}" for arm in arms.gains)
        told = f"{points(row.change.value):>20}  {points(row.change.low)} to {points(row.change.high)}"
        lines.append(f"{row.name:16}{percent(rows['truth'][row.name].before):>8}{gains}{told}")
    return "\n".join([*lines, lead_over(control, lead.rows[0].change.low)])


def lead_over(control: str, low: float) -> str:
    """What the lower end of the true reward's lead over a control says."""
    paid = {"random": "a coin does"}.get(control, f"“{control}” does")
    if low > 0:
        return f"The verdicts teach more than {paid}."
    return f"As far as these problems can tell, the verdicts teach no more than {paid}."


def _change_line(row: Mapping[str, Any]) -> str:
    was, now, change = row["before"]["avg"]["value"], row["after"]["avg"]["value"], row["change"]
    span = f"{points(change['low'])} to {points(change['high'])}"
    return f"{row['name']:24} {percent(was):>6}  {percent(now):>6}  {points(change['value']):>6}  {span}"


def _interval(estimate: Estimate | None, is_share: bool = True) -> str:
    """As wide as its head; blank where too few samples count."""
    if estimate is None:
        return " " * 19
    value, low, high = (
        percent(number) if is_share else f"{number:.0f}" for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value:>7} {low:>5}-{high:5}"
