"""The level is measured, lower rungs are refused, and the doctor says what is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay import sandbox
from assay.cli import main
from assay.errors import BadConfig, IsolationRefused
from assay.judging.session import verify
from assay.types import Example, Status

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
CONFINED = Path(__file__).with_name("confined.py")
ADD = Example(prompt="?", reference={"inputs": ["1 2"], "outputs": ["3"]}, verifier="code.stdio")
RIGHT = "```python\nprint(sum(map(int, input().split())))\n```"


def confined(level: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CONFINED), level, sys.executable, *command], capture_output=True, text=True, timeout=120
    )


def test_a_result_says_its_level() -> None:
    assert sandbox.run(sandbox.Program("print(1)")).level == LEVEL


def test_a_container_without_namespaces_is_l3_and_judges() -> None:
    program = (
        "from assay.types import Example\nfrom assay.judging.session import verify\nfrom assay import sandbox\n"
        f"print(sandbox.isolation()[0], verify(Example(prompt='?', reference={ADD.reference!r}, "
        f"verifier='code.stdio'), {RIGHT!r}, deadline=60).status)"
    )
    done = confined("L3", "-c", program)
    assert done.stdout.split() == ["L3", "correct"], done.stderr


def test_without_landlock_too_nothing_is_run_unless_that_is_wanted(monkeypatch) -> None:
    program = (
        "from assay import sandbox\nprint(sandbox.isolation()[0])\nprint(sandbox.run(sandbox.Program('print(1)')))"
    )
    done = confined("L2", "-c", program)
    assert done.stdout.strip() == "L2"
    assert "IsolationRefused: isolation is L2: nofiles, seccomp; L3 is wanted" in done.stderr
    monkeypatch.setenv("ASSAY_SANDBOX_MIN", "L2")
    done = confined("L2", "-c", program)
    assert "b'1\\n'" in done.stdout and "level='L2'" in done.stdout, done.stderr
    done = confined("L1", "-c", program)
    assert done.stdout.strip() == "L1" and "IsolationRefused: isolation is L1" in done.stderr


_WITHOUT_FILES = """
from assay import sandbox
from assay.sandbox import Program
for source in (
    "import asyncio, csv, sqlite3, unittest, xml.dom.minidom, concurrent.futures, zipfile; print('imported')",
    "import heapq, inspect; print(inspect.getsourcefile(heapq) is not None)",
    "import os, sys\\nfound = 0\\nfor path in ('/etc/passwd', os.__file__, '/dev/null', '.', *sys.path):\\n"
    "    for act in (open, os.stat, os.listdir, os.chdir, os.readlink, os.statvfs):\\n"
    "        try: act(path); found += 1\\n        except OSError: pass\\nprint(found)",
):
    print(sandbox.run(Program(source)).output.decode(), end="")
"""


def test_without_files_the_standard_library_is_served_from_memory(monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX_MIN", "L2")
    done = confined("L2", "-c", _WITHOUT_FILES)
    assert done.stdout.split() == ["imported", "True", "0"], done.stderr


def test_environments_work_without_files(monkeypatch) -> None:
    pytest.importorskip("numpy")
    monkeypatch.setenv("ASSAY_SANDBOX_MIN", "L2")
    program = "import numpy as np; print(np.fft.fft([1, 2])[0].real, np.linalg.inv(np.eye(2))[0, 0])"
    done = confined("L2", "-c", f"from assay import sandbox\nprint(sandbox.run(sandbox.Program({program!r})).output)")
    assert done.stdout.strip() == "b'3.0 1.0\\n'", done.stderr


def test_the_doctor_tells_each_part_and_what_to_do() -> None:
    here = json.loads(CliRunner().invoke(main, ["sandbox", "doctor", "--json"]).stdout)
    assert here["ok"] and here["level"] == LEVEL
    there = confined("L2", "-m", "assay", "sandbox", "doctor", "--json")
    assert there.returncode == 1
    told = json.loads(there.stdout)
    parts = {part["name"]: part["active"] for part in told["parts"]}
    assert not parts["user namespace"] and not parts["Landlock"] and parts["system call filter"]
    assert parts["a job that tries to get out"], "it was tried, though programs are refused"
    for word in ("L4", "Landlock", "ASSAY_SANDBOX_MIN=L2"):
        assert any(word in line for line in told["advice"]), word


def test_the_doctor_reads_well_where_nothing_can_be_isolated() -> None:
    told = confined("L1", "-m", "assay", "sandbox", "doctor")
    assert told.returncode == 1 and "programs are refused here: L3 is wanted" in told.stdout
    assert "- for L2 and above: a kernel with seccomp filters" in told.stdout


def test_more_can_be_wanted_and_less_cannot(monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX_MIN", "L1")
    with pytest.raises(BadConfig, match="choose L5, L4, L3"):
        sandbox.run(sandbox.Program("print(1)"))
    monkeypatch.setattr(sandbox, "measured", lambda: sandbox.Measured("L3", ("seccomp",), (), "isolation is L3"))
    monkeypatch.setenv("ASSAY_SANDBOX_MIN", "L4")
    with pytest.raises(IsolationRefused, match="isolation is L3; L4 is wanted"):
        sandbox.run(sandbox.Program("print(1)"))
    assert verify(ADD, RIGHT).status is Status.ERROR


def test_a_program_runs_from_the_command_line(tmp_path) -> None:
    file, given = tmp_path / "p.py", tmp_path / "in"
    file.write_text("print(input() * 2)")
    given.write_text("ab")
    done = CliRunner().invoke(main, ["sandbox", "run", str(file), "--stdin", str(given)])
    assert (done.exit_code, done.stdout) == (0, "abab\n") and f"{LEVEL})" in done.stderr
    done = CliRunner().invoke(main, ["sandbox", "run", str(file), "--stdin", "-"], input="cd")
    assert (done.exit_code, done.stdout) == (0, "cdcd\n")
    done = CliRunner().invoke(main, ["sandbox", "run", str(file)])
    assert done.exit_code == 1 and "EOFError" in done.stderr and "give it input with --stdin" in done.stderr
    file.write_text("while True: pass")
    done = CliRunner().invoke(main, ["sandbox", "run", str(file), "--cpu", "0.2", "--json"])
    assert done.exit_code == 1 and json.loads(done.stderr)["outcome"] == "timeout"
