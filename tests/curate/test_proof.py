"""Steps that run something: programs that must give their row's answer, gates, and a model that writes rows anew."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from curating import batch, ex, found, reasons

import assay
from assay.corpus.collection import Corpus
from assay.curate.proof import Gate, Reached, Rewrite, VerifiedBlock
from assay.curate.quality import Classifier, Quality
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.curate.steps import GoldPasses
from assay.errors import BadConfig, UnknownName
from assay.sandbox import isolation
from assay.types import Example

needs_sandbox = pytest.mark.skipif(isolation()[0] < "L3", reason="programs do not run here")


def with_program(reference: Any, program: str | None, **more: Any) -> Example:
    made = ex(f"? {program}", reference, **more)
    return made if program is None else replace(made, extra={"program": program})


@needs_sandbox
def test_a_block_stays_only_if_its_program_gives_its_answer() -> None:
    rows = [
        with_program(4, "print('two and two')\nprint(2 + 2)"),
        with_program(5, "print(2 + 2)"),
        with_program(803, "print(803.0000000000001)"),
        with_program(4, "1 / 0"),
        with_program(4, "x = 4"),
        with_program(4, None),
        with_program(4, "import os\nos._exit(0)"),
        with_program("1/3", "print(1 / 3)", verifier="math"),
    ]
    said = reasons(rows, VerifiedBlock())
    assert said[:7] == ["", "not_reproduced", "", *["not_reproduced"] * 2, "no_program", "not_reproduced"]
    assert reasons([with_program(4, "ans = 2 + 2")], VerifiedBlock(variable="ans")) == [""]
    other = replace(with_program(5, "print(4)"), domain="logic")
    assert reasons([other], VerifiedBlock(domains=("math",))) == [""]


@needs_sandbox
@pytest.mark.slow
def test_recorded_programs_of_gsm8k(real_data: Path) -> None:
    """71.4 % of the programs of the published run give the answer (MAmmoTH's and PAL's rows)."""
    problems = {e.text.strip(): e for e in assay.load("math/gsm8k", split="test", data=real_data)}
    lines = map(json.loads, (real_data / "replay/pot_gsm8k_codex.jsonl").read_text("utf-8").splitlines())
    made = [(problems[r["question"].strip()], r["generated"][0]) for r in lines if "question" in r]
    rows = [replace(example, extra={"program": program}) for example, program in made]
    step = VerifiedBlock(variable="ans")
    kept = sum(len(step(batch(rows[at : at + 500])).kept) for at in range(0, len(rows), 500))
    assert len(rows) == 1318 and abs(100 * kept / len(rows) - 71.4) <= 0.3


@needs_sandbox
def test_evidence_quotes_nothing_that_another_run_would_not_say() -> None:
    clock = {"code": "import time\ndef f(x):\n    return time.perf_counter_ns()", "input": "1", "output": "2"}
    tests = {"tests": ["assert f() == 1"], "entry_point": "f"}
    timed = "```python\nimport time\ndef f():\n    return time.perf_counter_ns()\n```"
    rows = batch(
        [
            ex("?", clock, verifier="code_io.input", gold="```python\nf(1)\n```"),
            ex("?", tests, verifier="code.tests", gold=timed),
        ]
    )
    for step, drops in ((GoldPasses(), 2), (Reached(), 1)):
        first, again = (step(rows).dropped.to_pylist() for _ in range(2))
        assert len(first) == drops and first == again


@needs_sandbox
def test_what_a_program_no_longer_returns_is_out_of_reach() -> None:
    def row(code: str, output: str) -> Example:
        made = {"code": code, "input": "1", "output": output}
        return ex(code, made, verifier="code_io.output", gold=output)

    rows = [row("def f(x):\n    return x + 1", "2"), row("def f(x):\n    return x + 1", "3")]
    rows += [row("import time\ndef f(x):\n    return time.time()", "17.5"), ex("2?", 2)]
    assert reasons(rows, Reached()) == ["", "out_of_reach", "out_of_reach", ""]


@needs_sandbox
def test_a_gate_looks_at_gold_programs() -> None:
    def row(gold: str | None) -> Example:
        return replace(ex(f"? {gold}", {"tests": ["assert f() == 1"]}, verifier="code.tests", gold=gold), domain="code")

    rows = [row("```python\ndef f():\n    return 1\n```"), row("```python\ndef f()\n    return 1\n```"), row(None)]
    assert reasons(rows, Gate()) == ["", "gate_refused", ""]
    assert reasons([replace(rows[1], domain="math")], Gate()) == [""]
    with pytest.raises(BadConfig, match="gate: "):
        found(rows, Gate(verifier="command", params={"command": ["no-such-linter"]}))
    with pytest.raises(UnknownName, match="did you mean 'py_compile'"):
        Gate(verifier="py_compil")


def recorded(path: Path, answers: dict[str, str]) -> str:
    """Recorded completions: what is asked -> what is answered."""
    path.write_text("".join(json.dumps({"prompt": asked, "response": said}) + "\n" for asked, said in answers.items()))
    return str(path)


def test_a_rewritten_gold_replaces_the_old_one_only_where_it_verifies(tmp_path: Path) -> None:
    rows = [
        ex("2 + 2?", 4, gold="4"),
        ex("3 + 3?", 6, gold="6"),
        ex("4 + 4?", 8, gold="8"),
        ex("5 + 5?", 10, gold=None),
    ]
    said = {
        "4": "Two and two make four. The answer is 4.",  # better
        "6": "The answer is 7.",  # breaks it
        "8": "I would rather talk about the weather.",  # prose
    }
    engine = recorded(tmp_path / "said.jsonl", said)
    Corpus(rows).to_jsonl(tmp_path / "rows.jsonl")
    recipe = CurationRecipe.model_validate(
        {
            "sources": [{"path": str(tmp_path / "rows.jsonl")}],
            "steps": [{"name": "rewrite", "engine": engine, "instruction": "{gold}"}, "gold", "duplicates"],
        }
    )
    corpus = run_curation(recipe, tmp_path / "out")
    assert [row.gold for row in corpus] == ["Two and two make four. The answer is 4.", "6", "8", None]
    assert corpus[0].lineage and corpus[0].id == rows[0].id and not corpus[1].lineage
    assert "1 rows were changed by the step 'rewrite': their lineage says so." in corpus.notes and corpus.card.adds_up
    again = run_curation(recipe, tmp_path / "again")
    assert list(again) == list(corpus)


def test_a_rewritten_problem_must_keep_its_answer(tmp_path: Path) -> None:
    rows = [ex(f"{n} + {n}?", 2 * n, gold=str(2 * n)) for n in (2, 3, 4)]
    said = {
        "2 + 2?": "<problem>What is two and two?</problem> The answer is 4.",
        "3 + 3?": "<problem>What is three and four?</problem> The answer is 7.",
        "4 + 4?": "What is four and four? The answer is 8.",  # not between its marks
    }
    step = Rewrite(engine=recorded(tmp_path / "said.jsonl", said), of="problem", instruction="{problem}")
    changed = step(batch(rows)).changed
    assert [row.text for row in changed.values()] == ["What is two and two?"]
    assert changed[0].id != rows[0].id and rows[0].id in changed[0].lineage[-1]


def texts(name: str, lines: list[str], directory: Path) -> str:
    path = directory / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"problem": line, "answer": "x"}) + "\n" for line in lines))
    return str(path)


def test_a_classifier_tells_problems_from_other_prose(tmp_path: Path) -> None:
    sums = [
        f"If Ann has {n} apples and buys {m} more, how many apples does she have?" for n in range(9) for m in range(9)
    ]
    prose = [f"Install version {n} with pip, then run the tests in folder {m}." for n in range(9) for m in range(9)]
    names = texts("good", sums[::2], tmp_path), texts("bad", prose[::2], tmp_path)
    step = Quality(good=names[:1], bad=names[1:]).fitted(None)
    said = reasons([ex(line) for line in (*sums[1::2], *prose[1::2])], step)
    assert said == [""] * 40 + ["low_quality"] * 40
    with pytest.raises(BadConfig, match="'bad' holds 3 texts"):
        Quality(good=names[:1], bad=(texts("few", prose[:3], tmp_path),)).fitted(None)


def test_a_classifier_is_the_same_each_time() -> None:
    good, bad = ["one and two", "two and three"] * 20, ["the weather", "is fine"] * 20
    first, again = (Classifier.trained(good, bad) for _ in range(2))
    assert (first.weights == again.weights).all()
    (p,) = first.probabilities([""])
    assert 0 <= p <= 1


@pytest.mark.slow
def test_a_cheap_stage_spares_the_costly_one(real_data: Path) -> None:
    """Problems of GSM8K and MATH among the prose of these pages: F1 of at least .95, and 70 % is never passed on."""
    problems = [e.text for name in ("math/gsm8k", "math/math") for e in assay.load(name, data=real_data, size=300)]
    pages = [path.read_text("utf-8") for path in (Path(__file__).parents[2] / "docs").glob("*.md")]
    prose = [part for page in pages for part in page.split("\n\n") if len(part) > 60]
    half = len(prose) // 2
    judge = Classifier.trained(problems[::2], prose[:half])
    given = [(text, True) for text in problems[1::2][: half // 3]] + [(text, False) for text in prose[half:]]
    kept = [
        is_good for (_, is_good), p in zip(given, judge.probabilities(t for t, _ in given), strict=True) if p >= 0.5
    ]
    right = sum(is_good for _, is_good in given)
    f1 = 2 * sum(kept) / (len(kept) + right)
    assert f1 >= 0.95 and len(kept) <= 0.3 * len(given)
