"""Numbers as people write them, in the notation that mathematics is read in: separators, scales, words, currencies."""

from __future__ import annotations

import re
from fractions import Fraction

from assay.reading.beside import is_free
from assay.reading.building import num
from assay.reading.counting import counted
from assay.reading.nodes import Node, Num, Quantity
from assay.reading.units import CURRENCIES, measure_name, unit_name

_GROUPED = re.compile(
    r"(?<![\d.,])(?:\d{1,3}(?:([ _'’])\d{3})(?:\1\d{3})*+(?![\d_'’])|\d{1,2}(?:,\d{2}){1,6},\d{3}(?![\d,]))"
)
"""Digits in groups: `1'234'567`, `1_000`, `1 234`, `1,00,000`."""
_COMMA = re.compile(
    r"(?<![\d.,])(?:\d{1,3}(?:\.\d{3})++,\d++|\d{1,3}(?:\.\d{3}){2,}+|\d++,(?:\d{1,2}|\d{4,}+))(?![\d,.])"
)
"""Numbers with a decimal comma, or with points between thousands: `1.234,56`, `1.234.567`, `12,5`."""
_SCALES = {"k": "thousand", "K": "thousand", "M": "million", "B": "billion", "bn": "billion"}
_SCALE = re.compile(r"(?<=\d)(?:(\s?k|K|M|B)(?![^\W\d_]|°)|\s?(bn)\b)")
_FRACTION = re.compile(r"-?\d{1,30}/0*[1-9]\d{0,29}")
_NUMERAL = re.compile(r"([+-]?)([$€£¥₹]|US\$)?(-?)(\d{1,3}(?:,\d{3})++|\d{1,300})?(\.\d{1,300})?(\s?%)?")
_PERCENT = re.compile(r"\s*+(?:%|percent\b|per cent\b|percentage points?\b)", re.IGNORECASE)
_NEGATIVE = re.compile(r"(?:minus|negative)\s++(?=\w)(?!(?:minus|negative)\b)", re.IGNORECASE)
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
_CODE = re.compile(r"(?<![A-Za-z])(?:(USD|INR|EUR|GBP|JPY)\s*|(?:C|A|CAD|AUD|NZ|HK|S)\s?\$\s*)(?=[\d.])")
_CODES = {"USD": "$", "INR": "₹", "EUR": "€", "GBP": "£", "JPY": "¥", None: ""}
_WRAPPERS = re.compile(
    r"\\(?:text|textbf|textrm|mathrm|mathbf|mbox|operatorname|textit|mathit|boxed|underline|ce)\s*\{([^{}]*)\}"
)
_SPACES = re.compile(r"\\[,;:! ]|~|\\q?quad\b|[\u00a0\u2009\u202f\u2002\u2003]")
_DASHES = str.maketrans("−–‑‐", "----")
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
    text = text.replace("\\$", "US$").replace("\\%", "%").translate(_DASHES).replace("^\\circ", "°")
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


def usual(text: str) -> str:
    """A text with the separators and scales of its numbers as English writes them: 1234.5 for `1.234,5`."""
    text = _GROUPED.sub(lambda match: re.sub(r"\D", "", match[0]), text)
    text = _COMMA.sub(lambda match: match[0].replace(".", "").replace(",", "."), text)
    return _SCALE.sub(lambda match: f" {_SCALES[(match[1] or match[2]).strip()]}", text)


def numeral(text: str) -> Num | Quantity | None:
    """A bare decimal or fraction with its currency or percent sign, as most answers are; `None` for any other text."""
    if _FRACTION.fullmatch(text):
        return Num(Fraction(text))
    match = _NUMERAL.fullmatch(text)
    if match is None or not (match[4] or match[5]) or (match[1] and match[3]):
        return None
    decimals = match[5] or ""
    value = Fraction((match[4] or "0").replace(",", "") + decimals) * (-1 if "-" in (match[1], match[3]) else 1)
    found = Num(value, Fraction(10) ** (1 - len(decimals)) / 2 if decimals else Fraction(0))
    unit = CURRENCIES[match[2]] if match[2] else ""
    return Quantity(found, unit, bool(match[6])) if unit or match[6] else found


_NOTHING = re.compile(
    r"(?:none(?= |$)|nil(?= |$)|no(?= ))(?! (?:one|idea|longer|solutions?|real|such|values?|roots?|answers?"
    r"|numbers?)\b)",
    re.IGNORECASE,
)


def from_words(text: str) -> Node | None:
    """A number in English words or Chinese numerals (`one hundred and five`) with its unit, or `None`."""
    if (minus := _NEGATIVE.match(text)) is not None:
        match from_words(text[minus.end() :]):
            case Num(value) if value >= 0:
                return num(-value)
            case Quantity(Num(value), unit, in_percent) if value >= 0:
                return Quantity(num(-value), unit, in_percent)
        return None
    if (nothing := _NOTHING.match(text)) is not None:
        return num(0) if is_free(text[nothing.end() :]) else None
    found = counted(text) if text.isascii() else _in_han(text)
    if found is None:
        return None
    value, rest = found
    percent = _PERCENT.match(rest)
    rest = rest[percent.end() :] if percent else rest
    if rest.strip() and rest[0].isascii() and rest[0].isalnum():
        rest = " " + re.sub(r"^of (?:an? |the )?", "", rest.strip())
    if rest.strip(" .") and measure_name(rest.strip(" .")) is None and not is_free(rest):
        return None
    unit = unit_name(rest.strip(" .")) if rest.isascii() else ""
    return Quantity(num(value), unit, percent is not None) if unit or percent else num(value)


def _in_han(text: str) -> tuple[Fraction, str] | None:
    """A number in Chinese numerals and what stands behind it."""
    match = _HAN_NUMBER.match(text)
    if match is None or any(map(str.isdigit, text[match.end() :])):  # 一共有31
        return None
    total = part = digit = 0
    for sign in match[2]:
        if sign in _HAN:
            digit = 10 * digit + _HAN[sign] if digit and not part and not total else _HAN[sign]
        elif (unit := _HAN_UNITS[sign]) < 10**4:
            part, digit = part + (digit or 1) * unit, 0
        else:
            total, part, digit = (total + part + digit) * unit, 0, 0
    return Fraction(total + part + digit) * (-1 if match[1] else 1), text[match.end() :]
