"""Exceptions as data: how one of the program crosses, as what the tests meet it, and how one of the tests is shown.

The program's process says what it likes, so the classes are known here, the texts are short and the parts are few.
"""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING, Any

from assay.sandbox.codec import Codec
from assay.sandbox.wire import WireError

if TYPE_CHECKING:
    from assay.sandbox.candidate import Server
    from assay.sandbox.client import Client

MAX_TEXT = 400
MAX_CAUSES, MAX_GROUP, MAX_PARTS = 3, 16, 64
"""How deep causes and groups are told, how many exceptions of a group, and how many in all."""


class CandidateError(Exception):
    """An exception of the candidate whose class the checker does not have."""


def describe(problem: BaseException, depth: int = 0) -> dict[str, Any]:
    """An exception as data: names of its classes, its arguments where they are plain, its text, what caused it, and of
    a group its parts."""
    try:
        packed = Codec().pack(tuple(problem.args))
    except WireError:
        packed = {"v": {"t": []}}
    try:
        text = str(problem)[:MAX_TEXT]
    except Exception:  # noqa: BLE001 - judged code may raise anything from __str__
        text = ""
    homes = [kind.__module__ for kind in type(problem).__mro__[:-1]]
    try:
        own = Codec().pack({name: value for name, value in vars(problem).items() if name[0] != "_"})
    except WireError:
        own = {"v": {"d": []}}
    told: dict[str, Any] = {"names": names_of(problem), "homes": homes, "args": packed, "own": own, "text": text}
    if depth < MAX_CAUSES and problem.__cause__ is not None:
        told["cause"] = describe(problem.__cause__, depth + 1)
    if depth < MAX_CAUSES and isinstance(problem, ExceptionGroup):
        told["group"] = [describe(one, depth + 1) for one in problem.exceptions[:MAX_GROUP]]
    return told


def names_of(problem: BaseException) -> list[str]:
    """Names of an exception's classes, its own first."""
    return [kind.__name__ for kind in type(problem).__mro__][:-1]


def rebuilt(server: Server, problem: dict[str, Any]) -> Exception:
    """In the program's process: an exception of the tests, of its class, or of one that is known here."""
    found = [server.decode(problem["of"])] if "of" in problem else []
    for name, home in zip(problem["names"], problem["homes"], strict=True):
        known = server.names.get(name) or vars(builtins).get(name)
        found.append(known or getattr(sys.modules.get(home), name, None))
    kind = next((kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception)), RuntimeError)
    made = kind.__new__(kind, *(args := server.unpack(problem["args"])))
    made.args = args
    vars(made).update(server.unpack(problem["own"]))
    server.passed_on[id(made)] = {"mine": problem["mine"]}, made
    return made


class Problems:
    """In the checker's process: the exceptions of one candidate, and those that the tests showed it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.classes: dict[str, type[Exception]] = {}
        """Exceptions by name, of the setup, of the tests, and what stands for the candidate's."""
        self.own: set[type[Exception]] = set()
        """Those among them that stand for the candidate's, and have what its instances have."""
        self.shown: list[BaseException] = []
        """Exceptions of the tests that the candidate has seen."""
        self._raised: dict[int, BaseException] = {}
        self._parts = 0

    def has_raised(self, problem: BaseException) -> bool:
        """Whether an exception came from the candidate."""
        return id(problem) in self._raised

    def show(self, problem: Exception, shown: Exception) -> dict[str, Any]:
        """An exception of the tests as data, as it is shown to the candidate, which may raise it again."""
        self.shown.append(problem)
        own = {"of": self._client.encode(type(shown))} if is_own(type(shown)) or type(shown) in self.own else {}
        return {**describe(shown), **own, "mine": len(self.shown) - 1}

    def stand_in(self, name: str, names: list[str]) -> type[Exception]:
        """A class in place of an exception of the candidate that the tests catch by its name."""
        known = (self.classes.get(base) or vars(builtins).get(base) for base in names[1:])
        base = next((kind for kind in known if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
        made = type(name, (base,), {"__module__": "solution", "__str__": _text_there})
        self.classes[name] = made
        self.own.add(made)
        return made

    def raised(self, problem: Any, depth: int = 0) -> BaseException:
        """What the candidate raised, as the tests are to meet it. Raises `WireError` where it is no exception."""
        self._parts = self._parts + 1 if depth else 1
        mine = problem.get("mine") if isinstance(problem, dict) else None
        if isinstance(mine, int) and 0 <= mine < len(self.shown):  # it let pass what the tests' function raised
            return self._noted(self.shown[mine])
        try:
            names, text = [str(name) for name in problem["names"]], str(problem["text"])[:MAX_TEXT]
            args = self._client.unpack(problem["args"])
        except (KeyError, TypeError):
            raise WireError("a broken exception") from None
        made: BaseException = CandidateError(f"{names[0] if names else '?'}: {text}")
        for name, home in zip(names, problem.get("homes") or [""] * len(names), strict=False):
            kind = self.classes.get(name) or vars(builtins).get(name) or _of_module(str(home), name)
            if isinstance(kind, type) and issubclass(kind, (Exception, SystemExit)):
                own = name != names[0] and kind is not StopIteration and names[0].isidentifier()
                kind = type(names[0], (kind,), {"__module__": "solution"}) if own else kind
                made = self._made(kind, args, problem, depth)
                if kind in self.own:
                    vars(made).update(self._client.unpack(problem["own"]))
                break
        vars(made)["assay_text"] = text
        if isinstance(cause := problem.get("cause"), dict) and depth < MAX_CAUSES and self._parts < MAX_PARTS:
            made.__cause__ = self.raised(cause, depth + 1)
        return self._noted(made)

    def _noted(self, problem: BaseException) -> BaseException:
        self._raised[id(problem)] = problem
        return problem

    def _made(
        self, kind: type[BaseException], args: tuple[Any, ...], problem: dict[str, Any], depth: int
    ) -> BaseException:
        if issubclass(kind, ExceptionGroup):
            parts = problem.get("group") if depth < MAX_CAUSES else None
            told = [part for part in parts[:MAX_GROUP] if isinstance(part, dict)] if isinstance(parts, list) else []
            inside = [self.raised(part, depth + 1) for part in told if self._parts < MAX_PARTS]
            text = str(problem["text"])[:MAX_TEXT].rpartition(" (")[0]
            some = [one for one in inside if isinstance(one, Exception)]
            return kind(text, some) if some else CandidateError(text)
        made: BaseException = SystemExit(*args) if kind is SystemExit else kind.__new__(kind, *args)
        made.args = args
        return made


def is_own(kind: type) -> bool:
    """Whether a class is one of the tests'."""
    return kind.__module__ == "tests"


def _text_there(problem: Any) -> str:
    """The text of an exception as the candidate's process told it, where it did."""
    told = vars(problem).get("assay_text")
    return Exception.__str__(problem) if told is None else told


def _of_module(home: str, name: str) -> Any:
    """A class that Python's own modules or numpy define, where the tests have imported the module."""
    top = home.partition(".")[0]
    if (top in sys.stdlib_module_names and top != "unittest") or top == "numpy":
        return vars(sys.modules[home]).get(name) if home in sys.modules else None
    return None
