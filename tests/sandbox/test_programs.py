"""Whole programs: many inputs in one process, each as if it had a process of its own."""

from __future__ import annotations

import importlib.util

import pytest

from assay import sandbox
from assay.sandbox import Batch, Limits, Outcome, Program

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
INPUTS = (b"1 2\n", b"3 4\n", b"5 6\n")
SUMS = (b"3\n", b"7\n", b"11\n")
READ = "a, b = map(int, {}.split())\n"


ROOM = Limits(cpu=5)


def batch(source: str, inputs: tuple[bytes, ...] = INPUTS, limits: Limits = ROOM) -> sandbox.Result:
    return sandbox.run(Batch(source, inputs, limits))


@pytest.mark.parametrize(
    "source",
    [
        READ.format("input()") + "print(a + b)",
        READ.format("open(0).read()") + "print(a + b)",
        "import os\n" + READ.format("os.read(0, 99)") + "os.write(1, b'%d\\n' % (a + b))",
        "import sys\n" + READ.format("sys.stdin.buffer.read()") + "sys.stdout.buffer.write(b'%d\\n' % (a + b))",
        "import sys\nfor line in sys.stdin:\n    print(sum(map(int, line.split())))\nsys.exit(0)",
        "import sys, os\nprint(sum(map(int, os.fdopen(0).read().split())), file=os.fdopen(1, 'w'))",
        READ.format("input()") + "import io, sys\nsys.stdout = io.StringIO()\nprint(a + b)\n"
        "import atexit\natexit.register(lambda: sys.__stdout__.write(sys.stdout.getvalue()))",
        "import threading\n" + READ.format("input()") + "threading.stack_size(1 << 26)\n"
        "threading.Thread(target=lambda: print(a + b)).start()",
        READ.format("input()")
        + "import io\nforgotten = io.TextIOWrapper(io.FileIO(1, 'w'))\nforgotten.write(f'{a + b}\\n')",
        READ.format("input()") + "print(a + b)\nimport sys\nsys.stdout.close()",
        READ.format("input()") + "print(a + b, flush=True)\nimport os\nos.close(0)",
        READ.format("input()") + "import builtins\nprint(a + b)\nbuiltins.print = builtins.input = None",
        READ.format("input()") + "import sys\nsys.setrecursionlimit(200)\nprint(a + b)",
    ],
)
def test_each_run_has_streams_of_its_own(source: str) -> None:
    result = batch(source)
    assert (result.outcome, result.outputs) == (Outcome.DONE, SUMS)
    alone = [sandbox.run(Program(source, given)) for given in INPUTS]
    assert [(one.outcome, one.output) for one in alone] == [(Outcome.DONE, total) for total in SUMS]


def test_runs_do_not_share_their_main_module() -> None:
    source = "try:\n    seen += 1\nexcept NameError:\n    seen = 1\nprint(seen)\nimport __main__\n__main__.other = 1"
    assert batch(source).outputs == (b"1\n",) * 3


def test_random_numbers_start_again() -> None:
    assert len(set(batch("import random\nprint(random.random())").outputs)) == 1


def test_a_run_that_leaves_is_the_last_that_is_told_of() -> None:
    for source in ("print(1, flush=True)\nimport os\nos._exit(0)", "open('/tmp/x', 'w').close()\nprint(1)"):
        result = batch(source)
        if LEVEL >= "L4" or "exit" in source:
            assert (result.outcome, result.outputs) == (Outcome.DONE, (b"1\n",))


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        ("while True: pass", Outcome.TIMEOUT),
        ("raise ValueError", Outcome.RUNTIME_ERROR),
        ("raise SystemExit(2)", Outcome.RUNTIME_ERROR),
        ("import ctypes\nctypes.string_at(0)", Outcome.RUNTIME_ERROR),
    ],
)
def test_what_ended_well_before_a_failure_is_kept(last: str, outcome: Outcome) -> None:
    limits = Limits(cpu=0.3, wall=20) if outcome is Outcome.TIMEOUT else ROOM
    result = batch(f"if '5' in input():\n    exec({last!r})\nprint(1)", limits=limits)
    assert (result.outcome, result.outputs) == (outcome, (b"1\n", b"1\n"))


