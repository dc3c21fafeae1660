"""Name -> thing, imported only when it is asked for.

Each room keeps one `Registry` with a table of names to `module:attribute`, so that listing names imports nothing
heavy. Third parties add names through an entry-point group (`assay.sources`, `assay.verifiers`, ...) or, within one
process, with `register`.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from assay.errors import AssayError, UnknownName

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")


class Registry(Generic[T]):
    """A table of names to things of one kind.

    Example:
        >>> ENGINES: Registry[type] = Registry("engine", {"replay": "assay.models.replay:ReplayEngine"})
        >>> ENGINES.names()
        ['replay']
    """

    def __init__(self, kind: str, table: Mapping[str, str], group: str | None = None) -> None:
        self.kind = kind
        self._table = dict(table)
        self._group = group
        self._made: dict[str, T] = {}
        self._plugins: dict[str, EntryPoint] | None = None

    def names(self) -> list[str]:
        """All names, sorted; nothing is imported."""
        return sorted({*self._table, *self._made, *self._found()})

    def built_in(self) -> list[str]:
        """The names of this package alone."""
        return sorted(self._table)

    def __contains__(self, name: object) -> bool:
        return name in self._table or name in self._made or name in self._found()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def get(self, name: str) -> T:
        """The thing called `name`. Raises `UnknownName`, with the nearest names, when there is none."""
        if name not in self._made:
            self._made[name] = self._load(name)
        return self._made[name]

    def register(self, name: str, thing: T) -> T:
        """Add a thing for this process. Raises `ValueError` when the name is taken by another thing."""
        if name in self and self._made.get(name) is not thing:
            raise ValueError(f"{self.kind} {name!r} is already registered; choose another name")
        self._made[name] = thing
        return thing

    def _load(self, name: str) -> T:
        if name in self._table:
            module, _, attribute = self._table[name].partition(":")
            thing: T = getattr(importlib.import_module(module), attribute)
            return thing
        if name in self._found():
            loaded: T = self._found()[name].load()
            return loaded
        raise UnknownName(self.kind, name, self.names())

    def _found(self) -> dict[str, EntryPoint]:
        if self._plugins is None:
            from importlib.metadata import entry_points  # slow to import, and rarely needed

            found = {point.name: point for point in (entry_points(group=self._group) if self._group else ())}
            if taken := sorted(set(found) & set(self._table)):
                where = ", ".join(sorted({found[name].value for name in taken}))
                raise AssayError(
                    f"a plugin takes the built-in {self.kind} {', '.join(taken)} ({where}): rename or remove it"
                )
            self._plugins = found
        return self._plugins

    def working(self) -> list[T]:
        """Everything that can be loaded, by name; a plugin that cannot is warned of and left out."""
        things = []
        for name in self.names():
            try:
                things.append(self.get(name))
            except (ImportError, AttributeError, SyntaxError) as broken:
                if name in self._table:
                    raise
                warnings.warn(f"the {self.kind} plugin {name!r} does not load: {broken}", stacklevel=2)
        return things
