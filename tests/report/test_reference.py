"""The page of all keys says what the classes say."""

from pathlib import Path

from assay.curate.recipe import CurationRecipe
from assay.learn.recipe import Grpo
from assay.report.reference import reference

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
