"""A datasheet of our graders and of others': however a function is called, and whatever its probe sets look like."""

import json

import pytest
from click.testing import CliRunner

from assay.audit.graders import find_grader
from assay.audit.labelled import LabelledRow, read_labelled
from assay.audit.run import audit
from assay.audit.sets import SETS, rows_of, there
from assay.cli import main
from assay.errors import BadConfig, BadRow
from assay.judging.verifier import VERIFIERS
from realdata import directory
from served import Served

ROWS = [("12", "it is 12", True), ("15", "it is 16", False), ("[1]", "[1]!", True)]


@pytest.fixture(autouse=True)
def _graders_can_be_imported(monkeypatch, request):
    monkeypatch.chdir(request.path.parent)


def audited(name, rows=ROWS, **how):
    grader = find_grader(name, deadline=how.pop("deadline", None))
    try:
        asked = [LabelledRow(reference=r, response=s, label=label, prompt="?", **how) for r, s, label in rows]
        return audit([grader], asked, attacks=False)[0]
    finally:
        grader.close()


@pytest.mark.parametrize(
    ("name", "contract"),
    [
        ("shaped_graders:text", "TRL"),
        ("shaped_graders:chat", "TRL"),
        ("shaped_graders:plain_chat:gold", "TRL"),
        ("shaped_graders:compute_score", "verl"),
        ("shaped_graders:compute_score:mine", "verl"),
        ("shaped_graders:rubric", "verifiers"),
        ("stub_graders:half", "f(response, reference)"),
    ],
)
def test_a_function_is_called_as_its_trainer_calls_it(name, contract):
    found = audited(name)
    assert (found.total.right_accepted, found.total.wrong_refused, found.total.errors) == (2, 1, 0)
    assert (found.identity.kind, found.identity.contract) == ("function", contract)
    assert len(found.identity.fingerprint) == 16 and found.identity.version == ""


def test_what_a_function_skips_is_no_zero_and_its_option_reaches_it():
    found = audited("shaped_graders:chat", [("1", "", False), ("1", "1", True)])
    assert (found.total.errors, found.coverage.value) == (1, 0.5)
    assert dict(found.faults) == {"the grader gave no score": 1}
    assert audited("shaped_graders:compute_score:theirs").total.right_refused == 2


def test_two_functions_of_one_file_share_its_hash_and_a_package_names_its_version():
    one, two, package = (audited(name).identity for name in ("stub_graders:half", "stub_graders:length", "json:dumps"))
    assert one.fingerprint == two.fingerprint != package.fingerprint
    assert audited("click:style").identity.version.startswith("click 8")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("shaped_graders:two_columns", "say which is the reference, as in module:function:solution"),
        ("shaped_graders:plain_chat", "it names no column beside completions"),
        ("stub_graders:half:solution", "'solution' names a column for TRL's contract or a data_source for verl's"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/verify does not answer"),
        ("http://", "a server's address is like"),
    ],
)
def test_a_grader_that_cannot_be_called_says_what_to_name(name, says):
    with pytest.raises(BadConfig, match=says):
        find_grader(name, deadline=2)


def test_a_trainers_own_reward_is_audited():
    pytest.importorskip("trl", reason="needs TRL")
    pytest.importorskip("math_verify", reason="TRL's reward needs it")
    found = audited("trl.rewards:accuracy_reward", [("12", "\\boxed{12}", True), ("12", "\\boxed{13}", False)])
    assert (found.total.right_accepted, found.total.wrong_refused) == (1, 1)
    assert found.identity.version.startswith("trl ") and found.identity.about.startswith("Reward function that checks")


@pytest.mark.slow
def test_a_server_of_nemo_gym_is_audited():
    pytest.importorskip("uvicorn", reason="a server needs the extra 'serve'")
    server = Served("--workers", "1")
    try:
        rows = [("12", "The answer is 12.", True), ("12", "13", False), ("zzz", "12", False)]
        found = audited(f"{server.address}#reference", rows, verifier="number")
        assert (found.total.right_accepted, found.total.wrong_refused, found.total.errors) == (1, 1, 1)
        assert next(iter(found.faults)).startswith("masked: error of number") and found.identity.kind == "server"
        found = audited(server.address, rows[:1], verifier="no_such")
        assert next(iter(found.faults)).startswith("_:") and "no_such" not in next(iter(found.faults))
    finally:
        server.stop()


