"""pass@k against brute force, intervals that repeat, differences that are paired."""

from itertools import combinations
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError
from assay.evaluate.metrics import difference, estimate, following, mean_of, pass_at_k, rates
from assay.types import Measurement, Verdict


@given(st.integers(1, 8), st.data())
def test_pass_at_k_equals_brute_force(n, data):
    c = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    flags = [True] * c + [False] * (n - c)
    assert pass_at_k(n, c, k) == pytest.approx(fmean(any(s) for s in combinations(flags, k)))


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
    assert estimate(np.array([0.45, 0.55] * 8), "x").low > 0.44  # that differ little say more than one bit each


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        e = estimate((rng.random(60) < 0.3).astype(float), f"trial{trial}")
        covered += e.low <= 0.3 <= e.high
    assert covered >= 180


def test_differences_are_paired_by_question():
    before, after = measured([(0, 4), (2, 4), (1, 4)]), measured([(1, 4), (3, 4), (2, 4)])
    change = difference(before, after, "x")
    assert (change.value, change.low, change.high) == (0.25, 0.25, 0.25)
    assert change.above_zero


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
