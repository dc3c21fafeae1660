"""Judged samples as rows for other trainers: nothing wrong, cut or unjudged is ever taught as right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.rollout.exports import counting, kto_rows, pair_rows, sft_rows
from assay.types import Message, Rollout, Verdict

ASKED = {name: (Message("user", f"What is {name}?"),) for name in "abc"}
VERDICTS = st.one_of(
    st.builds(Verdict.of, st.booleans()),
    st.builds(Verdict.partial, st.floats(0, 1)),
    st.just(Verdict.no_answer("nothing")),
    st.just(Verdict.error("down")),
)
ROLLOUTS = st.lists(
    st.builds(
        Rollout,
        example_id=st.sampled_from("abc"),
        index=st.integers(0, 9),
        response=st.sampled_from("uvwxyz"),
        finish=st.sampled_from(["stop", "length", "refused"]),
        verdict=VERDICTS,
    ),
    max_size=20,
    unique_by=lambda rollout: (rollout.example_id, rollout.response),
)


@given(ROLLOUTS, st.integers(1, 3))
def test_what_is_taught_was_right_whole_and_said_once(rollouts, most):
    judged = {(rollout.example_id, rollout.response): rollout for rollout in rollouts}

    def of(row, turn):
        assert row["prompt"] == [{"role": "user", "content": ASKED[row["example_id"]][0].content}]
        return judged[row["example_id"], row[turn][0]["content"]]

    rows = sft_rows(rollouts, ASKED, most)
    right = {key for key, one in judged.items() if one.verdict.score == 1 and one.finish == "stop"}
    assert len({(row["example_id"], row["completion"][0]["content"]) for row in rows}) == len(rows)
    assert all((one.example_id, one.response) in right for one in (of(row, "completion") for row in rows))
    for name in "abc":
        assert sum(row["example_id"] == name for row in rows) == min(most, sum(key[0] == name for key in right))
    used = []
    for row in pair_rows(rollouts, ASKED, most):
        good, bad = of(row, "chosen"), of(row, "rejected")
        assert (good.example_id, good.response) in right and bad.verdict.score is not None and bad.verdict.score < 1
        used += [(good.example_id, good.response), (bad.example_id, bad.response)]
    assert len(used) == len(set(used))
    labelled = kto_rows(rollouts, ASKED)
    wrong = {key for key, one in judged.items() if one.verdict.score is not None and one.verdict.score < 1}
    assert len(labelled) == len(right) + len(wrong)
    assert {row["example_id"] + row["completion"][0]["content"] for row in labelled if row["label"]} == {
        name + said for name, said in right
    }


def test_a_measurement_gives_rows_that_a_data_set_takes(tmp_path):
    pytest.importorskip("torch")
    datasets = pytest.importorskip("datasets")
    found = assay.measure("tiny", list(assay.load("logic/knights_knaves", size=6)), samples=4, out=tmp_path / "out")
    pairs = found.to_pairs()
    assert pairs and datasets.Dataset.from_list(pairs).column_names == ["prompt", "chosen", "rejected", "example_id"]
    assert {row["example_id"] for row in pairs} <= {row["example_id"] for row in found.to_sft()}
    assert len(found.to_kto()) <= 24
    assert (
        pairs
        == assay.measure(
            "tiny", list(assay.load("logic/knights_knaves", size=6)), samples=4, out=tmp_path / "out"
        ).to_pairs()
    )


@pytest.mark.parametrize(("given", "kind"), [("x", TypeError), (True, TypeError), (0, ValueError)])
def test_what_counts_no_rows_is_refused(given, kind):
    with pytest.raises(kind, match="per_problem is"):
        counting(given)