def test_probe_sets_of_others_are_read_by_their_own_columns(tmp_path):
    path = tmp_path / "probes.jsonl"
    path.write_text('{"gold": 4, "output": "4", "ok": 1, "category": "plain"}\n')
    columns = {"reference": "gold", "response": "output", "label": "ok", "family": "category"}
    (row,) = read_labelled(path, columns, "number", "theirs")
    assert (row.reference, row.label, row.family, row.verifier, row.set) == (4, True, "plain", "number", "theirs")
    with pytest.raises(BadRow, match=r"no reference, response, label \(there are gold, output"):
        list(read_labelled(path))
    with pytest.raises(BadRow, match="no 'golt'; did you mean 'gold'"):
        list(read_labelled(path, columns | {"reference": "golt"}))
    with pytest.raises(BadConfig, match="no field 'lable'; did you mean 'label'"):
        list(read_labelled(path, {"lable": "ok"}))


def test_cases_are_labelled_rows(tmp_path):
    path = tmp_path / "cases.jsonl"
    told = {"verifier": "number", "reference": 4, "response": "4", "why": "plain"}
    expected = ("correct", "no_answer", "incorrect", "error", "timeout")
    path.write_text("".join(json.dumps(told | {"expected": status}) + "\n" for status in expected))
    assert [(row.label, row.family) for row in read_labelled(path)] == [(True, "plain"), *[(False, "plain")] * 2]


def test_the_command_writes_a_page_and_its_json(tmp_path):
    probes, page = tmp_path / "probes.jsonl", tmp_path / "half.md"
    probes.write_text(
        '{"reference": "a|b`c", "response": "a|b`c <b>", "label": true, "family": "bars | and ticks"}\n'
        '{"reference": "x", "response": "xy", "label": false}\n'
    )
    arguments = ["audit", "math", "stub_graders:half", "math/arithmetic", "--limit", "5", "--set", str(probes)]
    done = CliRunner().invoke(main, [*arguments, "--datasheet", str(page)])
    assert done.exit_code == 0, done.output
    assert f"datasheet: {page}" in done.output and "By set" in done.output
    text, told = page.read_text(), json.loads(page.with_suffix(".json").read_text())
    for part in ("# Datasheet: `math`", "# Datasheet: `stub_graders:half`", "rewrites of math/arithmetic", str(probes)):
        assert part in text
    for head in ("How often it is wrong", "What it accepts and refuses", "What attacks earn", "Coverage and speed"):
        assert text.count(f"## {head}") == 2
    assert f"| version | {VERIFIERS.get('math').version} |" in text and '| parameter `decimals` | "auto" |' in text
    assert "| bars \\| and ticks | accepts | 1 of 1 | `` a\\|b`c `` | `` a\\|b`c <b> `` |" in text
    assert all(line.count(" | ") >= 1 for line in text.splitlines() if line.startswith("|"))
    ours, other = told["datasheets"]
    assert ours["identity"]["fingerprint"] and other["sets"][str(probes)]["false_positives"]["count"] == 1
    assert ours["coverage"]["value"] == 1.0 and ours["rows_per_second"] > 0 and told["machine"]["cores"] > 0
    assert {one["pattern"] for one in ours["attacks"]} == {one["pattern"] for one in other["attacks"]}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--datasheet", "sheet.html"], "--datasheet names a page in Markdown, such as sheet.md"),
        (["--column", "label"], "--column takes FIELD=COLUMN"),
        (["--verifier", "mth"], "did you mean 'math'"),
        (["--set", "labelled/gsm8"], "did you mean"),
        (["--set", "{own}", "--datasheet", "{page}"], "read"),
    ],
)
def test_a_wrong_option_is_told_before_any_work(arguments, says, tmp_path):
    own = tmp_path / "sheet.json"
    own.write_text('{"reference": 1, "response": "1", "label": true}\n')
    named = [word.format(own=own, page=own.with_suffix(".md")) for word in arguments]
    done = CliRunner().invoke(main, ["audit", "math", "math/arithmetic", "--limit", "2", *named])
    assert done.exit_code == 2 and says in done.output, done.output
    assert own.read_text().startswith('{"reference"')


def test_the_sets_of_the_data_directory_hold_labels_of_both_kinds():
    found = there(directory())
    assert set(found) <= set(SETS)
    for name in found:
        rows = rows_of(name, data=directory(), limit=400)
        assert {row.label for row in rows} == {True, False} and {row.set for row in rows} == {name}
        for verifier in {row.verifier for row in rows}:
            VERIFIERS.get(verifier).check(next(row for row in rows if row.verifier == verifier).example())
