"""The checker's end of the candidate: calls go out over a socket, and what comes back is plain data or a proxy."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence, Set
from contextlib import nullcontext
from inspect import CO_COROUTINE
from queue import SimpleQueue
from types import FunctionType
from typing import Any

from assay.sandbox import arrays, handed, patches, wire
from assay.sandbox.answers import Answers
from assay.sandbox.codec import Codec
from assay.sandbox.lending import Lent
from assay.sandbox.looks import Attributes, Looks
from assay.sandbox.problems import Problems, is_own
from assay.sandbox.proxy import VALUES, Derived, Proxy, awaited, derived, proxy_class

MAX_CALLS = 200_000
"""Messages to one candidate; more is the candidate's doing."""
_LOOKS = {"len", "iter", "next", "getitem", "contains", "plain", "getattr", "isinstance", "issubclass", "type", "hash"}
_LOOKS |= {"str", "repr", "format", "int", "float", "bytes", "bool", "eq", "lt", "le", "gt", "ge"}
"""What changes nothing."""
MAX_LENT = 16
"""Containers of it that are one object on both sides."""


class CandidateGone(BaseException):
    """The candidate's process ended, broke the protocol, or sent too much; no test can catch this by accident."""


class Refused(wire.WireError):
    """What the tests wanted to hand over cannot cross."""


class _Closed(dict[int, Any]):
    """Lanes of a candidate that is gone: nothing arrives there."""

    def __missing__(self, lane: int) -> Any:
        return self.setdefault(lane, _nothing())


def _nothing() -> SimpleQueue[Any]:
    made = SimpleQueue[Any]()
    made.put(None)
    return made


