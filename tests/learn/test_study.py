"""`assay study`: every policy on everything, from one seed and at one budget; what is finished is never repeated."""

import json

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.evaluate.transfer import cautions, to_json
from assay.learn.experiment import Progress
from assay.learn.recipe import GrpoRecipe
from assay.learn.study import run_study
from assay.report.study import open_study
from assay.rollout.store import RolloutStore

SOURCES = ["math/arithmetic", "table/lookup"]
SIZES = {"steps": 2, "prompts": 2, "group": 2, "max_tokens": 4, "micro_batch": 4}
STUDY = {
    "domains": ["math"],
    "keep": [0, 1],
    "keep_samples": 2,
    "second": {"math": "text"},
    "following": {"samples": 1, "max_tokens": 4, "sources": [{"name": "table/lookup", "size": 2, "constraints": 1}]},
}


def recipe_of(policy, study=STUDY, **more):
    return GrpoRecipe.model_validate(
        {
            "model": {"path": str(policy)},
            "data": {"sources": [{"name": SOURCES, "size": 6}]},
            "grpo": SIZES,
            "eval": {
                "every": 1,
                "samples": 4,
                "k": [1, 2, 4],
                "max_tokens": 4,
                "sources": [{"name": SOURCES, "size": 3}],
            },
            "study": study,
            **more,
        }
    )


class Killed(BaseException):
    pass


@pytest.fixture(scope="module")
def studies(random_policy, tmp_path_factory):
    """A study that was stopped in its second training and given again, and one in one go."""
    resumed, whole = tmp_path_factory.mktemp("resumed") / "a", tmp_path_factory.mktemp("whole") / "a"
    recipe = recipe_of(random_policy)

    def stopped(record):
        raise Killed

    with pytest.raises(Killed):
        run_study(recipe, resumed, progress=lambda name: Progress(on_step=stopped) if name == "mix" else Progress())
    kept = {path: path.stat().st_mtime_ns for path in resumed.rglob("*.safetensors") if "math-0" in str(path)}
    assert kept
    run_study(recipe, resumed)
    assert kept == {path: path.stat().st_mtime_ns for path in kept}, "what is finished is not done again"
    run_study(recipe, whole)
    return resumed, whole


@pytest.mark.slow
def test_a_study_repeats_itself_and_resumes(studies):
    resumed, whole = (to_json(open_study(folder)) for folder in studies)
    assert resumed == whole
    assert [run["name"] for run in whole["runs"]] == ["base", "math", "mix", "random", "filtered"]
    assert [task["problems"] for task in whole["tasks"]] == [3, 3]


@pytest.mark.slow
def test_runs_differ_in_what_they_are_trained_on_alone(studies):
    whole = studies[1]
    told = {path.parent.name: json.loads(path.read_text())["recipe"] for path in (whole / "runs").glob("*/run.json")}
    weights = {name: recipe.pop("data").pop("domain_weights") for name, recipe in told.items()}
    assert weights["math-0"] == {"math": 1.0, "table": 0.0} and weights["mix-0"] == {"math": 1.0, "table": 1.0}
    assert {name: recipe.pop("reward")["control"] for name, recipe in told.items()}["random-0"] == "random"
    assert all(recipe == told["mix-0"] for recipe in told.values())
    examples = {row["id"]: row["domain"] for row in map(json.loads, (whole / "runs/math-0/examples.jsonl").open())}
    assert {examples[mark["example_id"]] for mark in RolloutStore(whole / "runs/math-0").marks()} == {"math"}
    assert not any("Budgets" in told for told in cautions(open_study(whole)))


@pytest.mark.slow
def test_its_page_holds_every_panel_and_what_to_distrust(studies, tmp_path):
    done = CliRunner().invoke(main, ["report", str(studies[1]), "-o", str(tmp_path / "page.html")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "page.html").read_text("utf-8")
    for title in (
        "Gain over the base",
        "Gain over the in-domain run",
        "Gain over the random reward",
        "Learning curves: held-out accuracy",
        "Learning curves: reward in training",
        "Response length in training",
        "pass@k",
        "Did it learn the task, or the verifier?",
        "Right, and as it was told",
        "Difficulty filter",
        "Where the time went",
    ):
        assert f"<h2>{title}</h2>" in page
    assert "Each run was trained once." in page and "What this study cannot say" not in page
    said = CliRunner().invoke(main, ["transfer", str(studies[1])])
    assert said.exit_code == 0 and "mix - in-domain" in said.output


@pytest.mark.parametrize(
    ("study", "more", "says"),
    [
        ({"domains": ["maths"]}, {}, "study.domains names 'maths', which the data does not hold; did you mean 'math'?"),
        ({"budgets": {"coin": 3}}, {}, "study.budgets names 'coin', which is no run of it"),
        ({}, {"data": {"sources": [{"name": "math/arithmetic"}]}}, "a study needs problems of two domains at least"),
        ({}, {"eval": False}, "give the recipe a table [eval]"),
        ({}, {"reward": {"control": "random"}}, "leave it out, and name study.controls"),
        ({}, {"stages": [{"steps": 1}, {}]}, "leave [[stages]] out"),
        ({"second": {"math": "mathe"}}, {}, "unknown verifier 'mathe'; did you mean 'math'"),
        ({"second": {"maths": "math"}}, {}, "study.second names 'maths'"),
        ({}, {"model": {"path": "no/such/base"}}, "no/such/base"),
    ],
)
def test_what_cannot_be_studied_is_refused_before_work(random_policy, tmp_path, study, more, says):
    given = recipe_of(random_policy, study).model_dump(mode="json", exclude_none=True) | more
    (tmp_path / "recipe.toml").write_text(toml_of(given))
    done = CliRunner().invoke(main, ["study", str(tmp_path / "recipe.toml"), "-o", str(tmp_path / "out"), "--dry-run"])
    assert done.exit_code == 2, done.output
    assert says in done.output.replace("\n", " ") and not (tmp_path / "out").exists()


def test_a_plan_names_the_runs_and_says_that_budgets_differ(random_policy, tmp_path):
    given = recipe_of(random_policy, {"budgets": {"mix": 5}, "seeds": [0, 1]}).model_dump(
        mode="json", exclude_none=True
    )
    (tmp_path / "recipe.toml").write_text(toml_of(given))
    done = CliRunner().invoke(main, ["study", str(tmp_path / "recipe.toml"), "--dry-run"])
    assert "math, table, mix, random, each with 2 seeds" in done.output
    assert "they differ, in steps: math 2, table 2, mix 5, random 2" in done.output


def toml_of(given):
    """A recipe of one level of tables and what is inside them as inline values."""

    def value(one):
        if isinstance(one, dict):
            return "{ " + ", ".join(f"{key} = {value(item)}" for key, item in one.items()) + " }"
        if isinstance(one, list | tuple):
            return "[" + ", ".join(map(value, one)) + "]"
        return json.dumps(one)

    return "".join(f"{key} = {value(item)}\n" for key, item in given.items())
