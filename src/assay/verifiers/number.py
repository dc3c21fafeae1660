"""One number, or a list of them, exact at the digits of the reference.

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
from assay.errors import BadReference
from assay.judging.verifier import AnswerParams, Lane, Params, verifier
from assay.reading.beside import head, stated, without_lead
from assay.reading.calculations import RANGE, worked_out
from assay.reading.counting import SCALES
from assay.reading.numerals import Quantity, TooLong, once, plain, quantity, without_account
from assay.reading.units import conversion, same_unit, unit_name
from assay.types import Example, Verdict

MAX_ALTERNATIVES = 32
SIGNIFICANT = 3
"""Significant digits from which a decimal reference is taken for a rounded one."""
_INTEGER = re.compile(r"-?\d{1,15}", re.ASCII)
_SPLIT = re.compile(r"(?:(?<!\s)\s++)?(?:;|(?:,\s*+)?\band\b|,(?!\d{3}(?!\d)))\s*+")
_OR = re.compile(r"(?:(?<!\s)\s++)?(?:,\s*+)?\bor\b\s*+", re.IGNORECASE)
_FALLS = re.compile(
    r"(?:an?\s|the\s)?(?:decrease|decline|drop|fall|loss|reduction)\sof\s"
    r"|(?:that\s)?(?:[a-z]{1,20}\s){0,2}(?:decreased|declined|dropped|fell|reduced|down|lost)\s(?:by\s)?(?=[\d$€£.])",
    re.IGNORECASE,
)
_FALL = re.compile(r"\s(?:decrease|decline|drop|fall|reduction|lower|loss)$", re.IGNORECASE)
"""Words that a negative change may be answered in."""
Decimals = Literal["auto", "as-written", "exact"]


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
    decimals: Decimals = "auto"
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
    """A number that a response gives, and whether it gives it as the size of a decrease."""

    quantity: Quantity
    falls: bool = False


def _wanted(example: Example, params: NumberParams) -> list[Quantity] | tuple[int, int]:
    integer = _plain_integer(example)
    return [Quantity(Fraction(integer))] if integer is not None else _reference(example, params)


def _reader_of(wanted: list[Quantity] | tuple[int, int], params: NumberParams) -> Reader[Any]:
    """Reads a range of years, a list of numbers, or one number, as the reference is."""
    if isinstance(wanted, tuple):
        return Reader(_year_range)
    if len(wanted) != 1:
        return Reader(lambda text: _read_list(text, params.accounting, len(wanted)))
    return Reader(
        lambda text: _read_one(text, params.accounting) or _read_sentence(text),
        states=lambda text: _read_one(text, params.accounting),
    )


@verifier(
    "number",
    version=3,
    reference="a number, a string, or a list of them",
    params=NumberParams,
    lane=Lane.INLINE,
    reads=lambda example, params: _reference(example, params),
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
        return _judge_one(found, wanted[0], params)
    except TooLong as long:
        return Verdict.of(False, why=f"too costly to evaluate: {long}")


def _judge_one(found: Claim[Any], target: Quantity, params: NumberParams) -> Verdict:
    given: list[_Said] = list(found.value or ())
    for other in found.others:
        if (said := _read_one(other, params.accounting)) is None:
            return _verdict(found, False, f"it is offered beside {other[:40]!r}")
        given += said
    right = True
    for one in given:
        factor = conversion(one.quantity.unit, target.unit)
        if factor is None:
            return _verdict(found, False, f"the unit {one.quantity.unit!r} is not {target.unit!r}")
        right = right and _is(one if factor == 1 else _times(one, factor), target, params)
    return _verdict(found, right, _why(target))


def _times(said: _Said, factor: Fraction) -> _Said:
    """The number in another unit."""
    given = said.quantity
    return replace(said, quantity=replace(given, value=given.value * factor, half_unit=given.half_unit * factor))


def _unread(found: Claim[Any]) -> Verdict:
    """Wrong where a number stands among words that change it; no answer where none stands."""
    if any(sign.isdigit() for sign in found.text) or not found.is_prose:
        return Verdict.of(False, read=found.text[:2000], why="it is not one number")
    return Verdict.no_answer(f"{found.text[:80]!r} holds no number")


def _verdict(found: Claim[Any], right: bool, why: str) -> Verdict:
    if not found.is_asserted:
        right, why = False, f"the answer is {found.stance}"
    return Verdict.of(right, read=found.text[:2000], why=why)


def _is(said: _Said, wanted: Quantity, params: NumberParams) -> bool:
    given = said.quantity
    if said.falls and wanted.value < 0:
        given = replace(given, value=-given.value)
    if _equal(given, wanted, params):
        return True
    if params.scale in (1, "", None, "percent", "%") or given.scaled:
        return False
    factor, _ = _scale(params.scale)
    return _equal(given, replace(wanted, value=wanted.value / factor, half_unit=wanted.half_unit / factor), params)


def _plain_integer(example: Example) -> int | None:
    """The reference where it is a bare integer and no parameter changes it, as most are."""
    reference = example.reference
    if example.params or isinstance(reference, bool) or not isinstance(reference, int | str):
        return None
    return int(reference) if isinstance(reference, int) or _INTEGER.fullmatch(reference) else None


def _match(given: list[_Said], wanted: list[Quantity], params: NumberParams) -> bool:
    if len(given) != len(wanted):
        return False
    if not params.ordered:
        given = sorted(given, key=lambda said: said.quantity.value)
        wanted = sorted(wanted, key=lambda quantity: quantity.value)
    pairs = zip(given, wanted, strict=True)
    return all(_is(g, w, params) and same_unit(g.quantity.unit, w.unit) for g, w in pairs)


def _equal(given: Quantity, wanted: Quantity, params: NumberParams) -> bool:
    """Whether a number is the reference at the reference's digits, percent signs by their table."""
    values = [given.value]
    if wanted.percent and not given.percent:
        values.append(given.value * 100)
    elif given.percent and not wanted.percent and 0 < abs(wanted.value) <= 1:
        values = [given.value / 100] + ([given.value] if wanted.value == 1 else [])
    return any(_near(value, wanted, params) for value in values)


