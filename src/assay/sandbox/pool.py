"""A few slots that threads share. A slot that breaks is replaced; a job on it is run once more."""

from __future__ import annotations

import os
import threading
import time

from assay.sandbox.jobs import Job, Outcome, Result
from assay.sandbox.slot import Slot, SlotDied


class Pool:
    """Up to `size` zygotes, started when they are first needed.

    Any number of threads may call `run`; each job has a slot of its own while it runs. A process that forks starts
    anew: the child of a fork never talks to its parent's zygotes.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size or max(2, os.cpu_count() or 2)
        self._idle: list[Slot] = []
        self._busy = 0
        self._free = threading.Condition()
        self.closed = False

    def run(self, job: Job, patience: float | None = None) -> Result:
        """Run a job, waiting up to `patience` seconds for a slot. Never raises for what the job does."""
        died = ""
        due = None if patience is None else time.monotonic() + patience
        for _ in range(2):
            slot, died = self._take(due)
            if slot is None:
                break
            healthy = False
            try:
                result = slot.run(job)
                healthy = True
            except SlotDied as dead:
                died = str(dead)
                continue
            finally:
                self._give(slot if healthy else None)
                if not healthy:
                    slot.close()
            if result.outcome is not Outcome.SANDBOX_ERROR:
                return result
            died = result.text
        starved = due is not None and time.monotonic() >= due
        return Result(Outcome.STARVED if starved else Outcome.SANDBOX_ERROR, died)

    def isolation(self) -> tuple[str, ...]:
        """What isolation a slot of this pool has. Raises `SlotDied` when none starts."""
        slot, died = self._take(None)
        if slot is None:
            raise SlotDied(died)
        self._give(slot)
        return slot.isolation

    def close(self) -> None:
        """End all idle slots; busy ones end with their job."""
        with self._free:
            self.closed = True
            idle, self._idle = self._idle, []
        for slot in idle:
            slot.close()

    def forget(self) -> None:
        """In the child of a fork: let go of the parent's zygotes without ending them."""
        for slot in self._idle:
            slot.control.close()
        self._idle = []

    def _take(self, due: float | None) -> tuple[Slot | None, str]:
        with self._free:
            while not self._idle and self._busy >= self.size:
                left = None if due is None else due - time.monotonic()
                if left is not None and left <= 0:
                    return None, "no slot was free before the deadline"
                self._free.wait(left)
            self._busy += 1
            if self._idle:
                return self._idle.pop(), ""
        try:
            return Slot(), ""
        except (OSError, SlotDied) as failed:
            self._give(None)
            return None, f"no zygote could be started: {failed}"

    def _give(self, slot: Slot | None) -> None:
        with self._free:
            self._busy -= 1
            if slot is not None and not self.closed:
                self._idle.append(slot)
                slot = None
            self._free.notify()
        if slot is not None:
            slot.close()
