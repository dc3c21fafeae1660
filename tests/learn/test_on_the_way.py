"""Held-out problems that are asked while a training runs: it is not disturbed, resumes, and its numbers are shown."""

import json

import pytest
from safetensors.torch import load_file

from assay.learn.experiment import Progress, experiment
from assay.learn.recipe import GrpoRecipe
from assay.report.page import content
from assay.report.summary import held_out, measurements

SOURCES = [{"name": ["math/arithmetic", "table/lookup"], "size": 4}]
STEPS = {
    "steps": 4,
    "prompts": 2,
    "group": 2,
    "max_tokens": 4,
    "micro_batch": 4,
    "save_every": 2,
    "learning_rate": 1e-2,
}


def recipe_of(policy, **more):
    asked = {"samples": 2, "max_tokens": 4, "sources": SOURCES, "temperature": 1.0}
    told = {"model": {"path": str(policy)}, "data": {"sources": SOURCES}, "grpo": STEPS, "eval": asked | more}
    return GrpoRecipe.model_validate(told)


def weights(run):
    return {name: tensor.tolist() for name, tensor in load_file(run / "policy" / "model.safetensors").items()}


def scores(run):
    return [(step, found["rows"]) for step, found in held_out(run, 4)]


class Killed(BaseException):
    pass


@pytest.mark.slow
def test_measuring_on_the_way_changes_no_weight_and_resumes(random_policy, tmp_path):
    plain, asked, killed = (tmp_path / name for name in ("plain", "asked", "killed"))
    experiment(recipe_of(random_policy), plain)
    experiment(recipe_of(random_policy, every=1), asked)
    assert weights(plain) == weights(asked)
    assert [step for step, _ in held_out(plain, 4)] == [0, 4]
    assert [step for step, _ in held_out(asked, 4)] == [0, 1, 2, 3, 4]

    def stop(record):
        if record.step == 4:
            raise Killed

    with pytest.raises(Killed):
        experiment(recipe_of(random_policy, every=1), killed, progress=Progress(on_step=stop))
    late = killed / "eval" / "step-3" / "scores.json"
    late.write_text("{}")
    experiment(recipe_of(random_policy, every=1), killed)
    assert weights(killed) == weights(asked) and scores(killed) == scores(asked)


@pytest.mark.slow
def test_the_page_and_trackers_get_them(random_policy, tmp_path):
    pytest.importorskip("matplotlib", reason="the page needs the extra 'report'")
    pytest.importorskip("tensorboard", reason="pip install tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    recipe = recipe_of(random_policy, every=2).model_copy(update={"report_to": ("tensorboard",)})
    run = experiment(recipe, tmp_path / "run")
    chart = next(chart for chart in content(run)["charts"] if chart.title == "Held-out accuracy")
    assert chart.steps == (0, 2, 4) and set(chart.columns) == {"math", "table"}
    events = EventAccumulator(str(run / "tensorboard")).Reload()
    told = json.loads((run / "eval" / "step-2" / "scores.json").read_text())
    by_name = {row["name"]: row["avg"]["value"] for row in told["rows"]}
    (seen,) = events.Scalars("eval/math/accuracy")
    assert (seen.step, seen.value) == (2, pytest.approx(by_name["math"]))
    assert len(events.Scalars("train/domains/math/reward")) == 4, "what a step logs is not taken along"


def test_measurements_are_named_by_their_steps(random_policy, tmp_path):
    assert measurements(tmp_path) == {"before": 0, "after": 0}
    run = {"kind": "train", "fingerprint": "f", "recipe": {"grpo": {"steps": 5}, "eval": {"every": 2}}}
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert measurements(tmp_path) == {"before": 0, "step-2": 2, "step-4": 4, "after": 5}
    every = recipe_of(random_policy, every=2).eval
    steps = [list(every.on_the_way(steps).values()) for steps in (5, 4, 1)]
    assert steps == [[2, 4], [2], []] and recipe_of(random_policy).eval.on_the_way(9) == {}
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        recipe_of(random_policy, every=-1)
