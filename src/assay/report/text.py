"""Score tables as text, for a terminal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assay.curate.difficulty import BUCKETS, bucket
from assay.evaluate.metrics import Estimate
from assay.evaluate.run import SCORES, Scores
from assay.learn.arms import Arms
from assay.report.summary import percent, points, score_rows
from assay.types import Measurement

SPAN = "95 % interval"


def score_table(scores: Scores) -> str:
    """avg@n and pass@k (k > 1) of each domain and source, in percent with 95 % intervals."""
    ks = sorted({k for row in scores.rows for k in row.passes if k > 1})
    heads = [f"avg@{scores.samples}", *(f"pass@{k}" for k in ks)]
    lines = [f"{'':28} {'problems':>8}  {'  '.join(f'{head:>7}  {SPAN}' for head in heads)}"]
    for row in scores.rows:
        shown = "  ".join(_interval(estimate) for estimate in (row.avg, *map(row.passes.get, ks)))
        missing = f"  ({row.uncounted} not counted)" if row.uncounted else ""
        name = row.name if row.domain in ("", row.name) else f"  {row.name}"
        lines.append(f"{name:28} {row.avg.questions:8d}  {shown}{missing}".rstrip())
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
    """What each reward gained, by domain, in points of held-out accuracy, and the true one's lead over the coin."""
    heads = "".join(f"{arm:>11}" for arm in arms.gains)
    lines = [f"{'gain in points':16}{'before':>8}{heads}{'truth - random':>17}  {SPAN}"]
    rows = {arm: {row.name: row for row in found.rows} for arm, found in arms.gains.items()}
    for row in arms.over["random"].rows:
        if row.name not in ("all", row.domain):
            continue
        gains = "".join(f"{points(rows[arm][row.name].change.value):>11}" for arm in arms.gains)
        told = f"{points(row.change.value):>17}  {points(row.change.low)} to {points(row.change.high)}"
        lines.append(f"{row.name:16}{percent(rows['truth'][row.name].before):>8}{gains}{told}")
    lead = arms.over["random"].rows[0].change
    if lead.low > 0:
        return "\n".join([*lines, "The verdicts teach more than a coin does."])
    return "\n".join([*lines, "As far as these problems can tell, the verdicts teach no more than a coin does."])


def _change_line(row: Mapping[str, Any]) -> str:
    was, now, change = row["before"]["avg"]["value"], row["after"]["avg"]["value"], row["change"]
    span = f"{points(change['low'])} to {points(change['high'])}"
    return f"{row['name']:24} {percent(was):>6}  {percent(now):>6}  {points(change['value']):>6}  {span}"


def _interval(estimate: Estimate | None) -> str:
    """As wide as its head; blank where too few samples count."""
    if estimate is None:
        return " " * (9 + len(SPAN))
    return f"{percent(estimate.value):>7}  {f'{percent(estimate.low):>5} to {percent(estimate.high):>5}':{len(SPAN)}}"
