"""What an evaluation asks of an engine: its options, its sight; what it can do is known before any work."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.config import load_config
from assay.errors import AssayError, BadConfig
from assay.evaluate.run import evaluate
from assay.evaluate.suite import Suite
from assay.models.engine import checked_options
from chatserver import Server, refused, said

SUITE = Suite(sources=[{"name": "math/arithmetic", "size": 2}], samples=1, max_tokens=4)


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        ("transformers", {"bacth": 4}, "no option 'bacth'; did you mean 'batch'"),
        ("transformers", {"batch": "many"}, r"engine.batch: .*integer.*\(got 'many'\)"),
        ("transformers", {"model": "x"}, "no option 'model'"),
        ("openai", {"prices": [1]}, "engine.prices"),
        ("replay", {"batch": 1}, "no option 'batch'"),
    ],
)
def test_an_option_that_does_not_fit_is_told(kind, given, told):
    with pytest.raises(BadConfig, match=told):
        checked_options(kind, given)


def test_options_that_fit_are_taken():
    assert checked_options("transformers", {"batch": 4, "device": "cpu"}) == {"batch": 4, "device": "cpu"}
    assert checked_options("openai", {"prices": [1, 2], "more": {"top_k": 4}}) == {
        "prices": (1.0, 2.0),
        "more": {"top_k": 4},
    }


def pictures(root, *, there):
    rows = [{"question": f"How many {n}?\n<image1>", "options": [], "answer": "4", "level": 1} for n in range(2)]
    (root / "vision/images").mkdir(parents=True)
    for n, row in enumerate(rows):
        row |= {"subject": "counting", "image": f"images/{n}.png"}
        if n < there:
            (root / "vision/images" / f"{n}.png").write_bytes(b"\x89PNG" + bytes([n]))
    (root / "vision/mathv_test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_an_engine_of_text_is_asked_about_no_picture(tmp_path, monkeypatch, dry):
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "data", there=2)
    told = CliRunner().invoke(main, ["eval", "tiny", "--suite", "mathvision", "--data", "data", "-o", "out", *dry])
    assert told.exit_code == 2 and "reads text alone, and the problems come with 2 pictures" in told.output, told.output
    assert not Path("out").exists()


def test_pictures_travel_and_those_that_are_missing_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "data", there=2)
    pictures(tmp_path / "half", there=1)
    with closing(Server(lambda body, number: said("\\boxed{4}"))) as server:
        model = f"{server.address}#m"
        arguments = ["eval", model, "--suite", "mathvision", "-o", "out", "--data"]
        told = CliRunner().invoke(main, [*arguments, "half"])
        assert told.exit_code == 2 and "1 of 2 pictures" in told.output and "images/1.png" in told.output, told.output
        assert not server.bodies
        done = CliRunner().invoke(main, [*arguments, "data", "--engine.concurrency=1", '--engine.more={"top_k" = 5}'])
        assert done.exit_code == 0 and "counting" in done.output, done.output
    parts = [body["messages"][0]["content"] for body in server.bodies]
    assert server.most == 1 and {body["top_k"] for body in server.bodies} == {5}
    assert len(parts) == 2
    assert all(part[0]["image_url"]["url"].startswith("data:image/png;base64,iVBOR") for part in parts)
    scores = json.loads(Path("out/scores.json").read_text())
    assert [row["name"] for row in scores["groups"]["subject x difficulty"]] == ["counting x 1"]


def test_recorded_answers_take_no_options(tmp_path):
    examples = SUITE.examples()
    path = tmp_path / "said.jsonl"
    path.write_text("".join(json.dumps({"id": e.id, "response": e.gold}) + "\n" for e in examples))
    with pytest.raises(BadConfig, match="no option of an engine changes"):
        evaluate(str(path), SUITE, out=tmp_path / "out", examples=examples, options={"batch": 4})


def test_what_computed_the_answers_is_a_fact_of_the_run(tmp_path):
    pytest.importorskip("transformers", reason="the engine needs the extra 'models'")
    evaluate("tiny", SUITE, out=tmp_path / "out", options={"batch": 2})
    facts = json.loads((tmp_path / "out/run.json").read_text())
    assert "transformers" in facts["engine"] and "float32" in facts["engine"]
    again = evaluate(str(tmp_path / "out"), SUITE, out=tmp_path / "again")
    assert json.loads((tmp_path / "again/run.json").read_text())["engine"] == facts["engine"]
    assert again.rows
    with pytest.raises(AssayError, match="no option 'bach'"):
        evaluate("tiny", SUITE, out=tmp_path / "no", options={"bach": 2})


def test_responses_that_never_came_are_told(tmp_path, monkeypatch):
    """A source of which no response counts has no line: the reader must hear of it, and how to ask again."""
    monkeypatch.chdir(tmp_path)
    sums = 'sources = [{ name = "math/arithmetic", size = 2 }, { name = "code/list_ops", size = 2 }]\nsamples = 1\n'
    Path("own.toml").write_text(sums)
    code = [example.asked[-1].content for example in load_config(Suite, "own.toml").examples()][2:]

    def answers(body, number):
        return refused(400, "too long") if down and body["messages"][-1]["content"] in code else said("4")

    with closing(Server(answers)) as server:
        arguments = ["eval", f"{server.address}#m", "--suite", "own.toml", "-o", "out", "--engine.concurrency=1"]
        down = True
        told = CliRunner().invoke(main, arguments)
        assert told.exit_code == 0, told.output
        assert "2 responses never came: give the same command again" in told.output
        assert "no response counts: code/list_ops" in told.output
        down = False
        again = CliRunner().invoke(main, arguments)
    assert len(server.bodies) == 6, "what came is not asked for again"
    assert "never came" not in again.output and "code/list_ops" in again.output, again.output
