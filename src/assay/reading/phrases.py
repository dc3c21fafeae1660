"""Mathematical answers that are words: numbers, measures, times, "no solution", "all real numbers", or other words."""

from __future__ import annotations

import re
from dataclasses import replace

from assay.reading.numerals import from_words
from assay.reading.regions import POSITIVE
from assay.reading.shapes import Answer, Bag, Seq, Value, Words
from assay.reading.spelling import bare_words, compound_measure, trimmed
from assay.reading.tree import MINUS_ONE, Tree
from assay.reading.words import fold

INFINITY: Tree = ("const", "infty")
EMPTY = Words("no solution")
ENDLESS = Words("infinitely many")
REALS = Seq("(", ")", (Value(("*", MINUS_ONE, INFINITY)), Value(INFINITY)), named=True)

_NO_SOLUTION = re.compile(
    r"(?:there (?:is|are) )?no (?:real |such |integer |possible )*"
    r"(?:solutions?|values?|numbers?|roots?|answer)(?: exists?)?"
    r"|none|does not exist|dne|undefined|(?:is )?not defined|(?:the )?empty set|no such .{1,30} exists?|no real"
)
_IT_IS = re.compile(r"^(?:it is|it's|they are|the answer is)\s+(?=\w)", re.IGNORECASE)
_ALL_REALS = re.compile(r"(?:the set of )?(?:all|any) reals?(?: numbers?| values?)?(?: [a-z])?|reals?|real numbers")
_ENDLESS = re.compile(
    r"(?:there are )?(?:infinitely many|(?:an )?infinite(?: number of)?)"
    r"(?: (?:such )?(?:solutions?|values?|numbers?|ways|points))?"
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?\s*(?:([ap])\.?\s?m\.?)?")
_HALF_LINES: dict[str, Answer] = {
    ("all " * every + sign + " real" + noun): answer
    for every in (0, 1)
    for noun in ("s", " numbers", " values")
    for signs, answer in ((("positive",), POSITIVE), (("nonnegative", "non-negative"), replace(POSITIVE, opening="[")))
    for sign in signs
}
_FORMULA = re.compile(r"[\d\\=<>^_{}|*/+≤≥∪∞π√]")
_SYMBOL_NAMES = {"sqrt", "infinity", "alpha", "beta", "theta", "lambda", "gamma", "abcd"}
_EMPTY_SETS = ("\\emptyset", "\\varnothing", "∅", "\\{\\}", "{}", "\\{ \\}")


def read_words(text: str) -> Answer | None:
    """The answer that a text of words is, or `None` for a formula."""
    if text in _EMPTY_SETS:
        return EMPTY
    bare = bare_words(text)
    if not bare or not (bare[0].isalpha() or bare[0].isdigit()):
        return None
    if re.fullmatch(r"[A-Za-z]", bare) and "\\" in text:
        return Value(("sym", bare))
    bare = _IT_IS.sub("", bare)
    low = " ".join(bare.lower().split())
    if (known := _known(low)) is not None:
        return known
    if _FORMULA.search(bare):
        return None
    if (number := from_words(low)) is not None:
        return Value(("num", number.value), number.unit, number.percent)
    words = set(re.findall(r"[A-Za-z]{2,}", bare))
    if not words or words & _SYMBOL_NAMES or not re.search(r"[A-Za-z]{4,}|\\text", text):
        return None
    parts = [fold(part) for part in re.split(r",|;|\band\b", bare)]
    return Words(parts[0]) if len(parts) == 1 else Bag(tuple(Words(part) for part in parts if part))


def _time(clock: re.Match[str]) -> str:
    """A time of day in twelve hours: `17:30` is `5:30pm`."""
    hour, minutes, seconds, half = int(clock[1]), clock[2] or "00", clock[3], clock[4]
    if hour > 12 or (hour == 0 and not half):
        hour, half = (hour - 12, "p") if hour > 12 else (12, "a")
    return f"{hour}:{minutes}{':' + seconds if seconds else ''}{half + 'm' if half else ''}"


def same_time(one: str, two: str) -> bool:
    """Whether two times are the same, with or without the half of the day."""
    short, long = sorted((one, two), key=len)
    return ":" in short and long[:-2] == short and long[-2:] in ("am", "pm")


def as_words(text: str) -> Words | None:
    """A text of letters alone read as words ("yes"), where `read_words` would take it for a product of symbols."""
    bare = bare_words(trimmed(text))
    return Words(fold(bare)) if re.fullmatch(r"[A-Za-z][A-Za-z' -]+", bare) else None


def _known(low: str) -> Answer | None:
    if _NO_SOLUTION.fullmatch(low):
        return EMPTY
    if _ALL_REALS.fullmatch(low):
        return REALS
    if _ENDLESS.fullmatch(low):
        return ENDLESS
    if low in _HALF_LINES:
        return _HALF_LINES[low]
    if (clock := _CLOCK.fullmatch(low)) and (clock[2] or clock[4]):
        return Words(_time(clock))
    measure = compound_measure(low)
    return None if measure is None else Words(measure)
