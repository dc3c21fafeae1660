"""A value of the candidate in a few words, without asking the candidate and without a `repr` that could run long."""

from __future__ import annotations

import ast
import reprlib
from typing import Any

_LONGEST = 120
_MAX_BITS = 2000
_PLAIN = (bool, float, complex, type(None), type(...), type(NotImplemented), range)


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 4, 80, 80
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = self.maxdict = 12

    def repr1(self, x: Any, level: int) -> str:
        if level <= 0 and not isinstance(x, (int, str, *_PLAIN)):
            return "..."
        return super().repr1(x, level)

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if x.bit_length() <= _MAX_BITS else f"an int of {x.bit_length()} bits"

    def repr_bytes(self, x: bytes, level: int) -> str:
        return repr(x[: self.maxstring]) + ("..." if len(x) > self.maxstring else "")

    def repr_set(self, x: set[Any], level: int) -> str:
        return super().repr_set(x, level) if len(x) < 1000 else f"a set of {len(x)}"

    def repr_ndarray(self, x: Any, level: int) -> str:
        inner = x.tolist() if x.size <= self.maxlist else [*x.ravel()[: self.maxlist].tolist(), ...]
        return f"array of shape {x.shape} and {x.dtype}: {self.repr1(inner, level - 1)}"

    def repr_instance(self, x: Any, level: int) -> str:
        kind = type(x).__name__
        if type(x).__module__ == "assay.sandbox.link":
            return str(x._assay_shown())
        if isinstance(x, type):
            return x.__name__
        if isinstance(x, _PLAIN) or type(x).__module__ in ("numpy", "decimal", "fractions"):
            return _cut(repr(x))
        inner = [f"{name}={self.repr1(item, level - 1)}" for name, item in list(getattr(x, "__dict__", {}).items())[:4]]
        return f"{kind}({', '.join(inner)})"


def _cut(text: str, longest: int = _LONGEST) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


_short = _Short()


def shown(value: Any) -> str:
    """One line of at most 120 characters.

    Example:
        >>> shown([1, "a" * 4, 10 ** 999])
        "[1, 'aaaa', an int of 3319 bits]"
    """
    return _cut(_short.repr(value))


def source_of(text: str, node: ast.expr) -> str:
    """What a node of a syntax tree says in its text, on one line."""
    return _cut(ast.get_source_segment(text, node) or ast.unparse(node))
