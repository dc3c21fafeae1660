"""Overlap finds what was planted and nothing by chance, and splits the score of a run by it."""

import json
import random
import string

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.cli import main
from assay.errors import AssayError
from assay.evaluate.overlap import overlap, overlaps
from assay.evaluate.run import evaluate
from assay.evaluate.suite import Suite
from assay.report.text import overlap_table
from assay.rollout.runs import open_run
from assay.types import Example

WORDS = ["".join(random.Random(n).choices(string.ascii_lowercase, k=4)) for n in range(300)]


def prose(seed, count):
    return " ".join(random.Random(seed).choices(WORDS, k=count))


def test_what_is_planted_is_found_and_nothing_else():
    problems = {f"p{n}": prose(n, 40) for n in range(200)}
    texts = [(f"t{n}", prose(1000 + n, 400)) for n in range(300)]
    planted = {f"p{n}": f"t{3 * n}" for n in range(25)}
    for problem, text in planted.items():
        at = int(text[1:])
        texts[at] = (text, f"{texts[at][1]} {problems[problem].upper().replace(' ', ', ')}! {prose(at, 9)}")
    for n in (13, 30):
        assert overlaps(problems, texts, n) == planted


@settings(deadline=None)
@given(st.integers(5, 20), st.integers(0, 30), st.integers(0, 30))
def test_exactly_n_words_in_a_row_decide(n, before, after):
    words = WORDS[:n]
    whole = " ".join([*WORDS[100 : 100 + before], *words, *WORDS[140 : 140 + after]])
    other = " ".join([*WORDS[200:210], *words, *WORDS[220:230]])
    assert overlaps({"p": whole}, [("t", other)], n) == {"p": "t"}
    assert (overlaps({"p": whole}, [("t", other)], n + 1) == {"p": "t"}) == (before == after == 0)


def test_short_problems_overlap_as_a_whole_or_not_at_all():
    said = {"five": "one two three four five", "four": "one two three four"}
    assert overlaps(said, [("t", "zero one two three four five six")]) == {"five": "t"}
    with pytest.raises(AssayError, match="by chance"):
        overlaps(said, [], 4)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that is right about the problems that it saw."""
    folder = tmp_path_factory.mktemp("overlap")
    examples = [
        Example(prompt=prose(n, 30), reference=n, verifier="number", domain="math" if n % 2 else "science")
        for n in range(8)
    ] + [Example(prompt="2 + 2?", reference=4, verifier="number", domain="math")]
    rows = [{"id": e.id, "response": f"The answer is {e.reference if n < 4 else 99}."} for n, e in enumerate(examples)]
    (folder / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    suite = Suite(sources=[{"name": "math/arithmetic"}], samples=1)
    evaluate(str(folder / "said.jsonl"), suite, out=folder / "run", examples=examples)
    seen = [{"prompt": prose(n, 30), "answer": "0", "verifier": "number"} for n in range(4)] + [
        {"prompt": prose(99, 30), "answer": "1", "verifier": "number"}
    ]
    (folder / "trained.jsonl").write_text("".join(json.dumps(row) + "\n" for row in seen))
    return open_run(folder / "run", "measure"), folder


def test_a_score_is_split_by_what_was_trained_on(run):
    stored, folder = run
    seen = [Example(prompt=prose(n, 30), reference=0, verifier="number") for n in range(4)]
    found = overlap(stored, seen)
    whole, *domains = found.lines
    assert (whole.clean.value, whole.overlapping.value, whole.overlapping.questions) == (0.0, 1.0, 4)
    assert whole.too_short == 1 and {line.name: line.overlapping.questions for line in domains} == {
        "math": 2,
        "science": 2,
    }
    assert max(map(len, overlap_table(found).splitlines())) <= 80
    command = ["overlap", str(folder / "run"), str(folder / "trained.jsonl")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0 and "of 5 training texts" in done.output, done.output
    told = json.loads(CliRunner().invoke(main, [*command, "--json"]).stdout)
    assert len(told["found"]) == 4 and told["lines"][0]["clean"]["questions"] == 5
    with pytest.raises(AssayError, match="no training text"):
        overlap(stored, [])
