"""Dynamic sampling: groups without signal give way to others of their domain, and nothing else changes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from letters import problems, recipe_for
from pydantic import ValidationError

from assay.learn import grpo
from assay.learn.dynamic import Reserve, dead_groups, replaced
from assay.rollout.store import RolloutStore


@given(st.lists(st.sampled_from("ab"), min_size=4, max_size=30), st.integers(0, 5), st.data())
def test_a_problem_gives_way_to_one_of_its_domain_that_was_not_asked(domains, generation, data):
    asked = data.draw(st.lists(st.sampled_from(range(len(domains))), min_size=1, max_size=6, unique=True))
    given_up = dict(enumerate(asked[: data.draw(st.integers(1, len(asked)))]))
    found = Reserve(domains, seed=1).instead(given_up, asked, generation)
    assert found == Reserve(domains, seed=1).instead(given_up, asked, generation)
    assert len(set(found.values())) == len(found) and not set(found.values()) & set(asked)
    assert all(domains[index] == domains[given_up[group]] for group, index in found.items())
    for domain in "ab":
        fresh = sum(d == domain for n, d in enumerate(domains) if n not in asked)
        wanted = sum(domains[index] == domain for index in given_up.values())
        assert sum(domains[index] == domain for index in found.values()) == min(fresh, wanted)


def batch(rows, prompt, completion, first):
    ids = torch.arange(first, first + rows)[:, None]
    return {
        "prompt_ids": ids.expand(-1, prompt).clone(),
        "prompt_mask": torch.ones(rows, prompt, dtype=torch.long),
        "completion_ids": ids.expand(-1, completion).clone(),
        "completion_mask": torch.ones(rows, completion, dtype=torch.long),
        "advantages": torch.arange(float(rows)),
        "num_items_in_batch": torch.tensor(rows * completion),
    }


@pytest.mark.parametrize(("prompt", "completion"), [(2, 5), (4, 3), (3, 4)])
def test_rows_are_taken_whole_and_padded_on_their_side(prompt, completion):
    one, other = batch(6, 3, 4, first=10), batch(2, prompt, completion, first=90)
    out = replaced(one, other, [1], 2, pad=0)
    rows = [row[mask.bool()].tolist() for row, mask in zip(out["prompt_ids"], out["prompt_mask"], strict=True)]
    assert rows == [[10] * 3, [11] * 3, [90] * prompt, [91] * prompt, [14] * 3, [15] * 3]
    assert out["prompt_mask"][:, -1].all() and out["completion_mask"][:, 0].all()
    said = [row[mask.bool()].tolist() for row, mask in zip(out["completion_ids"], out["completion_mask"], strict=True)]
    assert said == [[10] * 4, [11] * 4, [90] * completion, [91] * completion, [14] * 4, [15] * 4]
    assert out["advantages"].tolist() == [0, 1, 0, 1, 4, 5]
    assert int(out["num_items_in_batch"]) == 4 * 4 + 2 * completion


def test_a_group_is_dead_where_no_row_has_an_advantage():
    assert dead_groups(torch.tensor([0.0, 1e-5, 0.0, 1.0, -1e-5, 0.0]), 2, 1e-4) == [0, 2]


def test_a_step_learns_from_more_groups(random_policy, tmp_path):
    references = ["x", "dead", "dead", "x"] * 8
    learnt = {}
    for redraws in (0, 3):
        out = tmp_path / str(redraws)
        recipe = recipe_for(random_policy, steps=2, prompts=4, group=8, redraws=redraws)
        seen = []
        grpo.train(recipe, problems(references), out, on_step=seen.append)
        groups = {}
        for row in RolloutStore(out).rows():
            groups.setdefault((row["step"], row["group_id"]), []).append(row["verdict"]["score"])
        assert all(len(scores) == 8 for scores in groups.values())
        learnt[redraws] = sum(len(set(scores)) > 1 for scores in groups.values())
        assert all({"math", "logic"} == set(step.domains) for step in seen)
    assert learnt[3] > learnt[0]
    assert len(groups) > 8


@pytest.mark.parametrize("more", [{"scale": "batch", "redraws": 1}])
def test_what_redraws_cannot_go_with_is_refused(random_policy, more):
    with pytest.raises(ValidationError, match="redraws"):
        recipe_for(random_policy, **more)
