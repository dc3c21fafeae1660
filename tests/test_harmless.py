"""Nothing of the user's is harmed: what is written where, what is deleted, and what a failed run leaves behind."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.corpus.collection import Corpus, load
from assay.corpus.verl import read_verl, write_verl
from assay.errors import AssayError
from assay.files import replacing, write_atomically
from assay.journal import Journal, claim, owned, release
from assay.rollout.measure import measure

ROW = json.dumps({"verifier": "number", "reference": 42, "response": "The answer is 42."}) + "\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text(ROW)


def run(*arguments, **options):
    return CliRunner().invoke(main, list(arguments), **options)


def refused(says, *arguments):
    done = run(*arguments)
    assert done.exit_code == 2 and says in done.output and "Traceback" not in done.output, done.output
    return done


def test_a_device_stays_a_device():
    assert run("grade", "rows.jsonl", "-o", "/dev/null").exit_code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_pipe_is_written_to():
    os.mkfifo("pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text()))
    reader.start()
    assert run("grade", "rows.jsonl", "-o", "pipe").exit_code == 0
    reader.join(10)
    assert json.loads(read[0])["status"] == "correct" and stat.S_ISFIFO(os.stat("pipe").st_mode)


def test_a_link_stays_and_what_it_points_to_is_replaced_with_its_rights():
    Path("real.jsonl").write_text("old")
    Path("real.jsonl").chmod(0o600)
    Path("link.jsonl").symlink_to("real.jsonl")
    assert run("grade", "rows.jsonl", "-o", "link.jsonl").exit_code == 0
    assert Path("link.jsonl").is_symlink() and json.loads(Path("real.jsonl").read_text())["status"] == "correct"
    assert stat.S_IMODE(Path("real.jsonl").stat().st_mode) == 0o600


def test_a_directory_is_refused_before_any_work():
    Path("there").mkdir()
    refused("is a directory", "grade", "rows.jsonl", "-o", "there")
    with pytest.raises(AssayError, match="is a directory"):
        write_atomically("there", "text")
    refused("there is no folder", "grade", "rows.jsonl", "-o", "nowhere/out.jsonl")


def test_what_is_read_is_never_written():
    os.link("rows.jsonl", "same.jsonl")
    Path("link.jsonl").symlink_to("rows.jsonl")
    for name in ("rows.jsonl", "same.jsonl", "link.jsonl", "./rows.jsonl"):
        refused("is what is read", "grade", "rows.jsonl", "-o", name)
    refused("is what is read", "audit", "number", "rows.jsonl", "--json", "rows.jsonl")
    assert Path("rows.jsonl").read_text() == ROW


def test_only_a_run_of_ours_is_deleted_and_only_when_told():
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("ten years")
    refused("holds no training run", "demo", "--fresh", "--yes", "-o", "mine")
    Path("mine/run.json").write_text("{}")
    refused("holds no training run", "demo", "--fresh", "--yes", "-o", "mine")
    assert Path("mine/thesis.txt").exists()
    claim(Path("run"), {"kind": "train"})
    release(Path("run"))
    done = run("demo", "--fresh", "-o", "run", input="n\n")
    assert done.exit_code == 1 and "delete the run in run" in done.output and Path("run/run.json").exists()


def test_a_run_that_is_in_use_is_not_deleted():
    code = "import sys; from pathlib import Path; from assay.journal import claim\n"
    code += "claim(Path('run'), {'kind': 'train'}); print('owned', flush=True); sys.stdin.read()"
    owner = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout.readline() == "owned\n"
    refused(f"another process (pid {owner.pid})", "demo", "--fresh", "--yes", "-o", "run")
    owner.communicate("")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--model.path=./nowhere/model"], "cannot open model"),
        (['--data.domain_weights={"maths" = 1.0}'], "did you mean 'math'"),
        (['--data.sources=[{"name" = "math/arithmetc"}]'], "did you mean 'math/arithmetic'"),
    ],
)
def test_a_run_that_cannot_begin_claims_nothing(given, says):
    pytest.importorskip("trl")
    Path("r.toml").write_text('[data]\nsources = [{ name = "math/arithmetic", size = 4 }]\n[grpo]\nsteps = 1\n')
    refused(says, "train", "r.toml", "-o", "out", *given)
    assert not Path("out").exists()


def test_a_path_is_never_another_recipe_of_that_name():
    refused("no recipe at mine/demo.toml; the recipe that ships is called 'demo'", "train", "mine/demo.toml")
    refused("no recipe at demo.toml", "train", "demo.toml")
    refused("did you mean 'demo'", "train", "dmeo")


def test_what_a_killed_writer_left_is_removed_by_the_next():
    code = "import os; from assay.files import replacing\n"
    code += "with replacing('out.txt') as t: t.write_text('x'); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert [p.name for p in Path().glob(".out.txt.*.tmp")]
    with replacing("out.txt") as temporary:
        temporary.write_text("whole")
        Path(f".out.txt.{os.getppid()}.tmp").write_text("of a living process")
    assert Path("out.txt").read_text() == "whole"
    assert [p.name for p in Path().glob(".out.txt.*.tmp")] == [f".out.txt.{os.getppid()}.tmp"]


def test_a_line_that_is_not_there_replaces_no_file():
    Path("out.jsonl").write_text("old")
    refused("no line has the id 'z'", "grade", "rows.jsonl", "--id", "z", "-o", "out.jsonl")
    assert Path("out.jsonl").read_text() == "old"


def test_errors_are_not_passed_over():
    Path("bad.jsonl").write_text(ROW + '{"verifier": "nmber"}\n' * 99)
    done = run("grade", "bad.jsonl", "-o", "out.jsonl", "--fail-below", "0.5")
    assert done.exit_code == 1 and "99 lines without a score, 0 allowed" in done.output
    assert run("grade", "bad.jsonl", "-o", "out.jsonl", "--fail-below", "0.5", "--max-errors", "99").exit_code == 0
    assert run("grade", "bad.jsonl", "-o", "out.jsonl", "--max-errors", "98").exit_code == 1
    done = run("grade", "bad.jsonl", "-o", "out.jsonl")
    assert done.exit_code == 0 and "1 correct, 99 error; pass rate 1.0000" in done.output


MINE = ("policy/model.txt", "card.md", "ledger.jsonl", "scores.json", "examples.jsonl", "metrics.jsonl", "notes.txt")
SAID = '{"prompt": "What is 1 + 1?", "response": "2"}\n'
RECIPES = {
    "train": '[data]\nsources = [{ name = "math/arithmetic", size = 4 }]\n[grpo]\nsteps = 1\n',
    "warmup": 'method = "warmup"\n[data]\nsources = [{ name = "math/arithmetic", size = 4 }]\n',
    "curate": 'sources = [{ name = "math/arithmetic", size = 4 }]\n',
    "eval": 'sources = [{ name = "math/arithmetic", size = 4 }]\nsamples = 1\n',
}
JOBS = {
    "train": ("train", "train.toml", "--model.path=tiny"),
    "warmup": ("train", "warmup.toml"),
    "curate": ("curate", "curate.toml"),
    "eval": ("eval", "said.jsonl", "--suite", "eval.toml"),
}
"""Each writes a folder."""


@pytest.fixture(params=JOBS)
def job(request):
    if request.param in ("train", "warmup"):
        pytest.importorskip("trl")
    Path("said.jsonl").write_text(SAID)
    for name, text in RECIPES.items():
        Path(f"{name}.toml").write_text(text)
    return JOBS[request.param]


def contents(folder):
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_folder_of_other_files_is_left_as_it_is(job, name, dry):
    path = Path("mine", name)
    path.parent.mkdir(parents=True)
    path.write_text("ten years\n")
    refused("mine holds files that are not of a run of ours: name an empty or new folder", *job, *dry, "-o", "mine")
    assert contents("mine") == {str(path): b"ten years\n"}


@pytest.mark.parametrize("record", ["[1, 2]", '"text"', "3", "null", "{}", "{bad", "[" * 100_000])
def test_a_run_json_that_is_no_record_of_ours_is_refused(job, record):
    Path("mine").mkdir()
    Path("mine/run.json").write_text(record)
    refused("mine/run.json is no record of a run of ours", *job, "-o", "mine")
    assert contents("mine") == {"mine/run.json": record.encode()}


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_folder_that_cannot_be_written_is_refused_before_any_work(job, dry, monkeypatch):
    before = contents(".")
    refused("rows.jsonl is a file: name a folder", *job, *dry, "-o", "rows.jsonl")
    refused("rows.jsonl is a file: name a folder", *job, *dry, "-o", "rows.jsonl/deeper")
    Path("closed").mkdir()
    closed = Path("closed").absolute()
    may = os.access  # root may write everywhere, so a folder that may not be written is told here
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and may(path, mode))
    refused("closed is read-only; name a folder of yours", *job, *dry, "-o", "closed/deeper")
    assert contents(".") == before and not any(Path("closed").iterdir())


def test_a_corpus_is_written_only_where_nothing_else_lies():
    corpus = load("math/arithmetic", size=3)
    for name in ("card.md", "part-00000.parquet", "notes.txt"):
        Path(name[:4]).mkdir()
        Path(name[:4], name).write_text("ten years")
        with pytest.raises(AssayError, match="name an empty or new folder"):
            corpus.write(name[:4])
        assert contents(name[:4]) == {f"{name[:4]}/{name}": b"ten years"}
    for text in ("[]", "{}", "{bad"):
        Path("card/manifest.json").write_text(text)
        with pytest.raises(AssayError, match="no manifest of a corpus of ours"):
            corpus.write("card")
    with pytest.raises(AssayError, match="is a file: name a folder"):
        corpus.write("rows.jsonl")
    Path("hidden").mkdir()
    Path("hidden/.gitkeep").touch()
    corpus.write("hidden")
    corpus.write("hidden")
    assert len(Corpus.read("hidden")) == 3


KILLED = """
import os, sys
from assay.corpus.collection import load
replace, left = os.replace, int(sys.argv[1])
def counted(*given):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), 9)
    replace(*given)
