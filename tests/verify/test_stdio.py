"""`code.stdio`: a pass in one process is a pass one by one, and no response can choose that nobody is to blame."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from assay import sandbox
from assay.effort import due_in
from assay.judging import budget
from assay.judging.session import verify
from assay.sandbox import Batch, Limits, Outcome, Program, Result
from assay.types import Example, Status, Verdict
from assay.verifiers import stdio

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
NUMBERS = range(1, 13)
DOUBLE = {"inputs": [f"{n}\n" for n in NUMBERS], "outputs": [f"{2 * n}\n" for n in NUMBERS]}


def judge(source: str, reference: Any = None, **options: Any) -> Verdict:
    example = Example(prompt="", reference=reference or DOUBLE, verifier="code.stdio")
    return verify(example, f"```python\n{source}\n```", **options)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[sandbox.Job]:
    """The jobs that verdicts run from here on."""
    seen: list[sandbox.Job] = []
    run = sandbox.run
    monkeypatch.setattr(sandbox, "run", lambda job: (seen.append(job), run(job))[1])
    return seen


def test_a_right_program_takes_two_processes(jobs: list[sandbox.Job]) -> None:
    assert judge("print(2 * int(input()))").is_correct
    assert [type(job) for job in jobs] == [Batch, Program]


def test_a_wrong_program_takes_one_process_when_its_first_run_tells(jobs: list[sandbox.Job]) -> None:
    assert judge("print(3 * int(input()))").status is Status.INCORRECT
    assert [type(job) for job in jobs] == [Batch]


STATE = "import math\nmath.runs = runs = getattr(math, 'runs', 0) + 1\n"


@pytest.mark.parametrize(
    "source",
    [
        "print(2 * int(input()), flush=True)\nimport os\nos._exit(0)",
        "n = int(input())\nif hasattr(__builtins__, 'seen'): n = 0\n__builtins__.seen = 1\nprint(2 * n)",
        STATE + "print(2 * int(input()) if runs == 1 else 'again')",
        "import threading, time\nn = int(input())\nprint(2 * n)\n"
        "threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
        "print(pool.submit(lambda: 2 * int(input())).result())",
        "import os\nprint(2 * int(input()), flush=True)\nos.close(3)",
        "import os\nprint(2 * int(input()), flush=True)\nos.closerange(3, 99)",
    ],
)
def test_what_a_run_leaves_behind_does_not_make_a_right_program_wrong(source: str) -> None:
    assert judge(source).is_correct


@pytest.mark.parametrize(
    "source",
    [
        STATE + "print(2 * runs)",
        STATE + "print(2 * int(input()) if runs > 1 else 'first')",
        STATE
        + "math.known = getattr(math, 'known', []) + [int(input())]\nprint(2 * math.known[-1] if runs > 2 else 0)",
        "import os\nn = int(input())\nprint(2 * n)\nif n == 7:\n    os._exit(1)",
        "n = int(input())\nprint(2 * n)\nif n == 7:\n    raise SystemExit(3)",
        "import os\nfor n in range(12):\n    print(2 * n, flush=True)\n"
        "    os.write(3, (3 * n).to_bytes(8, 'big') + bytes(4))\n"
        "os._exit(0)",
        "import os\nos.write(3, (99).to_bytes(8, 'big') + bytes(4))\nprint(2 * int(input()) if 0 else '')",
    ],
)
def test_a_program_that_is_wrong_alone_is_not_right_together(source: str) -> None:
    assert judge(source).status is Status.INCORRECT


def test_counting_runs_says_nothing_about_the_input() -> None:
    """Answers by place would be right in the order of the reference; the order of the runs is another one."""
    assert stdio._Judge(
        Example(prompt="", reference=DOUBLE, verifier="code.stdio"), stdio.StdioParams()
    )._order() != list(range(12))
    inputs = [hashlib.sha256(bytes([n])).hexdigest() for n in NUMBERS]
    assert judge(STATE + "print(2 * runs)", {"inputs": inputs, "outputs": DOUBLE["outputs"]}).status is Status.INCORRECT


def test_the_cpu_time_of_all_runs_together_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdio, "limits", lambda: Limits(cpu=0.3, wall=30))
    slow = "import time\nstart = time.process_time()\nwhile time.process_time() - start < 0.12: pass\n"
    assert judge(slow + "print(2 * int(input()))").is_correct


def test_a_run_that_is_too_slow_is_the_programs_own_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdio, "limits", lambda: Limits(cpu=0.2, wall=30))
    verdict = judge("n = int(input())\nwhile n == 7: pass\nprint(2 * n)")
    assert verdict.status is Status.INCORRECT and "input 7: timeout" in verdict.why


@pytest.mark.parametrize("seconds", [0.3, 1.1, 1.3, 60])
def test_sleeping_through_the_deadline_is_incorrect(seconds: float) -> None:
    for program in (
        f"import time\ntime.sleep({seconds} if '7' in input() else 0)\nprint(1)",
        f"import time\ntime.sleep({seconds})\nprint(2 * int(input()))",
    ):
        verdicts = (judge(program, deadline=1.2).status for _ in range(5))
        served = next((status for status in verdicts if status is not Status.TIMEOUT), None)  # a busy machine starves
        assert served is Status.INCORRECT


def test_sleeping_in_one_program_does_not_starve_the_next() -> None:
    example = Example(prompt="", reference={"code": "def sat(x: int): return x == 1"}, verifier="sat")
    for seconds in (0.5, 0.8, 0.84):
        sol = f"def sol():\n    import time\n    time.sleep({seconds})\n    return 2"
        assert verify(example, f"```python\n{sol}\n```", deadline=1.0).status is Status.INCORRECT


def result(outcome: Outcome, wall: float, starved: float) -> Result:
    return Result(outcome, "words", wall=wall, starved=starved)


@pytest.mark.parametrize(
    ("starved", "status"), [(0.0, Status.INCORRECT), (0.1, Status.INCORRECT), (0.4, Status.CORRECT)]
)
def test_who_had_the_time_is_to_blame(starved: float, status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve runs of 0.4 s each within half a second: they are late where the programs had that time themselves."""

    def run(job: sandbox.Job) -> Result:
        return result(Outcome.DONE, 0.4, starved)

    monkeypatch.setattr(sandbox, "run", run)
    monkeypatch.setattr(stdio.program, "program_of", lambda *_: "print(1)")
    monkeypatch.setattr(stdio._Judge, "_same", lambda *_: True)
    verdict = judge("print(1)", deadline=0.5)
    assert verdict.status is status, verdict


