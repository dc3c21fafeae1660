"""The part of a response that answers: without its thinking, without copies of what was asked."""

from __future__ import annotations

import re

from assay.claim.thinking import without_thinking
from assay.errors import NoAnswer
from assay.types import Example

_STRUCK = re.compile(r"(?<!~)~~(?!~)[^~\n]{1,200}~~(?!~)")
"""Struck through, as Markdown does: a draft."""
_HTML = re.compile(r"</?(?:b|strong|i|em)>")
_QUOTED = re.compile(r"^[ \t]{0,3}> ?", re.MULTILINE)
_PICTURE = "[\u2600-\u27bf\u2b50\ufe0f\U0001f300-\U0001faff]"
_PICTURES = re.compile(
    rf"^[ \t]*+{_PICTURE}++[ \t]*+(?=[^\n]*\w)|(?<=[\w.)*$}}\]])[ \t]*+{_PICTURE}++[ \t]*+$", re.MULTILINE
)
"""Ticks and pictures at the ends of a line of words."""
_END_MARK = re.compile(r"(?<=[.!)\]$}\w])\s+(?:[∎■□◼◻]|\$?\\(?:blacksquare|square|qed|Box)\$?)\s*\Z")
"""What ends a proof."""
_CROSS, _TICK = re.compile("[❌✗✘❎]"), re.compile("[✅✓✔☑]")
_LABEL = re.compile(r"^([ \t]*)\*\*([A-Z][^*:\n]{1,40}:)(?:\*\*(?=[ \t])|([^*\n]{1,100})\*\*[ \t]*$)", re.MULTILINE)
"""Bold around a label, or around a label and what stands behind it on its line."""
COPIED = 24
"""Characters of the shortest prompt whose copies are cut out."""


def final_part(example: Example, response: str) -> str:
    """The response without its thinking and without copies of the prompt. Raises `NoAnswer` when nothing is left."""
    return own_words(example, without_thinking(example, response))


def own_words(example: Example, body: str) -> str:
    """A text without copies of what was asked. Raises `NoAnswer` when nothing is left.

    A tick, a picture or bold around a label says nothing of an answer, a cross says that it is wrong.
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
    if not (body := _undressed(body)).strip():
        raise NoAnswer("the response holds nothing but " + ("the prompt" if whole.strip() else "white space"))
    return body


def _undressed(body: str) -> str:
    """A text without what is struck or crossed out, quoted, decorated or in bold as a label."""
    if "</" in body:
        body = _HTML.sub("", body)
    if "~~" in body:
        body = _STRUCK.sub(" ", body)
    if "\n>" in body:
        body = _QUOTED.sub("", body)
    if not body.isascii():
        if _CROSS.search(body):
            if _TICK.search(body):  # what is ticked is chosen from what is crossed out
                body = "\n".join(line for line in body.split("\n") if not _CROSS.search(line) or _TICK.search(line))
            body = _CROSS.sub(" (wrong) ", body)
        body = _PICTURES.sub("", body)
    body = _END_MARK.sub("", body)
    return _LABEL.sub(r"\1\2\3", body) if "**" in body else body


def _copies(body: str, prompt: str) -> bool:
    """Whether a text is several lines of words from the prompt, and not a value that stands there."""
    lines = [line for line in body.split("\n") if line.strip()]
    return len(lines) > 1 and all(any(map(str.isalpha, line)) for line in lines) and body.strip() in prompt
