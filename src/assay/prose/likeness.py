"""What an answer and a reference share, as numbers: the features of the trained verifier `head`.

Each is a share, a flag or the logarithm of a count, made of words, figures and letters in time linear in the texts. The
words of the question count neither for an answer nor against it: who repeats them has said nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from assay.prose.forms import Words
from assay.reading.lexicon import listed

READ = 1500
"""Characters of a claim, of a question and of a reference that are looked at."""
ACCEPTED = 8
"""Accepted strings of a reference that are looked at."""
_FUZZY = 80
"""Words of a claim among which a word in another spelling is looked for."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])|\n")
_SMALL = frozenset(
    listed("of, in, on, at, to, for, by, and, or, is, was, were, are, be, it, this, that, with, from, as, the, a, an")
)
_DENIES = frozenset(
    listed("not, no, never, none, neither, nor, cannot, unable, unknown, unclear, sorry, however, false, wrong")
)
_ASKS = ("who", "when", "where", "how", "what", "which", "why")
_SIGNS = "+-*/^=<>√∫()[]{}%_\\"


class Text:
    """A text as it is compared: its words in one spelling, its figures, letters and signs."""

    def __init__(self, text: str, size: int = READ) -> None:
        found = Words(text[:size])
        self.words = found.words
        self.capital = [found.text[start].isupper() for start, _ in found.at]
        self.content = [word for word in self.words if word not in _SMALL] or self.words
        self.bag = set(self.content)
        self.numbers = {word for word in self.bag if any(map(str.isdigit, word))}
        self.letters = Counter(_parts(" ".join(self.words)))
        self.signs = Counter(sign for sign in text[:size] if sign in _SIGNS)
        self.line = " ".join(self.words)


def _parts(text: str, size: int = 3) -> Iterable[str]:
    text = f" {text} "
    return (text[at : at + size] for at in range(max(1, len(text) - size + 1)))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _overlap(some: Counter[str], others: Counter[str]) -> int:
    return sum(min(count, others[part]) for part, count in some.items())


def _near(word: str, others: Sequence[str]) -> float:
    """How much the most similar of a few words is like this one, from 0 to 1, by pairs of letters."""
    mine, best = set(_parts(word, 2)), 0.0
    for other in others:
        if abs(len(other) - len(word)) <= 3:
            theirs = set(_parts(other, 2))
            best = max(best, 2 * len(mine & theirs) / (len(mine) + len(theirs)))
    return best


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words)


NAMES = (
    "same", "stands whole", "stands in first sentence", "where it stands", "words there", "new words there",
    "least like", "mean like", "words covered", "letters there", "letters covered", "letters shared",
    "all figures there", "a figure lacks", "figures", "other figures", "other names", "other words", "other words, log",
    "denies", "question echoed", "reference length", "claim length", "claim shorter", "signs shared", "initials",
    "first word", "last word", "capitals", "said in the question", *_ASKS,
)  # fmt: skip
"""What each number is."""


def _pair(question: Text, reference: Text, claim: Text, first: Text) -> list[float]:
    lone = [word for word in reference.content if word not in question.bag] or reference.content
    there = [word in claim.bag for word in lone]
    window = claim.content[:_FUZZY]
    alike = [1.0 if is_there else _near(word, window) for word, is_there in zip(lone, there, strict=True)]
    known = reference.bag | question.bag
    others = [word for word in claim.content if word not in known]
    names = {w for w, big in zip(claim.words[1:], claim.capital[1:], strict=False) if big and w not in known}
    figures = claim.numbers - question.numbers
    whole = f" {claim.line} ".find(f" {reference.line} ")
    shared = _overlap(reference.letters, claim.letters)
    size, own = sum(claim.letters.values()), sum(reference.letters.values())
    short, long = sorted((reference.content, claim.content), key=len)
    return [
        float(reference.line == claim.line),
        float(whole >= 0),
        float(f" {reference.line} " in f" {first.line} "),
        _share(whole, len(claim.line)) if whole >= 0 else 1.0,
        _share(sum(word in claim.bag for word in reference.content), len(reference.content)),
        _share(sum(there), len(there)),
        min(alike, default=0.0),
        _share(sum(alike), len(alike)),
        _share(sum(word in known for word in claim.content), len(claim.content)),
        _share(shared, own),
        _share(shared, size),
        _share(shared, own + size - shared),
        float(reference.numbers <= claim.numbers) if reference.numbers else 0.5,
        float(bool(reference.numbers - claim.numbers)),
        float(bool(reference.numbers)),
        _share(len(figures - reference.numbers), len(figures)),
        math.log1p(len(names)),
        _share(len(others), len(claim.content)),
        math.log1p(len(others)),
        math.log1p(sum(word in _DENIES or word.endswith("n't") for word in claim.words)),
        _share(sum(word in claim.bag for word in question.bag), len(question.bag)),
        math.log1p(len(reference.words)),
        math.log1p(len(claim.words)),
        float(len(claim.content) < len(reference.content)),
        _share(_overlap(reference.signs, claim.signs), max(1, sum((reference.signs | claim.signs).values()))),
        float(len(short) == 1 and len(long) > 1 and _initials(long) == short[0]),
        float(reference.content[:1] == claim.content[:1]),
        float(reference.content[-1:] == claim.content[-1:]),
        _share(sum(claim.capital), len(claim.capital)),
        _share(sum(word in question.bag for word in reference.content), len(reference.content)),
    ]


def features(question: str, references: Sequence[str], claim: str) -> list[float]:
    """(F,) numbers, in the order of `NAMES`, of the accepted text that is most like the claim.

    Example:
        >>> made = dict(zip(NAMES, features("Which gas is it?", ["oxygen"], "It is oxygen."), strict=True))
        >>> made["stands whole"], made["other words"], made["which"]
        (1.0, 0.0, 1.0)
    """
    asked, said = Text(question), Text(claim)
    first = Text(_SENTENCE.split(claim[:READ].strip(), maxsplit=1)[0])
    pairs = (_pair(asked, Text(text), said, first) for text in references[:ACCEPTED])
    best = max(pairs, key=lambda pair: (pair[0], sum(pair[4:8]), pair[11]))
    kind = next((word for word in asked.words if word in _ASKS), "")
    return [*best, *(float(kind == word) for word in _ASKS)]
