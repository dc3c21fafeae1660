"""What stands beside a value: words, currency, a percent sign, and its unit."""

from __future__ import annotations

import re
from typing import NamedTuple

from assay.reading.beside import is_free, is_lead
from assay.reading.building import MINUS_ONE, names, negative
from assay.reading.counting import SCALES
from assay.reading.cursor import depth_of
from assay.reading.nodes import Call, Node, Unreadable
from assay.reading.tokens import Token
from assay.reading.units import CURRENCIES, LONG_UNITS, in_plain_letters, measure_name, unit_name

NEGATIVE = names("minus negative -")
PERCENT = frozenset({"percent", "pct", "per cent", "percentage points"})
_UNIT_SIGNS = names("mu Omega AA")
_VALUE_ENDS = names(") } pi °")
_COMMAND = re.compile(r"\\[a-zA-Z]+|[{}$\\]")
_LONG = re.compile(r"[^\W\d_]{2,}")


class Beside(NamedTuple):
    """A value's tokens, and what stood behind them."""

    tokens: list[Token]
    percent: bool = False
    factor: int = 1
    """What words of scale make of it ("million")."""
    unit: str = ""


def wording(source: str, tokens: list[Token]) -> str:
    """The words that tokens are in the text, without commands."""
    return _COMMAND.sub(" ", source[tokens[0].start : tokens[-1].end])


def without_lead(tokens: list[Token]) -> tuple[list[Token], int, str]:
    """The tokens behind currency and words, the sign that words gave, and the currency. Raises `Unreadable`."""
    sign, unit = 0, ""
    if len(tokens) > 2 and tokens[0].text == "-" and tokens[1].text in CURRENCIES:
        return tokens[2:], -1, CURRENCIES[tokens[1].text]
    while len(tokens) > 1 and (
        tokens[0].text in CURRENCIES or tokens[0].kind == "text" or (unit and tokens[0].text == "-")
    ):
        first, tokens = tokens[0].text.strip(), tokens[1:]
        if first in CURRENCIES:
            unit = CURRENCIES[first]
        elif first.lower() in NEGATIVE:
            if sign or tokens[0].kind == "text" or tokens[0].text in ("-", "+"):
                raise Unreadable("a sign of a sign")
            sign = -1
        elif not is_lead(first):
            raise Unreadable("words that change the value")
    return tokens, sign, unit


def without_unit(source: str, tokens: list[Token], *, letters: bool) -> Beside:
    """A value without what stands behind it; `letters` says whether single letters can be a unit."""
    percent, currency = False, ""
    if not tokens:
        raise Unreadable("a value is missing")
    while len(tokens) > 1 and (tokens[-1].text == "%" or tokens[-1].text in CURRENCIES):
        percent, currency = percent or tokens[-1].text == "%", currency or CURRENCIES.get(tokens[-1].text, "")
        tokens = tokens[:-1]
    is_unit = tokens[-1].kind == "cmd" and tokens[-1].text in ("min", "sec") and source[tokens[-1].start] != "\\"
    is_bare = all(token.kind not in ("text", "id") for token in tokens[1:])
    if is_bare and tokens[-1].text not in _UNIT_SIGNS and not is_unit:
        return Beside(tokens, percent, unit=currency)
    for place in range(1, len(tokens)):
        if unit := _unit(source, tokens[place - 1], tokens[place:], letters):
            return Beside(tokens[:place], percent, unit=unit)
    depth = 0
    for place, token in enumerate(tokens):
        depth += depth_of(token)
        if place and depth == 0 and token.kind == "text":
            in_prose = source[token.start] != "\\" and token.text.isascii()
            if in_prose and not any(before.kind == "num" for before in tokens[:place]):
                raise Unreadable("a sentence")
            return _with_words(tokens[:place], percent, wording(source, tokens[place:]).split())
    return Beside(tokens, percent)


def _unit(source: str, before: Token, tokens: list[Token], letters: bool) -> str | None:
    """The unit that tokens behind a value are; `None` where they are none, or as likely a product of variables."""
    first = tokens[0]
    if before.kind != "num" and before.text not in _VALUE_ENDS:
        return None
    one_over = first.text == "1" and [token.text for token in tokens[1:2]] == ["/"]
    if first.kind not in ("text", "id", "cmd") and first.text not in ("/", "°", "^") and not one_over:
        return None
    written = in_plain_letters(source[first.start : tokens[-1].end])
    unit = measure_name(written)
    if unit is None or letters or any(token.kind == "text" or token.text in _UNIT_SIGNS for token in tokens):
        return unit
    certain = (
        ("/" in written and first.kind == "id") or "°" in written or not LONG_UNITS.isdisjoint(_LONG.findall(written))
    )
    return unit if certain else None


def _with_words(tokens: list[Token], percent: bool, words: list[str]) -> Beside:
    """A value with words behind it: scales, "percent", and a unit or a noun. Raises `Unreadable` for other words."""
    factor = 1
    while words and words[0].lower().rstrip(".,") in SCALES:
        factor *= SCALES[words.pop(0).lower().rstrip(".,")]
    for count in (2, 1):
        if " ".join(words[:count]).lower() in PERCENT:
            percent, words = True, words[count:]
    rest = " ".join(words)
    if words and measure_name(rest) is None and not is_free(f" {rest}"):
        raise Unreadable("words that change the value")
    return Beside(tokens, percent, factor, unit_name(rest) if words else "")


def degrees(node: Node) -> Node | None:
    """The number of degrees that an angle is, `None` for anything else."""
    match node:
        case Call("deg", (value,)):
            return value
        case Call("*", (one, Call("deg", (value,)))) if one == MINUS_ONE:
            return negative(value)
    return None
