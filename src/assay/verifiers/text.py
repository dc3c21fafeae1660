"""Short free text: an answer in words, compared without case, articles, sentence punctuation and diacritics.

The answer must *be* one of the accepted strings, or a form of one (a date in another order, a name without its middle
parts, a number in words, a plural); containing one is not enough, and signs are content (`C` is not `C++`). Words that
introduce it ("it was", "in") and a clause behind it (", which ...") are free. With `match: "stated"`, prose is right
where a sentence states an accepted string as its answer (`prose/statement.py`), as in question answering.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from assay.claim.claims import NO_MARKER, claim, described
from assay.claim.clause import Stance
from assay.claim.final import final_part
from assay.claim.markers import clean
from assay.claim.unmarked import SHORT, Reader
from assay.effort import short
from assay.errors import BadReference, NoAnswer
from assay.judging.verifier import AnswerParams, Lane, verifier
from assay.prose.asides import names_another, takes_back
from assay.prose.countries import is_country
from assay.prose.forms import Form, Loose, Words, forms, without_title
from assay.prose.statement import states
from assay.reading import lexicon
from assay.reading.beside import without_lead
from assay.reading.lexicon import either
from assay.reading.numerals import plain
from assay.reading.words import fold
from assay.types import Example, Verdict

MAX_CHARS, MAX_ACCEPTED = 5000, 200
"""Characters of the longest answer, and the most accepted strings."""
_PREPOSITIONS = re.compile(r"(?:in|on|at|by|from|since|during|as|around|around the|for|to)\s(?=\S)", re.IGNORECASE)
_NO_NAME = r"(?!(?-i:[A-Z]))"
_CLAUSE = re.compile(
    r"[,;]?\s(?:which|who|whose|where|because|since|as (?:stated|shown|mentioned|given|described)|according|although)\b"
    rf"|,?\s\((?=[^()]{{0,200}}\)\W{{0,4}}$)|[:;—–]\s{_NO_NAME}|\s-\s{_NO_NAME}|\n"
    r"|\.\s(?=(?:It|This|That|He|She|They|There)\s(?!is\b|was\b|are\b))"
    r"|\s(?:is|was|are|were)\s(?:the|a|an)\b"
    r"|\s(?:(?:it|that|they|he|she)\s)?(?:is|was|are|were|did|does|do|has|have)(?=\W*$)"
    rf"|,\s(?:of course|{either(lexicon.AFFIRMS)})\b(?!\snot)"
    r"|,\s(?:as|i|it|he|she|they|this|that|there|so|not|a|an|the|and not|rather|but not|born|née|also|known)\b"
    r"|\s\[\d{1,2}\](?=\W*$)"
    r"|(?<=[\"”*_])\sby\s(?=(?-i:[A-Z]))",
    re.IGNORECASE,
)
"""Where a clause begins that says more about an answer."""
_BY = re.compile(
    rf"(?!(?:no|none|nothing|neither|nobody|hardly)\b)(?:[\w ]{{1,40}} (?:was|is|were|are) )?(?:first |originally )?"
    rf"{either(lexicon.MADE)} by (?=\S)",
    re.IGNORECASE,
)
"""A sentence that says who made what: "The play was written by"."""
_INVERTED = re.compile(r"([A-Z][\w'’-]+), ((?:[A-Z][\w'’.-]*\s?){1,3})")
"""A name as an index has it: "Shakespeare, William"."""
_PLACES = "市省县縣区區国國"
"""Signs that say what kind of place a Chinese name is."""
_PUNCTUATION = frozenset("%.,;:!?'\"()[]{}-‐‑‒–—−’‘“”„«»`…·/\\$*_~。，、；：！？（）【】「」।॥")
"""Signs of the sentence, and of Markdown and LaTeX around it; all others are content."""

_CHARGES = re.compile(r"[-^⁺⁻]")
_CHARGE = re.compile(r"\s?\^\s?(?:\{\s?(\d{0,2})\s?([+-])\s?\}|(\d{0,2})([+-]))(?![\w{])|([⁰¹²³⁴-⁹]{0,2})([⁺⁻])")
"""A charge as an exponent: `^+`, `^{2-}`, `²⁻`."""
_ION = re.compile(r"(?<![^\W_])((?:[A-Z][a-z]?\d{0,3}|\([A-Za-z\d]{1,20}\)\d{0,2}){1,8}|e)-(?![\w+-])")
"""A formula with a negative charge behind it: `Cl-`."""


@dataclass(frozen=True)
class TextParams(AnswerParams):
    """Parameters of `text`."""

    match: Literal["exact", "stated"] = "exact"
    """Whether the answer must be an accepted string, or prose may state one in a sentence."""


def _acceptance(example: Example) -> Callable[[str], bool]:
    """Whether a text is an accepted string, the words that introduce it and a clause behind it left out."""
    accepted = _accepted(example.reference)
    wanted = _wanted(tuple(accepted.values())[:MAX_ACCEPTED])
    return lambda said: any(_is(part, accepted, wanted) for part in _openings(said))


def _wanted(accepted: tuple[str, ...]) -> list[tuple[Form, str]]:
    return [(form, _signs(original)) for original in accepted for form in forms(original)]


def _reader(example: Example) -> Reader[str]:
    is_accepted = _acceptance(example)
    return Reader(
        lambda said: said.strip() or None,
        states=lambda said: said if is_accepted(said) else None,
        any_text=True,
        names=is_accepted,
    )


@verifier(
    "text",
    version=12,
    reference="a string, or a list of accepted strings",
    params=TextParams,
    lane=Lane.INLINE,
    reads=lambda example, _: _accepted(example.reference),
    keys=lambda example, answer: _answer_key(answer),
    reads_claim=described(lambda example, _: _reader(example)),
)
def text(example: Example, response: str, params: TextParams) -> Verdict:
    """Right when the answer is, or prose states, an accepted string."""
    accepted = _accepted(example.reference)
    is_accepted = _acceptance(example)
    wanted = [form for form, _ in _wanted(tuple(accepted.values())[:MAX_ACCEPTED])]
    try:
        found = claim(example, response, _reader(example))
    except NoAnswer as nothing:
        prose = final_part(example, response).strip()
        if params.match == "stated" and states(short(prose), wanted):
            return Verdict.of(True, read=prose[:200], why="it states an accepted answer")
        if str(nothing) == NO_MARKER and len(prose) <= SHORT:
            return Verdict.of(False, read=prose, why="it is not an accepted answer")
        raise nothing
    if len(found.text) > MAX_CHARS:
        why = f"an answer of more than {MAX_CHARS} characters is not short"
        return Verdict.of(False, read=found.text[:200], why=why)
    if params.match == "stated" and found.marker not in ("box", "tag", "json", "brackets"):
        prose = found.text if found.marker == "phrase" else final_part(example, response).strip()
        stated = (found.is_asserted or found.marker != "phrase") and states(short(prose), wanted)
        right = stated or (found.is_asserted and is_accepted(found.text))
        return Verdict.of(
            right, read=found.text, why=f"it {'states' if right else 'does not state'} an accepted answer"
        )
    a_question = found.stance is Stance.HEDGED and any(said.endswith("?") for said in accepted.values())
    if not found.is_asserted and not a_question:  # a title may end with a question mark
        return Verdict.of(False, read=found.text, why=f"the answer is {found.stance}")
    right = is_accepted(found.text) and all(map(is_accepted, found.others))
    return Verdict.of(right, read=found.text, why=f"it {'is' if right else 'is not'} an accepted answer")


def _charged(text: str) -> str:
    """A text with charges in one spelling, a negative one as `⁻`, since a dash alone is no content of a text."""

    def sign(match: re.Match[str]) -> str:
        size = (match[1] or match[3] or unicodedata.normalize("NFKC", match[5] or "")).replace("1", "")
        return size + ("+" if (match[2] or match[4] or match[6]) in "+⁺" else "⁻")

    if not _CHARGES.search(text):
        return text
    return _ION.sub(r"\1⁻", _CHARGE.sub(sign, text))


def _openings(said: str) -> list[str]:
    """A text, and what is left of it without the words that introduce it and the clause behind it."""
    said = _charged(plain(said) if said.startswith(("\\", "$\\")) else said.strip())
    made = [said]
    for clause in _CLAUSE.finditer(said):
        if takes_back(said[clause.start() :]):
            return []
        if names_another(said[: clause.start()], said[clause.start() :]):
            break
        made.append(said[: clause.start()])
        if len(made) > 4:
            break
    if by := _BY.match(said):
        made += _openings(said[by.end() :])
    made += _rephrased(said)
    return [clean(part) for part in (*made, *_introduced(made)) if part.strip()]


def _rephrased(said: str) -> Iterator[str]:
    """A name of another kind: a place without its country or kind, a person's name turned round."""
    place, _, region = said.rpartition(", ")
    if place and is_country(region):
        yield place
    if inverted := _INVERTED.fullmatch(said):
        yield f"{inverted[2]} {inverted[1]}"
    if not said.isascii() and said[-1] in _PLACES:
        yield said[:-1]


