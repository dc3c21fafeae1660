"""What is said *of* an answer and is none: "The answer is clear from the graph", "the answer is the number above".

A remark describes: by an adjective or a participle with what belongs to it, by where or what the answer is, or by a
noun that every answer may be called by. It holds no name and no number that could be meant instead.
"""

from __future__ import annotations

import re

from assay.reading import lexicon

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ADVERBS = {*lexicon.LEADS, *lexicon.CERTAINLY, *lexicon.OWN, "not", "already", "most", "well"}
_DETERMINERS = {"the", "a", "an", "our", "my", "this", "that", *lexicon.ABOUT_ANSWERS, *_ADVERBS}
_QUANTIFIERS = {
    *lexicon.ANOTHER,
    *lexicon.OTHER_PEOPLE,
    "all",
    "both",
    "several",
    "any",
    "no",
    "such",
    "these",
    "those",
}
_CLAUSES = {"what", "that", "which", "why", "how", "where", "because", "whatever", "here"}
_ADJECTIVES = ("ed", "able", "ible", "ful", "ous", "ive", "ent", "ant", "ical", "ary", "ate")
"""How adjectives and participles end."""
_BEHIND = {*lexicon.PREPOSITIONS, *lexicon.REASONS, "and", "or", "but", "so", "that", "enough", "if", "when"} - {"of"}
MAX_WORDS = 12
"""Words that are looked at."""


def is_remark(text: str) -> bool:
    """Whether words behind "the answer is" describe an answer and give none."""
    written = _WORD.findall(text[:200])[:MAX_WORDS]
    words = [word.lower() for word in written]
    start = next((place for place, word in enumerate(words) if not _is_adverb(word)), 0)
    first, *rest = words[start:] or [""]
    if first in lexicon.ABOUT_ANSWERS or first in _CLAUSES:
        return True
    if first in lexicon.PREPOSITIONS:
        return not any(word[0].isupper() or word[0].isdigit() for word in written[start + 1 :])
    noun = next((place for place, word in enumerate(words) if word in lexicon.DESCRIPTIONS), len(words))
    if 0 < noun < len(words) and {*words[:noun]} <= _DETERMINERS:
        return not words[noun + 1 :] or not words[noun + 1][0].isdigit()
    is_known = bool(rest) and rest[0] in _BEHIND
    return len(first) > 4 and first.endswith(_ADJECTIVES) and (is_known or (bool(start) and first.endswith("ed")))


def _is_adverb(word: str) -> bool:
    return word not in lexicon.ABOUT_ANSWERS and (word in _ADVERBS or word.endswith("ly"))


def speaks_of_answer(text: str) -> bool:
    """Whether words name an answer by no more than that it is one ("the answer", "many answers")."""
    *before, noun = _WORD.findall(text.lower()) or [""]
    return noun.removesuffix("s") in lexicon.VALUE_NOUNS and {*before} <= _DETERMINERS | _QUANTIFIERS
