"""The command line as a stranger meets it: help that teaches, errors in one line, nothing lost."""

import gzip
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay import sandbox
from assay.cli import main
from assay.judging.verifier import VERIFIERS
from assay.types import DOMAINS

ROWS = [
    {"id": "a", "verifier": "number", "reference": 42, "response": "The answer is 42."},
    {"id": "b", "verifier": "number", "reference": 42, "response": "The answer is 41."},
    {"id": "c", "verifier": "numbr", "reference": 42, "response": "42"},
]


def run(*arguments, **options):
    return CliRunner().invoke(main, list(arguments), **options)


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_help_names_every_command():
    shown = run("--help").output
    for command in ("demo", "list", "show", "completion", "check", "grade", "curate", "train", "eval", "report"):
        assert f"\n  {command} " in shown
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "did you mean 'check'"),
        (["check", "math/gsmk"], "did you mean 'math/gsm8k'"),
        (["train", "dmeo"], "did you mean 'demo'"),
        (["train", "demo", "--grpo.stesp=1"], "did you mean 'steps'"),
        (["eval", "tiny", "--suite", "mnii"], "did you mean 'mini'"),
        (["report", "nowhere"], "holds no run"),
        (["grade", "nowhere.jsonl"], "cannot read nowhere.jsonl"),
        (["check"], "name a source"),
        (["check", "math/gsm8k", "--data", "nowhere"], "does not exist"),
    ],
)
def test_a_mistake_gets_one_line_and_exit_status_2(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert says in done.output
    assert "Traceback" not in done.output


def test_grade_answers_every_line_in_order():
    done = run("grade", input=lines(ROWS) + "broken\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [row["status"] for row in rows] == ["correct", "incorrect", "error", "error"]
    assert [row["id"] for row in rows] == ["a", "b", "c", None]
    assert "line 4" in rows[3]["why"]
    assert set(rows[0]) == {"id", "status", "score", "read", "why", "seconds", "verifier", "version"}


def test_grade_remembers_verdicts_in_a_file(tmp_path):
    first, again = (run("grade", "--cache", str(tmp_path / "known"), input=lines(ROWS)).stdout for _ in range(2))
    judged = [json.loads(line) for line in first.splitlines()]
    assert [json.loads(line) for line in again.splitlines() if json.loads(line)["score"] is not None] == [
        row for row in judged if row["score"] is not None
    ]
    (tmp_path / "other").write_text("no database " * 100)
    refused = run("grade", "--cache", str(tmp_path / "other"), input=lines(ROWS))
    assert refused.exit_code == 2 and "is no verdict cache" in refused.stderr


def test_lines_are_told_in_words_and_a_blank_end_is_none():
    broken = [{"verifier": 5, "reference": 1, "response": "1"}, {"verifier": "number", "reference": 1, "response": [1]}]
    given = lines(ROWS[:1]) + "\nno row\n" + lines(broken) + "[" * 100_000 + "\n\n  \n"
    why = [json.loads(line)["why"] for line in run("grade", input=given).stdout.splitlines()]
    assert why[1:] == [
        "line 2: a blank line",
        "line 3: not JSON: expecting value at column 1",
        "line 4: 'verifier' is text, not a number",
        "line 5: 'response' is text, not a list",
        "line 6: its lists or objects are nested too deeply",
    ]
    done = run("grade", "--max-errors", "0", input="no row\n")
    assert "1 line without a score, 0 allowed" in done.stderr


def test_grade_writes_a_file_that_appears_whole(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(lines(ROWS))
    assert run("grade", str(source), "-o", str(target), "--workers", "2").exit_code == 0
    assert len(target.read_text().splitlines()) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_what_is_written_as_gzip_by_its_name_is_gzip(tmp_path):
    (tmp_path / "in.jsonl").write_text(lines(ROWS))
    assert run("grade", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.jsonl.gz")).exit_code == 0
    with gzip.open(tmp_path / "out.jsonl.gz", "rt") as written:
        assert [json.loads(line)["id"] for line in written] == ["a", "b", "c"]


@pytest.mark.parametrize(("rate", "status"), [("0.5", 0), ("0.51", 1)])
def test_fail_below_counts_only_what_counts(rate, status):
    assert run("grade", "--fail-below", rate, "--max-errors", "1", input=lines(ROWS)).exit_code == status


def test_fail_below_fails_when_nothing_counts():
    assert run("grade", "--fail-below", "0.1", input=lines(ROWS[2:])).exit_code == 1


def test_explain_and_id_are_for_one_line():
    done = run("grade", "--id", "b", "--explain", input=lines(ROWS))
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["b"]
    assert done.stderr.startswith("2 (b): incorrect (number, read '41'): ")
    assert "no line has the id 'z'" in run("grade", "--id", "z", input=lines(ROWS)).stderr


def test_grade_answers_a_line_before_the_next_one_comes():
    command = [sys.executable, "-m", "assay", "grade"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as grading:
        for row in ROWS:
            grading.stdin.write(lines([row]).encode())
            grading.stdin.flush()
            assert json.loads(grading.stdout.readline())["id"] == row["id"]  # waits for ever where it is kept back
        _, told = grading.communicate()
    assert told.decode().startswith("1 correct, 1 error, 1 incorrect")


ONE = "--sources.0.name=math/arithmetic --sources.0.size=1"


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ("grade rows.jsonl -o out.jsonl", ("grading", "3/3", "left")),
        (f"eval tiny --samples=1 {ONE} --max_tokens=4 -o out", ("loading the model", "1/1", "left")),
    ],
)
def test_progress_is_for_a_terminal_alone(arguments, shown, tmp_path):
    (tmp_path / "rows.jsonl").write_text(lines(ROWS))
    command = [sys.executable, "-m", "assay", *arguments.split()]
    ours, terminal = os.openpty()
    with open(ours, "rb", buffering=0) as screen, open(terminal, "wb") as theirs:
        done = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, env=WIDE)
        theirs.close()
        seen = b"".join(iter(lambda: _read(screen), b"")).decode()
        said, _ = done.communicate()
    assert done.returncode == 0 and all(words in seen for words in shown), seen
    assert b"left" not in said and b"\x1b" not in said
    piped = subprocess.run(command, cwd=tmp_path, capture_output=True, env=WIDE)
    assert piped.stdout == said and b"left" not in piped.stderr and b"loading" not in piped.stderr


WIDE = os.environ | {"COLUMNS": "160", "TERM": "xterm"}


def _read(screen):
    try:
        return screen.read(4096)
    except OSError:  # the other end is closed
        return b""


def test_list_shows_every_domain():
    shown = run("list", "sources").output
    assert all(f"{domain}/" in shown for domain in DOMAINS)
    assert "number" in run("list", "verifiers").output


def test_list_says_where_rows_are_expected_and_what_verifiers_do(tmp_path):
    (tmp_path / "math").mkdir()
    (tmp_path / "math/gsm8k_test.jsonl").write_text("")
    shown = run("list", "sources", "--data", str(tmp_path)).output
    assert "math/gsm8k_train.jsonl.gz (missing), math/gsm8k_test.jsonl  " in shown and "hub: openai/gsm8k" in shown
    shown = run("list", "verifiers").output
    assert "Right when every number equals the reference's" in shown
    assert (
        "reference: a number, a string, or a list of them" in shown
        and 'tolerance = null, decimals = "auto", scale = 1' in shown
    )


def test_every_verifier_says_what_it_does_and_reads_as_the_documents_do():
    table = (Path(__file__).parents[1] / "docs/verifiers.md").read_text("utf-8").partition("## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in table.splitlines() if line.startswith("| `")]
    told = {name: (says, given) for names, says, given in rows for name in re.findall(r"`([\w.]+)`", names)}
    assert set(told) == set(VERIFIERS.built_in())
    for verifier in map(VERIFIERS.get, VERIFIERS.built_in()):
        says, given = told[verifier.name]
        assert verifier.about.startswith("Right when") and verifier.about.endswith(".")
        assert verifier.reference in says.replace("`", "")
        assert verifier.params.names() == re.findall(r"`(\w+)`", given)


JSON = [
    ("list", lambda found: {"sources", "verifiers", "suites", "recipes", "engines"} == set(found)),
    ("list verifiers", lambda found: {row["name"] for row in found["verifiers"]} >= {"math", "choice"}),
    ("list recipes", lambda found: {row["name"] for row in found["recipes"]} >= {"demo", "tiny", "real-mix"}),
    (
        "check math/arithmetic math/linear --size 5 --split test --level 2",
        lambda found: [(r["split"], r["ok"], r["examples"], r["faults"]) for r in found] == [("test", True, 5, [])] * 2,
    ),
    ("show mini", lambda found: found["recipe"]["samples"] == 8 and found["plan"][-1]["what"] == "takes"),
    ("eval said.jsonl --suite own.toml --samples 3 --dry-run", lambda found: found["recipe"]["samples"] == 3),
    (
        "eval said.jsonl --suite own.toml --samples 2 --temperature 0 --max_tokens=9 -o out",
        lambda found: found["samples"] == 2 and found["run"]["sampling"]["temperature"] == 0,
    ),
]


@pytest.mark.parametrize(("arguments", "holds"), JSON, ids=[arguments for arguments, _ in JSON])
def test_json_is_one_document_on_standard_output(arguments, holds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own_suite()
    done = run(*arguments.split(), "--json")
    assert done.exit_code == 0, done.output
    assert holds(json.loads(done.stdout))


def own_suite():
    """A suite of two rows of one's own, with k's up to 4, and three recorded responses to each."""
    rows = [{"prompt": f"{n} + {n}?", "answer": 2 * n} for n in (1, 2)]
    Path("rows.jsonl").write_text(lines(rows))
    Path("own.toml").write_text('samples = 4\nk = [1, 4]\nsources = [{ path = "rows.jsonl", verifier = "number" }]\n')
    Path("said.jsonl").write_text(lines([{"prompt": row["prompt"], "responses": ["2", "4", "5"]} for row in rows]))


def test_an_evaluation_can_be_asked_in_another_way_and_judged_anew(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own_suite()
    first = run("eval", "said.jsonl", "--suite", "own.toml", "--samples", "3", "-o", "first")
    assert first.exit_code == 0 and "avg@3" in first.output and "pass@" not in first.output
    again = run("eval", "first", "--suite", "own.toml", "--samples=3", "-o", "again")
    assert again.exit_code == 0, again.output
    assert again.stdout.partition("\nrollouts")[0] == first.stdout.partition("\nrollouts")[0]
    Path("own.toml").write_text(Path("own.toml").read_text().replace("number", "text"))  # other Examples, same prompts
    other = run("eval", "first", "--suite", "own.toml", "--samples=3", "-o", "other")
    assert other.exit_code == 0, other.output
    assert other.stdout.partition("\nrollouts")[0] == first.stdout.partition("\nrollouts")[0]
    passes = run("eval", "said.jsonl", "--suite", "own.toml", "--samples=3", "--k=[1,2]", "-o", "passes").output
    assert passes.count("95 % range") == 6 and "pass@2" in passes and "worst@2" in passes
    line = re.findall("^own .*", passes, re.M)[0]
    low, high = re.fullmatch(r"own +2 +33\.3 +[\d.]+- *[\d.]+ +66\.7 +([\d.]+)- *([\d.]+)", line).groups()
    assert float(low) < 66.7 < float(high)
    fewer = run(
        "eval", "said.jsonl", "--suite", "own.toml", "--samples=3", "--k=[1]", "--sources.0.size=1", "-o", "less"
    )
    assert fewer.exit_code == 0 and re.search(r"^own +1 ", fewer.output, re.M), fewer.output


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_recording_that_lacks_responses_is_refused_before_any_work(dry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own_suite()
    asked = ("eval", "said.jsonl", "--suite", "own.toml", "--k=[1]")
    told = run(*asked, "--samples=5", *dry)
    assert told.exit_code == 2 and "said.jsonl lacks 4 of 10 responses" in told.output, told.output
    assert run(*asked, "--samples=3", "-o", "first").exit_code == 0
    told = run("eval", "first", "--suite", "own.toml", "--k=[1]", "--samples=5", *dry)
    assert told.exit_code == 2 and "first/rollouts lacks 4 of 10 responses" in told.output, told.output
    assert not Path("evals").exists()


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_recording_that_has_changed_is_another_run(dry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own_suite()
    asked = ("eval", "said.jsonl", "--suite", "own.toml", "--k=[1]", "--samples=3", "-o", "out")
    assert run(*asked).exit_code == 0 and run(*asked, *dry).exit_code == 0
    with open("said.jsonl", "a") as said:
        said.write('{"prompt": "3 + 3?", "response": "6"}\n')
    told = run(*asked, *dry)
    assert told.exit_code == 2 and "out holds another run (differs in: responses: " in told.output, told.output
    Path("rows.toml").write_text('sources = [{ path = "rows.jsonl", verifier = "number" }]\n')
    told = run("curate", "rows.toml", "-o", "out", *dry)
    assert told.exit_code == 2 and "out holds another run (of the kind 'measure')" in told.output, told.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell, monkeypatch):
    assert "_ASSAY_COMPLETE" in run("completion", shell).output
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    assert run("completion").output == run("completion", shell).output


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("tra", {"train", "transfer"}),
        ("check math/gs", {"math/gsm8k"}),
        ("train re", {"real-mix"}),
        ("show min", {"mini"}),
        ("eval tiny --suite m", {"mathif", "mathvision", "mini"}),
        ("eval tiny --tem", {"--temperature"}),
        ("eval ti", {"tiny"}),
        ("eval runs/de", {"runs/de"}),
        ("check mine.jsonl --verifier code.st", {"code.stdio"}),
        ("check math/gsm8k --split te", {"test"}),
        ("check mine.jsonl --split te", {""}),
        ("audit math-v", {"math-verify"}),
        ("audit math ver", {"verl"}),
        ("audit math verl math/math5", {"math/math500"}),
        ("audit math verl said.js", {"said.js"}),
        ("check mine.json", {"mine.json"}),  # a file, for the shell to find
    ],
)
def test_names_are_completed(typed, offered, monkeypatch):
    words = f"assay {typed}".split()
    environment = {"_ASSAY_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = CliRunner().invoke(main, env=environment, prog_name="assay")
    assert {line.partition(",")[2] for line in done.output.splitlines()} == offered, done.output


DRY = [
    ("train demo --data.sources.0.size=5 --eval.sources.0.size=2", "24 problems: 4 code"),
    ("train demo --data.sources.0.size=5 --eval=false", "nothing: it is switched off (eval = false)"),
    ("train tiny", "4,000 steps of 64 demonstrations"),
    ("curate own.toml", "2 rows"),
    ("eval said.jsonl --suite suite.toml --samples=3", "6 completions in all"),
    ("eval said.jsonl --suite suite.toml --samples=3", "as long as judging does"),
]


@pytest.mark.parametrize(("arguments", "says"), DRY, ids=[f"{arguments}: {says}" for arguments, says in DRY])
def test_a_dry_run_says_what_would_be_done_and_writes_nothing(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own_suite()
    Path("own.toml").rename("suite.toml")
    Path("own.toml").write_text('sources = [{ path = "rows.jsonl", verifier = "number" }]\n')
    before = sorted(tmp_path.rglob("*"))
    done = run(*arguments.split(), "--dry-run")
    assert done.exit_code == 0 and done.output.startswith("nothing is done"), done.output
    assert says in done.output and sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["demo", "tiny", "mini"])
def test_show_prints_a_recipe_in_full_that_can_be_given_back(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = run("show", name, "--seed=3")
    assert shown.exit_code == 0, shown.output
    recipe, _, words = shown.output.partition("\n\n")
    Path("copied.toml").write_text(recipe)
    assert tomllib.loads(recipe)["seed"] == 3
    assert run("show", "copied.toml").output.replace("copied", name) == shown.output
    assert "takes" in words and list(tmp_path.iterdir()) == [tmp_path / "copied.toml"]


def test_sandbox_run_shows_standard_error_and_the_line_that_failed(tmp_path):
    if sandbox.isolation()[0] < "L3":
        pytest.skip("programs do not run here")
    (tmp_path / "p.py").write_text("import sys\nprint('so far')\nsys.stderr.write('then')\nprint(1 / 0)\n")
    done = run("sandbox", "run", str(tmp_path / "p.py"))
    assert (done.exit_code, done.stdout) == (1, "so far\n")
    assert done.stderr.splitlines()[:2] == ["then", f"{tmp_path / 'p.py'}:4: print(1 / 0)"]
    assert "ZeroDivisionError" in done.stderr.splitlines()[2]


def test_sandbox_run_takes_a_program_that_is_piped(tmp_path):
    if sandbox.isolation()[0] < "L3":
        pytest.skip("programs do not run here")
    (tmp_path / "in.txt").write_text("41")
    done = run("sandbox", "run", "-", "--stdin", str(tmp_path / "in.txt"), input="print(int(input()) + 1)\n")
    assert (done.exit_code, done.stdout) == (0, "42\n"), done.output
    both = run("sandbox", "run", "-", "--stdin", "-", input="print(1)\n")
    assert both.exit_code == 2 and "put one of them in a file" in both.output


WRONG = [
    ("curate demo --dry-run", "demo.toml is of another kind: it has method, "),
    ("train real-mix", "real-mix.toml is of another kind: it has max_prompt_chars, without, sources"),
    ("eval tinny", "did you mean 'tiny'?"),
    ("curate real-mix --dry-run --without=x", """without: a list is wanted: '--without=["x"]', or in a file"""),
    ("curate real-mix --dry-run --without=[x,y]", """'--without=["x", "y"]'"""),
]


@pytest.mark.parametrize(("arguments", "says"), WRONG, ids=[arguments for arguments, _ in WRONG])
def test_a_wrong_kind_name_or_value_gets_one_sentence(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = run(*arguments.split())
    assert done.exit_code == 2 and says in done.output and done.output.count("\n") == 1, done.output


def test_recipes_are_described_in_whole_sentences():
    recipes = json.loads(run("list", "recipes", "--json").stdout)["recipes"]
    assert recipes and all(recipe["about"].rstrip().endswith((".", ")", "tiny")) for recipe in recipes), recipes


def test_check_fits_in_a_glance():
    done = run("check", "math/arithmetic", "--size", "20")
    assert done.exit_code == 0
    assert "gold accepted" in done.output and "20 of 20" in done.output
    assert len(done.output.splitlines()) <= 12


def test_measure_tells_difficulty_and_feeds_a_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ("math/linear", "logic/ordering", "--size", "6", "--samples", "2")
    done = run("measure", "tiny", *rows, "-o", "weak")
    assert done.exit_code == 0 and 'rates = ["weak"]' in done.output, done.output
    table = [line.split() for line in done.output.splitlines() if line.startswith(("math", "logic"))]
    assert [(line[0], sum(map(int, line[1:9])), int(line[9])) for line in table] == [("logic", 6, 12), ("math", 6, 12)]
    after = run("measure", "tiny", *rows, "--after", "weak", "-o", "strong")
    assert after.exit_code == 0, after.output
    Path("r.toml").write_text('sources = [{ name = ["math/linear", "logic/ordering"], size = 6 }]\nrates = ["weak"]\n')
    assert run("curate", "r.toml", "-o", "corpus").exit_code == 0
    assert run("measure", "tiny", "corpus", "--samples", "1", "-o", "again").exit_code == 0
    for arguments, says in (
        (("tinny", "math/linear"), "did you mean 'tiny'"),
        (("tiny", "math/linaer"), "did you mean 'math/linear'"),
        (("tiny", "math/linear", "--after", "none"), "holds no measurement"),
        (("tiny", "math/arithmetic", "--after", "weak"), "measure that first"),
    ):
        wrong = run("measure", *arguments, "-o", "never")
        assert wrong.exit_code == 2 and says in wrong.output and not Path("never").exists(), wrong.output


def test_a_corpus_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("r.toml").write_text('sources = [{ name = ["math/linear", "logic/ordering"], size = 6 }]\n')
    assert run("curate", "r.toml", "-o", "one").exit_code == 0
    assert run("curate", "r.toml", "-o", "two", '--steps=[{ name = "quota", size = 6 }]').exit_code == 0
    numbers = json.loads(run("corpus", "stats", "one", "--json").output)
    assert {name: (line["rows"], line["gold"]) for name, line in numbers.items()} == {
        "logic/ordering": (6, 1.0),
        "math/linear": (6, 1.0),
    }
    assert "math/linear" in run("corpus", "stats", "one").output
    drawn = run("corpus", "sample", "one", "--size", "2", "--of", "math").output
    assert drawn.count("--- ") == 2 and drawn == run("corpus", "sample", "one", "--size", "2", "--of", "math").output
    name = drawn.split()[1]
    assert json.loads(run("corpus", "show", "one", name, "--json").output)["id"] == name
    told = run("corpus", "diff", "one", "two").output
    assert told.startswith("6 rows are in both\n- 3 of logic/ordering (over_quota there)\n- 3 of math/linear")
    ledger = [json.loads(line) for line in Path("two/ledger.jsonl").read_text().splitlines()]
    gone = run("corpus", "show", "two", ledger[0]["id"])
    assert gone.exit_code == 2 and "dropped by quota: over_quota" in gone.output
    for arguments, says in (
        (("stats", "nowhere"), "is no corpus"),
        (("show", "one", "zzz"), "unknown row 'zzz'"),
        (("sample", "one", "--of", "maths"), "did you mean 'math'"),
    ):
        wrong = run("corpus", *arguments)
        assert wrong.exit_code == 2 and says in wrong.output, wrong.output
