"""Attempts in their verifier's lane, within a deadline: the one boundary that turns exceptions into verdicts.

A verdict whose cost is bounded by construction is made in the caller; any other verdict on text in a worker process
that is killed at the deadline; a verifier that runs programs is called in place, because the sandbox enforces its
limits; a remote one runs on an event loop of this process, or, where it blocks, in a thread. A verifier registered in
this process only is unknown to a worker: it runs in a thread that is left behind at the deadline, since none can be
killed.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from dataclasses import replace
from typing import Any, NamedTuple

from assay.effort import DEADLINE, SHORT_ONLY, NotShort, due_in
from assay.errors import BadReference
from assay.judging.pool import NoJson, Pool, Reply, WorkerDied, WorkerTimeout
from assay.judging.verifier import VERIFIERS, Context, Lane, Verifier
from assay.types import Attempt, Example, Verdict

CALLER_CHARS = 20_000
"""Characters of the longest response that is read in the caller; every reading is linear in it."""
BLAME = 0.9
"""A verdict that had this share of its budget as CPU time when it was stopped used the budget up itself."""
LATE = 0.05
"""Seconds after its deadline at which a remote judge that has not been cancelled is left behind."""
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
    try:
        verdict = judging(*given)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"a judge returns a Verdict, not {verdict!r}")
        return verdict
    except NotShort:
        raise
    except BadReference as bad:
        return Verdict.error(str(bad))
    except TimeoutError as late:
        return Verdict.timeout(str(late) or "the deadline passed")
    except (MemoryError, RecursionError) as limit:
        return Verdict.of(False, why=f"{TOO_COSTLY}: {type(limit).__name__}")
    except Exception as bug:  # noqa: BLE001 - the boundary: whatever a verifier raises is its fault
        return Verdict.error(f"{type(bug).__name__} in the verifier: {bug}"[:500])


def judged(
    verifier: Verifier, examples: Sequence[Example], attempts: Sequence[Attempt], room: Room, clients: dict[str, Any]
) -> list[Verdict]:
    """Verdicts on attempts, each at its Example, of a verifier that runs programs, is remote, or compares a group.

    The Examples are one and the same unless the verifier's groups span several.
    """
    start = time.monotonic()
    verdicts: list[Verdict] = []

    def together() -> Verdict:
        made = _in_place(verifier, examples, attempts, room, clients)
        if len(made) != len(attempts) or not all(isinstance(verdict, Verdict) for verdict in made):
            raise TypeError(f"a judge of {len(attempts)} attempts returns {len(attempts)} verdicts, not {made!r}")
        verdicts.extend(made)
        return made[0]

    failed = guarded(together)
    verdicts = verdicts or [failed] * len(attempts)
    seconds = (time.monotonic() - start) / max(1, len(attempts))
    return [stamped(verdict, verifier, seconds) for verdict in verdicts]


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
    verifier, keys = VERIFIERS.get(example.verifier), []

    def made() -> Verdict:
        if what == "check":
            verifier.check(example)
        else:
            keys.append(verifier.key(example, answer))
        return Verdict.of(True)

    said = guarded(made)
    if what == "check":
        return None if said.is_correct else said.why
    return keys[0] if keys else None


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
    return Verdict(
        verdict.status,
        verdict.score,
        verdict.read,
        verdict.why,
        seconds,
        verifier.name,
        verifier.version,
        verdict.parts,
        verdict.cost,
    )


def _in_place(
    verifier: Verifier, examples: Sequence[Example], attempts: Sequence[Attempt], room: Room, clients: dict[str, Any]
) -> Sequence[Verdict]:
    example = examples[0]
    given = (example, attempts, verifier.parameters(example.params), Context(room.wall, clients, examples))
    if verifier.lane is Lane.REMOTE:
        waits = _awaited if inspect.iscoroutinefunction(verifier.judge) else _abandoned
        answered: Sequence[Verdict] = waits(verifier, given, room)
        return answered
    with due_in(room.wall, own=room.cpu):
        made = verifier.judge(*given)
    if isinstance(made, Awaitable):
        raise TypeError(f"the judge of {verifier.name!r} is a coroutine: its lane is 'remote'")
    return made


def _awaited(verifier: Verifier, given: tuple[Any, ...], room: Room) -> Any:
    """What a coroutine returns in time. Raises `TimeoutError`, also where it blocks or will not be cancelled."""

    async def made() -> Any:
        try:
            return await verifier.judge(*given)  # type: ignore[misc]  # a coroutine function, see the caller
        except (SystemExit, KeyboardInterrupt) as left:  # would end the loop, and with it every judge
            raise RuntimeError(f"it raised {type(left).__name__}") from None

    async def within() -> Any:
        return await asyncio.wait_for(made(), room.wall)

    future = asyncio.run_coroutine_threadsafe(within(), _loop())
    try:
        return future.result(room.wall + LATE)
    except TimeoutError:
        if not future.done():  # its loop is stuck: the next judge gets another
            forget_loop()
        raise TimeoutError(f"the judge did not answer in {room.wall:g} s") from None


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
    failed: list[BaseException] = []

    def run() -> None:
        try:
            made.append(call())
        except BaseException as fault:  # noqa: BLE001 - it is raised again, in the caller
            failed.append(fault)

    thread = threading.Thread(target=run, name="assay-aside", daemon=True)
    thread.start()
    thread.join(wall)
    if failed and isinstance(failed[0], Exception):
        raise failed[0]
    if failed:
        raise RuntimeError(f"it raised {type(failed[0]).__name__}")
    return made, 0.0 if made else _cpu_of(thread.native_id or 0)


_remote: asyncio.AbstractEventLoop | None = None
_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process's remote judges, in a thread of its own: the caller may have one already."""
    global _remote
    with _starting:
        if _remote is None:
            _remote = asyncio.new_event_loop()
            threading.Thread(target=_remote.run_forever, name="assay-remote", daemon=True).start()
        return _remote


def forget_loop() -> None:
    """In a forked child: the thread of the event loop stayed behind."""
    global _remote, _starting
    _remote, _starting = None, threading.Lock()


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
