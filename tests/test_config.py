"""Configuration: overrides land where they say, and a wrong key names the right one."""

import pytest

from assay.config import Config, find_recipe, load_config, overrides, settings
from assay.curate.recipe import CurationRecipe
from assay.errors import BadConfig, RunConflict
from assay.journal import claim, release
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


@pytest.mark.parametrize("given", ["seed=-1", "seed=4294967296", "threads=100000", "study.seeds=[-1]"])
def test_what_no_library_takes_is_refused_before_work(given):
    with pytest.raises(BadConfig, match=r"less than|greater than|from 0 to 4294967295"):
        load_config(GrpoRecipe, find_recipe("demo"), [given])


class Inner(Config):
    rate: float = 0.5
    named: str = "a"


class Whole(Config):
    size: int = 3
    inner: Inner = Inner()
    parts: tuple[Inner, ...] = ()


def run_of(directory, written):
    """A run that an earlier version began, whose recipe had fewer keys."""
    fingerprint = claim(directory, {"kind": "test", "recipe": written})
    release(directory)
    return fingerprint


def test_an_option_that_is_new_changes_no_run_that_does_not_name_it(tmp_path):
    written = {"size": 4, "inner": {"rate": 0.5}, "parts": [{"rate": 0.1}]}
    first = run_of(tmp_path, written)
    now = Whole(size=4, parts=(Inner(rate=0.1),))
    assert claim(tmp_path, {"kind": "test", "recipe": settings(now)}) == first, "it is the same run"
    release(tmp_path)
    named = now.model_copy(update={"inner": Inner(named="b")})
    with pytest.raises(RunConflict, match=r'differs in: recipe.inner.named: "a" there, "b" here'):
        claim(tmp_path, {"kind": "test", "recipe": settings(named)})


def test_a_default_that_changed_is_another_run_and_so_is_a_key_that_went(tmp_path):
    run_of(tmp_path / "rate", settings(Whole(inner=Inner(rate=0.4))))
    with pytest.raises(RunConflict, match=r"recipe.inner.rate: 0.4 there, 0.5 here"):
        claim(tmp_path / "rate", {"kind": "test", "recipe": settings(Whole())})
    run_of(tmp_path / "gone", {"size": 3, "gone": True})
    with pytest.raises(RunConflict, match=r"recipe.gone: true there, nothing here"):
        claim(tmp_path / "gone", {"kind": "test", "recipe": settings(Whole())})


def test_what_decides_no_result_is_no_part_of_a_run(tmp_path):
    run_of(tmp_path, settings(Whole(size=1), "size"))
    claim(tmp_path, {"kind": "test", "recipe": settings(Whole(size=2), "size")})
    release(tmp_path)
