"""pass@k against brute force, intervals that repeat, differences that are paired."""

from itertools import combinations
from math import comb, sqrt
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError
from assay.evaluate.metrics import difference, estimate, following, holm, mean_of, p_value, pass_at_k, rates
from assay.types import Measurement, Verdict


@given(st.integers(1, 8), st.data())
def test_pass_at_k_equals_brute_force(n, data):
    c = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    flags = [True] * c + [False] * (n - c)
    assert pass_at_k(n, c, k) == pytest.approx(fmean(any(s) for s in combinations(flags, k)))


def test_pass_at_k_of_a_million_samples():
    assert pass_at_k(10**6, 1, 1024) == pytest.approx(1024 / 10**6)
    assert pass_at_k(10**6, 5 * 10**5, 5 * 10**5) == 1
    assert pass_at_k(10**6, 0, 1024) == 0
    assert pass_at_k(2048, 3, 1024) == pytest.approx(1 - comb(2045, 1024) / comb(2048, 1024))


def test_pass_at_k_needs_k_samples():
    with pytest.raises(AssayError, match="at least 4 samples"):
        pass_at_k(3, 1, 4)


def measured(pairs):
    return {str(i): Measurement(str(i), "m", c, n) for i, (c, n) in enumerate(pairs)}


def test_uncounted_questions_leave_the_mean():
    got = rates(list(measured([(1, 2), (0, 0), (2, 2)]).values()))
    assert got.tolist() == [0.5, 1.0]
    with pytest.raises(AssayError, match="no question"):
        estimate(np.array([]), "empty")


def test_intervals_repeat_and_cover():
    values = np.array([0.0, 1.0] * 50)
    first = estimate(values, "a")
    assert first.low < 0.5 < first.high
    assert 0.15 < first.high - first.low < 0.25  # 2 x 1.96 x sqrt(0.25 / 100) = 0.196


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=60))
def test_an_interval_holds_its_value_and_is_never_certain(values):
    got = estimate(np.array(values), "x")
    assert 0 <= got.low <= got.value <= got.high <= 1 and got.high - got.low > 0
    assert got.low > 0 or min(values) == 0 or got.value < 1e-9


def test_nothing_right_is_not_nothing_possible():
    """0 of 16 is Wilson's 0 to 0.194, alone and among domains."""
    none = estimate(np.zeros(16), "x")
    assert (none.value, none.low, round(none.high, 3)) == (0, 0, 0.194)
    both = mean_of({"a": np.zeros(16), "b": np.zeros(16)}, "x")
    assert (both.low, round(both.high, 3)) == (0, 0.137)  # 0.194 / sqrt(2)
    assert estimate(np.ones(16), "x").low == pytest.approx(1 - none.high)


def test_samples_of_a_question_are_no_questions():
    """Sixteen questions of which each is solved always or never are sixteen observations, however many samples."""
    assert estimate(np.array([0.0, 1.0] * 8), "x").low == pytest.approx(0.28, abs=0.005)
    assert estimate(np.array([0.45, 0.55] * 8), "x").low > 0.37  # that differ little say more than one bit each


@pytest.mark.parametrize("questions", [3, 10, 30, 100])
def test_intervals_hold_the_truth_as_often_as_they_say(questions):
    """A small `benchmarks/eval_coverage.py`: on average, and at 10 questions or more in each cell."""
    cells = []
    for place, (a, b) in enumerate([(0.3, 3), (0.1, 1), (0.05, 2), (0.3, 0.3), (1, 1), (2, 2), (20, 60), (3, 0.3)]):
        for samples in (1, 4, 16):
            rng = np.random.default_rng([questions, place, samples])
            rows = rng.binomial(samples, rng.beta(a, b, (200, questions))) / samples
            found = [estimate(row, "x") for row in rows]
            assert all(one.high - one.low > 0.001 for one in found)
            cells.append(fmean(one.low <= a / (a + b) <= one.high for one in found))
    assert fmean(cells) >= 0.93
    assert min(cells) >= 0.90 - 2 * sqrt(0.9 * 0.1 / 200) or questions < 10


