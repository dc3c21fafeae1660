"""Journals survive a crash in the middle of a line, readers change nothing, and a directory has one owner."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import RunConflict
from assay.journal import LOCK, TIMES, Journal, claim, differences, owned, release, timed

OWNER = """
import sys
from pathlib import Path
from assay.journal import Journal, claim
claim(Path(sys.argv[1]), {"kind": "test"})
print("mine", flush=True)
sys.stdin.readline()
"""


@contextmanager
def owner_of(directory):
    """Another process that owns a directory until it is killed or told to end."""
    command = [sys.executable, "-c", OWNER, str(directory)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "mine\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@settings(deadline=None)  # disks are slow at times
@given(st.integers(0, 200))
def test_any_cut_keeps_every_whole_row(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("j") / "rows.jsonl"
    claim(path.parent, {})
    journal = Journal(path)
    journal.append([{"n": n, "text": "\ud800é\n\u2028"} for n in range(4)])
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    rows = Journal(path).read()
    assert path.read_bytes() == data, "reading changes nothing"
    assert [row["n"] for row in rows] == list(range(data.count(b"\n")))
    Journal(path).append([{"n": 99}])
    assert [row["n"] for row in Journal(path).read()] == [*range(len(rows)), 99]
    release(path.parent)


def test_a_reader_takes_no_row_from_a_writer(tmp_path):
    """A writer whose lines reach the disk in pieces, and a reader that looks all the while."""
    path = tmp_path / "rows.jsonl"
    lines = "".join(json.dumps({"n": n, "text": "x" * 50}) + "\n" for n in range(300)).encode()
    written = threading.Event()

    def write():
        with path.open("ab", buffering=0) as file:
            for start in range(0, len(lines), 7):
                file.write(lines[start : start + 7])
        written.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = 0
    while not written.is_set():
        rows = [row["n"] for row in Journal(path).read()]
        assert rows == list(range(len(rows))) and len(rows) >= seen
        seen = len(rows)
    writer.join()
    assert [row["n"] for row in Journal(path).read()] == list(range(300))


def test_reading_makes_no_directory(tmp_path):
    assert Journal(tmp_path / "not" / "there.jsonl").read() == []
    assert list(tmp_path.iterdir()) == []


def test_keep_drops_what_will_be_written_again(tmp_path):
    claim(tmp_path, {})
    journal = Journal(tmp_path / "rows.jsonl")
    journal.append({"step": n} for n in range(5))
    journal.keep(lambda row: row["step"] <= 2)
    assert [row["step"] for row in journal.read()] == [0, 1, 2]


def test_only_the_owner_writes(tmp_path):
    journal = Journal(tmp_path / "rows.jsonl")
    for write in (lambda: journal.append([{"n": 1}]), lambda: journal.keep(lambda row: True)):
        with pytest.raises(RuntimeError, match="owner"):
            write()
    claim(tmp_path, {})
    journal.append([{"n": 1}])


def test_a_directory_belongs_to_one_run(tmp_path):
    first = claim(tmp_path, {"recipe": {"steps": 3}, "data": "a"})
    assert claim(tmp_path, {"recipe": {"steps": 3}, "data": "a"}) == first
    with pytest.raises(RunConflict, match='differs in: data: "a" there, "b" here'):
        claim(tmp_path, {"recipe": {"steps": 3}, "data": "b"})
    with pytest.raises(RunConflict, match=r"recipe\.steps: 3 there, 4 here"):
        claim(tmp_path, {"recipe": {"steps": 4}, "data": "a"})


def test_a_run_says_when_it_began_and_how_long_it_took(tmp_path):
    with owned(tmp_path, {}), timed(tmp_path):
        (began,) = Journal(tmp_path / TIMES).read()
    with pytest.raises(ZeroDivisionError), owned(tmp_path, {}), timed(tmp_path):
        _ = 1 / 0
    rows = Journal(tmp_path / TIMES).read()
    assert rows[0] == began and [set(row) for row in rows] == [{"started"}, {"seconds"}] * 2
    assert datetime.fromisoformat(began["started"]).utcoffset() == timedelta(0)
    assert all(row["seconds"] >= 0 for row in rows[1::2])


def test_differences_name_what_is_missing():
    assert differences({"a": 1}, {"a": 1, "b": [2]}) == ["b: nothing there, [2] here"]


def test_a_second_live_process_is_refused(tmp_path):
    with owner_of(tmp_path) as other:
        with pytest.raises(RunConflict, match=rf"another process \(pid {other.pid}\) is working in .*; wait for it"):
            claim(tmp_path, {"kind": "test"})
        with pytest.raises(RuntimeError, match="owner"):
            Journal(tmp_path / "rows.jsonl").append([{"n": 1}])
        assert Journal(tmp_path / "rows.jsonl").read() == []


def test_a_killed_owner_owns_nothing(tmp_path):
    with owner_of(tmp_path) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        claim(tmp_path, {"kind": "test"})
    assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_a_released_or_refused_directory_is_free(tmp_path):
    claim(tmp_path, {"kind": "test"})
    release(tmp_path)
    with pytest.raises(RunConflict, match="holds another run"):
        claim(tmp_path, {"kind": "other"})
    with owner_of(tmp_path):
        pass


def test_a_child_of_the_owner_owns_nothing(tmp_path):
    claim(tmp_path, {})
    child = os.fork()
    if child == 0:
        try:
            Journal(tmp_path / "rows.jsonl").append([{"n": 1}])
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
