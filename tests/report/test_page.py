"""The page: honest sentence, whole tables, escaped model text, nothing from the network."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from assay.errors import AssayError
from assay.evaluate.run import evaluate
from assay.evaluate.suite import Suite
from assay.report.page import content, render, write_page
from assay.report.panels import PALETTE
from assay.report.summary import duration, headline, score_rows
from assay.types import Example, Rollout, Verdict

pytest.importorskip("matplotlib", reason="the page needs the extra 'report'")
pytest.importorskip("jinja2", reason="the page needs the extra 'report'")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
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
    seen = {"math": domain, "code": domain | {"reward": None}}
    steps = [{"step": n, "domains": seen, "entropy": 1.0, "grad_norm": 0.1, "loss": -0.1 * n} for n in range(1, 4)]
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
    assert said == "Held-out accuracy rose in 1 of 3 domains, fell in logic and did not clearly change in code."
    own = headline(changed({"sums": 0.4, "sums.jsonl": 0.4, "code": 0.05}))
    assert own == "Held-out accuracy rose in 1 of 2 domains and did not clearly change in code."
    none = headline(changed({"math": 0.05, "code": 0.0}))
    assert none == "Held-out accuracy did not clearly change in any of 2 domains."


def test_model_text_is_shown_and_never_rendered(run):
    page = render(run)
    assert re.findall("<script[^>]*>", page) == ['<script type="application/json" id="held">', "<script>"], "our two"
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7 * 7 }}" in page
    held = json.loads(re.search('id="held">(.*?)</script>', page, re.S)[1])
    assert [row["response"] for row in held["rows"]] == [HOSTILE] * 2 and held["of"] == 2
    script = re.search("<script>(.*?)</script>", page, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page, "the policy lets this one run, and no other"


def test_the_page_needs_nothing_else(run):
    page = write_page(run).read_text("utf-8")
    named = re.findall(r'(?:src|href)="(?!#)([^"]+)"|url\((?!#)([^)]+)\)', page)
    assert all(link.startswith("data:text/csv") for link, _ in named) and len(named) == 4
    assert render(run) == page, "the same run gives the same page"


def test_no_rise_is_told_where_nothing_changed(run):
    (run / "eval" / "changes.json").write_text(json.dumps(changed({"math": 0.05, "code": 0.0})))
    page = render(run)
    assert 'class="up"' not in page and "gained" not in page and " rose " not in page


class Page(HTMLParser):
    """Tables with their parts, and what other tags say."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.headers, self.captions, self.names = 0, [], 0, []
        self.open = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.open.append((tag, given.get("class")))
        if tag == "table":
            self.tables += 1
            assert self.open[-2] == ("div", "scroll"), "a wide table scrolls by itself"
        self.captions += tag == "caption"
        self.headers += [given.get("scope")] if tag == "th" else []
        self.names += [given["id"]] if "id" in given else []

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass


@pytest.fixture
def evaluated(tmp_path):
    """An evaluation of recorded answers, of which every second is right."""
    asked = [Example(prompt=f"{n} + 1 = ?", reference=n + 1, verifier="number", domain="math") for n in range(4)]
    rows = [{"prompt": ex.text, "responses": [str(ex.reference), HOSTILE]} for ex in asked]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    suite = Suite(sources=({"name": "math/arithmetic"},), samples=2, k=(1, 2))
    evaluate(str(tmp_path / "said.jsonl"), suite, out=tmp_path / "evaluated", examples=asked)
    return tmp_path / "evaluated"


@pytest.mark.parametrize("kind", ["run", "evaluated"])
def test_tables_are_described_and_names_are_unique(kind, request):
    page = Page(render(request.getfixturevalue(kind)))
    assert page.tables == page.captions == 1
    assert page.headers and set(page.headers) == {"col", "row"}
    assert len(page.names) == len(set(page.names))


