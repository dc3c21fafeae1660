"""The subclass of TRL's trainer: it skips what carries no signal without changing the gradient, and leaves out what is
not the model's fault."""

import inspect
import json
from collections import Counter

import pytest
import torch
import transformers
from datasets import Dataset
from letters import problems, recipe_for
from trl import GRPOConfig, GRPOTrainer

from assay.errors import AssayError
from assay.learn import grpo
from assay.learn.arguments import boundary
from assay.learn.checkpoints import newest_checkpoint
from assay.learn.progress import StepRecord
from assay.learn.recipe import Grpo
from assay.learn.sampler import DomainMix
from assay.learn.trainer import PolicyTrainer, live_rows
from assay.models.prompting import as_input
from assay.rollout.store import RolloutStore
from assay.types import Example


def test_trl_still_has_the_hooks():
    expected = {
        "_get_train_sampler": ["self", "dataset"],
        "_compute_loss": ["self", "model", "inputs"],
        "_get_per_token_logps_and_entropies": [
            "self",
            "model",
            "input_ids",
            "attention_mask",
            "logits_to_keep",
            "batch_size",
            "compute_entropy",
            "compute_aux_loss",
        ],
        "_generate_and_score_completions": ["self", "inputs"],
        "_generate_single_turn": ["self", "prompt_ids", "images", "multimodal_fields", "num_generations"],
        "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
        "_save_checkpoint": ["self", "model", "trial"],
        "log": ["self", "logs", "start_time"],
    }
    for name, parameters in expected.items():
        assert list(inspect.signature(getattr(GRPOTrainer, name)).parameters)[: len(parameters)] == parameters


class PlainTrainer(GRPOTrainer):
    """TRL's trainer on our samples, which draw from streams of their own."""

    limit, drawn = None, 0
    _generate_single_turn = PolicyTrainer._generate_single_turn


def scored(text, reference):
    """Whether the text begins with a letter; always wrong where the reference says so."""
    return float(reference == "x" and text[:1].isalpha())


class Watch(transformers.TrainerCallback):
    """The gradient of each optimiser step, as it is when the optimiser gets it."""

    def __init__(self):
        self.gradients = []

    def on_pre_optimizer_step(self, args, state, control, model=None, **_):
        self.gradients.append(torch.cat([p.grad.flatten().clone() for p in model.parameters()]))


REFERENCES = ["x", "dead", "dead", "x", "dead", "x", "dead", "dead"]
GRADIENTS = [
    {"loss_type": loss, "beta": beta} | more
    for loss in ("grpo", "dr_grpo", "bnpo", "dapo", "cispo", "sapo", "vespo")
    for beta, more in [(0.0, {}), (0.0, {"num_iterations": 2})]
]
GRADIENTS += [
    {"loss_type": "grpo", "beta": 0.1},
    {"loss_type": "dapo", "beta": 0.1},
    {"loss_type": "luspo", "importance_sampling_level": "sequence"},
    {"loss_type": "grpo", "importance_sampling_level": "sequence", "num_iterations": 2},
    {"loss_type": "dapo", "gradient_accumulation_steps": 2, "num_iterations": 2},
    {"loss_type": "bnpo", "gradient_accumulation_steps": 2},
    {"loss_type": "grpo", "scale_rewards": "batch", "entropy_coef": 0.01},
    {"loss_type": "dapo", "top_entropy_quantile": 0.5},
]


