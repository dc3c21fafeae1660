"""The rollout store loses nothing: not a field, not a row, not to a reader, not to `kill -9`."""

import json
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.journal import claim, release
from assay.rollout import store as room
from assay.rollout.index import RolloutIndex
from assay.rollout.store import RolloutStore
from assay.types import Attempt, Message, Rollout, Status, Verdict

words = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too
numbers = st.floats(allow_nan=False)
prices = st.dictionaries(words, numbers, max_size=2)
verdicts = st.builds(
    Verdict,
    status=st.sampled_from(Status),
    score=st.none() | st.floats(0, 1),
    read=st.none() | words,
    why=words,
    seconds=numbers,
    verifier=words,
    version=st.integers(0, 9),
    parts=prices,
    cost=prices,
)
messages = st.builds(
    Message, role=st.sampled_from(["user", "system"]), content=words, attachments=st.lists(words, max_size=2).map(tuple)
)
rollouts = st.builds(
    Rollout,
    example_id=words,
    model=words,
    index=st.integers(0, 99),
    response=words,
    finish=words,
    tokens=st.integers(0, 2**40),
    token_ids=st.lists(st.integers(0, 2**31), max_size=4).map(tuple),
    logprobs=st.lists(numbers, max_size=4).map(tuple),
    prompt=st.lists(messages, max_size=2).map(tuple),
    thinking=words,
    group_id=words,
    policy=words,
    cost=prices,
    verdict=verdicts,
)


def by_key(found):
    return {room.key_of(r.to_json()): r for r in found}


@settings(max_examples=60, deadline=None)
@given(st.lists(rollouts, max_size=12, unique_by=lambda r: room.key_of(r.to_json())), st.integers(1, 5))
def test_every_field_survives_journal_and_shard(tmp_path_factory, said, shard_rows):
    where = tmp_path_factory.mktemp("store")
    claim(where, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "SHARD_ROWS", shard_rows)
        mine = RolloutStore(where)
        for rollout in said:
            mine.append([rollout.to_json()])
    assert by_key(RolloutStore(where).rollouts()) == by_key(said)
    marks = {room.key_of(m): (m["status"], m["score"]) for m in RolloutStore(where).marks()}
    assert marks == {k: (r.verdict.status, r.verdict.score) for k, r in by_key(said).items()}
    release(where)


def row(number, response="r", step=None, verdict=None):
    attempt = Attempt(example_id=f"e{number // 2}", index=number % 2, response=response)
    return ({"step": step} if step is not None else {}) | Rollout.of(attempt, verdict or Verdict.of(True)).to_json()


def keys(store):
    return sorted(room.key_of(r) for r in store.rows())


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "SHARD_ROWS", 4)
    claim(tmp_path, {})
    return RolloutStore(tmp_path)


def test_a_crash_between_shard_and_journal_leaves_no_row_twice(small, tmp_path):
    for number in range(4):
        small.append([row(number)])
        if number == 2:
            before = small.journal.path.read_bytes()
    small.journal.path.write_bytes(before + json.dumps(row(3)).encode() + b"\n")  # as if it had not been emptied
    again = RolloutStore(tmp_path)
    assert len(list(again.rows())) == 4
    for number in range(4, 9):
        again.append([row(number)])
    assert keys(again) == sorted((f"e{n // 2}", n % 2) for n in range(9))
    assert len(list(again.rows())) == 9


def test_resuming_reads_no_response_of_a_finished_shard(small, tmp_path, monkeypatch):
    small.append(row(n) for n in range(8))
    read = []
    original = room.pq.read_table
    monkeypatch.setattr(room.pq, "read_table", lambda p, **k: read.append(k.get("columns")) or original(p, **k))
    assert len(list(RolloutStore(tmp_path).marks())) == 8
    RolloutStore(tmp_path).append([row(9)])
    RolloutStore(tmp_path).keep(lambda mark: True)
    RolloutStore(tmp_path).renew(lambda mark: False, lambda rows: [])
    assert read and all(columns is not None and "response" not in columns for columns in read)


def test_keys_of_a_rows_own_stay_beside_a_lone_surrogate(small, tmp_path):
    rows = [row(0, response="\ud800"), row(1) | {"mine": 1}, row(2), row(3)]
    small.append(rows)
    assert small.shards() and list(RolloutStore(tmp_path).rows()) == rows


def test_a_shard_of_an_earlier_version_gives_the_same_answers(small, tmp_path):
    small.append(row(n, verdict=Verdict.of(n % 2 == 0, read=str(n))) for n in range(4))
    (path,) = small.shards()
    told, rows = list(small.answers()), list(small.rows())
    room.pq.write_table(room.pq.read_table(path).drop_columns(["read"]), path)  # it had no such column
    again = RolloutStore(tmp_path)
    assert list(again.answers()) == told and [one.read for one in told] == ["0", "1", "2", "3"]
    assert list(again.rows()) == rows
    again.append(row(n) for n in range(4, 8))
    assert len(list(RolloutStore(tmp_path).answers())) == 8


