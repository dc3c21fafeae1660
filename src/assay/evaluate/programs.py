"""Program of thought first (arXiv 2211.12588), a chain of thought where that says nothing (MAmmoTH, 2309.05653)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import isfinite

from assay import sandbox
from assay.judging.session import verify_many
from assay.sandbox import Limits, Outcome, Program
from assay.types import Example, Verdict

NAME = "ans"
"""What a program leaves its answer in, unless it is called otherwise."""
_PRINTED = "\n\nprint({name})\n"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One answer, and where it comes from."""

    response: str
    verdict: Verdict
    by: str
    """`program`, `thought`, or `none` where neither answers."""


def answers_of(programs: Sequence[str], *, name: str = NAME, seconds: float = 2.0, workers: int = 2) -> list[str]:
    """What each program leaves in a variable, run in the sandbox; empty where it fails, or says no number.

    Raises `IsolationRefused` where programs do not run on this machine.
    """

    def ran(source: str) -> str:
        result = sandbox.run(Program(source + _PRINTED.format(name=name), limits=Limits(cpu=seconds)))
        said = result.output.decode("utf-8", "replace").strip() if result.outcome is Outcome.DONE else ""
        last = said.splitlines()[-1] if said else ""
        return _number(last)

    with ThreadPoolExecutor(workers, "assay-programs") as threads:
        return list(threads.map(ran, programs))


def program_then_thought(
    examples: Sequence[Example], programs: Sequence[str], thoughts: Sequence[str], *, workers: int = 2, name: str = NAME
) -> list[Chosen]:
    """Of each Example the answer of its program, and that of its chain of thought where the program gives none.

    Nothing is known of what is right when a choice is made; verdicts are of what was chosen.
    """
    found = answers_of(programs, workers=workers, name=name)
    chosen = [
        (f"The answer is {answer}.", "program") if answer else (thought, "thought" if thought else "none")
        for answer, thought in zip(found, thoughts, strict=True)
    ]
    verdicts = verify_many(examples, [response for response, _ in chosen], workers=workers)
    return [Chosen(response, verdict, by) for (response, by), verdict in zip(chosen, verdicts, strict=True)]


def _number(text: str) -> str:
    """The number that a program printed, without what binary fractions leave in the last digits of a decimal one."""
    try:
        value = float(text)
    except ValueError:
        return ""
    if not isfinite(value):
        return ""
    return text if text.lstrip("-").isdecimal() else repr(float(f"{value:.12g}"))
