"""The verl layout: ours there and back, and foreign rows back as they came."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.corpus.collection import load
from assay.corpus.verl import from_verl, read_verl, to_verl, write_verl
from assay.errors import BadConfig, BadRow
from assay.sources.routes import route_of
from assay.types import Example

NAN = float("nan")


def guru(source: str, truth: Any, **more: Any) -> dict[str, Any]:
    return {
        "data_source": source,
        "prompt": [{"role": "user", "content": "What?"}],
        "ability": "x",
        "apply_chat_template": True,
        "reward_model": {"style": "rule", "ground_truth": truth},
        "extra_info": {"index": 7, "split": "train", "dataset": "y"},
        **more,
    }


def test_ours_there_and_back(tmp_path: Path) -> None:
    made = load("math/linear", "code/list_ops", "logic/knights_knaves", "table/lookup", size=5)
    rated = Example.from_json(made[0].to_json() | {"pass_rates": {"qwen2.5_7b": [3, 16]}})
    examples = [rated, *made]
    rows = [to_verl(example, i) for i, example in enumerate(examples)]
    assert [from_verl(row).to_json() for row in rows] == [example.to_json() for example in examples]
    assert rows[0]["qwen2.5_7b_pass_rate"] == 3 / 16
    assert {tuple(row["extra_info"]) for row in rows} == {("index", "split", "assay")}
    write_verl(examples, tmp_path / "x.parquet")
    assert [e.to_json() for e in read_verl(tmp_path / "x.parquet")] == [e.to_json() for e in examples]


@pytest.mark.parametrize(
    ("row", "verifier", "reference"),
    [
        (guru("math__deepscaler_preview", "\\frac{1}{2}"), "math", "\\frac{1}{2}"),
        (guru("stem__gpqa_diamond", "C"), "choice", "C"),
        (guru("table__hitab", "1,234"), "number", "1,234"),
        (guru("table__hitab", "women"), "text", "women"),
        (guru("simulation__arcagi1", [[0, 1]]), "grid", [[0, 1]]),
        (guru("logic__ordering_puzzle_dataset", ["b", "a"]), "sequence", ["b", "a"]),
        (guru("logic__zebra_puzzle_dataset", {"header": ["h"], "rows": [["1"]]}), "records", None),
        (
            guru("codegen__leetcode2k", json.dumps({"functional": "def check(c):\n    pass\n\ncheck(Solution().go)"})),
            "code.tests",
            {"tests": "def check(c):\n    pass\n", "entry_point": "Solution().go"},
        ),
        (
            guru("codegen__taco", json.dumps({"inputs": ["1"], "outputs": ["2"]})),
            "code.stdio",
            {"inputs": ["1"], "outputs": ["2"]},
        ),
    ],
)
def test_foreign_rows_come_back(row: dict[str, Any], verifier: str, reference: Any) -> None:
    example = from_verl(row)
    assert example.verifier == verifier and reference in (None, example.reference)
    assert to_verl(example) == row
    assert to_verl(Example.from_json(json.loads(json.dumps(example.to_json())))) == row


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
)
EXAMPLES = st.builds(
    Example,
    prompt=st.text(),
    reference=JSON,
    verifier=st.text(),
    params=st.dictionaries(st.text(), JSON),
    options=st.lists(st.text()),
    template=st.sampled_from(["", "{problem}", "{problem} {options}", "Think."]),
    gold=st.none() | st.text(),
    tags=st.lists(st.text()),
    pass_rates=st.dictionaries(st.text(), st.tuples(st.floats(0, 9), st.integers(0, 9))),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine
@given(EXAMPLES)
def test_any_example_there_and_back(example: Example) -> None:
    row = json.loads(json.dumps(to_verl(example)))
    assert from_verl(row).to_json() == example.to_json()
    foreign = from_verl(guru("math__x", "1"))
    changed = replace(example, extra=foreign.extra)
    assert from_verl(to_verl(changed)).to_json() == changed.to_json()


def test_a_template_and_options_come_back_and_the_prompt_is_the_one_that_is_asked() -> None:
    asked = Example(
        prompt="Which is larger?",
        options=("two", "three"),
        template="{problem}\n{options}\nBox the letter.",
        reference="B",
        verifier="choice",
        pass_rates={"m": (2.5, 3)},
    )
    row = to_verl(asked)
    assert row["prompt"][0]["content"] == "Which is larger?\nA) two\nB) three\nBox the letter."
    assert from_verl(row).to_json() == asked.to_json()
    assert from_verl({**row, "prompt": np.array(row["prompt"], dtype=object)}).to_json() == asked.to_json()
    theirs = from_verl({**row, "prompt": [{"role": "user", "content": "Which one?"}]})
    assert (theirs.asked[0].content, theirs.template, theirs.reference) == ("Which one?", "", "B")


def test_what_changed_in_a_foreign_row_comes_back_beside_it(tmp_path: Path) -> None:
    row = guru("table__hitab", "1,234", **{"qwen2.5_7b_pass_rate": 0.3})
    example = from_verl(row)
    assert example.pass_rates["qwen2.5_7b"] == (4.8, 16) and to_verl(example) == row
    changed = replace(example, template="{problem} Box it.", reference=1234, pass_rates={"m": (1.5, 4)})
    back = to_verl(changed)
    assert back["reward_model"] == row["reward_model"] and back["m_pass_rate"] == 0.375
    assert back["extra_info"].items() >= row["extra_info"].items()
    assert from_verl(back).to_json() == changed.to_json()
    ours = Example(prompt="?", reference=3, verifier="number", source="x")
    write_verl([ours, example, changed], tmp_path / "x.parquet")
    read = list(read_verl(tmp_path / "x.parquet"))
    assert [e.reference for e in read] == [3, "1,234", 1234] and read[2].to_json() == changed.to_json()


def test_missing_rates_are_not_zero() -> None:
    row = guru("math__x", "1", **{"qwen2.5_7b_pass_rate": 0.875, "qwen3_30b_pass_rate": NAN})
    example = from_verl(row)
    assert example.pass_rates == {"qwen2.5_7b": (14, 16)}
    back = to_verl(example)
    assert back["qwen2.5_7b_pass_rate"] == 0.875 and back["qwen3_30b_pass_rate"] != back["qwen3_30b_pass_rate"]


def test_what_cannot_be_routed_is_told(tmp_path: Path) -> None:
    for unknown in ("simulation__codeio", "math/linear", "mathvista", "tables"):
        with pytest.raises(BadConfig, match="no verifier is known"):
            route_of(unknown)
    with pytest.raises(ValueError, match="verl layout"):
        from_verl({"data_source": "math"})
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist([guru("poetry", "x")]), tmp_path / "x.parquet")
    with pytest.raises(BadRow, match=r"x.parquet:1"):
        list(read_verl(tmp_path / "x.parquet"))


@pytest.mark.parametrize("truth", [None, float("nan"), True, ["4"], {"a": 1}], ids=repr)
def test_a_truth_that_is_no_text_is_not_read_as_one(truth):
    with pytest.raises(ValueError, match="text or a number"):
        from_verl({"data_source": "lighteval/MATH", "reward_model": {"ground_truth": truth}, "extra_info": {}})
