"""What training on one domain gave the others: runs x tasks x steps -> a score, its interval, and what can be said.

A study is records, whoever ran it: `assay.evaluate.guru_logs` reads one from public logs, `assay.report.study` one of
ours. Where the responses to each problem are known, differences are paired by problem; where only a score is known,
intervals are those of so many problems, each solved always or never, and differences those of independent ones: both
are then too wide rather than too narrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from assay.errors import AssayError, counted
from assay.evaluate.control import Control
from assay.evaluate.metrics import Estimate, difference, estimate, gap, rates, together, wilson
from assay.types import Measurement

ENDS = 5
"""Steps at each end of a training whose mean is told."""
Series = tuple[tuple[int, float], ...]
"""(step, value), in the order of the steps."""


@dataclass(frozen=True)
class Task:
    """What is evaluated."""

    name: str
    domain: str
    problems: int
    """n: how many problems it asks."""
    repeats: int = 1
    """Responses to each problem."""
    in_mean: bool = True
    """Whether the mean of a run, by which its step is chosen, counts it."""


@dataclass(frozen=True)
class Reading:
    """One score of a task at one step."""

    score: float
    """Mean score of its problems, in [0, 1]."""
    measured: Mapping[str, Measurement] = field(default_factory=dict)
    """The counts of each problem; empty where only the score is known."""


@dataclass(frozen=True)
class Trace:
    """What a training logged of one source, or of all: mean reward and mean response length by step."""

    domain: str
    """Empty for all sources together."""
    rewards: Series = ()
    lengths: Series = ()
    """Tokens."""


@dataclass(frozen=True)
class Run:
    """A policy that is evaluated: the starting one, or what a training made of it."""

    name: str
    domains: tuple[str, ...]
    """Domains it was trained on; none for the starting policy."""
    steps: int
    """Optimiser steps; 0 for the starting policy."""
    readings: Mapping[int, Mapping[str, Reading]]
    """Step -> task -> score."""
    traces: Mapping[str, Trace] = field(default_factory=dict)
    """Source -> what training logged of it; `all` is the whole batch."""
    control: str = ""
    """What was paid instead of the verdict."""
    filtered: str = ""
    """How its training problems were chosen by difficulty, in words; empty where they were not."""
    by_seed: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """Seed -> task -> score, where it was trained with several; its scores are then those of all of them together."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """What took how long."""
    second: Mapping[str, Measurement] = field(default_factory=dict)
    """The counts of each problem by a second verifier, of the domains that have one."""
    following: tuple[Control, ...] = ()
    """How often constraints were followed, and how that goes with being right; all problems first."""


@dataclass(frozen=True)
class Study:
    """Runs evaluated on the same tasks. The first run is the base."""

    name: str
    tasks: tuple[Task, ...]
    runs: tuple[Run, ...]
    notes: tuple[str, ...] = ()
    """What its records say about themselves."""
    chosen: bool = False
    """Whether the step that is told of a run is the one with the best mean of its scores; the last one otherwise."""

    def __post_init__(self) -> None:
        if not self.runs or self.runs[0].domains:
            raise AssayError(f"{self.name} has no base: without the starting policy's scores nothing is a gain")

    @property
    def base(self) -> Run:
        return self.runs[0]

    @property
    def trained(self) -> tuple[Run, ...]:
        """All runs but the base."""
        return self.runs[1:]

    @property
    def domains(self) -> list[str]:
        """Domains of the tasks, in their order."""
        return list(dict.fromkeys(task.domain for task in self.tasks))

    def single(self, domain: str) -> Run | None:
        """The run that was trained on this domain alone, by its verdicts and on all its problems."""
        return next((run for run in self.trained if run.domains == (domain,) and _plain(run)), None)

    @property
    def mix(self) -> Run | None:
        """The run that was trained on several domains, by its verdicts and on all their problems."""
        return next((run for run in self.trained if len(run.domains) > 1 and _plain(run)), None)

    @property
    def random(self) -> Run | None:
        """The run that a coin paid."""
        return next((run for run in self.trained if run.control == "random"), None)

    def step_of(self, run: Run) -> int:
        """The step that is told of a run: its last one or, where it is `chosen`, that with the highest mean over the
        tasks, the first of equal ones; of a training never step 0."""
        steps = [step for step in run.readings if step or not run.steps]
        if not self.chosen:
            return max(steps)
        return max(steps, key=lambda step: (self.mean(run, step), -step))

    def mean(self, run: Run, step: int) -> float:
        """Unweighted mean of the tasks at a step, of those that count."""
        scores = [run.readings[step][task.name].score for task in self.tasks if task.in_mean]
        return fmean(scores)

    def reading(self, run: Run, task: Task) -> Reading:
        """The score that is reported: that of `step_of`."""
        return run.readings[self.step_of(run)][task.name]

    def score(self, run: Run, *tasks: Task) -> Estimate:
        """Score of a task, or the unweighted mean of several, with its interval."""
        return together([_score(self.reading(run, task), task) for task in tasks])

    def gain(self, run: Run, over: Run, *tasks: Task) -> Estimate:
        """Score of a run minus that of another, of a task or of the mean of several, with its interval."""
        return together([self._gain(run, over, task) for task in tasks])

    def _gain(self, run: Run, over: Run, task: Task) -> Estimate:
        before, after = self.reading(over, task), self.reading(run, task)
        if before.measured and after.measured:
            return difference(before.measured, after.measured, task.name)
        return gap(_score(before, task), _score(after, task))

    def of(self, domain: str) -> list[Task]:
        """The tasks of a domain that count in the mean."""
        return [task for task in self.tasks if task.domain == domain and task.in_mean]


def _plain(run: Run) -> bool:
    return not run.control and not run.filtered


def _score(reading: Reading, task: Task) -> Estimate:
    if reading.measured:
        return estimate(rates(list(reading.measured.values())), task.name)
    return Estimate(reading.score, *wilson(reading.score * task.problems, task.problems), task.problems)


def standard_error(reading: Reading, task: Task) -> float:
    """Of a score, over problems: by the spread of their rates where they are known, else that of p(1 - p), the widest.

    Example:
        >>> round(standard_error(Reading(0.5), Task("ordering", "logic", 100)), 3)
        0.05
    """
    if reading.measured:
        values = rates(list(reading.measured.values()))
        return float(values.std(ddof=1) / sqrt(len(values))) if len(values) > 1 else 0.0
    return sqrt(reading.score * (1 - reading.score) / task.problems)


def clear(change: Estimate) -> bool:
    """Whether the whole interval of a difference is on one side of zero; else it is within noise."""
    return change.low > 0 or change.high < 0


def ends(series: Sequence[tuple[int, float]], steps: int = ENDS) -> tuple[float, float]:
    """Mean of the first and of the last steps of a series.

    Example:
        >>> ends(((1, 4.0), (2, 2.0), (3, 1.0)), steps=2)
        (3.0, 1.5)
    """
    values = [value for _, value in series]
    return fmean(values[:steps]), fmean(values[-steps:])


def told_budgets(runs: Iterable[Run]) -> str:
    """In words, which trainings took more or fewer optimiser steps than the most usual number; empty where none did.

    Example:
        >>> told_budgets([Run(name, ("math",), steps, {}) for name, steps in {"a": 60, "b": 60, "mix": 144}.items()])
        'Budgets differ, in optimiser steps: mix took 144 (2.4 times as many), the others 60.'
    """
    steps = {run.name: run.steps for run in runs if run.domains}
    if len(set(steps.values())) < 2:
        return ""
    usual, _ = max(Counter(steps.values()).items(), key=lambda item: (item[1], item[0]))
    other = [f"{name} took {n:,} ({n / usual:.2g} times as many)" for name, n in steps.items() if n != usual]
    return f"Budgets differ, in optimiser steps: {', '.join(other)}, the others {usual:,}."


def chooses_steps(study: Study) -> bool:
    """Whether runs were measured while they trained, so that one of their steps is chosen to be shown."""
    return study.chosen and any(len(run.readings) > 2 for run in study.trained)


def spread(run: Run, *tasks: Task) -> tuple[float, float, float] | None:
    """Standard deviation between the seeds of a run, smallest and largest, of the mean score of some tasks; nothing
    where it was trained once.

    Example:
        >>> run = Run("math", ("math",), 1, {}, by_seed={0: {"sums": 0.5}, 1: {"sums": 0.7}})
        >>> [round(number, 2) for number in spread(run, Task("sums", "math", 9))]
        [0.14, 0.5, 0.7]
    """
    means = [fmean(scores[task.name] for task in tasks) for scores in run.by_seed.values()]
    return (stdev(means), min(means), max(means)) if len(means) > 1 else None


def cautions(study: Study) -> list[str]:
    """What to distrust of a study, in sentences: budgets, seeds, the choice of steps, and how many looks are taken."""
    told = [budgets] if (budgets := told_budgets(study.runs)) else []
    if chooses_steps(study):
        told.append(
            "Of each run the step with the best mean of these very scores is shown, so every trained score is somewhat "
            "too high."
        )
    told += _seeds(study)
    if not any(point.measured for point in study.base.readings[study.step_of(study.base)].values()):
        told.append(
            "Scores of single problems are not known: intervals count every problem as solved always or never and "
            "differences as unpaired, so some that are called noise may be real."
        )
    told += _mixed(study)
    if study.random is None:
        told.append("No run was paid at random, so it is not known what being trained at all would give.")
    elif fell := [
        d for d in study.domains if study.of(d) and study.gain(study.random, study.base, *study.of(d)).high < 0
    ]:
        told.append(
            f"The coin itself lowered {', '.join(fell)}: there a lead over it is in part its fall, so read the gain "
            "over the base too."
        )
    cells = [study.gain(run, study.base, task) for run in study.trained for task in study.tasks]
    told.append(
        f"{sum(map(clear, cells))} of {counted(len(cells), 'difference')} from the base are beyond noise; where "
        f"nothing had changed, about {max(1, round(len(cells) / 20))} would look so by chance."
    )
    return told


def _seeds(study: Study) -> list[str]:
    """What another seed could change."""
    domains = [domain for domain in study.domains if study.of(domain)]
    found = [
        (one[0], run.name, domain)
        for run in study.trained
        for domain in domains
        if (one := spread(run, *study.of(domain)))
    ]
    if not found:
        return [
            "Each run was trained once. Intervals speak of other problems, not of another seed: training again could "
            "move a score by more."
        ]
    most, name, domain = max(found)
    usual = sorted(found)[len(found) // 2][0]
    return [
        f"Intervals speak of other problems, not of other seeds: between seeds a score has a standard deviation of "
        f"{100 * usual:.1f} points in the median, and of {100 * most:.1f} where it is largest ({name} in {domain})."
    ]


def _mixed(study: Study) -> list[str]:
    """How much of each domain the mix saw beside a run of one domain."""
    mix, single = study.mix, next((run for run in study.trained if len(run.domains) == 1), None)
    if mix is None or single is None:
        return []
    return [
        f"In equal shares the mix spent about {mix.steps / len(mix.domains):.0f} steps' worth of problems on each "
        f"domain; a run of one domain spent all of its steps on it ({single.steps})."
    ]


def to_json(study: Study) -> dict[str, Any]:
    """Every score, gain and caution of a study as a JSON object."""
    told: dict[str, Any] = {
        "study": study.name,
        "tasks": [vars(task) for task in study.tasks],
        "cautions": cautions(study),
        "notes": list(study.notes),
    }
    return told | {"runs": [_run_json(study, run) for run in study.runs]}


def _run_json(study: Study, run: Run) -> dict[str, Any]:
    step = study.step_of(run)
    rows = []
    for task in study.tasks:
        reading, found = study.reading(run, task), study.score(run, task)
        row = {"task": task.name, "score": found.value, "low": found.low, "high": found.high, "n": found.questions}
        row["standard_error"] = standard_error(reading, task)
        if run is not study.base:
            change = study.gain(run, study.base, task)
            row |= {"gain": change.value, "gain_low": change.low, "gain_high": change.high, "clear": clear(change)}
        rows.append(row)
    means = {domain: study.score(run, *study.of(domain)).value for domain in study.domains if study.of(domain)}
    lengths = {name: ends(trace.lengths) for name, trace in run.traces.items() if trace.lengths}
    facts = {"name": run.name, "domains": list(run.domains), "steps": run.steps, "step": step}
    return facts | {"mean": study.mean(run, step), "domain_means": means, "lengths": lengths, "scores": rows}
