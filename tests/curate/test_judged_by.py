"""One line of a curation's recipe says who judges its science: the rule, a head, a judge, or a rule with one behind."""

import json

import pytest
from click.testing import CliRunner

from assay import verify
from assay.cli import main
from assay.corpus.collection import Corpus
from assay.learn.head import WEIGHTS, HeadRecipe, Labelled, train_head
from assay.sources.selection import Selection
from assay.types import Status
from chatserver import Server, said

NAMES = ("iron", "zinc", "lead", "neon", "gold", "tin", "boron", "argon", "radon", "xenon", "barium", "cobalt")


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """A trained head and the address of a judge that says Correct, by the words that stand for them in a recipe."""
    folder = tmp_path_factory.mktemp("judged")
    rows = []
    for number in range(300):
        right, wrong = NAMES[number % 12], NAMES[(number + 5) % 12]
        asked = {"prompt": f"Which metal or gas is it, case {number}?", "reference": right}
        rows.append(asked | {"response": f"It is surely {right}, as found.", "label": True})
        rows.append(asked | {"response": f"It is surely {wrong}, as found.", "label": False})
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    train_head(
        HeadRecipe(method="head", labelled=(Labelled(path=str(folder / "rows.jsonl")),), epochs=5), folder / "head"
    )
    server = Server(lambda body, number: said("Correct"))
    yield {"HEAD": str(folder / "head" / WEIGHTS), "JUDGE": f"{server.address}#m", "server": server}
    server.close()


@pytest.mark.parametrize(
    ("line", "verifier"),
    [
        ("", "number"),
        (', judge = { verifier = "hybrid", head = "HEAD" }', "hybrid"),
        (', judge = { verifier = "hybrid", engine = "JUDGE" }', "hybrid"),
        (', judge = { verifier = "head", weights = "HEAD" }', "head"),
        (', judge = { verifier = "judge", engine = "JUDGE" }', "judge"),
    ],
)
def test_one_line_of_the_recipe_chooses(named, tmp_path, line, verifier) -> None:
    line = line.replace("HEAD", named["HEAD"]).replace("JUDGE", named["JUDGE"])
    recipe = tmp_path / "science.toml"
    recipe.write_text(f'steps = ["readable"]\nsources = [\n  {{ name = "science/kinematics", size = 6{line} }},\n]\n')
    run = CliRunner().invoke(main, ["curate", str(recipe), "-o", str(tmp_path / "corpus")])
    assert run.exit_code == 0, run.output
    corpus = list(Corpus.read(tmp_path / "corpus"))
    assert corpus and {example.verifier for example in corpus} == {verifier}
    if verifier == "hybrid":
        assert {example.params["rule"] for example in corpus} == {"number"}
        asked = len(named["server"].bodies)
        assert verify(corpus[0], corpus[0].gold).is_correct and len(named["server"].bodies) == asked
    if verifier == "judge":
        assert verify(corpus[0], corpus[0].gold).is_correct


def test_a_judge_behind_a_rule_is_asked_about_its_refusals(named) -> None:
    chosen = Selection(name="science/kinematics", size=1, judge={"verifier": "hybrid", "engine": named["JUDGE"]})
    example = next(chosen.examples())
    verdict = verify(example, "The answer is about as fast as a train.")
    assert verdict.status is Status.CORRECT and "judge: correct" in verdict.why and "number" in verdict.why


def test_a_judge_has_a_name() -> None:
    with pytest.raises(ValueError, match="names a verifier"):
        Selection(name="science/kinematics", judge={"engine": "x"})
