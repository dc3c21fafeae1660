"""The server of the page: this machine alone, reading alone; mistakes are told in a sentence before it begins."""

import http.client
import json
import os
import signal
import subprocess
import sys
from threading import Thread
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from watched import ASKED, FACTS, said, write_step

from assay.cli import main
from assay.errors import AssayError
from assay.journal import Journal, claim, is_worked_in, owned, release
from assay.report.browser import RolloutBrowser
from assay.report.panels import DOMAIN_COLOURS, PALETTE
from assay.rollout import store as room
from assay.rollout.store import RolloutStore
from assay.types import Example
from assay.watch.live import LiveRun
from assay.watch.server import FILES, Server


@pytest.fixture(scope="module")
def served(run):
    with Server(run, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    return answer, answer.read().decode()


def test_only_this_machine_under_its_own_name_and_only_reading(served):
    assert served.server_address[0] == "127.0.0.1"
    for path in FILES:
        answer, text = ask(served, path)
        assert answer.status == 200 and text, path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert (
            answer.headers["X-Content-Type-Options"] == "nosniff"
            and "Access-Control-Allow-Origin" not in answer.headers
        )
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text
        assert "innerHTML" not in text and "insertAdjacentHTML" not in text and "document.write" not in text
    for host in ("evil.example", "127.0.0.1", "localhost:1", ""):
        answer, _ = ask(served, "/api/run", Host=host)
        assert answer.status == 421, host
    assert ask(served, "/api/run", Host=f"localhost:{served.server_port}")[0].status == 200
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert ask(served, "/api/run", method)[0].status == 501
    for path in ("/../run.json", "/run.json", "/watch.html", "//etc/passwd", "/api/", "/api/rollouts/"):
        assert ask(served, path)[0].status == 404, path
    answer, text = ask(served, "/", "HEAD")
    assert answer.status == 200 and not text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/rollouts?sort=scroe", "did you mean 'score'"),
        ("/api/rollouts?limit=-1", "limit is a whole number"),
        (f"/api/rollouts?offset={'9' * 5000}", "offset is a whole number"),
        ("/api/rollout?key=nowhere/0/x", "no rollout"),
        (f"/api/rollout?key={quote('training/1/9' * 99)}", "no rollout"),
        ("/api/rollout", "no rollout"),
    ],
)
def test_a_wrong_question_gets_a_sentence(served, path, says):
    answer, text = ask(served, path)
    assert answer.status == 409 and says in json.loads(text)["error"]


def test_rows_are_filtered_counted_and_paged(served):
    found = json.loads(ask(served, "/api/rollouts?domain=math&status=correct&limit=3&sort=-tokens")[1])
    assert found["total"] >= 8 and len(found["rows"]) == 3 and found["rows"][0]["tokens"] == 11
    counts = {name: dict(values) for name, values in found["counts"].items()}
    assert counts["status"]["incorrect"] and set(counts["domain"]) == {"math", "logic", "code"}
    assert "error" not in counts["status"], "what never occurred is not offered"
    assert json.loads(ask(served, "/api/rollouts?domain=nowhere")[1])["total"] == 0
    stamp = json.loads(ask(served, "/api/run")[1])["stamp"]
    assert json.loads(ask(served, f"/api/run?stamp={stamp}")[1]) == {"stamp": stamp}, "nothing new, nothing sent"


@pytest.fixture
def folder(tmp_path):
    with owned(tmp_path / "run", FACTS):
        (tmp_path / "run" / "examples.jsonl").write_text("".join(json.dumps(e.to_json()) + "\n" for e in ASKED))
    return tmp_path / "run"


def keys(browser):
    return {row["key"]: row["step"] for row in browser.rows({"limit": "1000"})["rows"]}


def test_the_index_follows_journal_shards_and_a_run_that_goes_back(folder, monkeypatch):
    monkeypatch.setattr(room, "SHARD_ROWS", 24)
    browser = RolloutBrowser(folder)
    assert browser.rows({})["of"] == 0
    seen = {}
    for step in (1, 2, 3, 4):
        write_step(folder, step)
        seen |= {f"training/{index}/{step}.{place}": step for place in range(4) for index in range(4)}
        assert keys(browser) == seen
    version = browser.look()
    assert browser.look() == version, "nothing new"
    with owned(folder, FACTS):
        journal = RolloutStore(folder).journal.path
        text = journal.read_text()
        RolloutStore(folder).keep(lambda row: row["step"] <= 2)  # a killed run resumes
    assert set(keys(browser).values()) == {1, 2}
    write_step(folder, 3)
    assert keys(browser) == keys(RolloutBrowser(folder)), "as one who comes now sees it"
    journal.write_text(text + '{"half of a line')  # what a crash left, and a row twice
    assert keys(browser) == keys(RolloutBrowser(folder))
    for key in keys(browser):
        assert browser.rollout(key)["key"] == key
    journal.write_text('{"not": "ours"}\n')
    with pytest.raises(AssayError, match="no run of ours wrote"):
        browser.look()


