"""Two runs on the same problems: pairs, flips both ways, what differs, and a table that fits a terminal."""

import json

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.errors import AssayError
from assay.evaluate.compare import compare
from assay.models.engine import Sampling
from assay.rollout.measure import measure
from assay.rollout.runs import open_run
from assay.types import Example

DOMAINS = ("math", "logic")
ASKED = [
    Example(prompt=f"{n} + 1 = ?", reference=n + 1, verifier="number", domain=domain, source=f"{domain}/sums")
    for domain, start in zip(DOMAINS, (0, 100), strict=True)
    for n in range(start, start + 8)
]


def answered(path, right, examples=ASKED, samples=2, name="said", temperature=1.0):
    """A measurement in which the problems of those numbers are right `right(n)` times."""
    rows = []
    for number, ex in enumerate(examples):
        good = right(number)
        said = [f"\\boxed{{{ex.reference}}}"] * good + ["It is \x1b[31m77\x1b[0m."] * (samples - good)
        rows.append({"prompt": ex.asked_text, "responses": said})
    path.mkdir()
    (path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sampling = Sampling(temperature=temperature)
    measure(str(path / f"{name}.jsonl"), examples, samples=samples, sampling=sampling, out=path / "run")
    return path / "run"


def opened(*paths):
    return [open_run(path, "measure") for path in paths]


def ran(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_what_rose_and_what_fell_is_paired_by_problem(tmp_path):
    a = answered(tmp_path / "a", lambda n: n % 2)
    b = answered(tmp_path / "b", lambda n: 2 if n < 8 else 0)
    found = compare(*opened(a, b))
    rows = {row.name: row for row in found.rows}
    assert list(rows) == ["all", "math", "math/sums", "logic", "logic/sums"]
    assert (rows["math"].before, rows["math"].after, rows["math"].change.value) == (0.25, 1, 0.75)
    assert (rows["math"].up, rows["math"].down, rows["logic"].up, rows["logic"].down) == (8, 0, 0, 4)
    assert rows["all"].change.value == pytest.approx(0.25) and rows["all"].change.questions == 16
    assert rows["math"].p < 0.05 < rows["logic"].p <= 1 and rows["math/sums"].p is None
    assert sorted(flip.change for flip in found.flips) == [-0.5] * 4 + [0.5] * 4 + [1] * 4
    back = compare(*opened(b, a))
    assert back.rows[0].change.value == -found.rows[0].change.value
    assert found.alone == (0, 0) and not found.differs


def test_what_else_differs_is_named_and_asks_for_a_flag(tmp_path):
    a = answered(tmp_path / "a", lambda n: 1)
    warm = answered(tmp_path / "warm", lambda n: 1, temperature=0.5)
    fewer = answered(tmp_path / "fewer", lambda n: 1, ASKED[:12])
    for other, says in ((warm, "sampling.temperature: 1.0 in "), (fewer, "problems: 4 problems only in ")):
        done = ran("compare", a, other)
        assert done.exit_code == 2 and says in done.output and "--different" in done.output, done.output
        assert ran("compare", a, other, "--different").exit_code == 0
    told = ran("compare", a, fewer, "--different").output
    assert "Only in A, and in no number: 4 problems." in told and "Differs: problems" in told
    assert "rescore" not in ran("compare", a, warm).output
    changed = json.loads((warm / "run.json").read_text())
    changed["verifiers"]["number"] += 1
    (warm / "run.json").write_text(json.dumps(changed))
    assert "assay rescore" in ran("compare", a, warm).output


def test_another_reference_is_the_same_problem_and_another_problem_is_none(tmp_path):
    a = answered(tmp_path / "a", lambda n: 2)
    moved = [Example(prompt=ex.text, reference=ex.reference, verifier="math", domain=ex.domain) for ex in ASKED]
    b = answered(tmp_path / "b", lambda n: 1, moved)
    found = compare(*opened(a, b), different=True)
    assert found.rows[0].change.value == -0.5 and found.alone == (0, 0) and len(found.flips) == 16
    assert all(flip.to_json()["before_id"] != flip.to_json()["example_id"] for flip in found.flips)
    c = answered(tmp_path / "c", lambda n: 1, [Example(prompt="7 + 7 = ?", reference=14, verifier="number")])
    with pytest.raises(AssayError, match="share no problem"):
        compare(*opened(a, c), different=True)


def test_the_table_and_the_responses_fit_a_terminal(tmp_path):
    a = answered(tmp_path / "a", lambda n: n % 3)
    b = answered(tmp_path / "b", lambda n: (n + 1) % 3)
    done = ran("compare", a, b, "--show", 4)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert all(len(line) <= 80 for line in lines[2:]), max(lines[2:], key=len)
    assert "\x1b" not in done.output and "\\x1b[31m77" in done.output
    assert sum(line.startswith("up  ") for line in lines) == sum(line.startswith("down  ") for line in lines) == 2
    assert "correct, read" in done.output and "expected: " in done.output
    told = json.loads(ran("compare", a, b, "--json").output)
    assert {row["name"] for row in told["rows"]} == {"all", "math", "logic", "math/sums", "logic/sums"}
    assert all(flip["before"] != flip["after"] for flip in told["flips"])


def test_what_is_no_run_is_told(tmp_path):
    a = answered(tmp_path / "a", lambda n: 1)
    (tmp_path / "file.jsonl").write_text("{}")
    (tmp_path / "empty").mkdir()
    train = tmp_path / "train"
    (train / "eval" / "before").mkdir(parents=True)
    for where, kind in ((train, "train"), (train / "eval" / "before", "measure")):
        (where / "run.json").write_text(json.dumps({"kind": kind, "fingerprint": "x"}))
    for name, says in (
        ("nowhere", "does not exist"),
        ("file.jsonl", "is a file: name the directory"),
        ("empty", "holds no run of ours"),
        ("train", "eval/before"),
        ("train/eval/before", "holds no rollouts yet"),
    ):
        done = ran("compare", a, tmp_path / name)
        assert done.exit_code == 2 and says in done.output, done.output
    (a / "examples.jsonl").write_text('{"prompt": 3}\n')
    assert "examples.jsonl:1: not an Example" in ran("compare", a, a).output
    (a / "examples.jsonl").unlink()
    assert "give its command again" in ran("compare", a, a).output
