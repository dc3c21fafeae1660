"""The same training with other rewards: what of a gain is owed to the reward, and what to being trained at all.

The arms differ in `reward.control` alone: seed, order, budget and held-out problems are those of the recipe. Output
directory: `truth`, and one for each control, each as `experiment.py` writes it; `arms.json` with the comparisons.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.config import settings
from assay.errors import BadConfig
from assay.evaluate.compare import Comparison, compare
from assay.files import write_atomically
from assay.journal import owned, refuse_another_run
from assay.learn.experiment import Progress, experiment, prepare
from assay.learn.recipe import GrpoRecipe
from assay.rollout.runs import open_run

TRUTH = "truth"
CONTROLS = ("random", "format", "incorrect")
COMPARED = "arms.json"


@dataclass(frozen=True)
class Arms:
    """What each arm gained, and by how much the true reward beats each control."""

    gains: dict[str, Comparison]
    """Arm -> before against after."""
    over: dict[str, Comparison]
    """Control -> its policy against that of the true reward, on the same problems."""

    def to_json(self) -> dict[str, Any]:
        parts = {"gains": self.gains, "truth_over": self.over}
        return {name: {arm: found.to_json() for arm, found in part.items()} for name, part in parts.items()}


def run_arms(
    recipe: GrpoRecipe,
    out: Path,
    *,
    data: Path | None = None,
    controls: Sequence[str] = CONTROLS,
    progress: Callable[[str], Progress] = lambda arm: Progress(),
) -> Arms:
    """Train the recipe once as it is and once with each control, and compare; a killed run goes on where it stopped.

    Raises `BadConfig` where the recipe measures nothing or names a control itself, and what `experiment.prepare`
    raises, before any work.
    """
    require_comparable(recipe)
    decided = {"kind": "controls", "recipe": settings(recipe, "report_to", "study")}
    refuse_another_run(out, decided)
    arms = (TRUTH, *controls)
    for arm in arms:
        prepare(_arm(recipe, arm), out / arm, data)
    with owned(out, decided):
        for arm in arms:
            experiment(_arm(recipe, arm), out / arm, data=data, progress=progress(arm))
        ends = {arm: [open_run(out / arm / "eval" / end, "measure") for end in ("before", "after")] for arm in arms}
        gains = {arm: compare(*pair) for arm, pair in ends.items()}
        over = {arm: compare(ends[arm][1], ends[TRUTH][1]) for arm in controls}
        found = Arms(gains, over)
        write_atomically(out / COMPARED, json.dumps(found.to_json(), indent=1) + "\n")
        return found


def require_comparable(recipe: GrpoRecipe) -> None:
    """Raise `BadConfig` where the recipe measures nothing, names a control itself, or is paid nothing."""
    if recipe.eval is None:
        raise BadConfig("controls are compared on held-out problems: give the recipe a table [eval]")
    if recipe.reward.control != "none":
        raise BadConfig("--controls chooses reward.control itself: leave it out of the recipe")
    if recipe.sft:
        raise BadConfig("[sft] learns from right responses and is paid nothing, so that controls would change nothing")


def _arm(recipe: GrpoRecipe, arm: str) -> GrpoRecipe:
    paid = recipe.reward.model_copy(update={"control": "none" if arm == TRUTH else arm})
    return recipe.model_copy(update={"reward": paid})
