"""Words of prose in one spelling, so that the same name, number or plural is the same run of words.

Numbers in words are digits, ordinals and Roman numerals too, plurals lose their ending, initials and hyphens join
("E. L. James", "EL James"; "mini-game", "minigame"), words that lost the space between them part ("byJack"), and
articles are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.reading.counting import ORDINALS, VALUES
from assay.reading.units import UNITS
from assay.reading.words import DASHES, LETTER, without_accents

_UNITS = "m mm cm km kg g ft feet lb mi yr hr min"
_ROMAN = "- - ii iii iv - vi vii viii ix - xi xii xiii xiv xv xvi"
_MONTHS = "- january february march april may june july august september october november december"
MONTHS = {name: place for place, name in enumerate(_MONTHS.split()) if place}
MONTHS |= {name[:3]: place for name, place in MONTHS.items()} | {"sept": 9}
_SAME = {word: str(value) for word, value in VALUES.items()}
_SAME |= {word: f"{value}th" for word, value in ORDINALS.items() if value <= 20}
_SAME |= {word: str(place) for place, word in enumerate(_ROMAN.split()) if word != "-"}
_SHORT = """&:and usa:us mount:mt doctor:dr saint:st percent:% ave:avenue blvd:boulevard ltd:limited ce:ad bce:bc"""
_SAME |= {word: same for word, _, same in (pair.partition(":") for pair in _SHORT.split())}
_SAME |= {name[:3]: name for name in _MONTHS.split()[1:]} | {"sept": "september"}
_UNIT_NAMES = {short: UNITS[short].replace("metre", "meter") for short in _UNITS.split()}
"""Units behind a number."""
_ARTICLES = {"a", "an", "the"}
_WORD = re.compile(
    r"(?<![\w.)\]-])-\d*(?:\.\d+|(?<=\d))|(?<![\w.])\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\s?\d+)?(?:(?:st|nd|rd|th|'?s)\b)?"
    rf"|[^\W\d_](?:\.\s?[^\W\d_](?![^\W\d_]))+|[A-Z]{{2,}}(?![a-z])|[A-Z]?(?:(?![A-Z]){LETTER})+(?:'[^\W\d_]+)?"
    r"|[^\W\d_]|[%&+#]"
)
_SOFT = str.maketrans({"’": "'", "‘": "'", "`": "'", "\u200b": None, "\xad": None})


class Words:
    """The words of a text and where in it they stand."""

    __slots__ = ("at", "ends", "joined", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        text = text.translate(_SOFT)
        text = without_accents(text.translate(DASHES))
        self.text = text
        self.words: list[str] = []
        self.at: list[tuple[int, int]] = []
        for match in _WORD.finditer(text):
            self._add(match)
        self.joined, self.starts, self.ends = "", {}, {}
        pieces: list[str] = []
        size, last = 0, ""
        for place, word in enumerate(self.words):
            if last.isdigit() and word[0].isdigit():
                pieces.append("|")
                size += 1
            self.starts[size] = place
            pieces.append(word)
            size, last = size + len(word), word[-1]
            self.ends[size] = place + 1
        self.joined = "".join(pieces)

    def _add(self, match: re.Match[str]) -> None:
        word = match[0].casefold()
        if word in _ARTICLES and match.end() < len(match.string.rstrip(" .)\"'")):
            return
        word = one_spelling(word)
        if word.isdigit() and len(word) == 1 and self.words and self.words[-1] in _DECADES:
            start, end = self.at[-1]
            if match.string[end : match.start()] in ("-", " ") and match.string[start].isalpha():
                self.words[-1] = str(int(self.words[-1]) + int(word))
                self.at[-1] = (start, match.end())
                return
        if word in _UNIT_NAMES and self.words and self.words[-1][-1].isdigit():
            word = _UNIT_NAMES[word]
        self.words.append(word)
        self.at.append(match.span())

    def find(self, joined: str) -> Iterator[tuple[int, int]]:
        """Where a run of words stands: the places of its first word and of the one after its last."""
        at = self.joined.find(joined)
        while at >= 0:
            if at in self.starts and at + len(joined) in self.ends:
                yield self.starts[at], self.ends[at + len(joined)]
            at = self.joined.find(joined, at + 1)


_DECADES = {str(10 * place) for place in range(2, 10)}


def one_spelling(word: str) -> str:
    """A folded word, number or abbreviation in its one spelling."""
    if word[0] in "-." or word[0].isdigit():
        return _one_number(word)
    if (same := _SAME.get(word)) is not None:
        return same
    if "." in word:
        word = word.replace(".", "").replace(" ", "")
        return _SAME.get(word, word)
    word = word.removesuffix("'s").replace("'", "")
    if word.endswith(("metre", "metres")):
        return word.removesuffix("s")[:-2] + "er"
    if len(word) > 3 and word[-1] == "s" and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies"):
            return word[:-3] + "y"
        return word[:-2] if word.endswith(("xes", "ches", "shes", "sses", "oes")) else word[:-1]
    return word


def _one_number(word: str) -> str:
    """Digits without separators and needless zeros; an ordinal ends in `th`, a decade in `s`."""
    if word[0] == "-":
        return "-" + _one_number(word[1:])
    word = word.replace(",", "").replace(" ", "")
    word = "0" + word if word[0] == "." else word
    if word[-1] == "s":
        return word.replace("'", "")
    if word[-1].isalpha():
        return word[:-2] + "th"
    if "." in word:
        word = word.rstrip("0").rstrip(".")
    whole, point, decimals = word.partition(".")
    return (whole.lstrip("0") or "0") + point + decimals
