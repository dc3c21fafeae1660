"""Mathematical answers, LaTeX or plain text: equal value in any form is right, and nothing is right by being near.

An integer or an exact reference (a fraction, a radical, a multiple of pi) is only itself; a decimal reference of three
or more significant digits accepts what rounds to it at its last digit. A unit, degree, currency or percent sign may be
missing on either side, units of one dimension are converted and another is wrong (percent by the table in `number`).
Bare lists and sets have no order, tuples have; a list is answered in full. Equations are right up to a non-zero factor,
an inequality is its interval, and `x = 3` answers 3. Words ignore case and articles. Nothing is evaluated as code, and
what is too costly to evaluate is refused.

A notation that is unknown here is compared by its structure; a broken reference (a brace that never closes) is an
`error` for every response, its literal copy too.
"""

from __future__ import annotations

import math as arithmetic
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal

from assay.claim.claims import claim, described
from assay.claim.unmarked import Reader
from assay.effort import NotShort, in_caller
from assay.errors import BadReference
from assay.judging.verifier import AnswerParams, Lane, verifier
from assay.reading.answers import LIGHT_CHARS, is_words, read_answer, read_in_prose
from assay.reading.arithmetic import exact, numeric
from assay.reading.beside import WORKED, head
from assay.reading.building import MINUS_ONE, bare, infinite, light, num, symbols
from assay.reading.equality import Policy, equal, flattened, is_value
from assay.reading.keys import key_of
from assay.reading.labels import labelled
from assay.reading.nodes import (
    Call,
    Listing,
    Node,
    Num,
    Quantity,
    Text,
    TooCostly,
    Tuple,
    Undefined,
    Unreadable,
)
from assay.reading.numerals import from_words
from assay.reading.phrases import as_words
from assay.reading.sentence import stated
from assay.reading.tokens import tokenize
from assay.reading.words import fold
from assay.types import Example, Verdict

MAX_CHARS = 10_000
_INTEGER = re.compile(r"-?\d{1,40}")
_HOLDS_VALUE = re.compile(r"[\d\\=^]")
_LETTERS = re.compile(r"[A-Za-z][a-z]{2,}")
_RATIO = re.compile(r"(\d) to (\d)")
_FORMULA = re.compile(r"\$\$?([^$]++)\$\$?|\\\(((?:[^\\\n]|\\[^()\n])++)\\\)|\\\[((?:[^\\\n]|\\[^\[\]\n])++)\\\]")
"""A formula between dollar signs, `\\(` and `\\)`, or `\\[` and `\\]`."""


_BRACKETED_OR = re.compile(r"\s\(((?:or|i\.e\.|that is)\b[^()]*)\)$")
_OR = re.compile(
    r"(?P<one>[^,;]{1,200}?),?\s(?:or|i\.e\.|that is),?\s"
    r"(?P<near>(?:approximately|about|roughly|around)\s)?(?P<two>[^,;]{1,200})"
)


@dataclass(frozen=True)
class MathParams(AnswerParams):
    """Parameters of `math`."""

    unreduced: bool = True
    """Whether a fraction may stand in other than its lowest terms."""
    units: Literal["optional", "required"] = "optional"
    """Whether the unit of the reference may be left out."""
    decimals: Literal["auto", "as-written", "exact"] = "auto"
    """Which decimals accept what rounds to them: those of three or more significant digits, all, or none."""


def _wanted(example: Example, _: object = None) -> Node | None:
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
    text = str(answer)
    if in_caller() and len(text) > LIGHT_CHARS:
        raise NotShort
    try:
        read = read_answer(text)
        if in_caller() and not isinstance(read, Num):
            raise NotShort
        return key_of(read)
    except (TooCostly, Unreadable, Undefined, LookupError, TypeError, AttributeError):
        return None


@dataclass(frozen=True, slots=True)
class _Given:
    """An answer as it was read; without one where reading it would cost too much."""

    text: str
    answer: Node | None = None
    costly: str = ""


