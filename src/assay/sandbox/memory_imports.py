"""Imports served from memory, for a job that may open no file: the standard library and an environment's packages.

What Python would read of them is read once, before the filter that ends all opening: compiled files where they are
valid, sources where not. Extension modules are files that only the system's loader can open, so those of the standard
library are imported beforehand; one of a package that nothing has imported by then cannot be imported any more.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import struct
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source, spec_from_file_location
from types import ModuleType
from typing import Any

_LEFT_OUT = {"__pycache__", "dist-packages", "ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tests"}
_LEFT_OUT |= {"tkinter", "turtledemo"}
_NOT_IMPORTED = ("_test", "_tkinter", "_xx", "xx", "_ctypes_test", "readline")
_LAZY = (
    "numpy.fft numpy.random numpy.linalg scipy.cluster scipy.fft scipy.integrate scipy.interpolate scipy.linalg "
    "scipy.ndimage scipy.signal scipy.sparse.csgraph scipy.sparse.linalg scipy.spatial scipy.special scipy.stats"
)
"""Parts of packages with extension modules, which their packages import when they are first used."""

_files: dict[str, bytes] = {}
_sizes: dict[str, dict[str, int]] = {}
_folders: list[str] = []
"""Where the packages are."""


class _Loader(SourceFileLoader):
    """Loads a module as Python does, with files that are in memory."""

    def get_data(self, path: str) -> bytes:
        try:
            return _files[path]
        except KeyError:
            raise FileNotFoundError(2, "not in memory", path) from None

    def path_stats(self, path: str) -> Any:
        return _sizes[path]

    def set_data(self, path: str, data: Any, *, _mode: int = 0) -> None:
        """Nothing is written."""


class Finder:
    """Finds the modules that are in memory; stands before the finder of files."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        tail = name.rpartition(".")[2]
        for folder in [*sys.path, *_folders] if path is None else path:
            inner = os.path.join(folder, tail)
            for file, places in ((os.path.join(inner, "__init__.py"), [inner]), (f"{inner}.py", None)):
                if file in _sizes:
                    return spec_from_file_location(
                        name, file, loader=_Loader(name, file), submodule_search_locations=places
                    )
        return None


def install(stdlib: str, packages: Sequence[str]) -> None:
    """Take the modules of the standard library and of the packages into memory, and import from there."""
    _folders[:] = {os.path.dirname(place) for place in packages}
    for place in (stdlib, *packages):
        for path in _sources(place):
            _read_module(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for folder in [entry for entry in sys.path if os.path.basename(entry) == "lib-dynload"]:
            for name in sorted(os.listdir(folder)):
                if name.endswith(EXTENSION_SUFFIXES[0]) and not name.startswith(_NOT_IMPORTED):
                    with contextlib.suppress(ImportError):
                        importlib.import_module(name.partition(".")[0])
    for name in _LAZY.split():
        if name.partition(".")[0] in sys.modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    sys.meta_path.insert(sys.meta_path.index(PathFinder), Finder)


def _sources(place: str) -> Iterator[str]:
    if place.endswith(".py"):
        yield place
    for folder, inner, names in os.walk(place):
        inner[:] = [name for name in inner if name not in _LEFT_OUT]
        yield from (os.path.join(folder, name) for name in names if name.endswith(".py"))


def _read_module(path: str) -> None:
    with contextlib.suppress(OSError):
        found = os.stat(path)
        _sizes[path] = {"mtime": int(found.st_mtime), "size": found.st_size}
        with contextlib.suppress(OSError):
            compiled = cache_from_source(path)
            data = _read(compiled)
            if data[:16] == MAGIC_NUMBER + struct.pack("<III", 0, int(found.st_mtime), found.st_size):
                _files[compiled] = data
                return
        _files[path] = _read(path)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
