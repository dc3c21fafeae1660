"""Numbers as people write them: digits, fractions, powers of ten, currency, percent, units and words.

All values are exact fractions. A number keeps the half unit of its last written decimal, which is what a decimal
reference allows. `1,0` is no number, and a number with more than `MAX_DIGITS` digits is too costly to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from assay.reading.beside import is_clause, is_free
from assay.reading.counting import SCALES, counted
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
    digits: int = 0
    """Significant digits of a number written with decimals; 0 for an integer or a fraction."""
    scaled: bool = False
    """Whether a word such as `million` stood behind it."""


class TooLong(ValueError):
    """A number whose digits would be too costly to compute with."""


_GROUPED = (
    r"\d{1,3}(?:,\d{3})++(?![\d,])|\d{1,3}(?:[ ]\d{3})++(?![ ]?\d)|\d{1,3}(?:[_'’]\d{3})++(?!\d)"
    r"|\d{1,2}(?:,\d{2}){1,6},\d{3}(?![\d,])|\d++"
)
_COMMA = r"\d{1,3}(?:\.\d{3})++,\d++(?![\d,.])|\d{1,3}(?:\.\d{3}){2,}+(?![\d,.])|\d++,(?:\d{1,2}|\d{4,}+)(?![\d,.])"
"""Numbers with a decimal comma, or with points between thousands: `1.234,56`, `1.234.567`, `12,5`."""
_DECIMAL = rf"(?:(?P<comma>{_COMMA})|(?:{_GROUPED})(?:\.\d*+)?|\.\d++)"
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
    r"\s*+((?i:hundred|thousands?|millions?|billions?|trillions?|lakhs?|crores?|dozens?)\b|k(?![a-zA-Z°]))"
    r"|([MBK])(?![a-zA-Z])|\s*+(bn)\b"
)
_PERCENT = re.compile(r"\s*+(?:%|percent\b|per cent\b|percentage points?\b)", re.IGNORECASE)
_TWICE = re.compile(r"([^()]{1,60}?)\s*+\(([^()]{1,60})\)")
_MONEY = r"US\$|[$€£¥₹]"
_ACCOUNT = re.compile(rf"({_MONEY})?\s*+\(\s*+((?:{_MONEY})?[\d.,]++\s*+%?)\s*+\)(.*+)", re.DOTALL)
"""An amount in brackets: `(1,234)`, `$(5.2) million`."""
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip
_VULGAR_NUMBER = re.compile(rf"(\d{{1,9}})?\s?([{''.join(_VULGAR)}])")
_FULL_WIDTH = {0xFF01 + place: 0x21 + place for place in range(94)} | {
    0x3000: " ",
    ord("、"): ",",
    ord("【"): "[",
    ord("】"): "]",
}
_HAN = dict(zip("零〇一二两兩三四五六七八九", (0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_HAN_NUMBER = re.compile(rf"(负)?([{''.join(_HAN)}{''.join(_HAN_UNITS)}]{{1,30}})")
_CENTS = re.compile(r"(\d++)\s*+dollars?,?\s*+(?:and\s*+)?(\d{1,2})\s*+cents?")
_CODE = re.compile(r"(?<![A-Za-z])(?:(USD|INR|EUR|GBP|JPY)\s*|(?:C|A|CAD|AUD|NZ|HK|S)\s?\$\s*)(?=[\d.])")
_CODES = {"USD": "$", "INR": "₹", "EUR": "€", "GBP": "£", "JPY": "¥", None: ""}
_WRAPPERS = re.compile(
    r"\\(?:text|textbf|textrm|mathrm|mathbf|mbox|operatorname|textit|mathit|boxed|underline)\s*\{([^{}]*)\}"
)
_SPACES = re.compile(r"\\[,;:! ]|~|\\q?quad\b|[\u00a0\u2009\u202f\u2002\u2003]")
_FULL_HOUR = re.compile(r"\b(\d{1,2})(?::00)?\s*([ap])\.?\s?m\.?(?!\w)", re.IGNORECASE)
_DROP = re.compile(r"\\(?:left|right|displaystyle|limits|rm|bf|it|sf|tt)(?![a-zA-Z])|\\[()\[\]]")


def plain(text: str) -> str:
    """Without LaTeX wrappers, delimiters and spacing; minus signs and fractions in one spelling."""
    text = _DROP.sub("", text).replace("{,}", ",").replace("\\!", "")
    for _ in range(4):
        text, changed = _WRAPPERS.subn(r" \1 ", text)
        if not changed:
            break
    text = _SPACES.sub(" ", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    text = text.replace("\\$", "US$").replace("\\%", "%").replace("−", "-").replace("–", "-").replace("^\\circ", "°")
    if not text.isascii():
        text = _VULGAR_NUMBER.sub(_vulgar, text.translate(_FULL_WIDTH))
    text = _CODE.sub(lambda code: _CODES[code[1]], text.strip())
    if text.startswith("$") and text.endswith("$") and len(text) > 1:
        text = text.strip("$")
    elif text.count("$") - text.count("US$") == 2:
        text = re.sub(r"(?<!US)\$([^$]*)(?<!US)\$", r"\1", text)
    text = _FULL_HOUR.sub(r"\1 \2m", text)
    return " ".join(text.replace("^{°}", "°").split())


def _vulgar(match: re.Match[str]) -> str:
    top, bottom = _VULGAR[match[2]]
    return f"{int(match[1] or 0) * bottom + top}/{bottom}"


def without_account(text: str, *, accounting: bool) -> str:
    """An amount in brackets without them: negative where accounts are read, else as it stands."""
    account = _ACCOUNT.fullmatch(text)
    return text if account is None else f"{'-' * accounting}{account[1] or ''}{account[2]}{account[3]}"


def _in_han(text: str) -> tuple[int, str] | None:
    """A number in Chinese numerals and what stands behind it."""
    match = _HAN_NUMBER.match(text)
    if match is None:
        return None
    total = part = digit = 0
    for sign in match[2]:
        if sign in _HAN:
            digit = 10 * digit + _HAN[sign] if digit and not part and not total else _HAN[sign]
        elif (unit := _HAN_UNITS[sign]) < 10**4:
            part, digit = part + (digit or 1) * unit, 0
        else:
            total, part, digit = (total + part + digit) * unit, 0, 0
    return (total + part + digit) * (-1 if match[1] else 1), text[match.end() :]


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
    value, half, digits = _value(match)
    rest, scaled = text[match.end() :], False
    while scale := _SCALE.match(rest):
        name = scale[1] or scale[2] or scale[3]
        factor = SCALES.get(name.lower()) or _LETTER_SCALES[name]
        value, half, rest, scaled = value * factor, half * factor, rest[scale.end() :], True
    percent = _PERCENT.match(rest)
    rest = rest[percent.end() :] if percent else rest
    if (unit := _unit(rest)) is None:
        return None
    money = CURRENCIES[match["currency"]] if match["currency"] else ""
    unit = money + unit if unit.startswith("/") else unit or money
    return Quantity(value, half, percent is not None, unit, digits, scaled)


MAX_UNIT_NAME = 3
"""Words of the longest unit that is told from the words behind it."""


def _unit(rest: str) -> str | None:
    """The unit that stands behind a number, empty where there is none, `None` where words there change the number."""
    rest = rest.rstrip(" .")
    if not rest:
        return ""
    if len(rest) > MAX_UNIT_WORDS:
        return "" if is_free(rest) else None
    if rest.count("(") <= rest.count(")") and (measure := measure_name(rest.rstrip(")"))) is not None:
        return measure
    words = rest.strip().split(" ")
    for count in range(min(MAX_UNIT_NAME, len(words) - 1), 0, -1):
        behind = " " + " ".join(words[count:])
        if (measure := measure_name(" ".join(words[:count]).rstrip(",;"))) is not None and is_free(behind):
            return measure
    if not is_free(rest):
        return None
    noun = None if is_clause(rest) or not rest.isascii() else _NOUN.match(rest)
    return unit_name(noun[0]) if noun else ""


_NOUN = re.compile(r"\s*+[^\W\d_][^\d,;:(—–.!?]{0,40}(?=$|[,;:(—–.!?])")


def _value(match: re.Match[str]) -> tuple[Fraction, Fraction, int]:
    """The value, half a unit of its last decimal, and its significant digits."""
    digits = sum(len(part) for part in match.groups() if part)
    if digits > MAX_DIGITS:
        raise TooLong(f"a number of {digits} digits")
    half, shown, sign = Fraction(0), 0, -1 if "-" in (match["sign"], match["sign2"]) else 1
    if (bottom := match["bottom"] or match["den"]) is not None:
        if not int(bottom):
            return Fraction(10) ** 400, half, 0  # a division by zero equals nothing
        value = Fraction(int(match["top"] or match["num"]), int(bottom))
    else:
        text = match["decimal"]
        text = text.replace(".", "").replace(",", ".") if match["comma"] else re.sub("[, _'’]", "", text)
        exponent = int(match["exp"] or match["power"] or 0)
        if abs(exponent) > MAX_DIGITS:
            raise TooLong(f"a power of ten of {exponent}")
        value = Fraction(text if text[-1] != "." else text[:-1]) * Fraction(10) ** exponent
        decimals = len(text.partition(".")[2])
        if decimals:
            half, shown = Fraction(10) ** (exponent - decimals) / 2, len(text.replace(".", "").lstrip("0"))
    return sign * value, half, shown


_NOTHING = re.compile(
    r"(?:none(?= |$)|nil(?= |$)|no(?= ))(?! (?:one|idea|longer|solutions?|real|such|values?|roots?|answers?"
    r"|numbers?)\b)",
    re.IGNORECASE,
)


def from_words(text: str) -> Quantity | None:
    """A number in English words or Chinese numerals (`one hundred and five`) with its unit, or `None`."""
    if (nothing := _NOTHING.match(text)) is not None:
        return Quantity(Fraction(0)) if is_free(text[nothing.end() :]) else None
    found = counted(text) if text.isascii() else _in_han(text)
    if found is None:
        return None
    value, rest = found
    percent = _PERCENT.match(rest)
    rest = rest[percent.end() :] if percent else rest
    if (
        unit := _unit(
            " " + re.sub(r"^of (?:an? |the )?", "", rest.strip())
            if rest.strip() and rest[0].isascii() and rest[0].isalnum()
            else rest
        )
    ) is None:
        return None
    return Quantity(Fraction(value), percent=percent is not None, unit=unit)