@verifier(
    "math",
    version=12,
    reference="a string, LaTeX or plain text",
    params=MathParams,
    lane=Lane.INLINE,
    reads=_wanted,
    keys=_answer_key,
    reads_claim=described(lambda e, _: _reader(e)),
)
def math(example: Example, response: str, params: MathParams) -> Verdict:
    """Right when the answer has the reference's value, in any form."""
    reference = _reference_text(example.reference)
    whole = int(reference) if _INTEGER.fullmatch(reference) else None
    wanted = _target(example)
    policy = Policy(params.unreduced, params.units, params.decimals)
    found = claim(example, response, _reader_of(reference, wanted))
    if found.value is None and found.is_prose and not _HOLDS_VALUE.search(found.text):
        return Verdict.no_answer(f"{found.text[:80]!r} holds no value")
    if found.value is None:
        return Verdict.of(False, read=found.text, why="it cannot be read as mathematics")
    if not found.is_asserted:
        return Verdict.of(False, read=found.text, why=f"the answer is {found.stance}")
    if whole is not None and _INTEGER.fullmatch(found.value.text):
        right, why = int(found.value.text) == whole, ""
    else:
        right, why = _compare(found.value, wanted, reference, policy)
    if right and found.others:
        read = [_read(other, reference, wanted) for other in found.others]
        if not all(other is not None and _agrees(found.value, other, wanted, reference, policy) for other in read):
            right, why = False, "it is offered beside another"
    return Verdict.of(
        right, read=found.text[:2000], why=why or f"it {'equals' if right else 'does not equal'} the reference"
    )


def _target(example: Example) -> Node | None:
    reference = _reference_text(example.reference)
    return num(int(reference)) if _INTEGER.fullmatch(reference) else _wanted(example)


def _reader(example: Example) -> Reader[_Given]:
    return _reader_of(_reference_text(example.reference), _target(example))


def _read(text: str, reference: str, wanted: Node | None) -> _Given | None:
    """What a text gives as an answer; `None` where it gives none of the reference's kind."""
    bare = text.strip("$ ").removesuffix(".")
    if _INTEGER.fullmatch(bare):
        return _Given(bare, num(int(bare)))
    if len(text) > MAX_CHARS:
        return _Given(text, costly=f"more than {MAX_CHARS} characters")
    if in_caller() and len(text) > LIGHT_CHARS:
        raise NotShort
    return head(text, lambda part: _strictly(part, reference, wanted))


def _reader_of(reference: str, wanted: Node | None) -> Reader[_Given]:
    def read(text: str) -> _Given | None:
        return _read(text, reference, wanted)

    def sentence(text: str) -> _Given | None:
        return stated(text, lambda part: _strictly(part, reference, wanted))

    def restated(text: str) -> _Given | None:
        """The first of two values that are the same, the second perhaps rounded: "2\\sqrt3, or about 3.46"."""
        match = WORKED.fullmatch(text)
        if match is None and ("or " in text or "i" in text):
            match = _OR.fullmatch(_BRACKETED_OR.sub(r" \1", text))
        one, two = (read(match["one"]), read(match["two"])) if match else (None, None)
        if match is None or one is None or two is None or one.answer is None or two.answer is None:
            return None
        if not match["near"]:
            return one if _compare(two, one.answer, match["one"], Policy(True, "optional", "exact"))[0] else None
        size, other = _size(one.answer), _size(two.answer)
        return one if size is not None and other is not None and abs(size - other) <= abs(size) / 50 else None

    def states(text: str) -> _Given | None:
        """A value of the reference's kind: of one number, no list ("4 integers: 2, 3, 5 and 7" answers with either)."""
        made = restated(text) or read(text)
        is_list = made is not None and isinstance(made.answer, Listing) and made.answer.joint != "or"
        return None if is_list and isinstance(wanted, Num) else made

    return Reader(
        lambda text: restated(text) or read(text) or sentence(text),
        states=states,
        sentence=sentence,
        exact=True,
        names=lambda text: is_words(wanted) and fold(reference) in fold(text),
    )


def _size(node: Node) -> Any:
    """The number that an answer without variables is, or `None`."""
    node, parts = (node.value, 100 if node.percent else 1) if isinstance(node, Quantity) else (node, 1)
    try:
        return None if symbols(node) else numeric(node) / parts
    except (Undefined, TooCostly, ArithmeticError, LookupError, TypeError):
        return None


