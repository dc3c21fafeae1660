"""Hand-written rows of the layouts of Guru's origins and of its released rows."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.judging.session import verify
from assay.sources.base import SOURCES
from assay.sources.files import Real
from assay.types import Example


def read(root: Path, name: str, *rows: Any) -> list[Example]:
    source = SOURCES.get(name)
    assert isinstance(source, Real)
    split = source.splits[0]
    path = root / source.files[split].replace("*", "x_1k")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path)
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    else:
        path.write_text(json.dumps(rows) if path.suffix == ".json" else "\n".join(map(json.dumps, rows)))
    return list(source.examples(split, data=root))


def asked(content: str, truth: str) -> dict[str, Any]:
    return {
        "data_source": "math",
        "prompt": [{"content": content, "role": "user"}],
        "reward_model": {"ground_truth": truth, "style": "rule"},
        "extra_info": {"index": "1"},
    }


DAPO = asked(
    "Solve the following math problem step by step. The last line is Answer: $Answer, the answer to the problem.\n\n"
    'What is 1+1?\n\nRemember to put your answer on its own line after "Answer:".',
    "2",
)
OR1 = asked("What is 1+1? Let's think step by step and output the final answer within \\boxed{}.", '["\\\\frac{4}{2}"]')
TACO = {"question": "Add.", "solutions": ["print(sum(map(int, input().split())))"], "starter_code": "", "source": "x"}
WARS = {"inputs": [[1, "a"], [2, "b"]], "outputs": [["a"], ["bb"]], "fn_name": "rep"}
CALL = [{"type": "function_call", "fn_name": "inc", "input": [1], "output": [2]}]
LINES = [{"type": "stdin_stdout", "input": "1 2\n", "output": "3\n"}]
WEB = {"question": "Q?", "category": "Physics", "difficulty": "University"}
GPQA = {"Question": "Which?", "Correct Answer": "one, two", "High-level domain": "Physics"} | {
    f"Incorrect Answer {n}": f"wrong {n}" for n in (1, 2, 3)
}
PAIRS = [[[[n, 0]], [[0, n]]] for n in range(1, 9)]


@pytest.mark.parametrize(
    ("name", "row", "verifier", "problem", "reference"),
    [
        ("math/dapo", DAPO, "math", "What is 1+1?", "2"),
        ("math/skywork_or1", OR1, "math", "What is 1+1?", "\\frac{4}{2}"),
        ("math/deepscaler", {"problem": "P", "answer": "3", "solution": "s"}, "math", "P", "3"),
        ("code/taco", TACO | {"input_output": json.dumps({"inputs": [["1 2"]], "outputs": [["3"]]})},
         "code.stdio", "Add.", {"inputs": ["1 2"], "outputs": ["3"]}),
        ("code/taco", TACO | {"input_output": json.dumps(WARS), "source": "codewars", "question": "Repeat.",
         "solutions": ["def rep(n, s):\n    return n * s"]}, "code.tests", "Repeat.", None),
        ("code/primeintellect", {"problem": "Inc.", "tests": json.dumps(CALL),
         "solutions": ["```python\ndef inc(x):\n    return x + 1\n```"]}, "code.tests", "Inc.", None),
        ("code/primeintellect", {"problem": "Add.", "tests": json.dumps(LINES), "solutions": TACO["solutions"]},
         "code.stdio", "Add.", None),
        ("science/webinstruct", WEB | {"answer_type": "Boolean", "answer": "Yes"}, "boolean", "Q?", True),
        ("science/webinstruct", WEB | {"answer_type": "Float", "answer": "2.5 m"}, "math", "Q?", "2.5 m"),
        ("science/webinstruct", WEB | {"answer_type": "Multiple Choice", "answer": "iron"}, "text", "Q?", "iron"),
        ("science/gpqa_diamond", GPQA, "choice", "Which?", None),
        ("logic/barc", {"source": "def f(): ...", "examples": PAIRS}, "grid", None, [[0, 7]]),
    ],
)  # fmt: skip
def test_an_origin(tmp_path: Path, name: str, row: Any, verifier: str, problem: str | None, reference: Any) -> None:
    (example,) = read(tmp_path, name, row, row)  # what is repeated counts once
    assert example.verifier == verifier and problem in (None, example.text)
    assert reference in (None, example.reference)
    assert example.gold is not None and verify(example, example.gold).is_correct
    assert not verify(example, "").is_correct


def test_livecodebench_of_the_past_has_no_reference_solutions(tmp_path: Path) -> None:
    called = {"testtype": "functional", "input": "[1, 2]\n2", "output": "true", "metadata": {"func_name": "has"}}
    lines = {"testtype": "stdin", "input": "1 2\n", "output": "3\n", "metadata": {"func_name": None}}
    head = "class Solution:\n    def has(self, xs: List[int], x: int) -> bool:"
    rows = [
        {"problem": "Has?", "starter_code": head, "tests": json.dumps([called])},
        {"problem": "Add.", "starter_code": "", "tests": json.dumps([lines])},
        {"problem": "Untested.", "starter_code": "", "tests": "[]"},
    ]
    function, program = read(tmp_path, "code/livecodebench_history", *rows)
    assert verify(function, f"```python\n{head}\n        return x in xs\n```").is_correct
    assert not verify(function, f"```python\n{head}\n        return False\n```").is_correct
    assert verify(program, "```python\nprint(sum(map(int, input().split())))\n```").is_correct


def test_the_right_option_of_gpqa_stands_anywhere(tmp_path: Path) -> None:
    rows = read(tmp_path, "science/gpqa_diamond", *({**GPQA, "Question": f"Which of {n}?"} for n in range(40)))
    assert {e.reference for e in rows} == set("ABCD")
    assert all(e.options["ABCD".index(e.reference)] == "one, two" for e in rows)


PROGRAM = "def main_solution(x):\n    return {'y': abs(x)}"
TIP = f"Tip: Here is a reference code snippet for this question.\n\n```python\n{PROGRAM}\n```"
FIND = (
    f'Given the following output:\n\n{{"y": 2}}\n\nCan you predict a feasible input without writing any code?\n\n{TIP}'
)
RELEASED = {
    "math": {"math__deepscaler_preview": "\\frac{1}{2}", "math__merged_deduped_dapo_or1_dataset": "3"},
    "code": {
        "codegen__leetcode2k": json.dumps({"functional": "def check(f):\n    assert f(1)\n\ncheck(Solution().go)"}),
        "codegen__taco": json.dumps({"inputs": ["1"], "outputs": ["1"]}),
        "codegen__primeintellect": json.dumps({"functional": "def check_f():\n    assert f(1) == 1\n\ncheck_f()"}),
        "codegen__livecodebench": json.dumps({"inputs": ["1"], "outputs": ["1"]}),
    },
    "science": {"stem_web": "2.5 m"},
    "logic": {
        "simulation__arcagi1": json.dumps([[1]]),
        "simulation__arcagi2": json.dumps([[1]]),
        "simulation__barc": json.dumps([[1]]),
        "logic__graph_logical_dataset": "ann",
        "logic__zebra_puzzle_dataset": json.dumps({"header": ["House", "Name"], "rows": [["1", "Ann"]]}),
    },
    "simulation": {"simulation__codeio": json.dumps({"y": 2})},
    "table": {"table__hitab": "1,234", "table__multihier": "12.5"},
}
RATES = {"qwen2.5_7b_pass_rate": 0.25, "qwen3_30b_pass_rate": None}
RIGHT = {
    "math__deepscaler_preview": "\\boxed{0.5}",
    "math__merged_deduped_dapo_or1_dataset": "\\boxed{3}",
    "codegen__leetcode2k": "```python\nclass Solution:\n    def go(self, x):\n        return x\n```",
    "codegen__primeintellect": "```python\ndef f(x):\n    return x\n```",
    "codegen__taco": "```python\nprint(input())\n```",
    "codegen__livecodebench": "```python\nprint(input())\n```",
    "stem_web": "\\boxed{2.5 m}",
    "simulation__arcagi1": "<answer>[[1]]</answer>",
    "simulation__arcagi2": "<answer>[[1]]</answer>",
    "simulation__barc": "<answer>[[1]]</answer>",
    "logic__graph_logical_dataset": "<answer>ann</answer>",
    "logic__zebra_puzzle_dataset": '<answer>{"header": ["House", "Name"], "rows": [["1", "Ann"]]}</answer>',
    "simulation__codeio": '```json\n{"y": 2}\n```',
    "table__hitab": "\\boxed{1234}",
    "table__multihier": "\\boxed{12.5}",
}


@pytest.mark.parametrize("domain", RELEASED)
def test_released_rows_are_routed(tmp_path: Path, domain: str) -> None:
    rows = [
        asked(f"Question of {name}", truth)
        | {"data_source": name, "qwen2.5_7b_pass_rate": 0.25, "qwen3_30b_pass_rate": None}
        for name, truth in RELEASED[domain].items()
    ]
    examples = read(tmp_path, f"{domain}/guru", *rows)
    assert [e.tags[1].removeprefix("data_source:") for e in examples] == list(RELEASED[domain])
    for example in examples:
        assert example.domain == domain and example.pass_rates == {"qwen2.5_7b": (4, 16)}
        assert verify(example, RIGHT[example.tags[1].removeprefix("data_source:")]).is_correct
        assert not verify(example, "\\boxed{no}").is_correct


def test_an_ordering_is_a_list(tmp_path: Path) -> None:
    row = asked("Order.", "") | {"data_source": "logic__ordering_puzzle_dataset"}
    row["reward_model"] = {"ground_truth": ["b", "a"], "style": "rule"}
    (example,) = read(tmp_path, "logic/guru", row)
    assert verify(example, '<answer>["b", "a"]</answer>').is_correct and example.verifier == "sequence"


def test_any_input_of_code_io_that_gives_the_output_is_right(tmp_path: Path) -> None:
    (example,) = read(tmp_path, "simulation/guru", asked(FIND, '{"x": 2}') | {"data_source": "simulation__codeio"})
    assert example.verifier == "code_io.input"
    assert verify(example, '```json\n{"x": -2}\n```').is_correct
    assert not verify(example, '```json\n{"x": 3}\n```').is_correct
