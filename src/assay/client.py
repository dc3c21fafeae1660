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
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self
from urllib.parse import urlsplit

from assay.errors import AssayError, BadConfig
from assay.types import Attempt, Example, Verdict

PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that may be another one soon."""
BROKEN = 5
"""How often a request is sent with which the server fails (500)."""
LINES = "application/x-ndjson"
BACKOFF, LONGEST = 0.1, 10.0
"""Seconds before the first further try, doubled each time, and the most that is waited between two."""


class Client:
    """A client. Threads may share it; close it, or use it as a context manager, where its connections must not stay.

    Args:
        address: Of the server, `http(s)://HOST:PORT`; a path before `/grade` is kept.
        token: The server's token; `$ASSAY_TOKEN` without it.
        batch: Rows of a request.
        at_once: Requests that are open side by side.
        patience: Seconds for all tries of one request in which nothing comes.
        timeout: Seconds that the server may be silent within one try; a verdict on a program may take minutes.

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
        timeout: float = 600.0,
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadConfig(f"a server's address is like http://127.0.0.1:8765, not {address!r}")
        if batch < 1 or at_once < 1 or not patience > 0:
            raise BadConfig("a client needs a batch and at_once of at least 1, and patience above 0")
        self.address, self._parts = address.rstrip("/"), parts
        self._token = (os.environ.get("ASSAY_TOKEN", "") if token is None else token).strip()
        if not self._token.isprintable() or not self._token.isascii():
            raise BadConfig("the token holds characters that no header can carry")
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
        if isinstance(rows, Mapping | str) or not all(isinstance(row, Mapping) for row in rows):
            raise BadConfig('rows is a list of objects, also where it is one: [{"verifier": ..., "reference": ...}]')
        more = {name: value for name, value in how.items() if value is not None}
        parts = [list(rows[start : start + self.batch]) for start in range(0, len(rows), self.batch)]
        with ThreadPoolExecutor(self.at_once, "assay-client") as threads:
            made = list(threads.map(lambda part: self._graded(part, more), parts))
        return [verdict for part in made for verdict in part]

    def _graded(self, rows: Sequence[Mapping[str, Any]], how: Mapping[str, Any]) -> list[Verdict]:
        """The verdicts on one batch; what has come is kept, whatever becomes of the connection."""
        made: dict[int, Verdict] = {}
        tries = _Tries(self, "/grade")
        while places := [place for place in range(len(rows)) if place not in made]:

            def take(told: Any, places: list[int] = places) -> None:
                made[places[told["row"]]] = Verdict.from_json(told)
                tries.begin()

            asked = _body({**how, "rows": [rows[at] for at in places]})
            code, said, wait = self._tried("/grade", asked, take if len(places) > 1 else None)
            if code == 200 and len(places) == 1:
                take(_only(said, self.address))
            if code == 413 and len(places) > 1:  # larger than a request may be: in halves
                half = len(places) // 2
                for part in (places[:half], places[half:]):
                    made.update(zip(part, self._graded([rows[at] for at in part], how), strict=True))
                continue
            try:
                if len(made) < len(rows):
                    tries.failed(code, said, wait)
            except Unanswered as nothing:
                made.update({place: Verdict.error(str(nothing)) for place in places if place not in made})
        return [made[place] for place in range(len(rows))]

    def ask(self, path: str, request: Any) -> Any:
        """The JSON answer to a JSON request. Raises `AssayError` where it is refused, `Unanswered` without one."""
        tries = _Tries(self, path)
        while True:
            code, told, wait = self._tried(path, _body(request))
            if code == 200:
                return told
            tries.failed(code, told, wait)

    def _tried(self, path: str, body: bytes, take: Callable[[Any], None] | None = None) -> tuple[int, Any, float]:
        """Code, answer or reason, and seconds to wait, of one try; the code is 0 where the connection was lost.

        With `take` the answer is lines, each of which it is handed as it comes.
        """
        connection = self._connection()
        headers = {"Content-Type": "application/json"}
        headers |= {"Accept": LINES} if take else {}
        headers |= {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have said why before it hung up
                connection.request("POST", self._parts.path.rstrip("/") + path, body, headers)
            answer = connection.getresponse()
            if take and answer.status == 200:
                if LINES not in answer.headers.get("Content-Type", ""):
                    raise _foreign(self.address)
                for line in answer:
                    if line.strip():
                        take(json.loads(line))
            data, code, wait = answer.read(), answer.status, answer.headers.get("Retry-After", "")
            told = json.loads(data) if data else None
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as lost:
            connection.close()
            return 0, f"{type(lost).__name__}: {lost}", 0.0
        with self._lock:
            self._idle.append(connection)
        return code, told if code == 200 else _sentence(told), float(wait) if wait.isdigit() else 0.0

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


class _Tries:
    """The tries of one request: how long to wait before the next, and when to give up."""

    def __init__(self, client: Client, path: str) -> None:
        self._client, self._where = client, f"{client.address}{path}"
        self.begin()

    def begin(self) -> None:
        """Something came: patience begins anew."""
        self._began, self._count = time.monotonic(), 0

    def failed(self, code: int, told: Any, wait: float) -> None:
        """Sleep before the next try. Raises `AssayError` where there can be none, `Unanswered` where it is too late."""
        if code and code != 200 and code not in PASSING:
            raise AssayError(f"{self._where} refuses ({code}): {told}")
        self._count += 1
        if code == 500 and self._count >= BROKEN:
            raise Unanswered(f"{self._where} failed {BROKEN} times: {told}")
        pause = min(LONGEST, BACKOFF * 2 ** min(self._count, 10)) * (0.5 + random.random())
        pause = max(pause, min(wait, 3 * LONGEST) * (1 + 0.5 * random.random()))
        patience = self._client.patience
        if time.monotonic() - self._began + pause > patience:
            raise Unanswered(f"{self._where} gave no answer in {patience:g} s (tries: {self._count}): {told}")
        time.sleep(pause)


def _only(told: Any, address: str) -> dict[str, Any]:
    """The only verdict of an answer, as a line has it."""
    if not isinstance(told, dict) or not isinstance(told.get("verdicts"), list) or len(told["verdicts"]) != 1:
        raise _foreign(address)
    return {**told["verdicts"][0], "row": 0}


def _foreign(address: str) -> AssayError:
    return AssayError(f"{address} answers, and not with verdicts: is it `assay serve`?")


def _body(request: Any) -> bytes:
    return json.dumps(request).encode()


def _sentence(told: Any) -> str:
    return str(told.get("error", told) if isinstance(told, dict) else told)[:2000]
