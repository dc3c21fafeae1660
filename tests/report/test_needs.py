"""Which rows something needs: here, made, missing and where to get them; fetching replaces nothing."""

import json

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.errors import RunConflict
from assay.report.needs import needs
from assay.sources.base import SOURCES
from assay.sources.files import Real

PROBLEM = {"problem": "What is 6 x 7?", "answer": "42", "solution": "It is 42.", "subject": "Algebra", "level": 1}


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.delenv("ASSAY_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "math").mkdir(parents=True)
    return tmp_path / "data"


def states(name, data):
    return {(need.source, need.split): need.state for need in needs(name, data)}


def test_what_is_made_needs_nothing(data):
    assert set(states("demo", None).values()) == {"made"}
    assert CliRunner().invoke(main, ["prepare", "demo"]).exit_code == 0


def test_files_are_here_or_missing(data):
    (data / "math" / "math500.jsonl").write_text(json.dumps(PROBLEM) + "\n")
    assert states("math/math500", data) == {("math/math500", "test"): "here"}
    found = {need.source: need for need in needs("guru17", data)}
    assert found["math/math500"].state == "here" and found["math/math500"].task == "MATH500"
    assert found["table/hitab"].is_missing and "; published at http" in found["table/hitab"].where
    told = CliRunner().invoke(main, ["prepare", "guru17", "--data", str(data), "--json"])
    assert told.exit_code == 1 and len(json.loads(told.output)) == len(found)


def test_without_a_data_directory_it_says_how_to_name_one(data):
    told = CliRunner().invoke(main, ["prepare", "math/math500"])
    assert told.exit_code == 1 and "published at http" in told.stdout and "set ASSAY_DATA=" in told.stderr


def test_every_recipe_and_suite_can_be_asked_for(data):
    from assay.config import shipped_recipes
    from assay.evaluate.suite import shipped_suites

    for name in (*shipped_recipes(), *shipped_suites()):
        assert all(need.source in SOURCES.names() for need in needs(name, data)), name
    wrong = CliRunner().invoke(main, ["prepare", "guru71"])
    assert wrong.exit_code == 2 and "did you mean 'guru17'" in wrong.output
    wrong = CliRunner().invoke(main, ["prepare", "math/gsm8"])
    assert wrong.exit_code == 2 and "did you mean 'math/gsm8k'" in wrong.output


@pytest.mark.parametrize("name", ["math/math500", "math/aime24"])
def test_the_hubs_copy_goes_where_the_file_belongs(data, monkeypatch, name):
    datasets = pytest.importorskip("datasets", reason="the hub needs the extra 'hub'")
    monkeypatch.setattr("assay.sources.files.load_rows", lambda *asked: datasets.Dataset.from_list([PROBLEM] * 2))
    told = CliRunner().invoke(main, ["prepare", name, "--data", str(data), "--fetch"])
    assert told.exit_code == 0 and "here" in told.output, told.output
    source = SOURCES.get(name)
    (read,) = source.examples("test", data=data)
    assert read.text == PROBLEM["problem"]
    with pytest.raises(RunConflict, match="is there already"):
        source.fetch("test", data)


def test_what_has_no_copy_says_where_it_is(data):
    told = CliRunner().invoke(main, ["prepare", "table/hitab", "--data", str(data), "--fetch"])
    assert told.exit_code == 1 and "have no copy on the hub: get http" in told.output


def test_every_real_source_says_where_it_is_published():
    real = [source for source in map(SOURCES.get, SOURCES.built_in()) if isinstance(source, Real)]
    assert not [source.name for source in real if not (source.home or source.hub)]
