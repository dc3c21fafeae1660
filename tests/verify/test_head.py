"""The trained verifier: what it learns, that its gradient and calibration are right, and what it never pays."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assay import verify, verify_many
from assay.audit.attacks import ATTACKS
from assay.audit.responses import fill
from assay.cli import main
from assay.errors import AssayError, BadConfig
from assay.judging.session import Judge
from assay.learn.head import (
    REPORT,
    TENTHS,
    TURNS,
    WEIGHTS,
    HeadRecipe,
    Labelled,
    Rows,
    _gradients,
    _line,
    calibrated,
    reliability,
    rows_of,
    train_head,
)
from assay.prose.likeness import NAMES, features
from assay.reading.lexicon import listed
from assay.types import Example, Status
from assay.verifiers.head import Head, shown

PLACES = listed(
    "Lima, Oslo, Cairo, Quito, Delhi, Paris, Accra, Sofia, Tunis, Seoul, Minsk, Kyiv, Rabat, Hanoi, Dakar, Doha, Baku"
)
LANDS = listed(
    "Peru, Norway, Egypt, Ecuador, India, France, Ghana, Bulgaria, Tunisia, Korea, Belarus, Ukraine, Morocco, Vietnam"
)
SAYS = (
    "{x}", "It is {x}.", "The capital is {x}", "{x} is the capital of {land}, on a river.", "Surely {x} city",
)  # fmt: skip
WRONG = (
    "{y}", "It is {y}.", "The capital is {y}", "{y} is the capital of {land}, on a river.", "I do not know.",
)  # fmt: skip


def labelled_rows():
    for number, land in enumerate(LANDS * 3):
        x, y = PLACES[number % len(PLACES)], PLACES[(number + 5) % len(PLACES)]
        for form, other in zip(SAYS, WRONG, strict=True):
            ask = f"What is the capital of {land}, map {number}?"
            yield {"q": ask, "r": x, "a": form.format(x=x, land=land), "ok": True}
            yield {"q": ask, "r": x, "a": other.format(y=y, land=land), "ok": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A head that has learned capitals, and its report."""
    folder = tmp_path_factory.mktemp("head")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in labelled_rows()))
    report = train_head(recipe_of(folder / "rows.jsonl"), folder / "run")
    return folder / "run" / WEIGHTS, report


def recipe_of(path: Path, **how) -> HeadRecipe:
    columns = {"prompt": "q", "reference": "r", "response": "a", "label": "ok"}
    return HeadRecipe(method="head", labelled=(Labelled(path=str(path), columns=columns),), epochs=20, **how)


def row(path: Path, verifier: str = "head", **params) -> Example:
    given = {"weights": str(path)} if verifier == "head" else {"rule": "text", "head": str(path)}
    return Example(
        prompt="What is the capital of Chad?", reference="N'Djamena", verifier=verifier, params=given | params
    )


def test_it_learns_and_is_better_than_its_rule(made):
    _, report = made
    capitals = next(found for name, found in report["sets"].items() if name.endswith("rows.jsonl"))
    rule, hybrid = capitals["rule"], capitals["hybrid"]
    assert hybrid["right"]["count"] > rule["right"]["count"] + 0.1 * capitals["right"]
    assert rule["wrong"]["count"] == 0 and hybrid["wrong"]["count"] <= 0.1 * capitals["wrong"]
    assert capitals["calibration"]["error"] < 0.1 and set(report["sets"]) >= {"rewrites"}


def test_a_head_judges_by_itself_and_behind_a_rule(made):
    weights, _ = made
    right, wrong = "The capital of Chad is called N'Djamena, on a river.", "The capital is Abeche, on a river."
    found = verify(row(weights), right)
    assert found.is_correct and found.parts["probability"] > 0.5 and "is enough" in found.why
    assert verify(row(weights), wrong).status is Status.INCORRECT
    behind = verify(row(weights, "hybrid"), right)
    assert behind.is_correct and "text: incorrect" in behind.why and "head: correct" in behind.why
    assert verify(row(weights, "hybrid"), wrong).status is Status.INCORRECT


def test_no_attack_is_paid(made):
    weights, _ = made
    example = row(weights, "hybrid")
    said = [
        fill(text, answer="N'Djamena", wrong="Lima", prompt=example.text)
        for texts in ATTACKS.values()
        for text in texts
    ]
    paid = [text for text, v in zip(said, verify_many([example] * len(said), said), strict=True) if v.is_correct]
    assert paid == [] and len(said) > 80


