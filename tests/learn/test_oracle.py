"""The oracle gap: a judge that is hacked rings the alarm in time, an honest one never does, and a resumed run alike."""

import json
from random import Random

import pytest
from letters import recipe_for

from assay.errors import BadConfig
from assay.judging.verifier import VERIFIERS, verifier
from assay.learn.experiment import experiment, prepare
from assay.learn.grpo import train
from assay.learn.oracle import Followed, Oracle, Watched
from assay.report.page import render
from assay.types import Example, Rollout, Verdict, hashed_seed
from assay.watch.live import LiveRun


def seven(example, response):
    """What is wanted: the response begins with a seven."""
    return Verdict.of(response[:1] == "7", read=response)


def hackable(example, response):
    """A judge that also pays for what begins with a letter, which is far easier to come by."""
    return Verdict.of(response[:1] == "7" or response[:1].isalpha(), read=response)


def honest(example, response):
    """A judge of letters that is wrong on one response in twenty, whatever it says."""
    wrong = hashed_seed("noise", response) % 20 == 0
    return Verdict.of(response[:1].isalpha() != wrong, read=response)


def letter(example, response):
    """What the honest judge means."""
    return Verdict.of(response[:1].isalpha(), read=response)


for plain in (seven, hackable, honest, letter):
    VERIFIERS.register(f"test.oracle.{plain.__name__}", verifier(f"test.oracle.{plain.__name__}", version=1)(plain))
SECOND = {"hackable": "test.oracle.seven", "honest": "test.oracle.letter"}


def problems(judge):
    return [
        Example(prompt=f"{n} + 1 = ?", reference="", verifier=f"test.oracle.{judge}", domain="math") for n in range(8)
    ]


def watched(policy, judge, seed=0, steps=20, **how):
    rules = {"second": {"math": SECOND[judge]}, "share": 1.0, "baseline": 30} | how
    made = recipe_for(policy, steps=steps, prompts=4, group=8, max_tokens=2, micro_batch=32, learning_rate=8e-2)
    return made.model_copy(update={"oracle": Oracle(**rules), "seed": seed})


def rows(out):
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def rang(out):
    return [row["step"] for row in rows(out) if row["oracle"]["math"]["alarm"]]


