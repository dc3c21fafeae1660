"""The sandbox holds: data in, data out, limits kept, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay import sandbox
from assay.errors import IsolationRefused
from assay.sandbox import Call, Check, Limits, Outcome, Pool, Program
from assay.sandbox.processes import TemplateProcess

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
SHORT = Limits(cpu=0.5, wall=8.0, memory=256 << 20)


def program(source: str, stdin: bytes = b"", limits: Limits = SHORT) -> sandbox.Result:
    for _ in range(5):  # a machine that is too busy says so, and is asked again
        result = sandbox.run(Program(source, stdin, limits))
        if result.outcome is not Outcome.STARVED:
            break
    return result


def test_a_program_reads_and_prints() -> None:
    result = program("print(int(input()) + 1)", b"41")
    assert (result.outcome, result.output) == (Outcome.DONE, b"42\n")
    assert "seccomp" in result.isolation


def test_a_call_returns_exact_plain_data() -> None:
    value = (1, 1.0, True, None, "é\ud800", b"\xff", 2**200, float("inf"), {1: {2}}, frozenset({3}), [range(3)], 1j)
    assert sandbox.run(Call("def f(x): return x", "f", (value,))).value == value
    result = sandbox.run(Call("def f(x): return [x, 1, 1.0]", "f", (True,)))
    assert [type(item) for item in result.value] == [bool, int, float]


def test_a_subclass_arrives_as_its_base() -> None:
    source = "class I(int):\n    def __eq__(self, other): return True\ndef f(): return I(3)"
    value = sandbox.run(Call(source, "f")).value
    assert type(value) is int and value == 3 and value != 4


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("while True: pass", Outcome.TIMEOUT),
        ("try:\n    while True: pass\nexcept BaseException: pass", Outcome.TIMEOUT),
        ("10 ** 10 ** 9", Outcome.TIMEOUT),
        ("x = []\nwhile True: x.append(bytearray(10 ** 8))", Outcome.MEMORY_LIMIT),
        ("import sys\nwhile True: sys.stdout.write('x' * 10 ** 6)", Outcome.OUTPUT_LIMIT),
        ("import os\nwhile True: os.write(1, b'x' * 10 ** 6)", Outcome.OUTPUT_LIMIT),
        ("import os\nfor _ in range(50): os.fork()", Outcome.RUNTIME_ERROR),
        ("import subprocess\nsubprocess.run(['true'])", Outcome.RUNTIME_ERROR),
        ("def f(:", Outcome.COMPILE_ERROR),
        ("raise ValueError('x')", Outcome.RUNTIME_ERROR),
        ("import ctypes\nctypes.string_at(0)", Outcome.RUNTIME_ERROR),
        ("import sys\nsys.exit(3)", Outcome.RUNTIME_ERROR),
        ("import os\nos._exit(0)", Outcome.DONE),
        ("import sys\nsys.exit(0)", Outcome.DONE),
    ],
)
def test_outcomes(source: str, outcome: Outcome) -> None:
    limits = SHORT if outcome is Outcome.TIMEOUT else Limits(cpu=10, wall=40)
    assert program(source, limits=limits).outcome is outcome


def test_sleeping_is_the_programs_own_doing() -> None:
    started = time.monotonic()
    result = program("import time\ntime.sleep(60)", limits=Limits(cpu=5, wall=0.4))
    assert result.outcome is Outcome.TIMEOUT
    assert time.monotonic() - started < 3


def test_output_may_be_any_bytes() -> None:
    assert program("import os\nos.write(1, b'\\xff\\xfe')").output == b"\xff\xfe"


def test_megabytes_of_output_do_not_deadlock() -> None:
    assert len(program("print('x' * 8_000_000)").output) == 8_000_001


def test_threads_and_exit_functions_are_finished() -> None:
    source = (
        "import threading, atexit\natexit.register(print, 'bye')\nthreading.Thread(target=print, args=['hi']).start()"
    )
    assert program(source).output == b"hi\nbye\n"


def test_a_job_sees_nothing_of_the_last_one() -> None:
    program("import builtins\nbuiltins.leak = 1")
    assert program("print(hasattr(__builtins__, 'leak'))").output == b"False\n"


def test_sets_have_one_order() -> None:
    source = "print(list({'a', 'b', 'c', 'd', 'e'}))"
    assert len({program(source).output for _ in range(3)}) == 1


def test_the_tests_are_not_in_the_candidates_process() -> None:
    candidate = (
        "import gc\ndef f():\n    found = [o for o in gc.get_objects() if isinstance(o, (list, tuple, dict))]\n"
        "    return any('mark' + chr(101) + 'r_42' in str(o) for o in found)"
    )
    tests = ("assert f() is True, 'marker_42'",)
    for _ in range(2):  # nor is anything left of the first check
        report = sandbox.run(Check(candidate, tests, wanted=("f",))).value
        assert report["stage"] == "run" and report["problem"]["names"][0] == "AssertionError"


def test_eight_threads_share_two_workers() -> None:
    pool = Pool(2)
    try:
        with ThreadPoolExecutor(8) as threads:
            jobs = [Program(f"print({n})") for n in range(40)]
            assert [int(result.output) for result in threads.map(pool.run, jobs)] == list(range(40))
    finally:
        pool.close()


def test_a_worker_that_dies_is_replaced_and_its_job_run_again() -> None:
    pool = Pool(1)
    try:
        pool.run(Program(""))
        [worker] = pool._idle
        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(pool.run, Program("import time\ntime.sleep(0.4)\nprint('done')"))
            time.sleep(0.15)
            signal.pidfd_send_signal(worker.pidfd, signal.SIGKILL)
            assert running.result(20).output == b"done\n"
    finally:
        pool.close()


def test_no_descriptor_and_no_process_is_left() -> None:
    program("")
    before = len(os.listdir("/proc/self/fd"))
    for source in ("print(1)", "import os\nos._exit(1)", "import os\nfor fd in range(9): os.close(fd)") * 10:
        program(source)
        sandbox.run(Check(source, ("assert f()",), wanted=("f",)))
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_forked_child_gets_workers_of_its_own() -> None:
    program("")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if program("print(7)").output == b"7\n" else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert program("print(8)").output == b"8\n"


def test_workers_end_with_a_killed_parent() -> None:
    code = (
        "import time\nfrom assay.sandbox.processes import TemplateProcess\n"
        "template = TemplateProcess('bare')\nworker = template.fork()\n"
        "print(template.process.pid, flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    due = time.monotonic() + 10
    while _alive(worker) and time.monotonic() < due:
        time.sleep(0.02)
    assert not _alive(worker)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")")[-1].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_reports_its_isolation() -> None:
    template = TemplateProcess("bare")
    worker = template.fork()
    try:
        assert "seccomp" in worker.isolation
    finally:
        worker.close()
        template.close()
    assert template.process.poll() is not None


def test_the_switch_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.SWITCH, "off")
    with pytest.raises(IsolationRefused, match="unset it"):
        sandbox.run(Program("print(1)"))


def test_a_machine_without_isolation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_measured", None)
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationRefused, match="run it on Linux"):
        sandbox.run(Program("print(1)"))
