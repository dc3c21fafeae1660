"""Rewards for a policy that judges: it compares two answers, or scores each, and is paid where the better one wins.

Those of J1 (Whitehouse et al. 2025, arXiv 2505.10320, section 3.2). A pair is asked in both orders, or once for each of
its answers; the two rows share `params.pair`, and `audit/pairs.py` makes them. Whether a judgement is right is known
beforehand: which of the two answers is right. `pairwise_verdict` pays each row for itself, and so pays one half to a
judge that always says A; `pairwise_consistent` pays only where both orders are right, `pointwise_pair` where the better
answer has the higher score. What is judged together must come together: a row whose other half is not in the batch is
an `error`, never a 0.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.claim.final import final_part
from assay.errors import BadReference, NoAnswer
from assay.judging.protocols import score_of
from assay.judging.verifier import Context, Lane, Params, Verifier, verifier
from assay.types import Attempt, Example, Verdict

_VERDICT = re.compile(r"[*_\s]*Verdict:[*_\s]*([AB])[*_.\s]*", re.IGNORECASE)
_SCORE = re.compile(r"[*_\s]*Score:[*_\s]*(.{1,8}?)[*_.\s]*", re.IGNORECASE)


@dataclass(frozen=True)
class PairParams(Params):
    """Parameters of the verifiers of pairs."""

    pair: str = ""
    """The pair that a row belongs to; its two rows share it."""


def said_verdict(example: Example, response: str) -> str:
    """`A` or `B`: the last line is `Verdict: A` or `Verdict: B`. Raises `NoAnswer`."""
    found = _VERDICT.fullmatch(_last_line(example, response))
    if found is None:
        raise NoAnswer("the last line is no verdict, such as 'Verdict: A'")
    return found[1].upper()


def said_score(example: Example, response: str) -> float:
    """The number from 0 to 10 in the last line `Score: N`. Raises `NoAnswer`."""
    found = _SCORE.fullmatch(_last_line(example, response))
    score = None if found is None else score_of(found[1])
    if score is None:
        raise NoAnswer("the last line is no score from 0 to 10, such as 'Score: 7'")
    return score


def _last_line(example: Example, response: str) -> str:
    return final_part(example, response).strip().rpartition("\n")[2]


def _letter(example: Example, params: PairParams) -> str:
    if example.reference not in ("A", "B"):
        raise BadReference(f"the reference of a pair is the letter of its better answer, not {example.reference!r}")
    return str(example.reference)


def _side(example: Example, params: PairParams) -> str:
    if example.reference not in ("chosen", "rejected"):
        raise BadReference(f"the reference of a scored answer is chosen or rejected, not {example.reference!r}")
    return str(example.reference)


@verifier("pairwise_verdict", version=1, params=PairParams, lane=Lane.INLINE, reads=_letter, reference="A or B")
def pairwise_verdict(example: Example, response: str, params: PairParams) -> Verdict:
    """Right when a judgement names the better of two answers."""
    right, said = _letter(example, params), said_verdict(example, response)
    return Verdict.of(said == right, read=said, why=f"the better answer is {right}")


Read = Callable[[Example, str], Any]
Halves = dict[str, list[int]]


def _together(reads: Callable[[Example, PairParams], str], read: Read, wins: Callable[[str, Any, Any], str]) -> Any:
    """A judge of whole pairs: `wins(side, mine, other)` says why a half is not paid; empty where both halves are."""

    def judge(_: Example, attempts: Sequence[Attempt], params: PairParams, context: Context) -> list[Verdict]:
        sides = [reads(example, params) for example in context.examples]
        if not params.pair:
            raise BadReference("params name no 'pair', so what is judged together is not known")
        places: Halves = defaultdict(list)
        for place, side in enumerate(sides):
            places[side].append(place)
        partner: dict[int, int] = {}
        first, *others = places.values()
        for mine, other in zip(first, others[0] if others else (), strict=False):
            partner |= {mine: other, other: mine}
        said = [_said(read, example, attempt) for example, attempt in zip(context.examples, attempts, strict=True)]
        made = (
            Verdict.error("the other half of the pair is not in the batch")
            if place not in partner
            else _half(side, said[place], said[partner[place]], wins)
            for place, side in enumerate(sides)
        )
        return list(made)

    return judge


def _said(read: Read, example: Example, attempt: Attempt) -> Any:
    try:
        return read(example, attempt.said)
    except NoAnswer as nothing:
        return nothing


def _half(side: str, mine: Any, other: Any, wins: Callable[[str, Any, Any], str]) -> Verdict:
    if isinstance(mine, NoAnswer):
        return Verdict.no_answer(str(mine))
    if isinstance(other, NoAnswer):
        return Verdict.of(False, read=str(mine), why="the other half of the pair is no judgement")
    lost = wins(side, mine, other)
    return Verdict.of(not lost, read=str(mine), why=lost or "both halves of the pair are right")


def _consistent(side: str, mine: str, other: str) -> str:
    if mine != side:
        return f"the better answer is {side}"
    return "" if other != mine else f"in the other order it says {other} again, which is the other answer"


def _higher(side: str, mine: float, other: float) -> str:
    chosen, rejected = (mine, other) if side == "chosen" else (other, mine)
    return "" if chosen > rejected else f"the better answer has {chosen:g}, the other one {rejected:g}"


def _pair_of(example: Example) -> str:
    return str(example.params.get("pair", example.id))


pairwise_consistent = Verifier(
    "pairwise_consistent",
    1,
    _together(_letter, said_verdict, _consistent),
    PairParams,
    Lane.REMOTE,
    group=True,
    spans=_pair_of,
    reads=_letter,
    about="Right when a judgement names the better of two answers in both orders.",
    reference="A or B",
)
pointwise_pair = Verifier(
    "pointwise_pair",
    1,
    _together(_side, said_score, _higher),
    PairParams,
    Lane.REMOTE,
    group=True,
    spans=_pair_of,
    reads=_side,
    about="Right when the better of two answers, each scored alone, has the higher score.",
    reference="chosen or rejected",
)
