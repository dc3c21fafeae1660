"""Inside the sandbox: a candidate that answers calls, and the only place where judged text is executed.

Nothing here is trusted by anyone: a candidate may patch all of it. What leaves is data, and saying something false
about itself is the same as answering wrongly.
"""

from __future__ import annotations

import builtins
import copy
import importlib
import inspect
import math
import operator
import socket
import sys
import types
from _queue import SimpleQueue
from _thread import RLock, allocate_lock, start_new_thread
from _thread import _local as local
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache, wraps
from typing import Any, NoReturn

from assay.sandbox import aliases, handed, patches, wire
from assay.sandbox.codec import Codec

STDIN, CHANNEL, PEER = 0, 3, 4
MAX_TEXT = 400
MAX_CAUSES, MAX_GROUP, MAX_LENT = 3, 16, 32
MAX_LANES = 24
"""Threads that serve threads of the tests; more of these share them."""
SOLUTION = "solution.py"
"""The file that a program believes to be."""


def _leave(code: object = None) -> NoReturn:
    raise SystemExit(code)


for _name in ("exit", "quit"):  # which the site module defines, and programs use
    vars(builtins).setdefault(_name, _leave)


def run(_: object) -> int:
    """Answer the requests that are there already, up to the first that fails, or else calls until nobody asks."""
    server, given = Server(open_channel()), wire.File(STDIN)
    asked = False
    while (request := wire.receive(given)) is not None:
        asked = True
        if not server.answer(request):
            return 0
    if asked:
        return 0
    while (request := wire.receive(server.channel)) is not None:
        if "lane" in request:
            server.deliver(request)
        else:
            server.answer(request)
    return 0


def open_channel() -> socket.socket:
    """The channel to the trusted side, or to the checker, which hears that this process is isolated."""
    channel = socket.socket(fileno=CHANNEL)
    wire.send(channel, {"ready": 1})  # from here on, an early end is the program's own doing
    return channel


def new_module(name: str) -> types.ModuleType:
    """A new, empty module that classes and dataclasses defined in it can find."""
    made = types.ModuleType(name)
    vars(made).update(__builtins__=builtins, __file__=SOLUTION)
    sys.modules[name] = made
    return made


def execute(source: str, namespace: dict[str, Any], name: str) -> None:
    """Compile and run text in a namespace."""
    execute_code(compile(source, name, "exec", dont_inherit=True), namespace)


def execute_code(code: types.CodeType, namespace: dict[str, Any]) -> None:
    exec(code, namespace)  # noqa: S102 - inside the sandbox


def describe(problem: BaseException, depth: int = 0) -> dict[str, Any]:
    """An exception as data: names of its classes, its arguments where they are plain, its text, what caused it, and of
    a group its parts."""
    try:
        packed = Codec().pack(tuple(problem.args))
    except wire.WireError:
        packed = {"v": {"t": []}}
    try:
        text = str(problem)[:MAX_TEXT]
    except Exception:  # noqa: BLE001 - judged code may raise anything from __str__
        text = ""
    homes = [kind.__module__ for kind in type(problem).__mro__[:-1]]
    try:
        own = Codec().pack({name: value for name, value in vars(problem).items() if name[0] != "_"})
    except wire.WireError:
        own = {"v": {"d": []}}
    told: dict[str, Any] = {"names": names_of(problem), "homes": homes, "args": packed, "own": own, "text": text}
    if depth < MAX_CAUSES and problem.__cause__ is not None:
        told["cause"] = describe(problem.__cause__, depth + 1)
    if depth < MAX_CAUSES and isinstance(problem, ExceptionGroup):
        told["group"] = [describe(one, depth + 1) for one in problem.exceptions[:MAX_GROUP]]
    return told


def parameters(function: Any) -> list[list[Any]]:
    """Name and kind of each parameter of a function, and whether it has a default. Raises as `inspect` does."""
    found = inspect.signature(function).parameters.values()
    return [[one.name, int(one.kind), one.default is not one.empty] for one in found]


