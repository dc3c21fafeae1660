"""Rows of the user's own, wherever a source is named: any shape, any usual file, and every fault with its line."""

from __future__ import annotations

import csv
import gzip
import json
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

import assay
from assay.cli import main
from assay.corpus.collection import Corpus
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.errors import AssayError, BadConfig, BadRow, MissingData, UnknownName
from assay.evaluate.suite import Suite
from assay.sources.selection import Selection

ROWS = [{"question": f"{n} + {n} = ?", "answer": 2 * n, "level": n} for n in range(1, 6)]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _jsonl(path, rows=ROWS):
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))


def _gzipped(path):
    _jsonl("plain")
    Path(path).write_bytes(gzip.compress(b"\xef\xbb\xbf" + Path("plain").read_bytes()))


def _csv(path, mark=","):
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(ROWS[0]), delimiter=mark)
        writer.writeheader()
        writer.writerows(ROWS)


WRITERS = {
    "mine.jsonl": _jsonl,
    "mine.jsonl.gz": _gzipped,
    "mine.json": lambda path: Path(path).write_text(json.dumps(ROWS)),
    "mine.parquet": lambda path: pq.write_table(pa.Table.from_pylist(ROWS), path),
    "mine.csv": _csv,
    "semicolons.csv": lambda path: _csv(path, ";"),
    "tabs.csv": lambda path: _csv(path, "\t"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_is_a_source(name):
    WRITERS[name](name)
    corpus = assay.load(name, verifier="number")
    assert [(e.text, str(e.reference), e.source) for e in corpus] == [
        (row["question"], str(row["answer"]), name) for row in ROWS
    ]
    assert all(assay.verify(e, e.gold).is_correct for e in corpus)
    assert str(corpus[2].extra["level"]) == "3"
    drawn = assay.load(name, verifier="number", size=2, seed=1)
    assert len(drawn) == 2 and {e.id for e in drawn} <= {e.id for e in corpus}


def test_columns_of_any_name_and_rows_that_say_more():
    rows = [{"frage": "2 + 2?", "lösung": "4", "wer": "math"}, {"frage": "Welche?", "lösung": "B", "wer": "choice"}]
    _jsonl("deutsch.jsonl", rows)
    how = {"columns": {"prompt": "frage", "reference": "lösung", "verifier": "wer"}, "template": "Frage: {problem}"}
    first, second = assay.load("deutsch.jsonl", domain="mathe", **how)
    assert (first.verifier, second.verifier, first.domain) == ("math", "choice", "mathe")
    assert first.asked[0].content == "Frage: 2 + 2?"


def test_examples_that_were_written_come_back():
    corpus = assay.load("math/arithmetic", size=3)
    corpus.to_jsonl("again.jsonl")
    assert list(assay.load("again.jsonl")) == list(corpus)


@pytest.mark.parametrize(
    ("write", "how", "error", "says"),
    [
        (lambda: None, {}, MissingData, "mine.jsonl does not exist"),
        (lambda: _jsonl("mine.jsonl"), {}, BadConfig, "does not say who judges"),
        (lambda: _jsonl("mine.jsonl", [{"q": 1}]), {"verifier": "math"}, BadRow, "mine.jsonl:1: no prompt under"),
        (lambda: Path("mine.jsonl").write_text("{}\nno\n"), {"verifier": "math"}, BadRow, "mine.jsonl:1"),
        (lambda: _jsonl("mine.jsonl"), {"verifier": "math", "columns": {"prompt": "queston"}}, BadRow, "'question'"),
        (lambda: _jsonl("mine.jsonl"), {"verifier": "math", "columns": {"promt": "q"}}, BadConfig, "'prompt'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(write, how, error, says):
    write()
    with pytest.raises(error, match=says):
        list(assay.load("mine.jsonl", **how))


@pytest.mark.parametrize(
    ("name", "split", "says"),
    [
        ("math/math500", "train", """it has split = "test", and 'math/math' has a split 'train'"""),
        ("math/math", "test", """it has split = "train", and 'math/math500' has a split 'test'"""),
        ("math/gsm8k:test", "train", 'a split is named by itself: split = "test"'),
        ("test", "train", 'a split is named by itself: split = "test"'),
        ("math/gsmk", "train", "did you mean 'math/gsm8k'"),
    ],
)
def test_a_split_that_is_not_there_says_where_it_is(name, split, says):
    with pytest.raises(UnknownName) as refused:
        assay.load(name, split=split)
    assert says in str(refused.value) and says in str(pickle.loads(pickle.dumps(refused.value)))


def test_broken_files_are_no_traceback():
    for name in ("mine.parquet", "mine.json", "mine.csv"):
        Path(name).write_bytes(b"\xff\xfe\x00 no")
        with pytest.raises(AssayError):
            list(assay.load(name, verifier="math"))


def test_a_data_set_of_the_hub_without_a_network_is_refused_at_once(monkeypatch, capfd):
    datasets = pytest.importorskip("datasets", reason="needs the extra 'hub'")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MissingData, match=r"some/rows could not be loaded from the hub: .* cannot be reached"):
        assay.load("hub:some/rows", verifier="number")
    assert "Retrying" not in capfd.readouterr().err


def test_a_selection_names_a_source_or_a_file_and_not_both():
    with pytest.raises(ValidationError, match="either the name of a source or the path"):
        Selection(name="math/arithmetic", path="mine.jsonl")
    with pytest.raises(ValidationError, match="verifier are for files of your own"):
        Selection(name="math/arithmetic", verifier="math")


def test_bad_rows_go_to_the_ledger_with_their_line():
    _jsonl("mine.jsonl")
    with open("mine.jsonl", "a") as file:
        file.write('not json\n\n{"question": "and?"}\n{"question": "3 + 3 = ?", "answer": "many"}\n')
    recipe = {"sources": [{"path": "mine.jsonl", "verifier": "number", "domain": "sums"}]}
    corpus = run_curation(CurationRecipe.model_validate(recipe), "out")
    assert len(corpus) == 5 and corpus.card.adds_up
    gone = {(row.reason, row.evidence.partition(" ")[0]) for row in corpus.ledger}
    assert {("bad_row", f"mine.jsonl:{line}:") for line in (6, 7, 8)} <= gone
    assert {row.reason for row in corpus.ledger} == {"bad_row", "bad_reference"}
    with pytest.raises(BadRow, match=r"mine\.jsonl:6"):
        run_curation(CurationRecipe.model_validate(recipe | {"strict": True}), "strict")
    assert Corpus.read("out")[0].domain == "sums"


def test_a_bad_row_is_of_the_domain_that_the_recipe_names(tmp_path):
    Path("sums.jsonl").write_text('{"prompt": "What is 1 + 1 here?", "answer": 2}\nno row\n')
    own = Selection(path="sums.jsonl", verifier="number", domain="sums")
    corpus = run_curation(CurationRecipe(sources=(own,)), tmp_path / "out")
    assert list(corpus.card.domains) == ["sums"] and corpus.card.domains["sums"].came_in == 2
    assert [row.domain for row in corpus.ledger] == ["sums"]


def test_own_rows_in_a_suite_and_on_the_command_line():
    _jsonl("mine.jsonl")
    suite = Suite.model_validate({"sources": [{"path": "mine.jsonl", "verifier": "number"}], "samples": 1})
    assert len(suite.examples()) == 5
    done = CliRunner().invoke(main, ["check", "mine.jsonl", "--verifier", "number"])
    assert done.exit_code == 0 and "gold accepted    5 of 5" in done.output, done.output
    done = CliRunner().invoke(main, ["check", "nowhere.jsonl"])
    assert done.exit_code == 2 and "nowhere.jsonl does not exist" in done.output
