"""Answers that may take several lines: lists, grids, tables.

A fence marks one, words that mark one speak of all that follows them, and in prose the last list, bracket or sentence
that states one counts.
"""

from __future__ import annotations

import heapq
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from assay.claim.clause import ASSERTED, Stance, denies, last_clause, of_clause, of_sentence
from assay.claim.fences import fences
from assay.claim.markers import Mark, is_held, marks
from assay.claim.sentences import AHEAD, sentence_before, sentences
from assay.claim.stance import SUPPOSES, alternatives, around, beside, contrast, depends, without_denial
from assay.claim.unmarked import VERBS, Claim, Reader, V
from assay.effort import short
from assay.reading.beside import is_clause

MAX_STATEMENTS = 8
"""Sentences and lists at the end of a text in which an answer is looked for."""
FENCED, BESIDE, MAX_CHARS, MAX_FENCES = 4000, 200, 100_000, 20
"""Characters of the longest text whose fences are read in the caller, beside an answer, and of the longest answer."""
DATA = frozenset(("", "json", "csv", "tsv", "text", "txt", "plaintext", "output", "markdown", "md", "latex", "yaml"))
"""Labels of fences that hold data; what others hold may be a program, and no answer."""
_WORDS = re.compile(r"(?:[^\n|\[{(\d]{1,200}\n)?")
_GOES_IN = ("input", "input is", "input was")
"""The end of the line over what goes in."""
_BRACKET = re.compile(r"\\.|[\[\](){}\"']", re.DOTALL)
_ENDS = re.compile(
    r"[*`$]*+(?:\s\([^()\n]{1,200}\)|\s(?:is|are)\sthe\s(?:\w+\s){0,2}(?:answer|result|output|grid)\b)?(?:[.?][*`$]*+(?:\s|\Z)|\n|\Z)"
)
_STATED = re.compile(rf"(?:{VERBS.pattern}|=)[\s*`$]*\Z", re.IGNORECASE)
_OUTPUT = re.compile(
    r"(?:\A|\n)[^\n|\[{(:]{0,160}\boutput\b(?:[^\n|\[{(:]{0,40}:|(?:\s[a-z]+){0,2}\s(?:is|becomes))[ \t*]*\n(?=\s*\S)",
    re.IGNORECASE,
)
"""The line over what comes out, where something else goes in."""
_LED = re.compile(r"(?:\A|\n)[^\n|\[{]{1,200}(?::[ \t*_]*\n|[.!][ \t*_]*\n[ \t]*\n)(?=\s*\S)")
"""A line that leads on to those below it, or a paragraph of prose above them."""
_CLOSING = re.compile(
    r"\s*+\(?(?:[A-Z][a-z]{1,20}:\s)?[A-Za-z][^\n|\[\]{}:=]{0,300}[.!]\)?|\s*+\(\d{1,3} [a-z]{1,20}\)"
)
"""A closing paragraph of prose."""
_LABELLED = re.compile(
    r"(?=[^\n:]*(?:[,;>→]|\band\b))(?P<list>[^\n:]++)\n+[ \t*_#]*[A-Z][A-Za-z]{1,15}[*_]*:[*_]*[ \t]+[^\n]"
)
"""A list on one line, above a line such as "Explanation: ..."."""
_ENDED = re.compile(r"[.!?:][*_\"”)]{0,4}\s*\Z")
_ITEM_LINE = re.compile(r"[ \t]*+(?:[-*•]|\(?\d{1,3}[.):])[ \t*]")


def block_marks(body: str) -> Iterator[Mark]:
    """The marks of a text and its last fences, last first; a phrase speaks of all that follows, up to another claim."""
    blocks = fences(short(body, FENCED)) if "```" in body or "~~~" in body else []
    found = [
        Mark(
            block.start,
            block.start + len(block.text),
            block.text.strip(),
            "fence" if block.label in DATA else "program",
        )
        for block in blocks
    ]
    inside = (mark for mark in found[: -MAX_FENCES - 1 : -1] if not is_held(body, mark))  # else it is read with its tag
    others = (mark for mark in marks(body, a_line=False) if mark.kind != "brackets")
    end, phrases = len(body), 0
    for mark in heapq.merge(inside, others, key=lambda mark: -mark.start):
        if mark.is_prose:
            start = body.find(mark.text[:BESIDE].split("\n")[0], mark.start) if mark.text else -1
            is_short = start >= 0 and end - start <= MAX_CHARS and (phrases := phrases + 1) <= MAX_STATEMENTS
            text = _without_closing(_bracketed(body[start:end]).strip())[0] if is_short else ""
            before = sentence_before(body, mark.start)
            said = mark.text[:BESIDE]
            denied = said.isascii() and without_denial(said) and contrast(said) == said
            if denied or around(before, "", mark.said) is not Stance.ASSERTED:
                end = mark.start - len(before)
            if text:
                yield replace(mark, text=text)
            if text != mark.text:
                yield mark
        else:
            yield mark


