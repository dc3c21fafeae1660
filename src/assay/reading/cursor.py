"""Walking over tokens: brackets that match, parts between signs, and a place that moves on."""

from __future__ import annotations

from typing import Protocol

from assay.reading.nodes import Node, Text, Unreadable
from assay.reading.tokens import Token

OPENING, CLOSING = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}, frozenset({")", "]", "}", "\\}"})
_END = Token("end of text", "")


def depth_of(token: Token) -> int:
    """1 where a bracket or an environment opens, -1 where one closes."""
    if token.kind == "op":
        return (token.text in OPENING) - (token.text in CLOSING)
    return (token.kind == "begin") - (token.kind == "end")


def split(tokens: list[Token], *at: str) -> tuple[list[list[Token]], list[str]]:
    """The tokens between top-level signs, and these signs."""
    if {token.text for token in tokens}.isdisjoint(at):
        return [tokens], []
    parts: list[list[Token]] = [[]]
    depth, signs = 0, []
    for token in tokens:
        depth += depth_of(token)
        if depth == 0 and token.kind == "op" and token.text in at:
            signs.append(token.text)
            parts.append([])
        else:
            parts[-1].append(token)
    return parts, signs


def notation(tokens: list[Token]) -> str:
    """The signs of tokens, without the braces around them."""
    return "".join(token.text for token in tokens if token.text not in ("{", "}"))


class Reader(Protocol):
    """Who reads what stands in brackets."""

    depth: int

    def read(self, tokens: list[Token]) -> Node:
        """The answer that tokens are."""

    def item(self, tokens: list[Token]) -> Node:
        """The one part of an answer that tokens are, `±` left as it stands."""


class Cursor:
    """A place in tokens; every method leaves `at` behind what it has read."""

    def __init__(self, tokens: list[Token], reader: Reader) -> None:
        self.tokens, self.end, self.at, self.reader = [*tokens, _END, _END, _END], len(tokens), 0, reader

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def text(self) -> str:
        return self.tokens[self.at].text

    @property
    def kind(self) -> str:
        return self.tokens[self.at].kind

    def is_op(self, *texts: str) -> bool:
        token = self.tokens[self.at]
        return token.text in texts and token.kind == "op"

    def peek(self, ahead: int) -> Token:
        return self.tokens[min(self.at + ahead, self.end)]

    def next(self) -> Token:
        """The token here, and the place moves on."""
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, wanted: str) -> None:
        if self.text != wanted:
            raise Unreadable(f"{self.text!r} is out of place, {wanted!r} is expected")
        self.at += 1

    def group(self) -> list[Token]:
        """The tokens in the brackets or the environment that opens here, or one token."""
        if depth_of(self.token) < 1:
            self.at = min(self.at + 1, self.end)
            return self.tokens[self.at - 1 : self.at]
        start, depth = self.at, 0
        while self.at < self.end:
            depth += depth_of(self.next())
            if depth == 0:
                return self.tokens[start + 1 : self.at - 1]
        raise Unreadable("a bracket never closes")

    def inner(self, tokens: list[Token]) -> Node:
        """What a group holds: anything that can be read, and else its notation."""
        try:
            return self.reader.read(tokens)
        except Unreadable:
            return Text(notation(tokens))
