"""What holds for reading answers from any text: it ends, wrappers are read back, and the last marker counts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.claim.extract import find, find_data
from assay.claim.markers import Found
from assay.errors import NoAnswer
from assay.types import Example
from assay.verifiers.predicted import prediction

RELAXED = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
EXAMPLE = Example(prompt="Which of them is it, and why?", reference="x", verifier="text")
WRAPPERS = [
    "\\boxed{{{}}}",
    "So it is $\\boxed{{{}}}$.",
    "<answer>{}</answer>",
    "<answer>\n{}\n</answer>\n",
    "The answer is {}.",
    "**Answer:** {}",
    "Therefore, the final answer is: **{}**",
    "Answer: {}\n",
    "A: {}",
    "That gives it.\n#### {}",
    '{{"reasoning": "as above", "answer": "{}"}}',
    '```json\n{{"answer": "{}"}}\n```',
    "\\[\n\\boxed{{\\boxed{{{}}}}}\n\\]",
]
BROKEN = [
    "\\boxed{",
    "<answer>",
    "</answer>",
    "</think>",
    "```",
    "{",
    "}",
    '"answer": ',
    "The answer is ",
    "\nA: ",
    "####",
]
WORD = st.from_regex(r"[b-hj-z]{1,8}( [0-9]{1,4})?", fullmatch=True)
TEXT = st.one_of(
    st.text(max_size=120), st.lists(st.sampled_from([*BROKEN, "or ", "x", "\n"]), max_size=14).map("".join)
)


def _read(response: str) -> str | None:
    try:
        return find(EXAMPLE, response).text
    except NoAnswer:
        return None


@RELAXED
@given(TEXT)
def test_any_text_is_read_or_has_no_answer(response: str) -> None:
    for finder in (find, find_data, prediction):
        try:
            found = finder(EXAMPLE, response)
        except NoAnswer as nothing:
            assert str(nothing)
        else:
            assert isinstance(found, Found | str)


@RELAXED
@given(WORD, st.sampled_from(WRAPPERS))
def test_a_wrapped_answer_is_read_back(answer: str, wrapper: str) -> None:
    assert _read(wrapper.format(answer)) == answer
    assert _read("It takes two steps.\n\n" + wrapper.format(answer)) == answer


@RELAXED
@given(WORD, WORD, st.sampled_from(WRAPPERS), st.sampled_from(WRAPPERS))
def test_the_last_marker_counts(draft: str, final: str, first: str, second: str) -> None:
    between = "\n\nThat overlooks a case, so this is done again with more care.\n\n"
    assert _read(first.format(draft) + between + second.format(final)) == final


@RELAXED
@given(WORD, WORD, st.sampled_from(WRAPPERS), st.sampled_from(WRAPPERS))
def test_thinking_never_leaks(thought: str, answer: str, first: str, second: str) -> None:
    thinking = f"<think>\n{first.format(thought)}\n"
    assert _read(thinking) is None
    assert _read(f"{thinking}</think>\n\n{second.format(answer)}") == answer
    with pytest.raises(NoAnswer):
        find(EXAMPLE, f"{thinking}</think>\n\n")


@pytest.mark.parametrize(
    "piece",
    [*BROKEN, "\\boxed{a} or ", "the answer to ", "answer", "answer is the ", "A. B. ", "[1,", "(", ","],
)
def test_a_million_characters_are_read(piece: str) -> None:
    response = piece * (1_000_000 // len(piece))
    for text in (response, response + "\n\nThe answer is y."):
        for finder in (find, find_data):
            try:
                finder(EXAMPLE, text)
            except NoAnswer as nothing:
                assert str(nothing)


@pytest.mark.parametrize(
    "response",
    [
        "The answer is {}.\n\nNote that the answer is provided as a string.",
        "{}\n\nQuestion: Which is next?",
        'So the answer to the question "Which is it?" is:\n\n**{}**',
    ],
)
def test_what_is_said_about_an_answer_is_none(response: str) -> None:
    read = _read(response.format("yellow"))
    assert read == "yellow" or (read or "").startswith("yellow\n")


def test_an_answer_behind_another_question_is_not_read() -> None:
    assert _read("The answer is (B).\n\nQuestion:\nWhich is next?\nThe answer is (C).") == "(B)"
    assert _read("Question: Which is it?\nThe answer is (C).") == "(C)"


@pytest.mark.parametrize(
    "response",
    [
        "Here it is:\n```json\n[1, 2]\n```",
        "```\n[1, 2]\n``` is what I get.",
        "It is ```[1, 2]``` then.",
        "~~~\n[1, 2]\n~~~\n",
        "```\n[3]\n```\nNo:\n```json\n[1, 2]",
    ],
)
def test_data_stands_in_a_fence(response: str) -> None:
    assert find_data(EXAMPLE, response) == Found("[1, 2]", "data")
