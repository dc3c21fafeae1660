"""Multiple choice: the answer is one letter.

Reads `C`, `(C)`, `C.`, `C) Benzene`, `option C`, "Benzene (C)". A letter inside a word is not an answer ("Answer is C"
reads C, never A), and two letters are never right; the text behind a letter may name others ("C: both A and B"). With
`options`, the text of an option is read as its letter where it is unique, and a letter beside another option's text is
wrong. Nothing found is `no_answer`; it is never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from assay.claim.claims import claim, described
from assay.claim.clause import ASSERTED, Stance, denies, of_sentence
from assay.claim.markers import clean
from assay.claim.sentences import sentences
from assay.claim.stance import alternatives, beside, of_rest
from assay.claim.unmarked import JOINTS, VERBS, Reader
from assay.errors import BadReference
from assay.judging.verifier import AnswerParams, Lane, verifier
from assay.reading import lexicon
from assay.reading.answers import read_in_prose
from assay.reading.counting import ORDINALS
from assay.reading.keys import key_of
from assay.reading.lexicon import either
from assay.reading.nodes import Quantity, TooCostly, Undefined
from assay.reading.numerals import plain
from assay.reading.words import fold
from assay.types import Example, Verdict

_SAYS = (
    r"(?:(?:i\s(?:would\s)?|i['’](?:d|ll|m)\s|let['’]s\s)?(?:choose|pick|select|(?<=\s)(?:say|think)"
    r"|go(?:ing)? (?:with|for))"
    r"|it|it['’]s|that|so,?|therefore,?|thus,?|hence,?|is|must be"
    r"|definitely|clearly|la(?=\s\(?[A-Z]\b)|el(?=\s\(?[A-Z]\b))\s"
)
_NOUN = (
    r"(?:(?:the|my|our)\s)?(?:correct\s|final\s|best\s|right\s)*(?:option|choice|letter|answer)s?\b|(?:both|either)\b"
    rf"|(?:(?:la|a|die|der|l['’])\s?)?{either(lexicon.FOREIGN_OPTIONS)}(?:\b|(?=[A-Z]))"
)
_LEAD = re.compile(
    rf"^[\s*$\"'“]*+(?:(?:{_SAYS})*(?:{_NOUN})\s?(?:is\b|:)?\s?:?\s?|(?:{_SAYS})+(?=\W*[A-Za-z]\W*(?:\s|$)))*",
    re.IGNORECASE,
)
"""Words that may stand before the letter."""
_LETTER = re.compile(
    r"[\s*$]*+(?P<open>[(\[\"'{“*]*+)(?P<letter>[A-Za-z])(?![^\W\u3040-\uffff]|['’]\w)(?P<close>[*\"'”}]*+[)\]}]*+[*]*+(?:[.:)](?!\d))?[*]*+)"
)
_JOINTS = lexicon.listed(
    "and/or, and, or, plus, followed by, then, as well as, along with, with, actually, alternatively"
)
_FOREIGN = tuple(word for word in lexicon.FOREIGN_JOINTS if len(word) > 1 or not word.isascii())
_JOINED = re.compile(
    rf"[^\w,;&/+]*+(?:(?:[,;&/+]|\b{either(_JOINTS, lexicon.DOUBTS, _FOREIGN)}\b)[^\w,;&/+]*+)+"
    r"(?:also\s)?(?:option\s|choice\s)?"
    r"(?P<other>[A-Z]|(?-i:[A-Z]{2,26}))(?!\w|['’]\w)(?!\.\w)(?P<rest>.{0,40})",
    re.IGNORECASE | re.DOTALL,
)
"""Another letter beside the first."""
_NEXT = re.compile(r"[\s*]*\([A-Z]\)(?!\s[a-z])")
"""A letter in brackets right behind the first: "(A)(B)"."""
_COPULAS = ("is", "are", "was", "were", "be", "becomes", "remains", "has", "have")
_AUXILIARIES = (*lexicon.AUXILIARIES, "cannot")
_ARTICLE = re.compile(r"\s(?!(?:or|and|is|are)\b)[a-z]")
_SUBJECT = re.compile(r"\W{0,4}\s[a-z]+(?:s|ed)\b")
"""The verb of a clause about another option: "(A) confuses speed with velocity"."""
_OR = re.compile(r"\W*(?:and/)?or\s", re.IGNORECASE)
_WORDS = re.compile(r"\s+[A-Z][^\W\d_]")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CLAUSE = re.compile(
    r"[\s*]*(?:$|[-–—,;:.!(]|(?:because|since|as|which|is|was|and|or|for|with|by|given|where|due|here|it is)\b"
    r"|(?:ist|est|es|é|è) (?:(?:die|la|a) )?(?:richtig|corre)|选?项|選?項"
    r"|[是はが이가]?\s?(?:正[确確し解]|맞))",
    re.IGNORECASE,
)
_CHOOSES = re.compile(rf"\b{either(lexicon.CHOICES)}\b", re.IGNORECASE)
_NAMES = re.compile(
    r"(?<![\w'’-])(?:([B-HJ-Z])|(?<=\()([AI])(?=\))|([AI])(?=\W*(?:\Z|(?:is|was|fits|works|holds|survives|remains)\b)))(?![\w'’-])"
)
"""A letter that names an option; "A" and "I" only where they are no article and no pronoun."""
_CLAUSE_END = re.compile(
    r"[;:!?]\s|,\s(?!\W{0,4}(?:and\s|or\s)?[A-Z]\b(?!\s[a-z]))|\s?[—–]\s?|\s-\s|\b(?:but|yet|so|hence|thus|therefore)\b"
)
_REASON = re.compile(r"\b(?:because|since|as|although|though|while|whereas|which|where)\s[^,;.]*[,;]?", re.IGNORECASE)
_ONLY_IF = re.compile(r"\b(?:only if|unless|otherwise)\b", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|when|unless|otherwise|else)\b", re.IGNORECASE)
_MANY = re.compile(r"\b(?:are|both|or|except|besides|any|second|almost|nearly)\b", re.IGNORECASE)
"""What speaks of several options, or of what is only near."""
_ITEMS = re.compile(r"\A(?:\W*[A-Z]\W{1,6}[^\n]*(?:\n|\Z)){2,26}\Z")
"""Every option with what is said of it, one a line."""
_ITEM = re.compile(r"^\W{0,8}([A-Z])\W{1,6}(\w{1,20})", re.MULTILINE)
_NO = re.compile(r"\W*(?:no|wrong|incorrect|false)\b(?=\W*\Z|\s?[,.;:–—-]|\s(?:because|since|as)\b)", re.IGNORECASE)
_LABELLED = re.compile(r"\W*[A-Za-z](?:[).:\]]|\W*$)")
_JOINTS_OF_TEXT = re.compile(rf"(?<!\b[A-Z])(?<!\b[A-Z][)\]])(?<!\b[A-Z]\*\*)(?:{JOINTS.pattern})", JOINTS.flags)
"""What the text of an option stands behind; not the colon of a label, which is read with it ("B: Benzene")."""
_SO = re.compile(r"\W*(?:so|thus|hence|therefore),?\s(?:it['’]?s\s|it is\s)?\W{0,4}[A-Z]\W*\Z", re.IGNORECASE)
"""A clause that concludes with a letter: ", so D"."""
_NTH = re.compile(
    rf"(?:it['’]?s\s|it is\s|option\s)?(?:the\s)?(?:{either(tuple(ORDINALS))}|last)\s(?:option|choice|answer|one)"
    r"(?:\s(?:is|was)\s(?:the\s)?(?:correct|right|answer|true)(?:\s(?:one|option|choice|answer))?)?",
    re.IGNORECASE,
)
"""An option by its place: "the second option is correct"."""
_HEAD = re.compile(r"[,.;:!]\s|\s?—\s?|\s[–-]\s|\s(?=(?:is|are)\s(?:all\s|the\s)*(?:correct|right|true)\b)")
"""Where a text goes on behind the text of an option."""
_VALUE = re.compile(r"\d|\\[a-z]")
_SET_AGAINST = re.compile(
    r"(?:,\s(?:(?:and|but)\s)?not|,?\s(?:rather than|instead of|over)|\s\(not)\s"
    r"(?=(?:the\s|an?\s|option\s)?\W?(?-i:[A-Z]))",
    re.IGNORECASE,
)
"""What stands before the option that another is set against."""
_BETWEEN = " \t\r\n(,;–—-[*\"'“‘"
_NAMING = ("option", "choice", "letter", "answer", "which is", "that is", "i.e.", "so")
"""Words between the text of an option and its letter."""


MAX_CHARS = 2000
"""Characters of the longest text that names a letter."""
MIN_BEGUN = 3
"""Words behind a letter from which on the beginning of another option is that option, cut off."""
MAX_NAMED = 60
"""Characters of the longest text that names an option by its place or its value."""
MAX_SUBJECT = 5
"""Words of the longest subject of a sentence that ends in the text of an option."""
LAST_LETTER = "J"
"""Of a question without options, the last letter that prose without a marker may name."""


@dataclass(frozen=True)
class ChoiceParams(AnswerParams):
    """Parameters of `choice`."""

    options: list[str] | dict[str, str] | None = None
    """Texts of the options in order, or by letter; those of the Example without it."""


@dataclass(frozen=True, slots=True)
class _Said:
    """The letter that a text names, or why it names none."""

    letter: str | None
    why: str = ""


def _reference(example: Example, params: ChoiceParams) -> tuple[str, dict[str, str]]:
    """The letter that is right, and the options by letter."""
    options = _options(list(example.options) if params.options is None else params.options)
    return _letter_of(example.reference, options), options


def _answer_key(example: Example, answer: Any) -> str | None:
    """The option's own text, so that the order of the letters does not matter; the letter where there is none."""
    given = example.params.get("options")
    options = _options(list(example.options) if given is None else given)
    said = _read(str(answer), options)
    letter = said.letter if said else None
    return None if letter is None else fold(options.get(letter, "")) or letter


