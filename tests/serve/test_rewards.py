"""Adapters return what the trainers expect, for errors too."""

import json
import math

import pytest

import assay
from assay.corpus.verl import to_verl
from assay.errors import AssayError, BadConfig
from assay.serve.verl import KEYS, compute_score

RIGHT, WRONG = [{"role": "assistant", "content": "The answer is 42."}], "The answer is 41."


def test_trl_gets_a_number_or_none():
    reward = assay.reward_fn()
    got = reward(
        prompts=["q"] * 4,
        completions=[RIGHT, WRONG, "no idea", RIGHT],
        verifier=["number"] * 4,
        reference=[42, 42, 42, "not a number"],
        params=[None, '{"tolerance": {"abs": 0.5}}', {"scale": None}, None],
        trainer_state=object(),
    )
    assert got == [1.0, 0.0, 0.0, None]


def test_trl_reads_whole_examples():
    example = assay.Example(prompt="6 * 7?", reference=42, verifier="number")
    assert assay.reward_fn()(prompts=["q"], completions=[RIGHT], example=[json.dumps(example.to_json())]) == [1.0]


def test_trl_is_told_which_columns_are_missing():
    with pytest.raises(BadConfig, match="'verifier' and 'reference'"):
        assay.reward_fn()(prompts=["q"], completions=["a"], answer=["42"])


@pytest.mark.parametrize(
    ("source", "said", "truth", "status"),
    [
        ("math__gsm8k", "The answer is 42.", "42", "correct"),
        ("math__gsm8k", "The answer is 41.", "42", "incorrect"),
        ("math__gsm8k", "", "42", "no_answer"),
        ("nobody_knows", "42", "42", "error"),
        ("logic__arcagi1", "[[1]]", "not json", "error"),
    ],
)
def test_verl_gets_the_same_keys_whatever_happens(source, said, truth, status):
    got = compute_score(source, said, truth, {"index": 3})
    assert tuple(got) == KEYS
    assert got["status"] == status
    assert not math.isnan(got["score"])
    assert got["counted"] == (status not in ("error", "timeout"))


def test_verl_rows_of_our_own_are_judged_by_their_own_verifier():
    example = assay.Example(prompt="def f(x):\n    # double x", reference=["B", "A"], verifier="sequence", source="x")
    row = to_verl(example)
    truth, info = row["reward_model"]["ground_truth"], row["extra_info"]
    assert compute_score(row["data_source"], "B, A", truth, info)["score"] == 1.0
    assert compute_score(row["data_source"], "A, B", truth, info)["score"] == 0.0


def test_verl_can_be_told_to_raise():
    with pytest.raises(AssayError, match="no verifier is known"):
        compute_score("nobody_knows", "42", "42", None, on_error="raise")
