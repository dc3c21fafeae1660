"""numpy's values as data: a scalar as Python's own number or text, an array as a type of fixed size, a shape and bytes.

What would equal anything does not cross, or fails where it is compared: arrays of objects, masked arrays, and what is
empty, as numpy broadcasts that against what is not, and `all()` of nothing is true. So every empty value of the
candidate, arrays and plain sequences alike, fails where numpy joins it with what is not empty, or asks `all()` of it.
A scalar is compared exactly: numpy would round 100000.0 to 16 bits beside an infinite `float16`, and find them equal.

numpy is never imported here: a process without it has no such values to send.
"""

from __future__ import annotations

import base64
import functools
import math
import re
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

MAX_BYTES = 8 << 20
"""Bytes of the largest array."""
_CODE = re.compile(r"[<>|=](?:b1|[iu][1248]|f[248]|c8|c16|[SU][1-9]\d{0,6})")
_SIMPLE = (bool, int, float, str, type(None))
"""What an array of objects may hold so that it crosses."""
_LAST_CHARACTER = 0x10FFFF
_COMPARING = (
    "allclose isclose array_equiv testing.assert_allclose testing.assert_almost_equal testing.assert_array_equal "
    "testing.assert_array_almost_equal testing.assert_equal isin testing.assert_array_less testing.assert_approx_equal"
)
_MAKING = "array asarray asanyarray ascontiguousarray atleast_1d atleast_2d sort unique ravel squeeze"


def packed(value: Any, encode: Callable[[Any], Any]) -> Any:
    """The body of a numpy scalar or array; `None` for what is neither, or cannot cross."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
        return None
    code = value.dtype.str
    if isinstance(value, numpy.generic):
        item = value.item()
        return encode(item) if type(item) in (bool, int, float, complex, str, bytes) else None
    if code == "|O" and type(value) is numpy.ndarray and all(type(item) in _SIMPLE for item in value.flat):
        return {"nd": [code, list(value.shape), encode(value.ravel().tolist())]}
    if not _CODE.fullmatch(code) or value.nbytes > MAX_BYTES or isinstance(value, numpy.ma.MaskedArray):
        return None
    return {"nd": [code, list(value.shape), base64.b64encode(value.tobytes()).decode()]}


def unpacked(code: str, shape: list[int], data: Any, decode: Callable[[Any], Any]) -> Any:
    """A new array. Raises `ValueError`, `TypeError` or `KeyError` on what is none."""
    if code == "|O":
        items = decode(data)
        if any(type(item) not in _SIMPLE for item in items):
            raise ValueError("an array of objects")
        return sys.modules["numpy"].array(items, dtype=object).reshape(shape)
    numpy, raw = sys.modules["numpy"], bytearray(base64.b64decode(data, validate=True))
    if not _CODE.fullmatch(code) or not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("no array")
    kind = numpy.dtype(code)
    if math.prod(shape) * kind.itemsize != len(raw):
        raise ValueError("an array whose bytes do not fill its shape")
    flat = numpy.frombuffer(raw, kind)
    if kind.kind == "b":
        flat = flat.view("u1") != 0  # every other byte is true as well
    if kind.kind == "U" and raw and flat.view(code[0] + "u4").max() > _LAST_CHARACTER:
        raise ValueError("characters that there are not")
    if kind.str[1:] == "f2":
        flat = flat.astype("f8")  # beside a plain number, numpy would round that to 16 bits
    return flat.reshape(shape)


class _Empty:
    """An empty value of the candidate: whatever joins it with something that is not empty fails."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        numpy = sys.modules["numpy"]
        if any(map(numpy.size, inputs)):
            raise AssertionError("one side is empty and the other is not")
        plain = [numpy.array(item).view(numpy.ndarray) if isinstance(item, _Empty) else item for item in inputs]
        made = getattr(ufunc, method)(*plain, **options)
        return guarded(made) if len(inputs) == 1 else made  # as in `abs(f(x))`

    def all(self, *_: Any, **__: Any) -> Any:
        """Of nothing it would be true."""
        raise AssertionError("all() of nothing")


