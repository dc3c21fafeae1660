"""Words and sentences of a text, by rules that take time linear in it.

A sentence ends at `.`, `?` or `!` (and the quotes and brackets that close behind it) before white space, unless the
full stop belongs to an abbreviation, an initial or the number of a list entry; a line break alone ends none.
"""

from __future__ import annotations

import re
import string

_SHORT = "mr mrs ms dr prof sr jr st vs etc e.g i.e al inc ltd co corp fig vol dept est approx a.m p.m u.s u.k"
_ABBREVIATIONS = frozenset(_SHORT.split())
_END = re.compile(r"""(?<![.?!])[.?!]++["'”’)\]*_]*+(?=\s|$)""")
_ENUMERATOR = re.compile(r"(?:^|\n)[^\S\n]*+(?:\d++|[A-Za-z]|[IVXivx]++)$")
_CLOSERS = "\"'”’)]*_"
_MARKS = string.punctuation + "‘’“”«»…¿¡"
_UNMARKED = str.maketrans(dict.fromkeys(_MARKS, "") | {"–": " ", "—": " "})


def pieces(text: str) -> list[str]:
    """The text cut after the end of each sentence, white space stripped; the last may have no end mark."""
    found, start = [], 0
    for match in _END.finditer(text):
        single = match[0].startswith(".") and not match[0].startswith("..")
        if single and _inner_stop(text[max(start, match.start() - 41) : match.start()]):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    return [piece for piece in (*found, text[start:].strip()) if piece]


def sentences(text: str) -> list[str]:
    """The pieces that hold a letter or digit."""
    return [piece for piece in pieces(text) if re.search(r"\w", piece)]


def end_mark(sentence: str) -> str:
    """Its last character, closing quotes and brackets left out."""
    return sentence.rstrip(_CLOSERS)[-1:]


def _inner_stop(before: str) -> bool:
    """Whether a full stop after this text does not end a sentence."""
    if _ENUMERATOR.search(before if len(before) > 40 else "\n" + before):
        return True
    word = before.split()[-1].lstrip("(\"'*") if before.split() else ""
    return word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper() and word != "I")


def runs(text: str) -> list[str]:
    """Runs of letters, digits and underscores: the words of a word count."""
    return re.findall(r"\w+", text)


def bare(word: str) -> str:
    """A word in lower case without the punctuation around it."""
    return word.strip(_MARKS).lower()


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
