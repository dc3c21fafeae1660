"""Selections: the caller's split and seed where none is named, draws instead of first rows, errors with names."""

import json
from pathlib import Path

import pytest

from assay.errors import UnknownName
from assay.evaluate.suite import Suite, find_suite, shipped_suites
from assay.sources.base import SOURCES, sampled
from assay.sources.selection import Selection


def ids(chosen: Selection, **more: object) -> list[str]:
    return [example.id for example in chosen.examples(**more)]  # type: ignore[arg-type]


def test_seed_and_split_are_the_callers_where_none_is_named() -> None:
    bare = Selection(name="math/arithmetic", size=5)
    assert ids(bare, seed=3) == ids(bare.model_copy(update={"seed": 3})) != ids(bare)
    assert ids(bare.model_copy(update={"seed": 0}), seed=3) == ids(bare)
    assert ids(bare, split="test") == ids(bare.model_copy(update={"split": "test"})) != ids(bare)


def test_an_evaluation_asks_the_test_split() -> None:
    asked = Suite(sources=({"name": "math/arithmetic", "size": 3},)).examples()  # type: ignore[arg-type]
    assert all("split:test" in example.tags for example in asked)
    assert all(chosen.split is None for name in shipped_suites() for chosen in find_suite(name).sources)
    with pytest.raises(UnknownName, match="split of math/math 'test'; it has split = \"train\""):
        Suite(sources=(Selection(name="math/math"),)).examples()


def test_a_size_draws_and_keeps_the_order(tmp_path: Path) -> None:
    (tmp_path / "math").mkdir()
    rows = [json.dumps({"question": f"What is {n}?", "answer": f"#### {n}"}) for n in range(200)]
    (tmp_path / "math/gsm8k_train.jsonl").write_text("\n".join(rows))
    few = Selection(name="math/gsm8k", size=20)
    drawn = [int(example.reference) for example in few.examples(tmp_path)]
    assert len(drawn) == 20 and drawn == sorted(drawn) and max(drawn) > 100
    assert drawn == [int(example.reference) for example in few.examples(tmp_path)]
    assert drawn != [int(example.reference) for example in few.examples(tmp_path, seed=1)]
    fewer = {int(example.reference) for example in Selection(name="math/gsm8k", size=5).examples(tmp_path)}
    assert fewer < set(drawn)
    assert ids(Selection(name="math/gsm8k", cap=20), data=tmp_path) == ids(few, data=tmp_path)


def test_a_draw_larger_than_the_whole_is_the_whole_and_a_large_one_is_read_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = SOURCES.get("logic/ordering")
    few = list(sampled(lambda: source.examples(size=30), 9, 0))
    monkeypatch.setattr("assay.sources.base.HELD", 8)
    assert few == list(sampled(lambda: source.examples(size=30), 9, 0)) and len(few) == 9
    assert list(sampled(lambda: source.examples(size=7), 9, 0)) == list(source.examples(size=7))
