"""Programming contests: programs that read standard input and write standard output, and LeetCode's classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from assay.sources.code import ASK, LEETCODE, completing
from assay.sources.files import Raw, Real, Row, fenced

STDIO = f"{{problem}}\n\nWrite a Python program that reads standard input and writes standard output.{ASK}"
MAX_INPUT = 1 << 20
"""Characters of the longest input; tests with a longer one are left out, as in Guru."""


def program(
    problem: str, inputs: Sequence[Any], outputs: Sequence[Any], gold: str | None = None, *, tags: tuple[str, ...] = ()
) -> Iterable[Row]:
    """One row, unless no test is left. TACO writes an input in lines as a list of them."""
    texts = [(_text(given), _text(wanted)) for given, wanted in zip(inputs, outputs, strict=True)]
    kept = [(given, wanted) for given, wanted in texts if len(given) <= MAX_INPUT]
    if kept:
        reference = {"inputs": [given for given, _ in kept], "outputs": [wanted for _, wanted in kept]}
        yield Row(problem.strip(), reference, gold, "code.stdio", template=STDIO, tags=(f"tests:{len(kept)}", *tags))


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def calls(
    problem: str,
    entry: str,
    pairs: Iterable[tuple[str, Any]],
    head: str = "",
    gold: str | None = None,
    setup: str = "",
    tags: tuple[str, ...] = (),
) -> Row:
    """Calls of a function, each with its arguments as written, and what they return."""
    tests = [f"assert {entry}({arguments}) == {wanted!r}" for arguments, wanted in pairs]
    prompt, template = completing(problem, head) if head else (problem.strip(), f"{{problem}}{ASK}")
    reference = {"tests": tests, "entry_point": entry} | ({"setup": setup} if setup else {})
    return Row(prompt, reference, gold, "code.tests", template=template, tags=(f"tests:{len(tests)}", *tags))


def _livecodebench(raw: Raw) -> Iterable[Row]:
    """Tests that were read from a statement count where they were validated."""
    if not raw["validated"]:
        return
    problem, tests = raw["joined"], raw["tests"]
    if raw["testtype"] == "stdin":
        rows = list(program(problem["question_content"], [t["input"] for t in tests], [t["output"] for t in tests]))
    else:
        pairs = [(", ".join(f"{k}={v!r}" for k, v in test["kwargs"].items()), test["output"]) for test in tests]
        head = fenced(problem["starter_code"].rstrip())
        rows = [calls(problem["question_content"], f"Solution().{raw['fn_name']}", pairs, head, setup=LEETCODE)]
    tags = (f"platform:{raw['platform']}", f"difficulty:{raw['difficulty']}", f"date:{raw['contest_date'][:10]}")
    for row in rows:
        yield replace(row, tags=(*row.tags, *tags))


def _codecontests(raw: Raw) -> Iterable[Row]:
    yield from program(raw["problem"], raw["tests"]["inputs"], raw["tests"]["outputs"])


def _codeforces(raw: Raw) -> Iterable[Row]:
    tests = raw["tests"]
    yield from program(raw["problem"], [test["input"] for test in tests], [test["output"] for test in tests])


livecodebench = Real(
    name="code/livecodebench",
    about="LiveCodeBench v5, judged by the sample tests of its statements: half of the wrong programs pass those",
    licence="MIT; statements (c) AtCoder, Codeforces, LeetCode",
    verifier="code.stdio",
    eval_only=True,
    home="https://github.com/LiveCodeBench/submissions (Scenario.codegeneration_1_0.2_eval_all.json)",
    files={"test": "code/lcb_v5_sample_tests.jsonl"},
    joined="code/lcb_v5_problems_no_tests.jsonl",
    key="question_id",
    sizes={"test": 627},
    row=_livecodebench,
)
codecontests = Real(
    name="code/codecontests",
    about="Problems of CodeContests with tests, as rLLM published them (no reference solutions)",
    licence="CC BY 4.0",
    verifier="code.stdio",
    home="https://github.com/agentica-project/rllm (rllm/data)",
    files={"test": "code/codecontests_rllm.jsonl.gz"},
    sizes={"test": 165},
    row=_codecontests,
)
codeforces = Real(
    name="code/codeforces",
    about="Problems of Codeforces with their sample tests, as rLLM published them (no reference solutions)",
    licence="MIT; statements (c) Codeforces",
    verifier="code.stdio",
    home="https://github.com/agentica-project/rllm (rllm/data)",
    files={"test": "code/codeforces_rllm.jsonl"},
    sizes={"test": 408},
    row=_codeforces,
)