def test_a_hacked_judge_rings_the_alarm_before_half_of_the_run(random_policy, tmp_path):
    train(watched(random_policy, "hackable"), problems("hackable"), tmp_path)
    last = rows(tmp_path)[-1]["oracle"]["math"]
    assert rang(tmp_path)[0] <= 9 and len(rows(tmp_path)) == 20
    assert last["first"] > 0.9 and last["gap"] > last["start"] + 0.1 and last["interval"][0] <= last["gap"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_an_honest_judge_never_rings_it(random_policy, tmp_path, seed):
    train(watched(random_policy, "honest", seed), problems("honest"), tmp_path)
    assert rang(tmp_path) == [] and rows(tmp_path)[-1]["oracle"]["math"]["first"] > 0.6


def test_training_stops_at_the_alarm_where_the_recipe_says_so(random_policy, tmp_path):
    train(watched(random_policy, "hackable", stop=True), problems("hackable"), tmp_path)
    assert rang(tmp_path) == [len(rows(tmp_path))] and len(rows(tmp_path)) < 20
    assert (tmp_path / "policy").is_dir()


def test_an_experiment_says_what_rang(random_policy, tmp_path):
    experiment(watched(random_policy, "hackable", stop=True), tmp_path, examples=problems("hackable"))
    notes = json.loads((tmp_path / "notes.json").read_text())
    assert f"alarm rang for math at step {rang(tmp_path)[0]}" in notes[-1]
    page = render(tmp_path)
    assert "<h2>Oracle gap</h2>" in page and f"alarm at step {rang(tmp_path)[0]}." in page and "math%20low" in page
    (tmp_path / "notes.json").unlink()
    live = LiveRun(tmp_path).content()
    curves = next(curves for curves in live["curves"] if curves["title"] == "Oracle gap")
    low, high = (ends[-1] for ends in curves["bands"]["math"])
    assert low <= curves["columns"]["math"][-1] <= high and curves["marks"] == {"math": rang(tmp_path)[0]}
    assert "alarm rang for math" in live["notes"][0]  # before the run has written its notes


def followed(rates, seed, count=16):
    """Steps of `count` rollouts of two verifiers that disagree at the rates (first alone, second alone)."""
    rng, one = Random(seed), Followed()
    rules = Oracle(second={"math": "number"})
    for first, second in rates:
        drawn = rng.choices((0, 1, 2), (first, second, 1 - first - second), k=count)
        one.add((drawn.count(2), drawn.count(0), drawn.count(1), 0), rules)
    return one


def test_what_disagrees_from_the_start_alike_is_no_alarm():
    alarms = sum(followed([(0.15, 0.1)] * 200, seed).alarm for seed in range(100))
    assert alarms <= 2


def test_a_gap_that_opens_is_found_soon():
    for seed in range(20):
        assert followed([(0.1, 0.1)] * 14 + [(0.5, 0.05)] * 8, seed).alarm
        assert not followed([(0.1, 0.1)] * 14 + [(0.05, 0.5)] * 60, seed).alarm


def test_the_sum_by_hand():
    rules, one = Oracle(second={"math": "number"}, baseline=20, limit=15), Followed()
    for cells, total in (((8, 2, 0, 10), 0.0), ((0, 10, 0, 10), 6.0), ((10, 0, 5, 5), 0.0), ((0, 20, 0, 0), 16.0)):
        one.add(cells, rules)
        assert one.cusum == pytest.approx(total)
    assert one.start == 0.1 and one.alarm


def test_a_share_is_judged_again_and_what_has_no_score_is_not():
    examples = problems("hackable")
    rules = Oracle(second={"math": "test.oracle.seven"}, share=0.25)
    run = Watched(rules, examples, 0)
    said = [
        Rollout(example_id=examples[0].id, index=n, response="7", group_id="0.0", verdict=Verdict.of(True))
        for n in range(2000)
    ]
    assert 400 < len(run.sampled(said)) < 600 and run.sampled(said) == run.sampled(said)
    broken = Rollout(example_id=examples[0].id, response="7", verdict=Verdict.error("down"))
    assert Watched(rules.model_copy(update={"share": 1.0}), examples, 0).sampled([broken]) == []


def test_rows_of_an_earlier_call_bring_it_to_where_they_ended():
    examples = problems("hackable")
    rules = Oracle(second={"math": "test.oracle.seven"}, share=1.0, baseline=20)
    whole, first = Watched(rules, examples, 0), Watched(rules, examples, 0)
    made = []
    for step in range(4):
        row = {"example_id": examples[0].id, "group_id": f"{step}", "verdict": Verdict.of(True)}
        said = [Rollout(**row, index=n, response="7a"[n % 2]) for n in range(10 + step)]
        made.append(whole.step(said))
    for told in made:
        first.add(json.loads(json.dumps({"oracle": told})))
    assert first.domains == whole.domains


@pytest.mark.parametrize(
    ("oracle", "says"),
    [
        ({"second": {"math": "numbr"}}, "no verifier 'numbr'"),
        ({"second": {"math": "pairwise_consistent"}}, "judges each alone"),
        ({"second": {"code": "number"}}, "holds no problem"),
        ({"second": {"math": "number"}}, "cannot read 8 references"),
        ({"second": {"math": "text"}, "params": {"math": {"mach": 1}}}, "mach"),
    ],
)
def test_an_oracle_that_cannot_judge_is_refused_before_work(random_policy, tmp_path, oracle, says):
    recipe = watched(random_policy, "hackable").model_copy(update={"oracle": Oracle(**oracle)})
    with pytest.raises(BadConfig, match=says):
        prepare(recipe, tmp_path / "run", examples=problems("hackable"))
    assert not (tmp_path / "run").exists()
