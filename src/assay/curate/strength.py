"""How strong are the tests of a code row? Do they refuse programs with one thing wrong?

Mutants of the reference program are tried by the row's own tests. One that passes is weakness only if it is broken: if
it gives something else than the reference on an input like those of the tests. Such inputs are made of the literal
arguments with which the tests call the entry point: values that stand at the same place in other calls, numbers between
the least and the greatest there, and lists with an element less or twice. What all calls keep to is kept: that a list
is in order, that its elements differ, that a number is its length; texts stay whole. So an input is one that the
problem allows as far as its tests show that, which is not always: what the words alone forbid is not known here.
What the reference returns there makes a further test.
Programs that read and write have no such inputs: of them it is known only how many mutants pass.
"""

from __future__ import annotations

import ast
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from assay import sandbox
from assay.claim import program
from assay.config import Config
from assay.corpus.parquet import to_examples
from assay.curate.mutants import mutants
from assay.curate.steps import Drop, Sifted, sift
from assay.errors import NoAnswer
from assay.judging.session import verify_many
from assay.sandbox import Limits, Outcome, Program
from assay.sources.files import fenced
from assay.types import Example, hashed_seed

TRIED = 12
"""Mutants of a program."""
MUTANT_SECONDS = 2.0
"""Time of a mutant, which may never end; one that is slower has not passed."""
PROBES = 60
"""Inputs on which a mutant and the reference are compared."""
TESTED = ("code.tests", "code.stdio")
_PROBE = """
def _probe():
    import copy, json
    said = []
    for args, named in {probes}:
        try:
            said.append(repr({entry}(*copy.deepcopy(args), **copy.deepcopy(named))))
        except Exception:
            said.append(None)
    print("\\n" + json.dumps(said))
_probe()
"""
Call = tuple[list[Any], dict[str, Any]]
"""Arguments, and those by name."""


@dataclass(frozen=True, slots=True)
class Strength:
    """What mutants earn on one row."""

    tried: int
    """Mutants that were judged."""
    passed: int
    """Those that the row's tests accept."""
    broken: int
    """Those of them that gave something else than the reference on a further input."""
    stronger: Example | None = None
    """The row with tests that refuse these too, and that its gold passes; `None` where there are none to add."""

    @property
    def is_weak(self) -> bool:
        """Whether the tests accept a program that is known to be broken."""
        return self.broken > 0


def strengths(
    examples: Sequence[Example], *, tried: int = TRIED, seed: int = 0, workers: int = 2
) -> list[Strength | None]:
    """The strength of each row's tests; `None` for rows that hold no tests, no program, or one that fails them.

    Args:
        examples: Rows; those of `code.tests` and `code.stdio` that have a gold response are looked at.
        tried: Mutants of each program, at most.
        seed: Seed of the draws of mutants and inputs, hashed with the id of the row.
        workers: Verifications that run side by side.
    """
    rows = [_Row.of(example, seed) if example.verifier in TESTED else None for example in examples]
    there = [row for row in rows if row is not None]
    golds = verify_many([r.example for r in there], [fenced(r.source) for r in there], workers=workers)
    sound = [row for row, verdict in zip(there, golds, strict=True) if verdict.is_correct]
    made = [(row, text) for row in sound for text in row.mutants(tried)]
    said = [fenced(text) for _, text in made]
    verdicts = verify_many([row.example for row, _ in made], said, workers=workers, deadline=MUTANT_SECONDS)
    known: dict[int, Strength] = {}
    for row in sound:
        own = [(text, v) for (other, text), v in zip(made, verdicts, strict=True) if other is row]
        passed = [text for text, verdict in own if verdict.is_correct]
        broken, probes = row.told_apart(passed)
        stronger = row.with_tests(probes, broken) if broken else None
        known[id(row)] = Strength(len(own), len(passed), len(broken), stronger)
    return [known.get(id(row)) if row is not None else None for row in rows]