_EMPTY: dict[type, type] = {kind: type(kind.__name__, (kind, _Empty), {}) for kind in (list, tuple, deque)}


@functools.cache
def _empty_array(numpy: Any) -> Any:
    return type("ndarray", (_Empty, numpy.ndarray), {})


def guarded(value: Any) -> Any:
    """A value of the candidate, or what numpy made of it, as tests may use it."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return value
    if isinstance(value, numpy.ndarray):
        return value if value.size or isinstance(value, _Empty) else value.view(_empty_array(numpy))
    kind = _EMPTY.get(type(value))
    if kind is None:
        return _EMPTY[list]() if isinstance(value, range) and not value else value
    return value if any(not isinstance(item, _Empty) for item in value) else kind(value)


def undecided(left: Any, right: Any, made: Any, exact: bool, means_nan: bool) -> str:
    """Why it says nothing to compare or subtract two values, of which this was made; empty where it says something.

    One is empty and the other is not; or it comes to NaN or to pandas' missing value, which is neither more nor less
    (nor equal, where it is `exact`), and the tests mean none.
    """
    numpy = sys.modules.get("numpy")
    sides = () if means_nan else (made,) if exact else (left, right, made)
    if any(type(side) is float and side != side for side in sides):
        return "it is compared with NaN"
    if numpy is None or not (is_array(left) or is_array(right)):
        return ""
    if bool(_size(numpy, left)) != bool(_size(numpy, right)):
        return "one side is empty and the other is not"
    return "it is compared with NaN" if any(_is_missing(numpy, side) for side in sides if is_array(side)) else ""


def _is_missing(numpy: Any, value: Any) -> bool:
    """Whether any item is NaN, or missing as pandas means it."""
    if type(value).__module__.partition(".")[0] == "pandas":
        return bool(numpy.asarray(sys.modules["pandas"].isna(value)).any())
    value = numpy.asarray(value)
    return value.dtype.kind == "f" and bool(numpy.isnan(value).any())


def _size(numpy: Any, value: Any) -> int:
    """How many things it holds; 1 for a thing, and for what no array could be made of."""
    try:
        return int(value.size if is_array(value) and hasattr(value, "size") else numpy.size(value))
    except (ValueError, TypeError):
        return 1


def says_nothing(value: Any) -> bool:
    """Whether an array or a table is empty, or holds truths that are missing: of these `all()` is true."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not _size(numpy, value):
        return numpy is not None
    kinds = getattr(value, "dtypes", getattr(value, "dtype", ""))
    is_truth = all(str(kind) == "boolean" for kind in numpy.atleast_1d(kinds))
    return is_truth and _is_missing(numpy, value)


def is_array(value: Any) -> bool:
    """Whether a value is numpy's or pandas'."""
    return type(value).__module__.partition(".")[0] in ("numpy", "pandas") or isinstance(value, _Empty)


def refuse_empty() -> None:
    """Let numpy's comparisons in this process fail where one side is empty and the other is not."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        return
    for path in _COMPARING.split():
        owner = numpy.testing if path.startswith("testing.") else numpy
        name = path.rpartition(".")[2]
        setattr(owner, name, _both_or_none(numpy, getattr(owner, name)))
    numpy.all = _not_of_nothing(numpy.all)
    for name in _MAKING.split():
        setattr(numpy, name, _still_empty(getattr(numpy, name)))


def _not_of_nothing(every: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(every)
    def checked(given: Any, *args: Any, **kwargs: Any) -> Any:
        return given.all() if isinstance(given, _Empty) else every(given, *args, **kwargs)

    return checked


def _still_empty(make: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes an array, which is guarded where it is made of a guarded value."""

    @functools.wraps(make)
    def made(given: Any, *args: Any, **kwargs: Any) -> Any:
        array = make(given, *args, **kwargs)
        return guarded(array) if isinstance(given, _Empty) else array

    return made


def _both_or_none(numpy: Any, compare: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(compare)
    def checked(left: Any, right: Any, *args: Any, **kwargs: Any) -> Any:
        if (numpy.size(left) == 0) != (numpy.size(right) == 0):
            raise AssertionError("one side is empty and the other is not")
        return compare(left, right, *args, **kwargs)

    return checked
