"""Where the reward came from: what flipped stands on one page with responses, readings, reasons and advantages."""

import json
import re

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.files import write_jsonl
from assay.journal import owned
from assay.models.engine import Sampling
from assay.rollout.measure import measure
from assay.rollout.store import RolloutStore
from assay.types import Example, Rollout, Verdict

pytest.importorskip("jinja2", reason="the page needs the extra 'report'")

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}"
ASKED = [
    Example(prompt=f"{HOSTILE} {n} + 1 = ?", reference=n + 1, verifier="number", domain=domain, source=f"{domain}/sums")
    for n, domain in enumerate(["math"] * 4 + ["logic"] * 4)
]


def answered(path, right):
    """A measurement with four samples of each problem, of which so many are right."""
    path.mkdir()
    said = [
        {"prompt": ex.asked_text, "responses": [f"{HOSTILE} \\boxed{{{ex.reference}}}"] * good + [HOSTILE] * (4 - good)}
        for ex, good in zip(ASKED, right, strict=True)
    ]
    write_jsonl(path / "said.jsonl", said)
    measure(str(path / "said.jsonl"), ASKED, samples=4, sampling=Sampling(), out=path / "run")
    return path / "run"


def ran(*arguments):
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_comparison_shows_what_flipped(tmp_path):
    a = answered(tmp_path / "a", [0, 0, 4, 4, 2, 2, 2, 2])
    b = answered(tmp_path / "b", [4, 3, 4, 0, 2, 2, 2, 2])
    assert f"page: {tmp_path / 'page.html'}" in ran("compare", a, b, "--page", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "<h1>A and B do not clearly differ" in page and page.count("<details") == 3
    assert page.index("up +100.0") < page.index("down -100.0") < page.index("up +75.0"), (
        "largest first, both ways in turn"
    )
    assert "A: 0 of 4 right (0.0 to 49.0 %)" in page and "B: 3 of 4 right (30.1 to 95.4 %)" in page
    advantages = re.findall(r"<dt>advantage</dt><dd>([^<]*)</dd>", page.partition("up +75.0")[2])
    assert advantages == ["+0.00"] * 4 + ["+0.25"] * 3 + ["-0.75"]
    assert "<script" not in page and "&lt;script&gt;" in page and "{{ 7 * 7 }}" in page
    assert "default-src 'none'" in page
    ran("compare", a, b, "--page", tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text("utf-8") == page, "the same runs give the same page"
    wrong = CliRunner().invoke(main, ["compare", str(a), str(b), "--page", str(a / "run.json")])
    assert wrong.exit_code == 2 and "is what is read: name another file" in wrong.output


def test_a_training_judged_again_shows_whose_gradient_flips(tmp_path):
    run, right, wrong = tmp_path / "run", Verdict.of(True, read="old"), Verdict.of(False, read="old", why=HOSTILE)
    with owned(run, {"kind": "train"}):
        write_jsonl(run / "examples.jsonl", (example.to_json() for example in ASKED))
        rows = []
        for place, (texts, verdicts) in enumerate([(("1", "9"), (wrong, right)), (("2", "2"), (right, wrong))]):
            for index, (text, verdict) in enumerate(zip(texts, verdicts, strict=True)):
                told = Rollout(
                    example_id=ASKED[place].id, group_id=f"0.{place}", index=index, response=text, verdict=verdict
                )
                rows.append({"step": 1, **told.to_json()})
        RolloutStore(run).append(rows)
    before = (run / "rollouts" / "open.jsonl").read_bytes()
    shown = ran("rescore", run, "--page", tmp_path / "page.html", "--show", "1")
    assert "advantage -0.50" in shown and "advantage +0.50" in shown and shown.count("expected:") == 1
    page = (tmp_path / "page.html").read_text("utf-8")
    title = "3 of 4 verdicts change. Of the advantages 2 change their sign, 2 become zero and 0 are zero no more."
    assert f"<h1>{title}</h1>" in page
    assert page.count("<details") == 3 and "as stored" in page and "as judged now" in page
    first = page.partition("<details open>")[2].partition("</details>")[0]
    assert "incorrect → correct" in first and re.findall(r"<dd>([+-]0\.50)</dd>", first) == ["-0.50", "+0.50"]
    assert "&lt;script&gt;" in page and "<script" not in page
    assert (run / "rollouts" / "open.jsonl").read_bytes() == before
    found = json.loads(ran("rescore", run, "--json"))
    assert [shift["advantages"] for shift in found["shifts"]] == [[-0.5, 0.5], [0.5, -0.5], [-0.5, 0.0]]
