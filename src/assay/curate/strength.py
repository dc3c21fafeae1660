"""How strong are the tests of a code row? Do they refuse programs with one thing wrong?

Mutants of the reference program are tried by the row's own tests. One that passes is weakness only if it is broken: if
it gives something else than the reference on an input like those of the tests (`probes`). What the reference returns
there makes a further test. Programs that read and write have no such inputs: of them it is known only how many mutants
pass.
"""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from assay import sandbox
from assay.claim import program
from assay.config import Config
from assay.corpus.parquet import to_examples
from assay.curate.mutants import mutants
from assay.curate.probes import Call, called, like
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
        entry, calls = called(tests, reference.get("entry_point") or "", defined)
        return cls(example, source, entry, calls, draw)

    def mutants(self, take: int) -> list[str]:
        name = self.entry.split("(")[0]
        return [text for text in mutants(self.source, name, self.draw, take) if text != self.source]

    def told_apart(self, passed: Sequence[str]) -> tuple[list[str], list[tuple[Call, str]]]:
        """Mutants that give something else than the reference, and for each an input with what the reference says."""
        probes = list(like(self.calls, self.draw)) if passed and self.calls else []
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
