"""Attempts in their verifier's lane, within a deadline: the one boundary that turns exceptions into verdicts.

A verdict whose cost is bounded by construction is made in the caller; any other verdict on text in a worker process
that is killed at the deadline; a verifier that runs programs is called in place, because the sandbox enforces its
limits; a remote one runs on an event loop of this process, or, where it blocks, in a thread. A verifier registered in
this process only is unknown to a worker: it runs in a thread that is left behind at the deadline, since none can be
killed.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from assay.effort import DEADLINE, SHORT_ONLY, SPAN, NotShort, due_in
from assay.errors import BadReference
from assay.judging.loop import Call, side_by_side
from assay.judging.pool import NoJson, Pool, Reply, WorkerDied, WorkerTimeout
from assay.judging.verifier import VERIFIERS, Context, Lane, Params, Verifier
from assay.types import Attempt, Example, Verdict

CALLER_CHARS = 20_000
"""Characters of the longest response that is read in the caller; every reading is linear in it."""
BLAME = 0.9
"""A verdict that had this share of its budget as CPU time when it was stopped used the budget up itself."""
TOO_COSTLY = "too costly to evaluate"
_local: set[str] = set()  # verifiers of this process that no worker knows

Pair = tuple[Example, str]


class Room(NamedTuple):
    """How long attempts may take: `cpu` seconds of work each, within `wall` seconds on the clock."""

    cpu: float
    wall: float

    @classmethod
    def of(cls, verifier: Verifier, deadline: float | None, patience: float = 1) -> Room:
        """The verifier's own deadline, or the one that was asked for; `patience` stretches the clock alone."""
        limit = verifier.deadline if deadline is None else deadline
        return cls(limit, limit * patience)


def guarded(judging: Callable[..., Verdict], *given: Any) -> Verdict:
    """The verdict that a call returns, with whatever it raises turned into one. Only `NotShort` passes."""
    made = _caught(judging, *given)
    if isinstance(made, BaseException):
        return _blamed(made)
    return made if isinstance(made, Verdict) else _blamed(TypeError(f"a judge returns a Verdict, not {made!r}"))


def _caught(call: Callable[..., Any], *given: Any) -> Any:
    """What a call returns, or the exception that it raised."""
    try:
        return call(*given)
    except NotShort:
        raise
    except Exception as fault:  # noqa: BLE001 - the boundary: whatever a verifier raises is its fault
        return fault


def _blamed(fault: BaseException) -> Verdict:
    """The verdict where a verifier raised something."""
    if isinstance(fault, BadReference):
        return Verdict.error(str(fault))
    if isinstance(fault, TimeoutError):
        return Verdict.timeout(str(fault) or "the deadline passed")
    if isinstance(fault, MemoryError | RecursionError):
        return Verdict.of(False, why=f"{TOO_COSTLY}: {type(fault).__name__}")
    return Verdict.error(f"{type(fault).__name__} in the verifier: {fault}"[:500])


class Together(NamedTuple):
    """Attempts that are judged together, each at its Example: one and the same unless the verifier's groups span
    several."""

    verifier: Verifier
    examples: Sequence[Example]
    attempts: Sequence[Attempt]
    room: Room

    def given(self, clients: dict[str, Any], known: dict[int, Params]) -> tuple[Any, ...]:
        """The arguments of the judge; `known` are the parameters of Examples that other jobs of one call have read.

        Raises `BadReference`.
        """
        example = self.examples[0]
        if (params := known.get(id(example))) is None:
            params = known[id(example)] = self.verifier.parameters(example.params)
        return example, self.attempts, params, Context(self.room.wall, clients, self.examples)

    def checked(self, made: Any) -> list[Verdict]:
        """What the judge returned, if it is a verdict for each attempt. Raises `TypeError`."""
        count = len(self.attempts)
        if not isinstance(made, Sequence) or [isinstance(one, Verdict) for one in made] != [True] * count:
            raise TypeError(f"a judge of {count} attempts returns {count} verdicts, not {made!r}")
        return list(made)

    def stamped(self, made: list[Verdict] | BaseException, seconds: float) -> list[Verdict]:
        """Its verdicts, or the one on what it raised for each attempt, with the time that each took."""
        count = len(self.attempts)
        verdicts = [_blamed(made)] * count if isinstance(made, BaseException) else made
        return [stamped(verdict, self.verifier, seconds / max(1, count)) for verdict in verdicts]


