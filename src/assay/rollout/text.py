"""The text of a completion, whether a trainer hands over plain text or chat messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.turns import content_of, plain, without_turn_tokens


def response_text(completion: Any) -> str:
    """Text, or the contents of the assistant's turns, without turn tokens. Raises `TypeError` for anything else."""
    if isinstance(completion, str):
        return without_turn_tokens(completion)
    turns = plain([completion] if isinstance(completion, Mapping) else completion)
    if isinstance(turns, list) and all(isinstance(turn, Mapping) for turn in turns):
        if any("content" not in turn for turn in turns):
            raise TypeError("a chat message of a completion has a 'content'")
        said = [content_of(turn["content"])[0] for turn in turns if turn.get("role", "assistant") == "assistant"]
        return "\n".join(without_turn_tokens(text) for text in said)
    raise TypeError(f"a completion is text or a list of chat messages, not {type(completion).__name__}")
