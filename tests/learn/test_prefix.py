"""A prompt is read once for its whole group, and the numbers and gradients are those of reading every row whole."""

from types import SimpleNamespace

import pytest
import torch
from letters import problems, recipe_for
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM
from trl import GRPOTrainer
from trl.trainer.utils import add_fused_lm_head

from assay.learn import grpo
from assay.learn.prefix import scored_by_prompt, shareable

SMALL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 40}


def rows_of(prompts, responses):
    """Ids and mask of rows (prompt, response): padded on the left before, on the right behind."""
    widest, longest = max(map(len, prompts)), max(map(len, responses))
    ids, mask = [], []
    for prompt, said in zip(prompts, responses, strict=True):
        left, right = widest - len(prompt), longest - len(said)
        ids.append([0] * left + prompt + said + [0] * right)
        mask.append([0] * left + [1] * len(prompt + said) + [0] * right)
    return torch.tensor(ids), torch.tensor(mask), longest


def plain(model, ids, mask, length):
    """Log-probability of each of the last tokens, every row read alone from its first token."""
    found = torch.zeros(len(ids), length)
    for row, (tokens, known) in enumerate(zip(ids, mask.bool(), strict=True)):
        scores = model(input_ids=tokens[known][None]).logits[0].log_softmax(-1)
        said = int(known[-length:].sum())
        start = int(known.sum()) - said
        for place in range(said):
            found[row, place] = scores[start + place - 1, tokens[known][start + place]]
    return found


def gradients(model, value):
    parameters = [p for p in model.parameters() if p.requires_grad]
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, parameters)])


PROMPTS = [[5, 6, 7, 8], [5, 6, 7, 8], [9, 4], [9, 4], [11, 12, 13], [5, 6, 7, 8]]
RESPONSES = [[1, 2, 3], [4], [7, 8], [9, 10, 11, 12], [3, 3], [2, 2]]


@pytest.mark.parametrize("frozen", [0, 1])
def test_numbers_and_gradients_are_those_of_whole_rows(frozen):
    torch.manual_seed(1)
    model = LlamaForCausalLM(LlamaConfig(**SMALL))
    for layer in model.model.layers[:frozen]:
        layer.requires_grad_(False)
    model.model.embed_tokens.requires_grad_(False)
    add_fused_lm_head(model, outputs=("log_probs", "entropy"))
    ids, mask, length = rows_of(PROMPTS, RESPONSES)
    weights = torch.rand(len(ids), length, generator=torch.Generator().manual_seed(2)) * mask[:, -length:]
    whole = plain(model, ids, mask, length)
    shared, entropies = scored_by_prompt(model, model, ids, mask, length)
    torch.testing.assert_close(shared, whole, atol=1e-5, rtol=1e-5)
    assert entropies.shape == shared.shape and (entropies[mask[:, -length:] == 1] > 0).all()
    one, other = (gradients(model, (said * weights).sum()) for said in (whole, shared))
    torch.testing.assert_close(other, one, atol=1e-5 * float(one.abs().max()), rtol=1e-3)


def test_a_prompt_is_read_once_for_its_group(random_policy, tmp_path):
    read = []
    trainer = grpo.make_trainer(recipe_for(random_policy), problems(["x"] * 4), tmp_path, print, grpo.quiet_imports())
    model = trainer.model
    model.get_decoder().register_forward_pre_hook(lambda m, a, k: read.append(k["input_ids"].numel()), with_kwargs=True)
    ids, mask, length = rows_of(PROMPTS, RESPONSES)
    logprobs, entropies, _ = trainer._get_per_token_logps_and_entropies(model, ids, mask, length)
    assert read == [3 * 3, len(ids) * length]  # three prompts without their last token, then the responses
    assert entropies is None
    whole = GRPOTrainer._get_per_token_logps_and_entropies(trainer, model, ids, mask, length)[0]
    torch.testing.assert_close(logprobs, whole, atol=1e-5, rtol=1e-5)
    parts = trainer._get_per_token_logps_and_entropies(model, ids, mask, length, batch_size=2)[0]
    torch.testing.assert_close(parts, whole, atol=1e-5, rtol=1e-5)


def test_a_model_that_forgets_reads_rows_whole():
    """Keys that have left a window are gone, so responses could not go on from a prompt that is longer."""
    windowed = MistralForCausalLM(MistralConfig(**SMALL, num_key_value_heads=2, sliding_window=4))
    assert not shareable(windowed) and shareable(LlamaForCausalLM(LlamaConfig(**SMALL)))
    assert not shareable(SimpleNamespace(config=LlamaConfig(**SMALL), get_decoder=lambda: torch.nn.Linear(1, 1)))
