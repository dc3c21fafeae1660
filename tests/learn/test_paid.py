"""What a rollout is paid: controls differ from the truth in the reward alone, and no-one pays for a fault of ours."""

import json
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import problems, recipe_for

from assay.learn.checkpoints import quiet_imports
from assay.learn.grpo import make_trainer, train
from assay.learn.recipe import GrpoRecipe, Reward
from assay.learn.rewards import majority, paid_by, terms_of
from assay.rollout.store import RolloutStore
from assay.types import Rollout, Status, Verdict

CONTROLS = ["none", "random", "format", "incorrect", "majority"]


def recipe_of(**reward):
    return GrpoRecipe.model_validate({"data": {"sources": [{"name": "math/arithmetic"}]}, "reward": reward})


def said(verdict, index=0, tokens=5, group="0.0"):
    row = {"example_id": "e", "model": "m", "index": index, "response": "r", "finish": "stop", "tokens": tokens}
    return Rollout(**row, group_id=group, verdict=verdict)


VERDICTS = st.one_of(
    st.builds(Verdict.of, st.booleans(), read=st.sampled_from([None, "4", "5"])),
    st.builds(Verdict.partial, st.floats(0, 1), read=st.just("4")),
    st.just(Verdict.no_answer("nothing")),
    st.just(Verdict.error("down")),
    st.just(Verdict(Status.TIMEOUT, None)),
)


@pytest.mark.parametrize("control", CONTROLS)
@given(verdict=VERDICTS, index=st.integers(0, 99))
def test_no_control_pays_what_is_not_the_models_fault(control, verdict, index):
    paid = paid_by(recipe_of(control=control), {"e": "4"})(said(verdict, index))
    assert (paid is None) == (verdict.score is None)
    if control == "none":
        assert paid == verdict.score
    elif paid is not None:
        assert paid in (0.0, 1.0)


@given(verdict=VERDICTS)
def test_incorrect_never_pays_a_right_answer_and_format_pays_any(verdict):
    incorrect, form = (paid_by(recipe_of(control=name), {})(said(verdict)) for name in ("incorrect", "format"))
    if verdict.score is not None:
        assert incorrect == float(verdict.status == "incorrect" and verdict.score == 0)
        assert form == float(verdict.status != "no_answer")


def test_random_is_a_fair_coin_that_the_seed_decides():
    rollouts = [said(Verdict.of(False), index, group=f"{step}.3") for step in range(200) for index in range(8)]
    paid = paid_by(recipe_of(control="random"), {})
    tossed = [paid(rollout) for rollout in rollouts]
    assert abs(sum(tossed) / len(tossed) - 0.5) < 4 * 0.5 / sqrt(len(tossed))
    assert tossed == [paid(rollout) for rollout in rollouts]
    other = paid_by(recipe_of(control="random").model_copy(update={"seed": 1}), {})
    assert tossed != [other(rollout) for rollout in rollouts]


def test_terms_are_what_the_recipe_names():
    recipe = recipe_of(format=0.1, overlong=100)  # of at most 512 tokens
    form, overlong = terms_of(recipe)
    assert (form.name, form.weight, overlong.name, overlong.weight) == ("format", 0.1, "overlong", 1.0)
    assert [overlong.of(said(Verdict.of(True), tokens=n), 512) for n in (1, 412, 462, 512)] == [0, 0, -0.5, -1]
    assert [form.of(said(v), 512) for v in (Verdict.of(False), Verdict.no_answer("nothing"))] == [1, 0]
    assert terms_of(recipe_of()) == []


def test_what_cannot_be_is_refused_before_work():
    with pytest.raises(ValueError, match="overlong is at most"):
        recipe_of(overlong=513)
    with pytest.raises(ValueError, match="random"):
        Reward(control="rnadom")


def run(recipe, examples, out):
    train(recipe, examples, out)
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("control", CONTROLS)
def test_an_arm_learns_from_its_own_reward_and_keeps_the_verdicts(random_policy, tmp_path, control):
    """On problems that are never right the truth has nothing to learn from, and a coin has."""
    recipe = recipe_for(random_policy).model_copy(update={"reward": Reward(control=control, majority_samples=4)})
    rows = run(recipe, problems(["dead"] * 6), tmp_path / "run")
    assert all(domain["reward"] == 0 for row in rows for domain in row["domains"].values())
    moved = any(row["grad_norm"] > 0 for row in rows)
    assert moved == (control == "random")  # the others pay all responses alike: all are wrong, and no two the same


def test_terms_are_logged_apart_and_not_for_faults_of_ours(random_policy, tmp_path):
    reward = Reward(format=0.5, overlong=3)
    recipe = recipe_for(random_policy).model_copy(update={"reward": reward})
    steps, totals = [], []
    trainer = make_trainer(recipe, problems(["x", "broken", "x", "x"]), tmp_path, steps.append, quiet_imports())
    scored = trainer._calculate_rewards
    trainer._calculate_rewards = lambda *a: totals.append(scored(*a)) or totals[-1]
    trainer.train()
    assert steps[0].terms["format"] == 1 and -1 <= steps[0].terms["overlong"] < 0
    assert steps[0].terms == pytest.approx(steps[0].to_json()["terms"])
    for rewards in totals:  # (B, terms)
        broken = rewards[:, 0].isnan()
        assert broken.any() and (rewards.isnan() == broken[:, None]).all()


def test_the_majority_is_that_of_the_starting_policy(random_policy, tmp_path):
    reward = Reward(control="majority", majority_samples=5)
    recipe = recipe_for(random_policy).model_copy(update={"reward": reward})
    examples = problems(["x", "dead", "broken"])
    labels = majority(recipe, examples, tmp_path / "majority")
    assert labels[examples[2].id] is None  # its judge is down
    stored = list(RolloutStore(tmp_path / "majority").rows())
    for example in examples[:2]:
        read = [row["verdict"]["read"] for row in stored if row["example_id"] == example.id]
        assert len(read) == 5 and read.count(labels[example.id]) == max(map(read.count, read))
    assert labels == majority(recipe, examples, tmp_path / "majority")  # from what is stored
