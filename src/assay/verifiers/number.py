"""One number, or a list of them, exact at the digits of the reference.

An integer or a fraction is only itself; a decimal reference accepts what rounds to it at its last digit. Currency,
thousands separators and units may be left out, and a different unit is wrong. Percent signs follow one table: `25%`
accepts `25%`, `25` and `0.25`; `0.25` accepts `25%`; `25` accepts `25%`. Nothing else is right by a factor of 100.
A list reference wants all its numbers, in order unless `ordered` is false.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from assay.claim.extract import final_part, find
from assay.claim.markers import Found, clean
from assay.errors import BadReference, NoAnswer
from assay.judging.verifier import Lane, Params, verifier
from assay.reading.answers import RANGE, worked_out
from assay.reading.counting import SCALES
from assay.reading.numerals import Quantity, TooLong, once, plain, quantity
from assay.reading.units import same_unit, unit_name
from assay.types import Example, Verdict

MAX_ALTERNATIVES = 32
_INTEGER = re.compile(r"-?\d{1,15}", re.ASCII)
_DIGITS = re.compile(r"\d")
_NUMBERS = re.compile(
    r"(?<![\w.])[-−+]?\s?(?:US)?[$€£¥]?-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:/\d+)?(?:\s?%)?"
)
_SPLIT = re.compile(r"(?:(?<!\s)\s++)?(?:;|(?:,\s*+)?\band\b|,(?!\d{3}(?!\d)))\s*+")
_OR = re.compile(r"(?:(?<!\s)\s++)?(?:,\s*+)?\bor\b\s*+", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:for|in|after|at|on|by|when|with|if|because|since|as|per|every|from|which|that|representing)\b", re.IGNORECASE
)
_STOP = "and|or|plus|minus|times|percent|out|not|more|less|fewer|than|to|by|from|hundred|thousand|million"
_WORD = rf"(?!(?:{_STOP})\b)[a-zA-Z]+"
_LED = re.compile(
    rf"^([^\s\d]?[\d.,]*\d%?,?\s+(?:{_WORD},?\s+)?)"
    rf"(?:(?:{_WORD},?\s+){{0,3}}?(?={_LEAD.pattern})"
    rf"|(?<=[a-z]\s)(?:{_WORD}\s+){{0,3}}?(?=(?:of|during|over|to)\s+[a-z\d]))"
)
"""The number and its unit in front of a clause that holds other numbers ("1 hour to finish a 360-piece puzzle")."""
_CHANGES = re.compile(
    r"\b(?:not|or|at (?:least|most)|up to|half|twice|double|triple|except|never|no longer|"
    r"(?:any|every)thing but|maybe|perhaps|possibly|root|cube of|square of|base|"
    r"halves|thirds|fourths|(?:fif|six|seven|eigh|nin)ths|"
    r"squared|cubed|factorial|(?:ten|hundred|thousand)ths?|"
    r"(?:less|more|fewer|greater) than)\b|n't\b|\d\s?/\s?[xyzn]\b|\d\s?[‰‱∞π√⁻⁰¹²³⁴-⁹½¼¾⅓⅔⅛]|√"
    r"|\\(?:sqrt|pi|infty|log|ln|exp|sin|cos|tan|pm|mp)(?![a-zA-Z])"
)
_NAMED = re.compile(r"^[A-Za-z][\w ]{0,30}\s*(?:=|:|is)\s*(?=[-+$€£\d.\\])")


@dataclass(frozen=True)
class Tolerance(Params):
    """How far a number may be off: by `abs`, and by `rel` times the reference."""

    abs: float = 0.0
    """May be off by this."""
    rel: float = 0.0
    """May be off by this times the reference."""

    def __post_init__(self) -> None:
        if self.abs < 0 or self.rel < 0:
            raise ValueError(f"parameter 'tolerance' is not below 0, as {min(self.abs, self.rel)} is")


@dataclass(frozen=True)
class NumberParams(Params):
    """Parameters of `number`."""

    tolerance: Tolerance | None = None
    """How far off is still right; without it, the reference's digits decide."""
    scale: str | float | None = 1
    """What the reference is counted in: "thousand", "million", "billion", "percent" or a number."""
    unit: str | None = ""
    """The unit of the reference."""
    ordered: bool = True
    """Whether the numbers of a list have their order."""


@verifier(
    "number",
    version=2,
    reference="a number, a string, or a list of them",
    params=NumberParams,
    lane=Lane.INLINE,
    reads=lambda example, params: _reference(example, params),
    keys=lambda example, answer: _answer_key(example, answer),
)
def number(example: Example, response: str, params: NumberParams) -> Verdict:
    """Right when every number equals the reference's at the reference's digits."""
    integer = _plain_integer(example)
    wanted = [Quantity(Fraction(integer))] if integer is not None else _reference(example, params)
    tolerance = (params.tolerance.abs, params.tolerance.rel) if params.tolerance else None
    try:
        found = _find(example, response)
        if integer is not None and _INTEGER.fullmatch(found.text):
            right = int(found.text) == integer
            return Verdict.of(right, read=found.text, why=_why(right, Quantity(Fraction(integer))))
        return _compare(found, wanted, tolerance, params.ordered)
    except TooLong as long:
        return Verdict.of(False, why=f"too costly to evaluate: {long}")


