"""The judge session: it owns the workers, the cache and the clients that verdicts need, and is made from its settings.

One session a process or Ray actor. A pickled session is its settings; a forked child starts anew. The functions of this
module use a default session, so that `assay.verify(example, response)` needs none.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from assay import sandbox
from assay.effort import NotShort
from assay.errors import AssayError, IsolationRefused
from assay.judging.cache import VerdictCache
from assay.judging.lanes import (
    Room,
    Together,
    ask,
    asked,
    awaits,
    in_worker,
    judged,
    judged_side_by_side,
    judged_text,
    key_here,
)
from assay.judging.loop import forget_loop
from assay.judging.pool import Pool, WorkerTimeout
from assay.judging.verifier import VERIFIERS, Lane, Verifier
from assay.types import Attempt, Example, Status, Verdict

CHUNK = 16
"""Responses that one worker process is handed at a time."""
LONGEST = 86_400
"""Seconds of the longest deadline."""
PATIENCE = (2.0, 8.0)
"""A verdict made here that ended in `timeout` is made again within so many times the wall time, for the same work."""

Said = str | Attempt
_Place = tuple[Example, Attempt]


@dataclass(frozen=True)
class JudgeSettings:
    """What decides how a session judges; part of a run's fingerprint."""

    workers: int = 1
    """Verdicts that are in the making at once."""
    deadline: float | None = None
    """Seconds a verdict; each verifier's own without it."""
    cache: Path | None = None
    """A file that remembers verdicts from run to run."""

    def __post_init__(self) -> None:
        if self.workers < 1 or (self.deadline is not None and not 0 < self.deadline <= LONGEST):
            raise AssayError(f"a judge needs workers of at least 1 and a deadline of 0 to {LONGEST} s; got {self}")


