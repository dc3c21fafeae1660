"""How long a job will take, by what runs like it took, in the directory to write to or beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.curate.recipe import CurationRecipe
from assay.evaluate.run import SCORES
from assay.evaluate.suite import Suite
from assay.journal import CLAIM, TIMES, Journal
from assay.learn.recipe import GrpoRecipe
from assay.rollout.measure import is_recorded


def curation_time(recipe: CurationRecipe) -> str:
    """What the time of a curation depends on."""
    if not recipe.check_gold:
        return "about as long as reading the rows: no gold response is judged"
    return "it depends on how many gold responses there are, and how many of them are programs"


def sampling_time(tokens: int) -> str:
    """What the time of sampling depends on, where no run can tell."""
    return f"it depends on the model and the machine: completions of up to {tokens:,} tokens, by tokens a second"


def training_time(recipe: GrpoRecipe, out: Path) -> str:
    """By the steps of a run of the same model and sizes."""
    g = recipe.grpo
    sizes = [recipe.model.path, g.prompts, g.group, g.max_tokens]
    for run, facts in _runs(out):
        there = facts.get("recipe", {})
        same = [there.get("model", {}).get("path"), *map(there.get("grpo", {}).get, ("prompts", "group", "max_tokens"))]
        steps = Journal(run / "metrics.jsonl").read() if same == sizes else []
        if known := [row["seconds"] for row in steps if row.get("seconds")]:
            each, done = sum(known) / len(known), len(steps) if run == out else 0
            left = max(0, g.steps - done)
            behind = f"{done} steps are done; " if done else ""
            more = ", and evaluation" if recipe.eval else ""
            return f"{behind}{_shown(each * left)} for {left} steps at {each:.3g} s, as in {run}{more}"
    return sampling_time(g.max_tokens)


def evaluation_time(suite: Suite, model: str, completions: int, out: Path) -> str:
    """By a finished evaluation of the same model with the same longest response, that was never killed."""
    if is_recorded(model):
        return "as long as judging does: responses are recorded, and no model is asked"
    for run, facts in _runs(out):
        same = (facts.get("model"), facts.get("sampling", {}).get("max_tokens")) == (model, suite.max_tokens)
        times = Journal(run / TIMES).read() if same and (run / SCORES).is_file() else []
        seconds = sum(row.get("seconds", 0) for row in times)
        if not seconds or sum("started" in row for row in times) != sum("seconds" in row for row in times):
            continue
        if done := sum(json.loads((run / SCORES).read_text("utf-8"))["rows"][0]["verdicts"].values()):
            return f"{_shown(completions * seconds / done)} at {done / seconds:.3g} completions a second, as in {run}"
    return sampling_time(suite.max_tokens)


def _runs(out: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The directory to write to and those beside it, where they hold a run, and what decided that run."""
    for run in [out, *sorted(path for path in out.parent.glob("*/") if path != out)]:
        try:
            facts = json.loads((run / CLAIM).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(facts, dict):
            yield run, facts


def _shown(seconds: float) -> str:
    minutes = seconds / 60
    return f"{seconds:.0f} s" if minutes < 2 else f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
