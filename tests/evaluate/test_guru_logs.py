"""The table of a published study from its public logs, and what is said of logs that cannot be read."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.errors import AssayError, BadRow, MissingData
from assay.evaluate.guru_logs import read_guru_logs
from assay.evaluate.transfer import cautions, clear, ends, standard_error

GOLDEN = tomllib.loads((Path(__file__).parent / "guru18k.toml").read_text("utf-8"))
HEAD = "_step,val/test_score/math__math/unknown,val/test_score/codegen__mbpp/mbpp,run_created_at\n"


@pytest.fixture(scope="module")
def logs(real_data):
    if not (real_data / "guru_logs").is_dir():
        pytest.skip("the data directory has no guru_logs")
    return real_data / "guru_logs"


@pytest.fixture(scope="module")
def study(logs):
    return read_guru_logs(logs)


@pytest.fixture
def own(tmp_path):
    """Small logs of two runs."""
    (tmp_path / "validation").mkdir()
    for run, last in {"math3k": 0.8, "mix": 0.7}.items():
        rows = f"0,0.5,0.25,x\n10,0.6,0.5,x\n20,{last},0.5,x\n"
        (tmp_path / "validation" / f"guru9k_{run}.csv").write_text(HEAD + rows)
    return tmp_path


def near(value):
    return pytest.approx(value, abs=0.1)


def test_the_published_table_is_reproduced(study):
    assert [task.name for task in study.tasks if task.in_mean] == GOLDEN["tasks"]
    assert [run.name for run in study.runs] == list(GOLDEN["scores"])
    for run in study.runs:
        found = [100 * study.reading(run, task).score for task in study.tasks if task.in_mean]
        assert found == [near(score) for score in GOLDEN["scores"][run.name]], run.name
    for run in study.trained:
        step = study.step_of(run)
        assert [round(100 * study.mean(run, step), 2), step, run.steps] == GOLDEN["best"][run.name]


def test_the_group_means_and_the_lengths_are_reproduced(study):
    for domain, means in GOLDEN["means"].items():
        runs = (study.base, study.single(domain), study.mix)
        assert [100 * study.score(run, *study.of(domain)).value for run in runs] == [near(mean) for mean in means]
    runs = {run.name: run.traces for run in study.trained}
    assert {name: list(map(round, ends(runs[name]["all"].lengths))) for name in GOLDEN["lengths"]} == GOLDEN["lengths"]
    assert {name: list(map(round, ends(runs["mix"][name].lengths))) for name in GOLDEN["mixed"]} == GOLDEN["mixed"]


def test_what_the_paper_leaves_out_is_said(logs, study):
    ordering = next(task for task in study.tasks if task.name == "Ordering")
    behind = study.gain(study.mix, study.single("logic"), ordering)
    assert 100 * behind.value == near(-10) and not clear(behind)
    assert 100 * standard_error(study.reading(study.mix, ordering), ordering) == pytest.approx(5, abs=0.1)
    said = CliRunner().invoke(main, ["transfer", str(logs)])
    assert said.exit_code == 0, said.output
    assert max(map(len, said.output.splitlines())) <= 80
    text = " ".join(said.output.split())
    assert "codegen3k took 25 (0.42 times as many), mix took 144 (2.4 times as many), the others 60" in text
    for words in (
        "Ordering 100 28.0 ±4.5",
        "140 of 144",
        "within noise",
        "trained once",
        "every score is a whole count",
    ):
        assert words in text
    told = json.loads(CliRunner().invoke(main, ["transfer", str(logs), "--json"]).output)
    (mix,) = (run for run in told["runs"] if run["name"] == "mix")
    assert {"n", "standard_error", "gain_low", "clear"} <= mix["scores"][0].keys()
    assert len(read_guru_logs(logs, "guru15k").trained) == 6  # another study of the same folder, some runs in parts


def test_every_run_is_shown_at_its_best_step_and_the_base_before_it(own):
    study = read_guru_logs(own)
    assert [(run.name, run.domains and len(run.domains), study.step_of(run)) for run in study.runs] == [
        ("base", (), 0),
        ("math3k", 1, 20),
        ("mix", 6, 20),
    ]
    assert study.mean(study.base, 0) == pytest.approx(0.375)
    assert not any("Budgets" in told for told in cautions(study))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("5,0.5", r"guru9k_mix\.csv:5: 2 columns, where the head has 4"),
        ("5,half,0.5,x", r"guru9k_mix\.csv:5: val/test_score/math__math/unknown is 'half', no number"),
        ("5,1.5,0.5,x", r"guru9k_mix\.csv:5: .* is 1\.5; a score is from 0 to 1"),
        ("five,0.5,0.5,x", r"guru9k_mix\.csv:5: _step is 'five', no number"),
        ("-5,0.5,0.5,x", r"guru9k_mix\.csv:5: _step is no whole number"),
        ("5,inf,0.5,x", r"guru9k_mix\.csv:5: .* is inf, no finite number"),
    ],
)
def test_a_broken_line_is_named(own, line, says):
    with (own / "validation" / "guru9k_mix.csv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(BadRow, match=says):
        read_guru_logs(own)


def test_bytes_that_are_no_text_are_named(own):
    (own / "validation" / "guru9k_mix.csv").write_bytes(HEAD.encode() + b"0,0.5,0.5,\xff\n")
    with pytest.raises(BadRow, match=r"guru9k_mix\.csv:\d: not UTF-8"):
        read_guru_logs(own)


def test_logs_without_a_base_a_domain_or_a_run_are_refused(own):
    scores = own / "validation"
    with pytest.raises(MissingData, match="holds no study 'guru18k'; did you mean 'guru9k'"):
        read_guru_logs(own, "guru18k")
    (scores / "guru9k_astrology3k.csv").write_text(HEAD + "0,0.5,0.5,x\n5,0.5,0.5,x\n")
    with pytest.raises(AssayError, match="run 'astrology3k': its name begins with no domain of these logs; known: "):
        read_guru_logs(own)
    (scores / "guru9k_astrology3k.csv").unlink()
    for path in scores.glob("*.csv"):
        path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("0,")))
    with pytest.raises(AssayError, match="no run has a row of step 0, so the base"):
        read_guru_logs(own)
    for path in scores.glob("*.csv"):
        path.unlink()
    ran = CliRunner().invoke(main, ["transfer", str(own)])
    assert ran.exit_code == 2 and "holds no CSV file named STUDY_RUN.csv" in ran.output
    scores.rmdir()
    ran = CliRunner().invoke(main, ["transfer", str(own)])
    assert ran.exit_code == 2 and "holds no study" in ran.output
