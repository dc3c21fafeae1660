"""The recipe that trains a real language model: what it asks, and its two arms with the tiny policy in its place."""

import json
from itertools import chain

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.errors import AssayError
from assay.learn.experiment import prepare
from assay.learn.recipe import GrpoRecipe
from assay.models.hf import require_model
from assay.report.page import render
from assay.report.plan import find_config

SMALL = ["--grpo.steps=2", "--grpo.prompts=4", "--grpo.micro_batch=32", "--eval.samples=2", "--eval.k=[1, 2]"]
FEW = [f"--{part}.sources.{n}.size=4" for part in ("data", "eval") for n in range(3)]


def assay(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_it_asks_several_domains_with_solved_problems_before_each():
    recipe = find_config("lm", [])
    assert isinstance(recipe, GrpoRecipe) and recipe.eval
    both = chain(recipe.data.sources, recipe.eval.sources)
    assert all(one.shots and one.shots_as == "turns" and one.shots_from.endswith(":warmup") for one in both)
    trained, asked = ({n for one in part for n in one.names} for part in (recipe.data.sources, recipe.eval.sources))
    assert trained == asked and len({name.partition("/")[0] for name in trained}) >= 3
    assert recipe.eval.k == (1, recipe.eval.samples)


@pytest.mark.slow
def test_two_steps_with_the_tiny_policy_and_the_coin_beside_them(tmp_path):
    small = [*SMALL, *FEW, "--model.path=tiny", "--model.last_layers=2"]
    ran = assay("train", "lm", "-o", tmp_path / "out", "--control", "random", *small)
    assert ran.exit_code == 0, ran.output
    assert "truth - random" in ran.output and "verdicts teach" in ran.output
    tmp_path /= "out"
    found = json.loads((tmp_path / "arms.json").read_text())
    assert list(found["gains"]) == ["truth", "random"] and list(found["truth_over"]) == ["random"]
    page = render(tmp_path / "truth")
    assert "Paid otherwise" in page and "truth over random" in page and "pass@2 below it" in page
    assert "with --controls shows" not in page
    assert len((tmp_path / "truth" / "metrics.jsonl").read_text().splitlines()) == 2


def test_everything_that_can_be_checked_before_work_holds_with_the_real_model(tmp_path):
    try:
        require_model("smollm2")
    except AssayError as missing:
        pytest.skip(f"{missing}")
    ready = prepare(find_config("lm", []), tmp_path / "out")
    assert not ready.shared and not ready.notes
    assert {example.domain for example in ready.examples} == {example.domain for example in ready.asked}