os.replace = counted
load("math/arithmetic", size=3).write(sys.argv[1])
"""


def test_a_killed_writing_of_a_corpus_is_repeated_and_no_other_takes_its_folder():
    corpus, steps = load("math/arithmetic", size=3), "1234"
    corpus.write("whole")
    jobs = {step: subprocess.Popen([sys.executable, "-c", KILLED, step]) for step in steps}
    assert [job.wait(60) for job in jobs.values()] == [-9] * len(steps)
    for step in steps:
        before = contents(step)
        if step > "2":  # a shard is there
            with pytest.raises(AssayError, match="holds another corpus"):
                load("math/linear", size=3).write(step)
            assert contents(step) == before
        else:
            shutil.copytree(step, f"other{step}")
            load("math/linear", size=3).write(f"other{step}")
        corpus.write(step)
        written = {name.removeprefix(f"{step}/"): text for name, text in contents(step).items()}
        assert written == {name.removeprefix("whole/"): text for name, text in contents("whole").items()}


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_folder_that_a_file_system_made_is_no_ones(kind):
    Path("disk").mkdir()
    there = Path("disk/lost+found")
    there.mkdir() if kind == "folder" else there.write_text("mine")
    if kind == "file":
        refused("name an empty or new folder", "demo", "-o", "disk")
        return
    load("math/arithmetic", size=3).write("disk")
    assert len(Corpus.read("disk")) == 3
    Path("other").mkdir()
    Path("other/lost+found").mkdir()
    claim(Path("other"), {"kind": "train"})
    release(Path("other"))


def test_verl_replaces_parquet_alone():
    corpus = load("math/arithmetic", size=3)
    with pytest.raises(AssayError, match="no parquet file, so it is not replaced"):
        write_verl(corpus, "rows.jsonl")
    assert Path("rows.jsonl").read_text() == ROW
    write_verl(corpus, "rows.parquet")
    write_verl(corpus, "rows.parquet")
    assert len(list(read_verl("rows.parquet"))) == 3


@pytest.mark.parametrize("line", ['{"loss": 1}', "[1]", "{bad", "3"])
def test_rows_that_no_run_of_ours_wrote_are_told(line):
    with owned(Path("run"), {"kind": "train"}):
        Path("run/metrics.jsonl").write_text(f'{{"step": 1, "domains": {{}}}}\n{line}\n')
        with pytest.raises(AssayError, match="not a row of a run of ours"):
            Journal("run/metrics.jsonl", "step").keep(lambda row: row["step"] <= 1)
    refused("metrics.jsonl:2: not a row of a run of ours", "report", "run")
    assert line in Path("run/metrics.jsonl").read_text()


def test_an_evaluation_that_lacks_responses_claims_nothing():
    corpus = load("math/arithmetic", size=2)
    rows = [{"example_id": example.id, "response": "1"} for example in corpus]
    Path("all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("some.jsonl").write_text(json.dumps(rows[0]) + "\n")
    measure("some.jsonl", corpus[:1], samples=1, out="earlier")
    for model, says in (("some.jsonl", "lacks 1 of 2 responses"), ("earlier", "lacks 1 of 2 responses")):
        with pytest.raises(AssayError, match=says):
            measure(model, corpus, samples=1, out="out")
        assert not Path("out").exists()
    assert len(measure("all.jsonl", corpus, samples=1, out="out")) == 2


def test_no_error_shows_a_temporary_name():
    with pytest.raises(OSError) as told, replacing("x" * 250) as temporary:
        temporary.write_text("whole")
    assert told.value.filename == str(Path("x" * 250).absolute())
    table = load("math/arithmetic", size=3)
    with pytest.raises(OSError, match="name too long") as told:
        write_verl(table, "x" * 250)
    assert ".tmp" not in str(told.value)
