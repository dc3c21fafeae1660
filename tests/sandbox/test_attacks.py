"""The attack corpus: no probe is paid, none gets out, and nothing is left, as the host is and as a container."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import attacks
from assay import sandbox
from assay.judging.verifier import VERIFIERS

HERE = Path(__file__).parent
LEVEL, SENTENCE = sandbox.isolation()
needs_isolation = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
ROWS = attacks.corpus()
CLASSES = {row["class"] for row in ROWS}


def campaign(*arguments: str, confined: str = "") -> dict[str, Any]:
    """The report of `attacks.py`, run under an outer filter where a level is named."""
    outer = [sys.executable, str(HERE / "confined.py"), confined] if confined else []
    command = [*outer, sys.executable, str(HERE / "attacks.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def nothing_is_left(report: dict[str, Any]) -> None:
    assert len(report["starved"]) <= report["jobs"] / 10, report["starved"]  # more is no longer the machine's doing
    assert report["healthy"] and report["left"] == 0
    for kind in ("processes", "descriptors"):
        assert report["after"][kind] <= report["before"][kind], kind
    assert report["after"]["files"] == [] and report["after"]["modes"] == report["before"]["modes"]


@needs_isolation
@pytest.mark.slow
def test_no_attack_is_paid() -> None:
    report = campaign()
    assert report["level"] == LEVEL and report["wrong"] == []
    assert report["jobs"] >= len(ROWS)
    nothing_is_left(report)


@needs_isolation
@pytest.mark.slow
@pytest.mark.parametrize("each", [2, pytest.param(0, marks=pytest.mark.soak)], ids=["two of a class", "all"])
@pytest.mark.parametrize("level", ["L3", "L2"])
def test_no_attack_is_paid_in_a_container(level: str, each: int, monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX_MIN", level)
    report = campaign("--each", str(each), confined=level)
    assert report["level"] == level, report["sentence"]
    assert report["wrong"] == []
    assert report["jobs"] >= (len(CLASSES) if each else len(ROWS))
    nothing_is_left(report)


@needs_isolation
def test_below_the_least_level_nothing_runs() -> None:
    report = campaign("--class", "exit", confined="L2")
    assert report["level"] == "L2" and not report["healthy"]
    assert report["wrong"] and all(": error (isolation is L2" in wrong for wrong in report["wrong"])


def test_the_corpus_is_wide_and_its_rows_are_whole() -> None:
    assert len(ROWS) >= 120 and len(CLASSES) >= 35
    assert max(Counter(map(attacks.name, ROWS)).values()) == 1
    for row in ROWS:
        assert "job" in row or row["verifier"] in VERIFIERS
        broken = row["accept"] == ["error"]  # a row that no response could pass: whose tests name what nobody defines
        assert row["accept"] and (broken or not {"correct", "error", "starved", "sandbox_error"} & set(row["accept"]))
        assert "job" in row or "timeout" not in row["accept"], "no response may choose a verdict without a score"
        assert set(row["bound"]) in ({"seconds"}, {"cpu", "wall", "memory", "output"})