def _reader(example: Example, params: ChoiceParams) -> Reader[_Said]:
    _, options = _reference(example, params)
    return Reader(
        lambda text: _read(text, options),
        states=lambda text: _read(text, options, certain=False),
        names=lambda text: fold(text) in map(fold, options.values()),
        sentence=lambda text: _read(text, options, certain=False) if _CHOOSES.search(text) or _SO.match(text) else None,
        a_line=False,
        of_statement=True,
        joints=_JOINTS_OF_TEXT if options else VERBS,
        listed=lambda text: _ITEMS.match(text) is not None,
    )


@verifier(
    "choice",
    version=11,
    reference="a letter",
    params=ChoiceParams,
    lane=Lane.INLINE,
    reads=_reference,
    keys=_answer_key,
    reads_claim=described(_reader),
)
def choice(example: Example, response: str, params: ChoiceParams) -> Verdict:
    """Right when the response names the letter, or the text of its option."""
    wanted, options = _reference(example, params)
    found = claim(example, response, _reader(example, params))
    said = found.value
    if said is None:
        return Verdict.no_answer(f"{found.text[:80]!r} holds no lone letter")
    if not found.is_asserted:
        return Verdict.of(False, read=found.text, why=f"the answer is {found.stance}")
    others = [_read(other, options) for other in found.others]
    if any(other is not None and other.letter != said.letter for other in others):
        return Verdict.of(False, read=found.text, why="it is offered beside another option")
    if said.letter is None:
        return Verdict.of(False, read=found.text, why=said.why)
    return Verdict.of(said.letter == wanted, read=said.letter, why=f"the reference is {wanted}")


