"""What a response says its answer is, found once for all verifiers, in time linear in the response.

Only the text after the thinking counts (`thinking.py`). The last
explicit marker counts and earlier ones are drafts: `\\boxed{}`, `<answer>`, a JSON `"answer"`, "the answer is ...",
"Answer: ...", "A: ...", "#### ...". A phrase behind a line "Question:" answers another question. Alternatives beside
a marker ("\\boxed{3} or 4") become part of what is read, so that a verifier refuses them. Verbatim copies of the
prompt are cut out first.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assay.claim.markers import SHORT, Found, last_box, last_fence, last_phrase, last_tag
from assay.claim.thinking import without_thinking
from assay.effort import short
from assay.errors import NoAnswer
from assay.types import Example

_LEAD_IN = re.compile(r"\A\s*+[^\n|\[{(]{1,200}:[ \t*]*\n(?=\s*\S)")
"""A line such as "Here is the table:" before data that stands without a marker."""
_MAY_HOLD_MARKER = re.compile(r"box|answer|A:|####", re.IGNORECASE)
_BRACKET = re.compile(r"\\.|[\[\](){}\"']", re.DOTALL)
_ENDS = re.compile(r"[*`$]*+(?:\.[*`$]*+(?:\s|\Z)|\n|\Z)")
_SIGN = re.compile(r"\\.|.", re.DOTALL)
_SENTENCE = re.compile(r"\d|[?\n]|\.\s*$")
ANOTHER = "\nQuestion:"
"""What a base model goes on with after its answer; an answer behind it is to a question of its own."""
NO_MARKER = "no box, no answer tag and no final-answer line"


def find(example: Example, response: str, *, a_line: bool = True) -> Found:
    """The last marked answer, or the whole of a short response. Raises `NoAnswer`."""
    body = final_part(example, response)
    found = last_marked(body, a_line=a_line)
    if found is not None and found.marker == "phrase" and (end := body.find(ANOTHER)) >= 0:
        found = last_marked(body[:end], a_line=a_line) or found
    if found is None:
        whole = body.strip()
        if len(whole) > SHORT or whole.count("\n") > 2:
            raise NoAnswer(NO_MARKER)
        found = Found(whole, "whole")
    if found.denied:
        raise NoAnswer("the answer is denied")
    if not found.text.strip():
        raise NoAnswer(f"the last answer marker ({found.marker}) holds nothing")
    short(found.text)
    return found


def find_data(example: Example, response: str) -> Found:
    """The last fenced block, box, tag or JSON answer, or all that follows a phrase, or else the whole response.

    For answers that are data. Raises `NoAnswer` where nothing stands, and `NotShort` (see `effort`), as `find` does.
    """
    body = final_part(example, response)
    for _ in range(3):
        marks = [m for m in (last_box(body), last_tag(body), last_fence(body)) if m is not None]
        phrase = last_phrase(body, False)
        if phrase is not None and not any(m[0] > phrase[0] or m[0] < phrase[0] < m[1] for m in marks):
            start = body.find(phrase[2].text.split("\n")[0], phrase[0]) if phrase[2].text else len(body)
            text = phrase[2].text if phrase[2].marker == "json" else _bracketed(body[max(start, 0) :])
            return Found(short(text.strip()), phrase[2].marker)
        outer = [m for m in marks if not any(o[0] < m[0] < o[1] for o in marks)]
        if not outer:
            break
        body = max(outer, key=lambda mark: mark[0])[2].text
    if not body.strip():
        raise NoAnswer("the last answer marker holds nothing")
    return Found(_LEAD_IN.sub("", short(body)).strip(), "data")


def _bracketed(text: str) -> str:
    """The bracketed value that a text begins with, where a full stop or a new line ends it; else the text."""
    text = text.strip()
    opened = text[:1] in ("[", "{", "(")
    depth, quote = 0, ""
    for mark in _BRACKET.finditer(text) if opened else ():
        if quote:
            quote = "" if mark[0] == quote else quote
        elif mark[0] in "\"'":
            quote = mark[0] if not text[mark.start() - 1].isalnum() else ""
        else:
            depth += 1 if mark[0] in "[{(" else -1 if mark[0] in ")]}" else 0
            if depth == 0:
                return text[: mark.end()] if _ENDS.match(text, mark.end()) else text
    return text


def final_part(example: Example, response: str) -> str:
    """The response without its thinking and without copies of the prompt. Raises `NoAnswer` when nothing is left."""
    body = own_words(example, without_thinking(example, response))
    if len(body) > 23 and len(body) < len(asked := _asked(example)) and _repeats(body.strip(), asked):
        raise NoAnswer("the response only repeats the prompt")
    return body


def own_words(example: Example, body: str) -> str:
    """A text without verbatim copies of the prompt. Raises `NoAnswer` when nothing is left."""
    whole = body
    for turn in example.asked:
        prompt = turn.content.strip()
        if len(prompt) >= 24 and prompt in body:
            body = body.replace(prompt, "\n")
        elif prompt and prompt == body.strip():
            body = ""
    if not body.strip():
        raise NoAnswer("the response holds nothing but " + ("the prompt" if whole.strip() else "white space"))
    return body


def last_marked(body: str, *, a_line: bool = True, depth: int = 3) -> Found | None:
    """The marked answer that starts last; a marker inside a box, tag or JSON value is looked for in its text.

    `a_line` says whether a line "A: ..." is a marker; in multiple choice it is an option.
    """
    marks = [m for m in (last_box(body), last_tag(body), last_phrase(body, a_line)) if m is not None]
    outer = [m for m in marks if not any(o[2].marker != "phrase" and o[0] < m[0] < o[1] for o in marks)]
    if not outer:
        return None
    found = max(outer, key=lambda mark: mark[0])[2]
    if found.marker == "phrase" or depth == 0 or not _MAY_HOLD_MARKER.search(found.text):
        return found
    inner = last_marked(found.text, a_line=a_line, depth=depth - 1)
    if inner is None:
        return found
    return replace(inner, text=_without_closing(inner.text), denied=inner.denied or found.denied)


def _without_closing(text: str) -> str:
    """A claim without the brace that closes the group it stands in: of `\\text{The answer is 4}` it is 4."""
    depth, kept = 0, []
    for sign in _SIGN.findall(text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            depth = 0
        else:
            kept.append(sign)
    return "".join(kept)


def _repeats(body: str, prompt: str) -> bool:
    """Whether a text stands in the prompt and is not one of the things that the prompt offers to choose from."""
    if _squeezed(body) not in _squeezed(prompt):
        return False
    chosen = len(body) <= SHORT and 2 * len(body) < len(prompt) and not _SENTENCE.search(body)
    return not chosen or last_marked(body) is not None


def _asked(example: Example) -> str:
    return "\n".join(turn.content for turn in example.asked)


def _squeezed(text: str) -> str:
    return " ".join(text.split())
