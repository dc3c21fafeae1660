"""Problems in pools by how their last group ended: exact shares, no early repeat, the same order after a restart."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import problems, recipe_for

from assay.learn import grpo
from assay.learn.pools import POOLS, Ledger, Turns
from assay.learn.recipe import Grpo
from assay.learn.sampler import DomainMix
from assay.types import Example

SHARES = st.dictionaries(st.sampled_from(POOLS), st.floats(0.1, 5), min_size=1)


def test_a_problem_moves_with_its_last_group():
    seen = Ledger(prompts=2)
    for block, scores in enumerate([[0.0, None], [0.0, 1.0], [1.0, 1.0], [None, None]]):
        seen.add(block, "a", scores)
    assert [seen.known(2 * block).get("a", "unknown") for block in range(7)] == [
        "unknown",
        "unknown",
        "hard",
        "live",
        "easy",
        "easy",
        "easy",
    ]
    assert seen.known(0) == {} and seen.known(12) is seen.known(13)


def test_equal_prompts_in_two_environments_are_two_problems():
    one = Example(prompt="2 + 2 = ?", reference="4", verifier="number")
    other = Example(prompt="2 + 2 = ?", reference="4", verifier="text")
    again = Example(prompt="2 + 2 = ?", reference="4", verifier="number", template="Now: {problem}")
    seen = Ledger(prompts=1)
    seen.add(0, one.id, [1.0])
    assert seen.pools([one, other, again])(2) == ["easy", "unknown", "easy"]


@given(SHARES, st.lists(st.sampled_from(POOLS), min_size=1, max_size=30), st.integers(1, 12), st.integers(0, 5))
def test_turns_keep_their_shares_and_nothing_comes_twice_in_a_block(shares, pools, block, seed):
    turns = Turns([[index] for index in range(len(pools))], shares, seed)
    total = sum(shares.values())
    for draw in range(60):
        if draw % block == 0:
            asked = []
        asked += turns.next(draw, draw // block, pools)
        assert len(set(asked)) == min(len(asked), len(pools)) or len(asked) > len(pools)
        for pool, share in shares.items():
            assert abs(turns.turns[pool] - share / total * (draw + 1)) <= len(shares)


def test_draws_have_the_quotas_where_every_pool_has_enough():
    quotas = {"live": 0.5, "unknown": 0.25, "hard": 0.25}
    pools = [POOLS[index % 4] for index in range(80)]
    mix = DomainMix(["math"] * 80, {}, 0, quotas=quotas, pools=lambda count: pools, block=8)
    drawn = mix.first(80)
    for start in range(0, 80, 8):
        assert Counter(pools[index] for index in drawn[start : start + 8]) == {"live": 4, "unknown": 2, "hard": 2}
    live = [index for index in drawn if pools[index] == "live"]
    assert sorted(live[:20]) == sorted(live[20:]) == [index for index in range(80) if pools[index] == "live"]


def test_an_empty_pool_leaves_its_turns_to_the_largest_share():
    pools = ["unknown"] * 6 + ["easy"] * 6
    mix = DomainMix(["math"] * 12, {}, 0, quotas={"live": 0.5, "unknown": 0.4, "hard": 0.1}, pools=lambda count: pools)
    assert {pools[index] for index in mix.first(12)} == {"unknown"}


def simulated(ledger, names, kill_at=None):
    """An order of 12 blocks of 4 whose groups end as their number says; at a block the ledger is read anew."""
    examples = [Example(prompt=f"{name}", reference=1, verifier="number", domain=name[0]) for name in names]
    skill = {example.id: index % 3 for index, example in enumerate(examples)}
    quotas = {"live": 0.5, "unknown": 0.3, "hard": 0.1, "easy": 0.1}

    def mix():
        domains = [example.domain for example in examples]
        return DomainMix(domains, {}, 3, quotas=quotas, pools=ledger.pools(examples), block=4)

    order, drawn, waiting = iter(mix()), [], []
    for block in range(12):
        if block == kill_at:
            ledger = Ledger.of_json(json.loads(json.dumps(ledger.to_json())))
            order = iter(mix())
            assert [next(order) for _ in drawn] == drawn
        now = [next(order) for _ in range(4)]
        drawn += now
        waiting.append((block, [examples[index].id for index in now]))
        if block:  # a loader is one block ahead
            number, asked = waiting[-2]
            for name in asked:
                ledger.add(number, name, [[0, 0], [0, 1], [1, 1]][skill[name]])
    return drawn


@pytest.mark.parametrize("kill_at", [1, 3, 7, 11])
def test_the_order_is_the_same_after_a_restart(kill_at):
    names = [f"{domain}{number}" for domain in "ab" for number in range(9)]
    assert simulated(Ledger(4), names) == simulated(Ledger(4), names, kill_at)


def test_quotas_are_checked():
    with pytest.raises(ValueError, match="at least above 0"):
        Grpo(quotas={"live": 0.0})
    with pytest.raises(ValueError, match="easy"):
        Grpo(quotas={"lively": 1.0})
    with pytest.raises(ValueError, match="redraws"):
        Grpo(resample="pools", redraws=1)


@pytest.mark.slow
def test_a_training_asks_what_is_live_and_ends_the_same_after_a_kill(random_policy, tmp_path):
    examples = problems(["x", "x", "dead", "dead"] * 3)
    recipe = recipe_for(random_policy, resample="pools", steps=8, save_every=2)

    def asked(out):
        return [(row["step"], row["example_id"]) for row in grpo.RolloutStore(out).marks()]

    grpo.train(recipe, examples, tmp_path / "whole")

    class Killed(Exception):
        pass

    def kill(step):
        if step.step == 5:
            raise Killed

    with pytest.raises(Killed):
        grpo.train(recipe, examples, tmp_path / "cut", on_step=kill)
    grpo.train(recipe, examples, tmp_path / "cut")
    assert asked(tmp_path / "whole") == asked(tmp_path / "cut")
    known = {example.id: example.reference for example in examples}
    late = Counter(known[name] for step, name in asked(tmp_path / "whole") if step > 5)
    assert late["x"] > late["dead"]
