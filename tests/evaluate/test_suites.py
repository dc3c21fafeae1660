"""Suites are data: each file is read, asks what it says in the way it says, and tells what it lacks before any work."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.corpus.parquet import to_batch
from assay.errors import AssayError, BadConfig, MissingData
from assay.evaluate.run import evaluate
from assay.evaluate.suite import Suite, asked_with, find_suite, shipped_suites
from assay.models.engine import Sampling, generate, open_engine
from assay.models.hf import until
from assay.report.text import score_table
from assay.rollout.store import RolloutStore
from assay.types import Example, as_messages, data_hash

GURU = "AIME24 MATH500 LiveCodeBench HumanEval MBPP GPQA-Diamond SuperGPQA ARC-AGI Zebra CodeI/O CruxEval-I CruxEval-O"
GURU += " FinQA HiTab MultiHiertt IFEval LiveBench"
SIZES = {"AIME24": 30, "MATH500": 500, "LiveCodeBench": 279, "HumanEval": 164, "MBPP": 500, "SuperGPQA": 1000}
SIZES |= {"ARC-AGI": 419, "Zebra": 200, "CruxEval-I": 800, "CruxEval-O": 800, "FinQA": 1100, "HiTab": 1000}
SIZES |= {"IFEval": 541, "CodeI/O": 106, "LiveBench": 199}


@pytest.mark.parametrize("name", sorted(shipped_suites()))
def test_a_suite_that_ships_is_read_and_told(name, monkeypatch):
    monkeypatch.delenv("ASSAY_DATA", raising=False)
    assert find_suite(name).about and len(find_suite(name).about) < 120
    told = CliRunner().invoke(main, ["show", name])
    assert told.exit_code == 0 and "samples" in told.output, told.output


def test_guru17_is_the_evaluation_of_the_paper(real_data):
    """17 tasks; T 1.0 and top-p 0.7; 32 samples of AIME, 4 of tasks under 400 problems, 1 of the others."""
    suite = find_suite("guru17")
    assert [task.task for task in suite.sources] == GURU.split()
    assert (suite.temperature, suite.top_p) == (1.0, 0.7)
    examples, lacks = suite.read(real_data, partial=True)
    task_of = {name: task.task for task in suite.sources for name in task.names}
    counts = Counter(task_of[e.source] for e in examples)
    assert {task: size for task, size in SIZES.items() if counts[task] and counts[task] != size} == {}
    assert set(counts) | {task_of[name] for name in lacks} == set(task_of.values())
    for task in suite.sources:
        size = counts[task.task]
        many = 32 if task.task == "AIME24" else 4 if size < 400 or task.task == "ARC-AGI" else 1
        assert not size or (task.samples or suite.samples) == many, task.task


def test_what_is_not_at_hand_is_told_at_once_and_where_it_is(tmp_path):
    (tmp_path / "math").mkdir()
    (tmp_path / "math/gsm8k_test.jsonl").write_text(json.dumps({"question": "2+2?", "answer": "#### 4"}) + "\n")
    suite = Suite(sources=[{"name": ["math/gsm8k", "science/gpqa_diamond", "table/multihiertt"]}])
    with pytest.raises(MissingData, match=r"2 sources of 3 cannot be read; --partial.*\n.*gpqa.*huggingface") as told:
        suite.examples(tmp_path)
    assert "multihiertt" in str(told.value)
    found, lacks = suite.read(tmp_path, partial=True)
    assert [e.source for e in found] == ["math/gsm8k"] and list(lacks) == ["science/gpqa_diamond", "table/multihiertt"]
    with pytest.raises(MissingData):
        Suite(sources=[{"name": "science/gpqa_diamond"}]).read(tmp_path, partial=True)


def test_the_command_asks_the_rest_where_it_is_told_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    suite = 'samples = 2\nsources = [{ name = "math/arithmetic", size = 2 }, { name = "math/gsm8k", partial = "p" }]\n'
    Path("own.toml").write_text(suite)
    asked = list(Suite(sources=[{"name": "math/arithmetic", "size": 2}]).examples())
    rows = [{"id": e.id, "responses": [f"\\boxed{{{e.reference}}}", "no"]} for e in asked]
    Path("said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = ["eval", "said.jsonl", "--suite", "own.toml", "--data", "data", "-o", "out"]
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2 and "gsm8k" in refused.output and not Path("out").exists()
    plan = CliRunner().invoke(main, [*arguments, "--partial", "--dry-run"])
    assert plan.exit_code == 0 and "for want of rows: math/gsm8k" in plan.output, plan.output
    assert max(map(len, plan.output.splitlines())) < 80, plan.output
    done = CliRunner().invoke(main, [*arguments, "--partial"])
    assert done.exit_code == 0 and "not asked, for want of rows: math/gsm8k" in done.output, done.output
    assert list(json.loads(Path("out/scores.json").read_text())["lacks"]) == ["math/gsm8k"]


def recorded(path, examples, said):
    rows = [{"id": e.id, "responses": said(e)} for e in examples]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


TASKS = Suite(
    sources=[
        {"name": "math/arithmetic", "size": 3, "samples": 4, "max_tokens": 7, "task": "Sums", "partial": "only sums"},
        {"name": ["logic/ordering", "table/lookup"], "size": 2, "task": "Rest"},
    ],
    samples=1,
    k=[1, 4],
    by=["level"],
)


def test_each_task_has_its_samples_and_its_score(tmp_path):
    examples = TASKS.examples()
    path = recorded(tmp_path / "said.jsonl", examples, lambda e: [e.gold or "", "no", "no", "no"])
    scores = evaluate(path, TASKS, out=tmp_path / "out", examples=examples)
    counts = Counter(r.example_id for r in RolloutStore(tmp_path / "out").rollouts())
    assert {e.source: counts[e.id] for e in examples} == {"math/arithmetic": 4, "logic/ordering": 1, "table/lookup": 1}
    assert TASKS.completions(examples) == sum(counts.values())
    rows = {row.name: row for row in scores.groups["tasks"]}
    assert (rows["Sums"].avg.value, rows["Rest"].avg.value, rows["mean of 2 tasks"].avg.value) == (0.25, 1.0, 0.625)
    assert rows["Sums"].passes[4].value == 1.0 and 4 not in rows["Rest"].passes
    assert 4 not in scores.row("all").passes, "no mean of a pass@4 that one part lacks"
    ways = json.loads((tmp_path / "out/run.json").read_text())["ways"]
    assert {name: (way["samples"], way["max_tokens"]) for name, way in ways.items()} == {"math/arithmetic": (4, 7)}
    table = score_table(scores)
    assert max(map(len, table.splitlines())) <= 80 and "* Sums: only sums" in table and "3 x4" in table
    assert "level" in scores.groups
    again = evaluate(str(tmp_path / "out"), TASKS, out=tmp_path / "again", examples=examples)
    assert [row.avg for row in again.rows] == [row.avg for row in scores.rows]


def test_what_the_command_line_says_holds_for_every_task():
    changed = asked_with(TASKS, ["max_tokens=9"], samples=2)
    assert not changed.ways and changed.k == (1,) and changed.sampling.max_tokens == 9
    assert len(asked_with(TASKS, ["size=1"]).examples()) == 3
    twice = [{"name": "math/linear", "samples": 2}, {"name": "math/linear", "seed": 1}]
    with pytest.raises(ValueError, match="asked in two ways"):
        Suite(sources=twice)


def test_longer_problems_are_none_of_a_suite():
    whole = Suite(sources=[{"name": "logic/ordering", "size": 50}]).examples()
    middle = sorted(len(e.asked_text) for e in whole)[25]
    few = Suite(sources=[{"name": "logic/ordering", "size": 50}], max_prompt_chars=middle).examples()
    assert len(few) == 50 and max(len(e.asked_text) for e in few) <= middle


def shot_suite(**more):
    template = "Problem: {problem}\nSolution:"
    task = {"name": "math/arithmetic", "size": 4, "shots": 3, "shots_from": "math/arithmetic:train"}
    return Suite(sources=[task | {"template": template, "params": {"take": "first"}} | more], stop=["\nProblem:"])


def test_shots_are_shown_as_they_are_asked_with_their_gold():
    for example in shot_suite().examples():
        text = example.asked_text
        assert text.count("Problem: ") == text.count("Solution:") == 4 and text.endswith(f"{example.text}\nSolution:")
        assert text.count("Solution: ") == 3 and example.params["take"] == "first"
    ids = [e.id for e in shot_suite().examples()]
    assert ids == [e.id for e in shot_suite(shots=1).examples()], "how a problem is asked does not change its id"


def test_shots_may_be_turns_of_the_chat_and_change_no_id():
    plain, shown = (list(shot_suite(shots=2, shots_as=how).examples()) for how in ("text", "turns"))
    assert [e.id for e in plain] == [e.id for e in shown]
    for text, turns in zip(plain, shown, strict=True):
        *before, last = turns.asked
        assert [turn.role for turn in before] == ["user", "assistant"] * 2 and turns.text in last.content
        said = [f"{user.content} {gold.content}" for user, gold in zip(before[::2], before[1::2], strict=True)]
        assert text.asked_text == "\n\n".join([*said, last.content])
        assert Example.from_json(json.loads(json.dumps(turns.to_json()))) == turns
        assert Example.from_json(turns.to_json()).asked == turns.asked
    assert len({data_hash(e) for e in ([plain[0]], [shown[0]], [replace(plain[0], template="")])}) == 3
    with pytest.raises(AssayError, match="keep the row without its shots"):
        to_batch(shown)
    first, again, other = ([e.asked_text for e in shot_suite(**seed).examples()] for seed in ({}, {}, {"seed": 1}))
    assert first == again != other
    with pytest.raises(BadConfig, match="0 solved problems to show; 3 are asked for"):
        shot_suite(shots_from="instruction/ifeval:test").examples()


def test_a_problem_is_never_its_own_shot():
    same = shot_suite(shots=2, shots_from="math/arithmetic:test", size=3)
    asked = same.examples()
    for example in asked:
        shown = example.asked_text.partition(example.text)[0]
        assert not any(other.text in shown for other in asked)


@pytest.mark.parametrize(
    ("text", "stops", "wanted"),
    [
        ("5\n\nProblem: 2", ("\nProblem:",), ("5\n", True)),
        ("abc", ("x",), ("abc", False)),
        ("aXbY", ("Y", "X"), ("a", True)),
        ("", ("X",), ("", False)),
        ("Xa", ("X",), ("", True)),
    ],
)
def test_a_response_ends_at_the_first_of_its_stops(text, stops, wanted):
    assert until(text, stops) == wanted


def test_the_engine_stops_where_it_is_told_and_no_text_changes_before_it():
    pytest.importorskip("transformers", reason="the engine needs the extra 'models'")
    engine = open_engine("tiny", batch=4)
    prompts = [as_messages(text) for text in ("12 + 7 = ?", "5 - 3 = ?", "Solve 2x + 1 = 9.")]
    free = generate(engine, prompts, 4, Sampling(max_tokens=16))
    cut = generate(engine, prompts, 4, Sampling(max_tokens=16, stop=("{", "9")))
    seen = 0
    for whole, part in zip([c for g in free for c in g], [c for g in cut for c in g], strict=True):
        text, is_stopped = until(whole.text, ("{", "9"))
        assert part.text == text and (not is_stopped or part.finish == "stop")
        assert len(part.logprobs) == len(part.token_ids) <= len(whole.token_ids)
        seen += is_stopped
    assert seen


def test_constraints_are_asked_and_what_is_followed_is_told(tmp_path):
    """HAcc <= SAcc, beside being right; a thinking part cannot break a constraint."""
    suite = Suite(sources=[{"name": "math/arithmetic", "size": 30, "constraints": 2}], by=["constraints"], samples=2)
    examples = suite.examples()
    assert all(len(e.extra["instructions"]["instruction_id_list"]) == 2 for e in examples)
    assert [e.id for e in examples] == [e.id for e in suite.examples()]
    said = recorded(tmp_path / "said.jsonl", examples, lambda e: [f"The answer is {e.reference}.", "I, too, cannot"])
    scores = evaluate(said, suite, out=tmp_path / "out", examples=examples)
    whole, two = scores.control
    assert (whole.name, two.name) == ("all", "2") and whole.hard == two.hard
    assert whole.hard.low <= whole.hard.value <= whole.soft.value <= 1 and whole.soft.value > 0
    assert whole.right.value == 0.5 and sum(whole.table.values()) + whole.uncounted == 60
    assert [row.name for row in scores.groups["constraints"]] == ["2"]
    assert json.loads((tmp_path / "out/scores.json").read_text())["control"][0]["table"] == dict(whole.table)
    table = score_table(scores)
    assert "HAcc" in table and max(map(len, table.splitlines())) <= 80


def test_partial_credit_counts_in_the_mean_and_in_no_pass():
    from assay.evaluate.metrics import rates
    from assay.types import Measurement

    half = [Measurement("a", "m", correct=0, n=2, total=1.0), Measurement("b", "m", correct=2, n=2)]
    assert rates(half).tolist() == [0.5, 1.0] and rates(half, 1).tolist() == [0.0, 1.0]


def test_examples_of_pictures_name_them(tmp_path):
    row = {"question": "How many?\n<image1>", "options": [], "answer": "6", "level": 1, "subject": "counting"}
    (tmp_path / "vision").mkdir()
    rows = [row | {"image": f"images/{n}.jpg", "options": o} for n, o in enumerate([[], list("ABCDE"), ["1", "6"]])]
    rows = [r | {"answer": "6" if not r["options"] else "B"} for r in rows]
    (tmp_path / "vision/mathv_test.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    examples = find_suite("mathvision").examples(tmp_path)
    assert [e.asked[0].attachments for e in examples] == [(f"vision/images/{n}.jpg",) for n in range(3)]
    assert [(e.verifier, e.options) for e in examples] == [("math", ()), ("choice", ()), ("choice", ("1", "6"))]
    assert len({e.id for e in examples}) == len({e.problem_id for e in examples}) == 3
    assert isinstance(examples[0], Example) and "A) " not in examples[1].asked_text
