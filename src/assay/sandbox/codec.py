"""What may cross between the trusted side, the checker and the candidate: plain data, as tagged JSON.

Values of Python's plain types survive exactly (an int is not a float, `True` is not 1, NaN stays NaN); subclasses
arrive as their base type; instances of named *value classes* arrive as copies, and so do numpy's scalars and arrays
between checker and candidate; all else is a handle or refused. Nothing here ever calls a method that the value's own
class could override.
"""

from __future__ import annotations

import base64
import builtins
import re
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from pathlib import PosixPath, PurePosixPath, PureWindowsPath
from time import thread_time
from typing import Any

from assay.sandbox import aliases, arrays, tables, written
from assay.sandbox.wire import WireError

MAX_DEPTH = 250
"""Nesting of the deepest value."""
MAX_DIGITS = 1 << 14
"""Hexadecimal digits of a fraction's parts, which cost more than linear time to reduce."""
MAX_SAME_HASH = 64
"""How many keys of a set or dictionary may have one hash: chosen keys would make building it quadratic."""
MAX_HASHING = 0.5
"""Seconds of processor time for the keys of one value; a million that nobody chose need less."""
MAX_FIELDS, MAX_NAME = 64, 100
"""Fields of a named tuple, and characters of a name."""
MAX_KINDS, MAX_DEQUES = 64, 20_000
"""Classes of named tuples in one value, and its deques, the smallest of which takes 600 bytes."""
_SMALL = 1 << 53
_BROKEN = (AttributeError, TypeError, ValueError, LookupError, ArithmeticError)


