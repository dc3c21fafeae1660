"""The source check: sound sources pass it, and it sees a verifier that pays for nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assay import sandbox
from assay.audit.check import check, check_examples
from assay.judging.verifier import VERIFIERS, verifier
from assay.sources.base import SOURCES, Source
from assay.sources.procedural import Procedural
from assay.types import Example, Verdict

MADE = [s for s in map(SOURCES.get, SOURCES.names()) if isinstance(s, Procedural)]


@pytest.mark.parametrize("source", MADE, ids=lambda s: s.name)
def test_procedural_sources_pass(source: Procedural) -> None:
    report = check(source, size=4)
    if any("isolation" in fault.verdict.why for fault in report.faults):
        pytest.skip("this machine lacks the isolation that programs need")
    assert report.ok, str(report)


@pytest.mark.parametrize("source", MADE, ids=lambda s: s.name)
def test_slips_fail(source: Procedural) -> None:
    """Wrong demonstrations are refused by the verifier, at the first level and the last."""
    wrong = []
    for level in {1, source.levels}:
        for example in source.examples("test", size=2, level=level):
            wrong += [replace(example, gold=slip) for slip in example.extra["wrong"][-3:]]
    report = check_examples(wrong, name=source.name)
    assert report.counts["gold accepted"][0] == 0, str(report)


@pytest.fixture
def generous() -> Iterator[str]:
    name = "test.generous"
    if name not in VERIFIERS:
        VERIFIERS.register(name, verifier(name, version=1)(lambda example, response: Verdict.of(True, read=response)))
    yield name


def test_a_generous_verifier_fails(generous: str) -> None:
    rows = [Example(prompt=str(n), reference=n, verifier=generous, gold=str(n)) for n in range(3)]
    report = check_examples(rows, name="x/y")
    assert not report.ok and report.counts["empty refused"] == (0, 3)
    assert "FAILS" in str(report) and "empty refused" in str(report)
    assert report.counts["gold accepted"] == (3, 3)


def test_the_number_that_rounds_to_the_answer_of_a_row_is_no_wrong_one() -> None:
    """0.17909 is 0.2 to one decimal, and 0.2 is not 0.17909."""

    def others(**how: str) -> tuple[int, int]:
        rows = [
            Example(prompt=f"? {v}", reference=v, verifier="number", params=how, gold=v) for v in ("0.2", "0.17909")
        ]
        return check_examples(rows, name="rounded").counts["other refused"]

    assert others(decimals="as-written") == (1, 1)
    assert others() == (2, 2)  # nothing is rounded there, and both are tried


def test_wrong_gold_and_unproven_rows_are_listed() -> None:
    rows = [
        Example(prompt="1+1?", reference=2, verifier="number", gold="3"),
        Example(prompt="1+2?", reference=3, verifier="number"),
    ]
    report = check_examples(rows, name="x/y")
    assert report.unproven == 1 and [fault.kind for fault in report.faults] == ["gold accepted"]
    assert rows[0].id in str(report)


def test_a_constant_that_earns_is_told() -> None:
    rows = [Example(prompt=f"Is {n} prime?", reference=n == 2, verifier="boolean", gold=str(n == 2)) for n in range(10)]
    report = check_examples(rows, name="x/y")
    assert report.guess is not None and (report.guess.response, report.guess.share) == ("False", 0.9)
    assert "best constant    90.0 % ('False', on 10 rows)" in str(report) and report.ok
    assert report.to_json()["guess"]["rows"] == 10 and report.to_json()["weak_tests"] is None


@dataclass(frozen=True, kw_only=True)
class Given(Source):
    """Rows that are at hand."""

    rows: tuple[Example, ...]

    def _stream(self, split: str, data: Path | None, size: int | None, seed: int, level: int) -> Iterator[Example]:
        return iter(self.rows[:size])


def predicted(code: str, given: object, output: object, gold: object, verifier: str = "code_io.input") -> Example:
    reference = {"code": code, "entry_point": "f", "input": {"x": given}, "output": output}
    return Example(prompt=f"{code} {given} {output}", reference=reference, verifier=verifier, gold=f"```\n{gold}\n```")


@pytest.mark.skipif(sandbox.isolation()[0] < "L3", reason=sandbox.isolation()[1])
def test_rows_that_curation_drops_are_told_and_a_wrong_gold_is_a_fault() -> None:
    sound = [predicted("def f(x):\n    return x + 1", n, n + 1, {"x": n}) for n in range(8)]
    drawn = predicted("import random\ndef f(x):\n    return random.random()", 1, 0.25, 0.25, "code_io.output")
    changed = predicted("def f(x):\n    return x.pop()", [], 3, {"x": []})  # written down after it was changed
    wrong = predicted("def f(x):\n    return x * 2", 2, 4, {"x": 3})  # the program is fine, the gold is not

    def tried(rows: list[Example], size: int | None = None, **proofs: float) -> tuple[bool, str]:
        given = Given(name="x/y", about="", licence="", splits=("train",), rows=tuple(rows), proofs=proofs)  # type: ignore[arg-type]
        report = check(given, size=size)
        assert report.to_json()["ok"] == report.ok
        return report.ok, str(report)

    rows = [*sound, drawn, changed]
    assert not tried(rows)[0]
    ok, said = tried(rows, reached=0.2)
    assert ok and "dropped by 'reached'  2 of 10" in said and changed.id in said and "gold accepted    8 of 8" in said
    ok, said = tried(rows, reached=0.1)
    assert not ok and "2 of 10: MORE than the 10.0% that the source says" in said
    assert tried(rows, size=10, reached=0.1)[0], "a draw may hold more of them than the whole"
    assert not tried(rows, size=10, reached=0.01)[0], "but no more than chance explains"
    ok, said = tried([*sound, wrong], reached=0.5)
    assert not ok and f"gold accepted: {wrong.id}" in said
    assert not tried([drawn, changed], reached=1)[0], "nothing is left to be checked"
