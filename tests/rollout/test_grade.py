"""Grading files: order, broken lines, atomic output, counts."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from assay.judging.session import verify_many
from assay.rollout.grade import atomic_output, grade_file, grade_lines, pass_rate
from assay.types import Example


def _line(response: str, reference: object = 5, verifier: str = "number", **more: object) -> str:
    return json.dumps({"verifier": verifier, "reference": reference, "response": response, **more})


def test_order_ids_and_fields() -> None:
    rows = list(grade_lines([_line("5", id="a"), _line("6"), _line("no idea", id=3)], deadline=20))
    assert [row["status"] for row in rows] == ["correct", "incorrect", "no_answer"]
    assert [row["id"] for row in rows] == ["a", None, 3]
    assert set(rows[0]) == {"id", "status", "score", "read", "why", "seconds", "verifier", "version"}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "garbage",
        "[1]",
        "[" * 100_000,
        b"\xff\xfe",
        '{"verifier":"number"}',
        _line("5", verifier="nmber"),
        _line("5", params={"tolerence": 1}),
        _line("5", reference="abc"),
        _line("5", prompt=[1]),
        '{"verifier":"number","reference":NaN,"response":"5"}',
        '{"verifier":"number","reference":5,"response":5}',
    ],
)
def test_a_broken_line_is_an_error_and_the_rest_goes_on(line: str | bytes) -> None:
    rows = list(grade_lines([_line("5"), line, _line("5")], deadline=20))
    assert [row["status"] for row in rows] == ["correct", "error", "correct"]
    assert rows[1]["why"].startswith("line 2: ") and rows[1]["score"] is None


class Slowly(io.RawIOBase):
    """A binary handle that gives a few bytes at a time, and says how far it was read."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data, self.step, self.read_to = data, step, 0

    def read1(self, size: int = -1) -> bytes:
        piece = self.data[self.read_to : self.read_to + self.step]
        self.read_to += len(piece)
        return piece


def test_a_misspelt_field_is_named() -> None:
    (row,) = grade_lines([json.dumps({"verifier": "number", "referense": 5, "response": "5"})], deadline=20)
    assert row["why"] == "line 1: the line has no reference; did you mean 'referense'?"


@pytest.mark.parametrize("step", [1, 7, 100, 10_000])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_handle_is_judged_as_it_comes_and_ends_as_a_list_of_its_lines_does(step: int, end: str) -> None:
    lines = ["\ufeff" + _line("5", id="é"), "", _line("6"), "no row", *(_line(str(n)) for n in range(9))]
    source = Slowly(("\n".join(lines) + end).encode(), step)
    found, places = [], []
    for row in grade_lines(source, deadline=20):
        found.append(row)
        places.append(source.read_to)
    wanted = list(grade_lines(lines, deadline=20))
    assert [{**row, "seconds": 0} for row in found] == [{**row, "seconds": 0} for row in wanted]
    assert [row["status"] for row in found[:4]] == ["correct", "error", "incorrect", "error"]
    assert step > 100 or places[0] < len(source.data) / 2


def test_only_named_lines_are_judged() -> None:
    lines = [_line("5", id="a"), _line("6", id=7), _line("4"), "broken"]
    rows = [list(grade_lines(lines, only=names)) for names in (["a"], ["7"], ["3"], ["4"], ["2"], ["a", "3"])]
    assert [[row["id"] for row in part] for part in rows] == [["a"], [7], [None], [None], [], ["a", None]]
    assert rows[3][0]["why"].startswith("line 4: ")


def test_hostile_text_survives() -> None:
    lines = [_line("\ud800 5"), _line("x" * 2_000_000), '{"verifier":"number","reference":5,"response":"\\ud83d"}']
    target = io.StringIO()
    counts = grade_file(lines, target, deadline=20)
    assert sum(counts.values()) == 3 and "error" not in counts
    assert len([json.loads(line) for line in target.getvalue().splitlines()]) == 3


def test_counts_and_pass_rate() -> None:
    counts = grade_file([_line("5"), _line("6"), "x"], io.StringIO(), deadline=20)
    assert counts == {"correct": 1, "incorrect": 1, "error": 1}
    assert pass_rate(counts) == 0.5
    assert pass_rate(grade_file(["x"], io.StringIO())) is None


def test_the_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with atomic_output(tmp_path / "out.jsonl") as target:
        target.write("x\n")
        assert not (tmp_path / "out.jsonl").exists()
    assert (tmp_path / "out.jsonl").read_text() == "x\n"
    with pytest.raises(RuntimeError), atomic_output(tmp_path / "out.jsonl") as target:
        target.write("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text() == "x\n"


def test_identical_pairs_are_judged_once() -> None:
    example = Example(prompt="?", reference=5, verifier="number")
    verdicts = verify_many([example, example, example], ["5", "5", "6"])
    assert verdicts[0] is verdicts[1] and [v.is_correct for v in verdicts] == [True, True, False]


def test_explaining_tells_marker_claim_stance_and_place() -> None:
    lines = [
        _line("So it is \\boxed{42}.", 42, "math"),
        _line("The answer is 42. Scratch that.", 42),
        _line("<answer>[[1]]</answer>", [[1]], "grid"),
        _line("I cannot say.", 42),
    ]
    told = io.StringIO()
    grade_file(lines, io.StringIO(), deadline=20, explain=told)
    first, second, third, fourth = told.getvalue().splitlines()
    assert first.endswith("[box at 9-19, asserted: '42']")
    assert second.endswith("[phrase at 4-16, taken back: '42']")
    assert third.endswith("[tag at 0-22, asserted: '[[1]]']")
    assert "no_answer" in fourth and " at " not in fourth
