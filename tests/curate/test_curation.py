"""Curation: every drop has a reason, the numbers add up, and a killed job ends in the bytes of one that was not."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from curating import batch, ex, found, reasons
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.config import load_config
from assay.corpus.collection import Corpus
from assay.curate import run as run_module
from assay.curate.alike import Contamination, Duplicates
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.curate.steps import Cap, GoldPasses, Length, Readable
from assay.errors import BadConfig, MissingExtra, RunConflict
from assay.sources.base import SOURCES, Source
from assay.types import Example

ROOT = Path(__file__).parents[2]


def test_length() -> None:
    rows = [ex("a"), ex("abcdef"), ex("abc"), ex("abc", gold="1234"), ex("abc", gold=None)]
    assert reasons(rows, Length(2, 5, 3)) == ["prompt_too_short", "prompt_too_long", "", "gold_too_long", ""]


def test_duplicates_and_conflicts() -> None:
    rows = [ex("a b"), ex("a  b"), ex("c", 1), ex("c", 2), ex("c", 1), ex("d")]
    dropped = found(rows, Duplicates())
    assert [r for r, _ in dropped] == ["", "duplicate", "label_conflict", "label_conflict", "duplicate", ""]
    assert [twin for _, twin in dropped[1:5]] == [rows[n].id for n in (0, 3, 2, 2)]
    assert reasons(rows, Duplicates("keep")) == ["", "duplicate", "", "", "duplicate", ""]
    given, step = batch(rows), Duplicates()
    assert step.conflicts(pa.table({"place": given["place"], "id": given["id"], "key": step.key(given)})) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=25), st.sampled_from(["drop", "keep"]))
def test_duplicates_leave_one_row_a_problem_and_value(rows: list[tuple[int, int]], on_conflict: str) -> None:
    keys = [f"{problem:016x}:{value:016x}" for problem, value in rows]
    index = pa.table(
        {
            "place": range(len(rows)),
            "id": pa.array(map(str, range(len(rows))), pa.string()),
            "key": pa.array(keys, pa.string()),
        }
    )
    gone = {row["place"]: (row["reason"], int(row["evidence"])) for row in Duplicates(on_conflict)(index).to_pylist()}
    for place, (problem, value) in enumerate(rows):
        first, values = rows.index((problem, value)), {v for p, v in rows if p == problem}
        reason, twin = gone.get(place, ("", -1))
        if first < place:
            assert (reason, twin) == ("duplicate", first)
        elif len(values) > 1 and on_conflict == "drop":
            assert reason == "label_conflict" and rows[twin][0] == problem and rows[twin][1] != value
        else:
            assert reason == ""


def test_options_belong_to_a_problem_in_whatever_order() -> None:
    asked = {"prompt": "Which is true?", "verifier": "choice", "source": "s", "domain": "science"}
    one = Example(**asked, reference="A", options=["x", "y"], template="{problem}\n{options}")
    turned = Example(**asked, reference="B", options=["y", "x"], template="{options}: {problem}")
    wrong = Example(**asked, reference="B", options=["x", "y"])
    other = Example(**asked, reference="A", options=["x", "z"])
    assert reasons([one, turned, other], Duplicates()) == ["", "duplicate", ""]
    assert reasons([one, wrong, other], Duplicates()) == ["label_conflict", "label_conflict", ""]
    held = Contamination({Example(prompt="which is  TRUE?", reference=1, verifier="number").stem_id: "suite:1"})
    assert reasons([one, turned, wrong, other, ex("Which?")], held) == ["contaminated"] * 4 + [""]


def test_cap_is_uniform_and_independent_of_order() -> None:
    rows = [ex(str(n), source="a") for n in range(50)] + [ex(str(n), source="b") for n in range(5)]

    def kept(rows: list[Example], step: Cap) -> set[str]:
        return {e.id for e, reason in zip(rows, reasons(rows, step), strict=True) if not reason}

    mine = kept(rows, Cap({"a": (10, 1)}))
    assert len(mine) == 15 and mine == kept(rows[::-1], Cap({"a": (10, 1)}))
    assert mine != kept(rows, Cap({"a": (10, 2)})) and kept(rows, Cap({"a": (5, 1)})) < mine


def test_contamination_names_the_twin() -> None:
    step = Contamination.of(["math/arithmetic:test"])
    twin = next(SOURCES.get("math/arithmetic").examples("test"))
    first, second = found([ex(f" {twin.text} "), ex("new")], step)
    assert first == ("contaminated", f"math/arithmetic:{twin.id}") and second == ("", "")


def test_gold() -> None:
    rows = [ex("?", 1, gold="1"), ex("?", 2, gold="1"), ex("?", 3, gold=None), ex("?", {"bad": 1}, gold="1")]
    assert reasons(rows, GoldPasses()) == ["", "gold_refused", "", "gold_error"]


def test_what_a_verifier_cannot_use_goes_whatever_is_asked_of_gold(tmp_path: Path) -> None:
    rows = [ex("a", 1), replace(ex("b", 2, gold=None), params={"untis": "m"})]
    assert reasons(rows, Readable()) == ["", "bad_reference"]
    corpus = curated(rows, tmp_path, check_gold=False)
    assert corpus.card.total.dropped == {"bad_reference": 1} and corpus.card.adds_up
    assert rows[1].id in str(corpus.card) and "untis" in str(corpus.card)


def curated(rows: list[Example], out: Path, **more: Any) -> Corpus:
    """A curation of rows of our own, through a source that gives them."""
    if "test/rows" not in SOURCES:
        SOURCES.register("test/rows", Listed(name="test/rows", about="", licence="", splits=("train",)))
    ROWS[:] = rows
    return run_curation(CurationRecipe(sources=({"name": "test/rows"},), **more), out)  # type: ignore[arg-type]


ROWS: list[Example] = []


class Listed(Source):
    def _stream(self, split: str, data: Path | None, size: int | None, seed: int, level: int) -> Iterator[Example]:
        return iter(ROWS)


def recipe(**more: Any) -> CurationRecipe:
    sources = [{"name": "math/arithmetic", "size": 150, "cap": 120}, {"name": "logic/knights_knaves", "size": 60}]
    return CurationRecipe.model_validate({"sources": sources, **more})


def contents(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.iterdir()) if p.name != "decisions.jsonl" and p.name[0] != "."}


def test_the_card_adds_up(tmp_path: Path) -> None:
    seen: list[str] = []
    corpus = run_curation(recipe(), tmp_path, progress=lambda step, done, total: seen.append(step))
    card = corpus.card
    assert card.adds_up and card.total.came_in == 210 and card.total.kept == len(corpus) == 180
    assert card.sources["math/arithmetic"].dropped == {"over_cap": 30}
    ledger = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert Counter(row["reason"] for row in ledger) == card.total.dropped
    assert "210 rows came in = 180 kept + 30 dropped; the numbers add up." in str(Corpus.read(tmp_path).card)
    assert [e.id for e in Corpus.read(tmp_path)] == [e.id for e in corpus]
    assert {"read math/arithmetic", "length", "duplicates", "cap", "gold"} <= set(seen)


def test_no_step_passes_its_total(tmp_path: Path) -> None:
    told: dict[str, tuple[int, int]] = {}

    def tell(step: str, done: int, total: int) -> None:
        assert done <= total == told.get(step, (0, total))[1], step
        told[step] = (done, total)

    run_curation(recipe(), tmp_path, progress=tell)
    assert told["gold"] == told["cap"] == (210, 210)


def test_a_finished_run_is_not_repeated_and_another_recipe_conflicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_curation(recipe(), tmp_path)
    before = contents(tmp_path)
    (tmp_path / "manifest.json").unlink()
    monkeypatch.setattr(GoldPasses, "__call__", lambda self, batch: pytest.fail("judged again"))
    run_curation(recipe(), tmp_path)
    assert contents(tmp_path) == before
    with pytest.raises(RunConflict, match="recipe"):
        run_curation(recipe(seed=1), tmp_path)


def test_nothing_may_be_left(tmp_path: Path) -> None:
    corpus = run_curation(recipe(max_prompt_chars=1), tmp_path)
    assert (len(corpus), list(corpus), list(corpus.batches())) == (0, [], [])
    assert corpus.card.adds_up and corpus.card.total.dropped == {"prompt_too_long": 210}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".spool")]


def test_equal_values_in_another_form_are_no_conflict(tmp_path: Path) -> None:
    rows = [ex("a", "1/2", verifier="math", gold=None), ex("a", "0.5", verifier="math", gold=None)]
    assert curated(rows, tmp_path).card.total.dropped == {"duplicate": 1}


def test_a_torn_line_is_discarded(tmp_path: Path) -> None:
    run_curation(recipe(), tmp_path / "whole")
    run_curation(recipe(), tmp_path / "torn")
    journal = tmp_path / "torn" / "decisions.jsonl"
    journal.write_bytes(journal.read_bytes()[:-30])
    for name in ("ledger.jsonl", "manifest.json", "part-00000.parquet"):
        (tmp_path / "torn" / name).unlink()
    run_curation(recipe(), tmp_path / "torn")
    assert contents(tmp_path / "torn") == contents(tmp_path / "whole")


SCRIPT = """
import sys, time
from assay.curate import run, steps
from assay.curate.recipe import CurationRecipe
judged = steps.GoldPasses.__call__
def slowly(self, batch):
    time.sleep(0.2)
    return judged(self, batch)
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
    assert 80 <= done < 210 and not (out / "manifest.json").exists()
    run_curation(recipe(), out)
    assert _rows(out) == 210
    run_curation(recipe(), tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")


def _rows(out: Path) -> int:
    journal = out / "decisions.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True) if journal.exists() else []
    return sum(json.loads(line)["rows"] for line in lines if line.endswith(b"\n"))


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
    domains = {name.split("/")[0] for chosen in found.sources for name in chosen.names}
    assert domains == {"math", "code", "science", "logic", "simulation", "table"}


LONG = """
import resource, sys
from assay.corpus.collection import Corpus
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.sources.base import SOURCES, Source
from assay.types import Example

class Long(Source):
    def _stream(self, split, data, size, seed, level):
        for n in range(size):
            prompt = f"{n} {'and so on ' * 400}"
            yield Example(prompt=prompt, reference=n, verifier="number", gold=str(n), source=self.name)

SOURCES.register("test/long", Long(name="test/long", about="", licence="", splits=("train",)))
recipe = {"sources": [{"name": "test/long", "size": int(sys.argv[1])}], "check_gold": False}
run_curation(CurationRecipe.model_validate(recipe), sys.argv[2])
assert sum(1 for _ in Corpus.read(sys.argv[2])) == int(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.soak
def test_memory_grows_by_keys_and_not_by_rows(tmp_path: Path) -> None:
    """Twenty thousand rows of 4,000 characters are more than 80 MB; what is held of each is its keys.

    The rest of the bound is what Arrow's allocator keeps for itself, which differs from run to run.
    """
    peaks = []
    for size in ("11000", "31000"):  # more than one shard
        command = [sys.executable, "-c", LONG, size, str(tmp_path / size)]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert peaks[1] - peaks[0] < 64 * 2**20, peaks


def test_ray_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"assay\[ray\]"):
        run_curation(recipe(executor="ray"), tmp_path)


@pytest.mark.slow
def test_ray_gives_the_same_corpus(tmp_path: Path, real_data: Path) -> None:
    pytest.importorskip("ray.data", reason="needs the extra 'ray'")
    mixed = load_config(CurationRecipe, ROOT / "recipes/real-mix.toml", ["without=['math/math500']"])
    few = tuple(chosen.model_copy(update={"size": 60, "cap": 40}) for chosen in mixed.sources)
    mixed = mixed.model_copy(update={"sources": few})
    here = run_curation(mixed, tmp_path / "local", real_data)
    there = run_curation(mixed, tmp_path / "ray", real_data, executor="ray")
    assert not sys.modules["ray"].is_initialized()  # what was started here has ended
    assert len(here) > 300 and list(here) == list(there)
    assert contents(tmp_path / "local") == contents(tmp_path / "ray")


MORTAL = """
import os, signal, sys
from pathlib import Path
from assay.curate import run
from assay.curate.recipe import CurationRecipe
run.BATCH = 16
left = int(sys.argv[3])

def mortal(call):
    def called(*arguments, **options):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return call(*arguments, **options)
    return called

os.fsync, os.replace = mortal(os.fsync), mortal(os.replace)
run.run_curation(CurationRecipe.model_validate_json(sys.argv[1]), Path(sys.argv[2]))
print(int(sys.argv[3]) - left)
"""


@pytest.mark.soak
def test_kill_9_at_twenty_points_and_resume_give_the_same_bytes(tmp_path: Path) -> None:
    """Killed at the moment before something is made to last: every such moment of a run, evenly thinned to twenty."""

    def run(out: Path, calls: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", MORTAL, recipe().model_dump_json(), str(out), str(calls)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    whole = run(tmp_path / "whole", 10**6)
    moments = int(whole.stdout)
    assert moments >= 20
    for point in (moments * n // 20 for n in range(20)):
        out = tmp_path / str(point)
        assert run(out, point).returncode == -signal.SIGKILL
        assert run(out, 10**6).returncode == 0
        assert contents(out) == contents(tmp_path / "whole"), f"killed before moment {point} of {moments}"
