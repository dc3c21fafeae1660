"""Environments: the third-party modules that a program may import, where they are installed.

Each is a template process of its own that has its modules imported already, so that a fork has them for nothing. It is
chosen by the words of the source: one too many costs time and changes no verdict.
"""

from __future__ import annotations

import importlib.util
import os
import re
from functools import cache
from importlib import metadata

from assay.sandbox import cpp
from assay.sandbox.protocol import NATIVE

BARE, SCIENTIFIC = "bare", "sci"
MODULES = {
    BARE: "",
    "sorted": "sortedcontainers",
    "numpy": "numpy sortedcontainers",
    "sympy": "numpy sympy mpmath sortedcontainers",
    SCIENTIFIC: "numpy scipy sympy mpmath pandas sortedcontainers",
}
"""What a program of the environment may import besides the standard library."""
_PARTS = {"numpy": "numpy.libs", "scipy": "scipy.libs", "pandas": "pandas.libs dateutil pytz six tzdata"}
_WORDS = re.compile(r"\b(?:numpy|scipy|sympy|mpmath|pandas|sortedcontainers)\b")


def environment_for(*sources: str) -> str:
    """The smallest environment that has all third-party modules that the sources name and that are installed."""
    named = {word for source in sources for word in _WORDS.findall(source)}
    wanted = next(environment for environment, modules in MODULES.items() if named <= set(modules.split()))
    return wanted if packages(wanted) else BARE


@cache
def packages(environment: str) -> tuple[str, ...]:
    """Files and folders of the installed modules of an environment, or of the compiler."""
    if environment == NATIVE:
        return cpp.folders()
    names = MODULES[environment].split()
    parts = [part for name in names for part in _PARTS.get(name, "").split()]
    return tuple(path for name in [*names, *parts] for path in _places(name))


def installed_modules() -> dict[str, str]:
    """Version of each third-party distribution that a program may import here."""
    found = {}
    for name in MODULES[SCIENTIFIC].split():
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
