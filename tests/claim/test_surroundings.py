"""What stands behind an answer: remarks change nothing and corrections replace it, whatever the verifier or marker."""

from __future__ import annotations

from typing import Any

import pytest

import assay

KINDS: list[tuple[str, Any, str, str]] = [
    ("math", "17", "17", "19"),
    ("number", 17, "17", "19"),
    ("choice", "D", "D", "A"),
    ("boolean", True, "Yes", "No"),
    ("text", "Lima", "Lima", "Quito"),
    ("text", "oxygen", "oxygen", "argon"),
    ("set", ["Mia", "Tom"], "Mia, Tom", "Mia, Eve"),
    ("sequence", ["Mia", "Tom", "Eve"], "Mia, Tom, Eve", "Tom, Eve, Mia"),
    ("assignment", {"Mia": "knight", "Tom": "knave"}, "Mia: knight, Tom: knave", "Mia: knave, Tom: knight"),
]
CARRIERS = (
    "**Answer: {}.**",
    "The answer is {}.",
    "<answer>{}</answer>",
    "Final answer: {}.",
    "\\boxed{{\\text{{{}}}}}.",
)
REMARKS = [
    "The answer is plain from the second row.",
    "This answer is the only one left.",
    "The answer is independent of the order.",
    "The answer is consistent with what we guessed.",
    "The answer is as expected.",
    "The answer is the one that fits.",
    "The answer is a direct consequence of the rules.",
    "The answer is based on the given table.",
    "The answer is supported by the last paragraph.",
    "The answer is given in the required form.",
    "The answer is also easy to verify.",
    "The answer is in its simplest form.",
    "The answer is what the text says.",
    "The answer is the result computed in step 2.",
    "The answer is not affected by the units.",
    "The answer is known from the lecture.",
    "All other answers are wrong.",
    "No other answer is possible.",
    "Many answers are possible in general, but only this one fits.",
    "Note that the answer is not unique in other settings.",
    "I am confident that the answer is right.",
    "Please check the answer before you use it.",
    "I hope the answer is clear!",
    "Let me know if the answer is unclear.",
    "If you have any questions about the answer, feel free to ask.",
    "Would you like to see why the answer is what it is?",
    "This can also be shown in another way.",
]
CORRECTIONS = [
    "Oops, I misread one line, so {}.",
    "On second thought, {}.",
    "Correction: {}.",
    "Sorry, it should be {}.",
    "Wait, that is wrong. It should be {}.",
    "Actually, that's not right; it is {}.",
    "Hmm, let me check again... No, it should be {}.",
    "However, this is incorrect. The correct answer is {}.",
    "Upon review, I realize that the answer is {}.",
    "My mistake, it's {}.",
    "Strike that; {}.",
    "I was wrong; the answer is {}.",
]
TAKEN_BACK = [
    "Scratch that.",
    "Wait, no.",
    "Hmm, that can't be right.",
    "No, that is wrong.",
    "I take that back.",
    "Hold on, I made an error. Let me redo this.",
    "Never mind, that is not correct.",
]
BESIDE = ["The answer {} is also valid.", "The answer {} is also possible."]
ROWS = [pytest.param(*row, id=f"{row[0]} {row[2]}") for row in KINDS]


def _is_paid(verifier: str, reference: Any, response: str) -> bool:
    return assay.verify(
        assay.Example(prompt="Which is it?", reference=reference, verifier=verifier), response
    ).is_correct


@pytest.mark.parametrize(("verifier", "reference", "right", "wrong"), ROWS)
def test_a_remark_changes_nothing(verifier: str, reference: Any, right: str, wrong: str) -> None:
    for carrier in CARRIERS:
        for remark in REMARKS:
            for between in ("\n\n", " "):
                said = carrier.format(right) + between + remark
                assert _is_paid(verifier, reference, said), said
            assert not _is_paid(verifier, reference, carrier.format(wrong) + "\n\n" + remark), remark


@pytest.mark.parametrize(("verifier", "reference", "right", "wrong"), ROWS)
def test_a_correction_replaces_the_answer(verifier: str, reference: Any, right: str, wrong: str) -> None:
    for carrier in CARRIERS:
        for correction in CORRECTIONS:
            said = carrier.format(wrong) + "\n\n" + correction.format(right)
            assert _is_paid(verifier, reference, said), said
            said = carrier.format(right) + " " + correction.format(wrong)
            assert not _is_paid(verifier, reference, said), said


@pytest.mark.parametrize(("verifier", "reference", "right", "wrong"), ROWS)
def test_an_answer_taken_back_pays_nothing(verifier: str, reference: Any, right: str, wrong: str) -> None:
    said = [carrier.format(right) + between + back for carrier in CARRIERS for back in TAKEN_BACK for between in " \n"]
    assert [text for text in said if _is_paid(verifier, reference, text)] == []


@pytest.mark.parametrize(("verifier", "reference", "right", "wrong"), ROWS[:3] + ROWS[4:5])
def test_an_answer_beside_another_pays_nothing(verifier: str, reference: Any, right: str, wrong: str) -> None:
    said = [f"The answer is {right}. {frame.format(wrong)}" for frame in BESIDE]
    assert [text for text in said if _is_paid(verifier, reference, text)] == []
