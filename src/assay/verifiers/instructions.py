"""Verifiable instructions: right when every instruction of the list is followed (IFEval, IFBench, MathIF).

`strict` reads the response as it is. `loose` accepts an instruction that is followed by one of eight variants: without
the first line, the last line or both, each with and without asterisks. Where an instruction cannot be checked (a
language that cannot be told) the verdict is `error`, unless another instruction is not followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assay.claim.extract import NoAnswer, without_thinking
from assay.errors import BadReference, did_you_mean
from assay.instructions.checks import Check, Followed
from assay.instructions.constraints import CHECKS, known
from assay.judging.verifier import parameter, verifier
from assay.types import Example, Verdict

PARAMS: dict[str, Any] = {"mode": "strict"}
MAX_CHARS, QUICK_CHARS = 1_000_000, 20_000


def follow(response: str, reference: Any, mode: str = "strict") -> list[Followed]:
    """For each instruction whether it is followed; `None` where that cannot be told. Raises `BadReference`."""
    wanted = _read(reference)
    if mode not in ("strict", "loose"):
        raise BadReference(f"parameter 'mode' is 'strict' or 'loose', not {mode!r}")
    variants = [text for text in (_variants(response) if mode == "loose" else [response]) if text.strip()]
    return [_any(check.follows(text, given) for text in variants) for check, given in wanted]


def answer_part(example: Example, response: str) -> str:
    """What is checked: the response without its thinking. Raises `NoAnswer` where that has no letter or digit."""
    body = without_thinking(example, response)
    if not re.search(r"\w", body):
        raise NoAnswer("the response has no letter or digit")
    return body if body is response else body.strip("\n")


def _judge(example: Example, response: str) -> Verdict:
    mode = parameter(PARAMS, example.params, "mode")
    names = [str(name) for name in _names(example.reference)]
    follow("", example.reference, mode)  # a bad reference is told before the response is blamed
    try:
        answer = answer_part(example, response)
    except NoAnswer as none:
        return Verdict.no_answer(str(none))
    if len(answer) > MAX_CHARS:
        return Verdict.of(False, why=f"longer than {MAX_CHARS} characters")
    wanted = follow(answer, example.reference, mode)
    broken = [name for name, followed in zip(names, wanted, strict=True) if followed is False]
    unknown = [name for name, followed in zip(names, wanted, strict=True) if followed is None]
    if unknown and not broken:
        return Verdict.error(f"cannot tell whether {', '.join(unknown)} is followed")
    read = f"{len(wanted) - len(broken) - len(unknown)} of {len(wanted)} followed"
    return Verdict.of(not broken, read=read, why=f"not followed: {', '.join(broken)}" if broken else f"{mode} reading")


def _quick(example: Example, response: str) -> Verdict | None:
    return _judge(example, response) if len(response) <= QUICK_CHARS else None


instructions = verifier("instructions", version=2, params=PARAMS, quick=_quick)(_judge)


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
    return check, values


def _number(value: Any) -> Any:
    """3.0 as 3: some copies of the rows went through a table of floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
