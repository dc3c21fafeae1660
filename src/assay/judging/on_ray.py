"""A judge session whose verdicts are made by actors of a Ray cluster: the one that was joined, or that `RAY_ADDRESS`
names, else one on this machine until `close`.

Each actor owns a session of its own, with its workers and sandboxes, and ends with this one. An actor that dies is
started again and its rows are judged again; where that does not help they are `error`, never 0. Verdicts are those of a
local session, in the same order.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from assay.errors import AssayError, MissingExtra
from assay.judging.session import Judge, JudgeSettings, jobs_of
from assay.types import Attempt, Example, Verdict

PART = 256
"""Responses that an actor is handed at a time, at most but for a larger group; fewer, so that each actor has some."""
AHEAD = 2
"""Parts for each actor that wait or are in the making."""
SOON = 30.0
"""Seconds in which an actor has its processor, where one is free."""
TRIES = 2
"""How often a part is handed out again after its actor died."""

_Place = tuple[Example, Attempt]


class RayJudge(Judge):
    """A `Judge` on Ray. Close it, or use it as a context manager: its actors do not outlive it.

    Args:
        settings: As of `Judge`; the `cache` is read and written here, and by no actor.
        actors: How many; one for each free processor of the cluster without it.

    Raises `MissingExtra` where Ray is not installed, and `AssayError` where no cluster can be joined or started.
    """

    def __init__(self, settings: JudgeSettings | None = None, *, actors: int | None = None) -> None:
        super().__init__(settings)
        self._actors: list[Any] = []
        self._joined = True
        try:
            import ray
        except ImportError as fault:
            raise MissingExtra("judging on Ray", "ray") from fault
        self._ray, self._joined = ray, ray.is_initialized()
        if not self._joined:
            try:
                ray.init(log_to_driver=False, configure_logging=False)
            except (ConnectionError, ValueError, RuntimeError) as bad:
                raise AssayError(f"no Ray cluster can be joined or started: {bad}") from None
        count = actors or max(1, int(ray.available_resources().get("CPU", 1)))
        made = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=TRIES)(_Actor)
        self._actors = [made.remote(self.settings.deadline) for _ in range(count)]
        self.batch = AHEAD * PART * count
        if not ray.wait([self._actors[0].judged.remote([], None)], timeout=SOON)[0]:
            warnings.warn("no processor of the Ray cluster is free: waiting for one", stacklevel=2)

    def __reduce__(self) -> Any:
        raise TypeError("a judge on Ray stays in its process: make one where it is needed")

    def close(self) -> None:
        """End the actors and, where this session started it, Ray."""
        super().close()
        while self._actors:
            self._ray.kill(self._actors.pop())
        if not self._joined and self._ray.is_initialized():
            self._ray.shutdown()

    def _judged(self, places: Sequence[_Place], workers: int, deadline: float | None) -> list[Verdict]:
        """What is sealed stays in this process, since Ray may write what it sends to disk."""
        sealed = [at for at, (example, _) in enumerate(places) if example.seal]
        others = sorted({*range(len(places))} - {*sealed})
        verdicts = self._sent(others, places, deadline) if others else {}
        if sealed:
            here = super()._judged([places[at] for at in sealed], workers, deadline)
            verdicts |= dict(zip(sealed, here, strict=True))
        return [verdicts[at] for at in range(len(places))]

    def _sent(self, wanted: Sequence[int], places: Sequence[_Place], deadline: float | None) -> dict[int, Verdict]:
        """Place -> its verdict, of the wanted ones."""
        if not self._actors:
            raise AssayError("this judge on Ray is closed: make another one")
        parts = _parts(wanted, places, min(PART, -(-len(wanted) // (AHEAD * len(self._actors)))))
        verdicts: dict[int, Verdict] = {}
        waiting: dict[Any, tuple[list[int], Any]] = {}
        free = self._actors * AHEAD
        while parts or waiting:
            while parts and free:
                part, actor = parts.pop(), free.pop()
                waiting[actor.judged.remote([places[at] for at in part], deadline)] = (part, actor)
            (done, *_), _ = self._ray.wait(list(waiting), num_returns=1)
            part, actor = waiting.pop(done)
            free.append(actor)
            verdicts.update(zip(part, self._answers(done, len(part)), strict=True))
        return verdicts

    def _answers(self, done: Any, count: int) -> list[Verdict]:
        try:
            found: list[Verdict] = self._ray.get(done)
            return found
        except (self._ray.exceptions.RayActorError, self._ray.exceptions.WorkerCrashedError) as lost:
            why = f"the Ray actor that judged it died: {str(lost).splitlines()[0]}"
            return [Verdict.error(why)] * count


class _Actor:
    """A session inside an actor."""

    def __init__(self, deadline: float | None) -> None:
        self.judge = Judge(JudgeSettings(deadline=deadline))

    def judged(self, places: Sequence[_Place], deadline: float | None) -> list[Verdict]:
        """A verdict for each place. A `timeout` is looked at again in here, as in every session."""
        return self.judge.verify_many([e for e, _ in places], [a for _, a in places], deadline=deadline)


def _parts(wanted: Sequence[int], places: Sequence[_Place], size: int) -> list[list[int]]:
    """Places in parts of about this size, the last first; a group is never divided."""
    parts: list[list[int]] = [[]]
    for job in jobs_of([places[at] for at in wanted], 1):
        if len(parts[-1]) >= size:
            parts.append([])
        parts[-1] += (wanted[at] for at in job)
    return parts[::-1]
