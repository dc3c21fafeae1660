"""Programs: verdicts without isolation, deadlines, long texts, fences and literals."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from assay import sandbox
from assay.claim import program
from assay.claim.fences import fences
from assay.judging.session import verify
from assay.literals import pyvalue
from assay.types import Example, Status, Verdict

LEVEL, SENTENCE = sandbox.isolation()
needs_isolation = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
ADD = {"tests": ["assert add(1, 2) == 3"], "entry_point": "add"}


def judge(reference: Any, response: str, verifier: str = "code.tests", prompt: str = "", **params: Any) -> Verdict:
    return verify(Example(prompt=prompt, reference=reference, verifier=verifier, params=params), response)


@pytest.mark.parametrize("verifier", ["code.tests", "code.stdio", "code_io.input", "sat", "script"])
def test_without_isolation_every_program_verifier_is_an_error(verifier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.SWITCH, "off")
    reference = {
        "code.tests": ADD,
        "code.stdio": {"inputs": [""], "outputs": ["1"]},
        "code_io.input": {"code": "def f(x): return x", "input": "1", "output": "1"},
        "sat": {"code": "def sat(x: int): return True"},
        "script": {"check": "def check(answer): return True"},
    }[verifier]
    verdict = judge(
        reference, "```python\ndef add(a, b): return a + b\n```" if verifier.startswith("code.") else "1", verifier
    )
    assert (verdict.status, verdict.score) == (Status.ERROR, None)
    assert sandbox.SWITCH in verdict.why


@needs_isolation
def test_a_deadline_holds() -> None:
    example = Example(prompt="", reference=ADD, verifier="code.tests")
    verdict = verify(example, "def add(a, b):\n    while True: pass", deadline=0.8)
    assert verdict.status in (Status.INCORRECT, Status.TIMEOUT) and verdict.seconds < 2.0  # timeout: a busy machine


@needs_isolation
@pytest.mark.parametrize("text", ["\n" * 30_000 + "no program", "```python\n" + "\U0001f600" * 30_000])
def test_a_long_text_costs_little(text: str) -> None:
    for name, reference in (("code.tests", ADD), ("code.stdio", {"inputs": ["1"], "outputs": ["1"]})):
        verdict = judge(reference, text, name)
        assert verdict.score == 0 and verdict.seconds < 5.0


@needs_isolation
def test_a_forged_value_costs_the_caller_little() -> None:
    forged = """import json, os
def put(data):
    data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(3, data[:65536]):]
