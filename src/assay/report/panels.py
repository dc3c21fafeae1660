"""How a panel of a chart looks: its colours, its axes, its SVG.

Panels have no colours of their own: every colour is a variable of the page's style sheet, so that they follow its
light and its dark theme.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from assay.errors import MissingExtra

DOMAIN_COLOURS = {
    "math": ("#2f6fb0", "#74aee6"),
    "code": ("#c8562b", "#ee8f68"),
    "science": ("#2b8a5f", "#63c096"),
    "logic": ("#a34f8f", "#d58cc4"),
    "simulation": ("#b07d12", "#dcb04e"),
    "table": ("#3a8fa8", "#70bfd6"),
    "instruction": ("#666766", "#a5a6a5"),
}
VERDICT_COLOURS = {
    "correct": ("#2b8a60", "#4fae82"),
    "incorrect": ("#d9d5cc", "#4a4741"),
    "no_answer": ("#b07d13", "#d0a03c"),
    "timeout": ("#8d7fb8", "#a99cd4"),
    "error": ("#c8562c", "#e07a50"),
}
PAGE_COLOURS = {
    "ink": ("#23211d", "#e9e6df"),
    "soft": ("#6b675e", "#a8a398"),
    "line": ("#e0dbd0", "#3a3832"),
    "paper": ("#fbfaf7", "#1b1a17"),
    "shade": ("#f3f0e9", "#262420"),
    "good": ("#217a52", "#63c096"),
    "bad": ("#b8441c", "#ee8f68"),
    "edge": ("#8b867b", "#7d786e"),
    "focus": ("#1f5f9f", "#8fc0f2"),
}
PALETTE = PAGE_COLOURS | DOMAIN_COLOURS | VERDICT_COLOURS
"""Name of each colour variable -> its value on light and on dark paper; the light values tell them apart."""
WIDTH, HEIGHT = 3.1, 1.75
"""Inches of every panel: the width of a phone shows its 8 point text at 12 pixels."""


def colours() -> str:
    """The palette as a style sheet: light, and dark where the reader's system is; every page begins with it."""
    light, dark = (" ".join(f"--{name}: {pair[side]};" for name, pair in PALETTE.items()) for side in (0, 1))
    return f""":root {{ color-scheme: light dark; {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
@media print {{ :root {{ color-scheme: light; {light} }} }}"""


def empty_panel(at: Sequence[int]) -> tuple[Any, Any]:
    """An empty figure whose horizontal axis spans the steps, with ticks at whole ones."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter, MaxNLocator
    except ImportError:
        raise MissingExtra("the report page", "report") from None
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axis = figure.subplots()
    soft, line = PAGE_COLOURS["soft"][0], PAGE_COLOURS["line"][0]
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(line)
    axis.tick_params(labelsize=8, colors=soft, length=2)
    axis.grid(axis="y", color=line, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.set_xlabel("step", fontsize=8, color=soft, loc="right")
    if at:
        alone = 0.5 if at[0] == at[-1] else 0.0
        axis.set_xlim(at[0] - alone, at[-1] + alone)
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
    return figure, axis


def svg_of(figure: Any, label: str) -> str:
    """The figure as SVG text with a title, its colours as variables and no name that another figure has too."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": label}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Title": label})
    text = re.sub(
        r' id="\w+_\d+"| id="matplotlib[^"]*"|<metadata>.*?</metadata>|<style.*?</style>',
        "",
        buffer.getvalue(),
        flags=re.S,
    )
    for name, (light, _) in PALETTE.items():
        text = text.replace(light, f"var(--{name})")
    return text[text.index("<svg") :].replace("<svg", '<svg role="img"', 1)
