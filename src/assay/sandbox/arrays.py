"""numpy's values as data: a scalar as Python's own number or text, an array as a type of fixed size, a shape and bytes.

What would equal anything does not cross, or fails where it is compared: arrays of objects, masked arrays, and empty
ones, which numpy broadcasts against what is not empty, and `all()` of nothing is true. A scalar is compared exactly:
numpy would round 100000.0 to 16 bits beside an infinite `float16`, and find them equal.

numpy is never imported here: a process without it has no such values to send.
"""

from __future__ import annotations

import base64
import functools
import math
import re
import sys
from collections.abc import Callable
from typing import Any

MAX_BYTES = 8 << 20
"""Bytes of the largest array."""
_CODE = re.compile(r"[<>|=](?:b1|[iu][1248]|f[248]|c8|c16|[SU][1-9]\d{0,6})")
_LAST_CHARACTER = 0x10FFFF
_COMPARING = (
    "allclose isclose array_equiv testing.assert_allclose testing.assert_almost_equal testing.assert_array_equal "
    "testing.assert_array_almost_equal testing.assert_equal"
)


def packed(value: Any, encode: Callable[[Any], Any]) -> Any:
    """The body of a numpy scalar or array; `None` for what is neither, or cannot cross."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
        return None
    code = value.dtype.str
    if isinstance(value, numpy.generic):
        item = value.item()
        return encode(item) if type(item) in (bool, int, float, complex, str, bytes) else None
    if not _CODE.fullmatch(code) or value.nbytes > MAX_BYTES or isinstance(value, numpy.ma.MaskedArray):
        return None
    if value.size == 0 and value.ndim != 1:
        return None
    return {"nd": [code, list(value.shape), base64.b64encode(value.tobytes()).decode()]}


def unpacked(code: str, shape: list[int], data: str) -> Any:
    """A new array. Raises `ValueError`, `TypeError` or `KeyError` on what is none."""
    numpy, raw = sys.modules["numpy"], bytearray(base64.b64decode(data, validate=True))
    if not _CODE.fullmatch(code) or not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("no array")
    kind = numpy.dtype(code)
    if math.prod(shape) * kind.itemsize != len(raw) or (not raw and len(shape) != 1):
        raise ValueError("an array whose bytes do not fill its shape")
    flat = numpy.frombuffer(raw, kind)
    if kind.kind == "b":
        flat = flat.view("u1") != 0  # every other byte is true as well
    if kind.kind == "U" and raw and flat.view(code[0] + "u4").max() > _LAST_CHARACTER:
        raise ValueError("characters that there are not")
    if kind.str[1:] == "f2":
        flat = flat.astype("f8")  # beside a plain number, numpy would round that to 16 bits
    return flat.reshape(shape)


@functools.cache
def _empty_class(numpy: Any) -> Any:
    """An empty array of the candidate: whatever joins it with something that is not empty fails."""

    class Empty(numpy.ndarray):  # type: ignore[misc]
        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
            if any(map(numpy.size, inputs)):
                raise AssertionError("one side is empty and the other is not")
            plain = [item.view(numpy.ndarray) if isinstance(item, Empty) else item for item in inputs]
            made = getattr(ufunc, method)(*plain, **options)
            alone = len(inputs) == 1 and isinstance(made, numpy.ndarray)  # as in `abs(f(x))`
            return made.view(Empty) if alone and made.size == 0 else made

    return Empty


def guarded(array: Any) -> Any:
    """An array of the candidate, as tests may use it."""
    return array if array.size else array.view(_empty_class(sys.modules["numpy"]))


def refuse_empty() -> None:
    """Let numpy's comparisons in this process fail where one side is empty and the other is not."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return
    for path in _COMPARING.split():
        owner = numpy.testing if path.startswith("testing.") else numpy
        name = path.rpartition(".")[2]
        setattr(owner, name, _both_or_none(numpy, getattr(owner, name)))


def _both_or_none(numpy: Any, compare: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(compare)
    def checked(left: Any, right: Any, *args: Any, **kwargs: Any) -> Any:
        if (numpy.size(left) == 0) != (numpy.size(right) == 0):
            raise AssertionError("one side is empty and the other is not")
        return compare(left, right, *args, **kwargs)

    return checked
