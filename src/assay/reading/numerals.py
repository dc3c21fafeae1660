"""Numbers as people write them: digits, fractions, powers of ten, currency, percent, units and words.

All values are exact fractions. A number keeps the half unit of its last written decimal, which is what a decimal
reference allows. `1,0` is no number, and a number with more than `MAX_DIGITS` digits is too costly to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from assay.reading.counting import SCALES, VALUES, counted
from assay.reading.units import CURRENCIES, measure_name, unit_name

MAX_DIGITS = 2000
MAX_UNIT_WORDS = 200
"""Characters of the longest text behind a number that may be its unit."""

_LETTER_SCALES = {"k": 1000, "K": 1000, "M": 10**6, "B": 10**9, "bn": 10**9}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what was written around it."""

    value: Fraction
    half_unit: Fraction = Fraction(0)
    """Half a unit of the last written decimal; 0 for an integer or a fraction."""
    percent: bool = False
    unit: str = ""
    """Canonical name, or the words as written in lower case."""


class TooLong(ValueError):
    """A number whose digits would be too costly to compute with."""


_GROUPED = r"\d{1,3}(?:,\d{3})++(?![\d,])|\d{1,3}(?:[ ]\d{3})++(?![ ]?\d)|\d++"
_DECIMAL = rf"(?:(?:{_GROUPED})(?:\.\d*+)?|\.\d++)"
_QUANTITY = re.compile(
    rf"""(?P<approx>(?:about|approximately|approx\.?|around|exactly|~|≈|\\approx)\s*+)?
    (?P<sign>[+-])?\s*+(?P<currency>US\$|[$€£¥₹])?\s*+(?P<sign2>-)?
    (?:\\frac\s*+\{{\s*+(?P<top>-?\d++)\s*+\}}\s*+\{{\s*+(?P<bottom>\d++)\s*+\}}
      |(?P<num>\d++)\s*+/\s*+(?P<den>\d++)(?![\d.])
      |(?P<decimal>{_DECIMAL})(?:[eE](?P<exp>[+-]?\d++)(?!\w)
        |\s*+(?:\*|x|X|×|\\times|\\cdot)\s*+10\s*+(?:\^|\*\*)\s*+\{{?\s*+(?P<power>[+-]?\d++)\s*+\}}?)?)
    """,
    re.VERBOSE,
)
_NEGATIVE = re.compile(r"(?:minus|negative)\s++(?=[\w$€£¥.])(?!(?:minus|negative)\b)", re.IGNORECASE)
_SCALE = re.compile(
    r"\s*+((?i:hundred|thousands?|millions?|billions?|trillions?|lakhs?|crores?|dozens?)\b|[kK](?![a-zA-Z°]))"
    r"|([MB])(?![a-zA-Z])|\s*+(bn)\b"
)
_PERCENT = re.compile(r"\s*+(?:%|percent\b|per cent\b|percentage points?\b)", re.IGNORECASE)
_UNIT = re.compile(r"[^\d=<>\[\]{}~≈+*\\^]*(?:(?<=[^\W\d_])\s?\^\s*\{?[23]\}?[^\d=<>]*)?")
_NOT_UNIT = re.compile(
    r"_|(?<![^\W\d_])[⁰¹²³⁴-⁹⁻]|[½¼¾⅓⅔⅛‰‱π∞√]|[,;:]\s*\S|\b(?:pi|squared|cubed|factorial|tenths?|hundredths?|thirds|fourths|(?:fif|six|seven|eigh|nin)ths|halves|or|and|to|not|minus|plus|times|than|half|maybe|perhaps|"
    + "|".join(w for w in VALUES if w != "one")
    + r")\b|[-–—/]\s*$|^\s*[-–—/!]",
    re.IGNORECASE,
)
_TWICE = re.compile(r"([^()]{1,60}?)\s*+\(([^()]{1,60})\)")
_MONEY = r"US\$|[$€£¥₹]"
_ACCOUNT = re.compile(
    rf"({_MONEY})?\s*+\(\s*+(?=[^()]*(?:,\d{{3}}|[$€£¥₹%])|(?<=[$€£¥₹]\())((?:{_MONEY})?[\d.,]++\s*+%?)\s*+\)(.*+)",
    re.DOTALL,
)
"""A negative amount as accounts write it: `(1,234)`, `$(5.2) million`."""
_CENTS = re.compile(r"(\d++)\s*+dollars?,?\s*+(?:and\s*+)?(\d{1,2})\s*+cents?")
_CODE = re.compile(r"(?<![A-Za-z])(?:(USD|INR|EUR|GBP|JPY)\s*|(?:C|A|CAD|AUD|NZ|HK|S)\s?\$\s*)(?=[\d.])")
_CODES = {"USD": "$", "INR": "₹", "EUR": "€", "GBP": "£", "JPY": "¥", None: ""}
_WRAPPERS = re.compile(
    r"\\(?:text|textbf|textrm|mathrm|mathbf|mbox|operatorname|textit|mathit|boxed|underline)\s*\{([^{}]*)\}"
)
_LETTER = re.compile(r"\s?[a-wyz]\s?")
_SPACES = re.compile(r"\\[,;:! ]|~|\\q?quad\b|[\u00a0\u2009\u202f\u2002\u2003]")
_FULL_HOUR = re.compile(r"\b(\d{1,2})(?::00)?\s*([ap])\.?\s?m\.?(?!\w)", re.IGNORECASE)
_DROP = re.compile(r"\\(?:left|right|displaystyle|limits)(?![a-zA-Z])|\\[()\[\]]")


