"""The charts of a run: one small panel a number, so that curves never cross each other, and the data behind each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from assay.report.panels import DOMAIN_COLOURS, PAGE_COLOURS, VERDICT_COLOURS, empty_panel, svg_of

Steps = Sequence[Mapping[str, Any]]
Column = Sequence[float | None]


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


def charts_of(steps: Steps) -> list[Chart]:
    """All charts of a training run; none before it has responses."""
    if not any(step["domains"] for step in steps):
        return []
    return [
        per_domain(steps, "reward", "Reward", "Mean reward of the responses sampled in training.", top=1),
        per_domain(steps, "length", "Response length", "Tokens a response."),
        verdict_mix(steps),
        optimisation(steps),
    ]


def per_domain(steps: Steps, key: str, title: str, about: str, *, top: float | None = None) -> Chart:
    """One number by domain: each step thin, the mean of the last ten steps bold."""
    columns = {name: [s["domains"].get(name, {}).get(key) for s in steps] for name in domains(steps)}
    about += " Thin: each step. Bold: the mean of the last ten."
    return _lines(title, about, steps, columns, smoothed=True, top=top)


def optimisation(steps: Steps) -> Chart:
    """Loss, learning rate, KL, entropy, gradient norm, and the share of groups without signal."""
    columns: dict[str, Column] = {
        "loss": [s.get("loss") for s in steps],
        "learning rate": [s.get("learning_rate") for s in steps],
        "KL to the starting policy": [s.get("kl") for s in steps],
        "entropy (nats a token)": [s.get("entropy") for s in steps],
        "gradient norm": [s.get("grad_norm") for s in steps],
        "groups without signal": [_dead_share(s["domains"].values()) for s in steps],
    }
    about = "A group whose responses are all judged alike has no signal and is not trained on."
    if not any(value is not None for value in columns["KL to the starting policy"]):
        about += " KL was not measured; it is where grpo.kl is above 0."
    return _lines("Optimisation", about, steps, columns)


def verdict_mix(steps: Steps) -> Chart:
    """Shares of the verdicts over training, stacked."""
    seen = [s for s in steps if s["domains"]]
    counts = [{v: sum(d["verdicts"].get(v, 0) for d in s["domains"].values()) for v in VERDICT_COLOURS} for s in seen]
    shares = {v: [count[v] / max(1, sum(count.values())) for count in counts] for v in VERDICT_COLOURS}
    at = [s["step"] for s in seen]
    figure, axis = empty_panel(at)
    wide = at if len(at) > 1 else [n + side for n in at for side in (-0.5, 0.5)]
    heights = [share if len(at) > 1 else share * 2 for share in shares.values()]
    axis.stackplot(wide, *heights, colors=[light for light, _ in VERDICT_COLOURS.values()], linewidth=0)
    axis.set_ylim(0, 1)
    panel = ("", svg_of(figure, f"Share of correct responses: {_ends(at, shares['correct'])}"))
    legend = tuple((name.replace("_", " "), name) for name in VERDICT_COLOURS)
    about = "Shares of all responses. Timeouts and errors enter no mean and no loss."
    return Chart("Verdicts", about, (panel,), tuple(at), shares, legend)


def domains(steps: Steps) -> list[str]:
    """The domains that training saw, in the usual order."""
    seen = {name for step in steps for name in step["domains"]}
    return [name for name in DOMAIN_COLOURS if name in seen] + sorted(seen - set(DOMAIN_COLOURS))


def smooth(values: Sequence[float], window: int = 10) -> list[float]:
    """Mean of the last `window` values at each point.

    Example:
        >>> smooth([0, 1, 2], window=2)
        [0.0, 0.5, 1.5]
    """
    return [sum(values[max(0, i - window + 1) : i + 1]) / min(i + 1, window) for i in range(len(values))]


def _lines(
    title: str,
    about: str,
    steps: Steps,
    columns: Mapping[str, Column],
    *,
    smoothed: bool = False,
    top: float | None = None,
) -> Chart:
    """A panel for each column that has a value; from zero up where none is below it."""
    at = [s["step"] for s in steps]
    panels = []
    for name, column in columns.items():
        points = [(step, value) for step, value in zip(at, column, strict=True) if value is not None]
        if not points:
            continue
        numbers, values = [step for step, _ in points], [value for _, value in points]
        figure, axis = empty_panel(at)
        colour, _ = DOMAIN_COLOURS.get(name, PAGE_COLOURS["ink"])
        marker = "o" if len(points) == 1 else None
        if smoothed:
            axis.plot(numbers, values, color=colour, alpha=0.35, linewidth=0.8)
        axis.plot(
            numbers, smooth(values) if smoothed else values, color=colour, linewidth=1.6, marker=marker, clip_on=False
        )
        axis.set_ylim(None if min(values) < 0 else 0, top or (None if any(values) else 1))
        panels.append((name, svg_of(figure, f"{title}, {name}: {_ends(numbers, values)}")))
    return Chart(title, about, tuple(panels), tuple(at), columns)


def _ends(at: Sequence[int], values: Sequence[float]) -> str:
    """What a chart says to those who cannot see it."""
    return ", ".join(f"{values[n]:.3g} at step {at[n]}" for n in sorted({0, len(at) - 1}))


def _dead_share(by_domain: Any) -> float | None:
    parts = [(d["dead_groups"], d["groups"]) for d in by_domain]
    groups = sum(of for _, of in parts)
    return sum(dead for dead, _ in parts) / groups if groups else None