def gradients(policy, out, ours, **options):
    """Gradients of the first optimiser steps of plain TRL, or of ours, on the same prompts and samples."""
    parts = {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 4, "steps_per_generation": 4}
    options = parts | options
    args = GRPOConfig(
        output_dir=str(out),
        seed=3,
        max_steps=4 if options.get("num_iterations") else 2,
        num_generations=4,
        max_completion_length=6,
        learning_rate=1e-1,
        optim="sgd",
        max_grad_norm=0.0,
        top_k=0,
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=not torch.cuda.is_available(),
        report_to=[],
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
        remove_unused_columns=False,
        shuffle_dataset=False,
        **options,
    )
    examples = problems(REFERENCES)
    mix = DomainMix([""] * len(examples), {}, 0)
    tokenizer = transformers.AutoTokenizer.from_pretrained(policy)
    rows = [{"prompt": as_input(tokenizer, ex.asked), "example": n} for n, ex in enumerate(examples)]
    watch = Watch()
    common = {
        "model": transformers.AutoModelForCausalLM.from_pretrained(policy, dtype="float32"),
        "args": args,
        "processing_class": tokenizer,
        "callbacks": [watch],
    }
    if ours:
        steps = []
        trainer = PolicyTrainer(
            examples=examples, mix=mix, on_step=steps.append, train_dataset=Dataset.from_list(rows), **common
        )
    else:

        def reward(completions, example, **_):
            return [scored(c[0]["content"], REFERENCES[i]) for c, i in zip(completions, example, strict=True)]

        ordered = [rows[index] for index in mix.first(8 * 4)]
        trainer = PlainTrainer(reward_funcs=reward, train_dataset=Dataset.from_list(ordered), **common)
    trainer.train()
    return watch.gradients


@pytest.mark.parametrize("options", GRADIENTS, ids=lambda o: "-".join(map(str, o.values())))
def test_skipping_dead_rows_gives_the_gradient_of_plain_trl(random_policy, tmp_path, options):
    plain = gradients(random_policy, tmp_path, False, **options)
    ours = gradients(random_policy, tmp_path, True, **options)
    assert len(plain) == len(ours) > 1
    for one, other in zip(plain, ours, strict=True):
        assert float(one.norm()) > 1e-4
        torch.testing.assert_close(other, one, rtol=1e-3, atol=1e-5 * float(one.abs().max()))


@pytest.mark.parametrize("loss", ["grpo", "dr_grpo", "dapo"])
def test_accumulated_micro_batches_give_the_gradient_of_the_whole_batch(random_policy, tmp_path, loss):
    whole = {"per_device_train_batch_size": 32, "gradient_accumulation_steps": 1, "steps_per_generation": 1}
    at_once = gradients(random_policy, tmp_path, True, loss_type=loss, **whole)
    in_parts = gradients(random_policy, tmp_path, True, loss_type=loss)
    assert len(at_once) == len(in_parts) == 2
    for one, other in zip(at_once, in_parts, strict=True):
        assert float(one.norm()) > 1e-4
        torch.testing.assert_close(other, one, rtol=1e-3, atol=1e-5 * float(one.abs().max()))


def test_dead_rows_cost_no_forward_pass(random_policy, tmp_path, monkeypatch):
    rows = []
    for kind in (GRPOTrainer, PolicyTrainer):
        original = kind._get_per_token_logps_and_entropies

        def counted(self, model, input_ids, *a, original=original, **k):
            rows.append(len(input_ids))
            return original(self, model, input_ids, *a, **k)

        monkeypatch.setattr(kind, "_get_per_token_logps_and_entropies", counted)
    gradients(random_policy, tmp_path, False, loss_type="dapo")
    plain = sum(rows)
    rows.clear()
    gradients(random_policy, tmp_path, True, loss_type="dapo")
    assert sum(rows) < plain / 2


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
    ("advantages", "kept", "rows"),
    [([0, 1.0, -1.0, 0], 2, [1, 2]), ([0, 1.0, -1.0, 0, 2.0], 4, [1, 2, 4]), ([0.0] * 4, 1, []), ([0, 1.0], 1, [1])],
)
def test_live_rows_stay_in_their_order(advantages, kept, rows):
    batch = batch_of(advantages)
    out = live_rows(batch, batch["advantages"].abs() > 0, kept)
    assert out["advantages"].shape == (kept,)
    assert out["advantages"][out["advantages"] != 0].tolist() == [advantages[row] for row in rows]
    assert out["completion_ids"].shape == out["completion_mask"].shape
    assert out["prompt_ids"].shape == out["prompt_mask"].shape


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


