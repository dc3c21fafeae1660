"""One number, or a list of them: `math` for answers that are one quantity, with the forms and parameters of reports.

An integer or a fraction is only itself; of decimals, one with three or more significant digits accepts what rounds to
it at its last digit (`decimals`). Currency, thousands separators and units may be left out, and a different unit is
wrong. Percent signs follow one table: `25%` accepts `25%`, `25` and `0.25`; `0.25` accepts `25%`; `25` accepts `25%`.
Nothing else is right by a factor of 100. A list reference wants all its numbers, in order unless `ordered` is false.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from assay.claim.claims import claim, described
from assay.claim.unmarked import Claim, Reader
from assay.effort import NotShort, in_caller
from assay.errors import BadReference
from assay.judging.verifier import AnswerParams, Lane, Params, verifier
from assay.reading.answers import LIGHT_CHARS, read_answer, read_in_prose
from assay.reading.arithmetic import exact
from assay.reading.beside import WORKED, head, without_lead
from assay.reading.building import light, negative, num, symbols
from assay.reading.counting import SCALES, VALUES
from assay.reading.equality import Policy, equal
from assay.reading.keys import key_of
from assay.reading.labels import is_name
from assay.reading.nodes import Call, Listing, Node, Num, Quantity, Relation, TooCostly, Undefined
from assay.reading.numerals import from_words, numeral, plain, usual
from assay.reading.sentence import stated
from assay.reading.units import unit_name
from assay.types import Example, Verdict

_INTEGER = re.compile(r"-?\d{1,15}", re.ASCII)
_OWN_KEY = re.compile(r"0|-?[1-9][0-9]{0,14}")
_RANGE = re.compile(r"(\d++)\s*+(?:-|–|—|to)\s*+(\d++)")
_SPLIT = re.compile(r"(?:(?<!\s)\s++)?(?:;|(?:,\s*+)?\band\b|&|,(?!\d{3}(?!\d)))\s*+")
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)\b|\b\d{2,3}0s\b", re.IGNORECASE)
"""What counts in order, or names a decade."""
_MONEY = r"US\$|[$€£¥₹]"
_ACCOUNT = re.compile(rf"({_MONEY})?\s*+\(\s*+((?:{_MONEY})?[\d.,]++\s*+%?)\s*+\)(.*+)", re.DOTALL)
"""An amount in brackets: `(1,234)`, `$(5.2) million`."""
_UNITS = re.compile(r"(?<=\d)\s?[A-Za-z°][A-Za-z°²³]*(?:/[A-Za-z]+)?")
_CALCULATION = re.compile(r"[$(]?\d[^=;\n]*[×*÷+][^;\n]*=[^;\n]*")
MAX_SIDES = 8
_SCALED = re.compile(rf"\b(?:{'|'.join(SCALES)})\b", re.IGNORECASE)
_FALL, _RISE = r"decrease|decline|drop|fall|loss|reduction", r"increase|rise|growth|gain|jump"
_FALLEN = "decreased|declined|dropped|fell|shrank|sank"
_FELL = re.compile(rf"\b(?:{_FALLEN})\s(?:[a-z]+ly\s)?(?:by\s)?[$€£]?[\d.]")
_CHANGE = re.compile(
    rf"(?:[^.\n]{{1,200}},\s)?(?:an?\s|the\s)?(?:(?P<fall>{_FALL})|{_RISE})\sof\s"
    rf"|(?:that\s)?(?:[a-z]{{1,20}}\s){{0,2}}(?:(?P<fell>{_FALLEN}|reduced|down|lost)"
    r"|increased|rose|grew|gained|up)\s(?:by\s)?(?=[\d$€£.])",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    rf"(?<!\bor)\s(?:(?P<fall>{_FALL}|lower)|{_RISE}|higher|more)(?:\sthan\s(?:in|last|her|him|them|his|their|it|[A-Z][a-z]+)\b\D*)?$"
)
"""Words before a number, and behind it, that say what kind of change it is; of a fall, a negative one."""


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
class NumberParams(AnswerParams):
    """Parameters of `number`."""

    tolerance: Tolerance | None = None
    """How far off is still right; without it, the reference's digits decide."""
    decimals: Literal["auto", "as-written", "exact"] = "auto"
    """Which decimals accept what rounds to them: those of three or more significant digits, all, or none."""
    scale: str | float | None = 1
    """What the reference is counted in: "thousand", "million", "billion", "percent" or a number."""
    unit: str | None = ""
    """The unit of the reference."""
    ordered: bool = True
    """Whether the numbers of a list have their order."""
    accounting: bool = False
    """Whether an amount in brackets is negative, as accounts write it."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A number that a response gives, whether as the size of a decrease, and whether with a word such as `million`."""

    value: Node
    falls: bool = False
    scaled: bool = False


