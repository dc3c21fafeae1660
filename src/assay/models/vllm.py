"""The `vllm` engine: a model in this process, by vLLM's continuous batching. A vLLM server is the engine `openai`.

Prompts are the same token ids, and text is made of tokens in the same way, as in the engine `transformers`; each
sample has its own seed, which vLLM keeps whatever else is in the batch, up to floating-point noise. Checked here
against vLLM's interface alone (`LLM.generate`, `SamplingParams`, as documented for 0.8 to 0.15): no GPU runs our tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from assay.errors import MissingExtra
from assay.models.engine import Completion, Request, Sampling, weights_hash
from assay.models.hf import until, weights_path
from assay.models.prompting import decode, encode, opened_thinking
from assay.types import hashed_seed

AHEAD = 2048
"""Requests that vLLM is handed at a time; completions come when all of them are there."""


class VllmEngine:
    """Batched generation with vLLM. `more` are further arguments of `vllm.LLM` (`{"tensor_parallel_size": 2}`).

    Raises `MissingExtra` where vLLM is not installed.
    """

    def __init__(
        self, path: str, *, name: str | None = None, dtype: str = "auto", more: dict[str, Any] | None = None
    ) -> None:
        where = weights_path(path)
        try:
            import transformers
            import vllm
        except ImportError:
            raise MissingExtra("the vllm engine", "vllm") from None
        self._params = vllm.SamplingParams
        self.name, self.fingerprint = name or path, weights_hash(path)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(where)
        self.llm = vllm.LLM(model=where, dtype=dtype, **(more or {}))
        self.version = f"vllm {vllm.__version__}, {dtype}"
        self.eos = frozenset({self.tokenizer.eos_token_id} - {None})

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        """Completions, some thousand at a time; see `Engine.stream`. vLLM works in a thread meanwhile."""
        for start in range(0, len(requests), AHEAD):
            for completion in await asyncio.to_thread(self._answers, requests[start : start + AHEAD], sampling):
                yield completion

    def _answers(self, requests: Sequence[Request], sampling: Sampling) -> list[Completion]:
        asked = [encode(self.tokenizer, request.prompt) for request in requests]
        params = [
            self._params(
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=sampling.max_tokens,
                seed=hashed_seed(sampling.seed, ids, request.sample) % 2**63,
                stop=list(sampling.stop) or None,
                logprobs=0,
                detokenize=bool(sampling.stop),
            )
            for ids, request in zip(asked, requests, strict=True)
        ]
        prompts = [{"prompt_token_ids": ids} for ids in asked]
        outs = self.llm.generate(prompts, params, use_tqdm=False)
        return [
            self._completion(out.outputs[0], request, sampling) for out, request in zip(outs, requests, strict=True)
        ]

    def _completion(self, said: Any, request: Request, sampling: Sampling) -> Completion:
        ids = tuple(said.token_ids)
        logprobs = tuple(at[token].logprob for at, token in zip(said.logprobs or (), ids, strict=False))
        text, _ = until(decode(self.tokenizer, ids, self.eos), sampling.stop)
        finish = "length" if said.finish_reason == "length" else "stop"
        thinking = opened_thinking(self.tokenizer, request.prompt)
        return Completion(text, finish, ids, logprobs, request.id, thinking)
