"""The subclass of TRL's trainer: it skips what carries no signal without changing the gradient, and leaves out what is
not the model's fault."""

import inspect
import json
from itertools import count

import pytest
import torch
from trl import GRPOTrainer

from assay.judging.verifier import VERIFIERS, verifier
from assay.learn import grpo
from assay.learn.progress import StepRecord
from assay.learn.recipe import Data, Grpo, GrpoRecipe, Model
from assay.learn.trainer import live_rows
from assay.types import Example, Verdict

calls = count()


def begins_with_a_letter(example, response):
    """A verdict that needs no skill: whether the text begins with a letter; some calls break."""
    if example.reference == "broken":
        return Verdict.error("the judge is down")
    return Verdict.of(response[:1].isalpha(), read=response)


@pytest.fixture(autouse=True, scope="module")
def registered():
    VERIFIERS.register("test.letter", verifier("test.letter", version=1)(begins_with_a_letter))


def problems(references):
    return [
        Example(prompt=f"{n} + 1 = ?", reference=r, verifier="test.letter", domain="math" if n % 2 else "logic")
        for n, r in enumerate(references)
    ]


def recipe_for(policy, **grpo_options):
    options = {"steps": 2, "prompts": 4, "group": 4, "max_tokens": 6, "micro_batch": 8, "learning_rate": 1e-2}
    data = Data(sources=({"name": "math/arithmetic"},))
    return GrpoRecipe(model=Model(path=str(policy)), data=data, grpo=Grpo(**(options | grpo_options)))


def test_trl_still_has_the_hooks():
    expected = {
        "_get_train_sampler": ["self", "dataset"],
        "_generate_and_score_completions": ["self", "inputs"],
        "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
        "log": ["self", "logs", "start_time"],
    }
    for name, parameters in expected.items():
        assert list(inspect.signature(getattr(GRPOTrainer, name)).parameters) == parameters


def batch_of(advantages, width=5, length=7):
    rows = len(advantages)
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, length + 1, (rows, 1), generator=generator)
    return {
        "prompt_ids": torch.randint(4, 260, (rows, width), generator=generator),
        "prompt_mask": torch.ones(rows, width, dtype=torch.long),
        "completion_ids": torch.randint(4, 260, (rows, length), generator=generator),
        "completion_mask": (torch.arange(length) < lengths).long(),
        "advantages": torch.tensor(advantages),
        "num_items_in_batch": torch.tensor(0),
    }


@pytest.mark.parametrize(
    ("advantages", "chunks", "rows", "alive"),
    [([0, 1.0, -1.0, 0], 1, 2, 2), ([0, 1.0, -1.0, 0, 2.0], 2, 4, 3), ([0.0] * 4, 2, 2, 0), ([1e-6, 1.0], 1, 1, 1)],
)
def test_only_rows_with_signal_stay(advantages, chunks, rows, alive):
    out = live_rows(batch_of(advantages), chunks, pad=0)
    assert out["advantages"].shape == (rows,)
    assert (out["completion_mask"].sum(dim=1) > 0).sum() == alive
    assert out["completion_ids"].shape == out["completion_mask"].shape
    assert out["prompt_ids"].shape == out["prompt_mask"].shape


def test_skipping_dead_rows_does_not_change_the_gradient(random_policy, tmp_path):
    trainer = make(recipe_for(random_policy, micro_batch=16), problems(["x"] * 4), tmp_path)
    trainer.current_gradient_accumulation_steps = 1

    def gradient(batch):
        tokens = batch["completion_mask"].sum()
        trainer.model.zero_grad()
        (trainer._compute_loss(trainer.model, batch | {"num_items_in_batch": tokens}) * tokens).backward()
        return torch.cat([p.grad.flatten() for p in trainer.model.parameters()])

    whole = batch_of([0.0, 1.3, -0.7, 0.0, 0.0, 2.0, 0.0, -1.0])
    torch.testing.assert_close(gradient(live_rows(whole, 1, pad=0)), gradient(whole), rtol=1e-4, atol=1e-5)


def make(recipe, examples, out, record=lambda step: None):
    return grpo.make_trainer(recipe, examples, out, record, grpo.quiet_imports())


def test_verdicts_without_a_score_enter_neither_reward_nor_loss(random_policy, tmp_path):
    steps: list[StepRecord] = []
    trainer = make(recipe_for(random_policy), problems(["x", "broken", "x", "x"]), tmp_path, steps.append)
    seen = []
    original = trainer._calculate_rewards
    trainer._calculate_rewards = lambda *a: seen.append(original(*a)) or seen[-1]
    trainer.train()
    assert any(torch.isnan(rewards).any() for rewards in seen)
    broken = steps[0].domains["math"]
    assert broken.verdicts["error"] == 4
    scored = [r.verdict.score for r in steps[0].rollouts if r.verdict.score is not None]
    assert len(scored) == 12
    assert all(torch.isfinite(p).all() for p in trainer.model.parameters())


def test_a_run_where_every_judge_is_down_does_not_move_the_policy(random_policy, tmp_path):
    trainer = make(recipe_for(random_policy), problems(["broken"] * 4), tmp_path)
    before = [p.clone() for p in trainer.model.parameters()]
    trainer.train()
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.model.parameters(), strict=True))


def test_a_step_writes_what_it_saw(random_policy, tmp_path):
    recipe = recipe_for(random_policy, updates=2, steps=4)
    examples = problems(["x"] * 6)
    policy = grpo.train(recipe, examples, tmp_path / "run")
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    generated = [row for row in rows if row["domains"]]
    assert len(generated) == 2, "one generation serves two updates"
    for row in generated:
        assert set(row["domains"]) == {"math", "logic"}
        assert sum(d["rollouts"] for d in row["domains"].values()) == 16
        assert {"reward", "length", "dead_groups", "groups", "verdicts"} <= set(row["domains"]["math"])
        assert row["entropy"] > 0 and row["grad_norm"] is not None
    assert grpo.train(recipe, examples, tmp_path / "run") == policy
    assert grpo.boundary(Grpo(save_every=3, updates=2)) == 4


def test_learning_raises_the_reward_it_is_paid_for(random_policy, tmp_path):
    steps: list[StepRecord] = []
    options = {"steps": 30, "prompts": 8, "group": 8, "micro_batch": 64, "max_tokens": 4, "learning_rate": 5e-3}
    grpo.train(recipe_for(random_policy, **options), problems(["x"] * 8), tmp_path / "run", on_step=steps.append)
    rewards = [sum(d.reward for d in s.domains.values()) / len(s.domains) for s in steps]
    assert sum(rewards[-5:]) / 5 > sum(rewards[:5]) / 5 + 0.15
