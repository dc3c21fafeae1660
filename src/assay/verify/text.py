"""Short free text: an answer in words, compared without case, articles, punctuation and diacritics.

The marked answer must be one of the accepted strings. Prose is right where it states one accepted string as its
answer: at its start before a comma, a bracket or a preposition ("Paris, the capital of France"), or after the verb of
a short sentence ("It was painted by Leonardo da Vinci."). Containing the string somewhere, denying it, or offering
alternatives is not enough.
"""

from __future__ import annotations

import re
from typing import Any

from assay.errors import BadReference
from assay.types import Example, Verdict
from assay.verify.base import verifier
from assay.verify.extract import NoAnswer, find
from assay.verify.words import fold

_HEDGE = re.compile(r"\b(?:or|not|neither|nor|maybe|perhaps|possibly|unsure|unknown|either|might|could)\b|n't\b", re.I)
_END = r"(?=\s*(?:$|[,;:(.\[—–]|\b(?:in|at|on|for|from|of|by|with|because|since|as|which|who|that|where|when|to)\b))"
_BE = re.compile(r"(?<!which)(?<!who)(?<!that)\s(?:is|are|was|were|be)\s+", re.IGNORECASE)
_LINK = re.compile(r"(?:[a-z]+\s+){0,5}?(?:by|named|called|in|on|at|currently|originally|actually|now|only)\s+")
_DOES = re.compile(
    r"(?:^(?:Born|Built|Held|Made|Set|Written|Known|[A-Z][a-z]+ed)|(?<=\w )[a-z]{2,}(?:s|d|t|rn|en|ew))"
    r"\s+(?=(?:by|in|on|at)\s)"
)
_NEXT = re.compile(r"[;\n]|(?<=[a-z0-9]{3})[.!?]\s+\S")
MAX_CHARS = 5000
_QUOTES = "\"'`“”‘’*_"


def _judge(example: Example, response: str) -> Verdict:
    accepted = _accepted(example.reference)
    try:
        found = find(example, response)
    except NoAnswer as nothing:
        return Verdict.no_answer(str(nothing))
    if len(found.text) > MAX_CHARS:
        return Verdict.of(
            False, read=found.text[:200], why=f"an answer of more than {MAX_CHARS} characters is not short"
        )
    said = fold(found.text)
    if not said:
        return Verdict.no_answer("the answer has no word in it")
    right = _bare(said) in map(_bare, accepted) or (
        found.marker in ("phrase", "whole") and _states(found.text, accepted)
    )
    return Verdict.of(right, read=found.text, why=f"it {'is' if right else 'is not'} an accepted answer")


text = verifier("text", version=1, quick=_judge)(_judge)


def _bare(folded: str) -> str:
    """Without a preposition at the front ("in Edinburgh")."""
    return re.sub(r"^(?:in|on|at|by|from) (?=.)", "", folded)


def _states(prose: str, accepted: dict[str, str]) -> bool:
    """Whether prose gives one accepted string as its answer."""
    if len(accepted) > 200 or len(prose) > 1000:
        return False
    sentence = prose.strip().strip(_QUOTES)
    ends = _slots(sentence)
    for original in accepted.values():
        if _HEDGE.search(re.sub(re.escape(original), " ", sentence, flags=re.IGNORECASE)):
            continue
        pattern = re.compile(rf"[{_QUOTES}]*(?:the |an? )?{re.escape(original)}[{_QUOTES}]*{_END}", re.IGNORECASE)
        if pattern.match(sentence) or any(_closes(pattern, sentence, at) for at in ends):
            return True
        if len(sentence) <= 200 and re.match(
            rf"(?:the )?{re.escape(original)} (?:is|are|was|were|has|had|did|won)\b(?-i:(?! [A-Z0-9]))", sentence, re.I
        ):
            return True
    return False


def _slots(sentence: str) -> list[int]:
    """Where one short sentence may name its answer: after its verb, and after a preposition in the same clause."""
    if len(sentence) > 200 or _NEXT.search(sentence):
        return []
    verb = _BE.search(" " + sentence)
    does = None if verb else _DOES.search(sentence)
    start = verb.end() - 1 if verb else does.end() if does else None
    if start is None:
        return []
    slots = [start] if verb else []
    while (link := _LINK.match(sentence, start)) is not None:
        start = link.end()
        slots.append(start)
    return slots


def _closes(pattern: re.Pattern[str], sentence: str, at: int) -> bool:
    """Whether an accepted string stands at `at` and the sentence offers no second name after it."""
    match = pattern.match(sentence, at)
    return match is not None and not re.match(r"\s*,\s*[A-Z]|.*\band [A-Z]", sentence[match.end() :])


def _accepted(reference: Any) -> dict[str, str]:
    given = reference if isinstance(reference, list | tuple) else [reference]
    made = {fold(str(item)): str(item).strip() for item in given if isinstance(item, str | int | float)}
    made.pop("", None)
    if not made:
        raise BadReference(f"the reference of a text is a string or a list of strings, not {reference!r}")
    return made
