"""The checker's end of the candidate: calls go out over a socket, and what comes back is plain data or a proxy."""

from __future__ import annotations

import builtins
import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from inspect import CO_COROUTINE
from queue import SimpleQueue
from types import FunctionType
from typing import Any

from assay.sandbox import aliases, arrays, candidate, handed, patches, wire
from assay.sandbox.codec import Codec
from assay.sandbox.proxy import VALUES, Derived, Proxy, awaited, derived, proxy_class

MAX_CALLS = 200_000
MAX_LENT = 16
MOST = aliases.MOST_LENT
"""Messages to one candidate; more is the candidate's doing."""


class CandidateGone(BaseException):
    """The candidate's process ended, broke the protocol, or sent too much; no test can catch this by accident."""


class Refused(wire.WireError):
    """What the tests wanted to hand over cannot cross."""


class CandidateError(Exception):
    """An exception of the candidate whose class the checker does not have."""


class _Closed(dict[int, Any]):
    """Lanes of a candidate that is gone: nothing arrives there."""

    def __missing__(self, lane: int) -> Any:
        return self.setdefault(lane, _nothing())


def _text_there(problem: Any) -> str:
    """The text of an exception as the candidate's process told it, where it did."""
    told = vars(problem).get("assay_text")
    return Exception.__str__(problem) if told is None else told


def _nothing() -> SimpleQueue[Any]:
    made = SimpleQueue[Any]()
    made.put(None)
    return made


