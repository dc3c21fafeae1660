"""Units of measurement: their names in one spelling, when two are the same, and a number without them.

Nothing is ever converted.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from assay.reading.beside import is_free, is_lead
from assay.reading.counting import SCALES
from assay.reading.latex import Token, TooCostly, Unreadable

CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee", "US$": "dollar"}

_UNIT_TABLE = """
metre: m meter meters metre metres; kilometre: km kms; centimetre: cm cms; millimetre: mm
inch: in inch inches; foot: ft foot feet; yard: yd yds yard yards; mile: mi mile miles
gram: g gram grams gm gms; kilogram: kg kgs kilo kilos; milligram: mg
pound: lb lbs pound pounds £ gbp; ounce: oz ounce ounces; ton: t ton tons tonne tonnes
second: s sec secs second seconds; minute: min mins minute minutes; hour: h hr hrs hour hours; day: day days
week: wk week weeks; month: month months; year: yr yrs year years
litre: l liter liters litre litres; millilitre: ml; gallon: gal gallon gallons
degree: ° degree degrees deg; radian: rad rads radian radians; revolution: rev revs revolution revolutions
dollar: $ dollar dollars usd; cent: cent cents ¢; euro: € euro euros eur; yen: ¥ yen jpy; rupee: ₹ rupee rupees inr
kilometre/hour: kmh kph kmph; mile/hour: mph
kilojoule: kj; kilowatt: kw; ampere: amp amps ampere amperes; ohm: ohm ohms ω
pascal: pa pascal pascals; hertz: hz hertz
kelvin: kelvin kelvins; celsius: °c celsius; fahrenheit: °f fahrenheit
mole: mol mols mole moles; electronvolt: ev electronvolt electronvolts; calorie: cal
atmosphere: atm atmosphere atmospheres; torr: torr
erg: erg ergs; dyne: dyn dyne dynes; angstrom: å angstrom angstroms; parsec: pc parsec parsecs
person: person people persons
"""
UNITS = {
    alias: name.strip()
    for name, _, rest in (unit.partition(":") for unit in re.split(r"[;\n]", _UNIT_TABLE))
    for alias in rest.split()
}
_PREFIXES = {
    "k": "kilo", "M": "mega", "G": "giga", "T": "tera", "c": "centi", "m": "milli", "μ": "micro", "n": "nano",
    "p": "pico", "f": "femto", "d": "deci", "": "",
}  # fmt: skip
_SYMBOLS = {
    "m": "metre", "g": "gram", "s": "second", "A": "ampere", "K": "kelvin", "mol": "mole", "N": "newton",
    "J": "joule", "W": "watt", "C": "coulomb", "V": "volt", "F": "farad", "Ω": "ohm", "Wb": "weber", "T": "tesla",
    "H": "henry", "Hz": "hertz", "Pa": "pascal", "eV": "electronvolt", "L": "litre", "l": "litre", "cal": "calorie",
    "M": "molar", "bar": "bar", "pc": "parsec", "rad": "radian", "Wh": "watthour",
}  # fmt: skip
UNITS |= {name + plural: name for name in _SYMBOLS.values() for plural in ("", "s")}
MAX_UNIT = 120
"""Characters of the longest product of units that is read."""
_ACIDITY = "pH"
_MEASURED = {p + s: long + unit for p, long in _PREFIXES.items() for s, unit in _SYMBOLS.items() if p + s != _ACIDITY}
_MEASURED |= {
    long + alias: long + name
    for long in _PREFIXES.values()
    for alias, name in UNITS.items()
    if name in _SYMBOLS.values() and len(alias) > 3
}
_CANONICAL = {*UNITS.values(), *_MEASURED.values()}
_GENERIC = {"unit", "units", "unit^2", "units^2", "unit^3", "units^3"}
_POWERS = (
    (re.compile(r"^(?:square|sq\.?) (.+)$|^(.+?)(?: squared|²|\^ ?2|\^\{2\})$"), "^2"),
    (re.compile(r"^(?:cubic|cu\.?) (.+)$|^(.+?)(?: cubed|³|\^ ?3|\^\{3\})$"), "^3"),
)
_ONE_SPELLING = (
    (re.compile(r"\\cdot(?![a-zA-Z])|[*·⋅]|\\[, ]|[~()]"), " "),
    (re.compile(r"\\mu(?![a-zA-Z])\s*|µ"), "μ"),
    (re.compile(r"\\Omega(?![a-zA-Z])|Ω"), "Ω"),
    (re.compile(r"(?:\bdeg(?:rees?|\.)?|°)\s*(?:([CF])\b|(c)elsius\b|(f)ahrenheit\b)", re.IGNORECASE), r"°\1\2\3"),
    (re.compile(r"²"), "^2"),
    (re.compile(r"³"), "^3"),
    (re.compile(r"\b[Pp]er\b"), "/"),
)
_FACTOR = re.compile(
    r"\s*+(/)?\s*+(?:(square|sq|cubic|cu)\b\.?\s*+)?(°[CFcf]?|[^\W\d_]++|[$¢€£¥₹])\.?"
    r"(?:\s*+\^\s*+\{?\s*+(-?\d)\s*+\}?|\s++(squared|cubed)\b)?\s*+"
)
_POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "squared": 2, "cubed": 3}
_PRODUCTS = {"mg", "ml", "deg", "pa", "ev", "cal", "bar", "pc", "rev", "mol"}
_WORDS = {alias for alias in UNITS if len(alias) > 1 and alias.isalpha() and alias.isascii()} - _PRODUCTS
_WORDS |= {alias for alias in _MEASURED if len(alias) > 2 and alias.isascii() and not alias.islower()}
_WORDS |= {"Hz", "Pa", "eV"}
LONG_UNITS = frozenset(_WORDS | {alias for alias in _MEASURED if len(alias) > 3})
"""Names of units in plain letters; those that are as likely a product of variables (`mg`) are left out."""


@lru_cache(maxsize=4096)
def unit_name(text: str) -> str:
    """The canonical name of a unit, or its words in lower case; "units" name none."""
    if (measure := measure_name(text)) is not None:
        return measure
    words = " ".join(text.strip().strip("()").strip().lower().replace("per ", "/").split())
    words = re.sub(r" ?/ ?", "/", words)
    name = "/".join(_one_name(part) for part in words.split("/"))
    return "" if name in _GENERIC else name


@lru_cache(maxsize=4096)
def measure_name(text: str) -> str | None:
    """The canonical name of a product of known units (`kilogram·metre/second^2`), `None` where a word is no unit."""
    if len(text) > MAX_UNIT:
        return None
    for pattern, spelling in _ONE_SPELLING:
        text = pattern.sub(spelling, text)
    text = " ".join(text.split())
    powers: dict[str, int] = {}
    at, sign = 0, 1
    while at < len(text):
        factor = _FACTOR.match(text, at)
        if factor is None or (name := _symbol(factor[3])) is None:
            return None
        sign = -1 if factor[1] else sign
        power = int(factor[4] or _POWER_WORDS.get(factor[2] or factor[5] or "", 1))
        powers[name] = powers.get(name, 0) + sign * power
        at = factor.end()
    top = "·".join(_powered(name, power) for name, power in sorted(powers.items()) if power > 0)
    return top + "".join("/" + _powered(name, -power) for name, power in sorted(powers.items()) if power < 0) or None


def _powered(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


def _symbol(name: str) -> str | None:
    """The canonical name of one unit; the case of a symbol tells `mW` from `MW`, that of a longer name does not."""
    known = _MEASURED.get(name) or UNITS.get(name) or UNITS.get(name.lower()) or _MEASURED.get(name.lower())
    return known or (name if name in _CANONICAL else None)


def _one_name(words: str) -> str:
    for pattern, power in _POWERS:
        if match := pattern.match(words):
            return _one_name((match[1] or match[2]).strip()) + power
    return UNITS.get(words, words)


def same_unit(a: str, b: str) -> bool:
    """Whether two canonical names agree: one is missing, or they share their last word (`red apples`, `apples`)."""
    if not a or not b or a == b:
        return True
    if {a, b} in ({"degree", "celsius"}, {"degree", "fahrenheit"}):
        return True
    if (a.startswith("/") and b.endswith(a)) or (b.startswith("/") and a.endswith(b)):
        return True
    known = [_is_measure(unit) for unit in (a, b)]
    if all(known):
        return False
    if any(known):
        heads = [UNITS.get(unit.split()[0], unit.split()[0]) for unit in (a, b)]
        return heads[0] == heads[1]
    one, two = ({word.rstrip("s") for word in re.findall(r"[^\s/]+", unit)} for unit in (a, b))
    return one <= two or two <= one


@lru_cache(maxsize=4096)
def _is_measure(name: str) -> bool:
    return all(part.partition("^")[0] in _CANONICAL for part in re.split(r"[/·]", name) if part)


_NEGATIVE = ("minus", "negative")


def without_unit(tokens: list[Token]) -> tuple[list[Token], str, bool, int]:
    """The tokens of the bare value, its unit, whether a percent sign stood there, and the factor of words of scale."""
    tokens, unit, percent, factor = list(tokens), [], False, 1
    while tokens and (tokens[0].text in CURRENCIES or (tokens[0].kind == "text" and len(tokens) > 1)):
        first = tokens.pop(0).text
        if first in CURRENCIES:
            unit.append(first)
        elif first.lower().strip() in _NEGATIVE:
            if tokens[:1] and (tokens[0].kind == "text" or tokens[0].text in ("-", "+")):
                raise Unreadable("a sign of a sign")
            return _negated(*without_unit(tokens))
        elif not is_lead(first):
            raise Unreadable("words that change the value")
    tokens, power = _without_unit_power(tokens)
    while len(tokens) > 1 and (tokens[-1].kind == "text" or tokens[-1].text in ("%", "$") or _is_unit_tail(tokens)):
        last = tokens.pop().text
        if last == "%" or last.strip().lower() == "percent":
            percent = True
        elif last.strip().lower() in SCALES:
            factor *= SCALES[last.strip().lower()]
        else:
            unit.insert(0, last.strip())
    if (
        unit
        and not unit[0].startswith("mod ")
        and measure_name(" ".join(unit)) is None
        and not is_free(" " + " ".join(unit).lstrip("$€£¥₹ "))
    ):
        raise Unreadable("words that change the value")
    return tokens, unit_name(" ".join(unit)) + power, percent, factor


def _negated(tokens: list[Token], unit: str, percent: bool, factor: int) -> tuple[list[Token], str, bool, int]:
    return [Token("op", "-"), *tokens], unit, percent, factor


def _without_unit_power(tokens: list[Token]) -> tuple[list[Token], str]:
    """Without the exponent of a unit (`\\text{cm}^2`, `\\text{cm}^{2}`), and that exponent."""
    texts = [token.text for token in tokens]
    if len(tokens) > 3 and texts[-2] == "^" and tokens[-3].kind == "text":
        return tokens[:-2], "^" + texts[-1]
    if len(tokens) > 5 and texts[-4:-2] == ["^", "{"] and texts[-1] == "}" and tokens[-5].kind == "text":
        return tokens[:-4], "^" + texts[-2]
    return tokens, ""


def _is_unit_tail(tokens: list[Token]) -> bool:
    """A slash between unit words."""
    return tokens[-1].text == "/" and tokens[-2].kind == "text"


def half_unit(tokens: list[Token]) -> Fraction:
    """Half a unit of the last decimal of a number written with decimals (times a power of ten), and 0 otherwise."""
    texts = [t.text for t in tokens if t.text not in ("-", "+", "{", "}")]
    if not texts or (tokens[-1].kind != "num" and texts[-1] != "°" and len(texts) < 2):
        return Fraction(0)
    mantissa, _, exponent = texts[0].partition("e")
    if texts[0][0] not in "0123456789." or "." not in mantissa:
        return Fraction(0)
    power = int(exponent or 0)
    rest = [t for t in texts[1:] if t not in ("°", "^")] if texts[1:2] != ["*"] else texts[1:]
    if rest[:3] == ["*", "10", "^"] and len(rest) == 4 and rest[3].isdigit() and len(rest[3]) < 5:
        power += int(rest[3]) * (-1 if "-" in [t.text for t in tokens[2:]] else 1)
    elif rest:
        return Fraction(0)
    if abs(power) > 3000:
        raise TooCostly("a power of ten of more than 3000")
    return Fraction(10) ** (power - len(mantissa.partition(".")[2])) / 2
