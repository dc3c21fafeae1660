"""The page of a corpus: its numbers add up on it, and what was dropped stands beside what it repeats, as text."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.errors import AssayError
from assay.report.page import content, render, write_page
from assay.rollout.measure import measure

APPLES = "Tom has 4 apples and buys 5 more at the market. How many apples does Tom have?"
ROWS = [
    {"prompt": APPLES, "answer": 9, "gold": "9"},
    {"prompt": f"Problem 2: {APPLES} Please reason step by step.", "answer": 9, "gold": "9"},
    {"prompt": "2 + 2? <script>alert(1)</script>", "answer": 4, "gold": "5"},
]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    recipe = {
        "sources": [{"path": "own.jsonl", "verifier": "number", "domain": "own"}, {"name": "math/linear", "size": 9}],
        "steps": ["gold", "near_duplicates", {"name": "quota", "size": 6}],
    }
    first = run_curation(CurationRecipe.model_validate(recipe), "first")
    measure("tiny", [row for row in first if row.domain == "math"], samples=2, out="rates")
    run_curation(CurationRecipe.model_validate({**recipe, "rates": ["rates"]}), "out")
    return Path("out")


def test_everything_that_came_in_is_on_the_page(corpus: Path) -> None:
    shown = content(corpus)
    assert shown["headline"] == "12 rows came in, 6 were kept"
    assert [(line["name"], line["kept"], line["came_in"], line["dropped"]) for line in shown["domains"]] == [
        ("math", 5, 9, "4 over quota"),
        ("own", 1, 3, "1 gold refused, 1 near duplicate"),
    ]
    assert sum(shown["difficulty"]["tiny"]["math"].values()) == 5
    (twin,) = shown["examples"]["near_duplicate"]
    assert twin["twin"]["text"] == APPLES and twin["reference"] == "9" and twin["source"] == "own.jsonl"
    assert len(shown["examples"]["over_quota"]) == 4 and shown["counts"]["over_quota"] == 4


def test_the_same_numbers_are_printed_as_json(corpus: Path) -> None:
    said = CliRunner().invoke(main, ["report", str(corpus), "--json"])
    assert said.exit_code == 0, said.exception
    told = json.loads(said.output)
    assert (told["total"]["came_in"], told["total"]["kept"], told["adds_up"]) == (12, 6, True)
    assert told["domains"]["own"] == {
        "came_in": 3,
        "kept": 1,
        "unproven": 0,
        "dropped": {"gold_refused": 1, "near_duplicate": 1},
    }
    assert told["sources"]["math/linear"]["licence"] == "Apache-2.0" and told["sources"]["math/linear"]["kept"] == 5
    assert told["dropped_by_step"]["quota"] == {"over_quota": 4} and len(told["examples"]["over_quota"]) == 4
    assert told["recipe"]["seed"] == 0 and not (corpus / "report.html").exists()
    refused = CliRunner().invoke(main, ["report", "first/missing", "--json"])
    assert refused.exit_code != 0 and "missing" in refused.output
    assert "leave out -o" in CliRunner().invoke(main, ["report", str(corpus), "--json", "-o", "x"]).output


def test_the_page_says_what_each_step_left_and_what_to_know_before_training(corpus: Path) -> None:
    shown = content(corpus)
    assert [(step["name"], step["dropped"], step["left"]) for step in shown["steps"]] == [
        ("gold", "1 gold refused", 11),
        ("near_duplicates", "1 near duplicate", 10),
        ("quota", "4 over quota", 6),
    ]
    assert shown["steps"][2]["asked"] == "size: 6"
    assert [(line["name"], line["rows"], line["sources"]) for line in shown["licences"]] == [
        ("Apache-2.0", 5, "math/linear"),
        ("", 1, "own.jsonl"),
    ]
    assert list(shown["kept"]) == ["math", "own"] and APPLES in shown["kept"]["own"]
    said = " ".join(shown["limits"])
    assert "No set was held out" in said and "No licence is stated for own.jsonl." in said
    assert "6 rows have a gold response, which passed" in said and "was not measured" not in said
    assert {line["name"]: line["about"] for line in shown["sources"]}["own.jsonl"] == "a file of your own"


def test_held_out_sets_are_told_with_what_they_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("held.jsonl").write_text(json.dumps(ROWS[0]) + "\n")
    sources = [{"path": "own.jsonl", "verifier": "number"}]
    run_curation(CurationRecipe.model_validate({"sources": sources, "without": ["held.jsonl"]}), "out")
    shown = content(Path("out"))
    assert shown["held_out"] == {"held.jsonl": 2}  # the same text, and the same in other words
    assert "told with other numbers" in shown["limits"][0]


def test_a_problem_that_holds_markup_is_shown_and_not_rendered(corpus: Path) -> None:
    page = render(corpus)
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page
    assert write_page(corpus).read_text("utf-8") == page


def test_a_folder_of_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="assay curate"):
        render(tmp_path)
