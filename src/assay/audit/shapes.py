"""How a third party's function is called: by the names of its parameters, which tell the trainer it was written for.

- `completions`: TRL's, with lists of one. Its one parameter of another name gets the reference, or that of the option.
- `solution_str`: verl's `compute_score`, the reference as `ground_truth`; the option is its `data_source`.
- `completion`: a rubric's function of verifiers, with messages, sync or async; the reference is its `answer`.
- any other: `f(response, reference)`, and by keyword what it names of `NAMES`.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

NAMES = ("response", "reference", "prompt", "params", "verifier")
"""Fields of a row that a plain function gets by keyword where its signature names them."""
COLUMNS = frozenset({"prompts", "completions", "completion_ids", "log_metric", "log_extra", "trainer_state"})
"""What TRL itself hands over."""
Row = Mapping[str, Any]
Call = Callable[[Row], Any]


def shaped(function: Callable[..., Any], option: str = "") -> tuple[str, Call]:
    """The name of a function's contract, and the function as one of a row. Raises `ValueError` where it fits none."""
    known = _parameters(function)
    for sign, contract, make in (("completions", "TRL", _trl), ("solution_str", "verl", _verl)):
        if sign in known:
            return contract, _finished(make(function, known, option))
    if option:
        raise ValueError(
            f"{option!r} names a column for TRL's contract or a data_source for verl's, and it has neither"
        )
    if "completion" in known:
        return "verifiers", _finished(_rubric(function, known))
    return "f(response, reference)", _finished(_plain(function, known))


def reference_text(reference: Any) -> str:
    """A reference as trainers carry it: text as it is, anything else as JSON."""
    return reference if isinstance(reference, str) else json.dumps(reference)


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a function written in C may not tell
        return {}


def _finished(call: Call) -> Call:
    """The same, where what is called may be a coroutine."""

    def finished(row: Row) -> Any:
        made = call(row)
        return asyncio.run(_awaited(made)) if inspect.isawaitable(made) else made

    return finished


async def _awaited(made: Any) -> Any:
    return await made


def _kept(known: Mapping[str, inspect.Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a function takes of the arguments: all of them where it takes any."""
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return dict(given)
    return {name: value for name, value in given.items() if name in known}


def _messages(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


def _trl(function: Callable[..., Any], known: Mapping[str, inspect.Parameter], option: str) -> Call:
    needed = [
        name
        for name, p in known.items()
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and name not in COLUMNS
    ]
    if not option and len(needed) != 1:
        raise ValueError(f"it names {needed or 'no column'} beside completions: say which is the reference, as in "
                         "module:function:solution")  # fmt: skip
    column, chat = option or needed[0], _takes_messages(known["completions"])

    def given(row: Row, chat: bool) -> dict[str, Any]:
        more = {name: [row[name]] for name in ("verifier", "params")}
        more |= {"completion_ids": [[]], column: [reference_text(row["reference"])]}
        said, asked = row["response"], row["prompt"]
        texts = {"prompts": [asked], "completions": [said]}
        turns = {"prompts": [_messages("user", asked)], "completions": [_messages("assistant", said)]}
        return _kept(known, more | (turns if chat else texts))

    def call(row: Row) -> Any:
        nonlocal chat
        if chat is None and row["response"]:  # a function of messages does not survive text, the other way it may
            try:
                made = function(**given(row, False))
                chat = False
                return made
            except (TypeError, AttributeError, LookupError):
                made = function(**given(row, True))
                chat = True
                return made
        return function(**given(row, bool(chat)))

    return call


def _takes_messages(completions: inspect.Parameter) -> bool | None:
    """Whether a function of TRL's contract says that it takes chat messages; `None` where it does not say."""
    said = str(completions.annotation)
    return True if "dict" in said.lower() else False if "str" in said else None


def _verl(function: Callable[..., Any], known: Mapping[str, inspect.Parameter], option: str) -> Call:
    def call(row: Row) -> Any:
        truth = reference_text(row["reference"])
        given = {"data_source": option, "solution_str": row["response"], "ground_truth": truth, "extra_info": None}
        return function(**_kept(known, given))

    return call


def _rubric(function: Callable[..., Any], known: Mapping[str, inspect.Parameter]) -> Call:
    def call(row: Row) -> Any:
        given: dict[str, Any] = {
            "prompt": _messages("user", row["prompt"]),
            "completion": _messages("assistant", row["response"]),
            "answer": reference_text(row["reference"]),
            "task": "",
            "info": {},
        }
        return function(**_kept(known, given | {"state": dict(given)}))

    return call


def _plain(function: Callable[..., Any], known: Mapping[str, inspect.Parameter]) -> Call:
    named = [n for n, p in known.items() if n in NAMES and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    both = {"response", "reference"} <= set(named)
    asked = [name for name in named if both or name not in ("response", "reference")]

    def call(row: Row) -> Any:
        arguments = () if both else (row["response"], row["reference"])
        return function(*arguments, **{name: row[name] for name in asked})

    return call
