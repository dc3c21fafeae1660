"""A client of `assay serve`: verdicts in order, however often it has to ask.

    from assay.client import Client

    with Client("http://127.0.0.1:8765") as client:
        verdicts = client.verify_many(examples, responses)

Only the standard library is needed, so a trainer's environment needs nothing more. Judging the same rows twice gives
the same verdicts, so whatever a busy, restarting or lost server leaves open is asked again, after what `Retry-After`
says or an exponential backoff with jitter.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self
from urllib.parse import urlsplit

from assay.errors import AssayError, BadConfig
from assay.types import Attempt, Example, Verdict

PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that may be another one soon."""
BACKOFF, LONGEST = 0.1, 10.0
"""Seconds before the first further try, doubled each time, and the most that is waited between two."""


class Client:
    """A client. Threads may share it; close it, or use it as a context manager, where its connections must not stay.

    Args:
        address: Of the server, `http(s)://HOST:PORT`; a path before `/grade` is kept.
        token: The server's token; `$ASSAY_TOKEN` without it.
        batch: Rows of a request.
        at_once: Requests that are open side by side.
        patience: Seconds for all tries of one request together.
        timeout: Seconds that the server may be silent within one try.

    Raises `BadConfig` where the address is none.
    """

    def __init__(
        self,
        address: str = "http://127.0.0.1:8765",
        *,
        token: str | None = None,
        batch: int = 64,
        at_once: int = 4,
        patience: float = 600.0,
        timeout: float = 300.0,
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadConfig(f"a server's address is like http://127.0.0.1:8765, not {address!r}")
        if batch < 1 or at_once < 1 or not patience > 0:
            raise BadConfig("a client needs a batch and at_once of at least 1, and patience above 0")
        self.address, self._parts = address.rstrip("/"), parts
        self._token = os.environ.get("ASSAY_TOKEN", "") if token is None else token
        self.batch, self.at_once, self.patience, self.timeout = batch, at_once, patience, timeout
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client opens new ones when it is used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def verify_many(
        self, examples: Sequence[Example], responses: Sequence[str | Attempt], *, deadline: float | None = None
    ) -> list[Verdict]:
        """The verdict on each pair, in order, as `assay.verify_many` gives it. Raises as `grade` does."""
        if len(examples) != len(responses):
            raise ValueError(f"{len(examples)} examples but {len(responses)} responses: give one example a response")
        said = [response.said if isinstance(response, Attempt) else response for response in responses]
        rows = [{"example": e.to_json(), "response": text} for e, text in zip(examples, said, strict=True)]
        return self.grade(rows, deadline=deadline)

    def grade(self, rows: Sequence[Mapping[str, Any]], **how: Any) -> list[Verdict]:
        """The verdict on each row (`response`, and `example` or `verifier` and `reference`), in order.

        `how` are other keys of the request: `deadline`, `thinking`, `verifier`, `reference`. Rows for which the server
        gave no answer within `patience` are `error`: they have no score. Raises `AssayError` with the server's sentence
        where it refuses the rows or the token.
        """
        more = {name: value for name, value in how.items() if value is not None}
        parts = [list(rows[start : start + self.batch]) for start in range(0, len(rows), self.batch)]
        with ThreadPoolExecutor(self.at_once, "assay-client") as threads:
            made = list(threads.map(lambda part: self._graded(part, more), parts))
        return [verdict for part in made for verdict in part]

    def _graded(self, rows: Sequence[Mapping[str, Any]], how: Mapping[str, Any]) -> list[Verdict]:
        try:
            reply = self.ask("/grade", {**how, "rows": rows})
        except Unanswered as nothing:
            return [Verdict.error(str(nothing))] * len(rows)
        verdicts = [Verdict.from_json(row) for row in reply["verdicts"]]
        if len(verdicts) != len(rows):
            raise AssayError(f"{self.address} gave {len(verdicts)} verdicts on {len(rows)} rows: is it `assay serve`?")
        return verdicts

    def ask(self, path: str, request: Any) -> Any:
        """The JSON answer to a JSON request. Raises `AssayError` where it is refused, `Unanswered` without one."""
        body, began, tries = json.dumps(request).encode(), time.monotonic(), 0
        while True:
            code, told, wait = self._tried(path, body)
            if code == 200:
                return told
            if code not in PASSING and code:
                raise AssayError(f"{self.address}{path} refuses ({code}): {told}")
            tries += 1
            pause = min(LONGEST, BACKOFF * 2 ** min(tries, 10)) * (0.5 + random.random())
            pause = max(pause, wait * (1 + 0.5 * random.random()))
            if time.monotonic() - began + pause > self.patience:
                raise Unanswered(f"{self.address}{path} gave no answer in {self.patience:g} s ({tries} tries): {told}")
            time.sleep(pause)

    def _tried(self, path: str, body: bytes) -> tuple[int, Any, float]:
        """Code, answer or reason, and seconds to wait, of one try; the code is 0 where the connection was lost."""
        connection = self._connection()
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self._token}"} if self._token else {}
        )
        try:
            connection.request("POST", self._parts.path.rstrip("/") + path, body, headers)
            answer = connection.getresponse()
            data, code = answer.read(), answer.status
            wait = answer.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException) as lost:
            connection.close()
            return 0, f"{type(lost).__name__}: {lost}", 0.0
        with self._lock:
            self._idle.append(connection)
        try:
            told = json.loads(data)
        except ValueError:
            return (code if code != 200 else 502), data[:200].decode("utf-8", "replace"), 0.0
        seconds = float(wait) if wait.isdigit() else 0.0
        return code, told if code == 200 else _sentence(told), min(seconds, 2 * LONGEST)

    def _connection(self) -> http.client.HTTPConnection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        with contextlib.suppress(ValueError):  # a port that is no number is no port
            return kind(str(self._parts.hostname), self._parts.port, timeout=self.timeout)
        raise BadConfig(f"a server's address is like http://127.0.0.1:8765, not {self.address!r}")


class Unanswered(AssayError):
    """A server that gave no answer for as long as its client would wait."""


def _sentence(told: Any) -> str:
    return str(told.get("error", told) if isinstance(told, dict) else told)[:2000]
