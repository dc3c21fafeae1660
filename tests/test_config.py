"""Configuration: overrides land where they say, and a wrong key names the right one."""

import pytest

from assay.config import find_recipe, load_config, overrides
from assay.curate.recipe import CurationRecipe
from assay.errors import BadConfig
from assay.learn.recipe import GrpoRecipe, WarmupRecipe


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('[data]\nsources = [{ name = "math/arithmetic", size = 4 }]\n[grpo]\nsteps = 3\n')
    return path


def test_overrides_reach_nested_keys(recipe):
    config = load_config(GrpoRecipe, recipe, ["grpo.steps=7", "--model.path=runs/a", "grpo.learning_rate=1e-3"])
    assert (config.grpo.steps, config.model.path, config.grpo.learning_rate) == (7, "runs/a", 1e-3)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("grpo.stesp=7", "steps"),
        ("modle.path=x", "model"),
        ("grpo.steps=0", "grpo.steps"),
        ("grpo.loss=ppo", "grpo.loss"),
        ("steps", "KEY=VALUE"),
        ("data.corpus=x", "either"),
        ("grpo.micro_batch=7", "multiple of micro_batch"),
    ],
)
def test_a_wrong_key_or_value_says_what_to_do(recipe, override, says):
    with pytest.raises(BadConfig, match=says):
        load_config(GrpoRecipe, recipe, [override])


def test_an_item_of_a_list_is_reached_by_its_number(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('[[sources]]\nname = "a"\n[[sources]]\nname = "b"\n')
    read = load_config(CurationRecipe, path, ["sources.1.cap=5", "sources.0.split=test"])
    assert (read.sources[1].cap, read.sources[0].split) == (5, "test")
    with pytest.raises(BadConfig, match="there is no item"):
        load_config(CurationRecipe, path, ["sources.2.cap=5"])
    with pytest.raises(BadConfig, match="is of another kind: it has sources"):
        load_config(GrpoRecipe, path, [])


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        (CurationRecipe, '[[sources]]\nname = "a"\nstrict = true', "it belongs at the top of the file"),
        (GrpoRecipe, 'steps = 3\n[data]\ncorpus = "a"', r"it belongs under \[grpo\]"),
        (GrpoRecipe, '[data]\ncorpus = "a"\n[grpo]\nsamples = 3', r"it belongs under \[eval\]"),
        (CurationRecipe, 'size = 3\n[[sources]]\nname = "a"', r"it belongs under \[sources\]"),
    ],
)
def test_a_key_in_the_wrong_table_says_where_it_belongs(tmp_path, kind, text, says):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(BadConfig, match=says) as refused:
        load_config(kind, tmp_path / "r.toml")
    assert len(str(refused.value).splitlines()) == 1


def test_flags_become_overrides():
    assert overrides(["--a.b=1", "--c", "x y", "d.e=2"]) == ["a.b=1", "c=x y", "d.e=2"]
    for argument, says in (("stray", "--key=value$"), ("--a.b", "--key=value$"), ("--dry-rnu", "mean '--dry-run'")):
        with pytest.raises(BadConfig, match=says):
            overrides([argument], ["--dry-run", "--data"])


def test_broken_and_missing_files(tmp_path):
    for content, says in ((b"a = 1\nb = = 1", "bad.toml: not TOML: .*line 2"), (b"\xff", "UTF-8: .*at byte 0; save")):
        (tmp_path / "bad.toml").write_bytes(content)
        with pytest.raises(BadConfig, match=says) as refused:
            load_config(GrpoRecipe, tmp_path / "bad.toml")
        assert len(str(refused.value).splitlines()) == 1
    with pytest.raises(BadConfig, match="demo"):
        find_recipe("dmeo")


@pytest.mark.parametrize(("name", "kind"), [("demo", GrpoRecipe), ("tiny", WarmupRecipe)])
def test_shipped_recipes_are_valid_and_short(name, kind):
    path = find_recipe(name)
    load_config(kind, path)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
def test_a_number_is_finite(value):
    with pytest.raises(BadConfig, match="finite"):
        load_config(GrpoRecipe, find_recipe("demo"), [f"reward.format={value}"])
