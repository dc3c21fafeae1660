"""Real sources: one row function for files and hub, errors with file and line, the shared rows where present."""

import gzip
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay.errors import BadRow, MissingData, MissingExtra, UnknownName
from assay.judging.verifier import VERIFIERS
from assay.sources.base import DATA_VARIABLE, SOURCES, data_dir
from assay.sources.files import HUB, Real, there
from assay.sources.math import last_box
from assay.sources.table import markdown
from assay.types import DOMAINS

REAL = [s for s in map(SOURCES.get, SOURCES.names()) if isinstance(s, Real)]
GSM = {"question": "Two and two?", "answer": "2 + 2 = <<2+2=4>>4\n#### 1,004"}
GRID = {"input": [[0, 1]], "output": [[1, 0]]}
TURNED = {"input": [[1, 0]], "output": [[0, 1]]}
HEADED = {"merged_regions": [], "top_header_rows_num": 2, "left_header_columns_num": 1}


def write(root: Path, name: str, *rows: Any) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return root


def test_gsm8k_row(tmp_path: Path) -> None:
    write(tmp_path, "math/gsm8k_train.jsonl.gz", GSM, {**GSM, "question": "Three and one?"}, GSM)
    first, _ = SOURCES.get("math/gsm8k").examples(data=tmp_path)
    assert (first.reference, first.verifier, first.domain) == ("1004", "number", "math")
    assert first.gold == "2 + 2 = 4\n#### 1,004"
    assert len(list(SOURCES.get("math/gsm8k").examples(data=tmp_path, size=1))) == 1


def test_a_plain_file_serves_for_a_gzipped_one(tmp_path: Path) -> None:
    write(tmp_path, "math/gsm8k_train.jsonl", GSM)
    assert len(list(SOURCES.get("math/gsm8k").examples(data=tmp_path))) == 1


def test_mbpp_splits_by_task_id(tmp_path: Path) -> None:
    row = {"code": "def f(): pass\r\n", "test_list": ["assert f() is None"], "test_setup_code": ""}
    write(
        tmp_path, "code/mbpp.jsonl", *({**row, "text": f"Do {n}.", "task_id": n} for n in (10, 11, 510, 511, 600, 601))
    )
    mbpp = SOURCES.get("code/mbpp")
    assert {s: len(list(mbpp.examples(s, data=tmp_path))) for s in mbpp.splits} == {
        "train": 1,
        "test": 2,
        "validation": 2,
        "fewshot": 1,
    }


def test_arc_gives_one_example_a_test_grid(tmp_path: Path) -> None:
    write(tmp_path, "logic/arc_agi1_training.jsonl.gz", {"task_id": "t", "train": [GRID], "test": [GRID, TURNED]})
    examples = list(SOURCES.get("logic/arc_agi1").examples(data=tmp_path))
    assert [e.reference for e in examples] == [[[1, 0]], [[0, 1]]]


def test_codeio_holds_out_a_fifth(tmp_path: Path) -> None:
    calls = [{"input": {"x": n}, "output": str(n)} for n in range(3)]
    row = {"problem_description": "p", "io_requirements": "r", "funcname": "main", "ios": calls}
    rows = [{**row, "refcode": f"def main(x):\n    return str(x)  # {n}"} for n in range(60)]
    write(tmp_path, "simulation/codeio_464.jsonl", *rows)
    output = SOURCES.get("simulation/codeio_output")
    train, test = (list(output.examples(split, data=tmp_path)) for split in ("train", "test"))
    assert len(train) + len(test) == 60 and 3 < len(test) < 25
    given = train[0].reference["input"]["x"]
    assert train[0].reference["output"] == str(given) and train[0].gold == f"```python\n{str(given)!r}\n```"


def test_codeio_shows_no_row_the_answer_of_another(tmp_path: Path) -> None:
    calls = [{"input": {"x": n}, "output": n % 3} for n in range(6)]
    row = {"problem_description": "p", "io_requirements": "r", "funcname": "main", "ios": calls}
    rows = [{**row, "refcode": f"def main(x):\n    return x % 3  # {n}"} for n in range(20)]
    constant = {**row, "refcode": "def main(x):\n    return 0", "ios": [{**call, "output": 0} for call in calls]}
    write(tmp_path, "simulation/codeio_464.jsonl", *rows, constant)
    asked: dict[str, dict[str, Any]] = {}
    for name in ("input", "output"):
        source = SOURCES.get(f"simulation/codeio_{name}")
        found = [example for split in source.splits for example in source.examples(split, data=tmp_path)]
        asked[name] = {example.reference["code"]: example.reference for example in found}
    assert len(asked["output"]) == 21 and len(asked["input"]) == 20  # any argument would do for the constant
    for code, given in asked["input"].items():
        assert given["input"] != asked["output"][code]["input"] and given["output"] != asked["output"][code]["output"]