def _introduced(said: list[str]) -> Iterator[str]:
    """What some texts introduce: without a lead, a title or a preposition."""
    for part in said:
        bare = without_title(without_lead(part))
        yield bare
        if front := _PREPOSITIONS.match(bare):
            yield bare[front.end() :]


def _is(given: str, accepted: dict[str, str], wanted: list[tuple[Form, str]]) -> bool:
    """Whether the whole text is one form of an accepted string, with the same signs."""
    signs = _signs(given)
    original = accepted.get(_key(given))
    if original is not None and signs == _signs(original):
        return True
    words = Words(given)
    return any(signs == theirs and _covers(form, words) for form, theirs in wanted)


def _covers(form: Form, words: Words) -> bool:
    if isinstance(form, Loose):
        return form.is_whole(words)
    return (0, len(words.words)) in form.spans(words)


def _signs(text: str) -> str:
    """The signs of a text that are content: `+` of `C++`, `∧` of `p∧q`, `<` of `a < b`."""
    return text.translate(_NO_SIGNS) if text.isascii() else "".join(filter(_is_sign, text))


@lru_cache(1 << 12)
def _is_sign(sign: str) -> bool:
    return not (
        sign.isalnum()
        or sign.isspace()
        or sign == "&"
        or sign in _PUNCTUATION
        or unicodedata.combining(sign)
        or unicodedata.category(sign) in ("Mn", "Mc", "Cf")
    )


_NO_SIGNS = {code: None for code in range(128) if not _is_sign(chr(code))}


def _key(text: str) -> str:
    """The words of a text, or its signs where it has no words ("] }")."""
    return fold(text) or "".join(text.split())


def _answer_key(answer: Any) -> str | None:
    """The words in one spelling with their signs; of several accepted strings, all of them in order."""
    given = answer if isinstance(answer, list | tuple) else [answer]
    texts = [_charged(str(item)) for item in given]
    keys = [f"{Words(text).joined or _key(text)} {_signs(text)}".strip() for text in texts]
    return " | ".join(sorted(filter(None, keys))) or None


def _accepted(reference: Any) -> dict[str, str]:
    given = reference if isinstance(reference, list | tuple) else [reference]
    texts = (_charged(str(item).strip()) for item in given if isinstance(item, str | int | float))
    made = {_key(text): text for text in texts}
    made.pop("", None)
    if not made:
        raise BadReference(f"the reference of a text is a string or a list of strings, not {reference!r}")
    return made
