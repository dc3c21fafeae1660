"""The page of a study: what was trained, whether it worked, what to distrust; every figure with its numbers."""

import re
from urllib.parse import unquote

import pytest

from assay.errors import AssayError
from assay.evaluate.transfer import Reading, Run, Study, Task, Trace, cautions, to_json, told_budgets
from assay.report.page import render, write_page
from assay.report.transfer_charts import absent, charts_of_study, crossing, narrowed, passes
from assay.report.transfer_page import headline, matrices, worked
from assay.types import Measurement

pytest.importorskip("matplotlib", reason="the page needs the extra 'report'")
pytest.importorskip("jinja2", reason="the page needs the extra 'report'")

TASKS = (Task("sums", "math", 100), Task("tables", "table", 100))
HOSTILE = "math<script>$x$"


def run_of(name, domains, scores, steps=10, **more):
    readings = {steps if domains else 0: {t.name: Reading(s) for t, s in zip(TASKS, scores, strict=True)}}
    traces = {"all": Trace("", ((1, 0.1), (2, 0.2)), ((1, 100.0), (2, 90.0)))} if domains else {}
    return Run(name, domains, steps if domains else 0, readings, traces, **more)


def study_of(*more, base=(0.3, 0.3)):
    runs = (run_of("math", ("math",), (0.7, 0.3)), run_of("mix", ("math", "table"), (0.6, 0.6)), *more)
    return Study("s", TASKS, (run_of("base", (), base), *runs))


@pytest.fixture
def logs(tmp_path):
    (tmp_path / "validation").mkdir()
    head = "_step,val/test_score/math__math/unknown,val/test_score/table__hitab/unknown\n"
    for run, last in {HOSTILE: 0.8, "table3k": 0.6, "mix": 0.7}.items():
        rows = f"0,0.5,0.25\n5,0.5,0.5\n10,{last},0.5\n"
        (tmp_path / "validation" / f"guru9k_{run}.csv").write_text(head + rows)
    return tmp_path


def test_a_page_is_one_file_that_asks_for_nothing_and_shows_names_as_text(logs):
    page = render(logs)
    assert "<script" not in page and "math&lt;script&gt;$x$" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page) and "http" not in re.sub(
        r'xmlns(:xlink)?="[^"]*"', "", page
    )
    assert "prefers-color-scheme: dark" in page and "@media print" in page
    for title in ("What was trained", "Did it work?", "What to distrust", "What this study cannot say"):
        assert f"<h2>{title}</h2>" in page
    assert page.count("<svg") == len(re.findall(r'<svg role="img"[^>]*>\s*<title>[^<]+</title>', page)) > 0
    tables = re.findall(r'download="[^"]+\.csv" href="data:text/csv;charset=utf-8,([^"]+)"', page)
    assert len(tables) == page.count("These numbers as CSV") and all("," in unquote(table) for table in tables)


def test_a_page_is_not_written_among_the_logs_of_others(logs, tmp_path):
    with pytest.raises(AssayError, match="name a file with -o"):
        write_page(logs)
    assert write_page(logs, tmp_path / "page.html").is_file()


def test_it_says_what_was_learnt_where_whole_intervals_say_so():
    study = study_of(run_of("random", ("math", "table"), (0.1, 0.3), control="random"))
    assert headline(study) == (
        "Training on one domain clearly raised it in 1 of 1 domains, and another domain in 0 of 1 cases; training on "
        "all raised 2 of 2."
    )
    said = " ".join(worked(study))
    assert "math rose by its own training (+40.0 points" in said
    assert "The mix is nowhere clearly ahead of the run of one domain." in said
    assert "clearly ahead of the same training paid by a coin in math and table" in said
    assert "The coin itself lowered math: there a lead over it" in " ".join(cautions(study))


def test_gains_are_over_each_baseline_that_the_study_has():
    columns = {"math": [TASKS[0]], "table": [TASKS[1]]}
    assert [m.title for m in matrices(study_of(), columns)] == [
        "Score",
        "Gain over the base",
        "Gain over the in-domain run",
    ]
    with_coin = matrices(study_of(run_of("random", ("math", "table"), (0.3, 0.3), control="random")), columns)
    gains = {name: cells for name, cells in with_coin[-1].rows}
    assert [cell.text for cell in gains["mix"]] == ["+30.0", "+30.0"] and gains["mix"][0].sign == "up"
    in_domain = with_coin[2]
    assert in_domain.heads == ("math",), "no run of the table's own"
    assert dict(in_domain.rows)["mix"][0].text == "-10.0" and dict(in_domain.rows)["mix"][0].sign == ""


