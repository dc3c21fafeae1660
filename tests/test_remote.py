"""Addresses in object stores: rows, corpora and verdicts come and go as they do here; mistakes are told."""

import json

import pytest
from click.testing import CliRunner

import assay
from assay.cli import main
from assay.errors import AssayError, MissingData
from assay.remote import fetched, is_remote

fsspec = pytest.importorskip("fsspec", reason="object stores need the extra 'remote'")


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """A store of fsspec's own in memory: addresses, listings and bytes as in any other."""
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    store = fsspec.filesystem("memory")
    yield store
    store.rm("/", recursive=True) if store.find("/") else None


def test_rows_of_an_address_are_judged_and_verdicts_sent(bucket):
    rows = [{"id": n, "verifier": "number", "reference": n, "response": f"It is {n}."} for n in range(3)]
    bucket.pipe_file("/b/said.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    asked = ["grade", "memory://b/said.jsonl", "-o", "memory://b/out/verdicts.jsonl"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    lines = bucket.cat_file("/b/out/verdicts.jsonl").decode().splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["correct"] * 3
    again = CliRunner().invoke(main, asked)
    assert again.exit_code == 2 and "memory://b/out/verdicts.jsonl is there already" in again.output


def test_a_corpus_is_written_and_read_whole(bucket):
    corpus = assay.load("math/arithmetic", "logic/ordering", size=5)
    corpus.write("memory://b/corpus")
    assert bucket.exists("/b/corpus/manifest.json")
    found = assay.Corpus.read("memory://b/corpus")
    assert [one.id for one in found] == [one.id for one in corpus]
    done = CliRunner().invoke(main, ["corpus", "stats", "memory://b/corpus", "--json"])
    assert done.exit_code == 0 and len(json.loads(done.stdout)) >= 2, done.output
    with pytest.raises(AssayError, match="is there already"):
        corpus.write("memory://b/corpus")


def test_a_file_of_rows_is_a_source_and_is_fetched_once_until_it_changes(bucket):
    row = {"prompt": "1 + 1 = ?", "reference": 2, "verifier": "number"}
    bucket.pipe_file("/b/rows.jsonl", json.dumps(row).encode())
    assert [one.reference for one in assay.load("memory://b/rows.jsonl")] == [2]
    first = fetched("memory://b/rows.jsonl")
    assert fetched("memory://b/rows.jsonl") == first
    bucket.pipe_file("/b/rows.jsonl", json.dumps(row | {"reference": 3}).encode())
    assert fetched("memory://b/rows.jsonl") != first
    assert [one.reference for one in assay.load("memory://b/rows.jsonl")] == [3]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("memory://b/nothing.jsonl", "memory://b/nothing.jsonl does not exist"),
        ("nosuchstore://b/rows.jsonl", "nosuchstore://b/rows.jsonl cannot be asked for: Protocol not known"),
    ],
)
def test_what_cannot_be_read_is_told(bucket, name, says):
    for command in (["grade", name], ["check", name, "--verifier", "math"]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 2 and says in done.output, done.output


def test_what_lies_here_is_left_alone(tmp_path):
    assert fetched(tmp_path) == tmp_path and not is_remote(tmp_path / "a:b") and not is_remote("hub:user/name")
    with pytest.raises(MissingData):
        assay.Corpus.read(tmp_path / "nothing")
