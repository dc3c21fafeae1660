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


def test_the_usual_names_count_in_whatever_case():
    Path("mine.csv").write_text("Question, ANSWER ,Prompt text\n1 + 1?,2,x\n")
    assert [(e.text, e.reference) for e in assay.load("mine.csv", verifier="number")] == [("1 + 1?", "2")]
    _jsonl("mine.jsonl", [{"Answer": 3, "answer": 2, "Question": "x", "QUESTION": "1 + 1?", "question": "2 + 0?"}])
    (only,) = assay.load("mine.jsonl", verifier="number")
    assert (only.text, only.reference) == ("2 + 0?", 2)


def test_columns_are_named_on_the_command_line():
    _jsonl("mine.jsonl", [{"frage": f"{n} + 0?", "antwort": n} for n in range(3)])
    named = ["--column", "prompt=frage", "--column", "reference=antwort"]
    done = CliRunner().invoke(main, ["check", "mine.jsonl", "--verifier", "number", *named])
    assert done.exit_code == 0 and "gold accepted    3 of 3" in done.output, done.output
    for wrong, says in (("prompt", "takes FIELD=COLUMN"), ("promt=frage", "'prompt'"), ("prompt=frag", "'frage'")):
        done = CliRunner().invoke(main, ["check", "mine.jsonl", "--verifier", "number", *named, "--column", wrong])
        assert done.exit_code == 2 and says in done.output, done.output
    done = CliRunner().invoke(main, ["check", "math/arithmetic", *named])
    assert done.exit_code == 2 and "only files of your own take columns" in done.output, done.output


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
        ("math/math", "test", """it has split = "train", and 'math/math500' or 'math/mathvision' has a split 'test'"""),
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
    with pytest.raises(ValidationError, match=r"only files of your own \(path\) take verifier"):
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


