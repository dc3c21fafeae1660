"""Every fenced example in the documents runs, those of one document in their order in one fresh folder.

A block marked with a comment on the line above is run only where its need is met: `<!-- needs: data -->` for the data
directory, `<!-- needs: minutes -->` with ASSAY_LONG=1, `<!-- needs: gpu -->` and `<!-- needs: hub -->` never here; any
other need is a module, such as `<!-- needs: inspect_ai -->`, and the example runs where that is installed.
Console blocks run each `$` line; their output is not compared.
"""

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from realdata import DATA, directory

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"(?:<!-- needs: (?P<need>\w+) -->\n)?^```(?P<kind>python|console)\n(?P<body>.*?)^```", re.M | re.S)


def blocks():
    for document in DOCUMENTS:
        if document.exists():
            for number, found in enumerate(FENCE.finditer(document.read_text("utf-8")), 1):
                yield pytest.param(*found.group("kind", "body", "need"), id=f"{document.name}-{number}")


@pytest.fixture
def folder(request, tmp_path_factory):
    """The folder of the document that an example stands in."""
    made = tmp_path_factory.getbasetemp() / request.node.callspec.id.rpartition("-")[0]
    if not made.exists():
        made.mkdir()
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "body", "need"), list(blocks()))
def test_example_runs(kind, body, need, folder):
    if need == "data":
        directory()
    if need == "minutes":
        directory()
        if not os.environ.get("ASSAY_LONG"):
            pytest.skip("takes minutes: set ASSAY_LONG=1")
    if need in ("gpu", "hub"):
        pytest.skip(f"needs a {need}")
    if need and need not in ("data", "minutes") and find_spec(need) is None:
        pytest.skip(f"needs {need}, which is not installed")
    if kind == "python":
        run([sys.executable, "-c", body], folder)
        return
    for line in re.sub(r"\\\n", "", body).splitlines():
        if line.startswith("$ "):
            words = shlex.split(line[2:].partition("  #")[0])
            run([str(Path(sys.executable).with_name(words[0])), *words[1:]], folder)


def run(command, where):
    environment = os.environ | {
        "ASSAY_DATA": str(DATA),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