def test_renewing_replaces_the_stale_groups_only(small, tmp_path):
    small.append([row(0), row(1, verdict=Verdict.timeout("starved")), row(2), row(3)])
    small.append([row(4, verdict=Verdict.timeout("starved")), row(5)])
    asked = []

    def again(rows):
        asked.extend(room.key_of(r) for r in rows)
        return [r | {"verdict": Verdict.of(False).to_json()} for r in rows]

    small.renew(lambda mark: mark["status"] == Status.TIMEOUT, again)
    assert sorted(asked) == [("e0", 0), ("e0", 1), ("e2", 0), ("e2", 1)]
    status = {room.key_of(m): m["status"] for m in RolloutStore(tmp_path).marks()}
    assert [status[key] for key in sorted(status)] == ["incorrect"] * 2 + ["correct"] * 2 + ["incorrect"] * 2


def test_keep_drops_steps_from_shards_and_journal(small, tmp_path):
    small.append(row(n, step=n) for n in range(4))
    small.append(row(n, step=n) for n in range(4, 6))
    small.keep(lambda mark: mark["step"] <= 2)
    assert [r["step"] for r in RolloutStore(tmp_path).rows()] == [0, 1, 2]
    small.append([row(3, step=3)])
    assert sorted(r["step"] for r in RolloutStore(tmp_path).rows()) == [0, 1, 2, 3]


def test_the_folder_of_the_rollouts_names_them_too(small, tmp_path):
    small.append([row(0)])
    assert list(RolloutStore(tmp_path / "rollouts").rows()) == list(RolloutStore(tmp_path).rows()) != []


def test_only_the_owner_writes(tmp_path):
    with pytest.raises(RuntimeError, match="owner"):
        RolloutStore(tmp_path).append([row(0)])


def test_a_reader_sees_every_row_while_shards_are_made(small, tmp_path):
    done = threading.Event()

    def write():
        for number in range(40):
            small.append([row(number)])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = 0
    while not done.is_set():
        found = keys(RolloutStore(tmp_path))
        assert len(found) == len(set(found)) and len(found) >= seen
        assert found == sorted((f"e{n // 2}", n % 2) for n in range(len(found)))
        seen = len(found)
    writer.join()
    assert len(keys(RolloutStore(tmp_path))) == 40


WRITER = """
import sys
from pathlib import Path
from assay.journal import claim
from assay.rollout import store
from assay.types import Attempt, Rollout, Verdict
store.SHARD_ROWS = 5
where = Path(sys.argv[1])
claim(where, {})
mine = store.RolloutStore(where)
have = {store.key_of(m) for m in mine.marks()}
for n in range(400):
    if (f"e{n}", 0) not in have:
        mine.append([Rollout.of(Attempt(example_id=f"e{n}", response=str(n)), Verdict.of(True)).to_json()])
        print(n, flush=True)
"""


def test_kill_9_at_any_time_loses_no_row_that_was_confirmed(tmp_path):
    confirmed: set[int] = set()
    for stop in (3, 12, 7, 21):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(stop):
            confirmed.add(int(process.stdout.readline()))
        process.kill()
        confirmed |= {int(line) for line in process.communicate()[0].splitlines()}
        found = [r.response for r in RolloutStore(tmp_path).rollouts()]
        assert len(found) == len(set(found))
        assert {str(n) for n in confirmed} <= set(found)


def test_a_look_at_a_run_imports_no_pandas(small, tmp_path):
    """Arrow imports it for a scalar or an array, where it is installed: longer than a look at 100,000 rows takes."""
    small.append(row(n) for n in range(4))
    small.append([row(4)])
    look = "import sys; from assay.rollout.index import RolloutIndex; from pathlib import Path\n"
    look += "index = RolloutIndex({'run': Path(sys.argv[1])}); index.look()\n"
    look += "print(len(index.columns), index.columns.step[0], 'pandas' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", look, str(tmp_path)], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["5", "-1", "False"]


def test_an_empty_group_is_that_of_the_example_in_a_shard_too(small, tmp_path):
    """As `key_of` says, and as the journal is read: a shard may hold rows that others wrote."""
    small.append([row(number) | {"group_id": ""} for number in (0, 2, 4, 6)])
    assert len(small.shards()) == 1
    index = RolloutIndex({"run": tmp_path})
    index.look()
    found = {key: index.rows([index.find(key)])[0]["example_id"] for key in map(index.key, range(len(index.columns)))}
    assert sorted(found.values()) == ["e0", "e1", "e2", "e3"]
