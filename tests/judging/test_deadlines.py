"""The deadline holds from the main thread, another thread, an event loop and a spawned process; forks are safe."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from assay.effort import deadline_left, due_in
from assay.errors import UnknownName
from assay.judging.session import default_judge, verify, verify_many
from assay.judging.verifier import VERIFIERS, verifier
from assay.types import Example, Status, Verdict

COSTLY = Example(prompt="?", reference="4\\pi", verifier="math")
RIGHT = r"\boxed{\pi + 3\pi + 0 \cdot 2^{99}}"  # a power too large to be judged in the caller
SLACK = 5.0
"""Generous: the machine may be busy."""


def _sleeps(example: Example, response: str) -> Verdict:
    time.sleep(float(response))
    return Verdict.of(True)


_seen = threading.Event()
"""Ends what spins: the thread is left behind at its deadline, and would take the processor from all later tests."""


def _spins(example: Example, response: str) -> Verdict:
    while not _seen.is_set():
        pass
    return Verdict.of(True)


def _raises(example: Example, response: str) -> Verdict:
    raise KeyError("a bug")


for _name, _judge in (("test.sleeps", _sleeps), ("test.spins", _spins), ("test.raises", _raises)):
    VERIFIERS.register(_name, verifier(_name, version=1)(_judge))


def _example(name: str) -> Example:
    return Example(prompt="?", reference="x", verifier=name)


def test_same_verdict_from_every_call_site() -> None:
    here = verify(COSTLY, RIGHT, deadline=20)
    made: list[Verdict] = []
    thread = threading.Thread(target=lambda: made.append(verify(COSTLY, RIGHT, deadline=20)))
    thread.start()
    thread.join()

    async def in_loop() -> tuple[Verdict, Verdict]:
        return verify(COSTLY, RIGHT, deadline=20), await asyncio.to_thread(verify, COSTLY, RIGHT, deadline=20)

    made += asyncio.run(in_loop())
    with multiprocessing.get_context("spawn").Pool(1) as spawned:
        made.append(spawned.apply(verify, (COSTLY, RIGHT), {"deadline": 20}))
    assert {(v.status, v.read, v.why) for v in made} == {(here.status, here.read, here.why)}
    assert here.is_correct and here.verifier == "math" and here.version >= 1 and here.seconds > 0


def test_a_hung_worker_is_killed_and_replaced() -> None:
    verify(COSTLY, RIGHT, deadline=20)  # a worker is idle now
    worker = default_judge()._pool._idle[-1]
    for child in _children(worker._process.pid):
        os.kill(child, signal.SIGSTOP)  # it hangs without using time: starved, not costly
    start = time.monotonic()
    verdict = verify(COSTLY, RIGHT, deadline=0.2)
    assert verdict.status is Status.TIMEOUT and verdict.score is None
    assert time.monotonic() - start < 0.2 + SLACK
    assert verify(COSTLY, RIGHT, deadline=20).is_correct


def test_a_worker_that_died_while_idle_is_replaced() -> None:
    verify(COSTLY, RIGHT, deadline=20)
    worker = default_judge()._pool._idle[-1]._process
    for victims in (_children(worker.pid), [worker.pid]):
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        time.sleep(0.3)
        assert verify(COSTLY, RIGHT, deadline=20).is_correct


def test_a_death_in_mid_request_is_an_error() -> None:
    verify(COSTLY, RIGHT, deadline=20)
    (child,) = _children(default_judge()._pool._idle[-1]._process.pid)
    os.kill(child, signal.SIGSTOP)
    threading.Timer(0.3, os.kill, (child, signal.SIGKILL)).start()
    assert verify(COSTLY, RIGHT, deadline=20).status is Status.ERROR
    assert verify(COSTLY, RIGHT, deadline=20).is_correct


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]


def test_a_verifier_of_this_process_has_a_deadline_too() -> None:
    assert verify(_example("test.sleeps"), "0").is_correct
    starved = verify(_example("test.sleeps"), "3", deadline=0.2)
    assert starved.status is Status.TIMEOUT and starved.seconds < 0.2 + SLACK
    assert verify(_example("test.raises"), "x").status is Status.ERROR


def test_unknown_names_are_the_callers_bug() -> None:
    with pytest.raises(UnknownName):
        verify(_example("nmber"), "x")
    with pytest.raises(UnknownName):
        verify_many([_example("nmber")], ["x"])
    with pytest.raises(TypeError):
        verify(COSTLY, 5)  # type: ignore[arg-type]


def test_many_in_processes_hold_each_deadline(tmp_path) -> None:
    spins = ["\\boxed{" + "+".join(f"\\sin(x^{{{i}}}+y^{{{i + k}}})" for i in range(300)) + "}" for k in range(3)]
    said = [RIGHT, spins[0], "\\boxed{5\\pi}", spins[1], RIGHT, spins[2], RIGHT] * 3
    verdicts = verify_many([COSTLY] * len(said), said, workers=2, deadline=5)
    assert [v.is_correct for v in verdicts] == [text == RIGHT for text in said]
    assert all(v.status is Status.INCORRECT for v, text in zip(verdicts, said, strict=True) if text != RIGHT)


def test_a_forked_child_has_workers_of_its_own() -> None:
    assert verify(COSTLY, RIGHT, deadline=20).is_correct
    child = os.fork()
    if child == 0:
        os._exit(
            0 if verify(COSTLY, RIGHT, deadline=20).is_correct and not verify(COSTLY, "", deadline=20).score else 1
        )
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert verify(COSTLY, RIGHT, deadline=20).is_correct


def test_workers_end_with_their_parent() -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        verify(COSTLY, RIGHT, deadline=20)
        os.write(write, str(default_judge()._pool._idle[-1]._process.pid).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    worker = int(os.read(read, 32))
    end = time.monotonic() + 20
    while time.monotonic() < end and _alive(worker):
        time.sleep(0.05)
    assert not _alive(worker)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_deadline_left_counts_down() -> None:
    assert deadline_left() is None
    with due_in(5):
        left = deadline_left()
    assert left is not None and 4 < left <= 5


DENIAL = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "attacks/denial.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("row", DENIAL, ids=[row["name"] for row in DENIAL])
def test_hostile_text_is_refused_in_time(row) -> None:
    example = Example(prompt="?", reference=row["reference"], verifier=row["verifier"], params=row["params"])
    verdict = verify(example, "".join(text * times for text, times in row["parts"]), deadline=20)
    assert verdict.status in (Status.INCORRECT, Status.NO_ANSWER), verdict
    assert verdict.seconds < 1 + SLACK


def test_a_response_that_spins_is_to_blame() -> None:
    verdict = verify(_example("test.spins"), "x", deadline=0.5)
    _seen.set()
    assert verdict.status in (Status.INCORRECT, Status.TIMEOUT)
    assert verdict.status is Status.TIMEOUT or "CPU" in verdict.why
