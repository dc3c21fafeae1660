"""Texts that must not lie about: a benchmark that is published sealed stays sealed in every file of ours.

As such benchmarks do it, a text is combined with its key by exclusive or, and written in base64. The key stands beside
it: that keeps a text out of search engines and training sets, and no secret from a reader.
"""

from __future__ import annotations

import base64
import binascii
from itertools import cycle


def seal(text: str, key: str) -> str:
    """A text, sealed.

    Example:
        >>> unsealed(seal("42 °C", "canary"), "canary")
        '42 °C'
    """
    return base64.b64encode(_mixed(text.encode("utf-8", "surrogatepass"), key)).decode("ascii")


def unsealed(text: str, key: str) -> str:
    """The text that was sealed with a key. Raises `ValueError`, which does not show it, where it was not."""
    try:
        return _mixed(base64.b64decode(text, validate=True), key).decode("utf-8", "surrogatepass")
    except (UnicodeDecodeError, binascii.Error):
        raise ValueError("its key does not open it") from None


def _mixed(content: bytes, key: str) -> bytes:
    if not key:
        raise ValueError("a sealed text needs its key")
    return bytes(a ^ b for a, b in zip(content, cycle(key.encode()), strict=False))