def test_the_same_recipe_makes_the_same_head_and_a_second_call_makes_none(made, tmp_path):
    weights, report = made
    again = train_head(recipe_of(weights.parents[1] / "rows.jsonl"), tmp_path)
    assert again["fingerprint"] == report["fingerprint"] == Head.load(weights).fingerprint
    (tmp_path / REPORT).write_text(json.dumps(report | {"at_least": 0.123}))
    assert train_head(recipe_of(weights.parents[1] / "rows.jsonl"), tmp_path)["at_least"] == 0.123


def test_the_command_trains_and_tells(made, tmp_path):
    rows = made[0].parents[1] / "rows.jsonl"
    recipe = tmp_path / "mine.toml"
    columns = 'columns = { prompt = "q", reference = "r", response = "a", label = "ok" }'
    recipe.write_text(f'method = "head"\nepochs = 2\n[[labelled]]\npath = "{rows}"\n{columns}\n')
    run = CliRunner().invoke(main, ["train", str(recipe), "-o", str(tmp_path / "out")])
    assert run.exit_code == 0 and "wrong ones" in run.output and (tmp_path / "out" / WEIGHTS).is_file()
    plan = CliRunner().invoke(main, ["train", str(recipe), "--dry-run"])
    assert "420 labelled responses" in " ".join(plan.output.split())
    refused = CliRunner().invoke(main, ["train", str(recipe), "--controls"])
    assert refused.exit_code != 0 and "has none" in refused.output


def test_too_few_rows_are_refused(tmp_path):
    (tmp_path / "few.jsonl").write_text('{"q": "?", "r": "a", "a": "a", "ok": true}\n')
    with pytest.raises(BadConfig, match="give at least 100"):
        train_head(recipe_of(tmp_path / "few.jsonl"), tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no head at"),
        ("{", "is no head"),
        ("[]", "is no head"),
        ("{}", "is no head"),
        ({"inner": [[1.0]]}, "other features"),
        ({"features": ["a"]}, "other features"),
        ({"temperature": 0.0}, "numbers that cannot be"),
        ({"outer_bias": float("nan")}, "numbers that cannot be"),
    ],
)
def test_a_file_that_is_no_head_is_an_error_of_the_row(made, tmp_path, text, says):
    path = tmp_path / "h.json"
    if isinstance(text, dict):
        path.write_text(json.dumps(json.loads(made[0].read_text()) | text))
    elif text is not None:
        path.write_text(text)
    verdict = verify(row(path), "N'Djamena")
    assert verdict.status is Status.ERROR and says in verdict.why and "assay train head" in verdict.why
    with pytest.raises(AssayError):
        Head.load(path)


@pytest.mark.parametrize(
    ("verifier", "params", "says"),
    [
        ("head", {"weights": ""}, "no 'weights'"),
        ("head", {"at_least": 1.5}, "is a probability"),
        ("hybrid", {"engine": "tiny"}, "either an 'engine' or a 'head'"),
        ("hybrid", {"head": ""}, "either an 'engine' or a 'head'"),
        ("hybrid", {"rule": "head"}, "decides by itself"),
    ],
)
def test_parameters_that_cannot_be_are_errors_of_the_row(made, verifier, params, says):
    verdict = verify(row(made[0], verifier, **params), "N'Djamena")
    assert verdict.status is Status.ERROR and says in verdict.why


def test_verdicts_and_runs_know_the_weights(made, tmp_path):
    weights = tmp_path / "h.json"
    weights.write_text(made[0].read_text())
    example, said = row(weights), "It is N'Djamena, on a river."
    with Judge() as judge:
        before = judge.facts([example])["weights"]
        assert judge.verify_many([example], [said], cache=tmp_path / "cache")[0].is_correct
        replace(Head.load(weights), outer_bias=np.float32(-1e3)).save(weights)
        assert judge.facts([example])["weights"] != before
        assert not judge.verify_many([example], [said], cache=tmp_path / "cache")[0].is_correct


def test_the_gradient_is_that_of_the_loss():
    rng = np.random.default_rng(0)
    inputs, right, weight = rng.normal(size=(7, 3)), rng.random(7) > 0.5, rng.random(7)
    weights = [rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=4), np.array(0.3)]

    def loss(at):
        score = np.maximum(inputs @ at[0] + at[1], 0) @ at[2] + at[3]
        return (weight * np.logaddexp(0, np.where(right, -score, score))).mean()

    for place, slope in enumerate(_gradients(weights, inputs, right, weight)):
        for index in np.ndindex(weights[place].shape):
            moved = [array.copy() for array in weights]
            moved[place][index] += 1e-5
            assert (loss(moved) - loss(weights)) / 1e-5 == pytest.approx(np.asarray(slope)[index], abs=1e-3)