def _plain_integer(example: Example) -> int | None:
    """The reference where it is a bare integer and no parameter changes it: most are."""
    reference = example.reference
    if example.params or isinstance(reference, bool) or not isinstance(reference, int | str):
        return None
    return int(reference) if isinstance(reference, int) or _INTEGER.fullmatch(reference) else None


def _compare(
    found: Found, wanted: list[Quantity] | tuple[int, int], tolerance: tuple[float, float] | None, ordered: bool
) -> Verdict:
    text = plain(found.text)
    if isinstance(wanted, tuple):
        return Verdict.of(_year_range(text) == wanted, read=found.text, why=f"the reference is {wanted[0]}-{wanted[1]}")
    if len(wanted) != 1:
        return _compare_lists(found, text, wanted, tolerance, ordered)
    target = wanted[0]
    parts = _OR.split(text) if " or " in text else [text]
    if len(parts) > MAX_ALTERNATIVES:
        return Verdict.of(False, read=found.text[:200], why="it offers many alternatives")
    given = [q for part in parts if (q := read_one(part, found.marker)) is not None]
    if len(given) != len(parts):
        if found.marker == "whole" and len(_NUMBERS.findall(text)) != 1:
            raise NoAnswer("no marker and not one number")
        why = "it is not one number" if _DIGITS.search(text) else "it is not a number"
        return Verdict.of(False, read=found.text, why=why)
    right = all(equal(q, target, tolerance) for q in given)
    units = [q.unit for q in given if not same_unit(q.unit, target.unit)]
    why = f"the unit {units[0]!r} is not {target.unit!r}" if units else _why(right, target)
    return Verdict.of(right and not units, read=found.text, why=why)


def _compare_lists(
    found: Found, text: str, wanted: list[Quantity], tolerance: tuple[float, float] | None, ordered: bool
) -> Verdict:
    text = text.rstrip(". ").strip("[](){}\\ ")
    for parts in (_SPLIT.split(text), re.split(r"\s*[,;\n]\s*", text)):
        parts = [part for part in parts if part]
        given = [read_one(part, found.marker) for part in parts] if len(parts) == len(wanted) else [None]
        if all(given) and _match([q for q in given if q], wanted, tolerance, ordered):
            return Verdict.of(True, read=found.text, why="every number equals the reference's")
    if found.marker == "whole" and not _DIGITS.search(text):
        raise NoAnswer("no marker and no numbers")
    return Verdict.of(False, read=found.text, why=f"the reference has {len(wanted)} numbers and these are not they")


def _match(given: list[Quantity], wanted: list[Quantity], tolerance: tuple[float, float] | None, ordered: bool) -> bool:
    if not ordered:
        given, wanted = sorted(given, key=lambda q: q.value), sorted(wanted, key=lambda q: q.value)
    return all(equal(g, w, tolerance) and same_unit(g.unit, w.unit) for g, w in zip(given, wanted, strict=True))


def equal(given: Quantity, wanted: Quantity, tolerance: tuple[float, float] | None = None) -> bool:
    """Whether a number is the reference at the reference's digits, percent signs by their table."""
    values = [given.value]
    if wanted.percent and not given.percent:
        values.append(given.value * 100)
    elif given.percent and not wanted.percent and 0 < abs(wanted.value) <= 1:
        values = [given.value / 100] + ([given.value] if wanted.value == 1 else [])
    return any(_near(value, wanted, tolerance) for value in values)


def _near(value: Fraction, wanted: Quantity, tolerance: tuple[float, float] | None) -> bool:
    if value == wanted.value:
        return True
    off = abs(value - wanted.value)
    if tolerance is not None:
        return off <= Fraction(tolerance[0]) + Fraction(tolerance[1]) * abs(wanted.value)
    return off < wanted.half_unit or (off == wanted.half_unit and abs(value) < abs(wanted.value))


def read_one(text: str, marker: str) -> Quantity | None:
    """One number with its unit; after a phrase or as a whole response, words may stand around it."""
    text = text.strip().strip("()").strip() if text.startswith("(") else text.strip()
    text = once(_NAMED.sub("", text))
    if (whole := quantity(text) or worked_out(text)) is not None or marker == "box":
        return whole
    found = list(_NUMBERS.finditer(text))
    if len(found) > 1 and found[0].start() == 0 and (lead := _LED.search(text)):
        return quantity(text[: lead.end()].rstrip(" ,")) or quantity(lead[1].rstrip(" ,"))
    if len(found) != 1 or _CHANGES.search(text):
        return None
    return quantity(text[found[0].start() :]) or quantity(found[0][0])


