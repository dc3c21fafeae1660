"""Does a program still return what was recorded of it?

The gold response of an output prediction is the recorded output itself, so it passes whatever the program does. A
recorded output cannot be reached where the program reads the clock, draws at random, or changed its input before that
was written down. The program runs here on the recorded input, in the sandbox, by the verifier of predicted inputs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assay.judging.session import verify_many
from assay.sources.files import fenced
from assay.types import Example, Verdict

TIMES = 2
"""Runs of each program: one that draws at random may hit what was recorded once."""


def reached(examples: Sequence[Example], *, workers: int = 2) -> list[Verdict | None]:
    """A verdict for each Example of `code_io.output` and `code_io.input`; `None` for any other.

    `correct`: every run returned the recorded output. `incorrect`: one did not, and `why` says what it returned.
    `timeout` and `error` say nothing about the row.

    Example:
        >>> row = {"code": "def f(x):\\n    return x + 1", "input": "1", "output": "2"}
        >>> good = Example(prompt="?", reference=row, verifier="code_io.output")
        >>> bad = Example(prompt="?", reference=row | {"output": "3"}, verifier="code_io.output")
        >>> [str(verdict.status) for verdict in reached([good, bad]) if verdict]
        ['correct', 'incorrect']
    """
    runs = [place for place, example in enumerate(examples) if example.verifier.startswith("code_io.")]
    asked = [replace(examples[place], verifier="code_io.input") for place in runs]
    said = [_recorded(example.reference) for example in asked]
    verdicts: list[Verdict | None] = [None] * len(examples)
    for _ in range(TIMES):
        for place, verdict in zip(runs, verify_many(asked, said, workers=workers), strict=True):
            known = verdicts[place]
            if known is None or known.is_correct:
                verdicts[place] = verdict
    return verdicts


def _recorded(reference: dict[str, Any]) -> str:
    """The recorded input as a response: arguments as they are written, or an object of named ones."""
    given, entry = reference["input"], reference.get("entry_point") or "f"
    return fenced(f"{entry}({given})") if isinstance(given, str) else fenced(json.dumps(given))
