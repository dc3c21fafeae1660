"""What holds for claims read from any text: it ends, wrappers are read back, the last claim counts with its stance."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.claim.claims import claim
from assay.claim.stance import Stance
from assay.claim.unmarked import Claim, Reader
from assay.errors import NoAnswer
from assay.reading.beside import head, is_free, without_lead
from assay.types import Example
from assay.verifiers.predicted import prediction

RELAXED = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
EXAMPLE = Example(prompt="Which of them is it, and why?", reference="x", verifier="text")
WRAPPERS = [
    "\\boxed{{{}}}",
    "So it is $\\boxed{{{}}}$.",
    "<answer>{}</answer>",
    "<answer>\n{}\n</answer>\n",
    "[ANSWER]{}[/ANSWER]",
    "[[{}]]",
    "The answer is {}.",
    "The answer, as shown above, is {}.",
    "**Answer:** {}",
    "Therefore, the final answer is: **{}**",
    "The correct option is {}.",
    "Answer: {}\n",
    "A: {}",
    "## Final answer\n{}",
    "That gives it.\n#### {}",
    '{{"reasoning": "as above", "answer": "{}"}}',
    '```json\n{{"answer": "{}"}}\n```',
    "\\[\n\\boxed{{\\boxed{{{}}}}}\n\\]",
    "答案是 {}。",
    "Die richtige Antwort ist {}.",
    "La respuesta correcta es {}.",
    "Ответ: {}",
    "정답: {}",
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
    "[[",
    "Wait, ",
    "答案",
]
WORD = st.from_regex(r"[b-hj-z]{2,8}[0-9]{1,4}", fullmatch=True)
TEXT = st.one_of(
    st.text(max_size=120), st.lists(st.sampled_from([*BROKEN, "or ", "x", "\n"]), max_size=14).map("".join)
)


def _word(text: str) -> str | None:
    """A word with digits behind it, as `WORD` makes them."""
    return head(text, lambda part: part if part[:1].isalpha() and part[-1:].isdigit() and part.isalnum() else None)


def _claim(response: str) -> Claim[str] | None:
    try:
        return claim(EXAMPLE, response, Reader(_word))
    except NoAnswer:
        return None


def _block(example: Example, response: str) -> Claim[str]:
    return claim(example, response, Reader(lambda text: text or None, block=True))


def _read(response: str) -> str | None:
    found = _claim(response)
    return found.value if found is not None and found.is_asserted else None


@RELAXED
@given(TEXT)
def test_any_text_is_read_or_has_no_answer(response: str) -> None:
    for finder in (lambda e, r: claim(e, r, Reader(lambda text: text or None)), _block, prediction):
        try:
            found = finder(EXAMPLE, response)
        except NoAnswer as nothing:
            assert str(nothing)
        else:
            assert found is not None


@RELAXED
@given(WORD, st.sampled_from(WRAPPERS))
def test_a_wrapped_answer_is_read_back(answer: str, wrapper: str) -> None:
    assert _read(wrapper.format(answer)) == answer
    assert _read("It takes two steps.\n\n" + wrapper.format(answer)) == answer


@RELAXED
@given(WORD, WORD, st.sampled_from(WRAPPERS), st.sampled_from(WRAPPERS))
def test_the_last_claim_counts_unless_the_first_is_asked_for(draft: str, final: str, first: str, second: str) -> None:
    between = "\n\nThat overlooks a case, so this is done again with more care.\n\n"
    response = first.format(draft) + between + second.format(final)
    assert _read(response) == final
    taken = Example(prompt="Which?", reference="x", verifier="text", params={"take": "first"})
    assert claim(taken, response, Reader(_word)).value == draft


@RELAXED
@given(WORD, WORD, st.sampled_from(WRAPPERS), st.sampled_from(WRAPPERS))
def test_thinking_never_leaks(thought: str, answer: str, first: str, second: str) -> None:
    thinking = f"<think>\n{first.format(thought)}\n"
    assert _read(thinking) is None
    assert _read(f"{thinking}</think>\n\n{second.format(answer)}") == answer
    assert _claim(f"{thinking}</think>\n\n") is None


REMARKS = [
    "The answer is always positive.",
    "No other answers are possible.",
    "The answer is between 000 and 999, as required.",
    "Would you like me to explain why the answer is what it is?",
    "Verifying the answer: it works.",
    "This answer is the best of the four.",
    "Alternatively, one can use generating functions.",
    "I hope this helps!",
    "However, the steps may be done in another order.",
]
TAKEN_BACK = [
    "Wait, that's wrong.",
    "Scratch that.",
    "Hmm, that can't be right.",
    "Sorry, I made a mistake.",
    "Hold on, let me redo this.",
    "Actually, that is not correct.",
    "But this is wrong, since another one is larger.",
    "I disagree.",
]


@RELAXED
@given(WORD, st.sampled_from(WRAPPERS), st.sampled_from(REMARKS))
def test_a_remark_changes_nothing(answer: str, wrapper: str, remark: str) -> None:
    assert _read(f"{wrapper.format(answer)}\n\n{remark}") == answer


@RELAXED
@given(WORD, WORD, st.sampled_from(WRAPPERS[:9]), st.sampled_from(TAKEN_BACK))
def test_an_answer_that_is_taken_back_is_none(answer: str, other: str, wrapper: str, back: str) -> None:
    assert _read(f"{wrapper.format(answer)}\n{back}") is None
    assert _read(f"{wrapper.format(answer)}\n{back} It should be {other}.") == other


@pytest.mark.parametrize(
    ("response", "stance"),
    [
        ("The answer is not ab1.", Stance.DENIED),
        ("It is false that the answer is ab1.", Stance.DENIED),
        ("Maybe the answer is ab1.", Stance.HEDGED),
        ("It is \\boxed{ab1}, perhaps.", Stance.HEDGED),
        ("\\boxed{ab1}?", Stance.HEDGED),
        ("Many people think that the answer is ab1.", Stance.REPORTED),
        ("It is \\boxed{ab1} if the sum is even.", Stance.CONDITIONAL),
        ("\\boxed{ab1}. Oops.", Stance.TAKEN_BACK),
        ("The answer is ab1.", Stance.ASSERTED),
    ],
)
def test_the_stance_is_told(response: str, stance: Stance) -> None:
    found = _claim(response)
    assert found is not None and found.stance is stance


def test_alternatives_stand_beside_a_claim() -> None:
    found = _claim("It is \\boxed{ab1} or cd2.")
    assert found is not None and found.others == ("cd2",)


@pytest.mark.parametrize("response", ["\\boxed{ab1", "<answer>ab1", '{"answer": "ab1', "\\boxed{ab1} and \\boxed{cd"])
def test_a_marker_that_is_cut_off_is_the_last_word(response: str) -> None:
    assert _claim(response) is None


@pytest.mark.parametrize(
    "words",
    [
        "almost",
        "a third of",
        "a multiple of",
        "not quite",
        "more than",
        "the square of",
        "the mayor of",
        "twice",
        "near",
    ],
)
def test_a_word_that_is_not_listed_changes_the_value(words: str) -> None:
    for text in (f"{words} ab1", f"The answer is {words} ab1."):
        assert _read(text) is None


@pytest.mark.parametrize(
    "words", ["exactly", "about", "a total of", "the number", "simply", "there are", "x =", "it is"]
)
def test_a_listed_word_leaves_it(words: str) -> None:
    assert without_lead(f"{words} ab1") == "ab1"


@pytest.mark.parametrize(
    "rest",
    [" apples", " ways to do it", ", which is a palindrome", " (as shown)", " of them", " because it fits", "人"],
)
def test_a_noun_phrase_or_a_clause_behind_is_free(rest: str) -> None:
    assert is_free(rest)


@pytest.mark.parametrize(
    "rest",
    [
        " minus one",
        " times two",
        " squared",
        " percent",
        " or more",
        " at most",
        "-ish",
        " x",
        ", maybe",
        " if even",
        "?",
        " for adults and 20 for children",
        " (rejected)",
        " is wrong",
        "万",
    ],
)
def test_what_calculates_compares_or_doubts_is_not(rest: str) -> None:
    assert not is_free(rest)


@pytest.mark.parametrize(
    "piece",
    [*BROKEN, "\\boxed{a} or ", "the answer to ", "answer", "answer is the ", "A. B. ", "[1,", "(", ",", "wait, no. "],
)
def test_a_million_characters_are_read(piece: str) -> None:
    response = piece * (1_000_000 // len(piece))
    for text in (response, response + "\n\nThe answer is y1."):
        for finder in (lambda e, r: claim(e, r, Reader(_word)), _block):
            try:
                finder(EXAMPLE, text)
            except NoAnswer as nothing:
                assert str(nothing)


def test_an_answer_behind_another_question_is_not_read() -> None:
    assert _read("The answer is ab1.\n\nQuestion:\nWhich is next?\nThe answer is cd2.") == "ab1"
    assert _read("The answer is ab1.\n\nUser: And then?\nAssistant: The answer is cd2.") == "ab1"
    assert _read("Question: Which is it?\nThe answer is cd2.") == "cd2"


def test_an_answer_that_stands_in_the_prompt_is_one_and_the_prompt_is_none() -> None:
    asked = Example(prompt="There are ab1 apples in the box. How many are there?", reference="x", verifier="text")
    assert claim(asked, "ab1", Reader(_word)).value == "ab1"
    with pytest.raises(NoAnswer, match="nothing but the prompt"):
        claim(asked, asked.prompt[0].content, Reader(_word))


def test_labelled_boxes_are_the_parts_of_one_answer() -> None:
    found = claim(EXAMPLE, "(a) \\boxed{3}\n\n(b) We add: \\boxed{4}", Reader(lambda text: text))
    assert found.text == "3, 4"


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
    assert _block(EXAMPLE, response).text == "[1, 2]"
