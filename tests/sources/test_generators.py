"""What generators of long prompts hold: full sentences, no guessing, splits by what a problem is, and a dial."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from assay import sandbox
from assay.judging.session import verify_many
from assay.sources.base import SOURCES
from assay.sources.procedural import Problem, Procedural, Sketch, split_of
from assay.types import Example

NAMES = (
    "code/functions", "code/filters", "science/physics", "science/chemistry",
    "logic/houses", "logic/ranking", "logic/paths", "logic/grids",
    "simulation/program_output", "simulation/program_input", "table/flat", "table/hierarchical", "table/joined",
)  # fmt: skip
LEVEL, SENTENCE = sandbox.isolation()
RUN = ("code/", "simulation/")


def source_of(name: str) -> Procedural:
    if name.startswith(RUN) and LEVEL < "L3":
        pytest.skip(SENTENCE)
    source = SOURCES.get(name)
    assert isinstance(source, Procedural)
    return source


@pytest.mark.parametrize("name", NAMES)
def test_prompts_are_sentences_that_ask_for_a_form(name: str) -> None:
    rows = list(source_of(name).examples("train", size=40, level=2))
    for row in rows:
        assert re.search(r"<answer> and </answer>|\\boxed\{\}|```python code block", row.asked_text)
        assert re.search(r"[.?:|]$", row.text) or name == "logic/grids"
    first, last = ({re.sub(r"\W.*", "", row.text.splitlines()[place]) for row in rows} for place in (0, -1))
    assert len({row.template for row in rows}) > 1 or len(first) > 1 or len(last) > 1


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [1, 2])
def test_gold_passes_and_neither_slips_nor_constants_do(name: str, level: int) -> None:
    """300 rows, and 60 where programs run: golds are right, slips wrong, and no answer is right for one row in ten."""
    source = source_of(name)
    rows = list(source.examples("train", size=60 if name.startswith("code/") else 300, level=level))
    golds = [str(row.gold) for row in rows]
    assert all(v.is_correct for v in verify_many(rows, golds, workers=2))
    slips = verify_many(rows, [source.wrong(row, Random(row.id)) for row in rows], workers=2)
    assert not any(v.is_correct for v in slips)
    common = [gold for gold, _ in Counter(golds).most_common(2)] + [short(source.verifier)]
    for constant in common:
        paid = verify_many(rows, [constant] * len(rows), workers=2)
        assert sum(v.is_correct for v in paid) < 0.1 * len(rows), constant


def short(verifier: str) -> str:
    """An answer that anyone might try."""
    tried = {
        "code.tests": "```python\ndef solve(xs):\n    return []\n```",
        "code.stdio": "```python\nprint(0)\n```",
        "code_io.input": "```python\nf([])\n```",
        "code_io.output": "```python\n[]\n```",
        "grid": "<answer>[[0]]</answer>",
    }
    return tried.get(verifier, "\\boxed{1}")


@pytest.mark.parametrize("name", NAMES)
def test_splits_share_no_form(name: str) -> None:
    source, forms = source_of(name), {}
    size = 12 if name.startswith(RUN) else 60

    def draw(rng: Random, level: int) -> Problem | Sketch:
        drawn = source.draw(rng, level)
        assert drawn.form is not None
        if isinstance(drawn, Problem):
            forms[drawn.prompt] = drawn.same
            return drawn

        def finish() -> Problem | None:
            problem = drawn.finish()
            forms[problem.prompt if problem else ""] = drawn.same
            return problem

        return replace(drawn, finish=finish)

    watched = replace(source, draw=draw)
    for split in source.splits:
        for seed in (0, 1):
            seen = [forms[row.text] for row in watched.examples(split, size=size, seed=seed)]
            assert len(set(seen)) == size
            assert {split_of(form) for form in seen} == {split}


def lines_of_code(row: Example) -> int:
    return str(row.reference["code"]).count("\n")


def numbered(row: Example) -> int:
    return len(re.findall(r"^\d+\. ", row.text, re.MULTILINE))


def cells(row: Example) -> int:
    return row.text.count("|")


def figures(row: Example) -> int:
    return len(re.findall(r"(?<![\^A-Za-z\d.])\d[\d.]*", row.text.split("Atomic")[0]))


SIZES: dict[str, Callable[[Example], int]] = {
    "code/functions": numbered,
    "code/filters": numbered,
    "science/physics": figures,
    "science/chemistry": figures,
    "logic/houses": numbered,
    "logic/ranking": lambda row: len(row.reference),
    "logic/paths": lambda row: len(row.reference),
    "logic/grids": lambda row: len(row.text),
    "simulation/program_output": lines_of_code,
    "simulation/program_input": lines_of_code,
    "table/flat": cells,
    "table/hierarchical": cells,
    "table/joined": cells,
}


@pytest.mark.parametrize("name", NAMES)
def test_the_level_is_a_dial(name: str) -> None:
    """What makes a problem hard grows from the first level to the middle one, and to a high one."""
    source = source_of(name)
    levels = (
        (1, (source.levels + 1) // 2, 12) if name == "logic/houses" else (1, (source.levels + 1) // 2, source.levels)
    )
    levels = (1, 2, 4) if name == "logic/grids" else levels
    means = [sum(SIZES[name](row) for row in source.examples(size=8, level=level)) / 8 for level in levels]
    if name == "logic/grids":
        means = [means[0], means[2]]  # more steps on small grids, then larger grids
    assert means == sorted(means) and means[0] < means[-1], means