@pytest.mark.parametrize("offset", [0.0, 2.0])
def test_calibration_finds_the_temperature_the_offset_and_how_much_is_enough(offset):
    """Scores that are three times too sure, and too high; of the wrong rows one in ten may be paid."""
    rng = np.random.default_rng(1)
    true = rng.normal(size=4000)
    right = rng.random(4000) < 1 / (1 + np.exp(-true))
    count = len(NAMES)
    spread = np.zeros((count, 2), np.float32)
    spread[0] = (1, -1)
    head = Head(np.zeros(count), np.ones(count), spread, np.zeros(2), np.array([1.0, -1.0]), np.array(offset))
    inputs = np.zeros((4000, count), np.float32)
    inputs[:, 0] = 3 * true
    rows = rows_of([])
    whole = np.ones(4000, bool)
    rows = replace(rows, features=inputs, shown=whole, right=right, ruled=~whole, tenth=whole, weight=whole)
    found = calibrated(head, rows, 0.1)
    assert found.temperature == pytest.approx(3, rel=0.15) and found.outer_bias == pytest.approx(0, abs=0.2)
    assert rows.paid(found)[~right].mean() == pytest.approx(0.1, abs=0.002)
    assert reliability(found.probabilities(inputs), right)["error"] < 0.03


@pytest.mark.parametrize("right", [np.ones(5, bool), np.zeros(5, bool), np.array([1, 0, 1, 0, 1], bool)])
def test_calibration_on_next_to_nothing_makes_a_head_all_the_same(right):
    """One label alone, scores that say the opposite: probabilities stay finite and rise with the scores."""
    for scores in (np.zeros(5), np.where(right, -5.0, 5.0), np.arange(5.0)):
        slope, offset = _line(scores, right)
        assert slope > 0 and np.isfinite([slope, offset]).all()


def test_the_reliability_of_few_rows_is_told_with_what_chance_does():
    rng = np.random.default_rng(0)
    likely = rng.random(300)
    found = reliability(likely, rng.random(300) < likely)
    assert found["chance"] < found["chance_high"] and found["error"] < found["chance_high"]
    assert found["interval"][0] < found["error"] < found["interval"][1]
    assert reliability(likely, rng.random(300) < likely / 2)["error"] > found["chance_high"]


def test_the_reliability_curve_by_hand():
    found = reliability(np.array([0.1, 0.1, 0.9, 1.0]), np.array([False, True, True, True]))
    assert found["error"] == pytest.approx((2 * 0.4 + 2 * 0.05) / 4)
    assert [point["rows"] for point in found["curve"]] == [2, 2] and 0 < found["chance"] < 0.3


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("Step 1: set up. Step 2: compute. It holds.", "Step: set up. Step: compute. It holds"),
        ("Step 1: a. STEP 2: b. Therefore, the claim holds.", "Step: a. STEP: b. Therefore, the claim holds."),
        ("It was in season 2: the one of 1999.", "It was in season 2: the one of 1999."),
        ("Part 1: it began in 1999. Case 2: it ended.", "Part 1: it began in 1999. Case 2: it ended."),
    ],
)
def test_the_numbers_of_steps_are_no_answer(said, seen):
    assert shown(Example(prompt="How many are there?", reference="two", verifier="head"), said) == seen


def test_every_row_is_measured_once_by_a_head_that_was_made_without_it():
    tenth = np.arange(10)
    whole = np.ones(10, bool)
    features = np.zeros((10, len(NAMES)), np.float32)
    rows = Rows(features, whole, whole, ~whole, tenth, np.ones(10, np.float32))
    seen = [rows.of("held out", turn).tenth for turn in range(TURNS)]
    assert sorted(np.concatenate(seen)) == list(range(10))
    for turn in range(TURNS):
        parts = [set(rows.of(part, turn).tenth) for part in TENTHS]
        assert sum(map(len, parts)) == 10 and set.union(*parts) == set(range(10))


def test_what_is_shared_is_counted():
    made = dict(zip(NAMES, features("Who wrote it in 1999?", ["Ann Lee"], "Bob Ray wrote it in 1999."), strict=True))
    assert made["stands whole"] == made["words there"] == 0 and made["other words"] > 0 and made["who"] == 1
    alias = features("Who?", ["Ann Lee", "A. Lee"], "A. Lee")
    assert alias[NAMES.index("same")] == 1
    assert all(np.isfinite(features(*given)).all() for given in [("", [""], ""), ("?", ["$"], "€" * 9000)])
