"""Words compared as people compare them: case, articles, punctuation and diacritics do not count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from assay.reading.beside import without_lead
from assay.reading.numerals import plain

_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u20d0-\u20ff]")
_STROKES = str.maketrans(
    dict(zip("łŁøØđĐħĦı", "lLoOdDhHi", strict=True)) | {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe"}
)
"""Letters whose stroke or missing dot is a diacritic that Unicode does not part from them, and letters made of two."""
_MARKS = "".join(
    chr(c) for c in (*range(0x900, 0x1810), 0x3099, 0x309A) if unicodedata.category(chr(c)) in ("Mn", "Mc")
)
LETTER = rf"(?:[^\W\d_]|[{_MARKS}])"
"""A letter of any script; vowel signs and voicing marks are letters."""
_TOKEN = re.compile(rf"-?(?:\d+(?:[.,]\d+)*|(?<![\d.])\.\d+)%?|{LETTER}+(?:['’]{LETTER}+)?[+#]*|\d+|[%+#]")
_ARTICLES = {"a", "an", "the"}
DASHES = str.maketrans({dash: "-" for dash in "‐‑‒–—−"})
RULE = re.compile(r"[|\s:+-]+")
"""A line that only draws a table."""
_ORDINAL = re.compile(
    r"\A\s*+(?:and\s)?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|finally|last|next|then)(?:ly)?\b[:,]?\s(?:(?:comes|is|was)\s)?",
    re.IGNORECASE,
)
"""What counts an entry in prose: "First ...", "then ..."."""
_ITEM = re.compile(r"^[\s*]*(?:\(?\d{1,3}(?:st|nd|rd|th)?[.):]|[-*•])[\s*]+")
_INLINE_ITEM = re.compile(r"(?<![\s,;])[\s,;]++(?=\(?\d{1,2}[.)]\s)")
_STATES = re.compile(r":|\b(?:is|are)\b")
_LEAD = re.compile(
    r"^(?!\W*(?:not|no|excluded|missing|except|without|wrong)\b)[^,;\n>→]{1,80}?(?:(?:,\s(?:in|from|by|with)\s[^,:;\n>→]{1,40})?:|\b(?:is|are|were|includes?|gives?|yields?|leaves?|needs?|takes?|contains?|has|have|be)\b:?)\s+(?!(?:\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|last)\b)(?=\S)",
    re.IGNORECASE,
)
"""What stands before a list on its line: "The final order is", "Sorting gives", "From left to right:"."""
_SUBJECT = re.compile(
    r"([^:\n]{1,400}?(?:,|\sand)\s[^:\n]{1,80}?)\s(?:(?:are|were)\s(?:the|all|my|our)\s|(?=(?:qualify|remain|work|fit|match|apply|satisfy)\b))"
    r"(?![^\n]{0,80}\b(?:and|not|never|no|other|wrong|except)\b)(?![^\n]{0,80}n['’]t\b)[^,;:\n]{1,80}"
)
"""A list that is the subject of its sentence: "Ann and Bob are the guests"."""
_ARROWS = r"(?<!-)-++>|→|>|<|≺|≻|(?<=\s)[–—-](?=\s)|\\(?:to|rightarrow)(?![a-zA-Z])|\|"
_REVERSED = re.compile(r"[^,;\n:]{0,60}\b(?:reverse|reversed|backwards|last to first)\b[^,;\n:]{0,20}:", re.IGNORECASE)
"""What says before a list that it stands from the last entry to the first."""
_FOLLOWED = re.compile(r",?\s(?:(?:who|which)\s)?(?:is\s|was\s|comes\s|came\s|finished\s)?(?:followed by|before)\s")
_SPACE = r"(?:(?<!\s)\s++)?"
_SEMICOLONS = re.compile(rf"{_SPACE}(?:;|{_ARROWS})\s*+")
_COMMAS = re.compile(rf"{_SPACE}(?:[,;]\s*+(?:and\b)?|{_ARROWS})\s*+")
_AND = r"(?:and|then|along with|as well as)"
_SPLIT = re.compile(rf"{_SPACE}(?:[,;]\s*+(?:{_AND}\b)?|\b{_AND}\b|&|{_ARROWS})\s*+")


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, folded; an article is left out where a word follows it (not in "vitamin A").

    Diacritics are the accents of alphabets; the vowel signs and voicing marks of other scripts are letters.
    """
    text = without_accents(plain(text).translate(DASHES)).casefold().replace("’", "'")
    found = [_number(t) if t[0].isdigit() or t[0] in "-." else t.replace("'", "") for t in _TOKEN.findall(text)]
    return [t for t in found[:-1] if t not in _ARTICLES] + found[-1:]


