"""Limits of a training: what crosses them by hand, and a run that ends there and resumes alike."""

import json

import pytest
from letters import problems, recipe_for

from assay.config import made
from assay.errors import BadConfig
from assay.learn.experiment import experiment
from assay.learn.grpo import train
from assay.learn.guards import Guards, crossed, crossings
from assay.learn.recipe import GrpoRecipe


def row(step, **told):
    parts = [{"rollouts": 4, "length": told.pop("length", 3.0), "cut": told.pop("cut", 0)}]
    parts.append({"rollouts": 12, "length": 7.0, "cut": 0})
    return {"step": step, "kl": None, "entropy": 1.0, "domains": dict(zip("ab", parts, strict=True))} | told


def test_five_steps_decide():
    steps = [row(n, entropy=1.0 if n <= 3 else 0.4) for n in range(1, 20)]
    assert crossed(Guards(min_entropy=0.5), steps) == {"min_entropy": (8, pytest.approx(0.4))}
    assert crossed(Guards(min_entropy=0.7), steps) == {"min_entropy": (6, pytest.approx(0.64))}
    assert crossed(Guards(min_entropy=0.5), steps[:7]) == {}
    assert crossed(Guards(), steps) == {} and crossings(None, steps) == []


def test_lengths_are_means_over_responses_and_steps_without_them_count_nothing():
    steps = [row(n, length=11.0, cut=2) if n % 2 else row(n) | {"domains": {}} for n in range(1, 20)]
    assert crossed(Guards(max_length=7.9, max_cut=0.12), steps) == {"max_length": (9, 8.0), "max_cut": (9, 0.125)}
    assert crossed(Guards(max_length=8.0, max_cut=0.125), steps) == {}
    (note,) = crossings(Guards(max_length=7.9), steps)
    assert note == "guards.max_length = 7.9 was crossed at step 9: 8 in the mean of 5 steps"


def test_what_is_not_measured_is_not_watched(random_policy):
    given = recipe_for(random_policy).model_dump(exclude={"guards"})
    with pytest.raises(BadConfig, match=r"guards\.max_kl watches what is measured where grpo\.kl is above 0"):
        made(GrpoRecipe, given | {"guards": {"max_kl": 1.0}}, "recipe")


@pytest.mark.parametrize("stop", [True, False])
def test_a_run_ends_where_a_limit_is_crossed(random_policy, tmp_path, stop):
    """Responses of at most six tokens of an untrained policy are nearly all cut."""
    guards = Guards(max_cut=0.5, stop=stop)
    recipe = recipe_for(random_policy, steps=8, save_every=2).model_copy(update={"guards": guards})
    examples = problems(["x"] * 6)
    experiment(recipe, tmp_path / "run", examples=examples)
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert len(rows) == (5 if stop else 8)
    (note,) = json.loads((tmp_path / "run" / "notes.json").read_text())
    assert note.startswith("guards.max_cut = 0.5 was crossed at step 5: ")
    if stop:

        def kill(record):
            if record.step == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(recipe, examples, tmp_path / "killed", on_step=kill)
        policy = train(recipe, examples, tmp_path / "killed")
        one, other = (path / "model.safetensors" for path in (policy, tmp_path / "run" / "policy"))
        assert one.read_bytes() == other.read_bytes()
