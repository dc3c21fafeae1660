"""Running a verifier: the one boundary that catches, stamps and keeps the deadline.

Three lanes. A verdict whose cost is bounded by construction is made in the caller; any other verdict on text in a
worker process that is killed at the deadline; a verifier that runs programs is called in place, because the sandbox
enforces its limits (`deadline_left()` tells it how long). A verifier registered in this process only is unknown to a
worker: it runs in a daemon thread that is abandoned at the deadline, since a thread cannot be killed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextvars import copy_context
from dataclasses import replace

from assay.errors import BadReference
from assay.judging import pool
from assay.judging.verifier import DEADLINE, VERIFIERS, Verifier
from assay.types import Example, Verdict

QUICK_CHARS = 20_000
"""Characters of the longest response that is judged in the caller."""
TOO_COSTLY = "too costly to evaluate"
_local: set[str] = set()  # verifiers of this process that no worker knows


def verify(example: Example, response: str, *, deadline: float | None = None) -> Verdict:
    """Judge one response within `deadline` seconds (default: the verifier's own).

    Never raises for what a response, reference or parameter holds: that is a verdict. Raises `UnknownName` when no
    verifier has the Example's name, and `TypeError` when the response is not text.
    """
    verifier = VERIFIERS.get(example.verifier)
    if not isinstance(response, str):
        raise TypeError(f"a response is text, not {type(response).__name__}")
    limit = verifier.deadline if deadline is None else deadline
    start = time.monotonic()
    try:
        verifier.check_params(example.params)
        verdict = _in_its_lane(verifier, example, response, limit)
    except BadReference as bad:
        verdict = Verdict.error(str(bad))
    except Exception as bug:  # noqa: BLE001 - the boundary: whatever a verifier raises is its fault
        verdict = _bug(bug)
    return _stamped(verdict, verifier, time.monotonic() - start)


def verify_in_worker(pairs: Sequence[tuple[Example, str]], *, deadline: float | None = None) -> list[Verdict]:
    """Verdicts on a few pairs of verifiers that only read text, made one after another in one worker process."""
    verifiers = [VERIFIERS.get(example.verifier) for example, _ in pairs]
    if (
        len({verifier.deadline for verifier in verifiers}) > 1
        or not _local.isdisjoint(verifier.name for verifier in verifiers)
        or not all(isinstance(response, str) for _, response in pairs)
    ):
        return [verify(example, response, deadline=deadline) for example, response in pairs]
    limit = verifiers[0].deadline if deadline is None else deadline
    verdicts = []
    for (example, response), verifier, reply in zip(pairs, verifiers, _ask(pairs, limit), strict=True):
        verdict = _verdict(reply, limit)
        if verdict is None:
            verdicts.append(verify(example, response, deadline=deadline))
        else:
            verdicts.append(_stamped(verdict, verifier, verdict.seconds))
    return verdicts


def judge_caught(example: Example, response: str) -> Verdict:
    """The bare verdict, with whatever the verifier raises turned into one; for the far side of a lane."""
    verifier = VERIFIERS.get(example.verifier)
    try:
        verifier.check_params(example.params)
        return verifier(example, response)
    except BadReference as bad:
        return Verdict.error(str(bad))
    except (MemoryError, RecursionError) as limit:
        return Verdict.of(False, why=f"{TOO_COSTLY}: {type(limit).__name__}")
    except Exception as bug:  # noqa: BLE001 - the boundary of the worker process and of the thread
        return _bug(bug)


def _bug(bug: Exception) -> Verdict:
    return Verdict.error(f"{type(bug).__name__} in the verifier: {bug}"[:500])


def _stamped(verdict: Verdict, verifier: Verifier, seconds: float) -> Verdict:
    return Verdict(verdict.status, verdict.score, verdict.read, verdict.why, seconds, verifier.name, verifier.version)


def _in_its_lane(verifier: Verifier, example: Example, response: str, limit: float) -> Verdict:
    if verifier.runs_programs:
        token = DEADLINE.set(time.monotonic() + limit)
        try:
            return verifier(example, response)
        finally:
            DEADLINE.reset(token)
    if (
        verifier.quick is not None
        and len(response) <= QUICK_CHARS
        and (verdict := verifier.quick(example, response)) is not None
    ):
        return verdict
    if verifier.name not in _local and (verdict := _verdict(_ask([(example, response)], limit)[0], limit)) is not None:
        return verdict
    _local.add(verifier.name)
    return _in_thread(example, response, limit)


def _ask(pairs: Sequence[tuple[Example, str]], limit: float) -> list[pool.Reply]:
    requests = [
        {
            "verifier": example.verifier,
            "params": dict(example.params),
            "reference": example.reference,
            "prompt": [turn.to_json() for turn in example.asked],
            "response": response,
            "deadline": limit,
        }
        for example, response in pairs
    ]
    return pool.ask(requests, limit)


def _verdict(reply: pool.Reply, limit: float) -> Verdict | None:
    """The verdict of a worker's reply, or `None` when workers do not know the verifier."""
    if isinstance(reply, pool.WorkerTimeout):
        return replace(_out_of_time(reply.cpu, limit), seconds=limit)
    if isinstance(reply, pool.WorkerDied):
        return Verdict.error(str(reply))
    return Verdict.from_json(reply["verdict"]) if reply["verdict"] else None


def _in_thread(example: Example, response: str, limit: float) -> Verdict:
    made: list[Verdict] = []
    context = copy_context()
    context.run(DEADLINE.set, time.monotonic() + limit)
    thread = threading.Thread(
        target=lambda: made.append(context.run(judge_caught, example, response)), name="assay-verdict", daemon=True
    )
    thread.start()
    thread.join(limit)
    return made[0] if made else _out_of_time(_cpu_of(thread.native_id or 0), limit)


def _out_of_time(cpu: float, limit: float) -> Verdict:
    if cpu >= pool.BLAME * limit:
        return Verdict.of(False, why=f"{TOO_COSTLY}: it used its {limit:g} s of CPU time")
    return Verdict.timeout(f"{limit:g} s passed and only {cpu:.2f} s of CPU time was had: the machine is starved")


def _cpu_of(native_id: int) -> float:
    """CPU seconds of a thread by its kernel id; 0 where it is gone or the system does not say."""
    try:
        return time.clock_gettime((~native_id << 3) | 6)  # Linux: the per-thread CPU clock of that id
    except OSError:
        return 0.0
