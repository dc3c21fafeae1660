"""Verifiable instructions: right when every instruction of the list is followed (IFEval, IFBench, MathIF).

`strict` reads the response as it is. `loose` accepts an instruction that is followed by one of eight variants: without
the first line, the last line or both, each with and without asterisks. Both decide as the official checkers do, quirks
included; `fixed` reads like `strict` and mends the quirks that are plainly wrong. Where it cannot be told whether an
instruction is followed (a language that the text does not show) it is not: a response must not choose an `error`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from assay.claim.thinking import without_thinking
from assay.effort import short
from assay.errors import BadReference, NoAnswer, did_you_mean
from assay.instructions.checks import Check, Followed
from assay.instructions.constraints import CHECKS, known
from assay.instructions.ifeval import RELATIONS
from assay.instructions.language import is_known
from assay.judging.verifier import Lane, Params, verifier
from assay.types import Example, Verdict

Mode = Literal["strict", "loose", "fixed"]
MAX_CHARS, QUICK_CHARS = 1_000_000, 4000


@dataclass(frozen=True)
class InstructionsParams(Params):
    """Parameters of `instructions`."""

    mode: Mode = "strict"
    """"strict" reads the response as it is, "loose" also without its first and last line and its asterisks, "fixed" as
    it is but without the plain mistakes of the official checkers."""


def follow(response: str, reference: Any, mode: Mode = "strict") -> list[Followed]:
    """For each instruction whether it is followed; `None` where that cannot be told. Raises `BadReference`."""
    wanted = _read(reference)
    variants = [text for text in (_variants(response) if mode == "loose" else [response]) if text.strip()]
    chosen = [((check.fixed if mode == "fixed" else None) or check.follows, given) for check, given in wanted]
    return [_any(follows(text, given) for text in variants) for follows, given in chosen]


def answer_part(example: Example, response: str) -> str:
    """What is checked: the response without its thinking. Raises `NoAnswer` where that has no letter or digit."""
    body = without_thinking(example, response)
    if not re.search(r"\w", body):
        raise NoAnswer("the response has no letter or digit")
    return body if body is response else body.strip("\n")


@verifier(
    "instructions",
    version=4,
    reference='{"instruction_id_list": [...], "kwargs": [...]}',
    params=InstructionsParams,
    lane=Lane.INLINE,
    reads=lambda example, _: _read(example.reference),
)
def instructions(example: Example, response: str, params: InstructionsParams) -> Verdict:
    """Right when every instruction of the list is followed."""
    mode = params.mode
    names = [str(name) for name in _names(example.reference)]
    _read(example.reference)  # a bad reference is told before the response is blamed
    answer = short(answer_part(example, response), QUICK_CHARS)
    if len(answer) > MAX_CHARS:
        return Verdict.of(False, why=f"longer than {MAX_CHARS} characters")
    wanted = follow(answer, example.reference, mode)
    broken = [name for name, followed in zip(names, wanted, strict=True) if not followed]
    read = f"{len(wanted) - len(broken)} of {len(wanted)} followed"
    return Verdict.of(not broken, read=read, why=f"not followed: {', '.join(broken)}" if broken else f"{mode} reading")


def _any(found: Any) -> Followed:
    """True if one is, else `None` if one is unknown, else False."""
    values = list(found)
    return True if True in values else None if None in values else False


def _variants(response: str) -> list[str]:
    lines = response.split("\n")
    cut = (lines, lines[1:], lines[:-1], lines[1:-1])
    plain = ["\n".join(part).strip() if part is not lines else response for part in cut]
    return [*plain, *(text.replace("*", "") for text in plain)]


def _names(reference: Any) -> list[Any]:
    names = reference.get("instruction_id_list") if isinstance(reference, Mapping) else None
    if not isinstance(names, list) or not names:
        raise BadReference("the reference of instructions is an object whose 'instruction_id_list' is not empty")
    return names


def _read(reference: Any) -> list[tuple[Check, Mapping[str, Any]]]:
    names, kwargs = _names(reference), reference.get("kwargs")
    if not isinstance(kwargs, list) or len(kwargs) != len(names):
        raise BadReference(f"'kwargs' is a list with one object for each of the {len(names)} instructions")
    return [_bound(str(name), given or {}) for name, given in zip(names, kwargs, strict=True)]


def _bound(name: str, given: Any) -> tuple[Check, Mapping[str, Any]]:
    check = CHECKS.get(known(name))
    if check is None:
        raise BadReference(f"unknown instruction {name!r}{did_you_mean(name, CHECKS)}")
    if not isinstance(given, Mapping):
        raise BadReference(f"the keyword arguments of {name} are an object, not {given!r}")
    values = {key: _number(given.get(key)) if kind is int else given.get(key) for key, kind in check.needs.items()}
    for key, kind in check.needs.items():
        if not isinstance(values[key], kind) or isinstance(values[key], bool):
            raise BadReference(f"{name} needs {key!r} as {kind}, not {given.get(key)!r}")
    for key in check.needs:
        if key.endswith("relation") and values[key] not in RELATIONS:
            raise BadReference(f"{name}: {key!r} is 'less than' or 'at least', not {values[key]!r}")
    if "language" in values and not is_known(str(values["language"])):
        raise BadReference(f"{name}: the language {values['language']!r} cannot be told here")
    return check, values


def _number(value: Any) -> Any:
    """3.0 as 3: some copies of the rows went through a table of floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
