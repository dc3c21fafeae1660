"""What stands for an object of the candidate in the tests' process: each thing done to it is a question.

Not covered: a class of the candidate that tests use directly (`Stack().push(1)`) is asked what its methods return, so
tests that hand an expected value to such a method trust its answer.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, MutableMapping, MutableSequence, MutableSet
from functools import cache
from types import GeneratorType, MethodType
from typing import TYPE_CHECKING, Any

from assay.sandbox import aliases, handed
from assay.sandbox.deriving import Derivable
from assay.sandbox.looks import Attributes, Looks, Loop

if TYPE_CHECKING:
    from assay.sandbox.client import Client


def _forward(op: str) -> Any:
    def forward(self: Proxy, *args: Any) -> Any:
        client = self._assay_client
        return client.ask({"op": op, "h": self._assay_handle, "a": client.pack(args)})

    return forward


def _asked_as(op: str) -> Any:
    """A number or a text that it is, which stays the same while the tests do nothing but look."""
    forward = _forward(op)

    def ask(self: Proxy, *args: Any) -> Any:
        answer, looks = forward(self, *args), self._assay_looks()
        if looks is not None:
            self._assay_deny(looks, looks.answered((op, *args), answer))
        return answer

    return ask


def _leaving(context: Any, kind: Any, problem: Any, trace: Any) -> tuple[tuple[Any, ...], Callable[[Any], Any]]:
    """What a context of the candidate is told of an exception, and how what it says of it is heard: only of what its
    block raises and holds nothing else, or where the tests call it themselves, without a trace."""
    passable = context._assay_client.passable  # for this one question
    told = (None, None, None) if kind is None else (kind, problem, None)
    return told, lambda said: said if trace is None else problem is passable and bool(said)


def _exited(context: Any, *told: Any) -> Any:
    """The candidate is told, and passes over what the tests raise there in any case, but nothing that tests it."""
    told, heard = _leaving(context, *told)
    return heard(_forward("exit")(context, *told))


def exit_of(context: Any) -> Any:
    """`context.__exit__`, which the tests call themselves where they have caught what they tell it of."""
    if not issubclass(type(context), (Proxy, Derived)):
        return context.__exit__

    def leave(kind: Any, problem: Any, _: Any) -> Any:
        client = context._assay_client
        if isinstance(problem, AssertionError) and not client.problems.has_raised(problem):
            client.deny("an assert failed, and the program was asked whether that counts")
        return _exited(context, kind, problem, None)

    return leave


def attribute(thing: Any, name: str) -> Any:
    """What the entry point of tests names, which is the program's own even where values have it too (`partition`)."""
    return _forward("getattr")(thing, name) if isinstance(thing, Proxy) else getattr(thing, name)


def asked_anew(thing: Any, name: str) -> Any:
    """`thing.name` as it is now, whatever the tests have read of it before."""
    if not issubclass(type(thing), (Proxy, Derived)):
        return getattr(thing, name)
    client: Client = thing._assay_client
    before, client.asks_anew = client.asks_anew, True
    try:
        return getattr(thing, name)
    finally:
        client.asks_anew = before


async def awaited(proxy: Proxy, op: str, *args: Any) -> Any:
    """What the candidate's process gets where it awaits this, to its end."""
    return _forward(op)(proxy, *args)


def _forward_where_named(op: str) -> Any:
    """A number in place of the answer must not be an object for which `abs(f(x) - 2) < 1e-6` holds."""
    forward, compares = _forward(op), op in _COMPARING

    def operate(self: Proxy, *args: Any) -> Any:
        is_operand, beside_theirs = self._assay_is_operand(), any(map(_is_theirs, args))
        if is_operand or (self._assay_is_named() and (beside_theirs or not compares)):
            value = forward(self, *args)
            if is_operand or beside_theirs or _is_theirs(value):
                return value
        if not args:
            raise TypeError(f"bad operand type: {self._assay_kind!r}")
        return NotImplemented

    return operate


def _is_theirs(value: Any) -> bool:
    """Whether a value is an object of the candidate."""
    return issubclass(type(value), (Proxy, Derived))


