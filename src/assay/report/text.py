"""Score tables as text, for a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assay.evaluate.run import SCORES, Scores
from assay.report.summary import percent, points, score_rows


def score_table(scores: Scores) -> str:
    """avg@n and pass@k of each domain and source, in percent with 95 % intervals."""
    lines = [f"{'':28} {'problems':>8}  {f'avg@{scores.samples}':>6}  95 % interval   pass@k"]
    for row in scores.rows:
        passes = "  ".join(f"@{k} {percent(e.value)}" for k, e in row.passes.items() if k > 1)
        missing = f"  ({row.uncounted} not counted)" if row.uncounted else ""
        name = row.name if row.domain in ("", row.name) else f"  {row.name}"
        lines.append(f"{name:28} {row.avg.questions:8d}  {_interval(asdict(row.avg))}   {passes}{missing}")
    return "\n".join(lines)


def change_table(run: Path) -> str:
    """Before, after and the paired change of a run, by domain."""
    before, after, changes = (
        json.loads((run / "eval" / name).read_text("utf-8"))
        for name in (f"before/{SCORES}", f"after/{SCORES}", "changes.json")
    )
    lines = [f"{'held-out accuracy, %':24} {'before':>6}  {'after':>6}  {'change':>6}  95 % interval"]
    for row in score_rows(before, after, changes):
        if row["kind"] == "domain" and row["before"] and row["after"] and row["change"]:
            lines.append(_change_line(row))
    return "\n".join(lines)


def _change_line(row: Mapping[str, Any]) -> str:
    was, now, change = row["before"]["avg"]["value"], row["after"]["avg"]["value"], row["change"]
    span = f"{points(change['low'])} to {points(change['high'])}"
    return f"{row['name']:24} {percent(was):>6}  {percent(now):>6}  {points(change['value']):>6}  {span}"


def _interval(estimate: Mapping[str, Any]) -> str:
    return f"{percent(estimate['value']):>6}  {percent(estimate['low']):>5} to {percent(estimate['high']):>5}"