def test_differences_are_paired_by_question():
    before, after = measured([(0, 4), (2, 4), (1, 4)]), measured([(1, 4), (3, 4), (2, 4)])
    change = difference(before, after, "x")
    assert change.value == 0.25
    assert -0.4 < change.low < 0 < 0.5 < change.high, "three questions that agree prove little"
    many = [{f"{i}{name}": m for i in range(40) for name, m in part.items()} for part in (before, after)]
    assert difference(*many, "x").low > 0.15, "120 that agree prove it, though avg@4 of each is known to 8 points"


COUNTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


@given(COUNTS, st.randoms())
def test_a_difference_holds_its_value_and_has_no_order(pairs, random):
    """Nor is it ever certain; exchanging the runs changes its sign."""
    before, after = ({i: m for i, m in measured([(p[side], 4) for p in pairs]).items()} for side in (0, 1))
    got = difference(before, after, "x")
    assert -1 <= got.low <= got.value <= got.high <= 1 and got.high - got.low > 0.001
    names = sorted(before, key=lambda name: random.random())
    assert difference({i: before[i] for i in names}, {i: after[i] for i in names}, "x") == got
    back = difference(after, before, "x")
    assert (-back.high, -back.low) == pytest.approx((got.low, got.high))
    told = estimate(rates(list(before.values())), "x")
    assert estimate(rates([before[i] for i in names]), "x") == told


@given(COUNTS)
def test_a_p_value_says_what_the_interval_says(pairs):
    before, after = (measured([(p[side], 4) for p in pairs]) for side in (0, 1))
    got, p = difference(before, after, "x"), p_value(before, after, "x")
    assert (p < 0.05) == (got.low > 0 or got.high < 0) or p == pytest.approx(0.05, abs=1e-6)
    assert 0 <= p <= 1


def test_six_looks_at_nothing_seldom_see_something():
    """Of null changes in six domains of 80 questions, Holm calls one real in at most 1 of 20 runs."""
    rng, called, alone = np.random.default_rng(0), 0, 0
    for _ in range(60):
        rate = rng.beta(1, 1, (6, 80))
        sides = [[measured(zip(domain, [4] * 80, strict=True)) for domain in rng.binomial(4, rate)] for _ in range(2)]
        found = {str(d): p_value(old, new, "x") for d, (old, new) in enumerate(zip(*sides, strict=True))}
        alone += min(found.values()) < 0.05
        called += min(holm(found).values()) < 0.05
    assert called <= 6 and called <= alone


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_between_alone_and_bonferroni(values):
    given_, got = dict(enumerate(values)), holm(dict(enumerate(values)))
    assert all(p <= got[i] <= min(1, p * len(values)) for i, p in given_.items())
    order = sorted(given_, key=given_.get)
    assert [got[i] for i in order] == sorted(got.values())


def test_the_mean_over_domains_is_unweighted():
    got = mean_of({"a": np.array([1.0]), "b": np.zeros(9)}, "x")
    assert got.value == 0.5
    assert got.questions == 10


RIGHT, WRONG, BROKEN = Verdict.of(True), Verdict.of(False), Verdict.error("judge down")
VERDICTS = st.sampled_from([RIGHT, WRONG, Verdict.no_answer("empty"), BROKEN])


def test_following_by_hand():
    got = following([RIGHT, RIGHT, WRONG, RIGHT], [[RIGHT, RIGHT], [RIGHT, WRONG], [RIGHT], [BROKEN]])
    assert (got.hard, got.soft, got.correct) == pytest.approx((2 / 3, 2.5 / 3, 2 / 3))
    assert got.table == {(True, True): 1, (True, False): 1, (False, True): 1, (False, False): 0}
    assert got.uncounted == 1


@given(st.lists(st.tuples(VERDICTS, st.lists(VERDICTS, min_size=1, max_size=3)), min_size=1, max_size=20))
def test_hard_is_never_above_soft(rows):
    correct, followed = zip(*rows, strict=True)
    try:
        got = following(correct, followed)
    except AssayError:
        assert all(not c.counts or not all(v.counts for v in f) for c, f in rows)
        return
    assert got.hard <= got.soft
    assert sum(got.table.values()) + got.uncounted == len(rows)
    assert got.hard == (got.table[True, True] + got.table[False, True]) / sum(got.table.values())


def test_following_nothing_is_no_number():
    for correct, followed in (([], []), ([RIGHT], [[]]), ([BROKEN], [[RIGHT]])):
        with pytest.raises(AssayError, match="nothing can be averaged"):
            following(correct, followed)
