"""What a response claims its answer to be, found once for all verifiers.

One claim: the last marked answer that holds a value of the verifier's kind, or else the whole of a short response, or
else what the last sentence states. A marker in prose that holds no value ("The answer is positive", to a question for a
number) is a remark. Only the text after the thinking counts, and of a response that goes on to another question only
what stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from assay.claim.blocks import block_marks, stance_of_lead, unmarked_block
from assay.claim.clause import ASSERTED, Stance
from assay.claim.final import final_part
from assay.claim.markers import Mark, clean, marks
from assay.claim.remarks import is_remark, speaks_of_answer
from assay.claim.sentences import sentence_before
from assay.claim.stance import (
    CLOSING,
    alternatives,
    around,
    beside,
    changes_mind,
    conceded,
    contrast,
    corrections,
    depends,
    may_correct,
    reopens,
    taken_back,
    without_denial,
)
from assay.claim.unmarked import SHORT, Claim, Reader, V, unmarked
from assay.effort import short
from assay.errors import NoAnswer
from assay.types import Example

MAX_CLAIM = 4000
"""Characters of the longest answer that is read for its stance."""
NO_MARKER = "no answer is marked, and the last sentence states none"
_MAY_HOLD_MARKER = re.compile(r"box|answer|A:|####|Antwort|答|```", re.IGNORECASE)
_TEXT = re.compile(r"\\(?:text|mathrm|textrm|mbox)\s?\{([^{}]*)\}|\\q?quad\b")
"""What sets words in a formula."""
_GOES_ON = re.compile(r"[^\w\s]")
"""Without a sign there is one sentence, which takes nothing back."""
_ANOTHER = re.compile(
    r"\n[#* \t]{0,9}(?:Q|Question|User|Human|Problem|Instruction|Exercise)\s?\d*\**:"
    r"|\n###? ?(?:Problem|Question|Instruction|User)\b"
)
"""Where a base model goes on to another question: an answer behind it answers that one."""


def claim(example: Example, response: str, reader: Reader[V]) -> Claim[V]:
    """The one claim of a response, without a value where its markers hold none of the kind.

    Raises `NoAnswer`, and in the caller's process `NotShort` (see `effort`).
    """
    body = _own_question(final_part(example, response), reader)
    every = _marks(body, reader)
    if example.params.get("take") == "first":
        every = list(every)[::-1]
    found = _marked(body, every, reader)
    if found is not None and (found.is_asserted or found.stance is Stance.TAKEN_BACK):
        return found
    made = _without_marker(body, reader, 0 if found is not None or reader.block else _unread_from(body, reader))
    if made is not None and (found is None or (made.is_asserted and made.span[0] > found.span[0])):
        return made
    if found is not None:
        return found
    for mark in _marks(body, reader):
        if mark.text.strip():
            return Claim(mark.text, mark.kind, Stance.ASSERTED, (mark.start, mark.end), None)
    raise NoAnswer(NO_MARKER)


def answer(example: Example, response: str) -> str:
    """The text of the answer, whatever it is. Raises `NoAnswer` where none is asserted."""
    found = claim(example, response, Reader(lambda text: text.strip() or None))
    if not found.is_asserted:
        raise NoAnswer(f"the answer is {found.stance}")
    return found.text


def described(reader_of: Callable[[Example, Any], Reader[Any]]) -> Callable[[Example, str, Any], dict[str, Any]]:
    """The function that tells what a response was read as claiming, for `Verifier.reads_claim`."""

    def tell(example: Example, response: str, params: Any) -> dict[str, Any]:
        found = claim(example, response, reader_of(example, params))
        return {"marker": found.marker, "claim": found.text, "stance": str(found.stance), "span": list(found.span)}

    return tell


def _marks(body: str, reader: Reader[V]) -> Iterable[Mark]:
    return block_marks(body) if reader.block else marks(body, a_line=reader.a_line)


def _unread_from(body: str, reader: Reader[V]) -> int:
    """Where the last words "answer is" stand that hold a number and no value ("almost 40"), or else 0: they are the
    writer's word on the answer, which nothing before them states.
    """
    said = (mark.start for mark in _marks(body, reader) if mark.is_prose and any(map(str.isdigit, mark.text)))
    return next(said, 0)


def _without_marker(body: str, reader: Reader[V], start: int) -> Claim[V] | None:
    """The claim of a text from a place on by what stands there without a marker, with its stance."""
    if reader.block:
        behind = body.rpartition("\n\n")[2] if "\n\n" in body.rstrip() else body[1:]
        block = unmarked_block(body, reader)
        return None if block is None else _reopened(block, behind, reader)
    if (made := unmarked(body[start:], reader)) is None:
        return None
    made = replace(made, span=(made.span[0] + start, made.span[1] + start))
    made, after = _reconsidered(made, body[made.span[1] :], reader)
    return _with_stance(body, made, after, reader, goes_on=True)


def _reopened(made: Claim[V], after: str, reader: Reader[V]) -> Claim[V]:
    """A block, or what stands behind it in its place where that goes on to change it ("Wait, also z.")."""
    if not reopens(after, of_statement=reader.of_statement):
        return made
    tail = taken_back(after, of_statement=reader.of_statement) or may_correct(after) or ""
    return _corrected(tail, reader, replace(made, stance=Stance.TAKEN_BACK))


def _reconsidered(made: Claim[V], after: str, reader: Reader[V]) -> tuple[Claim[V], str]:
    """A claim of several sentences without those that take it back, which then stand behind it; or what they name."""
    if not made.is_prose or _GOES_ON.search(made.text) is None:
        return made, after
    if (tail := taken_back(made.text[1:], of_statement=reader.of_statement)) is not None:
        return replace(made, text=made.text[: -len(tail)].strip(" \t\n-–—")), tail + after * (not reader.block)
    tail = may_correct(made.text[1:])
    return (made if tail is None else _corrected(tail, reader, made)), after


def _own_question(body: str, reader: Reader[V]) -> str:
    """What answers this question: the text before another one, where an answer stands there."""
    for another in _ANOTHER.finditer(body):
        if next(marks(body[: another.start()], a_line=reader.a_line), None) is not None:
            return body[: another.start()]
    return body


def _marked(body: str, every: Iterable[Mark], reader: Reader[V]) -> Claim[V] | None:
    """The first of some marks that holds an asserted claim; else one of a case, or one that is not asserted."""
    denied: set[str] = set()
    others: list[Claim[V]] = []
    for mark in every:
        if not mark.closed or (not mark.text.strip() and not mark.is_prose):
            raise NoAnswer(f"the last answer marker ({mark.kind}) {'holds nothing' if mark.closed else 'is cut off'}")
        made = _claim_at(body, mark, reader)
        if made is None:
            continue
        if made.is_asserted and clean(made.text) in denied:
            return replace(made, stance=Stance.DENIED)
        if made.stance in (Stance.ASSERTED, Stance.TAKEN_BACK):
            return made
        others.append(made)
        if made.stance is Stance.DENIED:
            denied.add(clean(made.text))
    return next((made for made in others if made.is_asserted), others[0] if others else None)


def _claim_at(body: str, mark: Mark, reader: Reader[V]) -> Claim[V] | None:
    """The claim of one mark; `None` where it is a remark."""
    text, after, span = mark.text, body[mark.end :], (mark.start, mark.end)
    if not mark.is_prose and len(text) < MAX_CLAIM and _MAY_HOLD_MARKER.search(text):
        inner = _marked(text, _marks(text, reader), reader)
        if inner is not None:
            return replace(inner, span=span)
    if mark.is_prose:
        made, after = _reconsidered(Claim(text, mark.kind, Stance.ASSERTED, span, None), after, reader)
        if made.value is not None:
            return made
        text = made.text
        if mark.said and _is_remark(text, reader):
            return None
    is_long = len(text) >= MAX_CLAIM or (reader.block and "\n" in text)
    text, changed = (text, "") if is_long else changes_mind(contrast(text))
    if changed and (value := reader.value(changed)) is not None:
        return Claim(changed, "correction", Stance.ASSERTED, span, value)
    if (instead := conceded(text)) and (value := (reader.states or reader.value)(instead)) is not None:
        return Claim(instead, "correction", Stance.ASSERTED, span, value)
    denied = without_denial(text) if mark.is_prose else None
    value = reader.value(short(text)) if denied is None or _may_begin_so(text, reader) else None
    if value is None and mark.kind == "program":
        return None
    if value is None and mark.is_prose:
        known = denied is not None and reader.value(denied) is not None
        return Claim(denied or "", mark.kind, Stance.DENIED, span, None) if known else None
    made = Claim(text, mark.kind, Stance.TAKEN_BACK if changed else Stance.ASSERTED, span, value)
    return _with_stance(body, made, after, reader, goes_on=not mark.is_prose, said=mark.said)


def _may_begin_so(text: str, reader: Reader[V]) -> bool:
    """Whether a value may begin with what looks like a denial ("not true", a title)."""
    return text.isascii() and not reader.block and (not reader.any_text or reader.names(text))


def _is_remark(text: str, reader: Reader[V]) -> bool:
    """Whether a marker in prose holds a remark, which to a question for a number has no digit."""
    is_text = reader.any_text or reader.block
    return is_remark(text) and not reader.names(text) and (is_text or not any(map(str.isdigit, text)))


def _with_stance(
    body: str, made: Claim[V], after: str, reader: Reader[V], *, goes_on: bool, said: str = ""
) -> Claim[V]:
    """A claim with the stance that the words around it give.

    `goes_on` says whether its sentence does behind it, and `said` are the words "answer is" that mark it.
    """
    if not made.is_asserted:
        return made
    before = sentence_before(body, made.span[0])
    if reader.block and (stance := stance_of_lead(body, made.span[0], after)) not in ASSERTED:
        return replace(made, stance=stance)
    behind = _TEXT.sub(r" \1 ", after.split("\n\n")[0][:SHORT]) if goes_on else after[:1]
    stance = Stance.HEDGED if made.text.rstrip(CLOSING).endswith("?") else around(before, behind, said)
    if stance in ASSERTED and before and depends(before, made.text + after[:SHORT]):
        stance = Stance.CONDITIONAL
    if stance is not Stance.ASSERTED:
        made = replace(made, stance=stance)
        if not made.is_asserted:
            tail = taken_back(after, of_statement=reader.of_statement) or may_correct(after)
            return made if tail is None or reader.block else _corrected(tail, reader, made)
    if reader.block and (opened := _reopened(made, after, reader)) is not made:
        return opened
    if (tail := taken_back(after, of_statement=reader.of_statement)) is not None:
        return _corrected(tail, reader, replace(made, stance=Stance.TAKEN_BACK))
    other = beside(after)
    offered = (
        other
        and not speaks_of_answer(other)
        and (other[:1].isupper() or not reader.any_text)
        and reader.value(other) is not None
    )
    others = (*(alternatives(before, behind) if goes_on else ()), *([other] if offered else ()))
    made = replace(made, others=tuple(dict.fromkeys(others))) if others else made
    if (tail := may_correct(after)) is not None:
        return _corrected(tail, reader, made)
    return made


def _corrected(tail: str, reader: Reader[V], made: Claim[V]) -> Claim[V]:
    """The value that a correction names, or the claim as it is."""
    read = (reader.states if reader.block else None) or reader.value
    for text in map(clean, corrections(tail)):
        if text and not _is_remark(text, reader) and (value := read(text)) is not None:
            return Claim(text, "correction", Stance.ASSERTED, made.span, value)
    if reader.merge is not None and (part := reader.value(tail)) is not None:
        whole = reader.value(made.text.partition(tail)[0])
        if whole is not None and (merged := reader.merge(whole, part)) != whole:  # what is said again corrects nothing
            return replace(made, stance=Stance.ASSERTED, value=merged)
    return made