def _read(text: str, options: Mapping[str, str], *, certain: bool = True) -> _Said | None:
    """The letter that a text names; `certain` says whether a marker holds it, so that a bare letter may lead words."""
    if len(text) > MAX_CHARS:
        return None
    text = clean(text if text.isascii() and "\\" not in text and "$" not in text else plain(text))
    folded = {letter: fold(option) for letter, option in options.items()}
    by_text = [letter for letter, option in options.items() if option.strip() == text]
    by_text = by_text or [letter for letter, option in folded.items() if option and option == fold(text)]
    labelled = None if _ITEMS.match(text) else _LABELLED.match(text)
    if not by_text and not labelled:
        by_text = _by_place(text, options) or _by_head(text, folded) or _by_value(text, options)
    if len(by_text) == 1 and not labelled:
        return _Said(by_text[0])
    letter = _of_items(text) or _chosen(text, folded, is_labelled=labelled is not None)
    if letter and (folded or certain or letter <= LAST_LETTER):
        return _Said(letter)
    if _ITEMS.match(text):
        return None
    text = _SET_AGAINST.split(text, maxsplit=1)[0]
    if not labelled and (predicate := _predicate(text, folded)):
        return _Said(predicate)
    if folded and (behind := _text_then_letter(text)) and fold(behind[0]).endswith(folded.get(behind[1]) or "\0"):
        return _Said(behind[1])
    bare = _LEAD.sub("", text)
    known = folded or _ALPHABET[: _ALPHABET.index(LAST_LETTER) + 1]
    if re.fullmatch(r"[A-Z]{2,26}", bare) and all(letter in known for letter in bare) and len(set(bare)) > 1:
        return _Said(None, f"{bare!r} is several letters")
    match = _LETTER.match(bare)
    return None if match is None else _lettered(match, bare, folded, certain)