class Proxy:
    """Stands for something in the candidate's process; it never equals data.

    Of a class that the tests name it has all operators, and two of these may be equal: tests trust its methods anyway.
    """

    __slots__ = ("_assay_client", "_assay_handle", "_assay_kind")

    def __init__(self, client: Client, handle: int, kind: str) -> None:
        for name, value in zip(Proxy.__slots__, (client, handle, kind), strict=True):
            object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the candidate with copies of the arguments."""
        client = self._assay_client
        arguments = client.pack((args, kwargs))
        back = "always" if client.keeps_aliases else "none"
        asked = {"op": "call", "h": self._assay_handle, "a": arguments, "back": back}
        live = self._assay_handle in client.methods
        reply = client.request({**asked, "lend": 1} if live else asked)
        sees = client.keeps_aliases or (client.sees_procedures and reply.get("v") is None)
        known = aliases.changeable((args, kwargs), client.classes, client.stays) if sees else ()
        if not live:
            return client.read(reply, known)
        value = client.taken(reply, known, live=True)
        if client.keeps_aliases:
            client.keep(reply, known)
        return value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _SHOWN:
            raise AttributeError(name)
        known = self._assay_is_known()
        if self._assay_is_no_value(name) if known and self._assay_kind != "function" else _is_of_values(name):
            raise AttributeError(f"{self._assay_repr()}, and only a value has the {name} that the tests ask of it")
        found = self._assay_client.attribute(self._assay_handle, name, live=known)
        return self._assay_client.mean(found) if known else found

    def _assay_is_no_value(self, name: str) -> bool:
        """Whether the tests ask for a yes or no as of a value, of what only stands in an attribute or a variable."""
        return not self._assay_is_named() and name in _PREDICATES and self._assay_kind not in ("type", "module")

    @property
    def __signature__(self) -> inspect.Signature:
        """The parameters of a function, as `inspect` shows them."""
        if self._assay_kind != "function":
            raise AttributeError("__signature__")
        told = _forward("parameters")(self)
        return inspect.Signature([handed.parameter(*one) for one in told])

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """The attributes of what it stands for, as `vars` shows them."""
        return dict(self._assay_client.attribute(self._assay_handle, "__dict__"))

    def _assay_repr(self) -> str:
        return f"<{self._assay_kind} of the program, which does not cross>"

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` sees: a class of Python's own, from which its class derives, or that it is."""
        return self._assay_base() or _SEEN_AS.get(self._assay_kind, type(self))

    def _assay_base(self) -> type | None:
        bases: dict[int, type] = self._assay_client.bases
        return bases.get(self._assay_handle)

    def _assay_plain(self) -> Any:
        """What it holds, where its class derives from one of Python's own."""
        held, looks = self._assay_client.ask({"op": "plain", "h": self._assay_handle}), self._assay_looks()
        if looks is not None:
            self._assay_deny(looks, looks.told(held))
        return held

    def __eq__(self, other: object) -> bool:
        if self is not other and self._assay_base() is not None:
            held = self._assay_plain()
            return bool(held == (other._assay_plain() if type(other) is type(self) else other))
        if self is other or not isinstance(other, Proxy):
            return self is other
        same = self._assay_kind == other._assay_kind and self._assay_is_named()
        return same and _forward("eq")(self, other) is True

    def __hash__(self) -> int:
        return int(_forward("hash")(self)) if self._assay_is_named() else id(self)

    def __bool__(self) -> bool:
        return not self._assay_is_operand() or _forward("bool")(self) is True

    def __contains__(self, item: Any) -> bool:
        return (
            _forward("contains")(self, item) is True if self._assay_is_operand() else any(item == own for own in self)
        )

    def _assay_is_named(self) -> bool:
        return self._assay_kind in self._assay_client.named

    def _assay_is_operand(self) -> bool:
        return self._assay_is_named() and self._assay_kind in self._assay_client.operands

    def _assay_is_known(self) -> bool:
        """Whether the tests mean an object of the program: they name it or its class, or an attribute of such a one."""
        return self._assay_is_named() or self._assay_handle in self._assay_client.known

    def __len__(self) -> int:
        """Its length, which stays the same while the tests do nothing but look; of a value it could be no other."""
        length = int(_forward("len")(self))
        if (looks := self._assay_looks()) is not None:
            self._assay_deny(looks, looks.counted(length))
        return length

    def __iter__(self) -> Any:
        inner, looks = _forward("iter")(self), self._assay_looks()
        if looks is None or not isinstance(inner, Proxy):
            return inner
        if inner is self:
            looks.loop = Loop(looks, begins=False)
            return self
        return self._assay_looped(inner, looks)

    def _assay_looped(self, inner: Proxy, looks: Looks) -> Iterator[Any]:
        loop = Loop(looks, begins=True)
        while True:
            try:
                item = _forward("next")(inner)
            except StopIteration:
                self._assay_deny(looks, loop.end())
                return
            self._assay_deny(looks, loop.turn(item))
            yield item

    def __next__(self) -> Any:
        client = self._assay_client
        looks = client.looks.get(self._assay_handle)
        loop = None if looks is None else looks.loop
        if loop is None:  # what is asked for one alone moves on
            client.attributes = Attributes()
        try:
            item = _forward("next")(self)
        except StopIteration:
            if looks is not None and loop is not None:
                looks.loop = None
                self._assay_deny(looks, loop.end())
            raise
        if looks is not None and loop is not None:
            self._assay_deny(looks, loop.turn(item))
        return item

    def __getitem__(self, key: Any) -> Any:
        item, looks = _forward("getitem")(self, key), self._assay_looks()
        if looks is not None and type(key) is int:
            self._assay_deny(looks, looks.indexed(key, item))
        elif looks is not None and type(key) in (str, tuple):
            self._assay_deny(looks, looks.answered(("item", repr(key)), item))
        return item

    def __reversed__(self) -> Any:
        there = _forward("reversed")(self)
        return there if self._assay_looks() is None else reversed(list(self))

    def _assay_looks(self) -> Looks | None:
        """What it has said of its items, where its class is none that the tests calculate with."""
        if self._assay_is_operand():
            return None
        client = self._assay_client
        looks: Looks = client.looks.setdefault(self._assay_handle, Looks(client.are_same))
        return looks

    def _assay_deny(self, looks: Looks, why: str) -> None:
        """The test has failed, if there is a reason and the tests have done nothing but look meanwhile."""
        client = self._assay_client
        if why and client.looks.get(self._assay_handle) is looks:
            client.deny(f"{self._assay_repr()}, and {why}")

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, Proxy) and _forward("isinstance")(instance, self) is True

    def __subclasscheck__(self, other: Any) -> bool:
        return isinstance(other, Proxy) and _forward("issubclass")(other, self) is True

    __array_ufunc__ = None

    def __array__(self, *_: Any, **__: Any) -> Any:
        """numpy would take it for a sequence, perhaps an empty one."""
        raise TypeError(f"{self._assay_repr()} is no array")

    def __deepcopy__(self, _: Any) -> Any:
        return _forward("deepcopy")(self)

    def __enter__(self) -> Any:
        return _forward("enter")(self)

    def __exit__(self, kind: Any, problem: Any, trace: Any) -> Any:
        return _exited(self, kind, problem, trace)

    def __await__(self) -> Any:
        return awaited(self, "await").__await__()

    def __aiter__(self) -> Any:
        return _forward("aiter")(self)

    def __anext__(self) -> Any:
        return awaited(self, "anext")

    def __aenter__(self) -> Any:
        return awaited(self, "aenter")

    async def __aexit__(self, kind: Any, problem: Any, trace: Any) -> Any:
        told, heard = _leaving(self, kind, problem, trace)
        return heard(await awaited(self, "aexit", *told))

    def __mro_entries__(self, _: Any) -> tuple[type, ...]:
        """A class of the tests that derives from one of the candidate is made there."""
        return (Derivable,)

    def __get__(self, instance: Any, _: Any = None) -> Any:
        """A function of the candidate in a class of the tests is a method there."""
        return self if instance is None or self._assay_kind != "function" else MethodType(self, instance)

    __setattr__, __setitem__ = _forward("setattr"), _forward("setitem")
    __delitem__, __copy__, __format__ = _forward("delitem"), _forward("copy"), _asked_as("format")
    __bytes__, __delattr__ = _asked_as("bytes"), _forward("delattr")
    __str__, __repr__, __int__, __float__ = _asked_as("str"), _asked_as("repr"), _asked_as("int"), _asked_as("float")


