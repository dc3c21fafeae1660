"""Constraints on Examples of any domain: the same draw every time, clashes refused, two judgments made apart."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.curate.constrain import CLASHES, CONSTRAINTS, constrain, constrained
from assay.errors import AssayError, BadReference, UnknownName
from assay.evaluate.metrics import following
from assay.instructions.constraints import CHECKS, MATHIF, SPELLINGS, known
from assay.judging.session import verify
from assay.rollout.constrained import judge_constrained
from assay.sources.base import SOURCES
from assay.types import Example, Status
from realdata import directory

SUM = Example(prompt="What is six times seven?", reference="42", verifier="number", domain="math", gold="#### 42")
FEW = ["punctuation:no_comma", "startend:quotation"]


def test_there_are_15_types_in_4_classes() -> None:
    names = [name for group in MATHIF.values() for name in group]
    assert (len(MATHIF), len(names), set(names)) == (4, 15, set(CONSTRAINTS))
    assert set(names) | set(SPELLINGS.values()) <= set(CHECKS)


def test_a_constrained_example_keeps_its_verifier() -> None:
    made = constrain(SUM, FEW)
    assert (made.verifier, made.reference, made.domain, made.gold) == ("number", "42", "math", None)
    assert made.text.startswith(SUM.text) and "commas" in made.text and "quotation marks" in made.text
    assert made.extra["instructions"] == {"instruction_id_list": FEW, "kwargs": [{}, {}]}
    assert made.id != SUM.id and "constraints:2" in made.tags
    assert Example.from_json(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize(
    ("response", "correct", "followed"),
    [
        ('"The answer is 42."', True, [True, True]),
        ('"So, the answer is 42."', True, [False, True]),
        ("<think>Six, seven.</think>The answer is 43.", False, [True, False]),
        ('<think>"Six times seven."</think>So, the answer is 42.', True, [False, False]),
        ("<think>The answer is 42.</think>", False, [False, False]),
        ("<think>The answer is 42.", False, [False, False]),
    ],
)
def test_two_judgments(response: str, correct: bool, followed: list[bool]) -> None:
    (judged,) = judge_constrained([constrain(SUM, FEW)], [response])
    assert judged.correct.is_correct == correct
    assert [verdict.is_correct for verdict in judged.followed] == followed
    assert all(verdict.counts for verdict in judged.followed)


def test_constraints_go_to_the_last_user_turn() -> None:
    turns = [{"role": role, "content": role} for role in ("system", "user", "assistant")]
    made = constrain(Example(prompt=turns, reference="42", verifier="number"), ["punctuation:no_comma"])
    assert [turn.role for turn in made.prompt] == ["system", "user", "assistant"]
    assert ["commas" in turn.content for turn in made.prompt] == [False, True, False]


def test_an_example_without_constraints_is_refused() -> None:
    with pytest.raises(AssayError, match="has no constraints"):
        judge_constrained([SUM], ["42"])


@pytest.mark.parametrize("pair", sorted(map(sorted, CLASHES)), ids="+".join)
def test_clashing_types_are_refused(pair: list[str]) -> None:
    with pytest.raises(AssayError, match="exclude each other"):
        constrain(SUM, pair if len(pair) == 2 else pair * 2)


@pytest.mark.parametrize(
    ("names", "arguments"),
    [
        (["punctuation:no_comma", "startend:end_checker"], [None, {"end_phrase": "Well, bye."}]),
        (["keywords:existence", "keywords:forbidden_words"], [{"keywords": ["sum"]}, {"forbidden_words": ["Sum"]}]),
        (
            ["combination:repeat_prompt", "length_constraint_checkers:number_words"],
            [{"prompt_to_repeat": SUM.text}, {"relation": "less than", "num_words": 5}],
        ),
        (
            ["keywords:existence", "keywords:frequency"],
            [{"keywords": ["sum"]}, {"keyword": "sum", "relation": "less than", "frequency": 1}],
        ),
        (
            ["keywords:frequency", "keywords:frequency"],
            [
                {"keyword": "sum", "relation": "less than", "frequency": 2},
                {"keyword": "sum", "relation": "at least", "frequency": 3},
            ],
        ),
        (
            ["keywords:frequency", "keywords:forbidden_words"],
            [{"keyword": "sum", "relation": "at least", "frequency": 1}, {"forbidden_words": ["sum"]}],
        ),
    ],
)
def test_clashing_arguments_are_refused(names: list[str], arguments: list[dict[str, object] | None]) -> None:
    with pytest.raises(AssayError, match="exclude each other"):
        constrain(SUM, names, arguments=arguments)


def test_a_prompt_with_a_comma_cannot_be_repeated_without() -> None:
    listed = Example(prompt="Add 1, 2 and 3.", reference="6", verifier="number")
    with pytest.raises(AssayError, match=r"the comma in 'Add 1, 2 and 3\.'"):
        constrain(listed, ["combination:repeat_prompt", "punctuation:no_comma"])


def test_broken_requests_are_refused() -> None:
    with pytest.raises(UnknownName, match="punctuation:no_comma"):
        constrain(SUM, ["punctuation:no_coma"])
    with pytest.raises(AssayError, match="at least one"):
        constrain(SUM, [])
    with pytest.raises(BadReference, match="num_bullets"):
        constrain(SUM, ["detectable_format:number_bullet_lists"], arguments=[{}])
    with pytest.raises(AssayError, match="no 15 constraints that fit"):
        constrained([SUM], 15)


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=80), st.integers(1, 3), st.integers(0, 99))
def test_draws_repeat_and_build_valid_references(prompt: str, count: int, seed: int) -> None:
    example = Example(prompt=prompt, reference="1", verifier="number")
    (first,), (again,) = constrained([example], count, seed=seed), constrained([example], count, seed=seed)
    assert first == again and first.to_json() == again.to_json()
    names = first.extra["instructions"]["instruction_id_list"]
    assert len(names) == count and not any(frozenset(pair) in CLASHES for pair in combinations(names, 2))
    judged = verify(Example(prompt="?", reference=first.extra["instructions"], verifier="instructions"), "Yes, A b.")
    assert judged.status is not Status.ERROR or "cannot tell" in judged.why


def test_every_type_is_drawn() -> None:
    examples = [Example(prompt=f"{n} + 1?", reference=n + 1, verifier="number") for n in range(300)]
    for count in (1, 2, 3):
        made = constrained(examples, count)
        drawn = {name for example in made for name in example.extra["instructions"]["instruction_id_list"]}
        assert drawn == set(CONSTRAINTS), count


def test_gsm8k_rows_become_three_suites() -> None:
    rows = list(SOURCES.get("math/gsm8k").examples("test", data=Path(directory()), size=60))
    for count in (1, 2, 3):
        made = constrained(rows, count, seed=1)
        assert len({example.id for example in made}) == len(made) == 60
        assert [example.id for example in made] == [example.id for example in constrained(rows, count, seed=1)]
        judged = judge_constrained(made, [row.gold or "" for row in rows])
        score = following([each.correct for each in judged], [each.followed for each in judged])
        assert score.correct == 1.0 and score.hard <= score.soft < 1.0
        assert sum(score.table.values()) + score.uncounted == 60


def test_both_spellings_name_one_type() -> None:
    name = "length_constraint_checkers:number_words"
    made = constrain(SUM, [name])
    assert made.extra["instructions"]["instruction_id_list"] == [known(name)] == ["length_constraints:number_words"]
