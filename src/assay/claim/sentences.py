"""Where sentences end: the one place that every reader of prose asks.

A sentence ends behind a full stop, a question or an exclamation mark, with the quotes and brackets that close there,
before white space; behind the stops of Chinese and Japanese; and behind a displayed formula. It does not end behind an
initial ("J. Smith"), an abbreviation before a name or a number ("Mr.", "vs.", "No. 5", "approx."), "i.e." or "e.g.",
nor behind a factorial that a formula goes on from ("8! = 40320"). A line ends one too.
"""

from __future__ import annotations

import re
from itertools import pairwise

AHEAD = 300
"""Characters before a place that are read for its sentence."""
SENTENCE_END = re.compile(
    r"[.!?](?!(?<=[\d)]!)\s?[=+*/×·<>-])(?<!\b[A-Z].)(?<!\b(?:[DMJS][rst]|vs).)(?<!\bNo.(?=\s\d))(?<!\bMrs.)(?<!\bapprox.)(?<!\bi\.e.)(?<!\be\.g.)"
    r"(?:(?<=\?)|(?!\s+[a-z]))[\"”*)\]_]*(?=\s|\Z)|[。！？]|(?:\$\$|\\\])(?=\s)"
)
_ITEM = re.compile(r"\s*+\(?\d{1,3}[.)]\s")
"""The number of an item, which is no sentence."""


def ends(text: str, start: int = 0) -> list[int]:
    """Where the sentences of a text end, with the signs that close them."""
    return [match.end() for match in SENTENCE_END.finditer(text, start)]


def sentence_before(body: str, start: int) -> str:
    """What stands before a place in its sentence, on its line."""
    line = body[max(body.rfind("\n", 0, start) + 1, start - AHEAD) : start]
    places = ends(line) if line else []
    places = places[:-1] if places and places[-1] == len(line) else places
    return line[places[-1] :].lstrip() if places else line


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, an item with its number."""
    made: list[str] = []
    for line in text.split("\n"):
        item = _ITEM.match(line)
        places = [0, *ends(line, item.end() if item else 0), len(line)]
        made += [said for start, end in pairwise(places) if (said := line[start:end].strip())]
    return made
