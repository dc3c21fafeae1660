"""The Engine contract: requests in, completions out as they finish, with token ids and log-probabilities."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar, get_type_hints, runtime_checkable

from pydantic import TypeAdapter, ValidationError

from assay.errors import AssayError, BadConfig, did_you_mean
from assay.models.library import model_path
from assay.registry import Registry
from assay.types import Message, content_hash

Result = TypeVar("Result")


@dataclass(frozen=True)
class Sampling:
    """How to sample. The defaults are plain sampling from the policy, as in training."""

    temperature: float = 1.0
    """0 is greedy."""
    top_p: float = 1.0
    max_tokens: int = 512
    seed: int = 0
    """Each completion's stream is hashed from (seed, prompt, sample number), so batches do not change results."""
    stop: tuple[str, ...] = ()
    """Texts at which a response ends; they are no part of it."""

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.max_tokens < 1:
            raise AssayError(f"sampling needs temperature >= 0, 0 < top_p <= 1 and max_tokens >= 1; got {self}")
        if not all(self.stop):
            raise AssayError("an empty text stops nothing: leave it out of stop")

    def facts(self) -> dict[str, Any]:
        """As JSON, to be written beside what was sampled; without `stop` where nothing stops a response."""
        return {name: value for name, value in asdict(self).items() if value != ()}


class Request(NamedTuple):
    """One response that is wanted."""

    id: str
    """The caller's name for it; its completion carries the same."""
    prompt: tuple[Message, ...]
    sample: int = 0
    """Number of the sample of this prompt: it decides the random stream, so sample 5 is the same whatever else is
    drawn, and when."""
    sealed: bool = False
    """Whether no message may show the prompt."""


class Completion(NamedTuple):
    """One response of an engine."""

    text: str
    finish: str = "stop"
    """`stop`; `length` when `max_tokens` cut it; `refused` where the model would not answer; `failed` where there is no
    response, and `text` says why."""
    token_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    """Log-probability of each token under the distribution it was drawn from, where known."""
    request: str = ""
    """The id of the request that it answers."""
    thinking: str = ""
    """The opening tag of the thinking part that the prompt as sent left open, where it left one."""
    tokens: int = 0
    """Length in tokens, for engines that do not tell which."""


@runtime_checkable
class Engine(Protocol):
    """What every engine does. A third party registers one under the entry-point group `assay.engines`.

    Optional: `version`, what computes its answers, which is written beside them since it changes them; `sees`, whether
    it looks at pictures.
    """

    name: str
    """Written into rollouts and measurements: which model answered."""
    fingerprint: str
    """What decides its answers: two engines with one name and other weights never share a measurement."""

    def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        """A completion for each request, as they finish, in any order. Raises `AssayError` where it cannot answer."""
        ...


@runtime_checkable
class Recorded(Protocol):
    """What an engine of recorded responses does besides: it knows before any work what it lacks."""

    def require(self, requests: Iterable[Request]) -> None:
        """Raise `AssayError` where a response that is asked for was not recorded."""
        ...


def generate(
    engine: Engine, prompts: Sequence[tuple[Message, ...]], n: int, sampling: Sampling, *, first: int = 0
) -> list[list[Completion]]:
    """`n` completions for each of P prompts, numbered from `first`, once all are there: a list of P lists of n."""
    numbers = range(first, first + n)
    requests = [Request(f"{p}/{s}", prompt, s) for p, prompt in enumerate(prompts) for s in numbers]

    async def all_of_them() -> dict[str, Completion]:
        return {completion.request: completion async for completion in engine.stream(requests, sampling)}

    done = wait_for(all_of_them())
    return [[done[f"{p}/{s}"] for s in numbers] for p in range(len(prompts))]


def wait_for(work: Coroutine[None, None, Result]) -> Result:
    """Run a coroutine to its end, also where an event loop runs already (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1, "assay-loop") as thread:
        return thread.submit(asyncio.run, work).result()


ENGINES: Registry[type[Engine]] = Registry(
    "engine",
    {
        "transformers": "assay.models.hf:TransformersEngine",
        "vllm": "assay.models.vllm:VllmEngine",
        "openai": "assay.models.openai:OpenAIEngine",
        "replay": "assay.models.replay:ReplayEngine",
    },
    group="assay.engines",
)

ADAPTER = "adapter_config.json"


def base_model(path: str) -> str | None:
    """The model whose weights an adapter (LoRA) changes; `None` where a path is no directory of an adapter."""
    says = Path(path) / ADAPTER
    return str(json.loads(says.read_text("utf-8"))["base_model_name_or_path"]) if says.is_file() else None


def weights_hash(path: str) -> str:
    """Hash of every file of a model directory, or of a single file; of a hub name, the name itself.

    That of an adapter counts the weights of its model too.
    """
    where = Path(model_path(path))
    files = sorted(p for p in where.iterdir() if p.is_file()) if where.is_dir() else [where]
    if not where.exists():
        return content_hash(path)
    found = {}
    for file in files:
        with file.open("rb") as content:
            found[file.name] = hashlib.file_digest(content, "sha256").hexdigest()
    if base := base_model(path):
        found["base"] = weights_hash(base)
    return content_hash(found)


def kind_of_model(path: str) -> str:
    """The name of the engine that a model of this name needs."""
    if path.startswith(("openai:", "http://", "https://")):
        return "openai"
    return "replay" if path.endswith((".jsonl", ".jsonl.gz")) else "transformers"


def open_engine(path: str, engine: str | None = None, **options: object) -> Engine:
    """An engine for a model directory, a hub name, `tiny`, a server (`openai`), or recorded completions (`replay`)."""
    kind = engine or kind_of_model(path)
    return ENGINES.get(kind)(path, **options)  # type: ignore[call-arg]  # the protocol leaves construction open


HANDED = ("self", "path", "model", "tokenizer")
"""What no option of a command line can be."""


def checked_options(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of an engine, as it takes them. Raises `BadConfig` for one that it has not, or of another type."""
    start = ENGINES.get(kind).__init__
    known = {name: hint for name, hint in get_type_hints(start).items() if name not in (*HANDED, "return")}
    made = {}
    for name, value in given.items():
        if name not in known:
            raise BadConfig(f"the engine {kind} has no option {name!r}{did_you_mean(name, known)}")
        try:
            made[name] = TypeAdapter(known[name]).validate_python(value)
        except ValidationError as bad:
            raise BadConfig(f"engine.{name}: {bad.errors()[0]['msg']} (got {value!r})") from None
    return made