def _is_of_values(name: str) -> bool:
    """Whether only a value has this, or nobody but the program is to know of it."""
    libraries = frozenset(_LIBRARIES.keys() & sys.modules.keys())
    return name[0] == "_" != name[1] or name in _methods_of_values(libraries)


@cache
def _methods_of_values(libraries: frozenset[str]) -> set[str]:
    """Methods of data, which a test means that asks for one of an object that it does not know.

    Data arrives as data, so an object that has such a method is none. What containers are changed by, any may have.
    """
    kinds = list(VALUES)
    for library in libraries:
        kinds += [getattr(sys.modules[library], name) for name in _LIBRARIES[library].split()]
    names = {name for kind in kinds for name in dir(kind) if name[0] != "_" and callable(getattr(kind, name))}
    return names - {name for kind in _CHANGING for name in dir(kind)} | {"isdisjoint"}


def type_of(value: Any) -> Any:
    """`type(value)` for tests."""
    return _forward("type")(value) if issubclass(type(value), (Proxy, Derived)) else type(value)


def proxy_class(kind: str) -> type[Proxy]:
    """The class of proxies for the candidate's objects of a class of that name."""
    return type(
        kind, (Proxy,), {"__slots__": (), "__doc__": property(lambda self: _forward("getattr")(self, "__doc__"))}
    )


