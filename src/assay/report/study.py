"""A study of ours, read from its directory: what `assay study` wrote, in the terms of `assay.evaluate.transfer`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.evaluate.control import Control
from assay.evaluate.guru_logs import is_guru_logs, read_guru_logs
from assay.evaluate.metrics import Estimate
from assay.evaluate.run import SCORES
from assay.evaluate.transfer import Reading, Run, Study, Task, Trace
from assay.files import read_jsonl
from assay.journal import CLAIM, TIMES, Journal, kind_of
from assay.learn.study import BASE, STUDY
from assay.report.rollouts import in_order
from assay.report.summary import measurements, read_json
from assay.rollout.runs import counts, open_run
from assay.types import Measurement

KIND = "study"


def open_study(folder: Path, name: str = "") -> Study:
    """Read a study: a directory that `assay study` wrote, or a folder of Guru's public logs (`name` says which there).

    Raises `AssayError` for anything else, and for a study of ours that is not finished.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise AssayError(f"{folder} {what}: name the folder of a study")
    if is_guru_logs(folder):
        return read_guru_logs(folder, name)
    if kind_of(folder) != KIND:
        raise AssayError(f"{folder} holds no study: `assay study RECIPE` makes one, and Guru's logs have a validation/")
    return read_study(folder)


def is_study(folder: Path) -> bool:
    """Whether a folder holds a study of whatever kind."""
    return kind_of(folder) == KIND or is_guru_logs(folder)


def read_study(folder: Path) -> Study:
    """Read what `assay study` wrote. Raises `AssayError` where it is not finished."""
    told = read_json(folder / STUDY)
    arms: dict[str, list[dict[str, Any]]] = {}
    for arm in told["arms"] if told else ():
        arms.setdefault(arm["name"], []).append(arm)
    wanted = [BASE, *(_folder(arm) for parts in arms.values() for arm in parts)]
    lacking = [name for name in wanted if not (folder / "eval" / name / SCORES).is_file()]
    if lacking or not told:
        left = f"{len(lacking)} of {len(wanted)} policies are not measured"
        raise AssayError(f"{folder} is not finished ({left}): give its command again")
    base = _run(folder, BASE, [])
    runs = [base, *(_run(folder, name, parts) for name, parts in arms.items())]
    return Study(folder.resolve().name, tuple(_tasks(base)), tuple(runs), tuple(told["notes"]))


def _folder(arm: Mapping[str, Any]) -> str:
    return f"{arm['name']}-{arm['seed']}"


def _tasks(base: Run) -> Iterable[Task]:
    first = {name: next(iter(reading.measured.values())) for name, reading in base.readings[0].items()}
    for domain in in_order(one.domain for one in first.values()):
        for name, one in first.items():
            if one.domain == domain:
                yield Task(name, domain, len(base.readings[0][name].measured), one.n + one.uncounted)


def _run(folder: Path, name: str, arms: list[dict[str, Any]]) -> Run:
    """What became of a run, over its seeds."""
    places = [_folder(arm) for arm in arms] or [name]
    steps = arms[0]["steps"] if arms else 0
    each = {arm["seed"]: _readings([folder / "eval" / _folder(arm)]) for arm in arms} if arms[1:] else {}
    return Run(
        name,
        tuple(arms[0]["domains"]) if arms else (),
        steps,
        _on_the_way(folder, places) | {steps: _readings([folder / "eval" / place for place in places])},
        _traces([folder / "runs" / place for place in places]) if arms else {},
        control=arms[0]["control"].replace("none", "") if arms else "",
        filtered=arms[0]["filtered"] if arms else "",
        by_seed={seed: {source: one.score for source, one in part.items()} for seed, part in each.items()},
        seconds=_seconds(folder, places, bool(arms)),
        second=_second(folder, places),
        following=_following([folder / "following" / place / SCORES for place in places]),
    )


def _on_the_way(folder: Path, places: list[str]) -> dict[int, dict[str, Reading]]:
    """What was measured while it trained, where every seed was; the base stands at step 0."""
    found = {}
    for name, step in measurements(folder / "runs" / places[0]).items():
        where = [folder / "runs" / place / "eval" / name for place in places]
        if all((place / SCORES).is_file() for place in where):
            found[step] = _readings(where)
    return found and {0: _readings([folder / "eval" / BASE])} | found