def test_what_was_not_measured_is_said_and_not_drawn():
    titles = [chart.title for chart in charts_of_study(study_of())]
    assert titles == ["Every run in every domain", "Learning curves: reward in training", "Response length in training"]
    assert {told.partition(":")[0] for told in absent(study_of())} == {
        "pass@k of base and trained",
        "Gain over a random reward",
        "Being right beside following instructions",
        "The training verifier against a second one",
        "Difficulty filter",
        "Where the time went",
    }


def test_unequal_budgets_are_said_in_words():
    assert told_budgets(study_of().runs) == ""
    longer = study_of(run_of("table", ("table",), (0.3, 0.5), steps=25))
    assert (
        cautions(longer)[0] == "Budgets differ, in optimiser steps: table took 25 (2.5 times as many), the others 10."
    )


def measured(task, right, samples=4, problems=20):
    """The first problems are solved so often, the others never."""
    counts = {f"{task}{n}": right[n] if n < len(right) else 0 for n in range(problems)}
    return {name: Measurement(name, "m", c, samples, domain="math", source=task) for name, c in counts.items()}


@pytest.mark.parametrize(
    ("base", "trained", "says"),
    [
        ([1] * 6, [4] * 4, "caught up at k = 4, below it at k = 4"),  # sharper, on fewer problems
        ([1] * 8, [4] * 10, "above it up to k = 4"),
        ([4] * 8, [4] * 4, "not above it at k = 1"),
    ],
)
def test_where_the_base_catches_up_is_found(base, trained, says):
    task = Task("sums", "math", 20, 4)
    sides = [Reading(0.0, measured("sums", right)) for right in (base, trained)]
    runs = (Run("base", (), 0, {0: {"sums": sides[0]}}), Run("math", ("math",), 5, {5: {"sums": sides[1]}}))
    study = Study("s", (task,), runs)
    assert crossing(study, runs[1], "math", [1, 2, 4]) == says
    told = passes(study)
    assert told and list(told.steps) == [1, 2, 4] and f"math: {says}" in told.about


def test_a_study_without_a_base_is_refused():
    with pytest.raises(AssayError, match="has no base"):
        Study("s", TASKS, (run_of("math", ("math",), (0.5, 0.5)),))
    assert [run["name"] for run in to_json(study_of())["runs"]] == ["base", "math", "mix"]


def test_what_lies_between_seeds_is_told(logs):
    by_seed = {0: {"sums": 0.7, "tables": 0.3}, 1: {"sums": 0.5, "tables": 0.3}}
    study = study_of(run_of("science", ("science",), (0.6, 0.3), by_seed=by_seed))
    found = next(matrix for matrix in matrices(study, {"math": [TASKS[0]]}) if matrix.title == "Spread between seeds")
    ((name, (cell,)),) = [(name, cells) for name, cells in found.rows if any(cells)]
    assert (name, cell.text, cell.span) == ("science", "14.1", "50.0 to 70.0")
    told = " ".join(cautions(study))
    assert "14.1 where it is largest (science in math)" in told and "trained once" not in told
    assert not any(matrix.title == found.title for matrix in matrices(study_of(), {"math": [TASKS[0]]}))


def test_a_study_of_ours_shows_the_last_step_and_logs_the_best():
    readings = {step: {t.name: Reading(s) for t in TASKS} for step, s in ((0, 0.3), (5, 0.9), (10, 0.5))}
    runs = (run_of("base", (), (0.3, 0.3)), Run("math", ("math",), 10, readings))
    last, best = Study("s", TASKS, runs), Study("s", TASKS, runs, chosen=True)
    assert (last.step_of(runs[1]), best.step_of(runs[1])) == (10, 5)
    assert "best mean" not in " ".join(cautions(last)) and "best mean" in " ".join(cautions(best))
    assert [chart.title for chart in charts_of_study(last)].count("Learning curves: held-out accuracy") == 1


def test_fewer_problems_with_many_samples_is_said():
    task = Task("sums", "math", 20, 4)
    few, many = ({"sums": Reading(0.0, measured("sums", [n] * k))} for n, k in ((1, 6), (4, 4)))
    base = Run("base", (), 0, {0: few})
    (told,) = narrowed(Study("s", (task,), (base, Run("math", ("math",), 1, {1: many}))))
    assert told.startswith("With 4 samples a problem (pass@4)") and "math 30.0 to 20.0 %" in told
    assert narrowed(Study("s", (task,), (base, Run("math", ("math",), 1, {1: few})))) == []
