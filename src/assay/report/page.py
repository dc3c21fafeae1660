"""One self-contained HTML page of a run: did it learn, where, and what did it say; or how a model did on a suite.

Everything is read from the run's own files, and the page asks the network for nothing. Its one script is ours, the
rollout browser of `assay watch`: its policy names that script by hash, so that no other runs. Model text is escaped: a
response that holds markup is shown, never rendered.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.corpus.store import MANIFEST
from assay.errors import AssayError, MissingExtra
from assay.evaluate.guru_logs import is_guru_logs
from assay.evaluate.run import EXAMPLES, SCORES
from assay.files import write_atomically
from assay.journal import CLAIM, Journal, kind_of
from assay.learn.oracle import alarms
from assay.report.arms import arms_of
from assay.report.browser import RolloutBrowser
from assay.report.charts import charts_of
from assay.report.corpus_page import corpus_content, corpus_numbers
from assay.report.panels import colours
from assay.report.rollouts import shown_rollouts
from assay.report.study import is_study
from assay.report.summary import (
    about,
    checked,
    headline,
    held_out,
    percent,
    points,
    read_json,
    score_rows,
    stage_rows,
    tokens,
)
from assay.report.told import distrust, trained
from assay.report.transfer_page import study_content

BROWSE = """
const held = document.getElementById("held"), place = document.getElementById("rollouts");
place.hidden = false;
Rollouts.browse(place, Rollouts.embedded(JSON.parse(held.textContent)), {sort: "-step"});
"""


def write_page(run: Path, to: Path | None = None) -> Path:
    """Write the page of a run directory and return its path (`RUN/report.html` unless told otherwise).

    Raises `AssayError` when the directory holds no training, no evaluation, no corpus and no study, and where logs of
    others are to get the page in their own folder.
    """
    if to is None and is_guru_logs(run):
        raise AssayError(f"{run} holds logs of others, and nothing is written among them: name a file with -o")
    target = to or run / "report.html"
    write_atomically(target, render(run))
    return target


def render(run: Path) -> str:
    """The page as text."""
    shown = content(run)
    if _is_corpus(run):
        return filled("corpus.html.j2", **shown)
    file = run.resolve().name
    if is_study(run):
        return filled("transfer.html.j2", file=file, **shown)
    script = (Path(__file__).parent / "rollouts.js").read_text("utf-8") + BROWSE
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    held = json.dumps(RolloutBrowser(run).embedded()).replace("<", "\\u003c")
    return filled("page.html.j2", file=file, script=script, digest=digest, held=held, **shown)


def numbers(run: Path) -> dict[str, Any]:
    """What the page of a corpus tells, as JSON values. Raises `AssayError` where the directory holds something else."""
    if _is_corpus(run):
        return corpus_numbers(run)
    content(run)  # says so where it is nothing of ours
    raise AssayError(f"{run} is no corpus: an evaluation has its numbers in {SCORES}, a training in metrics.jsonl")


def filled(template: str, **shown: Any) -> str:
    """A template of this room, filled; every text is escaped. Raises `MissingExtra` without the extra `report`."""
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("the report page", "report") from None
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(percent=percent, points=points, tokens=tokens)
    return environment.get_template(template).render(colours=colours(), **shown)


def _is_corpus(run: Path) -> bool:
    return (run / MANIFEST).is_file()


def content(run: Path) -> dict[str, Any]:
    """What the template shows."""
    if _is_corpus(run):
        return corpus_content(run)
    if is_study(run):
        return study_content(run)
    match kind_of(run):
        case "train":
            return _training(run)
        case "measure" if (run / SCORES).exists():
            return _evaluation(run)
        case "measure":
            raise AssayError(f"{run} holds no scores yet: run `assay eval` again until it ends")
        case kind:
            what = f"holds a run of another kind ({kind})" if kind else "holds no run"
            wanted = "give a directory that `assay train`, `assay study`, `assay eval` or `assay curate` wrote"
            raise AssayError(f"{run} {what}: {wanted}")


def _training(run: Path) -> dict[str, Any]:
    steps = Journal(run / "metrics.jsonl", "step", "domains").read()
    claimed = read_json(run / CLAIM)
    before, after = (read_json(run / "eval" / name / SCORES) for name in ("before", "after"))
    changes = read_json(run / "eval" / "changes.json") or {}
    scores = after or before or {"samples": 0, "rows": []}
    recipe = claimed.get("recipe", {})
    model = recipe.get("model", {}).get("path", "not recorded")
    arms = arms_of(run)
    of_steps = recipe.get("grpo", {}).get("steps", len(steps))
    return {
        "facts": claimed,
        "about": about(run, model) | {"training steps": f"{len(steps)} of {of_steps}"},
        "notes": read_json(run / "notes.json") or alarms(steps),
        "headline": headline(changes),
        "trained": trained(recipe, steps),
        "cautions": distrust(recipe, steps, after, before, changes, controlled=arms is not None),
        "arms": arms,
        "rows": score_rows(before, after, changes),
        "compared": True,
        "checked": checked(read_json(run / "eval" / "overlap.json")),
        "samples": scores["samples"],
        "ks": _ks(scores),
        "charts": charts_of(steps, held_out(run, len(steps))),
        "stages": stage_rows(steps),
        "rollouts": shown_rollouts(run / EXAMPLES, {name: run / "eval" / name for name in ("before", "after")}),
    }


def _evaluation(run: Path) -> dict[str, Any]:
    scores = read_json(run / SCORES)
    left_out = len(scores.get("left_out", {}))
    every = scores["rows"][0]["avg"]
    of = f"{every['questions']} problems"
    span = f"95\u00a0% interval {percent(every['low'])} to {percent(every['high'])}"
    return {
        "facts": read_json(run / CLAIM),
        "about": about(run, scores["model"]),
        "notes": [f"left out {left_out} problems whose reference cannot be read"] if left_out else [],
        "trained": [],
        "cautions": [],
        "arms": None,
        "headline": f"{scores['model']}: {percent(every['value'])}\u00a0% correct over {of} ({span}).",
        "rows": score_rows(None, scores, {}),
        "compared": False,
        "checked": "the problems of the suite",
        "samples": scores["samples"],
        "ks": _ks(scores),
        "charts": [],
        "stages": [],
        "rollouts": shown_rollouts(run / EXAMPLES, {"responses": run}),
    }


def _ks(scores: Mapping[str, Any]) -> list[int]:
    return sorted({int(k) for row in scores["rows"] for k in row["passes"]} - {1})