def test_a_response_cut_inside_the_thinking_that_the_template_opened_earns_nothing(random_policy, tmp_path):
    """The tag stands in the prompt as sent, so the completion alone looks like an answer."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(random_policy)
    opens = "{% for turn in messages %}<user>{{ turn['content'] }}{% endfor %}"
    tokenizer.chat_template = opens + "{% if add_generation_prompt %}<assistant><think>\n{% endif %}"
    policy = tmp_path / "policy"
    transformers.AutoModelForCausalLM.from_pretrained(random_policy).save_pretrained(policy)
    tokenizer.save_pretrained(policy)
    examples = [Example(prompt="1 + 1 = ?", reference=2, verifier="number", domain="math")]
    trainer = make(recipe_for(policy), examples, tmp_path)

    def judged(text):
        ids = tokenizer.encode(text, add_special_tokens=False)
        return trainer.verified_reward(example=[0], completion_ids=[ids])[0], trainer.pending[-1]

    score, cut = judged("The answer is 2")
    assert (score, cut.verdict.status, cut.finish, cut.thinking) == (0.0, "no_answer", "length", "<think>")
    score, ended = judged("1 and 1 is 2</think>The answer is 2<end>")
    assert (score, ended.finish, ended.response) == (1.0, "stop", "1 and 1 is 2</think>The answer is 2")


def test_a_run_where_every_judge_is_down_does_not_move_the_policy(random_policy, tmp_path):
    trainer = make(recipe_for(random_policy), problems(["broken"] * 4), tmp_path)
    before = [p.clone() for p in trainer.model.parameters()]
    trainer.train()
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.model.parameters(), strict=True))


def test_a_step_writes_what_it_saw(random_policy, tmp_path):
    recipe = recipe_for(random_policy, updates=2, steps=4, kl=0.05)
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
        assert row["clipped"] == 0, "the first update on a generation moves no ratio"
        assert row["entropy"] > 0 and row["grad_norm"] is not None
    assert all(isinstance(row[name], float) for row in rows for name in ("loss", "kl", "learning_rate", "clipped"))
    assert any(row["clipped"] > 0 for row in rows)
    cut = Counter((said.policy, said.finish) for said in RolloutStore(tmp_path / "run").rollouts())
    assert [sum(d["cut"] for d in row["domains"].values()) for row in generated] == [
        cut[str(row["step"] - 1), "length"] for row in generated
    ]
    assert grpo.train(recipe, examples, tmp_path / "run") == policy
    assert boundary(Grpo(save_every=3, updates=2)) == 4


def test_weights_that_are_not_finite_are_never_gone_on_from(random_policy, tmp_path):
    recipe, examples = recipe_for(random_policy, steps=4, save_every=2), problems(["x"] * 4)

    class Diverges(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, model=None, **_):
            if state.global_step == 4:
                next(model.parameters()).data[0, 0] = torch.nan

    trainer = make(recipe, examples, tmp_path)
    trainer.add_callback(Diverges())
    with pytest.raises(AssayError, match="diverged: at step 4 its weights are not finite"):
        trainer.train()
    newest = newest_checkpoint(tmp_path / "checkpoints")
    assert newest.name == "checkpoint-2"
    saved = transformers.AutoModelForCausalLM.from_pretrained(newest)
    assert all(torch.isfinite(weights).all() for weights in saved.parameters())


def test_learning_raises_the_reward_it_is_paid_for(random_policy, tmp_path):
    steps: list[StepRecord] = []
    options = {"steps": 40, "prompts": 8, "group": 8, "micro_batch": 64, "max_tokens": 4, "learning_rate": 5e-3}
    grpo.train(recipe_for(random_policy, **options), problems(["x"] * 8), tmp_path / "run", on_step=steps.append)
    rewards = [sum(d.reward for d in s.domains.values()) / len(s.domains) for s in steps]
    assert sum(rewards[-5:]) / 5 > sum(rewards[:5]) / 5 + 0.15
