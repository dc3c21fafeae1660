"""Mathematical answers, LaTeX or plain text: equal value in any form is right, and nothing is right by being near.

An integer or an exact reference (a fraction, a radical, a multiple of pi) is only itself; a decimal reference accepts
what rounds to it at its last digit. A unit, degree, currency or percent sign may be missing on either side and a
different one is wrong (percent by the table in `number`). Bare lists and sets have no order, tuples have; a list is
answered in full. Equations are right up to a non-zero factor, an inequality is its interval, and `x = 3` answers 3.
Words ignore case and articles. Nothing is evaluated as code, and what is too costly to evaluate is refused.

A reference in a notation that is unknown here is compared as notation, sign by sign; a broken one (a brace that never
closes) is an `error` for every response, its literal copy too.
"""

from __future__ import annotations

import math as arithmetic
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal

from assay.claim.extract import NO_MARKER, find
from assay.claim.markers import Found
from assay.effort import NotShort, in_caller
from assay.errors import BadReference, NoAnswer
from assay.judging.verifier import Lane, Params, verifier
from assay.reading.algebra import symbols
from assay.reading.answers import measured, read_answer
from assay.reading.equality import Policy, equal, flat, infinite
from assay.reading.keys import key_of
from assay.reading.latex import TooCostly, Unreadable, tokenize
from assay.reading.phrases import as_words
from assay.reading.shapes import Answer, Bag, Value, Words, light
from assay.reading.tree import MINUS_ONE
from assay.reading.units import changes_value
from assay.reading.values import Undefined, exact, numeric
from assay.types import Example, Verdict
from assay.verifiers.number import last_sentence

MAX_CHARS = 10_000
LIGHT_CHARS = 200
"""Characters of the longest answer that is judged in the caller, if its numbers and powers are small too."""
_INTEGER = re.compile(r"-?\d{1,40}")
_FORMULA = re.compile(r"\$\$?([^$]++)\$\$?|\\\(((?:[^\\\n]|\\[^()\n])++)\\\)|\\\[((?:[^\\\n]|\\[^\[\]\n])++)\\\]")
"""A formula between dollar signs, `\\(` and `\\)`, or `\\[` and `\\]`."""


@dataclass(frozen=True)
class MathParams(Params):
    """Parameters of `math`."""

    unreduced: bool = True
    """Whether a fraction may stand in other than its lowest terms."""
    units: Literal["optional", "required"] = "optional"
    """Whether the unit of the reference may be left out."""
    decimals: Literal["as-written", "exact"] = "as-written"
    """Whether a decimal reference accepts what rounds to it, or means its exact value."""


def _wanted(example: Example, _: object = None) -> Answer | None:
    """The reference, read; `None` where it is a notation that is unknown here, or a number too large to compute.

    Raises `BadReference`, and in the caller's process `NotShort` where reading may be costly.
    """
    reference = _reference_text(example.reference)
    if in_caller() and len(reference) > LIGHT_CHARS:
        raise NotShort
    wanted = _read_reference(reference)
    if isinstance(wanted, str):
        if not _is_whole(reference):
            raise BadReference(f"the reference {reference[:80]!r} cannot be read: {wanted}")
        return None
    if in_caller() and not light(wanted):
        raise NotShort
    return wanted


def _is_whole(notation: str) -> bool:
    """Whether a notation is whole, though unknown: every brace that opens closes."""
    try:
        depths = list(accumulate({"{": 1, "}": -1}.get(token.text, 0) for token in tokenize(notation)))
    except (TooCostly, Unreadable):
        return False
    return bool(depths) and min(depths) >= 0 and depths[-1] == 0


def _answer_key(_: Example, answer: Any) -> str | None:
    try:
        return key_of(read_answer(str(answer)))
    except (TooCostly, Unreadable, Undefined, LookupError, TypeError, AttributeError):
        return None


@verifier(
    "math",
    version=3,
    reference="a string, LaTeX or plain text",
    params=MathParams,
    lane=Lane.INLINE,
    reads=_wanted,
    keys=_answer_key,
)
def math(example: Example, response: str, params: MathParams) -> Verdict:
    """Right when the answer has the reference's value, in any form."""
    reference = _reference_text(example.reference)
    whole = _INTEGER.fullmatch(reference)
    wanted = None if whole else _wanted(example)
    found = _find(example, response)
    given = found.text.strip("$ ").removesuffix(".")
    if whole and _INTEGER.fullmatch(given):
        return _decided(found, int(given) == int(reference))
    if in_caller() and len(given) > LIGHT_CHARS:
        raise NotShort
    policy = Policy(params.unreduced, params.units, params.decimals)
    if wanted is None and (wanted := _wanted(example)) is None:
        same = _layout_free(found.text) == _layout_free(reference)
        return Verdict.of(same, read=found.text, why=f"the notation is {'' if same else 'not '}the reference's")
    return _compare(found, wanted, reference, policy)


