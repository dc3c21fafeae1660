"""What the sandbox of a process has done: a few additions a job, to be read at any time."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from assay.errors import counted
from assay.sandbox.jobs import Limits, Outcome, Result

_KILLS = {
    Outcome.MEMORY_LIMIT: "memory",
    Outcome.OUTPUT_LIMIT: "output",
    Outcome.SECURITY_VIOLATION: "system call",
}
_REASONS = ("cpu", "wall", *_KILLS.values())


@dataclass(frozen=True, slots=True)
class Stats:
    """Counters of the jobs of one process, from its start or between two points.

    >>> Stats(jobs=5, waited=1.5, outcomes={"done": 3, "timeout": 2}, kills={"cpu": 2}).since(Stats(jobs=4)).jobs
    1
    """

    jobs: int = 0
    """Jobs that ended; a verdict may need several."""
    waited: float = 0.0
    """Seconds that they waited for a free worker, all together."""
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """How many ended in each way, by the words of `Outcome`."""
    kills: Mapping[str, int] = field(default_factory=dict)
    """How many were ended for a limit: `cpu`, `wall`, `memory`, `output`, or for a forbidden `system call`."""
    restarts: int = 0
    """Processes of the sandbox itself that died and were replaced."""

    def since(self, earlier: Stats) -> Stats:
        """What was counted between `earlier` and this."""
        outcomes, kills = Counter(self.outcomes), Counter(self.kills)
        outcomes.subtract(earlier.outcomes)
        kills.subtract(earlier.kills)
        return Stats(
            self.jobs - earlier.jobs,
            round(self.waited - earlier.waited, 3),
            {name: count for name, count in sorted(outcomes.items()) if count > 0},
            {name: count for name, count in sorted(kills.items()) if count > 0},
            self.restarts - earlier.restarts,
        )

    def plus(self, other: Stats) -> Stats:
        """Both together."""
        return Stats(
            self.jobs + other.jobs,
            round(self.waited + other.waited, 3),
            dict(sorted((Counter(self.outcomes) + Counter(other.outcomes)).items())),
            dict(sorted((Counter(self.kills) + Counter(other.kills)).items())),
            self.restarts + other.restarts,
        )

    def to_json(self) -> dict[str, Any]:
        """A row for a log; empty where no job ended."""
        return asdict(self) if self.jobs else {}

    @classmethod
    def from_json(cls, row: Any) -> Stats:
        """What `to_json` wrote. Raises `ValueError` for anything else."""
        try:
            stats = cls(**row)
        except TypeError:
            raise ValueError("no counters of the sandbox") from None
        named = ((stats.outcomes, {*map(str, Outcome)}), (stats.kills, {*_REASONS}))
        if not all(isinstance(counts, dict) and counts.keys() <= names for counts, names in named):
            raise ValueError("no counters of the sandbox")
        numbers = [stats.jobs, stats.restarts, *stats.outcomes.values(), *stats.kills.values()]
        whole = all(type(number) is int and number >= 0 for number in numbers)
        if not whole or type(stats.waited) not in (int, float) or not 0 <= stats.waited < math.inf:
            raise ValueError("no counters of the sandbox")
        return stats

    @property
    def lost(self) -> int:
        """Jobs without a result, which is nobody's fault but the machine's or ours."""
        return sum(self.outcomes.get(name, 0) for name in (Outcome.STARVED, Outcome.SANDBOX_ERROR))

    def scalars(self) -> dict[str, float]:
        """The same as numbers with flat names (`sandbox/jobs`, `sandbox/kills/cpu`); empty where no job ended."""
        if not self.jobs:
            return {}
        flat = {"jobs": self.jobs, "waited": self.waited, "restarts": self.restarts, "lost": self.lost}
        flat |= {f"kills/{reason}": self.kills.get(reason, 0) for reason in _REASONS}
        return {f"sandbox/{name}": float(value) for name, value in flat.items()}

    def __str__(self) -> str:
        killed = ", ".join(f"{count} {reason}" for reason, count in self.kills.items()) or "none"
        told = f"{counted(self.jobs, 'job')}, {self.waited:.1f} s waited for workers, killed: {killed}"
        told += f", without a result: {self.lost}" if self.lost else ""
        return told + (f", {counted(self.restarts, 'restart')}" if self.restarts else "")


class Counts:
    """The counters themselves. Threads may add at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes: Counter[str] = Counter()
        self._kills: Counter[str] = Counter()

    def add(self, result: Result, limits: Limits) -> None:
        """Count a job that has ended."""
        reason = _KILLS.get(result.outcome)
        if result.outcome is Outcome.TIMEOUT:
            reason = "cpu" if result.cpu >= 0.99 * limits.cpu else "wall"
        with self._lock:
            self._outcomes[result.outcome.value] += 1
            if reason:
                self._kills[reason] += 1

    def stats(self, waited: float, restarts: int) -> Stats:
        with self._lock:
            outcomes, kills = dict(self._outcomes), dict(self._kills)
        return Stats(sum(outcomes.values()), waited, outcomes, kills, restarts)