Wanted = list[Quantity] | tuple[int, int]
"""The numbers of the reference, or a range of years."""


def _reader_of(wanted: Wanted, params: NumberParams) -> Reader[Any]:
    if isinstance(wanted, tuple):
        return Reader(_year_range)
    if len(wanted) != 1:
        return Reader(
            lambda text: _read_list(text, params.accounting, len(wanted)),
            states=lambda text: _read_list(text, params.accounting, len(wanted)) or None,
        )
    return Reader(
        lambda text: _read(text, params.accounting) or _stated(text),
        states=lambda text: _read(text, params.accounting),
        sentence=_stated,
    )


@verifier(
    "number",
    version=12,
    reference="a number, a string, or a list of them",
    params=NumberParams,
    lane=Lane.INLINE,
    reads=lambda example, params: _wanted(example, params),
    keys=lambda example, answer: _answer_key(example, answer),
    reads_claim=described(lambda example, params: _reader_of(_wanted(example, params), params)),
)
def number(example: Example, response: str, params: NumberParams) -> Verdict:
    """Right when every number equals the reference's at the reference's digits."""
    wanted = _wanted(example, params)
    try:
        found = claim(example, response, _reader_of(wanted, params))
        if isinstance(wanted, tuple):
            return _verdict(found, found.value == wanted, f"the reference is {wanted[0]}-{wanted[1]}")
        if found.value is None:
            return _unread(found)
        if len(wanted) != 1:
            return _verdict(found, _match(found.value, wanted, params), f"the reference has {len(wanted)} numbers")
        said = [found.value, *(_read(other, params.accounting) for other in found.others)]
        right = all(one is not None and _is(one, wanted[0], params) for one in said)
        why = "" if right else "it is offered beside another" if len(said) > 1 else _why(wanted[0])
        return _verdict(found, right, why)
    except TooCostly as costly:
        return Verdict.of(False, why=f"too costly to evaluate: {costly}")


def _unread(found: Claim[Any]) -> Verdict:
    """Wrong where a number stands among words that change it; no answer where none stands."""
    names_one = any(sign.isdigit() for sign in found.text) or not VALUES.keys().isdisjoint(found.text.lower().split())
    if names_one or not found.is_prose:
        return Verdict.of(False, read=found.text[:2000], why="it is not one number")
    return Verdict.no_answer(f"{found.text[:80]!r} holds no number")


def _verdict(found: Claim[Any], right: bool, why: str) -> Verdict:
    if not found.is_asserted:
        right, why = False, f"the answer is {found.stance}"
    return Verdict.of(right, read=found.text[:2000], why=why)


# --- comparing -------------------------------------------------------------------------------------------------------


def _is(said: _Said, wanted: Quantity, params: NumberParams) -> bool:
    given, allowed = said.value, params.tolerance
    if said.falls and _size(wanted).value < 0:
        given = replace(given, value=negative(given.value)) if isinstance(given, Quantity) else negative(given)
    if in_caller() and not isinstance(given, Num) and not light(given):
        raise NotShort
    match given:
        case Call("clock", (Num(hour), Num(minutes))) if not minutes and isinstance(wanted.value, Num):
            given = num(hour % 12 or 12)  # a full hour answers its number
    limits = None if allowed is None else (Fraction(allowed.abs), Fraction(allowed.rel))
    policy = Policy(True, "optional", params.decimals, tolerance=limits)
    try:
        if equal(wanted if wanted.unit or wanted.percent else wanted.value, given, policy):
            return True
        if said.scaled or params.scale in (1, "", None, "percent", "%"):
            return False
        return equal(_times(wanted, 1 / _scale(params.scale)[0]), given, policy)
    except (Undefined, ArithmeticError):
        return False


def _match(given: list[_Said], wanted: list[Quantity], params: NumberParams) -> bool:
    if len(given) != len(wanted):
        return False
    if params.ordered:
        return all(_is(one, target, params) for one, target in zip(given, wanted, strict=True))
    left = list(given)
    for target in wanted:
        place = next((place for place, one in enumerate(left) if _is(one, target, params)), None)
        if place is None:
            return False
        left.pop(place)
    return True


