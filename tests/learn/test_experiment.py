"""A whole recipe, small: before, training, after, page; and the same where programs may not run."""

import json
import re

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.errors import AssayError, IsolationRefused
from assay.learn.experiment import experiment, prepare, runnable, trained_on
from assay.learn.grpo import training_set
from assay.learn.recipe import Data, GrpoRecipe
from assay.models.engine import Sampling
from assay.rollout.measure import measure
from assay.types import Example

RECIPE = """
method = "grpo"
[[data.sources]]
name = ["math/arithmetic", "code/expression", "simulation/input", "table/lookup"]
size = 8
[grpo]
steps = 2
prompts = 4
group = 4
max_tokens = 24
micro_batch = 16
learning_rate = 1e-3
[eval]
samples = 2
max_tokens = 24
[[eval.sources]]
name = ["math/arithmetic", "code/expression", "table/lookup"]
split = "test"
size = 4
"""


def train(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    done = CliRunner().invoke(main, ["train", str(recipe), "-o", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    return done.stdout, json.loads((tmp_path / "run" / "eval" / "changes.json").read_text())


@pytest.mark.slow
def test_a_recipe_ends_in_a_page(tmp_path):
    said, changes = train(tmp_path)
    assert set(changes) >= {"math", "code", "table", "code/expression"}
    assert re.search("Held-out accuracy (rose|fell|did not clearly change) in", said)
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "code/expression" in page and "What it said" in page
    assert "never saw (checked by problem: 0 of 12 shared)" in page
    assert "not recorded" not in page
    assert json.loads((tmp_path / "run" / "notes.json").read_text()) == []


@pytest.mark.slow
def test_without_isolation_it_runs_without_programs_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_SANDBOX", "off")
    said, changes = train(tmp_path)
    assert "left out code/expression, simulation/input" in said
    assert "code" not in changes and {"math", "table"} <= set(changes)
    assert "left out code/expression" in (tmp_path / "run" / "report.html").read_text("utf-8")


def test_nothing_is_left_where_every_problem_needs_programs(monkeypatch):
    monkeypatch.setenv("ASSAY_SANDBOX", "off")
    with pytest.raises(IsolationRefused):
        runnable([Example(prompt="p", reference={"tests": "assert f()"}, verifier="code.tests")])


def asked(text, **more):
    return Example(prompt=text, reference=2, verifier="number", source="math/arithmetic", domain="math", **more)


def test_problems_that_training_saw_are_not_held_out():
    trained = [asked(f"{n} + 1 = ?") for n in range(9)]
    elsewhere = Example(prompt="1 +  1 = ?", reference="2", verifier="math", template="{problem} Box it.")
    held_out = [*trained[3:7], elsewhere, asked("7 - 5 = ?")]
    with pytest.raises(
        AssayError, match=r"5 of 6 held-out problems are trained on: .*eval\.allow_overlap = true"
    ) as no:
        trained_on(held_out, trained)
    assert str(no.value).count("math/arithmetic") == 3, "three are named"
    assert trained_on(held_out, trained, allowed=True) == held_out[:5]
    assert trained_on(held_out[5:], trained) == []


def test_an_experiment_on_its_own_training_data_is_refused_before_anything_is_written(tmp_path):
    source = {"name": "math/arithmetic", "size": 4, "split": "test"}
    recipe = GrpoRecipe(data={"sources": [source]}, eval={"sources": [source], "samples": 1})
    with pytest.raises(AssayError, match="4 of 4 held-out problems are trained on"):
        experiment(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_sources_for_evaluation_are_not_trained_on(tmp_path):
    with pytest.raises(AssayError, match="for evaluation only"):
        (tmp_path / "math").mkdir()
        row = {"problem": "1+1?", "answer": "2", "year": 2024, "problem_number": 1, "solution": "", "difficulty": 1}
        (tmp_path / "math" / "aime24.jsonl").write_text(json.dumps(row) + "\n")
        training_set(Data(sources=({"name": "math/aime24", "split": "test"},)), tmp_path, 0)


def test_a_domain_of_few_problems_is_told_of(random_policy, tmp_path):
    sources = [{"name": "math/arithmetic", "size": 400}, {"name": "table/lookup", "size": 4}]
    given = {
        "model": {"path": str(random_policy)},
        "data": {"sources": sources},
        "grpo": {"steps": 25, "prompts": 8, "max_tokens": 24},
    }
    recipe = GrpoRecipe.model_validate(given | {"grpo": given["grpo"] | {"micro_batch": 64}})
    (note,) = prepare(recipe, tmp_path / "out").notes
    assert note.startswith(
        "each of the 4 table problems comes about 25 times, those of math 0.2 times: data.domain_weights and"
    )
    rarely = given["data"] | {"domain_weights": {"table": 0.01}}
    recipe = GrpoRecipe.model_validate(given | {"data": rarely, "grpo": recipe.grpo.model_dump()})
    assert prepare(recipe, tmp_path / "out").notes == []


def test_problems_that_the_model_cannot_read_whole_are_left_out(random_policy, tmp_path):
    long = tmp_path / "long.jsonl"
    rows = [{"prompt": "1 + 1 = ?" + " and so on" * n, "reference": 2, "verifier": "number"} for n in (0, 1, 200, 300)]
    long.write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = {"model": {"path": str(random_policy)}, "data": {"sources": [{"name": str(long)}]}}
    ready = prepare(GrpoRecipe.model_validate(given | {"grpo": {"max_tokens": 64}}), tmp_path / "out")
    assert len(ready.examples) == 2
    assert "left out 2 problems whose prompt is longer than the 512 tokens that the model reads" in ready.notes
    ready = prepare(GrpoRecipe.model_validate(given | {"grpo": {"max_tokens": 508}}), tmp_path / "out")
    assert any("of 2 and grpo.max_tokens = 508 are more than the 512 tokens" in note for note in ready.notes)
    long.write_text(json.dumps(rows[2]) + "\n")
    with pytest.raises(AssayError, match="every prompt is longer than the 512 tokens"):
        prepare(GrpoRecipe.model_validate(given), tmp_path / "out")


def test_a_prompt_that_the_model_cannot_read_has_no_score(random_policy):
    asked = [Example(prompt="1 + 1 = ?" + " and" * n, reference=2, verifier="number") for n in (0, 600)]
    measured = measure(str(random_policy), asked, samples=2, sampling=Sampling(max_tokens=4))
    assert [m.n for m in measured.values()] == [2, 0]
    assert {r.verdict.why[:31] for r in measured.rollouts() if r.finish == "failed"} == {
        "no response: the prompt has 2,4"
    }