def _compare(found: Found, wanted: Answer, reference: str, policy: Policy) -> Verdict:
    if len(found.text) > MAX_CHARS:
        return Verdict.of(False, read=found.text[:200], why=f"too costly to evaluate: more than {MAX_CHARS} characters")
    try:
        given = read_answer(found.text)
        if found.marker == "whole" and isinstance(given, Words) and not isinstance(wanted, Words):
            return Verdict.no_answer("no marker, and the response is words")
        if not policy.unreduced and _is_unreduced(given):
            return Verdict.of(False, read=found.text, why="the fraction is not in lowest terms")
        if in_caller() and not light(given):
            raise NotShort
        if _same(wanted, given, reference, found.text, policy):
            return _decided(found, True)
        why = _why(False)
    except TooCostly as costly:
        why = f"too costly to evaluate: {costly}"
    except Unreadable as unread:
        if found.marker == "whole" and _layout_free(found.text) != _layout_free(reference):
            return Verdict.no_answer(f"no marker, and the response is not one answer: {unread}")
        why = f"it cannot be read as mathematics: {unread}"
    except (Undefined, LookupError, TypeError, AttributeError) as failed:  # a fault of ours buys a response nothing
        why = f"it has no value: {type(failed).__name__}: {failed}"
    same = _layout_free(found.text) == _layout_free(reference)
    return _decided(found, True) if same else Verdict.of(False, read=found.text, why=why)


def _same_words(wanted: Answer, given: Answer, reference: str, text: str) -> bool:
    """Whether one answer is words and the other's letters ("yes") are the same words."""
    if isinstance(wanted, Words) == isinstance(given, Words):
        return False
    one, two = as_words(reference), as_words(text)
    return one is not None and one == two


def _same(wanted: Answer, given: Answer, reference: str, text: str, policy: Policy) -> bool:
    if given == wanted or equal(wanted, given, policy):
        return True
    return _same_words(wanted, given, reference, text) or _same_measure(wanted, given, reference, text, policy)


def _same_measure(wanted: Answer, given: Answer, reference: str, text: str, policy: Policy) -> bool:
    """Whether the letters behind one answer's number are the unit of the other (`51 nm`), and both are the same."""
    if not isinstance(wanted, Value) or not isinstance(given, Value):
        return False
    if wanted.unit and not given.unit and symbols(given.tree) and not symbols(wanted.tree):
        given = measured(text) or given
    elif given.unit and not wanted.unit and symbols(wanted.tree) and not symbols(given.tree):
        wanted = measured(reference) or wanted
    else:
        return False
    return bool(wanted.unit and given.unit) and equal(wanted, given, policy)


def _decided(found: Found, right: bool) -> Verdict:
    return Verdict.of(right, read=found.text, why=_why(right))


def _why(right: bool) -> str:
    return "it equals the reference" if right else "it does not equal the reference"


# --- reading ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _read_reference(text: str) -> Answer | str:
    """The answer that a reference is, or why it cannot be read; either way it is read once."""
    try:
        wanted = read_answer(text)
        for part in flat(wanted) if isinstance(wanted, Bag) else [wanted]:
            if not isinstance(part, Value) or symbols(part.tree):
                continue
            if exact(part.tree) is None and not infinite(part.tree):
                numeric(part.tree)
    except (TooCostly, Unreadable, Undefined) as bad:
        return str(bad)
    return wanted


def _reference_text(reference: Any) -> str:
    if isinstance(reference, bool) or not isinstance(reference, str | int | float):
        raise BadReference(f"the reference of math is a string or a number, not {reference!r}")
    text = str(reference).strip()
    if not text or len(text) > MAX_CHARS:
        raise BadReference("the reference is empty or too long")
    return text


def _find(example: Example, response: str) -> Found:
    try:
        found = find(example, response)
    except NoAnswer as nothing:
        if str(nothing) != NO_MARKER:
            raise
        return last_sentence(example, response)
    if found.marker == "phrase":
        return _stripped(found)
    if found.marker == "whole" and re.search(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}.*\d", found.text):
        return last_sentence(example, response)
    return found


def _stripped(found: Found) -> Found:
    """The formula of a phrase, without the words around it."""
    formulas, outside = _FORMULA.findall(found.text), _FORMULA.sub(" ", found.text)
    if len(formulas) == 1 and not re.search(r"\d|\bor\b|\band\b", outside) and not changes_value(outside):
        return replace(found, text=next(filter(None, formulas[0])))
    return found


@lru_cache(maxsize=4096)
def _layout_free(text: str) -> str:
    """The signs of a notation; braces around a single sign are layout, all others say what belongs together."""
    signs: list[str] = []
    try:
        for token in tokenize(text.strip("$. ")):
            if token.text == "}" and signs[-2:-1] == ["{"]:
                signs[-2:] = signs[-1:]
            elif token.text != "$":
                signs.append(token.text)
    except (TooCostly, Unreadable):
        return text
    return " ".join(signs)


def _is_unreduced(given: Answer) -> bool:
    if not isinstance(given, Value):
        return False
    tree = given.tree
    if tree[0] == "*" and len(tree) == 3 and tree[1] == MINUS_ONE:
        tree = tree[2]
    if tree[0] != "*" or len(tree) != 3 or tree[2][0] != "^" or tree[2][2] != MINUS_ONE:
        return False
    top, bottom = exact(tree[1]), exact(tree[2][1])
    return top is not None and bottom is not None and (bottom == 1 or arithmetic.gcd(int(top), int(bottom)) > 1)
