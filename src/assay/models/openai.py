"""The `openai` engine: any server that speaks OpenAI's chat completions (vLLM, SGLang, llama.cpp, TGI, Ollama, ...).

A model is named by the address of its server and, behind `#`, its name there (`http://localhost:8000/v1#my-model`; with
one model on the server the address is enough), or as `openai:MODEL` at `$OPENAI_BASE_URL`. The key is
`$OPENAI_API_KEY`. Requests run side by side. What a server or a network can recover from is tried again, after what
`Retry-After` says or an exponential backoff with jitter. A seed is sent with each sample, which some servers heed.
"""

from __future__ import annotations

import asyncio
import base64
import email.utils
import mimetypes
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from assay.errors import AssayError, MissingExtra
from assay.models.engine import Completion, Request, Sampling
from assay.types import Message, content_hash, hashed_seed

if TYPE_CHECKING:
    import httpx

OPENAI = "openai:"
ADDRESSES = ("http://", "https://", "data:")
ADDRESS = "https://api.openai.com/v1"
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers that may be another one soon."""
HOPELESS = frozenset({401, 403, 404, 405})
"""Answers that every other request would get too."""
NOT_OURS = "what came back is no chat completion"
HINTS: Mapping[int, str] = {
    401: "is $OPENAI_API_KEY set, and the key of this server?",
    403: "is $OPENAI_API_KEY set, and the key of this server?",
    404: "does the address end as the server's does (mostly /v1), and is the model (#MODEL) called so there?",
    405: "does the address end as the server's does (mostly /v1)?",
    429: "ask for fewer at once: --engine.concurrency=4, or the concurrency of the engine.",
}
"""What to do about an answer, by its status."""
BACKOFF, LONGEST = 0.5, 60.0
"""Seconds before the first further try, doubled each time, and the most that is waited."""
SUSPECT = 3
"""Requests that may be refused before one was answered."""
POOLS = 8
"""Clients that stay open in an event loop: each looks through all its connections at every request, idle ones most."""
FINISH = {"stop": "stop", "length": "length", "content_filter": "refused"}


def place_of(path: str) -> tuple[str, str]:
    """The address of a server and the name of a model there, which may be empty."""
    if path.startswith(OPENAI):
        return (os.environ.get("OPENAI_BASE_URL") or ADDRESS).rstrip("/"), path.removeprefix(OPENAI)
    address, _, model = path.partition("#")
    return address.rstrip("/"), model


class OpenAIEngine:
    """Chat completions of a server. It sends pictures too.

    Args:
        path: `openai:MODEL`, or `http(s)://HOST/v1#MODEL`.
        name: What rollouts call the model; its name at the server without it.
        concurrency: Requests that are open at once.
        tries: How often one request is sent, at most.
        seconds: Time of one try.
        logprobs: Whether log-probabilities of the tokens are asked for.
        prices: Price of a million tokens of prompts and of responses.
        more: Further keys of each request (`{"top_k": 20}`).
        keep_open: Whether connections outlive a call of `stream`, for callers that make many in one event loop.
        images: Folder that the paths of images start from, where they are no whole paths.

    Raises `MissingExtra` without the extra `openai`, and `AssayError` where the address is none, no model is named or
    the server does not answer.
    """

    sees = True
    version = "chat completions of a server, which does not say what runs it"

    def __init__(
        self,
        path: str,
        *,
        name: str | None = None,
        concurrency: int = 32,
        tries: int = 8,
        seconds: float = 600.0,
        logprobs: bool = False,
        prices: tuple[float, float] | None = None,
        more: Mapping[str, Any] | None = None,
        keep_open: bool = False,
        images: str = "",
    ) -> None:
        try:
            import httpx
        except ImportError:
            raise MissingExtra("the openai engine", "openai") from None
        self._httpx = httpx
        self.address, model = place_of(path)
        try:
            self._chat = httpx.URL(f"{self.address}/chat/completions")  # read once: a request is built in a third of it
        except httpx.InvalidURL as fault:
            raise AssayError(f"{self.address} is no address of a server: {fault}") from None
        self.concurrency, self.tries, self.seconds = concurrency, tries, seconds
        self.logprobs, self.prices, self.more = logprobs, prices, dict(more or {})
        self.keep_open, self.images = keep_open, images
        self._kept: WeakKeyDictionary[asyncio.AbstractEventLoop, list[_Kept]] = WeakKeyDictionary()
        self.model = model or self._only_model()
        self.name = name or self.model
        self.fingerprint = content_hash([self.address, self.model, self.more])
        """Of the address and the name alone: a server does not say which weights it holds."""
        self.usage: Counter[str] = Counter()
        """`requests`, `tries`, `failed`, `prompt_tokens` and `completion_tokens` so far."""

    @property
    def cost(self) -> float | None:
        """What the tokens so far cost; `None` without prices."""
        if self.prices is None:
            return None
        sent, said = self.prices
        return (self.usage["prompt_tokens"] * sent + self.usage["completion_tokens"] * said) / 1e6

    def _headers(self) -> dict[str, str]:
        key = os.environ.get("OPENAI_API_KEY")
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _only_model(self) -> str:
        """The name of the only model of the server."""
        try:
            answer = self._httpx.get(f"{self.address}/models", headers=self._headers(), timeout=30)
            known = [str(model["id"]) for model in answer.raise_for_status().json()["data"]]
        except (self._httpx.HTTPError, ValueError, KeyError, TypeError) as fault:
            raise AssayError(
                f"{self.address} does not tell its models ({_said(fault)}): is the server there? Name the model "
                f"behind the address: {self.address}#MODEL"
            ) from None
        if len(known) != 1:
            raise AssayError(
                f"{self.address} has {len(known)} models: name one: {self.address}#{(known or ['MODEL'])[0]}"
            )
        return known[0]

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        """Completions as they come; see `Engine.stream`. One that the server refuses to make has `finish` `failed`.

        Raises `AssayError` where the server cannot be reached, or refuses the key, the model or the first requests.
        """
        if len(requests) == 1:  # as a judge asks: a task of its own would cost more than it does
            async with self._client() as client:
                yield await self._completed(client, requests[0], sampling)
            return
        waiting = list(reversed(requests))
        open_: set[asyncio.Task[Completion]] = set()
        async with self._client() as client:
            try:
                while waiting or open_:
                    while waiting and len(open_) < self.concurrency:
                        open_.add(asyncio.create_task(self._completed(client, waiting.pop(), sampling)))
                    done, open_ = await asyncio.wait(open_, return_when=asyncio.FIRST_COMPLETED)
                    failed = [task for task in done if task.exception() is not None]  # what came goes first
                    for task in done.difference(failed):
                        yield task.result()
                    for task in failed:
                        task.result()
            finally:
                for task in open_:
                    task.cancel()
                await asyncio.gather(*open_, return_exceptions=True)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for this call, or of those of this event loop the one that has the fewest calls under way."""
        if not self.keep_open:
            async with self._opened(self.concurrency) as client:
                yield client
            return
        loop = asyncio.get_running_loop()
        if loop not in self._kept:
            self._kept[loop] = [_Kept(self._opened(-(-self.concurrency // POOLS))) for _ in range(POOLS)]
        kept = min(self._kept[loop], key=_under_way)
        kept.under_way += 1
        try:
            yield kept.client
        finally:
            kept.under_way -= 1

    def _opened(self, connections: int) -> httpx.AsyncClient:
        limits = self._httpx.Limits(max_connections=connections)
        return self._httpx.AsyncClient(limits=limits, timeout=self.seconds, headers=self._headers())

    async def _completed(self, client: httpx.AsyncClient, request: Request, sampling: Sampling) -> Completion:
        seed = hashed_seed(sampling.seed, [turn.to_json() for turn in request.prompt], request.sample)
        body = {
            **self.more,
            "model": self.model,
            "messages": [_turn(turn, self.images) for turn in request.prompt],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": seed % 2**31,
        }
        if self.logprobs:
            body["logprobs"] = True
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        self.usage["requests"] += 1
        wait, why, hint = BACKOFF, "", ""
        for number in range(self.tries):
            self.usage["tries"] += 1
            try:
                answer = await client.post(self._chat, json=body)
            except self._httpx.HTTPError as fault:
                pause, why, hint = None, _said(fault), "is a server running there?"
            else:
                if answer.status_code < 300:
                    completion = self._read(answer, request)
                    if completion is not None:
                        return completion
                    pause, why, hint = None, NOT_OURS, HINTS[405]
                elif answer.status_code in PASSING:
                    pause, why = _retry_after(answer.headers), f"{answer.status_code} {_reason(answer)}"
                    hint = HINTS.get(answer.status_code, "the fault is the server's own: its log says more.")
                else:
                    return self._refused(answer, request)
            if number + 1 < self.tries:
                jitter = random.uniform(0.5, 1.0)  # so that clients do not come back all at once
                await asyncio.sleep(min(LONGEST, pause if pause is not None else wait * jitter))
                wait *= 2
        raise AssayError(
            f"{self.address} did not answer in {self.tries} tries; the last: {why}: {hint} What was answered is kept: "
            "run it again to go on"
        )

    def _read(self, answer: httpx.Response, request: Request) -> Completion | None:
        """The completion of an answer; `None` where it is none."""
        try:
            row = answer.json()
            choice, used = row["choices"][0], row.get("usage") or {}
            text = choice["message"].get("content")
            refusal = choice["message"].get("refusal")
            finish = FINISH.get(choice.get("finish_reason") or "stop", "stop")
            known = (choice.get("logprobs") or {}).get("content") or []
            logprobs = tuple(float(token["logprob"]) for token in known)
            sent, said = int(used.get("prompt_tokens") or 0), int(used.get("completion_tokens") or 0)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return None
        if text is not None and not isinstance(text, str):
            return None
        self.usage["prompt_tokens"] += sent
        self.usage["completion_tokens"] += said
        return Completion(
            text or refusal or "",
            "refused" if refusal else finish,
            logprobs=logprobs,
            request=request.id,
            tokens=said or len(logprobs),
        )

    def _refused(self, answer: httpx.Response, request: Request) -> Completion:
        """A completion that the server refuses to make: too long a prompt, mostly."""
        why = f"{answer.status_code} {_reason(answer)}"
        self.usage["failed"] += 1
        answered = self.usage["completion_tokens"]
        if answer.status_code in HOPELESS or (not answered and self.usage["failed"] >= SUSPECT):
            hint = HINTS.get(answer.status_code, "")
            raise AssayError(f"{self.address} refuses what {self.model} is asked: {why}{hint and f': {hint}'}")
        return Completion(why, "failed", request=request.id)


@dataclass
class _Kept:
    """A client that stays open, and how many calls it has under way."""

    client: httpx.AsyncClient
    under_way: int = 0


_under_way = attrgetter("under_way")


def _turn(turn: Message, folder: str) -> dict[str, Any]:
    """A message as the server reads it, its images within."""
    if not turn.attachments:
        return {"role": turn.role, "content": turn.content}
    images = [{"type": "image_url", "image_url": {"url": _image(path, folder)}} for path in turn.attachments]
    return {"role": turn.role, "content": [*images, {"type": "text", "text": turn.content}]}


def _image(path: str, folder: str) -> str:
    """The address of an image; a file as a data address."""
    if path.startswith(ADDRESSES):
        return path
    kind = mimetypes.guess_type(path)[0] or "image/png"
    try:
        return f"data:{kind};base64,{base64.b64encode(Path(folder, path).read_bytes()).decode('ascii')}"
    except OSError as fault:
        raise AssayError(f"the image {path} of a problem cannot be read: {fault.strerror}") from None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110)."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        said = headers.get("retry-after", "")
        if said.replace(".", "", 1).isdecimal():
            return float(said)
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time()) if said else None
    except (ValueError, TypeError, OverflowError):
        return None


def _reason(answer: httpx.Response) -> str:
    """What an answer says of a fault, in a line."""
    try:
        row = answer.json()
        fault = row.get("error", row)
        text = fault.get("message") or fault.get("detail") or str(fault) if isinstance(fault, dict) else str(fault)
    except (ValueError, AttributeError):
        text = answer.text
    return " ".join(str(text).split())[:300]


def _said(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}".rstrip(": ")
