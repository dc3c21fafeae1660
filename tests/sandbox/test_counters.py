"""What the sandbox did is counted once, in one object, and shown where an operator looks."""

from __future__ import annotations

import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner

import assay
from assay import sandbox
from assay.cli import main
from assay.sandbox import Limits, Pool, Program, Stats

LEVEL, SENTENCE = sandbox.isolation()
pytestmark = pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
ROW = {"verifier": "code.stdio", "reference": {"inputs": ["1 2"], "outputs": ["3"]}}


def test_jobs_kills_and_waits_are_counted(monkeypatch) -> None:
    monkeypatch.setattr(sandbox, "_pool", None)
    sandbox.require()
    before = sandbox.stats()
    small = Limits(cpu=0.3, wall=8.0, memory=64 << 20, output=1 << 16)
    jobs = [
        Program("print(1)"),
        Program("while True: pass", limits=small),
        Program("import time\ntime.sleep(60)", limits=Limits(cpu=2.0, wall=0.3)),
        Program("bytearray(1 << 30)", limits=small),
        Program("print('x' * (1 << 17))", limits=small),
        Program("1 / 0"),
    ]
    gate = threading.Barrier(len(jobs))
    with ThreadPoolExecutor(len(jobs)) as threads:
        list(threads.map(lambda job: (gate.wait(), sandbox.run(job)), jobs))
    ran = sandbox.stats().since(before)
    assert ran.jobs == 6 and ran.restarts == 0 and ran.lost == 0
    assert ran.kills == {"cpu": 1, "wall": 1, "memory": 1, "output": 1}
    assert ran.outcomes["timeout"] == 2 and ran.outcomes["runtime_error"] == 1
    assert ran.waited > 0 or sandbox.pool().size >= 6
    sandbox.pool().close()


def test_a_worker_that_dies_is_a_restart() -> None:
    pool = Pool(1)
    try:
        pool.run(Program(""))
        signal.pidfd_send_signal(pool._idle[0].pidfd, signal.SIGKILL)
        assert pool.run(Program("print(1)")).output == b"1\n"
        assert pool.restarts == 1
    finally:
        pool.close()


def test_sums_and_differences_are_exact() -> None:
    one, two = Stats(3, 1.5, {"done": 3}, {}, 1), Stats(5, 2.0, {"done": 3, "timeout": 2}, {"cpu": 2}, 1)
    assert two.since(one) == Stats(2, 0.5, {"timeout": 2}, {"cpu": 2}, 0)
    assert one.plus(two.since(one)) == two
    assert Stats().to_json() == Stats().scalars() == {}
    names = {"jobs", "waited", "restarts", "lost", *(f"kills/{why}" for why in ["cpu", "wall", "memory", "output"])}
    for stats in (one, two):
        assert set(stats.scalars()) == {f"sandbox/{name}" for name in names | {"kills/system call"}}


def test_grade_ends_with_them() -> None:
    lines = [{**ROW, "response": f"```python\n{body}\n```"} for body in ("print(3)", "print(4)")]
    done = CliRunner().invoke(main, ["grade"], input="\n".join(map(json.dumps, lines)))
    assert "1 correct, 1 incorrect; pass rate 0.5000; sandbox: " in done.stderr and "waited for workers" in done.stderr


def test_a_runs_counters_are_summed(tmp_path) -> None:
    rows = [{"step": step, "sandbox": Stats(2, 0.25, {"done": 2}, {"cpu": 1}, 0).to_json()} for step in (1, 2)]
    file = tmp_path / "metrics.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"step": 3}, {"step": 4, "sandbox": {}}]))
    for run in (tmp_path, file):
        done = CliRunner().invoke(main, ["sandbox", "stats", str(run)])
        assert (done.exit_code, done.stdout) == (0, "4 jobs, 0.5 s waited for workers, killed: 2 cpu\n")
    told = json.loads(CliRunner().invoke(main, ["sandbox", "stats", str(tmp_path), "--json"]).stdout)
    assert Stats.from_json(told) == Stats(4, 0.5, {"done": 4}, {"cpu": 2}, 0)
    empty = CliRunner().invoke(main, ["sandbox", "stats", str(tmp_path.parent)])
    assert empty.exit_code == 2 and "no metrics.jsonl" in empty.stderr


@pytest.mark.parametrize(
    "given",
    [
        *({"other": 1}, 5, None, [1], {"jobs": "2"}, {"jobs": -1}, {"jobs": 1.5}, {"jobs": True}, {"kills": ["cpu"]}),
        *(
            {"outcomes": {"done": "x"}},
            {"waited": "long"},
            {"waited": None},
            {"kills": {"cpu": [1]}},
            {"waited": float("nan")},
        ),
        *({"waited": float("inf")}, {"waited": -1.0}, {"kills": {"\x1b[2J": 3}}, {"outcomes": {"won": 3}}),
    ],
)
def test_what_are_no_counters_is_told_with_its_line(tmp_path, given: object) -> None:
    file = tmp_path / "metrics.jsonl"
    file.write_text('{"step": 1}\n' + json.dumps({"step": 2, "sandbox": given}) + "\n")
    done = CliRunner().invoke(main, ["sandbox", "stats", str(tmp_path)])
    assert done.exit_code == 2 and isinstance(done.exception, SystemExit)
    assert f"{file}:2: 'sandbox' holds no counters" in done.stderr.replace("\n", "")


def test_a_trl_reward_logs_them() -> None:
    logged: dict[str, float] = {}
    columns = {name: [value] for name, value in ROW.items()}
    assay.reward_fn()(["?"], ["```python\nprint(3)\n```"], log_metric=logged.__setitem__, **columns)
    assert logged["sandbox/jobs"] >= 1 and logged["sandbox/kills/cpu"] == 0
    logged.clear()
    assay.reward_fn()(["?"], ["3"], log_metric=logged.__setitem__, verifier=["number"], reference=[3])
    assert not any(name.startswith("sandbox/") for name in logged)
