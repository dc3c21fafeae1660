"""Only what a response asserts in its own main clause is its answer, whatever the verifier: frames by verifiers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import assay

RIGHT_AND_WRONG: list[tuple[str, Any, str, str]] = [
    ("math", "17", "17", "19"),
    ("number", 17, "17", "19"),
    ("choice", "D", "D", "A"),
    ("boolean", False, "false", "true"),
    ("text", "Lima", "Lima", "Quito"),
    ("set", ["Mia", "Tom"], "Mia and Tom", "Mia and Eve"),
    ("sequence", ["Mia", "Tom", "Eve"], "Mia, Tom, Eve", "Tom, Eve, Mia"),
    ("assignment", {"Mia": "knight", "Tom": "knave"}, "Mia: knight, Tom: knave", "Mia: knave, Tom: knight"),
    ("grid", [[5, 6], [7, 8]], "[[5, 6], [7, 8]]", "[[8, 7], [6, 5]]"),
]
UNASSERTED = [
    "If the order counted, the answer would be {}.",
    "Without the second rule, the answer would be {}.",
    "(If both doors were open, the answer would be {}.)",
    "For k = 9 the answer would be {}.",
    "In the earlier exercise the answer was {}.",
    "It is easy to believe that the answer is {}.",
    "You may think that the answer is {}.",
    "A frequent mistake is to conclude that the answer is {}.",
    "It would be wrong to claim the answer is {}.",
    "This clashes with the idea that the answer is {}.",
    "My neighbour's claim that the answer is {} does not hold.",
    "Most pupils say the answer is {}.",
    "Gemini said the answer is {}.",
    'Olga writes: "The answer is {}." She is mistaken.',
    "It is not true that the answer is {}.",
    "The answer is not {}.",
    "Maybe the answer is {}.",
]
ALONE = [
    "Suppose the answer is {}.",
    "Assume the answer is {}.",
    "We are asked whether the answer is {}.",
    "A tabloid claimed that the answer is {}.",
    "My uncle thinks the answer is {}.",
    "The wrong answer is {}.",
    "Rejected answer: {}",
    "Unless it rains, the answer is {}.",
    "The answer is {} - only joking.",
]
ASSERTED = [
    "The answer is {}.",
    "So the final answer is {}.",
    "Hence, we find that the answer is {}.",
    "I think the answer is {}.",
    "This means that the answer is {}.",
    "It follows that the correct answer is {}.",
    "Adding these, the answer is {}.",
    "Since the other cases fail, the answer is {}.",
    "By the theorem above, the answer is {}.",
    "For the given data, the answer is {}.",
    "In total, the answer is {}.",
    "The first case is impossible, so the answer is {}.",
    "Some say otherwise, but the answer is {}.",
    "Step 3: Therefore the answer is {}.",
    "Let us count.\n\n**The answer is {}.**",
]


def _is_paid(verifier: str, reference: Any, response: str) -> bool:
    return assay.verify(
        assay.Example(prompt="Which is it?", reference=reference, verifier=verifier), response
    ).is_correct


ROWS = [pytest.param(*row, id=row[0]) for row in RIGHT_AND_WRONG]


@pytest.mark.parametrize(("verifier", "reference", "right", "wrong"), ROWS)
def test_an_unasserted_claim_pays_nothing_and_replaces_none(
    verifier: str, reference: Any, right: str, wrong: str
) -> None:
    paid = [frame for frame in UNASSERTED + ALONE if _is_paid(verifier, reference, frame.format(right))]
    assert paid == []
    for frame, mark in itertools.product(UNASSERTED, ("\\boxed{{{}}}", "The answer is {}.")):
        assert _is_paid(verifier, reference, mark.format(right) + "\n\n" + frame.format(wrong)), frame
        assert not _is_paid(verifier, reference, mark.format(wrong) + "\n\n" + frame.format(right)), frame


@pytest.mark.parametrize(("verifier", "reference", "right", "wrong"), ROWS)
def test_an_asserted_claim_is_paid_and_replaces_a_draft(verifier: str, reference: Any, right: str, wrong: str) -> None:
    for frame in ASSERTED:
        assert _is_paid(verifier, reference, frame.format(right)), frame
        assert not _is_paid(verifier, reference, frame.format(wrong)), frame
        assert _is_paid(verifier, reference, f"The answer is {wrong}.\n\n" + frame.format(right)), frame


@pytest.mark.parametrize(("verifier", "reference", "right", "wrong"), ROWS)
def test_a_case_pays_where_no_other_claim_is_and_replaces_none(
    verifier: str, reference: Any, right: str, wrong: str
) -> None:
    case = "If k = 4, the answer is {}."
    assert _is_paid(verifier, reference, case.format(right))
    assert _is_paid(verifier, reference, f"\\boxed{{{right}}}\n\n" + case.format(wrong))
    assert not _is_paid(verifier, reference, case.format(right) + " Otherwise it is another.")
