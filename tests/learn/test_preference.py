"""DPO on scored groups: which pairs are made, what they cost, and how old the policy that sampled may be."""

import math
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from letters import problems, recipe_for
from pydantic import ValidationError

from assay.learn.arguments import boundary
from assay.learn.checkpoints import quiet_imports
from assay.learn.grpo import make_trainer, train
from assay.learn.preference import SEQUENCES, dpo_loss, pair_weights
from assay.learn.recipe import Dpo, Grpo
from assay.rollout.store import RolloutStore

SCORE = st.sampled_from([0.0, 0.5, 1.0, math.nan])


@given(st.integers(2, 5).flatmap(lambda g: st.lists(st.lists(SCORE, min_size=g, max_size=g), min_size=1, max_size=4)))
def test_pairs_are_of_a_better_and_a_worse_response(rows):
    scores = torch.tensor(rows)
    for one in (True, False):
        pairs = pair_weights(scores, one=one, generator=torch.Generator().manual_seed(0))
        for group, weights in zip(rows, pairs, strict=True):
            better = [(i, j) for i, a in enumerate(group) for j, b in enumerate(group) if a > b]
            chosen = [tuple(place) for place in weights.nonzero().tolist()]
            assert len(chosen) == (min(1, len(better)) if one else len(better))
            assert set(chosen) <= set(better)
            assert float(weights.sum()) == pytest.approx(1.0 if better else 0.0)


def test_every_pair_is_drawn_as_often_as_any():
    scores = torch.tensor([[1.0, 1.0, 0.0]]).repeat(4000, 1)
    drawn = Counter(map(tuple, pair_weights(scores, one=True).nonzero()[:, 1:].tolist()))
    assert set(drawn) == {(0, 2), (1, 2)} and abs(drawn[0, 2] - 2000) < 4 * 31.7


def test_the_loss_by_hand():
    delta = torch.tensor([[0.2, -0.1], [0.0, 0.7]], requires_grad=True)
    pairs = torch.tensor([[[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    loss = dpo_loss(delta, pairs)
    loss.backward()
    assert loss.item() == pytest.approx(math.log1p(math.exp(-0.3)) / 2)  # the second group has no pair
    pull = 1 / (1 + math.exp(0.3)) / 2
    torch.testing.assert_close(delta.grad, torch.tensor([[-pull, pull], [0.0, 0.0]]))


def made(policy, out, *, dpo, steps=None, record=lambda step: None, **grpo):
    recipe = recipe_for(policy, **grpo).model_copy(update={"dpo": dpo})
    return make_trainer(recipe, problems(["x", "dead", "x", "x"]), out, record, quiet_imports())


@pytest.mark.parametrize("sync_ref", [True, False])
@pytest.mark.parametrize("pairs", ["one", "all"])
def test_the_first_loss_is_log_2_for_each_group_with_a_pair(random_policy, tmp_path, sync_ref, pairs):
    steps = []
    dpo = Dpo(pairs=pairs, sync_ref=sync_ref)
    made(random_policy, tmp_path, dpo=dpo, record=steps.append, group=8, prompts=4, micro_batch=16).train()
    groups = {}
    for rollout in steps[0].rollouts:
        groups.setdefault(rollout.group_id, set()).add(rollout.verdict.score)
    with_pair = sum(len(scores) == 2 for scores in groups.values())
    assert 0 < with_pair < 4
    assert steps[0].loss == pytest.approx(math.log(2) * with_pair / 4, abs=1e-4)
    assert steps[0].grad_norm > 0 and steps[0].entropy > 0


def test_responses_in_no_pair_change_no_gradient(random_policy, tmp_path):
    trainer = made(random_policy, tmp_path, dpo=Dpo(pairs="one", beta=0.5), group=4, prompts=4, micro_batch=16)
    batches, original = [], trainer._compute_loss
    trainer._compute_loss = lambda model, inputs: batches.append(inputs) or original(model, inputs)
    trainer.train()
    inputs, model = batches[0], trainer.model
    assert ((inputs["pairs"].sum(1) + inputs["pairs"].sum(2)) == 0).any()

    def gradient(loss):
        model.zero_grad()
        loss.backward()
        return torch.cat([p.grad.flatten() for p in model.parameters()])

    flat = {name: inputs[name].flatten(0, 1) for name in SEQUENCES}
    logps = trainer._logps(model, flat)[0].view_as(inputs["reference"])
    whole = gradient(dpo_loss(0.5 * (logps - inputs["reference"]), inputs["pairs"]))
    torch.testing.assert_close(gradient(original(model, inputs)), whole, rtol=1e-3, atol=1e-6)
    assert float(whole.norm()) > 1e-4


@pytest.mark.parametrize(("every", "dpo"), [(1, None), (2, Dpo()), (3, None), (3, Dpo()), (0, Dpo())])
def test_the_sampling_policy_is_as_old_as_the_recipe_says(random_policy, tmp_path, every, dpo):
    """Of 5 steps, ceil(5 / s) begin with a generation: no answer is older than s - 1 steps when it is learnt from."""
    recipe = recipe_for(random_policy, steps=5, sync_every=every).model_copy(update={"dpo": dpo})
    train(recipe, problems(["x", "dead", "x", "x"]), tmp_path / "run")
    period = every or 5
    asked = {int(row["policy"]) for row in RolloutStore(tmp_path / "run").rows()}
    assert asked == set(range(0, 5, period)) and len(asked) == math.ceil(5 / period)


def test_checkpoints_stand_where_a_generation_ends():
    assert [boundary(Grpo(save_every=3, sync_every=s, steps=10)) for s in (1, 2, 4, 0)] == [3, 4, 4, 10]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"micro_batch": 6, "group": 4, "prompts": 3}, "multiple of 4"),
        ({"kl": 0.1}, "leave grpo.kl at 0"),
        ({"loss": "cispo"}, "a loss of its own"),
    ],
)
def test_what_dpo_cannot_do_is_refused(random_policy, more, says):
    recipe = recipe_for(random_policy, **({"prompts": 4, "group": 4, "micro_batch": 8} | more))
    with pytest.raises(ValidationError, match=says):
        type(recipe).model_validate(recipe.model_dump() | {"dpo": {}})
