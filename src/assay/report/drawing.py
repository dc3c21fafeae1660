"""Panels of lines, of dots with intervals, and of stacked bars, as SVG whose title says their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.evaluate.metrics import Estimate
from assay.report.panels import DOMAIN_COLOURS, HEIGHT, PAGE_COLOURS, VERDICT_COLOURS, WIDTH, empty_panel, svg_of

INK, SOFT = PAGE_COLOURS["ink"][0], PAGE_COLOURS["soft"][0]
ROW = 0.19
"""Inches of a row of dots."""


@dataclass(frozen=True)
class Line:
    """One curve of a panel."""

    name: str
    series: Sequence[tuple[int, float]]
    colour: str = SOFT
    width: float = 0.8
    style: str = "-"


def curves(lines: Sequence[Line], label: str, by: str = "step") -> str:
    """A panel of lines as SVG; its title says where each that stands out begins and ends."""
    at = sorted({x for line in lines for x, _ in line.series})
    figure, axis = empty_panel(at)
    if by == "k":
        axis.set_xscale("log", base=2)
        axis.set_xticks(at, [str(k) for k in at])
        axis.minorticks_off()
        axis.set_xlabel("k", fontsize=8, color=SOFT, loc="right")
    for line in sorted(lines, key=lambda one: one.width):
        xs, ys = [x for x, _ in line.series], [y for _, y in line.series]
        axis.plot(
            xs, ys, color=line.colour, linewidth=line.width, linestyle=line.style, marker="o" if len(xs) == 1 else None
        )
    axis.set_ylim(0, None)
    said = [
        f"{one.name} {one.series[0][1]:.3g} to {one.series[-1][1]:.3g}" for one in lines if one.width > 1 and one.series
    ]
    return svg_of(figure, f"{label}, {by} {at[0]} to {at[-1]}: {', '.join(said)}" if at else label)


def dots(rows: Sequence[tuple[str, Sequence[tuple[Estimate, str, bool]]]], zero: float, label: str) -> str:
    """Rows of dots with their intervals, in percent, about a vertical line; a dot is (value, colour, open)."""
    figure, axis = _rows_panel([name for name, _ in rows], max(len(marks) for _, marks in rows))
    axis.axvline(100 * zero, color=SOFT, linewidth=0.8, zorder=0)
    for place, (_, marks) in enumerate(rows):
        for number, (one, colour, hollow) in enumerate(marks):
            y = place + (number - (len(marks) - 1) / 2) * 0.36
            axis.plot([100 * one.low, 100 * one.high], [y, y], color=colour, linewidth=1.1)
            face = PAGE_COLOURS["paper"][0] if hollow else colour
            axis.plot([100 * one.value], [y], marker="o", markersize=4, color=colour, markerfacecolor=face)
    said = "; ".join(f"{name} {' and '.join(f'{100 * m[0].value:.1f}' for m in marks)}" for name, marks in rows)
    return svg_of(figure, f"{label}, percent: {said}")


def bars(rows: Sequence[tuple[str, Sequence[float]]], colours: Sequence[str], label: str, most: float = 1.0) -> str:
    """Stacked horizontal bars; `colours` are names of colour variables."""
    figure, axis = _rows_panel([name for name, _ in rows])
    palette = {**DOMAIN_COLOURS, **VERDICT_COLOURS}
    for place, (_, values) in enumerate(rows):
        left = 0.0
        for value, colour in zip(values, colours, strict=False):
            axis.barh(place, value, left=left, height=0.7, color=palette[colour][0], linewidth=0)
            left += value
    axis.set_xlim(0, most)
    said = "; ".join(f"{name} {', '.join(f'{value:.3g}' for value in values)}" for name, values in rows)
    return svg_of(figure, f"{label}: {said}")


def _rows_panel(names: Sequence[str], marks: int = 1) -> tuple[Any, Any]:
    figure, axis = empty_panel([])
    figure.set_size_inches(WIDTH, max(HEIGHT, 0.5 + ROW * len(names) * (1 + 0.6 * (marks - 1))))
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x", color=PAGE_COLOURS["line"][0], linewidth=0.6)
    axis.set_xlabel("")
    axis.set_yticks(range(len(names)), names, parse_math=False)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.xaxis.set_major_locator(_few())
    return figure, axis


def _few() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5, steps=[1, 2, 2.5, 5, 10])
