"""Metamorphic rows: rewrites of a reference whose verdict is known by construction.

A rewrite that keeps the meaning must be right, one that changes it must be wrong, and one that does not apply to a
reference gives nothing. Every draw comes from a hashed seed, so the same references give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from assay.audit import answers, responses, right, stances, wrong
from assay.audit.answers import Answer, Rewrite
from assay.audit.labelled import LabelledRow
from assay.audit.responses import Format
from assay.types import Example, hashed_seed


@dataclass(frozen=True)
class Kind:
    """How the answers of one verifier are written and rewritten; tables from a family's name to how it is made."""

    answer: Callable[[Example], str | None]
    """The plain answer of a reference, or `None` where the kind cannot be rewritten."""
    plain: str
    """The format of every rewrite of an answer."""
    formats: Mapping[str, Format]
    right: Mapping[str, Rewrite]
    wrong: Mapping[str, Rewrite]
    right_responses: Mapping[str, Rewrite]
    """Whole responses that are right."""
    wrong_responses: Mapping[str, Rewrite]

    def write(self, answer: Answer) -> str | None:
        return self.formats[self.plain].write(answer)

    def families(self, label: bool) -> dict[str, Rewrite]:
        """Every family of a label: rewrites, formats, whole responses, and rewrites in a drawn format."""
        rewrites = self.right if label else self.wrong
        made: dict[str, Rewrite] = {name: self._formatted(rewrite) for name, rewrite in rewrites.items()}
        if label:
            made |= {f"in {name}": form.write for name, form in self.formats.items() if name != self.plain}
        whole = self.right_responses if label else self.wrong_responses
        made |= {name: self._with_wrong(response) for name, response in whole.items()}
        return made | {f"a {'rewrite' if label else 'change'} in another format": self._mixed(rewrites)}

    def _formatted(self, rewrite: Rewrite) -> Rewrite:
        return lambda a: self.write(replace(a, text=made)) if (made := rewrite(a)) is not None else None

    def _with_wrong(self, response: Rewrite) -> Rewrite:
        return lambda a: response(replace(a, wrong=_first(self.wrong, a)))

    def _mixed(self, rewrites: Mapping[str, Rewrite]) -> Rewrite:
        def mixed(a: Answer) -> str | None:
            made = _first(rewrites, a)
            form = a.rng.choice(list(self.formats.values()))
            return None if made is None else form.write(replace(a, text=made))

        return mixed


_SAYS_RIGHT, _SAYS_WRONG = responses.RIGHT | stances.RIGHT, responses.HEDGED | stances.WRONG
"""Whole responses in a sentence or more."""


def _short(
    answer: Callable[[Example], str | None],
    keeps: Mapping[str, Rewrite],
    changes: Mapping[str, Rewrite],
    more: Mapping[str, Format] = responses.A_LINE,
) -> Kind:
    return Kind(answer, "a box", {**responses.SHORT, **more}, keeps, changes, _SAYS_RIGHT, _SAYS_WRONG)


def _data(keeps: Mapping[str, Rewrite], changes: Mapping[str, Rewrite]) -> Kind:
    return Kind(answers.data_answer, "a tag", responses.DATA, keeps, changes, responses.RIGHT, responses.WRONG)


KINDS: dict[str, Kind] = {
    "math": _short(answers.math_answer, right.MATH, wrong.MATH),
    "number": _short(answers.number_answer, right.NUMBER, wrong.NUMBER, responses.A_LINE | responses.PROSE),
    "choice": _short(answers.choice_answer, right.CHOICE, wrong.CHOICE, {}),
    "boolean": _short(answers.boolean_answer, right.BOOLEAN, wrong.BOOLEAN, {}),
    "text": _short(answers.text_answer, right.TEXT, wrong.TEXT),
    "set": _data(right.SET, wrong.SET),
    "sequence": _data(right.SEQUENCE, wrong.SEQUENCE),
    "assignment": _data(right.ASSIGNMENT, wrong.ASSIGNMENT),
    "grid": _data(right.GRID, wrong.GRID),
    "records": _data(right.RECORDS, wrong.RECORDS),
    "code_io.output": Kind(
        answers.output_answer,
        "a fence",
        responses.OUTPUT,
        right.OUTPUT,
        wrong.OUTPUT,
        responses.OUTPUT_RIGHT,
        responses.WRONG,
    ),
}
"""By verifier; programs and instructions have no rewrites."""


def answer_of(example: Example) -> str | None:
    """The reference as a response would write it, where its verifier has rewrites."""
    kind = KINDS.get(example.verifier)
    return None if kind is None else kind.answer(example)


def rewritten(examples: Sequence[Example], *, per: int = 8, seed: int = 0, name: str = "") -> Iterator[LabelledRow]:
    """For each Example its answer itself, then up to `per` rewrites, half of them right, drawn by a hash."""
    pools: dict[str, list[Example]] = {}
    for example in examples:
        pools.setdefault(example.verifier, []).append(example)
    for example in examples:
        answer = answer_of(example)
        if answer is not None:
            pool = pools[example.verifier]
            other = pool[hashed_seed("another row", seed, example.id) % len(pool)]
            another = answer_of(other) if other.id != example.id else None
            made = _rows(KINDS[example.verifier], Answer(example, answer, Random(0), another), per, seed)
            yield from (row.of(name) for row in made)


def wrong_answer(example: Example) -> str | None:
    """A wrong answer to an Example, drawn by a hash, or `None` where no change applies."""
    answer = answer_of(example)
    if answer is None:
        return None
    return _first(KINDS[example.verifier].wrong, Answer(example, answer, Random(hashed_seed("wrong", example.id))))


def _rows(kind: Kind, answer: Answer, per: int, seed: int) -> Iterator[LabelledRow]:
    name = answer.example.id
    yield LabelledRow.of_example(answer.example, kind.write(answer) or "", label=True, family="itself")
    for label in (True, False):
        families, made = kind.families(label), 0
        for family in sorted(families, key=lambda family: hashed_seed("order", seed, name, label, family)):
            if made == per // 2:
                break
            drawn = replace(answer, rng=Random(hashed_seed("rewrite", seed, name, family)))
            response = families[family](drawn)
            if response is not None:
                made += 1
                yield LabelledRow.of_example(answer.example, response, label=label, family=family)


def _first(rewrites: Mapping[str, Rewrite], answer: Answer) -> str | None:
    """The answer of the first of the shuffled rewrites that applies."""
    for name in answer.rng.sample(list(rewrites), len(rewrites)):
        if (made := rewrites[name](answer)) is not None:
            return made
    return None