put(json.dumps({"names": ["sol"]}).encode())
put(b'{"v":{"t":[' + b",".join([b"[]"] * 4_000_000) + b"]}}")
os._exit(0)
def sol(): pass"""
    verdict = judge({"code": "def sat(x: int): return True"}, f"```python\n{forged}\n```", "sat")
    assert verdict.score == 0 and verdict.seconds < 5.0


def test_fences() -> None:
    text = "a\n```python\nx = '''\n```\n'''\n```\n```bash\nls\n```\n~~~py\ny = 1\n~~~\n```\nz"
    assert [(f.label, f.text.strip()) for f in fences(text)] == [
        ("python", "x = '''\n```\n'''"),
        ("bash", "ls"),
        ("py", "y = 1"),
        ("", "z"),
    ]


def test_literals_are_compared_with_their_types() -> None:
    different = [("1", "1.0"), ("1", "True"), ("[1]", "(1,)"), ("'1'", "1"), ("{1}", "[1]"), ("{1: 0}", "{True: 0}")]
    alike = [("'a'", '"a"'), ("{1, 2}", "{2,1}"), ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"), ("float('nan')",) * 2]
    for left, right in different:
        assert not pyvalue.same(pyvalue.parse(left), pyvalue.parse(right))
    for left, right in alike:
        assert pyvalue.same(pyvalue.parse(left), pyvalue.parse(right))


CASES = [
    case
    for path in sorted((Path(__file__).parents[1] / "cases").glob("code.*.jsonl"))
    for case in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    if case["verifier"] == "code.tests" and case["expected"] != "error"
]


@needs_isolation
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"][:50])
def test_partial_is_one_only_where_all_is_right(case: dict[str, Any]) -> None:
    ways = [
        judge(case["reference"], case["response"], prompt=case.get("prompt", ""), partial=partial)
        for partial in (False, True)
    ]
    assert ways[0].status == ways[1].status
    assert ways[0].score == (ways[1].score == 1.0) and 0 <= (ways[1].score or 0) <= 1


@needs_isolation
@pytest.mark.parametrize(
    "source",
    [
        "from sortedcontainers import SortedList\ndef f(l): return list(SortedList(l))",
        "from sortedcontainers import SortedDict\ndef f(l): return list(SortedDict.fromkeys(l))",
        "import numpy\nfrom sortedcontainers import SortedSet\ndef f(l): return list(SortedSet(l))",
    ],
)
def test_sortedcontainers_can_be_imported(source: str) -> None:
    pytest.importorskip("sortedcontainers")
    assert judge({"tests": "assert f([3, 1, 2]) == [1, 2, 3]", "entry_point": "f"}, source).is_correct


def test_syntax_of_another_python_is_told_by_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program.sys, "version_info", (3, 11, 2))
    for source in ("type X = int", "def f[T](x: T): pass", "class A[T]: pass", "y = f'{d['a']}'", "y = t'a'"):
        assert re.search(r"looks like Python 3\.1[24] or later; .* Python 3\.11\)", program.hint(source, "SyntaxError"))
    for source in ("print 'a'", "print x", "exec 'a'", "raise E, 'a'", "x = 1L", "if a <> b: pass"):
        assert "looks like Python 2;" in program.hint(source, "SyntaxError")
    for source in ("type = 3", "print('a')", "f'{a}'", "def f(x: list[int]): pass"):
        assert program.hint(source, "SyntaxError") == " (programs run under Python 3.11)"
    assert program.hint("print 'a'", "ValueError") == ""


@needs_isolation
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this interpreter knows the syntax")
def test_newer_syntax_names_the_interpreter() -> None:
    verdict = judge(ADD, "```python\ntype N = int\ndef add(a: N, b: N) -> N:\n    return a + b\n```")
    assert verdict.status is Status.INCORRECT and "Python 3.12 or later; programs run under Python 3.11" in verdict.why


@pytest.mark.parametrize("text", ["{%s}", "frozenset([%s])", "[{%s}]"])
def test_keys_that_were_chosen_to_have_one_hash_are_no_literal(text: str) -> None:
    chosen = ", ".join(str(number * (2**61 - 1)) for number in range(100))
    with pytest.raises(pyvalue.NotALiteral, match="one hash"):
        pyvalue.parse(text % chosen)
    assert pyvalue.parse(text % ", ".join(["-1"] * 100)) == pyvalue.parse(text % "-1")
    spread = dict.fromkeys(range(100), 1)
    assert pyvalue.parse(str(spread)) == spread


@needs_isolation
def test_tests_and_program_share_a_folder_where_there_is_one() -> None:
    tests = (
        "def test_a(tmp_path):\n    path = tmp_path / 'out.txt'\n    save(path, 3)\n    assert path.read_text() == '6'"
    )
    right, wrong = (judge({"tests": [tests]}, f"def save(path, x): path.write_text(str({n} * x))") for n in "21")
    full = judge({"tests": [tests]}, "for n in range(2000): open(f'/tmp/{n}', 'w').close()\ndef save(path, x): pass")
    if LEVEL < "L4":
        assert right.status is wrong.status is Status.ERROR and "from L4 on" in right.why
    else:
        assert right.is_correct and wrong.status is full.status is Status.INCORRECT


@needs_isolation
def test_a_row_may_ask_for_several_names() -> None:
    tests, program_ = {"tests": ["assert decode(encode('ab')) == 'ab'"]}, "encode = decode = lambda text: text"
    assert judge(tests, program_, prompt="Write functions encode and decode.").is_correct
    shown = judge(tests, program_, prompt="Write encode.\nassert decode(encode('ab')) == 'ab'")
    assert shown.status is Status.ERROR and "only the program could define decode" in shown.why
    named = {**tests, "entry_point": "encode"}
    assert judge(named, program_, prompt="Write encode and decode.").status is Status.ERROR
    assert judge(named, program_, prompt="def encode(text): ...\ndef decode(text): ...").is_correct
