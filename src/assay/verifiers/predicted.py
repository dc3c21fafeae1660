"""The literal that a response predicts: the last tag, fence, JSON answer, box or phrase, or the whole of it."""

from __future__ import annotations

import ast
import json
import re

from assay.claim import program
from assay.claim.fences import fences, parse
from assay.claim.final import own_words
from assay.claim.markers import json_at, marks
from assay.errors import NoAnswer
from assay.literals import pyvalue
from assay.literals.pyvalue import NotALiteral
from assay.types import Example

_TAGS = (("[ANSWER]", "[/ANSWER]"), ("<answer>", "</answer>"))
_JSON_ANSWER = re.compile(r'"(answer|output|input)"\s*:\s*', re.IGNORECASE)
_PROGRAM = re.compile(r"(?:def|class|lambda|import|from|return|print|assert)\b")
_PHRASE_CHARS = 50_000
_MAX_PHRASES = 20
"""How much of the end of a response is searched for phrases, and how many of them are tried."""
_PHRASE = re.compile(
    r"(?:\b(?:answer|output|result|return value|input)\b(?:\s+(?:of|for)\s[^\n:=]{1,80}?)?[*_`\s]*"
    r"(?:\bis\b|\bwill be\b|\bwould be\b|:|=(?!=))|\b(?:returns|(?:will|would|should|must|to) return)\b:?)[*_\s]*",
    re.IGNORECASE,
)


def prediction(example: Example, response: str, *, text_is_source: bool = True) -> str:
    """The literal that a response predicts, as text: the last marker counts. Raises `NoAnswer`.

    In JSON such as `{"answer": "[1, 2]"}` a string holds the literal's source, or else (`{"answer": "two words"}`) is
    itself the value.
    """
    body = own_words(example, program.spoken(example, response))
    found: list[tuple[int, str]] = []
    for opening, closing in _TAGS:
        if (at := body.rfind(opening)) >= 0:
            found.append((at, body[at + len(opening) :].split(closing)[0]))
    found += [(block.start, block.text) for block in fences(body)[-1:] if block.text.strip()]
    if text_is_source or not found or not _is_json(found[-1][1]):
        found += _json_answers(body, text_is_source)
    inside = max((at + len(text) for at, text in found), default=-1)
    phrase = _last_phrase(body, bool(found))
    if phrase is not None and phrase[0] > inside:
        found.append(phrase)
    boxed = next((mark for mark in marks(body) if mark.kind == "box"), None)
    if boxed is not None and body.rfind("\\boxed") > max((at for at, _ in found), default=-1):
        found.append((body.rfind("\\boxed"), boxed.text))
    text = max(found)[1] if found else _asserted(body) or _whole(body, text_is_source)
    text = _clean(text)
    if not text:
        raise NoAnswer("the last answer marker holds nothing")
    return text


def _is_json(text: str) -> bool:
    text = text.strip()
    read = json_at(text, 0)
    return read is not None and read[1] == len(text)


def _json_answers(body: str, text_is_source: bool) -> list[tuple[int, str]]:
    found = list(_JSON_ANSWER.finditer(body))
    if not found:
        return []
    last = next((mark for mark in reversed(found) if mark[1].lower() == "answer"), found[-1])
    if (read := json_at(body, last.end())) is None:
        return []
    value = read[0]
    is_source = isinstance(value, str) and text_is_source and (not value or is_source_text(value))
    return [(last.start(), value if is_source else json.dumps(value))]


def is_source_text(text: str) -> bool:
    """Whether text is a literal, a call or arguments, and not words."""
    text = _clean(text).removeprefix("assert ").strip()
    for source in (text, f"f({text})"):
        try:
            node = pyvalue.expression(source)
        except NotALiteral:
            continue
        called = {id(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
        return not any(isinstance(part, ast.Name) and id(part) not in called for part in ast.walk(node))
    return False


def _last_phrase(body: str, beside_another: bool) -> tuple[int, str] | None:
    """The last "the output is ..." that a value follows, or else the last of all.

    Beside another marker only "the answer is" with a value will do.
    """
    found = list(_PHRASE.finditer(body, max(0, len(body) - _PHRASE_CHARS)))
    if beside_another:
        found = [mark for mark in found if mark[0][:6].lower() == "answer"]
    tried = [(mark.start(), _phrase_text(body, mark.end())) for mark in found[-_MAX_PHRASES:]]
    values = [mark for mark in tried if is_source_text(mark[1]) or _is_json(mark[1]) or _PROGRAM.match(mark[1])]
    return values[-1] if values else None if beside_another or not tried else tried[-1]


def _phrase_text(body: str, start: int) -> str:
    """The rest of the line, without the full stop of its sentence."""
    while body[start : start + 1].isspace():
        start += 1
    end = body.find("\n", start)
    line = body[start : end if end >= 0 else len(body)][: pyvalue.MAX_TEXT + 1].strip()
    return line[:-1].rstrip() if line.endswith(".") else line


def _asserted(body: str) -> str:
    """A last line `assert f(...) == value`, or nothing."""
    line = body.rstrip().rpartition("\n")[2].strip().strip("`")
    return line if line.startswith("assert ") and is_source_text(line) else ""


def _whole(body: str, text_is_source: bool) -> str:
    """A response that is one literal or call; a few-shot completion ends at its closing tag."""
    text = body.split("[/ANSWER]")[0].strip()
    if not text_is_source and text in ("true", "false", "null"):
        return text
    try:
        pyvalue.expression(_clean(text).removeprefix("assert ").strip())
    except NotALiteral:
        try:
            pyvalue.expression(f"f({text})")
        except NotALiteral:
            raise NoAnswer("no answer marker, and the response is not one literal") from None
    node = parse(text)
    if node is not None and len(node.body) == 1 and isinstance(getattr(node.body[0], "value", None), ast.Name):
        raise NoAnswer("the response is a word, not a literal")
    return text


def _clean(text: str) -> str:
    text = text.strip()
    if text.startswith("```"):
        blocks = fences(text)
        text = blocks[-1].text.strip() if blocks else text
    if len(text) > 1 and text[0] == text[-1] == "`":
        text = text.strip("`").strip()
    if text.endswith(".") and not text[-2:-1].isdigit():
        text = text[:-1].rstrip().strip("`")
    return text.strip("*").strip() if text.startswith("**") else text