def _size(wanted: Quantity) -> Num:
    """The number of a reference, which a time of day has not."""
    return wanted.value if isinstance(wanted.value, Num) else num(0)


def _times(wanted: Quantity, factor: Fraction) -> Quantity:
    size = _size(wanted)
    return replace(wanted, value=Num(size.value * factor, size.half * abs(factor))) if factor != 1 else wanted


# --- reading ---------------------------------------------------------------------------------------------------------


def _read(text: str, accounting: bool) -> _Said | None:
    """The number that a text gives, or several where it offers them with "or", all of which must then be right."""
    if _INTEGER.fullmatch(text):
        return _Said(num(int(text)))
    if in_caller() and len(text) > LIGHT_CHARS:
        raise NotShort
    text = _without_account(plain(text), accounting)
    if (worked := WORKED.fullmatch(text)) and (said := _worked(worked["one"], worked["two"])):
        return said
    if (change := _CHANGED.search(text.rstrip(" ."))) is not None:
        said = head(text[: change.start()], _said)
        return said and replace(said, falls=change["fall"] is not None)
    if (said := head(text, _said)) is not None:
        return said
    if "=" in text and _CALCULATION.fullmatch(text):
        return _calculated(text)
    change = _CHANGE.match(bare := without_lead(text))
    said = head(bare[change.end() :], _said) if change else None
    return said and change and replace(said, falls=bool(change["fall"] or change["fell"]))


def _stated(text: str) -> _Said | None:
    """The number that a sentence states, that of a fall where it says so ("revenue fell by 5.2 %")."""
    said = stated(plain(text), _said)
    return said and replace(said, falls=said.falls or _FELL.search(text) is not None)


def _worked(text: str, how: str) -> _Said | None:
    """A number that a calculation beside it works out to."""
    said, size = _said(text), _strictly(f"({how})")
    return said if said and size and equal(said.value, size, Policy(True, "optional", "exact")) else None


def _calculated(text: str) -> _Said | None:
    """The last side of a calculation with units, where every side that can be worked out without them is its number."""
    *sides, last = text.split("=")
    said = head(last, _said)
    worked = [read for side in sides[-MAX_SIDES:] if (read := _strictly(_UNITS.sub("", side))) is not None]
    size = said and (said.value.value if isinstance(said.value, Quantity) else said.value)
    return said if size and all(equal(size, side, Policy(True, "optional", "exact")) for side in worked) else None


def _said(text: str) -> _Said | None:
    value = _strictly(text)
    return None if value is None else _Said(value, scaled=_SCALED.search(usual(text)) is not None)


def _strictly(text: str) -> Node | None:
    """The quantity that a whole text is, worked out or not. Raises `TooCostly`."""
    if (bare := numeral(text if text.endswith("..") else text.removesuffix("."))) is not None:
        return bare
    if _RANGE.fullmatch(text) or _ORDINAL.search(text) or not text.strip():
        return None
    read = from_words(text.lower()) or read_in_prose(usual(text), letters=True)
    return read if read is not None and _is_number(read) else None


def _is_number(node: Node) -> bool:
    match node:
        case Num():
            return True
        case Quantity(value):
            return _is_number(value)
        case Relation(("=",), (label, value)) if is_name(label):
            return _is_number(value)
        case Relation(signs, sides) if {*signs} == {"="}:
            return all(map(_is_number, sides))
        case Listing(parts, "or"):
            return all(map(_is_number, parts))
    return isinstance(node, Call) and not symbols(node) and node.head not in ("pmod", "∪", "∩", "∖")


def _read_list(text: str, accounting: bool, count: int) -> list[_Said] | None:
    text = without_lead(plain(text).rstrip(". ")).strip("[](){}\\ ")
    text = text.removesuffix("respectively").rstrip(", ")
    for parts in (_SPLIT.split(text), re.split(r"\s*[,;\n]\s*", text), text.split()):
        parts = [part for part in parts if part]
        given = [_read(part, accounting) for part in parts] if len(parts) == count else [None]
        if None not in given:
            return [said for said in given if said is not None]
    return [] if any(sign.isdigit() for sign in text) else None


