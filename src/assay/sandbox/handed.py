"""What tests hand a program that is no data: it stays where it is, and the program's process asks what is done to it.

A function can be called and an iterator gives its next. An object of a class of the tests, and a file in memory, has
its operators too and the attributes whose names begin with no underscore, though its methods stay the tests' own; a
mock has these attributes. A function or class of the library crosses by name, and is the program's own there: `getattr`
or `str.format` could else reach anything. What is none of these, and a `TestCase`, can be handed back and no more. So
no frame, module or namespace of the tests is in reach.
"""

from __future__ import annotations

import importlib
import inspect
import io
import operator
import sys
from collections import deque
from collections.abc import Callable, Set
from types import BuiltinFunctionType, CoroutineType, FunctionType, MethodDescriptorType, MethodType
from typing import Any

from assay.sandbox.texts import Texts

CHANGING = (list, dict, set, deque)
BASES = (int, float, str, tuple, frozenset, *CHANGING)
"""Python's own classes from which a class of a program may derive and keep its methods where tests name it."""
_TAKING = ("__getitem__", "__iter__", "__contains__", "__missing__", "get", "pop", "popleft", "items", "keys", "values")
_READ, _WRITE = "getattr", "setattr"
AWAIT = "await"
_ITERATOR = ("__iter__", "__next__")
_UNARY = "len bool reversed enter exit str repr format hash int float index abs neg pos invert"
_BINARY = "getitem setitem delitem contains eq ne lt le gt ge"
ARITHMETIC = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
_SPECIAL = (*_ITERATOR, *[f"__{name}__" for names in (_UNARY, _BINARY) for name in names.split()])
_SPECIAL += tuple(f"__{side}{name}__" for side in ("", "r", "i") for name in ARITHMETIC.split())
"""Methods that a program calls by what it writes, in an order that never changes."""
_OWN = (
    "attach_mock call_args call_args_list call_count called configure_mock method_calls mock_add_spec mock_calls "
    "reset_mock return_value side_effect"
)
"""What a mock knows and does for the tests, beside what stands for something."""


def parameters(function: Any) -> list[list[Any]]:
    """Name and kind of each parameter of a function, and whether it has a default. Raises as `inspect` does."""
    found = inspect.signature(function).parameters.values()
    return [[one.name, int(one.kind), one.default is not one.empty] for one in found]


def parameter(name: str, kind: int, has_default: bool) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect._ParameterKind(kind), default=None if has_default else inspect.Parameter.empty
    )


_LIBRARY = {*sys.stdlib_module_names, "numpy", "scipy", "sympy", "mpmath", "pandas", "sortedcontainers"}
_BY_NAME = (FunctionType, BuiltinFunctionType, MethodDescriptorType, type)


def place_of(value: Any) -> tuple[str, str] | None:
    """Module and name of a function or class of the library; `None` for anything else."""
    if isinstance(value, MethodType) and isinstance(value.__self__, Texts):
        return "builtins", value.__name__
    if not isinstance(value, _BY_NAME):
        return None
    home = getattr(getattr(value, "__objclass__", value), "__module__", None)
    if not isinstance(home, str) or home.partition(".")[0] not in _LIBRARY:
        return None
    try:
        found = operator.attrgetter(value.__qualname__)(sys.modules[home])
    except (AttributeError, KeyError):
        return None
    return (home, value.__qualname__) if found is value else None


def possible(value: Any) -> list[str]:
    """What can be done to an object of the tests beside calling it and handing it back."""
    kind = type(value)
    if _is_judge(value):
        return []
    if isinstance(value, CoroutineType):
        return [AWAIT]
    own = kind.__module__ == "tests" and not isinstance(value, type)
    if own or isinstance(value, (io.StringIO, io.BytesIO, io.TextIOWrapper)):
        found = [name for name in _SPECIAL if getattr(kind, name, None) is not getattr(object, name, None)]
        return [*found, _READ, *([_WRITE] if own else [])]
    if _is_mock(value):
        return [*[name for name in _SPECIAL if name in kind.__dict__], _READ]
    return [*_ITERATOR] if hasattr(kind, "__next__") else []


def done(value: Any, action: str, args: tuple[Any, ...]) -> Any:
    """Do to an object what the program asks. Raises `TypeError` where that is not possible, and whatever it raises."""
    if action not in possible(value):
        raise TypeError(f"{type(value).__name__} has no {action}")
    if action == AWAIT:
        return _ended(value)
    if action not in (_READ, _WRITE):
        return getattr(value, action)(*args) if _is_mock(value) else getattr(type(value), action)(value, *args)
    if (
        not isinstance(args[0], str)
        or args[0].startswith(("_", "assert"))
        or (_is_mock(value) and args[0] in _OWN.split())
    ):
        raise AttributeError(f"{args[0]} cannot be asked for")
    if action == _WRITE and callable(getattr(type(value), args[0], None)):
        raise AttributeError(f"{args[0]} is a method of the tests")
    return getattr(value, *args) if action == _READ else setattr(value, *args)


def sees_items_taken(kind: type, known: Set[str]) -> bool:
    """Whether a class of the tests alone derives from a container and has its own way to give an item: no copy has it.

    `known` are names of classes that are the program's too.
    """
    base = next((base for base in CHANGING if issubclass(kind, base)), None) if kind.__module__ == "tests" else None
    if base is None or kind.__name__ in known:
        return False
    own = {name for one in kind.__mro__[: kind.__mro__.index(base)] for name in vars(one)}
    return not own.isdisjoint(_TAKING)


def _ended(coroutine: Any) -> Any:
    """What a coroutine of the tests returns at its end, though another may be running."""
    asyncio: Any = importlib.import_module("asyncio")
    outer, loop = asyncio._get_running_loop(), asyncio.new_event_loop()
    asyncio._set_running_loop(None)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
        asyncio._set_running_loop(outer)


def _is_judge(value: Any) -> bool:
    unit = sys.modules.get("unittest")
    return unit is not None and isinstance(value, unit.TestCase)


def _is_mock(value: Any) -> bool:
    mock = sys.modules.get("unittest.mock")
    return mock is not None and isinstance(value, mock.NonCallableMock)


def class_for(base: type, name: str, actions: list[str], ask: Callable[..., Any]) -> type:
    """A class whose instances do these things by asking; `ask` gets an instance, the action and its arguments."""

    def method(action: str) -> Any:
        return lambda self, *args: ask(self, action, args)

    methods = {action: method(action) for action in actions if action.startswith("__")}
    if _READ in actions:
        methods["__getattr__"] = lambda self, name: _public(name) and ask(self, _READ, (name,))
    if _WRITE in actions:
        methods["__setattr__"] = lambda self, name, value: _public(name) and ask(self, _WRITE, (name, value))
    if "__eq__" in methods and "__hash__" not in methods:
        methods["__hash__"] = None
    return type(name, (base,), methods)


def _public(name: str) -> bool:
    if name.startswith("_"):
        raise AttributeError(name)
    return True
