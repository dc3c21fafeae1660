"""Gradients and KL of the whole trainer, held to formulas: a policy of three tokens that can be worked out by hand.

Its one block adds nothing, so that the logits behind token c are W norm(e_c): a table of 3 x 3 probabilities.
"""

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers

from assay.judging.verifier import VERIFIERS, verifier
from assay.learn import grpo
from assay.learn.recipe import GrpoRecipe
from assay.types import Example, Verdict

TOKENS = {"a": 0, "b": 1, "<end>": 2}


def begins_with_a(example, response):
    """Right where it begins with "a"; always or never right where the reference says so."""
    return Verdict.of({"always": True, "never": False}.get(example.reference, response[:1] == "a"), read=response)


VERIFIERS.register("test.begins_with_a", verifier("test.begins_with_a", version=1)(begins_with_a))


@pytest.fixture(scope="module")
def three_tokens(tmp_path_factory):
    """A directory with the policy."""
    where = tmp_path_factory.mktemp("three")
    core = Tokenizer(models.WordLevel(TOKENS, unk_token="b"))
    core.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<end>", pad_token="<end>", chat_template="{{ messages[0]['content'] }}"
    ).save_pretrained(where)
    size = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.LlamaConfig(
        vocab_size=3, eos_token_id=2, pad_token_id=2, bos_token_id=None, tie_word_embeddings=False, **size
    )
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(config)
    torch.nn.init.normal_(model.lm_head.weight, std=0.5)
    for layer in (model.model.layers[0].self_attn.o_proj, model.model.layers[0].mlp.down_proj):
        torch.nn.init.zeros_(layer.weight)
    model.save_pretrained(where)
    return where


class Watch(transformers.TrainerCallback):
    """The table of probabilities before each step, (3, 3) from token to token, and the gradient of the head, (3, H)."""

    def __init__(self):
        self.tables, self.hidden, self.gradients = [], [], []

    def on_step_begin(self, args, state, control, model=None, **_):
        with torch.no_grad():
            hidden = model.model.norm(model.model.embed_tokens.weight)
            self.hidden.append(hidden.double().numpy())
            self.tables.append((hidden @ model.lm_head.weight.T).double().softmax(-1).numpy())

    def on_pre_optimizer_step(self, args, state, control, model=None, **_):
        self.gradients.append(model.lm_head.weight.grad.double().numpy().copy())


