"""The part of a response that answers: without its thinking, without copies of what was asked."""

from __future__ import annotations

import re

from assay.claim.thinking import without_thinking
from assay.errors import NoAnswer
from assay.types import Example

_STRUCK = re.compile(r"(?<!~)~~(?!~)[^~\n]{1,200}~~(?!~)")
"""Struck through, as Markdown does: a draft."""
_QUOTED = re.compile(r"^[ \t]{0,3}> ?", re.MULTILINE)
COPIED = 24
"""Characters of the shortest prompt whose copies are cut out."""


def final_part(example: Example, response: str) -> str:
    """The response without its thinking and without copies of the prompt. Raises `NoAnswer` when nothing is left."""
    return own_words(example, without_thinking(example, response))


def own_words(example: Example, body: str) -> str:
    """A text without copies of what was asked. Raises `NoAnswer` when nothing is left.

    An answer that also stands in the prompt (a passage, an option, a turn that shows how to answer) is an answer.
    """
    whole = body
    for turn in example.asked:
        prompt = turn.content.strip()
        if turn.role == "assistant":
            continue
        if len(prompt) >= COPIED and (prompt in body or _copies(body, prompt)):
            body = body.replace(prompt, "\n") if prompt in body else ""
        elif prompt and prompt == body.strip():
            body = ""
    if "~~" in body:
        body = _STRUCK.sub(" ", body)
    if "\n>" in body:
        body = _QUOTED.sub("", body)
    if not body.strip():
        raise NoAnswer("the response holds nothing but " + ("the prompt" if whole.strip() else "white space"))
    return body


def _copies(body: str, prompt: str) -> bool:
    """Whether a text is several lines of words from the prompt, and not a value that stands there."""
    lines = [line for line in body.split("\n") if line.strip()]
    return len(lines) > 1 and all(any(map(str.isalpha, line)) for line in lines) and body.strip() in prompt
