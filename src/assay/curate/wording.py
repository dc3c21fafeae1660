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

from assay.curate.said import Said
from assay.judging.session import answer_keys
from assay.types import Example, canonical

LEAST = 0.35
"""Share of the longer problem's numbers, signs and content words that the shorter one must have."""
_LABEL = re.compile(r"\W*(?:problem|question|exercise|task|q)\s?\d{0,4}\s?[.:)]")
_HEADING = re.compile(r"^#+ ", re.MULTILINE)
_SAME = (("−", "-"), ("×", "*"), ("·", "*"), ("÷", "/"))
"""Signs, and what they are the same as."""
FIGURES = "0123456789+=<>^%|~@"
"""Characters that are of a sign wherever they stand in a text."""
_NO_FIGURES = bytes({*range(256)} - {*FIGURES.encode()})


def plain(text: str) -> str:
    """A problem's text without case, emphasis, headings and a label before it ("Problem 3:")."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        for sign, usual in _SAME:  # far faster than `translate`
            text = text.replace(sign, usual)
    text = text.casefold()
    if text.startswith("#") or "\n#" in text:
        text = _HEADING.sub("", text)
    text = text.replace("**", "")
    label = _LABEL.match(text)
    return text[label.end() :] if label else text


def figures(text: str) -> bytes:
    """The figures of a plain text; those of its signs are the same."""
    return text.encode("utf-8", "surrogatepass").translate(None, _NO_FIGURES)


def outlines(examples: Sequence[Example]) -> Iterator[tuple[str, str]]:
    """Of each Example a hash of its figures, options, attachments and answer, and its plain text.

    Problems that are the same share the hash.
    """
    values = answer_keys(examples, [example.reference for example in examples])
    chosen = iter(Said.of([plain(option) for example in examples for option in example.options]))
    for example, value in zip(examples, values, strict=True):
        text = plain(example.text)
        shown = [path for turn in example.prompt for path in turn.attachments]
        options = sorted(" ".join((said.signs, *said.words)) for _, said in zip(example.options, chosen, strict=False))
        answer = canonical(example.reference) if value is None else value
        known = "\x1f".join(("", "", *options, "", *shown, "", answer)).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(figures(text) + known, digest_size=8).hexdigest()
        yield digest, text


def same(one: Said, other: Said, least: float = LEAST) -> bool:
    """Whether two problems of one outline differ in wording alone."""
    return one.signs == other.signs and (one.within(other, least) or other.within(one, least))


def twins(known: Sequence[tuple[str, str]], least: float = LEAST) -> Iterator[tuple[int, int]]:
    """Each of some problems that is the same as an earlier one that stays, and the first such one.

    A problem is given as `outlines` gives it.
    """
    places: dict[str, list[int]] = {}
    for place, (outline, _) in enumerate(known):
        places.setdefault(outline, []).append(place)
    shared = [place for some in places.values() if len(some) > 1 for place in some]
    alike: dict[tuple[str, str], list[tuple[int, Said]]] = {}
    for place, problem in zip(shared, Said.of([known[place][1] for place in shared]), strict=True):
        alike.setdefault((known[place][0], problem.signs), []).append((place, problem))
    for group in alike.values():
        if len(group) == 2 and same(group[0][1], group[1][1], least):
            yield group[1][0], group[0][0]
        elif len(group) > 2:
            problems = [problem for _, problem in group]
            yield from ((group[at][0], group[twin][0]) for at, twin in _of_many(problems, least))


def _of_many(problems: Sequence[Said], least: float) -> Iterator[tuple[int, int]]:
    """`twins` of problems with one outline and the same signs.

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
