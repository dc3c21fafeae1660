"""A few workers that threads share. A worker that breaks is replaced; a job on it is run once more."""

from __future__ import annotations

import os
import threading
import time

from assay.sandbox import environments, runner
from assay.sandbox.jobs import Job, Outcome, Result
from assay.sandbox.processes import LimitTooLow, TemplateProcess, WorkerDied, WorkerProcess

_TRIES = 3
"""How often a job is run where what runs it breaks."""
_HEAVY = 4
"""A job that was killed each time, and held this part of its memory limit, was killed for its memory."""


class Pool:
    """Up to `size` jobs at once, in workers that are forked when they are first needed.

    Any number of threads may call `run`; each job has a worker of its own while it runs. A process that forks starts
    anew: the child of a fork never talks to its parent's workers.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size or max(2, os.cpu_count() or 2)
        self._templates: dict[str, TemplateProcess] = {}
        self._idle: list[WorkerProcess] = []
        self._busy = 0
        self._free = threading.Condition()
        self._starting = threading.Lock()
        self.closed = False

    def run(self, job: Job, queue_timeout: float | None = None, min_level: str = "") -> Result:
        """Run a job at `min_level` or above, waiting up to `queue_timeout` seconds for a worker.

        Never raises for what the job does.
        """
        error = ""
        due = None if queue_timeout is None else time.monotonic() + queue_timeout
        environment = runner.environment_of(job)
        for _ in range(2):
            try:
                worker = self._take(environment, due)
            except WorkerDied as failed:
                error = str(failed)
                break
            if worker.level < min_level:
                self._give_back(worker)
                error = f"a worker for {environment} programs is {worker.level}, not {min_level}"
                return Result(Outcome.SANDBOX_ERROR, error)
            reusable = False
            try:
                result = runner.run(worker, job)
                reusable = not worker.used_up
            except WorkerDied as died:
                error = str(died)
                continue
            finally:
                self._give_back(worker, reusable)
            if result.outcome is not Outcome.SANDBOX_ERROR:
                return result
            error = result.text
        starved = due is not None and time.monotonic() >= due
        return Result(Outcome.STARVED if starved else Outcome.SANDBOX_ERROR, error)

    def isolation(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """What isolation a worker of this pool has, and why the rest was refused. Raises `WorkerDied`."""
        worker = self._take(environments.BARE, None)
        self._give_back(worker)
        return worker.isolation, worker.refused

    def close(self) -> None:
        """End all processes; a job that still runs ends as `sandbox_error`."""
        with self._free:
            self.closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()
        with self._starting:
            templates, self._templates = self._templates, {}
        for template in templates.values():
            template.close()

    def forget(self) -> None:
        """In the child of a fork: let go of the parent's processes without ending them."""
        for worker in self._idle:
            worker.disown()
        for template in self._templates.values():
            template.disown()
        self._idle, self._templates = [], {}

    def _take(self, environment: str, due: float | None) -> WorkerProcess:
        """A worker for one job. Raises `WorkerDied` where none is free in time, or none can be started."""
        with self._free:
            while self._busy >= self.size:
                left = None if due is None else due - time.monotonic()
                if left is not None and left <= 0:
                    raise WorkerDied("no worker was free before the deadline")
                self._free.wait(left)
            self._busy += 1
            for worker in reversed(self._idle):
                if worker.environment == environment:
                    self._idle.remove(worker)
                    return worker
        try:
            return self._start(environment)
        except (OSError, WorkerDied) as failed:
            self._give_back(None)
            raise WorkerDied(f"no worker could be started: {failed}") from None

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
                    template.close()
                template = TemplateProcess(environment)
                worker = template.fork()
            self._templates[environment] = template
            return worker

    def _give_back(self, worker: WorkerProcess | None, reusable: bool = True) -> None:
        with self._free:
            self._busy -= 1
            keep = reusable and worker is not None and not self.closed
            if worker is not None and keep:
                self._idle.append(worker)
            self._free.notify()
        if worker is not None and not keep:
            worker.close()
