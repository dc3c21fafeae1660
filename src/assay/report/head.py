"""What a trained head is worth, as a table: by set, what the rule, the head and both together pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def head_table(report: Mapping[str, Any]) -> str:
    """The report of `train_head` as text: shares in percent with 95 % intervals, and the reliability curve."""
    table = Table(title="Held-out rows that are paid, percent with 95 % intervals", title_justify="left")
    for name in ("set", "by", "right ones", "wrong ones"):
        table.add_column(name, justify="left" if name in ("set", "by") else "right", no_wrap=True)
    for name, found in report["sets"].items():
        sizes = {label: found[label] for label in ("right", "wrong")}
        table.add_row(name, "", *(f"{size:,} rows" for size in sizes.values()))
        for way in ("rule", "head", "hybrid"):
            table.add_row("", way, *(_share(found[way].get(label), size) for label, size in sizes.items()))
    curves = Table(title="Reliability: mean probability, share that is right, rows", title_justify="left")
    for name, found in report["sets"].items():
        curve = found["calibration"]
        curves.add_column(f"{name} (error {curve['error']:.3f}, chance {curve['chance']:.3f})")
    most = max(len(found["calibration"]["curve"]) for found in report["sets"].values())
    for place in range(most):
        points = [found["calibration"]["curve"][place : place + 1] for found in report["sets"].values()]
        curves.add_row(
            *(f"{p[0]['probability']:.2f}  {p[0]['right']:.2f}  {p[0]['rows']:,}" if p else "" for p in points)
        )
    console = Console(width=120, color_system=None)
    with console.capture() as shown:
        console.print(table)
        console.print(curves)
        console.print(f"enough: a probability of {report['at_least']:.3f}; temperature {report['temperature']:.2f}")
    return shown.get().rstrip()


def _share(found: Mapping[str, Any] | None, size: int) -> str:
    if not found:
        return "none"
    low, high = found["interval"]
    return f"{100 * found['count'] / size:.1f} ({100 * low:.1f}-{100 * high:.1f})"
