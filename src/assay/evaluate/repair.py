"""Answers that are mended by what is said of them, and answers that a program helps with.

`repair` asks, has a checker look (a compiler, tests, any verifier), tells the model what it said, and asks again; what
the checker passes a critic may still refuse (CriticLean, arXiv 2507.06181). `with_tools` runs the programs that a model
writes on its way and shows what they print, and asks for the final answer once, in words that leave no choice, where
its turns are used up (FrontierMath, arXiv 2411.04872). Every attempt is kept, with what was said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assay.models.engine import Completion, Engine, Sampling, generate
from assay.types import Message, Verdict

Check = Callable[[str], Verdict]
"""What is said of a response; its `why` is told to the model where it is not right."""
MENDED = "This was not accepted: {why}\n\nGive the whole answer again, with that mended."
FINAL = "Give your final answer now, without any further program."


@dataclass(frozen=True)
class Try:
    """One attempt, and what was said of it."""

    response: str
    verdict: Verdict
    by: str
    """`checker` or `critic`, whichever refused it, or that passed it last."""


@dataclass(frozen=True)
class Repaired:
    """The attempts at one problem, in order."""

    tries: tuple[Try, ...]

    @property
    def passed(self) -> bool:
        """Whether the last attempt was accepted by all who looked."""
        return self.tries[-1].verdict.is_correct


def repair(
    engine: Engine,
    prompt: Sequence[Message],
    *,
    checker: Check,
    critic: Check | None = None,
    attempts: int = 5,
    sampling: Sampling | None = None,
) -> Repaired:
    """Ask until checker and critic accept, at most so many times; each time the model sees its last attempt and why it
    was refused. A verdict that our side failed to make ends it: it says nothing that could be mended."""
    turns, tries = tuple(prompt), []
    for number in range(attempts):
        response = _said(engine, turns, number, sampling).text
        verdict, by = checker(response), "checker"
        if verdict.is_correct and critic is not None:
            verdict, by = critic(response), "critic"
        tries.append(Try(response, verdict, by))
        if verdict.is_correct or not verdict.counts:
            break
        turns = (*prompt, Message("assistant", response), Message("user", MENDED.format(why=verdict.why)))
    return Repaired(tuple(tries))


def yields(repaired: Sequence[Repaired], attempts: int) -> list[float]:
    """The share of problems that are accepted within 1, 2, ... attempts."""
    within = [len(one.tries) if one.passed else attempts + 1 for one in repaired]
    return [sum(place <= upto for place in within) / len(within) for upto in range(1, attempts + 1)]


@dataclass(frozen=True)
class Helped:
    """An answer on the way to which programs ran."""

    response: str
    """The last thing said: the final answer."""
    turns: tuple[Message, ...]
    """All that was said and shown, the problem first."""
    forced: bool
    """Whether the turns were used up, so that the answer was asked for."""


def with_tools(
    engine: Engine,
    prompt: Sequence[Message],
    *,
    program: Callable[[str], str | None],
    run: Callable[[str], str],
    turns: int = 4,
    sampling: Sampling | None = None,
) -> Helped:
    """Let a model run programs on its way, in at most so many turns, then ask for its final answer, once.

    `program` finds what a response wants to run, `None` where it answers; `run` runs it, in a sandbox, and gives what
    is shown to the model.
    """
    said = tuple(prompt)
    for number in range(turns):
        response = _said(engine, said, number, sampling).text
        said = (*said, Message("assistant", response))
        if (wanted := program(response)) is None:
            return Helped(response, said, forced=False)
        said = (*said, Message("user", run(wanted)))
    last = replace(said[-1], content=f"{said[-1].content}\n\n{FINAL}")
    response = _said(engine, (*said[:-1], last), turns, sampling).text
    return Helped(response, (*said[:-1], last, Message("assistant", response)), forced=True)


def _said(engine: Engine, turns: tuple[Message, ...], number: int, sampling: Sampling | None) -> Completion:
    return generate(engine, [turns], 1, sampling or Sampling(), first=number)[0][0]
