"""Recorded completions, served as if a model had produced them: offline evaluation, re-scoring, tests.

A record is a JSON line with `prompt` (text or messages) and either `response` or `responses`; beside them `finish` and
`thinking` where they are known (`assay.types.Attempt`). Records of the same prompt add up. Asking for more samples than
were recorded is an error, never a silent repeat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.errors import AssayError, BadRow
from assay.files import read_jsonl
from assay.models.engine import Completion, Request, Sampling, weights_hash
from assay.types import Message, as_messages, content_hash


class ReplayEngine:
    """Serves a JSONL file of recorded completions."""

    def __init__(self, path: str, name: str | None = None) -> None:
        self.name = name or f"replay:{Path(path).name}"
        self.fingerprint = weights_hash(path)
        self._responses: dict[str, list[Completion]] = defaultdict(list)
        for number, row in read_jsonl(path):
            self._record(path, number, row)

    def _record(self, path: str, number: int, row: dict[str, Any]) -> None:
        try:
            key = _key(as_messages(row["prompt"]))
            said = row["responses"] if "responses" in row else [row["response"]]
            finish, thinking = str(row.get("finish", "stop")), str(row.get("thinking", ""))
            self._responses[key] += [Completion(str(text), finish, thinking=thinking) for text in said]
        except (ValueError, KeyError, TypeError) as bad:
            why = f"a record needs 'prompt' and 'response' or 'responses' ({bad})"
            raise BadRow(path, number, why) from None

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        """The recorded sample of each request. Raises `AssayError`, before any is served, where there are fewer."""
        said = [self._responses.get(_key(request.prompt), []) for request in requests]
        for request, texts in zip(requests, said, strict=True):
            if len(texts) <= request.sample:
                shown = request.prompt[-1].content[:60] if request.prompt else ""
                raise AssayError(f"{self.name} holds {len(texts)} of {request.sample + 1} responses to {shown!r}")
        for request, texts in zip(requests, said, strict=True):
            yield replace(texts[request.sample], request=request.id)


def _key(prompt: tuple[Message, ...]) -> str:
    return content_hash([[turn.role, turn.content] for turn in prompt])
