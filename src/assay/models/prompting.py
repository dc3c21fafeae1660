"""How chat messages become tokens and tokens become text: one place for training, measuring and warming up."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from assay.turns import THINKING, without_turn_tokens
from assay.types import Message

_OPENED = re.compile("|".join(re.escape(tag) for tag in THINKING))
_TAGS = frozenset(THINKING) | frozenset(THINKING.values())


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


def opened_thinking(tokenizer: Any, prompt: Sequence[Message]) -> str:
    """The tag of the thinking part that the prompt as sent leaves open; empty where it leaves none.

    What counts is what the chat template puts in front of the answer: a tag that a problem only mentions opens
    nothing. Where there is no template, the text has to end with the tag.
    """
    chat = as_input(tokenizer, prompt)
    if isinstance(chat, str):
        return _tag_at_end(chat)
    sent = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    asked = tokenizer.apply_chat_template(chat, add_generation_prompt=False, tokenize=False)
    if not sent.startswith(asked) or len(sent) == len(asked):
        return _tag_at_end(sent)
    added = sent[len(asked) :]
    last = max((match.start() for match in _OPENED.finditer(added)), default=None)
    if last is None:
        return ""
    tag = _OPENED.match(added, last)[0]  # type: ignore[index]  # it was found there
    return "" if THINKING[tag] in added[last:] else tag


def decode(tokenizer: Any, ids: Sequence[int], ends: Collection[int] = ()) -> str:
    """The text of a response: tokens that end a turn and other special tokens are no text, thinking tags are.

    Some tokenizers hold their thinking tags as special tokens; dropped, a thinking part would read as an answer.
    """
    special = {i for i in tokenizer.all_special_ids if tokenizer.convert_ids_to_tokens(i) not in _TAGS}
    kept = [token for token in ids if token not in special and token not in ends]
    return without_turn_tokens(str(tokenizer.decode(kept, skip_special_tokens=False)))


def _tag_at_end(text: str) -> str:
    ended = text.rstrip()
    return next((tag for tag in THINKING if ended.endswith(tag)), "")
