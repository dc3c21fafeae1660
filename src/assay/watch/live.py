"""What a run says of itself while it runs: its state, its numbers, its curves; and the rollouts to look through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.corpus.store import MANIFEST
from assay.errors import AssayError
from assay.evaluate.run import SCORES
from assay.journal import CLAIM, TIMES, Journal, is_worked_in, kind_of
from assay.learn.oracle import alarms
from assay.report.browser import RolloutBrowser, places_of
from assay.report.curves import Curves, curves_of
from assay.report.summary import about, checked, headline, held_out, percent, points, read_json, score_rows, stage_rows
from assay.report.told import distrust, trained

KINDS = ("train", "measure", "rescore")
POINTS = 400
"""Points of a curve; of longer runs each is the mean of several steps."""


class LiveRun:
    """A run directory, read again whenever it is asked. Nothing in it is ever changed; threads may share it.

    Raises `AssayError` for a path that holds no run, and for files that no run of ours wrote.
    """

    def __init__(self, run: Path) -> None:
        require_watchable(run)
        self.path = run
        self.rollouts = RolloutBrowser(run)
        self.content()

    def stamp(self) -> str:
        """Changes whenever anything that the page shows does."""
        names = (CLAIM, "metrics.jsonl", "notes.json", TIMES, "policy", SCORES, "eval/changes.json")
        files = [self.path / name for name in names]
        files += [place / SCORES for place in places_of(self.path).values()]
        seen = [(stat.st_mtime_ns, stat.st_size) for path in files if (stat := _stat(path)) is not None]
        return f"{self.rollouts.look()}-{hash(tuple(seen)) & 0xFFFFFFFF:x}-{self.state()[:3]}"

    def state(self) -> str:
        """`running`, `finished`, or `stopped` where a process ended before the run did."""
        if is_worked_in(self.path):
            return "running"
        return "finished" if self._is_done() else "stopped"

    def content(self) -> dict[str, Any]:
        """All that stands above the rollouts. Raises `AssayError` for files that no run of ours wrote, or gone ones."""
        claimed = read_json(self.path / CLAIM)
        if claimed is None:
            raise AssayError(f"{self.path / CLAIM} is gone: was the run deleted?")
        stamp = self.stamp()
        shown = self._training(claimed) if kind_of(self.path) == "train" else self._answers(claimed)
        return {"stamp": stamp, "state": self.state(), "facts": claimed, **shown}

    def _is_done(self) -> bool:
        if kind_of(self.path) != "train":
            return (self.path / SCORES).exists() or (self.path / "rescore.json").exists()
        asked = (self.path / "eval" / "before").exists()
        return (self.path / "policy").is_dir() and (not asked or (self.path / "eval" / "after" / SCORES).exists())

    def _training(self, claimed: Mapping[str, Any]) -> dict[str, Any]:
        steps = Journal(self.path / "metrics.jsonl", "step", "domains").read()
        before, after = (read_json(self.path / "eval" / name / SCORES) for name in ("before", "after"))
        changes = read_json(self.path / "eval" / "changes.json") or {}
        recipe = claimed.get("recipe", {})
        planned = recipe.get("grpo", {}).get("steps", len(steps))
        model = recipe.get("model", {}).get("path", "not recorded")
        scores = after or before or {"samples": 0}
        known = checked(read_json(self.path / "eval" / "overlap.json"))
        return {
            "headline": headline(changes) if changes else self._so_far(len(steps), planned),
            "about": about(self.path, model) | {"training steps": f"{len(steps):,} of {planned:,}"},
            "notes": read_json(self.path / "notes.json") or alarms(steps),
            "trained": trained(recipe, steps),
            "cautions": distrust(recipe, steps, after, before, changes),
            "stages": stage_rows(steps),
            "scores": _table(
                score_rows(before, after, changes),
                ("before", "after", "change"),
                f"Accuracy (avg@{scores['samples']}) on {known}, in percent",
            ),
            "curves": [_thinned(curves) for curves in curves_of(steps, held_out(self.path, len(steps)))],
        }

    def _so_far(self, steps: int, planned: int) -> str:
        match self.state():
            case "running" if steps < planned and steps:
                return f"Training: step {steps:,} of {planned:,}."
            case "running" if steps:
                return f"Training: all {planned:,} steps are done; what follows is measured."
            case "running":
                return "The run is starting: no step is done yet."
            case "finished":
                return headline({})
        return f"Stopped at step {steps:,} of {planned:,}: give the same command again, and it goes on."

    def _answers(self, claimed: Mapping[str, Any]) -> dict[str, Any]:
        scores = read_json(self.path / SCORES)
        model = str(claimed.get("model", "not recorded"))
        told = (
            "Responses of a training, judged again." if kind_of(self.path) == "rescore" else f"{model}: no scores yet."
        )
        if scores:
            every = scores["rows"][0]["avg"]
            model, span = scores["model"], f"95\u00a0% interval {percent(every['low'])} to {percent(every['high'])}"
            told = f"{model}: {percent(every['value'])}\u00a0% correct over {every['questions']} problems ({span})."
        return {
            "headline": told,
            "about": about(self.path, model),
            "notes": [],
            "trained": [],
            "cautions": [],
            "stages": [],
            "scores": _table(
                score_rows(None, scores, {}) if scores else [],
                ("after",),
                f"Accuracy (avg@{scores['samples'] if scores else 0}) on the problems that were asked, in percent",
            ),
            "curves": [],
        }


def require_watchable(run: Path) -> None:
    """Raise `AssayError` where a path holds nothing that can be watched, with what to name instead."""
    kind = kind_of(run)
    if kind in KINDS:
        return
    wanted = "name a directory that `assay train`, `assay demo`, `assay eval` or `assay measure` wrote"
    if not run.exists():
        raise AssayError(f"{run} does not exist: {wanted}, or wait for one that is about to begin with --wait")
    if run.is_file():
        raise AssayError(f"{run} is a file: {wanted}")
    inside = sorted(str(path.parent) for path in run.glob(f"*/{CLAIM}") if kind_of(path.parent) in KINDS)
    if inside:
        raise AssayError(f"{run} holds several runs: name one of them, {', '.join(inside[:6])}")
    if (run / MANIFEST).exists():
        raise AssayError(f"{run} holds a corpus: its page is `assay report {run}`")
    raise AssayError(f"{run} holds {f'a run of another kind ({kind})' if kind else 'no run'}: {wanted}")


def _table(rows: Sequence[Mapping[str, Any]], sides: Sequence[str], caption: str) -> dict[str, Any]:
    """The table of scores as a page shows it. Its rows are (kind, name, cells), a cell (text, interval, up or down)."""
    about = "Intervals hold 95\u00a0%, over problems; the first row is the mean of the domains."
    if len(sides) > 1:
        about += (
            " A change counts as clear where its whole interval is on one side of zero. Each domain is a look of its "
            "own: where nothing changed, one page in seven would still call a gain in one of six domains clear."
        )
    lines = []
    for row in rows:
        known = [row[side] for side in ("before", "after") if row[side]]
        missing = sum(side["uncounted"] for side in known)
        cells = [_cell(row, side) for side in sides]
        lines.append((row["kind"], row["name"], [*cells, (str(known[-1]["avg"]["questions"]), ""), (str(missing), "")]))
    heads = ["domain or source", *(sides if len(sides) > 1 else ["score"]), "problems", "not counted"]
    return {"about": about, "caption": caption, "heads": heads, "rows": lines}


def _cell(row: Mapping[str, Any], side: str) -> tuple[str, ...]:
    found = row[side]
    if not found:
        return "\u2013", ""
    if side != "change":
        return percent(found["avg"]["value"]), f"{percent(found['avg']['low'])} to {percent(found['avg']['high'])}"
    way = "up" if found["low"] > 0 else "down" if found["high"] < 0 else ""
    return points(found["value"]), f"{points(found['low'])} to {points(found['high'])}", way


def _thinned(curves: Curves) -> dict[str, Any]:
    """The curves as JSON, with at most `POINTS` points."""
    every = max(1, -(-len(curves.steps) // POINTS))
    thin = replace(
        curves,
        steps=curves.steps[every - 1 :: every] if every > 1 else curves.steps,
        columns={name: _means(column, every) for name, column in curves.columns.items()},
        bands={name: (_means(low, every), _means(high, every)) for name, (low, high) in curves.bands.items()},
    )
    about = f"{curves.about} A point is the mean of {every} steps." if every > 1 else curves.about
    return vars(thin) | {"about": about, "every": every}


def _means(column: Sequence[float | None], every: int) -> list[float | None]:
    if every == 1:
        return list(column)
    blocks = [column[at : at + every] for at in range(0, len(column) - every + 1, every)]
    known = [[value for value in block if value is not None] for block in blocks]
    return [sum(values) / len(values) if values else None for values in known]


def _stat(path: Path) -> Any:
    try:
        return path.stat()
    except OSError:
        return None
