"""The forms in which prose may give an accepted string: dates in any order, names with fewer parts, bare lists.

Each form is something to look for among the `Words` of a text. A form never says less than tells the answer apart
from another of its kind: a full date wants its day, a name its first and its last part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from assay.prose.lexicon import MONTHS, Words

Span = tuple[int, int]
_FRONT = "in on at by from to since during with as around about approximately ~"
PREPOSITIONS = frozenset(_FRONT.split())
_TITLES = """president prime minister king queen prince princess emperor empress sir dame lord lady pope st dr mr mrs ms
    professor prof general gen captain capt colonel col major admiral senator governor chief justice judge us
    reverend rev bishop sultan tsar czar former vice actor actress singer author"""
_BESIDE = "a an the of for is was are were be that this its it"
_FUNCTION = PREPOSITIONS | set(_BESIDE.split())
_SUFFIXES = {"jr", "sr", "obe", "cbe", "mbe", "phd", "md"}
_SMALL = {"of", "and", "or", "in", "on", "at", "for", "to", "by", "from", "with", "de", "la", "vs", "is", "as", "up"}
_ROLE = re.compile(
    r"(?:^|\s)(?:[a-z-]*(?:ist|ian|man|woman|[^dvft]er|tor|thor)|band|group|duo|trio|team|company|actress|king|queen)"
    r"\s(?P<name>(?:[A-Z][\w'’.-]*\s?)+)$"
)
"""What somebody or something is, before its name: "the British band Argent"."""
_MADE_BY = re.compile(r"(?:written|sung|played|produced|directed|composed|performed|painted|published) (?:by|in) ")
_YEAR = re.compile(r"[1-9]\d{2,3}")
_SPAN = re.compile(r"(?P<first>\d{4})\s*(?:[-–—]|to|and|until)\s*(?P<last>\d{2,4})")


@dataclass(frozen=True, slots=True)
class Run:
    """Words that follow one another."""

    joined: str
    aside: str = ""
    """What stood behind them in brackets, where that may be left out; no other brackets may stand there."""

    def spans(self, words: Words) -> Iterator[Span]:
        for start, end in words.find(self.joined):
            behind = words.text[words.at[end - 1][1] :][:2].lstrip()
            if not self.aside or behind[:1] not in ("(", "[") or "".join(words.words[end:]).startswith(self.aside):
                yield start, end


@dataclass(frozen=True, slots=True)
class Date:
    """A day of a month of a year, or a month of a year, in any order."""

    year: str
    month: str
    day: str = ""

    def spans(self, words: Words) -> Iterator[Span]:
        for place, word in enumerate(words.words):
            if word != self.month:
                continue
            before, after = words.words[max(0, place - 2) : place], words.words[place + 1 : place + 3]
            day_after = bool(after) and _is_day(after[0])
            year_place = place + 1 + day_after
            if words.words[year_place : year_place + 1] != [self.year]:
                continue
            start = place
            if self.day:
                if day_after:
                    given = after[0]
                elif before and _is_day(before[-1]):
                    given, start = before[-1], place - 1
                elif len(before) == 2 and before[1] == "of" and _is_day(before[0]):
                    given, start = before[0], place - 2
                else:
                    continue
                if given.removesuffix("th") != self.day:
                    continue
            yield start, year_place + 1


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name: first and last part, and none in between that the accepted name does not have."""

    parts: tuple[str, ...]

    def spans(self, words: Words) -> Iterator[Span]:
        first, *middle, last = self.parts
        for end, word in enumerate(words.words):
            if word != last:
                continue
            for start in range(max(0, end - len(self.parts)), end):
                if _same_given(first, words.words[start]) and _within(words.words[start + 1 : end], middle):
                    yield start, end + 1
                    break


@dataclass(frozen=True, slots=True)
class Loose:
    """The words that carry the meaning, in order, with at most one other between two of them, small words apart."""

    content: tuple[str, ...]

    def spans(self, words: Words) -> Iterator[Span]:
        said = [(place, _singular(word)) for place, word in enumerate(words.words) if word not in _FUNCTION]
        for start, (_, word) in enumerate(said):
            at = start
            for wanted in self.content if word == self.content[0] else ():
                step = next((k for k in (0, 1) if at + k < len(said) and said[at + k][1] == wanted), None)
                if step is None:
                    break
                at += step + 1
            else:
                if word == self.content[0]:
                    yield said[start][0], said[at - 1][0] + 1


Form = Run | Date | Name | Loose