def unmarked_block(body: str, reader: Reader[V]) -> Claim[V] | None:
    """The answer that a text without a marker is, or that its last block, bracket or sentence states."""
    if len(body) > MAX_CHARS:
        return None
    lead = _WORDS.match(body)[0]  # type: ignore[index]  # it may match nothing
    stance = stance_of_lead(body, len(lead), body[len(lead) :])
    if over := [*_OUTPUT.finditer(short(body))]:
        stance = stance_of_lead(body, over[-1].end())
        body = body[over[-1].end() :]
    read = reader.states or reader.value
    text, closing = _without_closing(short(body).strip())
    under = _under_lead(text)
    skipped = None
    for said, of_block in (
        *((part, of_sentence(part)) for part in statements(closing)),
        (text, around("", "?" if text.endswith("?") else "") if "\n" in text else of_sentence(sentences(text)[-1])),
        *([(text[under:], lead)] if under and (lead := stance_of_lead(text, under)) is Stance.ASSERTED else []),
        *((part, of_sentence(part)) for part in statements(text)),
        *(
            (text[start:end], _of_bracket(text, start, end))
            for start, end in bracketed(text)
            if _is_stated(text, start, end)
        ),
    ):
        if (value := read(said)) is not None:
            made = Claim(said, "whole" if said == text else "statement", of_block, (0, len(body)), value)
            if made.is_asserted:
                own = stance in ASSERTED or (under > 0 and said == text[under:])
                return made if own else replace(made, stance=stance)
            skipped = skipped or made
    if skipped is None and (value := reader.value(text)) is not None:
        return Claim(text, "whole", stance, (0, len(body)), value)
    return skipped


def _under_lead(text: str) -> int:
    """Where the lines begin that stand under the last line which leads on to them."""
    led = [match.end() for match in _LED.finditer(text)]
    return led[-1] if led else 0


def stance_of_lead(body: str, start: int, after: str = "") -> Stance:
    """The stance that the line before a block gives it: of a draft, of what goes in, of one case of several."""
    head, _, line = body[max(0, start - 2 * AHEAD) : start].rstrip().rpartition("\n")
    if line.lstrip().startswith(("```", "~~~")):  # what stands before a fence says whose the block is
        line = head.rstrip().rpartition("\n")[2]
    line = line[-AHEAD:]
    leads = "" if line.endswith((".", "!")) else sentence_before(line, len(line))
    if denies(last_clause(leads)) or leads.lower().rstrip(" :*").endswith(_GOES_IN) or depends(leads, after[-BESIDE:]):
        return Stance.DENIED
    return of_clause(leads)


def statements(text: str) -> list[str]:
    """The sentences of a text and its lists, whose items stand one a line, last first."""
    lines = [line for line in text.split("\n") if line.strip()]
    made: list[str] = []
    while lines and len(made) < MAX_STATEMENTS:
        size = next((n for n, line in enumerate(reversed(lines)) if not _ITEM_LINE.match(line)), len(lines))
        made += ["\n".join(lines[-size:])] if size else sentences(lines[-1])[::-1]
        del lines[-max(size, 1) :]
    return made[:MAX_STATEMENTS]


def is_prose(text: str) -> bool:
    """Whether a text of several lines holds a sentence before its last one, other than in an item."""
    lines = [line for line in text.split("\n") if line.strip()]
    return any(_ENDED.search(line) and not _ITEM_LINE.match(line) for line in lines[:-1])


def bracketed(text: str, *, last: int = 20) -> Iterator[tuple[int, int]]:
    """Where the outermost bracketed values of a text stand, and end, last first."""
    depth, start, found = 0, 0, deque[tuple[int, int]](maxlen=last)
    for mark in re.finditer(r"[\[\]]", text):
        start = mark.start() if mark[0] == "[" and not depth else start
        depth = max(depth + (1 if mark[0] == "[" else -1), 0)
        if mark[0] == "]" and not depth:
            found.append((start, mark.end()))
    yield from reversed(found)


def _is_stated(body: str, start: int, end: int) -> bool:
    """Whether a sentence states a bracket, or is one, and tries none."""
    before, behind = sentence_before(body, start), body[end : end + BESIDE].split("\n\n")[0]
    ends = _ENDS.match(behind) is not None or is_clause(behind)
    return ends and (not before.strip() or bool(_STATED.search(before))) and not SUPPOSES.search(before)


def _of_bracket(body: str, start: int, end: int) -> Stance:
    before, behind = sentence_before(body, start), body[end : end + BESIDE].split("\n\n")[0]
    if denies(last_clause(before)) or depends(before, behind):
        return Stance.DENIED
    return Stance.OFFERED if alternatives(before, behind) or beside(behind) else around(before, behind)


def _without_closing(text: str) -> tuple[str, str]:
    """A text, and what is said below it: a closing paragraph, or a line with a label below a list on one line."""
    if labelled := _LABELLED.match(text):
        return labelled["list"], ""
    data, _, closing = text.rpartition("\n\n")
    return (data.rstrip(), closing) if data.strip() and _CLOSING.fullmatch(closing.rstrip()) else (text, "")


def _bracketed(text: str) -> str:
    """The bracketed value that a text begins with, where a full stop or a new line ends it; else the text."""
    text = text.strip()
    opened = text[:1] in ("[", "{", "(")
    depth, quote = 0, ""
    for mark in _BRACKET.finditer(text) if opened else ():
        if quote:
            quote = "" if mark[0] == quote else quote
        elif mark[0] in "\"'":
            quote = mark[0] if not text[mark.start() - 1].isalnum() else ""
        else:
            depth += 1 if mark[0] in "[{(" else -1 if mark[0] in ")]}" else 0
            if depth == 0:
                return text[: mark.end()] if _ENDS.match(text, mark.end()) else text
    return text
