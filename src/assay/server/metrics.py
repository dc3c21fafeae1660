"""What a server counts, in the text format of Prometheus (version 0.0.4)."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assay.sandbox import Stats
from assay.server.workers import Workers
from assay.types import Verdict

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the histogram of seconds."""
Labels = tuple[tuple[str, str], ...]


@dataclass
class Histogram:
    """Seconds, by upper bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def rows(self, name: str, labels: Labels) -> Iterable[tuple[str, Labels, float]]:
        below = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self.counts, strict=True):
            below += count
            yield f"{name}_bucket", (*labels, ("le", bound)), below
        yield f"{name}_sum", labels, self.total
        yield f"{name}_count", labels, below


class Metrics:
    """Counters of a server, from its start."""

    def __init__(self) -> None:
        self._began = time.time()
        self.verdicts: Counter[Labels] = Counter()
        self.requests: Counter[Labels] = Counter()
        self.refused: Counter[str] = Counter()
        self.verdict_seconds = Histogram()
        self.request_seconds = Histogram()

    def judged(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            self.verdicts[(("status", str(verdict.status)), ("verifier", verdict.verifier))] += 1
            self.verdict_seconds.add(verdict.seconds)

    def text(self, workers: Workers, open_requests: int) -> str:
        """All of it."""
        now: list[tuple[str, str, str, Iterable[tuple[str, Labels, float]]]] = [
            ("verdicts_total", "counter", "Verdicts by status and verifier.", _each("verdicts_total", self.verdicts)),
            ("requests_total", "counter", "Answers by path and code.", _each("requests_total", self.requests)),
            (
                "refused_total",
                "counter",
                "Requests refused, by reason.",
                _each("refused_total", {(("reason", reason),): n for reason, n in self.refused.items()}),
            ),
            _one("requests_open", "gauge", "Requests that are open.", open_requests),
            _one("rows_waiting", "gauge", "Rows that are accepted and not judged yet.", workers.waiting),
            _one("worker_restarts_total", "counter", "Workers that died and were replaced.", workers.restarts),
            _one("start_time_seconds", "gauge", "When the server started.", self._began),
            *_sandbox(workers.sandbox),
        ]
        for name, told in (("verdict_seconds", self.verdict_seconds), ("request_seconds", self.request_seconds)):
            now.append((name, "histogram", f"Seconds of a {name.split('_')[0]}.", told.rows(name, ())))
        lines = []
        for name, kind, about, rows in now:
            lines += [f"# HELP assay_{name} {about}", f"# TYPE assay_{name} {kind}"]
            lines += [f"assay_{series}{_shown(labels)} {value:.10g}" for series, labels, value in rows]
        return "\n".join(lines) + "\n"


def _sandbox(stats: Stats) -> Iterable[tuple[str, str, str, Iterable[tuple[str, Labels, float]]]]:
    jobs: dict[Labels, int] = {(("outcome", outcome),): count for outcome, count in stats.outcomes.items()}
    kills: dict[Labels, int] = {(("reason", reason),): count for reason, count in stats.kills.items()}
    yield "sandbox_jobs_total", "counter", "Programs that ended, by outcome.", _each("sandbox_jobs_total", jobs)
    yield "sandbox_kills_total", "counter", "Programs ended for a limit.", _each("sandbox_kills_total", kills)
    yield _one("sandbox_waited_seconds_total", "counter", "Seconds that programs waited for a worker.", stats.waited)
    yield _one("sandbox_restarts_total", "counter", "Processes of the sandbox that were replaced.", stats.restarts)


def _one(name: str, kind: str, about: str, value: float) -> tuple[str, str, str, list[tuple[str, Labels, float]]]:
    return name, kind, about, [(name, (), value)]


def _each(name: str, counts: Mapping[Labels, int]) -> list[tuple[str, Labels, float]]:
    return [(name, labels, count) for labels, count in sorted(counts.items())]


def _shown(labels: Labels) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
