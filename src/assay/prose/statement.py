"""Whether prose states an accepted string as its answer, or only mentions it.

A question is answered in the first sentences, or in a last one that says it concludes. The first mention of an
accepted string there counts; it is none of an answer where it is denied ("not Paris", "rather than Paris"), hedged
("perhaps Paris"), one of several candidates ("Paris or London", "Paris and London", an item of a list) or taken back.
Quoted titles neither deny nor hedge. Judged against people's judgments of free answers (Wang et al. 2023,
arXiv 2305.12421); what stays unread is an answer in other words than the reference's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.prose.forms import Form, Span, Words

LEAD = 3
"""Sentences in which an answer is looked for."""
LEAD_CHARS = 2000
_NEXT = re.compile(
    r"(?<=[\w)\"”’\]%⁰-⁹])[.!?]\d{0,3}[\"”]?\s+(?=[\"“(A-Z0-9])(?<!\b[A-Z]\.\s)(?<!\b[A-Z]\.\s\s)"
    r"(?<!\b(?:[DMS][rst]|[JS]r|[vV]s|No)\.\s)(?<!\bMrs\.\s)(?<!\d\.\s)|\n+"
)
_CITED_YEAR = re.compile(
    r"((?:\b(?:in|of|on|since|until|to|by|[a-z]{3} \d\d?,|[a-z]{3})\s?)(?:1[0-9]|20)\d\d)\d{1,2}(?=[.,]?\s|[.,]?$)"
)
"""A year with the number of a footnote behind it, its raised digits lost: "in 19451."""
_CONCLUDES = re.compile(
    r"\W*+(?:therefore|thus|hence|so|in (?:conclusion|summary|short)|to summari[sz]e|overall|ultimately)\b", re.I
)
_HEADING = re.compile(
    r"\n\W{0,8}(?:\d+\. )?(?:final |the )?(?:solution|conclusion|answer|summary)\b[^\n]{0,20}\n(?=\s*\S)", re.I
)
_TAKEN_BACK = re.compile(
    r"(?:[.!?]\s{1,4}|\n)\W{0,8}(?:no|wait|actually|sorry|correction|scratch that|on second thought)\b[ ,.:—-]", re.I
)
_QUOTED = re.compile(r"[\"“][^\"“”]{1,120}[\"”]")
_DENIED = re.compile(
    r"(?:\b(?:not|never|no longer|neither|nor|rather than|instead of|unlike|other than|except(?: for)?|besides|without"
    r"|than)|n't)(?:\s+(?!(?:is|was|are|were)\b)[\w-]+){0,4}[\s\"“'(*£$€.]{1,4}$",
    re.I,
)
_OTHER_THING = re.compile(
    r"(?:\b(?:anywhere|anything|anyone|nothing|everyone) but|\bno|\b(?:non|anti)-|\bopposite of|\bfar from"
    r"|\boutside(?: of)?|\bformerly|\bused to be|\bmyth that (?:it|he|she) (?:is|was)|\bevidence for|\bminus)"
    r" ?[\"“'(]*$",
    re.I,
)
"""What turns a mention into something else: "far from Paris"."""
_OTHER_AFTER = re.compile(
    r"[\"”')]*+ ?"
    r"(?:\((?:incorrect|wrong|false|not)\b|(?:is|was) (?:wrong|incorrect|false|often|a myth)\b|\?|\d{1,3} ?%)"
    r"|-\d{4}\b| (?:BC|hundred|thousand|million|billion|dozen)\b",
    re.I,
)
MAX_WORDS, ENUMERATED = 80, 5
"""Words of the longest sentence that states an answer; words beside it from which bare words are an enumeration."""
_SMALL = """is was are were be been the a an of in on at by to from for with as that which who it its his her their
this and has had have did does do there when where not so since because"""
_SMALL_WORDS = frozenset(_SMALL.split())
_DENIED_AFTER = re.compile(
    r"[\s\"”')*]*+(?:\w++ ){0,2}?(?:is|was|are|were|do|does|did|has|have|had|can|could|would)(?:n't| not| never)\b"
    r"(?! only)",
    re.I,
)
_IS_NAMED = re.compile(r" (?:is|are|was|were) [A-Z0-9]")
"""A mention that another name is given to: "Paris is London"."""
_HEDGED = re.compile(
    r"\b(?:maybe|perhaps|possibly|might|could (?:also )?be|may be|unsure|unclear|not (?:entirely )?(?:sure|known)|"
    r"unknown|guess(?:ing)?|depends|do not know|don't know|neither)\b",
    re.I,
)
_OR_AFTER = re.compile(
    r"(?:\s*+\([^()]{0,60}\))?[\W\d]{0,5}"
    r"(?:\bor\b(?! (?:simply|just|more [a-z]+ly|also|equivalently|in other)\b)|/\s*[A-Za-z])",
    re.I,
)
_OR_BEFORE = re.compile(r"(?:\bor\W{0,3}(?:(?:the|a|an|in|on) )?|\beither\b[^,;.]{0,40}|[A-Za-z]/)$", re.I)
_PART = r"[A-Z][\w'’.-]*+"
_NAME = rf"{_PART}(?: {_PART}){{0,3}}+"
_MORE_AFTER = (
    re.compile(rf"[\"”')\d]{{0,3}}(?:,? {_PART}){{0,24}}+,? (?:and|&|versus|vs\.?) (?:the )?[A-Z\"“]"),
    re.compile(r"[\"”')]{0,2},? (?:and|&) (?:\w++ )?\w++[.!\"”]*+$"),
    re.compile(rf"[\"”']{{0,2}}(?:, (?:the )?(?:{_NAME}|[a-z-]++)){{3,99}}+[.]?$"),
)
"""Other candidates behind a mention: "and London", or a row of names to the end of the sentence."""
_ROW_AFTER = re.compile(rf"[\"”']{{0,2}}(?:, (?:the )?(?:{_NAME}|[a-z-]++)){{2}}[.]?$")
_PLACED = re.compile(r"\b(?:in|at|near|from|to|of)(?: the)? $")
"""What stands before a place with its region and country ("in Vancouver, British Columbia, Canada")."""
_MORE_BEFORE = (
    re.compile(rf"(?:^|[\s,(])(?:{_NAME},? )(?:and|&|versus|vs\.?) (?:the )?[\"“]?$"),
    re.compile(rf"^\W*+(?:(?:{_NAME}|[a-z-]++), ){{2,}}+$"),
    re.compile(rf"^\W*+(?:the )?{_NAME} of (?:the )?$"),
)
"""Other candidates before a mention: "London and", a row of names, or a sentence that begins with one ("London, ")."""
_NAMED_FIRST = re.compile(
    rf"^\W*+(?:I (?:think|believe) |it(?:'s| is| was) )?(?:the )?{_NAME}(?:,| in| at| on| from) $"
)
"""Another candidate before the last words of a sentence: "London, Paris", "Paris in London"."""
_ITEM = re.compile(r"\s*+(?:\(?\d{1,2}[.)]|[-*•])\s++\S")


