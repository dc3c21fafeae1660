"""Journals survive a crash in the middle of a line, and directories belong to one run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import RunConflict
from assay.journal import Journal, claim


@given(st.integers(0, 200))
def test_any_cut_keeps_every_whole_row(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("j") / "rows.jsonl"
    journal = Journal(path)
    journal.append([{"n": n, "text": "\ud800é\n"} for n in range(4)])
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    rows = journal.read()
    assert [row["n"] for row in rows] == list(range(data.count(b"\n")))
    journal.append([{"n": 99}])
    assert [row["n"] for row in journal.read()] == [*range(len(rows)), 99]


def test_keep_drops_what_will_be_written_again(tmp_path):
    journal = Journal(tmp_path / "rows.jsonl")
    journal.append({"step": n} for n in range(5))
    journal.keep(lambda row: row["step"] <= 2)
    assert [row["step"] for row in journal.read()] == [0, 1, 2]


def test_a_directory_belongs_to_one_run(tmp_path):
    first = claim(tmp_path, {"recipe": {"steps": 3}, "data": "a"})
    assert claim(tmp_path, {"recipe": {"steps": 3}, "data": "a"}) == first
    with pytest.raises(RunConflict, match="differs in: data"):
        claim(tmp_path, {"recipe": {"steps": 3}, "data": "b"})
