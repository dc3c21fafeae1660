"""The vllm engine against vLLM's interface alone, as it is documented: what is asked, and what is made of answers."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from assay.errors import MissingExtra
from assay.models.engine import Sampling, generate, open_engine
from assay.types import as_messages

pytest.importorskip("transformers", reason="the engine needs the extra 'models'")


class Params:
    def __init__(
        self, *, temperature, top_p, max_tokens, seed=None, stop=None, logprobs=None, detokenize=True
    ):  # the arguments of SamplingParams that are used, by their names
        self.__dict__.update(locals())


class LLM:
    def __init__(self, model, dtype="auto", **more):
        self.model, self.more = model, more

    def generate(self, prompts, sampling_params, *, use_tqdm=True):
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.model)
        outs = []
        for prompt, params in zip(prompts, sampling_params, strict=True):
            asked = tokenizer.decode(prompt["prompt_token_ids"])
            ids = tokenizer(f"{len(asked)} 9 {params.seed % 7}")["input_ids"][: params.max_tokens]
            logprobs = [{token: SimpleNamespace(logprob=-0.5)} for token in ids]
            reason = "length" if len(ids) == params.max_tokens else "stop"
            said = SimpleNamespace(token_ids=ids, logprobs=logprobs, finish_reason=reason, text="")
            outs.append(SimpleNamespace(outputs=[said]))
        return outs


@pytest.fixture
def vllm(monkeypatch):
    module = ModuleType("vllm")
    module.LLM, module.SamplingParams, module.__version__ = LLM, Params, "0.15.0"
    monkeypatch.setitem(sys.modules, "vllm", module)


def test_requests_are_asked_and_read_as_they_are_documented(vllm):
    engine = open_engine("tiny", "vllm", more={"tensor_parallel_size": 2})
    assert engine.llm.more == {"tensor_parallel_size": 2} and "0.15.0" in engine.version
    prompts = [as_messages("2 + 2 = ?"), as_messages("Solve 2x + 1 = 9.")]
    found = generate(engine, prompts, 3, Sampling(max_tokens=30))
    assert [len(group) for group in found] == [3, 3]
    assert len({c.text for group in found for c in group}) > 2, "each sample has its seed"
    for completion in (c for group in found for c in group):
        assert completion.finish == "stop" and len(completion.logprobs) == len(completion.token_ids)
    alone = generate(engine, prompts[1:], 3, Sampling(max_tokens=30))
    assert [c.text for c in alone[0]] == [c.text for c in found[1]], "no batch changes a seed"
    short = generate(engine, prompts, 1, Sampling(max_tokens=1))[0][0]
    assert short.finish == "length" and len(short.token_ids) == 1
    stopped = generate(engine, prompts, 1, Sampling(max_tokens=30, stop=("9",)))[0][0]
    assert "9" not in stopped.text


def test_without_vllm_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingExtra, match="extra 'vllm'"):
        open_engine("tiny", "vllm")
