"""What a program can import is the standard library and what docs/sandbox.md says of its environment, nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from assay import sandbox
from assay.sandbox import Limits, Outcome, Program, environments

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
INSTALLED = {name for name in metadata.packages_distributions() if name.isidentifier()} | {"assay", "assay.sandbox"}
IMPORTED = """
import sys
for name in sys.stdin.read().split():
    try:
        __import__(name)
        print(name)
    except ModuleNotFoundError:
        pass
"""
ELSEWHERE = "_dbm _gdbm _msi _overlapped _scproxy _tkinter _winapi msilib msvcrt nt winreg winsound tkinter turtle"
"""Of the standard library: what is for other systems, or for a screen."""


def imported(environment: str, names: set[str]) -> set[str]:
    """Which of the names a program of that environment can import; its words do not name them."""
    source = f"# {environments.MODULES[environment]}\n{IMPORTED}"
    assert environments.environment_for(source) in (environment, "bare")
    result = sandbox.run(Program(source, "\n".join(sorted(names)).encode(), Limits(cpu=60, wall=300)))
    assert result.outcome is Outcome.DONE, result.text
    return set(result.output.decode().split())


@pytest.mark.parametrize("environment", environments.MODULES)
def test_of_all_that_is_installed_a_program_can_import_its_environment(environment: str) -> None:
    allowed = set(environments.MODULES[environment].split())
    if "pandas" in allowed:
        allowed |= {"dateutil", "pytz", "six", "tzdata"}
    assert imported(environment, INSTALLED) == allowed & INSTALLED


@pytest.mark.parametrize("environment", ["bare", "sci"])
def test_the_standard_library_can_be_imported(environment: str) -> None:
    names = set(sys.stdlib_module_names) - {"antigravity", "this", "idlelib"}
    assert names - imported(environment, names) <= set(ELSEWHERE.split())


@pytest.mark.parametrize("environment", environments.MODULES)
def test_a_template_process_forks_with_one_thread(environment: str) -> None:
    imported(environment, {"json"})
    template = sandbox.pool()._templates[environments.environment_for(environments.MODULES[environment])]
    assert len(os.listdir(f"/proc/{template.process.pid}/task")) == 1


def test_a_program_imports_what_it_wrote() -> None:
    if LEVEL < "L4":
        pytest.skip("there is no scratch folder below L4")
    source = "import sys\nopen('/tmp/mine.py', 'w').write('x = 7')\nsys.path.append('/tmp')\nimport mine\nprint(mine.x)"
    assert sandbox.run(Program(source)).output == b"7\n"


def test_it_is_so_without_files_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    monkeypatch.setenv("ASSAY_SANDBOX_MIN", "L2")
    program = (
        "from assay import sandbox\nfrom assay.sandbox import Limits, Program\n"
        f"source = '# pandas\\n' + {IMPORTED!r}\n"
        "print(sandbox.run(Program(source, b'assay numpy pandas pyarrow pytest', Limits(cpu=60, wall=300))).output)"
    )
    confined = [sys.executable, str(Path(__file__).with_name("confined.py")), "L2", sys.executable, "-c", program]
    done = subprocess.run(confined, capture_output=True, text=True, timeout=300)
    assert done.stdout == "b'numpy\\npandas\\n'\n", done.stderr


def test_the_page_names_every_module() -> None:
    page = " ".join((Path(__file__).parents[2] / "docs/sandbox.md").read_text("utf-8").split())
    *modules, last = environments.MODULES["sci"].split()
    for names in (environments.MODULES, modules, [last, "dateutil", "pytz", "six", "tzdata"]):
        assert all(name in page for name in names)
