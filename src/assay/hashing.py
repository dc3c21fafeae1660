"""Hashes that mean the same on every machine: content ids, fingerprints, and seeds."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=True)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same value gives the same text on every machine."""
    return _ENCODER.encode(value)


def content_hash(value: Any, length: int = 16) -> str:
    """The first `length` hexadecimal digits of the SHA-256 of `canonical(value)`."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()[:length]


class RowsHash:
    """`content_hash` of many rows, one after the other."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()

    def add(self, row: Any) -> None:
        """Take the next row in."""
        self._whole.update(canonical(row).encode("utf-8", "surrogatepass"))

    def digest(self) -> str:
        """The first 16 hexadecimal digits."""
        return self._whole.hexdigest()[:16]


def hashed_seed(*parts: Any) -> int:
    """A 63-bit seed from (seed, name, index, ...): hashed, never added, so near inputs give unrelated streams."""
    return int(content_hash(list(parts), 16), 16) >> 1


def normalised(text: str) -> str:
    """A text for exact comparison: composed Unicode, white space collapsed. Case, numbers and symbols are content."""
    return " ".join(unicodedata.normalize("NFC", text).split())


_TYPOGRAPHY = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|[;:?!()\[\]{}\"'`’‘“”„«»~$\\&]")


def bare(text: str) -> str:
    """A text for comparison that would rather find too much: without white space, case and typography."""
    return _TYPOGRAPHY.sub("", "".join(unicodedata.normalize("NFKC", text).casefold().split()))
