"""A few workers that threads share, in turn. A worker that breaks is replaced; a job on it is run again."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from dataclasses import replace

from assay.sandbox import environments, runner
from assay.sandbox.jobs import Job, Outcome, Result
from assay.sandbox.processes import LimitTooLow, TemplateProcess, WorkerDied, WorkerProcess

_TRIES = 3
"""How often a job is run where what runs it breaks."""
_HEAVY = 4
"""A job that was killed each time, and held this part of its memory limit, was killed for its memory."""


class Pool:
    """Up to `size` jobs at once, in workers that are forked when they are first needed.

    Any number of threads may call `run`; each job has a worker of its own while it runs, and they are served in the
    order in which they came. A process that forks starts anew: the child of a fork never talks to its parent's workers,
    and holds no descriptor of theirs.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size or max(2, os.cpu_count() or 2)
        self.closed = False
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        self._templates: dict[str, TemplateProcess] = {}
        self._idle: list[WorkerProcess] = []
        self._busy = 0
        self._line: deque[threading.Event] = deque()
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self.waited = 0.0
        """Seconds that jobs waited for a free worker, all together."""
        self.restarts = 0
        """Processes that died and were replaced."""

    def run(self, job: Job, min_level: str = "") -> Result:
        """Run a job at `min_level` or above, once a worker is free. Never raises for what the job does."""
        result = Result(Outcome.SANDBOX_ERROR)
        environment = runner.environment_of(job)
        for _ in range(_TRIES):
            reusable = False
            try:
                worker = self._take(environment)
            except WorkerDied as failed:
                return Result(Outcome.SANDBOX_ERROR, str(failed))
            try:
                if worker.level < min_level:
                    error = f"a worker for {environment} programs is {worker.level}, not {min_level}"
                    result = Result(Outcome.SANDBOX_ERROR, error)
                    continue
                result = runner.run(worker, job)
                reusable = not worker.used_up and result.outcome is not Outcome.SANDBOX_ERROR
            except WorkerDied as died:
                self._count_restart()
                result = Result(Outcome.SANDBOX_ERROR, str(died))
            finally:
                ran_out = not reusable and worker.group is not None and worker.group.ran_out()
                self._give_back(worker, reusable)
            if ran_out:
                return replace(result, outcome=Outcome.MEMORY_LIMIT, text="it held more memory than its group may")
            if result.outcome is not Outcome.SANDBOX_ERROR:
                return result
        if result.memory * _HEAVY >= job.limits.memory:
            return replace(result, outcome=Outcome.MEMORY_LIMIT, text="the system killed it for its memory, each time")
        return result

    def isolation(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """What isolation a worker of this pool has, and why the rest was refused. Raises `WorkerDied`."""
        worker = self._take(environments.BARE)
        self._give_back(worker)
        return worker.isolation, worker.refused

    def close(self) -> None:
        """End all processes; a job that still runs ends as `sandbox_error`."""
        with self._lock:
            self.closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()
        with self._starting:
            templates, self._templates = self._templates, {}
        for template in templates.values():
            template.close()

    def forget(self) -> None:
        """In the child of a fork: begin anew, whoever held which lock; the parent's processes are let go of already."""
        self._begin()

    def _take(self, environment: str) -> WorkerProcess:
        """A worker for one job, in turn. Raises `WorkerDied` where none can be started."""
        self._wait_in_line()
        try:
            while (worker := self._idle_worker(environment)) is not None:
                if worker.is_idle():
                    return worker
                self._count_restart()
                worker.close()  # something outside has ended it
            return self._start(environment)
        except BaseException as failed:
            self._give_back(None)
            if isinstance(failed, LimitTooLow) or not isinstance(failed, (OSError, WorkerDied)):
                raise
            raise WorkerDied(f"no worker could be started: {failed}") from None

    def _wait_in_line(self) -> None:
        """Wait for a slot, which those before get first."""
        with self._lock:
            if self._busy < self.size and not self._line:
                self._busy += 1
                return
            turn, began = threading.Event(), time.monotonic()
            self._line.append(turn)
        try:
            turn.wait()
            with self._lock:
                self.waited += time.monotonic() - began
        except BaseException:
            with self._lock:
                left = turn in self._line
                if left:
                    self._line.remove(turn)
            if not left:
                self._give_back(None)
            raise

    def _idle_worker(self, environment: str) -> WorkerProcess | None:
        with self._lock:
            for worker in reversed(self._idle):
                if worker.environment == environment:
                    self._idle.remove(worker)
                    return worker
        return None

    def _start(self, environment: str) -> WorkerProcess:
        """A worker from the environment's template process, or from a new one where that is gone."""
        with self._starting:
            if self.closed:
                raise WorkerDied("the pool is closed")
            template = self._templates.pop(environment, None)
            try:
                template = template or TemplateProcess(environment)
                worker = template.fork()
            except LimitTooLow:
                raise
            except WorkerDied:
                if template is not None:
                    self._count_restart()
                    template.close()
                template = TemplateProcess(environment)
                worker = template.fork()
            self._templates[environment] = template
            return worker

    def _count_restart(self) -> None:
        with self._lock:
            self.restarts += 1

    def _give_back(self, worker: WorkerProcess | None, reusable: bool = True) -> None:
        """Give up a slot to the next in line, and the worker to the next job unless it cannot be used again."""
        with self._lock:
            self._busy -= 1
            keep = reusable and worker is not None and not self.closed
            if worker is not None and keep:
                self._idle.append(worker)
            while self._line and self._busy < self.size:
                self._busy += 1
                self._line.popleft().set()
        if worker is not None and not keep:
            worker.close()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _after_fork() -> None:
    for pool in list(_pools):
        pool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