@dataclass(eq=False)
class _Row:
    """A row with a program and what its tests call."""

    example: Example
    source: str
    entry: str
    calls: list[Call]
    draw: random.Random

    @classmethod
    def of(cls, example: Example, seed: int) -> _Row | None:
        draw = random.Random(hashed_seed("strength", seed, example.id))
        try:
            source = program.program_of(example, example.gold or "")
            tree = ast.parse(source)
        except (NoAnswer, SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        if example.verifier != "code.tests" or example.params.get("partial"):
            return cls(example, source, "", [], draw)
        reference = example.reference if isinstance(example.reference, dict) else {"tests": example.reference}
        given = reference.get("tests") or ()
        tests = [given] if isinstance(given, str) else list(given)
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        entry, calls = _called(tests, reference.get("entry_point") or "", defined)
        return cls(example, source, entry, calls, draw)

    def mutants(self, take: int) -> list[str]:
        name = self.entry.split("(")[0]
        return [text for text in mutants(self.source, name, self.draw, take) if text != self.source]

    def told_apart(self, passed: Sequence[str]) -> tuple[list[str], list[tuple[Call, str]]]:
        """Mutants that give something else than the reference, and for each an input with what the reference says."""
        probes = list(_like(self.calls, self.draw)) if passed and self.calls else []
        right = self._answers(self.source, probes) if probes else []
        broken, telling = [], []
        for text in passed if right else ():
            theirs = self._answers(text, probes) or [None] * len(probes)
            differ = [at for at, said in enumerate(right) if said is not None and said != theirs[at]]
            if differ:
                broken.append(text)
                telling.append((probes[differ[0]], right[differ[0]] or ""))
        return broken, telling

    def _answers(self, source: str, probes: Sequence[Call]) -> list[str | None]:
        """What a program returns for each input, as `repr`; `None` where it raises; empty where it never ends."""
        setup = self.example.reference.get("setup") or "" if isinstance(self.example.reference, dict) else ""
        text = _PROBE.format(probes=repr(list(probes)), entry=self.entry)
        result = sandbox.run(Program(f"{setup}\n{source}\n{text}", limits=Limits(cpu=MUTANT_SECONDS)))
        if result.outcome is not Outcome.DONE:
            return []
        try:
            said = json.loads(result.output.rstrip().rpartition(b"\n")[2])
        except ValueError:
            return []
        return said if isinstance(said, list) and len(said) == len(probes) else []

    def with_tests(self, probes: Sequence[tuple[Call, str]], broken: Sequence[str]) -> Example | None:
        """The row with a test for each input, if its gold passes them and the mutants do not."""
        added = list(dict.fromkeys(filter(None, (self._test(call, said) for call, said in probes))))
        if not added:
            return None
        old = self.example.reference if isinstance(self.example.reference, dict) else {"tests": self.example.reference}
        tests = [old["tests"]] if isinstance(old["tests"], str) else list(old["tests"])
        lineage = (*self.example.lineage, f"tests added to {self.example.id}")
        new = replace(self.example, reference={**old, "tests": [*tests, *added]}, lineage=lineage)
        gold, *others = verify_many([new] * (1 + len(broken)), [fenced(self.source), *map(fenced, broken)], workers=2)
        return new if gold.is_correct and not any(verdict.is_correct for verdict in others) else None

    def _test(self, call: Call, said: str) -> str:
        """A test of one input; empty where what it returns is no literal, or holds a number that is not exact."""
        args = ", ".join([*map(repr, call[0]), *(f"{name}={value!r}" for name, value in call[1].items())])
        try:
            value = ast.literal_eval(said)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            return ""
        if isinstance(value, float):
            return f"assert abs({self.entry}({args}) - {value!r}) <= 1e-9 * max(1, abs({value!r}))"
        return "" if _holds_float(value) else f"assert {self.entry}({args}) == {value!r}"


def _holds_float(value: Any) -> bool:
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    return isinstance(value, float) or (isinstance(parts, list | tuple | set) and any(map(_holds_float, parts)))


def _called(tests: Sequence[str], entry: str, defined: set[str]) -> tuple[str, list[Call]]:
    """The entry point, and the calls of it in the tests whose arguments are literals."""
    names = {entry} if entry else set(defined)
    found: list[tuple[str, Call]] = []
    for text in tests:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return "", []
        heads = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check")
        handed = {head.args.args[0].arg for head in heads if head.args.args} if entry else set()
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or (name := ast.unparse(node.func)) not in names | handed:
                continue
            if (call := _literal(node)) is not None:
                found.append((entry or name, call))
    chosen = found[0][0] if found else ""
    return chosen, [call for name, call in found if name == chosen]


def _literal(node: ast.Call) -> Call | None:
    try:
        named = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
        return [ast.literal_eval(arg) for arg in node.args], named
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _like(calls: Sequence[Call], draw: random.Random) -> Iterator[Call]:
    """Inputs like those of some calls, which are none of them."""
    first = calls[0]
    shapes = [call for call in calls if (len(call[0]), set(call[1])) == (len(first[0]), set(first[1]))]
    known = [[*args, *named.values()] for args, named in (_in_order(call, first) for call in shapes)]
    columns = [list(column) for column in zip(*known, strict=True)]
    rules = [_Rules.of(column) for column in columns]
    seen = {repr(call) for call in calls}
    for _ in range(6 * PROBES):
        if len(seen) >= len(calls) + PROBES or not columns:
            return
        row = [rule.kept(_near(column, draw)) for rule, column in zip(rules, columns, strict=True)]
        made = (row[: len(first[0])], dict(zip(first[1], row[len(first[0]) :], strict=True)))
        text = repr(made)
        if text not in seen and len(text) < 4000 and _lengths(row) >= set.intersection(*map(_lengths, known)):
            seen.add(text)
            yield made


def _in_order(call: Call, first: Call) -> Call:
    return call[0], {name: call[1][name] for name in first[1]}


def _lengths(row: Sequence[Any]) -> set[tuple[int, int]]:
    """Which arguments are the length of which: (place of the number, place of the list), and of lists as long as each
    other."""
    sizes = [(at, len(value)) for at, value in enumerate(row) if isinstance(value, str | list | tuple)]
    numbers = [(at, value) for at, value in enumerate(row) if type(value) is int]
    return {
        (one, other) for one, size in [*numbers, *sizes] for other, length in sizes if one != other and size == length
    }


@dataclass(frozen=True)
class _Rules:
    """What all lists that are known at one place keep to: they are in order, their elements differ."""

    ascends: bool
    descends: bool
    differs: bool

    @classmethod
    def of(cls, known: Sequence[Any]) -> _Rules:
        rows = [list(value) for value in known if isinstance(value, list | tuple)]
        try:
            ordered = [sorted(row) for row in rows]
        except TypeError:
            return cls(False, False, False)
        many = any(len(row) > 1 for row in rows)
        differs = all(row[at] != row[at + 1] for row in ordered for at in range(len(row) - 1))
        ups, downs = (all(row == one[::step] for row, one in zip(rows, ordered, strict=True)) for step in (1, -1))
        return cls(many and ups, many and downs and not ups, many and differs)

    def kept(self, value: Any) -> Any:
        """The value, made to keep to the rules."""
        if not isinstance(value, list | tuple):
            return value
        row = list(value)
        if self.differs:
            row = [element for at, element in enumerate(row) if element not in row[:at]]
        if self.ascends or self.descends:
            row = sorted(row, reverse=self.descends)
        return type(value)(row)


def _near(known: Sequence[Any], draw: random.Random) -> Any:
    """A value like some that stand at one place: one of them, or one of them with a small change. Texts stay whole:
    what a text may be is said in words alone."""
    value = draw.choice(known)
    alike = [other for other in known if type(other) is type(value)]
    if draw.random() < 0.4 or not isinstance(value, int | float | list | tuple):
        return value
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        near = value + draw.choice((-1, 1)) if draw.random() < 0.5 else draw.randint(min(alike), max(alike))
        return min(max(near, min(alike)), max(alike))
    if isinstance(value, float):
        return draw.uniform(min(alike), max(alike)) if all(map(math.isfinite, alike)) else value
    return _list(value, alike, draw) if value else value


def _list(value: Any, alike: Sequence[Any], draw: random.Random) -> Any:
    """A list with an element less, or with one twice in a row: what is left is in the order in which it was."""
    sizes, at = [len(other) for other in alike], draw.randrange(len(value))
    if all(isinstance(row, list | tuple) and len(row) == len(other) for other in alike for row in other):
        return value  # square
    if draw.random() < 0.5:
        return value[:at] + value[at + 1 :] if len(value) > min(sizes) else value
    return value[: at + 1] + value[at:] if len(value) < max(sizes) else value


class TestStrength(Config):
    """Looks for broken programs that a code row's tests accept (see `strength`): drops such rows, or adds tests.

    Tests are added where every input that the tests show is allowed (a right program is refused where the reference
    alone knows what to do with one); a row whose tests cannot be made to refuse the broken programs goes in any case.
    """

    __test__: ClassVar[bool] = False
    durable: ClassVar[bool] = True
    name: Literal["tests"] = "tests"
    """Which step this is."""
    weak: Literal["drop", "strengthen"] = "drop"
    """What becomes of rows with weak tests."""
    tried: int = Field(TRIED, ge=1)
    """Mutants of each reference program."""

    def __call__(self, batch: pa.RecordBatch) -> Sifted:
        known = strengths(to_examples(batch), tried=self.tried)
        drops: list[Drop | None] = []
        changed: dict[int, Example] = {}
        for place, found in zip(batch["place"].to_pylist(), known, strict=True):
            stronger = found.stronger if found is not None and self.weak == "strengthen" else None
            is_gone = found is not None and found.is_weak and stronger is None
            drops.append(Drop("weak_tests", f"{found.broken} of {found.tried} broken") if is_gone and found else None)
            if stronger is not None:
                changed[place] = stronger
        kept, gone, _ = sift(batch, drops)
        return Sifted(kept, gone, changed)
