"""What problems say, read from many texts at once: numbers, signs and variables in their order, and content words.

Whether a character is of a sign or of a word, and begins one, is decided by its kind and those of its neighbours. So it
is looked up in a table, of all characters of many texts in a few steps, and no expression is matched token by token,
which would be most of what comparing costs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from assay.reading.building import names

_SMALL = names(
    """a an the this that these those it its he she they them his her their we our you your i me my there here of is
        are was were be been being am do does did done have has had having will would shall should can could may might
        must let please find compute calculate determine evaluate work solve give tell say state show what which who how
        given following below then so thus also just value answer result"""
)
"""Words without which a problem asks the same: articles, pronouns, auxiliaries, and words that only ask. No quantifier,
negation, comparison, direction or connective stands here."""
_SCRIPT = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Signs that are words: kana, Han and Hangul."""
_KINDS = {
    "variable": r"[b-hj-z]",
    "vowel": r"[ai]",  # an article or a pronoun where it stands alone
    "digit": r"\d",
    "dot": r"\.",
    "comma": r",",
    "space": r" ",
    "blank": r"\s",
    "slash": r"/",
    "minus": r"-",
    "opening": r"[(\\{$]",
    "line": r"_",
    "script": rf"(?=\w)[{_SCRIPT}]",
    "mark": rf"[{_SCRIPT}]",
    "letter": r"[^\W\d_]",
    "typography": r"[;:?!)\[\]}\"'`’‘“”„«»&]",
    "sign": r".",
}
"""Kinds of characters, each with its pattern; the first that holds is a character's own."""
_AT = {name: place for place, name in enumerate(_KINDS)}
_PLAIN = ("variable", "vowel")
_LETTERS = (*_PLAIN, "script", "letter")
_SIGNS = ("sign", "mark", "line")
_OF_SIGN, _BEGINS_SIGN, _OF_WORD, _BEGINS_WORD, _POINT = (np.uint8(1 << place) for place in range(5))
"""What a character does: it is of a sign or a word, it begins one, or it parts the digits of a number."""
_SIGN = _OF_SIGN | _BEGINS_SIGN
_BETWEEN = "!"
"""Stands between two texts: it is no sign, and no character is a sign for standing beside it."""
_END = "\x1f"
"""Ends each sign of a problem."""
_AT_ONCE = 1 << 16
"""Characters that are read at a time, or one longer text: so few that their arrays stay near the processor."""
_REMEMBERED = 1 << 16
"""Words that are remembered."""
_BLOCK = 12
_kind_of = np.zeros(sys.maxunicode + 1, np.uint8)
"""Place of every character's kind; of a block of 2 ** `_BLOCK` characters once one of them is read."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Kinds = np.ndarray[Any, np.dtype[np.uint8]]
Characters = np.ndarray[Any, np.dtype[np.uint32]]


class Said(NamedTuple):
    """What a problem says."""

    signs: str
    """Its numbers, signs and variables in their order, each with `\\x1f` after it."""
    words: tuple[str, ...]
    """Content words in their order, without a plural's ending."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> list[Self]:
        """What each of some plain texts says (see `wording.plain`); typography is no sign.

        Example:
            >>> Said.of(["find the roots of $x+1$ if x = 2,000."])
            [Said(signs='x\\x1f+\\x1f1\\x1fx\\x1f=\\x1f2000\\x1f', words=('root', 'if'))]
        """
        return [cls(*said) for some in _parts(texts) for said in _read(some)]

    def within(self, other: Said, least: float) -> bool:
        """Whether nothing is said here that the other, of the same signs, does not say, and a share of it."""
        some, words, signs = self.words, other.words, self.signs.count(_END)
        if len(some) > len(words) or signs + len(some) < least * (signs + len(words)):
            return False
        if some in (words[: len(some)], words[len(words) - len(some) :]):
            return True
        return set(some) <= set(words) and (_holds(words, some) or _holds(words[::-1], some[::-1]))


def _holds(words: Sequence[str], some: Sequence[str]) -> bool:
    """Whether some words stand among others in their order, with at most one other between two of them."""
    at = 0
    for number, word in enumerate(some):
        try:
            found = words.index(word, at)
        except ValueError:
            return False
        if number and found > at + 1:
            return False
        at = found + 1
    return True


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = chars = 0
    for place, text in enumerate(texts):
        if chars and chars + len(text) > _AT_ONCE:
            yield texts[start:place]
            start, chars = place, 0
        chars += len(text)
    if start < len(texts):
        yield texts[start:]


def _read(texts: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    whole = _BETWEEN.join(("", *texts, "", "", ""))  # every character has a neighbour before it and three behind
    chars: Characters = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), np.uint32)
    blocks = np.flatnonzero(np.bincount(chars >> _BLOCK)).tolist() if chars.max() >> _BLOCK else [0]
    for block in blocks:
        _learn(block)
    kinds = _kind_of.take(chars)
    does = _does(kinds)
    starts = np.cumsum([1, *(len(text) + 1 for text in texts)])
    signs = _told(chars, does & _OF_SIGN, does & _BEGINS_SIGN, starts, _END)
    words = _told(chars, does & _OF_WORD, does & _BEGINS_WORD, starts, " ")
    for sign, said in zip(signs, words, strict=True):
        yield sign, tuple(filter(None, map(_content, said.split(" "))))


