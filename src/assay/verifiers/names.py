"""Names in a list or beside values: `set` (no order), `sequence` (order), `assignment` (name -> value).

Entries are compared without case, articles, punctuation and diacritics. A response lists them in JSON, between commas
and `and`, or one a line with numbers or bullets; nothing may be missing, extra or given twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from assay.claim.blocks import is_prose
from assay.claim.claims import claim, described
from assay.claim.clause import ASSERTED, denies, last_clause, without_reason
from assay.claim.remarks import is_remark, speaks_of_answer
from assay.claim.stance import SUPPOSES, around
from assay.claim.unmarked import Reader
from assay.errors import BadReference
from assay.judging.verifier import AnswerParams, Lane, verifier
from assay.literals.pyvalue import read_literal
from assay.prose.asides import names_another, takes_back
from assay.reading import lexicon
from assay.reading.counting import ORDINALS
from assay.reading.lexicon import either
from assay.reading.nodes import Num
from assay.reading.numerals import numeral, plain
from assay.reading.words import RULE, fold, items
from assay.types import Example, Verdict

MAX_CHARS, MAX_UNMARKED, MAX_SAID = 20_000, 2000, 3
"""Characters of the longest answer, with and without a marker, and words that an entry may have beside its name."""
_LINK = rf"\s?(?:[:=]|->|→|\s[-–—]\s|\b{either(lexicon.HOLDS)}\b(?! not)|(?=\()|\s(?=(?:an?|the)\s))\s?"
"""What stands between a name and its value."""
_DESCRIBES = r"(?::[*_]{0,3}\s(?=(?:the|an?)\s|\d)|(?<=\S)[ \t][–—-][ \t])"
_ASIDE = re.compile(rf"\([^()\n]{{1,200}}\)|{_DESCRIBES}")
_EXCLUDES = re.compile(
    rf"\A\W*(?:\d{{1,2}}\W*\Z|{either(lexicon.NO, lexicon.REJECTIONS)}\b)|n['’]t\b"
    rf"|\b(?:not|excluded|eliminated|ruled out|\d+(?:st|nd|rd|th)|last|{'|'.join(ORDINALS)})\b",
    re.IGNORECASE,
)
"""What says of an entry that it is none, or where it stands in another order."""
_CONTRAST = re.compile(
    r"(?:,\s(?:(?:but|and)\s)?|\s\((?:but\s)?)(?:not|no)\s"
    r"(?P<others>(?:[A-Z\d]|(?<=but no )|(?<=but not )(?!in\b|necess))[^()\n]{0,200})\)?\W*\Z"
)
"""Other entries behind a list, which it is set against."""
_PLACE = rf"(?P<place>{'|'.join(ORDINALS)}|\d{{1,4}}(?=st|nd|rd|th)|last)(?:st|nd|rd|th)?(?:\s(?:place|position))?"
_PLACED = re.compile(
    rf"(?P<name>\S.*?)\s(?:(?:is|was|came|comes|(?:finish|plac|rank|arriv)(?:es|ed))\s)?(?:in\s)?(?:the\s)?{_PLACE}",
    re.IGNORECASE,
)
_PLACE_FIRST = re.compile(rf"{_PLACE}(?::|\sis|\s[–—-])\s(?P<name>\S.*)", re.IGNORECASE)
"""An entry that says its place: "Ann finished first", "Ben in 2nd place", "3rd: Cleo"."""
_BEHIND = re.compile(
    r",?\s(?:since|because|which|where)\s|\swith\s(?:an?\s|the\s)?(?:total|cost|length|distance|sum|value)\b",
    re.IGNORECASE,
)
"""What gives a reason for a list, or measures it."""
_CLAUSE = re.compile(r",?\s(?:as|which|since|because|who|if|so(?: that)?)\b", re.IGNORECASE)
_PARTS = re.compile(
    r"\n[ \t]*+\n|(?<=[^|\s])[ \t]*+\n(?=[ \t]*+\|)|(?<=\|)[ \t]*+\n(?=[^|\n]*+(?:\n|\Z))"
    rf"|(?<=\.)\s(?=[A-Z])(?=(?i:in conclusion|{either(lexicon.CONNECTIVES)})\b)"
)
"""Where a paragraph, a table or a concluding sentence begins."""
_SO_ARE = re.compile(r",?\s(?:and\s)?so\s(?:is|are)\b", re.IGNORECASE)
"""What gives others the same value: "Ann is a knave, and so is Bob"."""
_JOINS = frozenset(("and", "while", "but", "whereas", *lexicon.CONNECTIVES))
"""Words between two clauses."""
_EVERYONE = re.compile(
    r"\b(?:(?P<two>both)|they all|all|everyone|everybody)(?:\sof\sthem)?\s(?=(?:is|are)\b)"
    r"|\bthey(?=\sare\s(?:(?P<pair>both)|all)\b)",
    re.IGNORECASE,
)
"""A subject that is everybody: "both are", "all of them are", "they are all"."""
_EACH = re.compile(r"(?:both|all|each)\s", re.IGNORECASE)
_ONE = re.compile(r"(?<=\w)\sones?\Z", re.IGNORECASE)
"""The noun that stands for the thing that a value tells: "the red one"."""
_PAIR = re.compile(
    r"(?P<name>[^:=\n]{1,80}?)\s?(?:[:=]|->|→|\b(?:is|are|has|must be)\b)\s?(?P<value>[^\n]{1,120})$", re.IGNORECASE
)


def _list_reader(example: Example, _: object = None) -> Reader[list[str]]:
    """A list as its folded entries, none of more words than a name may have; a statement may be one only of names."""
    wanted = [str(item) for item in _list_of(example)]
    names = {*map(fold, wanted)}
    size = max(len(name.split()) for name in names) + MAX_SAID

    def read(text: str) -> list[str] | None:
        if len(text) > MAX_CHARS:
            return None
        try:
            value = read_literal(text)
        except ValueError:
            value = None
        if isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
            return [fold(_without_asides(str(v), wanted)) for v in value]
        entries = _entries(text, wanted)
        return None if any(len(entry.split()) > size for entry in entries) else [fold(entry) for entry in entries]

    def stated(text: str) -> list[str] | None:
        given = read(text) if len(text) <= MAX_UNMARKED and not is_prose(text) else None
        return given if given and (len(given) > 1 or len(wanted) == 1 or given[0] in names) else None

    return Reader(read, states=stated, names=partial(_names_one, names), block=True)


def _names_one(names: Collection[str], text: str) -> bool:
    """Whether one of some folded names stands in a text as words of its own."""
    said = f" {fold(text)} "
    return any(f" {name} " in said for name in names)


def _entries(text: str, wanted: list[str]) -> list[str]:
    """The entries of a list; other ones that it is set against ("A and B, not C") are none of it."""
    if (contrast := _CONTRAST.search(text)) is not None:
        others, names = {*map(fold, items(contrast["others"], wanted))}, {*map(fold, wanted)}
        text = text[: contrast.start()] if others == names or not others & names else text
    joined = text.replace("\n", "\0")  # `plain` joins lines
    text = plain(joined).replace("\0", "\n") if "\\text" in text or "\\math" in text or not text.isascii() else text
    text = text if any(map(_BEHIND.search, wanted)) else _BEHIND.split(text, maxsplit=1)[0]
    return _in_places(items(_without_asides(text, wanted), wanted))


def _in_places(entries: list[str]) -> list[str]:
    """Entries without the places that they say they have, in the order of these where every entry says one."""
    names, said = list(entries), [0] * len(entries)
    for at, entry in enumerate(entries):
        bare = entry.rstrip(" .")
        match = _PLACED.fullmatch(bare) or _PLACE_FIRST.fullmatch(bare)
        if match is not None:
            word = match["place"].lower()
            said[at] = len(entries) if word == "last" else int(ORDINALS.get(word, word))
            names[at] = match["name"]
    if sorted(said) == [*range(1, len(entries) + 1)]:
        return [name for _, name in sorted(zip(said, names, strict=True))]
    return [
        name if place == at else entries[at - 1] for at, (name, place) in enumerate(zip(names, said, strict=True), 1)
    ]


def _without_asides(text: str, wanted: list[str]) -> str:
    """A list without what is said of its entries in brackets, or on their lines behind a colon or a dash."""
    named = [name for name in sorted(wanted, key=len, reverse=True) if any(map(str.isalpha, name))]
    if not named or _ASIDE.search(text) is None:
        return text  # behind a number brackets may calculate ("2 (mod 5)")
    names = {name.lower() for name in wanted}

    def shortened(match: re.Match[str]) -> str:
        aside = match["aside"]
        kept = takes_back(aside) or names_another(match["name"], aside) or _EXCLUDES.search(aside)
        is_name = match[0].lower() in names or aside.strip(" –—-:*_").lower() in names
        return match[0] if kept or is_name else match["name"]

    entry = rf"(?<![^\W_])(?P<name>(?:{'|'.join(map(re.escape, named))})[*_`\"']{{0,4}})"
    text = re.sub(rf"{entry}\s?(?P<aside>\([^()\n]{{1,200}}\))", shortened, text, flags=re.IGNORECASE)
    if "\n" not in text.strip():
        return text
    line = rf"(?m)(?<=[\s*_`\"']){entry}(?P<aside>{_DESCRIBES}[^\n]*)$"
    return re.sub(line, shortened, "\n" + text, flags=re.IGNORECASE)


def _list_of(example: Example, _: object = None) -> list[str | int | float]:
    reference = example.reference
    if not isinstance(reference, list) or not reference or not all(isinstance(r, str | int | float) for r in reference):
        raise BadReference(f"the reference is a list of strings, not {reference!r}")
    return reference


def _list_key(example: Example, answer: Any, *, ordered: bool) -> str | None:
    if not isinstance(answer, list):
        answer = [fold(part) for part in items(str(answer), [str(item) for item in _list_of(example)])]
    folded = [fold(str(item)) for item in answer]
    return json.dumps(folded if ordered else sorted(folded)) if any(folded) else None


def _judge_list(example: Example, response: str, *, ordered: bool) -> Verdict:
    wanted = [fold(str(item)) for item in _list_of(example)]
    reader = _list_reader(example)
    found = claim(example, response, reader)
    if not found.is_asserted:
        return Verdict.of(False, read=found.text, why=f"the answer is {found.stance}")
    if found.value is None or not any(found.value):
        return Verdict.no_answer("no names to read")
    said = [found.value, *(reader.value(other) for other in found.others)]
    right = all(given is not None and _same(given, wanted, ordered=ordered) for given in said)
    order = " in order" if ordered else ""
    return Verdict.of(right, read=found.text, why=f"the reference has {len(wanted)} entries{order}")


def _same(given: list[str], wanted: list[str], *, ordered: bool) -> bool:
    return given == wanted if ordered else sorted(given) == sorted(wanted)


@verifier(
    "set",
    version=10,
    reference="a list of strings",
    lane=Lane.INLINE,
    reads=_list_of,
    keys=partial(_list_key, ordered=False),
    reads_claim=described(_list_reader),
    params=AnswerParams,
)
def set_(example: Example, response: str, _: AnswerParams) -> Verdict:
    """Right when the same names are listed, in any order."""
    return _judge_list(example, response, ordered=False)


@verifier(
    "sequence",
    version=11,
    reference="a list of strings",
    lane=Lane.INLINE,
    reads=_list_of,
    keys=partial(_list_key, ordered=True),
    reads_claim=described(_list_reader),
    params=AnswerParams,
)
def sequence(example: Example, response: str, _: AnswerParams) -> Verdict:
    """Right when the same names are listed in the same order."""
    return _judge_list(example, response, ordered=True)


def _values(example: Example, _: object = None) -> dict[str, str]:
    reference = example.reference
    if not isinstance(reference, Mapping) or not reference:
        raise BadReference(f"the reference is an object of names and values, not {reference!r}")
    return {fold(str(name)): _value(str(value)) for name, value in reference.items()}


def _values_key(example: Example, answer: Any) -> str | None:
    if isinstance(answer, Mapping):
        given: dict[str, str | None] = {fold(str(name)): _value(str(value)) for name, value in answer.items()}
    else:
        given = _pairs(str(answer)[:MAX_CHARS], list(_values(example)))
    return json.dumps(given, sort_keys=True) if given and None not in given.values() else None


@verifier(
    "assignment",
    version=10,
    reference='{"name": "value"}',
    lane=Lane.INLINE,
    reads=_values,
    keys=_values_key,
    reads_claim=described(lambda example, _: _values_reader(_values(example))),
    params=AnswerParams,
)
def assignment(example: Example, response: str, _: AnswerParams) -> Verdict:
    """Right when every name has its value and no other name has one."""
    wanted = _values(example)
    found = claim(example, response, _values_reader(wanted))
    if not found.is_asserted:
        return Verdict.of(False, read=found.text, why=f"the answer is {found.stance}")
    if not found.value:
        return Verdict.no_answer("no name with a value to read")
    given = found.value
    if None in given.values():
        return Verdict.of(False, read=found.text, why="a name is given two values")
    off = sorted(name for name in {*given, *wanted} if given.get(name) != wanted.get(name))
    why = f"{', '.join(off[:3])} differ" if off else "every name has its value"
    return Verdict.of(not off, read=found.text, why=why)


def _values_reader(wanted: dict[str, str]) -> Reader[dict[str, str | None]]:
    def read(text: str) -> dict[str, str | None] | None:
        return _concluded(text[:MAX_CHARS], wanted) or None

    def stated(text: str) -> dict[str, str | None] | None:
        made = read(text)
        return made if made and wanted.keys() <= made.keys() else None

    return Reader(
        read,
        states=stated,
        names=partial(_names_one, wanted),
        of_statement=True,
        merge=lambda whole, part: whole | part,
        block=True,
    )


def _concluded(text: str, wanted: dict[str, str]) -> dict[str, str | None]:
    """What the last part of a text that gives every name a value says, or else the whole text.

    What leads to it is a draft, unless that gives every name a value too, out of the same values. A name that is given
    two values has `None`.
    """
    names = list(wanted)
    parts = [made for part in _PARTS.split(text) if (made := _pairs(part, names))]
    full = [made for made in parts if wanted.keys() <= made.keys()]
    if not full or full[-1] is not parts[-1] or text.startswith("{"):
        return _pairs(text, names)
    rivals = (made for made in full if wanted.keys() == made.keys() and {*made.values()} <= {*wanted.values()})
    return dict.fromkeys(names) if any(made != full[-1] for made in rivals) else full[-1]


def _pairs(text: str, names: list[str]) -> dict[str, str | None]:
    """Name -> value from JSON, a table, or prose; `None` for a name that has two different values."""
    try:
        value = read_literal(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return {fold(str(k)): _value(str(v)) for k, v in value.items()}
    made: dict[str, str | None] = {}
    for name, said in _rows(text, names) or _said(text, names):
        made[name] = said if made.get(name, said) == said else None
    return made


def _said(text: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """Names with what is said: `Ann: knight`, `Ann and Cat are knights`, `Ann (knight)`, `Knights: Ann, Cat`."""
    one = "|".join(re.escape(name).replace("\\ ", r"\s") for name in sorted(names, key=len, reverse=True))
    several = rf"(?<![^\W_])(?:{one})(?![^\W_])(?:(?:,\s?(?:and\s)?|\s(?:and|&)\s)(?:{one})(?![^\W_]))*"
    pair = re.compile(
        rf"(?P<names>{several})(?:['’]s(?=\san?\s))?['’\"*`]{{0,4}}(?:\s(?:both|all)|,(?=\s(?:are|is)\s))?{_LINK}",
        re.IGNORECASE,
    )
    group = re.compile(
        rf"\b(?:and\s)?(?:the\s)?(?P<value>\w[\w ]{{0,40}}?)(?:\s(?:is|are)|\s?:)\s(?P<names>{several})", re.IGNORECASE
    )
    for line in re.split(r"\n|;|(?<=\w{3})\.[*_]{0,3}\s", text):
        line = _EVERYONE.sub(partial(_everyone, names), without_reason(line))
        found = [*pair.finditer(line)]
        ends = [match.start() for match in found[1:]] + [len(line)] * bool(found)
        head = line[: found[0].start()] if found else ""
        if denies(last_clause(head)) or SUPPOSES.search(head) or around(head, "") not in ASSERTED:
            continue
        for match, end in zip(found, ends, strict=True):
            said = line[match.end() : end]
            also = _SO_ARE.search(said)
            value = _without_joint(said[: also.start()] if also else said)
            if not re.search(r"\bnot\s*$", line[: match.start()]):  # "not Ann: knight" says nothing of Ann
                others = said[also.end() :] if also else ""
                yield from ((name, _value(value)) for name in _known(f"{match['names']}, {others}", names))
        if not found and (groups := [*group.finditer(line)]):
            yield from ((name, _value(made["value"])) for made in groups for name in _known(made["names"], names))
        elif (
            not found
            and (other := _PAIR.match(line.lstrip(" \t-*•>#(_")))
            and _may_be_named(other["name"])
            and any(map(str.isalnum, other["value"]))
            and not is_remark(other["value"])
        ):
            yield fold(other["name"]), _value(other["value"])


def _everyone(names: list[str], subject: re.Match[str]) -> str:
    """All names in place of a subject that is everybody; both of them only where there are two."""
    of_two = subject["two"] or subject["pair"]
    return subject[0] if of_two and len(names) != 2 else " and ".join(names) + " " * subject[0].endswith(" ")


def _without_joint(text: str) -> str:
    """A value without the clause behind it, or the word that leads on to the next one."""
    text = _CLAUSE.split(text, maxsplit=1)[0].rstrip(" \t,;.")
    while (word := text.rpartition(" ")[2].lower()) in _JOINS:
        text = text[: -len(word)].rstrip(" \t,;.")
    return text


def _may_be_named(text: str) -> bool:
    """Whether a text may be the name of somebody who is not asked about: short, and with a capital."""
    words = text.strip("*_ ").split()
    is_short = 0 < len(words) <= 3 and words[0][:1].isupper()
    return is_short and not speaks_of_answer(text) and {*lexicon.SUBJECTS}.isdisjoint(text.lower().split())


def _known(text: str, names: list[str]) -> Iterator[str]:
    words = f" {fold(text)} "
    for name in sorted(names, key=len, reverse=True):
        if f" {name} " in words:
            words = words.replace(f" {name} ", " | ")
            yield name


def _value(text: str) -> str:
    """A value in one spelling: folded, without the plural of a group, a number by its value."""
    text = _ONE.sub("", _EACH.sub("", text.strip(" .;,*`\"'()")))
    if isinstance(number := numeral(text), Num):
        return str(number.value)
    said = fold(text)
    return said[:-1] if len(said) > 3 and said.endswith("s") and not said.endswith("ss") else said


def _rows(text: str, names: list[str]) -> list[tuple[str, str]]:
    """The rows of a table of two columns; nothing where the text is no such table.

    A name may be a column's title with its cell: `House 1` of the row `1` under `House`.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip() and not RULE.fullmatch(line)]
    mark = next((mark for mark in "|\t" if len(lines) > 1 and all(mark in line for line in lines)), None)
    cells = [[cell.strip() for cell in line.strip("|").split(mark)] for line in lines] if mark else []
    if not cells or any(len(row) != 2 for row in cells):
        return []
    title = fold(cells[0][0])
    if title in names:
        return [(fold(name), _value(value)) for name, value in cells]
    titled = [(f"{title} {fold(name)}", _value(value)) for name, value in cells[1:]]
    bare = [(fold(name), _value(value)) for name, value in cells[1:]]
    return titled if all(name in names for name, _ in titled) else bare