def _near(value: Fraction, wanted: Quantity, params: NumberParams) -> bool:
    if value == wanted.value:
        return True
    if not wanted.half_unit and not wanted.percent and params.tolerance is None:
        return False
    off = abs(value - wanted.value)
    if params.tolerance is not None:
        return off <= Fraction(params.tolerance.abs) + Fraction(params.tolerance.rel) * abs(wanted.value)
    half = allowed(wanted.half_unit, wanted.digits, params.decimals, percent=wanted.percent)
    return off < half or (off == half and abs(value) < abs(wanted.value))


def allowed(half_unit: Fraction, digits: int, decimals: Decimals, *, percent: bool = False) -> Fraction:
    """How far a value may be from a reference with these digits: half a unit of its last one, or nothing."""
    if decimals == "as-written":
        return half_unit or Fraction(1, 2) * percent
    return half_unit if decimals == "auto" and digits >= SIGNIFICANT else Fraction(0)


def _read_one(text: str, accounting: bool) -> list[_Said] | None:
    """The number that a text gives; several where it offers alternatives, all of which must then be right."""
    if _INTEGER.fullmatch(text):
        return [_Said(Quantity(Fraction(int(text))))]
    text = plain(text)
    parts = _OR.split(text) if " or " in text else [text]
    if len(parts) > MAX_ALTERNATIVES:
        return None
    said = [_read_part(part, accounting) for part in parts]
    if len(parts) > 1 and None in said:
        parts, said = [text], [_read_part(text, accounting)]
    return None if None in said else [one for one in said if one is not None]


def _read_sentence(text: str) -> list[_Said] | None:
    """The number that a marked sentence states."""
    value = stated(plain(text), _strictly)
    return None if value is None else [_Said(value)]


def _read_part(text: str, accounting: bool) -> _Said | None:
    text = without_account(text.strip(), accounting=accounting)
    if (fall := _FALL.search(text.rstrip(" ."))) is not None:
        value = head(text[: fall.start()], _strictly)
        return None if value is None else _Said(value, falls=True)
    if (value := head(text, _strictly)) is not None:
        return _Said(value)
    fall = _FALLS.match(bare := without_lead(text))
    value = head(bare[fall.end() :], _strictly) if fall else None
    return _Said(value, falls=True) if value is not None else None


def _strictly(text: str) -> Quantity | None:
    text = once(text)
    return quantity(text) or worked_out(text)


def _read_list(text: str, accounting: bool, count: int) -> list[_Said] | None:
    text = without_lead(plain(text).rstrip(". ")).strip("[](){}\\ ")
    for parts in (_SPLIT.split(text), re.split(r"\s*[,;\n]\s*", text)):
        parts = [part for part in parts if part]
        given = [_read_part(part, accounting) for part in parts] if len(parts) == count else [None]
        if None not in given:
            return [said for said in given if said is not None]
    return [] if any(sign.isdigit() for sign in text) else None


def _answer_key(example: Example, answer: Any) -> str | None:
    """The value of each number, with its unit; a percentage by its value."""
    try:
        if not isinstance(answer, str):
            read = [_one_reference(item) for item in (answer if isinstance(answer, list) else [answer])]
        elif isinstance(example.reference, list):
            read = [head(part, _strictly) for part in _SPLIT.split(plain(answer).strip("[](){}\\ .")) if part]
        else:
            read = [head(plain(answer), _strictly)]
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
        wanted = [_one_reference(item, accounting=params.accounting) for item in items]
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


def _one_reference(item: Any, *, accounting: bool = False) -> Quantity | None:
    if isinstance(item, str):
        return quantity(without_account(plain(item), accounting=accounting)) if len(item) < 5000 else None
    if isinstance(item, bool) or not isinstance(item, int | float) or item in (math.inf, -math.inf) or item != item:
        return None
    if isinstance(item, int) or (item.is_integer() and abs(item) < 1 << 53):
        return Quantity(Fraction(item))
    written = quantity(repr(item))
    assert written is not None  # repr of a finite float is a number
    noise = abs(written.value) / 10**14  # what is left of binary arithmetic
    return replace(written, half_unit=max(written.half_unit, noise) if len(repr(item)) > 16 else written.half_unit)


def _year_range(text: str) -> tuple[int, int] | None:
    match = RANGE.fullmatch(plain(text))
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


def _why(wanted: Quantity) -> str:
    small = wanted.value.denominator == 1 and abs(wanted.value.numerator) < 10**15
    shown = abs(wanted.value) < 10**300
    value = str(wanted.value) if small else f"{float(wanted.value):.15g}" if shown else "as written"
    return f"the reference is {value}" + ("%" if wanted.percent else "")
