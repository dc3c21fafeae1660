"""Gates: feedback that helps, commands that cannot be turned on the caller, and check programs as data."""

from __future__ import annotations

import os
import tempfile

import pytest

from assay import sandbox
from assay.judging.session import verify
from assay.types import Example, Status, Verdict

LEVEL, SENTENCE = sandbox.isolation()
PROGRAM = "```python\nprint(1)\n```"


def judge(verifier: str, reference: object, response: str, deadline: float | None = None) -> Verdict:
    return verify(Example(prompt="", reference=reference, verifier=verifier), response, deadline=deadline)


@pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
def test_the_feedback_names_the_line() -> None:
    verdict = judge("py_compile", None, "```python\nx = 1\ny = (\n```")
    assert verdict.why.startswith("line 2: SyntaxError") and verdict.read == "x = 1\ny = (\n"


def test_the_feedback_is_what_the_command_printed() -> None:
    verdict = judge("command", {"command": ["grep", "-n", "print", "{file}", "/dev/null"], "accept": [1]}, PROGRAM)
    assert verdict.why == "grep ended with 0: solution.py:1:print(1)"


def test_a_command_sees_a_nearly_empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    names = {line.split("=")[0] for line in judge("command", {"command": ["printenv"]}, PROGRAM).why.splitlines()[1:]}
    assert names <= {"PATH", "HOME", "TMPDIR", "LC_ALL"} and "HOME" in names


def test_a_command_leaves_nothing() -> None:
    before = set(os.listdir(tempfile.gettempdir()))
    for words in (["touch", "left"], ["mkdir", "-p", "a/b"], ["true"]):
        assert judge("command", {"command": words}, PROGRAM).is_correct
    assert not {name for name in set(os.listdir(tempfile.gettempdir())) - before if name.startswith("assay-command-")}


@pytest.mark.parametrize(
    "words",
    [["python3.12", "-"], ["/bin/sh", "-c", "true"], ["bash"], ["node"], ["pytest"], ["uvx", "x"], ["sudo", "x"]],
)
def test_a_command_that_executes_is_refused(words: list[str]) -> None:
    verdict = judge("command", {"command": words}, PROGRAM)
    assert verdict.status is Status.ERROR and "sandbox" in verdict.why


def test_a_command_that_hangs_is_nobodys_answer() -> None:
    assert judge("command", {"command": ["sleep", "60"]}, PROGRAM, deadline=0.4).status is Status.TIMEOUT


def test_a_command_that_computes_for_ever_is_the_programs_doing() -> None:
    slow = "x" * 40 + "y"
    verdict = judge(
        "command", {"command": ["grep", "-E", "-q", r"(x+x+)+\1\1z"]}, f"```python\n# {slow * 60}\n```", 1.0
    )
    assert verdict.status in (Status.INCORRECT, Status.TIMEOUT) and not verdict.is_correct


@pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
def test_a_check_program_is_not_reached_by_an_answer() -> None:
    check = "SECRET = 42\ndef check(answer):\n    return answer == SECRET"
    for text in ("SECRET", "check", "globals()['SECRET']", "{SECRET}", "__import__('sys').exit(0)"):
        assert judge("script", {"check": check}, f"\\boxed{{{text}}}").score == 0
