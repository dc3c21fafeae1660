"""The page: honest sentence, whole tables, escaped model text, nothing from the network."""

import json
import re

import pytest

from assay.errors import AssayError
from assay.report.page import content, headline, render, score_rows, write_page
from assay.types import Example, Rollout, Verdict

pytest.importorskip("matplotlib", reason="the page needs the extra 'report'")
pytest.importorskip("jinja2", reason="the page needs the extra 'report'")

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}"


def estimate(value, width=0.1):
    return {"value": value, "low": value - width, "high": value + width, "questions": 8}


def domain_of(name):
    return "" if name == "all" else name.partition("/")[0].removesuffix(".jsonl")


def changed(values):
    return {name: estimate(value) | {"domain": domain_of(name)} for name, value in values.items()}


def scores(values):
    given = {"uncounted": 1, "verdicts": {}}
    rows = [
        {"name": n, "avg": estimate(v), "passes": {"1": estimate(v)}, "domain": domain_of(n), **given}
        for n, v in values.items()
    ]
    return {"model": "m", "samples": 4, "fingerprint": "f", "rows": rows}


@pytest.fixture
def run(tmp_path):
    example = Example(prompt=HOSTILE, reference=1, verifier="number", domain="math", source="math/arithmetic")
    rollout = Rollout(
        example_id=example.id, model="m", response=HOSTILE, verdict=Verdict.of(False, read=HOSTILE, why=HOSTILE)
    )
    (tmp_path / "run.json").write_text(json.dumps({"kind": "train", "fingerprint": "f", "recipe": {"seed": 0}}))
    (tmp_path / "examples.jsonl").write_text(json.dumps(example.to_json()) + "\n")
    domain = {"reward": 0.5, "length": 3.0, "rollouts": 8, "groups": 2, "dead_groups": 1, "verdicts": {"correct": 4}}
    steps = [
        {"step": n, "domains": {"math": domain, "code": domain | {"reward": None}}, "entropy": 1.0, "grad_norm": 0.1}
        for n in range(1, 4)
    ]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(s) + "\n" for s in steps))
    for name, value in (("before", 0.2), ("after", 0.6)):
        folder = tmp_path / "eval" / name
        folder.mkdir(parents=True)
        (folder / "rollouts").mkdir()
        (folder / "rollouts" / "open.jsonl").write_text(json.dumps(rollout.to_json()) + "\n")
        table = {"all": value, "math": value, "math/arithmetic": value, "code": value}
        (folder / "scores.json").write_text(json.dumps(scores(table)))
    changes = changed({"math": 0.4, "code": 0.05, "math/arithmetic": 0.4})
    (tmp_path / "eval" / "changes.json").write_text(json.dumps(changes))
    return tmp_path


def test_the_sentence_is_honest():
    assert headline({}) == "This run has no held-out comparison."
    said = headline(changed({"math": 0.4, "code": 0.05, "logic": -0.3, "math/x": 1}))
    assert said == "Held-out accuracy rose in 1 of 3 domains; no clear change in code; it fell in logic."
    own = headline(changed({"sums": 0.4, "sums.jsonl": 0.4, "code": 0.05}))
    assert own == "Held-out accuracy rose in 1 of 2 domains; no clear change in code."


def test_model_text_is_shown_and_never_rendered(run):
    page = render(run)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7 * 7 }}" in page


def test_the_page_needs_nothing_else(run):
    page = write_page(run).read_text("utf-8")
    fetched = re.findall(r'(?:src|href)="(?!#)([^"]+)"|url\((?!#)([^)]+)\)', page)
    assert fetched == []
    assert page.count("<svg") == 4
    assert render(run) == page, "the same run gives the same page"


def test_only_what_was_checked_is_said_of_held_out_problems(run):
    assert "never saw" not in render(run)
    (run / "eval" / "overlap.json").write_text('{"problems": 12, "shared": 0}')
    assert "problems that training never saw (checked by problem: 0 of 12 shared)" in render(run)
    (run / "eval" / "overlap.json").write_text('{"problems": 12, "shared": 3}')
    assert "some of which training saw (checked by problem: 3 of 12 shared)" in render(run)


def test_the_page_of_a_running_job_changes_none_of_its_files(run):
    """Half a line is what a writer leaves between two writes; whoever cuts it off destroys the row."""
    for path in (run / "metrics.jsonl", run / "eval" / "after" / "rollouts" / "open.jsonl"):
        with path.open("a") as file:
            file.write('{"step": 4, "dom')
    (run / "eval" / "changes.json").unlink()
    (run / "eval" / "after" / "scores.json").unlink()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    write_page(run)
    (run / "report.html").unlink()
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_every_row_of_the_table_is_there(run):
    names = [row["name"] for row in content(run)["rows"]]
    assert names == ["all", "math", "math/arithmetic", "code"]
    assert [r["name"] for r in score_rows(None, scores({"all": 1, "instruction": 1, "instruction/x": 1}), {})] == [
        "all",
        "instruction",
        "instruction/x",
    ]
    own = {"all": 1, "sums": 1, "sums.jsonl": 1, "math": 1, "math/gsm8k": 1}
    kinds = [(row["name"], row["kind"]) for row in score_rows(None, scores(own), {})]
    assert [name for name, kind in kinds if kind == "domain"] == ["math", "sums"]
    assert kinds[-1] == ("sums.jsonl", "source")


def test_a_directory_without_a_run_is_named(tmp_path):
    with pytest.raises(AssayError, match="holds no run"):
        write_page(tmp_path)
