"""The program of a response: fences, whole texts, and completions that are only a body.

The last Python or unlabelled fence that defines what is asked for counts; else all Python fences joined; else the
whole response if it parses; a completion that is only a body is prefixed by the prompt's code. Beside a fence that says
Python, one without a label that only shows a result (`f(3)`, `x = 9`, `O(n)`) is no program. A response that only
closes a fence began in one, and `[BEGIN]`, `<code>` and the like on lines of their own are fences too.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import NamedTuple

from assay.claim.fences import Fence, fences, parse
from assay.claim.thinking import without_thinking
from assay.errors import BadReference, NoAnswer
from assay.sandbox.environments import MODULES, SCIENTIFIC
from assay.types import Example

_MAX_BODY = 500_000
_MAX_COMPLETION = 20_000
_PYTHON = re.compile(r"(?:(?:i?python|pypy|py)[\d.]*|pycon|sage)?")
_CPP = re.compile(r"(?:(?:c\+\+|cpp|cxx|cc|g\+\+|gnu\+\+)[\dxyzab]*|c)?")
_MAIN = re.compile(r"\bmain[ \t]*+\(")
_BEGINS = re.compile(r"^[ \t]*+(?:#[ \t]*+include\b|(?:int|auto|signed|void)[ \t]++main[ \t]*+\()", re.MULTILINE)
_READS = {"input", "stdin", "open"}
_TAGGED = re.compile(
    r"^[ \t]*+(?:\[(BEGIN|PYTHON|CODE)\]|<(code|python|answer|solution)>)[ \t]*\n(.*?)"
    r"(?:^[ \t]*+(?:\[DONE\]|\[/?END\]|\[/(?:BEGIN|PYTHON|CODE)\]|</(?:code|python|answer|solution)>)|\Z)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_START = re.compile(r"^(?:def|class|import|from|async def|@)[ \t]*\w", re.MULTILINE)
_CODE_WORD = re.compile(r"^[ \t]*+(?:def|class|import|from|return|for|while|if|print\s*\()", re.MULTILINE)
_MAX_STARTS = 12
_PYTHON_2 = re.compile(
    r"^[ \t]*+(?:print[ \t]++(?:>>|[\w\"'`])|exec[ \t]++[\w\"']|raise[ \t]++\w++[ \t]*+,)"
    r"|^[ \t]*+except[ \t]++[\w.]++[ \t]*+,[ \t]*+\w++:|\b\d++L\b|\w[ \t]*+<>|\bur[\"']",
    re.MULTILINE,
)
_NEWER = (
    (
        (3, 12),
        re.compile(r"^[ \t]*+(?:type[ \t]++\w|(?:async[ \t]++)?def[ \t]++\w++\[|class[ \t]++\w++\[)", re.MULTILINE),
    ),
    ((3, 12), re.compile(r"\b[fF](['\"])[^\n'\"{]*+\{[^\n'\"}]*+\1")),
    ((3, 14), re.compile(r"\b[tT][\"']")),
)
"""Syntax that an interpreter older than a version refuses; only asked once it has refused a program."""


def spoken(example: Example, response: str) -> str:
    """The response after its thinking. Raises `NoAnswer` where the thinking never closes or nothing is left."""
    body = without_thinking(example, response)
    if not body.strip():
        raise NoAnswer("the response is empty")
    if len(body) > _MAX_BODY:
        raise NoAnswer(f"the response is longer than {_MAX_BODY:,} characters")
    return body.replace("\r\n", "\n")


def defined(tree: ast.Module) -> set[str]:
    """Names that the top level of a program defines."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        else:
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names


def must_define(code: str, entry: str) -> None:
    """Raises `BadReference` where a reference's code is not Python or lacks what is to be called."""
    tree = parse(code)
    if tree is None or entry not in defined(tree):
        raise BadReference(f"the reference's 'code' {'is not Python' if tree is None else f'defines no {entry}'}")


def program_of(example: Example, response: str, wanted: Collection[str] = ()) -> str:
    """The program that a response holds; `wanted` are names it should define. Raises `NoAnswer`."""
    body = spoken(example, response)
    blocks = _blocks(body)
    labelled = any(f.label and _fits(f.text, wanted) for f in blocks)
    for block in reversed(blocks):
        if _fits(block.text, wanted) and not (labelled and not block.label and _facts(block.text).shows_result):
            return block.text
    joined = "\n".join(f.text for f in ([f for f in blocks if f.label] or blocks))
    for text in (joined, body):
        if wanted and text and _fits(text, wanted):
            return text
    for text in (joined, body.split("```")[0] if not blocks else ""):
        if wanted and text.strip() and len(text) <= _MAX_COMPLETION and (whole := _completed(example, text, wanted)):
            return whole
    if joined.strip():
        return joined
    if _fits(body, ()) or _CODE_WORD.search(body):
        return body
    raise NoAnswer("no program in the response")


def cpp_program(example: Example, response: str) -> str:
    """The C++ program that a response holds. Raises `NoAnswer`.

    The last C++ or unlabelled fence that has a `main` counts; else the last C++ fence; else a response without fences,
    or one that only closes a fence, that is a program.
    """
    body = spoken(example, response)
    blocks = [f for f in fences(body) if _CPP.fullmatch(f.label) and f.text.strip()]
    for block in reversed(blocks):
        if _MAIN.search(block.text):
            return block.text
    if labelled := [f for f in blocks if f.label]:
        return labelled[-1].text
    whole = body.partition("\n```")[0]
    if _BEGINS.search(whole) and "```" not in whole:
        return whole
    raise NoAnswer("no C++ program in the response")


