"""A corpus on the hub: published whole, read back the same, never over what is no corpus. The hub's own client talks to
a stand-in on loopback; the hub itself was not reached."""

import pytest
from click.testing import CliRunner
from hubserver import TOKEN, Hub

import assay
from assay import hub as client
from assay.cli import main
from assay.errors import AssayError, MissingData, RunConflict

yaml = pytest.importorskip("yaml", reason="a README's front matter is YAML")
pytest.importorskip("huggingface_hub", reason="the hub needs the extra 'hub'")
pytestmark = pytest.mark.slow


@pytest.fixture
def hub(tmp_path, monkeypatch):
    server = Hub()
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    yield server
    server.shutdown()


def test_what_is_published_comes_back(hub, tmp_path):
    corpus = assay.load("math/arithmetic", "logic/ordering", size=4).keep(lambda e: e.reference != 0)
    url = corpus.push_to_hub("me/mine")
    assert url.startswith(hub.address) and hub.private["me/mine"] in (True, "private")
    found = assay.Corpus.from_hub("me/mine")
    assert list(found) == list(corpus) and found.came_in == corpus.came_in and found.ledger == corpus.ledger
    _, front, text = hub.files("me/mine")["README.md"].decode().split("---\n", 2)
    assert yaml.safe_load(front)["configs"][0]["data_files"] == [{"split": "train", "path": "part-*.parquet"}]
    assert 'from_hub("me/mine")' in text and "| math/arithmetic |" in text and "What came in" in text


def test_a_new_version_is_a_commit_and_the_old_one_stays(hub):
    first, second = assay.load("math/arithmetic", size=4), assay.load("math/linear", size=3)
    first.push_to_hub("me/mine")
    second.push_to_hub("me/mine", message="Linear equations")
    assert list(assay.Corpus.from_hub("me/mine")) == list(second) and hub.messages[-1] == "Linear equations"
    assert list(assay.Corpus.from_hub("me/mine", revision=f"{1:040d}")) == list(first)


def test_other_files_are_never_touched(hub):
    hub.repos["me/own"] = [{".gitattributes": b"", "data.csv": b"1"}]
    with pytest.raises(RunConflict, match=r"me/own holds files of no corpus \(data\.csv\)"):
        assay.load("math/linear", size=2).push_to_hub("me/own")
    assert hub.repos["me/own"] == [{".gitattributes": b"", "data.csv": b"1"}]
    with pytest.raises(MissingData, match="is no corpus"):
        assay.Corpus.from_hub("me/own")


def test_what_the_hub_refuses_is_told(hub, monkeypatch):
    corpus = assay.load("math/linear", size=2)
    with pytest.raises(AssayError, match="USER/NAME"):
        corpus.push_to_hub("a/b/c")
    with pytest.raises(AssayError, match="HF_TOKEN"):
        assay.Corpus.from_hub("me/nothing")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(AssayError, match=r"refused: .*HF_TOKEN"):
        corpus.push_to_hub("me/mine")
    assert not hub.repos


def test_a_hub_that_is_away_gives_what_was_fetched_before(hub, monkeypatch):
    corpus = assay.load("math/linear", size=2)
    corpus.push_to_hub("me/mine")
    assay.Corpus.from_hub("me/mine")
    monkeypatch.setattr(client, "_answers", lambda address: False)
    assert list(assay.Corpus.from_hub("me/mine")) == list(corpus)
    with pytest.raises(MissingData, match="cannot be reached"):
        corpus.push_to_hub("me/mine")
    with pytest.raises(MissingData, match="cannot be reached"):
        assay.Corpus.from_hub("me/other")


def test_the_commands(hub, tmp_path):
    corpus = assay.load("math/linear", size=2)
    corpus.write(tmp_path / "corpus")
    sent = CliRunner().invoke(main, ["corpus", "push", str(tmp_path / "corpus"), "me/mine"])
    assert sent.exit_code == 0 and hub.address in sent.output, sent.output
    got = CliRunner().invoke(main, ["corpus", "pull", "me/mine", str(tmp_path / "again")])
    assert got.exit_code == 0 and list(assay.Corpus.read(tmp_path / "again")) == list(corpus), got.output
    bad = CliRunner().invoke(main, ["corpus", "pull", "me/nothing", str(tmp_path / "none")])
    assert bad.exit_code == 2 and "me/nothing" in bad.output and not (tmp_path / "none").exists()
