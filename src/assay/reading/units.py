"""Units of measurement: their names in one spelling, how large they are, and when two are the same."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from assay.reading.building import names

CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee", "US$": "dollar"}

_TABLE = """
metre = 1 m: m meter meters metre metres; kilometre: km kms; centimetre: cm cms; millimetre: mm
inch = 0.0254 m: in inch inches; foot = 0.3048 m: ft foot feet; yard = 0.9144 m: yd yds yard yards
mile = 1609.344 m: mi mile miles; angstrom = 1e-10 m: å Å angstrom angstroms; micron = 1e-6 m: micron microns
parsec = 3.0856775814913673e16 m: pc parsec parsecs; lightyear = 9460730472580800 m: ly lightyear lightyears
gram = 0.001 kg: g gram grams gm gms; kilogram: kg kgs kilo kilos; milligram: mg
pound = 0.45359237 kg: lb lbs pound pounds £ gbp; ounce = 0.028349523125 kg: oz ounce ounces
ton = 1000 kg: t ton tons tonne tonnes
second = 1 s: s sec secs second seconds; minute = 60 s: min mins minute minutes; hour = 3600 s: h hr hrs hour hours
day = 86400 s: day days; week = 604800 s: wk week weeks
month = 1 month: month months; year = 12 month: yr yrs year years
litre = 0.001 m^3: l L liter liters litre litres; millilitre: ml; gallon = 0.003785411784 m^3: gal gallon gallons
degree = 1 degree: ° degree degrees deg; radian = 1 1: rad rads radian radians
revolution = 1 revolution: rev revs revolution revolutions
dollar = 1 dollar: $ dollar dollars usd; cent = 0.01 dollar: cent cents ¢; euro = 1 euro: € euro euros eur
yen = 1 yen: ¥ yen jpy; rupee = 1 rupee: ₹ rupee rupees inr
kilometre/hour: kmh kph kmph; mile/hour: mph
newton = 1 kg*m/s^2: N newton newtons; joule = 1 kg*m^2/s^2: J joule joules; kilojoule: kj
watt = 1 kg*m^2/s^3: W watt watts; kilowatt: kw; horsepower = 745.6998715822702 kg*m^2/s^3: hp horsepower
ampere = 1 A: A amp amps ampere amperes; coulomb = 1 A*s: C coulomb coulombs
volt = 1 kg*m^2/s^3*A^-1: V volt volts; ohm = 1 kg*m^2/s^3*A^-2: Ω ohm ohms ω; siemens = 1 kg^-1*m^-2*s^3*A^2: S siemens
farad = 1 kg^-1*m^-2*s^4*A^2: F farad farads; henry = 1 kg*m^2/s^2*A^-2: H henry henries
weber = 1 kg*m^2/s^2*A^-1: Wb weber webers; tesla = 1 kg/s^2*A^-1: T tesla teslas; gauss = 1e-4 kg/s^2*A^-1: G gauss
pascal = 1 kg/m*s^-2: Pa pa pascal pascals; bar = 100000 kg/m*s^-2: bar bars
atmosphere = 101325 kg/m*s^-2: atm atmosphere atmospheres; torr = 133.322368421 kg/m*s^-2: torr mmHg
hertz = 1 s^-1: Hz hz hertz; becquerel = 1 s^-1: Bq becquerel becquerels
kelvin = 1 K: K kelvin kelvins; celsius = 1 celsius: °c °C celsius; fahrenheit = 1 fahrenheit: °f °F fahrenheit
mole = 1 mol: mol mols mole moles; molar = 1000 mol/m^3: M molar
electronvolt = 1.602176634e-19 kg*m^2/s^2: eV ev electronvolt electronvolts
calorie = 4.184 kg*m^2/s^2: cal calorie calories; watthour = 3600 kg*m^2/s^2: Wh watthour watthours
erg = 1e-7 kg*m^2/s^2: erg ergs; dyne = 1e-5 kg*m/s^2: dyn dyne dynes
candela = 1 cd: cd candela; lumen = 1 cd: lm lumen
person = 1 person: person people persons
"""
"""Name, size in base units and spellings of each unit; one that has no size is a prefix with another or a quotient."""
_PREFIXES = {
    "k": ("kilo", 3), "M": ("mega", 6), "G": ("giga", 9), "T": ("tera", 12), "c": ("centi", -2), "m": ("milli", -3),
    "μ": ("micro", -6), "n": ("nano", -9), "p": ("pico", -12), "f": ("femto", -15), "d": ("deci", -1),
    "h": ("hecto", 2),
}  # fmt: skip
_ENTRIES = [re.split(r" = |: ", entry.strip()) for entry in re.split(r"[;\n]", _TABLE) if entry.strip()]
_SIZES = {entry[0]: entry[1] for entry in _ENTRIES if len(entry) == 3}
UNITS = {alias: entry[0] for entry in _ENTRIES for alias in entry[-1].split()}
"""Every spelling of a unit that no prefix stands before, and its name."""
_PREFIXED = names(
    "metre gram second ampere kelvin mole newton joule watt coulomb volt farad ohm weber tesla henry hertz pascal "
    "electronvolt litre calorie molar bar parsec radian watthour siemens becquerel gauss candela lumen"
)
"""Units that take prefixes."""
_NOT_A_UNIT = frozenset(
    {"pH", "cd", "hm", "Gal", "dl", "dT", "dV", "dC", "dF", "dA", "dW", "dN", "dJ", "dH", "dK", "hA", "hl", "hg"}
)
_MEASURED = {
    prefix + alias: long + name
    for alias, name in UNITS.items()
    if name in _PREFIXED and (len(alias) <= 2 or alias == "mol" or alias in ("bar", "cal", "rad"))
    for prefix, (long, _) in _PREFIXES.items()
    if prefix + alias not in _NOT_A_UNIT
}
_MEASURED |= {
    long + alias: long + name
    for long, _ in _PREFIXES.values()
    for alias, name in UNITS.items()
    if name in _PREFIXED and len(alias) > 3
}
MAX_UNIT = 120
"""Characters of the longest product of units that is read."""
_CANONICAL = {*UNITS.values(), *_MEASURED.values()}
_GENERIC = {"unit", "units", "unit^2", "units^2", "unit^3", "units^3"}
_POWERS = (
    (re.compile(r"^(?:square|sq\.?) (.+)$|^(.+?)(?: squared|²|\^ ?2|\^\{2\})$"), "^2"),
    (re.compile(r"^(?:cubic|cu\.?) (.+)$|^(.+?)(?: cubed|³|\^ ?3|\^\{3\})$"), "^3"),
)
_LATEX = (
    (re.compile(r"\\[dt]?frac\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}"), r"\1/\2"),
    (re.compile(r"\^\s*\{?\s*\\(?:circ|degree)(?![a-zA-Z])\s*\}?|\\degree(?![a-zA-Z])"), "°"),
    (
        re.compile(r"\\(?:text|textrm|textbf|mathrm|mathsf|mbox|operatorname|unit|rm|q?quad)(?![a-zA-Z])|\\[, ;:!]|~"),
        " ",
    ),
    (re.compile(r"\\AA(?![a-zA-Z])"), "Å"),
    (re.compile(r"\\times(?![a-zA-Z])"), "*"),
)
_ONE_SPELLING = (
    (re.compile(r"\\cdot(?![a-zA-Z])|[*·⋅]|\\[, ]|[~()]"), " "),
    (re.compile(r"\\mu(?![a-zA-Z])\s*|µ"), "μ"),
    (re.compile(r"\\Omega(?![a-zA-Z])|Ω"), "Ω"),
    (re.compile(r"(?<=\b[kMGmμ])\s++Ω"), "Ω"),
    (re.compile(r"(?:\bdeg(?:rees?|\.)?|°)\s*(?:([CF])\b|(c)elsius\b|(f)ahrenheit\b)", re.IGNORECASE), r"°\1\2\3"),
    (re.compile(r"²"), "^2"),
    (re.compile(r"³"), "^3"),
    (re.compile(r"\b[Pp]er\b"), "/"),
)
_FACTOR = re.compile(
    r"\s*+(?:1\s*+(?=/))?(/)?\s*+(?:(square|sq|cubic|cu)\b\.?\s*+)?(°[CFcf]?|[^\W\d_]++|[$¢€£¥₹])\.?"
    r"(?:\s*+\^\s*+\{?\s*+([+-]?\d)\s*+\}?|\s++(squared|cubed)\b)?\s*+"
)
_POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "squared": 2, "cubed": 3}
_PRODUCTS = {"mg", "ml", "deg", "pa", "ev", "cal", "bar", "pc", "rev", "mol", "hp", "ly", "lm", "cd", "wh", "hz"}
_WORDS = {alias for alias in UNITS if len(alias) > 1 and alias.isalpha() and alias.isascii()} - _PRODUCTS
_WORDS |= {alias for alias in _MEASURED if len(alias) > 2 and alias.isascii() and not alias.islower()}
_WORDS |= {"Hz", "Pa", "eV"}
LONG_UNITS = frozenset(_WORDS | {alias for alias in _MEASURED if len(alias) > 3} | {"nm"})
"""Names of units in plain letters; those that are as likely a product of variables (`mg`) are left out."""


def in_plain_letters(text: str) -> str:
    """A unit in LaTeX without its wrappers."""
    if "\\" not in text and "{" not in text:
        return text
    for pattern, spelling in _LATEX:
        text = pattern.sub(spelling, text)
    return re.sub(r"(?<!\^)\{|(?<!\d)\}", " ", text)


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
        for part, each in _powers(name).items():
            powers[part] = powers.get(part, 0) + sign * power * each
        at = factor.end()
    top = "·".join(_powered(name, power) for name, power in sorted(powers.items()) if power > 0)
    return top + "".join("/" + _powered(name, -power) for name, power in sorted(powers.items()) if power < 0) or None


def _powered(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


def _powers(name: str) -> dict[str, int]:
    """The units of a canonical name, and their exponents."""
    top, *below = name.split("/")
    found = [(part, 1) for part in top.split("·") if part] + [(part, -1) for part in below]
    pieces = [(part.partition("^"), sign) for part, sign in found]
    return {unit: sign * int(power or 1) for (unit, _, power), sign in pieces}


def _symbol(name: str) -> str | None:
    """The canonical name of one unit; the case of a symbol tells `mW` from `MW`, that of a longer name does not."""
    known = _MEASURED.get(name) if name not in UNITS else UNITS[name]
    known = known or UNITS.get(name.lower()) or _MEASURED.get(name.lower())
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
    return all(unit in _CANONICAL for unit in _powers(name))


@lru_cache(maxsize=4096)
def converted(unit: str) -> tuple[Fraction, frozenset[tuple[str, int]]] | None:
    """How large a unit is in base units, and its dimension; `None` for words that are no known unit.

    >>> converted("kilojoule/mole")
    (Fraction(1000, 1), frozenset({('kg', 1), ('m', 2), ('s', -2), ('mol', -1)}))
    """
    if not unit or not _is_measure(unit):
        return None
    size, dimension = Fraction(1), dict[str, int]()
    for name, power in _powers(unit).items():
        prefix = next((p for p in _PREFIXES.values() if name.startswith(p[0]) and name[len(p[0]) :] in _SIZES), ("", 0))
        factor, _, base = _SIZES[name if name in _SIZES else name[len(prefix[0]) :]].partition(" ")
        size *= (Fraction(factor) * Fraction(10) ** (prefix[1] if name not in _SIZES else 0)) ** power
        for part, exponent in _dimension(base):
            dimension[part] = dimension.get(part, 0) + exponent * power
    return size, frozenset((part, exponent) for part, exponent in dimension.items() if exponent)


def _dimension(base: str) -> list[tuple[str, int]]:
    """`kg*m/s^2` as its parts; a slash is for the part behind it only."""
    found = re.findall(r"([*/]?)([A-Za-z]+)(?:\^(-?\d))?", base)
    return [(part, int(power or 1) * (-1 if sign == "/" else 1)) for sign, part, power in found]


def conversion(unit: str, into: str) -> Fraction | None:
    """What to multiply a value in one unit by for another: 1 where one has none, `None` where they are no match."""
    if same_unit(unit, into):
        return Fraction(1)
    one, two = converted(unit), converted(into)
    return one[0] / two[0] if one is not None and two is not None and one[1] == two[1] else None
