"""What tests ask of Python's own modules about objects of the candidate: its process answers, and takes seeds too."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from assay.sandbox.proxy import Derived, Proxy

if TYPE_CHECKING:
    from assay.sandbox.client import Client


def ask_there(modules: set[str], client: Client) -> None:
    """Let functions of these modules be asked in the candidate's process where they are asked about its objects, let a
    seed hold there too, and let what they have seen change while they sleep."""
    for home in _SEEDED & {*modules, *(f"{name}.random" for name in modules)}:
        module = importlib.import_module(home)
        module.seed = _there_too(module.seed, home, client)  # type: ignore[attr-defined]
    time.sleep = _as_time_goes(time.sleep, client)
    for home in _QUESTIONS.keys() & modules:
        module = importlib.import_module(home)
        for name in _QUESTIONS[home].split():
            setattr(module, name, _asked_there(getattr(module, name), home, name))


def _there_too(here: Callable[..., Any], home: str, client: Client) -> Callable[..., Any]:
    @wraps(here)
    def seed(*args: Any, **kwargs: Any) -> Any:
        client.ask({"op": "library", "home": home, "name": "seed", "a": client.pack((args, kwargs))})
        client.calls -= 1  # nothing of the candidate's was called
        return here(*args, **kwargs)

    return seed


def _as_time_goes(wait: Callable[[Any], None], client: Client) -> Callable[[Any], None]:
    @wraps(wait)
    def sleep(seconds: Any, /) -> None:
        wait(seconds)
        client.forget()

    return sleep


def _asked_there(here: Callable[..., Any], home: str, name: str) -> Callable[..., Any]:
    @wraps(here)
    def asked(*args: Any, **kwargs: Any) -> Any:
        if not args or not issubclass(type(args[0]), (Proxy, Derived)):
            return here(*args, **kwargs)
        client = args[0]._assay_client
        return client.ask({"op": "library", "home": home, "name": name, "a": client.pack((args, kwargs))})

    return asked


_SEEDED = {"random", "numpy.random"}
_QUESTIONS = {
    "dataclasses": "asdict astuple fields is_dataclass replace",
    "inspect": "isgeneratorfunction iscoroutinefunction isasyncgenfunction getsource getdoc isabstract isclass",
    "pickle": "dumps",
}
"""What tests may ask Python's own modules about an object of the candidate."""
