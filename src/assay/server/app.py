"""The application: what is accepted is answered, what is too much is refused at once, no fault of ours is a zero."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from assay.errors import AssayError
from assay.serve.openrlhf import rows_of
from assay.server import contracts
from assay.server.guard import LINES, Refused, guard
from assay.server.metrics import Metrics
from assay.server.rows import SLACK, Batch, batch_of, parsed, parsed_lines
from assay.server.settings import Bounds, Settings
from assay.server.workers import Chunk, Workers
from assay.types import Verdict
from assay.version import VERSION

Answer = Callable[[Request], Awaitable[Response]]
DRAIN = 5.0
"""Seconds that the rest of a refused body is read for."""
LONGEST_WAIT = 30
"""Seconds: the most that a client is told to wait before it asks again."""


class Server:
    """The endpoints and what they share."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.metrics, self.open = settings, Metrics(), 0
        self.workers = Workers(settings.workers)
        self.stopping = False

    def app(self) -> Starlette:
        """The ASGI application; `workers` have to be started before, and closed after."""
        posts = {
            "/grade": self.grade,
            "/verify": self.verify,
            "/get_reward": self.get_reward,
            "/run_code": self.run_code,
            "/seed_session": self.seed_session,
        }
        gets = {"/health": self.health, "/metrics": self.told}
        routes = [Route(path, self._guarded(answer), methods=["POST"]) for path, answer in posts.items()]
        routes += [Route(path, self._guarded(answer), methods=["GET"]) for path, answer in gets.items()]
        handlers: dict[Any, Any] = {404: _unknown, 405: _unknown, Exception: self._broken}
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False  # a redirect would be sent before anything is checked
        return app

    def _guarded(self, answer: Answer) -> Answer:
        """The answer of an endpoint, or one sentence where there is none; counted either way."""

        async def guarded(request: Request) -> Response:
            begun = time.monotonic()
            try:
                guard(request, self.settings)
                response = await answer(request)
            except Refused as refused:
                self.metrics.refused[refused.reason] += 1
                await _drain(request, 4 * self.settings.bounds.body)
                response = refusal(refused.code, refused.sentence, refused.headers)
            except ClientDisconnect:
                response = refusal(400, "the request ended before its body did")
            except AssayError as bad:
                self.metrics.refused["wrong input"] += 1
                response = refusal(422, str(bad))
            self.metrics.requests[(("code", str(response.status_code)), ("path", request.scope["path"]))] += 1
            self.metrics.request_seconds.add(time.monotonic() - begun)
            return response

        return guarded

    async def _broken(self, request: Request, fault: Exception) -> Response:
        """A bug of ours: the answer says so, and whoever asked has no verdict."""
        return refusal(500, f"the server failed ({type(fault).__name__}): nothing was judged; its log says more")

    async def health(self, _: Request) -> Response:
        """Whether requests are taken: 200, or 503 while the server stops."""
        state = "stopping" if self.stopping else "ok"
        return answered({"status": state, "version": VERSION}, 503 if self.stopping else 200)

    async def told(self, _: Request) -> Response:
        """The counters, for Prometheus."""
        text = self.metrics.text(self.workers, self.open)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def grade(self, request: Request) -> Response:
        """Rows in, verdicts out in their order; or, as `application/x-ndjson`, each as soon as it is made."""
        async with self._entered(request) as body:
            lines = LINES in request.headers.get("content-type", "").lower()
            batch = batch_of(parsed_lines(body) if lines else parsed(body), self.settings)
            chunks = self._submit(batch)
            if LINES in request.headers.get("accept", "").lower():
                return _Stream(self, batch, chunks)
            verdicts = await self._made(batch, chunks)
        rows = [{"id": row.id, **v.to_json()} for row, v in zip(batch.rows, verdicts, strict=True)]
        return answered({"verdicts": rows})

    async def verify(self, request: Request) -> Response:
        """NeMo-Gym's contract: the request comes back with `reward`, masked where there is none."""
        async with self._entered(request) as body:
            asked = parsed(body)
            verdict = (await self._judged({"rows": [contracts.gym_row(asked)]}))[0]
        return answered(contracts.gym_reply(asked, verdict))

    async def seed_session(self, request: Request) -> Response:
        """NeMo-Gym's agents begin with it; there is nothing to begin."""
        return answered({})

    async def get_reward(self, request: Request) -> Response:
        """OpenRLHF's contract; a verdict without a score fails the request, unless `?nulls=zero` is asked for."""
        given = request.query_params
        async with self._entered(request) as body:
            rows = rows_of(parsed(body), given.get("verifier"))
            verdicts = await self._judged({"rows": rows, "verifier": given.get("verifier")})
        if given.get("nulls") != "zero" and (why := contracts.skipped(verdicts)):
            raise Refused(503, "no score", f"a response has no reward: {why}", {"Retry-After": "1"})
        return answered(contracts.reply_of(verdicts))

    async def run_code(self, request: Request) -> Response:
        """SandboxFusion's contract, for Python and C++."""
        async with self._entered(request) as body:
            job = contracts.program_of(parsed(body), self.settings.bounds)
            self._admit(1)
            patience = SLACK + 20 * max(2.0, job["seconds"]) + 4 * job["compile_seconds"]
            chunk = Chunk({"run": job}, patience)
            self.workers.submit([chunk])
            return answered(contracts.program_reply((await chunk.done)[0]))

    async def _judged(self, request: Any) -> list[Verdict]:
        batch = batch_of(request, self.settings)
        return await self._made(batch, self._submit(batch))

    @contextlib.asynccontextmanager
    async def _entered(self, request: Request) -> AsyncIterator[bytes]:
        """The body of a request that is let in. Raises `Refused` where too many are open, or it is large or slow."""
        bounds = self.settings.bounds
        if self.open >= bounds.requests:
            raise self._busy(f"{bounds.requests} requests are open")
        self.open += 1
        try:
            yield await _body(request, bounds)
        finally:
            self.open -= 1

    def _submit(self, batch: Batch) -> list[tuple[list[int], Chunk]]:
        self._admit(sum(row.known is None for row in batch.rows))
        chunks = batch.chunks(self.settings.workers)
        self.workers.submit([chunk for _, chunk in chunks])
        return chunks

    def _admit(self, rows: int) -> None:
        """Raise `Refused` where so many rows more would wait too long; what fits alone is taken when nothing waits."""
        waiting, most = self.workers.waiting, self.settings.bounds.waiting
        if waiting and waiting + rows > most:
            raise self._busy(f"{waiting:,} rows wait already")

    def _busy(self, why: str) -> Refused:
        wait = min(LONGEST_WAIT, max(1, math.ceil(self.workers.waiting / 2 / max(1.0, self.workers.rate))))
        return Refused(429, "busy", f"{why}: ask again in {wait} s", {"Retry-After": str(wait)})

    async def _made(self, batch: Batch, chunks: Sequence[tuple[list[int], Chunk]]) -> list[Verdict]:
        verdicts = [row.known or Verdict.error("it was not judged") for row in batch.rows]
        for places, chunk in chunks:
            for place, made in zip(places, await chunk.done, strict=True):
                verdicts[place] = _verdict(made, batch, place)
        self.metrics.judged(verdicts)
        return verdicts

    def lines(self, batch: Batch, verdicts: dict[int, Verdict]) -> str:
        self.metrics.judged(verdicts.values())
        rows = ({"row": n, "id": batch.rows[n].id, **verdict.to_json()} for n, verdict in verdicts.items())
        return "".join(json.dumps(row) + "\n" for row in rows)