def plain(text: str) -> str:
    """Without LaTeX wrappers, delimiters and spacing; minus signs and fractions in one spelling."""
    text = _DROP.sub("", text).replace("{,}", ",").replace("\\!", "")
    for _ in range(4):
        text, changed = _WRAPPERS.subn(r" \1 ", text)
        if not changed:
            break
    text = _SPACES.sub(" ", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    text = text.replace("\\$", "US$").replace("\\%", "%").replace("−", "-").replace("–", "-").replace("^\\circ", "°")
    text = _CODE.sub(lambda code: _CODES[code[1]], text.strip())
    if text.startswith("$") and text.endswith("$") and len(text) > 1:
        text = text.strip("$")
    elif text.count("$") - text.count("US$") == 2:
        text = re.sub(r"(?<!US)\$([^$]*)(?<!US)\$", r"\1", text)
    text = _FULL_HOUR.sub(r"\1 \2.m", text)
    text = " ".join(text.replace("^{°}", "°").split())
    if (account := _ACCOUNT.fullmatch(text)) is not None:
        text = f"-{account[1] or ''}{account[2]}{account[3]}"
    return text


def once(text: str) -> str:
    """A number written twice (`12 (twelve)`, `twelve (12)`) written once, and the text itself where it is not."""
    match = _TWICE.fullmatch(text)
    if match is None:
        return text
    one, two = quantity(match[1]), quantity(match[2])
    same = one is not None and two is not None and one.value == two.value and not (one.unit and two.unit)
    return match[1] if same else text


def quantity(text: str) -> Quantity | None:
    """The text as one number with an optional unit, or `None`. Raises `TooLong`."""
    if (negative := _NEGATIVE.match(text)) is not None:
        found = quantity(text[negative.end() :])
        return None if found is None or found.value < 0 else replace(found, value=-found.value)
    if (words := from_words(text)) is not None:
        return words
    if (cents := _CENTS.fullmatch(text)) is not None:
        text = f"${cents[1]}.{cents[2]:0>2}"
    match = _QUANTITY.match(text)
    if match is None:
        return None
    value, half = _value(match)
    rest = text[match.end() :]
    while scale := _SCALE.match(rest):
        name = scale[1] or scale[2] or scale[3]
        factor = SCALES.get(name.lower()) or _LETTER_SCALES[name]
        value, half, rest = value * factor, half * factor, rest[scale.end() :]
    percent = _PERCENT.match(rest)
    rest = rest[percent.end() :] if percent else rest
    rest = rest.rstrip(" .)")
    if len(rest) > MAX_UNIT_WORDS:
        return None
    if (measure := measure_name(rest)) is not None:
        money = CURRENCIES[match["currency"]] if match["currency"] and measure.startswith("/") else ""
        return Quantity(value, half, percent is not None, money + measure)
    if not _UNIT.fullmatch(rest) or _NOT_UNIT.search(rest):
        return None
    if _LETTER.fullmatch(rest):
        return None
    unit = unit_name(rest) or (CURRENCIES[match["currency"]] if match["currency"] else "")
    return Quantity(value, half, percent is not None, unit)


def _value(match: re.Match[str]) -> tuple[Fraction, Fraction]:
    digits = sum(len(part) for part in match.groups() if part)
    if digits > MAX_DIGITS:
        raise TooLong(f"a number of {digits} digits")
    half, sign = Fraction(0), -1 if "-" in (match["sign"], match["sign2"]) else 1
    if (bottom := match["bottom"] or match["den"]) is not None:
        if not int(bottom):
            return Fraction(10) ** 400, half  # a division by zero equals nothing
        value = Fraction(int(match["top"] or match["num"]), int(bottom))
    else:
        text = match["decimal"].replace(",", "").replace(" ", "")
        exponent = int(match["exp"] or match["power"] or 0)
        if abs(exponent) > MAX_DIGITS:
            raise TooLong(f"a power of ten of {exponent}")
        value = Fraction(text if text[-1] != "." else text[:-1]) * Fraction(10) ** exponent
        decimals = len(text.partition(".")[2])
        half = Fraction(10) ** (exponent - decimals) / 2 if decimals else half
    return sign * value, half


def from_words(text: str) -> Quantity | None:
    """A number in English words (`one hundred and five`) with its unit, or `None`."""
    found = counted(text)
    if found is None:
        return None
    value, rest = found
    percent = _PERCENT.match(rest)
    unit = re.sub(r"^of (?:an? |the )?", "", rest[percent.end() :].strip() if percent else rest)
    if _NOT_UNIT.search(unit) or not _UNIT.fullmatch(unit):
        return None
    return Quantity(value, percent=percent is not None, unit=unit_name(unit))
