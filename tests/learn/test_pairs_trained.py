"""A policy that judges, paid for whole pairs: both orders of a pair are in one batch, from the first step on."""

import json

import pytest
from letters import recipe_for

from assay.audit.pairs import Pair
from assay.errors import BadConfig
from assay.learn.experiment import prepare
from assay.learn.grpo import train


def halves(form, count=6):
    pairs = [Pair(f"Question {number}", "right", "wrong") for number in range(count)]
    return [half for pair in pairs for half in pair.halves(form)]


@pytest.mark.parametrize("form", ["pairwise_consistent", "pointwise_pair"])
def test_both_halves_of_each_pair_are_judged_together(random_policy, tmp_path, form):
    examples = halves(form)
    train(recipe_for(random_policy, steps=3, prompts=4, group=2, max_tokens=2), examples, tmp_path)
    rollouts = [json.loads(line) for path in sorted(tmp_path.glob("rollouts/*.jsonl")) for line in path.open()]
    assert len(rollouts) == 3 * 4 * 2
    assert {row["verdict"]["status"] for row in rollouts} == {"no_answer"}  # an untrained policy: never an error
    pair_of = {example.id: example.params["pair"] for example in examples}
    for step in (1, 2, 3):
        asked = [pair_of[row["example_id"]] for row in rollouts if row["step"] == step]
        assert all(asked.count(pair) == 4 for pair in asked)


@pytest.mark.parametrize(
    ("options", "says"), [({"prompts": 3, "group": 8}, "multiple of 2"), ({"redraws": 1}, "tear apart")]
)
def test_a_step_that_would_part_a_pair_is_refused_before_work(random_policy, tmp_path, options, says):
    with pytest.raises(BadConfig, match=says):
        prepare(recipe_for(random_policy, **options), tmp_path / "run", examples=halves("pairwise_consistent"))
