"""Registries list without importing, suggest near names, and take names from third parties."""

import os
import subprocess
import sys
from importlib import metadata
from importlib.metadata import EntryPoint

import pytest

from assay.errors import AssayError, UnknownName
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


def test_the_top_level_judges():
    import assay
    import assay.judging.verifier

    example = assay.Example(prompt="1 + 1?", reference=2, verifier="number")
    assert assay.verify(example, "2").is_correct
    assert not assay.verify(example, "3").is_correct
    assert len(assay.__all__) <= 15


def _point(name, value):
    return EntryPoint(name, value, "assay.things")


def test_a_plugin_must_not_take_a_built_in_name(monkeypatch):
    monkeypatch.setattr(metadata, "entry_points", lambda group: [_point("join", "mine:join")])
    with pytest.raises(AssayError, match=r"takes the built-in thing join \(mine:join\)"):
        Registry("thing", {"join": "os.path:join"}, "assay.things").names()


def test_a_broken_plugin_is_left_out_with_a_word(monkeypatch):
    points = [_point("broken", "no_such_module:x"), _point("whole", "os.path:split")]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    registry = Registry("thing", {"join": "os.path:join"}, "assay.things")
    with pytest.warns(UserWarning, match="plugin 'broken' does not load"):
        assert registry.working() == [os.path.join, os.path.split]
