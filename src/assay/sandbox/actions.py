"""What can be done to an object of the program beside calling it, by the names under which the tests' process asks."""

from __future__ import annotations

import copy
import importlib
import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

from assay.sandbox import handed


@cache
def _loop() -> Any:
    """The event loop on which the candidate's coroutines run, each to its end when the tests await it."""
    return importlib.import_module("asyncio").new_event_loop()


async def _until(awaited: Any) -> Any:
    return await awaited


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
BY_NAME: dict[str, Callable[..., Any]] = {action.__name__.rstrip("_"): action for action in (*_ACTIONS, *_ARITHMETIC)}
BY_NAME |= {name: getattr(operator, name) for name in _IN_PLACE}
BY_NAME |= {f"r{act.__name__.rstrip('_')}": lambda own, other, act=act: act(other, own) for act in _ARITHMETIC}
BY_NAME |= {
    "parameters": handed.parameters,
    "enter": lambda own: own.__enter__(),
    "exit": lambda own, *told: own.__exit__(*told),
    "await": lambda own: _loop().run_until_complete(_until(own)),
    "aiter": aiter,
    "anext": lambda own: _loop().run_until_complete(_until(anext(own))),
    "aenter": lambda own: _loop().run_until_complete(_until(own.__aenter__())),
    "aexit": lambda own, *told: _loop().run_until_complete(_until(own.__aexit__(*told))),
}
