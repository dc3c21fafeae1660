"""Registries list without importing, suggest near names, and take names from third parties."""

import subprocess
import sys

import pytest

from assay.errors import UnknownName
from assay.registry import Registry


def test_listing_imports_nothing():
    registry: Registry[object] = Registry("thing", {"a": "no_such_module:x"})
    assert registry.names() == ["a"]
    with pytest.raises(ModuleNotFoundError):
        registry.get("a")


def test_an_unknown_name_offers_the_nearest():
    registry: Registry[object] = Registry("verifier", {"number": "math:pi", "choice": "math:e"})
    with pytest.raises(UnknownName, match="did you mean 'number'"):
        registry.get("numbr")


def test_a_taken_name_cannot_be_registered_again():
    registry: Registry[object] = Registry("thing", {"pi": "math:pi"})
    with pytest.raises(ValueError, match="another name"):
        registry.register("pi", 3)
    assert registry.register("e", 2) == registry.get("e")


def test_import_is_light():
    heavy = "{'torch', 'numpy', 'pydantic', 'pyarrow', 'rich', 'mpmath'} & set(sys.modules)"
    code = f"import sys, assay, assay.cli; print(sorted({heavy}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_room_and_the_function_share_a_name():
    import assay
    import assay.judging.verifier

    example = assay.Example(prompt="1 + 1?", reference=2, verifier="number")
    assert assay.verify(example, "2").is_correct
    assert not assay.verify(example, "3").is_correct
    assert len(assay.__all__) <= 15
