"""The pictures of a run as SVG text: one panel a domain, so that six curves never cross each other."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from assay.errors import MissingExtra

COLOURS = {
    "math": "#2f6fb0",
    "code": "#c8562b",
    "science": "#2b8a5f",
    "logic": "#a34f8f",
    "simulation": "#b07d12",
    "table": "#3a8fa8",
    "instruction": "#666666",
}
VERDICTS = {
    "correct": "#2b8a5f",
    "incorrect": "#d9d5cc",
    "no_answer": "#b07d12",
    "timeout": "#8d7fb8",
    "error": "#c8562b",
}
Steps = Sequence[Mapping[str, Any]]


def per_domain(steps: Steps, key: str, label: str, *, top: float | None = None) -> str:
    """Small multiples of one number by domain: each step thin, the mean of the last ten steps bold."""
    names = domains(steps)
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure, axes = _figure(rows, columns, height=1.7 * rows + 0.3)
    for axis, name in zip(axes, names, strict=False):
        points = [(s["step"], s["domains"][name][key]) for s in steps if name in s["domains"]]
        points = [(step, value) for step, value in points if value is not None]
        colour = COLOURS.get(name, "#444444")
        axis.plot(*zip(*points, strict=True), color=colour, alpha=0.3, linewidth=0.8)
        axis.plot([step for step, _ in points], smooth([value for _, value in points]), color=colour, linewidth=2)
        axis.set_title(name, loc="left", fontsize=9, color=colour, fontweight="bold")
        axis.set_ylim(0, top)
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    figure.supxlabel("training step", fontsize=8, color="#6b675e")
    return _svg(figure, label)


def verdict_mix(steps: Steps) -> str:
    """Shares of the verdicts over training, stacked."""
    counts = [
        {v: sum(d["verdicts"].get(v, 0) for d in s["domains"].values()) for v in VERDICTS}
        for s in steps
        if s["domains"]
    ]
    figure, axes = _figure(1, 1, height=1.9)
    numbers = [s["step"] for s in steps if s["domains"]]
    shares = [[c[v] / sum(c.values()) for c in counts] for v in VERDICTS]
    axes[0].stackplot(numbers, *shares, colors=list(VERDICTS.values()), labels=list(VERDICTS), linewidth=0)
    axes[0].set_ylim(0, 1)
    axes[0].set_xlim(numbers[0], numbers[-1])
    axes[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, frameon=False)
    return _svg(figure, "Share of verdicts at each step")


def health(steps: Steps) -> str:
    """Entropy, gradient norm, and the share of groups without signal."""
    figure, axes = _figure(1, 3, height=1.9)
    dead = [
        (
            s["step"],
            sum(d["dead_groups"] for d in s["domains"].values()) / sum(d["groups"] for d in s["domains"].values()),
        )
        for s in steps
        if s["domains"]
    ]
    series = {
        "entropy (nats a token)": [(s["step"], s["entropy"]) for s in steps],
        "gradient norm": [(s["step"], s["grad_norm"]) for s in steps],
        "groups without signal": dead,
    }
    for axis, (title, points) in zip(axes, series.items(), strict=True):
        points = [(step, value) for step, value in points if value is not None]
        axis.plot([p[0] for p in points], [p[1] for p in points], color="#444444", linewidth=1.2)
        axis.set_title(title, loc="left", fontsize=9)
        axis.set_ylim(0, None)
    return _svg(figure, "Entropy, gradient norm and groups without signal at each step")


def domains(steps: Steps) -> list[str]:
    """The domains that training saw, in the usual order."""
    seen = {name for step in steps for name in step["domains"]}
    return [name for name in COLOURS if name in seen] + sorted(seen - set(COLOURS))


def smooth(values: Sequence[float], window: int = 10) -> list[float]:
    """Mean of the last `window` values at each point.

    Example:
        >>> smooth([0, 1, 2], window=2)
        [0.0, 0.5, 1.5]
    """
    return [sum(values[max(0, i - window + 1) : i + 1]) / min(i + 1, window) for i in range(len(values))]


def _figure(rows: int, columns: int, *, height: float) -> tuple[Any, list[Any]]:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("the report page", "report") from None
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "assay", "font.family": "sans-serif"})
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = list(figure.subplots(rows, columns, sharex=True, squeeze=False).flat)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.spines[["left", "bottom"]].set_color("#b9b4a8")
        axis.tick_params(labelsize=8, colors="#6b675e", length=2)
        axis.grid(axis="y", color="#e6e2d9", linewidth=0.6)
        axis.set_axisbelow(True)
    return figure, axes


def _svg(figure: Any, label: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
