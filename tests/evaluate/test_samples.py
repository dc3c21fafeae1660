"""What samples make together: votes, best and worst of k equal brute force; failed responses are asked for again."""

import json
from itertools import combinations
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.evaluate.metrics import pass_at_k
from assay.evaluate.rescore import rescore
from assay.evaluate.run import evaluate
from assay.evaluate.samples import Said, best_of, columns, majority, said_of, worst_of
from assay.evaluate.suite import Suite
from assay.models.decoding import nucleus
from assay.models.engine import Completion
from assay.report.text import score_table
from assay.rollout.measure import measure
from assay.rollout.runs import open_run
from assay.rollout.store import RolloutStore
from assay.types import Example

DRAWS = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=7)


def voted(classes, right):
    """The score of one choice of samples by the rule itself."""
    votes = [c for c in classes if c is not None]
    most = max(map(votes.count, votes), default=0)
    winners = {c for c in votes if votes.count(c) == most}
    return fmean(c in right for c in winners) if winners else 0.0


@settings(max_examples=60, deadline=None)
@given(DRAWS, st.sets(st.sampled_from("abcd")), st.data())
def test_a_vote_is_the_mean_over_all_choices_of_k(classes, right, data):
    k = data.draw(st.integers(1, len(classes)))
    scores = [float(c in right) for c in classes]
    wanted = fmean(voted(chosen, right) for chosen in combinations(classes, k))
    assert majority(scores, classes, k) == pytest.approx(wanted, abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=7), st.data())
def test_best_and_worst_are_the_mean_over_all_choices_of_k(scores, data):
    k = data.draw(st.integers(1, len(scores)))
    chosen = list(combinations(scores, k))
    assert best_of(scores, k) == pytest.approx(fmean(map(max, chosen)))
    assert worst_of(scores, k) == pytest.approx(fmean(map(min, chosen)))
    if set(scores) <= {0.0, 1.0}:
        assert best_of(scores, k) == pytest.approx(pass_at_k(len(scores), int(sum(scores)), k))


def test_a_vote_of_many_samples_ends():
    classes = [str(n % 20) for n in range(64)]
    assert 0 < majority([float(c == "0") for c in classes], classes, 64) < 1


def test_columns_count_what_is_said_and_nothing_else():
    said = [
        Said([1.0, 0.0, 1.0], ["4", "5", "4"], asked=4, cut=1, silent=0, tokens=40),
        Said([0.0, 0.0, 0.0], [None, None, "5"], asked=3, cut=0, silent=2, tokens=3),
    ]
    found = columns(said, (1, 3), "x")
    assert {name: one.value for name, one in found.items()} == {
        "maj@3": 0.5,
        "worst@3": 0.0,
        "cut": 0.125,
        "silent": pytest.approx(1 / 3),
        "tokens": 5.5,
    }
    assert all(one.low <= one.value <= one.high for one in found.values())
    assert not [name for name in columns([Said([1.0], ["a"], votes=False, asked=1)], (2,), "x") if "@" in name]
    assert "best@2" in columns([Said([0.5, 1.0], ["a", "b"], asked=2)], (2,), "x")


SUITE = Suite(sources=[{"name": "math/arithmetic"}], samples=4, k=(1, 4))
NUMBERS = [Example(prompt=f"{n} + 0.5 = ?", reference=n + 0.5, verifier="number", domain="math") for n in range(3)]


class Failing:
    """An engine that cannot answer some requests at first."""

    name, fingerprint, version = "failing", "f", "1"

    def __init__(self, fails):
        self.fails, self.asked = fails, []

    async def stream(self, requests, sampling):
        for request in requests:
            self.asked.append(request.id)
            if request.sample == 1 and self.fails:
                yield Completion("no room", "failed", request=request.id)
            else:
                number = float(request.prompt[0].content.split()[0]) + 0.5
                said = [f"{number}", "", f"{2 * number}/2", "99"][request.sample]
                finish = "length" if request.sample == 3 else "stop"
                yield Completion(f"The answer is {said}." if said else "Well.", finish, request=request.id, tokens=5)


def test_equal_answers_share_a_vote_and_failed_responses_are_asked_for_again(tmp_path):
    first = Failing(True)
    scores = evaluate(first, SUITE, out=tmp_path / "out", examples=NUMBERS)
    assert scores.row("math").uncounted == 3 and "maj@4" not in scores.row("math").more
    second = Failing(False)
    scores = evaluate(second, SUITE, out=tmp_path / "out", examples=NUMBERS)
    assert sorted(second.asked) == sorted(f"{e.id}/1" for e in NUMBERS), "only what had failed"
    row = scores.row("math")
    assert row.uncounted == 0 and row.verdicts == {"correct": 6, "incorrect": 3, "no_answer": 3}
    assert (row.more["maj@4"].value, row.more["worst@4"].value) == (1.0, 0.0), "17/2 and 8.5 are one answer"
    assert (row.more["cut"].value, row.more["silent"].value, row.more["tokens"].value) == (0.25, 0.25, 5.0)
    table = score_table(scores)
    assert max(map(len, table.splitlines())) <= 80 and "maj@4" in table and "tokens" in table
    written = json.loads((tmp_path / "out/scores.json").read_text())["rows"]
    assert written[0]["more"]["maj@4"]["questions"] == 3
    rescore(open_run(tmp_path / "out", "measure"), out=tmp_path / "again")
    again = json.loads((tmp_path / "again/scores.json").read_text())["rows"]
    assert [row["more"] for row in again] == [row["more"] for row in written]
    assert json.loads((tmp_path / "out/run.json").read_text())["engine"] == "1"


def test_answers_are_read_from_shards_as_from_the_journal(tmp_path, monkeypatch):
    measure(Failing(False), NUMBERS, samples=4, out=tmp_path / "a")
    monkeypatch.setattr("assay.rollout.store.SHARD_ROWS", 5)
    measure(Failing(False), NUMBERS, samples=4, out=tmp_path / "b")
    stores = [RolloutStore(tmp_path / name) for name in "ab"]
    assert not stores[0].shards() and stores[1].shards()
    a, b = (sorted(store.answers(), key=lambda one: (one.example_id, one.sample)) for store in stores)
    assert a == b and len(a) == 12
    said = said_of(a, {e.id: e for e in NUMBERS})
    assert all(one.classes[0] == one.classes[2] and one.classes[1] is None for one in said.values())


@pytest.mark.parametrize("spread", [0.01, 3.0])
def test_a_nucleus_is_the_smallest_set_that_reaches_its_share(spread):
    torch = pytest.importorskip("torch", reason="the engine needs the extra 'models'")
    scores = torch.tensor(np.random.default_rng(0).normal(0, spread, (4, 2000)))
    for top_p in (0.1, 0.7, 0.999):
        kept = nucleus(scores, top_p)
        for row, all_of in zip(kept, scores.softmax(-1), strict=True):
            chosen = all_of[row > -np.inf]
            assert chosen.sum() >= top_p - 1e-9 and chosen.sum() - chosen.min() < top_p
            assert chosen.min() >= all_of[row == -np.inf].max()