def _find(example: Example, response: str) -> Found:
    try:
        found = find(example, response)
        if found.marker != "whole":
            return found
        if _NO_STATEMENT.search(found.text):
            raise NoAnswer("no marker, and the text does not state its number as the answer")
        if len(_NUMBERS.findall(plain(found.text))) <= 1 and _DIGITS.search(found.text):
            return found
    except NoAnswer as nothing:
        if not str(nothing).startswith("no box"):
            raise
        return last_sentence(example, response)
    return found if not re.search(r"[.!?]\s+\S", found.text) else last_sentence(example, response)


_NO_STATEMENT = re.compile(
    r"\bnot\b|n't\b|\?|\b(?:hardly|wrong|incorrect|nobody|no one|never|cannot|refuse|exceeds?|multiple of"
    r"|too (?:low|high|small|big|large|few|many)|(?:anything|everything|all) but|version|error|step|chapter|digits)\b",
    re.IGNORECASE,
)


def last_sentence(example: Example, response: str) -> Found:
    """The last sentence when it holds exactly one number. Raises `NoAnswer` otherwise."""
    body = final_part(example, response).rstrip()
    line = clean(body[max(0, body.rfind("\n", 0, len(body)), len(body) - 600) :])
    sentence = re.split(r"(?<=[.!?])\s", line)[-1]
    text = plain(sentence)
    if len(_NUMBERS.findall(text)) != 1 or _NO_STATEMENT.search(text):
        raise NoAnswer("no box, no final-answer line, and the last sentence does not hold exactly one number")
    return Found(sentence, "sentence")


def _answer_key(example: Example, answer: Any) -> str | None:
    """The value of each number, with its unit; a percentage by its value."""
    try:
        if not isinstance(answer, str):
            read = [_one_reference(item) for item in (answer if isinstance(answer, list) else [answer])]
        elif isinstance(example.reference, list):
            read = [read_one(part, "") for part in _SPLIT.split(plain(answer).strip("[](){}\\ .")) if part]
        else:
            read = [read_one(plain(answer), "")]
    except TooLong:
        return None
    known = [f"{q.value / 100 if q.percent else q.value}{q.unit and ' ' + q.unit}" for q in read if q is not None]
    if not known or len(known) < len(read):
        return None
    return "; ".join(known if example.params.get("ordered", True) else sorted(known))


def _reference(example: Example, params: NumberParams) -> list[Quantity] | tuple[int, int]:
    raw = example.reference
    items = raw if isinstance(raw, list) else [raw]
    try:
        wanted = [_one_reference(item) for item in items]
    except TooLong as long:
        raise BadReference(f"the reference is {long}") from None
    if not wanted:
        raise BadReference("the reference is an empty list")
    if None in wanted:
        text = plain(raw) if isinstance(raw, str) else ""
        if (years := _year_range(text)) is not None:
            return years
        parts = [quantity(part) for part in _SPLIT.split(text.strip("[]()"))] if text else []
        if not parts or None in parts:
            raise BadReference(f"the reference {raw!r} is not a number")
        wanted = list(parts)
    factor, percent = _scale(params.scale)
    unit = unit_name(params.unit or "")
    known = [replace(q, percent=q.percent or percent, unit=unit or q.unit) for q in wanted if q is not None]
    return [replace(q, value=q.value * factor, half_unit=q.half_unit * factor) for q in known]


def _one_reference(item: Any) -> Quantity | None:
    if isinstance(item, str):
        return quantity(plain(item)) if len(item) < 5000 else None
    if isinstance(item, bool) or not isinstance(item, int | float) or item in (math.inf, -math.inf) or item != item:
        return None
    if isinstance(item, int) or (item.is_integer() and abs(item) < 1 << 53):
        return Quantity(Fraction(item))
    written = quantity(repr(item))
    assert written is not None  # repr of a finite float is a number
    noise = abs(written.value) / 10**14  # what is left of binary arithmetic
    return replace(written, half_unit=max(written.half_unit, noise) if len(repr(item)) > 16 else written.half_unit)


def _year_range(text: str) -> tuple[int, int] | None:
    match = RANGE.fullmatch(text)
    if match is None or max(len(match[1]), len(match[2])) > 9:
        return None
    first, last = match[1], match[2]
    return int(first), int(first[: -len(last)] + last if len(last) < len(first) else last)


def _scale(scale: Any) -> tuple[Fraction, bool]:
    if scale in ("percent", "%"):
        return Fraction(1), True
    if isinstance(scale, str) and scale.lower() in SCALES:
        return Fraction(SCALES[scale.lower()]), False
    if scale in ("", None):
        return Fraction(1), False
    if isinstance(scale, int | float) and not isinstance(scale, bool) and math.isfinite(scale) and scale:
        return Fraction(str(scale)), False
    raise BadReference(f"'scale' is 'thousand', 'million', 'billion', 'percent' or a number, not {scale!r}")


def _why(right: bool, wanted: Quantity) -> str:
    small = wanted.value.denominator == 1 and abs(wanted.value.numerator) < 10**15
    shown = abs(wanted.value) < 10**300
    value = str(wanted.value) if small else f"{float(wanted.value):.15g}" if shown else "as written"
    return f"it {'equals' if right else 'is not'} the reference {value}" + ("%" if wanted.percent else "")
