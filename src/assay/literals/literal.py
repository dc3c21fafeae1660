"""JSON and Python literals read without evaluating anything: lists, tuples, dictionaries, strings, numbers, names."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 40
_TOKEN = re.compile(
    r"""\s*+(?:([\[\](){},:])|("(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')|(-?\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?)|([A-Za-z]++))""",
    re.DOTALL,
)
_NAMES = {"true": True, "false": False, "none": None, "null": None}
_CLOSE = {"[": "]", "(": ")", "{": "}"}


def read_literal(text: str) -> Any:
    """The value of a JSON or Python literal. Raises `ValueError` on anything else, or deeper than `MAX_DEPTH`."""
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError("not a literal")
        tokens.append((match.lastindex or 0, match[match.lastindex or 0]))
        at = match.end()
    reader = _Reader(tokens)
    value = reader.value(0)
    if reader.at != len(tokens):
        raise ValueError("something follows the literal")
    return value


class _Reader:
    def __init__(self, tokens: list[tuple[int, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> tuple[int, str]:
        if self.at >= len(self.tokens) or (wanted and self.peek() != wanted):
            raise ValueError(f"expected {wanted or 'a value'}")
        self.at += 1
        return self.tokens[self.at - 1]

    def value(self, depth: int) -> Any:
        kind, text = self.take()
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        if kind == 1:
            return self.group(text, depth)
        if kind == 2:
            return _string(text)
        if kind == 3:
            if len(text) > 1000:
                raise ValueError("a number with too many digits")
            return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
        if text.lower() not in _NAMES:
            raise ValueError(f"{text!r} is not a literal")
        return _NAMES[text.lower()]

    def group(self, opening: str, depth: int) -> Any:
        if opening not in _CLOSE:
            raise ValueError(f"{opening!r} out of place")
        close, entries = _CLOSE[opening], []
        while self.peek() != close:
            entry = self.value(depth + 1)
            if opening == "{":
                self.take(":")
                entry = (_key(entry), self.value(depth + 1))
            entries.append(entry)
            if self.peek() != close:
                self.take(",")
        self.take(close)
        return _unique(entries) if opening == "{" else entries


def _key(value: Any) -> Any:
    if isinstance(value, list | dict):
        raise ValueError("a key is a plain value")
    return value


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is given twice")
    return made


def _string(text: str) -> str:
    body = text[1:-1]
    if "\\" not in body:
        return body
    try:
        return str(json.loads('"' + re.sub(r'(?<!\\)"', r"\"", body.replace("\\'", "'")).replace("\n", "\\n") + '"'))
    except ValueError:
        return body
