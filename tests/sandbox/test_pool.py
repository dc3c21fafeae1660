"""The pool survives any job and any crash of its own parts, wherever it is used, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assay import sandbox
from assay.sandbox import Check, Outcome, Pool, Program, environments, processes

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
SLOW = Program("import time\ntime.sleep(0.3)\nprint('done')")


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(2)
    yield made
    made.close()


def family(pid: int) -> list[int]:
    """A process and all its descendants, oldest first."""
    found = [pid]
    for one in found:
        children = Path(f"/proc/{one}/task/{one}/children")
        found += [int(word) for word in children.read_text().split()] if children.exists() else []
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: list[int]) -> bool:
    due = time.monotonic() + 20
    while any(map(alive, pids)) and time.monotonic() < due:
        time.sleep(0.02)
    return not any(map(alive, pids))


@pytest.mark.parametrize("place", [0, 1, 2, 3], ids=["template", "namespaces", "worker", "job"])
def test_any_part_may_be_killed(pool: Pool, place: int) -> None:
    pool.run(Program(""))
    template = pool._templates["bare"].process.pid
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(pool.run, SLOW)
        due = time.monotonic() + 10
        while len(parts := family(template)) < 4 and time.monotonic() < due:
            time.sleep(0.001)
        os.kill(parts[place], signal.SIGKILL)
        result = running.result(60)
    assert result.output == b"done\n"
    assert pool.run(Program("print(7)")).output == b"7\n"
    assert gone(parts[place:])


def test_an_idle_worker_that_was_killed_is_not_used(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (0, 1, 2):
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(pool.run, [SLOW, SLOW]))
        parts = family(pool._templates["bare"].process.pid)
        assert len(parts) == 5
        for pid in [parts[0]] if place == 0 else parts[2 * place - 1 : 2 * place + 1]:
            os.kill(pid, signal.SIGKILL)
        assert pool.run(Program("print(7)")).output == b"7\n"


def test_everything_ends_with_the_pool(pool: Pool) -> None:
    pool.run(Program("print(1)"))
    parts = family(pool._templates["bare"].process.pid)
    assert len(parts) == 3
    pool.close()
    assert gone(parts)
    assert pool.run(Program("print(1)")).outcome is Outcome.SANDBOX_ERROR


def test_many_jobs_leave_nothing(pool: Pool) -> None:
    sources = [
        "print(1)",
        "import os\nos._exit(1)",
        "import os\nos.closerange(0, 9)",
        "open('/tmp/x', 'w')",
        "x = 1 / 0",
    ]
    for source in sources:
        pool.run(Program(source))
    [template] = [one.process.pid for one in pool._templates.values()]
    before = len(os.listdir("/proc/self/fd")), len(os.listdir(f"/proc/{template}/fd"))
    for source in sources * 12:
        pool.run(Program(source))
        pool.run(Check(source, ("assert f()",), wanted=("f",)))
    pool.run(Program(""))
    assert (len(os.listdir("/proc/self/fd")), len(os.listdir(f"/proc/{template}/fd"))) == before
    assert len(family(template)) == 3


def test_a_worker_below_the_wanted_level_runs_nothing(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pool.run(Program("print(1)"), min_level=LEVEL).level == LEVEL
    for worker in pool._idle:
        worker.level = "L1"  # as if this one had got less than the one that was measured: another is started
    assert pool.run(Program("print(1)"), min_level=LEVEL).level == LEVEL
    for worker in pool._idle:
        worker.level = "L1"
    monkeypatch.setattr(processes, "level_of", lambda _: "L1")
    refused = pool.run(Program("print(1)"), min_level="L3")
    assert refused.outcome is Outcome.SANDBOX_ERROR and "is L1, not L3" in refused.text and not refused.output


@pytest.fixture
def package(monkeypatch) -> Iterator[Path]:
    """The only package that programs may import: `numpy`, a folder below `/tmp`."""
    made = Path(tempfile.mkdtemp(dir="/tmp")) / "numpy"
    made.mkdir()
    monkeypatch.setattr(environments, "packages", lambda environment: [str(made)])
    yield made
    shutil.rmtree(made.parent)


@pytest.mark.skipif(LEVEL < "L4", reason="no root of one's own here")
def test_an_environment_below_the_scratch_folder_keeps_its_root(package: Path, pool: Pool) -> None:
    (package / "__init__.py").write_text("random, HERE = __import__('random'), 'found'")
    result = pool.run(Program("import numpy, os\nprint(numpy.HERE, os.path.exists('/etc'))"))
    assert (result.output, result.level) == (b"found False\n", LEVEL)


def test_a_broken_package_is_told_by_the_program_that_imports_it(package: Path, pool: Pool) -> None:
    (package / "__init__.py").write_text("raise RuntimeError('built for another Python')")
    result = pool.run(Program("import numpy"))
    assert result.outcome is Outcome.RUNTIME_ERROR and "built for another Python" in result.text
    assert pool.run(Program("print(1)\n# numpy")).output == b"1\n"


def test_under_asyncio(pool: Pool) -> None:
    async def many() -> list[bytes]:
        jobs = [asyncio.to_thread(pool.run, Program(f"print({n})")) for n in range(12)]
        return [result.output for result in await asyncio.gather(*jobs)]

    assert asyncio.run(many()) == [f"{n}\n".encode() for n in range(12)]


def test_a_template_outlives_the_thread_that_asked_for_it(pool: Pool) -> None:
    for _ in range(2):
        outputs: list[bytes] = []
        thread = threading.Thread(target=lambda seen=outputs: seen.append(pool.run(Program("print(5)")).output))
        thread.start()
        thread.join()
        assert outputs == [b"5\n"]
    assert len(pool._templates) == len(pool._idle) == 1


def answer(number: int) -> bytes:
    return sandbox.run(Program(f"print({number})")).output


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_in_worker_processes(method: str) -> None:
    sandbox.run(Program(""))
    with multiprocessing.get_context(method).Pool(2) as workers:
        assert workers.map(answer, [1, 2, 3]) == [b"1\n", b"2\n", b"3\n"]
    assert answer(4) == b"4\n"


def test_it_ends_with_an_owner_that_is_killed() -> None:
    code = (
        "import time\nfrom assay.sandbox import Pool, Program\npool = Pool(1)\npool.run(Program(''))\n"
        "print(pool._templates['bare'].process.pid, flush=True)\npool.run(Program('import time\\ntime.sleep(60)'))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        template = int(owner.stdout.readline())
        due = time.monotonic() + 10
        while len(parts := family(template)) < 4 and time.monotonic() < due:
            time.sleep(0.01)
        owner.kill()
    assert len(parts) == 4 and gone(parts)


def test_a_process_that_holds_many_descriptors_can_close_its_pool():
    """`select` knows none above 1,023; trainers hold thousands."""
    code = (
        "import os, resource\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))\n"
        "held = [os.open('/dev/null', os.O_RDONLY) for _ in range(1200)]\n"
        "from assay import sandbox\n"
        "print(sandbox.run(sandbox.Program('print(1)', b'', sandbox.Limits())).outcome)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "done" and not done.stderr, done.stderr


def test_eighteen_threads_measure_once(monkeypatch) -> None:
    measured, really = [], sandbox.measure
    monkeypatch.setattr(sandbox, "_measured", None)
    monkeypatch.setattr(sandbox, "measure", lambda pool: (measured.append(pool), really(pool))[1])
    gate = threading.Barrier(18)

    def first_use(number: int) -> bytes:
        gate.wait()
        return sandbox.run(Program(f"print({number})")).output

    with ThreadPoolExecutor(18) as threads:
        assert list(threads.map(first_use, range(18))) == [f"{number}\n".encode() for number in range(18)]
    assert len(measured) == 1


def descriptors() -> set[str]:
    """What this process has open, but for what it opens to look."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(f"/proc/self/fd/{number}"))
    return {name for name in found if "/fd" not in name}


