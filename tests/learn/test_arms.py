"""`assay train --controls`: arms that differ in the reward alone, compared on the same problems."""

import json

import pytest
from click.testing import CliRunner

from assay.cli import main

RECIPE = """
method = "grpo"
[model]
path = "{policy}"
[data]
sources = [{{ name = "math/arithmetic", size = 8 }}]
[grpo]
steps = 2
prompts = 2
group = 4
max_tokens = 6
micro_batch = 8
[eval]
samples = 2
max_tokens = 6
sources = [{{ name = "math/arithmetic", size = 6 }}]
"""


def assay(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.mark.slow
def test_arms_differ_in_the_reward_alone_and_resume(random_policy, tmp_path):
    recipe, out = tmp_path / "recipe.toml", tmp_path / "out"
    recipe.write_text(RECIPE.format(policy=random_policy))
    ran = assay("train", recipe, "--controls", "-o", out)
    assert ran.exit_code == 0, ran.output
    assert "the verdicts teach no more than a coin does" in ran.output  # nothing is right, before or after
    found = json.loads((out / "arms.json").read_text())
    assert list(found["gains"]) == ["truth", "random", "format", "incorrect"]
    assert list(found["truth_over"]) == ["random", "format", "incorrect"]
    recipes = {arm: json.loads((out / arm / "run.json").read_text())["recipe"] for arm in found["gains"]}
    assert {arm: said.pop("reward")["control"] for arm, said in recipes.items()} == {
        "truth": "none",
        "random": "random",
        "format": "format",
        "incorrect": "incorrect",
    }
    assert all(said == recipes["truth"] for said in recipes.values())
    assert "paid by a control" in (out / "random" / "report.html").read_text()
    asked = {(out / arm / "eval" / "before" / "scores.json").read_text() for arm in recipes}
    assert len(asked) == 1
    trained = {arm: (out / arm / "policy" / "model.safetensors").stat().st_mtime_ns for arm in recipes}
    assert assay("train", recipe, "--controls", "-o", out).exit_code == 0
    assert trained == {arm: (out / arm / "policy" / "model.safetensors").stat().st_mtime_ns for arm in recipes}
    assert "holds another run" in assay("train", recipe, "-o", out).output


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("--eval=false", "give the recipe a table [eval]"),
        ("--reward.control=random", "leave it out of the recipe"),
        ("--sft.per_problem=2", "[sft] learns from right responses and is paid nothing"),
    ],
)
def test_arms_that_cannot_be_compared_are_refused_before_work(random_policy, tmp_path, change, says):
    recipe, out = tmp_path / "recipe.toml", tmp_path / "out"
    recipe.write_text(RECIPE.format(policy=random_policy))
    ran = assay("train", recipe, "--controls", "-o", out, change)
    assert ran.exit_code == 2 and says in ran.output and not out.exists()
    assert says in assay("train", recipe, "--controls", "-o", out, change, "--dry-run").output


def test_a_warm_up_has_no_rewards_to_control(tmp_path):
    ran = assay("train", "tiny", "--controls", "-o", tmp_path / "out")
    assert ran.exit_code == 2 and "tiny.toml has none" in ran.output
