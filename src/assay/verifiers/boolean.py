"""A yes or a no: yes/no, true/false, entailed/refuted and their kin, whichever pair the response speaks.

Reads the first such word of the last answer marker, or of a short response. A negated word is its opposite ("not
true"), and a text that says both ("yes and no") is wrong.
"""

from __future__ import annotations

import re
from typing import Any

from assay.claim.extract import find
from assay.errors import BadReference
from assay.judging.verifier import Lane, verifier
from assay.reading.words import tokens
from assay.types import Example, Verdict

_YES = "yes y true t correct right entailed entails entailment supported supports valid affirmative"
_NO = """no n false f incorrect wrong refuted refutes contradiction contradicted contradicts unsupported invalid
negative untrue"""
_TRUE, _FALSE = set(_YES.split()), set(_NO.split())
MAX_CHARS = 2000
_AFTER_NO = """it this that they he she we i you there not because since as so or and but the its yes false true"""
_SUBJECTS = frozenset(_AFTER_NO.split())
"""What may follow a "no" that answers."""
_LETTERS = {"y", "t", "n", "f"}
_GOES_ON = re.compile(r"\W*\w+\W*(?:and|or|but|/)")
_BOTH = re.compile(r"\b(?:or|maybe|perhaps|possibly|both|neither|unsure|depends)\b", re.IGNORECASE)


@verifier(
    "boolean",
    version=2,
    reference="true or false",
    lane=Lane.INLINE,
    reads=lambda example, _: _reference(example.reference),
    keys=lambda example, answer: _answer_key(answer),
)
def boolean(example: Example, response: str) -> Verdict:
    """Right when the response says the reference, in whichever pair of words."""
    wanted = _reference(example.reference)
    found = find(example, response)
    said = _said(found.text[:MAX_CHARS])
    if not said:
        return Verdict.no_answer(f"{found.text[:80]!r} says neither yes nor no")
    if len(said) > 1 or _BOTH.search(found.text[:MAX_CHARS]):
        return Verdict.of(False, read=found.text, why="it says more than one thing")
    return Verdict.of(said == {wanted}, read=found.text, why=f"the reference is {str(wanted).lower()}")


def _said(text: str) -> set[bool]:
    """Which of the two the text says; the words that follow a leading yes or no explain it and do not count."""
    words = tokens(text)
    said: set[bool] = set()
    for place, word in enumerate(words):
        if (word not in _TRUE and word not in _FALSE) or (word in _LETTERS and len(words) > 1):
            continue
        if word == "no" and _is_none(words, place, text):
            continue
        negated = any(w in ("not", "isnt", "never", "cannot") for w in words[max(0, place - 2) : place])
        said.add((word in _TRUE) != negated)
        stops = text.strip()[len(word) :][:1] in tuple(",.;: ") and not _GOES_ON.match(text)
        if place == 0 and len(words) > 2 and stops:
            break
    return said


def _answer_key(answer: Any) -> str | None:
    said = {answer} if isinstance(answer, bool) else _said(str(answer)[:MAX_CHARS])
    return str(said.pop()).lower() if len(said) == 1 else None


def _is_none(words: list[str], place: int, text: str) -> bool:
    """Whether this "no" means none: "there is no proof", "no solution"."""
    if place:
        return words[place - 1] not in ("and", "or", "but", "yes", "answer")
    after = text.strip().strip("\"'*_\\{}()").casefold().partition("no")[2]
    return len(words) > 1 and after[:1] == " " and words[1] not in _SUBJECTS


def _reference(reference: Any) -> bool:
    if isinstance(reference, bool):
        return reference
    word = str(reference).strip().lower()
    if word in _TRUE | {"1"}:
        return True
    if word in _FALSE | {"0", "not entailed"}:
        return False
    raise BadReference(f"the reference of a boolean is true or false, not {reference!r}")