def _does(kinds: Kinds) -> Kinds:
    """What each character does, by the kinds of all."""
    wide = kinds.astype(np.uint16)
    does = np.zeros_like(kinds)
    does[1:-1] = _rules().take((wide[:-2] << 8) | (wide[1:-1] << 4) | wide[2:])
    does[np.flatnonzero(does & _POINT) + 1] = _OF_SIGN  # the number goes on
    at = np.flatnonzero(kinds == _AT["slash"])
    does[at[~(_of(kinds[at + 1], *_PLAIN) & _of(kinds[at + 2], *_PLAIN))]] = _SIGN
    at = np.flatnonzero(kinds == _AT["minus"])
    behind = at + 1 + _of(kinds[at + 1], "space", "blank")
    letter = _of(kinds[behind], *_PLAIN) & ~_of(kinds[behind + 1], *_LETTERS, "digit", "line")
    does[at[letter | _of(kinds[behind], "digit", "opening")]] = _SIGN
    space = kinds == _AT["space"]
    if (space[1:] & space[:-1]).any():
        first, last = np.flatnonzero(space[1:] & ~space[:-1]) + 1, np.flatnonzero(space[:-1] & ~space[1:])
        drawn = (last > first) & _of(kinds[last + 1], *_SIGNS)
        for start, stop in zip(first[drawn].tolist(), last[drawn].tolist(), strict=True):
            does[start], does[start + 1 : stop + 1] = _SIGN, _OF_SIGN
    return does


@cache
def _rules() -> Kinds:
    """What a character does, by the kinds of the one before it, its own and that of the one behind it."""
    before, here, behind = np.indices((16,) * 3, np.uint8).reshape(3, -1)
    word = ("variable", "vowel", "letter")
    long = _of(here, *word) & (_of(before, *word) | _of(behind, *word))
    point = _of(here, "dot", "comma") & _of(before, "digit") & _of(behind, "digit")
    dots = _of(here, "dot") & (_of(before, "dot") | _of(behind, "dot"))
    beside = _of(here, "dot") & (_of(before, *_SIGNS) | _of(behind, *_SIGNS))
    variable = _of(here, "variable") & ~_of(before, *_LETTERS) & ~_of(behind, *_LETTERS)
    digit, single = _of(here, "digit"), _of(here, "script", "mark")
    does = np.zeros_like(here)
    does[digit | dots | (point & _of(here, "dot"))] |= _OF_SIGN
    does[(digit & ~_of(before, "digit")) | (dots & ~_of(before, "dot"))] |= _BEGINS_SIGN
    does[_of(here, *_SIGNS) | variable | (beside & ~dots)] |= _SIGN
    does[long | single] |= _OF_WORD
    does[single | (long & ~_of(before, *word))] |= _BEGINS_WORD
    does[point] |= _POINT
    return does


def _of(kinds: Kinds, *names: str) -> Mask:
    """Whether each is one of some kinds."""
    mask = np.zeros(16, np.bool_)
    mask[[_AT[name] for name in names]] = True
    return mask[kinds]


def _told(chars: Characters, kept: Kinds, begins: Kinds, starts: np.ndarray[Any, Any], end: str) -> list[str]:
    """Of each text the characters that are kept, with an end after each that another begins behind, and the last."""
    places = np.flatnonzero(kept)
    before = np.cumsum(begins[places] != 0)  # pieces begun up to each character
    out = np.full(len(places) + (int(before[-1]) if len(places) else 0), ord(end), np.uint32)
    out[np.arange(len(places)) + before - 1] = chars[places]
    upto = np.searchsorted(places, starts)
    cuts = upto + np.concatenate(([0], before))[upto]
    told = out.tobytes().decode("utf-32-le", "surrogatepass")
    return [told[start:stop] for start, stop in pairwise(cuts.tolist())]


@cache
def _learn(block: int) -> None:
    """Enter the kinds of a block of characters; all of them would take a third of a second."""
    start = block << _BLOCK
    some = "".join(map(chr, range(start, start + (1 << _BLOCK))))
    for place, pattern in reversed(list(enumerate(_KINDS.values()))):
        for found in re.finditer(f"(?:{pattern})+", some):
            _kind_of[start + found.start() : start + found.end()] = place


class _Contents(dict[str, str]):
    """Words without a plural's ending, each worked out once; empty for one that says nothing."""

    def __missing__(self, word: str) -> str:
        if len(self) > _REMEMBERED:
            self.clear()
        singular = word[:-1] if len(word) > 3 and word[-1] == "s" else word
        self[word] = said = "" if word in _SMALL or singular in _SMALL else singular
        return said


_content = _Contents().__getitem__
