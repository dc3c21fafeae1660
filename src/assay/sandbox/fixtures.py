"""Fixtures for tests written for pytest: what they define themselves, `capsys`, `monkeypatch` and `tmp_path`."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import GeneratorType
from typing import Any, NamedTuple

from assay.sandbox.client import Refused

FIXTURES = ("capsys", "monkeypatch", "tmp_path")
"""Fixtures of pytest's own that tests may name."""
_open: list[Callable[[], object]] = []
"""What ends the fixtures of the running test."""
_open_late: list[Callable[[], object]] = []
"""The same for those that all tests share."""


def fixture(function: Any = None, scope: str = "function", **_: Any) -> Any:
    """What a test is given where it names it: what the function returns, or first yields; or one for all."""
    if function is None:
        return lambda given: fixture(given, scope)
    ends = _open if scope == "function" else _open_late
    known: list[Any] = []

    @wraps(function)
    def made(*args: Any, **kwargs: Any) -> Any:
        if not known or ends is _open:
            value = function(*args, **kwargs)
            if isinstance(value, GeneratorType):
                ends.append(lambda: next(value, None))
            known[:] = [next(value) if isinstance(value, GeneratorType) else value]
        return known[0]

    return made


def finish() -> None:
    """End the fixtures of a test, the last first: run what stands behind their `yield`."""
    while _open:
        _open.pop()()


def finish_late() -> None:
    """End those that all tests share."""
    while _open_late:
        _open_late.pop()()


def tmp_path() -> Path:
    """A new folder, which goes with the job. Raises `Refused` below L4, where there is none for anybody."""
    if os.getcwd() == "/":
        raise Refused("tests that use tmp_path need a scratch folder, which there is from L4 on")
    return Path(importlib.import_module("tempfile").mkdtemp())


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
