"""Recorded completions, served as if a model had produced them: offline evaluation, re-scoring, tests.

A record is a JSON line with `prompt` (text or messages) or the `example_id` (or `id`) of its Example, and either
`response` or `responses`; beside them `finish` and `thinking` where they are known (`assay.types.Attempt`). Where a
record has both, the id goes first, and the prompt serves Examples of another id. Records of one problem add up. Asking
for more samples than were recorded is an error, never a silent repeat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

from assay.errors import AssayError, BadRow, counted
from assay.files import read_jsonl
from assay.models.engine import Completion, Request, Sampling, weights_hash
from assay.types import Message, as_messages, content_hash


class ReplayEngine:
    """Serves a JSONL file of recorded completions."""

    def __init__(self, path: str, name: str | None = None) -> None:
        self.name = name or f"replay:{Path(path).name}"
        self.fingerprint = weights_hash(path)
        self._responses: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        """Text, finish and thinking of each response to a problem."""
        for number, row in read_jsonl(path):
            self._record(path, number, row)
        if not any(self._responses.values()):
            raise AssayError(f"{path} holds no responses: name a file with a record of each problem")

    def _record(self, path: str, number: int, row: dict[str, Any]) -> None:
        try:
            keys = [str(row[name]) for name in ("example_id", "id") if row.get(name) is not None][:1]
            keys += [_key(as_messages(row["prompt"]))] if row.get("prompt") or not keys else []
            said = row["responses"] if "responses" in row else [row["response"]]
            if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
                raise TypeError("'response' is text, and 'responses' a list of texts")
            finish, thinking = str(row.get("finish", "stop")), str(row.get("thinking", ""))
        except (ValueError, KeyError, TypeError) as bad:
            fault = f"it has no {bad}" if isinstance(bad, KeyError) else bad
            why = f"a record needs 'prompt' or 'example_id', and 'response' or 'responses' ({fault})"
            raise BadRow(path, number, why) from None
        for key in keys:
            self._responses[key] += [(text, finish, thinking) for text in said]

    def _said(self, request: Request) -> list[tuple[str, str, str]]:
        """What was recorded for the Example of a request, which callers name `ID/SAMPLE`, else for its prompt."""
        known = self._responses.get(request.id.rpartition("/")[0])
        return known or self._responses.get(_key(request.prompt), [])

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        """The recorded sample of each request. Raises `AssayError`, before any is served, where there are fewer."""
        for request, known in zip(requests, self._found(requests), strict=True):
            text, finish, thinking = known[request.sample]
            yield Completion(text, finish, (), (), request.id, thinking)

    def require(self, requests: Iterable[Request]) -> None:
        """Raise `AssayError` where fewer responses were recorded than are asked for."""
        self._found(requests)

    def _found(self, requests: Iterable[Request]) -> list[list[tuple[str, str, str]]]:
        """What was recorded for each request. Raises `AssayError` where that is too little."""
        found, lacking = [], []
        for request in requests:
            found.append(known := self._said(request))
            if len(known) <= request.sample:
                lacking.append(request)
        if lacking:
            first = lacking[0]
            shown = first.prompt[-1].content[:60] if first.prompt and not first.sealed else first.id
            held = len(self._said(first))
            raise AssayError(
                f"{self.name.removeprefix('replay:')} lacks {len(lacking):,} of {counted(len(found), 'response')} that "
                f"are asked for; to {shown!r} it holds {held}: record the rest, or ask for fewer samples"
            )
        return found


def _key(prompt: tuple[Message, ...]) -> str:
    return content_hash([[turn.role, turn.content] for turn in prompt])
