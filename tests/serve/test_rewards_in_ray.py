"""Rewards that Ray pickles and sends to its workers."""

import pytest

import assay
from assay.corpus.verl import to_verl
from assay.serve.verl import compute_score

ray = pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def cluster():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def test_tasks_and_actors_are_handed_rewards(mixed):
    gold, rows = [e.gold for e in mixed], [e.to_json() for e in mixed]
    paid = ray.remote(lambda reward: reward(completions=gold, example=rows))
    assert ray.get(paid.remote(assay.reward_fn(workers=1))) == [1.0] * len(mixed)
    exported = [to_verl(e) for e in mixed]
    asked = [
        (r["data_source"], g, r["reward_model"]["ground_truth"], r["extra_info"])
        for r, g in zip(exported, gold, strict=True)
    ]
    scores = ray.get([ray.remote(compute_score).remote(*one) for one in asked])
    assert [one["score"] for one in scores] == [1.0] * len(mixed)
    verdict = ray.get(ray.remote(assay.verify).remote(mixed[0], gold[0]))
    assert verdict.score == 1.0


def test_an_actor_is_handed_a_judge(mixed):
    class Grader:
        def __init__(self, judge):
            self.judge = judge

        def grade(self, examples, responses):
            return [str(v.status) for v in self.judge.verify_many(examples, responses)]

    grader = ray.remote(Grader).remote(assay.Judge(assay.JudgeSettings(workers=2)))
    statuses = grader.grade.remote([*mixed, *mixed], [e.gold for e in mixed] + [""] * len(mixed))
    assert ray.get(statuses) == ["correct"] * len(mixed) + ["no_answer"] * len(mixed)
