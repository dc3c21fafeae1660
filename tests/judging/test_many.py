"""Verdicts in batches: their order, duplicates, and what a cache may remember."""

from __future__ import annotations

import sqlite3
import time

import pytest

from assay.errors import AssayError
from assay.judging.session import verify_many
from assay.judging.verifier import VERIFIERS, verifier
from assay.types import Example, Verdict

made: list[str] = []


def _slow(example: Example, response: str) -> Verdict:
    made.append(response)
    time.sleep(0.2)
    return Verdict.of(True)


VERIFIERS.register("test.slow", verifier("test.slow", version=1)(_slow))


def test_many_in_order_with_threads() -> None:
    examples = [Example(prompt="?", reference=str(n), verifier="number") for n in range(20)]
    verdicts = verify_many(examples, [str(n - n % 2) for n in range(20)], workers=4, deadline=20)
    assert [v.is_correct for v in verdicts] == [n % 2 == 0 for n in range(20)]
    with pytest.raises(ValueError, match="responses"):
        verify_many(examples, ["1"])


def test_a_pair_that_occurs_twice_is_judged_once() -> None:
    made.clear()
    example = Example(prompt="?", reference="x", verifier="test.slow")
    assert all(v.is_correct for v in verify_many([example] * 5, ["a", "b", "a", "a", "b"], workers=2))
    assert sorted(made) == ["a", "b"]


def test_a_cache_remembers_what_it_may(tmp_path) -> None:
    examples = [Example(prompt="?", reference="4", verifier=name) for name in ("number", "math", "test.slow")]
    first = verify_many(examples, ["4", "5", "x"], cache=tmp_path / "verdicts", deadline=0.3)
    known = sqlite3.connect(tmp_path / "verdicts").execute("SELECT COUNT(*) FROM verdicts").fetchone()[0]
    assert known == 2  # the verdict that ran into its deadline is not remembered
    again = verify_many(examples[:2], ["4", "5"], cache=tmp_path / "verdicts")
    assert again == first[:2]  # with the seconds of the first time
    (tmp_path / "other").write_text("this is not a cache " * 100)
    with pytest.raises(AssayError, match="no verdict cache"):
        verify_many(examples[:1], ["4"], cache=tmp_path / "other")


def test_a_new_version_of_a_verifier_judges_anew(tmp_path, monkeypatch) -> None:
    for version, answer in ((1, True), (2, False)):
        made = verifier("test.versions", version=version)(lambda *_, a=answer: Verdict.of(a))
        monkeypatch.setitem(VERIFIERS._made, "test.versions", made)
        verdict = verify_many(
            [Example(prompt="?", reference="x", verifier="test.versions")], ["x"], cache=tmp_path / "verdicts"
        )[0]
        assert verdict.is_correct == answer and verdict.version == version
