"""The page of all keys says what the classes say."""

from pathlib import Path

from assay.curate.recipe import CurationRecipe
from assay.learn.recipe import Grpo
from assay.report.catalog import catalog, page
from assay.report.reference import reference
from assay.sources.base import SOURCES

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_the_page_is_what_the_classes_say():
    assert PAGE.read_text("utf-8") == reference(), "run `make reference`"


def test_every_key_is_there_with_its_default_and_its_meaning():
    page = reference()
    assert not [line for line in page.splitlines() if line.endswith("|  |")]
    for name in CurationRecipe.model_fields:
        assert f"| `{name}` |" in page
    for name, field in Grpo.model_fields.items():
        assert f"| `grpo.{name}` | `" in page, name
        assert field.default is not None
    assert "| `tolerance.abs` | `0.0` |" in page and "| `options` |" in page


def test_the_catalogue_is_that_of_the_code_and_has_no_gap() -> None:
    assert (PAGE.parent / "catalog.md").read_text("utf-8") == page(), "run `make reference`"
    ours = set(SOURCES.built_in())  # other tests may have registered sources of their own
    for row in (row for row in catalog() if row["name"] in ours):
        assert all(row[key] for key in ("domain", "kind", "rows", "answer", "verifier", "licence", "use", "about")), row
        assert row["kind"] == "real" or row["levels"] > 0, row
