"""Adapters return what the trainers expect, for errors too, and can be sent to other processes."""

import json
import math
import multiprocessing
import pickle
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.corpus.verl import example_of, to_verl
from assay.errors import AssayError, BadConfig, MissingExtra
from assay.serve import nulls
from assay.serve.columns import examples_of
from assay.serve.nulls import NullReward
from assay.serve.trl import reward, to_trl
from assay.serve.verl import KEYS, compute_score, compute_score_batch

RIGHT, WRONG = [{"role": "assistant", "content": "The answer is 42.<|im_end|>"}], "The answer is 41."
SUM = assay.Example(prompt="6 * 7?", reference=42, verifier="number", domain="math")


@pytest.fixture(autouse=True)
def nothing_was_told(monkeypatch):
    monkeypatch.setattr(nulls, "_told", set())
    monkeypatch.setattr(nulls, "_start", [])


def ask(*references, said=RIGHT, **columns):
    count = len(references)
    return assay.reward_fn()(
        prompts=[f"q{n}" for n in range(count)],
        completions=[said] * count,
        verifier=["number"] * count,
        reference=list(references),
        **columns,
    )


def test_trl_gets_a_number_or_none():
    params = [None, '{"tolerance": {"abs": 0.5}}', {"scale": None}, None]
    with pytest.warns(NullReward, match="not a number"):
        assert ask(42, 41, 42.0, "not a number", params=params, trainer_state=object()) == [1.0, 0.0, 1.0, None]


def test_trl_reads_whole_examples():
    rows = [json.dumps(SUM.to_json()), SUM.to_json()]
    assert reward(completions=[RIGHT, WRONG], example=rows) == [1.0, 0.0]


def test_a_reference_of_ones_own_is_taken_as_it_is():
    assert reward(completions=["The answer is [1]."], verifier=["text"], reference=["[1]"]) == [1.0]
    assert reward(completions=["b, a"], verifier=["sequence"], reference=[np.array(["b", "a"])]) == [1.0]


@given(st.recursive(st.integers() | st.text() | st.booleans(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)))
def test_a_reference_is_what_the_corpus_says_however_its_shards_are_read(reference):
    shard = {"id": ["x"], "domain": [""], "source": [""], "verifier": ["text"], "options": [[]], "template": [""]}
    as_text = shard | {"reference": [json.dumps(reference)], "params": ["{}"]}
    decoded = shard | {"reference": [reference], "params": [{}]}
    own = {"verifier": ["text"], "reference": [reference], "params": ["{}"]}
    assert [examples_of(columns, ["q"])[0].reference for columns in (as_text, decoded, own)] == [reference] * 3


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"answer": ["42"]}, "no column 'reference' and no 'verifier'"),
        ({"verifier": ["number"], "reference": [42], "params": ["{"]}, "row 0"),
        ({"example": ["{}"]}, "row 0 of the batch"),
        ({"example": ["4"]}, "'4' is no Example: .* verifier=\"number\""),
        (
            {"verifier": ["number"], "reference": [42, 43]},
            "'reference' needs one entry for each row: 1 .*not 2",
        ),
        ({"verifier": ["number"], "reference": [42], "params": []}, "'params' needs one entry .*not 0"),
        ({"verifier": "number", "reference": [42]}, "'verifier' needs one entry .*not str"),
        ({"verifier": ["number"], "reference": [42], "prompts": ["a", "b"]}, "2 prompts and 1 completions: give two"),
        ({"verifier": ["number"], "reference": [42], "prompts": "a"}, "prompts str and 1 completions: give two lists"),
    ],
)
def test_trl_is_told_what_is_wrong_with_the_columns(columns, says):
    with pytest.raises(BadConfig, match=says):
        reward(completions=["a"], **columns)


def test_a_reason_is_told_once():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(3):
            ask(42, "nothing 1", "nothing 2")
        ask(42, {"no": "number"})
    assert len([w for w in told if w.category is NullReward]) == 2


@pytest.mark.filterwarnings("ignore::assay.serve.nulls.NullReward")
def test_a_batch_without_any_reward_is_an_error():
    with pytest.raises(AssayError, match=r"none of 3 responses(.|\n)*3 x error of number(.|\n)*mend the data set"):
        ask("x", "x", "x")
    paid = assay.reward_fn()
    once = {"verifier": ["number"], "reference": ["x"], "prompts": ["q"], "completions": [RIGHT]}
    with pytest.raises(AssayError, match="none of 1"):
        paid(**once)
    assert paid(**once | {"reference": [42]}) == [1.0]
    assert paid(**once) == [None], "one bad row does not end a run that is under way"


@pytest.mark.filterwarnings("ignore::assay.serve.nulls.NullReward")
def test_a_run_that_begins_without_any_reward_is_an_error():
    for _ in range(nulls.START - 1):
        assert compute_score("logic__arcagi1", "[[1]]", "not json")["counted"] == 0
    with pytest.raises(AssayError, match=r"none of 64 responses"):
        compute_score("logic__arcagi1", "[[1]]", "not json")
    nulls._start.clear()
    compute_score("openai/gsm8k", "42", "42")
    for _ in range(2 * nulls.START):
        compute_score("logic__arcagi1", "[[1]]", "not json")


def test_domains_and_verdicts_are_logged():
    logged: dict[str, float] = {}
    ask(42, 41, 41, domain=["math", "math", "logic"], log_metric=logged.__setitem__)
    assert logged == {
        "reward/math": 0.5,
        "reward/logic": 0.0,
        "verdicts/error": 0.0,
        "verdicts/timeout": 0.0,
        "verdicts/no_answer": 0.0,
    }


ROW = to_verl(SUM)
VERL = ("data_source", "The answer is 42.", ROW["reward_model"]["ground_truth"], ROW["extra_info"])