def test_a_forked_child_holds_nothing_of_its_parents_jobs(pool: Pool) -> None:
    before = descriptors()
    jobs = [SLOW, Check("import time\ndef f():\n    time.sleep(0.3)\n    return 1", ("assert f()",), wanted=("f",))]
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(pool.run, job) for job in jobs]
        due = time.monotonic() + 20
        while len(pool._templates) < 1 or len(family(pool._templates["bare"].process.pid)) < 8:
            assert time.monotonic() < due
            time.sleep(0.001)
        assert len(descriptors()) > len(before)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                left = descriptors() - before
                ran = pool.run(Program("print(7)")).output
                os.write(write, f"{sorted(name for name in left if not name.startswith('pipe'))} {ran!r}".encode())
                pool.close()
            finally:
                os._exit(0)
        os.close(write)
        with open(read, "rb") as told:
            assert told.read() == b"[] b'7\\n'"
        os.waitpid(pid, 0)
        assert [job.result(60).outcome for job in running] == [Outcome.DONE, Outcome.DONE]


def test_the_jobs_of_a_slot_inherit_nothing_of_another(pool: Pool) -> None:
    source = (
        "import os\nfound = []\nfor fd in range(256):\n    try:\n        os.fstat(fd)\n        found.append(fd)\n"
        "    except OSError:\n        pass\nimport time\ntime.sleep(0.2)\nprint(found)"
    )
    with ThreadPoolExecutor(2) as threads:
        outputs = [job.output for job in threads.map(pool.run, [Program(source)] * 4)]
    assert outputs == [b"[0, 1, 2, 3]\n"] * 4
    [template] = [one.process.pid for one in pool._templates.values()]
    held = [{os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")} for pid in family(template)]
    sockets = [name for process in held for name in process if name.startswith("socket")]
    assert len(sockets) == len(set(sockets)), "a channel is open in one process"