def trained(policy, out, references, *, every_row=False, **options):
    """Train the head alone; returns what was watched, the steps, and each micro-batch's mean estimate of the KL."""
    usual = {"steps": 3, "prompts": 4, "group": 8, "max_tokens": 3, "micro_batch": 16, "learning_rate": 0.05}
    recipe = GrpoRecipe.model_validate(
        {
            "model": {"path": str(policy)},
            "data": {"sources": [{"name": "math/arithmetic"}]},
            "grpo": usual | {"max_grad_norm": 1e9, "save_every": 1000} | options,
        }
    )
    asked = ["ab", "ba", "aab", "bba", "abb", "baa"]
    examples = [
        Example(prompt=asked[n % 6] + "ab"[n // 6 :][:1], reference=r, verifier="test.begins_with_a", domain="math")
        for n, r in enumerate(references)
    ]
    steps, estimates = [], []
    trainer = grpo.make_trainer(recipe, examples, out, steps.append, grpo.quiet_imports())
    for name, weights in trainer.model.named_parameters():
        weights.requires_grad_(name == "lm_head.weight")
    if every_row:
        trainer._every_row_matters = lambda inputs: True
    log = trainer.log

    def logged(logs, start_time=None):
        if "grad_norm" in logs:  # else it is the summary of the whole run
            estimates.append(list(trainer._metrics["train"]["kl"]))
        log(logs, start_time)

    trainer.log = logged
    watch = Watch()
    trainer.add_callback(watch)
    assert trainer.shared, "prompts are read once, as in any training"
    trainer.train()
    return watch, steps, estimates, {example.id: TOKENS[example.text[-1]] for example in examples}


def by_hand(loss, rollouts, last, table, hidden, group):
    """The gradient of the head, (3, H), of the first update on a generation, where every ratio is 1.

    dL/dW = - sum_i A_i sum_t c_it (onehot(y_it) - p(y_i,t-1)) norm(e_y_i,t-1)^T, with c what the loss divides by.
    """
    groups = {}
    for said in rollouts:
        groups.setdefault(said.group_id, []).append(said)
    total, rows = sum(len(said.token_ids) for said in rollouts), len(rollouts)
    gradient = np.zeros((3, hidden.shape[1]))
    for members in groups.values():
        assert len(members) == group
        scores = np.array([said.verdict.score for said in members])
        for said, advantage in zip(members, (scores - scores.mean()) / (scores.std(ddof=1) + 1e-4), strict=True):
            share = {"dapo": 1 / total, "grpo": 1 / (rows * len(said.token_ids)), "dr_grpo": 1 / (rows * 3)}[loss]
            before = last[said.example_id]
            for token in said.token_ids:
                gradient -= advantage * share * np.outer(np.eye(3)[token] - table[before], hidden[before])
                before = token
    return gradient


@pytest.mark.parametrize("loss", ["dapo", "grpo", "dr_grpo", "cispo"])
def test_the_gradient_is_that_of_the_formula(three_tokens, tmp_path, loss):
    """On fresh samples, where no ratio is clipped, that of CISPO is DAPO's."""
    watch, steps, _, last = trained(three_tokens, tmp_path, ["x", "never", "x", "always", "x", "x"], loss=loss)
    assert len(watch.gradients) == 3
    for step, table, hidden, found in zip(steps, watch.tables, watch.hidden, watch.gradients, strict=True):
        wanted = by_hand(loss.replace("cispo", "dapo"), step.rollouts, last, table, hidden, 8)
        assert np.abs(wanted).max() > 1e-3
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_parts_without_signal_enter_no_metric(three_tokens, tmp_path):
    """One token to each response, so that the mean over parts of one row is that over rows; problems without signal end
    in another token than those with it."""
    more = {"prompts": 12, "group": 8, "steps": 1, "max_tokens": 1}
    _, (whole,), *_ = trained(three_tokens, tmp_path / "whole", ["x"] * 6 + ["never"] * 6, micro_batch=96, **more)
    _, (parts,), *_ = trained(three_tokens, tmp_path / "parts", ["x"] * 6 + ["never"] * 6, micro_batch=1, **more)
    assert whole.domains == parts.domains and sum(one.dead_groups for one in whole.domains.values()) >= 6
    assert parts.entropy == pytest.approx(whole.entropy, rel=1e-5)


def test_k3_is_never_negative_and_its_mean_is_the_exact_kl(three_tokens, tmp_path):
    """One token to each prompt and one row to a micro-batch, so that each estimate is of one draw."""
    more = {"kl": 0.01, "max_tokens": 1, "micro_batch": 1, "prompts": 4, "group": 64, "steps": 6}
    watch, steps, estimates, last = trained(three_tokens, tmp_path, ["x"] * 6, **more)
    start, errors = watch.tables[0], []
    assert max(map(abs, estimates[0])) < 1e-6, "at first the policy is its reference"
    for step, table, found in zip(steps[1:], watch.tables[1:], estimates[1:], strict=True):
        kl = (table * np.log(table / start)).sum(1)
        exact = sum(kl[last[said.example_id]] for said in step.rollouts)
        assert len(found) == len(step.rollouts) and min(found) >= -1e-7
        errors.append((sum(found) - exact, np.var(found) * len(found), exact))
    off, variance, exact = map(sum, zip(*errors, strict=True))
    assert exact > 10 * variance**0.5, "the estimate is precise enough to tell"
    assert abs(off) < 3 * variance**0.5


@pytest.mark.parametrize("reference", ["always", "never"])
def test_equal_rewards_give_no_gradient(three_tokens, tmp_path, reference):
    watch, _, _, _ = trained(three_tokens, tmp_path, [reference] * 6)
    assert len(watch.gradients) == 3
    assert all((gradient == 0).all() for gradient in watch.gradients)


@pytest.mark.parametrize("loss", ["dapo", "grpo", "dr_grpo", "bnpo"])
def test_leaving_out_groups_without_signal_changes_no_gradient(three_tokens, tmp_path, loss):
    runs = [
        trained(three_tokens, tmp_path / str(whole), ["x", "never", "always"] * 2, loss=loss, every_row=whole)
        for whole in (False, True)
    ]
    (few, steps, *_), (whole, others, *_) = runs
    assert [[s.response for s in step.rollouts] for step in steps] == [
        [s.response for s in step.rollouts] for step in others
    ]
    assert sum(d.dead_groups for step in steps for d in step.domains.values()) >= 3
    for one, other in zip(few.gradients, whole.gradients, strict=True):
        assert np.abs(other).max() > 1e-3
        assert np.abs(one - other).max() <= 1e-6
