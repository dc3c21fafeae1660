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
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from assay.sandbox import aliases, arrays, candidate, wire

MAX_CALLS = 200_000
"""Messages to one candidate; more is the candidate's doing."""


class CandidateGone(BaseException):
    """The candidate's process ended, broke the protocol, or sent too much; no test can catch this by accident."""


class CandidateError(Exception):
    """An exception of the candidate whose class the checker does not have."""


class Client(wire.Codec):
    """The checker's end: calls go out, plain data comes back."""

    numpy = True

    def __init__(self, peer: socket.socket) -> None:
        super().__init__()
        self.peer = peer
        self.keeps_aliases = False
        """Whether results may be the arguments themselves, and changes show though a call returned a value."""
        self.guards = False
        """Whether empty values are guarded: the tests use numpy."""
        self.callbacks: list[Any] = []
        self.calls = 0
        self._serving = False
        """Whether a result of the tests' own function is packed."""
        self.gone = ""
        """Why the candidate's process is of no use any more."""
        self.refused = ""
        """What the tests wanted to hand over and could not."""
        self.denied = ""
        """An assert of the tests that failed where the candidate called back: it does not choose to pass over that."""
        self.raised: list[BaseException] = []
        """Exceptions of the candidate."""
        self.exceptions: dict[str, type[Exception]] = {}

    def foreign(self, value: Any) -> dict[str, Any]:
        if type(value) is Proxy:
            return {"h": value._assay_handle}
        if callable(value):
            self.callbacks.append(value)
            number = len(self.callbacks) - 1
            return {"cb": number, "f": _described(value)} if isinstance(value, FunctionType) else {"cb": number}
        if self._serving:  # it is the candidate's to call, and to hand on
            self.callbacks.append(value)
            return {"cb": len(self.callbacks) - 1}
        self.refused = f"a test cannot pass {type(value).__name__} to another process"
        raise wire.WireError(self.refused)

    def resolve(self, body: dict[str, Any]) -> Any:
        if "cb" in body:
            return self.callbacks[body["cb"]]
        if "nd" in body:
            return arrays.guarded(arrays.unpacked(*body["nd"]))
        if not isinstance(body.get("h"), int):
            raise wire.WireError("no handle")
        return Proxy(self, body["h"], str(body.get("t"))[:100])

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
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise self._lost("too many calls")
        number = os.urandom(8).hex()
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
        if "x" in reply:
            problem = self._raised(reply["x"])
            if isinstance(problem, (StopIteration, StopAsyncIteration)) and message["op"] != "next":
                # it must not end a loop of the tests
                problem = RuntimeError(f"the program raised {type(problem).__name__}")
            raise problem
        return reply

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
        try:
            args, kwargs = self.unpack(message["a"])
            value = self.callbacks[message["cb"]](*args, **kwargs)
            self._serving = True
            return self.pack(value)
        except Exception as problem:  # noqa: BLE001 - the boundary of a callback: the candidate sees its text
            if isinstance(problem, AssertionError) and not self.has_raised(problem):
                self.denied = "an assert failed in a function that the program called back"
                problem = AssertionError()  # what it says may hold an expected value
            return {"x": candidate.describe(problem)}
        finally:
            self._serving = False

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
                break
        vars(made)["assay_text"] = text
        self.raised.append(made)
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
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    described = [[p.name, int(p.kind), p.default is not p.empty] for p in parameters]
    return [function.__name__, function.__doc__, described]


def _forward(op: str) -> Any:
    def forward(self: Proxy, *args: Any) -> Any:
        client = self._assay_client
        return client.ask({"op": op, "h": self._assay_handle, "a": client.pack(args)})

    return forward


class Proxy:
    """Stands for something in the candidate's process. It equals only itself and hands out only data."""

    def __init__(self, client: Client, handle: int, kind: str) -> None:
        vars(self).update(_assay_client=client, _assay_handle=handle, _assay_kind=kind)

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
        if name.startswith("__") and name not in ("__name__", "__doc__"):
            raise AttributeError(name)
        return _forward("getattr")(self, name)

    def _assay_repr(self) -> str:
        return f"<{self._assay_kind} of the program, which does not cross>"

    def __bool__(self) -> bool:
        return True

    __array_ufunc__ = None

    def __array__(self, *_: Any, **__: Any) -> Any:
        """numpy would take it for a sequence, perhaps an empty one."""
        raise TypeError(f"{self._assay_repr()} is no array")

    __setattr__, __getitem__, __setitem__ = _forward("setattr"), _forward("getitem"), _forward("setitem")
    __iter__, __next__, __len__ = _forward("iter"), _forward("next"), _forward("len")
    __str__, __repr__, __int__, __float__ = _forward("str"), _forward("repr"), _forward("int"), _forward("float")