def _without_account(text: str, accounting: bool) -> str:
    """An amount in brackets without them: negative where accounts are read, else as it stands."""
    account = _ACCOUNT.fullmatch(text)
    return text if account is None else f"{'-' * accounting}{account[1] or ''}{account[2]}{account[3]}"


def _year_range(text: str) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(plain(text))
    if match is None or max(len(match[1]), len(match[2])) > 9:
        return None
    first, last = match[1], match[2]
    return int(first), int(first[: -len(last)] + last if len(last) < len(first) else last)


# --- the reference ---------------------------------------------------------------------------------------------------


def _wanted(example: Example, params: NumberParams) -> Wanted:
    raw = example.reference
    if not example.params and isinstance(raw, str) and _INTEGER.fullmatch(raw):  # as most are
        return [Quantity(num(int(raw)))]
    try:
        read = [_one_reference(item, params.accounting) for item in (raw if isinstance(raw, list) else [raw])]
        if None in read and isinstance(raw, str):
            text = plain(raw)
            if (years := _year_range(text)) is not None:
                return years
            read = [_one_reference(part, params.accounting) for part in _SPLIT.split(text.strip("[]()"))]
    except TooCostly as costly:
        raise BadReference(f"the reference is {costly}") from None
    known = [quantity for quantity in read if quantity is not None]
    if not known or len(known) < len(read):
        raise BadReference(f"the reference {raw!r} is not a number" if read else "the reference is an empty list")
    (factor, percent), unit = _scale(params.scale), unit_name(params.unit or "")
    made = [_times(q, factor) for q in known]
    made = [replace(q, unit=unit or q.unit, percent=q.percent or percent) for q in made]
    return [_whole_percent(q) if params.decimals == "as-written" and q.percent else q for q in made]


def _whole_percent(wanted: Quantity) -> Quantity:
    """A percentage without decimals as one that is rounded to a whole one."""
    size = _size(wanted)
    return wanted if size.half else replace(wanted, value=Num(size.value, Fraction(1, 2)))


def _one_reference(item: Any, accounting: bool) -> Quantity | None:
    """The size of a reference with its unit; `None` where it is no rational number."""
    if isinstance(item, str):
        read = _strictly(_without_account(plain(item), accounting)) if len(item) < 5000 else None
        found = read if isinstance(read, Quantity) or read is None else Quantity(read)
        if (
            found is None
            or isinstance(found.value, Num)
            or (isinstance(found.value, Call) and found.value.head == "clock")
        ):
            return found
        size = exact(found.value) if isinstance(found.value, Call) else None
        return None if size is None else replace(found, value=num(size))
    if isinstance(item, bool) or not isinstance(item, int | float) or not math.isfinite(item):
        return None
    if isinstance(item, int) or (item.is_integer() and abs(item) < 1 << 53):
        return Quantity(num(int(item)))
    written = read_answer(repr(item))
    assert isinstance(written, Num)  # repr of a finite float is a number
    noise = abs(written.value) / 10**14  # what is left of binary arithmetic
    return Quantity(replace(written, half=max(written.half, noise)) if len(repr(item)) > 16 else written)


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


def _why(wanted: Quantity) -> str:
    size = _size(wanted).value
    small = size.denominator == 1 and abs(size.numerator) < 10**15
    value = str(size) if small else f"{float(size):.15g}" if abs(size) < 10**300 else "as written"
    return f"the reference is {value}" + ("%" if wanted.percent else "")


def _answer_key(example: Example, answer: Any) -> str | None:
    """The value of each number, with its unit; a percentage by its value."""
    if isinstance(answer, str) and _OWN_KEY.fullmatch(answer):  # as most are
        return answer
    items = answer if isinstance(answer, list) else [answer]
    if isinstance(answer, str):
        if in_caller() and len(answer) > LIGHT_CHARS:
            raise NotShort
        text = plain(answer)
        items = _SPLIT.split(text.strip("[](){}\\ .")) if isinstance(example.reference, list) else [text]
    try:
        said = [head(item, _said) if isinstance(item, str) else _one_reference(item, False) for item in items]
        values = [one.value if isinstance(one, _Said) else one for one in said if one is not None]
        if in_caller() and not all(isinstance(value, Num | Quantity) and light(value) for value in values):
            raise NotShort
        known = [key_of(value) for value in values]
    except (TooCostly, Undefined):
        return None
    if not known or len(known) < len(said):
        return None
    return "; ".join(known if example.params.get("ordered", True) else sorted(known))
