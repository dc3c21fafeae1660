"""What a verifier is: a deterministic function `(example, response) -> Verdict` with a name, a version and parameters.

A verifier never evaluates model text, keeps no state a caller can see, and is light to import. It raises
`BadReference` when the reference or a parameter cannot be used; the boundary in `run.py` makes that an `error`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from assay.errors import BadReference, did_you_mean
from assay.registry import Registry
from assay.types import Example, Verdict

Judge = Callable[[Example, str], Verdict]
Quick = Callable[[Example, str], Verdict | None]

ANSWER_DEADLINE = 1.0
"""Default seconds for a verifier that only reads text."""
PROGRAM_DEADLINE = 30.0
"""Default seconds for a verifier that runs programs."""

DEADLINE: ContextVar[float | None] = ContextVar("DEADLINE", default=None)
"""When the verdict that is being made is due, on the monotonic clock; `None` where nobody waits."""


def deadline_left() -> float | None:
    """Seconds left for the verdict that is being made (0 once they are used up), or `None` without a deadline."""
    due = DEADLINE.get()
    return None if due is None else max(0.0, due - time.monotonic())


@dataclass(frozen=True)
class Verifier:
    """A registered verifier. Calling it runs the bare function: no deadline and no catching; use `assay.verify`."""

    name: str
    version: int
    """Raised whenever any verdict may change; written into corpora, rollouts and reports."""
    judge: Judge
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameter names and their defaults."""
    runs_programs: bool = False
    """Whether it needs the sandbox, and so the longer deadline."""
    quick: Quick | None = None
    """A first attempt whose cost is bounded by construction, so it may run in the caller; `None` is 'not sure'."""

    @property
    def deadline(self) -> float:
        return PROGRAM_DEADLINE if self.runs_programs else ANSWER_DEADLINE

    def check_params(self, given: Mapping[str, Any]) -> None:
        """Raise `BadReference` on a parameter that this verifier does not have."""
        for name in given:
            if name not in self.params:
                hint = did_you_mean(name, self.params) if self.params else "; it takes none"
                raise BadReference(f"verifier {self.name!r} has no parameter {name!r}{hint}")

    def __call__(self, example: Example, response: str) -> Verdict:
        return self.judge(example, response)


def verifier(
    name: str,
    *,
    version: int,
    params: Mapping[str, Any] | None = None,
    runs_programs: bool = False,
    quick: Quick | None = None,
) -> Callable[[Judge], Verifier]:
    """Turn a judging function into a `Verifier`. `params` names every parameter with its default."""
    return lambda judge: Verifier(name, version, judge, dict(params or {}), runs_programs, quick)


def parameter(verifier_params: Mapping[str, Any], given: Mapping[str, Any], name: str) -> Any:
    """The given value of a parameter, or its default."""
    return given.get(name, verifier_params[name])


VERIFIERS: Registry[Verifier] = Registry(
    "verifier",
    {
        "math": "assay.verifiers.math:math",
        "number": "assay.verifiers.number:number",
        "choice": "assay.verifiers.choice:choice",
        "boolean": "assay.verifiers.boolean:boolean",
        "text": "assay.verifiers.text:text",
        "set": "assay.verifiers.names:set_",
        "sequence": "assay.verifiers.names:sequence",
        "assignment": "assay.verifiers.names:assignment",
        "grid": "assay.verifiers.grid:grid",
        "records": "assay.verifiers.records:records",
        "code.tests": "assay.verifiers.code:tests",
        "code.stdio": "assay.verifiers.stdio:stdio",
        "code_io.output": "assay.verifiers.code_io:output",
        "code_io.input": "assay.verifiers.code_io:input_",
        "sat": "assay.verifiers.code_io:sat",
        "script": "assay.verifiers.script:script",
        "py_compile": "assay.verifiers.gates:py_compile",
        "command": "assay.verifiers.gates:command",
        "instructions": "assay.verifiers.instructions:instructions",
    },
    group="assay.verifiers",
)
