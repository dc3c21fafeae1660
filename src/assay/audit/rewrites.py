"""Metamorphic rows: rewrites of a reference whose verdict is known by construction.

A rewrite that keeps the meaning must be right, one that changes it must be wrong, and one that does not apply to a
reference gives nothing. What keeps and what changes follows the policies of the verifiers, with their default
parameters. Every draw comes from a hashed seed, so the same references give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from assay.audit import (
    carriers,
    latex_changes,
    replies,
    rewrite_algebra,
    rewrite_latex,
    rewrite_literals,
    rewrite_names,
    rewrite_tables,
    rewrite_values,
    rewrite_words,
    value_changes,
)
from assay.audit.carriers import Carrier
from assay.audit.labelled import LabelledRow
from assay.audit.subject import Subject
from assay.types import Example, hashed_seed

Rewrite = Callable[[Subject], "str | None"]


@dataclass(frozen=True)
class Kind:
    """How the answers of one verifier are written and rewritten."""

    answer: Callable[[Example], str | None]
    """The plain answer of a reference, or `None` where the kind cannot be rewritten."""
    plain: Carrier
    """The carrier of every rewrite of an answer."""
    carriers: Sequence[Carrier]
    keeps: Sequence[Rewrite]
    changes: Sequence[Rewrite]
    right: Sequence[Rewrite] = ()
    """Whole responses that are right."""
    wrong: Sequence[Rewrite] = ()
    """Whole responses that are wrong."""


_SHORT = (*carriers.BOXES, *carriers.PHRASES, *carriers.TAGS, carriers.whole)
_LINES = (*carriers.TAGS, *carriers.FENCES, carriers.box, carriers.answer_is, carriers.whole)
_REPLIES = {"right": replies.RIGHT, "wrong": (*replies.WRONG, *replies.HEDGES)}
_DATA_REPLIES = {"right": replies.RIGHT, "wrong": replies.WRONG}

KINDS: dict[str, Kind] = {
    "math": Kind(
        rewrite_latex.answer,
        carriers.box,
        (*_SHORT, carriers.a_line),
        (*rewrite_values.KEEPS, *rewrite_latex.KEEPS, *rewrite_algebra.KEEPS),
        (*value_changes.CHANGES, *latex_changes.CHANGES),
        **_REPLIES,
    ),
    "number": Kind(
        rewrite_values.answer,
        carriers.box,
        (*_SHORT, carriers.a_line, carriers.prose),
        (*rewrite_values.KEEPS, *rewrite_values.LIST_KEEPS),
        (*value_changes.CHANGES, *value_changes.LIST_CHANGES),
        **_REPLIES,
    ),
    "choice": Kind(
        rewrite_words.letter, carriers.box, _SHORT, rewrite_words.CHOICE_KEEPS, rewrite_words.CHOICE_CHANGES, **_REPLIES
    ),
    "boolean": Kind(
        rewrite_words.yes_or_no, carriers.box, _SHORT, rewrite_words.YES_KEEPS, rewrite_words.YES_CHANGES, **_REPLIES
    ),
    "text": Kind(
        rewrite_words.first_text,
        carriers.box,
        (*_SHORT, carriers.a_line),
        rewrite_words.TEXT_KEEPS,
        rewrite_words.TEXT_CHANGES,
        **_REPLIES,
    ),
    "set": Kind(
        rewrite_names.listed, carriers.tag, _LINES, rewrite_names.SET_KEEPS, rewrite_names.SET_CHANGES, **_DATA_REPLIES
    ),
    "sequence": Kind(
        rewrite_names.listed,
        carriers.tag,
        _LINES,
        rewrite_names.LIST_KEEPS,
        rewrite_names.SEQUENCE_CHANGES,
        **_DATA_REPLIES,
    ),
    "assignment": Kind(
        rewrite_names.assigned,
        carriers.tag,
        _LINES,
        rewrite_names.PAIR_KEEPS,
        rewrite_names.PAIR_CHANGES,
        **_DATA_REPLIES,
    ),
    "grid": Kind(
        rewrite_tables.grid,
        carriers.tag,
        _LINES,
        rewrite_tables.GRID_KEEPS,
        rewrite_tables.GRID_CHANGES,
        **_DATA_REPLIES,
    ),
    "records": Kind(
        rewrite_tables.records,
        carriers.tag,
        _LINES,
        rewrite_tables.RECORD_KEEPS,
        rewrite_tables.RECORD_CHANGES,
        **_DATA_REPLIES,
    ),
    "code_io.output": Kind(
        rewrite_literals.literal,
        carriers.fence,
        (carriers.tag, carriers.spaced_tag, carriers.fence_after_prose, carriers.box, carriers.answer_is),
        rewrite_literals.LITERAL_KEEPS,
        rewrite_literals.LITERAL_CHANGES,
        (*replies.RIGHT, *rewrite_literals.LITERAL_RIGHT),
        replies.WRONG,
    ),
}


def rewritten(examples: Sequence[Example], *, per: int = 8, seed: int = 0) -> Iterator[LabelledRow]:
    """For each Example its answer itself, then up to `per` rewrites, half of them right, drawn by a hash.

    Examples whose verifier has no rewrites (programs, instructions) give nothing.
    """
    pools: dict[str, list[Example]] = {}
    for example in examples:
        pools.setdefault(example.verifier, []).append(example)
    for example in examples:
        kind = KINDS.get(example.verifier)
        answer = kind.answer(example) if kind is not None else None
        if kind is None or answer is None:
            continue
        pool = pools[example.verifier]
        other = pool[hashed_seed("another row", seed, example.id) % len(pool)]
        subject = Subject(example, answer, kind.answer(other) if other.id != example.id else None, Random(0))
        yield from _rows(kind, subject, per, seed)


def wrong_answer(example: Example) -> str | None:
    """A wrong answer to an Example, drawn by a hash, or `None` where no change applies."""
    kind = KINDS.get(example.verifier)
    answer = kind.answer(example) if kind is not None else None
    if kind is None or answer is None:
        return None
    return _first(kind.changes, Subject(example, answer, None, Random(hashed_seed("wrong", example.id))))


def _rows(kind: Kind, subject: Subject, per: int, seed: int) -> Iterator[LabelledRow]:
    yield _row(subject, kind.plain(subject), True, "itself")
    for label, rewrites in ((True, _keeping(kind)), (False, _changing(kind))):
        made = 0
        order = sorted(rewrites, key=lambda name: hashed_seed("order", seed, subject.example.id, label, name))
        for name in order:
            if made == per // 2:
                break
            drawn = subject.drawing(hashed_seed("rewrite", seed, subject.example.id, name))
            response = rewrites[name](drawn)
            if response is not None:
                made += 1
                yield _row(subject, response, label, name)


def _keeping(kind: Kind) -> dict[str, Rewrite]:
    """Every right response by the name of its family: rewrites, carriers, and rewrites in a drawn carrier."""
    made = {_name(rewrite): _carried(kind, rewrite) for rewrite in kind.keeps}
    made |= {f"in {_name(carrier)}": carrier for carrier in kind.carriers if carrier is not kind.plain}
    made |= {_name(reply): _reply(kind, reply) for reply in kind.right}
    return made | {"a rewrite in another carrier": lambda s: _mixed(kind, kind.keeps, s)}


def _changing(kind: Kind) -> dict[str, Rewrite]:
    made = {_name(rewrite): _carried(kind, rewrite) for rewrite in kind.changes}
    made |= {_name(reply): _reply(kind, reply) for reply in kind.wrong}
    return made | {"a change in another carrier": lambda s: _mixed(kind, kind.changes, s)}


def _carried(kind: Kind, rewrite: Rewrite) -> Rewrite:
    def carried(subject: Subject) -> str | None:
        answer = rewrite(subject)
        return None if answer is None else kind.plain(subject.saying(answer))

    return carried


def _reply(kind: Kind, reply: Rewrite) -> Rewrite:
    """A whole response, which may need a wrong answer to speak of."""
    return lambda subject: reply(subject.against(_first(kind.changes, subject)))


def _mixed(kind: Kind, rewrites: Sequence[Rewrite], subject: Subject) -> str | None:
    answer = _first(rewrites, subject)
    carrier = subject.rng.choice(kind.carriers)
    return None if answer is None else carrier(subject.saying(answer))


def _first(rewrites: Sequence[Rewrite], subject: Subject) -> str | None:
    """The answer of the first of the shuffled rewrites that applies."""
    for rewrite in subject.rng.sample(list(rewrites), len(rewrites)):
        if (answer := rewrite(subject)) is not None:
            return answer
    return None


def _row(subject: Subject, response: str | None, label: bool, family: str) -> LabelledRow:
    example = subject.example
    return LabelledRow(
        verifier=example.verifier,
        params={**example.params, **({"options": list(example.options)} if example.options else {})},
        prompt=example.asked_text,
        reference=example.reference,
        response=response or "",
        label=label,
        family=family,
    )


def _name(rewrite: Callable[..., object]) -> str:
    return rewrite.__name__.replace("_", " ")
