"""Multiple choice: the answer is one letter.

Reads the letter of the last answer marker: `C`, `(C)`, `C.`, `C) Benzene`, `option C`. A letter inside a word is not
an answer ("Answer is C" reads C, never A), and two letters are never right. With `options`, the text of an option is
read as its letter where it is unique, and a letter beside another option's text is wrong. Nothing found is
`no_answer`; it is never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.claim.extract import find
from assay.claim.markers import clean
from assay.errors import BadReference
from assay.judging.verifier import Lane, Params, verifier
from assay.reading.numerals import plain
from assay.reading.words import fold
from assay.types import Example, Verdict

_LEAD = re.compile(
    r"^\W*+(?:(?:the\s++)?(?:correct\s++|final\s++|best\s++)*(?:option|choice|letter|answer|both|either)"
    r"\s*+(?:is)?\s*+:?\s*+)+",
    re.I,
)
_LETTER = re.compile(
    r"^[\s*(\[\"'{]*([A-Za-z])(?:[\s*\"'}]*(?:[).:\]]+|$|[-–—]\s|(?=[,;/&+]|\s(?:because|since|as|and|or|is)\b))[\s*]*|\s+)"
)
_ANOTHER = re.compile(
    r"^\W*+(?:(?:and/or|and|or)\W*+)?[A-Z](?:\W|$)|\b(?:or|and)\s++(?:option\s++)?\(?[B-HJ-Z]\b(?!\w|')"
    r"|\bor\s++\(?[A-Z]\)?\W*+$"
)


@dataclass(frozen=True)
class ChoiceParams(Params):
    """Parameters of `choice`."""

    options: list[str] | dict[str, str] | None = None
    """Texts of the options in order, or by letter; those of the Example without it."""


def _reference(example: Example, params: ChoiceParams) -> tuple[str, dict[str, str]]:
    """The letter that is right, and the options by letter."""
    options = _options(list(example.options) if params.options is None else params.options)
    return _letter_of(example.reference, options), options


def _answer_key(example: Example, answer: Any) -> str | None:
    """The option's own text, so that the order of the letters does not matter; the letter where there is none."""
    given = example.params.get("options")
    options = _options(list(example.options) if given is None else given)
    letter, _ = read_letter(str(answer), options)
    return None if letter is None else fold(options.get(letter, "")) or letter


@verifier(
    "choice", version=2, reference="a letter", params=ChoiceParams, lane=Lane.INLINE, reads=_reference, keys=_answer_key
)
def choice(example: Example, response: str, params: ChoiceParams) -> Verdict:
    """Right when the response names the letter, or the text of its option."""
    wanted, options = _reference(example, params)
    found = find(example, response, a_line=False)
    letter, why = read_letter(found.text, options, certain=found.marker != "whole")
    if letter is None and why:
        return Verdict.of(False, read=found.text, why=why)
    if letter is None:
        return Verdict.no_answer(f"{found.text[:80]!r} holds no lone letter")
    return Verdict.of(letter == wanted, read=letter, why=f"the reference is {wanted}")


def read_letter(text: str, options: Mapping[str, str], *, certain: bool = True) -> tuple[str | None, str]:
    """The one letter that a text names, or `None` and why it is wrong (empty when there is nothing to read)."""
    text = clean(plain(text))
    folded = {letter: fold(option) for letter, option in options.items()}
    by_text = [letter for letter, option in options.items() if option.strip() == text]
    by_text = by_text or [letter for letter, option in folded.items() if option and option == fold(text)]
    if len(by_text) == 1 and not re.match(r"\W*[A-Za-z](?:[).:\]]|\W*$)", text):
        return by_text[0], ""
    text = _LEAD.sub("", text)
    several = re.fullmatch(r"[A-Z]{2,26}", text) and len(set(text)) > 1
    if several and (text in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" or len(text) < 5):
        return None, f"{text!r} is several letters"
    match = _LETTER.match(text)
    if match is None:
        return None, ""
    letter, rest = match[1].upper(), text[match.end() :].strip()
    said = fold(rest)
    if rest and said == folded.get(letter):
        return letter, ""
    if re.match(r"(?:or|and)\b", rest) or (not rest[:1].isalpha() and _ANOTHER.match(rest)):
        return None, "it names more than one option"
    sure = not match[0][-1].isspace() or bool(re.search(r"[).:\]\-–—]\s*$", match[0])) or not rest
    if not sure and not (certain and letter not in "AI" and match[1].isupper()):
        return None, ""
    if _ANOTHER.search(rest):
        return None, "it names more than one option"
    others = [other for other, option in folded.items() if option and option == said]
    if others:
        return None, f"the letter is {letter} and the text is that of {others[0]}"
    return letter, ""


def _options(given: Any) -> dict[str, str]:
    if isinstance(given, Mapping):
        return {str(letter).upper(): str(text) for letter, text in given.items()}
    if isinstance(given, list | tuple) and len(given) <= 26:
        return {chr(65 + place): str(text) for place, text in enumerate(given)}
    raise BadReference("'options' is a list of at most 26 texts, or a map from letter to text")


def _letter_of(reference: Any, options: Mapping[str, str]) -> str:
    text = reference.strip().strip("().").upper() if isinstance(reference, str) else ""
    if not re.fullmatch(r"[A-Z]", text):
        raise BadReference(f"the reference of a choice is one letter, not {reference!r}")
    if options and text not in options:
        raise BadReference(f"the reference {text} is none of the options {', '.join(options)}")
    return text
