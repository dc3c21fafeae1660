"""A few slots that threads share. A slot that breaks is replaced; a job on it is run once more."""

from __future__ import annotations

import os
import threading
import time

from assay.sandbox import tasks
from assay.sandbox.flavours import BARE
from assay.sandbox.jobs import Job, Outcome, Result
from assay.sandbox.slot import Mother, Slot, SlotDied


class Pool:
    """Up to `size` jobs at once, in zygotes that are forked when they are first needed, from one mother a flavour.

    Any number of threads may call `run`; each job has a slot of its own while it runs. A process that forks starts
    anew: the child of a fork never talks to its parent's zygotes.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size or max(2, os.cpu_count() or 2)
        self._mothers: dict[str, Mother] = {}
        self._idle: list[Slot] = []
        self._busy = 0
        self._free = threading.Condition()
        self._birth = threading.Lock()
        self.closed = False

    def run(self, job: Job, patience: float | None = None, least: str = "") -> Result:
        """Run a job at no lower level than `least`, waiting up to `patience` seconds for a slot.

        Never raises for what the job does.
        """
        died = ""
        due = None if patience is None else time.monotonic() + patience
        flavour = tasks.flavour(job)
        for _ in range(2):
            slot, died = self._take(flavour, due)
            if slot is None:
                break
            if slot.level < least:
                self._give(slot)
                return Result(Outcome.SANDBOX_ERROR, f"a slot for {flavour} programs is {slot.level}, not {least}")
            healthy = False
            try:
                result = tasks.run(slot, job)
                healthy = not slot.spent
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
        slot, died = self._take(BARE, None)
        if slot is None:
            raise SlotDied(died)
        self._give(slot)
        return slot.isolation

    def close(self) -> None:
        """End all slots and mothers; a job that still runs ends as `sandbox_error`."""
        with self._free:
            self.closed = True
            idle, self._idle = self._idle, []
        for slot in idle:
            slot.close()
        with self._birth:
            mothers, self._mothers = self._mothers, {}
        for mother in mothers.values():
            mother.close()

    def forget(self) -> None:
        """In the child of a fork: let go of the parent's processes without ending them."""
        for slot in self._idle:
            slot.disown()
        for mother in self._mothers.values():
            mother.disown()
        self._idle, self._mothers = [], {}

    def _take(self, flavour: str, due: float | None) -> tuple[Slot | None, str]:
        with self._free:
            while self._busy >= self.size:
                left = None if due is None else due - time.monotonic()
                if left is not None and left <= 0:
                    return None, "no slot was free before the deadline"
                self._free.wait(left)
            self._busy += 1
            for slot in reversed(self._idle):
                if slot.flavour == flavour:
                    self._idle.remove(slot)
                    return slot, ""
        try:
            return self._new(flavour), ""
        except (OSError, SlotDied) as failed:
            self._give(None)
            return None, f"no zygote could be started: {failed}"

    def _new(self, flavour: str) -> Slot:
        """A slot from the flavour's mother, or from a new one where she is gone."""
        with self._birth:
            if self.closed:
                raise SlotDied("the pool is closed")
            mother = self._mothers.pop(flavour, None)
            try:
                mother = mother or Mother(flavour)
                slot = mother.slot()
            except SlotDied:
                if mother is not None:
                    mother.close()
                mother = Mother(flavour)
                slot = mother.slot()
            self._mothers[flavour] = mother
            return slot

    def _give(self, slot: Slot | None) -> None:
        with self._free:
            self._busy -= 1
            if slot is not None and not self.closed:
                self._idle.append(slot)
                slot = None
            self._free.notify()
        if slot is not None:
            slot.close()
