"""Fenced blocks, of programs and of data."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from assay.literals import syntax

MAX_SOURCE = 200_000
"""Characters of the longest program."""
_MAX_TRIED = 400_000
"""Characters that are parsed to find where fences end."""
_OPEN = re.compile(
    r"(?<!`)(`{3,}+|(?<!~)~{3,}+)[ \t]*+([\w+#.-]*+)[^\n`]*+(?:\n|$)|(?<!`)```(?P<inline>[^`\n]++)```(?!`)"
)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block."""

    label: str
    text: str
    start: int
    """Where its content starts in the text."""


def parse(source: str) -> ast.Module | None:
    """The syntax tree, or `None` where the text is no Python; never runs it."""
    tree = syntax.tree(source) if len(source) <= MAX_SOURCE else None
    return tree if isinstance(tree, ast.Module) else None


def fences(text: str) -> list[Fence]:
    """All fenced blocks in order; the last one may lack its end, and one may stand within a line.

    A block that is indented, as in a list, is taken without its fence's indent.
    """
    found, at, room = [], 0, _MAX_TRIED
    while opened := _OPEN.search(text, at):
        if opened["inline"] is not None:
            found.append(Fence("", opened["inline"], opened.start("inline")))
            at = opened.end()
            continue
        start = opened.end()
        end, at, room = _closing(text, start, opened[1], room)
        indent = opened.start() - 1 - text.rfind("\n", 0, opened.start())
        inner = text[start:end]
        if indent and text[opened.start() - indent : opened.start()].isspace():
            inner = re.sub(rf"^[ \t]{{1,{min(indent, 99)}}}", "", inner, flags=re.MULTILINE)
        found.append(Fence(opened[2].lower(), inner, start))
    return found


def _closing(text: str, start: int, mark: str, room: int) -> tuple[int, int, int]:
    """Where the block ends, where the text goes on, and what is left of `room` characters to try.

    That is the first end that leaves Python, else the first end.
    """
    closing = re.compile(re.escape(mark) + r"[`~]*[ \t]*(?=\n|$)")
    ends = [(m.start(), m.end()) for m, _ in zip(closing.finditer(text, start), range(8), strict=False)]
    if not ends:
        room -= len(text) - start
        loose = text.find(mark, start)  # something stands behind the end on its line
        if loose >= 0 and room >= 0 and parse(text[start:]) is None:
            return loose, loose + len(mark), room
        return len(text), len(text), room
    for end, at in ends:
        room -= end - start
        if room < 0:
            break
        if parse(text[start:end]) is not None:
            return end, at, room
    return *ends[0], room
