"""What the tests' process runs: the tests' own code and the library's, nothing that the candidate could have made.

`texts.py` sends `eval` and its like to the candidate's process. There are other ways from text, bytes or a file to code
(`marshal`, `runpy`, an import of a written file, `doctest`, an unpickler, what sympy prints of a name), and all of them
tell Python's audit hook, which refuses what is not known here. A refusal fails the test, whatever the tests catch.
"""

from __future__ import annotations

import ast
import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FrameType
from typing import Any

from assay.sandbox import candidate, texts
from assay.sandbox.trees import walk

_OF_THEIR_OWN_MAKING = {
    "collections",
    "dataclasses",
    "unittest.mock",
    "scipy._lib._bunch",
    "scipy.stats._distn_infrastructure",
    "sympy.parsing.sympy_parser",  # which reads formulas only
    "sympy.polys.monomials",
}
"""Modules that run text which they write themselves, of names that they have checked."""
_IMPORTS = {"importlib._bootstrap", "_frozen_importlib"}
_IMPORTS_FILES = {"importlib._bootstrap_external", "_frozen_importlib_external"}
_PRINTER = "sympy.utilities.lambdify"
_ANNOTATIONS = {"typing", "inspect"}
_ANNOTATION: tuple[type[ast.AST], ...] = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Tuple, ast.List)
_ANNOTATION += (ast.BinOp, ast.BitOr, ast.UnaryOp, ast.USub, ast.Expr, ast.Load)
_TIMED = {"pass", "_stmt()", "_setup()"}
_OWN_FILES = ("tests.py", "setup.py")


class OwnCode:
    """The audit hook. `own` are texts of the tests; `deny` notes why a test has failed."""

    def __init__(self, own: set[str], deny: Callable[[str], None]) -> None:
        self.own, self.deny = own, deny
        self.places = [os.path.dirname(os.__file__)]
        """Where modules lie that no program can write."""
        for finder in sys.meta_path:
            self.places += getattr(finder, "places", {}).values()
        self._checks: dict[str, Callable[[FrameType, tuple[Any, ...]], bool]] = {
            "compile": self._may_compile,
            "exec": self._may_run,
            "import": lambda _, told: told[1] is None or self._is_library(told[1]),
            "marshal.loads": lambda at, _: self._imports(at),
            "marshal.load": lambda *_: False,
            "pickle.find_class": lambda *_: False,
            "function.__new__": lambda at, told: told[0].co_filename in _OWN_FILES or self._is_library_at(at),
            "code.__new__": lambda at, _: self._is_library_at(at),
            "ctypes.dlopen": lambda _, told: "/" not in str(told[0]) or self._is_library(str(told[0])),
        }

    def install(self) -> None:
        """From now on; nobody can take it back."""
        sys.addaudithook(self._audit)

    def _audit(self, event: str, told: tuple[Any, ...]) -> None:
        check = self._checks.get(event)
        if check is not None and not check(caller := sys._getframe(1), told):
            why = f"the tests would run what is not their own code ({event} in {_home(caller) or 'their text'})"
            self.deny(why)
            raise RuntimeError(why)

    def _may_compile(self, caller: FrameType, told: tuple[Any, ...]) -> bool:
        """Text alone harms nobody; but of these modules its code is trusted."""
        home, text = _home(caller), told[0]
        if home not in {_PRINTER, *_ANNOTATIONS} or text is None:
            return True
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return False
        return texts.is_printed(tree) if home == _PRINTER else _is_annotation(tree)

    def _may_run(self, caller: FrameType, told: tuple[Any, ...]) -> bool:
        code, home = told[0], _home(caller)
        if not code.co_names and not any(isinstance(part, CodeType) for part in code.co_consts):
            return True  # it names nothing, so it is data
        ours = any(caller.f_globals is vars(module) for module in (candidate, texts))
        if ours or home in {*_OF_THEIR_OWN_MAKING, _PRINTER, *_ANNOTATIONS}:
            return True
        if home in _IMPORTS:
            return self._is_library(code.co_filename)
        if home == "timeit":
            parts = [str(caller.f_locals.get(part)).replace("\n        ", "\n") for part in ("stmt", "setup")]
            return {*parts} <= {*self.own, *_TIMED}
        return self._is_imported(caller) or any(code == made for text in self.own for made in _compiled(text, code))

    def _is_imported(self, frame: FrameType | None) -> bool:
        """Whether a module of the library is being imported, and runs what its own code made."""
        while frame is not None and self._is_library_at(frame):
            if frame.f_code.co_name == "<module>":
                return True
            frame = frame.f_back
        return False

    def _imports(self, caller: FrameType) -> bool:
        return _home(caller) in _IMPORTS_FILES and self._is_library(str(caller.f_locals.get("bytecode_path")))

    def _is_library_at(self, frame: FrameType) -> bool:
        return self._is_library(frame.f_code.co_filename)

    def _is_library(self, path: str) -> bool:
        path = os.path.normpath(path)
        return path.startswith("<frozen ") or any(
            path == place or path.startswith(f"{place}/") for place in self.places
        )


def _home(frame: FrameType) -> str:
    """The module whose code runs there; none where the names are not a module's."""
    name = str(frame.f_globals.get("__name__"))
    return name if getattr(sys.modules.get(name), "__dict__", None) is frame.f_globals else ""


def _is_annotation(tree: ast.Module) -> bool:
    nodes = [node for statement in tree.body for node in walk(statement)]
    return all(isinstance(node, _ANNOTATION) for node in nodes)


def _compiled(text: str, like: CodeType) -> Iterable[CodeType]:
    for mode in ("eval", "exec", "single"):
        with contextlib.suppress(SyntaxError, ValueError):
            yield compile(text, like.co_filename, mode, dont_inherit=True)
