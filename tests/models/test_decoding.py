"""Sampling: what `generate` of transformers says, from whatever architecture, with less work."""

import pytest
import torch
import transformers as hf

from assay.errors import AssayError
from assay.models.decoding import Draw, sample
from assay.models.engine import Sampling

VOCABULARY, ENDS = 300, set(range(50, 80))
PROMPTS = [list(range(100, 105)), list(range(120, 140)), list(range(150, 161))]
SIZES = {"vocab_size": VOCABULARY, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
WIDE = SIZES | {"intermediate_size": 64}
MODELS = {
    "llama": lambda: hf.LlamaForCausalLM(hf.LlamaConfig(**WIDE)),
    "grouped heads, sliding window": lambda: hf.MistralForCausalLM(
        hf.MistralConfig(**WIDE, num_key_value_heads=1, sliding_window=12)
    ),
    "absolute positions": lambda: hf.GPT2LMHeadModel(
        hf.GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=1)
    ),
    "positions from the mask": lambda: hf.BloomForCausalLM(
        hf.BloomConfig(vocab_size=VOCABULARY, hidden_size=32, n_layer=2, n_head=2)
    ),
    "convolutions beside attention": lambda: hf.Lfm2ForCausalLM(
        hf.Lfm2Config(**WIDE, num_key_value_heads=1, layer_types=["conv", "full_attention"])
    ),
    "state space": lambda: hf.MambaForCausalLM(
        hf.MambaConfig(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2)
    ),
}


def model(kind="llama"):
    torch.manual_seed(0)
    made = MODELS[kind]().eval()
    for weights in made.parameters():
        if weights.dim() > 1:
            weights.data.mul_(4)  # responses that differ by prompt
    return made


def drawn(policy, prompts, seeds=None, **options):
    sampling = Sampling(max_tokens=24, **options)
    return sample(policy, prompts, Draw(seeds or range(len(prompts)), sampling), eos=ENDS, pad=0)


@pytest.mark.parametrize("kind", MODELS)
def test_greedy_tokens_are_those_of_generate(kind):
    policy = model(kind)
    said = drawn(policy, [ids for ids in PROMPTS for _ in range(3)], temperature=0)
    for ids, (tokens, _) in zip(PROMPTS, said[::3], strict=True):
        alone = policy.generate(
            input_ids=torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=24,
            do_sample=False,
            eos_token_id=sorted(ENDS),
            pad_token_id=0,
        )
        assert tokens == alone[0, len(ids) :].tolist()


def test_a_row_does_not_depend_on_its_neighbours():
    policy, rows = model(), [ids for ids in PROMPTS for _ in range(4)]
    together = drawn(policy, rows, temperature=1.5, top_p=0.9)
    for row, ids in enumerate(rows):
        [(tokens, logprobs)] = drawn(policy, [ids], [row], temperature=1.5, top_p=0.9)
        assert tokens == together[row][0]
        assert logprobs == pytest.approx(together[row][1], abs=1e-4)


def test_log_probabilities_are_those_of_the_policy():
    policy = model()
    [(tokens, logprobs)] = drawn(policy, PROMPTS[:1], temperature=0.7)
    read = policy(torch.tensor([PROMPTS[0] + tokens])).logits[0, len(PROMPTS[0]) - 1 : -1] / 0.7
    assert logprobs == pytest.approx(read.log_softmax(-1)[range(len(tokens)), tokens].tolist(), abs=1e-3)


def test_a_prompt_is_read_once_and_ended_rows_are_dropped():
    policy, widths = model(), []
    policy.register_forward_pre_hook(lambda _, args, named: widths.append(len(named["input_ids"])), with_kwargs=True)
    lengths = [len(tokens) for tokens, _ in drawn(policy, [ids for ids in PROMPTS for _ in range(32)], temperature=2)]
    assert widths[0] == len(PROMPTS)
    assert len(widths) == max(lengths)
    assert sum(widths[1:]) < 1.2 * sum(lengths)


def test_a_policy_that_has_diverged_is_said_to_have():
    policy = model()
    policy.lm_head.weight.data.fill_(float("nan"))
    for temperature in (0, 1):
        with pytest.raises(AssayError, match="have diverged"):
            drawn(policy, PROMPTS, temperature=temperature)


def test_texts_stop_a_response():
    policy = model()
    [(whole, _)] = drawn(policy, PROMPTS[:1], temperature=1)
    third = whole[2]
    said = sample(
        policy,
        PROMPTS[:1],
        Draw([0], Sampling(max_tokens=24)),
        eos=ENDS,
        pad=0,
        stopped=lambda tokens: tokens[:, -1] == third,
    )
    assert said[0][0] == whole[: whole.index(third) + 1]


def test_dropout_is_off_while_sampling_and_on_again_after():
    torch.manual_seed(0)
    policy = hf.GPT2LMHeadModel(
        hf.GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=1)
    )
    policy.train()
    assert drawn(policy, PROMPTS) == drawn(policy, PROMPTS)
    assert policy.training
