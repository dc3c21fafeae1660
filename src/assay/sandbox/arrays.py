"""numpy's scalars and arrays as data: a type of fixed size, a shape, bytes. Arrays of objects do not cross.

numpy is never imported here: a process that has none of it has no such values to send, and gets plain numbers.
"""

from __future__ import annotations

import base64
import math
import re
import sys
from collections.abc import Callable
from typing import Any

MAX_BYTES = 8 << 20
"""Bytes of the largest array."""
_CODE = re.compile(r"[<>|=](?:b1|[iu][1248]|f[248]|c8|c16|[SU][1-9]\d{0,6})")
_ITEMS = (bool, int, float, complex, str, bytes)
_LAST_CHARACTER = 0x10FFFF


def packed(value: Any, encode: Callable[[Any], Any]) -> dict[str, Any] | None:
    """A tagged body for a numpy scalar or array; `None` for what is neither, or cannot cross."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
        return None
    code = value.dtype.str
    if not _CODE.fullmatch(code) or value.nbytes > MAX_BYTES or isinstance(value, numpy.ma.MaskedArray):
        return None
    if isinstance(value, numpy.generic):
        return {"np": [code, encode(value.item())]}
    return {"nd": [code, list(value.shape), base64.b64encode(value.tobytes()).decode()]}


def scalar(code: str, item: Any) -> Any:
    """The numpy scalar, or its plain value in a process without numpy. Raises `ValueError` on what is none."""
    if not _CODE.fullmatch(code) or type(item) not in _ITEMS:
        raise ValueError("no scalar")
    numpy = sys.modules.get("numpy")
    return item if numpy is None else numpy.dtype(code).type(item)


def array(code: str, shape: list[int], data: str) -> Any:
    """A new array of the bytes. Raises `ValueError`, `TypeError` or `KeyError` on what is none."""
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
    return flat.reshape(shape)
