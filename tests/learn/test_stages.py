"""Stages: shares and lengths of their own, an end that the run decides, and the same end after a restart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import problems, recipe_for
from pydantic import ValidationError

from assay.learn import grpo
from assay.learn.recipe import GrpoRecipe
from assay.learn.sampler import DomainMix
from assay.learn.stages import WINDOW, Stages
from assay.report.summary import stage_rows
from assay.rollout.store import RolloutStore

DATA = {"sources": [{"name": "math/arithmetic"}]}


def recipe(*stages, **grpo_options):
    return GrpoRecipe.model_validate({"data": DATA, "grpo": {"steps": 100, **grpo_options}, "stages": stages})


def row(step, reward, length, **more):
    return {"step": step, "domains": {"math": {"reward": reward, "length": length, "rollouts": 4}}, **more}


def begun(stages, generations):
    return [stages.at(generation) for generation in range(generations)].index(1)


@pytest.mark.parametrize(
    ("rule", "reward", "length"),
    [
        ({"until_reward": 0.5}, 0.5, 9),
        ({"until_length": 30}, 0.0, 30),
        ({"until_reward": 0.9, "until_length": 30}, 0, 31),
    ],
)
def test_a_rule_ends_a_stage_once_five_generations_hold_it(rule, reward, length):
    stages = Stages(recipe(rule, {}))
    for step in range(1, 21):
        stages.add(row(step, reward if step > 7 else 0.0, length if step > 7 else 5))
    assert begun(stages, 21) == 7 + WINDOW + 1  # known one generation later


def test_what_does_not_count_decides_nothing():
    stages = Stages(recipe({"until_reward": 0.1}, {}))
    for step in range(1, 21):
        stages.add(row(step, None, 5))
    assert [stages.at(generation) for generation in range(20)] == [0] * 20


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1, 50)), min_size=20, max_size=40), st.integers(1, 3))
def test_a_restart_decides_as_the_run_did(steps, updates):
    made = recipe({"until_reward": 0.6, "steps": 11}, {"until_length": 30, "steps": 9}, {}, updates=updates)
    running, rows = Stages(made), [row(n, *both) for n, both in enumerate(steps, 1)]
    seen = []
    for generation in range(len(steps) // updates):
        for one in rows[max(0, generation - 2) * updates : max(0, generation - 1) * updates]:
            running.add(one)
        seen.append(running.at(generation))
    again = Stages(made)
    for one in rows:
        again.add(one)
    assert [again.at(generation) for generation in range(len(seen))] == seen
    assert seen == sorted(seen)


@given(st.integers(1, 60), st.integers(1, 60))
def test_shares_hold_in_each_stage_and_passes_go_on(first, second):
    names = ["math"] * 40 + ["code"] * 40
    mix = DomainMix(names, [{"code": 0}, {"math": 1, "code": 3}], 0, stage=lambda count: int(count >= first))
    drawn = mix.first(first + second)
    assert {names[index] for index in drawn[:first]} == {"math"}
    assert abs(sum(names[index] == "code" for index in drawn[first:]) - 0.75 * second) <= 1
    asked = [index for index in drawn if names[index] == "math"][:40]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize(
    ("stages", "why"),
    [
        ([{}, {}], "never ends"),
        ([{"steps": 5}, {"steps": 5}], "lasts to the end"),
        ([{"steps": 100}, {}], "raise grpo.steps"),
        ([{"steps": 5, "max_tokens": 600}, {}], "grpo.max_tokens only 512"),
        ([{"steps": 5, "domain_weights": {"math": -1}}, {}], "must not be negative"),
        ([{"until_reward": 2}, {}], "until_reward"),
        ([{"until_length": 100, "max_tokens": 20}, {}], "longer than it allows"),
    ],
)
def test_stages_that_cannot_follow_each_other_are_refused(stages, why):
    with pytest.raises(ValidationError, match=why):
        recipe(*stages)


def test_a_stage_is_counted_in_whole_generations():
    with pytest.raises(ValidationError, match=r"raise grpo\.steps"):
        recipe({"steps": 1}, {}, steps=4, sync_every=4)
    with pytest.raises(ValidationError, match="of stage 1, 2"):
        GrpoRecipe.model_validate(
            {"data": DATA, "reward": {"overlong": 8}, "stages": [{"steps": 5, "max_tokens": 2}, {}]}
        )


def test_a_training_goes_through_its_stages(random_policy, tmp_path):
    made = recipe_for(random_policy, steps=4, max_tokens=6)
    stages = [{"steps": 2, "domain_weights": {"logic": 0}, "max_tokens": 3}, {}]
    made = GrpoRecipe.model_validate(made.model_dump() | {"stages": stages})
    grpo.train(made, problems(["x"] * 8), tmp_path)
    steps = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [step["stage"] for step in steps] == [1, 1, 2, 2]
    assert [sorted(step["domains"]) for step in steps] == [["math"], ["math"], ["logic", "math"], ["logic", "math"]]
    longest = {
        step["step"]: max(r["tokens"] for r in RolloutStore(tmp_path).rows() if r["step"] == step["step"])
        for step in steps
    }
    assert longest[1] <= 3 and longest[2] <= 3 < max(longest.values())
    assert [(shown["from"], shown["to"]) for shown in stage_rows(steps)] == [(1, 2), (3, 4)]
