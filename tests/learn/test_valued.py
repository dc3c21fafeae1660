"""A head from the verdicts of a run, and answers that are chosen by it: the whole way, and what is refused."""

import json

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.learn.valued import values_of
from assay.rollout.runs import open_run

ASKED = ["tiny", "code/list_ops", "--samples", "4", "--size", "12", "--max-tokens", "24"]


def run(*arguments, fails=False):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert bool(done.exit_code) == fails, done.output
    return done.output


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    where = tmp_path_factory.mktemp("runs")
    for split in ("train", "test"):
        run("measure", *ASKED, "--split", split, "-o", where / split)
    return where


@pytest.fixture(scope="module")
def head(runs):
    return trained(runs, runs / "head")


def trained(runs, out, *more):
    told = run("train", "values", f"--run={runs / 'train'}", "--epochs=1", *more, "-o", out)
    assert f"--weights {out}" in told
    return out


def test_answers_are_chosen_by_a_head(runs, head):
    found = json.loads(run("select", runs / "test", "--weights", head, "--json"))
    assert found["samples"] == 4 and found["valued_by"] == str(head)
    assert {choice["rule"] for choice in found["choices"]["all"]} >= {"best of n", "weighted vote", "vote of top 3"}
    stored = open_run(runs / "test", "measure")
    values = values_of(head, stored)
    assert len(values) == 12 * 4 and all(value >= 0 for value in values.values())
    assert len(set(values.values())) > 10, "it tells responses apart"


def test_the_same_recipe_makes_the_same_head_and_is_made_once(runs, head, tmp_path):
    stored = open_run(runs / "test", "measure")
    assert values_of(trained(runs, tmp_path / "again"), stored) == values_of(head, stored)
    before = (head / "verifier" / "model.safetensors").stat().st_mtime_ns
    trained(runs, head)
    assert (head / "verifier" / "model.safetensors").stat().st_mtime_ns == before
    assert "holds another run" in run(
        "train", "values", f"--run={runs / 'train'}", "--epochs=2", "-o", head, fails=True
    )


def test_a_head_chooses_no_answers_to_what_it_learnt(runs, head):
    said = run("select", runs / "train", "--weights", head, fails=True)
    assert "learnt the verdicts of 12 of the 12 problems" in said


def test_a_response_that_the_model_cannot_read_is_worth_nothing(runs, tmp_path, head):
    config = head / "verifier" / "config.json"
    text = config.read_text()
    try:
        config.write_text(json.dumps(json.loads(text) | {"max_position_embeddings": 8}))
        assert set(values_of(head, open_run(runs / "test", "measure")).values()) == {0.0}
    finally:
        config.write_text(text)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--run=nowhere"], "nowhere does not exist"),
        (["--run={runs}/train", "--model.path=nowhere"], "nowhere"),
        (["--run={runs}/one"], "were all judged alike"),
        (["--run={runs}/train", "--controls"], "has none"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(runs, tmp_path, arguments, says):
    if not (runs / "one").exists():
        run(
            "measure", *ASKED[:1], "math/arithmetic", "--samples", 2, "--size", 2, "--max-tokens", 1, "-o", runs / "one"
        )
    given = [argument.format(runs=runs) for argument in arguments]
    assert says in run("train", "values", *given, "-o", tmp_path / "head", fails=True)
    assert not (tmp_path / "head").exists()


def test_a_head_that_was_not_finished_says_so(runs, head, tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "run.json").write_bytes((head / "run.json").read_bytes())
    assert "holds no trained head yet" in run("select", runs / "test", "--weights", tmp_path / "half", fails=True)


def test_what_would_be_done_is_told(runs, tmp_path):
    told = " ".join(run("train", "values", f"--run={runs / 'train'}", "--dry-run", "-o", tmp_path / "head").split())
    assert f"the verdicts of {runs / 'train'}" in told and "a head on it at every token" in told
    assert not (tmp_path / "head").exists()
