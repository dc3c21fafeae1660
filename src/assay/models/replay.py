"""Recorded completions, served as if a model had produced them: offline evaluation, re-scoring, tests.

A record is a JSON line with `prompt` (text or messages) and either `response` or `responses`. Records of the same
prompt add up. Asking for more samples than were recorded is an error, never a silent repeat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.errors import AssayError, BadRow
from assay.files import read_jsonl
from assay.models.engine import Completion, Sampling, weights_hash
from assay.types import Message, as_messages, content_hash


class ReplayEngine:
    """Serves a JSONL file of recorded completions."""

    def __init__(self, path: str, name: str | None = None) -> None:
        self.name = name or f"replay:{Path(path).name}"
        self.fingerprint = weights_hash(path)
        self._responses: dict[str, list[str]] = defaultdict(list)
        for number, row in read_jsonl(path):
            self._record(path, number, row)

    def _record(self, path: str, number: int, row: dict[str, Any]) -> None:
        try:
            key = _key(as_messages(row["prompt"]))
            said = row["responses"] if "responses" in row else [row["response"]]
            self._responses[key] += [str(text) for text in said]
        except (ValueError, KeyError, TypeError) as bad:
            why = f"a record needs 'prompt' and 'response' or 'responses' ({bad})"
            raise BadRow(path, number, why) from None

    def generate(
        self, prompts: Sequence[tuple[Message, ...]], n: int, sampling: Sampling, *, first: int = 0
    ) -> list[list[Completion]]:
        """The recorded samples `first .. first + n - 1` of each prompt. Raises `AssayError` where there are fewer."""
        out = []
        for prompt in prompts:
            said = self._responses.get(_key(prompt), [])
            if len(said) < first + n:
                shown = prompt[-1].content[:60] if prompt else ""
                raise AssayError(f"{self.name} holds {len(said)} of {first + n} responses to {shown!r}")
            out.append([Completion(text) for text in said[first : first + n]])
        return out


def _key(prompt: tuple[Message, ...]) -> str:
    return content_hash([[turn.role, turn.content] for turn in prompt])
