"""The record of one instruction check: what it calls and which keyword arguments it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Given = Mapping[str, Any]
Followed = bool | None
"""`None`: it cannot be told here."""
Follows = Callable[[str, Given], Followed]
NUMBER = (int, float)


class Check(NamedTuple):
    """How one instruction type is checked and which keyword arguments it needs."""

    follows: Follows
    """Decides as the official checker does."""
    needs: Mapping[str, type | tuple[type, ...]] = {}
    """Keyword argument -> its type."""
    fixed: Follows | None = None
    """Decides without the official checker's plain mistakes, where it has one."""


def plain(follows: Callable[[str], Followed], fixed: Callable[[str], Followed] | None = None) -> Check:
    """The check of an instruction that has no keyword arguments."""
    return Check(_without_arguments(follows), {}, fixed and _without_arguments(fixed))


def _without_arguments(follows: Callable[[str], Followed]) -> Follows:
    return lambda text, given: follows(text)