def judged(job: Together, clients: dict[str, Any]) -> list[Verdict]:
    """Verdicts of a verifier that runs programs, is remote, or compares a group."""
    if awaits(job.verifier):
        return judged_side_by_side([job], 1, clients)[0]
    start = time.monotonic()
    made = _caught(lambda: job.checked(_in_place(job, clients)))
    return job.stamped(made, time.monotonic() - start)


def awaits(verifier: Verifier) -> bool:
    """Whether its judge is a coroutine, so that many can be under way in one event loop."""
    return verifier.lane is Lane.REMOTE and inspect.iscoroutinefunction(verifier.judge)


def judged_side_by_side(jobs: Sequence[Together], workers: int, clients: dict[str, Any]) -> list[list[Verdict]]:
    """Verdicts of remote judges that are coroutines, so many under way at a time."""

    known: dict[int, Params] = {}

    async def made(job: Together) -> list[Verdict]:
        return job.checked(await job.verifier.judge(*job.given(clients, known)))  # type: ignore[misc]  # see `awaits`

    answers = side_by_side([Call(partial(made, job), job.room.wall) for job in jobs], workers)
    return [job.stamped(*answer) for job, answer in zip(jobs, answers, strict=True)]


def judged_text(
    verifier: Verifier, example: Example, response: str, pool: Pool, deadline: float | None, patience: float = 1
) -> Verdict:
    """The verdict of a verifier that only reads text: in the caller where that costs little, else in a worker."""
    start = time.monotonic()
    verdict = None
    if verifier.lane is Lane.INLINE and len(response) <= CALLER_CHARS:
        token = SHORT_ONLY.set(True)
        try:
            verdict = guarded(verifier, example, response)
        except NotShort:
            pass
        finally:
            SHORT_ONLY.reset(token)
    if verdict is None:
        room = Room.of(verifier, deadline, patience)
        verdict = _elsewhere(verifier, example, response, room, pool)
    return stamped(verdict, verifier, time.monotonic() - start)


def _elsewhere(verifier: Verifier, example: Example, response: str, room: Room, pool: Pool) -> Verdict:
    """The verdict of a worker, or of a thread where no worker knows the verifier."""
    if verifier.name not in _local:
        verdict = _verdict(ask(pool, [(example, response)], room)[0], room)
        if verdict is not None:
            return verdict
    return _in_thread(verifier, (example, response), room)


def in_worker(pairs: Sequence[Pair], verifier: Verifier, room: Room, pool: Pool) -> list[Verdict]:
    """Verdicts on a few pairs of one verifier that only reads text, made one after another in one worker process."""
    known = [None] * len(pairs) if verifier.name in _local else [_verdict(r, room) for r in ask(pool, pairs, room)]
    made = [verdict or _in_thread(verifier, pair, room) for verdict, pair in zip(known, pairs, strict=True)]
    return [stamped(verdict, verifier, verdict.seconds) for verdict in made]


def bare(example: Example, response: str) -> Verdict:
    """The verdict on one response, made here and now; for the far side of a lane."""
    return guarded(VERIFIERS.get(example.verifier), example, response)


def asked(what: str, example: Example, answer: Any) -> str | None:
    """The `key` of an answer, or (`check`) why the Example cannot be used, made here and now; `None` for neither."""
    verifier = VERIFIERS.get(example.verifier)

    def checked() -> Verdict:
        verifier.check(example)
        return Verdict.of(True)

    if what == "check":
        said = guarded(checked)
        return None if said.is_correct else said.why
    key = _caught(verifier.key, example, answer)
    return None if isinstance(key, BaseException) else key


def key_here(example: Example, answer: Any) -> str | None:
    """The key of an answer, made in the caller. Raises `NotShort` where it belongs in a worker."""
    short = len(answer) <= SPAN if isinstance(answer, str) else isinstance(answer, int) and abs(answer) < 1 << 64
    if not short or VERIFIERS.get(example.verifier).lane is not Lane.INLINE:
        raise NotShort
    token = SHORT_ONLY.set(True)
    try:
        return asked("key", example, answer)
    finally:
        SHORT_ONLY.reset(token)


