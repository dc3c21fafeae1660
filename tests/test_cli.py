"""The command line as a stranger meets it: help that teaches, errors in one line, nothing lost."""

import json

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.types import DOMAINS

ROWS = [
    {"id": "a", "verifier": "number", "reference": 42, "response": "The answer is 42."},
    {"id": "b", "verifier": "number", "reference": 42, "response": "The answer is 41."},
    {"id": "c", "verifier": "numbr", "reference": 42, "response": "42"},
]


def run(*arguments, **options):
    return CliRunner().invoke(main, list(arguments), **options)


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_help_names_every_command():
    shown = run("--help").output
    for command in ("demo", "list", "check", "grade", "curate", "train", "eval", "report"):
        assert f"\n  {command} " in shown
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "did you mean 'check'"),
        (["check", "math/gsmk"], "did you mean 'math/gsm8k'"),
        (["train", "dmeo"], "did you mean 'demo'"),
        (["train", "demo", "--grpo.stesp=1"], "did you mean 'steps'"),
        (["eval", "tiny", "--suite", "mnii"], "did you mean 'mini'"),
        (["report", "nowhere"], "holds no run"),
        (["grade", "nowhere.jsonl"], "cannot read nowhere.jsonl"),
        (["check"], "name a source"),
        (["check", "math/gsm8k", "--data", "nowhere"], "does not exist"),
    ],
)
def test_a_mistake_gets_one_line_and_exit_status_2(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert says in done.output
    assert "Traceback" not in done.output


def test_grade_answers_every_line_in_order():
    done = run("grade", input=lines(ROWS) + "broken\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [row["status"] for row in rows] == ["correct", "incorrect", "error", "error"]
    assert [row["id"] for row in rows] == ["a", "b", "c", None]
    assert "line 4" in rows[3]["why"]
    assert set(rows[0]) == {"id", "status", "score", "read", "why", "seconds", "verifier", "version"}


def test_grade_remembers_verdicts_in_a_file(tmp_path):
    first, again = (run("grade", "--cache", str(tmp_path / "known"), input=lines(ROWS)).stdout for _ in range(2))
    judged = [json.loads(line) for line in first.splitlines()]
    assert [json.loads(line) for line in again.splitlines() if json.loads(line)["score"] is not None] == [
        row for row in judged if row["score"] is not None
    ]
    (tmp_path / "other").write_text("no database " * 100)
    refused = run("grade", "--cache", str(tmp_path / "other"), input=lines(ROWS))
    assert refused.exit_code == 2 and "is no verdict cache" in refused.stderr


def test_grade_writes_a_file_that_appears_whole(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(lines(ROWS))
    assert run("grade", str(source), "-o", str(target), "--workers", "2").exit_code == 0
    assert len(target.read_text().splitlines()) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize(("rate", "status"), [("0.5", 0), ("0.51", 1)])
def test_fail_below_counts_only_what_counts(rate, status):
    assert run("grade", "--fail-below", rate, "--max-errors", "1", input=lines(ROWS)).exit_code == status


def test_fail_below_fails_when_nothing_counts():
    assert run("grade", "--fail-below", "0.1", input=lines(ROWS[2:])).exit_code == 1


def test_list_shows_every_domain():
    shown = run("list", "sources").output
    assert all(f"{domain}/" in shown for domain in DOMAINS)
    assert "number" in run("list", "verifiers").output


def test_check_fits_in_a_glance():
    done = run("check", "math/arithmetic", "--size", "20")
    assert done.exit_code == 0
    assert "gold accepted" in done.output and "20 of 20" in done.output
    assert len(done.output.splitlines()) <= 12