class Client(Codec):
    """The checker's end: calls go out, plain data comes back."""

    numpy = patterns = True
    keeps_aliases = False
    """Whether results may be the arguments themselves, and changes show though a call returned a value."""
    guards = False
    """Whether empty values are guarded: the tests use numpy."""
    passable: Any = None
    """What the tests raise in any case, so that a context of the candidate may pass it over."""

    def __init__(self, peer: socket.socket) -> None:
        super().__init__()
        self.peer = peer
        self.named: set[str] = set()
        """Classes of the candidate that the tests name."""
        self.known: set[int] = set()
        """Handles of its objects that the tests name, and of attributes of such."""
        self.bases: dict[int, type] = {}
        """Python's own classes from which those of objects derive, by their handles."""
        self._proxies: dict[int, Any] = {}
        self._handles: dict[int, int] = {}
        self._kinds: dict[str, type[Proxy]] = {}
        self.callbacks: list[Any] = []
        """What the tests have handed over that is no data."""
        self._numbered: dict[int, int] = {}
        self._placed: dict[tuple[str, str], Any] = {}
        """Functions and classes of the library that the tests have handed over by name."""
        self.calls = 0
        self.answered = False
        """Whether what is handed over may come from what the candidate has answered, or has asked for."""
        self._turn = threading.RLock()
        """Held while a question of one thread of the tests is answered, or with `lanes` while it is written."""
        self.lanes: dict[int, SimpleQueue[Any]] | None = None
        """What arrives for each thread of the tests, where they may wait for each other in the candidate's process."""
        self.gone = ""
        """Why the candidate's process is of no use any more."""
        self.refused = ""
        """What the tests wanted to hand over and could not, until they go on and ask for something else."""
        self.denied = ""
        """Why the running test has failed, whatever it or the candidate catches."""
        self.thrown: list[BaseException] = []
        """Exceptions that functions of the tests raised where the candidate called them."""
        self._lent: dict[int, tuple[Any, Any]] = {}
        """Containers of the candidate, as objects of this side, and their contents when they were last looked at."""
        self.raised: list[BaseException] = []
        """Exceptions of the candidate."""
        self.errors = 0
        """How many of them are no end of an iteration, unless the tests expect one."""
        self.exceptions: dict[str, type[Exception]] = {}
        self.own_exceptions: set[type[Exception]] = set()
        """Those among them that stand for the candidate's, and have what its instances have."""
        self.fails: Callable[[Any, Exception], bool] = lambda _, problem: isinstance(problem, AssertionError)
        """Whether what a function of the tests raised, as the candidate called it, is an assert that did not pass."""
        self.watch: patches.Watch | None = None
        """What the tests may put in the place of Python's own."""
        self.ends: tuple[str, ...] = ("next", "anext")
        """What is asked where an exception that ends a loop may arrive as itself."""

    def foreign(self, value: Any) -> dict[str, Any]:
        if id(value) in self._handles:
            return {"h": self._handles[id(value)]}
        if (place := handed.place_of(value)) is not None:
            self._placed[place] = value
            return {"by": [*place]}
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
        if isinstance(value, Exception):
            return {**body, "x": self._told(value, AssertionError() if isinstance(value, AssertionError) else value)}
        if isinstance(value, FunctionType):
            body["f"] = _described(value)
            body["co"] = bool(value.__code__.co_flags & CO_COROUTINE)
        if isinstance(value, type):
            body["cl"] = [value.__name__, [self._encode(base, 0) for base in value.__bases__]]
            if issubclass(value, Exception):
                self.exceptions.setdefault(value.__name__, value)
        if _is_own(type(value)) and actions:
            body["of"] = self._encode(type(value), 0)
        return {**body, "can": [type(value).__name__, actions]} if actions else body

    def resolve(self, body: dict[str, Any]) -> Any:
        if "cb" in body:
            return self.callbacks[body["cb"]]
        if "by" in body:
            home, name = body["by"]
            return self._placed[home, name]
        if not isinstance(body.get("h"), int):
            raise wire.WireError("no handle")
        if body["h"] not in self._proxies:
            kind = str(body.get("t"))[:100]
            shown = kind if kind.isidentifier() and kind not in self.classes else "Proxy"
            if "v" in body:
                value, own = self._decode(body["v"], 0), [str(name) for name in body["own"]]
                if kind not in self.named or not isinstance(value, VALUES):
                    raise wire.WireError("a value of a class that the tests do not name")
                proxy = derived(self, body["h"], shown, tuple(value) if isinstance(value, tuple) else value, own)
            else:
                proxy = self._kinds.setdefault(shown, proxy_class(shown))(self, body["h"], kind)
            if "of" in body:
                self.bases[body["h"]] = handed.BASES[body["of"]]
            self._proxies[body["h"]] = awaited(proxy, "await") if kind == "coroutine" else proxy
            self._handles[id(self._proxies[body["h"]])] = body["h"]
        return self._proxies[body["h"]]

    def _encode_inner(self, value: Any, kind: type, depth: int) -> Any:
        if issubclass(kind, Derived):
            return {"h": value._assay_handle}
        return super()._encode_inner(value, kind, depth)

    def _decode(self, body: Any, depth: int) -> Any:
        value = super()._decode(body, depth)
        is_array = isinstance(body, dict) and "nd" in body
        return arrays.guarded(value) if self.guards or is_array else value

    def await_ready(self) -> None:
        """Wait until the candidate's process is isolated. Raises `OSError` when it never is."""
        if (wire.receive(self.peer) or {}).get("ready") != 1:
            raise OSError("the candidate's process could not be isolated")

    def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a request and return the reply, serving callbacks meanwhile. Raises what the candidate raised.

        A reply repeats the request's number, which nobody can guess: no answer can be written ahead of its question.
        """
        with nullcontext() if self.lanes is not None else self._turn:
            return self._answer_to(message)

    def open_lanes(self) -> None:
        """From now on, let each thread of the tests have its question answered by a thread of the candidate's."""
        self.lanes = {}
        threading.excepthook = self._failed_in_thread
        threading.Thread(target=self._deliver, args=(self.lanes,), daemon=True).start()

    def _failed_in_thread(self, told: Any) -> None:
        if isinstance(told.exc_value, AssertionError) and not self.has_raised(told.exc_value):
            self.deny("an assert failed in a thread of the tests")

    def _deliver(self, lanes: dict[int, SimpleQueue[Any]]) -> None:
        with contextlib.suppress(OSError, wire.WireError):
            while (message := wire.receive(self.peer)) is not None and message.get("lane") in lanes:
                lanes[message["lane"]].put(message)
        self.lanes = _Closed(lanes)
        for lane in list(lanes.values()):
            lane.put(None)

    def _send(self, message: dict[str, Any]) -> None:
        if self.lanes is None:
            wire.send(self.peer, message)
            return
        with self._turn:
            self.lanes.setdefault(threading.get_ident(), SimpleQueue())
            wire.send(self.peer, {**message, "lane": threading.get_ident()})

    def _receive(self) -> dict[str, Any] | None:
        return wire.receive(self.peer) if self.lanes is None else self.lanes[threading.get_ident()].get()

    def pack(self, value: Any, known: Sequence[Any] = (), before: Sequence[Any] | None = None) -> dict[str, Any]:
        with self._turn:
            return super().pack(value, known, before)

    def unpack(self, packed: Any, known: Sequence[Any] = ()) -> Any:
        with self._turn:
            return super().unpack(packed, known)

    def _answer_to(self, message: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise self._lost("too many calls")
        self.refused, self.passable = "", None
        number = os.urandom(8).hex()
        if self._lent and (written := self._written()):
            message = {**message, "w": written}
        if self.watch is not None and (patched := self._patched(self.watch)):
            message = {**message, "p": patched}
        try:
            self._send({**message, "n": number})
            while (reply := self._receive()) is not None:
                if "cb" not in reply:
                    break
                self._send(self._called_back(reply))
        except (OSError, wire.WireError) as bad:
            raise self._lost(str(bad)) from None
        if reply is None:
            raise self._lost("the program ended")
        if reply.get("n") != number:
            raise self._lost("it answered what was not asked")
        self.answered |= message["op"] not in ("setup", "load")
        if "x" in reply:
            raise self._problem(reply["x"], message["op"])
        return reply

    def _problem(self, told: Any, op: str) -> BaseException:
        """What the candidate raised as it was asked for this, as the tests are to meet it."""
        if self._hides_assert():
            self.deny("an assert failed, and the program raised something in its place")
        problem = self._raised(told)
        stops = isinstance(problem, (StopIteration, StopAsyncIteration))
        self.errors += not stops or op not in ("next", "anext") or "call" in self.ends
        # it must not end a loop of the tests
        return (
            RuntimeError(f"the program raised {type(problem).__name__}") if stops and op not in self.ends else problem
        )

    def _hides_assert(self) -> bool:
        """Whether an assert of the tests has just failed: they ask in a `finally`, or as a context ends."""
        problem = sys.exc_info()[1]
        return isinstance(problem, AssertionError) and not self.has_raised(problem)

    def _patched(self, watch: patches.Watch) -> list[Any]:
        made, refused = [], self.refused
        for (home, name), value in watch.changed():
            with contextlib.suppress(wire.WireError):
                made.append([home, name, self.pack(value)])
        self.refused = refused
        return made

    def ask(self, message: dict[str, Any]) -> Any:
        reply = self.request(message)
        value = self.read(reply)
        return self._borrowed(reply["lent"], value) if isinstance(reply.get("lent"), int) else value

    def _borrowed(self, number: int, value: Any) -> Any:
        """The one object of this side for a container of the candidate, with its contents as they are there now."""
        if not aliases.is_lent(value):
            return value
        there = self._lent.pop(number, (value, None))[0]
        if there is not value:
            aliases.update(there, value)
        with contextlib.suppress(wire.WireError):
            self._lent[number] = there, self.contents([there])
        while len(self._lent) > MAX_LENT or sum(aliases.entries(held) for held, _ in self._lent.values()) > MOST:
            del self._lent[next(iter(self._lent))]  # the one that was looked at longest ago
        return there

    def _written(self) -> list[Any]:
        """Containers of the candidate that the tests have changed since they got them."""
        made, refused = [], self.refused
        for number, (value, before) in self._lent.items():
            with contextlib.suppress(wire.WireError):
                if (now := self.contents([value])) != before:
                    made.append([number, self.pack(value)])
                    self._lent[number] = value, now
        self.refused = refused
        return made

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

    def deny(self, why: str) -> None:
        """Let the running test fail, whatever it catches."""
        self.denied = why

    def _lost(self, why: str) -> CandidateGone:
        self.gone = why
        return CandidateGone(why)

    def _called_back(self, message: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise self._lost("too many calls")
        self.answered = True
        value = None
        try:
            args, kwargs = self.unpack(message["a"])
            value = self.callbacks[message["cb"]]
            return self.pack(handed.done(value, message["do"], args) if "do" in message else value(*args, **kwargs))
        except Exception as problem:  # noqa: BLE001 - the boundary of a callback: the candidate sees its text
            if self.fails(value, problem):
                self.deny("an assert failed in a function that the program called back")
                problem = AssertionError()  # what it says may hold an expected value
            return {"x": self._told(problem, problem)}

    def _told(self, problem: Exception, shown: Exception) -> dict[str, Any]:
        """An exception of the tests as data, as it is shown to the candidate, which may raise it again."""
        self.thrown.append(problem)
        own = {"of": self._encode(type(shown), 0)} if _is_own(type(shown)) else {}
        return {**candidate.describe(shown), **own, "mine": len(self.thrown) - 1}

    def _raised(self, problem: Any, depth: int = 0) -> BaseException:
        mine = problem.get("mine") if isinstance(problem, dict) else None
        if isinstance(mine, int) and 0 <= mine < len(self.thrown):  # it let pass what the tests' function raised
            self.raised.append(self.thrown[mine])
            return self.thrown[mine]
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
                made = self._made(kind, args, problem, depth)
                if kind in self.own_exceptions:
                    vars(made).update(self.read(problem["own"]))
                break
        vars(made)["assay_text"] = text
        if isinstance(cause := problem.get("cause"), dict) and depth < candidate.MAX_CAUSES:
            made.__cause__ = self._raised(cause, depth + 1)
        self.raised.append(made)
        return made

    def _made(
        self, kind: type[BaseException], args: tuple[Any, ...], problem: dict[str, Any], depth: int
    ) -> BaseException:
        if issubclass(kind, ExceptionGroup):
            parts = problem.get("group") if depth < candidate.MAX_CAUSES else None
            told = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
            del told[candidate.MAX_GROUP :]
            inside = [one for part in told if isinstance(one := self._raised(part, depth + 1), Exception)]
            text = str(problem["text"]).rpartition(" (")[0]
            return kind(text, inside) if inside else CandidateError(text)
        made: BaseException = SystemExit(*args) if kind is SystemExit else kind.__new__(kind, *args)
        made.args = args
        return made

    def exception(self, name: str, names: list[str]) -> type[Exception]:
        """A class in place of an exception of the candidate that the tests catch by its name."""
        known = (self.exceptions.get(base) or vars(builtins).get(base) for base in names[1:])
        base = next((kind for kind in known if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
        made = type(name, (base,), {"__module__": "solution", "__str__": _text_there})
        self.exceptions[name] = made
        self.own_exceptions.add(made)
        return made

    def has_raised(self, problem: BaseException) -> bool:
        """Whether an exception came from the candidate."""
        return any(problem is made for made in self.raised)


def _is_own(kind: type) -> bool:
    return kind.__module__ == "tests"


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
