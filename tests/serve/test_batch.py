"""Judging as a function of columns: the same verdicts whatever the batch, lists or arrays, rows of ours or foreign."""

import numpy as np
import pytest

import assay
from assay.errors import BadConfig
from assay.judging.session import verify_many
from assay.serve.batch import NEW, judge_batch
from assay.types import Attempt

SAID = ["The answer is 4.", "5", "I do not know", ""]
OWN = {"question": ["2 + 2?"] * 4, "solution": [4] * 4, "response": SAID}


def test_rows_of_any_shape_are_judged_as_one_by_one():
    corpus = list(assay.load("math/arithmetic", "logic/ordering", "table/lookup", size=6))
    said = [str(example.gold) if n % 2 else "no idea" for n, example in enumerate(corpus)]
    rows = {"example": [example.to_json() for example in corpus], "response": said}
    whole = judge_batch(rows)
    single = [judge_batch({name: values[n : n + 1] for name, values in rows.items()}) for n in range(len(said))]
    direct = verify_many(corpus, [Attempt(response=text) for text in said])
    for name in NEW:
        assert whole[name] == [one[name][0] for one in single] == [getattr(verdict, name) for verdict in direct]
    assert whole["score"][1::2] == [1.0] * (len(said) // 2) and 1.0 not in whole["score"][::2]
    assert whole["response"] == said


def test_arrays_and_names_of_ones_own():
    found = judge_batch(
        {name: np.array(v, dtype=object) for name, v in OWN.items()}, verifier="number", reference="solution"
    )
    assert found["score"] == [1.0, 0.0, 0.0, 0.0]
    assert found["status"] == ["correct", "incorrect", "no_answer", "no_answer"]
    assert (
        judge_batch(
            {**OWN, "response": [[{"role": "assistant", "content": s}] for s in SAID]},
            verifier="number",
            reference="solution",
        )["score"]
        == found["score"]
    )


def test_what_maps_batches_can_use_it():
    datasets = pytest.importorskip("datasets")
    made = datasets.Dataset.from_dict(OWN).map(
        judge_batch, batched=True, fn_kwargs={"verifier": "number", "reference": "solution"}
    )
    assert made["score"][:2] == [1.0, 0.0] and made["question"][0] == "2 + 2?"


def test_what_is_not_the_models_fault_has_no_score():
    rows = {"response": ["```python\nx = 1\n```"], "reference": [{"tests": ["assert nothing_of_the_kind(1)", "1 +"]}]}
    found = judge_batch(rows, verifier="code.tests")
    assert (found["status"], found["score"]) == (["error"], [None])


NOTHING = [None, float("nan")]


@pytest.mark.parametrize("verifier", ["number", "math", "text", "choice"])
@pytest.mark.parametrize("nothing", NOTHING)
def test_a_row_without_a_response_or_a_reference_has_no_score_and_stops_no_other(verifier, nothing):
    rows = {"response": ["The answer is 4.", nothing, "The answer is 4."], "reference": ["4", "4", nothing]}
    found = judge_batch(rows, verifier=verifier)
    assert found["score"][1:] == [None, None] and found["status"][1:] == ["error", "error"]
    assert (
        found["score"][0]
        == judge_batch({"response": ["The answer is 4."], "reference": ["4"]}, verifier=verifier)["score"][0]
    )


@pytest.mark.parametrize(
    ("columns", "more", "says"),
    [
        ({"response": SAID, "reference": "4"}, {"verifier": "number"}, "'reference' is str: give a list"),
        (
            {**OWN, "note": [1]},
            {"verifier": "number", "reference": "solution"},
            "'note' has 1 rows and 'response' has 4",
        ),
        ([{"response": "4"}], {}, "a batch is columns by name"),
        (OWN, {"verifier": ["number"] * 4, "reference": "solution"}, "one name for all rows"),
        ({"responses": SAID}, {}, "no column 'response' .*did you mean 'responses'"),
        (OWN, {"verifier": "number"}, "no column 'reference'"),
        (OWN, {"verifier": "number", "reference": "solutoin"}, "did you mean 'solution'"),
        ({**OWN, "score": [1] * 4}, {"verifier": "number", "reference": "solution"}, "has a column 'score' already"),
        ({"response": SAID}, {}, "no column 'reference' and no 'verifier'"),
        (OWN, {"verifier": "nubmer", "reference": "solution"}, "did you mean 'number'"),
    ],
)
def test_columns_that_cannot_be_judged_are_refused(columns, more, says):
    with pytest.raises((BadConfig, assay.errors.AssayError), match=says):
        judge_batch(columns, **more)
