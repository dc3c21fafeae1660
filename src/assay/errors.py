"""Every error a user can meet, and each says what to do next.

Plain Python errors are for our own bugs; an `AssayError` is for something that the user can mend, and the
command line prints it without a traceback.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from itertools import islice


class AssayError(Exception):
    """Base of all errors that a user can mend."""


class UnknownName(AssayError, KeyError):
    """A name that is not registered; the message offers the nearest ones, or gives a hint of its own."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        self.kind, self.name, self.known, self.hint = kind, name, sorted(known), hint
        super().__init__(f"unknown {kind} {name!r}{hint or did_you_mean(name, self.known)}")

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0])

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, str, list[str], str]]:
        return (UnknownName, (self.kind, self.name, self.known, self.hint))


class BadRow(AssayError, ValueError):
    """A row of a file that cannot be used: names the file and the line."""

    def __init__(self, where: str, line: int, why: str) -> None:
        self.where, self.line, self.why = where, line, why
        super().__init__(f"{where}:{line}: {why}")

    def __reduce__(self) -> tuple[type[BadRow], tuple[str, int, str]]:
        return (BadRow, (self.where, self.line, self.why))


class BadReference(AssayError, ValueError):
    """A reference or parameter that its verifier cannot use; becomes the verdict `error`, never a zero."""


class NoAnswer(Exception):
    """Nothing in a response can be read as an answer; the message says why, and the verdict is `no_answer`."""


class BadConfig(AssayError, ValueError):
    """A recipe or flag that does not fit the typed configuration."""


class MissingData(AssayError, FileNotFoundError):
    """A data file that is not where it was looked for."""


class MissingExtra(AssayError, ImportError):
    """An optional dependency that this feature needs and that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(f"{feature} needs the extra {extra!r}: pip install 'assay[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return (MissingExtra, (self.feature, self.extra))


class IsolationRefused(AssayError, RuntimeError):
    """This machine lacks the isolation that running untrusted code needs, so nothing was run."""


class RunConflict(AssayError, RuntimeError):
    """An output directory already holds a run whose fingerprint differs."""


def counted(count: int, noun: str) -> str:
    """`1 step`, `1,200 steps`."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def visible(text: str) -> str:
    """The text on one line; what would move, colour or hide something on a terminal stands as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|\d+(?:\.\d+)?")


def without_values(why: str) -> str:
    """A reason without what differs between two rows that fail for it: what is quoted, and numbers."""
    return _VALUES.sub("_", why)


NEAR, MOST = 60, 1000
"""Longest name that is compared with others, and how many it is compared with."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'a' or 'b'?`, or the whole list when it is short and nothing is near."""
    if len(name) > NEAR:  # comparing long texts takes minutes, and nobody mistypes so much
        return ""
    names = sorted(islice((n for n in known if len(n) <= NEAR), MOST))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or [n for n in names if name and name in n][:3]
    if near:
        return "; did you mean " + " or ".join(repr(n) for n in near) + "?"
    return "; known: " + ", ".join(names) if 0 < len(names) <= 12 else ""
