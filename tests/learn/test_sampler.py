"""The domain-weighted order: shares are kept at every point, nothing repeats early, the order can be repeated."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import BadConfig
from assay.learn.pools import Ledger
from assay.learn.sampler import DomainMix, bucketed, repeated

domains = st.lists(st.sampled_from("abcd"), min_size=1, max_size=40)


@given(domains, st.dictionaries(st.sampled_from("abcd"), st.floats(0.1, 5)), st.integers(1, 120), st.integers(0, 9))
def test_shares_hold_at_every_point(names, weights, count, seed):
    weights = {name: w for name, w in weights.items() if name in names}
    mix = DomainMix(names, weights, seed)
    drawn = mix.first(count)
    assert drawn == DomainMix(names, weights, seed).first(count)
    counts = Counter(names[i] for i in drawn)
    [shares] = mix.shares
    for name, share in shares.items():
        assert abs(counts[name] - share * count) <= len(shares)


@given(domains, st.integers(0, 9))
def test_every_problem_comes_once_before_any_comes_twice(names, seed):
    drawn = DomainMix(names, {}, seed).first(200)
    for name in set(names):
        order = [i for i in drawn if names[i] == name]
        size = names.count(name)
        for start in range(0, len(order) - size + 1, size):
            assert sorted(order[start : start + size]) == sorted(i for i, n in enumerate(names) if n == name)


pairs = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), min_size=1, max_size=40)


@given(pairs, st.dictionaries(st.sampled_from("xyz"), st.floats(0.1, 5)), st.integers(1, 120), st.integers(0, 9))
def test_sources_share_the_draws_of_their_domain(rows, weights, count, seed):
    names, sources = [domain for domain, _ in rows], [f"{domain}/{name}" for domain, name in rows]
    weights = {f"a/{name}": weight for name, weight in weights.items() if f"a/{name}" in sources}
    mix = DomainMix(names, {}, seed, sources=sources, source_weights=weights)
    drawn = mix.first(count)
    counts = Counter(names[i] for i in drawn)
    assert all(abs(counts[name] - share * count) <= len(mix.shares[0]) for name, share in mix.shares[0].items())
    if weights:
        of_source = Counter(sources[i] for i in drawn)
        for name, share in mix.parts["a"].items():
            assert abs(of_source[name] - share * counts["a"]) <= len(mix.parts["a"])
    else:
        assert drawn == DomainMix(names, {}, seed).first(count)


def test_weights_are_checked():
    with pytest.raises(BadConfig, match="did you mean 'math'"):
        DomainMix(["math"], {"maths": 1}, 0)
    with pytest.raises(BadConfig, match="domain_weights leave nothing to draw from math"):
        DomainMix(["math"], {"math": 0}, 0)
    with pytest.raises(BadConfig, match=r"source_weights names 'math/b', .*did you mean 'math/a'"):
        DomainMix(["math"], {}, 0, sources=["math/a"], source_weights={"math/b": 1})
    with pytest.raises(BadConfig, match="source_weights leave nothing"):
        DomainMix(["math"], {}, 0, sources=["math/a"], source_weights={"math/a": 0})
    assert set(DomainMix(["a", "b"], {"b": 0}, 0).first(9)) == {0}


def test_the_order_of_a_data_loader():
    assert list(repeated([5, 6, 7, 8], prompts=2, group=2, repeats=2)) == [
        5,
        5,
        6,
        6,
        5,
        5,
        6,
        6,
        7,
        7,
        8,
        8,
        7,
        7,
        8,
        8,
    ]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=300), st.integers(1, 8), st.integers(1, 40), st.integers(0, 9))
def test_buckets_cover_the_rows_evenly(lengths, batch, batches, seed):
    order = bucketed(lengths, batch, batches, seed)
    assert order == bucketed(lengths, batch, batches, seed)
    assert len(order) == batch * batches
    assert set(order) <= set(range(len(lengths)))
    seen = Counter(order)
    block = batch * min(16, batches)
    if len(order) % block == 0:
        assert max(seen.values()) - min(seen[i] for i in range(len(lengths))) <= 1 + block // len(lengths)


def test_buckets_hold_rows_of_similar_length_in_mixed_order():
    lengths = [n % 50 for n in range(3200)]
    order = bucketed(lengths, 20, 160, 0)
    parts = [order[i : i + 20] for i in range(0, len(order), 20)]
    spread = [max(lengths[i] for i in part) - min(lengths[i] for i in part) for part in parts]
    assert max(spread) <= 12
    middles = [lengths[part[0]] for part in parts]
    assert sum(abs(a - b) for a, b in pairwise(middles)) / len(middles) > 8


SCORES = st.lists(st.sampled_from([None, 0.0, 0.5, 1.0]), min_size=1, max_size=4)


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abc"), SCORES)), st.integers(0, 40))
def test_only_problems_that_were_right_throughout_rest_and_only_by_what_was_known(groups, count):
    history = Ledger(prompts=4)
    for block, name, scores in groups:
        history.add(block, name, scores)
    last = {}
    for block, name, scores in sorted(groups, key=lambda group: group[0]):
        if block <= count // 4 - 2 and any(score is not None for score in scores):
            last[name] = [score for score in scores if score is not None]
    assert history.solved(count) == {name for name, scores in last.items() if set(scores) == {1.0}}
    assert not Ledger(prompts=None).solved(count)


@given(st.sets(st.integers(0, 9)), st.integers(1, 3))
def test_resting_problems_sit_a_pass_out_and_all_come_where_none_is_left(resting, passes):
    mix = DomainMix(["math"] * 10, {}, 0, lambda count: resting)
    awake = set(range(10)) - resting or set(range(10))
    drawn = mix.first(len(awake) * passes)
    for start in range(0, len(drawn), len(awake)):
        assert sorted(drawn[start : start + len(awake)]) == sorted(awake)


def test_what_is_judged_together_comes_together():
    units = [f"pair {index // 2}" for index in range(12)]
    drawn = DomainMix(["judging"] * 12, {}, 0, units=units).first(24)
    for start in range(0, 24, 2):
        one, other = drawn[start : start + 2]
        assert units[one] == units[other] and one != other
    assert sorted(drawn[:12]) == sorted(drawn[12:]) == list(range(12)) and drawn[:12] != drawn[12:]
    with pytest.raises(BadConfig, match="one size"):
        DomainMix(["judging"] * 3, {}, 0, units=["a", "a", "b"])