@pytest.mark.parametrize(
    ("answer", "verifier", "reference", "params"),
    [
        ([46.4], "number", 46.4, {"decimals": "as-written"}),
        ([120824.0], "number", 120824, {}),
        (["1,234"], "number", "1,234", {}),
        ([1.0, 2.5], "number", [1, 2.5], {"ordered": False, "decimals": "as-written"}),
        (["Bangkok"], "text", "Bangkok", {}),
        (["a", "b"], "set", ["a", "b"], {}),
        (["a", 2.0], "set", ["a", "2"], {}),
    ],
)
def test_the_answer_type_picks_the_verifier(
    tmp_path: Path, answer: Any, verifier: str, reference: Any, params: Any
) -> None:
    table = {"table_id": "1", "title": "t", "texts": [["a", "b"], ["1", "2"]], **HEADED}
    write(tmp_path, "tabular/hitab_tables.jsonl.gz", table)
    row = {"question": "?", "table_id": "1", "answer": answer, "aggregation": ["none"]}
    write(tmp_path, "tabular/hitab_train.jsonl", row, row)
    (example,) = SOURCES.get("table/hitab").examples(data=tmp_path)
    assert (example.verifier, example.reference, dict(example.params)) == (verifier, reference, params)


def test_broken_rows_name_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, "math/gsm8k_train.jsonl.gz", GSM, {"question": "no answer"})
    with pytest.raises(BadRow, match=r"gsm8k_train.jsonl.gz:2: not a row of math/gsm8k"):
        list(SOURCES.get("math/gsm8k").examples(data=tmp_path))
    write(tmp_path, "math/gsm8k_train.jsonl.gz", GSM, "{torn")
    with pytest.raises(BadRow, match=r":2: not JSON"):
        list(SOURCES.get("math/gsm8k").examples(data=tmp_path))


def test_missing_data_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    with pytest.raises(MissingData, match=DATA_VARIABLE):
        data_dir()
    with pytest.raises(MissingData, match="does not exist"):
        data_dir(tmp_path / "nowhere")
    with pytest.raises(MissingData, match=r"gsm8k_train"):
        next(SOURCES.get("math/gsm8k").examples(data=tmp_path))
    with pytest.raises(UnknownName, match="split of math/gsm8k"):
        SOURCES.get("math/gsm8k").examples("dev", data=tmp_path)


def test_the_hub_gives_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def load_dataset(name: str, config: str | None, *, split: str) -> list[Any]:
        asked.append((name, config, split))
        return [GSM]

    monkeypatch.setattr("assay.hub.offline", str)
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    (example,) = SOURCES.get("math/gsm8k").examples(data=HUB)
    assert example.reference == "1004" and asked == [("openai/gsm8k", "main", "train")]
    with pytest.raises(MissingData, match="no hub copy"):
        next(SOURCES.get("table/hitab").examples(data=HUB))
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match="hub"):
        next(SOURCES.get("math/gsm8k").examples(data=HUB))


def test_last_box() -> None:
    assert last_box(r"\boxed{1} then \boxed{\frac{1}{2}}.") == r"\frac{1}{2}"
    with pytest.raises(ValueError):
        last_box("none")


def test_markdown_escapes() -> None:
    assert markdown(["a|b", "c"], [["x\ny", "1"]]) == "| a\\|b | c |\n| --- | --- |\n| x y | 1 |"


@pytest.mark.parametrize("source", REAL, ids=lambda s: s.name)
def test_every_source_says_what_it_is(source: Real) -> None:
    assert source.about and source.licence and source.verifier in VERIFIERS.built_in()
    assert source.domain in (*DOMAINS, "instruction") and set(source.sizes) in (set(), set(source.splits))
    assert source.hub or source.home or source.sizes, "rows are at hand, or it says where they are published"


UNPROVEN = {"instruction/ifeval", "instruction/ifbench", "code/livecodebench", "code/codecontests", "code/codeforces"}
UNPROVEN |= {"science/xbench"}
"""Published without a response that is right."""


@pytest.mark.parametrize("source", [s for s in REAL if s.sizes], ids=lambda s: s.name)
def test_real_rows(source: Real, real_data: Path) -> None:
    """As many as the list says, each once, and nearly all with a response that is to be right."""
    for split in source.splits:
        if not there(source.files[split], real_data):
            pytest.skip(f"the data directory has no {source.files[split]}")
        examples = list(source.examples(split, data=real_data))
        assert len({e.id for e in examples}) == len(examples) == source.sizes[split]
        assert all(
            e.source == source.name and e.text and e.licence and (e.asked_text != e.text or "livebench" in e.source)
            for e in examples[:50]
            if e.verifier != "instructions"
        )
        proven = sum(e.gold is not None for e in examples) / len(examples)
        assert proven == 0 if source.name in UNPROVEN else proven > 0.9
