"""When two problems are the same but for their wording.

A problem with a known answer is its numbers, signs and variables in their order, and that answer. Two problems that
agree in these are one where the content words of one are, in order, among those of the other, with no phrase between
them: a word was left out, a sentence was added at an end ("Please reason step by step"), or small words are others.
Where both have content words of their own, they are two fills of one template ("teachers", "birds"), which similarity
of texts alone takes for copies: MinHash has a precision of .36 on procedural problems. A phrase inside is a condition.

Most problems share not even their figures and answer with another one. So a hash of these is made of every problem, and
signs and words only of those whose hash comes twice.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Self

from assay.judging.session import answer_keys
from assay.reading.building import names
from assay.types import Example, canonical

LEAST = 0.35
"""Share of the longer problem's numbers, signs and content words that the shorter one must have."""
_WORD_SIGN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Signs that are words: kana, Han and Hangul."""
_WORD = re.compile(rf"[{_WORD_SIGN}]|[^\W\d_{_WORD_SIGN}]{{2,}}")
_ASCII_WORD = re.compile(r"[a-z]{2,}")
_SIGN = r"(?:[^\w\s.,;:?!()\[\]{}\"'`’‘“”„«»$\\/&-]|_)"
_SKELETON = re.compile(
    r"(?:[^\W\d_]{2,}|[ai\n,;:?!()\[\]{}\"'`’‘“”„«»$\\&]| (?! ))++"  # passed over in one go
    r"|(\d+(?:[.,]\d+)*"
    rf"|{_SIGN}"
    r"|/(?![a-z]{2})|-(?=\s?(?:[\d(\\{$]|[a-z]\b))"
    r"|[b-hj-z]"  # a variable
    rf"|(?<! ) {{2,}}(?={_SIGN})|\.{{2,}}|\.(?={_SIGN})|(?<={_SIGN})\.)"  # of a drawing
)
_LABEL = re.compile(r"\W*(?:problem|question|exercise|task|q)\s?\d{0,4}\s?[.:)]")
_MARKUP = re.compile(r"\*\*|^#+ ", re.MULTILINE)
_SAME = (("−", "-"), ("×", "*"), ("·", "*"), ("÷", "/"))
"""Signs, and what they are the same as."""
FIGURES = "0123456789+=<>^%|~@"
"""Characters that stand in a skeleton wherever they stand in a text, in its order."""
_NO_FIGURES = bytes({*range(256)} - {*FIGURES.encode()})
_SMALL = names(
    """a an the this that these those it its he she they them his her their we our you your i me my there here of is
        are was were be been being am do does did done have has had having will would shall should can could may might
        must let please find compute calculate determine evaluate work solve give tell say state show what which who how
        given following below then so thus also just value answer result"""
)
"""Words without which a problem asks the same: articles, pronouns, auxiliaries, and words that only ask. No quantifier,
negation, comparison, direction or connective stands here."""


class Said(NamedTuple):
    """What a problem says."""

    signs: tuple[str, ...]
    """Its numbers, signs and variables in their order."""
    words: tuple[str, ...]
    """Content words in their order."""

    @classmethod
    def of(cls, text: str) -> Self:
        """What a plain text says."""
        return cls(tuple(skeleton(text)), words(text))

    def within(self, other: Said, least: float) -> bool:
        """Whether nothing is said here that the other, of the same signs, does not say, and a share of it."""
        ours, theirs = len(self.signs) + len(self.words), len(other.signs) + len(other.words)
        if not least * theirs <= ours <= theirs:
            return False
        return _holds(other.words, self.words) or _holds(other.words[::-1], self.words[::-1])


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


def plain(text: str) -> str:
    """A problem's text without case, emphasis, headings and a label before it ("Problem 3:")."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        for sign, usual in _SAME:  # far faster than `translate`
            text = text.replace(sign, usual)
    text = text.casefold()
    if "**" in text or "#" in text:
        text = _MARKUP.sub("", text)
    label = _LABEL.match(text)
    return text[label.end() :] if label else text


def skeleton(text: str) -> list[str]:
    """The numbers, signs and variables of a plain text, in their order; typography is no sign.

    Example:
        >>> skeleton(plain("Problem 3: Find the roots of $x+1$ if x = 2,000."))
        ['x', '+', '1', 'x', '=', '2000']
    """
    return [token.replace(",", "") if "," in token else token for token in _SKELETON.findall(text) if token]


def figures(text: str) -> str:
    """The figures of a plain text; those of its skeleton are the same."""
    return text.encode("utf-8", "surrogatepass").translate(None, _NO_FIGURES).decode("ascii")


def words(text: str) -> tuple[str, ...]:
    """The content words of a plain text, without a plural's ending.

    Example:
        >>> words(plain("Problem 3: Find the roots of $x+1$ if x = 2,000."))
        ('root', 'if')
    """
    found = (_ASCII_WORD if text.isascii() else _WORD).findall(text)
    singular = [word[:-1] if word[-1] == "s" and len(word) > 3 else word for word in found if word not in _SMALL]
    return tuple([word for word in singular if word not in _SMALL])


def outlines(examples: Sequence[Example]) -> Iterator[tuple[str, str]]:
    """Of each Example a hash of its figures, options, attachments and answer, and its plain text.

    Problems that are the same share the hash.
    """
    values = answer_keys(examples, [example.reference for example in examples])
    for example, value in zip(examples, values, strict=True):
        text = plain(example.text)
        shown = [path for turn in example.prompt for path in turn.attachments]
        options = sorted(" ".join((*skeleton(option), *words(option))) for option in map(plain, example.options))
        answer = canonical(example.reference) if value is None else value
        known = [figures(text), "", *options, "", *shown, "", answer]
        digest = hashlib.blake2b("\x1f".join(known).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        yield digest, text


def same(one: Said, other: Said, least: float = LEAST) -> bool:
    """Whether two problems of one outline differ in wording alone."""
    return one.signs == other.signs and (one.within(other, least) or other.within(one, least))


def twins(problems: Sequence[Said], least: float = LEAST) -> Iterator[tuple[int, int]]:
    """Each of some problems of one outline that is the same as an earlier one that stays, and the first such one."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, problem in enumerate(problems):
        alike.setdefault(problem.signs, []).append(place)
    for places in alike.values():
        if len(places) > 2:
            yield from ((places[at], places[twin]) for at, twin in _of_many([problems[at] for at in places], least))
        elif len(places) == 2 and same(problems[places[0]], problems[places[1]], least):
            yield places[1], places[0]


def _of_many(problems: Sequence[Said], least: float) -> Iterator[tuple[int, int]]:
    """`twins` of problems with the same signs.

    What is said within another holds its rarest word, so only problems that share the rarest word of one of the two are
    compared; none is missed.
    """
    often = Counter(word for problem in problems for word in {*problem.words, ""})
    of_rarest: dict[str, list[int]] = {}
    holding: dict[str, list[int]] = {}
    for place, problem in enumerate(problems):
        rarest = min(problem.words, key=lambda word: (often[word], word), default="")
        longer = holding.get(rarest, ())
        shorter = (at for word in {*problem.words, ""} for at in of_rarest.get(word, ()))
        twin = next((at for at in _ascending(longer, shorter) if same(problem, problems[at], least)), None)
        if twin is not None:
            yield place, twin
            continue
        of_rarest.setdefault(rarest, []).append(place)
        for word in {*problem.words, ""}:
            holding.setdefault(word, []).append(place)


def _ascending(*places: Iterable[int]) -> list[int]:
    return sorted({place for some in places for place in some})
