"""Judging on Ray: the verdicts of one process, in its order; an actor that dies costs nothing; nothing is left."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import main
from assay.errors import AssayError
from assay.judging.session import Judge, JudgeSettings
from assay.types import Example, Status

ray = pytest.importorskip("ray", reason="Ray is not installed")

from assay.judging.on_ray import RayJudge  # noqa: E402  # behind the skip

pytestmark = pytest.mark.slow
SIZE = 3000


def rows(size=SIZE):
    for n in range(size):
        kind = ("number", "math", "choice")[n % 3]
        reference = {"number": n, "math": f"{n}x", "choice": "B"}[kind]
        said = {"number": f"So it is {n + n % 2}.", "math": rf"\boxed{{{n}x}}", "choice": "The answer is (B)."}[kind]
        yield {"id": n, "verifier": kind, "reference": reference, "response": said}


def pairs(size=SIZE):
    found = [
        (Example(prompt="?", reference=row["reference"], verifier=row["verifier"]), row["response"])
        for row in rows(size)
    ]
    return tuple(zip(*found, strict=True))


def plain(verdicts):
    return [(v.status, v.score, v.read, v.why, v.verifier, v.version) for v in verdicts]


def workers():
    """Processes of Ray that hold one of our actors."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"ray::_Actor" in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def cluster():
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def judge(cluster):
    with RayJudge(actors=2) as judge:
        yield judge
    assert gone() and ray.is_initialized(), "its actors are gone, and what it joined goes on"


def gone():
    until = time.monotonic() + 30
    while workers() and time.monotonic() < until:
        time.sleep(0.2)
    return not workers()


def test_it_ends_the_ray_that_it_started():
    assert not ray.is_initialized()
    examples, said = pairs(30)
    with RayJudge(actors=1) as judge:
        assert len(judge.verify_many(examples, said)) == 30 and workers()
    assert gone() and not ray.is_initialized()
    with pytest.raises(AssayError, match="is closed"):
        judge.verify_many(examples, said)


def test_verdicts_are_those_of_one_process(judge):
    examples, said = pairs()
    with Judge(JudgeSettings()) as local:
        assert plain(judge.verify_many(examples, said)) == plain(local.verify_many(examples, said))


def test_an_actor_that_is_killed_loses_nothing(judge):
    examples, said = pairs(20_000)
    whole = plain(judge.verify_many(examples, said))
    judge.verify_many(examples[:10], said[:10])
    victim = workers()[0]
    pid = os.fork()
    if not pid:  # while the parent waits for verdicts
        time.sleep(0.3)
        os.kill(victim, signal.SIGKILL)
        os._exit(0)
    again = plain(judge.verify_many(examples, said))
    os.waitpid(pid, 0)
    assert again == whole and victim not in workers()


def test_what_is_sealed_never_goes_through_ray(judge, monkeypatch):
    sealed = Example(prompt="?", reference=4, verifier="number", extra={"sealed": "a key"})
    monkeypatch.setattr(judge, "_actors", [])
    assert [v.status for v in judge.verify_many([sealed, sealed], ["4", "5"])] == [Status.CORRECT, Status.INCORRECT]


def test_the_cache_is_kept_here(judge, tmp_path):
    examples, said = pairs(50)
    first = plain(judge.verify_many(examples, said, cache=tmp_path / "known"))
    with Judge() as local:
        assert plain(local.verify_many(examples, said, cache=tmp_path / "known")) == first


def test_workers_are_actors(cluster, tmp_path, monkeypatch):
    asked = []

    class Told(RayJudge):
        def __init__(self, settings=None, *, actors=None):
            asked.append(actors)
            super().__init__(settings, actors=1)

    monkeypatch.setattr("assay.judging.on_ray.RayJudge", Told)
    lines = tmp_path / "rows.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows(3)))
    for number, more in enumerate(([], ["--workers", "3"])):
        out = str(tmp_path / f"{number}.jsonl")
        done = CliRunner().invoke(main, ["grade", str(lines), "-o", out, "--executor", "ray", *more])
        assert done.exit_code == 0, done.output
    assert asked == [None, 3]


def test_grade_measure_and_rescore_give_the_same_on_ray(judge, tmp_path):
    lines = tmp_path / "rows.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows()) + "not a row\n")
    outs = {name: tmp_path / f"{name}.jsonl" for name in ("local", "ray")}
    for name, out in outs.items():
        done = CliRunner().invoke(main, ["grade", str(lines), "-o", str(out), "--executor", name])
        assert done.exit_code == 0, done.output
    found = [
        [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in out.open()] for out in outs.values()
    ]
    assert found[0] == found[1] and len(found[0]) == SIZE + 1
    said = tmp_path / "said.jsonl"
    done = CliRunner().invoke(
        main, ["measure", "tiny", "math/linear", "--size", "4", "--samples", "2", "-o", str(said)[:-6]]
    )
    assert done.exit_code == 0, done.output
    for name in outs:
        more = ["--executor", name]
        asked = [
            "measure",
            str(said)[:-6],
            "math/linear",
            "--size",
            "4",
            "--samples",
            "2",
            "-o",
            str(tmp_path / f"m-{name}"),
        ]
        assert CliRunner().invoke(main, [*asked, *more]).exit_code == 0
        again = CliRunner().invoke(main, ["rescore", str(tmp_path / f"m-{name}"), "--json", *more])
        assert json.loads(again.stdout)["domains"]["math"]["changed"] == 0
