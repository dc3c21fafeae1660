"""The figures of a study: each panel is drawn from the numbers that can be downloaded below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assay.errors import counted
from assay.evaluate.metrics import Estimate, difference, estimate, rates, together
from assay.evaluate.transfer import Run, Study, Task, ends
from assay.report.charts import Chart
from assay.report.curves import Column, smooth
from assay.report.drawing import INK, SOFT, Line, bars, curves, dots
from assay.report.panels import DOMAIN_COLOURS
from assay.report.summary import percent
from assay.types import Measurement

FOUR = {
    "right and followed": "correct",
    "right": "no_answer",
    "followed": "timeout",
    "neither": "incorrect",
}
"""The cells of the 2 x 2 -> the colour variable of each."""


def charts_of_study(study: Study) -> Iterator[Chart]:
    """Every figure that the study has numbers for."""
    yield scores(study)
    for made in (held_out(study), rewards(study), lengths(study), passes(study), second(study), following(study)):
        if made:
            yield made
    for made in (filtered(study), seconds(study)):
        if made:
            yield made


def absent(study: Study) -> list[str]:
    """What a reader may look for and this study has no numbers for, in sentences."""
    told = []
    if not passes(study):
        told.append("pass@k of base and trained: the responses to single problems are not known, or too few of each.")
    if study.random is None:
        told.append("Gain over a random reward: no run was paid by a coin.")
    if not study.base.following:
        told.append("Being right beside following instructions: no problem with constraints was asked.")
    if not study.base.second:
        told.append("The training verifier against a second one: no response was judged twice.")
    if not any(run.filtered for run in study.runs):
        told.append("Difficulty filter: no run was trained on problems chosen by their difficulty.")
    if not any(run.seconds for run in study.runs):
        told.append("Where the time went: not recorded.")
    return told


def scores(study: Study) -> Chart:
    """Score of every run in every domain, as dots with intervals about the line of the base."""
    columns: dict[str, Column] = {}
    panels = []
    for domain in _counted_domains(study):
        found = {run.name: study.score(run, *study.of(domain)) for run in study.runs}
        columns |= {
            f"{domain} {end}": [getattr(one, end) for one in found.values()] for end in ("value", "low", "high")
        }
        marks = [(name, [(one, _colour(study, name, domain), False)]) for name, one in found.items()]
        panels.append((domain, dots(marks, found[study.base.name].value, f"Score in {domain}")))
    about = (
        "Accuracy in percent with its 95 % interval. The vertical line is the base; the run of the domain itself has "
        "its colour."
    )
    return Chart(
        "Every run in every domain", about, tuple(panels), tuple(run.name for run in study.runs), columns, axis="run"
    )


def held_out(study: Study) -> Chart | None:
    """Held-out score over training, where it was read on the way."""
    if not any(len(run.readings) > 2 for run in study.trained):
        return None
    panels, columns, at = [], {}, sorted({step for run in study.trained for step in run.readings})
    for domain in _counted_domains(study):
        lines = []
        for run in study.trained:
            means = {
                s: sum(r[t.name].score for t in study.of(domain)) / len(study.of(domain))
                for s, r in run.readings.items()
            }
            columns[f"{domain}, {run.name}"] = [means.get(step) for step in at]
            lines.append(_line(study, run, domain, tuple(means.items())))
        panels.append((domain, curves(lines, f"Held-out score in {domain}")))
    about = "Mean of the tasks of each domain, at each step at which it was read."
    return Chart("Learning curves: held-out accuracy", about, tuple(panels), tuple(at), columns, _legend(study))


def rewards(study: Study) -> Chart | None:
    """Reward in training by domain: the run of the domain, the mix, and what else was trained on it."""
    return _traced(
        study,
        "rewards",
        "Learning curves: reward in training",
        "Mean score of the verdicts in training, the mean of ten steps.",
    )


def lengths(study: Study) -> Chart | None:
    """Response length in training by domain."""
    return _traced(study, "lengths", "Response length in training", "Tokens a response, the mean of ten steps.")


def passes(study: Study) -> Chart | None:
    """pass@k of the base, the run of the domain, and the mix."""
    ks = _ks(study)
    if len(ks) < 2:
        return None
    panels, columns, told = [], {}, []
    for domain in study.domains:
        lines = []
        for run in (study.base, study.single(domain), study.mix):
            if run is None:
                continue
            found = [_pass(study, run, domain, k) for k in ks]
            for end in ("value", "low", "high"):
                columns[f"{domain}, {run.name} {end}"] = [getattr(one, end) for one in found]
            series = tuple((k, one.value) for k, one in zip(ks, found, strict=True))
            lines.append(_line(study, run, domain, series) if run.domains else Line(run.name, series, INK, 1.2, ":"))
        panels.append((domain, curves(lines, f"pass@k in {domain}", by="k")))
        if single := study.single(domain):
            told.append(f"{domain}: {crossing(study, single, domain, ks)}")
    about = (
        "Share of problems with a right answer among k samples, unbiased. Training that only sharpens what the base "
        "can do raises k = 1 and is caught up at large k. The run of each domain against the base: "
        + "; ".join(told)
        + "."
    )
    legend = (("base, dotted", "ink"), *_legend(study)[:2])
    return Chart("pass@k", about, tuple(panels), tuple(ks), columns, legend, axis="k")


def _ks(study: Study) -> list[int]:
    """The k for which there is a pass@k of every run."""
    readings = [reading for run in study.runs for reading in _final(study, run).values()]
    if not all(reading.measured for reading in readings):
        return []
    most = min((one.n for reading in readings for one in reading.measured.values() if one.n), default=1)
    return [1 << power for power in range(11) if 1 << power <= most]


def narrowed(study: Study) -> list[str]:
    """In a sentence, in which domains the run of the domain solves fewer problems than the base with many samples."""
    ks = _ks(study)
    if len(ks) < 2:
        return []
    own = [(domain, run) for domain in study.domains if (run := study.single(domain))]
    ends = [(d, _pass(study, study.base, d, ks[-1]).value, _pass(study, run, d, ks[-1]).value) for d, run in own]
    fell = [f"{domain} {percent(was)} to {percent(now)} %" for domain, was, now in ends if now < was]
    if not fell:
        return []
    return [
        f"With {ks[-1]} samples a problem (pass@{ks[-1]}) the run of the domain itself solves fewer problems than the "
        f"base in {', '.join(fell)}: there training made it surer of what it could do, not able to do more."
    ]


def crossing(study: Study, run: Run, domain: str, ks: Sequence[int]) -> str:
    """In words, at which k the base catches up with a run, by the values alone."""
    gains = [_pass(study, run, domain, k).value - _pass(study, study.base, domain, k).value for k in ks]
    if gains[0] <= 0:
        return "not above it at k = 1"
    caught = next((k for k, gain in zip(ks, gains, strict=True) if gain <= 0), None)
    below = f", below it at k = {ks[-1]}" if gains[-1] < 0 else ""
    return f"caught up at k = {caught}{below}" if caught else f"above it up to k = {ks[-1]}"


def second(study: Study) -> Chart | None:
    """Gain over the base by the training verifier, and by a second one that training never saw."""
    base = study.base.second
    domains = [domain for domain in study.domains if any(one.domain == domain for one in base.values())]
    if not domains:
        return None
    panels: list[tuple[str, str]] = []
    columns: dict[str, Column] = {}
    clear = 0
    doubtful = []
    for domain in domains:
        marks = []
        for run in study.trained:
            by = [
                _difference(sides, domain)
                for sides in ((_measured(study, study.base), _measured(study, run)), (base, run.second))
            ]
            for name, one in zip(("training verifier", "second"), by, strict=True):
                for end in ("value", "low", "high"):
                    column = f"{domain}, {name} {end}"
                    columns[column] = [*columns.get(column, []), getattr(one, end)]
            colour = _colour(study, run.name, domain)
            marks.append((run.name, [(by[0], colour, False), (by[1], colour, True)]))
            clear += by[0].low > 0
            if by[0].low > 0 and by[1].low <= 0:
                doubtful.append(f"{run.name} in {domain}")
        panels.append((domain, dots(marks, 0.0, f"Gain in {domain} by two verifiers")))
    found = f"Here so with {', '.join(doubtful)}." if doubtful else "Here every clear gain holds by both."
    found = found if clear else "Here no gain is clear by the first."
    about = (
        "Gain over the base in points, judged by the verifier that paid (filled) and by a second one that never did "
        f"(open). A gain by the first alone would be a verifier that was deceived. {found}"
    )
    return Chart(
        "Did it learn the task, or the verifier?",
        about,
        tuple(panels),
        tuple(r.name for r in study.trained),
        columns,
        axis="run",
    )


def following(study: Study) -> Chart | None:
    """Right answers beside followed constraints, as shares of the responses."""
    told = {run.name: run.following[0] for run in study.runs if run.following}
    if study.base.name not in told:
        return None
    shares = {
        name: {cell: one.table.get(cell, 0) / max(1, sum(one.table.values())) for cell in FOUR}
        for name, one in told.items()
    }
    columns: dict[str, Column] = {cell: [shares[name][cell] for name in told] for cell in FOUR}
    columns |= {
        f"followed, {end}": [getattr(one.hard, end) for one in told.values()] for end in ("value", "low", "high")
    }
    first = told[study.base.name].hard
    apart = [n for n, one in told.items() if one.hard.high < first.low or one.hard.low > first.high]
    about = (
        "Shares of the responses to problems with a constraint on the form of the answer. The base follows it in "
        f"{percent(first.value)} % ({percent(first.low)} to {percent(first.high)}; "
        f"{counted(first.questions, 'problem')}); "
        + (f"clearly apart from it: {', '.join(apart)}." if apart else "no run is clearly apart from it.")
    )
    panel = (
        "",
        bars(
            [(name, [shares[name][cell] for cell in FOUR]) for name in told], list(FOUR.values()), "Right, and followed"
        ),
    )
    return Chart("Right, and as it was told", about, (panel,), tuple(told), columns, tuple(FOUR.items()), axis="run")


def filtered(study: Study) -> Chart | None:
    """The mix on chosen problems against the mix on all."""
    run = next((run for run in study.trained if run.filtered), None)
    if run is None or study.mix is None:
        return None
    found = {domain: study.gain(run, study.mix, *study.of(domain)) for domain in _counted_domains(study)}
    columns: dict[str, Column] = {
        end: [getattr(one, end) for one in found.values()] for end in ("value", "low", "high")
    }
    better = [f"better in {d}" for d, one in found.items() if one.low > 0] + [
        f"worse in {d}" for d, one in found.items() if one.high < 0
    ]
    about = (
        f"Points by which training on {run.filtered} is ahead of training on all of them, at the same budget: "
        f"{', '.join(better) or 'no domain is clearly better or worse'}."
    )
    marks = [(domain, [(one, _colour(study, "", domain), False)]) for domain, one in found.items()]
    panel = ("", dots(marks, 0.0, "Filtered against all problems"))
    return Chart("Difficulty filter", about, (panel,), tuple(found), columns, axis="domain")


def seconds(study: Study) -> Chart | None:
    """What each run took, training and measuring."""
    known = {run.name: run.seconds for run in study.runs if run.seconds}
    if not known:
        return None
    parts = list(dict.fromkeys(name for told in known.values() for name in told))
    total = sum(sum(told.values()) for told in known.values())
    columns: dict[str, Column] = {part: [told.get(part, 0.0) for told in known.values()] for part in parts}
    most = max(sum(told.values()) for told in known.values()) or 1.0
    rows = [(name, [told.get(part, 0.0) for part in parts]) for name, told in known.items()]
    shade = ["math", "no_answer"][: len(parts)] if len(parts) == 2 else ["no_answer"]
    panel = ("", bars(rows, shade, "Seconds of each run", most=most))
    about = f"Seconds of each run, {total:,.0f} in all; loading, and what a killed call lost, are not in it."
    return Chart(
        "Where the time went",
        about,
        (panel,),
        tuple(known),
        columns,
        tuple(zip(parts, shade, strict=False)),
        axis="run",
    )


def length_rows(study: Study) -> list[dict[str, Any]]:
    """First and last five steps of the response lengths of each training, and of what the mix holds."""
    rows = []
    for run in study.trained:
        for source, trace in run.traces.items():
            if trace.lengths and (source == "all" or run is study.mix):
                first, last = ends(trace.lengths)
                rows.append(
                    {
                        "run": run.name,
                        "source": source,
                        "first": first,
                        "last": last,
                        "change": last / first - 1 if first else 0.0,
                    }
                )
    return rows


def _traced(study: Study, what: str, title: str, about: str) -> Chart | None:
    """A training number by domain: the source lines of a run in a domain as their mean."""
    panels, columns = [], {}
    at = sorted({s for run in study.trained for t in run.traces.values() for s, _ in getattr(t, what)})
    for domain in study.domains:
        lines = []
        for run in study.trained:
            series = _of_domain(run, domain, what)
            if not series:
                continue
            known = dict(series)
            columns[f"{domain}, {run.name}"] = [known.get(step) for step in at]
            smoothed = smooth([value for _, value in series])
            lines.append(_line(study, run, domain, tuple(zip((s for s, _ in series), smoothed, strict=True))))
        if lines:
            panels.append((domain, curves(lines, f"{title}, {domain}")))
    return Chart(title, about, tuple(panels), tuple(at), columns, _legend(study)) if panels else None


def _of_domain(run: Run, domain: str, what: str) -> tuple[tuple[int, float], ...]:
    """The series of a run in a domain: its whole batch where it has no other domain, else the mean of the sources."""
    if run.domains == (domain,) and "all" in run.traces:
        return tuple(getattr(run.traces["all"], what))
    by_step: dict[int, list[float]] = {}
    for trace in run.traces.values():
        if trace.domain == domain:
            for step, value in getattr(trace, what):
                by_step.setdefault(step, []).append(value)
    return tuple((step, sum(values) / len(values)) for step, values in sorted(by_step.items()))


def _line(study: Study, run: Run, domain: str, series: Sequence[tuple[int, float]]) -> Line:
    if run is study.single(domain):
        return Line(run.name, series, _colour(study, run.name, domain), 1.8)
    if run is study.mix:
        return Line(run.name, series, INK, 1.4)
    if run.control or run.filtered:
        return Line(run.name, series, SOFT, 1.1, "--" if run.control else ":")
    return Line(run.name, series)


def _legend(study: Study) -> tuple[tuple[str, str], ...]:
    told = [("the run of the domain, in its colour", "math"), ("mix", "ink")]
    if any(run.control for run in study.trained):
        told.append(("paid by a coin or another control, dashed", "soft"))
    if any(run.filtered for run in study.trained):
        told.append(("on chosen problems, dotted", "soft"))
    return (*told, ("other runs, thin", "soft"))


def _colour(study: Study, name: str, domain: str) -> str:
    """The colour of a domain for its own run (and for rows that are domains), else ink."""
    single = study.single(domain)
    own = not name or (single is not None and single.name == name)
    return DOMAIN_COLOURS.get(domain, (INK,))[0] if own else INK


def _counted_domains(study: Study) -> list[str]:
    return [domain for domain in study.domains if study.of(domain)]


def _final(study: Study, run: Run) -> Mapping[str, Any]:
    return run.readings[study.step_of(run)]


def _measured(study: Study, run: Run) -> dict[str, Measurement]:
    return {name: one for reading in _final(study, run).values() for name, one in reading.measured.items()}


def _pass(study: Study, run: Run, domain: str, k: int) -> Estimate:
    tasks: list[Task] = [task for task in study.tasks if task.domain == domain]
    parts = [list(study.reading(run, task).measured.values()) for task in tasks]
    return together([estimate(rates(part, k), f"{domain}@{k}") for part in parts])


def _difference(sides: tuple[Mapping[str, Measurement], Mapping[str, Measurement]], domain: str) -> Estimate:
    before, after = ({name: one for name, one in side.items() if one.domain == domain} for side in sides)
    return difference(before, after, domain)
