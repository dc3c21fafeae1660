"""How chat messages become tokens: one place for training, measuring and warming up, so that they never differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.types import Message


def as_chat(prompt: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as the plain dicts that chat templates and trainers read."""
    return [{"role": turn.role, "content": turn.content} for turn in prompt]


def as_input(tokenizer: Any, prompt: Sequence[Message]) -> str | list[dict[str, str]]:
    """Chat messages for a model with a chat template; plain text and a newline for a base model without one."""
    return as_chat(prompt) if tokenizer.chat_template else "\n".join(turn.content for turn in prompt) + "\n"


def encode(tokenizer: Any, prompt: Sequence[Message]) -> list[int]:
    """Token ids of a prompt, ready for the model to answer."""
    text = as_input(tokenizer, prompt)
    if isinstance(text, str):
        return list(tokenizer(text)["input_ids"])
    ids = tokenizer.apply_chat_template(text, add_generation_prompt=True, tokenize=True, return_dict=True)
    return list(ids["input_ids"])
