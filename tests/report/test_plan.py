"""A plan says in words what a recipe would do: counts where they are cheap, and times where a run of it tells."""

import json
from pathlib import Path

import pytest

import assay
from assay.config import changed, load_config
from assay.curate.recipe import CurationRecipe
from assay.errors import AssayError, MissingData
from assay.evaluate.suite import Suite
from assay.learn.recipe import GrpoRecipe
from assay.report.plan import find_config, home_of, plan, told

SIZES = {"steps": 10, "prompts": 4, "group": 2, "max_tokens": 8, "micro_batch": 8}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "math").mkdir()
    rows = [json.dumps({"question": f"What is {n}?", "answer": f"#### {n}"}) for n in range(2_500)]
    (tmp_path / "math/gsm8k_train.jsonl").write_text("\n".join(rows))
    (tmp_path / "math/gsm8k_test.jsonl").write_text("\n".join(rows[:7]))


def said(config, what, **more):
    return [text for name, text in plan(config, Path("runs/a"), Path(), **more) if name == what]


def recipe(**more):
    return GrpoRecipe.model_validate({"data": {"sources": [{"name": "math/arithmetic"}]}, "grpo": SIZES, **more})


@pytest.mark.parametrize(
    ("chosen", "counted"),
    [
        ({"name": "math/gsm8k"}, "math/gsm8k (test): 7 rows"),
        ({"name": "math/gsm8k", "split": "train"}, "math/gsm8k (train): more than 2,000 rows"),
        ({"name": "math/gsm8k", "split": "train", "size": 50}, "math/gsm8k (train): 50 of more than 2,000 rows"),
        ({"name": "math/gsm8k", "size": 50}, "math/gsm8k (test): 7 rows"),
        ({"name": "math/linear", "size": 9, "level": 2}, "math/linear (test): 9 problems, made at level 2"),
        ({"name": "math/linear", "size": 9, "cap": 4}, "math/linear (test): 4 problems, made at level 1"),
        ({"path": "own.jsonl", "verifier": "math"}, "own.jsonl: 2 rows; 1 cannot be read, the first: own.jsonl:2: "),
        ({"path": "hub:some/rows", "verifier": "math"}, "hub:some/rows: rows of the hub, fetched when it runs"),
        ({"name": "table/wtq"}, "table/wtq (test): not there"),
    ],
)
def test_rows_are_counted_where_that_is_cheap(chosen, counted):
    Path("own.jsonl").write_text('{"prompt": "1?", "answer": "1"}\nno\n{"prompt": "2?", "answer": "2"}\n')
    suite = Suite.model_validate({"sources": [chosen]})
    (line,) = said(suite, "asks")
    assert line.startswith(counted)
    if "not there" in line:
        assert "does not exist; ASSAY_DATA must name" in said(suite, "lacks")[0]
        with pytest.raises(MissingData):
            said(suite, "asks", must=True)


def test_what_would_end_a_run_ends_its_dry_run():
    Path("own.jsonl").write_text('{"prompt": "1?", "answer": "1"}\nno\n')
    curation = CurationRecipe.model_validate({"sources": [{"path": "own.jsonl", "verifier": "math"}]})
    assert said(curation, "reads", must=True)[0].startswith("own.jsonl: 1 row; 1 cannot be read")
    for config, says in (
        (changed(curation, ["strict=true"]), "own.jsonl:2: not JSON"),
        (Suite(sources=curation.sources), "own.jsonl:2: not JSON"),
    ):
        assert said(config, "takes")
        with pytest.raises(AssayError, match=says):
            plan(config, Path("out"), must=True)
    for must in (False, True):  # a wrong name ends the showing too
        with pytest.raises(AssayError, match="did you mean 'math'"):
            plan(changed(curation, ["sources.0.verifier=mth"]), Path("out"), must=must)


def test_completions_are_counted():
    suite = Suite.model_validate({"sources": [{"name": ("math/gsm8k", "math/linear"), "size": 5}], "samples": 3})
    assert said(suite, "") == ["30 completions in all"]
    training = recipe(eval=suite.model_dump(exclude_none=True))
    assert said(training, "")[:2] == ["80 completions in all", "30 completions in all"]
    assert said(changed(training, ["eval=false", "grpo.updates=2"]), "") == ["40 completions in all"]