@lru_cache(maxsize=4096)
def forms(accepted: str) -> tuple[Form, ...]:
    """Every form of an accepted string, itself first."""
    made: dict[Form, None] = {}
    bracket = re.search(r"[(\[]([^()\[\]]+)[)\]]\s*$", accepted)
    aside = "".join(Words(bracket[1]).words) if bracket else ""
    for text in _readings(accepted):
        words = Words(text)
        if not words.words:
            continue
        made[Run(words.joined, aside if text != accepted else "")] = None
        if (date := _date(words.words)) is not None:
            made[date] = None
        elif (text == accepted or not aside) and (name := _name(words)) is not None:
            made[name] = None
        elif (loose := _loose(words)) is not None:
            made[loose] = None
    return tuple(made)


def _readings(text: str) -> Iterator[str]:
    """The string itself, and without its brackets, nickname, front preposition, titles or description."""
    yield text
    bare = re.sub(r"\s*\([^()]*\)|\s*\[[^\[\]]*\]", "", text).strip(' ,;:~"“”').rstrip(".")
    if bare != text:
        yield bare
    if (nicknamed := re.sub(r"\s*[\"“'][A-Z]\w+[\"”']\s+(?=[A-Z])", " ", bare)) != bare:
        yield nicknamed
        yield re.sub(r"^.*?[\"“']([A-Z]\w+)[\"”'](?=\s+[A-Z])", r"\1", bare)
    front, _, rest = bare.partition(" ")
    if front.lower() in PREPOSITIONS and rest:
        bare = rest
        yield rest
    if years := _SPAN.fullmatch(bare):
        first, last = years["first"], years["first"][: 4 - len(years["last"])] + years["last"]
        yield from (f"{first}{link}{last}" for link in ("-", " to ", " and ", " until "))
    if ", " in bare and " and " not in bare:
        yield " and ".join(bare.rsplit(", ", 1))
    if by := _MADE_BY.match(bare):
        yield bare[by.end() :]
    words = bare.split()
    titles = 0
    while titles < len(words) and words[titles].lower().strip(".").replace(".", "") in _TITLES.split():
        titles += 1
    if titles and len(words) - titles > 1:
        yield " ".join(words[titles:])
    if (role := _ROLE.search(bare)) and not re.search(r"\b(?:of|and|or|in)\b", bare):
        yield role["name"]


def _date(words: list[str]) -> Date | None:
    kept = [word for word in words if word not in ("of", "ad", "in", "on")]
    months = [word for word in kept if word in MONTHS]
    years = [word for word in kept if _YEAR.fullmatch(word)]
    days = [word.removesuffix("th") for word in kept if _is_day(word)]
    if len(months) != 1 or len(years) != 1 or len(days) > 1 or len(kept) != 2 + len(days):
        return None
    return Date(years[0], months[0], days[0] if days else "")


def _is_day(word: str) -> bool:
    return len(word) <= 4 and word.removesuffix("th").isdigit() and 1 <= int(word.removesuffix("th")) <= 31


def _name(words: Words) -> Name | None:
    """The parts of a personal name; `None` where the words do not look like one."""
    parts = list(words.words)
    while parts and parts[-1] in _SUFFIXES:
        parts.pop()
    if not 2 <= len(parts) <= 6 or any(part in _SMALL or not part.isalpha() for part in parts):
        return None
    if not all(words.text[start].isupper() for start, _ in words.at[: len(parts)]):
        return None
    return Name(tuple(parts))


def _loose(words: Words) -> Loose | None:
    """The content of a phrase; `None` for one word, for a phrase with digits, and for one that denies or joins."""
    content = tuple(_singular(word) for word in words.words if word not in _FUNCTION)
    plain = all(word.isalpha() and word not in ("and", "or", "not", "no", "but") for word in content)
    return Loose(content) if len(content) > 1 and plain else None


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _same_given(wanted: str, given: str) -> bool:
    """Whether two first names agree: the same, an initial of the other, or a short form of it (Greg, Gregory)."""
    if wanted == given:
        return True
    if not given.isalpha():
        return False
    short, long = sorted((wanted, given), key=len)
    return long.startswith(short) and (len(short) == 1 or len(short) >= 3) and len(long) > 2


def _within(given: list[str], wanted: list[str]) -> bool:
    """Whether the middle names given are among those wanted, in order, initials for names allowed."""
    if len(given) == len(wanted):
        return all(a[0] == b[0] and (a == b or 1 in (len(a), len(b))) for a, b in zip(given, wanted, strict=True))
    rest = iter(wanted)
    return all(len(part) > 1 and any(part == other for other in rest) for part in given)