MEASURE = """<script>
onload = () => { document.title = JSON.stringify([...document.querySelectorAll("iframe")].map(frame => {
  const page = frame.contentDocument, wide = page.documentElement.clientWidth;
  const all = [...page.querySelectorAll("main *")], cells = all.filter(one => /^T[HD]$/.test(one.tagName));
  return {
    beyond: all.filter(one => one.getBoundingClientRect().right > wide + 1).map(one => one.outerHTML.slice(0, 80)),
    scrolled: all.filter(one => one.scrollWidth > one.clientWidth && one.className == "scroll").length,
    cut: cells.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent),
    hidden: cells.filter(one => one.textContent && !one.getBoundingClientRect().height).length,
    small: [...page.querySelectorAll("svg text")].filter(one => one.getBoundingClientRect().height < 10.9).length,
  }}))}
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="a browser is needed")
def test_a_phone_shows_every_column_without_scrolling_and_charts_that_can_be_read(run, evaluated, tmp_path):
    pages = [render(evaluated), render(run)]
    for side in ("before", "after"):
        path = run / "eval" / side / "scores.json"
        found = json.loads(path.read_text())
        for row in found["rows"]:
            row["passes"] = {str(k): estimate(1.0) for k in (1, 2, 4, 8, 16)}
        path.write_text(json.dumps(found))
    pages.append(render(run))
    frames = [
        f'<iframe style="width: {wide}px; height: 800px" srcdoc="{escape(page)}"></iframe>'
        for page in pages
        for wide in (320, 390)
    ]
    (tmp_path / "phones.html").write_text("<!doctype html>" + "".join(frames) + MEASURE)
    flags = ["--headless=new", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [BROWSER, *flags, "--dump-dom", f"file://{tmp_path / 'phones.html'}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    measured = json.loads(unescape(re.search("<title>(.*?)</title>", done.stdout, re.S)[1]))
    assert measured == [{"beyond": [], "scrolled": 0, "cut": [], "hidden": 0, "small": 0}] * len(frames)


def test_every_chart_has_a_name_and_its_numbers(run):
    page = render(run)
    pictures = re.findall(r'<svg role="img".*?</svg>', page, re.S)
    assert len(pictures) == page.count("<svg") == 8, "no panel for what was not measured"
    assert all(re.search(r"<title>[^<]+: .* at step 3</title>", picture) for picture in pictures)
    tables = [chart.data for chart in content(run)["charts"]]
    assert [unescape(link) for link in re.findall(r'href="(data:[^"]+)"', page)] == tables
    assert unquote(tables[0].partition(",")[2]) == "step,math,code\n1,0.5,\n2,0.5,\n3,0.5,\n"
    optimised = unquote(tables[3].partition(",")[2]).splitlines()
    assert optimised[0].startswith("step,loss,learning rate,KL to the starting policy,")
    assert optimised[2] == "2,-0.2,,,,1.0,0.1,0.5"
    assert "KL was not measured" in page


def test_the_axis_counts_whole_steps(run):
    for picture in re.findall(r"<svg.*?</svg>", render(run), re.S):
        before_label = picture.partition(">step<")[0]
        assert re.findall(r"<text[^>]*>([^<]+)</text>", before_label) == ["1", "2", "3"]


@pytest.mark.filterwarnings("error")
def test_a_run_of_one_step_has_charts(run):
    one = (run / "metrics.jsonl").read_text().splitlines()[0]
    (run / "metrics.jsonl").write_text(one + "\n")
    page = render(run)
    assert page.count("<svg") == 8 and "1 at step 1" in page
    assert [len(chart.steps) for chart in content(run)["charts"]] == [1] * 4
    (run / "metrics.jsonl").unlink()
    assert "<svg" not in render(run)


def test_charts_follow_the_theme(run):
    page = render(run)
    pictures = "".join(re.findall(r"<svg.*?</svg>", page, re.S))
    assert not re.search("#[0-9a-f]{6}", pictures), "every colour is a variable"
    assert set(re.findall(r"var\(--(\w+)\)", page)) <= {*PALETTE, "narrow"}
    light, dark = page.split("@media (prefers-color-scheme: dark)")
    for name, (on_light, on_dark) in PALETTE.items():
        assert f"--{name}: {on_light};" in light and f"--{name}: {on_dark};" in dark
    assert len({on_light for on_light, _ in PALETTE.values()}) == len(PALETTE)


def test_what_was_expected_stands_beside_each_rollout(run, evaluated):
    for page, rollouts in ((render(run), 2), (render(evaluated), 4)):
        said = re.findall(r'<div class="said .*?</div></div>', page, re.S)
        assert len(said) == rollouts and all("expected <code>" in one for one in said)
    assert "incorrect</b>, expected <code>1</code>: &lt;script" in render(run)
    assert "<h3>expected</h3><pre>1</pre>" in render(run)
    for side, read in (("before", "one line"), ("after", "two\nlines")):
        path = run / "eval" / side / "rollouts" / "open.jsonl"
        row = json.loads(path.read_text())
        path.write_text(json.dumps(row | {"verdict": row["verdict"] | {"read": read}}) + "\n")
    assert "incorrect</b>, read <code>one line</code>, expected <code>1</code>" in render(run)
    assert "two\nlines" not in render(run)


def test_a_long_reference_is_cut_and_escaped(run):
    example = json.loads((run / "examples.jsonl").read_text())
    example["reference"] = {"tests": [HOSTILE * 100, "x" * 9000], "entry_point": "f"}
    (run / "examples.jsonl").write_text(json.dumps(example) + "\n")
    page = render(run)
    assert "tests:\n&lt;script&gt;" in page and "entry_point: f</pre>" in page
    assert "characters left out" in page and "x" * 5000 not in page and page.count("<script") == 2


def test_name_model_date_and_duration_come_from_the_run(run):
    about = content(run)["about"]
    assert about["run"] == run.name and about["started"] == about["duration"] == "not recorded"
    rows = [{"started": "2026-01-31T23:59:00+00:00"}, {"seconds": 100.2}, {"started": "2026-02-01T09:00:00+00:00"}]
    (run / "times.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (run / "run.json").write_text(
        json.dumps({"kind": "train", "fingerprint": "f", "recipe": {"model": {"path": "tiny"}, "grpo": {"steps": 9}}})
    )
    about = content(run)["about"]
    assert (about["model"], about["started"]) == ("tiny", "2026-01-31 23:59 UTC")
    assert about["training steps"] == "3 of 9"
    assert about["duration"].startswith("1 min 40 s; a part was cut short")
    assert (duration(59.6), duration(7199.7)) == ("1 min 00 s", "2 h 00 min")


def test_an_evaluation_has_a_page(evaluated):
    page = render(evaluated)
    shown = page.partition("</style>")[2].partition("<script")[0]
    assert "said.jsonl: 50.0\xa0% correct over 4 problems (95\xa0% interval" in page
    assert "1 of 2 correct" in page and "before" not in shown
    assert "not recorded" not in page and "pass@2" in page
    (evaluated / "scores.json").unlink()
    with pytest.raises(AssayError, match="no scores yet: run `assay eval` again"):
        render(evaluated)


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
