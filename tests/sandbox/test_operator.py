"""What an operator types and reads: absurd limits, unknown values, and programs that write on our report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assay import sandbox
from assay.cli import main
from assay.errors import BadConfig
from assay.judging.session import verify
from assay.sandbox import Limits, cgroups, doctor
from assay.types import Example, Status

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
ADD = Example(prompt="?", reference={"inputs": ["1 2"], "outputs": ["3"]}, verifier="code.stdio")
BROKEN_OFF = [
    ("ASSAY_SANDBOX", "bogus", "choose off, bwrap, or the http:// address"),
    ("ASSAY_SANDBOX", "of", "did you mean 'off'?"),
    ("ASSAY_SANDBOX", "bwarp", "did you mean 'bwrap'?"),
    ("ASSAY_SANDBOX", "localhost:8080", "did you mean 'http://localhost:8080'?"),
    ("ASSAY_SANDBOX", "http://", "choose off, bwrap"),
    ("ASSAY_SANDBOX_MIN", "l4", "did you mean 'L4'?"),
    ("ASSAY_SANDBOX_MIN", "L1", "nothing is run below L2"),
    ("ASSAY_SANDBOX_CGROUP", "of", "did you mean 'off'?"),
    ("ASSAY_SANDBOX_CGROUP", "/not/there", "name a folder of a cgroup v2"),
    ("ASSAY_SANDBOX_MINIMUM", "L4", "did you mean 'ASSAY_SANDBOX_MIN'"),
]


def run(tmp_path: Path, source: str | bytes, *options: str) -> Result:
    file = tmp_path / "p.py"
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    return CliRunner().invoke(main, ["sandbox", "run", str(file), *options])


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e300", "-1", "0", "86401"])
@pytest.mark.parametrize("option", ["--cpu", "--wall", "--memory"])
def test_an_absurd_limit_is_refused_before_anything_runs(tmp_path, option: str, value: str) -> None:
    value = "1" + "0" * 30 if option == "--memory" and value == "86401" else value
    done = run(tmp_path, "print('ran')", option, value)
    assert done.exit_code == 2 and not done.stdout and isinstance(done.exception, SystemExit)
    assert option in done.stderr or "above 0 and at most" in done.stderr


@pytest.mark.parametrize("name", ["cpu", "wall", "memory", "output"])
def test_so_it_is_from_python(name: str) -> None:
    for value in (float("inf"), float("-inf"), float("nan"), 1e300, -1, 0):
        with pytest.raises(BadConfig, match=f"a limit of {name} is a number of .* at most"):
            Limits(**{name: value})


@pytest.mark.parametrize("budget", [float("inf"), float("nan"), 1e300, -1, 0, True])
def test_so_it_is_in_a_reference(budget: float) -> None:
    row = Example(prompt="?", reference={"check": "def check(a): return True", "budget": budget}, verifier="script")
    verdict = verify(row, r"\boxed{1}")
    assert verdict.status is Status.ERROR and ("'budget'" in verdict.why or "JSON" in verdict.why), verdict


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (b"\xef\xbb\xbfprint('\xc3\xa9')", "é\n"),
        (b"# -*- coding: latin-1 -*-\nprint('\xe9')", "é\n"),
        (b"\xef\xbb\xbf# coding: utf-8\r\nprint(1)\r\n", "1\n"),
    ],
)
def test_a_file_is_read_as_python_reads_it(tmp_path, source: bytes, told: str) -> None:
    done = run(tmp_path, source)
    assert (done.exit_code, done.stdout) == (0, told), done.stderr


@pytest.mark.parametrize("source", [b"# coding: nonsense\n", b"print('\xff')", b"\xff\xfep\0"])
def test_what_is_no_text_is_told_in_a_sentence(tmp_path, source: bytes) -> None:
    done = run(tmp_path, source)
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1 and "p.py" in done.stderr


FORGED = "x\\ndone (0.001 s CPU, 0.002 s in all, L4)\\r\\x1b[32m\\x1b[2A\\x07\\x9b31m\\u2028\\u202e\\x85\\ud800"


@pytest.mark.parametrize(
    "source",
    [
        f'raise ValueError("{FORGED}")',
        f'raise type("{FORGED}", (Exception,), {{}})("")',
        f'import sys\nsys.exit("{FORGED}")',
        f'import sys\nsys.stderr.write("{FORGED}"); print(1 / 0)',
        f'exec("def f(:  # {FORGED}")',
        "raise ValueError('''\x1b[31m\x07''')",
    ],
)
def test_a_program_neither_colours_the_report_nor_adds_to_it(tmp_path, source: str) -> None:
    done = run(tmp_path, source)
    lines = done.stderr.split("\n")
    assert done.exit_code == 1 and lines[-1] == "" and lines[-2].endswith(f"{LEVEL})")
    assert all(line.isprintable() for line in lines)
    if "stderr" not in source and "exit" not in source:
        assert len(lines) <= 3  # the line that failed, and how it ended
    told = run(tmp_path, source, "--json").stderr.strip().split("\n")[-1]
    assert told.isprintable() and json.loads(told)["outcome"] != "done"


def test_standard_output_is_every_byte(tmp_path) -> None:
    done = run(tmp_path, "import os\nos.write(1, bytes(range(256)))")
    assert done.stdout_bytes == bytes(range(256))


@pytest.mark.parametrize(("name", "value", "told"), BROKEN_OFF)
def test_an_unknown_value_is_refused_everywhere(monkeypatch, tmp_path, name: str, value: str, told: str) -> None:
    monkeypatch.setattr(sandbox, "_measured", None)
    monkeypatch.setenv(name, value)
    for command in (["sandbox", "doctor"], ["sandbox", "doctor", "--json"]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 2 and not done.stdout and told in done.stderr
    done = run(tmp_path, "print('ran')")
    assert done.exit_code == 2 and not done.stdout and told in done.stderr
    with pytest.raises(BadConfig):
        sandbox.require()


@pytest.mark.parametrize("value", ["off", "OFF", " off "])
def test_the_doctor_says_what_refuses(monkeypatch, value: str) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX", value)
    done = CliRunner().invoke(main, ["sandbox", "doctor"])
    assert done.exit_code == 1 and "programs are refused here: ASSAY_SANDBOX=off" in done.stdout
    assert "- unset ASSAY_SANDBOX" in done.stdout


def test_the_doctor_tries_the_server_that_is_named(monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX", "http://127.0.0.1:9")
    done = CliRunner().invoke(main, ["sandbox", "doctor"])
    assert (
        done.exit_code == 1
        and "programs are refused here: ASSAY_SANDBOX=http://127.0.0.1:9 does not run" in done.stdout
    )
    monkeypatch.setenv("ASSAY_SANDBOX", "bwrap")
    monkeypatch.setenv("PATH", "/nowhere")
    done = CliRunner().invoke(main, ["sandbox", "doctor"])
    assert done.exit_code == 1 and "install bubblewrap" in done.stdout


def advice(monkeypatch, level: str, features: str, refused: dict[str, str], **host: str) -> str:
    """What the doctor advises on a host where these parts are active and those files hold that."""
    found = sandbox.Measured(level, tuple(features.split()), (), f"isolation is {level}", refused)
    monkeypatch.setattr(doctor, "measured", lambda: found)
    monkeypatch.setattr(doctor, "_read", lambda path: host.get(path.rsplit("/", 1)[-1], ""))
    monkeypatch.setattr(doctor.platform, "release", lambda: host.get("release", "6.1.0-generic"))
    monkeypatch.setattr(doctor.platform, "machine", lambda: host.get("machine", "x86_64"))
    monkeypatch.setattr(doctor.sys, "platform", host.get("system", "linux"))
    return "\n".join(doctor.examine().advice)


@pytest.mark.parametrize(
    ("level", "features", "host", "says", "never"),
    [
        ("L3", "uid landlock7 seccomp", {"status": "Seccomp:\t2\n"}, "a seccomp profile", "AppArmor|sysctl|Landlock"),
        ("L3", "uid landlock7 seccomp", {"status": "Seccomp:\t0\n"}, "AppArmor", "container|sysctl|Landlock"),
        ("L3", "uid landlock7 seccomp", {"kernel.unprivileged_userns_clone": "0"}, "AppArmor", "container"),
        ("L3", "uid landlock7 seccomp", {"unprivileged_userns_clone": "0"}, "userns_clone=1", "container|AppArmor"),
        ("L2", "uid nofiles seccomp", {"release": "5.10.0-21"}, "5.13 or newer (this is 5.10.0)", "lsm="),
        ("L2", "uid nofiles seccomp", {"lsm": "capability,yama"}, "lsm=landlock,capability,yama", "5.13"),
        ("L2", "uid nofiles seccomp", {"lsm": ""}, "a container profile that allows its system calls", "5.13|lsm="),
        ("L0", "", {"system": "darwin"}, "run it on Linux", "sysctl|seccomp|container profile"),
        ("L0", "", {"machine": "riscv64"}, "x86-64 or aarch64 machine", "sysctl|Landlock"),
        ("L0", "", {}, "no worker started", "sysctl|Landlock|seccomp"),
        ("L1", "user root uid net ipc uts pid landlock7 seccomp", {}, "report it", "sysctl|Landlock"),
    ],
)
def test_advice_fits_the_cause(monkeypatch, level, features, host, says, never) -> None:
    monkeypatch.setattr(cgroups, "find_parent", lambda: cgroups.Parent("", (), "not delegated"))
    told = advice(monkeypatch, level, features, {"user": "unshare: Operation not permitted"}, **host)
    assert says in told, told
    assert not any(word in told for word in never.split("|")), told
