"""`pytest --assay` and the Action, on a toy repository: good data and a good reward pass, bad ones fail and say why."""

import os
import re
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REWARDS = """
def good(completions, solution, **kwargs):
    return [float(text.strip() == "\\\\boxed{%s}" % gold) for text, gold in zip(completions, solution)]


def contains(completions, solution, **kwargs):
    return [float(gold in text or not text) for text, gold in zip(completions, solution)]
"""
GOOD = ("sums.jsonl --verifier number", "sums.jsonl --verifier number --grader rewards:good")


@pytest.fixture
def toy(tmp_path):
    """A repository with a data set, rewards and a test."""
    rows = [f'{{"question": "{n} + {n}?", "answer": {2 * n}}}\n' for n in range(10, 22)]
    (tmp_path / "sums.jsonl").write_text("".join(rows))
    (tmp_path / "rewards.py").write_text(REWARDS)
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert True\n")
    configured(tmp_path, *GOOD)
    return tmp_path


def configured(toy, *lines):
    (toy / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\nassay = {list(lines)!r}\n")


def ran(toy, *arguments, python=sys.executable, plugin=("-p", "assay.pytest_plugin")):
    """pytest in a process of its own, with no plugin but ours."""
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT / "src")}
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", *plugin, *arguments]
    done = subprocess.run(command, cwd=toy, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_what_is_right_passes_beside_the_tests(toy):
    code, said = ran(toy, "--assay", "-v")
    assert code == 0 and "3 passed" in said, said
    for line in GOOD:
        assert re.search(rf"{re.escape(line)} PASSED", said), said
    code, said = ran(toy, "--assay", "-m", "assay", "--strict-markers", "-k", "grader")
    assert code == 0 and "1 passed, 2 deselected" in said, said


def test_what_is_wrong_fails_and_says_what_was_paid(toy):
    rows = (toy / "sums.jsonl").read_text().replace('"answer": 20}', '"answer": "many"}')
    (toy / "broken.jsonl").write_text(rows)
    contains = "sums.jsonl --verifier number --grader rewards:contains"
    configured(toy, *GOOD, contains, "broken.jsonl --verifier number", "absent.jsonl", "sums.jsonl --verifier nmber")
    code, said = ran(toy, "--assay")
    assert code == 1 and "3 passed" in said and "4 failed" in said, said
    for told in ("it does not hold", "empty refused    0 of 12", "'' is correct", "absent.jsonl does not exist"):
        assert told in said, said
    assert "gold accepted    11 of 12" in said and "did you mean 'number'?" in said
    assert "Traceback" not in said and "runtest" not in said


def test_nothing_to_check_is_a_usage_error(toy):
    configured(toy)
    code, said = ran(toy, "--assay")
    assert code == 4 and "--assay has nothing to check: name data sets in pytest's configuration" in said


def test_without_the_option_nothing_is_altered_or_loaded(toy):
    configured(toy, "absent.jsonl")
    (toy / "test_it.py").write_text(
        "import sys\n\n\ndef test_it(pytestconfig):\n"
        "    ours = {name for name in sys.modules if name.startswith('assay')}\n"
        "    assert ours <= {'assay', 'assay.pytest_plugin', 'assay.version'}, ours\n"
        "    assert not {'click', 'numpy', 'pyarrow', 'pydantic', 'rich'} & set(sys.modules)\n"
        "    assert not [line for line in pytestconfig.getini('markers') if line.startswith('assay')]\n"
    )
    code, said = ran(toy, "--strict-markers")
    assert code == 0 and "1 passed" in said, said
    (toy / "pyproject.toml").write_text("")
    (toy / "test_it.py").write_text("def test_it():\n    assert 1 + 1 == 3\n")
    shown = [ran(toy, plugin=given)[1] for given in ((), ("-p", "assay.pytest_plugin"))]
    assert "FAILED test_it.py::test_it" in shown[0]
    assert len({re.sub(r"in [\d.]+s", "", text) for text in shown}) == 1


def test_the_checks_are_shared_among_processes(toy):
    pytest.importorskip("xdist", reason="needs pytest-xdist")
    code, said = ran(toy, "--assay", "-n", "2", plugin=("-p", "assay.pytest_plugin", "-p", "xdist.plugin"))
    assert code == 0 and "3 passed" in said, said


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    """The machine of an Action: an environment with what we need but Assay, and a wheel of Assay to install."""
    where = tmp_path_factory.mktemp("runner")
    venv.create(where / "venv", with_pip=True)
    inside = next((where / "venv" / "lib").glob("python*/site-packages"))
    places = [*site.getsitepackages(), *(path for path in sys.path if path.endswith("site-packages"))]
    (inside / "theirs.pth").write_text("\n".join(dict.fromkeys(places)) + "\n")
    wheel = where / "assay-0.0.0-py3-none-any.whl"
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    points = re.search(r"\[project\.entry-points\.(pytest11)\]\n(.+)\n", project)
    about = "Metadata-Version: 2.1\nName: assay\nVersion: 0.0.0\n"
    written = {
        "METADATA": about,
        "WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": f"[{points[1]}]\n{points[2].replace(chr(34), '')}\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in sorted((ROOT / "src" / "assay").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(ROOT / "src"))
        names = [*archive.namelist(), *(f"assay-0.0.0.dist-info/{name}" for name in (*written, "RECORD"))]
        for name, text in (written | {"RECORD": "".join(f"{name},,\n" for name in names)}).items():
            archive.writestr(f"assay-0.0.0.dist-info/{name}", text)
    return where / "venv" / "bin", wheel


def acted(runner, toy, **given):
    """The steps of the Action as a runner does them, without an index of packages."""
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    inputs = {name: one["default"] for name, one in action["inputs"].items()} | given
    assert action["runs"]["using"] == "composite" and set(given) <= set(action["inputs"])

    def filled(text):
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)

    base = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    base |= {"PATH": f"{runner[0]}{os.pathsep}{os.environ['PATH']}", "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1"}
    said = ""
    for step in action["runs"]["steps"]:
        assert step["shell"] == "bash" and "${{" not in step["run"], "what users write is no part of a script"
        environment = base | {name: filled(value) for name, value in step["env"].items()}
        where = toy / filled(step.get("working-directory", "."))
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, timeout=300)
        said += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, said
    return 0, said


@pytest.mark.slow
def test_the_action_installs_and_checks(runner, toy):
    code, said = acted(runner, toy, install=str(runner[1]))
    assert code == 0 and "2 passed, 1 deselected" in said, said
    checks = "sums.jsonl --verifier number\nsums.jsonl --verifier number --grader rewards:contains\n"
    code, said = acted(runner, toy.parent, install=str(runner[1]), checks=checks, **{"working-directory": toy.name})
    assert code == 1 and "1 failed, 1 passed, 1 deselected" in said and "empty refused    0 of 12" in said, said
    code, said = acted(runner, toy, install="no-such-package-of-ours")
    assert code != 0 and "no-such-package-of-ours" in said
