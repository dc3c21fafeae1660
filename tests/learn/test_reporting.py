"""What `report_to` asks for gets every number of the metrics log, by domain; what cannot run is refused first."""

import json
import subprocess
import sys

import pytest
from letters import problems, recipe_for

from assay.errors import AssayError, BadConfig
from assay.learn import arguments, grpo
from assay.learn.arguments import require_ready
from assay.learn.experiment import experiment
from assay.learn.progress import DomainStep, scalars
from assay.types import Status


def test_tensorboard_gets_the_metrics_of_each_domain(random_policy, tmp_path):
    pytest.importorskip("tensorboard", reason="pip install tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = tmp_path / "run"
    grpo.train(recipe_for(random_policy, report_to=("tensorboard",)), problems(["x", "x", "dead", "broken"]), run)
    events = EventAccumulator(str(run / "tensorboard")).Reload()
    seen = {tag: [event.value for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert len(rows) == 2
    for domain in ("math", "logic"):
        told = [row["domains"][domain] for row in rows]
        at = f"train/domains/{domain}/"
        assert seen[at + "reward"] == pytest.approx([said["reward"] for said in told])
        assert seen[at + "dead_groups"] == [said["dead_groups"] for said in told]
        for status in Status:
            assert seen[f"{at}verdicts/{status}"] == [said["verdicts"].get(status, 0) for said in told]
    assert sum(seen["train/domains/math/verdicts/error"]) == 8
    assert seen["train/entropy"] == pytest.approx([row["entropy"] for row in rows])
    assert grpo.train(recipe_for(random_policy), problems(["x", "x", "dead", "broken"]), run), "the same run without it"


def test_a_domain_without_a_reward_has_no_number_for_it():
    flat = scalars({"code": DomainStep(None, 3.0, 4, 1, 1, {"error": 4}, 2)})
    assert flat["domains/code/verdicts/error"] == 4 and flat["domains/code/verdicts/correct"] == 0
    assert "domains/code/reward" not in flat


def test_what_is_not_installed_is_said_before_any_work(random_policy, tmp_path, monkeypatch):
    gone = {"wandb", "peft"}
    monkeypatch.setattr(arguments, "find_spec", lambda name: None if name in gone else name)
    with pytest.raises(BadConfig, match="report_to names 'wandb', which is not installed: pip install wandb"):
        experiment(recipe_for(random_policy, report_to=("wandb",)), tmp_path / "run")
    with pytest.raises(AssayError, match=r"\[lora\] needs the extra 'lora': pip install 'assay\[lora\]'"):
        experiment(recipe_for(random_policy, lora={}), tmp_path / "run")
    gone.add("trl")
    with pytest.raises(AssayError, match=r"training needs the extra 'train'"):
        experiment(recipe_for(random_policy), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_several_processes_are_refused(random_policy, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(AssayError, match="one process"):
        require_ready(recipe_for(random_policy))


@pytest.mark.soak
def test_it_runs_under_accelerate_launch(random_policy, tmp_path):
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "1"]
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'[model]\npath = "{random_policy}"\n[data]\nsources = [{{ name = "math/arithmetic", size = 8 }}]\n'
        "[grpo]\nsteps = 1\nprompts = 2\ngroup = 2\nmax_tokens = 4\n"
    )
    command = [*launch, "-m", "assay", "train", str(recipe), "-o", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "policy" / "model.safetensors").exists()