def test_a_long_input_may_be_longer_than_the_output_may_be() -> None:
    long = b"x" * 3_000_000
    result = batch("print(len(input()))", (long, b"xx"), Limits(cpu=5, output=1 << 20))
    assert result.outputs == (b"3000000\n", b"2\n")


def test_a_forged_report_is_only_another_way_to_print() -> None:
    forged = "import os\nos.write(3, (10 ** 9).to_bytes(8, 'big') + bytes(4))\nos.write(3, b'{')\nprint(1)"
    assert set(b"".join(batch(forged).outputs)) <= set(b"1\n")


def test_the_scratch_folder_is_empty_for_each_job() -> None:
    source = "import os\nprint(os.listdir('/tmp'))\nopen('/tmp/left', 'w').write('x')\nos.makedirs('/tmp/a/b')"
    results = [sandbox.run(Program(source)) for _ in range(4)]
    if LEVEL >= "L4":
        assert [(one.outcome, one.output) for one in results] == [(Outcome.DONE, b"[]\n")] * 4
    else:
        assert all(one.outcome is Outcome.RUNTIME_ERROR for one in results)


@pytest.mark.parametrize(
    "source", ["for n in range(5000): open(f'/tmp/{n}', 'w')", "open('/tmp/x', 'wb').write(bytes(1 << 25))"]
)
def test_the_scratch_folder_is_small(source: str) -> None:
    assert sandbox.run(Program(source)).outcome in (Outcome.RUNTIME_ERROR, Outcome.OUTPUT_LIMIT)


@pytest.mark.parametrize("name", ["numpy", "sympy", "scipy", "pandas"])
def test_scientific_modules_can_be_imported_where_they_are_installed(name: str) -> None:
    result = sandbox.run(Program(f"import {name}\nprint({name}.__name__)"))
    if importlib.util.find_spec(name) is not None:
        assert (result.outcome, result.output) == (Outcome.DONE, f"{name}\n".encode())
    else:
        assert result.outcome is Outcome.RUNTIME_ERROR and "No module named" in result.text


def test_numpy_is_deterministic_and_cannot_be_written() -> None:
    source = "import numpy\nprint(numpy.random.rand())\nopen(numpy.__file__, 'a')"
    first, second = (sandbox.run(Program(source)) for _ in range(2))
    assert first.outcome is Outcome.RUNTIME_ERROR and first.output == second.output != b""


def test_other_packages_cannot_be_imported() -> None:
    result = sandbox.run(Program("import numpy\nimport pydantic"))
    assert "No module named 'pydantic'" in result.text and "standard library" in result.text


@pytest.mark.parametrize(
    ("source", "line", "stderr"),
    [
        ("import sys\ndef f(x):\n    print('so far', file=sys.stderr)\n    return 1 / x\nf(0)", 4, b"so far\n"),
        ("x = 1\ndef f(:", 2, b""),
        ("import json\n\njson.loads('{')", 3, b""),
        ("import sys\nsys.exit('no input')", 0, b"no input\n"),
        ("import sys\nsys.stderr.write('said')\nprint(1)", 0, b"said"),
        ("import sys\nsys.stderr = None\nprint(1)", 0, b""),
        ('import os\nos.write(3, b\'{"names": [], "text": "", "line": "x"}\')\nos._exit(1)', 0, b""),
    ],
)
def test_a_program_s_standard_error_and_its_failing_line_come_out_where_they_are_asked_for(
    source, line, stderr
) -> None:
    told = sandbox.run(Program(source, limits=ROOM, stderr=True))
    assert (told.line, told.stderr) == (line, stderr)
    silent = sandbox.run(Program(source, limits=ROOM))
    assert (silent.outcome, silent.text, silent.output, silent.stderr) == (told.outcome, told.text, told.output, b"")
