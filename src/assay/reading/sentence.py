"""The number that a sentence states, whatever its verb: "Jenny eats 9", "She paid $5 in all", "It rounds to 3.14".

A sentence states one number where that is the only one of its last clause with a number that stands in no adjunct ("in
2008", "over 3 weeks", "of her 40 marbles"), and its verb stands right before it. No word of its clause may change what
it counts ("half", "before", "the first"), and none of the sentence may deny, doubt or suppose it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

from assay.reading import lexicon
from assay.reading.beside import CALCULATES, WORD, head, is_reason
from assay.reading.counting import SCALES, VALUES
from assay.reading.lexicon import either

V = TypeVar("V")

_DIGITS = re.compile(r"(?<![\w.])[-−]?\\?[$€£¥]?\d[\d,.]*(?:[/:]\d+)?\s?%?")
_IN_WORDS = re.compile(
    rf"\b{either(tuple(VALUES))}(?:(?:-|\s(?:and\s)?){either(tuple(VALUES), tuple(SCALES))})*\b", re.IGNORECASE
)
_FIRST = r"(?:out\s)?of|in|on|after|during|among|from|by"
_MEMBERS = re.compile(
    rf"(?<![\w/.,%])(\d{{1,9}}|{either(tuple(VALUES))})\s(?:out\s)?of\s(?:the\s|these\s|those\s|his\s|her\s|their\s|our\s|all\s)*\d{{1,9}}\s(?=[a-z]{{3}})",
    re.IGNORECASE,
)
"""A count of some of so many: "5 of the 25 students", which is 5 students."""
_AT_FIRST = re.compile(rf"\W*(?:{_FIRST})\s[^,;:]{{1,80}},\s\Z", re.IGNORECASE)
"""What may stand before a number that is the subject of its sentence: "Of the 25 students, 5 passed"."""
_CLAUSE_END = re.compile(r"[,;:]\s|\s[–—-]\s|—|\s(?=(?:but|so|because|since|while|which)\s)")
_BEFORE = (
    r"\b(?:of|in|over|from|after|for|per|within|since|during|on|than|with|among|between|until|into|across|every|each)"
    r"\s(?:(?:the|her|his|its|their|all|about|only|these|those|first|last)\s){0,2}"
)
_ADJUNCT = re.compile(rf"{_BEFORE}\Z", re.IGNORECASE)
"""What makes a number one of an adjunct, where it stands right before it."""
_ADJUNCTS = re.compile(rf"{_BEFORE}{_DIGITS.pattern}", re.IGNORECASE)
_VERB_BEHIND = re.compile(rf"\s(?:[a-z]+ed|{either(lexicon.COPULAS)}|{either(lexicon.AUXILIARIES)})\b")
_LEAD = re.compile(
    rf"(?:(?:an?\s|the\s)?(?:sum|{either(lexicon.MEASURES)})\sof|{either(lexicon.EXACTNESS)}|an?|the|another)\s\Z",
    re.IGNORECASE,
)
"""What may stand between a verb and its number."""
_IN_ALL = re.compile(r"\s*(?:for|giving|making|with)\s(?:an?|the)\s(?:total|sum)\sof\s", re.IGNORECASE)
_IN_ALL_BEHIND = re.compile(rf"\s*{_DIGITS.pattern}(?:\s[a-z]+)?\s(?:in all|in total|altogether|total)\b")
"""A clause that sums up: "for a total of 5", "5 in all"."""
_PARTICLES = ("at", "by", "to", "in")
"""What may stand between a verb and the number that it ends in: "travels at 72", "grew by 5.2 %", "rounds to 3.14"."""
_AUXILIARIES = {*lexicon.AUXILIARIES} - {"could", "would", "may"}
_DOUBTED = {
    *lexicon.OPINIONS,
    *lexicon.DOUBTS,
    *lexicon.SUPPOSES,
    *lexicon.REJECTIONS,
    *lexicon.JUDGEMENTS,
    *lexicon.FOREIGN_NOTS,
}
_UNSAFE = {*CALCULATES, *lexicon.MODIFIERS, *lexicon.DEGREES} - {"i", "one"}
_UNSAFE |= set(
    lexicon.listed(
        """of, than, no, not, nobody, none, nothing, near, nearly, almost, hardly, barely, except, without,
        divisible, multiple, multiples, from, after, started, starting, check, test, verify, step, equation, question,
        answer, other, another, some, many, most, few, others, als, when, whenever, until, once"""
    )
)
"""Words of which none may stand before the number in its clause."""
_EARLIER = {"before", "earlier", "ago", "first", "initially", "originally"}
"""Words of a sentence that tells what was before the end."""
_THAN = re.compile(r"\bearlier than\b")
_FOREIGN_SO = re.compile(
    rf"(?:[^\W\d_]{{1,4}}\s){{0,3}}{either(lexicon.FOREIGN_CONNECTIVES)}(?:(?<=[^\x00-\x7f])|(?=[\s,]))", re.IGNORECASE
)
"""How a sentence of another language begins that concludes: "Por lo tanto", "Il y a donc"."""
_FOREIGN_UNSAFE = re.compile(
    rf"不|没|非|{either(lexicon.FOREIGN_DOUBTS)}|\b{either(lexicon.FOREIGN_NOTS)}\b", re.IGNORECASE
)


def stated(text: str, read: Callable[[str], V | None]) -> V | None:
    """The value of the one number that a sentence states, as `read` gives it with what stands behind it."""
    text = _MEMBERS.sub(r"\1 ", text)
    numbers = [match.start() for match in _DIGITS.finditer(text)] or [
        match.start() for match in _IN_WORDS.finditer(text)
    ]
    if not numbers or not _EARLIER.isdisjoint(_THAN.sub("", text.lower().rstrip(".")).split()):
        return None
    if _FOREIGN_SO.match(text):
        return head(text[numbers[0] :], read) if len(numbers) == 1 and _is_safe_abroad(text[: numbers[0]]) else None
    ends = [0, *(match.end() for match in _CLAUSE_END.finditer(text)), len(text)]
    for start, end in reversed([*pairwise(ends)]):
        inside = [at for at in numbers if start <= at < end]
        if len(inside) == 1 and (_IN_ALL.match(text, start) or _IN_ALL_BEHIND.match(text, start)):
            return head(text[inside[0] :], read)
        free = [at for at in inside if _LEAD.search(text, start, at) or not _ADJUNCT.search(text, start, at)]
        free = free or (inside if len(numbers) == 1 else [])
        if not free or is_reason(text[start:end]):
            continue
        is_one = len(free) == 1 and (_has_verb(text, start, free[0]) or _is_subject(text, free[0], numbers))
        return head(text[free[0] :], read) if is_one else None
    return None


def _is_subject(text: str, at: int, numbers: list[int]) -> bool:
    """Whether a number is what the sentence is about, and none stands behind it: "5 passed", "In 2019, 5 did"."""
    before = text[:at]
    leads = not before.strip(" *\"'“") or (
        _AT_FIRST.match(before) is not None
        and _UNSAFE.isdisjoint(WORD.findall(re.sub(_FIRST, "", before.lower(), count=1)))
    )
    return leads and at == numbers[-1] and _VERB_BEHIND.search(text, at) is not None


def changes(before: str) -> bool:
    """Whether the word before a number changes it ("more than", "half of")."""
    return not _UNSAFE.isdisjoint(WORD.findall(_LEAD.sub("", before.lower()))[-1:])


def _has_verb(text: str, start: int, at: int) -> bool:
    """Whether the verb of a sentence stands before its number, and no word that changes what it counts."""
    if text[at - 1 : at] != " " or not text.lstrip("\"'“ ")[:1].isupper():
        return False
    words = [word.lower() for word in WORD.findall(_LEAD.sub("", _ADJUNCTS.sub("", text[start:at])))]
    particle = words[-1] if words and words[-1] in _PARTICLES else ""
    if particle and not (particle == "at" and text[at:].partition(" ")[2][:1].isupper()):  # "at 42 Main St."
        words = words[:-1]
    every = [word.lower() for word in WORD.findall(text[:at])]
    denied = any(word.endswith(("n't", "n’t")) for word in every)
    if len(every) < 2 or not words or denied or not _DOUBTED.isdisjoint(every):
        return False
    *subject, verb = words
    if subject[-2:-1] and subject[-1] == "to" and subject[-2] in ("have", "has", "had"):
        subject[-2:] = ["must"]
    helped = bool(subject) and subject[-1] in {*_AUXILIARIES, "be"}
    changes = {*subject, verb} if particle != "by" else {*subject}
    return (helped or _is_verb(verb)) and _UNSAFE.isdisjoint(changes)


def _is_verb(word: str) -> bool:
    """Whether a word before a number may be the verb of its sentence, by its ending or by the list of those without."""
    return word in lexicon.AMOUNTS or (word.endswith(("s", "ed")) and not word.endswith("ss"))


def _is_safe_abroad(before: str) -> bool:
    words = [word.lower() for word in WORD.findall(before)]
    return not (words[-1:] and words[-1] in lexicon.FOREIGN_PREPOSITIONS) and not _FOREIGN_UNSAFE.search(before)
