"""Chat turns as trainers and servers hand them over: content in parts, arrays for lists, tokens that end a turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.errors import BadConfig, did_you_mean

TURN_TOKENS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|eot|>",
    "<|end|>",
    "<|return|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|finetune_right_pad_id|>",
    "<end_of_turn>",
    "<turn|>",
    "<eos>",
    "<pad>",
    "</s>",
    "[EOS]",
    "[e~[",
    "<｜end▁of▁sentence｜>",
)
"""What the chat templates of today's model families end a turn or a text with."""


THINKING = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<seed:think>": "</seed:think>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
}
"""How thinking parts open and close."""


def known_tag(thinking: str) -> str:
    """The tag that opens a thinking part, or nothing. Raises `BadConfig` for one that is not known."""
    if thinking and thinking not in THINKING:
        raise BadConfig(f"thinking={thinking!r} opens no thinking part that is known{did_you_mean(thinking, THINKING)}")
    return thinking


def without_turn_tokens(text: str) -> str:
    """The text without the special tokens that it ends with; what stands before the first of them is left as it is.

    Example:
        >>> without_turn_tokens("The answer is 4.<|im_end|>\\n<|endoftext|>")
        'The answer is 4.'
    """
    kept = end = len(text)
    while True:
        while end and text[end - 1].isspace():
            end -= 1
        if not text.endswith(TURN_TOKENS, 0, end):
            return text[:kept]
        kept = end = end - max(len(token) for token in TURN_TOKENS if text.endswith(token, 0, end))


def content_of(content: Any) -> tuple[str, tuple[str, ...]]:
    """The text of a turn's content, and the addresses of its images. Raises `ValueError` where it is neither.

    Content is text, `None` (a turn that only calls tools), or parts as OpenAI's interface has them.

    Example:
        >>> content_of([{"type": "text", "text": "Which?"}, {"type": "image_url", "image_url": {"url": "a.png"}}])
        ('Which?', ('a.png',))
    """
    if content is None or isinstance(content, str):
        return content or "", ()
    content = plain(content)
    if not isinstance(content, list) or not all(isinstance(part, str | dict) for part in content):
        raise ValueError(f"the content of a message is text or a list of parts, not {type(content).__name__}")
    parts = [{"text": part} if isinstance(part, str) else part for part in content]
    shown = [_address(part) for part in parts]
    return "".join(part.get("text") or "" for part in parts), tuple(address for address in shown if address)


def _address(part: Mapping[str, Any]) -> str:
    """Where the image of a part lies; empty where it has none, or holds the picture itself."""
    found = part.get("image_url") or part.get("image") or part.get("url")
    found = found.get("url") if isinstance(found, dict) else found
    return found if isinstance(found, str) else ""


def plain(value: Any) -> Any:
    """Arrays as lists and their scalars as numbers, at any depth: parquet readers hand over arrays for lists."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return plain(value.tolist()) if hasattr(value, "tolist") else value


def gym_text(response: Mapping[str, Any]) -> str:
    """What the assistant said in a response of the Responses API; reasoning and calls of tools are not said."""
    if not isinstance(response.get("output"), list):
        raise TypeError("'output' of the response is a list of items")
    said = []
    for item in response["output"]:
        if isinstance(item, dict) and item.get("type", "message") == "message" and item.get("role") == "assistant":
            said.append(content_of(item.get("content"))[0])
    return "\n".join(said)


def gym_turns(asked: Any) -> Any:
    """The messages among the input items of a request of the Responses API."""
    if isinstance(asked, str):
        return asked
    turns = [item for item in asked if isinstance(item, dict) and "role" in item]
    return [{"role": turn["role"], "content": content_of(turn.get("content"))[0]} for turn in turns]
