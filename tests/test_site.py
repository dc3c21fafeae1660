"""The documentation site: it builds without a warning, holds every page once, and loads nothing from elsewhere."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from assay.version import VERSION

ROOT = Path(__file__).parents[1]


def pages(nav):
    for entry in nav:
        for value in entry.values():
            yield from [value] if isinstance(value, str) else pages(value)


def settings():
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))


def test_every_page_has_its_place_in_the_story():
    listed = list(pages(settings()["nav"]))
    assert sorted(listed) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    assert listed[:2] == ["index.md", "start.md"]


@pytest.mark.slow
def test_it_builds_and_asks_nobody(tmp_path):
    pytest.importorskip("material", reason="the site needs mkdocs-material")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "-q",
        "-f",
        str(ROOT / "mkdocs.yml"),
        "-d",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]*\bsrc="([^"]+)"|<link rel="stylesheet" href="([^"]+)"', page.read_text("utf-8")
        )
        assert not [one for pair in loaded for one in pair if one.startswith(("http", "//"))], page


def test_one_version_is_told_everywhere():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert str(cited["version"]) == VERSION
    assert f"## {VERSION}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"assay:{VERSION}" in (ROOT / "docs" / "rayjob.yaml").read_text("utf-8")


def test_wheel_and_source_hold_the_package_alone(tmp_path):
    builder = pytest.importorskip("hatchling.builders.wheel", reason="building needs hatchling")
    from hatchling.builders.sdist import SdistBuilder

    (wheel,) = builder.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    (source,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path))
    packed = zipfile.ZipFile(wheel).namelist()
    assert {"assay/py.typed", "assay/recipes/demo.toml", "assay/models/tiny/config.json"} <= set(packed)
    assert any(name.endswith("licenses/LICENSE") for name in packed)
    assert {name.split("/")[0].partition("-")[0] for name in packed} == {"assay"}
    with tarfile.open(source) as unpacked:
        there = {name.partition("/")[2] for name in unpacked.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "src/assay/py.typed"} <= there
    assert not [name for name in there if name.split("/")[0] in ("tests", "benchmarks", "docs", ".ci")]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    told = zipfile.ZipFile(wheel).read(next(name for name in packed if name.endswith("METADATA"))).decode()
    assert set(re.findall(r"^Provides-Extra: (\S+)", told, re.M)) == set(extras)
