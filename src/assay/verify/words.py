"""Words compared as people compare them: case, articles, punctuation and diacritics do not count."""

from __future__ import annotations

import re
import unicodedata

from assay.verify.numerals import plain

_TOKEN = re.compile(r"-?\d+(?:[.,]\d+)*%?|[^\W\d_]+(?:['’][^\W\d_]+)?[+#]*|\d+|[%+#]")
_ARTICLES = {"a", "an", "the"}
_DASHES = str.maketrans({dash: "-" for dash in "‐‑‒–—−"})
_ITEM = re.compile(r"^\s*(?:\(?\d{1,3}[.):]|[-*•])\s+")
_SPLIT = re.compile(r"\s*(?:[,;\n]\s*(?:and\b)?|\band\b|&|-+>|→|>)\s*")


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, folded; articles are left out unless nothing else is there."""
    text = unicodedata.normalize("NFKD", plain(text).translate(_DASHES)).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c)).replace("’", "'")
    found = [_number(t) if t[0].isdigit() or t[0] == "-" else t.replace("'", "") for t in _TOKEN.findall(text)]
    return [t for t in found if t not in _ARTICLES] or found


def fold(text: str) -> str:
    """`tokens` joined: two texts are the same answer when this is equal and not empty."""
    return " ".join(tokens(text))


def items(text: str) -> list[str]:
    """The entries of a list in prose, one a line, or between commas, `and`, `;` or arrows."""
    text = text.strip().strip("[](){}").strip()
    lines = [_ITEM.sub("", line) for line in text.split("\n") if line.strip()]
    parts = [part for line in lines for part in _SPLIT.split(line)]
    return [part.strip().strip("\"'`*").strip() for part in parts if part.strip()]


def _number(token: str) -> str:
    text = token.replace(",", "") if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?", token) else token
    text = text.lstrip("0") or "0" if re.fullmatch(r"0+\d*", text) else text
    return re.sub(r"(\.\d*?)0+(?=%?$)", r"\1", text).replace(".%", "%").rstrip(".") if "." in text else text
