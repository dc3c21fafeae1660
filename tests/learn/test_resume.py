"""`kill -9` in the middle of training, then the same command: the same weights and the same metrics."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from safetensors.torch import load_file

from assay.cli import main
from assay.journal import LOCK
from assay.rollout.store import RolloutStore, key_of

RECIPE = """
method = "grpo"
[model]
path = "{policy}"
[data]
sources = [{{ name = "math/arithmetic", size = 8 }}, {{ name = "table/lookup", size = 8 }}]
[grpo]
steps = 8
prompts = 4
group = 4
max_tokens = 6
micro_batch = 8
learning_rate = 1e-2
save_every = 2
resample = "history"
redraws = 1
[reward]
overlong = 2
[[stages]]
steps = 3
until_reward = 0.9
domain_weights = {{ table = 0 }}
max_tokens = 4
[[stages]]
"""


def files(out):
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != LOCK}


def command(recipe, out):
    return [sys.executable, "-m", "assay", "train", str(recipe), "-o", str(out)]


def run(recipe, out, *more):
    return CliRunner().invoke(main, [*command(recipe, out)[3:], *more])


def metrics(out):
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def rollouts(out):
    rows = sorted(RolloutStore(out).rows(), key=lambda row: (row["step"], key_of(row)))
    names = ("step", "example_id", "group_id", "index", "response", "token_ids", "finish", "policy")
    return [(*(row.get(name) for name in names), row["verdict"]["status"]) for row in rows]


@pytest.mark.slow
def test_a_killed_run_ends_like_one_that_was_not(random_policy, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.format(policy="tiny"))
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(recipe, whole).exit_code == 0
    process = subprocess.Popen(command(recipe, killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    path = killed / "metrics.jsonl"
    while not (path.exists() and path.read_bytes().count(b"\n") >= 3):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "policy").exists()
    (killed / "checkpoints" / "checkpoint-99").mkdir()  # as a crash in the middle of saving leaves it
    assert run(recipe, killed).exit_code == 0
    assert metrics(killed) == metrics(whole)
    assert rollouts(killed) == rollouts(whole)
    a, b = (load_file(out / "policy" / "model.safetensors") for out in (whole, killed))
    assert a.keys() == b.keys()
    assert all(a[name].equal(b[name]) for name in a)


@pytest.mark.slow
def test_another_recipe_does_not_touch_a_run(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.format(policy="tiny"))
    out = tmp_path / "run"
    assert run(recipe, out, "--grpo.steps=4").exit_code == 0
    before = files(out)
    second = run(recipe, out, "--data.sources=[{name='math/arithmetic', size=8}, {name='table/lookup', size=9}]")
    assert second.exit_code == 2
    assert "holds another run (differs in: data: " in second.stderr and "recipe.data.sources" in second.stderr
    assert files(out) == before
