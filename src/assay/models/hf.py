"""The `transformers` engine: any causal language model directory or hub name, batched, on whatever device there is.

Sampling draws one uniform number per token from a stream hashed from (seed, prompt, sample number) and inverts the
cumulative distribution, so a completion does not depend on what else was in its batch (up to floating-point noise).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assay.errors import AssayError, MissingExtra, did_you_mean
from assay.hub import offline
from assay.models.engine import ADAPTER, Completion, Request, Sampling, base_model, weights_hash
from assay.models.library import PACKAGED, TINY, model_path
from assay.models.prompting import decode, encode, opened_thinking
from assay.types import Message, hashed_seed

ON_CPU = 1 << 16
"""Tokens that a batch may come to on a CPU: each keeps keys and values in all layers, 46 KB of a model of 135 million
weights. More rows at once would be no faster there."""
AHEAD = 16
"""Batches that are sorted by length together: little padding, and the first completions come early."""


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError:
        raise MissingExtra("the transformers engine", "models") from None
    return torch, transformers


@contextmanager
def _opening(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as bad:
        first_line = str(bad).strip().splitlines()[0]
        raise AssayError(
            f"cannot open model {path!r}: {first_line} (a directory or a hub name is needed){_near(path)}"
        ) from bad


def weights_path(path: str) -> str:
    """What to open for a model: its directory, or its hub name; where the hub does not answer, the copy in its cache.

    Raises `AssayError`, at once, where there is no copy.
    """
    where = model_path(path)
    if not where:
        raise AssayError("no model is named: give the directory of one, a hub name, or 'tiny'")
    if "://" in where:
        raise AssayError(f"{path} is no address of a server: one begins with http:// or https://")
    if Path(where).is_file():
        raise AssayError(f"{path} is a file: give the directory of a model, a hub name, or recorded responses (.jsonl)")
    if Path(where).is_dir() and not any((Path(where) / name).is_file() for name in ("config.json", ADAPTER)):
        raise AssayError(f"{path} holds no model (no config.json): give the directory of one")
    if Path(where).exists() or not (why := offline()):
        return where
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingExtra("the transformers engine", "models") from None
    try:
        return str(snapshot_download(where, local_files_only=True))
    except (OSError, ValueError):
        raise AssayError(
            f"cannot open model {path!r}: there is no such directory, {why}, and no copy was fetched before; "
            f"give the directory of a model{_near(path)}"
        ) from None


def _near(path: str) -> str:
    """The model or directory that a mistyped name may mean."""
    here = [entry.name for entry in Path().iterdir() if entry.is_dir() and entry.name != path]
    hint = did_you_mean(path, [TINY, *PACKAGED, *here])
    return hint if "did you mean" in hint else ""


def context_of(config: Any) -> int | None:
    """The most tokens that a model reads, prompt and response together; `None` where its configuration does not say."""
    return getattr(config.get_text_config(), "max_position_embeddings", None)


def require_model(path: str) -> None:
    """Raise `AssayError` where a path or name is no model; its weights are not read."""
    where = _weights(path)
    base = base_model(path)
    _, transformers = _libraries()
    with _opening(path):
        transformers.AutoConfig.from_pretrained(weights_path(base) if base else where)
        transformers.AutoTokenizer.from_pretrained(where)


def _weights(path: str) -> str:
    """`weights_path`, where what opens an adapter is installed."""
    if base_model(path) and find_spec("peft") is None:
        raise MissingExtra(f"the adapter {path}", "lora")
    return weights_path(path)


class TransformersEngine:
    """Batched generation with a Hugging Face causal language model.

    `path` is a directory, a hub name or `tiny`; `batch` is the number of sequences decoded together; `threads` sets
    torch's threads for the process (0 leaves them); `model` and `tokenizer` may be passed ready-made.
    """

    def __init__(
        self,
        path: str,
        *,
        name: str | None = None,
        batch: int = 128,
        device: str | None = None,
        dtype: str = "auto",
        threads: int = 0,
        model: Any = None,
        tokenizer: Any = None,
    ) -> None:
        where = path if model and tokenizer else _weights(path)
        torch, transformers = _libraries()
        transformers.utils.logging.disable_progress_bar()
        if threads:
            torch.set_num_threads(threads)
        self.name = name or path
        self.fingerprint = weights_hash(path)
        self.batch = batch
        with _opening(path):
            self.tokenizer = tokenizer or transformers.AutoTokenizer.from_pretrained(where)
            self.model = model or transformers.AutoModelForCausalLM.from_pretrained(where, dtype=dtype)
        if model is None:
            self.model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self.eos = _eos_ids(self.model, self.tokenizer)
        self.context = context_of(self.model.config)
        self.version = f"transformers {transformers.__version__}, torch {torch.__version__}, {self.model.dtype}"

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        """Completions batch by batch; see `Engine.stream`. Requests are decoded in order of length, some batches' worth
        at a time, in a thread, so that what is there can be judged meanwhile."""
        ahead = AHEAD * self.batch
        for start in range(0, len(requests), ahead):
            asked = {request.prompt: self._asked(request.prompt) for request in requests[start : start + ahead]}
            window = sorted(requests[start : start + ahead], key=lambda request: len(asked[request.prompt][0]))
            for chunk in self._batches(window, [len(asked[r.prompt][0]) + sampling.max_tokens for r in window]):
                said = await asyncio.to_thread(self._answers, chunk, [asked[r.prompt] for r in chunk], sampling)
                for completion in said:
                    yield completion

    def _batches(self, requests: Sequence[Request], tokens: Sequence[int]) -> Iterator[Sequence[Request]]:
        """Requests that are decoded together, given the most tokens that each comes to, in rising order."""
        most = ON_CPU if self.model.device.type == "cpu" else sum(tokens)
        first = 0
        for last in range(1, len(requests) + 1):
            if last == len(requests) or last - first == self.batch or (last - first + 1) * tokens[last] > most:
                yield requests[first:last]
                first = last

    def _asked(self, prompt: tuple[Message, ...]) -> tuple[list[int], str]:
        """Token ids of a prompt, and the thinking tag that it leaves open."""
        return encode(self.tokenizer, prompt), opened_thinking(self.tokenizer, prompt)

    def _answers(
        self, requests: Sequence[Request], asked: Sequence[tuple[list[int], str]], sampling: Sampling
    ) -> list[Completion]:
        fits = [len(ids) < (self.context or len(ids) + 1) for ids, _ in asked]
        seeds = [hashed_seed(sampling.seed, ids, r.sample) for r, (ids, _) in zip(requests, asked, strict=True)]
        there = [(ids, seed) for (ids, _), seed, fit in zip(asked, seeds, fits, strict=True) if fit]
        said = iter(self._decode([ids for ids, _ in there], [seed for _, seed in there], sampling) if there else ())
        return [
            (next(said) if fit else self._too_long(ids))._replace(request=request.id, thinking=thinking)
            for request, (ids, thinking), fit in zip(requests, asked, fits, strict=True)
        ]

    def _too_long(self, ids: Sequence[int]) -> Completion:
        return Completion(f"the prompt has {len(ids):,} tokens, and {self.name} reads {self.context:,}", "failed")

    def _decode(self, prompts: list[list[int]], seeds: list[int], sampling: Sampling) -> list[Completion]:
        from transformers import StopStringCriteria

        from assay.models.decoding import Draw, sample

        ends = StopStringCriteria(self.tokenizer, list(sampling.stop)) if sampling.stop else None
        said = sample(
            self.model,
            prompts,
            Draw(seeds, sampling),
            eos=self.eos,
            pad=self.tokenizer.pad_token_id,
            stopped=ends and (lambda tokens: ends(tokens, None)),
        )
        return [self._completion(row, logprobs, sampling) for row, logprobs in said]

    def _completion(self, row: list[int], logprobs: list[float], sampling: Sampling) -> Completion:
        text, is_stopped = until(decode(self.tokenizer, row, self.eos), sampling.stop)
        finish = "stop" if row[-1] in self.eos or is_stopped else "length"
        return Completion(text, finish, tuple(row), tuple(logprobs))


def until(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """A text up to the first of some texts, and whether one was there.

    Example:
        >>> until("5 eggs.\\n\\nQuestion: how", ("\\n\\nQ", "Question:"))
        ('5 eggs.', True)
    """
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return text[: min(places, default=len(text))], bool(places)


def _eos_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    ids = model.generation_config.eos_token_id
    ids = ids if isinstance(ids, list) else [ids]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if i is not None)