def _of_items(text: str) -> str | None:
    """The one letter with a yes, of a list that says yes or no of every option."""
    said = _ITEM.findall(text) if _ITEMS.match(text) else []
    is_yes = [word.lower() in lexicon.YES for _, word in said]
    is_one = sum(is_yes) == 1 and all(
        yes or word.lower() in lexicon.NO for yes, (_, word) in zip(is_yes, said, strict=True)
    )
    return said[is_yes.index(True)][0] if is_one else None


def _by_place(text: str, options: Mapping[str, str]) -> list[str]:
    """The option that a text names by its place: "the second option", "the last one is correct"."""
    if len(text) > MAX_NAMED or not options or _NTH.fullmatch(text) is None:
        return []
    word = next(word for word in text.casefold().split() if word in ORDINALS or word == "last")
    letters = [*options]
    return letters[-1:] if word == "last" else letters[ORDINALS[word] - 1 : ORDINALS[word]]


def _by_head(text: str, folded: Mapping[str, str]) -> list[str]:
    """The options whose text is what a text begins with, before it goes on without naming another ("Yes, it is")."""
    pause = _HEAD.search(text)
    if pause is None:
        return []
    head, behind = fold(text[: pause.start()]), f" {fold(text[pause.end() :])} "
    found = [letter for letter, option in folded.items() if option and option == head]
    others = [letter for letter, option in folded.items() if option and letter not in found and f" {option} " in behind]
    return [] if others or of_rest(text[pause.start() :]) is not Stance.ASSERTED else found


def _by_value(text: str, options: Mapping[str, str]) -> list[str]:
    """The options whose value a text has in another form, with their unit or without one: 0.5 for 1/2, 14 for 14 cm."""
    if len(text) > MAX_NAMED or not _VALUE.search(text) or (said := _value(text)) is None:
        return []
    values = {letter: _value(option) for letter, option in options.items() if len(option) <= MAX_NAMED}
    same = [letter for letter, value in values.items() if value == said]
    return same or [letter for letter, value in values.items() if value is not None and said == (value[0], "")]


@lru_cache(maxsize=1000)
def _value(text: str) -> tuple[str, str] | None:
    """The key of the value that a text is, and its unit."""
    try:
        answer = read_in_prose(text) if _VALUE.search(text) else None
        if answer is None:
            return None
        unit = answer.unit if isinstance(answer, Quantity) else ""
        return key_of(replace(answer, unit="") if isinstance(answer, Quantity) else answer), unit
    except (TooCostly, Undefined):
        return None


def _chosen(text: str, folded: Mapping[str, str], *, is_labelled: bool) -> str | None:
    """The one option that clauses of a text choose ("B was my first thought, but D is right", "This leaves Venus"), or
    leave where they reject others; behind a label ("B) ...") stands the text of an option, which chooses nothing."""
    chosen: set[str] = set()
    left: set[str] = set()
    named: set[str] = set()
    rejected: set[str] = set()
    past: set[str] = set()
    for sentence in sentences(_REASON.sub(" ", text)):
        for clause in _CLAUSE_END.split(_SET_AGAINST.split(sentence, maxsplit=1)[0]):
            said, before = f" {fold(clause)} ", named
            named = {one for match in _NAMES.findall(clause) for one in match if one}
            named |= {letter for letter, option in folded.items() if option and f" {option} " in said}
            if denies(clause):
                rejected |= named or before
                continue
            left |= named
            past |= named if " was " in said else set()
            if is_labelled or " was " in said or _CONDITION.search(sentence):
                continue
            if _CHOOSES.search(clause) and not _MANY.search(clause):
                chosen |= named if of_sentence(clause) in ASSERTED else {"", *named}
    left -= rejected
    found = chosen - rejected or (left - past if past else set()) or (left if rejected else set())
    return found.pop() if len(found) == 1 else None


