"""Rules of selection: no rule beats the oracle, equal weights are a vote, and what published pools reach is reached."""

import json
from itertools import permutations
from statistics import fmean

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.cli import main
from assay.errors import AssayError, BadRow
from assay.evaluate.run import evaluate
from assay.evaluate.select import Pool, best_by_weight, one_of, oracle, select, vote, weighted_vote
from assay.evaluate.suite import Suite
from assay.judging.session import answer_keys, verify_many
from assay.report.text import selection_table
from assay.rollout.runs import open_run
from assay.types import Example
from realdata import rows

RIGHT = {"a", "b"}


@st.composite
def pools(draw):
    """Samples whose answer decides their score, as a verifier does it."""
    size = draw(st.integers(1, 6))
    classes = tuple(draw(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=size, max_size=size)))
    weights = tuple(draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=size, max_size=size)))
    return Pool(tuple(float(c in RIGHT) for c in classes), classes, weights)


@settings(deadline=None)
@given(pools())
def test_no_rule_beats_the_oracle_and_no_order_decides(pool):
    for rule in (one_of, vote, weighted_vote, best_by_weight):
        assert 0 <= rule(pool) <= oracle(pool) + 1e-12
        for order in list(permutations(range(len(pool.scores))))[:24]:
            parts = (pool.scores, pool.classes, pool.weights)
            turned = Pool(*(tuple(part[i] for i in order) for part in parts))
            assert rule(turned) == pytest.approx(rule(pool))


@settings(deadline=None)
@given(pools())
def test_equal_weights_are_a_vote_and_perfect_ones_an_oracle(pool):
    even = Pool(pool.scores, pool.classes, (1.0,) * len(pool.scores))
    assert weighted_vote(even) == pytest.approx(vote(even))
    assert best_by_weight(even) == pytest.approx(one_of(even))
    told = Pool(pool.scores, pool.classes, pool.scores)
    assert best_by_weight(told) == oracle(told)
    assert weighted_vote(told) == oracle(told)
    assert vote(pool.top(len(pool.scores))) == pytest.approx(vote(pool))


EXAMPLES = [
    Example(prompt=f"{n} + 0.5 = ?", reference=n + 0.5, verifier="number", domain="math" if n < 2 else "science")
    for n in range(4)
]
SAID = ["{0}", "99", "{1}/2", "98"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A stored run: of four samples two are right, in two forms, and two are wrong in two ways."""
    folder = tmp_path_factory.mktemp("select")
    lines = [
        {"id": e.id, "responses": [f"The answer is {s.format(e.reference, int(2 * e.reference))}." for s in SAID]}
        for e in EXAMPLES
    ]
    (folder / "said.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    suite = Suite(sources=[{"name": "math/arithmetic"}], samples=4)
    evaluate(str(folder / "said.jsonl"), suite, out=folder / "run", examples=EXAMPLES)
    return open_run(folder / "run", "measure")


def reached(found, name="all"):
    return {choice.rule: choice.score.value for choice in found.choices[name]}


def weights(path, value):
    ids = [(e.id, index) for e in EXAMPLES for index in range(4)]
    path.write_text("".join(json.dumps({"example_id": i, "index": n, "score": value(n)}) + "\n" for i, n in ids))
    return str(path)


def test_rules_on_a_stored_run(run, tmp_path):
    plain = select(run)
    assert reached(plain) == {"one sample": 0.5, "majority": 1.0, "oracle": 1.0} and plain.distinct["math"] == 3
    two = select(run, first=2)
    assert reached(two) == {"one sample": 0.5, "majority": 0.5, "oracle": 1.0}
    fooled = select(run, weights=weights(tmp_path / "fooled.jsonl", lambda n: 5.0 * (n == 1) + 1), top=1)
    assert reached(fooled)["weighted vote"] == reached(fooled)["best of n"] == reached(fooled)["vote of top 1"] == 0
    assert {choice.rule: choice.gap.value for choice in fooled.choices["math"]}["best of n"] == 1.0
    table = selection_table(fooled)
    first, *rest = table.splitlines()
    assert "valued by" in first and "oracle has" in table and max(map(len, rest)) <= 80


def test_a_run_that_another_verifier_judged_is_a_weight(run, tmp_path):
    again = tmp_path / "again"
    assert CliRunner().invoke(main, ["rescore", str(run.path), "--verifier", "text", "-o", str(again)]).exit_code == 0
    found = select(run, weights=str(again))
    assert reached(found)["best of n"] == 1.0, "the text of one form is right, and the right one weighs most"
    done = CliRunner().invoke(main, ["select", str(run.path), "--weights", str(again), "--json"])
    assert json.loads(done.stdout)["samples"] == 4


def test_what_lacks_is_told(run, tmp_path):
    with pytest.raises(AssayError, match="did you mean 'likelihood'"):
        select(run, weights="liklihood")
    with pytest.raises(AssayError, match="holds no log-probabilities"):
        select(run, weights="likelihood")
    few = tmp_path / "few.jsonl"
    few.write_text(json.dumps({"example_id": EXAMPLES[0].id, "index": 0, "score": 1}) + "\n")
    with pytest.raises(AssayError, match="has no weight for 15 responses of 16, such as sample"):
        select(run, weights=str(few))
    with pytest.raises(AssayError, match="nothing to choose from"):
        select(run, first=1)
    for bad in ("-1", "null", '"x"', "1e999"):
        few.write_text(f'{{"example_id": "a", "index": 0, "score": {bad}}}\n')
        with pytest.raises(BadRow, match="weight"):
            select(run, weights=str(few))


def test_the_likelihood_of_a_model_is_a_weight(tmp_path):
    pytest.importorskip("transformers", reason="the engine needs the extra 'models'")
    suite = Suite(sources=[{"name": "math/arithmetic", "size": 4}], samples=3, max_tokens=6)
    evaluate("tiny", suite, out=tmp_path / "run", options={"batch": 12})
    rules = reached(select(open_run(tmp_path / "run", "measure"), weights="likelihood"))
    assert max(rules.values()) == rules["oracle"] and "best of n" in rules


SYSTEMS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


@pytest.mark.slow
def test_the_four_systems_of_cobbe_reach_what_was_published():
    """21.68, 39.04, 34.72, 56.25 and the oracle's 67.25 (arXiv 2110.14168, recomputed from its file)."""
    found = rows("labelled/gsm8k_openai_solutions_labelled.jsonl.gz")
    answers = [row["ground_truth"].rpartition("A: ")[2].replace(",", "") for row in found]
    asked = zip(found, answers, strict=True)
    examples = [Example(prompt=row["question"], reference=answer, verifier="number") for row, answer in asked]
    verdicts = [verify_many(examples, [r[name]["solution"] for r in found], workers=2) for name in SYSTEMS]
    flags = [[r[name]["is_correct"] for r in found] for name in SYSTEMS]
    assert [[v.is_correct for v in column] for column in verdicts] == flags
    assert [round(100 * fmean(column), 2) for column in flags] == [21.68, 39.04, 34.72, 56.25]
    keys = [answer_keys(examples, [v.read for v in column]) for column in verdicts]
    made = [
        Pool(tuple(float(c[n].is_correct) for c in verdicts), tuple(k[n] for k in keys), (1.0, 1.0, 1.0, 1.001))
        for n in range(len(found))
    ]
    reached = [round(100 * fmean(map(rule, made)), 2) for rule in (one_of, vote, weighted_vote, oracle)]
    assert reached == [37.93, 48.17, 56.33, 67.25], "an even vote is shared, or goes to the system that weighs most"
