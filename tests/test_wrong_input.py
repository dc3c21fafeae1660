"""Every command on every kind of wrong input: one sentence that says what to do, exit status 2, no traceback."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import main

FILES = {
    "empty": b"",
    "binary": b"\xff\xfe\x00\x01\n",
    "words": b"not a row\n",
    "array": b"[1, 2]\n",
    "other": b'{"a": 1}\n',
    "null": b"null\n",
    "utf16": '{"a": 1}\n'.encode("utf-16"),
    "deep": b"[" * 100_000 + b"\n",
}
FEW = ("--data.sources.0.size=2", "--eval.sources.0.size=2")
COMMANDS = ("curate", "train", "show", "eval tiny --suite")
"""Those that take a recipe or a suite."""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        for suffix in (".jsonl", ".toml", ".parquet", ".csv", ".json"):
            Path(name + suffix).write_bytes(content)
    Path("folder").mkdir()
    Path("folder.jsonl").mkdir()
    Path("folder.toml").mkdir()
    for name, content in (("broken", "{bad"), ("foreign", '{"kind": "measure", "fingerprint": "x"}')):
        Path(name).mkdir()
        Path(name, "run.json").write_text(content)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def wrong(*arguments):
    done = CliRunner().invoke(main, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
    said = done.output.strip().splitlines()
    assert done.exit_code == 2 and said and len(said[-1]) > 20, (arguments, done.exit_code, done.output)
    assert not re.search(r"NoneType|Errno|\bb'|Field required|: 'prompt'|got \{", done.output), done.output
    return done.output


ROWS = [f"{name}.jsonl" for name in ("missing", *FILES.keys() - {"empty"}, "folder")]
ROWS.sort()


@pytest.mark.parametrize("name", ROWS)
def test_rows(name):
    wrong("check", name, "--verifier", "math")
    wrong("audit", "math", name)
    wrong("eval", name)
    if name in ("missing.jsonl", "folder.jsonl"):
        wrong("grade", name)
    else:  # a line that is no row has an `error` verdict of its own, and the rest goes on
        done = CliRunner().invoke(main, ["grade", name])
        assert done.exit_code == 0 and '"status": "error"' in done.output
        assert CliRunner().invoke(main, ["grade", name, "--max-errors", "0"]).exit_code == 1


@pytest.mark.parametrize("name", ["missing", "empty", "binary", "words", "other", "folder"])
def test_recipes_and_suites(name):
    for command in COMMANDS:
        wrong(*command.split(), f"{name}.toml")
        if command != "show":
            wrong(*command.split(), f"{name}.toml", "--dry-run")


@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "jsonl"])
def test_own_files_of_every_kind(kind):
    for name in ("binary", "words", "array"):
        wrong("check", f"{name}.{kind}", "--verifier", "math")


LOOK_BACK = ("compare {} {}", "rescore {}", "select {}", "overlap {} math/arithmetic")
"""Those that read a finished run."""


@pytest.mark.parametrize("command", LOOK_BACK)
def test_what_is_no_run_is_told_what_to_name(command):
    for name in ("missing", *(f"{name}.jsonl" for name in FILES), "folder", "broken", "foreign", "folder.jsonl"):
        said = wrong(*command.format(name, name).split())
        assert name in said, said


@pytest.mark.parametrize("command", LOOK_BACK)
def test_a_run_without_its_rows_or_its_problems_is_told_so(command):
    for name, files in (("rowless", ()), ("askless", ("rollouts/open.jsonl",)), ("garbled", ("examples.jsonl",))):
        Path(name, "rollouts").mkdir(parents=True)
        facts = '{"kind": "measure", "fingerprint": "x", "model": "m", "samples": 2, "sampling": {}}'
        Path(name, "run.json").write_text(facts)
        for file in files:
            Path(name, file).write_text("")
    Path("garbled/rollouts/open.jsonl").write_text("")
    Path("garbled/examples.jsonl").write_text('{"a": 1}\n')
    for name, told in (("rowless", "no rollouts yet"), ("askless", "lacks examples.jsonl"), ("garbled", "jsonl:1")):
        assert told in wrong(*command.format(name, name).split())


READERS = (
    "check {} --verifier math",
    "audit math {}",
    "eval {}",
    "grade {}",
    "curate {}",
    "train {}",
    "show {}",
    "eval tiny --suite {}",
)


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".csv", ".json", ".parquet", ".toml"])
def test_a_directory_is_never_said_to_be_missing(command, suffix):
    if (suffix == ".toml") != any(word in command for word in ("curate", "train", "show", "suite")):
        return
    if suffix[:6] != ".jsonl" and not command.startswith(("check", "curate", "train", "show", "eval tiny")):
        return
    Path("place" + suffix).mkdir()
    assert "is a directory" in wrong(*command.format("place" + suffix).split()).lower()


@pytest.mark.parametrize("command", [*READERS, "report {}", "demo -o {}", "grade other.jsonl -o {}", "sandbox run {}"])
def test_an_empty_argument_is_no_folder(command):
    assert "is empty: is a variable of the shell not set?" in wrong(*command.format("").split(" "))


def test_text_in_another_encoding_is_told_what_to_do():
    for command in READERS:
        suffix = ".toml" if any(word in command for word in ("curate", "train", "show", "suite")) else ".jsonl"
        if "grade" not in command:
            assert "save the file as UTF-8" in wrong(*command.format("utf16" + suffix).split())
    assert "save the file as UTF-8" in wrong("check", "utf16.csv", "--verifier", "math")
    assert "save it as UTF-8" in wrong("sandbox", "run", "utf16.toml")


def test_what_is_no_gzip_file_is_told_so():
    Path("plain.jsonl.gz").write_bytes(FILES["other"])
    Path("cut.jsonl.gz").write_bytes(gzip.compress(FILES["other"] * 1000)[:-20])
    for command in ("grade {}", "check {} --verifier math", "audit math {}", "eval {}"):
        assert "not gzipped" in wrong(*command.format("plain.jsonl.gz").split())
        assert "damaged gzip file" in wrong(*command.format("cut.jsonl.gz").split()) or "grade" not in command


def test_a_value_that_fits_no_other_is_told_before_any_row_is_read():
    for arguments in (("train", "demo", "--eval.k=[99]"), ("eval", "tiny", "--samples=2", "--k=[4]")):
        for dry in ((), ("--dry-run",)):
            assert "needs a k from 1 to the samples" in wrong(*arguments, *dry, "-o", "out")
    said = wrong("train", "demo", "--grpo.micro_batch=5", "-o", "out")
    assert "prompts x group = 192 must be a multiple of micro_batch" in said and len(said) < 250
    assert "no model is named" in wrong("train", "demo", "--model.path=", "-o", "out")
    assert not Path("out").exists()


@pytest.mark.parametrize("run", ["missing", "folder", "broken", "foreign", "other.jsonl"])
def test_runs(run):
    assert "holds" in wrong("report", run)


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade", "other.jsonl", "--workers", "0"),
        ("grade", "other.jsonl", "--deadline", "0"),
        ("grade", "other.jsonl", "--cache", "other.jsonl"),
        ("check", "math/arithmetic", "--size", "0"),
        ("eval", "tiny", "--workers", "0"),
        ("check", "math/gsm8k", "--data", "other.jsonl"),
        ("check", "math/arithmetic", "--verifier", "math"),
        ("curate", "real-mix", "--data", "other.jsonl", "-o", "out"),
        ("curate", "demo", "-o", "out"),
        ("train", "real-mix", "-o", "out"),
        ("train", "demo", "--grpo.prompts=0", "-o", "out"),
        ("list", "verifers"),
        ("show",),
        ("show", "dmeo"),
        ("show", "demo", "--grpo.stesp=1"),
        ("completion", "tcsh"),
        ("check", "math/arithmetic", "--split", "tset"),
        ("check", "math/arithmetic", "--level", "9"),
        ("check", "math/arithmetic", "--level", "0"),
        ("grade", "other.jsonl", "--id", "none"),
        ("eval", "tiny", "--samples", "0"),
        ("eval", "tiny", "--temperature", "-1"),
        ("eval", "tiny", "--smaples", "1"),
        ("eval", "tiny", "--samples=2", "--k=[4]"),
        ("eval", "broken", "-o", "out"),
        ("eval", "tiny", "--dry-run", "-o", "other.jsonl"),
        ("eval", "no/such-model", "--dry-run", "-o", "out"),
        ("train", "demo", "--dry-rnu"),
        ("train", "demo", "--dry-run", "--model.path=nowhere/at-all", "-o", "out"),
        ("train", "demo", "--dry-run", "--eval=true", "-o", "out"),
        ("train", "demo", *FEW, "--dry-run", "-o", "foreign"),
        ("train", "demo", *FEW, "-o", "broken"),
        ("curate", "real-mix", "--dry-run", "--data", "folder", "-o", "out"),
        ("curate", "real-mix", "--dry-run", "-o", "foreign"),
        ("sandbox", "run", "missing.py"),
        ("compare", "folder"),
        ("compare", "folder", "folder", "--show", "-1"),
        ("rescore", "folder", "--verifier", "mth", "-o", "out"),
        ("rescore", "folder", "--workers", "0"),
        ("select", "folder", "--first", "1"),
        ("select", "folder", "--top", "0"),
        ("overlap", "folder"),
        ("overlap", "folder", "math/arithmetic", "--words", "4"),
        ("eval", "tiny", "--engine.bacth=4", "-o", "out"),
        ("eval", "tiny", "--engine.batch=few", "-o", "out"),
        ("eval", "tiny", "--engine.kind=vlm", "-o", "out"),
        ("eval", "tiny", "--suite", "guru71"),
        ("eval", "tiny", "--suite", "guru17", "--data", "folder", "--partial", "-o", "out"),
        ("eval", "tiny", "--size", "0", "-o", "out"),
        ("eval", "tiny", "--sources.0.shots=2", "-o", "out"),
        ("eval", "tiny", "--sources.0.template=x", "-o", "out"),
    ],
)
def test_options(arguments):
    wrong(*arguments)
    assert not Path("out").exists()


def test_what_may_not_be_read_or_written_is_told_so(monkeypatch):
    Path("closed").mkdir(mode=0o500)
    may = os.access  # root may do everything, so what may not be done is told here

    def allowed(path, mode, **how):
        return not Path(path).name.startswith("closed") and may(path, mode, **how)

    monkeypatch.setattr(os, "access", allowed)
    Path("closed.jsonl").write_bytes(FILES["other"])
    for taken in ("-o", "--cache"):
        for name in ("closed.jsonl", "closed/new"):
            assert f"cannot write {name}: permission denied" in wrong("grade", "other.jsonl", taken, name)
    assert "cannot write closed.jsonl" in wrong("audit", "number", "words.jsonl", "--json", "closed.jsonl")
    for command in ("curate real-mix", "train demo", "eval tiny", "demo"):
        assert "is read-only; name a folder of yours" in wrong(*command.split(), "-o", "closed")
    for taken in ("-o", "--cache"):
        assert "there is no folder" in wrong("grade", "other.jsonl", taken, "nowhere/new")
        assert "is a directory" in wrong("grade", "other.jsonl", taken, "folder")
