"""The page of a study: what was trained, whether it worked, what to distrust, and every number behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import counted
from assay.evaluate.metrics import Estimate
from assay.evaluate.transfer import Run, Study, Task, cautions, clear, spread, standard_error
from assay.report.charts import csv_address
from assay.report.study import open_study, settings
from assay.report.summary import about, listed, percent, points
from assay.report.transfer_charts import absent, charts_of_study, length_rows, narrowed

TINT = 45
"""Percent of colour in the cell of the largest clear gain."""


@dataclass(frozen=True)
class Cell:
    """A number of a matrix, as it is shown."""

    text: str
    span: str
    """Its interval."""
    sign: str = ""
    """`up` or `down` where a difference is clear."""
    tint: int = 0
    """Percent of colour."""
    own: bool = False
    """Whether the run was trained on what is evaluated."""


@dataclass(frozen=True)
class Matrix:
    """Runs x domains, or runs x tasks."""

    title: str
    about: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    data: str
    """The numbers as CSV, in a `data:` address."""


Columns = Mapping[str, Sequence[Task]]
Value = Callable[[Run, Sequence[Task]], Estimate | None]


def study_content(folder: Path) -> dict[str, Any]:
    """What the template shows of the study in a folder."""
    study, decided = open_study(folder), settings(folder)
    domains = {domain: study.of(domain) for domain in study.domains if study.of(domain)}
    tasks = {task.name: [task] for task in study.tasks}
    mean = {"mean": [task for task in study.tasks if task.in_mean]}
    return {
        "about": _about(folder, study, decided),
        "headline": headline(study),
        "trained": _trained(study, decided),
        "worked": worked(study),
        "cautions": cautions(study),
        "notes": study.notes,
        "matrices": matrices(study, domains | mean),
        "by_task": matrices(study, tasks)[:2],
        "sizes": _sizes(study),
        "charts": list(charts_of_study(study)),
        "lengths": length_rows(study),
        "absent": absent(study),
        "facts": decided,
    }


def headline(study: Study) -> str:
    """One honest sentence: a change counts where its whole interval is on one side of zero."""
    own = {d: run for d in study.domains if (run := study.single(d)) and study.of(d)}
    rose = [d for d, run in own.items() if _gain(study, run, d).low > 0]
    cross = [
        _gain(study, run, d) for run in own.values() for d in study.domains if study.of(d) and d not in run.domains
    ]
    up, down = sum(g.low > 0 for g in cross), sum(g.high < 0 for g in cross)
    said = f"Training on one domain clearly raised it in {len(rose)} of {len(own)} domains"
    said += f", and another domain in {up} of {len(cross)} cases" if cross else ""
    said += f" ({down} fell)" if down else ""
    if study.mix:
        mixed = [d for d in study.domains if study.of(d) and _gain(study, study.mix, d).low > 0]
        said += f"; training on all raised {len(mixed)} of {sum(1 for d in study.domains if study.of(d))}"
    return f"{said}."


def worked(study: Study) -> list[str]:
    """Whether it worked, in sentences: own domain, across, the mix, and against a coin."""
    told = []
    for domain in study.domains:
        runs = [run for run in study.trained if len(run.domains) == 1 and study.of(domain)]
        up = [run.name for run in runs if domain not in run.domains and _gain(study, run, domain).low > 0]
        down = [run.name for run in runs if domain not in run.domains and _gain(study, run, domain).high < 0]
        own = study.single(domain)
        parts = []
        if own and study.of(domain):
            change = _gain(study, own, domain)
            verb = "rose" if change.low > 0 else "fell" if change.high < 0 else "did not clearly change"
            parts.append(f"{verb} by its own training ({_points(change)})")
        parts += [f"rose by training on {listed(up)}"] if up else []
        parts += [f"fell by training on {listed(down)}"] if down else []
        if parts:
            told.append(f"{domain} {'; it '.join(parts)}.")
    if study.mix:
        gains = {d: _gain(study, study.mix, d) for d in study.domains if study.of(d)}
        told.append(_against("The mix", "the base", gains))
    if study.mix and (singles := [d for d in study.domains if study.of(d) and study.single(d)]):
        leads = {d: study.gain(study.mix, study.single(d) or study.mix, *study.of(d)) for d in singles}
        told.append(_against("The mix", "the run of one domain", leads))
    if study.random and study.mix:
        leads = {d: study.gain(study.mix, study.random, *study.of(d)) for d in study.domains if study.of(d)}
        told.append(_against("The mix", "the same training paid by a coin", leads))
    return told + narrowed(study)


def _against(one: str, other: str, leads: Mapping[str, Estimate]) -> str:
    ahead = [d for d, lead in leads.items() if lead.low > 0]
    behind = [d for d, lead in leads.items() if lead.high < 0]
    parts = [f"clearly ahead of {other} in {listed(ahead)}" if ahead else f"nowhere clearly ahead of {other}"]
    parts += [f"clearly behind in {listed(behind)}"] if behind else []
    return f"{one} is {' and '.join(parts)}."


def matrices(study: Study, columns: Columns) -> list[Matrix]:
    """Scores; gains over the base, over the run of the domain itself, and over a coin, of each that there is."""

    def over(other: Callable[[Sequence[Task]], Run | None]) -> Value:
        def value(run: Run, tasks: Sequence[Task]) -> Estimate | None:
            against = other(tasks)
            return study.gain(run, against, *tasks) if against and against is not run else None

        return value

    named = " Coloured where the whole interval is on one side of zero; framed where a run was trained on the domain."
    made = [
        _matrix(
            study,
            columns,
            "Score",
            "Accuracy in percent.",
            lambda run, tasks: study.score(run, *tasks),
            study.runs,
            True,
        ),
        _matrix(
            study,
            columns,
            "Gain over the base",
            "Points above the starting policy." + named,
            over(lambda _: study.base),
        ),
        _matrix(
            study,
            columns,
            "Gain over the in-domain run",
            "Points above the run that was trained on this domain alone." + named,
            over(lambda tasks: study.single(tasks[0].domain) if len({task.domain for task in tasks}) == 1 else None),
        ),
    ]
    if study.random:
        made.append(
            _matrix(
                study,
                columns,
                "Gain over the random reward",
                "Points above the run on the mix that a coin paid: what the verdicts add, and what the coin itself "
                "cost, so read it beside the gain over the base." + named,
                over(lambda _: study.random),
            )
        )
    if any(run.by_seed for run in study.trained):
        made.append(_between_seeds(study, columns))
    return made


def _between_seeds(study: Study, columns: Columns) -> Matrix:
    """How far the trainings of one run lie apart."""
    rows, numbers = [], []
    for run in study.trained:
        cells: list[Cell | None] = []
        for name, tasks in columns.items():
            one = spread(run, *tasks)
            cells.append(one and Cell(percent(one[0]), f"{percent(one[1])} to {percent(one[2])}"))
            numbers += [[run.name, name, *one, len(run.by_seed)]] if one else []
        rows.append((run.name, tuple(cells)))
    told = "Standard deviation of the score between trainings with other seeds, in points; smallest and largest score."
    heads = ["run", "evaluated on", "standard deviation", "smallest", "largest", "seeds"]
    return Matrix("Spread between seeds", told, tuple(columns), tuple(rows), csv_address(heads, numbers))


def _matrix(
    study: Study, columns: Columns, title: str, said: str, value: Value, runs: Sequence[Run] = (), plain: bool = False
) -> Matrix:
    runs = runs or study.trained
    columns = {name: tasks for name, tasks in columns.items() if any(value(run, tasks) for run in runs)}
    found = {run.name: [value(run, tasks) for tasks in columns.values()] for run in runs}
    most = max((abs(one.value) for row in found.values() for one in row if one and clear(one)), default=1.0) or 1.0
    heads = ["run", "trained on", "evaluated on", "value", "low", "high", "n", "standard error of the score"]
    numbers, rows = [], []
    for run in runs:
        cells: list[Cell | None] = []
        for (name, tasks), one in zip(columns.items(), found[run.name], strict=True):
            own = set(run.domains) == {task.domain for task in tasks}
            cells.append(None if one is None else _cell(one, own, plain, most))
            if one is not None:
                errors = [standard_error(study.reading(run, task), task) for task in tasks]
                error = sum(e * e for e in errors) ** 0.5 / len(errors)
                numbers.append(
                    [run.name, "+".join(run.domains), name, one.value, one.low, one.high, one.questions, error]
                )
        if any(cells):
            rows.append((run.name, tuple(cells)))
    return Matrix(title, said, tuple(columns), tuple(rows), csv_address(heads, numbers))


def _cell(one: Estimate, own: bool, plain: bool, most: float) -> Cell:
    shown = percent if plain else points
    sign = "" if plain or not clear(one) else "up" if one.value > 0 else "down"
    tint = round(8 + (TINT - 8) * abs(one.value) / most) if sign else 0
    return Cell(shown(one.value), f"{shown(one.low)} to {shown(one.high)}", sign, tint, own)


def _about(folder: Path, study: Study, decided: Mapping[str, Any]) -> dict[str, str]:
    recipe = decided.get("recipe", {})
    model = recipe.get("model", {}).get("path", "not recorded")
    told = about(folder, model) if recipe else {"logs": folder.resolve().name, "study": study.name}
    seeds = max(len(run.by_seed) for run in study.trained) or 1
    problems = sum(task.problems for task in study.tasks)
    return told | {
        "runs": f"{len(study.trained)}, {'one seed each' if seeds == 1 else counted(seeds, 'seed') + ' each'}",
        "evaluated on": f"{counted(len(study.tasks), 'task')}, {counted(problems, 'problem')}",
    }


def _trained(study: Study, decided: Mapping[str, Any]) -> list[str]:
    """What was trained, in sentences."""
    told = []
    names = [run.name for run in study.trained if len(run.domains) == 1]
    if names:
        told.append(f"{listed(names)}: each on the problems of that domain alone.")
    for run in study.trained:
        if run is study.mix:
            told.append(f"{run.name}: on all {len(run.domains)} domains together.")
        elif run.control:
            paid = "by a coin" if run.control == "random" else f"for “{run.control}” instead of the verdict"
            told.append(f"{run.name}: as the mix, but paid {paid}, to see what training gives without a true reward.")
        elif run.filtered:
            told.append(f"{run.name}: as the mix, but on {run.filtered}.")
    steps = {run.name: run.steps for run in study.trained}
    if len(set(steps.values())) == 1:
        told.append(f"Every run took {counted(study.trained[0].steps, 'optimiser step')}.")
    else:
        told.append(f"Optimiser steps: {', '.join(f'{name} {count}' for name, count in steps.items())}.")
    if g := decided.get("recipe", {}).get("grpo"):
        told.append(
            f"A step: {g['prompts']} problems, {g['group']} responses to each, learning rate {g['learning_rate']:g}."
        )
    return told


def _sizes(study: Study) -> list[dict[str, Any]]:
    """n of each task, and the standard error of the base's score."""
    rows = []
    for task in study.tasks:
        error = standard_error(study.reading(study.base, task), task)
        rows.append({"task": task, "error": percent(error), "base": percent(study.reading(study.base, task).score)})
    return rows


def _gain(study: Study, run: Run, domain: str) -> Estimate:
    return study.gain(run, study.base, *study.of(domain))


def _points(change: Estimate) -> str:
    return f"{points(change.value)} points, {points(change.low)} to {points(change.high)}"