def _predicate(text: str, folded: Mapping[str, str]) -> str | None:
    """The one option whose text is what a short sentence says of its subject ("The pressure decreases")."""
    said, ends = (
        f" {fold(text)}",
        [letter for letter, option in folded.items() if option and fold(text).endswith(option)],
    )
    named = [letter for letter, option in folded.items() if option and f" {option} " in f"{said} "]
    subject = said[: -len(folded[ends[0]])] if ends == named and len(ends) == 1 else ""
    words, begins = subject.split(), folded[ends[0]].split()[:1] if ends else []
    is_short = subject.endswith(" ") and 0 < len(words) <= MAX_SUBJECT
    raw = " ".join(text.split()[: -len(folded[ends[0]].split())]) if ends else ""  # "isn't", which folds to a word
    if not is_short or denies(subject) or denies(raw) or _MANY.search(subject) or of_sentence(text) not in ASSERTED:
        return None
    has_verb = words[-1] in _COPULAS or begins[0].endswith("s") or begins[0] in _AUXILIARIES
    return ends[0] if has_verb else None


def _text_then_letter(text: str) -> tuple[str, str] | None:
    """A text with a letter behind it ("Benzene (C)", "Benzene, option C") as the two."""
    bare = text.rstrip(" \t\r\n.)]*!\"'”’")
    head, letter = bare[:-1], bare[-1:]
    if letter not in _ALPHABET or not letter or head[-1:].isalnum():
        return None
    head = head.rstrip(_BETWEEN)
    for name in _NAMING:
        if head.lower().endswith(name):
            head = head[: -len(name)].rstrip(_BETWEEN)
    return (head, letter) if head else None


def _lettered(match: re.Match[str], text: str, folded: Mapping[str, str], certain: bool) -> _Said | None:
    letter, rest = match["letter"].upper(), text[match.end() :]
    marked = bool(match["close"] or match["open"].strip(" *$([{"))  # a bracket that stays open marks nothing
    if match["letter"].islower() and not marked and rest.strip():
        return None
    if not certain and not folded and letter > LAST_LETTER:
        return None
    said = fold(rest)
    if not said or said == folded.get(letter):
        return _Said(letter)
    if (folded and _NO.match(rest)) or of_rest(rest) is not Stance.ASSERTED or _ONLY_IF.search(rest):
        is_word = letter in "AI" and not marked and _ARTICLE.match(rest) is not None  # "I do not know"
        return None if is_word else _Said(None, f"{letter} is not asserted")
    other = _JOINED.match(rest)
    offers = _OR.match(rest)
    if _NEXT.match(rest) or (offers and fold(rest[offers.end() :]) != folded.get(letter, letter.lower())):
        return _Said(None, "it names more than one option")
    joined = other is not None and other["other"].upper() != letter and of_rest(other["rest"]) is not Stance.DENIED
    is_subject = other is not None and _SUBJECT.match(other["rest"]) and ";" in rest[: other.start("other")]
    if joined and not is_subject and other is not None and _is_option(other["other"], other["rest"]):
        return _Said(None, "it names more than one option")
    offered = [_read(other, {}) for other in (beside(rest), *alternatives("", rest))]
    if any(also is not None and also.letter not in (None, letter) for also in offered):
        return _Said(None, "it names more than one option")
    begun = f"{said} " if len(said.split()) >= MIN_BEGUN else f"{said}\0"
    others = [name for name, option in folded.items() if option == said or option.startswith(begun)]
    if others and letter not in others:
        return _Said(None, f"{letter} stands beside the text of {others[0]}")
    if marked or _CLAUSE.match(rest) or (certain and letter not in "AI" and _WORDS.match(rest)):
        return _Said(letter)
    return None


def _is_option(letters: str, rest: str) -> bool:
    """Whether a letter, or a run of them, names options; "A" before a word is an article, and "I" a pronoun."""
    if len(letters) > 1:
        return letters in _ALPHABET
    return letters.isupper() and not (letters in "AI" and _ARTICLE.match(rest))


def _options(given: Any) -> dict[str, str]:
    if isinstance(given, Mapping):
        return {str(letter).upper(): str(text) for letter, text in given.items()}
    if isinstance(given, list | tuple) and len(given) <= 26:
        return {chr(65 + place): str(text) for place, text in enumerate(given)}
    raise BadReference("'options' is a list of at most 26 texts, or a map from letter to text")


def _letter_of(reference: Any, options: Mapping[str, str]) -> str:
    text = reference.strip().strip("().").upper() if isinstance(reference, str) else ""
    if not re.fullmatch(r"[A-Z]", text):
        raise BadReference(f"the reference of a choice is one letter, not {reference!r}")
    if options and text not in options:
        raise BadReference(f"the reference {text} is none of the options {', '.join(options)}")
    return text