VALUES = (str, bytes, bytearray, int, float, complex, range, list, tuple, dict, set, frozenset)
_PREDICATES = {name for name in dir(str) if name.startswith("is")} | {"startswith", "endswith", "equals"}
_PREDICATES |= {"issubset", "issuperset", "isdisjoint"}
_CHANGING = (MutableSequence, MutableMapping, MutableSet)
_LIBRARIES = {"numpy": "ndarray generic", "pandas": "DataFrame Series Index", "sympy": "Expr MatrixBase Set"}

_SHOWN = (
    "__name__",
    "__doc__",
    "__qualname__",
    "__wrapped__",
    "__annotations__",
    "__defaults__",
    "__mro__",
    "__bases__",
)

_SEEN_AS: dict[str, type] = {"generator": GeneratorType}
_COMPARING = ("lt", "le", "gt", "ge")
_UNARY = "lt le gt ge abs neg pos invert index round floor ceil trunc complex"
_OPERATORS = [*_UNARY.split(), *(f"{side}{name}" for side in ("", "r", "i") for name in handed.ARITHMETIC.split())]
_OPERATORS += ["divmod", "rdivmod"]


def _operators() -> None:
    """Operators of the candidate's classes, with data or others of its objects on either side."""
    for name in _OPERATORS:
        setattr(Proxy, f"__{name}__", _forward_where_named(name))


_operators()


class Derived:
    """An immutable value of one of Python's classes, of a class of the candidate that derives from it and is named.

    What it equals, the value decides; all that its own class has beside it is asked of the candidate.
    """

    _assay_client: Client
    _assay_handle: int

    def __getattr__(self, name: str) -> Any:
        if (name.startswith("__") and name not in _SHOWN) or name.startswith("_assay"):
            raise AttributeError(name)
        return self._assay_client.attribute(self._assay_handle, name)


def derived(client: Client, handle: int, kind: str, value: Any, own: list[str]) -> Any:
    """Such a value; `own` are the special methods that its class has of its own."""
    methods = {name: _forward(name.strip("_")) for name in own if name.strip("_") in _ASKED}
    methods |= {"__exit__": _exited} if "__exit__" in methods else {}
    made: Any = type(value).__new__(type(kind, (Derived, type(value)), methods), value)
    made.__dict__.update(_assay_client=client, _assay_handle=handle)
    return made


_ASKED = {*_OPERATORS, "str", "repr", "format", "len", "iter", "getitem", "contains", "bool", "enter", "exit"}
