"""What a run's files say of it: its name, date and duration, what was learnt, and the rows of its table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from assay.errors import AssayError
from assay.evaluate.run import SCORES
from assay.journal import CLAIM, TIMES, Journal, is_worked_in
from assay.learn.recipe import on_the_way
from assay.report.rollouts import in_order


def about(run: Path, model: str) -> dict[str, str]:
    """Name, model, date and duration of a run; what its files do not hold is said."""
    times = Journal(run / TIMES).read()
    began = [datetime.fromisoformat(row["started"]) for row in times if "started" in row]
    took = [row["seconds"] for row in times if "seconds" in row]
    lasted = duration(sum(took)) if took else "not recorded"
    if len(began) > len(took):
        lasted += f"; a part {'is still running' if is_worked_in(run) else 'was cut short'}, and is not counted"
    started = f"{began[0]:%Y-%m-%d %H:%M} UTC" if began else "not recorded"
    return {"run": run.resolve().name, "model": model, "started": started, "duration": lasted}


def duration(seconds: float) -> str:
    """Whole seconds in the two largest units.

    Example:
        >>> duration(42), duration(161), duration(3 * 3600 + 5 * 60)
        ('42 s', '2 min 41 s', '3 h 05 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def stage_rows(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each stage of a training: its steps and, for each domain, the mean length of responses in its first and its last
    five steps; none where the run has no stages."""
    rows = []
    for number in sorted({step["stage"] for step in steps if "stage" in step}):
        within = [step for step in steps if step.get("stage") == number]
        first, last = _lengths(within[:5]), _lengths(within[-5:])
        lengths = [f"{name} {first[name]:.0f} to {last[name]:.0f}" for name in first if name in last]
        rows.append(
            {"stage": number, "from": within[0]["step"], "to": within[-1]["step"], "lengths": ", ".join(lengths)}
        )
    return rows


def _lengths(steps: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Domain -> mean length of its responses."""
    said: dict[str, list[float]] = {}
    for step in steps:
        for name, domain in step["domains"].items():
            said.setdefault(name, []).append(domain["length"])
    return {name: fmean(values) for name, values in sorted(said.items())}


def measurements(run: Path) -> dict[str, int]:
    """Name of each measurement of held-out problems that a training makes, in their order -> the step behind it."""
    recipe = (read_json(run / CLAIM) or {}).get("recipe", {})
    steps, every = recipe.get("grpo", {}).get("steps", 0), (recipe.get("eval") or {}).get("every", 0)
    return {"before": 0, **on_the_way(every, steps), "after": steps}


def held_out(run: Path, steps: int) -> list[tuple[int, Mapping[str, Any]]]:
    """The scores of held-out problems that a training of so many steps has so far, by step."""
    found = [(min(step, steps), read_json(run / "eval" / name / SCORES)) for name, step in measurements(run).items()]
    return [(step, scores) for step, scores in found if scores]


def checked(overlap: Mapping[str, int] | None) -> str:
    """What was found of held-out problems that training sees; only what was checked is said."""
    if overlap is None:
        return "problems that were not compared with those of training"
    found = f"checked by problem: {overlap['shared']} of {overlap['problems']} shared"
    never = "problems that training never saw" if not overlap["shared"] else "problems, some of which training saw"
    return f"{never} ({found})"


def headline(changes: Mapping[str, Mapping[str, Any]]) -> str:
    """One honest sentence about what was learnt: a change counts where its whole interval is on one side of zero."""
    seen = in_order(name for name, change in changes.items() if change["domain"] == name)
    if not seen:
        return "This run has no held-out comparison."
    rose = [d for d in seen if changes[d]["low"] > 0]
    fell = [d for d in seen if changes[d]["high"] < 0]
    unclear = [d for d in seen if d not in rose and d not in fell]
    parts = [f"rose in {len(rose)} of {len(seen)} domains"] if rose else []
    if fell:
        parts.append(f"fell in {listed(fell)}")
    if unclear:
        every = len(unclear) == len(seen) > 1
        parts.append(f"did not clearly change in {f'any of {len(seen)} domains' if every else listed(unclear)}")
    return f"Held-out accuracy {listed(parts)}."


def score_rows(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, changes: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rows of the before/after table: `all`, then domains in the usual order, each followed by its sources."""
    by_name = {row["name"]: row for row in (after or {}).get("rows", [])}
    earlier = {row["name"]: row for row in (before or {}).get("rows", [])}
    rows, order = {**earlier, **by_name}, ["all"]
    for domain in in_order(row["domain"] for row in rows.values() if row["domain"]):
        order += [domain, *(n for n, row in rows.items() if row["domain"] == domain and n != domain)]
    return [
        {
            "name": name,
            "kind": "all" if name == "all" else "domain" if rows[name]["domain"] == name else "source",
            "before": earlier.get(name),
            "after": by_name.get(name),
            "change": changes.get(name),
        }
        for name in order
        if name in rows
    ]


def percent(value: float) -> str:
    """0.1234 -> `12.3`."""
    return f"{100 * value:.1f}"


def points(value: float) -> str:
    """0.1234 -> `+12.3`."""
    return f"{100 * value:+.1f}"


def tokens(length: float) -> str:
    """1234.5 -> `1,235`; 12.34 -> `12.3`."""
    return f"{length:,.0f}" if length >= 100 else f"{length:.1f}"


def read_json(path: Path) -> Any:
    """What a run wrote; `None` where it did not yet. Raises `AssayError` for what no run writes."""
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as bad:
        raise AssayError(f"{path} is not what a run wrote ({bad}): run the same command again, or delete it") from None


def listed(names: Sequence[str]) -> str:
    """`math`, `math and code`, `math, code and table`."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
