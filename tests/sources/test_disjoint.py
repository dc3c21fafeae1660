"""What is trained on is never evaluated: decided by what the problems say, not by the names of their sources."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from assay.config import Config, shipped_recipes
from assay.curate.recipe import CurationRecipe
from assay.errors import MissingData
from assay.evaluate.suite import Suite, find_suite, shipped_suites
from assay.learn.head import HeadRecipe
from assay.learn.recipe import GrpoRecipe
from assay.report.plan import find_config
from assay.sources.base import SOURCES
from assay.sources.own import entry_of, held_out_rows
from assay.sources.selection import Selection
from assay.types import Example

RECIPES = sorted({*shipped_recipes()} - {"values"})
"""All but the one that names no source: it learns from a run of the user's."""


def whole(chosen: Iterable[Selection], split: str, data: Path) -> Iterator[Example]:
    """Every row that a selection can draw from; of procedural sources a thousand, or twenty of a higher level."""
    for one in chosen:
        for name in one.names:
            is_real = SOURCES.get(name).kind == "real"
            most = None if is_real else min(one.size or 1000, 1000 if one.level == 1 else 20)
            update = {"name": name, "cap": None, "size": most}
            yield from there(one.model_copy(update=update).examples(data, split=split))


def there(rows: Iterator[Example]) -> Iterator[Example]:
    """The rows; none where the file is not in the data directory (recipes name sets that only the hub has)."""
    try:
        yield from rows
    except MissingData:
        return


def chosen(config: Config) -> Iterable[Selection]:
    """The sources that a training recipe learns from; of a head, those whose references are rewritten."""
    return config.rewrites if isinstance(config, HeadRecipe) else config.data.sources  # type: ignore[attr-defined]


def trained(config: Config, data: Path) -> dict[str, str]:
    """Stem of every problem that a recipe may train on -> its source."""
    if isinstance(config, CurationRecipe):
        kept = {e.stem_id: e.source for e in whole(config.sources, "train", data)}
        for entry in config.without:
            for example in there(held_out_rows(*entry_of(entry), data)):
                kept.pop(example.stem_id, None)
        return kept
    if isinstance(config, GrpoRecipe) and config.data.corpus:  # named as the recipe that makes it
        return trained(find_config(Path(config.data.corpus).name, []), data)
    split = "train" if isinstance(config, GrpoRecipe | HeadRecipe) else "warmup"
    return {e.stem_id: e.source for e in whole(chosen(config), split, data)}


@pytest.fixture(scope="module")
def evaluated(real_data: Path) -> dict[str, str]:
    demo = find_config("demo", [])
    assert isinstance(demo, GrpoRecipe) and isinstance(demo.eval, Suite)
    suites = [*map(find_suite, shipped_suites()), demo.eval]
    return {e.stem_id: e.source for suite in suites for e in whole(suite.sources, "test", real_data)}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_trains_on_nothing_that_a_suite_asks(name: str, evaluated: dict[str, str], real_data: Path) -> None:
    seen = trained(find_config(name, []), real_data)
    both = {(seen[stem], evaluated[stem]) for stem in seen.keys() & evaluated.keys()}
    assert seen and not both


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_names_no_source_that_is_for_evaluation_only(name: str) -> None:
    config = find_config(name, [])
    sources = config.sources if isinstance(config, CurationRecipe) else chosen(config)
    assert not [n for chosen in sources for n in chosen.names if SOURCES.get(n).eval_only]
