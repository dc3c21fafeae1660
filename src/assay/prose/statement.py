"""Whether prose states an accepted string as its answer, or only mentions it.

A question is answered in the first sentences, or in a last one that says it concludes. The first mention of an
accepted string there counts, unless it is denied ("not Paris", "rather than Paris"), hedged ("perhaps Paris"), one of
several candidates ("Paris or London", "Paris and London", an item of a list) or taken back, by the rules of every
claim (`claim/stance.py`). Judged against people's judgments of free answers (Wang et al. 2023, arXiv 2305.12421); what
stays unread is an answer in other words than the reference's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.claim.clause import ASSERTED, denies, last_clause
from assay.claim.sentences import sentences
from assay.claim.stance import alternatives, around, taken_back
from assay.prose.forms import Form, Span, Words
from assay.reading import lexicon
from assay.reading.lexicon import either

LEAD = 3
"""Sentences in which an answer is looked for."""
LEAD_CHARS = 2000
MAX_WORDS = 80
"""Words of the longest sentence that states an answer."""
_CONCLUDES = re.compile(
    r"\W*+(?:therefore|thus|hence|so|in (?:conclusion|summary|short)|to summari[sz]e|overall|ultimately)\b", re.I
)
_HEADING = re.compile(
    r"\n\W{0,8}(?:\d+\. )?(?:final |the )?(?:solution|conclusion|answer|summary)\b[^\n]{0,20}\n(?=\s*\S)", re.I
)
_NAME = r"(?:the )?[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*)*"
_ASIDE = re.compile(
    rf"\b(?:is|was|are|were|by)\s(?:the\s)?[A-Z][^,;]*(?:,\s(?:who|which|about)\b|;|,?\s(?:while|whereas)\b)[^,;]*$"
    rf"|^\W*(?:{_NAME},\s)+{_NAME},? and $|,\s(?:an?|one)\s\w+\sof $"
    rf"|\b(?:(?:followed|succeeded|preceded|beaten|replaced) by|\d{{1,9}} (?:km|miles|hours) (?:from|of)"
    rf"|{either(lexicon.DISPLACES)})\s(?:the\s)?$"
    rf"|\b{either(lexicon.REGIONS)}\s$"
)
"""What puts a mention beside the answer: another name before it, or what a place, a time or an order is told from."""
_IN_ITS_CLAUSE = re.compile(
    r"\A\W*(?:[Tt]he|[Aa]n?)\s(?:(?!(?:is|was|are|were)\s)[\w'’-]+\s)+?(?:that|who|which)\b[^,;]*\Z"
)
_MAIN_VERB = re.compile(r"[\s\"”')*]*+(?:is|was|are|were)\b")
"""A mention that ends a clause about the subject: "The team that lost to Italy was France"."""
_TITLE = re.compile(r"[\"“][^\"”]*[\"”]")
_BUT = re.compile(r"[\s,;]{0,9}\b(?:but|although|though|because)\b", re.I)
"""What ends the clause of a mention, and of a denial that reaches it: "No such novel was written by"."""
_REPUTED = re.compile(
    r"\b(?:often|commonly|widely|popularly|sometimes|usually|initially|originally|traditionally)\b", re.I
)
"""What says how something is seen, before a clause with "but" that says how it is."""
_OWNS = re.compile(r"\b(?:is|was|are|were|by)\s[^,;]*$")
_ITEM = re.compile(r"\s*+(?:\(?\d{1,2}[.)]|[-*•])\s++\S")


def states(prose: str, wanted: Sequence[Form]) -> bool:
    """Whether prose gives one of the wanted forms as its answer."""
    said = split(_conclusion(prose.replace("**", "")))
    if not said:
        return False
    if len(said) > 1 and _CONCLUDES.match(said[-1]):
        said = said[-1:]
    elif _is_list(said, wanted):
        return False
    for place, sentence in enumerate(said[:LEAD]):
        words = Words(sentence)
        if spans := _spans(words, wanted):
            rest = "\n".join([words.text[words.at[spans[0][1] - 1][1] :], *said[place + 1 :]])
            return _asserts(words, spans[0], wanted) and taken_back(rest, of_statement=False) is None
    return False


def _conclusion(prose: str) -> str:
    """What stands under a last heading such as "Conclusion", or all of the text."""
    under = [*_HEADING.finditer(prose, max(0, len(prose) - LEAD_CHARS))]
    return prose[under[-1].end() :] if under else prose


def split(prose: str) -> list[str]:
    """The sentences of the start of a text, and its last one where the text is longer."""
    said = sentences(prose[:LEAD_CHARS])
    if len(prose) > LEAD_CHARS:
        said[-1:] = sentences(prose[-LEAD_CHARS // 4 :])[-1:]
    return said


def _spans(words: Words, wanted: Sequence[Form]) -> list[Span]:
    """Where wanted forms stand, none inside another."""
    found = sorted({span for form in wanted for span in form.spans(words)}, key=lambda span: (span[0], -span[1]))
    kept: list[Span] = []
    for span in found:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _asserts(words: Words, span: Span, wanted: Sequence[Form]) -> bool:
    """Whether a sentence asserts the wanted string that stands there."""
    (first, last), text = span, words.text
    before, after = text[: words.at[first][0]][-200:], text[words.at[last - 1][1] :][:300]
    if len(words.words) > MAX_WORDS or _ASIDE.search(before):
        return False
    if denies(last_clause(_BUT.split(_TITLE.sub("", before))[-1])):
        return False
    is_owner = text[: words.at[last - 1][1]].endswith("'s") and _OWNS.search(before) and after[1:2].islower()
    if is_owner or (_MAIN_VERB.match(after) and _IN_ITS_CLAUSE.search(before)):
        return False
    if around(before, after) not in ASSERTED or (_REPUTED.search(before) and _BUT.match(after)):
        return False
    others = alternatives(before, after)
    return all(_spans(Words(other), wanted) for other in others)


def _is_list(sentences: list[str], wanted: Sequence[Form]) -> bool:
    """Whether a text lists several things, one of which is wanted, or names one after another."""
    items = [s for s in sentences if _ITEM.match(s)]
    bare = [s for s in sentences if len(s) < 40 and len(s.split()) < 4]
    rows = items if len(items) > 1 else bare if len(bare) == len(sentences) > 1 else []
    hits = [bool(_spans(Words(row), wanted)) for row in rows[:8]]
    return sum(hits) == 1 and not all(hits)
