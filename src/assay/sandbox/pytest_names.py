"""What tests take from `pytest`, which is not there: expected exceptions, closeness, parameters, fixtures, marks.

Tests are called as `testfiles.py` reads them. A name that is not here is an `AttributeError` of the tests.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import wraps
from types import MappingProxyType, ModuleType
from typing import Any

from assay.sandbox import fixtures

KNOWN = ("raises", "approx", "fixture", "param", "fail", "mark")
"""What tests may use of it."""


class raises:
    """The block, or the function that is called, raises one of the classes, with a text that matches."""

    def __new__(cls, expected: Any, *call: Any, match: Any = None, **kwargs: Any) -> Any:
        self = super().__new__(cls)
        self.expected, self.matched = expected, match
        self.type = self.value = None
        if not call:
            return self
        with self:
            call[0](*call[1:], **kwargs)
        return self

    expected: Any
    matched: Any
    type: Any
    value: Any

    def __enter__(self) -> raises:
        return self

    def __exit__(self, kind: Any, problem: Any, trace: Any) -> bool:
        if kind is None:
            raise AssertionError(f"did not raise {self.expected!r}")
        self.type, self.value = kind, problem
        return issubclass(kind, self.expected) and (self.matched is None or self.match(self.matched))

    def match(self, pattern: Any) -> bool:
        """Raise `AssertionError` where the text of what was raised does not match."""
        if not re.search(pattern, str(self.value)):
            raise AssertionError(f"{pattern!r} does not match {str(self.value)[:200]!r}")
        return True


class approx:
    """Equals numbers that are within the larger of `rel` (1e-6) and `abs` (1e-12) of it, and what is made of such."""

    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None  # numpy asks this side

    def __init__(self, expected: Any, rel: Any = None, abs: Any = None, nan_ok: bool = False) -> None:
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"

    def __eq__(self, other: Any) -> bool:
        return self._close(self.expected, other)

    def _close(self, wanted: Any, got: Any) -> bool:
        wanted, got = held(wanted), held(got)
        if isinstance(wanted, Mapping):
            known = isinstance(got, Mapping) and wanted.keys() == got.keys()
            return known and all(self._close(value, got[key]) for key, value in wanted.items())
        if isinstance(wanted, (list, tuple)):
            known = isinstance(got, (list, tuple)) and len(wanted) == len(got)
            return known and all(map(self._close, wanted, got))
        if isinstance(wanted, bool) or not isinstance(wanted, (int, float, complex)):
            return bool(wanted == got)
        if isinstance(got, bool) or not isinstance(got, (int, float, complex)):
            return False
        if wanted != wanted or got != got:
            return self.nan_ok and wanted != wanted and got != got
        if wanted == got or math.inf in (abs(wanted), abs(got)):
            return bool(wanted == got)
        least = 1e-12 if self.abs is None else self.abs
        share = 1e-6 if self.rel is None and self.abs is None else self.rel or 0.0
        return bool(abs(wanted - got) <= max(least, share * abs(wanted)))


def held(value: Any) -> Any:
    """A plain value for one of a class that derives from it: what it holds, and nothing that its class says."""
    kinds: tuple[Any, ...] = (tuple, list, bool, int, float, complex)
    for kind in kinds:
        if isinstance(value, kind) and type(value) is not kind:
            return kind.__getitem__(value, slice(None)) if kind in (tuple, list) else kind.__pos__(value)
    if isinstance(value, (Decimal, Fraction)):
        return float(value)
    return dict.copy(value) if isinstance(value, dict) else value.tolist() if _is_array(value) else value


def _is_array(value: Any) -> bool:
    return type(value).__module__ == "numpy" and hasattr(value, "tolist")


def parametrize(names: Any, values: Iterable[Any], **_: Any) -> Callable[[Any], Any]:
    """Call a test with each of the values, and with what each of its fixtures, given as functions, makes for it."""
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    values = list(values)

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(test)
        def each(*args: Any, known: Mapping[str, Any] = MappingProxyType({}), **made: Callable[[], Any]) -> None:
            for value in values:
                row = value if len(wanted) > 1 or isinstance(value, Parameters) else [value]
                given = {**known, **dict(zip(wanted, row, strict=True))}
                if hasattr(test, "is_each"):
                    test(*args, known=given, **made)
                    continue
                try:
                    test(*args, **given, **{name: make() for name, make in made.items()})
                finally:
                    fixtures.finish()

        each.is_each = True  # type: ignore[attr-defined]
        return each

    return decorate


class Parameters(tuple[Any, ...]):
    """A row of parameters that `param` made."""


def param(*values: Any, **_: Any) -> Parameters:
    """A row of `parametrize`."""
    return Parameters(values)


def fail(reason: str = "", **_: Any) -> None:
    """Fail."""
    raise AssertionError(reason or "failed")


class _Marks:
    """`pytest.mark`: parameters count; a test that is skipped or known to fail is not run; other marks say nothing."""

    parametrize = staticmethod(parametrize)

    def __getattr__(self, name: str) -> Any:
        def mark(*args: Any, **kwargs: Any) -> Any:
            if len(args) == 1 and callable(args[0]) and not kwargs:
                return _unrun(args[0]) if name in ("skip", "xfail") else args[0]
            when = args[0] if args else kwargs.get("condition", False)
            off = name in ("skip", "xfail") or (name == "skipif" and when is True)
            return _unrun if off else lambda test: test

        return mark


def _unrun(test: Any) -> Any:
    if isinstance(test, type):
        raise TypeError(f"a class that is skipped or known to fail, such as {test.__name__}, is not known here")
    return lambda *_, **__: None


def module() -> ModuleType:
    """The module that tests import."""
    made = ModuleType("pytest", __doc__)
    own = {name: globals()[name] for name in KNOWN if name in globals()}
    there = {name: getattr(fixtures, name) for name in ("fixture", "finish", "finish_late", *fixtures.FIXTURES)}
    vars(made).update({**own, **there}, mark=_Marks())
    return made
