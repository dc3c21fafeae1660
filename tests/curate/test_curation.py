"""Curation: every drop has a reason, the numbers add up, and a killed job ends in the bytes of one that was not."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.config import load_config
from assay.corpus.collection import Corpus
from assay.curate import run as run_module
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.curate.steps import KEEP, Cap, Contamination, Decision, Drop, Duplicates, GoldPasses, Length
from assay.errors import BadConfig, RunConflict
from assay.types import Example

ROOT = Path(__file__).parents[2]


def ex(
    prompt: str, reference: Any = 1, *, verifier: str = "number", gold: str | None = "1", source: str = "s"
) -> Example:
    return Example(
        prompt=prompt,
        reference=reference,
        verifier=verifier,
        gold=gold,
        source=source,
        domain="math",
    )


def reasons(decisions: list[Decision]) -> list[str]:
    return [d.reason if isinstance(d, Drop) else "" for d in decisions]


def test_length() -> None:
    step = Length(2, 5, 3)
    rows = [ex("a"), ex("abcdef"), ex("abc"), ex("abc", gold="1234"), ex("abc", gold=None)]
    assert reasons(step(rows)) == ["prompt_too_short", "prompt_too_long", "", "gold_too_long", ""]


def test_duplicates_and_conflicts() -> None:
    rows = [ex("a b"), ex("a  b"), ex("c", 1), ex("c", 2), ex("c", 1), ex("d")]
    dropped = Duplicates()(rows)
    assert reasons(dropped) == ["", "duplicate", "label_conflict", "label_conflict", "duplicate", ""]
    assert isinstance(dropped[1], Drop) and dropped[1].evidence == rows[0].id
    assert isinstance(dropped[2], Drop) and dropped[2].evidence == rows[3].id
    kept = Duplicates("keep")(rows)
    assert reasons(kept) == ["", "duplicate", "", "", "duplicate", ""]
    assert Duplicates.conflicts(rows) == 1


def test_cap_is_uniform_and_independent_of_order() -> None:
    rows = [ex(str(n), source="a") for n in range(50)] + [ex(str(n), source="b") for n in range(5)]
    step = Cap({"a": 10}, seed=1)
    kept = {e.id for e, d in zip(rows, step(rows), strict=True) if d is KEEP}
    assert len(kept) == 15
    backwards = rows[::-1]
    assert kept == {e.id for e, d in zip(backwards, step(backwards), strict=True) if d is KEEP}
    assert kept != {e.id for e, d in zip(rows, Cap({"a": 10}, seed=2)(rows), strict=True) if d is KEEP}


def test_contamination_names_the_twin() -> None:
    step = Contamination.of(["math/arithmetic:test"])
    prompt, where = next(iter(step.held_out.items()))
    first, second = step([ex(f" {prompt} "), ex("new")])
    assert first == Drop("contaminated", where) and second is KEEP


def test_gold() -> None:
    rows = [
        ex("?", 1, gold="1"),
        ex("?", 2, gold="1"),
        ex("?", 3, gold=None),
        ex("?", {"bad": 1}, gold="1"),
        ex("?", {"instruction_id_list": []}, verifier="instructions", gold=None),
    ]
    assert reasons(GoldPasses()(rows)) == ["", "gold_refused", "", "gold_error", "bad_reference"]


def recipe(**more: Any) -> CurationRecipe:
    sources = [{"name": "math/arithmetic", "size": 150, "cap": 120}, {"name": "logic/knights_knaves", "size": 60}]
    return CurationRecipe.model_validate({"sources": sources, **more})


def contents(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.iterdir()) if p.name != "decisions.jsonl"}


def test_the_card_adds_up(tmp_path: Path) -> None:
    seen: list[str] = []
    corpus = run_curation(recipe(), tmp_path, progress=lambda step, done, total: seen.append(step))
    card = corpus.card
    assert card.adds_up and card.total.came_in == 210 and card.total.kept == len(corpus) == 180
    assert card.sources["math/arithmetic"].dropped == {"over_cap": 30}
    ledger = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert Counter(row["reason"] for row in ledger) == card.total.dropped
    assert "210 rows came in = 180 kept + 30 dropped; the numbers add up." in (tmp_path / "card.md").read_text()
    assert [e.id for e in Corpus.read(tmp_path)] == [e.id for e in corpus]
    assert {"read math/arithmetic", "length", "duplicates", "cap", "gold"} <= set(seen)


def test_a_finished_run_is_not_repeated_and_another_recipe_conflicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_curation(recipe(), tmp_path)
    before = contents(tmp_path)
    monkeypatch.setattr(GoldPasses, "__call__", lambda self, examples: pytest.fail("judged again"))
    run_curation(recipe(), tmp_path)
    assert contents(tmp_path) == before
    with pytest.raises(RunConflict, match="recipe"):
        run_curation(recipe(seed=1), tmp_path)


def test_a_torn_line_is_discarded(tmp_path: Path) -> None:
    run_curation(recipe(), tmp_path / "whole")
    run_curation(recipe(), tmp_path / "torn")
    journal = tmp_path / "torn" / "decisions.jsonl"
    journal.write_bytes(journal.read_bytes()[:-300])
    for name in ("ledger.jsonl", "card.md", "manifest.json", "part-00000.parquet"):
        (tmp_path / "torn" / name).unlink()
    run_curation(recipe(), tmp_path / "torn")
    assert contents(tmp_path / "torn") == contents(tmp_path / "whole")


SCRIPT = """
import sys, time
from assay.curate import run, steps
from assay.curate.recipe import CurationRecipe
judged = steps.GoldPasses.__call__
def slowly(self, examples):
    time.sleep(0.2)
    return judged(self, examples)
steps.GoldPasses.__call__ = slowly
run.BATCH = 16
run.run_curation(CurationRecipe.model_validate_json(sys.argv[1]), sys.argv[2])
"""


def test_kill_9_and_resume_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "BATCH", 16)
    out = tmp_path / "killed"
    command = [sys.executable, "-c", SCRIPT, recipe().model_dump_json(), str(out)]
    for rows in (32, 80):
        job = subprocess.Popen(command, env=os.environ)
        for _ in _until(lambda wanted=rows: _rows(out) >= wanted):
            assert job.poll() is None, "it ended before it was killed"
        job.send_signal(signal.SIGKILL)
        job.wait()
    done = _rows(out)
    assert 80 <= done < 180 and not (out / "manifest.json").exists()
    run_curation(recipe(), out)
    assert _rows(out) == 180
    run_curation(recipe(), tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")


def _rows(out: Path) -> int:
    journal = out / "decisions.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _until(true: Any) -> Iterator[None]:
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < 60
        yield
        time.sleep(0.02)


def test_bad_recipes_are_told() -> None:
    with pytest.raises(BadConfig, match="evaluation only"):
        run_curation(recipe(sources=[{"name": "math/math500", "split": "test"}]), "unused")
    with pytest.raises(ValueError, match="only once"):
        recipe(sources=[{"name": "code/mbpp", "cap": 1}, {"name": "code/mbpp", "split": "test"}])


def test_the_shipped_recipe_reads() -> None:
    found = load_config(CurationRecipe, ROOT / "recipes/real-mix.toml")
    domains = {origin.name.split("/")[0] for origin in found.sources}
    assert domains == {"math", "code", "science", "logic", "simulation", "table", "instruction"}