def states(prose: str, wanted: Sequence[Form]) -> bool:
    """Whether prose gives one of the wanted forms as its answer."""
    sentences = split(_conclusion(prose.replace("**", "")))
    if not sentences:
        return False
    if len(sentences) > 1 and _CONCLUDES.match(sentences[-1]):
        sentences = sentences[-1:]
    elif _is_list(sentences, wanted):
        return False
    for place, sentence in enumerate(sentences[:LEAD]):
        words = Words(_CITED_YEAR.sub(r"\1", sentence))
        spans = _spans(words, wanted)
        if spans:
            rest = "\n".join([words.text[words.at[spans[0][1] - 1][1] :], *sentences[place + 1 :]])
            return _asserts(words, spans) and not _TAKEN_BACK.search(rest)
    return False


def _conclusion(prose: str) -> str:
    """What stands under a last heading such as "Conclusion", or all of the text."""
    under = None
    for under in _HEADING.finditer(prose, max(0, len(prose) - LEAD_CHARS)):  # noqa: B007 - the last one is wanted
        pass
    return prose if under is None else prose[under.end() :]


def split(prose: str) -> list[str]:
    """The sentences of the start of a text, and its last one where the text is longer."""
    sentences = [part for part in _NEXT.split(prose[:LEAD_CHARS]) if part.strip(" .\t\r")]
    if len(prose) > LEAD_CHARS:
        sentences[-1:] = [part for part in _NEXT.split(prose[-LEAD_CHARS // 4 :])[-1:] if part.strip()]
    return sentences


def _spans(words: Words, wanted: Sequence[Form]) -> list[Span]:
    """Where wanted forms stand, none inside another."""
    found = sorted({span for form in wanted for span in form.spans(words)}, key=lambda span: (span[0], -span[1]))
    kept: list[Span] = []
    for span in found:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _asserts(words: Words, spans: list[Span]) -> bool:
    """Whether a sentence asserts the first of the wanted strings that it mentions."""
    start, end = words.at[spans[0][0]][0], words.at[spans[0][1] - 1][1]
    before, after = _QUOTED.sub(" ", words.text[:start][-200:]), words.text[end:][:300]
    if _OTHER_THING.search(before[-40:]) or _OTHER_AFTER.match(after) or _is_enumeration(words, spans[0]):
        return False
    if _DENIED.search(before[-80:]) or _DENIED_AFTER.match(after) or _IS_NAMED.match(after):
        return False
    if _HEDGED.search(before) or _HEDGED.search(_QUOTED.sub(" ", after)):
        return False
    if _OR_BEFORE.search(before) or _offers_more(words, spans):
        return False
    if len({"".join(words.words[first:last]) for first, last in spans}) > 1:  # several that are accepted
        return True
    if _NAMED_FIRST.match(before) and not after.strip(' .!"”'):
        return False
    if _ROW_AFTER.match(after) and not _PLACED.search(before):
        return False
    return not any(pattern.match(after) for pattern in _MORE_AFTER) and not any(p.search(before) for p in _MORE_BEFORE)


def _is_enumeration(words: Words, span: Span) -> bool:
    """Whether a sentence is a row of words beside the mention, or too long to state one answer."""
    others = words.words[: span[0]] + words.words[span[1] :]
    small = len(_SMALL_WORDS & set(re.findall(r"[a-z]+", words.text.lower())))
    return len(others) > MAX_WORDS or (len(others) >= ENUMERATED and not small)


def _offers_more(words: Words, spans: list[Span]) -> bool:
    """Whether an "or" behind a wanted string leads to one that is not wanted, or to the same again."""
    said = {words.at[first][0]: "".join(words.words[first:last]) for first, last in spans}
    for first, last in spans:
        joint = _OR_AFTER.match(words.text, words.at[last - 1][1])
        if joint is None:
            continue
        other = next((text for start, text in said.items() if joint.end() <= start <= joint.end() + 5), None)
        one = said[words.at[first][0]]
        if other is None or one in other or other in one:
            return True
    return False


def _is_list(sentences: list[str], wanted: Sequence[Form]) -> bool:
    """Whether a text lists several things, one of which is wanted, or names one after another."""
    items = [s for s in sentences if _ITEM.match(s)]
    bare = [s for s in sentences if len(s) < 40 and len(s.split()) < 4]
    rows = items if len(items) > 1 else bare if len(bare) == len(sentences) > 1 else []
    hits = [bool(_spans(Words(row), wanted)) for row in rows[:8]]
    return sum(hits) == 1 and not all(hits)