def _readings(measured: list[Path]) -> dict[str, Reading]:
    """Score and counts of each source, of all the samples of several measurements."""
    by_source: dict[str, dict[str, Measurement]] = {}
    for one in _together([open_run(place, "measure").measured() for place in measured]).values():
        by_source.setdefault(one.source, {})[one.example_id] = one
    return {source: Reading(_mean(part), part) for source, part in sorted(by_source.items()) if _counts(part)}


def _together(parts: list[dict[str, Measurement]]) -> dict[str, Measurement]:
    """The counts of several seeds as one: all their samples of a problem."""
    found: dict[str, Measurement] = {}
    for part in parts:
        for name, one in part.items():
            has = found.get(name)
            found[name] = one if has is None else _added(has, one)
    return found


def _added(a: Measurement, b: Measurement) -> Measurement:
    total = (a.total or 0.0) + (b.total or 0.0)
    counted = (a.correct + b.correct, a.n + b.n, a.uncounted + b.uncounted)
    return Measurement(a.example_id, a.model, *counted, a.domain, a.source, total)


def _counts(part: Mapping[str, Measurement]) -> bool:
    return any(one.n for one in part.values())


def _mean(part: Mapping[str, Measurement]) -> float:
    rates = [one.rate for one in part.values() if one.rate is not None]
    return sum(rates) / len(rates) if rates else 0.0


def _traces(runs: list[Path]) -> dict[str, Trace]:
    """Reward and length by domain and step, means over the seeds."""
    values: dict[tuple[str, str], dict[int, list[float]]] = {}
    for run in runs:
        for row in Journal(run / "metrics.jsonl", "step", "domains").read():
            batch = [(name, step) for name, step in row["domains"].items()]
            for name, step in batch:
                for key in ("reward", "length"):
                    if step[key] is not None:
                        values.setdefault((name, key), {}).setdefault(row["step"], []).append(step[key])
            for key in ("reward", "length"):
                known = [step[key] for _, step in batch if step[key] is not None]
                if known:
                    values.setdefault(("all", key), {}).setdefault(row["step"], []).append(sum(known) / len(known))
    series = {key: tuple((step, sum(v) / len(v)) for step, v in sorted(by.items())) for key, by in values.items()}
    names = sorted({name for name, _ in series}, key=lambda name: (name != "all", name))
    return {
        name: Trace("" if name == "all" else name, series.get((name, "reward"), ()), series.get((name, "length"), ()))
        for name in names
    }


def _seconds(folder: Path, places: list[str], trained: bool) -> dict[str, float]:
    """Seconds of training, by its steps, and of measuring; what a killed call lost is in none."""
    found = {"training": 0.0} if trained else {}
    for place in places:
        steps = Journal(folder / "runs" / place / "metrics.jsonl").read()
        if trained:
            found["training"] += sum(row.get("seconds") or 0.0 for row in steps)
        times = [row for part in ("eval", "following") for row in Journal(folder / part / place / TIMES).read()]
        found["measuring"] = found.get("measuring", 0.0) + sum(row.get("seconds", 0.0) for row in times)
    return found


def _second(folder: Path, places: list[str]) -> dict[str, Measurement]:
    """The counts of each problem by the second verifier."""
    parts = []
    for place in places:
        path = folder / "second" / f"{place}.jsonl"
        if not path.is_file():
            return {}
        examples = open_run(folder / "eval" / place, "measure").examples
        parts.append(counts((row for _, row in read_jsonl(path)), examples))
    return _together(parts)


def _following(paths: list[Path]) -> tuple[Control, ...]:
    """What was followed and right: of the first seed alone, since its intervals cannot be added up."""
    lines = (read_json(paths[0]) or {}).get("control", [])
    made = []
    for line in lines:
        hard, soft, right = (Estimate(**line[key]) for key in ("hard", "soft", "right"))
        made.append(Control(line["name"], hard, soft, right, line["table"], line["uncounted"]))
    return tuple(made)


def settings(folder: Path) -> dict[str, Any]:
    """What decided a study of ours; nothing of one that others ran."""
    path = folder / CLAIM
    return json.loads(path.read_text("utf-8")) if kind_of(folder) == KIND else {}