def last_program(example: Example, response: str) -> str:
    """The last Python or unlabelled fence, or else the response, whether it parses or not. Raises `NoAnswer`."""
    body = spoken(example, response)
    blocks = _blocks(body)
    if blocks:
        return blocks[-1].text
    if _fits(body, ()) or _CODE_WORD.search(body):
        return body
    raise NoAnswer("no program in the response")


def _blocks(body: str) -> list[Fence]:
    """Fences that may hold Python, in order."""
    blocks = [f for f in fences(body) if _PYTHON.fullmatch(f.label) and f.text.strip()]
    if not any(f.label or _fits(f.text, ()) for f in blocks):  # else it only closes the fence that the prompt opened
        before = body.partition("\n```")[0]
        if before != body and _fits(before, ()):
            return [Fence("", before, 0)]
    return blocks or [Fence("", tagged[3], tagged.start(3)) for tagged in _TAGGED.finditer(body) if tagged[3].strip()]


class _Facts(NamedTuple):
    """What is asked of a text, which is parsed once: the parser holds the interpreter's lock."""

    is_python: bool
    defines: frozenset[str] = frozenset()
    does_something: bool = False
    shows_result: bool = False
    """Whether it is only expressions and values given to names, and reads nothing."""


@lru_cache(8)
def _facts(text: str) -> _Facts:
    tree = parse(text)
    if tree is None:
        return _Facts(False)
    shows = all(isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign)) for node in tree.body)
    shows = shows and not any(getattr(n, "id", getattr(n, "attr", "")) in _READS for n in ast.walk(tree))
    return _Facts(True, frozenset(defined(tree)), any(map(_does_something, tree.body)), shows)


def hint(source: str, error: str) -> str:
    """What to say behind an error: which Python programs run under and which one this looks like, or what there is."""
    if error == "ModuleNotFoundError":
        there = ", ".join(MODULES[SCIENTIFIC].split())
        return f" (what can be imported is the standard library and, where installed, {there})"
    if error not in ("SyntaxError", "IndentationError", "TabError"):
        return ""
    here = f"programs run under Python {sys.version_info[0]}.{sys.version_info[1]}"
    if _PYTHON_2.search(source):
        return f" (it looks like Python 2; {here})"
    for version, mark in _NEWER:
        if sys.version_info[:2] < version and mark.search(source):
            return f" (it looks like Python {version[0]}.{version[1]} or later; {here})"
    return f" ({here})"


def _fits(text: str, wanted: Collection[str]) -> bool:
    facts = _facts(text)
    return bool(facts.defines & set(wanted)) if wanted else facts.does_something


def _does_something(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return any(isinstance(n, ast.Call) for n in ast.walk(node))
    return not isinstance(node, ast.Return)


def _completed(example: Example, text: str, wanted: Collection[str]) -> str | None:
    """The prompt's code followed by a completion that is only a body."""
    for head in _heads(example):
        for tail in _tails(head, text):
            if _fits(head + tail, wanted):
                return head + tail
    return None


def _heads(example: Example) -> Iterator[str]:
    """The prompt's code: its last fenced Python block, else its tail from a first line of code."""
    for turn in reversed(example.prompt):
        for block in reversed(fences(turn.content)):
            if _PYTHON.fullmatch(block.label):
                yield block.text
        starts = [match.start() for match, _ in zip(_START.finditer(turn.content), range(_MAX_STARTS), strict=False)]
        for start in starts:
            yield turn.content[start:]


def _tails(head: str, text: str) -> Iterator[str]:
    yield text
    yield "\n" + text
    last = next((line for line in reversed(head.splitlines()) if line.strip()), "")
    indent = re.match(r"\s*", last)[0] if not last.rstrip().endswith(":") else re.match(r"\s*", last)[0] + "    "  # type: ignore[index]
    yield "\n" + textwrap.indent(textwrap.dedent(text.strip("\n")), indent)
    lines = text.strip("\n").split("\n", 1)  # a first line whose indent was eaten by the prompt's end
    yield "\n" + indent + lines[0].strip() + ("\n" + lines[1] if len(lines) > 1 else "")


def helpers(example: Example, used: Collection[str], entry: str) -> str:
    """Source of the prompt's own finished functions that tests use, so that the checker need not trust the response."""
    for head in _heads(example):
        tree = parse(head) or parse(head + "\n    pass\n")
        if tree is None:
            continue
        kept = [n for n in tree.body if _is_import(n) or (_is_finished(n) and getattr(n, "name", "") != entry)]
        if any(getattr(node, "name", "") in used for node in kept):
            return "\n".join(ast.unparse(node) for node in kept)
        return ""
    return ""


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _is_finished(node: ast.stmt) -> bool:
    """Whether a function has a body beyond its docstring."""
    if not isinstance(node, ast.FunctionDef):
        return False
    body = [n for n in node.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
    return any(not isinstance(n, (ast.Pass, ast.Raise)) for n in body)