def test_one_is_no_plural():
    lines = plan(recipe(grpo=SIZES | {"steps": 1, "prompts": 1, "group": 2}), Path("runs/a"), Path())
    assert ("trains", "1 step, a checkpoint every 25") in lines
    (sampled,) = [said for what, said in lines if what == "samples"]
    assert sampled.startswith("1 problem x 2 responses of") and sampled.endswith(", 1 time")


def test_why_nothing_is_measured_is_told():
    assert said(recipe(), "measures") == ["nothing: the recipe has no [eval]"]
    assert said(recipe(eval=False), "measures") == ["nothing: it is switched off (eval = false)"]


def test_time_is_told_from_a_run_of_the_same_sizes():
    assert said(recipe(), "takes")[0].startswith("it depends on")
    for name, sizes, seconds in (("a", SIZES, (2, 4)), ("b", SIZES | {"group": 4}, (9,))):
        Path("runs", name).mkdir(parents=True)
        known = {"model": {"path": "tiny"}, "grpo": sizes}
        Path("runs", name, "run.json").write_text(json.dumps({"recipe": known}))
        Path("runs", name, "metrics.jsonl").write_text("".join(json.dumps({"seconds": s}) + "\n" for s in seconds))
    assert said(recipe(), "takes") == ["2 steps are done; 24 s for 8 steps at 3 s, as in runs/a"]
    beside = dict(plan(recipe(), Path("runs/c")))["takes"]
    assert beside == "30 s for 10 steps at 3 s, as in runs/a"
    held_out = changed(recipe(), ['eval={sources = [{name = "math/linear"}]}'])
    assert dict(plan(held_out, Path("runs/c")))["takes"] == f"{beside}, and evaluation"
    assert dict(plan(changed(recipe(), ["grpo.max_tokens=9"]), Path("runs/a")))["takes"].startswith("it depends on")


def test_the_time_of_an_evaluation_is_told_from_one_of_the_same_model():
    suite = Suite.model_validate({"sources": [{"name": "math/linear", "size": 5}], "samples": 4, "max_tokens": 9})
    asked = list(suite.examples())
    Path("evals/a").mkdir(parents=True)
    Path("evals/a/run.json").write_text(json.dumps({"model": "tiny", "sampling": {"max_tokens": 9}}))
    Path("evals/a/scores.json").write_text(json.dumps({"rows": [{"verdicts": {"correct": 4, "incorrect": 6}}]}))
    times = '{"started": "then"}\n{"seconds": 2}\n'
    Path("evals/a/times.jsonl").write_text(times)

    def takes(model, suite=suite):
        return dict(plan(suite, Path("evals/b"), asked=asked, model=model))["takes"]

    assert takes("tiny") == "4 s at 5 completions a second, as in evals/a"
    assert takes("other").startswith("it depends on")
    assert takes("tiny", changed(suite, ["max_tokens=8"])).startswith("it depends on")
    Path("evals/a/times.jsonl").write_text(f'{{"started": "before"}}\n{times}')  # it was killed once
    assert takes("tiny").startswith("it depends on")


def test_a_corpus_is_told_by_its_manifest():
    assay.load("math/arithmetic", size=3).write("corpora/a")
    from_corpus = GrpoRecipe.model_validate({"data": {"corpus": "corpora/a"}})
    assert said(from_corpus, "learns from") == ["corpora/a: 3 problems"]
    assert said(changed(from_corpus, ["data.corpus=corpora/b"]), "learns from") == ["corpora/b: not there yet"]


def test_a_file_is_taken_for_what_its_keys_say():
    for name, text, home in (
        ("suite", 'samples = 2\nsources = [{ name = "math/linear" }]', "evals/suite"),
        ("curation", 'sources = [{ name = "math/linear" }]', "corpora/curation"),
        ("training", '[data]\nsources = [{ name = "math/linear" }]', "runs/training"),
        ("warm", 'method = "warmup"\n[data]\nsources = [{ name = "math/linear" }]', "runs/warm"),
    ):
        Path(f"{name}.toml").write_text(text)
        config = find_config(f"{name}.toml", ["seed=7"])
        assert str(home_of(config, f"{name}.toml")) == home and config == load_config(
            type(config), f"{name}.toml", ["seed=7"]
        )
        lines = plan(config, Path(home), Path())
        shown = told(lines)
        assert all(what in shown and said.split()[-1] in shown for what, said in lines), shown
        assert max(map(len, shown.splitlines())) < 80, shown
    with pytest.raises(AssayError, match="no recipe or suite 'dmeo'; did you mean 'demo'"):
        find_config("dmeo", [])
