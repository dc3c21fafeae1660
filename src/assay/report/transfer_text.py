"""A study as text for a terminal of 80 columns: every score with its standard error, gains, lengths, and cautions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from assay.evaluate.transfer import ENDS, Run, Study, Task, cautions, clear, ends, standard_error
from assay.report.summary import percent, points

WIDTH, ABREAST = 79, 3
"""Columns of a terminal, and runs beside each other."""
NAME, COUNT, BASE, CELL = 13, 4, 11, 17


def study_table(study: Study) -> str:
    """What was trained and evaluated, and what of it is beyond noise."""
    blocks = ["\n".join(_head(study))]
    for at in range(0, len(study.trained), ABREAST):
        blocks.append("\n".join(_scores(study, study.trained[at : at + ABREAST])))
    blocks.append("\n".join(_domain_means(study)))
    if lengths := list(_lengths(study)):
        blocks.append("\n".join(lengths))
    told = [*cautions(study), *study.notes]
    blocks.append("\n".join(line for text in told for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ")))
    return "\n\n".join(blocks)


def _head(study: Study) -> Iterator[str]:
    starred = any(not task.in_mean for task in study.tasks)
    yield f"{study.name}: accuracy in percent, each run at its step with the best mean;"
    yield "standard error over problems; gain over the base, with ~ where it is within"
    yield f"noise (its 95 % interval holds zero){'; * enters no mean' if starred else ''}"


def _scores(study: Study, runs: tuple[Run, ...]) -> Iterator[str]:
    heads = "".join(f"{run.name:>{CELL}}" for run in runs)
    yield f"{'':{NAME}}{'n':>{COUNT}}{study.base.name:>{BASE}}{heads}"
    for domain in study.domains:
        own = [task for task in study.tasks if task.domain == domain]
        for task in own:
            yield _line(study, task.name, task.problems, runs, [task])
        if len(study.of(domain)) > 1:
            yield _line(study, f"  {domain}", None, runs, study.of(domain))
    mean = percent(study.mean(study.base, study.step_of(study.base)))
    yield (
        f"{'mean':{NAME}}{'':{COUNT}}{mean:>5}{'':{BASE - 5}}"
        + "".join(f"{100 * study.mean(run, study.step_of(run)):>{CELL - 10}.2f}{'':10}" for run in runs).rstrip()
    )
    yield f"{'at step':{NAME + COUNT + BASE}}" + "".join(
        f"{f'{study.step_of(run)} of {run.steps}':>{CELL}}" for run in runs
    )


def _line(study: Study, name: str, count: int | None, runs: tuple[Run, ...], tasks: list[Task]) -> str:
    base = _cell(study, study.base, tasks)
    cells = "".join(f"{_cell(study, run, tasks) + _gain(study, run, tasks):>{CELL}}" for run in runs)
    star = "" if all(task.in_mean for task in tasks) else "*"
    return f"{name + star:{NAME}}{count or '':>{COUNT}}{base:>{BASE}}{cells}"


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
    yield f"{'mean of tasks':{NAME}}{'base':>8}{'in-domain':>12}{'mix':>8}{'mix - in-domain':>18}  95 % range"
    for domain in study.domains:
        tasks, single = study.of(domain), study.single(domain)
        if not tasks:
            continue
        cells = [percent(study.score(run, *tasks).value) if run else "-" for run in (study.base, single, mix)]
        lead = ""
        if mix and single:
            change = study.gain(mix, single, *tasks)
            noise = "" if clear(change) else "  within noise"
            lead = f"{points(change.value):>18}  {points(change.low)} to {points(change.high)}{noise}"
        yield f"{domain:{NAME}}{cells[0]:>8}{cells[1]:>12}{cells[2]:>8}{lead}"


def _lengths(study: Study) -> Iterator[str]:
    """Response length at both ends of each training; of several domains, of each source too."""
    yield f"{'response length, tokens':34}{f'first {ENDS} steps':>15}{f'last {ENDS} steps':>15}{'change':>9}"
    several = False
    for run in study.trained:
        for source, trace in run.traces.items():
            if trace.lengths and (source == "all" or len(run.domains) > 1):
                several = True
                first, last = ends(trace.lengths)
                name = run.name if source == "all" else f"  {source}"
                yield f"{name[:34]:34}{first:15,.0f}{last:15,.0f}{100 * (last / first - 1):+8.0f} %"
    if not several:
        yield "  not logged"
