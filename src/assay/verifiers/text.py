"""Short free text: an answer in words, compared without case, articles, punctuation and diacritics.

A boxed, tagged or JSON answer must be one of the accepted strings, or a form of one (a date in another order, a name
without its middle parts, a number in words). Prose, after a phrase or as the whole response, is right where it states
an accepted string as its answer (`statement.py`); mentioning it late, denying it, or offering
alternatives is not enough.
"""

from __future__ import annotations

from typing import Any

from assay.claim.extract import NO_MARKER, final_part, find
from assay.effort import short
from assay.errors import BadReference, NoAnswer
from assay.judging.verifier import Lane, verifier
from assay.prose.forms import PREPOSITIONS, Form, Words, forms
from assay.prose.statement import states
from assay.reading.words import fold
from assay.types import Example, Verdict

MAX_CHARS = 5000
"""Characters of the longest marked answer."""


@verifier(
    "text",
    version=2,
    reference="a string, or a list of accepted strings",
    lane=Lane.INLINE,
    reads=lambda example, _: _accepted(example.reference),
    keys=lambda example, answer: _answer_key(answer),
)
def text(example: Example, response: str) -> Verdict:
    """Right when the answer is, or prose states, an accepted string."""
    accepted = _accepted(example.reference)
    try:
        found = find(example, response)
    except NoAnswer as nothing:
        if str(nothing) != NO_MARKER:
            raise
        return _judge_prose(short(final_part(example, response).strip()), accepted)
    if len(found.text) > MAX_CHARS:
        why = f"an answer of more than {MAX_CHARS} characters is not short"
        return Verdict.of(False, read=found.text[:200], why=why)
    if not (said := _key(found.text)):
        return Verdict.no_answer("the answer is empty")
    right = said in accepted or _is(found.text, accepted)
    if not right and found.marker in ("phrase", "whole"):
        right = states(found.text, _forms(accepted))
    return Verdict.of(right, read=found.text, why=f"it {'is' if right else 'is not'} an accepted answer")


def _judge_prose(prose: str, accepted: dict[str, str]) -> Verdict:
    if not states(prose, _forms(accepted)):
        return Verdict.no_answer(f"{NO_MARKER}, and the prose does not state an accepted answer")
    return Verdict.of(True, read=prose[:200], why="it states an accepted answer")


def _forms(accepted: dict[str, str]) -> list[Form]:
    return [form for original in list(accepted.values())[:200] for form in forms(original)]


def _is(given: str, accepted: dict[str, str]) -> bool:
    """Whether the whole text is one form of an accepted string, a preposition or a title before it left out."""
    wanted = _forms(accepted)
    for place in range(2):
        words = Words(given)
        if any(span == (0, len(words.words)) for form in wanted for span in form.spans(words)):
            return True
        front, _, given = given.strip().partition(" ")
        if place or front.lower() not in PREPOSITIONS:
            return False
    return False


def _key(text: str) -> str:
    """The words of a text, or its signs where it has no words ("] }")."""
    return fold(text) or "".join(text.split())


def _answer_key(answer: Any) -> str | None:
    """The words in one spelling; of several accepted strings, all of them in order."""
    given = answer if isinstance(answer, list | tuple) else [answer]
    return " | ".join(sorted(filter(None, (Words(str(item)).joined or _key(str(item)) for item in given)))) or None


def _accepted(reference: Any) -> dict[str, str]:
    given = reference if isinstance(reference, list | tuple) else [reference]
    made = {_key(str(item)): str(item).strip() for item in given if isinstance(item, str | int | float)}
    made.pop("", None)
    if not made:
        raise BadReference(f"the reference of a text is a string or a list of strings, not {reference!r}")
    return made