def ask(pool: Pool, pairs: Sequence[tuple[Example, Any]], room: Room, what: str = "verdict") -> list[Reply]:
    """Have a worker make a `verdict` on each response, or a `key` of each answer, or `check` each Example."""
    requests = [
        {
            "what": what,
            "verifier": example.verifier,
            "params": dict(example.params),
            "options": list(example.options),
            "reference": example.reference,
            "prompt": [turn.to_json() for turn in example.prompt],
            "template": example.template,
            "response": response,
            "deadline": room.cpu,
        }
        for example, response in pairs
    ]
    return pool.ask(requests, room.wall)


def stamped(verdict: Verdict, verifier: Verifier, seconds: float) -> Verdict:
    """The verdict with the verifier's name and version and the time that it took."""
    return replace(verdict, seconds=seconds, verifier=verifier.name, version=verifier.version)


def _in_place(job: Together, clients: dict[str, Any]) -> Any:
    verifier, room, given = job.verifier, job.room, job.given(clients, {})
    if verifier.lane is Lane.REMOTE:
        return _abandoned(verifier, given, room)
    with due_in(room.wall, own=room.cpu):
        made = verifier.judge(*given)
    if isinstance(made, Awaitable):
        raise TypeError(f"the judge of {verifier.name!r} is a coroutine: its lane is 'remote'")
    return made


def _abandoned(verifier: Verifier, given: tuple[Any, ...], room: Room) -> Any:
    """What a blocking function returns in time. Raises `TimeoutError`."""
    made, _ = _aside(lambda: verifier.judge(*given), room.wall)
    if not made:
        raise TimeoutError(f"the judge did not answer in {room.wall:g} s")
    return made[0]


def _aside(call: Callable[[], Any], wall: float) -> tuple[list[Any], float]:
    """What a call returns in a thread, and the CPU seconds of the thread where it is late and left behind.

    What the call raises is raised here; where it asks the process to exit, that is its own fault.
    """
    made: list[Any] = []

    def run() -> None:
        try:
            made.append(_caught(call))
        except (SystemExit, KeyboardInterrupt) as left:
            made.append(RuntimeError(f"it raised {type(left).__name__}"))

    thread = threading.Thread(target=run, name="assay-aside", daemon=True)
    thread.start()
    thread.join(wall)
    if made and isinstance(made[0], BaseException):
        raise made[0]
    return made, 0.0 if made else _cpu_of(thread.native_id or 0)


def _verdict(reply: Reply, room: Room) -> Verdict | None:
    """The verdict of a worker's reply, or `None` when workers do not know the verifier."""
    if isinstance(reply, WorkerTimeout):
        return replace(_out_of_time(reply.cpu, room), seconds=room.wall)
    if isinstance(reply, WorkerDied | NoJson):
        return Verdict.error(str(reply))
    if not reply["made"]:
        return None
    verdict = Verdict.from_json(reply["made"])
    if room.wall > room.cpu and reply["used"] > room.cpu:  # a patient clock buys no more work
        return replace(_out_of_time(reply["used"], room), seconds=verdict.seconds)
    return verdict


def _in_thread(verifier: Verifier, pair: Pair, room: Room) -> Verdict:
    """The verdict of a verifier that no worker knows, with the seconds that it took."""
    _local.add(verifier.name)
    start, context = time.monotonic(), copy_context()
    context.run(DEADLINE.set, start + room.wall)

    def within() -> Verdict:
        made, cpu = _aside(lambda: context.run(bare, *pair), room.wall)
        return made[0] if made else _out_of_time(cpu, room)

    return replace(guarded(within), seconds=time.monotonic() - start)


def _out_of_time(cpu: float, room: Room) -> Verdict:
    if cpu >= BLAME * room.cpu:
        return Verdict.of(False, why=f"{TOO_COSTLY}: it used its {room.cpu:g} s of CPU time")
    return Verdict.timeout(f"{room.wall:g} s passed and only {cpu:.2f} s of CPU time was had: the machine is starved")


def _cpu_of(native_id: int) -> float:
    """CPU seconds of a thread by its kernel id; 0 where it is gone or the system does not say."""
    try:
        return time.clock_gettime((~native_id << 3) | 6)  # Linux: the per-thread CPU clock of that id
    except OSError:
        return 0.0