class Judge:
    """A session. Close it, or use it as a context manager, where its workers must not outlive it.

    Example:
        >>> with Judge(JudgeSettings(workers=2)) as judge:
        ...     ex = Example(prompt="1 + 1 = ?", reference=2, verifier="number")
        ...     [str(v.status) for v in judge.verify_many([ex, ex], ["2", "The answer is 3."])]
        ['correct', 'incorrect']
    """

    batch = 256
    """Responses that it is well handed at a time by who has many."""

    def __init__(self, settings: JudgeSettings | None = None) -> None:
        self.settings = settings or JudgeSettings()
        self._pool = Pool()
        self._clients: dict[str, Any] = {}
        _sessions.add(self)

    def __reduce__(self) -> tuple[type[Judge], tuple[JudgeSettings]]:
        return (Judge, (self.settings,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes; the session starts new ones when it is used again."""
        self._pool.close()

    def verify(self, example: Example, response: Said, *, deadline: float | None = None) -> Verdict:
        """Judge one response within `deadline` seconds (default: the session's, else the verifier's own).

        Never raises for what a response, reference or parameter holds: that is a verdict. Raises `UnknownName` when no
        verifier has the Example's name, and `TypeError` where one of the two is something else.
        """
        verifier = VERIFIERS.get(_example(example).verifier)
        limit = self._limit(deadline)
        if verifier.reads_text and isinstance(response, str):
            return judged_text(verifier, example, response, self._pool, limit)
        return self._one(verifier, example, _attempt(response), limit)

    def verify_many(
        self,
        examples: Sequence[Example],
        responses: Sequence[Said],
        *,
        workers: int | None = None,
        deadline: float | None = None,
        cache: str | Path | None = None,
    ) -> list[Verdict]:
        """`verify` of each pair, in order; a pair that occurs twice is judged once.

        Verdicts of a `group` verifier are made for all attempts at an Example together. With `workers` above 1 that
        many verdicts are in the making at once, those on text in processes of their own, those of models and servers in
        one event loop. A `timeout` of what runs here says that the machine was busy: it is judged again, alone, with
        more time on the clock for the same work. Arguments left out are the session's settings. Raises `UnknownName`
        for a verifier that is not registered, and `ValueError` when the lengths differ.
        """
        if len(examples) != len(responses):
            raise ValueError(f"{len(examples)} examples but {len(responses)} responses: give one example a response")
        places = [
            (_example(example), _attempt(response)) for example, response in zip(examples, responses, strict=True)
        ]
        keys = [_key(example, attempt, place) for place, (example, attempt) in enumerate(places)]
        once = dict(zip(keys, places, strict=True))
        made = dict(zip(once, self._remembered(list(once.values()), workers, deadline, cache), strict=True))
        return [made[key] for key in keys]

    async def averify_many(
        self, examples: Sequence[Example], responses: Sequence[Said], **options: Any
    ) -> list[Verdict]:
        """`verify_many` for an event loop, which goes on meanwhile."""
        return await asyncio.to_thread(partial(self.verify_many, **options), examples, responses)

    def keys(self, examples: Sequence[Example], answers: Sequence[Any]) -> list[str | None]:
        """The answer key of each answer, which is a reference or what a verdict `read`; see `Verifier.key`."""
        questions = [_question(*pair, at) for at, pair in enumerate(zip(examples, answers, strict=True))]
        known: dict[object, str | None] = {}
        elsewhere = {}
        for question, example, answer in zip(questions, examples, answers, strict=True):
            if question not in known:
                try:
                    known[question] = key_here(example, answer)
                except NotShort:
                    known[question], elsewhere[question] = None, (example, answer)
        asked = list(elsewhere.values())
        made = self._asked("key", [example for example, _ in asked], [answer for _, answer in asked])
        known |= zip(elsewhere, made, strict=True)
        return [known[question] for question in questions]

    def unreadable(self, examples: Iterable[Example]) -> dict[str, str]:
        """Id and reason of each Example whose reference or parameters its verifier cannot use."""
        given = list(examples)
        found = zip(given, self._asked("check", given, [None] * len(given)), strict=True)
        return {example.id: why for example, why in found if why}

    def facts(self, examples: Iterable[Example]) -> dict[str, Any]:
        """What decides verdicts on these Examples beside their text, for a run's fingerprint."""
        known = list(examples)
        used = sorted({example.verifier for example in known})
        facts: dict[str, Any] = {
            "verifiers": {name: VERIFIERS.get(name).version for name in used},
            "deadline": self.settings.deadline,
        }
        behind = [example for example in known if VERIFIERS.get(example.verifier).weights is not None]
        if weights := sorted({VERIFIERS.get(example.verifier).weights_of(example) for example in behind}):
            facts |= {"weights": weights}
        if any(VERIFIERS.get(name).lane is Lane.SANDBOX for name in used):
            facts |= {"sandbox": _level(), "programs": sandbox.installed_modules()}
        return facts

    def _limit(self, deadline: float | None) -> float | None:
        if deadline is None:
            return self.settings.deadline
        if not 0 < deadline <= LONGEST:
            raise AssayError(f"a deadline is above 0 and at most {LONGEST} seconds, not {deadline}")
        return deadline

    def _asked(self, what: str, examples: Sequence[Example], answers: Sequence[Any]) -> list[str | None]:
        """What workers say of each pair, or this process where they do not know the verifier."""
        out: list[str | None] = []
        for start in range(0, len(examples), 8 * CHUNK):
            pairs = list(zip(examples[start : start + 8 * CHUNK], answers[start : start + 8 * CHUNK], strict=True))
            for (example, answer), reply in zip(pairs, ask(self._pool, pairs, Room(1.0, 4.0), what), strict=True):
                if isinstance(reply, dict):
                    out.append(reply["made"] if reply["known"] else asked(what, example, answer))
                else:
                    late = "reading it takes too long" if isinstance(reply, WorkerTimeout) else str(reply)
                    out.append(late if what == "check" else None)
        return out

    def _remembered(
        self, places: Sequence[_Place], workers: int | None, deadline: float | None, cache: str | Path | None
    ) -> list[Verdict]:
        """The verdict at each place, from the cache where it has one."""
        workers, limit = workers or self.settings.workers, self._limit(deadline)
        file = cache or self.settings.cache
        if file is None:
            return self._judged(places, workers, limit)
        with VerdictCache(file) as known:
            found = [  # a verdict within a group holds for that group alone
                None if VERIFIERS.get(example.verifier).group else known.get(example, attempt.said)
                for example, attempt in places
            ]
            new = [place for place, verdict in zip(places, found, strict=True) if verdict is None]
            made = self._judged(new, workers, limit)
            said = [(example, attempt.said) for example, attempt in new]
            known.put(((*pair, verdict) for pair, verdict in zip(said, made, strict=True)), limit)
        fresh = iter(made)
        return [verdict or next(fresh) for verdict in found]

    def _judged(self, places: Sequence[_Place], workers: int, deadline: float | None) -> list[Verdict]:
        jobs = jobs_of(places, workers)
        remote = [job for job in jobs if awaits(_verifier(places, job))]
        here = [job for job in jobs if not awaits(_verifier(places, job))]
        alone = workers <= 1 or len(jobs) <= 1
        calls = [partial(self._made, places, job, deadline, alone=alone) for job in here]
        if remote:
            calls.append(partial(self._asked_of_models, places, remote, deadline, workers))
        if alone:
            made = [call() for call in calls]
        else:
            with ThreadPoolExecutor(workers, "assay-judge") as threads:
                made = list(threads.map(lambda call: call(), calls))
        verdicts = {place: verdict for answers in made for place, verdict in answers.items()}
        for patience in PATIENCE:
            late = {place for place, verdict in verdicts.items() if verdict.status is Status.TIMEOUT}
            for job in here if late else ():
                if again := [place for place in job if place in late]:
                    verdicts |= self._made(places, again, deadline, alone=True, patience=patience)
        return [verdicts[place] for place in range(len(places))]

    def _asked_of_models(
        self, places: Sequence[_Place], jobs: Sequence[Sequence[int]], deadline: float | None, workers: int
    ) -> dict[int, Verdict]:
        """Place -> verdict, of judges that wait for a model or a server."""
        made = judged_side_by_side([_together(places, job, deadline) for job in jobs], workers, self._clients)
        verdicts: dict[int, Verdict] = {}
        for job, answers in zip(jobs, made, strict=True):
            verdicts.update(zip(job, answers, strict=True))
        return verdicts

    def _made(
        self, places: Sequence[_Place], job: Sequence[int], deadline: float | None, *, alone: bool, patience: float = 1
    ) -> dict[int, Verdict]:
        """Place -> verdict, at a few places of one verifier: of one Example, or, on text, of several."""
        verifier = _verifier(places, job)
        if verifier.group:
            made = judged(_together(places, job, deadline, patience), self._clients)
        elif verifier.reads_text and not alone:
            pairs = [(places[place][0], places[place][1].said) for place in job]
            made = in_worker(pairs, verifier, Room.of(verifier, deadline, patience), self._pool)
        else:
            made = [self._one(verifier, *places[place], deadline, patience) for place in job]
        return dict(zip(job, made, strict=True))

    def _one(
        self, verifier: Verifier, example: Example, attempt: Attempt, deadline: float | None, patience: float = 1
    ) -> Verdict:
        if verifier.reads_text:
            return judged_text(verifier, example, attempt.said, self._pool, deadline, patience)
        room = Room.of(verifier, deadline, patience)
        return judged(Together(verifier, [example], [attempt], room), self._clients)[0]

    def forget(self) -> None:
        """In a forked child: leave the parent's workers and clients to the parent."""
        self._pool.disown()
        self._pool, self._clients = Pool(), {}


def _verifier(places: Sequence[_Place], job: Sequence[int]) -> Verifier:
    return VERIFIERS.get(places[job[0]][0].verifier)


def _together(places: Sequence[_Place], job: Sequence[int], deadline: float | None, patience: float = 1) -> Together:
    verifier = _verifier(places, job)
    examples, attempts = zip(*(places[place] for place in job), strict=True)
    return Together(verifier, examples, attempts, Room.of(verifier, deadline, patience))


def _level() -> str:
    """The level, or the backend, that programs run at; `refused` where they do not run."""
    try:
        return sandbox.require()
    except IsolationRefused:
        return "refused"


def _example(example: Example) -> Example:
    if not isinstance(example, Example):
        wanted = "make one with assay.Example(prompt=..., reference=..., verifier=...)"
        raise TypeError(f"what is judged is an Example and a response, not {type(example).__name__}: {wanted}")
    return example


def _attempt(response: Said) -> Attempt:
    if isinstance(response, Attempt):
        return response
    if not isinstance(response, str):
        raise TypeError(f"a response is text or an Attempt, not {type(response).__name__}")
    return Attempt(response=response)


def _key(example: Example, attempt: Attempt, place: int) -> object:
    if VERIFIERS.get(example.verifier).group:
        return place
    try:
        return example.id, example.template, attempt.said
    except (TypeError, ValueError, RecursionError):  # what is no JSON has no id, and an `error` for a verdict
        return place


def _question(example: Example, answer: Any, place: int) -> object:
    """What Examples share whose answers have one key; a place of its own where that is not plain to see."""
    plain = type(answer) is str and answer == example.reference and not (example.params or example.options)
    return (example.verifier, answer) if plain else place


def jobs_of(places: Sequence[_Place], workers: int) -> list[list[int]]:
    """Places that are judged together: whole groups, programs one by one, text in chunks of one verifier."""
    together: dict[object, list[int]] = {}
    for place, (example, attempt) in enumerate(places):
        verifier = VERIFIERS.get(example.verifier)
        if verifier.spans is not None:
            key: object = (verifier.name, verifier.spans(example))
        elif verifier.group:
            key = (verifier.name, example.id, attempt.group_id)
        else:
            key = verifier.name if verifier.reads_text else place
        together.setdefault(key, []).append(place)
    jobs = []
    for key, found in together.items():
        texts = isinstance(key, str)
        size = max(1, min(CHUNK, len(found) // workers)) if texts else len(found)
        jobs += [found[start : start + size] for start in range(0, len(found), size)]
    return jobs


_sessions: weakref.WeakSet[Judge] = weakref.WeakSet()
_default: Judge | None = None


def default_judge() -> Judge:
    """The session of this process that `assay.verify` uses."""
    global _default
    if _default is None:
        _default = Judge()
    return _default


def verify(example: Example, response: Said, *, deadline: float | None = None) -> Verdict:
    """`Judge.verify` of the default session."""
    return default_judge().verify(example, response, deadline=deadline)


def verify_many(
    examples: Sequence[Example],
    responses: Sequence[Said],
    *,
    workers: int | None = None,
    deadline: float | None = None,
    cache: str | Path | None = None,
) -> list[Verdict]:
    """`Judge.verify_many` of the default session."""
    return default_judge().verify_many(examples, responses, workers=workers, deadline=deadline, cache=cache)


def unreadable(examples: Iterable[Example]) -> dict[str, str]:
    """`Judge.unreadable` of the default session."""
    return default_judge().unreadable(examples)


def answer_keys(examples: Sequence[Example], answers: Sequence[Any]) -> list[str | None]:
    """`Judge.keys` of the default session."""
    return default_judge().keys(examples, answers)


def _after_fork() -> None:
    forget_loop()
    for session in list(_sessions):
        session.forget()


def _close_all() -> None:
    for session in list(_sessions):
        session.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
