"""The source check: sound sources pass it, and it sees a verifier that pays for nothing."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from assay.audit.check import check, check_examples
from assay.judging.verifier import VERIFIERS, verifier
from assay.sources.base import SOURCES
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
