"""Rejection sampling: what is right and whole is imitated, at most so often, and nothing else moves the policy."""

import json

import pytest
import torch
import transformers
from letters import problems, recipe_for
from pydantic import ValidationError

from assay.learn.checkpoints import quiet_imports
from assay.learn.grpo import make_trainer, train
from assay.learn.recipe import GrpoRecipe, Sft
from assay.models.engine import Sampling
from assay.rollout.measure import measure

ENDS = list(range(150, 264))


@pytest.fixture
def brief_policy(random_policy, tmp_path):
    """A policy whose responses end early."""
    model = transformers.AutoModelForCausalLM.from_pretrained(random_policy)
    model.generation_config.eos_token_id = ENDS
    model.save_pretrained(tmp_path / "brief")
    transformers.AutoTokenizer.from_pretrained(random_policy).save_pretrained(tmp_path / "brief")
    return tmp_path / "brief"


def made(policy, out, record, *, per_problem=2, references=("x", "dead", "x", "x"), **grpo):
    recipe = recipe_for(policy, **grpo).model_copy(update={"sft": Sft(per_problem=per_problem)})
    return make_trainer(recipe, problems(references), out, record, quiet_imports())


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_the_loss_is_the_mean_over_tokens_of_what_is_kept(brief_policy, tmp_path, parts):
    steps, batches = [], []
    size = {"steps": 1, "prompts": 4, "group": 8, "micro_batch": 32 // parts, "learning_rate": 1e-9}
    trainer = made(brief_policy, tmp_path, steps.append, **size)
    original = trainer._compute_loss
    trainer._compute_loss = lambda model, inputs: batches.append(inputs) or original(model, inputs)
    trainer.train()
    kept = [said for said in steps[0].rollouts if said.verdict.score == 1 and said.finish == "stop"]
    chosen = sum(int(batch["advantages"].sum()) for batch in batches)
    assert 0 < chosen <= 2 * 3 and chosen <= len(kept)
    total = tokens = 0.0
    for batch in batches:
        ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
        mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
        with torch.no_grad():
            logps = trainer._get_per_token_logps_and_entropies(
                trainer.model, ids, mask, batch["completion_ids"].shape[1]
            )[0]
        counted = batch["completion_mask"] * batch["advantages"][:, None]
        total, tokens = total - float((logps * counted).sum()), tokens + float(counted.sum())
    assert steps[0].loss == pytest.approx(total / tokens, rel=1e-3)
    assert steps[0].grad_norm > 0


def test_nothing_right_moves_nothing(brief_policy, tmp_path):
    steps = []
    made(brief_policy, tmp_path, steps.append, references=["dead"] * 4).train()
    assert [(step.loss, step.grad_norm) for step in steps] == [(0, 0), (0, 0)]


def kept_share(policy):
    found = measure(str(policy), problems(["x"] * 8), samples=64, sampling=Sampling(max_tokens=6, seed=9))
    said = list(found.rollouts())
    return sum(one.verdict.score == 1 and one.finish == "stop" for one in said) / len(said)


@pytest.mark.parametrize("sync_every", [0, 1])
def test_what_is_imitated_becomes_more_frequent(brief_policy, tmp_path, sync_every):
    grpo = {"steps": 16, "prompts": 8, "group": 8, "micro_batch": 64, "sync_every": sync_every, "learning_rate": 2e-2}
    recipe = recipe_for(brief_policy, **grpo).model_copy(update={"sft": Sft(per_problem=32)})
    policy = train(recipe, problems(["x"] * 8), tmp_path / "run")
    before, after = (kept_share(path) for path in (brief_policy, policy))
    assert after > before + 0.06
    assert json.loads((policy.parent / "run.json").read_text())["recipe"]["sft"] == {"per_problem": 32}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"dpo": {}}, "one loss"),
        ({"reward": {"format": 0.1}}, "right responses alone"),
        ({"grpo": {"loss": "grpo"}}, "a loss of its own"),
        ({"grpo": {"mask_truncated": True}}, "takes no grpo.mask_truncated"),
        ({"grpo": {"redraws": 1}}, "redraws"),
    ],
)
def test_what_it_cannot_go_with_is_refused(more, why):
    with pytest.raises(ValidationError, match=why):
        GrpoRecipe.model_validate({"data": {"sources": [{"name": "math/arithmetic"}]}, "sft": {}} | more)
