"""Words as the official checkers cut them: the tokens of the Penn Treebank, sentence by sentence.

A mark is a token of its own, but the full stop inside a sentence stays with its word ("3.50", "U.S."), as do a hyphen,
a slash and a comma or colon before a digit. "don't" is `do` and `n't`, "it's" is `it` and `'s`, "cannot" is two words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.instructions.punkt import split

_PART = re.compile(
    r"\.{2,}|--|``|[;@#$%&?!*()\[\]{}<>\"“”„«»‘’`‒-―]|[:,](?!\d)|(?:[^\s;@#$%&?!*()\[\]{}<>\"“”„«»‘’`‒-―:,.-]|[:,](?=\d)|\.(?!\.)|-(?!-))+"
)
_FINAL_STOP = re.compile(r"(?<=[^.])\.(?=[\])}>\"'»”’\s]*$)")
_CLITICS = (re.compile(r"(?<=[^'])(?:'[sSmMdD]|')$"), re.compile(r"(?<=[^'])(?:'(?:ll|LL|re|RE|ve|VE)|n't|N'T)$"))
"""What is cut off the end of a word, in this order, each once."""
_LEADING = re.compile(r"'(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", re.IGNORECASE)
_JOINED = re.compile(r"(can)(not)|(d)('ye)|(gim)(me)|(gon)(na)|(got)(ta)|(lem)(me)|(more)('n)|(wan)(na)", re.IGNORECASE)


def tokens(text: str) -> list[str]:
    """The tokens of a text, marks included."""
    return [token for sentence in split(text) for token in _of_sentence(sentence)]


def spoken(text: str) -> list[str]:
    """The tokens that hold a letter or digit, in lower case."""
    return [token.lower() for token in tokens(text) if any(map(str.isalnum, token))]


def _of_sentence(sentence: str) -> Iterator[str]:
    last = None
    for found in _FINAL_STOP.finditer(sentence[-50:]):
        last = found
    at = len(sentence) - len(sentence[-50:]) + last.start() if last else len(sentence)
    for part in _PART.findall(f"{sentence[:at]} {sentence[at:]}"):
        yield from _parted(part)


def _parted(part: str) -> Iterator[str]:
    """A word, its clitics cut off."""
    if joined := _JOINED.fullmatch(part):
        yield from filter(None, joined.groups())
        return
    cut: list[str] = []
    for clitic in _CLITICS:
        if "'" in part and (found := clitic.search(part)):
            cut.insert(0, found[0])
            part = part[: found.start()]
    if len(part) > 1 and _LEADING.match(part):
        yield "'"
        part = part[1:]
    yield part
    yield from cut
