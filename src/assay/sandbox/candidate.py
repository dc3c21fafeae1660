"""Inside the sandbox: a candidate that answers calls, and the only place where judged text is executed.

Nothing here is trusted by anyone: a candidate may patch all of it. What leaves is data, and saying something false
about itself is the same as answering wrongly.
"""

from __future__ import annotations

import builtins
import importlib
import operator
import socket
import sys
import types
from _queue import SimpleQueue
from _thread import RLock, allocate_lock, start_new_thread
from _thread import _local as local
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any, NoReturn

from assay.sandbox import aliases, handed, patches, stand_ins, wire
from assay.sandbox.actions import BY_NAME
from assay.sandbox.codec import Codec
from assay.sandbox.lending import Lent
from assay.sandbox.problems import describe, rebuilt
from assay.sandbox.stand_ins import Callback

STDIN, CHANNEL, PEER = 0, 3, 4
MAX_LENT = 32
"""Containers that both sides hold; the other side knows fewer."""
MAX_LANES = 24
"""Threads that serve threads of the tests; more of these share them."""
SOLUTION = "solution.py"
"""The file that a program believes to be."""


_FRESH = 2
"""References to what a call has just returned and nothing else keeps: one here, and one to ask for their number."""


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


def _own_classes(names: dict[str, Any]) -> dict[str, type]:
    """Classes that were defined here."""
    return {name: kind for name, kind in names.items() if isinstance(kind, type) and kind.__module__ == "solution"}


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
        self.passed_on: dict[int, tuple[dict[str, int], BaseException]] = {}
        """Exceptions that the other side's functions raised, by identity."""
        self._placed: dict[int, tuple[Any, list[str]]] = {}
        self.lent = Lent(self, MAX_LENT)
        self._variables: dict[str, Any] = {}
        """Those of the program that the tests look at, as they were told of last."""
        self._of_setup: dict[str, type] = {}
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
                made = stand_ins.stand_in(self, body)
                self._handed[body["cb"]] = made
                self._theirs[id(made)] = body["cb"]
            return self._handed[body["cb"]]
        if "by" in body:
            home, name = body["by"]
            found = operator.attrgetter(name)(importlib.import_module(home))
            self._placed[id(found)] = found, body["by"]
            return found
        return self.objects[body["h"]]

    def derive(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the class that the tests derive from one of here; its methods are asked of them."""
        bases, members, keywords = self.unpack(request["a"])
        told = {name: stand_ins.member(value, request["as"].get(name, "")) for name, value in members.items()}
        fill = {"__module__": "tests", **told}.items()
        return self.pack(types.new_class(request["name"], bases, keywords, lambda names: names.update(fill)))

    def inherited(self, request: dict[str, Any]) -> dict[str, Any]:
        """What `super()` finds in a method of such a class."""
        return self.pack(getattr(super(self.objects[request["h"]], *self.unpack(request["a"])), request["name"]))

    def answer(self, request: dict[str, Any]) -> bool:
        """Answer a request; whether it raised nothing."""
        before, self._lane.number = getattr(self._lane, "number", None), request.get("lane")
        self._active.append(self._lane.number)
        try:
            self.lent.update(request.get("w", ()))
            with patches.applied([(home, name, self.unpack(value)) for home, name, value in request.get("p", ())]):
                if request["op"] in BY_NAME:
                    value = BY_NAME[request["op"]](self.objects[request["h"]], *self.unpack(request["a"]))
                    reply = self._lending(value) if request["op"] == "getattr" else self.pack(value)
                else:
                    reply = _OPERATIONS[request["op"]](self, request)
        except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as problem:  # noqa: BLE001 - the boundary of a call
            reply = {"x": {**describe(problem), **self.passed_on.get(id(problem), ({}, None))[0]}}
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
            wire.send(self.channel, {**self._changed(), **message} if lane is None else {**message, "lane": lane})

    def _changed(self) -> dict[str, Any]:
        """What the other side is to know anew of lent containers, and of the program's variables."""
        with self._coding:
            told = {name: now for name in self._variables if (now := self.names.get(name)) is not self._variables[name]}
            self._variables |= told
            new = {}
            for name, value in told.items():
                with suppress(wire.WireError):
                    new[name] = self._lending(value)
            changes = {"g": new, "w": self.lent.changed()}
        return {key: changed for key, changed in changes.items() if changed}

    def _lending(self, value: Any, packed: dict[str, Any] | None = None) -> dict[str, Any]:
        """A value, and its number where it is a container that both sides hold."""
        packed, number = self.pack(value) if packed is None else packed, self.lent.lend(value)
        return packed if number is None else {**packed, "lent": number}

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
        self.lent.update(message.get("w", ()))
        if "x" in message:
            raise rebuilt(self, message["x"])
        return self.unpack(message)

    def setup(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the setup before the program; one that needs the program's names is left for after it."""
        self.names = vars(new_module("solution"))
        try:
            execute(request["setup"], self.names, "setup.py")
        except NameError:
            return {"again": True}
        self._of_setup = _own_classes(self.names)
        return {"again": False}

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the program, then what is left of the setup; return those of the wanted names that it defines."""
        self.names = self.names or vars(new_module("solution"))
        self.source = request["source"]
        execute(self.source, self.names, SOLUTION)
        if request["setup"]:
            before = _own_classes(self.names)
            execute(request["setup"], self.names, "setup.py")
            self._of_setup = {k: v for k, v in _own_classes(self.names).items() if before.get(k) is not v}
        again: dict[str, type] = {}
        for name, kind in self._of_setup.items():  # a program may define such a class again
            again[name] = found if isinstance(found := self.names.get(name), type) else kind
        self.set_classes({name: kind for name, kind in again.items() if not issubclass(kind, BaseException)})
        found = {name: self.names[name] for name in request["wanted"] if name in self.names}
        self.set_named(found)
        errors = {name: kind for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Exception)}
        told = {name: [base.__name__ for base in kind.__mro__[:-1]] for name, kind in errors.items()}
        kinds = (type, types.FunctionType, types.ModuleType)
        values = {name: found[name] for name in request.get("variables", ()) if name in found}
        self._variables = {name: value for name, value in values.items() if not isinstance(value, kinds)}
        names = {name: (self._lending if name in self._variables else self.pack)(v) for name, v in found.items()}
        self.both = again
        return {"names": names, "errors": told}

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
        before, counts = self.contents(known), [sys.getrefcount(item) for item in known]
        value = function(*args, **kwargs)
        always = value is None or request.get("back") == "always"
        packed = self.pack(value, known, before) if always else self.pack(value)
        if "lend" not in request:
            return packed
        if request["back"] == "always":
            more = map(operator.gt, [sys.getrefcount(item) for item in known], counts)
            kept = [at for at, is_kept in enumerate(more) if is_kept and known[at] is not value]
            numbers = [[at, number] for at in kept if (number := self.lent.lend(known[at])) is not None]
            packed |= {"kept": numbers} if numbers else {}
        of_its_own = sys.getrefcount(value) > _FRESH and not any(value is one for one in known)
        return self._lending(value, packed) if of_its_own else packed


_OPERATIONS: dict[str, Callable[..., Any]] = {"setup": Server.setup, "load": Server.load, "call": Server.call}
_OPERATIONS |= {"run": Server.run_text, "plain": Server.plain, "library": Server.library, "derive": Server.derive}
_OPERATIONS |= {"super": Server.inherited}
