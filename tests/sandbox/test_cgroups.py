"""A control group a worker: what is written to it, that it ends with its worker, and that none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay import sandbox
from assay.sandbox import Limits, Outcome, Pool, Program, cgroups
from assay.sandbox.processes import level_of

LEVEL, SENTENCE = sandbox.isolation()
OWN = next(iter(cgroups._own()), "")
needs_cgroups = pytest.mark.skipif(
    LEVEL < "L3" or not os.access(f"{OWN}/cgroup.procs", os.W_OK) or not os.access(OWN, os.W_OK),
    reason=f"no cgroup v2 that this user may write ({OWN or 'none is mounted'})",
)
CONTROLLERS = set(cgroups._read(f"{OWN}/cgroup.controllers").split()) if OWN else set()
needs_controllers = pytest.mark.skipif(
    not {"memory", "pids"} <= CONTROLLERS, reason=f"cgroup v2 has no memory and pids controllers here: {CONTROLLERS}"
)


def groups() -> list[str]:
    return [name for name in os.listdir(OWN) if name.startswith("assay-")]


@pytest.fixture
def here(monkeypatch) -> None:
    monkeypatch.setenv(cgroups.FOLDER, OWN)


@pytest.fixture
def files(tmp_path, monkeypatch) -> Path:
    """A folder that looks like a delegated group whose controllers are handed down."""
    for name, text in (("procs", ""), ("controllers", "cpu memory pids"), ("subtree_control", "memory pids")):
        (tmp_path / f"cgroup.{name}").write_text(text)
    make = os.mkdir

    def mkdir(path: str, mode: int = 0o777) -> None:
        make(path, mode)
        for name in ("cgroup.procs", "cgroup.kill", "pids.max", "memory.max", "memory.swap.max", "memory.events"):
            Path(path, name).touch()

    monkeypatch.setattr(os, "mkdir", mkdir)
    remove = os.rmdir

    def rmdir(path: str) -> None:
        if "/assay-" in str(path):
            for file in os.listdir(path):
                os.unlink(f"{path}/{file}")
        remove(path)

    monkeypatch.setattr(os, "rmdir", rmdir)
    monkeypatch.setenv(cgroups.FOLDER, str(tmp_path))
    return tmp_path


def test_a_group_bounds_memory_and_processes(files) -> None:
    parent = cgroups.find_parent()
    assert parent.controllers == ("memory", "pids")
    group = cgroups.new_group(parent)
    assert group is not None and group.feature == "cgroup:memory,pids"
    group.limit(1 << 30)
    told = {name: Path(group.path, name).read_text() for name in ("pids.max", "memory.swap.max", "memory.max")}
    assert told == {"pids.max": "192", "memory.swap.max": "0", "memory.max": str((1 << 30) + (192 << 20))}
    group.close()
    assert not os.path.exists(group.path)
    group.close()


def test_what_held_too_much_is_told_by_the_kernel(files, monkeypatch) -> None:
    """A job that something outside killed has no verdict, unless its group ran out of memory."""
    pool = Pool(1)
    pool.run(Program("print(1)"))
    worker = pool._idle[0]
    worker.group = cgroups.new_group(cgroups.find_parent())
    assert worker.group is not None and not worker.group.ran_out()
    Path(worker.group.path, "memory.events").write_text("low 0\nhigh 0\nmax 8\noom 1\noom_kill 1\n")
    assert worker.group.ran_out()
    wait = worker.wait

    def killed(limits: Limits) -> object:
        signal.pidfd_send_signal(worker.pidfd, signal.SIGKILL)
        return wait(limits)

    monkeypatch.setattr(worker, "wait", killed)
    assert pool.run(Program("while True: pass")).outcome is Outcome.MEMORY_LIMIT
    pool.close()


def test_only_empty_groups_of_the_dead_are_swept(files) -> None:
    for name in (f"assay-{os.getpid()}-0", "assay-4194304-0", "other"):
        (files / name).mkdir()
    cgroups.find_parent()
    assert sorted(path.name for path in files.iterdir() if path.is_dir()) == [f"assay-{os.getpid()}-0", "other"]


def test_it_can_be_switched_off_and_is_never_needed(monkeypatch) -> None:
    monkeypatch.setenv(cgroups.FOLDER, "off")
    assert cgroups.new_group(cgroups.find_parent()) is None
    monkeypatch.setenv(cgroups.FOLDER, "/proc")
    assert cgroups.find_parent().detail == "not delegated to this user: /proc"


def test_the_highest_level_needs_both_controllers() -> None:
    most = {"user", "root", "net", "pid", "landlock7", "seccomp"}
    assert level_of(most | {"cgroup:memory,pids"}) == "L5"
    assert level_of(most | {"cgroup:pids"}) == level_of(most) == "L4"
    assert level_of({"landlock7", "seccomp", "cgroup:memory,pids"}) == "L3"


@needs_cgroups
def test_a_worker_and_its_job_are_in_its_group_and_end_with_it(here) -> None:
    before = groups()
    pool = Pool(size=1)
    assert pool.isolation()[0][-1].startswith("cgroup:")
    [name] = set(groups()) - set(before)
    assert len(Path(OWN, name, "cgroup.procs").read_text().split()) == 2
    assert pool.run(Program("print(1)")).output == b"1\n"
    pool.close()
    assert groups() == before


@needs_cgroups
def test_a_group_is_killed_whole(here) -> None:
    group = cgroups.new_group(cgroups.find_parent())
    assert group is not None
    child = subprocess.Popen([sys.executable, "-c", "import os, time\nos.fork()\ntime.sleep(60)"])
    Path(group.path, "cgroup.procs").write_text(str(child.pid))
    group.close()
    assert child.wait(5) == -9 and not os.path.exists(group.path)


@needs_cgroups
def test_what_a_killed_process_leaves_is_swept(here) -> None:
    program = "import os, signal\nfrom assay import sandbox\nsandbox.isolation()\nos.kill(os.getpid(), signal.SIGKILL)"
    before = groups()
    process = subprocess.run([sys.executable, "-c", program], check=False)
    assert process.returncode == -9
    due = time.monotonic() + 10
    while set(groups()) - set(before) and time.monotonic() < due:
        cgroups.find_parent()
        time.sleep(0.05)
    assert groups() == before


@needs_cgroups
@needs_controllers
def test_the_system_ends_what_holds_more_memory_than_its_group_may(here) -> None:
    group = cgroups.new_group(cgroups.find_parent())
    assert group is not None
    group.limit((64 << 20) - cgroups._SPARE)
    program = "import sys\nsys.stdin.read(1)\nx = b'x' * (256 << 20)"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    Path(group.path, "cgroup.procs").write_text(str(child.pid))
    child.communicate(b"1")
    group.close()
    assert child.returncode == -9
    worker = Pool(size=1)
    assert "cgroup:memory,pids" in worker.isolation()[0]
    worker.close()
