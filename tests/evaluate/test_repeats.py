"""The same evaluation several times: other samples of the same problems, and how far their scores lie apart."""

import json
import re
from statistics import stdev

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.evaluate.repeats import Spread

ASKED = ["--sources.0.name=math/linear", "--sources.0.size=3", "--max_tokens=8"]


def test_the_deviation_is_between_runs():
    one = Spread("all", "", (0.2, 0.4, 0.6), 0.3)
    assert one.mean == pytest.approx(0.4) and one.deviation == pytest.approx(0.2)


@pytest.mark.slow
def test_runs_differ_in_their_seed_alone_and_resume(tmp_path):
    out = tmp_path / "out"
    command = ["eval", "tiny", *ASKED, "--samples=2", "--repeat", "2", "-o", str(out)]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 0 and "2 runs on the same problems" in told.output, told.output
    asked = [json.loads((out / f"run-{n}" / "run.json").read_text()) for n in (1, 2)]
    seeds = [run["sampling"].pop("seed") for run in asked]
    assert seeds == [0, 1]
    assert {name for name in asked[0] if asked[0][name] != asked[1][name]} <= {"sampling", "fingerprint", "begun"}
    rows = json.loads((out / "repeats.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["all", "math", "math/linear"]
    assert all(row["deviation"] == pytest.approx(stdev(row["values"])) for row in rows)
    written = {path: path.read_text() for path in out.glob("run-*/rollouts/*")}
    assert CliRunner().invoke(main, command).exit_code == 0
    assert written == {path: path.read_text() for path in out.glob("run-*/rollouts/*")}


def test_what_would_be_done_is_told_of_all_runs(tmp_path):
    command = ["eval", "tiny", *ASKED, "--samples=2", "-o", str(tmp_path / "out"), "--dry-run"]
    once, thrice = (CliRunner().invoke(main, [*command, *more]).output for more in ([], ["--repeat", "3"]))
    count = int(re.search(r"([\d,]+) completions in all\n", once)[1].replace(",", ""))
    assert f"{3 * count:,} completions in all, in 3 runs" in thrice and "run-1/ to run-3/" in thrice, thrice
    assert not (tmp_path / "out").exists()


def test_what_would_say_the_same_again_is_refused(tmp_path):
    recorded = tmp_path / "said.jsonl"
    recorded.write_text("{}\n")
    for arguments, why in (
        (["eval", str(recorded)], "stay what they are"),
        (["eval", "tiny", "--temperature=0"], "greedy"),
    ):
        told = CliRunner().invoke(main, [*arguments, "--repeat", "2", "-o", str(tmp_path / "out")])
        assert told.exit_code == 2 and why in told.output, told.output
    assert not (tmp_path / "out").exists()
