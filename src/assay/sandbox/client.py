"""The candidate as its tests see it: calls go out over a socket, and what comes back is plain data or a proxy.

Not covered: a class of the candidate that tests use directly (`Stack().push(1)`) is asked what its methods return, so
tests that hand an expected value to such a method trust its answer.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import os
import socket
import sys
import threading
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from assay.sandbox import aliases, arrays, candidate, handed, patches, wire
from assay.sandbox.codec import Codec

MAX_CALLS = 200_000
"""Messages to one candidate; more is the candidate's doing."""


class CandidateGone(BaseException):
    """The candidate's process ended, broke the protocol, or sent too much; no test can catch this by accident."""


class Refused(wire.WireError):
    """What the tests wanted to hand over cannot cross."""


class CandidateError(Exception):
    """An exception of the candidate whose class the checker does not have."""


class Client(Codec):
    """The checker's end: calls go out, plain data comes back."""

    numpy = patterns = True

    def __init__(self, peer: socket.socket) -> None:
        super().__init__()
        self.peer = peer
        self.keeps_aliases = False
        """Whether results may be the arguments themselves, and changes show though a call returned a value."""
        self.guards = False
        """Whether empty values are guarded: the tests use numpy."""
        self.named: set[str] = set()
        """Classes of the candidate that the tests name."""
        self._proxies: dict[int, Any] = {}
        self._handles: dict[int, int] = {}
        self._kinds: dict[str, type[Proxy]] = {}
        self.callbacks: list[Any] = []
        """What the tests have handed over that is no data."""
        self._numbered: dict[int, int] = {}
        self.calls = 0
        self.answered = False
        """Whether what is handed over may come from what the candidate has answered, or has asked for."""
        self._turn = threading.RLock()
        """Held while a question of one thread of the tests is answered."""
        self.gone = ""
        """Why the candidate's process is of no use any more."""
        self.refused = ""
        """What the tests wanted to hand over and could not, until they go on and ask for something else."""
        self.denied = ""
        """An assert of the tests that failed where the candidate called back: it does not choose to pass over that."""
        self.raised: list[BaseException] = []
        """Exceptions of the candidate."""
        self.errors = 0
        """How many of them are no end of an iteration, unless the tests expect one."""
        self.exceptions: dict[str, type[Exception]] = {}
        self.own_exceptions: set[type[Exception]] = set()
        """Those among them that stand for the candidate's, and have what its instances have."""
        self.watch: patches.Watch | None = None
        """What the tests may put in the place of Python's own."""
        self.ends: tuple[str, ...] = ("next", "anext")
        """What is asked where an exception that ends a loop may arrive as itself."""

    def foreign(self, value: Any) -> dict[str, Any]:
        if id(value) in self._handles:
            return {"h": self._handles[id(value)]}
        actions = handed.possible(value)
        if not (
            isinstance(value, BaseException) or actions or callable(value) or self.answered
        ):  # else no other program could do better
            self.refused = f"a test cannot pass {type(value).__name__} to another process"
            raise Refused(self.refused)
        if id(value) not in self._numbered:  # one object has one number
            self._numbered[id(value)] = len(self.callbacks)
            self.callbacks.append(value)
        body: dict[str, Any] = {"cb": self._numbered[id(value)]}
        if isinstance(value, FunctionType):
            body["f"] = _described(value)
        return {**body, "can": [type(value).__name__, actions]} if actions else body

    def resolve(self, body: dict[str, Any]) -> Any:
        if "cb" in body:
            return self.callbacks[body["cb"]]
        if "nd" in body:
            return arrays.guarded(arrays.unpacked(*body["nd"]))
        if not isinstance(body.get("h"), int):
            raise wire.WireError("no handle")
        if body["h"] not in self._proxies:
            kind = str(body.get("t"))[:100]
            shown = kind if kind.isidentifier() and kind not in self.classes else "Proxy"
            made = self._kinds.setdefault(shown, type(shown, (Proxy,), dict(_PROXIED)))
            proxy = made(self, body["h"], kind)
            self._proxies[body["h"]] = _awaited(proxy, "await") if kind == "coroutine" else proxy
            self._handles[id(self._proxies[body["h"]])] = body["h"]
        return self._proxies[body["h"]]

    def _decode(self, body: Any, depth: int) -> Any:
        value = super()._decode(body, depth)
        return arrays.guarded(value) if self.guards else value

    def await_ready(self) -> None:
        """Wait until the candidate's process is isolated. Raises `OSError` when it never is."""
        if (wire.receive(self.peer) or {}).get("ready") != 1:
            raise OSError("the candidate's process could not be isolated")

    def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a request and return the reply, serving callbacks meanwhile. Raises what the candidate raised.

        A reply repeats the request's number, which nobody can guess: no answer can be written ahead of its question.
        """
        with self._turn:
            return self._answer_to(message)

    def _answer_to(self, message: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise self._lost("too many calls")
        self.refused = ""
        number = os.urandom(8).hex()
        if self.watch is not None and (patched := self._patched(self.watch)):
            message = {**message, "p": patched}
        try:
            wire.send(self.peer, {**message, "n": number})
            while (reply := wire.receive(self.peer)) is not None:
                if "cb" not in reply:
                    break
                wire.send(self.peer, self._called_back(reply))
        except (OSError, wire.WireError) as bad:
            raise self._lost(str(bad)) from None
        if reply is None:
            raise self._lost("the program ended")
        if reply.get("n") != number:
            raise self._lost("it answered what was not asked")
        self.answered |= message["op"] not in ("setup", "load")
        if "x" in reply:
            problem = self._raised(reply["x"])
            stops = isinstance(problem, (StopIteration, StopAsyncIteration))
            self.errors += not stops or message["op"] not in ("next", "anext") or "call" in self.ends
            if stops and message["op"] not in self.ends:
                # it must not end a loop of the tests
                problem = RuntimeError(f"the program raised {type(problem).__name__}")
            raise problem
        return reply

    def _patched(self, watch: patches.Watch) -> list[Any]:
        made, refused = [], self.refused
        for (home, name), value in watch.changed():
            with contextlib.suppress(wire.WireError):
                made.append([home, name, self.pack(value)])
        self.refused = refused
        return made

    def ask(self, message: dict[str, Any]) -> Any:
        return self.read(self.request(message))

    def run_text(self, asked: dict[str, Any]) -> Any:
        """Let the candidate's process run text; of the names that it is given, those that can cross."""
        names, refused = {}, self.refused
        for name, value in asked.get("names", {}).items():
            if not name.startswith("_"):
                with contextlib.suppress(wire.WireError):
                    names[name] = self.pack(value)
        self.refused = refused
        return self.ask({"op": "run", "how": asked["how"], "text": self.pack(asked["text"]), "names": names})

    def read(self, packed: Any, known: Sequence[Any] = ()) -> Any:
        try:
            return self.unpack(packed, known)
        except wire.WireError as bad:
            raise self._lost(str(bad)) from None

    def _lost(self, why: str) -> CandidateGone:
        self.gone = why
        return CandidateGone(why)

    def _called_back(self, message: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise self._lost("too many calls")
        self.answered = True
        try:
            args, kwargs = self.unpack(message["a"])
            value = self.callbacks[message["cb"]]
            return self.pack(handed.done(value, message["do"], args) if "do" in message else value(*args, **kwargs))
        except Exception as problem:  # noqa: BLE001 - the boundary of a callback: the candidate sees its text
            if isinstance(problem, AssertionError) and not self.has_raised(problem):
                self.denied = "an assert failed in a function that the program called back"
                problem = AssertionError()  # what it says may hold an expected value
            return {"x": candidate.describe(problem)}

    def _raised(self, problem: Any) -> BaseException:
        try:
            names, text = [str(name) for name in problem["names"]], str(problem["text"])
            args = self.unpack(problem["args"])
        except (wire.WireError, KeyError, TypeError):
            return self._lost("a broken exception")
        made: BaseException = CandidateError(f"{names[0] if names else '?'}: {text}")
        for name, home in zip(names, problem.get("homes") or [""] * len(names), strict=False):
            kind = self.exceptions.get(name) or vars(builtins).get(name) or _of_module(str(home), name)
            if isinstance(kind, type) and issubclass(kind, (Exception, SystemExit)):
                own = name != names[0] and kind is not StopIteration and names[0].isidentifier()
                kind = type(names[0], (kind,), {"__module__": "solution"}) if own else kind
                made = SystemExit(*args) if kind is SystemExit else kind.__new__(kind, *args)
                made.args = args
                if kind in self.own_exceptions:
                    vars(made).update(self.read(problem["own"]))
                break
        vars(made)["assay_text"] = text
        self.raised.append(made)
        return made

    def exception(self, name: str, names: list[str]) -> type[Exception]:
        """A class in place of an exception of the candidate that the tests catch by its name."""
        known = (self.exceptions.get(base) or vars(builtins).get(base) for base in names[1:])
        base = next((kind for kind in known if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
        made = type(name, (base,), {"__module__": "solution", "__str__": lambda self: vars(self).get("assay_text", "")})
        self.exceptions[name] = made
        self.own_exceptions.add(made)
        return made

    def has_raised(self, problem: BaseException) -> bool:
        """Whether an exception came from the candidate."""
        return any(problem is made for made in self.raised)


def _of_module(home: str, name: str) -> Any:
    """A class that Python's own modules or numpy define, where the tests have imported the module."""
    top = home.partition(".")[0]
    if (top in sys.stdlib_module_names and top != "unittest") or top == "numpy":
        return vars(sys.modules[home]).get(name) if home in sys.modules else None
    return None


def _described(function: FunctionType) -> list[Any] | None:
    """Name, documentation and parameters of a function of the tests, which programs may ask for."""
    try:
        return [function.__name__, function.__doc__, candidate.parameters(function)]
    except (TypeError, ValueError):
        return None


def _forward(op: str) -> Any:
    def forward(self: Proxy, *args: Any) -> Any:
        client = self._assay_client
        return client.ask({"op": op, "h": self._assay_handle, "a": client.pack(args)})

    return forward


async def _awaited(proxy: Proxy, op: str, *args: Any) -> Any:
    """What the candidate's process gets where it awaits this, to its end."""
    return _forward(op)(proxy, *args)


def _forward_where_named(op: str) -> Any:
    """A number in place of the answer must not be an object for which `abs(f(x) - 2)` is 0."""
    forward = _forward(op)

    def operate(self: Proxy, *args: Any) -> Any:
        if self._assay_is_named():
            return forward(self, *args)
        if not args:
            raise TypeError(f"bad operand type: {self._assay_kind!r}")
        return NotImplemented

    return operate


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
        reply = client.request({"op": "call", "h": self._assay_handle, "a": arguments, "back": back})
        if not client.keeps_aliases and reply.get("v") is not None:
            return client.read(reply)
        return client.read(reply, aliases.changeable((args, kwargs), client.classes))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _SHOWN:
            raise AttributeError(name)
        return _forward("getattr")(self, name)

    @property
    def __signature__(self) -> inspect.Signature:
        """The parameters of a function, as `inspect` shows them."""
        if self._assay_kind != "function":
            raise AttributeError("__signature__")
        told = _forward("parameters")(self)
        return inspect.Signature([candidate.parameter(*one) for one in told])

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """The attributes of what it stands for, as `vars` shows them."""
        return dict(_forward("getattr")(self, "__dict__"))

    def _assay_repr(self) -> str:
        return f"<{self._assay_kind} of the program, which does not cross>"

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Proxy):
            return self is other
        same = self._assay_kind == other._assay_kind and self._assay_is_named()
        return same and _forward("eq")(self, other) is True

    def __hash__(self) -> int:
        return int(_forward("hash")(self)) if self._assay_is_named() else id(self)

    def __bool__(self) -> bool:
        return not self._assay_is_named() or _forward("bool")(self) is True

    def __contains__(self, item: Any) -> bool:
        return _forward("contains")(self, item) is True if self._assay_is_named() else any(item == own for own in self)

    def _assay_is_named(self) -> bool:
        return self._assay_kind in self._assay_client.named

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

    def __exit__(self, kind: Any, problem: Any, trace: Any) -> None:
        """The candidate is told, and does not choose that what the tests raise is passed over."""
        _forward("exit")(self, *((None, None, None) if kind is None else (kind, problem, None)))

    def __await__(self) -> Any:
        return _awaited(self, "await").__await__()

    def __aiter__(self) -> Any:
        return _forward("aiter")(self)

    def __anext__(self) -> Any:
        return _awaited(self, "anext")

    def __aenter__(self) -> Any:
        return _awaited(self, "aenter")

    async def __aexit__(self, kind: Any, problem: Any, trace: Any) -> None:
        """As `__exit__`."""
        await _awaited(self, "aexit", *((None, None, None) if kind is None else (kind, problem, None)))

    __setattr__, __getitem__, __setitem__ = _forward("setattr"), _forward("getitem"), _forward("setitem")
    __delitem__, __copy__, __format__ = _forward("delitem"), _forward("copy"), _forward("format")
    __iter__, __next__, __len__ = _forward("iter"), _forward("next"), _forward("len")
    __str__, __repr__, __int__, __float__ = _forward("str"), _forward("repr"), _forward("int"), _forward("float")


_PROXIED = {"__slots__": (), "__doc__": property(lambda self: _forward("getattr")(self, "__doc__"))}
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


_OPERATORS = ("lt", "le", "gt", "ge", "and", "or", "xor", "lshift", "rshift", "abs", "neg", "index")
_REFLECTED = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")


def _operators() -> None:
    """Operators of the candidate's classes, with data or others of its objects on either side."""
    for name in (*_OPERATORS, *_REFLECTED, *(f"r{name}" for name in _REFLECTED)):
        setattr(Proxy, f"__{name}__", _forward_where_named(name))


_operators()
