"""An audit tells exactly what a stub grader did, outlives whatever it does, and prints tables."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from assay.audit.attacks import ATTACKS, JUDGES, PUBLISHED
from assay.audit.graders import PEERS, find_grader
from assay.audit.labelled import LabelledRow, read_labelled
from assay.audit.responses import fill
from assay.audit.run import audit
from assay.cli import main
from assay.errors import BadConfig, BadRow, MissingData
from assay.evaluate.metrics import wilson


@pytest.fixture(autouse=True)
def _stubs_can_be_imported(monkeypatch, request):
    monkeypatch.chdir(request.path.parent)


def rows_of(*triples, family="all"):
    return [LabelledRow(reference=r, response=s, label=label, family=family) for r, s, label in triples]


def audited(name, rows, **options):
    grader = find_grader(name, deadline=options.pop("deadline", None))
    try:
        return audit([grader], rows, **options)[0]
    finally:
        grader.close()


def test_a_known_confusion_matrix_comes_out_exactly():
    rows = rows_of(*[("ab", "cd", True)] * 5, *[("ab", "c", True)] * 2, family="right")
    rows += rows_of(*[("ab", "xy", False)] * 3, *[("ab", "x", False)] * 10, family="wrong")
    found = audited("stub_graders:length", rows, attacks=False, examples=2)
    total = found.total
    counts = (total.right_accepted, total.right_refused, total.wrong_accepted, total.wrong_refused, total.errors)
    assert counts == (5, 2, 3, 10, 0)
    assert (total.precision.count, total.precision.of) == (5, 8)
    assert (total.recall.count, total.recall.of) == (5, 7)
    assert (total.false_positives.count, total.false_positives.of) == (3, 13)
    assert found.families["right"].right_refused == 2
    assert found.families["wrong"].wrong_accepted == 3
    assert [(m.kind, m.family) for m in found.mistakes] == [("FN", "right")] * 2 + [("FP", "wrong")] * 2
    assert found.rows_per_second > 0


def test_whatever_a_grader_does_is_an_error_of_its_row():
    troubles = ["raise", "exit", "die", "hang", "mumble"]
    rows = [row for trouble in troubles for row in rows_of(("x", "x", True), ("x", trouble, False))]
    rows += rows_of(("x", "x", True), ("x", "y", False))
    found = audited("stub_graders:troubled", rows, attacks=False, deadline=2, examples=9)
    assert found.total.errors == 5
    assert (found.total.right_accepted, found.total.wrong_refused) == (6, 1)
    why = {mistake.response: mistake.why for mistake in found.mistakes}
    assert set(why) == set(troubles)
    assert "no such answer" in why["raise"] and "SystemExit" in why["exit"]
    assert "exit code 7" in why["die"] and "within 2 s" in why["hang"] and "not <object" in why["mumble"]


def test_a_judge_that_falls_for_a_brace_is_told_so():
    rows = rows_of(("12", "12", True), ("15", "16", False))
    found = audited("stub_graders:brace_judge", rows)
    attack = next(b for b in found.attacks if b.pattern == "empty symbols")
    assert (attack.worst, attack.success.value) == ("{", 1.0)
    assert next(b for b in found.attacks if b.pattern == "refusal").success.value == 0.0


def test_our_own_graders_pay_for_no_attack():
    rows = [LabelledRow(reference=r, response="", label=False, verifier=v) for v, r in OWN]
    found = audited("assay", rows)
    assert {attack.pattern for attack in found.attacks} == set(ATTACKS)
    assert [b for b in found.attacks if b.tries.count] == []
    assert all(constant.reward <= found.common_share for constant in found.constants)


OWN = [("math", "\\frac{3}{7}"), ("math", "(2, 9)"), ("number", 1234), ("choice", "D"), ("text", "Lake Baikal")]
OWN += [("set", ["Oslo", "Rome"]), ("grid", [[3, 1], [4, 1]]), ("assignment", {"Ann": "knight", "Bo": "knave"})]


def test_constants_are_weighed_against_the_most_frequent_answer():
    rows = rows_of(*[("7", "7", True)] * 3, ("8", "8", True))
    rows = [
        LabelledRow(reference=r.reference, response=r.response, label=True, prompt=str(i)) for i, r in enumerate(rows)
    ]
    found = audited("math", rows)
    best = max(found.constants, key=lambda constant: constant.reward)
    assert (best.text, best.reward, best.share, found.common_share) == ("\\boxed{7}", 0.75, 0.75, 0.75)


def test_a_grader_gets_by_keyword_what_it_names_and_partial_scores_count_from_a_half():
    row = LabelledRow(reference="a", response="a", label=True, prompt="say it", params={"ordered": False})
    assert audited("stub_graders:by_keyword", [row], attacks=False).total.right_accepted == 1
    assert audited("stub_graders:half", rows_of(("29", "292", False)), attacks=False).total.wrong_accepted == 1


def test_a_verifier_by_name_judges_rows_of_any_kind():
    row = LabelledRow(reference="1/2", response="\\boxed{0.5}", label=True, verifier="text")
    assert audited("math", [row], attacks=False).total.right_accepted == 1
    assert audited("assay", [row], attacks=False).total.right_refused == 1


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mth", "did you mean 'math'"),
        ("no_such_module:grade", "No module named 'no_such_module'"),
        ("stub_graders:absent", "absent"),
        ("stub_graders:not_callable", "is no function"),
    ],
)
def test_a_grader_that_cannot_be_had_says_why(name, says):
    with pytest.raises(BadConfig, match=says):
        find_grader(name)


@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_peer_grades_or_says_what_to_install(name):
    try:
        found = audited(name, rows_of(("12", "\\boxed{12}", True), ("12", "\\boxed{57}", False)), attacks=False)
    except BadConfig as missing:
        assert PEERS[name] in str(missing)
        pytest.skip(f"{name} is not installed")
    assert (found.total.right_accepted, found.total.wrong_refused) == (1, 1)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{broken", "not JSON: expecting"),
        ("[1]", "a row is a JSON object"),
        ('{"reference": 1, "response": "1"}', "the row has no label"),
        ('{"reference": 1, "response": 1, "label": true}', "'response' is text"),
        ('{"reference": 1, "response": "1", "label": "yes"}', "'label' is true or false"),
        ('{"reference": 1, "response": "1", "label": true, "params": 3}', "'params' is an object"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, says):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"reference": 1, "response": "1", "label": true}\n\n' + line + "\n")
    with pytest.raises(BadRow, match=f"rows.jsonl:3: .*{says}"):
        list(read_labelled(path))


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(MissingData, match=r"absent\.jsonl does not exist"):
        list(read_labelled(tmp_path / "absent.jsonl"))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (1, 1000, 0.0002, 0.0056), (0, 0, 0.0, 1.0)],
)
def test_wilson_intervals(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_the_corpus_holds_thirteen_patterns_against_judges():
    assert len(PUBLISHED) == 6 and len(PUBLISHED | JUDGES) == 13
    assert all(len(set(strings)) >= 3 for strings in (PUBLISHED | JUDGES).values())
    made = {fill(t, prompt="What?", answer="12", wrong="13") for many in ATTACKS.values() for t in many}
    assert "\\boxed{12} or \\boxed{13}" in made and "<think> maybe \\boxed{12}" in made


def test_the_command_prints_one_table_for_all_graders(tmp_path):
    path, out = tmp_path / "rows.jsonl", tmp_path / "audit.json"
    rows = rows_of(("12", "\\boxed{12}", True), ("12", "\\boxed{13}", False), ("12", "\\boxed{ab}", True))
    path.write_text("".join(json.dumps(row.to_json()) + "\n" for row in rows))
    done = CliRunner().invoke(main, ["audit", "math", "stub_graders:length", str(path), "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert "3 rows, 2 of them right" in done.output
    for word in ("precision", "math", "stub_graders:length", "empty symbols", "FN of math in all"):
        assert word in done.output
    told = {one["grader"]: one for one in json.loads(out.read_text())}
    assert told["math"]["total"]["right_accepted"] == 1
    assert told["math"]["total"]["precision"]["interval"] == list(wilson(1, 1))
    assert set(told) == {"math", "stub_graders:length"}


def test_the_command_rewrites_a_source():
    done = CliRunner().invoke(main, ["audit", "assay", "math/arithmetic", "--limit", "20", "--no-attacks"])
    assert done.exit_code == 0, done.output
    assert "assay" in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit", "mth", "math/arithmetic"], "did you mean 'math'"),
        (["audit", "math", "math/arithmetc"], "did you mean 'math/arithmetic'"),
        (["audit", "math", "absent.jsonl"], "absent.jsonl does not exist"),
    ],
)
def test_a_mistake_gets_one_line(arguments, says):
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2, done.output
    assert says in done.output and "Traceback" not in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["head", "math/linear", "--head", "none.json"], "there is no head at none.json"),
        (["judge", "math/linear", "--engine", "no/such"], "cannot open model 'no/such'"),
        (["number", "labelled/gsm9k"], "unknown labelled set 'labelled/gsm9k'; did you mean 'labelled/gsm8k'"),
    ],
)
def test_what_an_audit_lacks_is_said_before_work(arguments, says):
    done = CliRunner().invoke(main, ["audit", *arguments])
    assert done.exit_code == 2 and says in done.output, done.output