TABLES = {
    "plain": "question,answer\r\n1 + 1?,2\r\n3 + 3?,6\r\n",
    "of old machines": "question,answer\r1 + 1?,2\r3 + 3?,6\r",
    "blank lines": "\n\nquestion,answer\n\n1 + 1?,2\n\n3 + 3?,6\n\n",
    "columns without a name": "question,answer,,\n1 + 1?,2,,note\n3 + 3?,6,,\n",
    "a name on two lines": '"ques\ntion",question,answer\nx,1 + 1?,2\nx,3 + 3?,6\n',
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_tables_as_programs_write_them(text):
    Path("mine.csv").write_bytes(text.encode())
    assert [(e.text, e.reference) for e in assay.load("mine.csv", verifier="number")] == [
        ("1 + 1?", "2"),
        ("3 + 3?", "6"),
    ]


def test_a_cell_of_any_length_is_read():
    Path("mine.csv").write_text(f"question,answer\n{'x' * 200_000},2\n")
    assert len(assay.load("mine.csv", verifier="number")[0].text) == 200_000


def test_a_suffix_counts_whatever_its_case_and_tabs_and_gzip_are_told_by_it():
    _csv("MINE.CSV")
    _csv("mine.tsv", "\t")
    WRITERS["mine.parquet"]("plain")
    Path("mine.parquet.gz").write_bytes(gzip.compress(Path("plain").read_bytes()))
    for name in ("MINE.CSV", "mine.tsv", "mine.parquet.gz"):
        assert len(assay.load(name, verifier="number")) == len(ROWS)


def test_json_is_an_array_or_lines():
    _jsonl("lines.json")
    assert len(assay.load("lines.json", verifier="number")) == len(ROWS)
    Path("one.json").write_text(json.dumps(ROWS[0]))
    assert len(assay.load("one.json", verifier="number")) == 1
    Path("whole.json").write_text(json.dumps({"data": ROWS}, indent=1))
    with pytest.raises(AssayError, match="no array of rows and no rows line by line"):
        assay.load("whole.json", verifier="number")


@pytest.mark.parametrize(
    ("rows", "line", "says"),
    [
        ("1 + 1?,2\n,4\n", 5, "the column 'question' is empty"),
        ("1 + 1?,2\n3 + 3?,\n", 5, "the column 'answer' is empty"),
        ("1 + 1?,2\n3 + 3?\n", 5, "the column 'answer' is empty"),
        ('"1\n+\n1?",2\n3 + 3?,\n', 7, "the column 'answer' is empty"),
        ("1 + 1?,2\n3, 3?,6\n", 5, "3 cells in a table of 2 columns; a cell that holds a ',' is put in quotes"),
        ('1 + 1?,2\n"3 + 3?,6\n4 + 4?,8\n', 5, "a quote that opens in this row is never closed"),
        ('1 + 1?,2\n"3" + 3?,6\n', 5, "text beside a cell in quotes"),
    ],
)
def test_a_row_of_a_table_is_told_by_the_line_it_begins_on(rows, line, says):
    Path("mine.csv").write_text('"question",answer\n"1\n0?",10\n' + rows)
    with pytest.raises(BadRow) as bad:
        assay.load("mine.csv", verifier="number")
    assert (bad.value.line, bad.value.where) == (line, "mine.csv") and says in bad.value.why
    run_curation(CurationRecipe(sources=[{"path": "mine.csv", "verifier": "number"}]), "out")
    dropped = [row for row in Corpus.read("out").ledger if row.reason == "bad_row"]
    assert [row.id for row in dropped] == [f"line {line}"]


def test_an_empty_cell_is_no_value():
    Path("mine.csv").write_text("question,answer,gold,verifier,template\n1 + 1?,2,,,\n3 + 3?,yes,yes,boolean,\n")
    first, second = assay.load("mine.csv", verifier="number", template="Q: {problem}")
    assert (first.gold, first.verifier, first.template) == ("\\boxed{2}", "number", "Q: {problem}")
    assert (second.gold, second.verifier, second.template) == ("yes", "boolean", "Q: {problem}")


def test_a_column_that_is_there_twice_is_refused_by_name():
    Path("mine.csv").write_text("question,answer,answer\n1 + 1?,2,3\n")
    pq.write_table(pa.table([["1 + 1?"], [2], [3]], names=["question", "answer", "answer"]), "mine.parquet")
    for name in ("mine.csv", "mine.parquet"):
        with pytest.raises(AssayError, match=f"{name} has more than one column called 'answer'"):
            assay.load(name, verifier="number")


def test_half_a_character_is_a_bad_row_wherever_it_stands():
    for place in ("question", "level"):
        _jsonl("mine.jsonl", [ROWS[0], ROWS[1] | {place: "\ud800"}])
        with pytest.raises(BadRow, match=r"mine.jsonl:2: half a surrogate pair"):
            assay.load("mine.jsonl", verifier="number")
        corpus = run_curation(CurationRecipe(sources=[{"path": "mine.jsonl", "verifier": "number"}]), f"out-{place}")
        assert len(corpus) == 1 and [row.reason for row in corpus.ledger] == ["bad_row"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"verifier": "numbr"}, "did you mean 'number'"),
        ({"verifier": "number", "params": {"toleranc": 1}}, "did you mean 'tolerance'"),
        ({"verifier": "number", "template": "Say the answer."}, "{problem}"),
        ({"verifier": "number", "columns": {"promt": "q"}}, "'prompt'"),
    ],
)
def test_what_no_row_can_mend_is_told_before_any_is_read(wrong, says):
    Path("mine.jsonl").write_text("no row\n")
    with pytest.raises(AssayError, match=says):
        assay.load("mine.jsonl", **wrong)
    recipe = CurationRecipe(sources=[{"name": "math/arithmetic", "size": 5}, {"path": "mine.jsonl", **wrong}])
    read = []
    with pytest.raises(AssayError, match=says):
        run_curation(recipe, "out", progress=lambda *told: read.append(told))
    assert not read and not Path("out").exists()


def test_own_rows_are_left_out_whoever_judges_them():
    _jsonl("held.jsonl", ROWS[:2])
    _jsonl("mine.jsonl")
    for entry in ("held.jsonl", "./held.jsonl"):
        recipe = CurationRecipe(sources=[{"path": "mine.jsonl", "verifier": "number"}], without=[entry])
        corpus = run_curation(recipe, f"out{len(entry)}")
        assert [row.reason for row in corpus.ledger] == ["contaminated"] * 2
    assert len(assay.load("mine.jsonl", verifier="number").without("held.jsonl")) == len(ROWS) - 2
    for entry in ("math/nope", "math/arithmetic:tset", "nowhere.jsonl"):
        read = []
        with pytest.raises(AssayError):
            recipe = CurationRecipe(sources=[{"path": "mine.jsonl", "verifier": "number"}], without=[entry])
            run_curation(recipe, "none", progress=lambda *told, read=read: read.append(told))
        assert not read and not Path("none").exists()


def test_a_folder_of_the_users_stays_where_a_curation_cannot_begin():
    Path("empty").mkdir()
    Path("mine.jsonl").write_text("no row\n")
    with pytest.raises(AssayError):
        run_curation(CurationRecipe(sources=[{"path": "mine.jsonl", "verifier": "number"}]), "empty")
    assert Path("empty").is_dir()
