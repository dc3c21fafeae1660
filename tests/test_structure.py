"""The shape of the code: small functions, files split by meaning, few dependencies, nothing that evaluates text."""

import ast
import tomllib
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "src").rglob("*.py"))
RUNS_CODE = {"sandbox"}
"""Rooms whose job is to run code, in a process of its own."""


def name_of(path):
    return str(path.relative_to(ROOT / "src" / "assay"))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_fits_its_room(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "a module says what it is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 60, f"{node.name} is too long"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and path.parent.name not in RUNS_CODE:
            assert node.func.id not in {"eval", "exec", "compile", "parse_expr"}, f"line {node.lineno}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not {"pickle", "marshal", "shelve", "dill"} & set(names), f"line {node.lineno}"


def test_half_of_the_files_fit_on_two_screens():
    """Files are split by meaning, not by ruler: the median is held, a long one is for a review to question."""
    assert median(len(path.read_text("utf-8").splitlines()) for path in FILES) <= 150


def test_broad_catches_are_only_at_process_boundaries():
    broad = [
        f"{name_of(path)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    rooms = {entry.split(":")[0].split("/")[0] for entry in broad}
    assert rooms <= {"judging", "sandbox", "audit", "remote.py"}, broad
    assert len(broad) <= 13, broad


def test_the_core_is_light():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert len(project["dependencies"]) <= 10
    assert not any(name.startswith(("torch", "trl", "transformers", "ray", "vllm")) for name in project["dependencies"])


def test_recipes_are_short():
    for recipe in (ROOT / "recipes").glob("*.toml"):
        rows = [line for line in recipe.read_text("utf-8").splitlines() if line.strip()]
        assert len(rows) <= 40, recipe.name
