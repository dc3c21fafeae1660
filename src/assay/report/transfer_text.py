"""A study as text for a terminal of 80 columns: every score with its standard error, gains, lengths, and cautions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from assay.evaluate.transfer import ENDS, Run, Study, Task, cautions, chooses_steps, clear, ends, standard_error
from assay.report.summary import percent, points, tokens

WIDTH = 79
"""Columns of a terminal."""
COUNT, BASE, CELL = 4, 11, 17
"""Columns of n, of the base, and of another run."""


def study_table(study: Study) -> str:
    """What was trained and evaluated, and what of it is beyond noise."""
    blocks = ["\n".join(_head(study))]
    name = max(13, *(len(task.name) + (not task.in_mean) for task in study.tasks))
    abreast = max(1, (WIDTH - name - COUNT - BASE) // CELL)
    for at in range(0, len(study.trained), abreast):
        blocks.append("\n".join(_scores(study, study.trained[at : at + abreast], name)))
    blocks.append("\n".join(_domain_means(study)))
    if lengths := list(_lengths(study)):
        blocks.append("\n".join(lengths))
    told = [*cautions(study), *study.notes]
    blocks.append("\n".join(line for text in told for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ")))
    return "\n\n".join(blocks)


def _head(study: Study) -> Iterator[str]:
    starred = any(not task.in_mean for task in study.tasks)
    shown = "at its step with the best mean" if chooses_steps(study) else "at its end"
    yield f"{study.name}: accuracy in percent, each run {shown};"
    yield "standard error over problems; gain over the base, with ~ where it is within"
    yield f"noise (its 95 % interval holds zero){'; * enters no mean' if starred else ''}"


def _scores(study: Study, runs: tuple[Run, ...], name: int) -> Iterator[str]:
    heads = "".join(f"{run.name:>{CELL - 1}} " for run in runs).rstrip()
    yield f"{'':{name}}{'n':>{COUNT}}{study.base.name:>{BASE}}{heads}"
    for domain in study.domains:
        for task in (task for task in study.tasks if task.domain == domain):
            star = "" if task.in_mean else "*"
            yield f"{task.name + star:{name}}{task.problems:{COUNT}}{_cells(study, runs, [task])}"
        if len(study.of(domain)) > 1:
            yield f"{'  ' + domain:{name + COUNT}}{_cells(study, runs, study.of(domain))}"
    means = [f"{100 * study.mean(run, study.step_of(run)):.2f}" for run in runs]
    mean = f"{100 * study.mean(study.base, study.step_of(study.base)):.2f}"
    yield f"{'mean':{name + COUNT}}{mean:>{BASE}}{''.join(f'{one:>{CELL - 1}} ' for one in means)}".rstrip()
    steps = "".join(f"{f'{study.step_of(run)} of {run.steps}':>{CELL - 1}} " for run in runs)
    yield f"{'at step':{name + COUNT + BASE}}{steps}".rstrip()


def _cells(study: Study, runs: tuple[Run, ...], tasks: list[Task]) -> str:
    cells = "".join(f"{_cell(study, run, tasks) + _gain(study, run, tasks):>{CELL}}" for run in runs)
    return f"{_cell(study, study.base, tasks):>{BASE}}{cells}".rstrip()


def _cell(study: Study, run: Run, tasks: list[Task]) -> str:
    errors = [standard_error(study.reading(run, task), task) for task in tasks]
    error = sum(one * one for one in errors) ** 0.5 / len(errors)
    return f"{percent(study.score(run, *tasks).value)} ±{100 * error:.1f}"


def _gain(study: Study, run: Run, tasks: list[Task]) -> str:
    change = study.gain(run, study.base, *tasks)
    return f"{points(change.value):>6}{' ' if clear(change) else '~'}"


def _domain_means(study: Study) -> Iterator[str]:
    """Base, in-domain run and mix, and how far the mix is from the in-domain run."""
    mix = study.mix
    yield f"{'mean of tasks':14}{'base':>7}{'in-domain':>11}{'mix':>7}{'mix - in-domain':>17}  95 % range"
    for domain in study.domains:
        tasks, single = study.of(domain), study.single(domain)
        if not tasks:
            continue
        cells = [percent(study.score(run, *tasks).value) if run else "-" for run in (study.base, single, mix)]
        lead = ""
        if mix and single:
            change = study.gain(mix, single, *tasks)
            noise = "" if clear(change) else "  noise"
            lead = f"{points(change.value):>17}  {points(change.low)} to {points(change.high)}{noise}"
        yield f"{domain:14}{cells[0]:>7}{cells[1]:>11}{cells[2]:>7}{lead}"


def _lengths(study: Study) -> Iterator[str]:
    """Response length at both ends of each training; of the mix, of each source too."""
    yield f"{'response length, tokens':34}{f'first {ENDS} steps':>15}{f'last {ENDS} steps':>15}{'change':>9}"
    several = False
    for run in study.trained:
        for source, trace in run.traces.items():
            if trace.lengths and (source == "all" or run is study.mix):
                several = True
                first, last = ends(trace.lengths)
                name = run.name if source == "all" else f"  {source}"
                yield f"{name[:34]:34}{tokens(first):>15}{tokens(last):>15}{100 * (last / first - 1):+8.0f} %"
    if not several:
        yield "  not logged"
