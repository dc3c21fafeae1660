"""What two problems that differ in names and in the order of their clues have in common."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from assay.types import content_hash

ROUNDS = 3


def invariant(kinds: Sequence[Any], links: Sequence[tuple[Any, int, int]]) -> str:
    """A hash of a graph that does not depend on the numbers of its nodes or on the order of its links.

    Colour refinement (Weisfeiler and Leman 1968): isomorphic graphs have the same hash. Two others may share one, which
    costs a generator a problem and never puts one problem in two splits.

    Args:
        kinds: What is known of each node but its name: JSON.
        links: (what the link says, from, to): JSON and two numbers of nodes.

    Example:
        >>> invariant(["", "x"], [("a", 0, 1)]) == invariant(["x", ""], [("a", 1, 0)])
        True
    """
    colours = [content_hash(kind) for kind in kinds]
    for _ in range(ROUNDS):
        seen: list[list[Any]] = [[] for _ in kinds]
        for says, a, b in links:
            seen[a].append([says, "to", colours[b]])
            seen[b].append([says, "from", colours[a]])
        colours = [content_hash([old, sorted(map(content_hash, new))]) for old, new in zip(colours, seen, strict=True)]
    return content_hash([sorted(colours), len(links)])


def renamed(values: Sequence[Hashable]) -> list[int]:
    """Each value as the place where it was first seen among the different ones: `b a b` is 0 1 0."""
    places: dict[Hashable, int] = {}
    return [places.setdefault(value, len(places)) for value in values]