def parameter(name: str, kind: int, has_default: bool) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect._ParameterKind(kind), default=None if has_default else inspect.Parameter.empty
    )


def names_of(problem: BaseException) -> list[str]:
    """Names of an exception's classes, its own first."""
    return [kind.__name__ for kind in type(problem).__mro__][:-1]


class Server(Codec):
    """Defines the candidate's names and answers calls to them."""

    numpy = patterns = True

    def __init__(self, channel: socket.socket) -> None:
        super().__init__()
        self.channel = channel
        self.objects: list[Any] = []
        """What the other side knows by its handle, an index."""
        self.names: dict[str, Any] = {}
        self._handles: dict[int, int] = {}
        self._lanes: dict[int, SimpleQueue[Any]] = {}
        """What arrives for each thread of the tests, where each is served by one of here."""
        self._lane, self._active = local(), list[int | None]()
        self._coding, self._asking, self._sending = RLock(), allocate_lock(), RLock()
        self._handed: dict[int, Any] = {}
        self._theirs: dict[int, int] = {}
        """Numbers of what was handed over, by identity."""
        self._passed_on: dict[int, tuple[dict[str, int], BaseException]] = {}
        """Exceptions that the other side's functions raised, by identity."""
        self._placed: dict[int, tuple[Any, list[str]]] = {}
        self._lent: dict[int, Any] = {}
        self._lends = 0
        self.source = ""
        self._named: dict[type, str] = {}
        """Its classes that the tests name."""

    def set_named(self, found: dict[str, Any]) -> None:
        """Let instances of these classes keep their methods, though they are data."""
        kinds = {name: kind for name, kind in found.items() if isinstance(kind, type) and name[0].isupper()}
        self._named = {kind: name for name, kind in kinds.items() if kind.__module__ == "solution"}

    def _encode_more(self, value: Any, kind: type, depth: int) -> Any:
        base = next((base for base in handed.BASES if issubclass(kind, base)), None) if self._named else None
        named = next((self._named[one] for one in kind.__mro__ if one in self._named), None) if base else None
        if base is None or named is None:
            return super()._encode_more(value, kind, depth)
        body = {**self.foreign(value), "t": named, "of": handed.BASES.index(base)}
        if base in handed.CHANGING:
            return body
        own = [name for name in dir(kind) if name[:2] == "__" and getattr(kind, name) is not getattr(base, name, None)]
        return {**body, "own": own, "v": super()._encode_more(value, kind, depth)}

    def plain(self, request: dict[str, Any]) -> dict[str, Any]:
        """What an object of a class that derives from Python's own holds, as data."""
        named, self._named = self._named, {}
        try:
            return self.pack(self.objects[request["h"]])
        finally:
            self._named = named

    def library(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask a function of Python's own about an object."""
        args, kwargs = self.unpack(request["a"])
        lines = self.source.splitlines(keepends=True)
        importlib.import_module("linecache").cache[SOLUTION] = len(self.source), None, lines, SOLUTION
        return self.pack(getattr(importlib.import_module(request["home"]), request["name"])(*args, **kwargs))

    def foreign(self, value: Any) -> dict[str, Any]:
        if isinstance(value, Callback):
            return {"cb": vars(value)["number"]}
        if id(value) in self._theirs:
            return {"cb": self._theirs[id(value)]}
        if id(value) in self._placed:
            return {"by": self._placed[id(value)][1]}
        if id(value) not in self._handles:  # one object has one handle
            self._handles[id(value)] = len(self.objects)
            self.objects.append(value)
        return {"h": self._handles[id(value)], "t": type(value).__name__}

    def resolve(self, body: dict[str, Any]) -> Any:
        if "cb" in body:
            if body["cb"] not in self._handed:
                made = self._class(body["cb"], *body["cl"]) if "cl" in body else self._thing(body)
                self._handed[body["cb"]] = made
                self._theirs[id(made)] = body["cb"]
            return self._handed[body["cb"]]
        if "by" in body:
            home, name = body["by"]
            found = operator.attrgetter(name)(importlib.import_module(home))
            self._placed[id(found)] = found, body["by"]
            return found
        return self.objects[body["h"]]

    def _lend(self, value: Any) -> int:
        """The number of a container that is an attribute: what the tests change of it, they change here.

        The other side knows the last few of them, fewer than are kept.
        """
        number = next((number for number, lent in self._lent.items() if lent is value), self._lends)
        self._lends += number == self._lends
        self._lent.pop(number, None)
        self._lent[number] = value
        if len(self._lent) > MAX_LENT:
            del self._lent[next(iter(self._lent))]
        return number

    def derive(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the class that the tests derive from one of here; its methods are asked of them."""
        bases, members = self.unpack(request["bases"]), self.unpack(request["members"])
        told = {name: _method(value) if isinstance(value, Callback) else value for name, value in members.items()}
        return self.pack(type(request["name"], bases, {"__module__": "tests", **told}))

    def _thing(self, body: dict[str, Any]) -> Any:
        if "x" in body:
            return self._rebuilt(body["x"])
        name, actions = body.get("can", ("", []))
        if actions == [handed.AWAIT]:
            return _asked_late(self, body["cb"])
        if body.get("co"):
            return _coroutine_function(Callback(self, body["cb"], body["f"]))
        base = self._decode(body["of"], 0) if "of" in body else Callback
        kind = handed.class_for(base, name, actions, _asked_of) if actions else Callback
        made: Any = object.__new__(kind)
        Callback.__init__(made, self, body["cb"], body.get("f"))
        return made

    def _class(self, number: int, name: str, bases: list[Any]) -> Any:
        """What stands for a class of the tests: a class, which is called there unless it is an exception's."""
        parents = [self._decode(base, 0) for base in bases]
        if any(issubclass(base, BaseException) for base in parents):
            return type(name, tuple(parents), {"__module__": "tests"})
        parents = [base for base in parents if isinstance(base, _Class)] or [Callback]
        return _Class(name, tuple(parents), {"__module__": "tests", "asked": (self, number)})

    def answer(self, request: dict[str, Any]) -> bool:
        """Answer a request; whether it raised nothing."""
        before, self._lane.number = getattr(self._lane, "number", None), request.get("lane")
        self._active.append(self._lane.number)
        try:
            for number, changed in request.get("w", ()):
                aliases.update(self._lent[number], self.unpack(changed))
            with patches.applied([(home, name, self.unpack(value)) for home, name, value in request.get("p", ())]):
                if request["op"] in _BY_NAME:
                    value = _BY_NAME[request["op"]](self.objects[request["h"]], *self.unpack(request["a"]))
                    reply = self.pack(value)
                    if request["op"] == "getattr" and aliases.is_lent(value):
                        reply["lent"] = self._lend(value)
                else:
                    reply = _OPERATIONS[request["op"]](self, request)
        except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as problem:  # noqa: BLE001 - the boundary of a call
            reply = {"x": {**describe(problem), **self._passed_on.get(id(problem), ({}, None))[0]}}
        try:
            self._send({**reply, "n": request.get("n")})
        except wire.WireError as long:
            self._send({"x": describe(long), "n": request.get("n")})
        self._active.remove(self._lane.number)
        self._lane.number = before
        return "x" not in reply

    def deliver(self, message: dict[str, Any]) -> None:
        """Give a message to the thread that serves its sender, or to a new one."""
        number = message["lane"]
        if number not in self._lanes:
            queues = list({id(queue): queue for queue in self._lanes.values()}.values())
            shared = queues[len(self._lanes) % MAX_LANES] if len(queues) == MAX_LANES else None
            self._lanes[number] = shared or SimpleQueue()
            if shared is None:
                start_new_thread(self._serve, (self._lanes[number],))
        self._lanes[number].put(message)

    def _serve(self, queue: SimpleQueue[Any]) -> None:
        while True:
            self.answer(queue.get())

    def _send(self, message: dict[str, Any]) -> None:
        with self._sending:
            lane = self._my_lane()
            wire.send(self.channel, message if lane is None else {**message, "lane": lane})

    def _my_lane(self) -> int | None:
        """That of this thread; of one that the program has started, the last that was asked something."""
        return getattr(self._lane, "number", None) or next(reversed(self._active), None)

    def _receive(self) -> dict[str, Any] | None:
        lane = self._my_lane()
        return wire.receive(self.channel) if lane is None else self._lanes[lane].get()

    def contents(self, known: Sequence[Any]) -> list[Any]:
        with self._coding:
            return super().contents(known)

    def pack(self, value: Any, known: Sequence[Any] = (), before: Sequence[Any] | None = None) -> dict[str, Any]:
        with self._coding:
            return super().pack(value, known, before)

    def unpack(self, packed: Any, known: Sequence[Any] = ()) -> Any:
        with self._coding:
            return super().unpack(packed, known)

    def ask(self, callback: int, arguments: tuple[Any, ...], named: dict[str, Any], action: str = "") -> Any:
        """Call a function of the other side, or do something to an object, which may call us before it answers."""
        asked = {"cb": callback, "a": self.pack((arguments, named))}
        turn = self._asking if getattr(self._lane, "number", None) is None else nullcontext()
        with turn:
            self._send({**asked, "do": action} if action else asked)
            message = self._receive()
        while message is not None and "op" in message:
            self.answer(message)
            with turn:
                message = self._receive()
        if message is None:
            raise SystemExit(0)
        if "x" in message:
            raise self._rebuilt(message["x"])
        return self.unpack(message)

    def _rebuilt(self, problem: dict[str, Any]) -> Exception:
        """An exception that the other side raised or hands over, of its class, or of one that is known here."""
        found = [self._decode(problem["of"], 0)] if "of" in problem else []
        found += [self.names.get(name) or vars(builtins).get(name) for name in problem["names"]]
        kind = next((kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception)), RuntimeError)
        made = kind.__new__(kind, *(args := self.unpack(problem["args"])))
        made.args = args
        vars(made).update(self.unpack(problem["own"]))
        self._passed_on[id(made)] = {"mine": problem["mine"]}, made
        return made

    def setup(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the setup before the program; one that needs the program's names is left for after it."""
        self.names = vars(new_module("solution"))
        try:
            execute(request["setup"], self.names, "setup.py")
        except NameError:
            return {"again": True}
        self.set_classes({k: v for k, v in self.names.items() if isinstance(v, type) and v.__module__ == "solution"})
        return {"again": False}

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the program, then what is left of the setup; return those of the wanted names that it defines."""
        self.names = self.names or vars(new_module("solution"))
        self.source = request["source"]
        execute(self.source, self.names, SOLUTION)
        if request["setup"]:
            execute(request["setup"], self.names, "setup.py")
        known = {**self.classes, **self.derived}  # a program may define such a class again
        found = {name: self.names.get(name) for name in known}
        self.set_classes({name: again if isinstance(again := found[name], type) else known[name] for name in known})
        found = {name: self.names[name] for name in request["wanted"] if name in self.names}
        self.set_named(found)
        errors = {name: kind for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Exception)}
        told = {name: [base.__name__ for base in kind.__mro__[:-1]] for name, kind in errors.items()}
        return {"names": {name: self.pack(value) for name, value in found.items()}, "errors": told}

    def run_text(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run text that the tests got from the program: its value, or the names that it sets."""
        text, how = self.unpack(request["text"]), request["how"]
        given = {name: self.unpack(value) for name, value in request["names"].items()}
        names = {**self.names, **given}
        if how == "eval":
            return self.pack(eval(text, names))  # noqa: S307 - inside the sandbox
        before = dict(names)
        execute(text, names, SOLUTION)
        return self.pack({k: v for k, v in names.items() if k[0] != "_" and before.get(k, names) is not v})

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call an object. Arguments that it changed come back always, if that is asked, or where it returns `None`."""
        args, kwargs = self.unpack(request["a"])
        function = self.objects[request["h"]] if "h" in request else self.names[request["name"]]
        known = aliases.changeable((args, kwargs), self.classes) if "back" in request else []
        before = self.contents(known)
        value = function(*args, **kwargs)
        if value is None or request.get("back") == "always":
            return self.pack(value, known, before)
        return self.pack(value)


class Callback:
    """Something of the other side, such as a key function that a test passes."""

    def __init__(self, server: Server, number: int, described: Any) -> None:
        vars(self).update(server=server, number=number)
        if described:
            name, doc, parameters = described
            made = [parameter(*one) for one in parameters]
            vars(self).update(__name__=name, __qualname__=name, __doc__=doc, __signature__=inspect.Signature(made))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return vars(self)["server"].ask(vars(self)["number"], args, kwargs)


def _asked_of(handed_over: Callback, action: str, args: tuple[Any, ...]) -> Any:
    known = vars(handed_over)
    return known["server"].ask(known["number"], args, {}, action)


async def _asked_late(server: Server, number: int) -> Any:
    """A coroutine of the tests."""
    return server.ask(number, (), {}, handed.AWAIT)


def _coroutine_function(asked: Callback) -> Any:
    """An `async def` of the tests."""

    @wraps(asked)
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await asked(*args, **kwargs)

    return call


def _method(asked: Callback) -> Any:
    """A method of a class of the tests: it is given the object."""

    @wraps(asked)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return asked(self, *args, **kwargs)

    return call


class _Class(type):
    """The class of what stands for a class of the tests."""

    asked: tuple[Server, int]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        server, number = cls.asked
        return server.ask(number, args, kwargs)


@cache
def _loop() -> Any:
    """The event loop on which the candidate's coroutines run, each to its end when the tests await it."""
    return importlib.import_module("asyncio").new_event_loop()


async def _until(awaited: Any) -> Any:
    return await awaited


_OPERATIONS: dict[str, Callable[..., Any]] = {"setup": Server.setup, "load": Server.load, "call": Server.call}
_OPERATIONS |= {"run": Server.run_text, "plain": Server.plain, "library": Server.library, "derive": Server.derive}
_ACTIONS: tuple[Callable[..., Any], ...] = (getattr, setattr, operator.getitem, operator.setitem)
_ACTIONS += (iter, next, len, str, repr, int, float)
_ACTIONS += (isinstance, issubclass, hash, bool, format, abs, copy.copy, copy.deepcopy, operator.delitem)
_ACTIONS += (operator.eq, operator.contains, operator.neg, operator.index, operator.lt, operator.le, operator.gt)
_ACTIONS += (operator.ge, operator.pos, operator.invert, reversed, round, math.floor, math.ceil, math.trunc, bytes)
_ACTIONS += (delattr, complex, type)
_ARITHMETIC: tuple[Callable[..., Any], ...] = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
)
_ARITHMETIC += (operator.pow, operator.matmul, divmod, operator.and_, operator.or_, operator.xor)
_ARITHMETIC += (operator.lshift, operator.rshift)
_IN_PLACE = [name for name in dir(operator) if name[:1] == "i" and name[1:].rstrip("_") in handed.ARITHMETIC.split()]
_BY_NAME: dict[str, Callable[..., Any]] = {action.__name__.rstrip("_"): action for action in (*_ACTIONS, *_ARITHMETIC)}
_BY_NAME |= {name: getattr(operator, name) for name in _IN_PLACE}
_BY_NAME |= {f"r{act.__name__.rstrip('_')}": lambda own, other, act=act: act(other, own) for act in _ARITHMETIC}
_BY_NAME |= {
    "parameters": parameters,
    "enter": lambda own: own.__enter__(),
    "exit": lambda own, *told: own.__exit__(*told),
    "await": lambda own: _loop().run_until_complete(_until(own)),
    "aiter": aiter,
    "anext": lambda own: _loop().run_until_complete(_until(anext(own))),
    "aenter": lambda own: _loop().run_until_complete(_until(own.__aenter__())),
    "aexit": lambda own, *told: _loop().run_until_complete(_until(own.__aexit__(*told))),
}
"""What can be done to an object of the candidate beside calling it."""
