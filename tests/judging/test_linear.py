"""Reading is linear in the text: every pattern of the package as it is used, and every verifier, on repeated units.

CPU time is compared with itself at a tenth of the length, so that a busy machine changes nothing.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

import assay
from assay.judging.session import verify
from assay.judging.verifier import VERIFIERS, Lane
from assay.types import Example, Status

UNITS = (
    *(",", " ", "-", " -", ", ", "a", "A ", "a ", "1", "1 ", "1,", "1, ", ". ", ".", "\n", "\n\n", " \n", "\t", "\r\n"),
    *("(", ")", "()", "[", "]", "[]", "{", "}", "{}", "\\", "\\ ", "\\a", "\\boxed{", "\\frac{", "\\text{", "$", "$$"),
    *('"', "'", '"a" ', "`", "```", "```\n", "*", "**", "_", "|", "| ", "|\n", ":", ": ", "=", "= ", "<", ">", "<a>"),
    *("<think>", "</think>", "<answer>", "answer ", "answer is ", "A: ", "#", "or "),
    *(" and ", "a or b, ", "not ", "no, "),
    *("1/2 ", "x^", "x_", "%", "é", "中", "½", "(a) ", "1) ", "- a\n", "a,\n", "is a ", "00 ", "1e", "~", "&", "a.b."),
    *("a-", "a'", "Mr. ", "A. B. ", "1:1 ", "def f", "\x00"),
)
SHORT, LONG = 700, 7000
FREE = 0.02
"""CPU seconds at the long size below which growth is not asked about: it is then within the noise."""
GROWTH = 35
"""Ten times the text may take so many times as long; a quadratic one takes a hundred."""
SLOW = 1.0
"""CPU seconds at the short size from which a pattern is refused unseen."""


def _patterns() -> Iterator[tuple[str, re.Pattern[str], Callable[[re.Pattern[str], str], object]]]:
    seen = set()
    for found in pkgutil.walk_packages(assay.__path__, "assay."):
        if found.name.startswith(("assay.__main__", "assay.learn", "assay.serve", "assay.report")):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            for place, pattern in enumerate(_inside(value)):
                if isinstance(pattern.pattern, str) and (pattern.pattern, pattern.flags) not in seen:
                    seen.add((pattern.pattern, pattern.flags))
                    yield f"{found.name.removeprefix('assay.')}.{name}-{place}", pattern, _use(module, name)


def _inside(value: Any, depth: int = 0) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, tuple | list | frozenset | dict):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _inside(part, depth + 1)


def _use(module: Any, name: str) -> Callable[[re.Pattern[str], str], object]:
    """How the module uses a pattern: at one place, or wherever it is found in a text."""
    used = {
        node.attr
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }
    if used == {"fullmatch"}:
        return lambda pattern, text: pattern.fullmatch(text)
    if used and used <= {"match", "fullmatch"}:
        return lambda pattern, text: pattern.match(text)
    return lambda pattern, text: sum(1 for _ in pattern.finditer(text))


@cache
def _tree(module: Any) -> ast.Module:
    return ast.parse(inspect.getsource(module))


PATTERNS = list(_patterns())


def _took(use: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    use(text)
    return time.process_time() - start


def _is_linear(use: Callable[[str], object], unit: str) -> bool:
    for before, after in (("", ""), ("a", "b.")):
        small, large = (before + unit * (size // len(unit)) + after for size in (SHORT, LONG))
        for _ in range(3):  # a page fault or a collection may hit one of two measurements
            brief = _took(use, small)
            if brief > SLOW:
                return False
            if (long := _took(use, large)) < FREE or long < GROWTH * brief:
                break
        else:
            return False
    return True


@pytest.mark.parametrize(("pattern", "use"), [p[1:] for p in PATTERNS], ids=[p[0] for p in PATTERNS])
def test_a_pattern_is_linear(pattern: re.Pattern[str], use: Callable[[re.Pattern[str], str], object]) -> None:
    slow = [unit for unit in UNITS if not _is_linear(lambda text: use(pattern, text), unit)]
    assert not slow, f"{pattern.pattern} on {slow}"


REFERENCES: dict[str, Any] = {
    "math": "4\\pi",
    "number": 42.5,
    "choice": "C",
    "boolean": True,
    "text": "Paris",
    "pairwise_verdict": "A",
    "set": ["red", "green"],
    "sequence": ["red", "green"],
    "assignment": {"Ann": "knight", "Bob": "knave"},
    "grid": [[1, 2], [3, 4]],
    "records": {"header": ["name", "age"], "rows": [["Ann", "3"]]},
    "code_io.output": {"code": "def f(x): return x", "input": "1", "output": "'ab'"},
    "instructions": {
        "instruction_id_list": ["keywords:frequency", "detectable_format:number_bullet_lists"],
        "kwargs": [{"keyword": "zebra", "frequency": 2, "relation": "at least"}, {"num_bullets": 3}],
    },
}
AROUND = ("{}", "The answer is a{}b.", "\\boxed{{{}}}", "<answer>{}</answer>", "```\n{}\n```", '{{"answer": "{}"}}')


@pytest.mark.slow
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["one", "every"])
@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_a_verdict_on_repeated_text_comes_in_time_and_is_not_paid(name: str, every: bool) -> None:
    """At 20,000 characters too, each unit in one frame or in every; slack for a busy machine is generous, the deadline
    is not."""
    example = Example(prompt="?", reference=REFERENCES[name], verifier=name)
    for number, unit in enumerate(UNITS):
        for size in (2000, 20_000):
            for around in AROUND if every else (AROUND[(number + len(name)) % len(AROUND)],):
                said = around.format(unit * (size // len(unit)))
                verdict = verify(example, said, deadline=1.0)
                shown = f"{name} on {around!r} with {unit!r} x {size}: {verdict}"[:300]
                assert not verdict.is_correct and verdict.status is not Status.ERROR, shown
                assert verdict.seconds < 3, shown


def test_every_verifier_on_text_is_tried() -> None:
    text = {name for name in VERIFIERS.names() if VERIFIERS.get(name).lane in (Lane.INLINE, Lane.WORKER)}
    text -= {"head"}  # it needs weights, and reads what these read
    assert {name for name in text if not name.startswith("test.")} == set(REFERENCES)
