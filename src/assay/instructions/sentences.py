"""Words and sentences of a text, by rules that take time linear in it.

`punkt.split` cuts sentences as the official checkers do; `sentences` here is the mended reading, in which "1." is no
sentence and "e.g." ends none. Punctuation is that of ASCII, as in the official checkers.
"""

from __future__ import annotations

import re
import string

from assay.instructions.punkt import split

_CLOSERS = "\"'”’)]*_"
_UNMARKED = str.maketrans(dict.fromkeys(string.punctuation, ""))


def sentences(text: str) -> list[str]:
    """The sentences that hold a letter, "e.g." and the like ending none."""
    return [piece for piece in split(text, mended=True) if re.search(r"[^\W\d_]", piece)]


def end_mark(sentence: str) -> str:
    """Its last character, closing quotes and brackets left out."""
    return sentence.rstrip(_CLOSERS)[-1:]


def runs(text: str) -> list[str]:
    """Runs of letters, digits and underscores: the words of a word count."""
    return re.findall(r"\w+", text)


def bare(word: str) -> str:
    """A word in lower case without the punctuation around it."""
    return word.strip(string.punctuation + " ").lower()


def words(text: str) -> list[str]:
    """What white space separates, each `bare`, without what was only punctuation."""
    return [word for word in map(bare, text.split()) if word]


def letters_only(text: str) -> list[str]:
    """Words in lower case from which every punctuation mark is taken out: `hy-phens` is `hyphens`."""
    return unmarked(text.lower()).split()


def unmarked(text: str) -> str:
    """The text without punctuation."""
    return text.translate(_UNMARKED)


def contains_word(text: str, word: str) -> bool:
    """Whether a word or phrase stands in the text as a whole, without regard to case."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
