"""Which third-party modules a program may import, where they are installed: none, sortedcontainers, and with it numpy,
sympy, or all scientific ones.

A flavour is a mother process of its own that has its modules imported already, so that a fork has them for nothing. It
is chosen by the words of the source: one too many costs time and changes no verdict.
"""

from __future__ import annotations

import importlib.util
import os
import re
from functools import cache
from importlib import metadata

BARE, SORTED, NUMPY, SYMPY, SCI = "bare", "sorted", "numpy", "sympy", "sci"
MODULES = {
    BARE: "",
    SORTED: "sortedcontainers",
    NUMPY: "numpy sortedcontainers",
    SYMPY: "numpy sympy mpmath sortedcontainers",
    SCI: "numpy scipy sympy mpmath pandas sortedcontainers",
}
"""What a program of the flavour may import besides the standard library."""
_PARTS = {"numpy": "numpy.libs", "scipy": "scipy.libs", "pandas": "pandas.libs dateutil pytz six tzdata"}
_WORDS = re.compile(r"\b(?:numpy|scipy|sympy|mpmath|pandas|sortedcontainers)\b")


def flavour_of(*sources: str) -> str:
    """The smallest flavour that has all third-party modules that the sources name and that are installed."""
    named = {word for source in sources for word in _WORDS.findall(source)}
    wanted = next(flavour for flavour, modules in MODULES.items() if named <= set(modules.split()))
    return wanted if packages(wanted) else BARE


@cache
def packages(flavour: str) -> tuple[str, ...]:
    """Files and folders of the installed modules of a flavour."""
    names = MODULES[flavour].split()
    parts = [part for name in names for part in _PARTS.get(name, "").split()]
    return tuple(path for name in [*names, *parts] for path in _places(name))


def installed_modules() -> dict[str, str]:
    """Version of each third-party distribution that a program may import here."""
    found = {}
    for name in MODULES[SCI].split():
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _places(name: str) -> list[str]:
    if name.endswith(".libs"):  # shared libraries that a wheel keeps beside its package
        beside = [os.path.dirname(place) for place in _places(name.removesuffix(".libs"))]
        return [path for folder in beside if os.path.isdir(path := os.path.join(folder, name))]
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return []
    if spec is None or not spec.origin:
        return []
    path = os.path.realpath(spec.origin)
    return [os.path.dirname(path) if spec.submodule_search_locations else path]