def test_a_sealed_problem_is_not_shown(tmp_path):
    sealed = Example(
        prompt="secret question", reference="secret", verifier="text", domain="math", extra={"sealed": "key"}
    )
    with owned(tmp_path / "run", FACTS):
        (tmp_path / "run" / "examples.jsonl").write_text(json.dumps(sealed.to_json()) + "\n")
        RolloutStore(tmp_path / "run").append(
            [{"step": 1, **said(sealed, 0, "correct", seal="key", response="secret")}]
        )
    browser = RolloutBrowser(tmp_path / "run")
    [row] = browser.rows({})["rows"]
    assert "secret" not in json.dumps(browser.rollout(row["key"])) + json.dumps(browser.embedded())


def test_scores_are_told_as_the_report_tells_them(folder):
    one = {"value": 0.0125, "low": -0.017, "high": 0.047, "questions": 80}
    rows = [{"name": name, "domain": domain, "avg": one, "uncounted": 1, "passes": {}, "verdicts": {}}
            for name, domain in (("all", ""), ("math", "math"))]  # fmt: skip
    for side in ("before", "after"):
        (folder / "eval" / side).mkdir(parents=True)
        (folder / "eval" / side / "scores.json").write_text(json.dumps({"samples": 4, "model": side, "rows": rows}))
    clear = one | {"low": 0.001, "domain": "math"}
    (folder / "eval" / "changes.json").write_text(json.dumps({"math": clear}))
    content = LiveRun(folder).content()
    assert content["headline"] == "Held-out accuracy rose in 1 of 1 domains."
    assert content["scores"]["heads"] == ["domain or source", "before", "after", "change", "problems", "not counted"]
    side, change = ("1.2", "-1.7 to 4.7"), ("+1.2", "+0.1 to +4.7", "up")
    assert content["scores"]["rows"][1] == ("domain", "math", [side, side, change, ("80", ""), ("2", "")])
    assert content["scores"]["caption"].startswith("Accuracy (avg@4) on problems")


def test_a_run_says_how_it_stands(tmp_path, folder):
    starting = LiveRun(folder).content()
    assert starting["headline"] == "Stopped at step 0 of 3: give the same command again, and it goes on."
    claim(folder, FACTS)
    assert is_worked_in(folder)
    assert LiveRun(folder).content()["headline"] == "The run is starting: no step is done yet."
    write_step(folder, 1)
    assert LiveRun(folder).content()["headline"] == "Training: step 1 of 3."
    release(folder)
    assert not is_worked_in(folder) and LiveRun(folder).state() == "stopped"
    (folder / "policy").mkdir()
    assert LiveRun(folder).state() == "finished"
    live = LiveRun(folder)
    (folder / "run.json").unlink()
    with pytest.raises(AssayError, match="was the run deleted"):
        live.content()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", "does not exist: name a directory"),
        ("file", "is a file: name a directory"),
        ("empty", "holds no run: name a directory"),
        ("arms", "holds several runs: name one of them"),
        ("corpus", "its page is `assay report"),
    ],
)
def test_what_cannot_be_watched_is_said_first(tmp_path, name, says):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "manifest.json").write_text("{}")
    with owned(tmp_path / "arms" / "truth", FACTS):
        done = CliRunner().invoke(main, ["watch", str(tmp_path / name)])
    assert done.exit_code == 2 and says in done.output, done.output


def test_it_ends_quietly_and_a_taken_port_is_said(run):
    command = [sys.executable, "-m", "assay", "watch", str(run), "--port", "0"]
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite in the background ignores it
    )
    port = server.stdout.readline().split(":")[-1].split("/")[0]
    taken = CliRunner().invoke(main, ["watch", str(run), "--port", port])
    assert taken.exit_code == 2 and f"port {port} is taken: name another with --port" in taken.output
    os.kill(server.pid, signal.SIGINT)
    out, err = server.communicate(timeout=30)
    assert server.returncode == 0 and not err and not out.strip()


def test_it_waits_for_a_run_that_is_about_to_begin(tmp_path):
    command = [sys.executable, "-m", "assay", "watch", str(tmp_path / "run"), "--port", "0", "--wait"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert "waiting for" in server.stderr.readline()
        write_step(tmp_path / "run", 1)
        assert "http://127.0.0.1:" in server.stdout.readline()
    finally:
        server.kill()
        server.communicate()


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_contrast_is_that_of_wcag_aa(theme):
    """4.5 for text (1.4.3), 3 for edges, the focus and lines of charts (1.4.11)."""
    colour = {name: pair[theme] for name, pair in PALETTE.items()}
    for paper in ("paper", "shade"):
        for ink in ("ink", "soft", "good", "bad"):
            assert contrast(colour[ink], colour[paper]) >= 4.5, (ink, paper)
    for name in ("edge", "focus", *DOMAIN_COLOURS):
        assert contrast(colour[name], colour["paper"]) >= 3, name


def test_a_run_that_diverges_and_files_that_are_broken_are_still_answered(tmp_path):
    write_step(tmp_path, 1)
    row = {"step": 2, "domains": {}, "loss": float("nan"), "grad_norm": float("inf"), "seconds": 1.0}
    with owned(tmp_path, FACTS):
        Journal(tmp_path / "metrics.jsonl", "step").append([row])
    with Server(tmp_path, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        answer, text = ask(server, "/api/run")
        assert answer.status == 200 and "NaN" not in text and "Infinity" not in text
        (tmp_path / "notes.json").write_text("5")
        answer, text = ask(server, "/api/run")
        assert answer.status in (200, 409, 500) and json.loads(text)
        server.shutdown()
