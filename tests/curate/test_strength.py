"""Weak tests: broken programs that they accept are found, on inputs that the tests themselves allow."""

import ast
import random
from dataclasses import replace

import pytest
from curating import batch, ex
from hypothesis import given
from hypothesis import strategies as st

from assay.curate.mutants import mutants
from assay.curate.probes import called, like
from assay.curate.strength import TestStrength, _holds_float, strengths
from assay.judging.session import verify
from assay.sandbox import isolation
from assay.types import Example

needs_sandbox = pytest.mark.skipif(isolation()[0] < "L3", reason="programs do not run here")
CLAMP = (
    "def clamp(x, low, high):\n    if x < low:\n        return low\n    if x > high:\n        return high\n    return x"
)


def row(tests: list[str], gold: str = CLAMP) -> Example:
    made = ex("Clamp a number.", {"tests": tests}, verifier="code.tests", gold=f"```python\n{gold}\n```")
    return replace(made, domain="code")


WEAK = row(
    [
        "assert clamp(1, 0, 9) == 1",
        "assert clamp(-5, 0, 9) == 0",
        "assert clamp(7, 2, 8) == 7",
        "assert clamp(3, 2, 4) == 3",
    ]
)
STRONG = row([*WEAK.reference["tests"], "assert clamp(7, 2, 4) == 4"])


@needs_sandbox
def test_tests_that_accept_a_broken_program_are_weak_and_can_be_made_stronger() -> None:
    weak, strong, none = strengths([WEAK, STRONG, ex("2?", 2)], tried=40)
    assert none is None and weak is not None and strong is not None
    assert weak.is_weak and not strong.is_weak and weak.broken <= weak.passed < weak.tried
    assert weak.stronger is not None and WEAK.id in weak.stronger.lineage[-1]
    assert verify(weak.stronger, WEAK.gold or "").is_correct
    without_high = CLAMP.replace("    if x > high:\n        return high\n", "")
    assert verify(WEAK, f"```python\n{without_high}\n```").is_correct
    again = strengths([weak.stronger], tried=40)[0]
    assert again is not None and again.broken < weak.broken


@needs_sandbox
def test_the_step_drops_weak_rows_or_adds_tests() -> None:
    rows = batch([WEAK, STRONG, ex("2?", 2)])
    dropped = TestStrength(tried=40)(rows)
    assert dropped.dropped["reason"].to_pylist() == ["weak_tests"] and not dropped.changed
    added = TestStrength(tried=40, weak="strengthen")(rows)
    assert len(added.kept) == 3 and list(added.changed) == [0]
    assert added.changed[0].reference["tests"][:4] == WEAK.reference["tests"]


@needs_sandbox
def test_a_row_whose_gold_fails_or_cannot_be_read_says_nothing() -> None:
    rows = [row(["assert clamp(1, 0, 9) == 2"]), row(["assert clamp(1, 0, 9) == 1"], "def clamp(")]
    assert strengths([*rows, replace(WEAK, gold=None)]) == [None, None, None]


@needs_sandbox
def test_a_mutant_that_never_ends_has_not_passed() -> None:
    loop = "def f(n):\n    while n > 0:\n        n = n - 1\n    return n"
    (found,) = strengths([row(["assert f(3) == 0", "assert f(1) == 0"], loop)], tried=30)
    assert found is not None and found.passed < found.tried


def test_mutants_have_one_change_each_and_parse() -> None:
    made = list(mutants(CLAMP, "clamp", random.Random(1), 100))
    assert len(set(made)) == len(made) == 9
    for text in made:
        assert ast.unparse(ast.parse(text)) != ast.unparse(ast.parse(CLAMP))
    assert made == list(mutants(CLAMP, "clamp", random.Random(1), 100))
    assert not list(mutants("x = 1", "clamp", random.Random(1), 0))


def test_calls_are_found_under_the_name_that_the_tests_use() -> None:
    tests = ["def check(candidate):\n    assert candidate([1], k=2) == 3\n    assert candidate(x) == 3"]
    assert called(tests, "f", {"f"}) == ("f", [([[1]], {"k": 2})])
    assert called(["assert Solution().go(n=1) == 2"], "Solution().go", {"Solution"})[1] == [([], {"n": 1})]
    assert called(["assert set(f(1)) == {1}"], "", {"f"}) == ("f", [([1], {})])
    assert called(["assert ("], "f", {"f"}) == ("", [])


@given(st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=6, unique=True).map(sorted), min_size=2, max_size=4))
def test_inputs_keep_to_what_all_calls_keep_to(lists: list[list[int]]) -> None:
    """Lists that are in order and hold nothing twice, and a number that is their length."""
    calls = [([values, len(values)], {"k": max(values)}) for values in lists]
    for (values, size), named in like(calls, random.Random(0)):
        assert values == sorted(set(values)) if any(len(known) > 1 for known in lists) else True
        assert size == len(values) and min(map(max, lists)) <= named["k"] <= max(map(max, lists))
        assert min(map(len, lists)) <= len(values) <= max(map(len, lists))


def test_what_is_not_exact_is_no_test() -> None:
    assert all(map(_holds_float, (0.5, [1, 0.5], {"a": (1, [0.5])}, {0.5: 1})))
    assert not any(map(_holds_float, (1, "1.5e3", [True, None], {"e": "."})))