class Client(Codec):
    """The checker's end: calls go out, plain data comes back."""

    numpy = patterns = True
    keeps_aliases = False
    """Whether results may be the arguments themselves, and changes show though a call returned a value."""
    hands_containers = True
    """Whether the program may change what it is given, since nothing that it returns is compared with that."""
    sees_procedures = True
    """Whether changes of arguments show where a call returned `None`."""
    budgets: Set[str] = frozenset()
    """Attributes of the tests' objects by which these count, and which no program may set."""
    patched: Sequence[Any] = []
    """What the tests have put in the place of Python's own, as it was told last."""
    asks_anew = False
    """Whether the tests mean an attribute as it is now, whatever they have read of it before."""
    guards = False
    """Whether empty values are guarded: the tests use numpy."""
    called_back = 0
    """How many functions of the tests run right now because the candidate called them."""
    passable: Any = None
    """What the tests raise in any case, so that a context of the candidate may pass it over."""

    looks: dict[int, Looks]
    """What objects have said of their items since the tests did more than look, by their handles."""
    attributes: Attributes
    """What the tests have read of attributes since then."""

    def __init__(self, peer: socket.socket) -> None:
        super().__init__()
        self.peer = peer
        self.named: set[str] = set()
        """Classes of the candidate that the tests name."""
        self.operands: set[str] = set()
        """Those among them that the tests calculate with or compare."""
        self.known: set[int] = set()
        """Handles of its objects that the tests name, and of attributes of such."""
        self.answers = Answers(self)
        """What calls that the tests repeat have answered."""
        self.forget()
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
        self.problems = Problems(self)
        self.errors = 0
        """How many of the candidate's exceptions are no end of an iteration, unless the tests expect one."""
        self.lent = Lent(self, MAX_LENT)
        self.methods: set[int] = set()
        """Handles of methods of objects that the tests mean: what these return and keep is one object on both sides."""
        self.variables: dict[str, Any] = {}
        """The tests' namespace, and those names in it that are variables of the candidate."""
        self.filled: set[str] = set()
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
            shown = AssertionError() if isinstance(value, AssertionError) else value
            return {**body, "x": self.problems.show(value, shown)}
        if isinstance(value, FunctionType):
            body["f"] = _described(value)
            body["co"] = bool(value.__code__.co_flags & CO_COROUTINE)
        if isinstance(value, type):
            body["cl"] = [value.__name__, [self._encode(base, 0) for base in value.__bases__]]
            if issubclass(value, Exception):
                self.problems.classes.setdefault(value.__name__, value)
        if is_own(type(value)) and actions:
            body["of"] = self._encode(type(value), 0)
        return {**body, "can": [type(value).__name__, actions]} if actions else body

    def has_handed(self, value: Any) -> bool:
        """Whether the candidate was handed this, and so may have handed it back under any name."""
        return id(value) in self._numbered

    def mean(self, found: Any) -> Any:
        """An attribute of an object that the tests mean, or a class that they make there: they mean it too."""
        if isinstance(found, Proxy):
            self.known.add(found._assay_handle)
            self.methods.add(found._assay_handle)
        return found

    def let_stand_for(self, value: Any, proxy: Proxy) -> None:
        """Let this cross as what a proxy stands for, and be what arrives for that."""
        self._proxies[proxy._assay_handle] = value
        self._handles[id(value)] = proxy._assay_handle

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
                value, own = self._decode(body["v"], 0), [str(n) for n in body["own"] if kind in self.operands]
                if kind not in self.named or not isinstance(value, VALUES):
                    raise wire.WireError("a value of a class that the tests do not name")
                proxy = derived(self, body["h"], shown, tuple(value) if isinstance(value, tuple) else value, own)
            else:
                proxy = self._kinds.setdefault(shown, proxy_class(shown))(self, body["h"], kind)
            base = handed.BASES[body["of"]] if "of" in body and kind in self.named else None
            if base is not None and ("v" in body or base in handed.CHANGING):
                self.bases[body["h"]] = base
            self._proxies[body["h"]] = awaited(proxy, "await") if kind == "coroutine" else proxy
            self._handles[id(self._proxies[body["h"]])] = body["h"]
        return self._proxies[body["h"]]

    def _encode_inner(self, value: Any, kind: type, depth: int) -> Any:
        if issubclass(kind, Derived):
            return {"h": value._assay_handle}
        if self.stays(kind):
            return self.foreign(value)
        return super()._encode_inner(value, kind, depth)

    def stays(self, kind: type) -> bool:
        """Whether containers of a class of the tests stay here, as it has its own way to give an item."""
        return self.hands_containers and handed.sees_items_taken(kind, {*self.derived, *self.classes})

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
        if isinstance(told.exc_value, AssertionError) and not self.problems.has_raised(told.exc_value):
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
            refused = self.refused
            written = self.lent.changed()
            self.refused = refused
            if written:
                self.forget()
            wire.send(self.peer, {**message, "w": written} if written else message)
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
        if message["op"] not in _LOOKS:
            self.forget(answers=not self.answers.asking)
        number = os.urandom(8).hex()
        if self.watch is not None and (patched := self._patched(self.watch)):
            message = {**message, "p": patched}
        try:
            self._send({**message, "n": number})
            while (reply := self._receive()) is not None:
                self._take_over(reply)
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
        try:
            problem = self.problems.raised(told)
        except wire.WireError as bad:
            return self._lost(str(bad))
        stops = isinstance(problem, (StopIteration, StopAsyncIteration))
        self.errors += not stops or op not in ("next", "anext") or "call" in self.ends
        # it must not end a loop of the tests
        return (
            RuntimeError(f"the program raised {type(problem).__name__}") if stops and op not in self.ends else problem
        )

    def _hides_assert(self) -> bool:
        """Whether an assert of the tests has just failed: they ask in a `finally`, or as a context ends."""
        problem = sys.exc_info()[1]
        return isinstance(problem, AssertionError) and not self.problems.has_raised(problem)

    def _patched(self, watch: patches.Watch) -> list[Any]:
        made, refused = [], self.refused
        for (home, name), value in watch.changed():
            with contextlib.suppress(wire.WireError):
                made.append([home, name, self.pack(value)])
        self.refused = refused
        if made != self.patched:
            self.patched = made
            self.forget()
        return made

    def forget(self, answers: bool = True) -> None:
        """The tests have done more than look: what they have seen may be something else from now on.

        So may `answers`, unless it was but a call that they repeat.
        """
        self.looks, self.attributes = {}, Attributes()
        if answers:
            self.answers.forget()

    def attribute(self, handle: int, name: str, live: bool = False) -> Any:
        """An attribute of an object, which stays what it was while the tests do nothing but look."""
        reply = self.request({"op": "getattr", "h": handle, "a": self.pack((name,))})
        for looks in self.looks.values():
            looks.said.clear()  # it may have been computed only now
        if self.lanes is None and not self.asks_anew:
            reply = self.attributes.read(handle, name, reply, self.looks)
        return self.taken(reply, live=live)

    def ask(self, message: dict[str, Any], live: bool = False) -> Any:
        return self.taken(self.request(message), live=live)

    def taken(self, packed: dict[str, Any], known: Sequence[Any] = (), live: bool = False) -> Any:
        """The value of a reply, and where it is one that both sides hold, the one object of this side for it.

        Only with `live` may the candidate change that while nobody asks for it. Raises `CandidateGone`.
        """
        value = self.read(packed, known)
        if type(number := packed.get("lent")) is not int or self.lanes is not None:
            return value
        return self.lent.borrow(number, value, live and not self.guards)

    def keep(self, reply: dict[str, Any], known: Sequence[Any]) -> None:
        """Let arguments that the candidate keeps be one object on both sides. Raises `CandidateGone`."""
        if self.lanes is not None or self.guards or "kept" not in reply:
            return
        try:
            for at, number in reply["kept"]:
                self.lent.borrow(int(number), known[at], live=True)
        except (TypeError, ValueError, LookupError) as bad:
            raise self._lost(f"no arguments that it keeps: {bad}") from None

    def _take_over(self, message: dict[str, Any]) -> None:
        """What the candidate has changed since its last message. Raises `WireError`."""
        self.lent.update(message.get("w", ()))
        if not isinstance(changed := message.get("g", {}), dict):
            raise wire.WireError("no variables")
        for name in self.filled & changed.keys():
            self.variables[name] = self.taken(changed[name], live=True)

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

    def are_same(self, one: Any, other: Any) -> bool:
        """Whether two things that the candidate has told are one value; objects in it may be made anew each time."""
        return one is other or _without_handles(self.encode(one)) == _without_handles(self.encode(other))

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
        self.called_back += 1
        self.attributes = Attributes()  # they may hang on what is the tests' own, as answers may
        self.answers.forget()
        value = None
        try:
            args, kwargs = self.unpack(message["a"])
            value = self.callbacks[message["cb"]]
            if message.get("do") == "setattr" and args[0] in self.budgets:
                raise AttributeError(f"{args[0]} counts for the tests")
            return self.pack(handed.done(value, message["do"], args) if "do" in message else value(*args, **kwargs))
        except Exception as problem:  # noqa: BLE001 - the boundary of a callback: the candidate sees its text
            if self.fails(value, problem):
                self.deny("an assert failed in a function that the program called back")
                problem = AssertionError()  # what it says may hold an expected value
            return {"x": self.problems.show(problem, problem)}
        finally:
            self.called_back -= 1


def _without_handles(body: Any) -> Any:
    if isinstance(body, dict):
        return {key: _without_handles(part) for key, part in body.items() if key != "h"}
    return [*map(_without_handles, body)] if isinstance(body, list) else body


def _described(function: FunctionType) -> list[Any] | None:
    """Name, documentation and parameters of a function of the tests, which programs may ask for."""
    try:
        return [function.__name__, function.__doc__, handed.parameters(function)]
    except (TypeError, ValueError):
        return None