def score_of(function):
    if function is compute_score:
        return function(*VERL)["score"]
    if function is assay.verify:
        return function(SUM, "The answer is 42.").score
    return function(completions=[RIGHT], example=[SUM.to_json()])[0]


SENT = {"three workers": assay.reward_fn(workers=3), "reward": reward, "verify": assay.verify, "verl": compute_score}


@pytest.mark.parametrize("function", SENT.values(), ids=SENT)
def test_rewards_can_be_sent_to_other_processes(function):
    assert score_of(pickle.loads(pickle.dumps(function))) == 1.0
    for method in ("spawn", "fork", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            assert pool.apply(score_of, (function,)) == 1.0


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match=r"pip install 'assay\[train\]'"):
        to_trl([SUM])


def test_cloudpickle_and_the_name_that_trl_logs_under():
    cloudpickle = pytest.importorskip("cloudpickle")
    made = cloudpickle.loads(cloudpickle.dumps(assay.reward_fn(workers=3)))
    assert (made, made.workers, made.__name__) == (assay.reward_fn(workers=3), 3, "assay")


@pytest.mark.parametrize(
    ("source", "said", "truth", "status"),
    [
        ("math__gsm8k", "The answer is 42.", "42", "correct"),
        ("math__gsm8k", "The answer is 41.", "42", "incorrect"),
        ("math__gsm8k", "", "42", "no_answer"),
        ("openai/gsm8k", "#### 1,042", "1042", "correct"),
        ("openai/gsm8k", "#### 42", np.array("42"), "correct"),
        ("lighteval/MATH", r"\boxed{\frac12}", "0.5", "correct"),
        ("DigitalLearningGmbH/MATH-lighteval", r"\boxed{2}", "3", "incorrect"),
        ("HuggingFaceH4/MATH-500", r"\boxed{(1,2)}", "(1, 2)", "correct"),
        ("math_dapo", "Answer: 34", "34", "correct"),
        ("aime2024", r"\boxed{025}", "25", "correct"),
        ("numina_olympiads", r"\boxed{x+1}", "1+x", "correct"),
        ("hiyouga/geometry3k", r"\boxed{3\sqrt{3}}", r"3 \sqrt { 3 }", "correct"),
        (
            "searchR1_nq",
            "<answer>Paris</answer>",
            {"target": np.array(["paris", "Paris, France"], dtype=object)},
            "correct",
        ),
        ("searchR1_nq", "<answer>Rome</answer>", {"target": ["paris"]}, "incorrect"),
        ("logic__arcagi1", "[[1]]", "not json", "error"),
        ("apps", "print(1)", json.dumps({"fn_name": "f", "inputs": [[1]], "outputs": [1]}), "error"),
    ],
)
@pytest.mark.filterwarnings("ignore::assay.serve.nulls.NullReward")
def test_verl_gets_the_same_keys_whatever_happens(source, said, truth, status):
    got = compute_score(source, said, truth, {"index": 3, "num_turns": np.int32(2), "picture": object()})
    assert tuple(got) == KEYS and got[0] == got["score"]
    assert got["status"] == status, got["why"]
    assert not math.isnan(got["score"]) and got["counted"] == (status not in ("error", "timeout"))
    assert {name for name, value in got.items() if isinstance(value, int | float)} == {"score", "acc", "counted"}


def test_programs_that_read_and_write_in_lines():
    truth = json.dumps({"inputs": [["1", "2"], "3"], "outputs": ["3", ["3", ""]]})
    assert example_of("codeforces", truth, "").reference == {"inputs": ["1\n2", "3"], "outputs": ["3", "3\n"]}


def test_verl_rows_of_our_own_are_judged_by_their_own_verifier():
    example = assay.Example(prompt="def f(x):\n    # double x", reference=["B", "A"], verifier="sequence", source="x")
    row = to_verl(example)
    truth, info = row["reward_model"]["ground_truth"], row["extra_info"]
    judged = compute_score_batch(["x"] * 2, ["B, A", "A, B</s>"], [truth] * 2, [info] * 2)
    assert [one["score"] for one in judged] == [1.0, 0.0]


@pytest.mark.parametrize("source", ["nobody_knows", "math/linear", "mathvista", "open/MATH-lightevil"])
def test_a_source_without_a_verifier_is_an_error(source):
    with pytest.raises(BadConfig, match="no verifier is known for data_source") as refused:
        compute_score(source, "42", "42", {"num_turns": np.int64(1)})
    assert f"routes={{{source!r}: 'math'}}" in str(refused.value)
    assert compute_score(source, "42", np.array("42"), None, routes={source: "number"})["score"] == 1.0


def test_verl_can_be_told_to_raise():
    with pytest.raises(AssayError, match="cannot be read"), pytest.warns(NullReward):
        compute_score("logic__arcagi1", "[[1]]", "not json", None, on_error="raise")


def test_a_completion_that_is_cut_inside_an_opened_thinking_part_earns_nothing():
    """The chat template opened the part, so the text itself does not show it; only its closing does."""
    cut, whole = "so \\boxed{42}", "so 41?</think>\\boxed{42}"
    rewards = assay.reward_fn(thinking="<think>")(
        prompts=["6 * 7?"] * 2, completions=[cut, whole], verifier=["number"] * 2, reference=[42, 42]
    )
    assert rewards == [0.0, 1.0] and pickle.loads(pickle.dumps(assay.reward_fn(thinking="<think>"))).thinking
    row = to_verl(SUM)
    said = [
        compute_score("", text, row["reward_model"]["ground_truth"], row["extra_info"], thinking="<think>")
        for text in (cut, whole)
    ]
    assert [result["status"] for result in said] == ["no_answer", "correct"]
