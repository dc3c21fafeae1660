"""How fast the sandbox is, each figure beside its peer from the same run.

Ratios count: a shared machine changes both sides. CPU time is that of this process's children, measured while they
end, and of the living workers.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from assay import sandbox
from assay.judging.session import verify_many
from assay.sandbox import Limits, Outcome, Program
from assay.types import Example
from bars import bar

SUM = "a, b = map(int, input().split())\nprint(a + b)\n"
NUMPY = "import numpy as np\na, b = map(int, input().split())\nprint(int(np.array([a, b]).sum()))\n"
SYMPY = "import sympy\na, b = map(int, input().split())\nprint(sympy.Integer(a) + b)\n"
ISOLATED, PLAIN = ["-I", "-S"], []


def per_second(job: Callable[[int], bool], count: int, threads: int = 2) -> float:
    assert job(0) and job(1)
    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        assert all(pool.map(job, range(count)))
        return count / (time.perf_counter() - start)


def ours(source: str) -> Callable[[int], bool]:
    return lambda number: sandbox.run(Program(source, b"%d 1" % number)).output == b"%d\n" % (number + 1)


def process(source: str, options: list[str]) -> Callable[[int], bool]:
    def job(number: int) -> bool:
        command = [sys.executable, *options, "-c", source]
        done = subprocess.run(command, input=b"%d 1" % number, capture_output=True, check=True)
        return done.stdout == b"%d\n" % (number + 1)

    return job


def verified(number: int) -> bool:
    reference = {"inputs": [f"{number} 1"], "outputs": [str(number + 1)]}
    example = Example(prompt="Add two numbers.", reference=reference, verifier="code.stdio")
    return verify_many([example], [f"```python\n{SUM}```"])[0].is_correct


def rates(times: int) -> None:
    """Executions a second in two threads; the best of three takes, alternating with the peers."""
    rows: dict[str, tuple[Callable[[int], bool], int]] = {
        "sandbox, isolated": (ours(SUM), 400),
        "code.stdio, one test": (verified, 400),
        "python -I -S, nothing isolated": (process(SUM, ISOLATED), 60),
        "python, nothing isolated": (process(SUM, PLAIN), 40),
        "sandbox, numpy": (ours(NUMPY), 400),
        "python, numpy": (process(NUMPY, PLAIN), 6),
        "sandbox, sympy": (ours(SYMPY), 300),
        "python, sympy": (process(SYMPY, PLAIN), 4),
    }
    best = {name: 0.0 for name in rows}
    for _ in range(3):
        for name, (job, count) in rows.items():
            best[name] = max(best[name], per_second(job, count * times))
    for name, rate in best.items():
        print(f"{name:36}{rate:8.0f} a second")
    bare = best["sandbox, isolated"] / best["python -I -S, nothing isolated"]
    bar(f"isolated executions beside bare starts of python -I -S: {bare:.2f}, at least 3.4", bare >= 3.4)
    mine, theirs = (_least_cpu_ms(job, 20 * times) for job in (ours(SUM), process(SUM, ISOLATED)))
    print(f"{'the same in CPU time':36}{theirs / mine:8.2f} times   {theirs:.2f} and {mine:.2f} ms")
    for name in ("numpy", "sympy"):
        times_as_many = best[f"sandbox, {name}"] / best[f"python, {name}"]
        bar(f"executions with {name} beside those of python: {times_as_many:.1f}, at least 30", times_as_many >= 30)


def hundred_inputs(times: int) -> None:
    """CPU time of one solution on 100 inputs, of all processes that take part."""
    inputs = [f"{number} 1\n" for number in range(100)]
    reference = {"inputs": inputs, "outputs": [f"{number + 1}\n" for number in range(100)]}
    example = Example(prompt="Add two numbers.", reference=reference, verifier="code.stdio")

    def together(number: int) -> None:
        assert verify_many([example], [f"```python\n# {number}\n{SUM}```"])[0].is_correct

    def apart(number: int) -> None:
        assert all(process(SUM, ISOLATED)(n) for n in range(100))

    together(-1)
    mine = _least_cpu_ms(together, 10 * times)
    theirs, one = _cpu_ms(apart, 1), _least_cpu_ms(process(SUM, ISOLATED), 20)
    share = f"{mine / one:.2f} starts of python -I -S, {one:.1f} ms here"
    print(f"{'100 stdio tests, code.stdio':36}{mine:8.2f} ms CPU")
    bar(f"100 stdio tests for {share}: at most 5 / 3.8 starts", mine / one <= 5 / 3.8)
    print(f"{'100 stdio tests, python -I -S each':36}{theirs:8.0f} ms CPU   {theirs / mine:.0f} times as much")


def _least_cpu_ms(act: Callable[[int], Any], count: int) -> float:
    return min(_cpu_ms(act, count) for _ in range(3))


def _cpu_ms(act: Callable[[int], Any], count: int) -> float:
    before = _cpu()
    for number in range(count):
        act(number)
    return 1000 * (_cpu() - before) / count


def _cpu() -> float:
    """CPU seconds of this process, its living descendants and what they waited for."""
    parents: dict[int, tuple[int, int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{entry}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry)] = (int(fields[1]), sum(map(int, fields[11:15])))
    family, found = {os.getpid()}, set()
    while family:
        found |= family
        family = {pid for pid, (parent, _) in parents.items() if parent in family} - found
    return sum(parents[pid][1] for pid in found if pid in parents) / os.sysconf("SC_CLK_TCK")


def kills(times: int) -> None:
    """How long after its limit a hung job is answered."""
    late: dict[str, list[float]] = {}
    for name, source, limits in (
        ("sleeping, wall limit", "import time\ntime.sleep(60)", Limits(cpu=5.0, wall=0.1)),
        ("20 hung threads, wall limit", _THREADS, Limits(cpu=5.0, wall=0.3)),
        ("spinning, CPU limit", "while True: pass", Limits(cpu=0.1, wall=5.0)),
        ("regular expression, CPU limit", "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')", Limits(cpu=0.1, wall=5.0)),
    ):
        for _ in range(5 * times):
            start = time.perf_counter()
            result = sandbox.run(Program(source, limits=limits))
            seconds = time.perf_counter() - start
            assert result.outcome in (Outcome.TIMEOUT, Outcome.STARVED), result
            over = result.cpu - limits.cpu if "CPU" in name else seconds - limits.wall_seconds
            late.setdefault(name, []).append(1000 * over)
    for name, values in late.items():
        middle = statistics.median(values)
        bar(f"{name}: {middle:.1f} ms after its limit (at most {max(values):.1f}), 50 allowed", middle <= 50)


_THREADS = "import threading, time\nfor _ in range(20): threading.Thread(target=time.sleep, args=[60]).start()\n"


def main(full: bool) -> None:
    times = 4 if full else 1
    rates(times)
    hundred_inputs(times)
    kills(times)