def without_accents(text: str) -> str:
    """Without diacritics, ligatures and other spellings of the same letters apart."""
    return text if text.isascii() else _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).translate(_STROKES)


def fold(text: str) -> str:
    """`tokens` joined: two texts are the same answer when this is equal and not empty."""
    return " ".join(tokens(text))


def items(text: str, wanted: Iterable[str] = ()) -> list[str]:
    """The entries of a list in prose, one a line, or between commas, `and`, `;` or arrows.

    What stands inside a wanted entry ("Washington, D.C.", "Trinidad and Tobago") does not separate entries.
    """
    wanted = list(wanted)
    entries = "\n".join(wanted)
    text = text if _FOLLOWED.search(entries) else _FOLLOWED.sub(" → ", text)
    if (subject := _SUBJECT.fullmatch(text.strip())) is not None:
        text = subject[1]
    elif not any(entry.lower() in _ARTICLES for entry in wanted):
        text = without_lead(text.strip())
    text = re.sub(r"^(?:both|all of|only)\s", "", text, flags=re.IGNORECASE)
    bare = _LEAD.sub("", text.rstrip("."))
    for mark in " /":
        is_bare = len(bare.split(mark)) == len(wanted) > 1 and re.fullmatch(rf"\w+(?:{mark}\w+)*", bare)
        if is_bare and mark not in entries:
            return bare.split(mark)
    lines = [line for line in text.strip().split("\n") if line.strip() and not RULE.fullmatch(line)]
    if numbered := _numbered_rows(lines):
        return numbered
    if len(lines) == 1:
        lines = _INLINE_ITEM.split(lines[0].strip())
        if len(lines) == 1 and not _STATES.search(entries):
            lines = [_LEAD.sub("", lines[0])]
    bare = "\n".join(_ITEM.sub("", line) for line in lines).strip().strip("[](){}").strip()
    at = _SEMICOLONS if "," in entries else _COMMAS if re.search(r"\b(?:and|then)\b|&", entries) else _SPLIT
    parts = [part for line in bare.split("\n") for part in at.split(line)]
    parts = [part for part in parts if part.strip()]
    if _REVERSED.match(text.strip()):
        parts.reverse()
    if len(parts) > 1 and not any(map(_ORDINAL.match, entries.split("\n"))):
        parts = [_ORDINAL.sub("", part) for part in parts]
    return [part.strip().strip("\"'`*").strip() for part in parts]


def _numbered_rows(lines: list[str]) -> list[str]:
    """The entries of a table whose first column counts its rows; nothing where the lines are no such table."""
    cells = [[cell.strip(" *") for cell in line.strip(" |").split("|")] for line in lines]
    rows = cells[1:] if cells and not any(map(str.isdigit, cells[0][0])) else cells
    if any(len(row) != 2 for row in rows):
        return []
    counts = [re.sub(r"(?:st|nd|rd|th)?\.?$", "", row[0]) for row in rows]
    return [row[1] for row in rows] if counts == [str(place + 1) for place in range(len(rows))] else []


def _number(token: str) -> str:
    text = token.replace(",", "") if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?", token) else token
    text = re.sub(r"^(-?)\.", r"\g<1>0.", text)
    text = text.lstrip("0") or "0" if re.fullmatch(r"0+\d*", text) else text
    if not text.rpartition(".")[2].removesuffix("%").isdigit() or "." not in text:
        return text
    return text.removesuffix("%").rstrip("0").rstrip(".") + "%" * text.endswith("%")