def test_a_starved_machine_is_nobodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "run", lambda _: Result(Outcome.STARVED, "it waited 59 of 60 s for a processor"))
    verdict = judge("print(1)", deadline=0.5)
    assert (verdict.status, verdict.score) == (Status.TIMEOUT, None)


def test_a_queue_takes_nothing_from_a_deadline() -> None:
    """Six programs that sleep in more threads than there are workers, and six that are right: all have a verdict."""
    sleeps, right = "import time\ntime.sleep(100)", "print(2 * int(input()))"
    with ThreadPoolExecutor(12) as threads:
        verdicts = list(threads.map(lambda n: judge((sleeps, right)[n % 2], deadline=1.0).status, range(12)))
    assert verdicts == 6 * [Status.INCORRECT, Status.CORRECT]


def test_limits_keep_within_what_is_left() -> None:
    with due_in(4.0):
        room = budget.limits()
        assert room is not None and room.cpu <= room.wall_seconds / 2 <= 2
    with due_in(100.0, own=4.0):  # a patient clock buys no more work
        assert budget.limits() == room


@pytest.mark.parametrize("name", ["numpy", "sympy"])
def test_scientific_programs_are_judged(name: str) -> None:
    pytest.importorskip(name)
    assert judge(f"import {name}\nprint(2 * int(input()))").is_correct


def test_no_byte_is_the_output_of_two_runs() -> None:
    code = "import os; os.write(1, bytes(1000))\nos.write(3, ((999).to_bytes(8, 'big') + bytes(16)) * 20); os._exit(0)"
    done = sandbox.run(Batch(code, tuple(b"%d\n" % n for n in range(40)), Limits()))
    assert done.outcome is Outcome.DONE and sum(map(len, done.outputs)) <= 1000
