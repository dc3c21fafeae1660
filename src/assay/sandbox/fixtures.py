"""Fixtures for tests that are written for pytest: what they define themselves, `capsys` and `monkeypatch`."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable
from functools import wraps
from types import GeneratorType
from typing import Any, NamedTuple

FIXTURES = ("capsys", "monkeypatch")
"""Fixtures of pytest's own that tests may name."""
_open: list[Callable[[], object]] = []
"""What ends the fixtures of the running test."""


def fixture(function: Any = None, **_: Any) -> Any:
    """What a test is given where it names it: what the function returns, or first yields."""
    if function is None:
        return fixture

    @wraps(function)
    def made(*args: Any, **kwargs: Any) -> Any:
        value = function(*args, **kwargs)
        if not isinstance(value, GeneratorType):
            return value
        _open.append(lambda: next(value, None))
        return next(value)

    return made


def finish() -> None:
    """End the fixtures of a test, the last first: run what stands behind their `yield`."""
    while _open:
        _open.pop()()


class Captured(NamedTuple):
    """What was written since the last look."""

    out: str
    err: str


class capsys:
    """Standard output and standard error, as text."""

    def __init__(self) -> None:
        before = sys.stdout, sys.stderr
        _open.append(lambda: _set_streams(*before))
        self.readouterr()

    def readouterr(self) -> Captured:
        told = [one.getvalue() if isinstance(one, io.StringIO) else "" for one in (sys.stdout, sys.stderr)]
        _set_streams(io.StringIO(), io.StringIO())
        return Captured(*told)


def _set_streams(out: Any, err: Any) -> None:
    sys.stdout, sys.stderr = out, err


class monkeypatch:
    """Attributes, entries and variables that are other ones until the test ends."""

    def setattr(self, target: Any, name: Any, *value: Any, raising: bool = True) -> None:
        if not value:
            home, _, last = target.rpartition(".")
            target, name, value = importlib.import_module(home), last, (name,)
        before = getattr(target, name) if raising else getattr(target, name, None)
        _open.append(lambda: setattr(target, name, before))
        setattr(target, name, *value)

    def setitem(self, target: Any, name: Any, value: Any) -> None:
        before = dict(target)
        _open.append(lambda: (target.clear(), target.update(before)))
        target[name] = value

    def setenv(self, name: str, value: Any) -> None:
        self.setitem(os.environ, name, str(value))

    def delenv(self, name: str, raising: bool = True) -> None:
        if raising and name not in os.environ:
            raise KeyError(name)
        self.setenv(name, "")
        del os.environ[name]
