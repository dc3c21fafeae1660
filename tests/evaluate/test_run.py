"""An evaluation says what it left out, and two runs of the same recorded answers give the same scores."""

import json

import pytest

from assay.errors import AssayError
from assay.evaluate.run import evaluate, unreadable_note
from assay.evaluate.suite import Suite
from assay.rollout.store import RolloutStore
from assay.types import Example

SUITE = Suite(sources=({"name": "math/arithmetic"},), samples=2, k=(1, 2))
GOOD = [Example(prompt=f"{n} + 1 = ?", reference=n + 1, verifier="number", domain="math", source="s") for n in range(4)]
BAD = Example(prompt="9 + 1 = ?", reference="no number", verifier="number", domain="math", source="s")


def recorded(path, examples):
    rows = [{"prompt": ex.text, "responses": [str(ex.reference), "77"]} for ex in examples]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_a_reference_that_cannot_be_read_is_left_out_for_every_response(tmp_path):
    scores = evaluate(recorded(tmp_path / "said.jsonl", GOOD), SUITE, out=tmp_path / "eval", examples=[*GOOD, BAD])
    assert list(scores.left_out) == [BAD.id]
    assert (scores.row("math").avg.questions, scores.row("math").avg.value, scores.row("math").uncounted) == (4, 0.5, 0)
    assert scores.row("math").verdicts == {"correct": 4, "incorrect": 4}
    written = json.loads((tmp_path / "eval" / "scores.json").read_text())
    assert written["left_out"] == dict(scores.left_out)
    assert (
        "left out 1 problem whose" in unreadable_note(scores.left_out)[0]
        and BAD.id in unreadable_note(scores.left_out)[0]
    )
    assert {r.example_id for r in RolloutStore(tmp_path / "eval").rollouts()} == {ex.id for ex in GOOD}
    with pytest.raises(AssayError, match="no reference can be read"):
        evaluate(recorded(tmp_path / "none.jsonl", [BAD]), SUITE, out=tmp_path / "none", examples=[BAD])


def test_recorded_answers_give_the_same_scores_twice(tmp_path):
    path = recorded(tmp_path / "said.jsonl", GOOD)
    rows = []
    for name in ("a", "b", "a"):
        evaluate(path, SUITE, out=tmp_path / name, examples=GOOD)
        rows.append(json.loads((tmp_path / name / "scores.json").read_text())["rows"])
    assert rows[0] == rows[1] == rows[2]


def test_a_record_that_was_cut_inside_its_thinking_earns_nothing(tmp_path):
    row = {"prompt": GOOD[0].text, "responses": ["so it is 1", "1"], "finish": "length", "thinking": "<think>"}
    (tmp_path / "cut.jsonl").write_text(json.dumps(row) + "\n")
    scores = evaluate(str(tmp_path / "cut.jsonl"), SUITE, out=tmp_path / "cut", examples=GOOD[:1])
    assert scores.row("math").verdicts == {"no_answer": 2}
