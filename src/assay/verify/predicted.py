"""The literal that a response predicts: the last tag, fence, JSON answer, box or phrase, or the whole of it."""

from __future__ import annotations

import ast
import json
import re

from assay.types import Example
from assay.verify import program, pyvalue
from assay.verify.extract import NoAnswer, last_marked
from assay.verify.pyvalue import NotALiteral

_TAGS = (("[ANSWER]", "[/ANSWER]"), ("<answer>", "</answer>"))
_JSON_ANSWER = re.compile(r'"(?:answer|output|input)"\s*:\s*', re.IGNORECASE)
_PHRASE = re.compile(
    r"(?:\b(?:answer|output|result|return value|input)\b(?:\s+(?:of|for)\s[^\n:=]{1,80}?)?[*_`\s]*"
    r"(?:\bis\b|\bwill be\b|\bwould be\b|:|=(?!=))|\breturns?:?)[*_\s]*",
    re.IGNORECASE,
)


def prediction(example: Example, response: str, *, text_is_source: bool = True) -> str:
    """The literal that a response predicts, as text: the last marker counts. Raises `NoAnswer`.

    In JSON such as `{"answer": "[1, 2]"}` a string holds the literal's source, or else is itself the value.
    """
    body = program.spoken(example, response)
    marks: list[tuple[int, str]] = []
    for opening, closing in _TAGS:
        if (at := body.rfind(opening)) >= 0:
            marks.append((at, body[at + len(opening) :].split(closing)[0]))
    marks += [(block.start, block.text) for block in program.fences(body)[-1:]]
    if text_is_source or not marks or not _is_json(marks[-1][1]):
        marks += _json_answers(body, text_is_source)
    inside = max((at + len(text) for at, text in marks), default=-1)
    phrase = _last_phrase(body)
    if phrase is not None and phrase[0] > inside:
        marks.append(phrase)
    boxed = last_marked(body)
    if boxed is not None and boxed.marker == "box" and body.rfind("\\boxed") > max((at for at, _ in marks), default=-1):
        marks.append((body.rfind("\\boxed"), boxed.text))
    text = max(marks)[1] if marks else _whole(body, text_is_source)
    text = _clean(text)
    if not text:
        raise NoAnswer("the last answer marker holds nothing")
    return text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json_answers(body: str, text_is_source: bool) -> list[tuple[int, str]]:
    last = None
    for last in _JSON_ANSWER.finditer(body):  # noqa: B007 - the last one is wanted
        pass
    if last is None:
        return []
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(body, last.end())
    except (ValueError, RecursionError):
        return []
    return [(last.start(), value if isinstance(value, str) and text_is_source else json.dumps(value))]


def _last_phrase(body: str) -> tuple[int, str] | None:
    last = None
    for last in _PHRASE.finditer(body):  # noqa: B007 - the last one is wanted
        pass
    return None if last is None else (last.start(), body[last.end() :].strip().split("\n")[0])


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
    node = program.parse(text)
    if node is not None and len(node.body) == 1 and isinstance(getattr(node.body[0], "value", None), ast.Name):
        raise NoAnswer("the response is a word, not a literal")
    return text


def _clean(text: str) -> str:
    text = text.strip()
    if text.startswith("```"):
        blocks = program.fences(text)
        text = blocks[-1].text.strip() if blocks else text
    if len(text) > 1 and text[0] == text[-1] == "`":
        text = text.strip("`").strip()
    if text.endswith(".") and not text[-2:-1].isdigit():
        text = text[:-1].rstrip().strip("`")
    return text.strip("*").strip() if text.startswith("**") else text