class Codec:
    """Values to JSON and back.

    Example:
        >>> Codec().unpack(Codec().pack((1, 1.0, True, {2: "two"})))
        (1, 1.0, True, {2: 'two'})
    """

    numpy = False
    """Whether what numpy, pandas and sympy make crosses."""
    patterns = False
    """Whether compiled patterns cross. Some take seconds to compile, so none does on the trusted side."""

    def __init__(self) -> None:
        self.classes: dict[str, type] = {}
        """Value classes by name: their instances cross as copies of their attributes."""
        self.derived: dict[str, type] = {}
        """Those made of Python's own: enums cross by their member's name, tuples and lists by their items."""
        self.both: dict[str, type] = {}
        """Classes of the setup, which both sides have and which cross by name once the program is loaded."""
        self._objects: list[Any] = []
        self._seen: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        """Numbers of objects that both sides know, by identity."""
        self._known: Sequence[Any] = ()
        self._kinds_made: set[Any] = set()
        self._deques, self._hashing = 0, 0.0

    def set_classes(self, classes: dict[str, type]) -> None:
        """Name the classes whose instances cross as copies."""
        self.derived = {name: kind for name, kind in classes.items() if issubclass(kind, (Enum, tuple, list))}
        self.classes = {name: kind for name, kind in classes.items() if name not in self.derived}

    def foreign(self, value: Any) -> dict[str, Any]:
        """What stands for a value that is not plain data; the base refuses it."""
        raise WireError(f"{type(value).__name__} is not plain data")

    def resolve(self, body: dict[str, Any]) -> Any:
        """The object that a foreign body stands for; the base refuses it."""
        raise WireError(f"not plain data: {sorted(body)}")

    def encode(self, value: Any) -> Any:
        """A part of a packed value."""
        return self._encode(value, 0)

    def decode(self, body: Any) -> Any:
        return self._decode(body, 0)

    def contents(self, known: Sequence[Any]) -> list[Any]:
        """JSON for what each of the known objects holds. Raises `WireError`."""
        self._numbers = {id(item): number for number, item in enumerate(known)}
        try:
            return [self._contents(item) for item in known]
        finally:
            self._numbers = {}

    def _contents(self, item: Any) -> Any:
        return self._state(item) if type(item).__name__ in self.classes else self._encode_inner(item, type(item), 0)

    def pack(self, value: Any, known: Sequence[Any] = (), before: Sequence[Any] | None = None) -> dict[str, Any]:
        """JSON for a value, where a known object is its number, and for those that changed. Raises `WireError`."""
        self._objects, self._seen = [], {}
        self._numbers = {id(item): number for number, item in enumerate(known)}
        try:
            packed: dict[str, Any] = {"v": self._encode(value, 0)}
            if before is not None:
                pairs = enumerate(map(self._contents, known))
                packed["b"] = [[number, body] for number, body in pairs if body != before[number]]
            states, at = [], 0
            while at < len(self._objects):  # a list, not recursion: a linked list may be long
                states.append([type(self._objects[at]).__name__, self._state(self._objects[at])])
                at += 1
        except RecursionError:
            raise WireError("data nested too deeply") from None
        finally:
            self._objects, self._seen, self._numbers = [], {}, {}
        return {**packed, "o": states} if states else packed

    def unpack(self, packed: Any, known: Sequence[Any] = ()) -> Any:
        """The value of JSON that the other side packed, built of exact plain types. Raises `WireError`.

        Known objects that have changed get their new contents.
        """
        self._known, self._kinds_made, self._deques, self._hashing = known, set(), 0, 0.0
        try:
            states = packed.get("o", [])
            self._objects = [object.__new__(self.classes[name]) for name, _ in states]
            for made, (_, state) in zip(self._objects, states, strict=True):
                self._restore(made, state)
            for number, body in packed.get("b", ()) if known else ():
                if type(known[number]).__name__ in self.classes:
                    self._restore(known[number], body)
                else:
                    aliases.refill(known[number], self._decode(body, 0))
            return self._decode(packed["v"], 0)
        except WireError:
            raise
        except (SyntaxError, re.error, MemoryError, RuntimeError, *_BROKEN) as bad:
            raise WireError(f"not plain data: {type(bad).__name__} {bad}"[:300]) from None
        finally:
            self._objects, self._known = [], ()

    def _state(self, value: Any) -> list[list[Any]]:
        return [[str(name), self._encode(item, 1)] for name, item in aliases.attributes(value).items()]

    def _restore(self, made: Any, state: list[list[Any]]) -> None:
        for name, item in state:
            is_method = callable(getattr(type(made), name, None))  # methods are the class's own
            if not name.startswith("__") and not is_method:
                object.__setattr__(made, str(name), self._decode(item, 1))

    def _encode(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if -_SMALL < value < _SMALL else {"i": hex(value)}
        if kind is float:
            return value if value - value == 0 else {"f": repr(value)}
        if self._numbers and (number := self._numbers.get(id(value))) is not None:
            return {"a": number}
        return self._encode_inner(value, kind, depth)

    def _encode_inner(self, value: Any, kind: type, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"data nested more than {MAX_DEPTH} deep")
        if kind is list:
            return [self._encode(item, depth + 1) for item in value]
        if kind.__name__ in self.derived:
            name = kind.__name__
            base = tuple if issubclass(kind, tuple) else list
            told = value.name if issubclass(kind, Enum) else [self._encode(v, depth + 1) for v in base.__iter__(value)]
            return {"of": [name, told]}
        if kind.__name__ in self.classes:
            return {"o": self._index(value)}
        body = self._encode_library(value, kind, depth) if self.numpy else None
        return body if body is not None else self._encode_more(value, kind, depth)

    def _encode_library(self, value: Any, kind: type, depth: int) -> Any:
        def encode(item: Any) -> Any:
            return self._encode(item, depth + 1)

        body = arrays.packed(value, encode)
        return tables.packed(value, encode) if body is None else body

    def _index(self, value: Any) -> int:
        if id(value) not in self._seen:
            self._seen[id(value)] = len(self._objects)
            self._objects.append(value)
        return self._seen[id(value)]

    def _encode_more(self, value: Any, kind: type, depth: int) -> Any:
        if kind in (deque, defaultdict) and (body := self._encode_bounded(value, depth)) is not None:
            return body
        if issubclass(kind, tuple) and type(fields := getattr(kind, "_fields", None)) is tuple:
            return {"nt": [kind.__name__, [*fields], [self._encode(v, depth + 1) for v in tuple.__iter__(value)]]}
        for tag, base in _SEQUENCES.items():
            if issubclass(kind, base):
                return {tag: [self._encode(item, depth + 1) for item in base.__iter__(value)]}
        for tag, base in _MAPPINGS.items():
            if issubclass(kind, base):
                tag = "cn" if issubclass(kind, Counter) else tag
                return {tag: [[self._encode(k, depth + 1), self._encode(v, depth + 1)] for k, v in base.items(value)]}
        for base, plain in _SCALARS:
            if issubclass(kind, base):
                return self._encode(plain(value), depth)
        if kind in _WRITERS:
            return _WRITERS[kind](value)
        return self._encode_rare(value, kind, depth)

    def _encode_rare(self, value: Any, kind: type, depth: int) -> Any:
        name = str(type.__getattribute__(value, "__name__")) if issubclass(kind, type) else ""
        if name and vars(builtins).get(name) is value:
            return {"ty": name}
        if name and self.both.get(name) is value:
            return {"own": name}
        body = written.packed(value, kind, lambda told: self._encode(told, depth + 1))
        return self.foreign(value) if body is None else body

    def _encode_bounded(self, value: Any, depth: int) -> Any:
        """A deque with a length, or a dictionary that makes what is missing."""
        if isinstance(value, deque):
            return None if value.maxlen is None else {"dq": [value.maxlen, [self._encode(v, depth + 1) for v in value]]}
        factory: Any = value.default_factory
        if factory not in _FACTORIES:
            return None
        return {"dd": [factory.__name__, [[self._encode(part, depth + 1) for part in pair] for pair in value.items()]]}

    def _decode(self, body: Any, depth: int) -> Any:
        if isinstance(body, list):
            if depth > MAX_DEPTH:
                raise WireError(f"data nested more than {MAX_DEPTH} deep")
            return [self._decode(item, depth + 1) for item in body]
        if not isinstance(body, dict):
            return body
        if len(body) != 1 or depth > MAX_DEPTH:
            return self.resolve(body)
        [(tag, inner)] = body.items()
        if tag in ("cn", "dd", "dq", "of", "nt", "q"):
            return self._decode_bounded(tag, inner, depth)
        if tag in _SEQUENCES:
            items = [self._decode(item, depth + 1) for item in inner]
            return _SEQUENCES[tag](self._paced(items) if tag in ("s", "fs") else items)
        if tag in _MAPPINGS:
            return _MAPPINGS[tag](self._pairs(inner, depth))
        if tag in _READERS and (tag != "re" or self.patterns):
            return _READERS[tag](inner)
        if tag in ("a", "own"):
            return self._known[inner] if tag == "a" else self.both[inner]
        return self._objects[inner] if tag == "o" else self._decode_library(tag, inner, depth)

    def _decode_library(self, tag: str, inner: Any, depth: int) -> Any:
        def decode(body: Any) -> Any:
            return self._decode(body, depth + 1)

        if tag == "as":
            return written.unpacked(inner[0], decode(inner[1]))
        if not self.numpy or tag not in ("nd", "se", "df", "sy"):
            return self.resolve({tag: inner})
        if tag != "nd":
            return tables.unpacked(tag, inner, decode)
        code, shape, data = inner
        return arrays.unpacked(code, shape, data, decode)

    def _decode_bounded(self, tag: str, inner: Any, depth: int) -> Any:
        if tag == "cn":
            return Counter(dict(self._pairs(inner, depth)))
        if tag == "dd":
            return defaultdict(_FACTORIES[_builtin_type(inner[0])], self._pairs(inner[1], depth))
        if tag == "nt":
            items = [self._decode(item, depth + 1) for item in inner[2]]
            self._kinds_made.add((inner[0], *inner[1]))
            _bound("classes of named tuples", len(self._kinds_made), MAX_KINDS)
            return _named_tuple(inner[0], *inner[1])(*items)
        if tag == "of":
            kind, told = self.derived[inner[0]], inner[1]
            if issubclass(kind, Enum):
                return kind.__members__[told]
            items = [self._decode(item, depth + 1) for item in told]
            made = tuple.__new__(kind, items) if issubclass(kind, tuple) else list.__new__(kind)
            if isinstance(made, list):
                list.extend(made, items)
            return made
        self._deques += 1
        _bound("deques", self._deques, MAX_DEQUES)
        items, longest = (inner, None) if tag == "q" else (inner[1], int(inner[0]))
        return deque([self._decode(item, depth + 1) for item in items], longest)

    def _pairs(self, pairs: list[Any], depth: int) -> Iterator[tuple[Any, Any]]:
        keys = self._paced([self._decode(k, depth + 1) for k, _ in pairs])
        return zip(keys, [self._decode(v, depth + 1) for _, v in pairs], strict=True)

    def _paced(self, keys: list[Any]) -> Iterator[Any]:
        """The keys one by one, so that other threads run too. Raises `WireError` where they were chosen to collide.

        That is where many have one hash, or where hashes that differ meet in the table, which only time tells.
        """
        hashes = sorted(map(hash, keys))  # no table, which would be as slow
        if any(map(int.__eq__, hashes, hashes[MAX_SAME_HASH:])):
            raise WireError("keys that were chosen to have one hash")
        start = thread_time()
        for at, key in enumerate(keys, 1):
            yield key
            if at % 128 == 0 or at == len(keys):
                now = thread_time()
                self._hashing, start = self._hashing + now - start, now
                if self._hashing > MAX_HASHING:
                    raise WireError("keys that were chosen to be slow")


def _bound(what: str, number: int, most: int) -> None:
    if number > most:
        raise WireError(f"more than {most} {what}")


@lru_cache(64)
def _named_tuple(name: str, *fields: str) -> Any:
    """A class of named tuples. Raises `WireError`."""
    if len(fields) > MAX_FIELDS or max(map(len, (name, *fields))) > MAX_NAME:
        raise WireError("a named tuple of too many or too long names")
    return namedtuple(name, fields)


def _fraction(parts: list[str]) -> Fraction:
    if max(map(len, parts)) > MAX_DIGITS:
        raise WireError(f"a fraction of more than {MAX_DIGITS} digits")
    top, bottom = parts
    return Fraction(int(top, 16), int(bottom, 16))


def _path(kind: str, text: str) -> Any:
    return {known.__name__: known for known in _PATHS}[kind](text)


def _builtin_type(name: str) -> type:
    found = vars(builtins)[name]
    if not isinstance(found, type):
        raise TypeError(f"{name} is not a type")
    return found


_SEQUENCES: dict[str, Any] = {"l": list, "t": tuple, "s": set, "fs": frozenset, "q": deque}
_MAPPINGS: dict[str, Any] = {"od": OrderedDict, "d": dict}
"""A class stands before its own base."""
_FACTORIES: dict[Any, Any] = {kind: kind for kind in (bool, dict, float, int, list, set, str, tuple)}
"""What a `defaultdict` may make; with any other factory it arrives as a plain one."""
_SCALARS: tuple[tuple[type, Any], ...] = (
    (int, int.__pos__),
    (float, float.__pos__),
    (str, lambda text: str.__add__(text, "")),
)
_PATHS = (PurePosixPath, PureWindowsPath, PosixPath)
_WRITERS: dict[type, Any] = {
    bytes: lambda value: {"b": base64.b64encode(value).decode()},
    bytearray: lambda value: {"ba": base64.b64encode(value).decode()},
    complex: lambda value: {"c": [repr(value.real), repr(value.imag)]},
    range: lambda value: {"r": [hex(value.start), hex(value.stop), hex(value.step)]},
    Decimal: lambda value: {"dec": str(value)},
    Fraction: lambda value: {"fr": [hex(value.numerator), hex(value.denominator)]},
    date: lambda value: {"day": value.isoformat()},
    datetime: lambda value: {"at": value.isoformat()},
    time: lambda value: {"hour": value.isoformat()},
    timedelta: lambda value: {"td": [value.days, value.seconds, value.microseconds]},
    re.Pattern: lambda value: {"re": [value.pattern if isinstance(value.pattern, str) else None, value.flags]},
    **dict.fromkeys(_PATHS, lambda value: {"path": [type(value).__name__, str(value)]}),
    type(...): lambda value: {"el": 0},
    type(NotImplemented): lambda value: {"ni": 0},
}
_READERS: dict[str, Any] = {
    "i": lambda text: int(text, 16),
    "f": float,
    "b": lambda text: base64.b64decode(text, validate=True),
    "ba": lambda text: bytearray(base64.b64decode(text, validate=True)),
    "c": lambda parts: complex(float(parts[0]), float(parts[1])),
    "r": lambda parts: range(*(int(part, 16) for part in parts)),
    "dec": Decimal,
    "fr": _fraction,
    "day": date.fromisoformat,
    "at": datetime.fromisoformat,
    "hour": time.fromisoformat,
    "td": lambda parts: timedelta(*parts),
    "re": lambda parts: re.compile(parts[0], parts[1] & ~re.DEBUG),
    "path": lambda parts: _path(*parts),
    "el": lambda _: ...,
    "ni": lambda _: NotImplemented,
    "ty": _builtin_type,
}
