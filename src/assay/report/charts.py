"""The charts of a run: one small panel a number, so that curves never cross each other, and the data behind each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from assay.report.curves import Column, Curves, Steps, curves_of, smooth
from assay.report.panels import DOMAIN_COLOURS, PAGE_COLOURS, VERDICT_COLOURS, empty_panel, svg_of


@dataclass(frozen=True)
class Chart:
    """A titled row of panels and the numbers that they show."""

    title: str
    about: str
    panels: tuple[tuple[str, str], ...]
    """(name, SVG)."""
    steps: tuple[int | str, ...]
    columns: Mapping[str, Column]
    """Name -> one value a step; `None` where nothing was measured."""
    legend: tuple[tuple[str, str], ...] = ()
    """(what is meant, its colour variable)."""
    axis: str = "step"
    """What `steps` are."""

    @property
    def data(self) -> str:
        """The numbers as CSV, in a `data:` address."""
        return csv_address([self.axis, *self.columns], zip(self.steps, *self.columns.values(), strict=True))


def csv_address(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV, in a `data:` address."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(heads)
    lines.writerows(rows)
    return f"data:text/csv;charset=utf-8,{quote(text.getvalue())}"


def charts_of(steps: Steps, held_out: Sequence[tuple[int, Mapping[str, Any]]] = ()) -> list[Chart]:
    """All charts of a training run; none before it has responses. `held_out` as in `curves_of`."""
    return [_stacked(found) if found.stacked else _lines(found) for found in curves_of(steps, held_out)]


def _stacked(found: Curves) -> Chart:
    """All columns in one panel; the first of them is told in words."""
    at = found.steps
    figure, axis = empty_panel(at)
    wide = at if len(at) > 1 else [n + side for n in at for side in (-0.5, 0.5)]
    heights = [share if len(at) > 1 else [*share, *share] for share in found.columns.values()]
    axis.stackplot(wide, *heights, colors=[VERDICT_COLOURS[name][0] for name in found.columns], linewidth=0)
    axis.set_ylim(0, found.top)
    name, first = next(iter(found.columns.items()))
    panel = ("", svg_of(figure, f"Share of {name} responses: {_ends(at, first)}"))
    legend = tuple((name.replace("_", " "), name) for name in found.columns)
    return Chart(found.title, found.about, (panel,), at, found.columns, legend)


def _lines(found: Curves) -> Chart:
    """A panel for each column that has a value; from zero up where none is below it."""
    at, panels = found.steps, []
    for name, column in found.columns.items():
        points = [(step, value) for step, value in zip(at, column, strict=True) if value is not None]
        if not points:
            continue
        numbers, values = [step for step, _ in points], [value for _, value in points]
        figure, axis = empty_panel(at)
        colour, _ = DOMAIN_COLOURS.get(name, PAGE_COLOURS["ink"])
        marker = "o" if len(points) == 1 else None
        if found.smoothed:
            axis.plot(numbers, values, color=colour, alpha=0.35, linewidth=0.8)
        bold = smooth(values) if found.smoothed else values
        axis.plot(numbers, bold, color=colour, linewidth=1.6, marker=marker, clip_on=False)
        lowest = min(values)
        if name in found.bands:
            sides = zip(at, *found.bands[name], strict=True)
            known = [(step, low, high) for step, low, high in sides if low is not None and high is not None]
            wide, low, high = zip(*known, strict=True)
            axis.fill_between(wide, low, high, color=colour, alpha=0.18, linewidth=0)
            lowest = min(low)
        if name in found.marks:
            axis.axvline(found.marks[name], color=PAGE_COLOURS["bad"][0], linewidth=1.2, linestyle="--")
        axis.set_ylim(None if lowest < 0 else 0, found.top or (None if any(values) else 1))
        panels.append((name, svg_of(figure, f"{found.title}, {name}: {_ends(numbers, values)}")))
    ends = {f"{name} {end}": both[end == "high"] for name, both in found.bands.items() for end in ("low", "high")}
    return Chart(found.title, found.about, tuple(panels), at, {**found.columns, **ends})


def _ends(at: Sequence[int], values: Sequence[float | None]) -> str:
    """What a chart says to those who cannot see it."""
    return ", ".join(f"{values[n]:.3g} at step {at[n]}" for n in sorted({0, len(at) - 1}))
