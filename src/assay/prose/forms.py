"""Words of prose in one spelling, and the forms in which prose may give an accepted string.

Numbers in words are digits, ordinals and Roman numerals too, plurals lose their ending, initials and hyphens join
("E. L. James", "EL James"; "mini-game", "minigame"), words that lost the space between them part ("byJack"), and
articles are dropped. A form never says less than tells the answer apart from another of its kind: a full date wants
its day, a name its first and its last part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from assay.prose.countries import aliases
from assay.reading.counting import ORDINALS, VALUES
from assay.reading.units import UNITS
from assay.reading.words import DASHES, LETTER, without_accents

_UNITS = "m mm cm km kg g ft feet lb mi yr hr min"
_ROMAN = "- - ii iii iv - vi vii viii ix - xi xii xiii xiv xv xvi"
_MONTHS = "- january february march april may june july august september october november december"
MONTHS = {name: place for place, name in enumerate(_MONTHS.split()) if place}
MONTHS |= {name[:3]: place for name, place in MONTHS.items()} | {"sept": 9}
_SAME = {word: str(value) for word, value in VALUES.items()}
_SAME |= {word: f"{value}th" for word, value in ORDINALS.items() if value <= 20}
_SAME |= {word: str(place) for place, word in enumerate(_ROMAN.split()) if word != "-"}
_SHORT = """&:and usa:us mount:mt doctor:dr saint:st percent:% ave:avenue blvd:boulevard ltd:limited ce:ad bce:bc"""
_SAME |= {word: same for word, _, same in (pair.partition(":") for pair in _SHORT.split())}
_SAME |= {name[:3]: name for name in _MONTHS.split()[1:]} | {"sept": "september"}
_UNIT_NAMES = {short: UNITS[short].replace("metre", "meter") for short in _UNITS.split()}
"""Units behind a number."""
_ARTICLES = {"a", "an", "the"}


def _word(letter: str, small: str) -> re.Pattern[str]:
    return re.compile(
        rf"{letter}(?:\.\s?{letter}(?!{letter}))+|[A-Z]{{2,}}(?![a-z])|[A-Z]?{small}+(?:'{letter}+)?|{letter}|[%&+#]"
        r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\s?\d+)?(?:(?:st|nd|rd|th|'?s)\b)?"
        r"|-(?<![\w.)\]-]-)\d*(?:\.\d+|(?<=\d))|\.(?<![\w.]\.)\d+"
    )


_WORD = _word(r"[^\W\d_]", rf"(?:(?![A-Z]){LETTER})")
_ASCII_WORD = _word("[a-zA-Z]", "[a-z]")
"""The same of a text without other letters, found faster."""
_SOFT = str.maketrans({"’": "'", "‘": "'", "`": "'", "\u200b": None, "\xad": None})


class Words:
    """The words of a text and where in it they stand."""

    __slots__ = ("_at", "_pieces", "joined", "text", "words")

    def __init__(self, text: str) -> None:
        if text.isascii():
            text = text.replace("`", "'")
        else:
            text = without_accents(text.translate(_SOFT).translate(DASHES))
        self.text = _ISO.sub(_in_words, text) if _DATED.search(text) else text
        spelled = [*map(_spelled, self._found.findall(self.text))]
        self.words = [word for word, _ in spelled]
        self._at: list[tuple[int, int]] = []
        if not all([is_settled for _, is_settled in spelled]):
            self._read_beside()
        self._pieces = self.words
        self.joined = "".join(self.words)
        if not self.joined.isalpha():  # digits behind digits want a bar between them
            behind = [False, *(word[-1].isdigit() for word in self.words)]
            pieces = zip(self.words, behind, strict=False)
            self._pieces = [f"|{word}" if parted and word[0].isdigit() else word for word, parted in pieces]
            self.joined = "".join(self._pieces)

    @property
    def _found(self) -> re.Pattern[str]:
        return _ASCII_WORD if self.text.isascii() else _WORD

    @property
    def at(self) -> list[tuple[int, int]]:
        """Where each word begins and ends."""
        if len(self._at) < len(self.words):
            self._at = [match.span() for match in self._found.finditer(self.text)]
        return self._at

    def _read_beside(self) -> None:
        """Read the words once more, each for what stands beside it."""
        self.words = []
        for match in self._found.finditer(self.text):
            word, is_settled = _spelled(match[0])
            if is_settled and (not self.words or self.words[-1] not in _DECADES):
                self.words.append(word)
                self._at.append(match.span())
            else:
                self._add(word, match)

    def _add(self, word: str, match: re.Match[str]) -> None:
        """A word that may be dropped, or be another, for what stands beside it."""
        if (
            match[0].casefold() in _ARTICLES
            and match.string[match.end() : match.end() + 1] != "."
            and match.end() < len(match.string.rstrip(" .)\"'"))
        ):
            return
        if word.isdigit() and len(word) == 1 and self.words and self.words[-1] in _DECADES:
            start, end = self._at[-1]
            if match.string[end : match.start()] in ("-", " ") and match.string[start].isalpha():
                self.words[-1] = str(int(self.words[-1]) + int(word))
                self._at[-1] = (start, match.end())
                return
        if word in _UNIT_NAMES and self.words and self.words[-1][-1].isdigit():
            word = _UNIT_NAMES[word]
        self.words.append(word)
        self._at.append(match.span())

    def find(self, joined: str) -> Iterator[tuple[int, int]]:
        """Where a run of words stands: the places of its first word and of the one after its last."""
        if (at := self.joined.find(joined)) < 0:
            return
        bounds = [0, *accumulate(map(len, self._pieces))]
        ends = {end: place for place, end in enumerate(bounds)}
        starts = {bounds[place] + (piece[0] == "|"): place for place, piece in enumerate(self._pieces)}
        while at >= 0:
            if at in starts and at + len(joined) in ends:
                yield starts[at], ends[at + len(joined)]
            at = self.joined.find(joined, at + 1)


_DECADES = {str(10 * place) for place in range(2, 10)}


@lru_cache(1 << 14)
def _spelled(given: str) -> tuple[str, bool]:
    """A word in its one spelling, and whether no word beside it changes it, or is changed by it."""
    folded = given.casefold()
    word = one_spelling(folded)
    return word, not (folded in _ARTICLES or word in _UNIT_NAMES or (word in _DECADES and given[0].isalpha()))


def one_spelling(word: str) -> str:
    """A folded word, number or abbreviation in its one spelling."""
    if word[0] in "-." or word[0].isdigit():
        return _one_number(word)
    if (same := _SAME.get(word)) is not None:
        return same
    if "." in word:
        word = word.replace(".", "").replace(" ", "")
        return _SAME.get(word, word)
    word = word.removesuffix("'s").replace("'", "")
    if word.endswith(("metre", "metres")):
        return word.removesuffix("s")[:-2] + "er"
    if len(word) > 3 and word[-1] == "s" and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies"):
            return word[:-3] + "y"
        return word[:-2] if word.endswith(("xes", "ches", "shes", "sses", "oes")) else word[:-1]
    return word


def _one_number(word: str) -> str:
    """Digits without separators and needless zeros; an ordinal ends in `th`, a decade in `s`."""
    if word[0] == "-":
        return "-" + _one_number(word[1:])
    word = word.replace(",", "").replace(" ", "")
    word = "0" + word if word[0] == "." else word
    if word[-1] == "s":
        return word.replace("'", "")
    if word[-1].isalpha():
        return word[:-2] + "th"
    if "." in word:
        word = word.rstrip("0").rstrip(".")
    whole, point, decimals = word.partition(".")
    return (whole.lstrip("0") or "0") + point + decimals


_ISO = re.compile(
    r"\b(?:(?P<year>\d{4})[-/](?P<month>\d{2})[-/](?P<day>\d{2})|(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"
    r"|(?P<mm>\d{1,2})/(?P<dd>\d{1,2})/(?P<yy>\d{4}))\b"
)
"""A date in figures: `2013-04-15`, `15.4.2013` or `4/15/2013`."""
_DATED = re.compile(r"\d[-/.]\d")
"""What every such date holds, and most texts do not: this is found faster."""


_ORDER = ("year", "y", "yy", "month", "m", "mm", "day", "d", "dd")


def _in_words(date: re.Match[str]) -> str:
    year, month, day = (part for part in date.group(*_ORDER) if part is not None)
    names = _MONTHS.split()
    return f"{int(day)} {names[int(month)]} {year}" if 1 <= int(month) <= 12 else date[0]


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
class Year:
    """A year, which a whole date in it answers too."""

    year: str

    def spans(self, words: Words) -> Iterator[Span]:
        if (date := _date(words.words)) is not None and date.year == self.year:
            yield 0, len(words.words)


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
                    yield start, end + 1 + ((words.words[end + 1 : end + 2] or [""])[0] in _SUFFIXES)
                    break


@dataclass(frozen=True, slots=True)
class Loose:
    """The words that carry the meaning, in order, with at most one other between two of them, small words apart."""

    content: tuple[str, ...]

    def is_whole(self, words: Words) -> bool:
        """Whether a text has these words of meaning and no other."""
        return tuple(_singular(word) for word in words.words if word not in _FUNCTION) == self.content

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


_NUMBERED = re.compile(r"([a-z]+)(\d{1,2})(th)?")

Form = Run | Date | Year | Name | Loose


@lru_cache(maxsize=4096)
def forms(accepted: str) -> tuple[Form, ...]:
    """Every form of an accepted string, itself first."""
    made: dict[Form, None] = {}
    if _YEAR.fullmatch(accepted.strip()):
        made[Year(accepted.strip())] = None
    for alias in aliases(accepted):
        made[Run(Words(alias).joined)] = None
    bracket = re.search(r"[(\[]([^()\[\]]+)[)\]]\s*$", accepted)
    aside = "".join(Words(bracket[1]).words) if bracket else ""
    for text in _readings(accepted):
        words = Words(text)
        if not words.words:
            continue
        made[Run(words.joined, aside if text != accepted else "")] = None
        if len(words.words) > 1 and text.endswith(" I"):
            made[Run("1th" + words.joined[:-1])] = None
        if len(words.words) > 1 and (numbered := _NUMBERED.fullmatch(words.joined)):  # "Henry VIII", "Henry the Eighth"
            made[Run(numbered[1] + numbered[2] + ("" if numbered[3] else "th"))] = None
            made[Run(numbered[2] + "th" + numbered[1])] = None  # "the Second World War"
        if (date := _date(words.words)) is not None:
            made[date] = None
        elif (text == accepted or not aside) and (name := _name(words)) is not None:
            made[name] = None
        elif (loose := _loose(words)) is not None:
            made[loose] = None
    return tuple(made)


_MONEY = {"$": "dollars", "€": "euros", "£": "pounds"}
_PRICE = re.compile(r"([$€£])(\d[\d,.]*(?: [a-z]+illion)?)")


def _readings(text: str) -> Iterator[str]:
    """The string itself, and without its brackets, nickname, front preposition, titles or description."""
    yield text
    if price := _PRICE.fullmatch(text.strip()):
        yield f"{price[2]} {_MONEY[price[1]]}"
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
    """Whether two first names agree: the same, or an initial of the other."""
    if wanted == given:
        return True
    if not given.isalpha():
        return False
    short, long = sorted((wanted, given), key=len)
    return long.startswith(short) and len(short) == 1 and len(long) > 2


def _within(given: list[str], wanted: list[str]) -> bool:
    """Whether the middle names given are among those wanted, in order, initials for names allowed."""
    if len(given) == len(wanted):
        return all(a[0] == b[0] and (a == b or 1 in (len(a), len(b))) for a, b in zip(given, wanted, strict=True))
    rest = iter(wanted)
    return all(len(part) > 1 and any(part == other for other in rest) for part in given)


_TITLE = re.compile(
    r"(?:the\s)?(?:[A-Z][a-z]+(?:an|ish|ese|ch|ic|i)\s)?(?:" + "|".join(_TITLES.split()) + r")\.?\s(?=[A-Z])",
    re.IGNORECASE,
)


def without_title(text: str) -> str:
    """A name without what its bearer is called or is: `President`, `the British singer`."""
    match = _TITLE.match(text)
    return text[match.end() :] if match else text
