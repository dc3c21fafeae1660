"""Rubrics: criteria are judged apart, weighed by name, listed in `why`, and one without a score leaves none."""

import pytest

from assay import verify, verify_many
from assay.types import Example, Status
from chatserver import Server, said

ACCURACY = {"name": "accuracy", "verifier": "number", "reference": 42, "weight": 3}


def row(*criteria, combine="weighted"):
    return Example(prompt="6 x 7 = ?", reference=list(criteria), verifier="rubric", params={"combine": combine})


def instruction(limit=6):
    """A criterion on form, in the shape that the verifier of instructions reads."""
    return {
        "name": "form",
        "verifier": "instructions",
        "reference": {
            "instruction_id_list": ["length_constraints:number_words"],
            "kwargs": [{"relation": "less than", "num_words": limit}],
        },
    }


LONG = "Six times seven is easy. The answer is 42."
CASES = [
    ("The answer is 42.", 1.0, 1.0),
    (LONG, 1.0, 0.0),
    ("The answer is 41.", 0.0, 1.0),
    (LONG.replace("42", "41"), 0.0, 0.0),
]


@pytest.mark.parametrize(("response", "accuracy", "form"), CASES)
@pytest.mark.parametrize(
    ("combine", "made"),
    [
        ("weighted", lambda a, f: (3 * a + f) / 4),
        ("mean", lambda a, f: (a + f) / 2),
        ("min", min),
        ("all", lambda a, f: float(a == f == 1)),
    ],
)
def test_criteria_are_combined_by_name(response, accuracy, form, combine, made):
    verdict = verify(row(ACCURACY, instruction(), combine=combine), response)
    assert verdict.score == made(accuracy, form) and verdict.parts == {"accuracy": accuracy, "form": form}
    assert verdict.is_correct == (verdict.score == 1)
    assert verdict.why.startswith("accuracy: ") and "; form: " in verdict.why


def test_a_judge_may_judge_a_criterion_and_one_without_a_score_leaves_none():
    server = Server(lambda body, number: said("Correct" if "42" in body["messages"][-1]["content"] else "hm"))
    judged = {"name": "kind", "verifier": "judge", "reference": "a polite answer"}
    judged |= {"params": {"engine": f"{server.address}#m", "sees": "final"}}
    try:
        paid, none = verify_many([row(ACCURACY, judged)] * 2, ["Please: the answer is 42.", "The answer is 41."])
    finally:
        server.close()
    assert paid.score == 1 and paid.cost["tokens"] == 3
    assert none.status is Status.ERROR and none.score is None and "accuracy: incorrect" in none.why


@pytest.mark.parametrize(
    ("criteria", "says"),
    [
        ([], "a list of criteria"),
        (["x"], "a list of criteria"),
        ([{"name": "a"}], "needs verifier and reference"),
        ([ACCURACY | {"wieght": 2}], "did you mean 'weight'"),
        ([ACCURACY | {"weight": 0}], "above 0"),
        ([ACCURACY, ACCURACY], "one name"),
        ([ACCURACY | {"verifier": "rubric"}], "a verifier of one response"),
        ([ACCURACY | {"verifier": "pairwise_consistent"}], "a verifier of one response"),
        ([ACCURACY | {"reference": "no number"}], "number"),
        ([ACCURACY | {"params": {"tolerence": 1}}], "tolerence"),
    ],
)
def test_a_rubric_that_cannot_be_read_is_an_error_of_the_row(criteria, says):
    verdict = verify(row(*criteria), "The answer is 42.")
    assert verdict.status is Status.ERROR and says in verdict.why
