"""A sealed benchmark leaves no plain text: not in a run, a page or a message; and what was written can be opened."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.cli import main
from assay.corpus.verl import write_verl
from assay.errors import AssayError
from assay.rollout.runs import open_run
from assay.sealing import seal, unsealed
from assay.sources.base import SOURCES
from assay.types import SEALED, Example, Rollout, Verdict

KEY = "canary GUID 1"
ROWS = {"Welche Stadt liegt am Styx-Ufer?": "Quuxhausen", "Wie viele Zwerge?": "7113", "Zwei? A: ja B: nein": "A"}
"""Problems and answers that stand nowhere else."""


@settings(deadline=None)
@given(st.text(), st.text(min_size=1))
def test_what_is_sealed_opens_with_its_key_alone(text, key):
    assert unsealed(seal(text, key), key) == text


@pytest.mark.parametrize("text", ["not base64!", seal("ä" * 20, "x")[:-4] + "////"])
def test_what_does_not_open_is_told_without_being_shown(text):
    with pytest.raises(ValueError, match="its key does not open it") as told:
        unsealed(text, "x")
    assert told.value.__context__ is None or told.value.__suppress_context__
    with pytest.raises(ValueError, match="needs its key"):
        seal("a", "")


def test_records_are_sealed_where_they_become_json():
    example = Example(prompt="Wie viele Zwerge?", reference="7113", verifier="number", extra={SEALED: KEY})
    row = json.loads(json.dumps(example.to_json()))
    assert Example.from_json(row) == example and Example.from_json(row).id == row["id"]
    said = Rollout(response="7113 Zwerge", prompt=example.prompt, verdict=Verdict.of(True, read="7113"), seal=KEY)
    assert Rollout.from_json(json.loads(json.dumps(said.to_json()))) == said
    for text in ("Zwerge", "7113"):
        assert text not in json.dumps(row) + json.dumps(said.to_json())


@pytest.fixture
def sealed(tmp_path, monkeypatch):
    """A data directory with sealed rows, and recorded answers to them."""
    monkeypatch.chdir(tmp_path)
    Path("data/sealed").mkdir(parents=True)
    with Path("data/sealed/xbench_scienceqa_encrypted.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ("id", "type", "subject", "prompt", "answer", "canary"))
        table.writeheader()
        for number, (problem, answer) in enumerate(ROWS.items()):
            kind = "选择题" if answer == "A" else "问答题"
            row = {"id": number, "type": kind, "subject": "s", "canary": KEY}
            table.writerow(row | {"prompt": seal(problem, KEY), "answer": seal(answer, KEY)})
    monkeypatch.setenv("ASSAY_DATA", "data")
    examples = list(SOURCES.get("science/xbench").examples("test"))
    assert {e.text: e.reference for e in examples} == ROWS
    for name, count in (("good", 3), ("other", 1)):
        said = [f"So \\boxed{{{e.reference}}}" if n < count else "Zwerge sind es" for n, e in enumerate(examples)]
        rows = [{"id": e.id, "response": text} for e, text in zip(examples, said, strict=True)]
        Path(f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def everything(folder):
    """All that the files of a folder hold, as text."""
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            yield json.dumps(pq.read_table(path).to_pylist())
        elif path.is_file():
            yield path.read_text("utf-8", errors="replace")


def test_no_corpus_or_training_set_holds_one(sealed):
    rows = assay.load("science/xbench", split="test", data=Path("data"))
    for make in (lambda: rows.write("corpus"), lambda: write_verl(rows, "rows.parquet"), rows.to_dataset):
        with pytest.raises(AssayError, match="is published sealed, so that nothing trains on it"):
            make()
    assert not Path("corpus").exists() and not Path("rows.parquet").exists()


def test_a_run_of_sealed_problems_shows_them_nowhere(sealed, monkeypatch):
    monkeypatch.setattr("assay.rollout.store.SHARD_ROWS", 2)  # so that shards are written too
    done = []

    def run(*arguments, code=0):
        told = CliRunner().invoke(main, list(arguments))
        assert told.exit_code == code, (arguments, told.output)
        done.append(told.output)
        return told.output

    suite = ("--suite", "xbench", "--samples", "1")
    assert "100.0" in run("eval", "good.jsonl", *suite, "-o", "runs/good")
    run("eval", "other.jsonl", *suite, "-o", "runs/other")
    assert "sealed problem" in run("compare", "runs/good", "runs/other", "--show", "3")
    run("rescore", "runs/good", "--verifier", "math", "-o", "runs/again")
    run("rescore", "runs/other", "--json")
    run("report", "runs/good")
    run("eval", "runs/good", *suite, "-o", "runs/twice")
    run("eval", "good.jsonl", "--suite", "xbench", "-o", "runs/more", code=2)  # fewer were recorded than are asked for
    run("check", "science/xbench", code=0)
    Path("data/sealed/xbench_scienceqa_encrypted.csv").write_text(
        "id,type,subject,prompt,answer,canary\n1,a,b,zz,zz,k\n"
    )
    run("eval", "good.jsonl", *suite, "-o", "runs/bad", code=2)
    texts = [*everything(sealed / "runs"), *done]
    for secret in (*ROWS, "Quuxhausen", "7113", "Zwerge", "Styx"):
        assert not [text for text in texts if secret in text or json.dumps(secret)[1:-1] in text], secret
    kept = open_run(Path("runs/good"), "measure")
    assert {e.text for e in kept.examples.values()} == set(ROWS)
    assert any("Quuxhausen" in rollout.response for rollout in kept.store.rollouts())
