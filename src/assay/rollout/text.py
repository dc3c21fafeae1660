"""The text of a completion, whether a trainer hands over plain text or chat messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def response_text(completion: Any) -> str:
    """Text as it is; of chat messages, the contents of the assistant's turns. Raises `TypeError` otherwise."""
    if isinstance(completion, str):
        return completion
    if isinstance(completion, list | tuple) and all(isinstance(turn, Mapping) for turn in completion):
        return "\n".join(_content(turn) for turn in completion if turn.get("role", "assistant") == "assistant")
    raise TypeError(f"a completion is text or a list of chat messages, not {type(completion).__name__}")


def _content(turn: Mapping[str, Any]) -> str:
    content = turn.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