def _strictly(text: str, reference: str, wanted: Node | None) -> _Given | None:
    formula = _FORMULA.fullmatch(text.strip())
    text = next(filter(None, formula.groups())) if formula else text
    if _layout_free(text) == _layout_free(reference):
        return _Given(text, wanted)
    if isinstance(wanted, Tuple) and wanted.opening == ":":
        text = _RATIO.sub(r"\1:\2", text)  # to any other reference "2 to 3" is a range
    words = is_words(wanted)
    if _LETTERS.fullmatch(text) and not set(text) <= set(reference) and not words:
        return _Given(text, bare(known)) if (known := from_words(text)) else None  # a word, no product
    try:
        answer = read_in_prose(text, words=words or as_words(reference) is not None)
    except TooCostly as costly:
        return _Given(text, costly=str(costly))
    return None if answer is None else _Given(text, answer)


def _compare(given: _Given, wanted: Node | None, reference: str, policy: Policy) -> tuple[bool, str]:
    """Whether an answer is the reference, and why not where there is more to say than that."""
    if given.costly:
        return False, f"too costly to evaluate: {given.costly}"
    if _layout_free(given.text) == _layout_free(reference):
        return True, ""
    if wanted is None or given.answer is None:
        return False, "the notation is not the reference's"
    if not policy.unreduced and _is_unreduced(given.answer):
        return False, "the fraction is not in lowest terms"
    if in_caller() and not light(given.answer):
        raise NotShort
    try:
        return _same(wanted, given.answer, reference, given.text, policy), ""
    except TooCostly as costly:
        return False, f"too costly to evaluate: {costly}"
    except (Undefined, LookupError, TypeError, AttributeError) as failed:  # a fault of ours buys a response nothing
        return False, f"it has no value: {type(failed).__name__}: {failed}"


def _agrees(given: _Given, other: _Given, wanted: Node | None, reference: str, policy: Policy) -> bool:
    """Whether what is offered beside an answer is the same, rounded or not."""
    if _compare(other, wanted, reference, policy)[0]:
        return True
    rounded = replace(policy, decimals="as-written")
    return other.answer is not None and _compare(given, other.answer, other.text, rounded)[0]


def _same_words(wanted: Node, given: Node, reference: str, text: str) -> bool:
    """Whether one answer is words and the other's letters ("yes") are the same words."""
    if isinstance(wanted, Text) == isinstance(given, Text):
        return False
    one, two = as_words(reference), as_words(text)
    return one is not None and one == two


def _same(wanted: Node, given: Node, reference: str, text: str, policy: Policy) -> bool:
    if isinstance(wanted, Tuple) and isinstance(given, Listing) and text.lstrip("$ ").startswith(("\\{", "{")):
        return False  # a set has no order
    if given == wanted or equal(wanted, given, policy):
        return True
    return _same_words(wanted, given, reference, text) or _same_measure(wanted, given, reference, text, policy)


def _same_measure(wanted: Node, given: Node, reference: str, text: str, policy: Policy) -> bool:
    """Whether the letters behind one answer's number are the unit of the other (`51 nm`), and both are the same."""
    if not is_value(wanted) or not is_value(given):
        return False
    if isinstance(wanted, Quantity) and symbols(given) and not symbols(wanted):
        given = read_answer(text, letters=True)
    elif isinstance(given, Quantity) and symbols(wanted) and not symbols(given):
        wanted = read_answer(reference, letters=True)
    else:
        return False
    return isinstance(wanted, Quantity) and isinstance(given, Quantity) and equal(wanted, given, policy)


# --- reading ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _read_reference(text: str) -> Node | str:
    """The answer that a reference is, or why it cannot be read; either way it is read once."""
    try:
        wanted = read_answer(text)
        for part in flattened(wanted):
            value = labelled(part)[1]
            value = value.value if isinstance(value, Quantity) else value
            is_number = is_value(value) and not (isinstance(value, Call) and value.head in ("pmod", "clock"))
            if is_number and not symbols(value) and exact(value) is None and not infinite(value):
                numeric(value)
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


def _is_unreduced(given: Node) -> bool:
    given = labelled(given)[1]
    if isinstance(given, Call) and given.head == "*" and given.args[0] == MINUS_ONE:
        given = given.args[1]
    if not isinstance(given, Call) or given.head != "*" or len(given.args) != 2:
        return False
    above, below = given.args
    if not isinstance(below, Call) or below.head != "^" or below.args[1] != MINUS_ONE:
        return False
    top, bottom = exact(above), exact(below.args[0])
    return top is not None and bottom is not None and (bottom == 1 or arithmetic.gcd(int(top), int(bottom)) > 1)