def _verdict(made: dict[str, Any], batch: Batch, place: int) -> Verdict:
    if "error" not in made:
        return Verdict.from_json(made)
    example = batch.rows[place].example
    return replace(Verdict.error(made["error"]), verifier=example.verifier if example else "")


class _Stream(StreamingResponse):  # type: ignore[misc]
    """A line for each verdict as it is made, with the number of its row; what nobody waits for is not judged."""

    def __init__(self, server: Server, batch: Batch, chunks: Sequence[tuple[list[int], Chunk]]) -> None:
        super().__init__(self._made(), media_type=LINES)
        self._server, self._batch = server, batch
        self._places = {chunk.done: found for found, chunk in chunks}

    async def __call__(self, *given: Any) -> None:
        self._server.open += 1
        try:
            await super().__call__(*given)
        finally:
            self._server.open -= 1
            for future in self._places:
                future.cancel()

    async def _made(self) -> AsyncIterator[str]:
        batch, waiting = self._batch, set(self._places)
        if known := {n: row.known for n, row in enumerate(batch.rows) if row.known}:
            yield self._server.lines(batch, known)
        while waiting:
            ready, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for future in ready:
                made = zip(self._places[future], future.result(), strict=True)
                yield self._server.lines(batch, {place: _verdict(row, batch, place) for place, row in made})


async def _body(request: Request, bounds: Bounds) -> bytes:
    """The body, read no further than its bound. Raises `Refused` where it is larger, or slow."""
    told = f"a request has at most {bounds.body / (1 << 20):g} MiB here: send the rows in parts"
    size = request.headers.get("content-length", "0")
    large = Refused(413, "size", told, {"Connection": "close"})
    if size.isdigit() and int(size) > bounds.body:
        raise large
    parts, held = [], 0
    try:
        async with asyncio.timeout(bounds.patience):
            async for part in request.stream():
                held += len(part)
                if held > bounds.body:
                    raise large
                parts.append(part)
        request.state.read = True
    except TimeoutError:
        told = f"the body did not arrive within {bounds.patience:g} seconds"
        raise Refused(408, "slow body", told, {"Connection": "close"}) from None
    return b"".join(parts)


async def _drain(request: Request, most: int) -> None:
    """Read what is left of a body and drop it: who is cut off in sending never reads why."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN):
            while most > 0 and not getattr(request.state, "read", request.method == "GET"):
                message = await request.receive()
                most -= len(message.get("body", b""))
                request.state.read = not message.get("more_body", False)


def answered(value: Any, code: int = 200) -> Response:
    """JSON, in ASCII."""
    return Response(json.dumps(value), code, media_type="application/json")


def refusal(code: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """One sentence in place of an answer."""
    return Response(json.dumps({"error": sentence[:2000]}), code, headers, "application/json")


async def _unknown(request: Request, fault: Any) -> Response:
    paths = "POST /grade, /verify, /get_reward, /run_code; GET /health, /metrics"
    return refusal(fault.status_code, f"there is no {request.method} {request.scope['path'][:80]} here, but {paths}")
