"""Inputs like those with which tests call a function: what a program can be tried on beside them.

They are made of literal arguments: values that stand at the same place in other calls, numbers between the least and
the greatest there, and lists with an element less or twice. What all calls keep to is kept: that a list is in order,
that its elements differ, that a number is its length; texts stay whole. So an input is one that the problem allows as
far as its tests show that, which is not always: what the words alone forbid is not known here.
"""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

PROBES = 60
"""Inputs that are made, at most."""
Call = tuple[list[Any], dict[str, Any]]
"""Arguments, and those by name."""


def called(tests: Sequence[str], entry: str, defined: set[str]) -> tuple[str, list[Call]]:
    """The entry point, and the calls of it in the tests whose arguments are literals."""
    names = {entry} if entry else set(defined)
    found: list[tuple[str, Call]] = []
    for text in tests:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return "", []
        heads = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check")
        handed = {head.args.args[0].arg for head in heads if head.args.args} if entry else set()
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or (name := ast.unparse(node.func)) not in names | handed:
                continue
            if (call := _literal(node)) is not None:
                found.append((entry or name, call))
    chosen = found[0][0] if found else ""
    return chosen, [call for name, call in found if name == chosen]


def _literal(node: ast.Call) -> Call | None:
    try:
        named = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
        return [ast.literal_eval(arg) for arg in node.args], named
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def like(calls: Sequence[Call], draw: random.Random) -> Iterator[Call]:
    """Inputs like those of some calls, which are none of them."""
    first = calls[0]
    shapes = [call for call in calls if (len(call[0]), set(call[1])) == (len(first[0]), set(first[1]))]
    known = [[*args, *named.values()] for args, named in (_in_order(call, first) for call in shapes)]
    columns = [list(column) for column in zip(*known, strict=True)]
    rules = [_Rules.of(column) for column in columns]
    seen = {repr(call) for call in calls}
    for _ in range(6 * PROBES):
        if len(seen) >= len(calls) + PROBES or not columns:
            return
        row = [rule.kept(_near(column, draw)) for rule, column in zip(rules, columns, strict=True)]
        made = (row[: len(first[0])], dict(zip(first[1], row[len(first[0]) :], strict=True)))
        text = repr(made)
        if text not in seen and len(text) < 4000 and _lengths(row) >= set.intersection(*map(_lengths, known)):
            seen.add(text)
            yield made


def _in_order(call: Call, first: Call) -> Call:
    return call[0], {name: call[1][name] for name in first[1]}


def _lengths(row: Sequence[Any]) -> set[tuple[int, int]]:
    """Which arguments are the length of which: (place of the number, place of the list), and of lists as long as each
    other."""
    sizes = [(at, len(value)) for at, value in enumerate(row) if isinstance(value, str | list | tuple)]
    numbers = [(at, value) for at, value in enumerate(row) if type(value) is int]
    return {
        (one, other) for one, size in [*numbers, *sizes] for other, length in sizes if one != other and size == length
    }


@dataclass(frozen=True)
class _Rules:
    """What all lists that are known at one place keep to: they are in order, their elements differ."""

    ascends: bool
    descends: bool
    differs: bool

    @classmethod
    def of(cls, known: Sequence[Any]) -> _Rules:
        rows = [list(value) for value in known if isinstance(value, list | tuple)]
        try:
            ordered = [sorted(row) for row in rows]
        except TypeError:
            return cls(False, False, False)
        many = any(len(row) > 1 for row in rows)
        differs = all(row[at] != row[at + 1] for row in ordered for at in range(len(row) - 1))
        ups, downs = (all(row == one[::step] for row, one in zip(rows, ordered, strict=True)) for step in (1, -1))
        return cls(many and ups, many and downs and not ups, many and differs)

    def kept(self, value: Any) -> Any:
        """The value, made to keep to the rules."""
        if not isinstance(value, list | tuple):
            return value
        row = list(value)
        if self.differs:
            row = [element for at, element in enumerate(row) if element not in row[:at]]
        if self.ascends or self.descends:
            row = sorted(row, reverse=self.descends)
        return type(value)(row)


def _near(known: Sequence[Any], draw: random.Random) -> Any:
    """A value like some that stand at one place: one of them, or one of them with a small change. Texts stay whole:
    what a text may be is said in words alone."""
    value = draw.choice(known)
    alike = [other for other in known if type(other) is type(value)]
    if draw.random() < 0.4 or not isinstance(value, int | float | list | tuple):
        return value
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        near = value + draw.choice((-1, 1)) if draw.random() < 0.5 else draw.randint(min(alike), max(alike))
        return min(max(near, min(alike)), max(alike))
    if isinstance(value, float):
        return draw.uniform(min(alike), max(alike)) if all(map(math.isfinite, alike)) else value
    return _list(value, alike, draw) if value else value


def _list(value: Any, alike: Sequence[Any], draw: random.Random) -> Any:
    """A list with an element less, or with one twice in a row: what is left is in the order in which it was."""
    sizes, at = [len(other) for other in alike], draw.randrange(len(value))
    if all(isinstance(row, list | tuple) and len(row) == len(other) for other in alike for row in other):
        return value  # square
    if draw.random() < 0.5:
        return value[:at] + value[at + 1 :] if len(value) > min(sizes) else value
    return value[: at + 1] + value[at:] if len(value) < max(sizes) else value
