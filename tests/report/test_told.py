"""What a page says of a training in words: each sentence where it is true, and not where it is not."""

import pytest

from assay.learn.recipe import GrpoRecipe
from assay.report.told import distrust, trained

DATA = {"sources": [{"name": "math/arithmetic"}]}


def recipe_of(**more):
    return GrpoRecipe.model_validate({"data": DATA, **more}).model_dump(mode="json")


def step_of(dead=0, **verdicts):
    one = {"groups": 4, "dead_groups": dead, "verdicts": verdicts or {"correct": 8}}
    return {"step": 1, "domains": {"math": one, "logic": one}}


def scores_of(avg, most):
    row = {
        "name": "math",
        "domain": "math",
        "avg": {"value": avg},
        "passes": {"1": {"value": avg}, "8": {"value": most}},
    }
    return {"rows": [{**row, "name": "all", "domain": ""}, row]}


def test_what_was_trained_is_told_from_the_recipe():
    first, second, third = trained(recipe_of(grpo={"steps": 7, "prompts": 2, "micro_batch": 16}), [step_of()])
    assert first == "tiny: trained on problems of math and logic by GRPO, for 1 of 7 optimiser steps."
    assert second.startswith("A step: 2 problems, 8 responses to each of at most 512 tokens")
    assert third == "Paid is the verdict of each problem's verifier."
    assert trained({}, []) == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"lora": {}}, "(low-rank updates alone)"),
        ({"model": {"last_layers": 1}}, "(its last 1 block alone)"),
        ({"dpo": {}}, "by DPO"),
        ({"sft": {}}, "by supervised learning from its own right responses"),
        ({"reward": {"control": "random"}}, "Paid is a fair coin instead"),
        ({"reward": {"control": "format"}}, "Paid is “format” instead"),
        ({"reward": {"format": 0.1, "overlong": 9}}, "and on top format and overlong."),
    ],
)
def test_choices_are_named(more, says):
    assert says in " ".join(trained(recipe_of(**more), []))


def test_what_to_distrust():
    asked = {"eval": {"sources": DATA["sources"]}}
    assert any("No held-out problems" in line for line in distrust(recipe_of(), []))
    (once,) = distrust(recipe_of(**asked), [step_of(dead=1)])
    assert "trained once" in once and "--controls" in once
    told = " ".join(distrust(recipe_of(reward={"format": 0.5}, **asked), [step_of(3, correct=7, timeout=1, error=2)]))
    assert "without what is paid on top" in told and "10.0 % timeout and 20.0 % error" in told
    (_, unlike) = distrust(recipe_of(**asked), [step_of(3)])
    assert "75.0 % of the groups were judged all alike and taught nothing" in unlike


@pytest.mark.parametrize(
    "more", [{"reward": {"format": 0.5}}, {"reward": {"control": "random"}}, {"sft": {}}, {"grpo": {"kl": 0.1}}]
)
def test_groups_judged_alike_teach_where_something_else_is_paid(more):
    assert not any("taught nothing" in line for line in distrust(recipe_of(**more), [step_of(3)]))


@pytest.mark.parametrize(
    ("before", "after", "sharper"),
    [((0.3, 0.6), (0.5, 0.5), True), ((0.3, 0.6), (0.5, 0.6), True), ((0.3, 0.6), (0.5, 0.7), False)],
)
@pytest.mark.parametrize("low", [-0.1, 0.1])
def test_a_sharper_policy_is_told_from_one_that_can_do_more(before, after, sharper, low):
    told = " ".join(distrust(recipe_of(), [], scores_of(*after), scores_of(*before), {"math": {"low": low}}))
    assert ("In math the average rose clearly while pass@k did not" in told) is (sharper and low > 0)
