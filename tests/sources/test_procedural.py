"""Procedural sources: deterministic, disjoint, distinct; gold is right and slips are wrong by construction."""

import math
from collections import Counter
from itertools import islice
from random import Random

import pytest

from assay.errors import AssayError, BadConfig, UnknownName
from assay.learn.recipe import WarmupRecipe
from assay.report.plan import find_config
from assay.sources.base import SOURCES
from assay.sources.procedural import Problem, Procedural, split_of
from assay.types import DOMAINS

MADE = [s for s in map(SOURCES.get, SOURCES.names()) if isinstance(s, Procedural)]
WARMUP = find_config("tiny", [])
assert isinstance(WARMUP, WarmupRecipe)
TINY = {name for chosen in WARMUP.data.sources for name in chosen.names}
"""What the shipped checkpoint was taught: short prompts, and their order and wording must stay."""
by_name = pytest.mark.parametrize("source", MADE, ids=lambda s: s.name)
of_the_demo = pytest.mark.parametrize("source", [s for s in MADE if s.name in TINY], ids=lambda s: s.name)


def test_every_domain_has_two_of_the_demo() -> None:
    assert {d: sum(s.domain == d for s in MADE if s.name in TINY) for d in DOMAINS} == dict.fromkeys(DOMAINS, 2)


@by_name
def test_same_arguments_same_examples(source: Procedural) -> None:
    for level in range(1, source.levels + 1) if source.name in TINY else (1, 2):
        first, again = ([e.to_json() for e in source.examples("test", size=5, level=level)] for _ in range(2))
        assert first == again
    assert [e.id for e in source.examples(size=5)] == [e.id for e in source.examples(size=8)][:5]
    assert [e.id for e in source.examples(size=5)] != [e.id for e in source.examples(size=5, seed=1)]


@of_the_demo
def test_splits_are_disjoint_and_prompts_distinct(source: Procedural) -> None:
    prompts = {split: [e.text for e in source.examples(split, size=120)] for split in source.splits}
    for split, texts in prompts.items():
        assert len(set(texts)) == 120
        assert {split_of(text) for text in texts} == {split}
    assert all(text.isascii() and len(text) <= 120 for texts in prompts.values() for text in texts)


@of_the_demo
def test_level_one_has_room_for_the_demo(source: Procedural) -> None:
    """The test split owns a fifth of the prompts: 600 here are about 3,000 in all."""
    assert sum(1 for _ in source.examples("test", size=600)) == 600


@by_name
def test_slips_differ_from_gold(source: Procedural) -> None:
    rng = Random(0)
    for level in range(1, source.levels + 1):
        for example in source.examples(size=12 if source.name in TINY else 1, level=level):
            assert source.wrong(example, rng) != example.gold
            assert f"level:{level}" in example.tags


def test_an_exhausted_level_says_so() -> None:
    def draw(rng: Random, level: int) -> Problem:
        return Problem(f"{rng.randint(0, 9)}?", 1, "1", ("2",))

    tiny = Procedural(name="math/tiny", about="", verifier="number", draw=draw)
    with pytest.raises(AssayError, match="no more than about"):
        list(tiny.examples("train", size=100))


def test_bad_arguments_are_named() -> None:
    source = SOURCES.get("math/arithmetic")
    with pytest.raises(UnknownName, match="did you mean 'train'"):
        source.examples("trian")
    with pytest.raises(BadConfig, match="levels 1 to 8"):
        list(islice(source.examples(level=9), 1))
    with pytest.raises(BadConfig, match="negative"):
        source.examples(size=-1)


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_an_ordering_names_everybody_in_its_clues(level: int) -> None:
    for row in SOURCES.get("logic/ordering").examples("train", size=60, level=level):
        assert {name for name in row.reference if name in row.text} == set(row.reference)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_no_constant_passes_a_list_function(level: int) -> None:
    for row in SOURCES.get("code/list_ops").examples("train", size=80, level=level):
        assert len({test.partition(" == ")[2] for test in row.reference["tests"]}) > 1


def test_no_number_of_knights_is_likelier_than_by_chance() -> None:
    """Three people, 400 problems: each number of knights within four standard deviations of a fair coin's."""
    rows = SOURCES.get("logic/knights_knaves").examples("train", size=400, level=2)
    found = Counter(sum(kind == "knight" for kind in row.reference.values()) for row in rows)
    for knights, share in enumerate((1 / 8, 3 / 8, 3 / 8, 1 / 8)):
        assert abs(found[knights] - 400 * share) < 4 * math.sqrt(400 * share * (1 - share))
