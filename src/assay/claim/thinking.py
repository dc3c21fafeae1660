"""The part of a response that answers: what follows the last closed thinking part, of any family of models.

Thinking is no answer. A part that never closes, because the token limit cut it or the prompt ended inside one, leaves
none at all. In channel formats the final channel is the answer. Special tokens that end a turn are no text.
"""

from __future__ import annotations

import re

from assay.errors import NoAnswer
from assay.turns import THINKING, without_turn_tokens
from assay.types import Example

_TAG = re.compile(r"</?(?:Think|Thinking|Thought|Reasoning)>", re.IGNORECASE)
CHANNEL, FINAL = "<|channel|>", "<|channel|>final<|message|>"


def without_thinking(example: Example, response: str) -> str:
    """What follows the last thinking part, or the whole response. Raises `NoAnswer` where one stays open."""
    text = without_turn_tokens(response)
    if CHANNEL in text:
        _, found, text = text.rpartition(FINAL)
        if not found or CHANNEL in text:
            raise NoAnswer("no final channel follows the others")
        return text
    said = _TAG.sub(lambda tag: tag[0].lower(), text)
    begun = next((close for tag, close in THINKING.items() if said.lstrip().startswith(tag)), "")
    if begun not in said:  # another family's tag does not close it
        raise NoAnswer("the thinking part never closes")
    end = max((said.rfind(close) + len(close) for close in THINKING.values() if close in said), default=-1)
    body = text[end:] if end >= 0 else text
    if any(tag in said[max(end, 0) :] for tag in THINKING):
        raise NoAnswer("the thinking part never closes")
    if end < 0 and _prompt_opens_thinking(example):
        raise NoAnswer("the prompt opens a thinking part that never closes")
    return body


def _prompt_opens_thinking(example: Example) -> bool:
    """Whether the prompt ends inside a thinking part; a tag that a user's turn only mentions does not open one."""
    asked = example.asked
    text = asked[-1].content if asked else ""
    for tag, close in THINKING.items():
        opened = text.rfind(tag)
        if opened >= 0 and opened > text.rfind(close):
            behind = text[opened + len(tag) :]
            return behind[:1] in ("", "\n") or asked[-1].role == "assistant"
    return False
