"""Words beside a value: which may stand there, and which make it another value or no answer.

*Before* a value only words of a closed list may stand, for whatever is not listed may change it ("almost 42", "a third
of 42"). *Behind* it a noun phrase or a clause is free ("81 lattice points on the circle"), unless its first words
calculate, compare, doubt or reject ("42 minus one", "42 at most", "42, maybe"), or it offers another value ("42 for
adults and 20 for children").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from assay.reading import lexicon
from assay.reading.counting import ORDINALS, SCALES, VALUES
from assay.reading.lexicon import either

V = TypeVar("V")
MAX_LEADS, MAX_CUTS, MAX_BEHIND = 8, 24, 400
"""Groups of words before a value, places where it may end, and characters behind it that are looked at."""

_VERB = rf"(?:{either(lexicon.SUBJECTS)}\s++)?{either(lexicon.COPULAS)}(?![\w'’])(?!\s*+not\b)"
_LEAD = re.compile(
    rf"\s*+(?:(?:{either(lexicon.ARTICLES)}\s)?{either(lexicon.VALUE_NOUNS)}(?:\sis)?\s"
    rf"|{either(lexicon.ARTICLES)}(?=\s++[\w$\\\"'(-])|{either(lexicon.EXACTNESS, lexicon.CONNECTIVES)}(?=[\s,:\\$])"
    rf"|{_VERB}|{either(lexicon.FOUND)}\s(?:as|to be|by|at)\b|{either(lexicon.NUMBERED)}\s(?=[$\s]*\d)"
    rf"|i(?:['’]d|\swould)?\s{either(lexicon.THINKS)}(?:\sthat)?\b|{either(lexicon.FOREIGN_THIS)}\s"
    rf"|(?:an?\s|the\s)?{either(lexicon.MEASURES)}\s(?:of\s)?(?=[-$\d\\€£])"
    r"|tl;dr|(?:la|le|el|il|das|die|der|de|(?:her|him|them|us|me)(?:\swith)?)\s(?=[$\d\\])"
    rf"|(?:her|him|them|us|me)\s(?={either(tuple(VALUES))}\b)"
    r"|(?:(?:it|that|there|he|she)['’]s|(?:they|we|you)['’]re|i['’]m)\b(?!\s*+not)"
    r"|in (?:total|all|fact|the end)\b|all told\b|of course\b"
    r"|=>|[,:=~≈∴≅]|\\(?:approx|therefore|sim|simeq)(?![a-zA-Z])|一?共有?|大?约|大?約|in\s(?:the\syear\s)?(?=[12]\d{3}\b)|合计)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\s*+\\?[A-Za-z]\w{0,30}(?: ?\([\w, ]{1,20}\))?\s*+(?:=|:(?!\d)|≈)\s*+(?=\S)")
_LABEL = re.compile(
    r"\s*+((?:[A-Za-z][A-Za-z'’-]*+\s){1,7}?)(?:is|are|was|were|equals|=|:)\s++(?!(?:first|second|third|last)\b)(?=\S)",
    re.IGNORECASE,
)
"""The name of a value with its verb: `x =`, `The area of the square is`."""
_PARTS = {name + plural for name, value in ORDINALS.items() if value > 2 for plural in ("", "s")}
CALCULATES = {*lexicon.CALCULATIONS, *lexicon.COMPARISONS, *lexicon.DOUBTS, *VALUES, *SCALES, *_PARTS}
_IN_A_NAME = set(lexicon.listed("to, of, per, out, at, i, score, power, minimum, maximum, base, max, min, one"))
_MODIFIES = {*lexicon.MODIFIERS, *CALCULATES} - _IN_A_NAME
_TURNS = set(
    lexicon.listed(
        """or, if, unless, else, otherwise, provided, assuming, minus, plus, times, but, and, later, alternatively,
        respectively, give"""
    )
)
_TURNS |= set(lexicon.DOUBTS)
"""What still changes a value behind a comma, a dash or a bracket."""
_COUNTERS = re.compile(r"[万萬亿億千百十兆倍]|分之|个多|以上|以下|左右|[でじ][はゃ]な|[이가] 아")
"""Signs of Chinese that multiply or bound the number before them."""
_CLAUSE = re.compile(
    r"\s*+[(,;—–-]*\s*+(?:which|that|because|since|as|so|where|who|whose|with|thus|hence|therefore"
    r"|for (?:all|any|every)|not|rather|and not|namely|specifically)\b",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(r"\s*+(?:so|thus|hence|therefore)\b", re.IGNORECASE)
_ANOTHER = re.compile(
    r"(?:[,;/]|\b(?:and|or|but|else|later|then|otherwise|alternatively|respectively|versus|vs|though|although|while)\b"
    r"|\bsecond is\b"
    rf"|(?<![a-zа-я]){either(lexicon.FOREIGN_JOINTS)}(?=\s?\d))\s*+"
    r"(?:(?:and|or|but|else|later|then|also|maybe|about|at|only|so|leaving)\s++){0,2}(?:[a-z]\w?\s?=\s?)?"
    r"[$€£¥~-]{0,2}\s?\d(?!\w{0,20}-)"
    r"|(?:,|\band|\bbut)\s(?:then\s)?[a-z]{1,20}(?:s|ed)\s[$€£]?\d|\b(?:i\.e\.|that is),?\s\d[\d.,]*\s[a-z]",
    re.IGNORECASE,
)
"""Another number offered in the same clause."""
_OF_A_NUMBER = re.compile(r"of\s++(?:the\s)?[$€£¥]?\d|(?:in|from)\s++(?![12]\d{3}\b)\d+\W*$", re.IGNORECASE)
_NOT_SOMEBODY = r"(?!\s(?:(?:in|last|her|him|them|his|their|it)\b|(?-i:[A-Z])[a-z]+\b)\D{0,60}\Z)"
_CHANGES = re.compile(
    rf"\b{either(lexicon.DEGREES, ('lower', 'higher'))}\b(?:\s\w+){{0,2}}?\sthan\b{_NOT_SOMEBODY}|\bbelow zero\b"
    rf"|\b(?:plus|minus|give or take)\b|\b(?:less|times)\s[$€£]?(?:\d|{either(tuple(VALUES))}\b)"
    r"|\bby [$€£]?\d|\b(?:divided|multiplied|increased|decreased|reduced|raised) (?:by|to)\b"
    r"|\bat (?:the )?(?:most|least)(?=\s*+(?:$|[,;.)]))"
    rf"|\bor {either(lexicon.DEGREES, ('lower', 'higher', 'so', 'above', 'below'))}\b|\bout of [$€£]?\d"
    r"|\b(?P<noun>\w++) to [$€£]?\d[\d.,]*+ (?P=noun)\b|(?<!\d\s)\bto [$€£]?\d[\d.,]*+\W*+$"
    r"|\A[^,;(]{0,80},?\s(?:if|unless|provided|assuming)\b",
    re.IGNORECASE,
)
"""What calculates with a number, compares, bounds or conditions it behind its noun ("6 apples or more")."""
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_COPULA = re.compile(r"\s*+(?:is|are|was|were|(?:must|should|would|could|might|may|has to) be)\b", re.IGNORECASE)
_AFFIRMS = re.compile(
    r"\s*+(?:is|are|was|were)\s++(?:indeed |also |thus |therefore |then )?"
    r"(?:correct|right|true|valid|it|required|needed|left|obtained|the|our|my|a|an)\b",
    re.IGNORECASE,
)
_CALCULATED = re.compile(
    rf"\A\s*+{either(lexicon.STATES)}\b[^.;]{{0,40}}\d"
    rf"|\A\s*+(?:[a-z]+\s){{1,3}}(?:is|are|was|were)\s[$€£]?\d|\A[^()=×*÷+,;:]{{0,40}}[×*÷+]\s?[$€£]?\d",
    re.IGNORECASE,
)
"""What says that the number before it is no result: "24 has 8 divisors", "two roots are 3", "60 km/h × 2 h = 120"."""
_REJECTED = re.compile(
    rf"\b{either(lexicon.REJECTIONS, lexicon.JUDGEMENTS)}\b|\bnot (?:right|correct|the|valid|possible)\b", re.IGNORECASE
)
_ASIDE = re.compile(
    r"(?<=\w)\s\((?!or\b|and\b|not\b|if\b|at\b|up\b|maybe\b|minus\b|plus\b)[^()\n]*[a-z]{3}[^()\n]*\)(?=\W*\Z)"
)
"""Brackets that explain a noun phrase: "42 entries (12 from row 3, 30 from row 4)"."""
_TURNED = re.compile(rf"\((?:(?:(?:this|that|it) is )?{either(lexicon.REJECTIONS)}\b|(\w+))", re.IGNORECASE)
"""How brackets begin."""
_BREAKDOWN = re.compile(r"\s*\([^()]*[-+*/×=^]|\s*\(\d[\d.,]*\s[^()]*\b(?:each|per|every)\b[^()]*\)", re.IGNORECASE)
"""Brackets that say what a number is made of: "(14 × 3)", "(6 per row)"."""
_SAID_BY = re.compile(rf"[,.!]?[\"”]\s+(?:\w+\s){{0,2}}{either(lexicon.OPINIONS)}\b", re.IGNORECASE)
"""What says whose words were quoted."""
_REJECTS_ANOTHER = re.compile(
    rf"\s*[,;(]\s*(?:and\s|but\s|since\s)?\$?(?=[a-z\\]\w*\s?=)[^;,]{{1,40}}\s(?:is|are)\s(?:{either(lexicon.REJECTIONS)}|extraneous)\b",
    re.IGNORECASE,
)
"""What is said of another value that the same clause would give: "x = 2; x = -2 is extraneous"."""
_OPERATORS = "+*/^=<>%‰√²³¹⁰⁴⁵⁶⁷⁸⁹⁻½¼¾⅓⅔⅛π∞!×÷±≠≤≥∞∪∩°_\\|&#~≈·∓−"
_CLOSING = " *`\"'”’)]}$"
_DANGLING = re.compile(
    r"(?<![\\\w])(?:or|and|of|to|than|by|minus|plus|times|the|a|an|not|but|at|with|for|from|over"
    r"|is|are|was|were|be|has|have|had|would|could|might|may|as|if|which|that)$",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"(?<=[^\s(,;:\\])(?=\s|,|;|:|\(|—|–)|(?<=[A-Za-z\d}$)])(?=[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])"
)
"""Where a value may end: before white space, a sign of the sentence, or a sign of Chinese, Japanese or Korean."""


def without_lead(text: str) -> str:
    """The text without the words of the closed list that may stand before a value."""
    for _ in range(MAX_LEADS):
        match = _LEAD.match(text) or _NAMED.match(text)
        if match is None and (label := _LABEL.match(text)) and _is_name(label[1].lower()):
            match = label
        if match is None or match.end() == 0 or match.end() >= len(text):
            break
        text = text[match.end() :]
    return text.strip()


def _is_name(label: str) -> bool:
    """Whether words name a value, which none of them modifies; they may count it ("the two numbers")."""
    words = label.removeprefix("the ").split()
    words = words[1:] if words[-1].endswith("s") and words[0] in VALUES else words
    return _MODIFIES.isdisjoint(words) and words[:1] != ["for"]


def is_lead(text: str) -> bool:
    """Whether all words of a text may stand before a value."""
    return without_lead(text + " 1") == "1"


MAX_RESTATED = 60
_RESTATED = re.compile(r"[a-z]{3} \(\d[^()]*[a-z]{3}\)$")
"""A quantity in other units behind itself: "160 minutes (2 hours and 40 minutes)"."""


def is_free(rest: str) -> bool:
    """Whether what stands behind a value leaves it the value that is answered."""
    bare = rest.strip(_CLOSING + "\t\r\n.!。！")
    if not bare and rest[:1] != "!":
        return not rest.rstrip(_CLOSING).endswith("?")
    if (
        bare.endswith(("?", "？"))
        or rest[:1] == "!"
        or _RANGE.match(rest)
        or _SAID_BY.match(rest)
        or _COUNTERS.match(bare)
        or _is_glued(rest)
    ):
        return False
    apart = re.match(r"\s*+(?:[,;:(—–]|- )", rest) is not None
    in_brackets = rest.lstrip()[:1] == "("
    bare = bare.lstrip(" ,;:(—–-*_\"'“‘")
    if not bare or bare[0] in _OPERATORS:
        return in_brackets and bare[:1] in ("=", "≈", "\\")
    if is_clause(rest) or _REJECTS_ANOTHER.match(rest):
        return True
    if WORD.match(bare) is None:
        return in_brackets and _BREAKDOWN.match(rest) is not None
    if not _is_noun_phrase(bare, apart=apart):
        return False
    if (_COPULA.match(rest) and not _AFFIRMS.match(rest)) or _CALCULATED.search(rest):
        return False
    if (aside := _TURNED.search(rest)) and (aside[1] is None or aside[1].lower() in _TURNS - {"and", "but", "or"}):
        return False
    rest = _ASIDE.sub("", rest)
    if in_brackets and WORD.match(bare)[0].lower() in VALUES:  # type: ignore[index]
        return False
    return not is_rejected(rest) and _ANOTHER.search(rest) is None and _CHANGES.search(rest) is None


def is_rejected(rest: str) -> bool:
    """Whether what stands behind a value says that it is wrong: "is the wrong answer", "(incorrect)"."""
    said = rest.lstrip()[:1] == "(" or _COPULA.match(rest) is not None
    return said and _REJECTED.search(rest.split(". ")[0]) is not None


def is_reason(clause: str) -> bool:
    """Whether a clause gives a reason, or says more of what stands before it."""
    return _CLAUSE.match(clause) is not None and not _CONCLUDES.match(clause)


def is_clause(rest: str) -> bool:
    """Whether what stands behind a value begins a clause ("because ...", ", which ...")."""
    return _CLAUSE.match(rest) is not None


def _is_glued(rest: str) -> bool:
    """Whether letters or digits touch the value ("42nd"; another script may), or brackets stay open."""
    return (
        rest.count("(") > rest.count(")") + 1
        or rest[:1] == "-"
        or (rest[:1].isalnum() and (rest[0].isascii() or not rest[0].isalpha()))
    )


_AUXILIARIES = ("do", "does", "did", "can", "could", "will", "would")


def _is_noun_phrase(bare: str, *, apart: bool) -> bool:
    """Whether the first words neither calculate nor compare, doubt or condition."""
    first, *more = (found.lower() for found in WORD.findall(bare)[:3])
    if first in lexicon.DEGREES and not apart:
        return bool(more) and more[0] not in CALCULATES
    if first in ("of", "in", "from") and _OF_A_NUMBER.match(bare):
        return False
    if first.endswith(("n't", "n’t")) or first == "cannot" or (first in _AUXILIARIES and more[:1] == ["not"]):
        return False
    if first == "i" and more[:1] == ["guess"]:
        return False
    if first == "to" and _is_purpose(bare, more):
        first = "so"
    if first in ("over", "by") and more[:1] == ["the"] and _MODIFIES.isdisjoint(more):
        first = "the"  # a time or a place: "over the year"
    if first in (_TURNS if apart else CALCULATES) or any(other in lexicon.BASES for other in more):
        return False
    return apart or len(first) > 1 or not first.isascii() or first == "a"


def _is_purpose(bare: str, more: list[str]) -> bool:
    """Whether "to" begins a purpose ("$36 to buy all of them"), and no bound or power."""
    is_word = bool(more) and len(more[0]) > 1 and bare[3:4].isalpha()
    return is_word and more[0] not in _MODIFIES | {*lexicon.ARTICLES}


def head(text: str, read: Callable[[str], V | None]) -> V | None:
    """The value that a text begins with, when only free words stand beside it: `read` gives that of a bare text."""
    if (value := read(text)) is not None:
        return value
    bare = without_lead(_QUOTED.sub(r"\1", text).strip("\"'“”‘’ "))
    if bare != text and (value := read(bare)) is not None:
        return value
    places = [match.start() for match, _ in zip(_CUT.finditer(bare), range(MAX_CUTS), strict=False)]
    for place in places:
        if (place == 1 and bare[0] in "aAI") or _DANGLING.search(bare, max(0, place - 9), place):
            continue  # a word and no symbol, or a phrase that goes on
        behind = bare[place : place + MAX_BEHIND]
        if behind.startswith(" to ") and _RESTATED.search(bare, max(0, place - MAX_RESTATED), place):
            behind = " minutes" + behind  # the purpose of a quantity, no bound of a range
        if _is_whole(bare[:place]) and is_free(behind) and (value := read(bare[:place])) is not None:
            return value
    return None


_RANGE = re.compile(r"\W*+(?:(?:so|thus|hence)\b,?\s++)?(?:somewhere\s|anywhere\s)?between\s", re.IGNORECASE)
"""What makes a range of a value."""
WORKED = re.compile(r"(?P<one>[-−$]?\d[^\s()]{0,40})\s\((?P<near>)(?P<two>[^()]{0,100}\d[^()]{0,100})\)")
"""A number with brackets behind it that may say how it came about: "12 (45 - 33)"."""
_AMOUNT = re.compile(r"-?\\?\$-?\d[^$]*+")


def _is_whole(text: str) -> bool:
    """Whether every bracket and formula that begins in a text ends there."""
    return (text.count("$") % 2 == 0 or _AMOUNT.fullmatch(text) is not None) and all(
        text.count(one) == text.count(other) for one, other in ("{}", "()", "[]")
    )


_QUOTED = re.compile(rf"^[\"“']([^\"“”']{{1,40}})[\"”'](?=\s(?!(?:\w+\s){{0,2}}{either(lexicon.OPINIONS)}\b))")
