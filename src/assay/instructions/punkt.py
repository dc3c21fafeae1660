"""Sentences as the official checkers cut them: the decisions of Punkt (Kiss & Strunk 2006) for English.

A word with `.`, `?` or `!` at its end may end a sentence. `?` and `!` do; a full stop does unless it belongs to an
abbreviation, and behind an initial or a number unless a word in lower case follows. So "1. Use it" is two sentences and
so is "e.g. this". Which words begin sentences and are no names, which Punkt learned from a newspaper, is a table here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from assay.instructions.english import is_common, listed

_ABBREVIATIONS = listed(
    "c d e f g h k l m n p r s t v w adm ala ariz aug ave bros calif chg cie co col colo conn corp cos ct dec dr feb "
    "fla fri ft ga gen ill inc jan jr kan ky lt ltd maj messrs mg mich minn mr mrs ms nev nov oct ok okla ore pa prof "
    "rep reps sen sep sept sr st sw tenn tues va vs vt wash wed wis yr a.a a.c a.d a.g a.h a.m a.m.e a.s a.t b.f b.v "
    "c.i.t c.o.m.b c.v d.c d.h d.w e.f e.h e.l e.m f.g f.j g.d g.f g.k h.c h.f h.m i.m.s j.b j.c j.j j.k j.p j.r l.a "
    "l.f l.p m.b.a m.d.c m.j n.c n.d n.h n.j n.m n.v n.y p.a.m p.m ph.d r.a r.h r.i r.j r.k r.t s.a s.a.y s.c s.g "
    "s.p.a s.s t.j u.k u.n u.s u.s.a u.s.s.r w.c w.r w.va w.w"
)
"""What Punkt for English holds an abbreviation: "etc", "e.g" and "i.e" are none."""
_MORE_ABBREVIATIONS = listed("e.g i.e etc al approx dept est fig vol viz cf ca")
_OPENERS = listed(
    "according although among but despite even he however i if in indeed instead it many meanwhile moreover most "
    "nevertheless nonetheless nor sales separately similarly since so some the there therefore these they this though "
    "thus under when which while yet absolutely ask believe choose complete consider does enjoy explore finally "
    "furthermore given her here his imagine initially please question remember she thank together true unfortunately "
    "using whether yes your"
)
"""Words that, with a capital, begin a sentence even behind an abbreviation or an ellipsis."""
_INSIDE = r"[)\";}\]*:@'({\[‘’“”«»?!]"
_MANY = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_PART = re.compile(
    rf"{_MANY}|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?(?=\s|$|{_INSIDE}|{_MANY}|,(?=$|\s|{_INSIDE}|{_MANY}))|\S"
)
_MARK = re.compile(rf"[.?!](?:(?={_INSIDE})|(?=\s+(\S+)))")
_CLOSING = re.compile(r"[\"')\]}‘’“”«»]+?(?:\s+|(?=--)|$)", re.MULTILINE)
_COMMON_END = re.compile(r".(?:tions?|ments?|ings?|ity|ness|ism|ance|ence|view|als?|ive|ous|ary|us)$")
"""How a noun ends that is no name, as headings behind "B." are."""
_SPACE = re.compile(r"\s")
_WORD = 200
"""How many signs of a word are looked at."""
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*\.?")


@lru_cache(maxsize=8)
def split(text: str, mended: bool = False) -> tuple[str, ...]:
    """The sentences of a text; `mended` ends none at "e.g.", "i.e." and the like."""
    body = text.rstrip()
    found, start = [], 0
    for stop, after in _breaks(body, mended):
        closing = _CLOSING.match(body, after)
        found.append(body[start : after + len(closing[0].rstrip()) if closing else stop])
        start = closing.end() if closing else after
    return tuple(sentence for sentence in (*found, body[start:]) if sentence)


def _breaks(text: str, mended: bool) -> Iterator[tuple[int, int]]:
    """Where each sentence but the last stops and where the next begins."""
    for mark in _last_marks(text):
        following = mark[1] or text[mark.end()]
        if _ends(_PART.findall(_word_before(text, mark.end())), _PART.findall(following[:_WORD]), mended):
            yield mark.end(), mark.start(1) if mark[1] else mark.end()


def _last_marks(text: str) -> Iterator[re.Match[str]]:
    """The last mark of each run of signs without white space: "What?!" has one."""
    last: re.Match[str] | None = None
    for mark in _MARK.finditer(text):
        if last and _SPACE.search(text, last.end(), mark.start()):
            yield last
        last = mark
    if last:
        yield last


def _word_before(text: str, stop: int) -> str:
    return text[max(0, stop - _WORD) : stop].split()[-1]


def _ends(word: list[str], following: list[str], mended: bool) -> bool:
    """Whether a sentence ends somewhere in these parts, of which the last has no say."""
    return any(_is_end(part, after, mended) for part, after in pairwise([*word, *following]))


def _is_end(part: str, after: str, mended: bool) -> bool:
    if part in (".", "?", "!"):
        return True
    if not part.endswith("."):
        return False
    kind, following, capital = part[:-1].lower(), after.rstrip(".").lower(), after[:1].isupper()
    known = _ABBREVIATIONS | _MORE_ABBREVIATIONS if mended else _ABBREVIATIONS
    short = kind in known or kind.split("-")[-1] in known
    initial = len(part) == 2 and part[0].isalpha()
    if initial or _NUMBER.fullmatch(part):
        named = initial and capital and not (is_common(following) or _COMMON_END.search(following))
        return not (short or named or after[:1].islower() or after in ";:,.!?")
    return (not short and bool(part.strip("."))) or (capital and following in _OPENERS)
