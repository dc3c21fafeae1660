"""The steps that a recipe lists: their order, their parameters, and what is refused before any work."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from curating import ex, reasons
from pydantic import ValidationError

import assay
from assay.config import load_config
from assay.corpus.collection import Corpus
from assay.curate.forms import AnswerForm, Tagged
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.curate.steps import Length
from assay.errors import BadConfig, RunConflict
from assay.types import Example


def written(rows: list[Example], **more: Any) -> CurationRecipe:
    """A recipe over rows in a file."""
    Corpus(rows).to_jsonl("rows.jsonl")
    return CurationRecipe.model_validate({"sources": [{"path": "rows.jsonl"}], **more})


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_steps_are_made_in_the_order_that_is_named() -> None:
    bad, good = ex("1 + 1", 2, gold="3"), replace(ex("1 + 1", 2, gold="2"), source="t")
    first = run_curation(written([bad, good]), "gold-first")
    assert first.card.total.dropped == {"gold_refused": 1} and first[0].gold == "2"
    late = run_curation(written([bad, good], steps=["duplicates", "gold"]), "gold-last")
    assert late.card.total.dropped == {"duplicate": 1, "gold_refused": 1} and late.card.adds_up


def test_a_step_with_parameters_may_come_twice() -> None:
    rows = [replace(ex(f"problem {n}?", n * 111, gold=None), domain=d) for n in (1, 2) for d in ("math", "code")]
    steps = [
        {"name": "answer", "domains": ["math"], "max_chars": 2},
        {"name": "answer", "domains": ["code"], "max_chars": 2},
    ]
    corpus = run_curation(written(rows, steps=steps), "out")
    assert corpus.card.total.dropped == {"answer_too_long": 4} and corpus.card.adds_up
    assert {row.step for row in corpus.ledger} == {"answer", "answer 2"}


def test_a_step_of_ones_own_has_a_name_of_its_own() -> None:
    with pytest.raises(BadConfig, match="two steps are called 'length'"):
        run_curation(written([ex("1?")]), "out", more=[Length(1, 2, 3)])


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        (["near_duplicate"], "did you mean 'near_duplicates'"),
        (["gold", "gold"], "only once"),
        ([{"name": "answer", "max_char": 3}], "max_char"),
        ([{"name": "difficulty"}], "weak"),
    ],
)
def test_wrong_steps_are_told(steps: list[Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CurationRecipe.model_validate({"sources": [{"name": "math/linear"}], "steps": steps})


def test_what_is_asked_needs_its_step() -> None:
    sources = [{"name": "math/linear", "cap": 3}]
    with pytest.raises(ValidationError, match="put cap, contamination into 'steps'"):
        CurationRecipe.model_validate({"sources": sources, "without": ["math/aime24"], "steps": ["gold"]})


def test_a_file_and_overrides_name_steps_too() -> None:
    Path("r.toml").write_text('sources = [{ name = "math/linear" }]\nsteps = ["gold", { name = "substring" }]\n')
    assert [step.name for step in load_config(CurationRecipe, "r.toml").steps] == ["gold", "substring"]
    changed = load_config(CurationRecipe, "r.toml", ["steps=['length', 'near_duplicates']"])
    assert [step.name for step in changed.steps] == ["length", "near_duplicates"]
    with pytest.raises(BadConfig, match="did you mean 'gold'"):
        load_config(CurationRecipe, "r.toml", ["steps=['gol']"])


def answers(*references: Any, verifier: str = "number") -> list[Example]:
    return [ex(f"problem {place}?", reference, verifier=verifier) for place, reference in enumerate(references)]


def test_forms_of_answers() -> None:
    rows = answers("3.14159", ["1.5", "2"], "a b c d", "12")
    assert reasons(rows, AnswerForm(max_chars=6)) == ["answer_too_long", "", "answer_too_long", ""]
    assert reasons(rows, AnswerForm(max_words=3)) == ["", "", "answer_too_long", ""]
    assert reasons(rows, AnswerForm(max_decimals=3)) == ["answer_too_precise", "", "", ""]
    assert reasons(rows, AnswerForm(domains=("code",), max_chars=1)) == [""] * 4
    closed = ["A", "(b)", "Yes", "false", "x = 2", "7", "Ann"]
    expected = ["answer_closed"] * 4 + [""] * 3
    assert reasons(answers(*closed, verifier="text"), AnswerForm(closed=False)) == expected
    assert reasons(answers("B", verifier="choice"), AnswerForm(closed=False)) == ["answer_closed"]


def test_tags() -> None:
    rows = [
        replace(ex(f"{n}?"), tags=tags)
        for n, tags in enumerate([("level:phd",), ("level:school",), ("a", "level:phd")])
    ]
    assert reasons(rows, Tagged(keep=("level:phd",))) == ["", "tag", ""]
    assert reasons(rows, Tagged(keep=("level:phd",), drop=("a",))) == ["", "tag", "tag"]
    assert reasons(rows, Tagged(domains=("code",), drop=("a",))) == ["", "", ""]


def test_measured_rates_are_written_into_the_rows() -> None:
    rows = [replace(example, source="s") for example in assay.load("math/arithmetic", size=6)]
    recipe = written(rows, rates=["weak", "strong"], steps=["readable"])
    asked = list(run_curation(recipe.model_copy(update={"rates": ()}), "asked"))
    with pytest.raises(BadConfig, match="assay measure"):
        run_curation(recipe, "out")
    for name, samples in (("weak", 2), ("strong", 3)):
        assay.measure("tiny", asked, samples=samples, out=name)
    corpus = run_curation(recipe, "out")
    assert [dict(row.pass_rates)["tiny"][1] for row in corpus] == [5] * 6
    difficult = recipe.model_copy(update={"rates": ("weak",)})
    with pytest.raises(RunConflict):
        run_curation(difficult, "out")
