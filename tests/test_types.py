"""The records: what round-trips, what identifies, what never counts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.types import Attempt, Example, Measurement, Message, Rollout, Verdict, hashed_seed

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.text(min_size=1, max_size=8)
examples = st.builds(
    Example,
    prompt=st.lists(st.builds(Message, names, st.text()), min_size=1, max_size=3),
    reference=values,
    verifier=names,
    params=st.dictionaries(names, values, max_size=2),
    domain=names,
    source=names,
    gold=st.none() | st.text(),
    tags=st.lists(names, max_size=2),
    pass_rates=st.dictionaries(names, st.tuples(st.integers(0, 9), st.integers(9, 16)), max_size=2),
    extra=st.dictionaries(names, values, max_size=2),
)


@given(examples)
def test_example_survives_json(example):
    again = Example.from_json(json.loads(json.dumps(example.to_json())))
    assert again == example
    assert again.id == example.id


@given(examples)
def test_id_is_what_is_asked_and_how_it_is_judged(example):
    row = example.to_json()
    same = Example.from_json({**row, "gold": "other", "tags": ["t"], "licence": "x", "pass_rates": {"m": [1, 2]}})
    assert same.id == example.id
    assert Example.from_json({**row, "verifier": example.verifier + "'"}).id != example.id


def test_types_of_a_reference_are_not_mixed_up():
    ids = {Example(prompt="p", reference=r, verifier="v").id for r in (1, 1.0, "1", True, [1])}
    assert len(ids) == 5


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"prompt": "p", "verifier": "v"}, "reference"),
        ({"prompt": "p", "verifier": "v", "reference": 1, "rewad": 1}, "rewad"),
        ({"prompt": "p", "verifier": "v", "reference": 1, "schema": 99}, "upgrade"),
        ({"prompt": 3, "verifier": "v", "reference": 1}, "prompt"),
    ],
)
def test_a_bad_row_says_what_is_wrong(row, says):
    with pytest.raises(ValueError, match=says):
        Example.from_json(row)


def test_a_missing_rate_is_not_zero():
    assert Measurement("e", "m", 0, 0, 4).rate is None
    assert Measurement("e", "m", 1, 4, total=3.0).rate == 0.75


def test_rollout_survives_json():
    rollout = Rollout(
        example_id="e",
        model="m",
        index=3,
        response="text \ud800",
        verdict=Verdict.of(True, read="4", why="equal"),
        tokens=7,
        finish="length",
    )
    assert Rollout.from_json(json.loads(json.dumps(rollout.to_json()))) == rollout


def test_seeds_are_hashed_not_added():
    seeds = {hashed_seed(seed, "name", index) for seed in range(50) for index in range(50)}
    assert len(seeds) == 2500


def test_a_template_is_how_a_problem_is_asked_and_not_what_it_is():
    asked = {"prompt": "What is {options}?", "reference": "B", "verifier": "choice", "options": ["one", "two"]}
    bare, boxed = Example(**asked), Example(**asked, template="Q: {problem}\n{options}\nBox the letter.")
    assert boxed.asked[0].content == "Q: What is {options}?\nA) one\nB) two\nBox the letter."
    assert bare.asked == bare.prompt and boxed.prompt == bare.prompt
    assert bare.id == boxed.id and bare.problem_id == boxed.problem_id
    assert Example.from_json(boxed.to_json()) == boxed


def test_one_problem_has_one_id_whoever_asks_it():
    one = Example(prompt="Which  is odd?", reference="A", verifier="choice", options=["1", "2"], source="a")
    two = Example(prompt="Which is odd?", reference="B", verifier="choice", options=["2", "1"], source="b", domain="x")
    assert one.problem_id == two.problem_id and one.id != two.id
    other = Example(prompt="Which is odd?", reference="A", verifier="choice", options=["3", "4"])
    assert other.problem_id != one.problem_id


def test_a_stem_is_what_a_problem_says():
    asked = [
        Example(prompt="Find the car's speed: $v = 1.5 + 2$.", reference="A", verifier="choice", options=["1", "2"]),
        Example(prompt="find the  car’s speed: v = 1.5 + 2", reference="3.5", verifier="number"),
        Example(prompt="Find the car's speed: v = 15 + 2", reference="17", verifier="number"),
        Example(prompt="Find the car's speed: v = 1.5 - 2", reference="-0.5", verifier="number"),
    ]
    assert asked[0].stem_id == asked[1].stem_id and len({example.stem_id for example in asked}) == 3


def test_pass_rates_are_kept_as_sums():
    rated = Example(prompt="p", reference=1, verifier="number", pass_rates={"m": (3.0, 4)})
    assert Example.from_json(rated.to_json()).pass_rates == {"m": (3, 4)}


def test_what_a_prompt_left_open_belongs_to_what_is_judged():
    attempt = Attempt(response="so 4. \\boxed{4}", thinking="<think>", finish="length", token_ids=(1, 2))
    assert attempt.said == "<think>\nso 4. \\boxed{4}"
    assert Attempt.from_json(attempt.to_json()) == attempt
    judged = Rollout.of(attempt, Verdict.no_answer("open"))
    assert Rollout.from_json(judged.to_json()) == judged
