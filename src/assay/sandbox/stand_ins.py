"""What stands in the program's process for things of the tests that are no data: doing something to it asks there."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

from assay.sandbox import handed, problems

if TYPE_CHECKING:
    from assay.sandbox.candidate import Server


def stand_in(server: Server, body: dict[str, Any]) -> Any:
    """What stands for the thing that a body tells of."""
    if "cl" in body:
        return _class(server, body["cb"], *body["cl"])
    if "x" in body:
        return problems.rebuilt(server, body["x"])
    name, actions = body.get("can", ("", []))
    if actions == [handed.AWAIT]:
        return _asked_late(server, body["cb"])
    if body.get("co"):
        return _coroutine_function(Callback(server, body["cb"], body["f"]))
    base = server.decode(body["of"]) if "of" in body else Callback
    kind = handed.class_for(base, name, actions, _asked_of) if actions else Callback
    made: Any = object.__new__(kind)
    Callback.__init__(made, server, body["cb"], body.get("f"))
    return made


def _class(server: Server, number: int, name: str, bases: list[Any]) -> Any:
    """What stands for a class of the tests: a class, which is called there unless it is an exception's."""
    parents = [server.decode(base) for base in bases]
    if any(issubclass(base, BaseException) for base in parents):
        return type(name, tuple(parents), {"__module__": "tests"})
    held = next((base for base in parents if base in handed.CHANGING), None)
    parents = [base for base in parents if isinstance(base, _Class)] or [Callback]
    members = {} if held is None else _container(held)
    return _Class(name, tuple(parents), {**members, "__module__": "tests", "asked": (server, number)})


def _container(held: type) -> dict[str, Any]:
    """What a class has that derives from one of Python's containers: it is one, and a copy is of that class alone."""
    return {
        "__class__": property(lambda _: held),
        "__copy__": held,
        "__deepcopy__": lambda self, known: (
            held(copy.deepcopy(item, known) for item in self)
            if held is not dict
            else {key: copy.deepcopy(self[key], known) for key in self}
        ),
    }


class Callback:
    """Something of the other side, such as a key function that a test passes."""

    def __init__(self, server: Server, number: int, described: Any) -> None:
        vars(self).update(server=server, number=number)
        if described:
            name, doc, parameters = described
            made = [handed.parameter(*one) for one in parameters]
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


def member(value: Any, how: str) -> Any:
    """What a class that the tests derive has by a name; `how` is the way in which its functions are wrapped there."""
    return _WRAPPED[how](value) if how else _method(value) if isinstance(value, Callback) else value


_WRAPPED: dict[str, Callable[[Any], Any]] = {
    "staticmethod": staticmethod,
    "classmethod": lambda function: classmethod(member(function, "")),
    "property": lambda parts: property(*(part and member(part, "") for part in parts)),
    "cached_property": lambda function: cached_property(member(function, "")),
}
